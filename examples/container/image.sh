#!/bin/sh
# Makes an image of a static shell without any registry: image.sh [FILE], image.tar by default.
# It is in the form of `docker save`, which `docker load`, `podman load` and Weft read.
set -eu
file=$(realpath -m "${1:-image.tar}")
busybox=$(command -v busybox) || { echo "image.sh: install busybox-static first" >&2; exit 1; }
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
cd "$folder"

mkdir -p root/bin root/tmp image
cp "$busybox" root/bin/busybox
for name in $(root/bin/busybox --list); do
    [ "$name" = busybox ] || ln -sf busybox "root/bin/$name"
done
tar -C root --owner 0 --group 0 --numeric-owner --sort=name --mtime @0 -cf image/layer.tar .

case $(uname -m) in
    x86_64) architecture=amd64 ;;
    aarch64) architecture=arm64 ;;
    *) architecture=$(uname -m) ;;
esac
layer=$(sha256sum image/layer.tar | cut -d' ' -f1)
cat >image/config.json <<JSON
{"architecture": "$architecture", "os": "linux", "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
 "rootfs": {"type": "layers", "diff_ids": ["sha256:$layer"]}, "history": [{"created_by": "image.sh"}]}
JSON
echo '[{"Config": "config.json", "RepoTags": ["localhost/weft-example:1"], "Layers": ["layer.tar"]}]' \
    >image/manifest.json
tar -C image -cf "$file" manifest.json config.json layer.tar
echo "$file"
