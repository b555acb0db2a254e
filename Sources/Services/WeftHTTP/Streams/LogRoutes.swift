import HTTPTypes
import HummingbirdCore
import NIOCore
import WeftCoordinator
import WeftFormats
import WeftModel

/// `/api/v1/jobs/{job}/logs`: what tasks print, kept and coming, as server-sent events or one JSON object per line.
struct LogRoutes: Sendable {
    let service: any JobService
    let limits: HTTPServer.Limits
    let streams: StreamRegistry

    var routes: [Route] {
        [
            Route(
                method: .get, path: "/api/v1/jobs/{job}/logs", access: .role(.viewer), query: ["task", "follow"],
                handler: read)
        ]
    }

    @Sendable private func read(_ call: Call) async throws -> Response {
        let isEvents = call.accepts("text/event-stream")
        let type = isEvents ? "text/event-stream" : "application/x-ndjson"
        let job = try call.job()
        let task = try call.query.index("task")
        let follow = try call.query.flag("follow")
        guard call.request.method == .get else {
            _ = try await service.job(job)
            return Response(status: .ok, headers: [.contentType: type])
        }
        try streams.checkRoom()
        let logs = try await service.logs(job, task: task, follow: follow)
        return StreamResponse.make(
            type: type, opening: "", silence: isEvents ? ": \n\n" : "\n", call: call, limits: limits,
            streams: streams
        ) { send in
            for await batch in logs { try await send(isEvents ? ServerSentEvents(batch).text : Self.lines(batch)) }
            // A reader can tell the end from a connection that broke.
            if isEvents { try await send(ByteBuffer(string: "event: end\ndata: {}\n\n")) }
        }
    }

    private static func lines(_ batch: [LogPiece]) throws -> ByteBuffer {
        var text = ByteBuffer()
        for piece in batch {
            text.writeImmutableBuffer(try JSON.encode(piece))
            text.writeString("\n")
        }
        return text
    }
}
