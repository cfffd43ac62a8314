"""The seeds of the fuzz targets: tests/fuzz/corpus/TARGET/*, small files of every form, whole and slightly broken.

    python tests/fuzz/make_corpus.py          (with the peers' Python: Pillow, pyarrow, numpy)

The same files every time. What fuzzing found is in tests/fuzz/findings and is not made here.
"""
import gzip
import hashlib
import io
import json
import pathlib
import random
import shutil
import struct
import sys
import tarfile
import zlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from PIL import Image

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent
CORPUS = HERE / "corpus"
sys.path.insert(0, str(ROOT / "tests/golden"))
draw = random.Random(12)


def put(target, name, data):
    path = CORPUS / target / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data.encode() if isinstance(data, str) else data)


def put_broken(target, name, data, cuts=(0.5,), flips=1):
    """The file, and what a broken disk makes of it: cut off, a byte changed."""
    data = data.encode() if isinstance(data, str) else data
    put(target, name, data)
    stem, _, ending = name.partition(".")
    for cut in cuts:
        put(target, f"{stem}_cut{int(cut * 100)}.{ending}", data[: int(len(data) * cut)])
    for number in range(flips):
        changed = bytearray(data)
        changed[draw.randrange(len(changed))] ^= 1 << draw.randrange(8)
        put(target, f"{stem}_bit{number}.{ending}", bytes(changed))


def picture(width, height, mode="RGB"):
    channels = len(Image.new(mode, (1, 1)).getbands())
    values = np.frombuffer(draw.randbytes(width * height * channels), np.uint8) // 4
    y, x = np.mgrid[0:height, 0:width]
    values = values.reshape(height, width, channels) + ((x * 3 + y * 5) % 160).astype(np.uint8)[:, :, None]
    return Image.frombytes(mode, (width, height), values.tobytes())


def encoded(image, kind, **options):
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def jpegs():
    put_broken("jpeg", "rgb.jpg", encoded(picture(24, 17), "JPEG", quality=60), cuts=(0.3, 0.9), flips=2)
    put("jpeg", "progressive.jpg", encoded(picture(33, 20), "JPEG", quality=50, progressive=True))
    put("jpeg", "grey.jpg", encoded(picture(9, 40, "L"), "JPEG"))
    put("jpeg", "cmyk.jpg", encoded(picture(16, 16, "CMYK"), "JPEG", quality=40))
    put("jpeg", "one.jpg", encoded(picture(1, 1), "JPEG"))
    put("jpeg", "subsampled.jpg", encoded(picture(70, 18), "JPEG", subsampling=2, quality=30))
    put("jpeg", "full.jpg", encoded(picture(20, 20), "JPEG", subsampling=0, quality=90))
    exif = Image.Exif()
    exif[0x0112] = 6
    put("jpeg", "rotated.jpg", encoded(picture(20, 12), "JPEG", exif=exif, quality=40))
    whole = encoded(picture(64, 64), "JPEG", quality=10)
    frame = whole.index(b"\xff\xc0")
    put("jpeg", "huge_header.jpg", whole[: frame + 5] + b"\xff\xff\xff\xff" + whole[frame + 9:])
    put("jpeg", "no_data.jpg", b"\xff\xd8\xff\xd9")


