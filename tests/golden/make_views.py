"""Writes tests/golden/views: what torchvision and Pillow make of small pictures in the colour operations of training views.

    python tests/golden/make_views.py

NAME.npy are pictures (3, height, width). expected.json holds SHA-256 of planes (3, height, width): `operations` on each of them by
operation and amount, `colours` on the picture of all 2^24 colours (4096 x 4096; red is the slowest, blue the fastest), and `views` of
the pictures of tests/golden/images with given parameters: cropped and resized in the picture's own mode, converted to RGB, then jitter
in its order, grey, blur, mirror. shown.npy is the first view, so that a difference can be looked at. Everything is seeded.
"""

import json
from pathlib import Path

import numpy as np
import torchvision.transforms.functional as F
from PIL import Image, ImageFilter
from torchvision.transforms import InterpolationMode

from make_images import digest, load, pictures, scene

OUT = Path(__file__).parent / "views"
OPERATIONS = {
    "brightness": F.adjust_brightness, "contrast": F.adjust_contrast, "saturation": F.adjust_saturation, "hue": F.adjust_hue,
    "grey": lambda image, _: F.to_grayscale(image, 3), "blur": lambda image, radius: image.filter(ImageFilter.GaussianBlur(radius)),
    "mirror": lambda image, _: F.hflip(image),
}
FILES = ["jpeg_420_large.jpg", "jpeg_420.jpg", "jpeg_420_progressive.jpg", "jpeg_grey.jpg", "jpeg_cmyk.jpg", "jpeg_420_1x1.jpg", "png_rgb.png",
         "png_rgba.png", "png_rgba_64x64.png", "png_palette_16.png", "png_grey_16_dark.png", "png_1x1.png", "webp_lossy.webp", "webp_lossy_alpha.webp"]


def planes(image):
    return np.ascontiguousarray(np.asarray(image).transpose(2, 0, 1))


def small_pictures(rng):
    noise = lambda h, w: rng.integers(0, 256, (h, w, 3))
    yield "scene", scene(61, 43, 20)
    yield "noise", noise(37, 50)
    yield "corners", 255 * rng.integers(0, 2, (9, 16, 3))  # black, white and the six pure colours
    yield "dull", 117 + rng.integers(-2, 3, (20, 33, 3))  # hues of almost grey
    yield "wide", noise(1, 40)
    yield "high", noise(40, 1)
    yield "two", noise(2, 2)
    yield "one", noise(1, 1)


def amounts(rng):
    factors = [0.0, 0.5, 0.6, 1.0, 1.4, 2.0, *rng.uniform(0, 2, 4)]
    return {"brightness": factors, "contrast": factors, "saturation": factors,
            "hue": [-0.5, -0.1, -0.004, 0.0, 0.003, 0.1, 0.5, *rng.uniform(-0.5, 0.5, 5)], "grey": [0.0], "mirror": [0.0],
            "blur": [0.1, 0.5, 1.0, 1.4142, 2.0, 7.5, 60.0, *rng.uniform(0.1, 2, 6)]}


def draw(rng, width, height):
    w, h = (int(rng.integers((side + 2) // 3, side + 1)) for side in (width, height))
    jitter = [[name, float(rng.uniform(-0.1, 0.1) if name == "hue" else rng.uniform(0.6, 1.4))] for name in ("brightness", "contrast", "saturation", "hue")]
    return {"crop": [int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1)), w, h],
            "interpolation": ["bilinear", "bicubic"][int(rng.random() < 0.3)], "jitter": [jitter[i] for i in rng.permutation(4)][: int(rng.integers(5))],
            "grey": bool(rng.random() < 0.2), "blur": float(rng.uniform(0.1, 2)) if rng.random() < 0.6 else 0.0, "mirrored": bool(rng.random() < 0.5)}


def view(data, size, drawn):
    x, y, width, height = drawn["crop"]
    image = F.resized_crop(load(data), y, x, height, width, [size, size], InterpolationMode(drawn["interpolation"])).convert("RGB")
    for name, amount in drawn["jitter"]:
        image = OPERATIONS[name](image, amount)
    for name, done in (("grey", drawn["grey"]), ("blur", drawn["blur"]), ("mirror", drawn["mirrored"])):
        if done:
            image = OPERATIONS[name](image, drawn["blur"])
    return planes(image)


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    rng = np.random.default_rng(41)
    operations = []
    for name, pixels in small_pictures(rng):
        image = Image.fromarray(pixels.astype(np.uint8))
        np.save(OUT / f"{name}.npy", planes(image))
        for operation, values in amounts(rng).items():
            operations += [[name, operation, float(v), digest(planes(OPERATIONS[operation](image, float(v))))] for v in values]

    byte = np.arange(256, dtype=np.uint8)
    every = Image.fromarray(np.stack(np.meshgrid(byte, byte, byte, indexing="ij"), -1).reshape(4096, 4096, 3))
    colours = [[operation, amount, digest(planes(OPERATIONS[operation](every, amount)))]
               for operation, amount in (("hue", 0.0), ("hue", 0.1), ("hue", -0.37), ("saturation", 1.4), ("saturation", 0.61), ("contrast", 0.7), ("grey", 0.0))]

    files = dict(pictures())
    views = []
    for name in FILES:
        width, height = load(files[name]).size
        for size in (32, 64, 64, 224):
            drawn = draw(rng, width, height)
            pixels = view(files[name], size, drawn)
            if not views:
                np.save(OUT / "shown.npy", pixels)
            views.append({"file": name, "size": size, **drawn, "sha256": digest(pixels)})
    lines = lambda rows: "[\n" + ",\n".join(json.dumps(row) for row in rows) + "\n]"
    (OUT / "expected.json").write_text(f'{{"operations": {lines(operations)},\n"colours": {lines(colours)},\n"views": {lines(views)}}}\n')


if __name__ == "__main__":
    main()
