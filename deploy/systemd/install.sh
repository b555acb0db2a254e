#!/usr/bin/env bash
# Installs Weft for systemd: deploy/systemd/install.sh [--root FOLDER], as root. With a folder, everything is only put below it, for a
# package. Build first, without Swift's shared libraries, which this machine need not have then:
#     for product in weft weft-sandbox weft-wasm weft-kernel weft-guest weft-hardware; do swift build -c release --static-swift-stdlib --product $product; done
# WEFT_BUILD names another folder than .build/release. Settings that are there are left alone, and nothing is started.
set -euo pipefail
cd "$(dirname "$0")/../.."

root=
if [ "${1:-}" = --root ]; then root=${2:?--root needs a folder}; shift 2; fi
[ $# -eq 0 ] || { sed -n '2,5s/^# //p' "$0" >&2; exit 64; }
build=${WEFT_BUILD:-.build/release}
units=deploy/systemd

for program in weft weft-sandbox; do
    [ -x "$build/$program" ] || { echo "install: $build/$program is missing: build it first" >&2; exit 66; }
done

# Side by side, because weft looks for its helpers beside itself.
for program in weft weft-sandbox weft-wasm weft-kernel weft-guest weft-hardware; do
    if [ -x "$build/$program" ]; then install -D -m 0755 -s "$build/$program" "$root/usr/lib/weft/$program"; fi
done
# What CUDA C on a processor is compiled over.
install -D -m 0644 -t "$root/usr/lib/weft/weft-emulation" Sources/Execution/KernelRunner/emulation/*
install -d "$root/usr/bin"
ln -sfn ../lib/weft/weft "$root/usr/bin/weft"
install -D -m 0644 docs/deploy.md "$root/usr/share/doc/weft/deploy.md"
for unit in weft-coordinator.service weft-worker.service; do
    install -D -m 0644 "$units/$unit" "$root/usr/lib/systemd/system/$unit"
done
install -D -m 0644 "$units/sysusers.conf" "$root/usr/lib/sysusers.d/weft.conf"
install -D -m 0644 "$units/tmpfiles.conf" "$root/usr/lib/tmpfiles.d/weft.conf"
for settings in coordinator.yaml worker.yaml; do
    [ -e "$root/etc/weft/$settings" ] || install -D -m 0644 "$units/$settings" "$root/etc/weft/$settings"
done

[ -z "$root" ] || exit 0
systemd-sysusers weft.conf
systemd-tmpfiles --create weft.conf
systemctl daemon-reload
echo "install: next, edit /etc/weft/coordinator.yaml, then: systemctl enable --now weft-coordinator (docs/deploy.md)"
