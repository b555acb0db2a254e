import WeftModel

/// Tasks whose replicas run on equal machines: homogeneous redundancy, as BOINC calls it (Taufer et al., "Homogeneous
/// redundancy: a technique to ensure integrity of molecular simulation results using public computing", IPDPS 2005).
extension Engine {
    /// The task's replicas run on machines like this one from now on, if its job wants that.
    mutating func bind(_ offset: UInt32, of id: JobID, to node: Int) {
        guard choosyJobs.contains(id), jobs[id]!.open[offset]!.hardware == nil,
            !jobs[id]!.open[offset]!.mayLeaveHardware
        else { return }
        jobs[id]!.open[offset]!.hardware = nodes[node].hardware
    }

    /// Whether a task that begins on this node, and stays on machines like it, finds as many as it needs.
    func hasPeers(_ node: Int, for id: JobID) -> Bool {
        let peers = nodes.indices.filter {
            nodes[$0].hardware == nodes[node].hardware && nodes[$0].classes.contains(jobs[id]!.workClass)
        }
        return owners(of: peers) >= jobs[id]!.verification.leastOwners
    }

    /// Tasks that have waited in vain for another machine of their kind go on with any.
    mutating func leaveHardware() {
        for id in choosyJobs.sorted() {
            guard let open = jobs[id]?.open, !open.isEmpty else { continue }
            let workClass = jobs[id]!.workClass
            let peers = Dictionary(grouping: nodes.indices.filter { nodes[$0].classes.contains(workClass) }) {
                nodes[$0].hardware
            }
            for offset in open.keys.sorted() where open[offset]!.waiting > 0 {
                let task = open[offset]!
                guard let hardware = task.hardware else { continue }
                if peers[hardware, default: []].contains(where: { mayRun(task, of: jobs[id]!.record.submitter, on: $0) }
                ) {
                    jobs[id]!.open[offset]!.noPeersSince = nil
                } else if let since = task.noPeersSince {
                    guard now - since >= configuration.checkPatience else { continue }
                    jobs[id]!.open[offset]!.hardware = nil
                    jobs[id]!.open[offset]!.mayLeaveHardware = true
                    // Whoever checks is looked for anew, among all.
                    jobs[id]!.open[offset]!.noCandidateSince = nil
                } else {
                    jobs[id]!.open[offset]!.noPeersSince = now
                }
            }
        }
    }
}