def pngs():
    for mode in ("RGB", "RGBA", "L", "LA"):
        put("png", f"{mode.lower()}.png", encoded(picture(13, 9, mode), "PNG"))
    put_broken("png", "palette.png", encoded(picture(21, 14).quantize(17), "PNG"), cuts=(0.4, 0.95), flips=2)
    put("png", "bits.png", encoded(picture(19, 5, "L").convert("1"), "PNG"))
    grey16 = Image.fromarray((np.arange(15 * 8, dtype=np.uint16) * 531).reshape(8, 15))
    put("png", "grey16.png", encoded(grey16, "PNG"))
    put("png", "transparent.png", encoded(picture(8, 8).quantize(4), "PNG", transparency=2))

    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    magic = b"\x89PNG\r\n\x1a\n"
    for depth, colour, interlaced, width, height in [(8, 2, 1, 11, 13), (4, 3, 1, 9, 9), (16, 6, 0, 5, 5), (2, 0, 1, 30, 3), (16, 2, 1, 4, 7)]:
        channels = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
        rows = b""
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)] if interlaced else [(0, 0, 1, 1)]
        for x, y, dx, dy in passes:
            columns, lines = max(0, -(-(width - x) // dx)), max(0, -(-(height - y) // dy))
            for line in range(lines if columns else 0):
                rows += bytes([line % 5]) + draw.randbytes((columns * channels * depth + 7) // 8)
        header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, interlaced))
        palette = chunk(b"PLTE", draw.randbytes(48)) if colour == 3 else b""
        data = zlib.compress(rows)
        data = chunk(b"IDAT", data[:7]) + chunk(b"IDAT", b"") + chunk(b"IDAT", data[7:])
        put("png", f"depth{depth}_colour{colour}{'_interlaced' if interlaced else ''}.png", magic + header + palette + data + chunk(b"IEND", b""))
    huge = chunk(b"IHDR", struct.pack(">IIBBBBB", 0x7FFFFFFF, 0x7FFFFFFF, 8, 2, 0, 0, 0))
    put("png", "huge_header.png", magic + huge + chunk(b"IDAT", zlib.compress(b"x")) + chunk(b"IEND", b""))
    bomb = chunk(b"IHDR", struct.pack(">IIBBBBB", 1000, 1000, 8, 0, 0, 0, 0))
    put("png", "short_data.png", magic + bomb + chunk(b"IDAT", zlib.compress(b"\0" * 5000)) + chunk(b"IEND", b""))


def webps():
    put_broken("webp", "lossy.webp", encoded(picture(24, 18), "WEBP", quality=40), cuts=(0.3, 0.9), flips=2)
    put("webp", "lossless.webp", encoded(picture(12, 12), "WEBP", lossless=True))
    put("webp", "alpha.webp", encoded(picture(14, 9, "RGBA"), "WEBP", quality=30))
    put("webp", "alpha_lossless.webp", encoded(picture(6, 9, "RGBA"), "WEBP", lossless=True))
    frames = [picture(10, 8) for _ in range(3)]
    put_broken("webp", "animated.webp", encoded(frames[0], "WEBP", save_all=True, append_images=frames[1:], quality=20))
    put("webp", "one.webp", encoded(picture(1, 1), "WEBP"))


def old_pictures():
    """GIF, BMP and TIFF, for which there are targets since the product reads them."""
    frames = [picture(12, 9).quantize(8) for _ in range(3)]
    put_broken("gif", "still.gif", encoded(frames[0], "GIF"), cuts=(0.4, 0.9), flips=2)
    put("gif", "animated.gif", encoded(frames[0], "GIF", save_all=True, append_images=frames[1:], duration=40, disposal=2))
    put("gif", "interlaced.gif", encoded(picture(17, 21, "L"), "GIF", interlace=1))
    put("gif", "transparent.gif", encoded(picture(9, 9).quantize(4), "GIF", transparency=1))
    for mode in ("RGB", "L", "1"):
        put("bmp", f"{mode.lower()}.bmp", encoded(picture(11, 7, "L").convert(mode), "BMP"))
    put_broken("bmp", "palette.bmp", encoded(picture(13, 6).quantize(16), "BMP"), cuts=(0.2, 0.8), flips=2)
    put("bmp", "rgba.bmp", encoded(picture(5, 5, "RGBA"), "BMP"))
    head = struct.pack("<2sIHHI", b"BM", 0, 0, 0, 54)
    for name, width, height, bits, packing, body in [
            ("top_down.bmp", 4, -3, 24, 0, bytes(range(36))), ("rle8.bmp", 4, 2, 8, 1, b"\x04\x01\0\0\x02\x01\0\x02\x01\x01\0\x01"),
            ("rle4.bmp", 4, 2, 4, 2, b"\x04\x12\0\0\x04\x21\0\x01"), ("bits16.bmp", 3, 2, 16, 0, draw.randbytes(16)),
            ("huge.bmp", 0x7FFFFFFF, 0x7FFFFFFF, 24, 0, b""), ("lowest.bmp", 1, -0x80000000, 24, 0, b"\0\0\0\0")]:
        palette = draw.randbytes(4 << bits) if bits <= 8 else b""
        info = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, len(body), 2835, 2835, 0, 0)
        put("bmp", name, struct.pack("<2sIHHI", b"BM", 0, 0, 0, len(head) + 40 + len(palette)) + info + palette + body)
    for compression in (None, "tiff_lzw", "tiff_adobe_deflate", "packbits", "jpeg"):
        put("tiff", f"rgb_{compression}.tiff", encoded(picture(16, 11), "TIFF", compression=compression))
    put_broken("tiff", "rgba.tiff", encoded(picture(9, 8, "RGBA"), "TIFF"), cuts=(0.3, 0.95), flips=2)
    put("tiff", "bits_g4.tiff", encoded(picture(40, 9, "L").convert("1"), "TIFF", compression="group4"))
    put("tiff", "grey16.tiff", encoded(Image.fromarray(np.arange(60, dtype=np.uint16).reshape(6, 10) * 999), "TIFF"))
    put("tiff", "palette.tiff", encoded(picture(10, 10).quantize(9), "TIFF"))
    put("tiff", "cmyk.tiff", encoded(picture(6, 6, "CMYK"), "TIFF"))
    put("tiff", "float.tiff", encoded(Image.fromarray(np.arange(20, dtype=np.float32).reshape(4, 5)), "TIFF"))


