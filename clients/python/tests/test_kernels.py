"""Jobs of kernels, as they are made before anything is sent."""

from __future__ import annotations

import struct
import unittest

from weft.kernels import KernelCall


def module(*names: str, order: str = "<") -> bytes:
    """A SPIR-V module that has these entry points and nothing else."""
    words = [0x07230203, 0x00010000, 0, 1, 0, 17 | 2 << 16, 6]
    for name in names:
        data = name.encode() + b"\0"
        text = struct.unpack(f"<{(len(data) + 3) // 4}I", data + bytes(-len(data) % 4))
        words += [15 | (3 + len(text)) << 16, 6, 1, *text]
    return struct.pack(f"{order}{len(words)}I", *words)


class SPIRVTests(unittest.TestCase):
    def test_the_only_kernel_of_a_module_is_found(self) -> None:
        for order in "<>":
            call = KernelCall("spirv", module("saxpy", order=order), [], 4, (8, 8))
            document = call.document({}, {}, "sha256:ab")["payload"]["kernel"]
            self.assertEqual(document["source"], {"blob": "sha256:ab"})
            self.assertEqual(document["language"], "spirv")
            self.assertEqual(document["launches"][0]["entry"], "saxpy")

    def test_of_several_kernels_one_has_to_be_named(self) -> None:
        with self.assertRaisesRegex(ValueError, "add, mul"):
            KernelCall("spirv", module("add", "mul"), [], 1, 1)
        call = KernelCall("spirv", module("add", "mul"), [], 1, 1, entry="mul")
        self.assertEqual(call.module, module("add", "mul"))

    def test_what_is_no_module_is_refused(self) -> None:
        for data in (b"", b"__kernel void f() {}", module("f")[:-1], module("f") + bytes(4)):
            with self.subTest(data[:8]), self.assertRaisesRegex(ValueError, "no SPIR-V module"):
                KernelCall("spirv", data, [], 1, 1)
        with self.assertRaisesRegex(ValueError, "none"):
            KernelCall("spirv", module(), [], 1, 1)


if __name__ == "__main__":
    unittest.main()
