import Glibc

/// A loader of Level Zero with a device of its own, which is the processor: built of the C sources beside this file, into a folder of
/// the test's. Their `fake.h` says what it checks, and `settings.c` which faults it can be asked for.
package struct FakeLevelZero: Sendable {
    /// Has the library, and what it is asked for.
    package let folder: String

    package struct NotBuilt: Error {
        package var folder: String
    }

    /// Throws where there is no C compiler, or the folder cannot be written.
    package init(in folder: String) throws {
        self.folder = folder
        let sources = "/" + #filePath.split(separator: "/").dropLast().joined(separator: "/") + "/device"
        let library = "\(folder)/libze_loader.so.1"
        let build = "cc -shared -fPIC -O1 -Wall -Wextra -Werror -o '\(library)' '\(sources)'/*.c -ldl"
        guard system(build) == 0 else { throw NotBuilt(folder: folder) }
        try set()
    }

    /// Forgets what was asked for before. Each setting is a name, a blank and a value: `devices 2`, `fail zeInit 78000001`.
    package func set(_ settings: [String] = []) throws {
        guard let file = fopen(folder + "/fake.conf", "we") else { throw NotBuilt(folder: folder) }
        let text = settings.map { $0 + "\n" }.joined()
        let count = fputs(text, file)
        guard fclose(file) == 0, count >= 0 else { throw NotBuilt(folder: folder) }
    }

    /// A module of SPIR-V that has these kernels by name, and no instructions for them: the device knows what they do.
    package static func module(_ entries: String..., isBigEndian: Bool = false) -> [UInt8] {
        var words: [UInt32] = [0x0723_0203, 0x0001_0000, 0, UInt32(entries.count) + 1, 0, 2 << 16 | 17, 6]
        for (index, entry) in entries.enumerated() {
            var text = Array(entry.utf8)
            text += Array(repeating: 0, count: 4 - text.count % 4)
            var letters = [UInt32](repeating: 0, count: text.count / 4)
            for (place, letter) in text.enumerated() { letters[place / 4] |= UInt32(letter) << UInt32(8 * (place % 4)) }
            words += [UInt32(3 + letters.count) << 16 | 15, 6, UInt32(index) + 1]
            words += letters
        }
        return words.flatMap { word in
            let bytes: [UInt8] = (0..<4).map { UInt8(truncatingIfNeeded: word >> UInt32(8 * $0)) }
            return isBigEndian ? Array(bytes.reversed()) : bytes
        }
    }
}
