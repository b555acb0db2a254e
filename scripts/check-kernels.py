"""Compiles one kernel source for one processor, without a GPU.

python3 scripts/check-kernels.py cuda SOURCE sm_90 LIBRARY [OPTION...]   by NVRTC
python3 scripts/check-kernels.py hip SOURCE gfx90a LIBRARY [OPTION...]   by HIPRTC

LIBRARY is what is opened. Prints how many bytes the code has and how many seconds it took; fails with the compiler's log.
One source to a process: some versions of HIPRTC end theirs when they do not know a processor.
"""

import ctypes
import sys
import time


class Compiler:
    """Both libraries have the same functions by other names."""

    def __init__(self, library: str, prefix: str, code: str) -> None:
        self.library = ctypes.CDLL(library)
        self.prefix = prefix
        self.code = code
        self.program = ctypes.c_void_p()

    def call(self, name: str, *arguments: object) -> int:
        return int(getattr(self.library, self.prefix + name)(*arguments))

    def text(self, name: str) -> bytes:
        size = ctypes.c_size_t()
        if self.call(f"Get{name}Size", self.program, ctypes.byref(size)) != 0 or size.value == 0:
            return b""
        buffer = ctypes.create_string_buffer(size.value)
        return buffer.raw if self.call(f"Get{name}", self.program, buffer) == 0 else b""

    def compile(self, source: bytes, name: str, options: list[str]) -> bytes:
        if self.call("CreateProgram", ctypes.byref(self.program), source, name.encode(), 0, None, None) != 0:
            sys.exit("check-kernels: the compiler takes no program")
        texts = (ctypes.c_char_p * len(options))(*[option.encode() for option in options])
        failed = self.call("CompileProgram", self.program, len(options), texts) != 0
        log = self.text("ProgramLog").rstrip(b"\0\n").decode(errors="replace")
        if log:
            print(log, file=sys.stderr)
        code = b"" if failed else self.text(self.code)
        if not code:
            sys.exit(f"check-kernels: {name} does not compile with {' '.join(options)}")
        return code


def main() -> None:
    if len(sys.argv) < 5 or sys.argv[1] not in ("cuda", "hip"):
        sys.exit(__doc__)
    language, path, processor, library, *options = sys.argv[1:]
    with open(path, "rb") as file:
        source = file.read()
    begun = time.monotonic()
    if language == "cuda":
        compiler = Compiler(library, "nvrtc", "CUBIN")
        options = [f"--gpu-architecture={processor}", "--std=c++17", *options]
    else:
        compiler = Compiler(library, "hiprtc", "Code")
        options = [f"--offload-arch={processor}", "-std=c++17", *options]
    code = compiler.compile(source, path.rsplit("/", 1)[-1], options)
    if not code.startswith(b"\x7fELF") and not code.startswith(b"__CLANG_OFFLOAD_BUNDLE__"):
        sys.exit(f"check-kernels: what was made of {path} is no program for a GPU")
    print(f"{len(code)} {time.monotonic() - begun:.2f}")


if __name__ == "__main__":
    main()
