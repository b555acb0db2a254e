import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftFormats
import WeftModel

/// `/api/v1/log`: the log of receipts, for who wants to prove or audit something. docs/log.md has the files.
struct ReceiptLogRoutes: Sendable {
    let service: any JobService

    var routes: [Route] {
        [
            Route(method: .get, path: "/api/v1/log", access: .role(.viewer)) { _ in
                try .json(await service.logExtent())
            },
            Route(method: .get, path: "/api/v1/log/head", access: .role(.viewer)) { _ in
                .bytes(await service.logHead(), type: TreeHead.payloadType)
            },
            Route(method: .get, path: "/api/v1/log/consistency", access: .role(.viewer), query: ["from"]) { call in
                guard let from = try call.query.number("from", in: 0...Int.max) else {
                    throw Query.wrong("from", "expected the size of an earlier head")
                }
                return .bytes(try await service.logConsistency(from: UInt64(from)), type: Self.proofType)
            },
            Route(method: .get, path: "/api/v1/log/tiles/{level}/{tile}", access: .role(.viewer), handler: tile),
            Route(method: .get, path: "/api/v1/jobs/{job}/tasks/{index}/log-proof", access: .role(.viewer)) { call in
                let task = try call.task()
                return .bytes(
                    try await service.logProof(task), type: Self.proofType,
                    headers: [.contentDisposition: "attachment; filename=\"log-proof-\(task).json\""])
            },
        ]
    }

    private static let proofType = "application/vnd.weft.log-proof+json"

    @Sendable private func tile(_ call: Call) async throws -> Response {
        let (level, tile) = (call.parameters["level"] ?? "", call.parameters["tile"] ?? "")
        guard let number = Int(level), (0..<8).contains(number), let index = UInt64(tile), index <= UInt64(Int64.max)
        else {
            throw HTTPFailure.notFound("no tile \(level.prefix(40))/\(tile.prefix(40))")
        }
        return .bytes(try await service.logTile(level: number, index: index), type: "application/octet-stream")
    }
}
