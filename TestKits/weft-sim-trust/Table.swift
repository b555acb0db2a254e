import TrustSimulation

/// The results as a table of text.
struct Table: CustomStringConvertible {
    private var lines: [[String]] = [
        [
            "pool", "scheme", "wrong", "worst seed", "wrong: start", "after", "replicas: start", "after", "all",
            "refused", "wait",
        ]
    ]
    private let title: String

    init(_ results: [CellResult], nodes: Int, tasks: Int, seeds: Int) {
        title = """
            \(nodes) nodes, \(tasks) tasks, \(seeds) seeds; start: the first \(min(20 * nodes, tasks / 2)) tasks; \
            wait: from the first answer to its acceptance, in tasks' times
            """
        for result in results {
            lines.append([
                result.cell.pool.name, result.cell.scheme.name, rate(result.wrong), rate(result.worst),
                rate(result.wrongAtStart), rate(result.wrongAfter), fixed(result.replicasAtStart, 2),
                fixed(result.replicasAfter, 3), fixed(result.replicas, 3), fixed(result.refused * 100, 1) + "%",
                fixed(result.wait, 1),
            ])
        }
    }

    var description: String {
        let widths = lines[0].indices.map { column in lines.map { $0[column].count }.max()! }
        let rows = lines.enumerated().map { number, line in
            let cells = line.enumerated().map { column, text in
                let space = String(repeating: " ", count: widths[column] - text.count)
                return column < 2 ? text + space : space + text
            }
            let isNewPool = number > 1 && line[0] != lines[number - 1][0]
            return (isNewPool ? "\n" : "") + cells.joined(separator: "  ")
        }
        return title + "\n" + rows.joined(separator: "\n")
    }

    /// As 1.2e-3; 0 as 0.
    private func rate(_ value: Double) -> String {
        guard value > 0 else { return "0" }
        var exponent = 0
        var mantissa = value
        while mantissa < 0.9995 {
            mantissa *= 10
            exponent += 1
        }
        return "\(fixed(mantissa, 1))e-\(exponent)"
    }

    private func fixed(_ value: Double, _ digits: Int) -> String {
        var factor = 1
        for _ in 0..<digits { factor *= 10 }
        let scaled = Int((value * Double(factor)).rounded())
        let fraction = String(scaled % factor)
        return "\(scaled / factor)." + String(repeating: "0", count: digits - fraction.count) + fraction
    }
}
