#if os(Linux)
    import WeftDrivers
    import WeftModel

    /// What leaves most behind when nobody looks after it.
    enum LeakPayloads {
        static let scripts: [(name: String, script: String, ends: Bool)] = [
            ("hello", "echo hello; echo made > out; mkdir -p a/b/c; echo deep > a/b/c/d", true),
            ("sleeper", "echo begun; sleep 600", false),
            ("daemons", "(setsid sleep 601 &); (sleep 602 & sleep 603 &); setsid sh -c 'sleep 604' & exit 3", true),
            ("deaf", "trap '' TERM INT HUP QUIT; while :; do sleep 0.05; done", false),
            ("crowd", "i=0; while [ $i -lt 20 ]; do sleep 605 & i=$((i+1)); done; wait", false),
            ("hoarder", "i=0; while :; do dd if=/dev/zero of=f$i bs=1M count=1 2>/dev/null; i=$((i+1)); done", false),
            ("flood", "while :; do echo 0123456789012345678901234567890123456789; done", false),
            ("locked", "mkdir -p x/y; echo z > x/y/z; chmod 000 x/y x; echo t > /tmp/t; sleep 606", false),
            ("shared", "echo s > /dev/shm/s; exec 9>gone; rm gone; echo held >&9; sleep 607", false),
        ]

        static func shell(_ shell: [String] = ["/bin/sh", "-c"], reuses: Bool) -> [LeakSubject.Payload] {
            scripts.enumerated().map { index, item in
                LeakSubject.Payload(
                    name: item.name, payload: .process(command: shell + [item.script]), ends: item.ends,
                    reuse: reuses && index % 3 == 0 ? "key" : nil)
            }
        }

        static func containers(_ archive: String) -> [LeakSubject.Payload] {
            scripts.map { item in
                LeakSubject.Payload(
                    name: item.name,
                    payload: .container(image: .archive(path: archive), command: ["sh", "-c", item.script]),
                    ends: item.ends)
            }
        }

        /// Programs for any processor: one ends, one waits with children of its own that left its session.
        static func programs(_ bytes: [UInt8], architecture: String) -> [LeakSubject.Payload] {
            ["end", "wait", "fork"].map { word in
                LeakSubject.Payload(
                    name: word, payload: .process(command: ["./program", word], architecture: architecture),
                    files: [.init("program", bytes)], ends: word == "end")
            }
        }

        /// For ``CompiledPrograms``: `end` ends, `wait` waits in the kernel, `fork` leaves two daemons and waits.
        static let program = """
            int start(long *stack) {
                char *word = (char *)stack[2];
                long pause[2] = {1, 0};
                print("begun\\n");
                if (word[0] == 'e') return 4;
                for (int count = 0; word[0] == 'f' && count < 2; count++)
                    if (call(NUMBER(220, 56), 17, 0, 0, 0, 0, 0) == 0) {
                        call(NUMBER(157, 112), 0, 0, 0, 0, 0, 0);
                        break;
                    }
                for (;;) call(NUMBER(101, 35), (unsigned long)pause, 0, 0, 0, 0, 0);
            }
            """

        static let endlessSource = """
            .globl _start
            _start:
                jmp _start

            """

        static let endingSource = """
            .globl _start
            _start:
                mov $3, %edi
                mov $60, %eax
                syscall

            """

        /// Leaves a child in a session of its own, and spins.
        static let forkingSource = """
            .globl _start
            _start:
                mov $57, %eax
                syscall
                mov $112, %eax
                syscall
            spin:
                jmp spin

            """
    }
#endif
