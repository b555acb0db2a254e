/// RFC 6901: the way to one value of a JSON text.
enum JSONPointer {
    /// `name`: a pointer if it starts with `/`, otherwise a key of the outermost object.
    static func tokens(_ name: String) -> [String] {
        guard name.hasPrefix("/") else { return [name] }
        return name.dropFirst().split(separator: "/", omittingEmptySubsequences: false).map(unescape)
    }

    static func escape(_ key: String) -> String {
        String(key.flatMap { $0 == "~" ? "~0" : $0 == "/" ? "~1" : String($0) })
    }

    /// `~1` first: `~01` is the text `~1`.
    private static func unescape(_ token: Substring) -> String {
        var result = ""
        var rest = token.unicodeScalars[...]
        while let scalar = rest.popFirst() {
            guard scalar == "~", let code = rest.first, code == "0" || code == "1" else {
                result.unicodeScalars.append(scalar)
                continue
            }
            result.unicodeScalars.append(code == "0" ? "~" : "/")
            rest.removeFirst()
        }
        return result
    }

    /// The index of the value that `name` leads to, or nil when there is none.
    static func find(_ name: String, in tape: JSONTape) throws(FormatProblem) -> Int? {
        var index = 0
        for token in tokens(name) {
            switch tape.tokens[index].kind {
            case .object:
                let members = try tape.members(index)
                guard let member = members.first(where: { $0.key.elementsEqual(token.utf8) }) else { return nil }
                index = member.value
            case .list:
                let children = tape.children(index)
                let isPlain = token == "0" || (!token.hasPrefix("0") && token.utf8.allSatisfy(ASCII.isDigit))
                guard isPlain, let position = Int(token), children.indices.contains(position) else { return nil }
                index = children[position]
            case .null, .yes, .no, .number, .string: return nil
            }
        }
        return index
    }
}
