import WeftModel

/// The weights 1 4 6 4 1 along both axes, rounded to nearest once.
enum ImageFilterReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let (width, height, channels) = (kernel.whole("width"), kernel.whole("height"), kernel.whole("channels"))
        let picture = inputs.byteValues("picture")
        let weights = [1, 4, 6, 4, 1]
        var blurred = picture
        for row in 0..<height {
            for column in 0..<width {
                for channel in 0..<channels {
                    var sum = 0
                    for (down, weight) in zip(-2...2, weights) {
                        let start = min(max(row + down, 0), height - 1) * width
                        for (right, other) in zip(-2...2, weights) {
                            let place = start + min(max(column + right, 0), width - 1)
                            sum += weight * other * Int(picture[place * channels + channel])
                        }
                    }
                    blurred[(row * width + column) * channels + channel] = UInt8((sum + 128) / 256)
                }
            }
        }
        return ["blurred": KernelArray(.uint8, kernel.shape(of: "blurred"), .byte(blurred))]
    }
}
