"""Writes tests/golden/images: one small picture of every kind, and what Pillow and torchvision make of each.

    python tests/golden/make_images.py

For each picture expected.json holds SHA-256 of the RGB pixels (height, width, 3) and of prepared (3, size, size) arrays: `evaluate`
(shorter side resized, centre crop, RGB), `thumbnail` (squashed) and `crop` (a given box resized), by recipe and size. NAME.npy is the
openai evaluation at size 32, so that a difference can be looked at. Needs Pillow, torchvision and numpy; everything is seeded.
"""

import hashlib
import io
import json
import struct
import zlib
from pathlib import Path

import numpy as np
import torchvision.transforms.functional as F
from PIL import Image
from torchvision.transforms import InterpolationMode

OUT = Path(__file__).parent / "images"
RECIPES = {"openai": (InterpolationMode.BICUBIC, 1), "laclip": (InterpolationMode.BILINEAR, 1),
           "declip": (InterpolationMode.BILINEAR, 256 / 224), "imagenet": (InterpolationMode.BILINEAR, 1)}
ADAM7 = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]


def scene(width, height, seed):
    """Waves, noise and hard-edged shapes, (height, width, 3) uint8."""
    rng = np.random.default_rng(seed)
    y, x = np.mgrid[:height, :width]
    waves = [128 + 80 * np.sin(x / (6 + 5 * c) + y / (9 + 2 * c)) + 40 * np.cos(y / (4 + c)) for c in range(3)]
    picture = np.stack(waves, -1) + rng.normal(0, 10, (height, width, 3))
    picture[height // 4:height // 2, width // 5:width // 2] = (250, 30, 60)
    picture[(x - 0.7 * width) ** 2 + (y - 0.6 * height) ** 2 < (0.2 * min(width, height)) ** 2] = (20, 220, 240)
    return np.clip(picture, 0, 255).astype(np.uint8)


def encode(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def png(samples, depth, colour, interlaced=False, chunks=(), seed=0):
    """A PNG file of (height, width, channels) samples with random row filters: kinds that Pillow reads but does not write."""
    rng = np.random.default_rng(seed)
    height, width, channels = samples.shape
    data = b""
    for x0, y0, dx, dy in ADAM7 if interlaced else [(0, 0, 1, 1)]:
        part = samples[y0::dy, x0::dx].astype(np.uint16)
        if part.size == 0:
            continue
        distance = max(1, depth * channels // 8)
        above = None
        for row in part.reshape(part.shape[0], -1):
            bits = np.unpackbits(row.astype(">u2").view(np.uint8).reshape(-1, 2), axis=1)[:, 16 - depth:]
            raw = np.packbits(bits.reshape(-1)).astype(int)
            above = np.zeros_like(raw) if above is None else above
            left = np.concatenate([np.zeros(distance, int), raw[:-distance]])[:raw.size]
            corner = np.concatenate([np.zeros(distance, int), above[:-distance]])[:raw.size]
            to = [abs(above - corner), abs(left - corner), abs(left + above - 2 * corner)]
            paeth = np.where((to[0] <= to[1]) & (to[0] <= to[2]), left, np.where(to[1] <= to[2], above, corner))
            kind = int(rng.integers(5))
            data += bytes([kind]) + ((raw - [0, left, above, (left + above) // 2, paeth][kind]) % 256).astype(np.uint8).tobytes()
            above = raw
    chunk = lambda name, body: struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced)
    packed = zlib.compress(data, 9)
    cuts = [packed[:100], b"", packed[100:]]  # data may be spread over chunks, some of them empty
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + b"".join(chunk(*c) for c in chunks)
            + b"".join(chunk(b"IDAT", c) for c in cuts) + chunk(b"IEND", b""))


def pictures():
    rgb = lambda w, h, seed: Image.fromarray(scene(w, h, seed))
    grey = lambda w, h, seed: scene(w, h, seed)[..., :1]
    photo = rgb(97, 71, 1)
    for name, options in {"420": {"subsampling": "4:2:0"}, "422": {"subsampling": "4:2:2"}, "444": {"subsampling": "4:4:4"},
                          "420_progressive": {"subsampling": "4:2:0", "progressive": True},
                          "444_progressive": {"subsampling": "4:4:4", "progressive": True},
                          "422_restart": {"subsampling": "4:2:2", "restart_marker_blocks": 3},
                          "420_optimized": {"subsampling": "4:2:0", "optimize": True},
                          "rgb": {"keep_rgb": True}}.items():
        yield f"jpeg_{name}.jpg", encode(photo, "JPEG", quality=85, **options)
    # 4:2:0 and 4:2:2 have as many blocks a unit as these, which no encoder at hand writes: only the frame header differs.
    for name, subsampling, factors, (width, height) in (("440", "4:2:2", 0x12, (48, 96)), ("411", "4:2:0", 0x41, (128, 48)),
                                                        ("1x4", "4:2:0", 0x14, (48, 128))):
        data = bytearray(encode(rgb(96, 48 if name == "440" else 64, 15), "JPEG", quality=85, subsampling=subsampling))
        frame = data.index(b"\xff\xc0")
        data[frame + 5:frame + 9] = struct.pack(">HH", height, width)
        data[frame + 11] = factors
        yield f"jpeg_{name}.jpg", bytes(data)
    yield "jpeg_420_large.jpg", encode(rgb(331, 250, 2), "JPEG", quality=60)
    yield "jpeg_420_tall.jpg", encode(rgb(40, 330, 3), "JPEG", quality=60)
    yield "jpeg_420_wide.jpg", encode(rgb(330, 40, 4), "JPEG", quality=60)
    for side in ((1, 1), (2, 3), (5, 17), (16, 16), (17, 33)):
        yield "jpeg_420_%dx%d.jpg" % side, encode(rgb(*side, 5), "JPEG", quality=90)
    yield "jpeg_grey.jpg", encode(photo.convert("L"), "JPEG", quality=85)
    yield "jpeg_grey_progressive.jpg", encode(photo.convert("L"), "JPEG", quality=85, progressive=True)
    cmyk = encode(photo.convert("CMYK"), "JPEG", quality=85)
    yield "jpeg_cmyk.jpg", cmyk
    adobe = cmyk.index(b"Adobe") + 11
    yield "jpeg_ycck.jpg", cmyk[:adobe] + b"\x02" + cmyk[adobe + 1:]
    exif = Image.Exif()
    exif[0x0112] = 6  # "turn me": ignored by the references
    yield "jpeg_exif_rotated.jpg", encode(photo, "JPEG", quality=85, exif=exif)

    w, h = 61, 43
    small, alpha = rgb(w, h, 6), Image.fromarray(scene(w, h, 7)[..., 0])
    rgba = small.copy()
    rgba.putalpha(alpha)
    la = small.convert("L")
    la.putalpha(alpha)
    yield "png_rgb.png", encode(small, "PNG")
    yield "png_rgb_transparent_colour.png", encode(small, "PNG", transparency=(250, 30, 60))
    yield "png_grey.png", encode(small.convert("L"), "PNG")
    yield "png_grey_transparent.png", encode(small.convert("L"), "PNG", transparency=90)
    yield "png_grey_alpha.png", encode(la, "PNG")
    yield "png_rgba.png", encode(rgba, "PNG")
    yield "png_bits.png", encode(small.convert("1"), "PNG")
    for colours in (2, 4, 16, 200):
        yield f"png_palette_{colours}.png", encode(small.quantize(colours), "PNG")
    yield "png_palette_transparent_index.png", encode(small.quantize(50), "PNG", transparency=3)
    yield "png_palette_alpha.png", encode(small.quantize(50), "PNG", transparency=bytes(range(0, 200, 4)))
    yield "png_palette_no_plte.png", png(grey(20, 15, 8) // 2, 8, 3)
    yield "png_palette_short_plte.png", png(grey(20, 15, 8), 8, 3, chunks=[(b"PLTE", bytes(range(90)))])
    yield "png_grey_2.png", png(grey(w, h, 9) // 64, 2, 0)
    yield "png_grey_4.png", png(grey(w, h, 9) // 16, 4, 0)
    deep = scene(w, h, 10).astype(np.uint16)
    yield "png_grey_16.png", png(deep[..., :1] * 257 + 11, 16, 0)
    yield "png_grey_16_dark.png", png(deep[..., :1] * 2, 16, 0)  # values around 255, where clamping starts
    yield "png_grey_alpha_16.png", png(deep[..., :2] * 257 + 11, 16, 4)
    yield "png_rgb_16.png", png(deep * 257 + 129, 16, 2)
    yield "png_rgba_16.png", png(np.concatenate([deep, deep[..., :1]], -1) * 257 + 129, 16, 6)
    yield "png_interlaced_rgb.png", png(scene(w, h, 11), 8, 2, interlaced=True)
    yield "png_interlaced_rgba.png", png(np.concatenate([scene(w, h, 11), grey(w, h, 12)], -1), 8, 6, interlaced=True)
    yield "png_interlaced_bits.png", png(grey(w, h, 12) // 128, 1, 0, interlaced=True)
    yield "png_interlaced_grey_4.png", png(grey(w, h, 12) // 16, 4, 0, interlaced=True)
    yield "png_interlaced_grey_16.png", png(deep[..., :1] * 5, 16, 0, interlaced=True)
    yield "png_interlaced_3x2.png", png(scene(3, 2, 11), 8, 2, interlaced=True)
    yield "png_1x1.png", encode(rgb(1, 1, 13), "PNG")
    yield "png_rgba_224x100.png", encode(rgba.resize((224, 100)), "PNG")  # one side stays as it is
    yield "png_rgba_64x64.png", encode(rgba.resize((64, 64)), "PNG")  # nothing is resized, so nothing is premultiplied

    yield "webp_lossy.webp", encode(photo, "WEBP", quality=70)
    yield "webp_lossless.webp", encode(small, "WEBP", lossless=True)
    yield "webp_lossy_alpha.webp", encode(rgba, "WEBP", quality=60)
    yield "webp_lossless_alpha.webp", encode(rgba, "WEBP", lossless=True, exact=True)
    yield "webp_animation.webp", encode(small, "WEBP", save_all=True, append_images=[small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])
    yield "webp_animation_alpha.webp", encode(rgba, "WEBP", save_all=True, append_images=[small], lossless=True)


def load(data):
    image = Image.open(io.BytesIO(data))
    image.load()
    return image


def prepare(data, mode, recipe, size, box):
    interpolation, ratio = RECIPES[recipe]
    image = load(data)
    if mode == "evaluate":
        image = F.center_crop(F.resize(image, round(size * ratio), interpolation), size)
    elif mode == "thumbnail":
        image = F.resize(image, [size, size], interpolation)
    else:
        x, y, width, height = box
        image = F.resized_crop(image, y, x, height, width, [size, size], interpolation)
    return np.ascontiguousarray(np.asarray(image.convert("RGB")).transpose(2, 0, 1))


def digest(array):
    return hashlib.sha256(array.tobytes()).hexdigest()


def main():
    OUT.mkdir(exist_ok=True)
    for old in OUT.iterdir():
        old.unlink()
    rng = np.random.default_rng(14)
    expected = []
    for name, data in pictures():
        (OUT / name).write_bytes(data)
        rgb = np.asarray(load(data).convert("RGB"))
        height, width, _ = rgb.shape
        cases = []
        for recipe in RECIPES:
            for size in (64, 224):
                for mode in ("evaluate", "thumbnail", "crop"):
                    w, h = (int(rng.integers((side + 1) // 2, side + 1)) for side in (width, height))
                    box = [int(rng.integers(width - w + 1)), int(rng.integers(height - h + 1)), w, h]
                    case = {"mode": mode, "recipe": recipe, "size": size, "sha256": digest(prepare(data, mode, recipe, size, box))}
                    cases.append(case | {"crop": box} if mode == "crop" else case)
        np.save(OUT / (name + ".npy"), prepare(data, "evaluate", "openai", 32, None))
        expected.append({"file": name, "width": width, "height": height, "sha256": digest(rgb), "cases": cases})
    (OUT / "expected.json").write_text("[\n" + ",\n".join(json.dumps(e) for e in expected) + "\n]\n")


if __name__ == "__main__":
    main()
