/// Follows light backwards in single precision, one operation after the other: exactly as the kernels do.
enum PathTracerReference {
    @Sendable static func compute(_ kernel: KernelInstance, _ inputs: [String: KernelArray]) -> [String: KernelArray] {
        let pictureWidth = UInt32(kernel["picture_width"])
        let (acrossAll, downAll) = (Float(pictureWidth), Float(kernel["picture_height"]))
        let (left, top) = (UInt32(kernel["left"]), UInt32(kernel["top"]))
        let (samples, seed) = (UInt32(kernel["samples"]), UInt32(kernel["seed"]))
        var colours: [Float] = []
        for row in 0..<UInt32(kernel["height"]) {
            for column in 0..<UInt32(kernel["width"]) {
                let pixel = (top &+ row) &* pictureWidth &+ left &+ column
                var sum = Direction(0, 0, 0)
                for sample in 0..<samples {
                    var random = PathRandom(state: (pixel &* 9781 &+ sample &* 6271) ^ seed)
                    _ = random.next()
                    let across = (Float(left &+ column) + random.fraction()) / acrossAll
                    let down = (Float(top &+ row) + random.fraction()) / downAll
                    let direction = Direction((2 * across - 1) * (acrossAll / downAll), 0.9 - 2 * down, -1.6)
                    sum = sum.moved(light(Direction(0, 0.4, 1.6), direction.ofLengthOne, &random), by: 1)
                }
                let count = Float(samples)
                colours += [sum.x / count, sum.y / count, sum.z / count]
            }
        }
        return Dictionary(uniqueKeysWithValues: [kernel.output("colours", colours)])
    }

    private enum Kind { case rough, mirror, lamp }

    private struct Sphere {
        var centre: Direction
        var radius: Float
        var colour: Direction
        var kind: Kind
    }

    private static let spheres = [
        Sphere(centre: Direction(0, 0, -1), radius: 0.5, colour: Direction(0.8, 0.3, 0.2), kind: .rough),
        Sphere(centre: Direction(-1.05, 0, -1.1), radius: 0.5, colour: Direction(0.9, 0.9, 0.9), kind: .mirror),
        Sphere(centre: Direction(1.05, 0, -0.9), radius: 0.5, colour: Direction(0.2, 0.4, 0.8), kind: .rough),
        Sphere(centre: Direction(0.45, -0.35, -0.35), radius: 0.15, colour: Direction(0.9, 0.8, 0.3), kind: .mirror),
        Sphere(centre: Direction(0.2, 1.6, -0.6), radius: 0.4, colour: Direction(6, 5.5, 5), kind: .lamp),
    ]

    /// A surface that a ray meets; `sphere` nil is the floor.
    private struct Hit {
        var distance: Float
        var sphere: Sphere?
    }

    private static func nearest(_ origin: Direction, _ direction: Direction) -> Hit? {
        var hit: Hit?
        if direction.y < -0.0001 {
            let distance = (-0.5 - origin.y) / direction.y
            if distance > 0.001 { hit = Hit(distance: distance, sphere: nil) }
        }
        for sphere in spheres {
            let from = origin - sphere.centre
            let along = from.dot(direction)
            let rest = from.dot(from) - sphere.radius * sphere.radius
            let square = along * along - rest
            if square <= 0 { continue }
            let root = square.squareRoot()
            var distance = -along - root
            if distance <= 0.001 { distance = -along + root }
            if distance > 0.001, distance < hit?.distance ?? 1e30 { hit = Hit(distance: distance, sphere: sphere) }
        }
        return hit
    }

    private static func light(_ from: Direction, _ towards: Direction, _ random: inout PathRandom) -> Direction {
        var (origin, direction) = (from, towards)
        var (light, share) = (Direction(0, 0, 0), Direction(1, 1, 1))
        for _ in 0..<6 {
            guard let hit = nearest(origin, direction) else {
                let height = 0.5 * direction.y + 0.5
                let rest = 1 - height
                return Direction(
                    light.x + share.x * (rest + 0.5 * height), light.y + share.y * (rest + 0.7 * height),
                    light.z + share.z * 1)
            }
            let place = origin.moved(direction, by: hit.distance)
            var (normal, colour) = (Direction(0, 1, 0), Direction(0.75, 0.75, 0.75))
            if let sphere = hit.sphere {
                let out = place - sphere.centre
                normal = Direction(out.x / sphere.radius, out.y / sphere.radius, out.z / sphere.radius)
                if normal.dot(direction) > 0 { normal = Direction(-normal.x, -normal.y, -normal.z) }
                colour = sphere.colour
            } else if (Int((place.x * 2).rounded(.down)) + Int((place.z * 2).rounded(.down))) & 1 != 0 {
                colour = Direction(0.3, 0.35, 0.3)
            }
            share = Direction(share.x * colour.x, share.y * colour.y, share.z * colour.z)
            if hit.sphere?.kind == .lamp { return light.moved(share, by: 1) }
            origin = place
            direction =
                hit.sphere?.kind == .mirror
                ? direction.moved(normal, by: -2 * direction.dot(normal)).ofLengthOne
                : random.scattered(around: normal)
        }
        return light
    }
}

/// A place, a direction or a colour.
private struct Direction {
    var x, y, z: Float

    init(_ x: Float, _ y: Float, _ z: Float) { (self.x, self.y, self.z) = (x, y, z) }

    func dot(_ other: Direction) -> Float { x * other.x + y * other.y + z * other.z }

    func moved(_ direction: Direction, by: Float) -> Direction {
        Direction(x + direction.x * by, y + direction.y * by, z + direction.z * by)
    }

    var ofLengthOne: Direction {
        let length = dot(self).squareRoot()
        return Direction(x / length, y / length, z / length)
    }

    static func - (left: Direction, right: Direction) -> Direction {
        Direction(left.x - right.x, left.y - right.y, left.z - right.z)
    }
}

/// PCG-RXS-M-XS-32 (O'Neill, "PCG: A Family of Simple Fast Space-Efficient Statistically Good Algorithms", section 6.3.4).
private struct PathRandom {
    var state: UInt32

    mutating func next() -> UInt32 {
        let old = state
        state = old &* 747_796_405 &+ 2_891_336_453
        let word = ((old >> ((old >> 28) + 4)) ^ old) &* 277_803_737
        return (word >> 22) ^ word
    }

    mutating func fraction() -> Float { Float(next() >> 8) * 0x1p-24 }

    mutating func scattered(around normal: Direction) -> Direction {
        for _ in 0..<8 {
            let (x, y, z) = (2 * fraction() - 1, 2 * fraction() - 1, 2 * fraction() - 1)
            let inside = Direction(x, y, z)
            let square = inside.dot(inside)
            if square > 1 || square < 0.001 { continue }
            let sum = normal.moved(inside.ofLengthOne, by: 1)
            if sum.dot(sum) > 0.001 { return sum.ofLengthOne }
        }
        return normal
    }
}
