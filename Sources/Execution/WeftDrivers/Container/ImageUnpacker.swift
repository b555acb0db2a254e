#if os(Linux)
    import Glibc

    extension ImageArchive {
        /// Makes the image's root file system in an empty directory; blocks. What it may take is bounded.
        ///
        /// - Returns: how many bytes it took.
        /// - Throws: ``ArchiveError``, ``EngineError/tooLarge(limitBytes:)``, `SystemError`.
        @discardableResult
        package func unpack(into directory: String, limitBytes: Int64, membersMax: Int = 500_000) throws -> Int64 {
            let budget = UnpackBudget(bytes: limitBytes, members: membersMax)
            for layer in layers {
                var extractor = try TreeExtractor(directory: directory, purpose: .layer, budget: budget)
                defer { extractor.close() }
                var parser = TarParser(membersMax: membersMax)
                switch try compression(of: layer) {
                case .none:
                    try read(layer) { try parser.append($0, to: &extractor) }
                case .gzip:
                    let gzip = try GzipReader()
                    try read(layer) { packed in
                        try gzip.append(packed) { try parser.append($0, to: &extractor) }
                    }
                    try gzip.finish()
                }
                try parser.finish()
            }
            return limitBytes - budget.bytesLeft
        }

        private enum Compression { case none, gzip }

        private func compression(of layer: Range<Int64>) throws -> Compression {
            var first: [UInt8] = []
            try read(layer.lowerBound..<min(layer.upperBound, layer.lowerBound + 4)) { first += $0 }
            if first.starts(with: [0x1f, 0x8b]) { return .gzip }
            guard first != [0x28, 0xb5, 0x2f, 0xfd] else {
                throw ArchiveError(
                    "a layer is compressed by zstd, which is not unpacked here: save the image with gzip")
            }
            return .none
        }
    }
#endif
