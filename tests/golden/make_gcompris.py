"""A small stand-in for the package gcompris-qt-data: tests/golden/gcompris/{usr/share/gcompris-qt/rcc/*.rcc, ...}.

    ~/.cache/clipwright/peers/bin/python tests/golden/make_gcompris.py     (needs Pillow)

The layout is that of GCompris' resources; pictures, words and names are made up here. They hold what the real ones hold too: a
README with a slip of the pen, a file that is no picture, an entry without a picture, one word for two drawings.
"""
import io
import json
import pathlib

from PIL import Image

from make_qt_resource import write_resource

HERE = pathlib.Path(__file__).parent / "gcompris"
ACTIVITIES = "gcompris/src/activities/"


def picture(number, mode="RGB", size=(16, 12)):
    image = Image.new(mode, size)
    for x in range(size[0]):
        for y in range(size[1]):
            colour = ((x * 13 + number * 40) % 256, (y * 17 + number * 90) % 256, (x * y + number * 7) % 256)
            image.putpixel((x, y), colour + ((255,) if (x + y) % 3 else (0,)) if mode == "RGBA" else colour)
    out = io.BytesIO()
    image.save(out, "WEBP", lossless=True)
    return out.getvalue()


def credit(author, licence, source, *files):
    return f"Copyright: {author}\nSource: {source}\nLicense: {licence}\nFiles:\n" + "".join(f"{name}\n" for name in files) + "\n"


def board(*entries):
    rows = ",\n".join(
        '        {\n            "image": "qrc:/key.svg",\n'
        + "".join(f'            "{key}": {value},\n' for key, value in entry)
        + '            "x": 0.5 + (1, 2)[0],\n            "width": "0.07"\n        }'
        for entry in entries)
    return f"""/* GCompris
 *
 * SPDX-FileCopyrightText: 2015 Ann Author <ann@example.org>
 *
 *   SPDX-License-Identifier: GPL-3.0-or-later
 */
import QtQuick 2.12

// tab: [ in a comment is none
QtObject {{
    property string note: "tab: ["
    property var tab: [
{rows}
    ]
    property var instructions: [ {{ "text": qsTr("Click on it.") }} ]
}}
""".encode()


def tr(text):
    return f"qsTr({json.dumps(text, ensure_ascii=False)})"


def main():
    images = ACTIVITIES + "categorization/resource/images/"
    categorization = {
        images + "fishes/fish1.webp": picture(1),
        images + "fishes/fish2.webp": picture(2),
        images + "fishes/fish3.webp": b"no picture at all",
        images + "fishes/README": credit("Fia Fisher", "Public Domain", "https://example.org/fish1", "fish1.webp")
        + credit("Otto", "CC0-1.0", "https://example.org/fish3", "fish3.webp"),
        images + "tools/screwDriver.webp": picture(3),
        images + "tools/hammer.webp": picture(4),
        images + "tools/README": credit("Tom Tool", "CC-BY 2.0", "https://example.org/s", "screDriver.webp", "hammer.webp"),
        images + "others/cup.webp": picture(5),
        images + "alphabets/alphabets.webp": picture(6),
        images + "numbers/00.svg": b"<svg/>",
        ACTIVITIES + "categorization/Categorization.qml": b"Item { }",
    }
    categorization = {key: value.encode() if isinstance(value, str) else value for key, value in categorization.items()}
    animals = ACTIVITIES + "explore_world_animals/resource/"
    world = {
        animals + "animals/README": credit("Ada", "CC-BY-SA 4.0", "", "heron.webp", "eel.webp").encode(),
        animals + "animals/heron.webp": picture(7),
        animals + "animals/eel.webp": picture(8),
        animals + "board/board1.qml": board(
            (("title", tr("Grey heron")), ("text", tr("Herons stand still. \"Kraak\", they say! They eat fish.")),
             ("image2", '"qrc:/' + animals + 'animals/heron.webp"'), ("text2", tr("Grey heron"))),
            (("title", tr("E\u0301el,\tEurop\u00e4ischer")), ("text", '"Eels are "+ "long."'), ("audio", 'GCompris.path("qrc:/a.$CA")'),
             ("image2", '"qrc:/' + animals + 'animals/eel.webp"'), ("text2", tr("This animal is long.")))),
        animals + "board/board2.qml": board(
            (("title", tr("Unicorn")), ("text", tr("Nobody saw it.")), ("image2", '"qrc:/' + animals + 'animals/unicorn.webp"')),
            (("title", tr("Nothing")), ("text", tr("No picture at all.")))),
    }
    words = ACTIVITIES + "lang/resource/"
    lesson = lambda name, *rows: {"type": "lesson", "name": name, "content": [{"description": word, "image": image} for word, image in rows]}
    lang = {
        words + "words_sample/orange.webp": picture(9, "RGBA"),
        words + "words_sample/orange-color.webp": picture(10, "RGBA"),
        words + "words_sample/cat.webp": picture(11, "RGBA"),
        words + "words_sample.json": json.dumps([
            {"type": "chapter", "name": "other", "imgPrefix": "qrc:/" + words + "words_sample/",
             "content": [lesson("color", ("orange", "orange-color.webp")), lesson("nature", ("orange", "orange.webp"), ("cat", "cat.webp"), ("", "x.webp"))]},
        ]).encode(),
    }
    root = HERE / "usr/share/gcompris-qt/rcc"
    root.mkdir(parents=True, exist_ok=True)
    for name, files in (("categorization", categorization), ("explore_world_animals", world), ("lang", lang)):
        (root / f"{name}.rcc").write_bytes(write_resource(files, 3))
    doc = HERE / "usr/share/doc/gcompris-qt-data"
    doc.mkdir(parents=True, exist_ok=True)
    (doc / "copyright").write_text("""Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: gcompris-qt

Files: *
Copyright: 2014 Everybody
           2015 And others
License: GPL-3+

Files: src/activities/categorization/resource/images/fishes/fish1.jpg
       src/activities/categorization/resource/images/fishes/fish2.jpg
Copyright: An Earlier Author
License: CC-BY-SA-3.0
Comment: https://example.org/earlier

Files: src/activities/lang/resource/words_sample/*
Copyright: A Drawing Project
License: CC-BY-SA-3.0

License: GPL-3+
 The text of a licence.
""", encoding="utf-8")


if __name__ == "__main__":
    main()
