"""`clipwright objective`: the formulas of docs/formats/conformance.md through the program and its files, and what it says of presets and terms.

    python tests/conformance_test.py REPOSITORY PROGRAM

Every case is held to its formula by tests/losses/conformance_test.cc; here one or two of each term go the whole way, with nothing but the standard library.
"""
import array
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

root, program = pathlib.Path(sys.argv[1]), sys.argv[2]
CODES = {"F64": "d", "F32": "f", "I64": "q", "I32": "i"}


def write_safetensors(path, tensors):
    """tensors: name -> (type, shape, values)."""
    header, data = {}, b""
    for name, (kind, shape, values) in sorted(tensors.items(), key=lambda item: -array.array(CODES[item[1][0]]).itemsize):
        encoded = struct.pack(f"<{len(values)}{CODES[kind]}", *values)
        header[name] = {"dtype": kind, "shape": shape, "data_offsets": [len(data), len(data) + len(encoded)]}
        data += encoded
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


def read_safetensors(path):
    data = path.read_bytes()
    (length,) = struct.unpack("<Q", data[:8])
    tensors = {}
    for name, entry in json.loads(data[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + length + offset for offset in entry["data_offsets"])
        tensors[name] = (entry["dtype"], entry["shape"], [value for (value,) in struct.iter_unpack("<" + CODES[entry["dtype"]], data[begin:end])])
    return tensors


def run(*arguments, code=0):
    done = subprocess.run([program, "objective", *map(str, arguments)], capture_output=True, text=True, timeout=300)
    assert done.returncode == code, f"{arguments}: exit code {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
    return done


def tensors_of(group, kind):
    return {name: (tensor.get("dtype", kind), tensor["shape"], tensor["values"]) for name, tensor in group.items()}


def check(term, case, kind, folder):
    """The case through files in `kind`; judged as the C++ test judges it."""
    write_safetensors(folder / "in.safetensors", tensors_of(case["inputs"], kind))
    options = [word for key, value in case["options"].items() for word in ("--option", f"{key}={value}")]
    run("evaluate", "--term", term, *options, "--inputs", folder / "in.safetensors", "--output", folder / "out.safetensors")
    found, expected = read_safetensors(folder / "out.safetensors"), tensors_of(case["outputs"], kind)
    assert found.keys() == expected.keys(), (term, found.keys() ^ expected.keys())
    relative, floor = (1e-10, 1e-2) if kind == "F64" else (1e-5, 1)
    for name, (wanted_kind, shape, values) in expected.items():
        assert found[name][:2] == (wanted_kind, shape), (term, name, found[name][:2])
        worst = max((abs(a - b) for a, b in zip(found[name][2], values)), default=0)
        assert worst <= relative * max(map(abs, [floor, *values])), f"{term}, {case['name']}, {kind}: {name} is off by {worst}"


files = sorted((root / "tests" / "conformance").glob("*.json"))
listed = json.loads(run("list", "--json").stdout)
assert [path.stem for path in files] == sorted(term["name"] for term in listed["terms"]), "a term without cases, or cases without a term"
runs = 0
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for path in files:
        content = json.loads(path.read_text())
        cases = content["cases"]
        most_options = max(cases, key=lambda case: len(case["options"]))
        for case in ([cases[0]] if most_options is cases[0] else [cases[0], most_options]):
            for kind in ("F64", "F32"):
                check(content["term"], case, kind, folder)
                runs += 1

    # What is wrong is named, with the exit code of wrong use or of wrong data; nothing is written.
    unit = ("F64", [2, 2], [1, 0, 0, 1])
    good = {"image.0": unit, "text.0": unit, "logit_scale": ("F64", [], [2])}
    source, target = folder / "in.safetensors", folder / "none.safetensors"

    def refused(tensors, *words, term="contrastive", options=(), code=3):
        write_safetensors(source, tensors)
        said = run("evaluate", "--term", term, *options, "--inputs", source, "--output", target, code=code).stderr
        assert all(word in said for word in words), (words, said)
        assert not target.exists()

    refused(good, "contrastive", "Did you mean", term="contrastiv", code=2)
    refused(good, "constant", "Did you mean", term="multi-text", options=["--option", "constnat=mean"], code=2)
    refused(good, "KEY=VALUE", term="multi-text", options=["--option", "mean"], code=2)
    refused(good, "given twice", term="multi-text", options=["--option", "constant=mean", "--option", "constant=paper"], code=2)
    refused({**good, "text.0": ("F32", [2, 2], [1, 0, 0, 1])}, "text.0 is F32 and image.0 F64")
    refused({**good, "text.0": ("F64", [1, 2], [1, 0])}, "text.0", "(1, 2)", "N = 2")
    refused({"image.0": unit, "logit_scale": good["logit_scale"]}, "text.0")
    source.unlink()
    assert "in.safetensors" in run("evaluate", "--term", "contrastive", "--inputs", source, "--output", target, code=3).stderr

# What there is, for people and for programs.
text = run("list").stdout
for kind in ("presets", "terms"):
    for entry in listed[kind]:
        name = entry["name"]
        assert name in text and entry["summary"] in text, name
        shown = run("show", name).stdout
        assert entry["source"] and entry["source"] in shown, name
        for option in entry.get("options", []):
            assert f"{option['name']}={option['default']}" in shown and option["help"] in shown, (name, option)
        for term in entry.get("terms", []):
            assert f"{term['weight']:.4g} {term['name']}" in shown, (name, term)
            assert term["name"] in {known["name"] for known in listed["terms"]}
assert {"clip", "laclip", "declip"} <= {preset["name"] for preset in listed["presets"]}
clip = json.loads(run("show", "clip", "--json").stdout)
assert clip[0]["terms"] == [{"name": "contrastive", "weight": 1.0, "options": {}}], clip
assert math.isclose(clip[0]["scale"]["start"], 1 / 0.07) and math.isclose(clip[0]["scale"]["highest"], 100), clip
assert "Did you mean 'declip'?" in run("show", "decilp", code=2).stderr
print(f"{runs} evaluations through files, {len(listed['presets'])} presets and {len(listed['terms'])} terms shown")
