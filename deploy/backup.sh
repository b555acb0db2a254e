#!/usr/bin/env bash
# Copies a coordinator's data while it runs: deploy/backup.sh DATA-DIRECTORY TARGET, as root or the coordinator's user.
# TARGET is a folder; it is brought up to date, and is whole again once this ends with status 0. Needs sqlite3 and rsync.
set -euo pipefail
if [ $# -ne 2 ] || [ ! -f "$1/weft.sqlite" ]; then
    sed -n '2,3s/^# //p' "$0" >&2
    exit 64
fi
data=$1 target=$2
umask 077
mkdir -p "$target"

# The journal first: blobs are there before rows speak of them. Not by `cp`: the newest rows are in weft.sqlite-wal.
rm -f "$target/weft.sqlite.new"
sqlite3 -readonly "$data/weft.sqlite" ".timeout 30000" ".backup '$target/weft.sqlite.new'"
answer=$(sqlite3 "$target/weft.sqlite.new" "PRAGMA integrity_check")
if [ "$answer" != ok ]; then
    echo "backup: the copy of the journal is damaged: $answer" >&2
    exit 65
fi
for file in coordinator.key admin.token join.token; do
    [ ! -e "$data/$file" ] || install -m 0600 "$data/$file" "$target/$file"
done
# Blobs never change, they only come and go. 24: some went meanwhile, with jobs that are kept no longer.
rsync -a --delete "$data/blobs/" "$target/blobs/" || [ $? -eq 24 ]
# From here on the journal and the blobs belong together. What SQLite left beside the old copy is not of this one.
mv "$target/weft.sqlite.new" "$target/weft.sqlite"
rm -f "$target/weft.sqlite-wal" "$target/weft.sqlite-shm" "$target/weft.sqlite.new-wal" "$target/weft.sqlite.new-shm"
