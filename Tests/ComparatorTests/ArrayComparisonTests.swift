import Testing
import WeftModel

@testable import WeftComparators

@Suite struct ArrayComparisonTests {
    /// The elements in C order, as numbers, complex ones as two.
    private func values(_ bytes: [UInt8], _ array: NumberArray) -> [Double] {
        let data = array.isFirstIndexFastest ? array.lastIndexFastest(bytes) : Array(bytes[array.data])
        return data.withUnsafeBytes { data in
            let reader = ElementReader(array, data)
            return (0..<array.elementCount).flatMap { position -> [Double] in
                let text = reader.show(position)
                if array.type == .bool { return [text == "true" ? 1 : 0] }
                guard array.type.parts == 2 else { return [Double(text)!] }
                return text.dropFirst().dropLast(2).split(separator: ",").map { Double($0.drop { $0 == " " })! }
            }
        }
    }

    private func expectEqual(_ values: [Double], _ expected: [String], _ name: String) {
        #expect(values.count == expected.count, "\(name)")
        for (value, text) in zip(values, expected) {
            let wanted = Double(text)!
            #expect(value == wanted && value.sign == wanted.sign || value.isNaN && wanted.isNaN, "\(name)")
        }
    }

    @Test func everyArrayIsReadAsItsWriterReadsIt() throws {
        let expected = try Fixture.decoded("values.json", as: [String: [String]].self)
        let names = expected.keys.filter { $0.hasSuffix(".npy") }
        #expect(names.count == 36)
        for name in names.sorted() {
            let bytes = try Fixture.bytes(name)
            expectEqual(values(bytes, try NpyFile.read(bytes)), expected[name]!, name)
        }
        let bytes = try Fixture.bytes("tensors.safetensors")
        let tensors = try SafetensorsFile(bytes).tensors
        #expect(tensors.count == 10)
        for tensor in tensors {
            let name = "tensors.safetensors " + String(decoding: tensor.name, as: UTF8.self)
            expectEqual(values(bytes, tensor.array), expected[name]!, name)
        }
    }

