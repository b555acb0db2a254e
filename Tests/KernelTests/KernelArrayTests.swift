import Testing
import WeftKernels
import WeftModel

struct KernelArrayTests {
    @Test func everyHalfSurvivesTheWayToFloatAndBack() {
        for bits in UInt16.min...UInt16.max {
            let wide = ShortFloats.widened(bits)
            if bits & 0x7C00 == 0x7C00 {
                #expect(bits & 0x3FF == 0 ? wide.isInfinite : wide.isNaN)
            } else {
                #expect(ShortFloats.half(wide) == bits)
            }
        }
        #expect(ShortFloats.half(1 + 0x1p-11) == 0x3C00)
        #expect(ShortFloats.half(1 + 0x3p-11) == 0x3C02)
        #expect(ShortFloats.half(0x1.fffp-15) == 0x400)
        #expect(ShortFloats.brain(1 + 0x1p-8) == 0x3F80)
        #expect(ShortFloats.brain(1 + 0x3p-8) == 0x3F82)
        #expect(ShortFloats.brain(-2.5) == 0xC020)
    }

    @Test func arraysComeBackFromTheirFiles() throws {
        let arrays = [
            KernelArray(.float32, [2, 3], .real([1, -2.5, 0, .infinity, .leastNonzeroMagnitude, 7])),
            KernelArray(.uint32, [2], .word([0, .max])),
            KernelArray(.uint8, [1, 1, 3], .byte([1, 2, 255])),
            KernelArray(.float16, [4], .short([0, 0x3C00, 0x8001, 0x7BFF])),
        ]
        for array in arrays {
            let file = NumPyFile.encode(array)
            #expect(try NumPyFile.decode(file, array.type, array.shape, name: "a") == array)
            // NumPy wants the numbers to begin at a multiple of 64.
            #expect((file.count - array.bytes.count) % 64 == 0)
            #expect(throws: KernelLibraryError.self) {
                try NumPyFile.decode(file, array.type, array.shape + [1], name: "a")
            }
            #expect(throws: KernelLibraryError.self) {
                try NumPyFile.decode(file.dropLast(), array.type, array.shape, name: "a")
            }
        }
        let text = String(decoding: NumPyFile.encode(arrays[0]).dropFirst(10).prefix(60), as: UTF8.self)
        #expect(text.hasPrefix("{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }"))
    }

    @Test func numbersOfTheWrongCountOrTypeAreRefused() {
        #expect(throws: KernelLibraryError.self) { try KernelArray(.float32, [2], bytes: [0, 0, 0, 0]) }
        #expect(throws: KernelLibraryError.self) { try KernelArray.zeros(.float64, [2]) }
        #expect(throws: KernelLibraryError.self) { try NumPyFile.decode([1, 2, 3], .uint8, [3], name: "a") }
    }

    @Test func comparisonsCountWhatIsTooFarAway() {
        let expected = KernelArray.real([1, 100, 0, -5])
        let near = KernelArray.real([1.0001, 100.01, 0.0000001, -5])
        #expect(KernelComparison(near, expected: expected, relative: 1e-3, absolute: 1e-6).agrees)
        let comparison = KernelComparison(near, expected: expected, relative: 1e-6, absolute: 0)
        #expect(comparison.wrong == 3)
        #expect(comparison.greatestError > 0.009 && comparison.greatestError < 0.011)
        let none = KernelComparison(.real([.nan]), expected: .real([1]), relative: 1, absolute: 1e9)
        #expect(none.wrong == 1 && none.greatestError == .infinity)
    }
}

extension NumPyFile {
    fileprivate static func decode(
        _ bytes: ArraySlice<UInt8>, _ type: KernelType, _ shape: [Int], name: String
    ) throws -> KernelArray {
        try decode(Array(bytes), type, shape, name: name)
    }
}
