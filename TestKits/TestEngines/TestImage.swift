import Glibc

/// An image with a static shell and nothing else, made without any registry.
package enum TestImage {
    /// Whether the shell is here that it is made of.
    package static let canBeMade = shellSucceeds("command -v busybox >/dev/null 2>&1")

    /// Writes it in the form of `docker save`; returns the archive's path.
    package static func make(in folder: String) throws -> String {
        try shell(
            """
            set -e; mkdir -p \(folder); cd \(folder); mkdir -p image rootfs/bin rootfs/tmp
            cp "$(command -v busybox)" rootfs/bin/busybox
            for name in $(rootfs/bin/busybox --list); do [ $name = busybox ] || ln -sf busybox rootfs/bin/$name; done
            tar -C rootfs --owner 0 --group 0 --numeric-owner -cf image/layer.tar .
            layer=$(sha256sum image/layer.tar | cut -d' ' -f1)
            case $(uname -m) in x86_64) arch=amd64;; aarch64) arch=arm64;; *) arch=$(uname -m);; esac
            printf '{"architecture":"%s","os":"linux","config":{"Env":["PATH=/bin"],"Cmd":["true"]},"rootfs":{"type":"layers","diff_ids":["sha256:%s"]},"history":[{"created_by":"weft"}]}' $arch $layer > image/config.json
            printf '[{"Config":"config.json","RepoTags":["weft-shell:latest"],"Layers":["layer.tar"]}]' > image/manifest.json
            tar -C image -cf saved.tar manifest.json config.json layer.tar
            rm -rf image rootfs
            """)
        return "\(folder)/saved.tar"
    }
}
