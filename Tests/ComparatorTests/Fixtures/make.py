"""Writes the files beside it with the tools that people use. README.md says which versions wrote what is checked in."""

import json, subprocess, sys
from pathlib import Path

import numpy as np
from PIL import Image, PngImagePlugin
import ml_dtypes
from safetensors.numpy import load_file, save_file
import imageio_ffmpeg

here = Path(__file__).parent
rng = np.random.default_rng(5)


def arrays():
    base = rng.normal(size=(3, 4)) * 100
    for name in ["f2", "f4", "f8", "c8", "c16", "i1", "i2", "i4", "i8", "u1", "u2", "u4", "u8"]:
        values = base if name[0] in "fc" else np.abs(base) if name[0] == "u" else base
        if name[0] == "c":
            values = values + 1j * values[::-1]
        for order, word in [("<", "little"), (">", "big")]:
            np.save(here / f"array-{name}-{word}.npy", values.astype(order + name))
    np.save(here / "array-bool.npy", base > 0)
    np.save(here / "array-fortran.npy", np.asfortranarray(base))
    np.save(here / "array-c-order.npy", base)
    np.save(here / "array-scalar.npy", np.float64(2.5))
    np.save(here / "array-empty.npy", np.zeros((0, 7), np.float32))
    np.save(here / "array-special.npy", np.array([np.nan, np.inf, -np.inf, -0.0, 5e-324, 1.7e308]))
    np.save(here / "array-halves.npy", np.array([np.nan, np.inf, -np.inf, -0.0, 6e-8, 65504, 1 / 3], np.float16))
    for version in [(1, 0), (2, 0), (3, 0)]:
        with open(here / f"array-version-{version[0]}.npy", "wb") as file:
            np.lib.format.write_array(file, base, version=version)
    np.save(here / "array-fields.npy", np.zeros(2, dtype=[("a", "<f4"), ("b", "<i4")]))
    np.save(here / "array-texts.npy", np.array(["one", "two"]))


def tensors():
    weights = {
        "layer.weight": rng.normal(size=(4, 3)).astype(np.float32),
        "layer.bias": rng.normal(size=3).astype(np.float16),
        "brain": rng.normal(size=5).astype(ml_dtypes.bfloat16),
        "double": rng.normal(size=(2, 2)),
        "count": np.array([2**53 + 1, -1], np.int64),
        "large": np.array([2**64 - 1], np.uint64),
        "mask": np.array([True, False, True]),
        "small": np.array([-128, 127], np.int8),
        "scalar": np.array(1.5, np.float32),
        "nothing": np.zeros((0, 3), np.float32),
    }
    save_file(weights, here / "tensors.safetensors", metadata={"format": "np", "step": "7"})
    nudged = dict(weights)
    nudged["layer.weight"] = weights["layer.weight"] * np.float32(1.000001)
    save_file(nudged, here / "tensors-nudged.safetensors", metadata={"format": "np", "step": "7"})


def pictures():
    y, x = np.mgrid[0:9, 0:13]
    red, green, blue = (x * 19) % 256, (y * 28) % 256, (x * y * 3) % 256
    color = (np.stack([red, green, blue], axis=-1) + rng.integers(0, 9, (9, 13, 3))).clip(0, 255).astype(np.uint8)
    alpha = np.dstack([color, ((x + y) * 11 % 256).astype(np.uint8)])
    grey = red.astype(np.uint8)
    Image.fromarray(color).save(here / "color.png")
    Image.fromarray(color).save(here / "color.ppm")
    Image.fromarray(grey).save(here / "grey.png")
    Image.fromarray(grey).save(here / "grey.pgm")
    Image.fromarray(alpha).save(here / "alpha.png")
    Image.fromarray(np.dstack([grey, 255 - grey]), "LA").save(here / "grey-alpha.png")
    Image.fromarray((grey.astype(np.uint16) * 257)).save(here / "grey-16.png")
    Image.fromarray(color).quantize(200).save(here / "palette.png")
    Image.fromarray(color).quantize(5).save(here / "palette-4-bit.png")
    Image.fromarray(grey > 100).save(here / "one-bit.png")
    Image.fromarray(color).save(here / "transparent-color.png", transparency=tuple(int(v) for v in color[0, 0]))
    Image.fromarray(color).quantize(8).save(here / "palette-transparent.png", transparency=bytes([0, 128]))
    nudged = color.copy()
    nudged[4, 6, 1] ^= 3
    Image.fromarray(nudged).save(here / "color-nudged.png", compress_level=1)
    texts = PngImagePlugin.PngInfo()
    texts.add_text("Comment", "not a pixel")
    Image.fromarray(color).save(here / "color-text.png", pnginfo=texts)
    frames = [Image.fromarray(color), Image.fromarray(nudged)]
    frames[0].save(here / "animation.png", save_all=True, append_images=frames[1:])
    rows = [" ".join(str(sample) for sample in row.reshape(-1)) for row in color]
    (here / "color-text.ppm").write_text("P3\n# by hand\n13 9\n255\n" + "\n".join(rows) + "\n")
    for filter in ["none", "sub", "up", "avg", "paeth", "mixed"]:
        ffmpeg("-i", here / "color.png", "-pred", filter, here / f"filter-{filter}.png")
    ffmpeg("-i", here / "color.png", "-pix_fmt", "rgb48be", here / "color-16.png")
    ffmpeg("-i", here / "color.png", "-pix_fmt", "rgba64be", here / "alpha-16.png")
    ffmpeg("-i", here / "color.png", "-pix_fmt", "ya16be", here / "grey-alpha-16.png")


