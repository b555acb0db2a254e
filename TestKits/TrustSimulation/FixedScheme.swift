/// Two replicas; a third where they differ; two alike are accepted.
struct FixedScheme: Scheme {
    private var votes: [Int: [Answer]] = [:]

    func gate(open: Int) -> Gate { .begin }
    func isExcluded(_ node: Int) -> Bool { false }
    func checkRate(of node: Int) -> Double { 1 }
    mutating func drain(_ desk: inout Desk) {}
    mutating func canary(_ node: Int, isRight: Bool, _ desk: inout Desk) {}

    mutating func began(_ task: Int, on node: Int, _ desk: inout Desk) { desk.asked.append((task, 1)) }

    mutating func answered(_ task: Int, by node: Int, _ answer: Answer, _ desk: inout Desk) {
        let earlier = votes[task] ?? []
        if earlier.contains(answer) {
            desk.accepted.append((task, answer))
            votes[task] = nil
        } else if earlier.count == 2 {
            desk.refused.append(task)
            votes[task] = nil
        } else {
            votes[task] = earlier + [answer]
            if earlier.count == 1 { desk.asked.append((task, 1)) }
        }
    }
}
