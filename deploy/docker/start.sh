#!/usr/bin/env bash
# Builds the image, starts the coordinator, makes the secrets that are missing, and starts the rest: deploy/docker/start.sh.
# A token that is lost or known to others: remove its file here, `weft token revoke` it, and run this again.
set -euo pipefail
cd "$(dirname "$0")"
umask 077

mkdir -p secrets
docker compose up --detach --wait coordinator

# secret FILE COMMAND...: what the command prints, unless the file is there. Moved into place whole, and readable to the users of
# the containers; the folder is this user's alone.
secret() {
    local file=secrets/$1
    shift
    [ -s "$file" ] && return 0
    "$@" >"$file.new"
    chmod 0444 "$file.new"
    mv "$file.new" "$file"
}
weft() { docker compose exec --no-TTY coordinator weft "$@"; }

secret join.token weft token create compose-workers --role worker
secret prometheus.token weft token create prometheus --role viewer
secret grafana.password sh -c 'head -c 24 /dev/urandom | base64'
docker compose up --detach --wait
echo "The dashboard of Weft: http://127.0.0.1:8080 (token: docker compose exec coordinator cat /var/lib/weft/admin.token)"
echo "Grafana: http://127.0.0.1:3000 (admin, password in deploy/docker/secrets/grafana.password)"