def ffmpeg(*arguments, output=None):
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-nostdin", "-y", *map(str, arguments)]
    subprocess.run(command, check=True, stdout=output)


def videos(folder):
    source = ["-f", "lavfi", "-i", "testsrc=s=64x48:r=10:d=0.5", "-c:v", "libx264"]
    ffmpeg(*source, "-crf", 18, folder / "a.mp4")
    ffmpeg(*source, "-crf", 30, folder / "b.mp4")
    graph = "[0:v:0]settb=1/1000,setpts=N[a];[1:v:0]settb=1/1000,setpts=N[b];[a][b]psnr=stats_file=-"
    for other in "ab":
        with open(here / f"ffmpeg-psnr-a{other}.txt", "wb") as file:
            inputs = ["-i", f"file:{folder}/a.mp4", "-i", f"file:{folder}/{other}.mp4"]
            ffmpeg(*inputs, "-lavfi", graph, "-fps_mode", "passthrough", "-f", "null", "-", output=file)
    with open(here / "ffmpeg-progress.txt", "wb") as file:
        count = ["-map", "0:v:0", "-fps_mode", "passthrough", "-progress", "pipe:1", "-f", "null", "-"]
        ffmpeg("-i", f"file:{folder}/a.mp4", *count, output=file)


def expectations():
    """What these tools themselves read from the files."""
    values = {}
    for path in sorted(here.glob("array-*.npy")):
        if path.stem not in ["array-fields", "array-texts"]:
            values[path.name] = texts(np.load(path))
    for name, array in load_file(here / "tensors.safetensors").items():
        values[f"tensors.safetensors {name}"] = texts(array)
    (here / "values.json").write_text(json.dumps(values, indent=0))
    pixels = {}
    modes = {"1": "L", "P": "RGB", "PA": "RGBA"}
    for path in sorted([*here.glob("*.png"), *here.glob("*.p[gp]m")]):
        if path.stem == "animation":
            continue
        image = Image.open(path)
        mode = modes.get(image.mode, image.mode)
        if "transparency" in image.info:
            mode = "RGBA"
        samples = np.asarray(image.convert(mode) if not path.stem.endswith("16") else raw(path, path.stem))
        samples = samples.reshape(9, 13, -1)
        pixels[path.name] = {"channels": samples.shape[2], "samples": samples.reshape(-1).tolist()}
    (here / "pixels.json").write_text(json.dumps(pixels))


def texts(array):
    flat = array.reshape(-1)
    if array.dtype.kind == "c":
        flat = np.stack([flat.real, flat.imag], axis=-1).reshape(-1)
    return [str(int(v)) if array.dtype.kind in "iub" else repr(float(v)) for v in flat]


def raw(path, stem):
    kind = {"grey-16": "gray16be", "color-16": "rgb48be", "alpha-16": "rgba64be", "grey-alpha-16": "ya16be"}[stem]
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-v", "error", "-i", path, "-f", "rawvideo", "-pix_fmt", kind, "-"]
    return np.frombuffer(subprocess.run(command, check=True, capture_output=True).stdout, ">u2")


if __name__ == "__main__":
    arrays()
    tensors()
    pictures()
    videos(Path(sys.argv[1]))
    expectations()
