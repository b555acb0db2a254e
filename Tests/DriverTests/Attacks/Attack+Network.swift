extension Attack {
    /// The network, and other ways to talk to somebody outside.
    static let ofTheNetwork: [Attack] = [
        Attack(
            "tcp-to-the-machine", "connects to a server on the machine", seen: .listeners,
            """
            BLOCKED(reach(AF_INET, SOCK_STREAM, "127.0.0.1", port)); BLOCKED(reach(AF_INET6, SOCK_STREAM, "::1", port));
            BLOCKED(reach(AF_INET, SOCK_STREAM, "0.0.0.0", port)); BLOCKED(reach(AF_INET, SOCK_STREAM, "127.0.0.1", 22));
            """),
        Attack(
            "tcp-out", "connects to the internet, to a cloud's metadata, to a virtual machine's host", seen: .listeners,
            """
            BLOCKED(reach(AF_INET, SOCK_STREAM, "1.1.1.1", 53)); BLOCKED(reach(AF_INET, SOCK_STREAM, "169.254.169.254", 80));
            BLOCKED(reach(AF_INET, SOCK_STREAM, "10.0.2.2", port)); BLOCKED(reach(AF_INET, SOCK_STREAM, "172.17.0.1", port));
            BLOCKED(reach(AF_INET6, SOCK_STREAM, "2606:4700:4700::1111", 53));
            """),
        Attack(
            "udp-out", "sends datagrams out, name server questions among them", seen: .listeners,
            """
            BLOCKED(reach(AF_INET, SOCK_DGRAM, "1.1.1.1", 53)); BLOCKED(reach(AF_INET, SOCK_DGRAM, "8.8.8.8", 53));
            BLOCKED(reach(AF_INET, SOCK_DGRAM, "255.255.255.255", port)); BLOCKED(reach(AF_INET, SOCK_DGRAM, "224.0.0.1", port));
            BLOCKED(reach(AF_INET6, SOCK_DGRAM, "2001:4860:4860::8888", 53));
            """),
        Attack(
            "udp-to-the-machine", "sends datagrams to a server on the machine",
            holds: .harmless(because: "the loopback interface, if any, is its own"), seen: .listeners,
            """
            reach(AF_INET, SOCK_DGRAM, "127.0.0.1", port); reach(AF_INET6, SOCK_DGRAM, "::1", port);
            """),
        Attack(
            "raw-sockets", "makes packets itself",
            """
            DENIED(socket(AF_INET, SOCK_RAW, 1)); DENIED(socket(AF_INET6, SOCK_RAW, 58)); DENIED(socket(AF_PACKET, SOCK_RAW, 0));
            DENIED(socket(AF_PACKET, SOCK_DGRAM, 0x300)); BLOCKED(socket(AF_INET, SOCK_PACKET, 0));
            """),
        Attack(
            "kernel-sockets", "talks to the kernel: devices' events, audit, firewall", holds: .blockedByTheMachine,
            """
            DENIED(socket(AF_NETLINK, SOCK_RAW, 15)); DENIED(socket(AF_NETLINK, SOCK_RAW, 9)); DENIED(socket(AF_NETLINK, SOCK_RAW, 12));
            """),
        Attack(
            "odd-sockets", "uses other families of sockets: virtual machines', cryptography, buses",
            holds: .blockedByTheMachine,
            """
            static const int families[] = {AF_VSOCK, 38 /* ALG */, AF_TIPC, AF_BLUETOOTH, AF_RDS, 41 /* KCM */, 44 /* XDP */, 43 /* SMC */,
                AF_CAN, AF_X25, AF_KEY, AF_IUCV, AF_NFC, AF_PPPOX};
            for (int i = 0; i < COUNT(families); i++) {
                BLOCKED(socket(families[i], SOCK_STREAM, 0)); BLOCKED(socket(families[i], SOCK_DGRAM, 0));
                BLOCKED(socket(families[i], SOCK_SEQPACKET, 0)); BLOCKED(socket(families[i], SOCK_RAW, 0));
            }
            """),
        Attack(
            "interfaces", "changes network interfaces",
            """
            struct ifreq request = {.ifr_name = "lo"};
            request.ifr_flags = 0;
            BLOCKED(ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCSIFFLAGS, &request));
            BLOCKED(ioctl(socket(AF_UNIX, SOCK_DGRAM, 0), SIOCSIFFLAGS, &request));
            """),
        Attack(
            "abstract-sockets", "connects to a Unix socket of the machine that has a name and no path",
            seen: .listeners,
            """
            struct sockaddr_un address = {.sun_family = AF_UNIX};
            size_t length = strlen(abstract);
            memcpy(address.sun_path + 1, abstract, length);
            BLOCKED(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, offsetof(struct sockaddr_un, sun_path) + 1 + length));
            """),
        Attack(
            "engine-sockets", "connects to Unix sockets of the machine: the container engine's, a server's",
            seen: .listeners,
            """
            static const char *paths[] = {"/var/run/docker.sock", "/run/podman/podman.sock", "/run/containerd/containerd.sock",
                "/run/dbus/system_bus_socket", "/run/systemd/private", "/run/systemd/notify", "/dev/log"};
            for (int i = 0; i < COUNT(paths) + 1; i++) {
                struct sockaddr_un address = {.sun_family = AF_UNIX};
                strncpy(address.sun_path, i < COUNT(paths) ? paths[i] : text("%s/socket", folder), sizeof address.sun_path - 1);
                BLOCKED(connect(socket(AF_UNIX, SOCK_STREAM, 0), (void *)&address, sizeof address));
                BLOCKED(connect(socket(AF_UNIX, SOCK_DGRAM, 0), (void *)&address, sizeof address));
            }
            """),
        Attack(
            "pass-descriptors", "sends itself descriptors through a socket, to keep what is taken from it",
            holds: .harmless(because: "there is nobody outside to send any, and its own die with it"),
            """
            int pair[2], fd = open("/", O_RDONLY | O_DIRECTORY);
            socketpair(AF_UNIX, SOCK_STREAM, 0, pair);
            union { struct cmsghdr header; char room[CMSG_SPACE(sizeof(int))]; } control = {
                .header = {CMSG_LEN(sizeof(int)), SOL_SOCKET, SCM_RIGHTS}};
            memcpy(CMSG_DATA(&control.header), &fd, sizeof fd);
            struct iovec part = {"x", 1};
            struct msghdr message = {.msg_iov = &part, .msg_iovlen = 1, .msg_control = control.room, .msg_controllen = sizeof control};
            sendmsg(pair[0], &message, 0);
            BLOCKED(openat(fd, secret + 1, O_RDONLY)); BLOCKED(openat(fd, text("../..%s", secret), O_RDONLY));
            """),
        Attack(
            "shared-memory", "finds shared memory and queues of the machine by their keys and names", seen: .secret,
            """
            BLOCKED(shmget(key, 0, 0)); BLOCKED(msgget(key, 0)); BLOCKED(semget(key, 0, 0));
            BLOCKED(open(text("/dev/shm/%s", abstract), O_RDONLY)); BLOCKED(syscall(SYS_mq_open, abstract, O_RDONLY, 0, NULL));
            """),
    ]
}
