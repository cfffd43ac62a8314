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


def gif(indices, bits, canvas=None, place=(0, 0), palette=None, local=None, extra=b"", interlaced=False):
    """A GIF file of (height, width) indices whose codes are all literals: canvases and palettes that Pillow reads but does not write."""
    height, width = indices.shape
    canvas = canvas or (width, height)
    table = lambda colours: bytes(np.asarray(colours, np.uint8)[:1 << bits].reshape(-1)) if colours is not None else b""
    flag = lambda colours: 0x80 | bits - 1 if colours is not None else 0
    rows = [row for first, step in ((0, 8), (4, 8), (2, 4), (1, 2)) for row in range(first, height, step)] if interlaced else range(height)
    clear, codes, literals = 1 << bits, [], 0
    for index in (int(i) for row in rows for i in indices[row]):
        if literals % (clear - 2) == 0:  # before the table grows to longer codes
            codes.append(clear)
        codes.append(index)
        literals += 1
    value = sum(code << (bits + 1) * i for i, code in enumerate([*codes, clear + 1]))
    data = value.to_bytes((len(codes) + 1) * (bits + 1) // 8 + 1, "little")
    blocks = b"".join(bytes([len(data[i:i + 255])]) + data[i:i + 255] for i in range(0, len(data), 255))
    return (b"GIF89a" + struct.pack("<HHBBB", *canvas, flag(palette), 7, 0) + table(palette) + extra + b","
            + struct.pack("<HHHHB", *place, width, height, flag(local) | 0x40 * interlaced) + table(local) + bytes([bits]) + blocks + b"\0;")


def bmp(rows, width, height, bits, compression=0, palette=b"", masks=(), header=40, top_down=False, colours=0, offset=None):
    """A BMP file of bytes as they are stored: kinds that Pillow reads but does not write."""
    if header == 12:
        info = struct.pack("<IHHHH", 12, width, height, 1, bits)
    else:
        info = struct.pack("<IiiHHIIIIII", header, width, -height if top_down else height, 1, bits, compression, len(rows), 0, 0, colours, 0)
        info += b"".join(struct.pack("<I", m) for m in masks) if header == 40 else struct.pack("<4I", *masks, *[0] * (4 - len(masks))) + bytes(header - 56)
    start = 14 + len(info) + len(palette)
    return b"BM" + struct.pack("<IHHI", start + len(rows), 0, 0, start if offset is None else offset) + info + palette + rows


def bmp_rows(samples, bits):
    """(height, width) numbers of `bits` bits, from the bottom up, each row padded to four bytes."""
    rows = b""
    for row in samples[::-1]:
        if bits < 8:
            data = np.packbits(np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - bits:].reshape(-1)).tobytes()
        else:
            data = row.astype("<u4").view(np.uint8).reshape(-1, 4)[:, :bits // 8].tobytes()
        rows += data + bytes(-len(data) % 4)
    return rows


def tiff(samples, bits, photometric, order="<", planar=False, tile=None, **tags):
    """A TIFF file of (height, width, channels) numbers without compression: kinds that Pillow reads but does not write."""
    height, width, channels = samples.shape
    def packed(part):
        if bits < 8:
            return b"".join(np.packbits(np.unpackbits(row.astype(np.uint8)[:, None], axis=1)[:, 8 - bits:].reshape(-1)).tobytes()
                            for row in part.reshape(part.shape[0], -1))
        return part.astype(order + ("u1" if bits == 8 else "u2")).tobytes()
    if tile:
        padded = np.zeros((-(-height // tile) * tile, -(-width // tile) * tile, channels), samples.dtype)
        padded[:height, :width] = samples
        parts = [packed(padded[y:y + tile, x:x + tile]) for y in range(0, height, tile) for x in range(0, width, tile)]
    elif planar:
        parts = [packed(samples[..., c]) for c in range(channels)]
    else:
        parts = [packed(samples[y:y + 10]) for y in range(0, height, 10)]
    entries = {256: (3, [width]), 257: (3, [height]), 258: (3, [bits] * channels), 259: (3, [1]), 262: (3, [photometric]),
               277: (3, [channels]), 284: (3, [2 if planar else 1])}
    entries |= {int(tag[1:]): (3, list(value)) for tag, value in tags.items()}
    entries |= {322: (3, [tile]), 323: (3, [tile])} if tile else {278: (3, [height if planar else 10])}
    data, offsets = b"", []
    for part in parts:
        offsets.append(8 + len(data))
        data += part + bytes(len(part) % 2)
    entries |= {324 if tile else 273: (4, offsets), 325 if tile else 279: (4, [len(part) for part in parts])}
    fields, more = b"", b""
    start = 8 + len(data) + 2 + 12 * len(entries) + 4
    for tag, (kind, values) in sorted(entries.items()):
        value = struct.pack(order + ("H" if kind == 3 else "I") * len(values), *values)
        fields += struct.pack(order + "HHI", tag, kind, len(values)) + (value.ljust(4, b"\0") if len(value) <= 4 else struct.pack(order + "I", start + len(more)))
        more += value if len(value) > 4 else b""
    return (b"II" if order == "<" else b"MM") + struct.pack(order + "HI", 42, 8 + len(data)) + data + struct.pack(order + "H", len(entries)) + fields + bytes(4) + more


def other_pictures():
    """GIF, BMP and TIFF: small, since their values and not their sizes are what may differ."""
    w, h = 41, 29
    small, grey = Image.fromarray(scene(w, h, 20)), scene(w, h, 21)[..., 0]
    alpha = Image.fromarray(scene(w, h, 22)[..., 0])
    rgba, la = small.copy(), small.convert("L")
    rgba.putalpha(alpha)
    la.putalpha(alpha)
    colours = np.random.default_rng(23).integers(0, 256, (256, 3))
    ramp = np.repeat(np.arange(256)[:, None], 3, 1)

    yield "gif_palette.gif", encode(small.quantize(200), "GIF")
    yield "gif_palette_4.gif", encode(small.quantize(4), "GIF")
    yield "gif_large.gif", encode(Image.fromarray(scene(160, 120, 24)).quantize(256), "GIF")  # fills the table of codes
    yield "gif_bits.gif", encode(small.convert("1"), "GIF")
    yield "gif_grey.gif", encode(small.convert("L"), "GIF")
    yield "gif_transparent.gif", encode(small.quantize(50), "GIF", transparency=3)
    yield "gif_rgba.gif", encode(rgba, "GIF")
    yield "gif_animation.gif", encode(small.quantize(60), "GIF", save_all=True, append_images=[small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)])
    control = lambda index: b"!\xf9\x04\x01\0\0" + bytes([index]) + b"\0"
    yield "gif_interlaced.gif", gif(grey, 8, palette=colours, interlaced=True)
    yield "gif_ramp.gif", gif(grey // 16, 4, palette=ramp)
    yield "gif_no_palette.gif", gif(grey, 8)
    yield "gif_short_palette.gif", gif(grey // 2, 7, palette=colours)
    yield "gif_local_palette.gif", gif(grey, 8, palette=ramp[::-1], local=colours)
    yield "gif_small_frame.gif", gif(grey, 8, canvas=(60, 50), place=(7, 11), palette=colours)
    yield "gif_small_frame_transparent.gif", gif(grey, 8, canvas=(60, 50), place=(7, 11), palette=colours, extra=control(9))
    yield "gif_small_frame_grey.gif", gif(grey, 8, canvas=(60, 50), place=(7, 11), extra=control(90))
    yield "gif_beyond_canvas.gif", gif(grey, 8, canvas=(20, 20), place=(3, 4), palette=colours)
    yield "gif_stray_bytes.gif", gif(grey, 8, palette=colours, extra=b"\0\0!\xfe\x05hello\0\0")

    yield "bmp_rgb.bmp", encode(small, "BMP")
    yield "bmp_rgba.bmp", encode(rgba, "BMP")
    yield "bmp_grey.bmp", encode(small.convert("L"), "BMP")
    yield "bmp_bits.bmp", encode(small.convert("1"), "BMP")
    yield "bmp_palette.bmp", encode(small.quantize(200), "BMP")
    quads = lambda count: b"".join(bytes([*map(int, c[::-1]), 0]) for c in colours[:count])
    yield "bmp_palette_1.bmp", bmp(bmp_rows(grey // 128, 1), w, h, 1, palette=quads(2))
    yield "bmp_palette_4.bmp", bmp(bmp_rows(grey // 16, 4), w, h, 4, palette=quads(16))
    yield "bmp_palette_short.bmp", bmp(bmp_rows(grey, 8), w, h, 8, palette=quads(90), colours=90)
    yield "bmp_palette_no_offset.bmp", bmp(bmp_rows(grey, 8), w, h, 8, palette=quads(256), offset=0)
    yield "bmp_palette_wrong_offset.bmp", bmp(bmp_rows(grey, 8), w, h, 8, palette=quads(256), offset=54)
    yield "bmp_os2.bmp", bmp(bmp_rows(grey, 8), w, h, 8, palette=b"".join(bytes(map(int, c[::-1])) for c in colours), header=12)
    packed = scene(w, h, 25).astype(np.uint32)
    five = (packed[..., 0] >> 3) << 10 | (packed[..., 1] >> 3) << 5 | packed[..., 2] >> 3
    six = (packed[..., 0] >> 3) << 11 | (packed[..., 1] >> 2) << 5 | packed[..., 2] >> 3
    yield "bmp_15.bmp", bmp(bmp_rows(five, 16), w, h, 16)
    yield "bmp_15_masks.bmp", bmp(bmp_rows(five, 16), w, h, 16, 3, masks=(0x7C00, 0x3E0, 0x1F))
    yield "bmp_16_masks.bmp", bmp(bmp_rows(six, 16), w, h, 16, 3, masks=(0xF800, 0x7E0, 0x1F))
    true = packed[..., 0] << 16 | packed[..., 1] << 8 | packed[..., 2]
    yield "bmp_top_down.bmp", bmp(bmp_rows(true[::-1], 24), w, h, 24, top_down=True)
    yield "bmp_24_masks.bmp", bmp(bmp_rows(true, 24), w, h, 24, 3, masks=(0xFF0000, 0xFF00, 0xFF), header=56)
    deep = true | (packed[..., 1] ^ 77) << 24
    for number, masks in enumerate(((0xFF0000, 0xFF00, 0xFF, 0), (0xFF000000, 0xFF0000, 0xFF00, 0), (0xFF000000, 0xFF00, 0xFF, 0),
                                    (0xFF000000, 0xFF0000, 0xFF00, 0xFF), (0xFF, 0xFF00, 0xFF0000, 0xFF000000),
                                    (0xFF0000, 0xFF00, 0xFF, 0xFF000000), (0xFF000000, 0xFF00, 0xFF, 0xFF0000), (0, 0, 0, 0))):
        yield f"bmp_32_masks_{number}.bmp", bmp(bmp_rows(deep, 32), w, h, 32, 3, masks=masks, header=(56, 108, 124)[number % 3])
    yield "bmp_32.bmp", bmp(bmp_rows(deep, 32), w, h, 32)
    runs = b""
    for y, row in enumerate(grey[::-1] // 16):
        if y == 3:
            runs += bytes([0, 2, 5, 1])  # moves on by five pixels and a row
            continue
        if y == 4:
            runs += bytes([9, 3, 40, 7, 0, 0])  # a run that is longer than the row
            continue
        x = 0
        while x < w:
            count = 1
            while x + count < w and count < 255 and row[x + count] == row[x]:
                count += 1
            if count == 1 and w - x >= 5:
                runs += bytes([0, 5, *row[x:x + 5], 0])  # five as they are, padded to a word
                count = 5
            else:
                runs += bytes([count, row[x]])
            x += count
        runs += bytes([0, 0])
    runs += bytes([0, 1])
    yield "bmp_rle8.bmp", bmp(runs, w, h, 8, 1, palette=quads(256))
    runs = b"".join(b"".join(bytes([min(7, w - x), row[x] << 4 | row[min(x + 1, w - 1)]]) for x in range(0, w, 7)) + b"\0\0" for row in grey[::-1] // 16)
    runs = bytes([0, 6, 0x12, 0x34, 0x56, 0]) + bytes([35, 0xAB, 0, 0]) + runs[len(runs) // h * 1:] + bytes([0, 1])
    yield "bmp_rle4.bmp", bmp(runs, w, h, 4, 2, palette=quads(16))

    for name, image in {"rgb": small, "rgba": rgba, "grey": small.convert("L"), "grey_alpha": la, "bits": small.convert("1"),
                        "palette": small.quantize(100), "cmyk": small.convert("CMYK")}.items():
        yield f"tiff_{name}.tif", encode(image, "TIFF")
    for name, options in {"lzw": {"compression": "tiff_lzw"}, "predicted": {"compression": "tiff_lzw", "tiffinfo": {317: 2}},
                          "deflate": {"compression": "tiff_adobe_deflate"}, "packbits": {"compression": "packbits"},
                          "jpeg": {"compression": "jpeg", "quality": 80}, "big": {"big_tiff": True},
                          "pages": {"save_all": True, "append_images": [small.transpose(Image.Transpose.FLIP_LEFT_RIGHT)]}}.items():
        yield f"tiff_rgb_{name}.tif", encode(small, "TIFF", **options)
    yield "tiff_ycbcr_jpeg.tif", encode(small.convert("YCbCr"), "TIFF", compression="jpeg", quality=80)
    yield "tiff_ycbcr_lzw.tif", encode(small.convert("YCbCr"), "TIFF", compression="tiff_lzw")
    yield "tiff_grey_jpeg.tif", encode(small.convert("L"), "TIFF", compression="jpeg", quality=80)
    yield "tiff_cmyk_lzw.tif", encode(small.convert("CMYK"), "TIFF", compression="tiff_lzw")
    yield "tiff_bits_group4.tif", encode(small.convert("1"), "TIFF", compression="group4")
    yield "tiff_bits_group3.tif", encode(small.convert("1"), "TIFF", compression="group3")
    yield "tiff_grey16.tif", encode(Image.fromarray(scene(w, h, 26)[..., 0].astype(np.uint16) * 3), "TIFF")
    for orientation in range(2, 9):
        yield f"tiff_orientation_{orientation}.tif", encode(small, "TIFF", tiffinfo={274: orientation})
    yield "tiff_grey16_turned.tif", encode(Image.fromarray(scene(w, h, 26)[..., 0].astype(np.uint16) * 2), "TIFF", tiffinfo={274: 6})

    wide = scene(w, h, 27)
    four = np.concatenate([wide, grey[..., None]], -1)
    for order, end in (("<", "little"), (">", "big")):
        yield f"tiff_{end}_rgb16.tif", tiff(wide.astype(np.uint16) * 257 + 129, 16, 2, order)
        yield f"tiff_{end}_rgba16.tif", tiff(four.astype(np.uint16) * 257 + 129, 16, 2, order, t338=[2])
        yield f"tiff_{end}_cmyk16.tif", tiff(four.astype(np.uint16) * 257 + 129, 16, 5, order)
    yield "tiff_tiles.tif", tiff(wide, 8, 2, tile=16)
    yield "tiff_planes.tif", tiff(wide, 8, 2, planar=True)
    yield "tiff_planes_alpha.tif", tiff(four, 8, 2, planar=True, t338=[2])
    yield "tiff_premultiplied.tif", tiff(four, 8, 2, t338=[1])
    yield "tiff_unsaid_fourth.tif", tiff(four, 8, 2)
    yield "tiff_passed_over_fourth.tif", tiff(four, 8, 2, t338=[0])
    yield "tiff_grey_passed_over.tif", tiff(four[..., 2:], 8, 1, t338=[0])
    for bits in (1, 2, 4, 8):
        values = grey[..., None] >> 8 - bits
        yield f"tiff_white_is_0_{bits}.tif", tiff(values, bits, 0)
        yield f"tiff_black_is_0_{bits}.tif", tiff(values, bits, 1)
        yield f"tiff_palette_{bits}.tif", tiff(values, bits, 3, t320=[int(c) * 257 for part in colours[:1 << bits].T for c in part])
    yield "tiff_bits_reversed.tif", tiff(grey[..., None] >> 7, 1, 1, t266=[2])


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
    yield from other_pictures()


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
