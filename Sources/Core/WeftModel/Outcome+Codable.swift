/// By hand, because the synthesised form has keys like `_0`: here it is `{"completed": {…}}` or `{"failed": {…}}`.
extension Outcome {
    private enum CodingKeys: String, CodingKey { case completed, failed }

    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        let completion = try container.decodeIfPresent(Completion.self, forKey: .completed)
        let failure = try container.decodeIfPresent(AttemptFailure.self, forKey: .failed)
        switch (completion, failure) {
        case (let completion?, nil): self = .completed(completion)
        case (nil, let failure?): self = .failed(failure)
        default:
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "expected either completed or failed"))
        }
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        switch self {
        case .completed(let completion): try container.encode(completion, forKey: .completed)
        case .failed(let failure): try container.encode(failure, forKey: .failed)
        }
    }
}
