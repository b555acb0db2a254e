#if os(Linux)
    import Glibc

    /// Unpacks gzip by zlib, opened at run time: the one library for it that every system has. Layout and constants are
    /// those of zlib.h, which have not changed since 1.2.
    final class GzipReader {
        private typealias Begin = @convention(c) (UnsafeMutableRawPointer, Int32, UnsafePointer<CChar>, Int32) -> Int32
        private typealias Step = @convention(c) (UnsafeMutableRawPointer, Int32) -> Int32
        private typealias End = @convention(c) (UnsafeMutableRawPointer) -> Int32

        /// `z_stream` where pointers and long have 64 bits.
        private enum Layout {
            static let size = 112
            static let nextIn = 0
            static let availableIn = 8
            static let nextOut = 24
            static let availableOut = 32
        }

        private let stream = UnsafeMutableRawPointer.allocate(byteCount: Layout.size, alignment: 16)
        private let step: Step
        private let end: End
        private var isDone = false
        private static let streamEnd: Int32 = 1
        private static let bufferError: Int32 = -5

        init() throws {
            stream.initializeMemory(as: UInt8.self, repeating: 0, count: Layout.size)
            guard let library = dlopen("libz.so.1", RTLD_NOW), let begin = dlsym(library, "inflateInit2_"),
                let step = dlsym(library, "inflate"), let end = dlsym(library, "inflateEnd")
            else {
                stream.deallocate()
                throw ArchiveError("the image's layers are compressed; unpacking them takes zlib (Debian: zlib1g)")
            }
            self.step = unsafeBitCast(step, to: Step.self)
            self.end = unsafeBitCast(end, to: End.self)
            // 15 bits of window, and 16 for gzip's header.
            guard unsafeBitCast(begin, to: Begin.self)(stream, 15 + 16, "1.2.11", Int32(Layout.size)) == 0 else {
                stream.deallocate()
                throw ArchiveError("zlib cannot be used")
            }
        }

        deinit {
            _ = end(stream)
            stream.deallocate()
        }

        func append(_ bytes: UnsafeRawBufferPointer, take: (UnsafeRawBufferPointer) throws -> Void) throws {
            guard let base = bytes.baseAddress, !isDone else { return }
            stream.storeBytes(of: base, toByteOffset: Layout.nextIn, as: UnsafeRawPointer.self)
            stream.storeBytes(of: UInt32(bytes.count), toByteOffset: Layout.availableIn, as: UInt32.self)
            var output = [UInt8](repeating: 0, count: 256 << 10)
            while !isDone {
                let (code, filled) = output.withUnsafeMutableBytes { room in
                    stream.storeBytes(
                        of: room.baseAddress!, toByteOffset: Layout.nextOut, as: UnsafeMutableRawPointer.self)
                    stream.storeBytes(of: UInt32(room.count), toByteOffset: Layout.availableOut, as: UInt32.self)
                    let code = step(stream, 0)
                    let left = stream.load(fromByteOffset: Layout.availableOut, as: UInt32.self)
                    return (code, room.count - Int(left))
                }
                try output.withUnsafeBytes { try take(UnsafeRawBufferPointer(rebasing: $0[..<filled])) }
                if code == Self.streamEnd { isDone = true }
                if code == Self.bufferError || (code == 0 && filled < output.count) { return }
                guard code == 0 || code == Self.streamEnd else { throw ArchiveError("a layer's compression is broken") }
            }
        }

        func finish() throws {
            guard isDone else { throw ArchiveError("a layer is cut short") }
        }
    }
#endif
