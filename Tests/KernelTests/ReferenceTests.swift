import Glibc
import Testing
import WeftKernels
import WeftModel

/// References against what is known without computing it the same way.
struct ReferenceTests {
    @Test func vectorsAreScaledAddedAndSummed() throws {
        let saxpy = try Library.instance("saxpy", ["n": "3", "a": "2"])
        #expect(
            try Library.reference(saxpy, ["x": .real([1, 2, 3]), "y": .real([10, 20, 30])])["y"]?.wide == [12, 24, 36])
        let expected: [[Float]] = [[9, 3], [3, -5], [18, -4], [2, -0.25], [3, -1], [6, 4]]
        for (operation, values) in expected.enumerated() {
            let kernel = try Library.instance("elementwise", ["n": "2", "operation": "\(operation)"])
            #expect(try Library.reference(kernel, ["a": .real([6, -1]), "b": .real([3, 4])])["c"]?.wide == values)
        }
        let sum = try Library.instance("reduction", ["n": "4"])
        #expect(try Library.reference(sum, ["x": .real([1, 2, 3, -10])])["total"]?.wide == [-4])
        let scan = try Library.instance("scan", ["n": "3"])
        #expect(try Library.reference(scan, ["x": .word([5, .max, 2])])["y"]?.words == [5, 4, 6])
    }

    @Test func pairsWithEqualKeysStayInTheirOrder() throws {
        let sort = try Library.instance("radix_sort", ["n": "5"])
        let sorted = try Library.reference(
            sort, ["keys": .word([3, 1, .max, 1, 0]), "values": .word([0, 1, 2, 3, 4])])
        #expect(sorted["sorted_keys"]?.words == [0, 1, 1, 3, .max])
        #expect(sorted["sorted_values"]?.words == [4, 1, 3, 0, 2])
    }

    @Test func matricesMultiplyRowsByColumns() throws {
        let matmul = try Library.instance("matmul", ["m": "2", "n": "2", "k": "3"])
        let product = try Library.reference(
            matmul, ["a": .real([1, 2, 3, 4, 5, 6], [2, 3]), "b": .real([7, 8, 9, 10, 11, 12], [3, 2])])
        #expect(product["c"]?.wide == [58, 64, 139, 154])
        let half = try Library.instance("matmul_fp16", ["m": "1", "n": "1", "k": "2"])
        let inputs = [
            "a": KernelArray(.float16, [1, 2], .short([0x3C00, 0x4000])),
            "b": KernelArray(.float16, [2, 1], .short([0x4200, 0xC400])),
        ]
        #expect(try Library.reference(half, inputs)["c"]?.wide == [3 - 8])
    }

    @Test func aFilterThatPicksAPixelMovesThePicture() throws {
        let kernel = try Library.instance(
            "convolution", ["channels": "1", "filters": "1", "height": "2", "width": "3"])
        var weights = [Float](repeating: 0, count: 9)
        weights[5] = 1  // the pixel to the right
        let moved = try Library.reference(
            kernel, ["x": .real([1, 2, 3, 4, 5, 6], [1, 2, 3]), "w": .real(weights, [1, 1, 3, 3])])
        #expect(moved["y"]?.wide == [2, 3, 0, 5, 6, 0])
    }

    @Test func aWaveHasOneFrequency() throws {
        let kernel = try Library.instance("fft", ["n": "64"])
        let wave = (0..<64).flatMap { place in
            let angle = 2 * Double.pi * 5 * Double(place) / 64
            return [Float(cos(angle)), Float(sin(angle))]
        }
        let spectrum = try #require(Library.reference(kernel, ["x": .real(wave, [64, 2])])["y"]).wide
        for place in 0..<64 {
            #expect((spectrum[2 * place] - (place == 5 ? 64 : 0)).magnitude < 1e-4)
            #expect(spectrum[2 * place + 1].magnitude < 1e-4)
        }
    }

    @Test func bodiesFallTowardsEachOther() throws {
        let kernel = try Library.instance("nbody", ["n": "2", "steps": "1", "step": "0.5", "softening": "0.000000001"])
        let after = try Library.reference(
            kernel,
            [
                "positions": .real([0, 0, 0, 4, 2, 0, 0, 8], [2, 4]),
                "velocities": .real([0, 0, 0, 0, 0, 0, 0, 0], [2, 4]),
            ])
        // 8 / 2² and 4 / 2², for half a unit of time.
        #expect(after["velocities"]?.wide.map { ($0 * 1000).rounded() / 1000 } == [1, 0, 0, 0, -0.5, 0, 0, 0])
        #expect(after["moved"]?.wide.map { ($0 * 1000).rounded() / 1000 } == [0.5, 0, 0, 4, 1.75, 0, 0, 8])
    }

    @Test func pointsInsideTheSetNeverLeave() throws {
        let settings = ["width": "2", "height": "1", "left": "-1", "top": "0", "pixel": "1", "limit": "50"]
        #expect(try Library.reference(Library.instance("mandelbrot", settings))["steps"]?.words == [50, 50])
        let outside = ["width": "1", "height": "1", "left": "2", "top": "0", "pixel": "1", "limit": "50"]
        #expect(try Library.reference(Library.instance("mandelbrot", outside))["steps"]?.words == [2])
    }

    @Test func tilesOfAPictureAreThePictures() throws {
        let picture = ["picture_width": "12", "picture_height": "10", "left": "0", "top": "0", "samples": "2"]
        let whole = try Library.instance("path_tracer", picture.merging(["width": "12", "height": "10"]) { $1 })
        let tile = try Library.instance(
            "path_tracer", picture.merging(["width": "3", "height": "2", "left": "4", "top": "5"]) { $1 })
        let all = try #require(Library.reference(whole)["colours"]).wide
        let part = try #require(Library.reference(tile)["colours"]).wide
        for row in 0..<2 {
            let start = ((5 + row) * 12 + 4) * 3
            #expect(Array(part[row * 9..<row * 9 + 9]) == Array(all[start..<start + 9]))
        }
        #expect(all.allSatisfy { $0 >= 0 && $0 < 8 } && Set(all).count > 100)
    }

    @Test func everyNumberIsFoundWhereNoZerosAreAskedFor() throws {
        let all = try Library.instance("sha256_search", ["n": "300", "zeros": "0", "first": "7"])
        #expect(try Library.reference(all)["found"]?.words == [300, 7])
        let none = try Library.instance("sha256_search", ["n": "300", "zeros": "32"])
        #expect(try Library.reference(none)["found"]?.words == [0, .max])
        let some = try Library.instance("sha256_search", ["n": "4096", "zeros": "4"])
        let count = try #require(Library.reference(some)["found"]).words[0]
        #expect((150...370).contains(count))  // 256 are expected
    }

    @Test func blurringLeavesAnEvenPictureAlone() throws {
        let kernel = try Library.instance("image_filter", ["width": "9", "height": "7", "channels": "1"])
        let even = KernelArray(.uint8, [7, 9, 1], .byte([UInt8](repeating: 77, count: 63)))
        #expect(try Library.reference(kernel, ["picture": even])["blurred"] == even)
        var point = [UInt8](repeating: 0, count: 63)
        point[3 * 9 + 4] = 255
        let blurred = try #require(
            Library.reference(kernel, ["picture": KernelArray(.uint8, [7, 9, 1], .byte(point))])["blurred"])
        #expect(blurred.byteValues[3 * 9 + 4] == 36 && blurred.byteValues[2 * 9 + 4] == 24)  // 255 · 36 / 256
    }

    @Test func sharesOfARowAreOneTogether() throws {
        let kernel = try Library.instance("softmax", ["rows": "1", "columns": "2"])
        let shares = try #require(Library.reference(kernel, ["x": .real([0, Float(log(3.0))], [1, 2])])["y"]).wide
        #expect((shares[0] - 0.25).magnitude < 1e-6 && (shares[1] - 0.75).magnitude < 1e-6)
    }

    @Test func theFirstRowOfCausalAttentionSeesOnlyItself() throws {
        let kernel = try Library.instance("attention", ["heads": "1", "length": "3", "causal": "1"])
        let inputs = try kernel.inputs(seed: 5)
        let result = try #require(Library.reference(kernel, seed: 5)["o"]).wide
        #expect(Array(result[0..<64]) == Array(try #require(inputs["v"]).wide[0..<64]))
        // Equal scores: the mean of what a row sees.
        let even = try #require(
            Library.reference(kernel, seed: 5, ["q": .real([Float](repeating: 0, count: 192), [1, 3, 64])])["o"]
        ).wide
        let v = try #require(inputs["v"]).wide
        for index in 0..<64 {
            #expect((even[128 + index] - (v[index] + v[64 + index] + v[128 + index]) / 3).magnitude < 1e-6)
        }
    }
}
