package import WeftModel
import WeftStorage

/// Runs the programs that some comparators need (``OutputComparator/needsProgram``): ffmpeg, or one of the submitter's.
///
/// They meet bytes of strangers, and may be strangers' themselves: an adapter runs them behind a wall, without a network, and
/// within bounds of time, memory and disk. Calls may come from several tasks at once; a cancelled one ends its program.
package protocol ComparatorPrograms: Sendable {
    /// Why outputs cannot be compared so on this machine, with what its operator can do about it; nil if they can.
    func obstacle(to comparator: OutputComparator) async -> String?

    /// Whether two outputs are alike. They are not where the program cannot tell, is past its bounds, or cannot read one.
    ///
    /// - Throws: where this machine failed and not the outputs or the program; it may be asked again.
    func areAlike(_ first: BlobReference, _ second: BlobReference, by comparator: OutputComparator) async throws -> Bool

    /// Ends what runs. Called once, when nothing is asked any more.
    func shutDown() async
}

extension Coordinator {
    /// What is wrong with the comparators of a job that need a program: none is run here, or it is not there.
    func comparatorProblems(_ spec: JobSpec) async throws -> [Problem] {
        var problems: [Problem] = []
        for (comparator, field) in spec.namedComparators where comparator.needsProgram {
            guard let programs = configuration.comparatorPrograms else {
                problems.append(
                    Problem(
                        field: field,
                        message: "\(comparator.name) needs a program, and this coordinator runs none; its operator can "
                            + "allow it with coordinator.comparator_programs"))
                continue
            }
            if case .command(let rule) = comparator, try await blobs.size(of: rule.program) == nil {
                problems.append(
                    Problem(
                        field: "\(field).command.program", message: "no blob \(rule.program); upload it first"))
            }
            if let obstacle = await programs.obstacle(to: comparator) {
                problems.append(Problem(field: field, message: obstacle))
            }
        }
        return problems
    }
}