def tar_of(members, format=tarfile.USTAR_FORMAT):
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w", format=format) as archive:
        for name, data in members:
            info = tarfile.TarInfo(name)
            info.size = len(data)
            archive.addfile(info, io.BytesIO(data))
    whole = buffer.getvalue()
    end = len(whole.rstrip(b"\0"))
    return whole[: -(-end // 512) * 512 + 1024]


def tars():
    small = encoded(picture(4, 4), "PNG")
    sample = [("0.png", small), ("0.txt", b"a red dog"), ("1.png", small), ("1.json", b'{"caption": "two cats", "n": [1]}'), ("2.jpg", small), ("2.cls", b"7")]
    put_broken("tar", "samples.tar", tar_of(sample), cuts=(0.3, 0.6, 0.95), flips=3)
    long = "a/" * 60 + "b" * 110
    put("tar", "long_gnu.tar", tar_of([(long + ".png", small), (long + ".txt", b"a cat")], tarfile.GNU_FORMAT))
    put("tar", "long_pax.tar", tar_of([("é" * 80 + ".png", small), ("é" * 80 + ".txt", b"a cat")], tarfile.PAX_FORMAT))
    put("tar", "prefix.tar", tar_of([("d" * 90 + "/" + "e" * 90 + ".png", small), ("d" * 90 + "/" + "e" * 90 + ".txt", b"x y")]))
    vector = io.BytesIO()
    np.save(vector, np.array([1, 0, 1], np.float32))
    put("tar", "vector.tar", tar_of([("a.png", small), ("a.npy", vector.getvalue()), ("b.PNG", small), ("b.TXT", b"big"), ("._c.png", b"x")]))
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        for kind in (tarfile.DIRTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.FIFOTYPE, b"S"):
            info = tarfile.TarInfo("thing.txt")
            info.type = kind
            info.linkname = "elsewhere" if kind in (tarfile.SYMTYPE, tarfile.LNKTYPE) else ""
            archive.addfile(info)
    put("tar", "kinds.tar", buffer.getvalue()[:4096])
    block = bytearray(tar_of([("0.txt", b"x")])[:512])

    def sized(field):
        header = bytearray(block)
        header[124:136] = field
        header[148:156] = b"        "
        header[148:156] = b"%06o\0 " % sum(header)
        return bytes(header) + b"x".ljust(512, b"\0") + b"\0" * 1024

    put("tar", "size_base256.tar", sized(b"\x80" + b"\0" * 10 + b"\x01"))
    put("tar", "size_most.tar", sized(b"\x80" + b"\xff" * 11))
    put("tar", "size_negative.tar", sized(b"\xff" * 12))
    put("tar", "size_octal_most.tar", sized(b"7" * 12))
    record = b"30 path=" + b"p" * 21 + b"\n"
    put("tar", "pax_size.tar", tar_pax([record, b"11 size=2\n", b"18 GNU.sparse.ma"]))
    put("tar", "gzipped.tar", gzip.compress(tar_of(sample), mtime=0))


def tar_pax(records):
    body = b"".join(records)
    header = bytearray(tar_of([("pax", body)])[:512])
    header[156:157] = b"x"
    header[148:156] = b"        "
    header[148:156] = b"%06o\0 " % sum(header)
    return bytes(header) + body.ljust(512, b"\0") + tar_of([("0.txt", b"xy")])


def tables():
    put_broken("csv", "pairs.csv", "filepath,title\n0.jpg,a red dog\n1.jpg,\"two cats, on a \"\"mat\"\"\"\n", cuts=(0.7,))
    put("csv", "pairs.tsv", "filepath\ttitle\tlabel\n0.jpg\ta red dog\t1\n1.jpg\t  the sea \t2.0\n2.jpg\t\t-1\n")
    put("csv", "laclip.csv", "a/0.png,a red dog\nb/1.jpg,\"two\ncats\"\n2.gif,no\n")
    put("csv", "captions.csv", "\ufeffkey;caption\nk0;a red dog\r\nk1;\"x;y\"\r\n\r\nk2\n")
    put("csv", "stray.tsv", "filepath\ttitle\n0.jpg\t\"big\" dog\n1.jpg\t\"12\" vinyl\n2.jpg\tplain\n\"3.jpg\tlast\n")
    put("csv", "unclosed.csv", "filepath,title\n0.jpg,\"never closed\n1.jpg,next\n")
    put("csv", "cr.csv", "filepath,title\r0.jpg,a\r1.jpg,b\r")
    put("csv", "latin.csv", b"filepath,title\n0.jpg,caf\xe9\n")
    put("csv", "utf16.csv", "filepath,title\n0.jpg,x\n".encode("utf-16"))
    put("csv", "nul.csv", b"filepath,title\n0.jpg,a\0b\n")
    put("csv", "flickr.csv", "image_name| comment_number| comment\n1.jpg| 0| a dog\n1.jpg| 1| \n")
    put("csv", "labels.csv", "image,class\n0.png,dog\n1.png,3\n2.png,99999999999999999999\n3.png,1e3\n")
    put("csv", "wide.csv", ",".join("abcdefghij" * 20) + "\n" + "," * 300 + "\n")

    lines = [{"image": "0.jpg", "caption": "a red dog", "label": 1}, {"filepath": "1.jpg", "title": "two cats", "class": "cat"},
             {"image_path": "2.jpg", "captions": ["the sea", "the sea", " night ", 4, None]}, {"key": 18446744073709551615, "text": "x y"},
             {"hash": "abc", "caption": ["first", "second"]}, {"caption": None}]
    text = "".join(json.dumps(line) + "\n" for line in lines)
    put_broken("jsonl", "pairs.jsonl", text, cuts=(0.55,), flips=2)
    put("jsonl", "odd.jsonl", "\ufeff{\"image\": \"a\", \"caption\": NaN}\n\n[1,2]\n{\"image\":\"b\",\"caption\":\"\\ud800\"}\nnull\n{\"image\":\"c\",\"caption\":\"\\u0000x\",\"label\":-1e400}\n")
    put("jsonl", "array.jsonl", json.dumps(lines))
    put("jsonl", "yfcc.jsonl", '{"key": "0/1", "caption": ["a dog \\u4e2d"], "label": 2.5}\n{"key": "0/2", "caption": "a cat"}\n{"key": 3, "caption": {}}\n')
    put("jsonl", "latin.jsonl", b'{"image": "0.jpg", "caption": "caf\xe9"}\n')
    put("jsonl", "twice.jsonl", '{"caption": "a", "caption": "b", "image": "x.jpg", "label": true}\n')
    put("jsonl", "nested.jsonl", "[" * 300 + "]" * 300 + "\n" + '{"caption":' * 200 + '"x"' + "}" * 200 + "\n")

    coco = {"images": [{"id": 1, "file_name": "1.jpg"}, {"id": "b", "file_name": "2.jpg"}, {"id": 2 ** 63, "file_name": "3.jpg"}],
            "annotations": [{"image_id": 1, "caption": "a dog"}, {"image_id": 1, "caption": " "}, {"image_id": "b", "caption": "a cat"}, {"image_id": 9, "caption": "?"}]}
    put_broken("annotations", "coco.json", json.dumps(coco), flips=2)
    karpathy = {"dataset": "x", "images": [{"filename": "1.jpg", "filepath": "a", "split": "test", "sentences": [{"raw": "a dog"}, {"raw": ""}]},
                                           {"filename": "2.jpg", "split": "train", "sentences": []}]}
    put_broken("annotations", "karpathy.json", json.dumps(karpathy))
    put("annotations", "list.json", json.dumps([{"image": "1.jpg", "caption": ["a dog", "b"]}, {"image": 1}, 3]))
    put("annotations", "flickr.txt", "image,caption\n1.jpg,a dog , running\n1.jpg#1,two\n2.JPG,\"quoted\"\nnothing\n3.png,\n")
    put("annotations", "lines.txt", "\ufeffa red dog\r\n\r\ntwo\u2028cats\n\x0b\nlast")


def rewrites():
    def record(key, mode, source, text, **more):
        return {"key": key, "mode": mode, "source": source, "source_sha256": hashlib.sha256(source.encode()).hexdigest(), "text": text,
                "status": "accepted", "attempt": 0, "scores": {"audit": 0.93, "flags": ["too-long"]}, "recipe": "ab" * 32, **more}

    some = [record("0.jpg", "human", "a red dog", "one dog that is red"), record("1.jpg", "human", "two cats on a mat", "a mat with two cats"),
            record("2.jpg", "chatgpt", "the sea at night", "", status="rejected:empty"), record("3.jpg", "human", "a red dog", "a dog", occurrence=1, source_cut=True)]
    put_broken("rewrites_jsonl", "records.jsonl", "".join(json.dumps(one) + "\n" for one in some), cuts=(0.6,), flips=2)
    put("rewrites_jsonl", "lean.jsonl", '{"key":"0.jpg","mode":"m","text":"a dog"}\n{"source":"a red dog","mode":"m","text":"b"}\n{"text":1}\n\n{"key":7,"mode":"","text":"x","attempt":1e99,"scores":{"audit":1e400}}\n')
    put("rewrites_jsonl", "wrong_hash.jsonl", json.dumps({**some[0], "source": "other"}) + "\n")
    put("rewrites_jsonl", "odd.jsonl", '{"key":"0.jpg","mode":"a\\u0000b","text":"\\ud83d\\ude00 \\u2028 x","scores":[1],"attempt":-5,"occurrence":18446744073709551615}\n')
    put("rewrites_lines", "four.txt", "one dog\ntwo cats\r\nnight\n\n")
    put("rewrites_lines", "two.txt", "one dog\ntwo cats")
    put("rewrites_lines", "three.txt", "\ufeffone dog\r\ntwo cats\r\nthe sea, at night, is dark\r\n")
    put("rewrites_lines", "latin.txt", b"caf\xe9\nx\ny\nz\n")
    put("rewrites_lines", "utf16.txt", "one dog\ntwo\n".encode("utf-16"))
    put("rewrites_lines", "controls.txt", "a\x0bb\n\u2028\n\x00\n\x1a\n")

    kept = [{"clipwright_records": 1}, {"recipe_sha256": "ab" * 32, "description": {"engine": "llama"}}, {"source": "a red dog", "mode": "human", "text": "one dog"},
            {"recipe_sha256": "cd" * 32, "description": {}}, {"source": "the sea", "mode": "human", "text": "sea", "recipe": 1, "attempt": 2, "occurrence": 3}]
    text = "".join(json.dumps(one) + "\n" for one in kept)
    put_broken("kept_texts", "kept.jsonl", text, cuts=(0.6,), flips=2)
    put_broken("kept_texts", "kept.jsonl.gz", gzip.compress(text.encode(), mtime=0), cuts=(0.7,))
    put("kept_texts", "two_members.jsonl.gz", gzip.compress(text[:40].encode(), mtime=0) + gzip.compress(text[40:].encode(), mtime=0))
    put("kept_texts", "numbers.jsonl", '{"clipwright_records":1}\n{"recipe_sha256":"' + "AB" * 32 + '","description":[[[]]]}\n{"source":"","mode":"","text":"","recipe":0,"attempt":99999999999,"occurrence":-1}\n{"recipe":1e3}\n')

    def parquet(name, table, **options):
        buffer = io.BytesIO()
        pq.write_table(table, buffer, **options)
        put("parquet", name, buffer.getvalue())
        return buffer.getvalue()

    small = encoded(picture(3, 3), "PNG")
    pairs = pa.table({"image": [small, b"", None], "caption": ["a red dog", None, "two cats"], "label": pa.array([1, 2, None], pa.int64())})
    whole = parquet("pairs.parquet", pairs, compression="none")
    put("parquet", "pairs_cut.parquet", whole[: len(whole) // 2])
    for number in range(4):
        changed = bytearray(whole)
        changed[draw.randrange(len(whole))] ^= 1 << draw.randrange(8)
        put("parquet", f"pairs_bit{number}.parquet", bytes(changed))
    parquet("nested.parquet", pa.table({"image": [{"bytes": small, "path": "0.png"}, {"bytes": None, "path": None}], "caption": [["a", "b"], None]}))
    parquet("wide.parquet", pa.table({"key": ["0.jpg", "1.jpg"], "rewrite:human": ["one dog", None], "rewrite:chatgpt": ["x", "y"]}), compression="snappy")
    long = {name: [one.get(name) for one in some] for name in ("key", "mode", "source", "text", "status", "attempt", "recipe")}
    parquet("long.parquet", pa.table({**long, "source_sha256": [bytes.fromhex(one["source_sha256"]) for one in some], "scores.audit": [0.9, None, float("nan"), 0.1],
                                      "flags": [["a"], [], None, ["b", "c"]]}), use_dictionary=["mode"], compression="zstd")
    parquet("types.parquet", pa.table({"caption": pa.array(["x", "y"]).dictionary_encode(), "a": pa.array([1.5, -0.0], pa.float16()), "b": pa.array([2 ** 64 - 1, 0], pa.uint64()),
                                       "c": pa.array([True, None]), "d": pa.array([-128, 5], pa.int8()), "e": pa.array([b"\xff\xfe", b""], pa.large_binary()),
                                       "f": pa.array([1, 2], pa.date32()), "g": pa.array([1, 2], pa.timestamp("ns")), "h": pa.array([[1], None], pa.list_(pa.int32())),
                                       "i": pa.array([None, None], pa.null()), "j": pa.array([1, 2], pa.decimal128(5, 2))}))
    twice = pa.Table.from_arrays([pa.array(["a"]), pa.array(["b"]), pa.array(["0.jpg"])], names=["caption", "caption", "filepath"])
    parquet("twice.parquet", twice)
    inner = pa.StructArray.from_arrays([pa.array([b"x"]), pa.array([b"y"])], names=["bytes", "bytes"])
    parquet("twice_inside.parquet", pa.table({"image": inner, "caption": ["a dog"]}))
    parquet("empty.parquet", pa.table({"caption": pa.array([], pa.string())}))


def weights():
    def file(header, data=b"", pad=0, length=None):
        text = header if isinstance(header, bytes) else json.dumps(header).encode()
        text += b" " * pad
        return struct.pack("<Q", len(text) if length is None else length) + text + data

    one = {"a": {"dtype": "F32", "shape": [2, 2], "data_offsets": [0, 16]}, "b": {"dtype": "I64", "shape": [], "data_offsets": [16, 24]}}
    put_broken("safetensors", "two.safetensors", file(one, bytes(range(24))), cuts=(0.5, 0.95), flips=3)
    kinds = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
    at, header = 0, {"__metadata__": {"format": "pt", "é": "x"}}
    for kind, width in kinds.items():
        header[kind] = {"dtype": kind, "shape": [1, 3], "data_offsets": [at, at + 3 * width]}
        at += 3 * width
    put("safetensors", "types.safetensors", file(header, b"\1" * at, pad=5))
    put("safetensors", "empty.safetensors", file({}))
    put("safetensors", "zero.safetensors", file({"a": {"dtype": "F32", "shape": [0, 9], "data_offsets": [0, 0]}}))
    put("safetensors", "overflow.safetensors", file({"a": {"dtype": "F32", "shape": [2 ** 62, 2 ** 62], "data_offsets": [0, 0]}}))
    put("safetensors", "zero_overflow.safetensors", file({"a": {"dtype": "F32", "shape": [0, 2 ** 61, 2 ** 61], "data_offsets": [0, 0]}}))
    put("safetensors", "deep_shape.safetensors", file({"a": {"dtype": "U8", "shape": [1] * 200, "data_offsets": [0, 1]}}, b"x"))
    put("safetensors", "overlap.safetensors", file({"a": {"dtype": "U8", "shape": [4], "data_offsets": [0, 4]}, "b": {"dtype": "U8", "shape": [4], "data_offsets": [2, 6]}}, b"123456"))
    put("safetensors", "twice.safetensors", file(b'{"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]},"a":{"dtype":"U8","shape":[1],"data_offsets":[0,1]}}', b"x"))
    put("safetensors", "unaligned.safetensors", file({"a": {"dtype": "U8", "shape": [1], "data_offsets": [0, 1]}, "b": {"dtype": "F64", "shape": [1], "data_offsets": [1, 9]}}, b"123456789"))
    put("safetensors", "most_header.safetensors", file({}, length=2 ** 64 - 1))

    for path in sorted((ROOT / "tests/golden/models").rglob("open_clip_config.json")):
        put("open_clip_config", path.parent.name + ".json", path.read_bytes())
    vit = {"model_cfg": {"embed_dim": 512, "vision_cfg": {"image_size": 224, "layers": 12, "width": 768, "patch_size": 32},
                         "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 512, "heads": 8, "layers": 12}},
           "preprocess_cfg": {"mean": [0.48, 0.45, 0.4], "std": [0.26, 0.26, 0.27], "interpolation": "bicubic", "resize_mode": "shortest"}}
    put_broken("open_clip_config", "vit.json", json.dumps(vit), flips=2)

    def changed(name, edit):
        copy = json.loads(json.dumps(vit))
        edit(copy["model_cfg"], copy)
        put("open_clip_config", name + ".json", json.dumps(copy))

    changed("resnet", lambda model, _: model["vision_cfg"].update(layers=[3, 4, 6, 3], width=64, patch_size=None))
    changed("timm", lambda model, _: model.update(vision_cfg={"timm_model_name": "vit_base_patch16_224", "timm_pool": "token", "timm_proj": "linear", "image_size": 224,
                                                             "timm_model_kwargs": {"qk_norm": True, "embed_dim": 192, "depth": 2, "num_heads": 3}}))
    changed("floats", lambda model, file: (model["text_cfg"].update(mlp_ratio=1e300, width=8.0), file["preprocess_cfg"].update(mean=0.5, std=1e-320)))
    changed("odd_types", lambda model, _: model.update(embed_dim=2 ** 63, vision_cfg=[], quick_gelu="yes"))
    changed("head_width", lambda model, _: model["vision_cfg"].update(head_width=16384, width=1))
    changed("square", lambda model, _: model["vision_cfg"].update(image_size=[224, 224], patch_size=[14, 14], mlp_ratio=4.3637))
    changed("resnet_wide", lambda model, _: model["vision_cfg"].update(layers=[256, 256, 256, 256], width=16384, head_width=1))
    changed("custom", lambda model, _: (model.update(quick_gelu=True, custom_text=True), model["text_cfg"].update(token_numbering="declip", proj_bias=True)))
    put("open_clip_config", "hf.json", '{"model_cfg":{"embed_dim":1,"vision_cfg":{},"text_cfg":{"hf_model_name":"x"}}}')
    put("open_clip_config", "timm_name.json", '{"model_cfg":{"embed_dim":1,"vision_cfg":{"timm_model_name":"vit_base_patch00_0000","timm_pool":"token"},"text_cfg":{}}}')


def gguf(metadata, tensors, version=3, alignment=32):
    """A GGUF file: metadata as (key, type, value), tensors as (name, shape, type, bytes)."""
    def text(value):
        data = value if isinstance(value, bytes) else value.encode()
        return struct.pack("<Q", len(data)) + data

    def value_of(kind, value):
        if kind == "string":
            return struct.pack("<I", 8) + text(value)
        if kind == "strings":
            return struct.pack("<IIQ", 9, 8, len(value)) + b"".join(text(one) for one in value)
        if kind.startswith("array_"):
            code, form = {"u32": (4, "I"), "i32": (5, "i"), "f32": (6, "f")}[kind[6:]]
            return struct.pack("<IIQ", 9, code, len(value)) + struct.pack(f"<{len(value)}{form}", *value)
        code, form = {"u8": (0, "B"), "u32": (4, "I"), "i32": (5, "i"), "f32": (6, "f"), "bool": (7, "?"), "u64": (10, "Q")}[kind]
        return struct.pack("<I", code) + struct.pack("<" + form, value)

    head = b"GGUF" + struct.pack("<IQQ", version, len(tensors), len(metadata))
    for key, kind, value in metadata:
        head += text(key) + value_of(kind, value)
    data = b""
    for name, shape, kind, values in tensors:
        head += text(name) + struct.pack("<I", len(shape)) + struct.pack(f"<{len(shape)}Q", *shape) + struct.pack("<IQ", kind, len(data))
        data += values.ljust(-(-len(values) // alignment) * alignment, b"\0")
    return head.ljust(-(-len(head) // alignment) * alignment, b"\0") + data


def tiny_llama(**changes):
    """A llama of one layer and 32 words that llama.cpp loads."""
    width, words = 16, 32
    metadata = {"general.architecture": ("string", "llama"), "general.name": ("string", "tiny"), "llama.context_length": ("u32", 64), "llama.embedding_length": ("u32", width),
                "llama.block_count": ("u32", 1), "llama.feed_forward_length": ("u32", 16), "llama.attention.head_count": ("u32", 2), "llama.attention.head_count_kv": ("u32", 1),
                "llama.attention.layer_norm_rms_epsilon": ("f32", 1e-5), "llama.rope.dimension_count": ("u32", 8), "general.file_type": ("u32", 0),
                "tokenizer.ggml.model": ("string", "llama"),
                "tokenizer.ggml.tokens": ("strings", ["<unk>", "<s>", "</s>", "<0x0A>"] + list("abcdefghijklmnopqrstuvwxyz") + ["\u2581", "\u2581a"]),
                "tokenizer.ggml.scores": ("array_f32", [0.0] * (words - 1) + [-1.0]),
                "tokenizer.ggml.token_type": ("array_i32", [2, 3, 3, 6] + [1] * 28),
                "tokenizer.ggml.bos_token_id": ("u32", 1), "tokenizer.ggml.eos_token_id": ("u32", 2),
                "tokenizer.chat_template": ("string", "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}")}
    metadata.update(changes.get("metadata", {}))
    rng = np.random.default_rng(5)

    def floats(*shape):
        return (rng.integers(-8, 8, shape).astype(np.float32) / 16).tobytes()

    def halves(*shape):
        return (rng.integers(-8, 8, shape).astype(np.float16) / 16).astype(np.float16).tobytes()

    tensors = [("token_embd.weight", [width, words], 1, halves(words, width)), ("output_norm.weight", [width], 0, floats(width)),
               ("blk.0.attn_norm.weight", [width], 0, floats(width)), ("blk.0.attn_q.weight", [width, width], 1, halves(width, width)),
               ("blk.0.attn_k.weight", [width, 8], 1, halves(8, width)), ("blk.0.attn_v.weight", [width, 8], 1, halves(8, width)),
               ("blk.0.attn_output.weight", [width, width], 1, halves(width, width)), ("blk.0.ffn_norm.weight", [width], 0, floats(width)),
               ("blk.0.ffn_gate.weight", [width, 16], 1, halves(16, width)), ("blk.0.ffn_up.weight", [width, 16], 1, halves(16, width)),
               ("blk.0.ffn_down.weight", [16, width], 1, halves(width, 16))]
    tensors = [changes.get("tensors", {}).get(tensor[0], tensor) for tensor in tensors]
    return gguf([(key, *value) for key, value in metadata.items() if value is not None], [tensor for tensor in tensors if tensor])


def language_models():
    whole = tiny_llama()
    put("gguf", "tiny.gguf", whole)
    put("gguf", "tiny_cut.gguf", whole[: len(whole) * 3 // 4])
    put("gguf", "header_only.gguf", whole[:24])
    metadata = [("general.architecture", "string", "llama"), ("a", "u8", 1), ("b", "bool", True), ("c", "u64", 2 ** 64 - 1), ("d", "strings", ["", "x"]), ("e", "array_i32", [-1, 2])]
    put_broken("gguf", "metadata.gguf", gguf(metadata, []), cuts=(0.6,), flips=3)
    put("gguf", "version2.gguf", gguf(metadata, [], version=2))
    put("gguf", "version1.gguf", gguf(metadata, [], version=1))
    put("gguf", "many.gguf", b"GGUF" + struct.pack("<IQQ", 3, 2 ** 63, 2 ** 63))
    put("gguf", "long_key.gguf", b"GGUF" + struct.pack("<IQQQ", 3, 0, 1, 2 ** 62) + b"key")
    put("gguf", "alignment_zero.gguf", gguf(metadata + [("general.alignment", "u32", 0)], [("t", [4], 0, b"\0" * 16)]))
    put("gguf", "shape.gguf", gguf(metadata, [("t", [2 ** 62, 2 ** 62], 0, b"")]))
    put("gguf", "type.gguf", gguf(metadata, [("t", [32], 99, b"\0" * 128)]))
    for name, changes in {
            "no_heads": {"metadata": {"llama.attention.head_count": ("u32", 0)}},
            "no_layers": {"metadata": {"llama.block_count": ("u32", 0)}},
            "many_layers": {"metadata": {"llama.block_count": ("u32", 2 ** 31)}},
            "no_vocabulary": {"metadata": {"tokenizer.ggml.tokens": None}},
            "few_scores": {"metadata": {"tokenizer.ggml.scores": ("array_f32", [0.0])}},
            "wrong_type": {"metadata": {"tokenizer.ggml.tokens": ("u32", 1)}},
            "other_start": {"metadata": {"tokenizer.ggml.bos_token_id": ("u32", 2 ** 31), "tokenizer.ggml.unknown_token_id": ("u32", 999)}},
            "no_bytes": {"metadata": {"tokenizer.ggml.token_type": ("array_i32", [1] * 32)}},
            "gpt2": {"metadata": {"tokenizer.ggml.model": ("string", "gpt2"), "tokenizer.ggml.merges": ("strings", ["a b", "c"])}},
            "gpt2_no_merges": {"metadata": {"tokenizer.ggml.model": ("string", "gpt2")}},
            "bert": {"metadata": {"tokenizer.ggml.model": ("string", "bert")}},
            "unigram": {"metadata": {"tokenizer.ggml.model": ("string", "t5"), "tokenizer.ggml.precompiled_charsmap": ("array_u32", [1, 2, 3])}},
            "rwkv": {"metadata": {"tokenizer.ggml.model": ("string", "rwkv")}},
    }.items():
        put("gguf", name + ".gguf", tiny_llama(**changes))
    put("gguf", "no_norm.gguf", tiny_llama(tensors={"output_norm.weight": None}))
    put("gguf", "twice.gguf", tiny_llama(metadata={"tokenizer.ggml.tokens": ("strings", ["a"] * 32)}))


def settings():
    put_broken("config", "train.toml", '# run\nseed = 1\n[data]\ntrain-data = "x.csv"\nrewrites = ["a", "b"]\n[model]\nlr = 1e-3\ngrad-checkpointing = true\nwhen = 1979-05-27T07:32:00Z\n[a.b."c d"]\nx = """\nlong\n"""\n', flips=2)
    put("config", "odd.toml", 'a = [[1, 2], {b = 3}, []]\nb = inf\nc = -nan\nd = 0x7fffffffffffffff\ne.f.g = \'x\'\n[[t]]\nx = 1\n[[t]]\n')
    put("config", "dotted.toml", ".".join("a" * 400) + " = 1\n")
    put("config", "nested.toml", "a = " + "[" * 200 + "]" * 200 + "\n")
    for path in sorted((ROOT / "data/evaluation/suites").glob("*.toml")):
        put("suite", path.name, path.read_bytes()[:1500].rsplit(b"\n\n", 1)[0] + b"\n")
    put_broken("suite", "own.toml", 'name = "mine"\n[[set]]\nname = "c-10"\ntask = "zeroshot"\ndata = ["a", "b"]\nrole = "select"\n[[set]]\nname = "r"\ntask = "retrieval"\nfolds = 5\ndata = "x.json"\ndataset-type = "csv"\n', flips=2)
    put("suite", "wrong.toml", "set = 3\n")
    put("suite", "twice.toml", '[[set]]\nname = "A"\n[[set]]\nname = "a"\n')
    put_broken("study", "study.toml", 'train = "t.toml"\nsuite = "s.toml"\ndata-root = "/x"\nseeds = [1, 2, 9223372036854775807]\nrewrites = ["a.jsonl"]\nexamples = ["human"]\nbackbones = ["ViT-B-32"]\n', flips=2)
    put("study", "wrong.toml", 'seeds = []\ntrain = 3\n')


def servers():
    def choice(**fields):
        return json.dumps({"id": "x", "choices": [{"index": 0, "finish_reason": "stop", **fields}], "usage": {"prompt_tokens": 9, "completion_tokens": 4}})

    put_broken("reply", "completion.json", choice(text=" a dog that is red\nmore"), flips=2)
    put_broken("reply", "chat.json", choice(message={"role": "assistant", "content": "\n\"A dog on the sand\""}))
    put("reply", "parts.json", choice(message={"content": [{"type": "text", "text": "a dog"}, {"text": 3}, None]}))
    put("reply", "null.json", choice(message={"content": None, "refusal": "I cannot"}))
    put("reply", "thinking.json", choice(message={"content": "<think>hm\nhm</think>\n\na red dog at the sea", "reasoning_content": "hm"}))
    put("reply", "open_thought.json", choice(message={"content": "<think>never ends"}, finish_reason="length"))
    put("reply", "error.json", '{"error": {"message": "no money \\ud83d\\ude00\\n left", "code": 402, "type": "insufficient_quota"}}')
    put("reply", "error_text.json", '{"error": "overloaded", "detail": [{"loc": ["body", "seed"], "msg": "extra"}]}')
    put("reply", "events.txt", 'data: {"choices":[{"delta":{"content":"a "}}]}\n\ndata: {"choices":[{"delta":{"content":"dog"},"finish_reason":"stop"}]}\n\ndata: [DONE]\n')
    put("reply", "empty_choices.json", '{"choices": [], "usage": {"prompt_tokens": -1, "completion_tokens": 1e30}}')
    put("reply", "html.txt", "<html><body>502 Bad Gateway</body></html>")
    put("reply", "retry.txt", "Fri, 31 Dec 1999 23:59:59 GMT\n")
    put("reply", "retry_seconds.txt", "99999999999999999999.5\n")
    put("reply", "script.txt", "\u732b\u304c\u7720\u308b \u043a\u043e\u0442 12 \u201cquoted\u201d")
    put("reply", "bytes.txt", b"caf\xe9 \x00\xff \xed\xa0\x80 \xe2\x80\xa8 x")
    put("reply", "nested.json", '{"choices":' + "[" * 300 + "]" * 300 + "}")

    def line(**fields):
        return json.dumps({"id": "batch_1", "custom_id": "@ID", **fields}) + "\n"

    answer = {"status_code": 200, "body": json.loads(choice(text=" one dog"))}
    put_broken("batch", "answered.jsonl", line(response=answer, error=None), cuts=(0.7,), flips=2)
    put("batch", "error.jsonl", line(response=None, error={"code": "expired", "message": "too late"}) + line(response=answer))
    put("batch", "status.jsonl", line(response={"status_code": 500, "body": {"error": {"message": "no"}}}) + "\n\r\nnot json\n[]\n" + line(other=1))
    put("batch", "odd.jsonl", line(response={"body": 3}) + line(response={"status_code": "200", "body": {}}) + line(response=[], error=[[[]]]))
    put("batch", "others.jsonl", line(response=answer).replace("@ID", "other") + '{"custom_id": 5, "error": 1}\n')


def prompts():
    for path in sorted((ROOT / "data/examples").glob("*.tsv")):
        put("examples", path.name, path.read_bytes())
    rows = [f"a thing of number {n} there\tnumber {n} is what this thing is" for n in range(17)]
    put_broken("examples", "rows.tsv", "# c\n" + "\n".join(rows) + "\n", cuts=(0.5,))
    put("examples", "wrong.tsv", "\ufeff# x\r\none\n\t\na => b\tc\na\tb\na\tb\n\x01\tx\n" + "w " * 400 + "\ty\n")
    put("examples", "latin.tsv", b"caf\xe9\tx y\n")
    put("templates", "lines.txt", "a photo of a {c}.\n\n{} in the snow\r\n")
    put("templates", "none.txt", "a photo\n")
    put("templates", "list.json", '["a {c}", "the {} {}"]')
    put("templates", "named.json", '{"cifar10": ["a {c}{c}", "{{c}}"]}')
    put("templates", "wrong.json", '{"a": 1, "b": [2, null]}')
    put("templates", "cut.json", '["a {c')
    put("caption", "plain.txt", "A red dog, 2 cats & a boat; not far from Paris")
    put("caption", "mojibake.txt", "caf\u00c3\u00a9 \u00e2\u20ac\u0153x\u00e2\u20ac\u009d &amp;lt; &#x1F600; &#99999999; \ufb01 \uff21 \x1b[31m")
    put("caption", "scripts.txt", "\u0130stanbul \u1e9e \u732b\u304c \ud55c\uae00 \u0915\u0941\u0924\u094d\u0924\u093e \U0001f469\u200d\U0001f692 a\u0301\u0302\u0303 \u202e x")
    put("caption", "bytes.txt", b"\xc3\xa9\xff\xfe\xed\xa0\xbd\xed\xb8\x80 \xc0\x80 \xf4\x90\x80\x80 caf\xe9 \x81\x8d")
    put("caption", "numbers.txt", "1,234.5e6 \u00bd \u0663 twenty-one 10000000000000000000000 i's we'll DON'T")
    put("caption", "long.txt", "word " * 300 + "x" * 500)


def resources():
    import make_qt_resource
    for version in (1, 2, 3):
        put_broken("rcc", f"version{version}.rcc", make_qt_resource.write_resource({"a/b.txt": b"text " * 20, "a/\u00e9.bin": bytes(range(64)), "c": b""}, version), flips=2)
    put("gcompris", "board.qml", 'import QtQuick 2\nQtObject {\n // "tab": [\n property var tab: [\n {"title": qsTr("Stupa"), "text": "x \\"y\\" \\u00e9", "text2": qsTr("a" + "b"), "image2": "$resource/a.webp"},\n { /* c */ "title": \'q\' }\n ]\n}\n')
    put("gcompris", "open.qml", 'property var tab: [ {"title": "never')
    put("gcompris", "readme.txt", "Copyright: 2010 Somebody\nLicense: CC-BY-SA 4.0\nSource: https://x\nFiles:\ncat.webp\ndog.webp\n\nCopyright: other\nFiles:\n* x\n")
    put("gcompris", "copyright.txt", "Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/\n\nFiles: *\nCopyright: 2000 A\nLicense: GPL-3+\n\nFiles: src/*/cat.?ebp\n **a*b*c*d*\nCopyright:\n B\n C\nLicense: CC0-1.0\n text\n .\n more\n")
    put("gcompris", "stars.txt", "Format: x\n\nFiles: " + "*a" * 60 + "\nCopyright: x\nLicense: y\n")


def arrays():
    def saved(array, **options):
        buffer = io.BytesIO()
        np.lib.format.write_array(buffer, array, **options)
        return buffer.getvalue()

    put_broken("npy", "f4.npy", saved(np.arange(6, dtype=np.float32).reshape(2, 3)), cuts=(0.5, 0.95), flips=3)
    for kind in ("f2", "f8", "i8", "u1", "b1", "<u2", ">f4", "c8", "U3"):
        put("npy", f"{kind.strip('<>')}{'_big' if kind[0] == '>' else ''}.npy", saved(np.ones((2, 2)).astype(kind)))
    put("npy", "fortran.npy", saved(np.asfortranarray(np.arange(24, dtype=np.int32).reshape(2, 3, 4))))
    put("npy", "version2.npy", saved(np.zeros(3, np.int16), version=(2, 0)))
    put("npy", "version3.npy", saved(np.zeros((0, 5)), version=(3, 0)))
    put("npy", "scalar.npy", saved(np.array(3.5)))
    put("npy", "records.npy", saved(np.zeros(2, [("a", "f4"), ("b", "i8")])))

    def raw(header, data=b""):
        return b"\x93NUMPY\x01\0" + struct.pack("<H", len(header)) + header.encode() + data

    put("npy", "huge.npy", raw("{'descr': '<f4', 'fortran_order': True, 'shape': (4611686018427387904, 4, 0), }\n"))
    put("npy", "python2.npy", raw("{'shape': (2L,), 'descr': \"<i4\", 'fortran_order': False}", b"12345678"))
    put("npy", "deep.npy", raw("{'descr': '<u1', 'fortran_order': True, 'shape': (" + "1," * 32 + ")}", b"x"))


def torch_files():
    import argparse
    import collections
    import pickle

    import torch

    def saved(what, **options):
        buffer = io.BytesIO()
        torch.save(what, buffer, **options)
        return buffer.getvalue()

    weights = collections.OrderedDict(a=torch.arange(6, dtype=torch.float16).reshape(2, 3).t(), b=torch.tensor(1.5), c=torch.zeros(0, 4))
    checkpoint = {"state_dict": weights, "epoch": 3, "args": argparse.Namespace(lr=1e-3, names=["x", None, True, 2 ** 70, -5, 1.5])}
    put_broken("torch_file", "archive.pt", saved(weights), cuts=(0.5, 0.95), flips=3)
    put_broken("torch_file", "stream.pt", saved(checkpoint, _use_new_zipfile_serialization=False), cuts=(0.3, 0.9), flips=3)
    put("torch_file", "checkpoint.pt", saved(checkpoint))
    shared = torch.arange(8)
    put("torch_file", "shared.pt", saved({"a": shared[:4], "b": shared[2:], "c": shared.expand(3, 8)}, _use_new_zipfile_serialization=False))
    put("torch_file", "module.pt", saved(torch.nn.Linear(2, 2), _use_new_zipfile_serialization=False))
    nested = [1, "two", b"three", 4.0, (5,), {6: [None, True]}, {7}, frozenset({8}), 2 ** 80, -(2 ** 31), argparse.Namespace(a=1)]
    nested.append(nested)
    for protocol in range(6):
        put("torch_file", f"protocol_{protocol}.pkl", pickle.dumps(nested, protocol))
    put("torch_file", "calls.pkl", b"cos\nsystem\n(S'true'\ntR.")
    put("torch_file", "huge.pkl", b"\x80\x02ctorch._utils\n_rebuild_tensor_v2\n((X\x07\0\0\0storagectorch\nFloatStorage\nX\1\0\0\x000X\3\0\0\0cpu\x8a\x08\xff\xff\xff\xff\xff\xff\xff\x7ftQK\0(K\1t(K\1t\x89NtR.")


def main():
    shutil.rmtree(CORPUS, ignore_errors=True)
    for make in (jpegs, pngs, webps, old_pictures, tars, tables, rewrites, weights, language_models, settings, servers, prompts, resources, arrays, torch_files):
        make()
    for folder in sorted(CORPUS.iterdir()):  # formats that the product does not read yet have no target
        if not (HERE / f"{folder.name}_fuzz.cc").exists():
            shutil.rmtree(folder)
    sizes = {folder.name: sum(path.stat().st_size for path in folder.iterdir()) for folder in sorted(CORPUS.iterdir())}
    total = sum(sizes.values())
    assert total < 500_000, sizes
    print(f"{sum(len(list(folder.iterdir())) for folder in CORPUS.iterdir())} seeds of {len(sizes)} targets, {total:,} bytes")


if __name__ == "__main__":
    main()