    @Test(arguments: ["f2", "f4", "f8", "c8", "c16", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"])
    func byteOrderDoesNotMatter(_ type: String) throws {
        let little = try Fixture.bytes("array-\(type)-little.npy")
        let big = try Fixture.bytes("array-\(type)-big.npy")
        #expect(type.hasSuffix("1") || little != big)
        #expect(try numeric().compare(little, big).agrees)
    }

    @Test func orderInMemoryAndVersionDoNotMatter() throws {
        let plain = try Fixture.bytes("array-c-order.npy")
        for name in ["fortran", "version-1", "version-2", "version-3"] {
            #expect(compareBothWays(numeric(), plain, try Fixture.bytes("array-\(name).npy"))?.agrees == true)
        }
    }

    @Test func theFirstDifferenceIsToldByItsIndices() throws {
        let plain = try Fixture.bytes("array-c-order.npy")
        let fortran = try Fixture.bytes("array-fortran.npy")
        var other = fortran
        // Row 1, column 2 of 3 × 4, the first index fastest.
        other.withUnsafeMutableBytes {
            $0.storeBytes(of: 17.5, toByteOffset: fortran.count - 96 + 8 * 7, as: Double.self)
        }
        for left in [plain, fortran] {
            let comparison = try #require(compareBothWays(numeric(1e-6), left, other))
            #expect(comparison.difference?.place == "[1, 2]")
            #expect(comparison.difference?.right == "17.5")
            #expect(comparison.differences == 1)
        }
    }

    @Test func specialNumbersFollowTheRule() throws {
        let special = try Fixture.bytes("array-special.npy")
        #expect(try !numeric(1e300).compare(special, special).agrees)
        let comparison = try numeric(nan: .equal).compare(special, special)
        #expect(comparison.agrees && comparison.measure?.value == 0)
        let unequal = try numeric().compare(special, special)
        #expect(unequal.difference?.place == "[0]" && unequal.measure?.value == .infinity)
        let halves = try Fixture.bytes("array-halves.npy")
        #expect(try numeric(nan: .equal).compare(halves, halves).agrees)
    }

    @Test func typesAndShapesMustBeEqual() throws {
        let single = try Fixture.bytes("array-f4-little.npy")
        #expect(try !numeric(1e9).compare(single, Fixture.bytes("array-f8-little.npy")).agrees)
        #expect(try !numeric(1e9).compare(single, Fixture.bytes("array-i4-little.npy")).agrees)
        let scalar = try Fixture.bytes("array-scalar.npy")
        let difference = try numeric(1e9).compare(scalar, Fixture.bytes("array-c-order.npy")).difference
        #expect(difference?.description == "shape [] and shape [3, 4]; shapes must be equal")
        let empty = try Fixture.bytes("array-empty.npy")
        #expect(try numeric().compare(empty, empty) == Comparison())
    }

    @Test func whatIsNoArrayOfNumbersIsRefused() throws {
        #expect(numeric().problem(with: try Fixture.bytes("array-fields.npy"))?.contains("fields") == true)
        #expect(numeric().problem(with: try Fixture.bytes("array-texts.npy"))?.contains("<U3") == true)
    }

    @Test(arguments: [
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (9223372036854775807, 2)}", "not those of the shape"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (4294967296, 4294967296, 16)}", "not those of the shape"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (99999999999999999999,)}", "63 bits"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (-1,)}", "63 bits"),
        ("{'descr': '<f4', 'fortran_order': False, 'shape': (1,)}", "not those of the shape"),
        ("{'descr': '<f4', 'fortran_order': False}", "expected the keys"),
        ("{'descr': '<f4', 'descr': '<f4'}", "comes twice"),
        ("{'descr': '|O', 'fortran_order': False, 'shape': ()}", "|O"),
        ("{'descr': '<f4', 'fortran_order': None, 'shape': ()}", "expected False"), ("{'descr", "without an end"),
        ("", "expected {"), ("{} x", "end of the header"),
    ])
    func aHostileHeaderIsRefused(_ header: String, _ words: String) {
        let length = UInt16(header.utf8.count)
        let start = NpyFile.magic + [1, 0, UInt8(length & 255), UInt8(length >> 8)]
        let problem = numeric().problem(with: start + Array(header.utf8))
        #expect(problem?.contains(words) == true, "\(problem ?? "none")")
    }

    @Test func extentsOfAnEmptyArrayMayBeAnything() throws {
        let header = "{'descr': '<f4', 'fortran_order': True, 'shape': (0, 9223372036854775807, 9223372036854775807)}"
        let plain = header.replacing("True", with: "False")
        func file(_ header: String) -> [UInt8] {
            NpyFile.magic + [1, 0, UInt8(header.utf8.count), 0] + Array(header.utf8)
        }
        #expect(compareBothWays(numeric(), file(header), file(plain))?.agrees == true)
    }

    @Test func tensorsAreComparedByName() throws {
        let tensors = try Fixture.bytes("tensors.safetensors")
        let nudged = try Fixture.bytes("tensors-nudged.safetensors")
        #expect(try numeric().compare(tensors, tensors).agrees)
        #expect(compareBothWays(numeric(relative: 1e-5), tensors, nudged)?.agrees == true)
        let comparison = try #require(compareBothWays(numeric(relative: 1e-8), tensors, nudged))
        #expect(comparison.difference?.place == "\"layer.weight\"[0, 0]")
    }

    @Test func wideIntegersAreExact() throws {
        let tensors = try Fixture.bytes("tensors.safetensors")
        var other = tensors
        // `large` comes first: 2⁶⁴ − 1 becomes 2⁶⁴ − 2, which is the same as a double.
        let length = Int(tensors[0]) + Int(tensors[1]) << 8
        other[8 + length] = 254
        let comparison = try numeric().compare(tensors, other)
        #expect(comparison.difference?.place == "\"large\"[0]" && comparison.measure?.value == 1)
        #expect(try numeric(1).compare(tensors, other).agrees)
    }

    @Test(arguments: [
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 0, "within the data"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#, 5, "belong to no tensor"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[1,5]}}"#, 5, "overlap or leave a gap"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#, 4, "two offsets"),
        (#"{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}"#, 4, "do not match"),
        (#"{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}"#, 4, "not negative"),
        (#"{"a":{"dtype":"F32","shape":[9223372036854775807,4],"data_offsets":[0,4]}}"#, 4, "do not match"),
        (#"{"a":{"dtype":"F4","shape":[1],"data_offsets":[0,4]}}"#, 4, "\"F4\" are not known"),
        (#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,99999999999999999999]}}"#, 4, "not negative"),
        (#"{"a":{"dtype":"F32","shape":[1]}}"#, 4, "expected the keys"), (#"{"a":1}"#, 0, "expected an object"),
        (#"{"__metadata__":{"a":1}}"#, 0, "expected a text"), (#"{"a":1,"a":1}"#, 0, "comes twice"),
        (
            #"{"a":{"dtype":"U8","shape":[2],"data_offsets":[0,2]},"b":{"dtype":"U8","shape":[2],"data_offsets":[1,3]}}"#,
            3, "overlap"
        ),
    ])
    func aHostileTensorFileIsRefused(_ header: String, _ count: Int, _ words: String) {
        let file = safetensors(header, [UInt8](repeating: 0, count: count))
        let problem = numeric().problem(with: file)
        #expect(problem?.contains(words) == true, "\(problem ?? "none")")
        #expect(problem?.contains("safetensors") == true)
    }

    @Test func aLengthBeyondTheFileIsRefused() {
        let file = [255, 255, 255, 255, 255, 255, 255, 127] as [UInt8] + Array("{}".utf8)
        #expect(numeric(0, .safetensors).problem(with: file)?.contains("ends in its header") == true)
    }
}

func safetensors(_ header: String, _ data: [UInt8]) -> [UInt8] {
    (0..<8).map { UInt8(truncatingIfNeeded: header.utf8.count >> (8 * $0)) } + Array(header.utf8) + data
}
