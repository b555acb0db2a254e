import Testing
import WeftSandbox

struct ControlGroupLayoutTests {
    @Test func aUnifiedHierarchyIsRecognised() {
        let layout = ControlGroupLayout(
            selfCgroup: "0::/user.slice/user-1000.slice/user@1000.service/weft.scope\n",
            mountInfo: "34 24 0:29 / /sys/fs/cgroup rw,nosuid shared:9 - cgroup2 cgroup2 rw,nsdelegate\n")
        #expect(layout.version == .v2)
        #expect(layout.v2 == "/sys/fs/cgroup/user.slice/user-1000.slice/user@1000.service/weft.scope")
        #expect(layout.v2Mount == "/sys/fs/cgroup")
    }

    @Test func aHybridIsRecognisedAndSharedMountsGiveOneDirectory() {
        let layout = ControlGroupLayout(
            selfCgroup: "4:memory:/jobs/7\n3:cpu,cpuacct:/\n1:name=systemd:/\n0::/\n",
            mountInfo: """
                35 31 0:32 / /sys/fs/cgroup/memory rw,relatime - cgroup cgroup rw,memory
                36 31 0:33 / /sys/fs/cgroup/cpu,cpuacct rw,relatime - cgroup cgroup rw,cpu,cpuacct
                37 31 0:34 / /sys/fs/cgroup/unified rw,relatime - cgroup2 cgroup2 rw
                """)
        #expect(layout.version == .hybrid)
        #expect(layout.v1["memory"] == "/sys/fs/cgroup/memory/jobs/7")
        #expect(layout.v1["cpu"] == "/sys/fs/cgroup/cpu,cpuacct")
        #expect(layout.v1["cpuacct"] == layout.v1["cpu"])
        #expect(layout.v2 == "/sys/fs/cgroup/unified")
    }

    @Test func aContainersMountRootIsTakenOffThePath() {
        let mount = "35 31 0:32 /docker/abc /sys/fs/cgroup/memory rw - cgroup cgroup rw,memory\n"
        let inside = ControlGroupLayout(selfCgroup: "4:memory:/docker/abc/sub\n", mountInfo: mount)
        #expect(inside.v1["memory"] == "/sys/fs/cgroup/memory/sub")
        let outside = ControlGroupLayout(selfCgroup: "4:memory:/docker/abcd\n", mountInfo: mount)
        #expect(outside.v1["memory"] == nil)
    }

    @Test func aGroupOutsideTheNamespaceCannotBeUsed() {
        let layout = ControlGroupLayout(
            selfCgroup: "0::/../../other\n", mountInfo: "34 24 0:29 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n")
        #expect(layout.version == .none)
    }

    @Test func escapedMountPointsAreRead() {
        let layout = ControlGroupLayout(
            selfCgroup: "0::/\n", mountInfo: #"34 24 0:29 / /mnt/my\040groups rw - cgroup2 cgroup2 rw"#)
        #expect(layout.v2 == "/mnt/my groups")
    }

    @Test(arguments: ["", "\n", "garbage", "0::", "1:2", ": : :", "- - - - - - -", "a b c d e f - cgroup2"])
    func nonsenseIsNoGroup(text: String) {
        #expect(ControlGroupLayout(selfCgroup: text, mountInfo: text).version == .none)
    }
}
