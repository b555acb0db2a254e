#if os(Linux)
    import Glibc

    /// Messages over the sockets to the launcher and its cells.
    enum SocketMessage {
        /// A pair of connected sockets that keep messages apart, both closed on exec.
        static func makePair() throws(PosixError) -> (own: Int32, theirs: Int32) {
            var pair: [Int32] = [-1, -1]
            let type = Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue)
            guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { throw PosixError("cannot make a socket") }
            return (pair[0], pair[1])
        }

        enum Received {
            case reply(LauncherReply)
            /// Nothing now.
            case nothing
            /// The other side is gone; `leftUnread` when it went without having read what it was sent.
            case end(leftUnread: Bool)
        }

        /// Does not wait, unless told to.
        static func receive(_ socket: Int32, waits: Bool = false) -> Received {
            withUnsafeTemporaryAllocation(byteCount: LauncherProtocol.replyBytes, alignment: 8) { buffer in
                var count: Int
                var leftUnread = false
                repeat {
                    count = recv(socket, buffer.baseAddress, buffer.count, waits ? 0 : Int32(MSG_DONTWAIT))
                    // Said once, and before what the other side sent last, which is still there to be read.
                    leftUnread = leftUnread || count < 0 && errno == ECONNRESET
                } while count < 0 && (errno == EINTR || errno == ECONNRESET)
                if count < 0, errno == EAGAIN, !waits { return .nothing }
                guard count > 0 else { return .end(leftUnread: leftUnread) }
                guard let reply = LauncherReply(UnsafeRawBufferPointer(rebasing: buffer[..<count])) else {
                    return .end(leftUnread: false)
                }
                return .reply(reply)
            }
        }

        /// Sends one message, with descriptors if there are any (unix(7), SCM_RIGHTS).
        static func send(_ bytes: [UInt8], descriptors: [Int32] = [], to socket: Int32) -> Bool {
            let headerBytes = MemoryLayout<cmsghdr>.size
            let dataBytes = descriptors.count * MemoryLayout<Int32>.size
            let alignment = MemoryLayout<Int>.alignment
            let controlBytes = headerBytes + (dataBytes + alignment - 1) / alignment * alignment
            return withUnsafeTemporaryAllocation(byteCount: controlBytes, alignment: 8) { control in
                control.initializeMemory(as: UInt8.self, repeating: 0)
                var header = cmsghdr()
                header.cmsg_len = headerBytes + dataBytes
                header.cmsg_level = SOL_SOCKET
                header.cmsg_type = Int32(SCM_RIGHTS)
                control.storeBytes(of: header, as: cmsghdr.self)
                for (index, descriptor) in descriptors.enumerated() {
                    control.storeBytes(
                        of: descriptor, toByteOffset: headerBytes + index * MemoryLayout<Int32>.size, as: Int32.self)
                }
                return bytes.withUnsafeBytes { bytes in
                    var part = iovec(
                        iov_base: UnsafeMutableRawPointer(mutating: bytes.baseAddress), iov_len: bytes.count)
                    return withUnsafeMutablePointer(to: &part) { part in
                        var message = msghdr()
                        message.msg_iov = part
                        message.msg_iovlen = 1
                        if !descriptors.isEmpty {
                            message.msg_control = control.baseAddress
                            message.msg_controllen = controlBytes
                        }
                        var count: Int
                        repeat {
                            count = sendmsg(socket, &message, Int32(MSG_NOSIGNAL))
                        } while count < 0 && errno == EINTR
                        return count == bytes.count
                    }
                }
            }
        }
    }
#endif
