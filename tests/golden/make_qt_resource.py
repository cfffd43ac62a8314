"""Qt resource files for tests: tests/golden/qt_resource/*.rcc and what is in them (files.json).

    python3 tests/golden/make_qt_resource.py

version1.rcc to version3.rcc are written here, from the description in docs/formats/qt_resource.md. Where Qt's own `rcc` is
installed (package qtbase5-dev-tools), rcc.rcc is what it makes of the same files; a copy is kept beside them.
"""
import base64
import json
import os
import pathlib
import shutil
import struct
import subprocess
import tempfile
import zlib

HERE = pathlib.Path(__file__).parent / "qt_resource"
FILES = {
    "gcompris/board/board1.qml": b"QtObject { }\n" * 40,
    "gcompris/board/empty.txt": b"",
    "gcompris/README": b"Copyright: nobody\nFiles:\ncat.webp\n",
    "gcompris/noise.bin": bytes((i * i * 31 + i) % 251 for i in range(900)),
    "gcompris/h\u00e9risson.txt": "piquant \u20ac".encode(),
    "gcompris/\U0001f41f.txt": b"beyond the first plane",
    "top.txt": b"top",
}


def name_hash(name):
    hash = 0
    for (unit,) in struct.iter_unpack(">H", name.encode("utf-16-be")):
        hash = (hash << 4) + unit
        hash ^= (hash & 0xF0000000) >> 23
        hash &= 0x0FFFFFFF
    return hash


def write_resource(files, version):
    """The tree breadth first, as rcc has it: the children of a folder are neighbours, sorted by hash."""
    tree = {}
    for path, contents in files.items():
        folder = tree
        *folders, name = path.split("/")
        for part in folders:
            folder = folder.setdefault(part, {})
        folder[name] = contents
    names, places, data, entries = b"", {}, b"", [["", tree]]
    at = 0
    rows = []
    while at < len(entries):
        name, value = entries[at]
        if name and name not in places:
            places[name] = len(names)
            units = name.encode("utf-16-be")
            names += struct.pack(">HI", len(units) // 2, name_hash(name)) + units
        place = places.get(name, 0)
        if isinstance(value, dict):
            rows.append(struct.pack(">IHII", place, 2, len(value), len(entries)))
            entries += sorted(([child, value[child]] for child in value), key=lambda child: name_hash(child[0]))
        else:
            packed = struct.pack(">I", len(value)) + zlib.compress(value, 9)
            squeeze = len(packed) < len(value)
            rows.append(struct.pack(">IHHHI", place, 1 if squeeze else 0, 0, 1, len(data)))
            contents = packed if squeeze else value
            data += struct.pack(">I", len(contents)) + contents
        at += 1
    times = struct.pack(">Q", 1_600_000_000_000) if version > 1 else b""
    head = 24 if version > 2 else 20
    header = struct.pack(">4sIIII", b"qres", version, head + len(data) + len(names), head, head + len(data))
    if version > 2:
        header += struct.pack(">I", 1)  # zlib is used
    return header + data + names + b"".join(row + times for row in rows)


def write_with_rcc(program, target):
    with tempfile.TemporaryDirectory() as folder:
        folder = pathlib.Path(folder)
        for path, contents in FILES.items():
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(contents)
        rows = "".join(f"<file>{path}</file>" for path in FILES)
        (folder / "all.qrc").write_text(f"<RCC><qresource>{rows}</qresource></RCC>", encoding="utf-8")
        environment = dict(os.environ, QT_RCC_SOURCE_DATE_OVERRIDE="1600000000", LC_ALL="C.UTF-8")
        subprocess.run([program, "--binary", "--compress-algo", "zlib", "all.qrc", "-o", target], cwd=folder, env=environment, check=True)


def main():
    HERE.mkdir(exist_ok=True)
    for version in (1, 2, 3):
        (HERE / f"version{version}.rcc").write_bytes(write_resource(FILES, version))
    if program := shutil.which("rcc"):
        write_with_rcc(program, HERE.resolve() / "rcc.rcc")
    listed = {"/" + path: base64.b64encode(contents).decode() for path, contents in FILES.items()}
    (HERE / "files.json").write_text(json.dumps(listed, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
