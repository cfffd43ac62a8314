"""Class names as clip_benchmark's loaders number them, as hashes, for tests/eval/sets: the tests must not read the files they check.

    python tests/golden/make_set_lists.py

For every list that clip_benchmark 1.6.2 and open_clip 3.3.0 carry: the number of names and SHA-256 of the names, a line each; the same of their prompts.
Prompts are sorted before: their order does not matter, and lists differ in it.
"""
import hashlib
import json
import pathlib

import clip_benchmark
from open_clip import IMAGENET_CLASSNAMES, OPENAI_IMAGENET_TEMPLATES, SIMPLE_IMAGENET_TEMPLATES

PACKAGED = pathlib.Path(clip_benchmark.__file__).parent / "datasets"
OUTPUT = pathlib.Path(__file__).parent / "sets/lists.json"


def digest(lines):
    return {"count": len(lines), "sha256": hashlib.sha256("".join(line + "\n" for line in lines).encode()).hexdigest()}


def main():
    names = json.loads((PACKAGED / "en_classnames.json").read_text())
    templates = json.loads((PACKAGED / "en_zeroshot_classification_templates.json").read_text())
    assert names["imagenet1k"] == list(IMAGENET_CLASSNAMES)
    # The same eighty, in another order.
    assert sorted(templates["imagenet1k"]) == sorted(template("{c}") for template in OPENAI_IMAGENET_TEMPLATES)
    names["caltech101"] = names.pop("caltech101_vtab")  # the order of the loader with a test split
    lists = {
        "classnames": {name: digest(of) for name, of in names.items()},
        "templates": {name: digest(sorted(of)) for name, of in templates.items() if name != "dummy"},
        "imagenet_7": digest(sorted(template("{c}") for template in SIMPLE_IMAGENET_TEMPLATES)),
    }
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps(lists, indent=1) + "\n")


if __name__ == "__main__":
    main()
