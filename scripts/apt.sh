# Installs Debian packages, or says which are missing; sourced by what sets up.

apt_install() { # apt_install PACKAGE...
    if ! command -v apt-get >/dev/null; then
        echo "setup: please install what this system calls: $*" >&2
        return 1
    fi
    local run=()
    if [ "$(id -u)" -ne 0 ]; then
        if ! command -v sudo >/dev/null; then
            echo "setup: run as root: apt-get install $*" >&2
            return 1
        fi
        run=(sudo)
    fi
    echo "setup: installing $*"
    "${run[@]}" apt-get update -qq
    DEBIAN_FRONTEND=noninteractive "${run[@]}" apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}
