#if os(Linux)
    import Glibc
    import Testing
    import WeftDrivers

    /// Images that mean harm, unpacked. The archives are made with Python's tarfile, which writes any path.
    @Suite(.serialized, .enabled(if: system("command -v python3 >/dev/null 2>&1") == 0)) struct ImageArchiveTests {
        private static func folder() throws -> String {
            var template = Array("/tmp/weft-archive-tests-XXXXXX".utf8CString)
            try #require(mkdtemp(&template) != nil)
            return String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }

        /// `layers` are Python statements that add members to the tar `t`, by `f(name, data, mode)`, `d(name)`,
        /// `s(name, target)`, `h(name, target)` and `dev(name)`.
        private static func make(_ layers: [String], in folder: String, compressed: Bool = false) throws -> String {
            var script = """
                import tarfile, io, json, gzip, os
                os.chdir('\(folder)'); os.makedirs('root', exist_ok=True)
                names = []
                def entry(t, name, kind, data=b'', target='', mode=0o644):
                    i = tarfile.TarInfo(name); i.type = kind; i.size = len(data); i.linkname = target; i.mode = mode
                    t.addfile(i, io.BytesIO(data))

                """
            for (index, layer) in layers.enumerated() {
                script += """
                    b = io.BytesIO(); t = tarfile.open(fileobj=b, mode='w')
                    f = lambda n, data=b'x', mode=0o644: entry(t, n, tarfile.REGTYPE, data, mode=mode)
                    d = lambda n, mode=0o755: entry(t, n, tarfile.DIRTYPE, mode=mode)
                    s = lambda n, to: entry(t, n, tarfile.SYMTYPE, target=to)
                    h = lambda n, to: entry(t, n, tarfile.LNKTYPE, target=to)
                    dev = lambda n: entry(t, n, tarfile.BLKTYPE)
                    \(layer)
                    t.close(); data = b.getvalue()
                    \(compressed ? "data = gzip.compress(data)" : "")
                    open('l\(index).tar', 'wb').write(data); names.append('l\(index).tar')

                    """
            }
            script += """
                open('config.json', 'w').write('{"os":"linux","config":{}}')
                open('manifest.json', 'w').write(json.dumps([{'Config': 'config.json', 'RepoTags': None, 'Layers': names}]))
                t = tarfile.open('image.tar', 'w')
                for n in ['manifest.json', 'config.json'] + names: t.add(n)
                t.close()
                """
            try writeContainerText("\(folder)/make.py", script)
            try containerShell("python3 \(folder)/make.py")
            return "\(folder)/image.tar"
        }

        /// Unpacks an image of these layers, gives its root to `look`, and removes it all.
        private func unpack(
            _ layers: [String], compressed: Bool = false, limitBytes: Int64 = 16 << 20, membersMax: Int = 1000,
            look: (String) throws -> Void = { _ in }
        ) throws {
            let folder = try Self.folder()
            defer { system("rm -rf \(folder)") }
            try writeContainerText("\(folder)/outside", "outside")
            let image = try ImageArchive(reading: try Self.make(layers, in: folder, compressed: compressed))
            defer { #expect(readContainerText("\(folder)/outside") == "outside") }
            try image.unpack(into: "\(folder)/root", limitBytes: limitBytes, membersMax: membersMax)
            try look("\(folder)/root")
        }

        @Test(arguments: [false, true]) func layersLieOverEachOther(compressed: Bool) throws {
            try unpack(
                [
                    "d('a'); f('a/one', b'1'); f('a/two', b'2'); d('b'); f('b/old'); f('c/deep/file', b'c'); s('l', 'a')",
                    "f('a/.wh.one', b''); f('b/.wh..wh..opq', b''); f('b/new', b'n'); f('l/three', b'3')",
                ], compressed: compressed
            ) { root in
                #expect(readContainerText("\(root)/a/one") == nil)
                #expect(readContainerText("\(root)/a/two") == "2")
                #expect(readContainerText("\(root)/a/three") == "3", "through a link within the root")
                #expect(readContainerText("\(root)/b/old") == nil)
                #expect(readContainerText("\(root)/b/new") == "n")
                #expect(readContainerText("\(root)/c/deep/file") == "c")
                #expect(access("\(root)/a/.wh.one", F_OK) != 0)
            }
        }

        @Test func longNamesAndHardLinksAreUnderstood() throws {
            let name = String(repeating: "n", count: 180)
            try unpack(["f('d/\(name)', b'long'); h('d/link', 'd/\(name)'); f('./dot', b'.'); f('/absolute', b'/')"]) {
                root in
                #expect(readContainerText("\(root)/d/\(name)") == "long")
                #expect(readContainerText("\(root)/d/link") == "long")
                #expect(readContainerText("\(root)/dot") == ".")
                #expect(readContainerText("\(root)/absolute") == "/")
            }
        }

        @Test(arguments: [
            "f('../outside', b'evil')", "f('a/../../outside', b'evil')", "h('x', '../outside')",
            "f('.wh...', b'')", "f('a/.wh...', b'')", "h('x', '/nowhere')", "h('d', 'd/..')", "h('x', '')",
        ]) func pathsThatLeadOutAreRefused(layer: String) throws {
            #expect(throws: (any Error).self) { try unpack([layer]) }
        }

        @Test func linksThatLeadOutStayWithin() throws {
            // As inside a container: the root is the top.
            try? unpack(["s('up', '..'); f('up/outside', b'evil')"])
            try? unpack(["s('up', '../..'); f('up/outside', b'evil')"])
            try? unpack(["s('abs', '/tmp'); f('abs/weft-evil', b'evil')"])
            #expect(access("/tmp/weft-evil", F_OK) != 0)
            try? unpack(["s('p', '/proc/self/root/tmp'); f('p/weft-evil', b'evil')"])
            #expect(access("/tmp/weft-evil", F_OK) != 0)
            try unpack(["s('outside', '../outside')", "f('outside', b'evil')"]) { root in
                #expect(readContainerText("\(root)/outside") == "evil", "a file takes the place of a link")
            }
            try unpack(["s('outside', '../outside'); h('again', 'outside')"]) { _ in }
            try? unpack(["s('loop', 'loop'); f('loop/x')"])
            try? unpack(["s('up', '..')", "f('up/.wh.outside', b'')"])
            try? unpack(["s('up', '..')", "f('up/.wh..wh..opq', b'')"])
            try? unpack(["s('up', '..')", "d('up')"])
        }

        @Test func devicesAndSetuidBitsAreLeftOut() throws {
            try unpack(["dev('disk'); f('su', b'x', 0o6755)"]) { root in
                #expect(access("\(root)/disk", F_OK) != 0)
                var status = stat()
                #expect(stat("\(root)/su", &status) == 0 && status.st_mode & 0o7777 == 0o755)
            }
        }

        @Test func whatGrowsTooLargeIsGivenUp() throws {
            #expect(throws: (any Error).self) { try unpack(["f('big', bytes(20 << 20))"], compressed: true) }
            #expect(throws: (any Error).self) { try unpack(["[f('n%d' % i) for i in range(1100)]"]) }
            #expect(throws: (any Error).self) { try unpack(["f('/'.join(['d'] * 900) + '/x')"], membersMax: 500) }
        }

        @Test func brokenArchivesAreRefused() throws {
            let folder = try Self.folder()
            defer { system("rm -rf \(folder)") }
            let path = try Self.make(["f('x', bytes(5000))"], in: folder, compressed: true)
            for script in [
                "head -c 700 \(path)", "head -c 2500 \(path)", "head -c 4096 /dev/urandom", ": ",
                "tar -C \(folder) -cf - l0.tar",
            ] {
                try containerShell("\(script) > \(folder)/broken.tar")
                #expect(throws: (any Error).self, "\(script)") {
                    try ImageArchive(reading: "\(folder)/broken.tar").unpack(
                        into: "\(folder)/root", limitBytes: 1 << 20)
                }
            }
        }
    }
#endif
