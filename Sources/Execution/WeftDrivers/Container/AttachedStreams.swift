#if os(Linux)
    import Glibc

    /// A container's standard streams, as its engine carries them over one connection.
    struct AttachedStreams: Sendable {
        let stream: UnixStream
        /// What came with the answer's head.
        let first: [UInt8]

        private static let pieceBytes = 64 << 10

        /// Copies until the container's output ends; blocks. Input is sent while output comes in, whichever is ready.
        ///
        /// - Parameters:
        ///   - input: a file to send and then to end; nil for a container without standard input. A container that does
        ///     not read it to its end is no error.
        ///   - output: where standard output goes, and `error` standard error. Blocking descriptors.
        func copy(input: Int32?, output: Int32, error: Int32) throws(EngineError) {
            var frames = OutputFrames()
            var source = input.map(InputSource.init)
            try Self.take(first, &frames, output, error)
            while true {
                let events = Int16(source == nil ? POLLIN : POLLIN | POLLOUT)
                let ready = try stream.wait(events, by: nil)
                if ready & Int16(POLLOUT) != 0, source != nil {
                    let isOver: Bool
                    do throws(EngineError) { isOver = try source!.sendSome(stream) } catch EngineError.truncated {
                        isOver = true
                    }
                    if isOver {
                        stream.finishWriting()
                        source = nil
                    }
                }
                guard ready & Int16(POLLIN | POLLHUP | POLLERR) != 0 else { continue }
                guard try readOnce(&frames, output, error) else { break }
            }
            guard frames.isAtBoundary else { throw .truncated }
        }

        /// False at the end.
        private func readOnce(_ frames: inout OutputFrames, _ output: Int32, _ error: Int32) throws(EngineError) -> Bool
        {
            var piece = [UInt8](repeating: 0, count: Self.pieceBytes)
            let count: Result<Int, EngineError> = piece.withUnsafeMutableBytes { raw in
                do throws(EngineError) { return .success(try stream.read(into: raw, by: nil)) } catch {
                    return .failure(error)
                }
            }
            // One that ends with input unread is cut off, but only after all that it wrote has come in.
            if case .failure(.truncated) = count, frames.isAtBoundary { return false }
            let filled = try count.get()
            guard filled > 0 else { return false }
            try Self.take(piece[..<filled], &frames, output, error)
            return true
        }

        private static func take(
            _ bytes: some Collection<UInt8>, _ frames: inout OutputFrames, _ output: Int32, _ error: Int32
        ) throws(EngineError) {
            let bytes = Array(bytes)
            let result: Result<Void, EngineError> = bytes.withUnsafeBytes { raw in
                do throws(EngineError) {
                    try frames.append(raw) { which, piece throws(EngineError) in
                        do throws(SystemError) { try writeAll(which == .output ? output : error, piece) } catch {
                            throw .system("\(error)")
                        }
                    }
                    return .success(())
                } catch {
                    return .failure(error)
                }
            }
            try result.get()
        }

        /// A file on its way in.
        private struct InputSource {
            let descriptor: Int32
            private var piece: [UInt8] = []
            private var position = 0

            init(_ descriptor: Int32) { self.descriptor = descriptor }

            /// True when all has been sent.
            mutating func sendSome(_ stream: UnixStream) throws(EngineError) -> Bool {
                if position == piece.count {
                    piece = [UInt8](unsafeUninitializedCapacity: AttachedStreams.pieceBytes) { buffer, count in
                        count = max(0, read(descriptor, buffer.baseAddress, buffer.count))
                    }
                    position = 0
                    if piece.isEmpty { return true }
                }
                let sent: Result<Int, EngineError> = piece[position...].withUnsafeBytes { raw in
                    do throws(EngineError) { return .success(try stream.writeSome(raw)) } catch {
                        return .failure(error)
                    }
                }
                position += try sent.get()
                return false
            }
        }
    }
#endif
