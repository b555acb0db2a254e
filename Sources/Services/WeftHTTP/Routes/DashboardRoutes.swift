import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftFormats
import WeftModel

/// The dashboard at `/`: files that say nothing of anybody's work. What the pages show they ask the API for, with a token.
struct DashboardRoutes: Sendable {
    var routes: [Route] {
        DashboardFiles.all.map { file in
            let bytes = Array(file.text.utf8)
            let tag = "\"" + Hashing.sha256(bytes).hex.prefix(32) + "\""
            let headers: HTTPFields = [
                .contentType: file.type, .eTag: tag, .cacheControl: "no-cache", .contentSecurityPolicy: Self.policy,
            ]
            return Route(
                method: .get, path: Self.path(of: file.path), access: .open
            ) { call in
                EntityTag.isKnown(tag, in: call.headers)
                    ? Response(status: .notModified, headers: headers)
                    : Response(status: .ok, headers: headers, body: ResponseBody(byteBuffer: ByteBuffer(bytes: bytes)))
            }
        }
    }

    /// Pages go without the end of their files' names.
    private static func path(of file: String) -> String {
        if file == "index.html" { return "/" }
        return "/" + (file.hasSuffix(".html") ? String(file.dropLast(5)) : file)
    }

    /// No script, style or picture but our own, no frame, no form that leads elsewhere.
    private static let policy = """
        default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; connect-src 'self'; \
        base-uri 'none'; form-action 'none'; frame-ancestors 'none'
        """
}
