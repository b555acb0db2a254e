import Glibc

/// The files of this machine's coordinator and worker, and where they are.
package struct DataHome: Sendable, Hashable {
    package var path: String

    package init(_ path: String) { self.path = path }

    package var coordinatorKey: String { path + "/coordinator.key" }
    /// What this user signs code with.
    package var signingKey: String { path + "/signing.key" }
    package var adminToken: String { path + "/admin.token" }
    package var joinToken: String { path + "/join.token" }
    /// The address of the coordinator that was last started here; there while it runs.
    package var coordinatorURL: String { path + "/coordinator.url" }
    package var database: String { path + "/weft.sqlite" }
    package var blobs: String { path + "/blobs" }
    /// What programs of comparators run in.
    package var comparators: String { path + "/comparators" }
    /// How TES tasks ended.
    package var tasks: String { path + "/tes" }
    package var worker: String { path + "/worker" }

    /// Makes the directory if it is not there. Throws ``CLIError`` when that fails, or when others may write to it.
    package func prepare() throws {
        try Files.makeDirectory(path, mode: 0o700)
        var info = stat()
        guard stat(path, &info) == 0 else {
            throw CLIError(.failure, SystemError("cannot read the data directory \(path)").description)
        }
        guard info.st_mode & S_IFMT == S_IFDIR else { throw CLIError(.failure, "\(path) is not a directory") }
        guard info.st_mode & 0o022 == 0 else {
            throw CLIError(
                .failure, "other users may write to the data directory \(path)", hint: "chmod 700 \(path)")
        }
    }

    /// A one-line file such as a token or an address; nil when there is no such file.
    package static func line(in path: String) throws -> String? {
        guard let bytes = try Files.readIfPresent(path, limit: 64 << 10) else { return nil }
        let text = String(decoding: bytes, as: UTF8.self)
        let line = text.prefix { !$0.isNewline }.drop { $0 == " " }
        return line.isEmpty ? nil : String(line)
    }

    /// Writes a secret so that only this user can read it.
    package static func writeSecret(_ text: String, to path: String) throws {
        try Files.replace(path, with: Array((text + "\n").utf8), mode: 0o600)
    }

    /// Reads a token file. Throws ``CLIError`` when it is not there or empty.
    package static func token(in path: String) throws -> String {
        guard let token = try line(in: path) else {
            throw CLIError(
                .refused, "no token in \(path)", hint: "ask the coordinator's operator for one (`weft token create`)")
        }
        return token
    }
}
