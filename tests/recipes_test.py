"""recipes/*.toml: every one is taken by the program and arrives as written; its arithmetic is right; what several share is the same in all."""
import json
import pathlib
import re
import struct
import subprocess
import sys
import tempfile
import zlib

finetune = pathlib.Path(sys.argv[1]) / "recipes/finetune.toml"
recipes = sorted(set((pathlib.Path(sys.argv[1]) / "recipes").glob("*.toml")) - {finetune})
program = sys.argv[2]

# As published (Cui et al. 2022 and its README, Li et al. 2022), by data, method and tower: ImageNet zero-shot, peak rate, weight decay.
PUBLISHED = {
    ("yfcc15m", "clip", "vit-b-32"): (32.8, 1e-3, 0.1),
    ("yfcc15m", "clip", "rn50"): (37.2, 1e-3, 0.1),
    ("yfcc15m", "slip", "vit-b-32"): (34.3, 5e-4, 0.5),
    ("yfcc15m", "slip", "rn50"): (28.5, 5e-4, 0.5),
    ("yfcc15m", "filip", "vit-b-32"): (39.5, 5e-4, 0.5),
    ("yfcc15m", "declip", "vit-b-32"): (43.2, 1e-3, 0.1),
    ("yfcc15m", "declip", "rn50"): (44.4, 1e-3, 0.1),
    ("yfcc15m", "defilip", "vit-b-32"): (45.0, 1e-3, 0.1),
    ("web88m", "declip", "vit-b-32"): (66.2, None, None),  # another optimiser
    ("web88m", "declip", "rn50"): (62.5, None, None),
}
PLANS = {"yfcc15m": {"pairs": 15388848, "batch": 4096, "steps": 128001}, "web88m": {"pairs": 29000000 + 59000000, "batch": 10240, "steps": 275000}}
WITH_REWRITES = {"laslip": "slip", "lafilip": "filip", "ladeclip": "declip", "ladefilip": "defilip"}
PASSES = {"clip": (1, 1), "slip": (3, 1), "filip": (1, 1), "declip": (2, 2), "defilip": (2, 2)}
TOWERS = {"vit-b-32": ("ViT-B-32-quickgelu", 8.82), "rn50": ("RN50-quickgelu", 12.2)}
TERMS = {
    "clip": {"contrastive"},
    "slip": {"contrastive", "simclr"},
    "filip": {"filip"},
    "declip": {"multi-view", "nearest-text", "simsiam", "masked-lm"},
    "defilip": {"multi-view", "nearest-text", "simsiam", "masked-lm", "filip"},
}


def settings(text):
    """The keys of a file whose values are texts, numbers, switches and lists of texts, as JSON writes them too."""
    values = {}
    for key, value in re.findall(r"^([a-z0-9-]+) = (\[[^\]]*\]|.+)$", text, re.M):
        assert key not in values, f"{key} twice"
        values[key] = json.loads(re.sub(r",\s*\]", "]", value), strict=False)
    return values


def machine_line(text, name):
    lines = re.findall(rf"^# {name}: (.+)$", text, re.M)
    assert len(lines) == 1, f"'# {name}:' stands there {len(lines)} times"
    return dict(word.split("=") for word in lines[0].split()) if "=" in lines[0] else lines[0]


def check_text(path):
    """The header against the settings, and both against what was published."""
    text = path.read_text()
    data, method, tower = re.fullmatch(r"(yfcc15m|web88m)-([a-z]+)-(vit-b-32|rn50)", path.stem).groups()
    base = WITH_REWRITES.get(method, method)
    values, plan, compute, expected = settings(text), machine_line(text, "arithmetic"), machine_line(text, "compute"), machine_line(text, "expected")
    same = lambda what, left, right: left == right or sys.exit(f"{path.name}: {what} is {left}, expected {right}")
    for name, number in PLANS[data].items():
        same(name, int(plan[name]), number)
    same("batch-size x accum-freq", values["batch-size"] * values["accum-freq"], int(plan["batch"]))
    same("steps", values["steps"], int(plan["steps"]))
    same("samples", int(plan["samples"]), int(plan["batch"]) * int(plan["steps"]))
    same("epochs", plan["epochs"], f"{int(plan['samples']) / int(plan['pairs']):.2f}")
    same("warmup", values["warmup"], plan["warmup"])
    same("warmup", plan["warmup"], "5000" if (data, tower) == ("web88m", "vit-b-32") else "2500")
    same("image-passes, text-passes", (int(compute["image-passes"]), int(compute["text-passes"])), PASSES[base])
    same("image-gflop", float(compute["image-gflop"]), TOWERS[tower][1])
    same("image-eflop", compute["image-eflop"], f"{int(plan['samples']) * PASSES[base][0] * TOWERS[tower][1] * 3 / 1e9:.1f}")
    same("model", values["model"], TOWERS[tower][0])
    same("objective", values["objective"], method)
    same("AdamW", [values[key] for key in ("beta1", "beta2", "eps", "lr-scheduler")], [0.9, 0.98, 1e-8, "cosine"])
    number, lr, wd = PUBLISHED[data, base, tower]
    same("lr", values["lr"], lr or 1e-3)
    same("wd", values["wd"], wd or 0.05)
    same("expected", expected, "none" if base != method else {"imagenet-zero-shot": str(number)})
    if "--config recipes/" in text:
        same("the file in the example", set(re.findall(r"--config recipes/(\S+)", text)), {path.name})
    if base != method:  # nothing but the objective and its second text differs
        twin = settings((path.parent / f"{data}-{base}-{tower}.toml").read_text())
        twin["objective"] = method
        if base == "defilip":
            same("the twin's texts", twin["texts"], ["caption+masked", "eda"])
            twin["texts"] = ["caption+masked", "rewrite"]
        same("the settings", values, twin)
    row = re.search(rf"^\| `{path.stem}` \| (.+) \|$", (path.parent / "README.md").read_text(), re.M)
    assert row, f"{path.stem} is not in recipes/README.md"
    steps = f"{int(plan['steps']):,} x {int(plan['batch']):,}"
    same("README.md's row", row[1].split(" | "), [f"{int(plan['pairs']):,}", steps, plan["epochs"], "-" if base != method else str(number)])
    return base, values


def png(path, shade, size=40):
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    rows = b"".join(b"\0" + bytes((x * shade + y) % 256 for x in range(size) for _ in range(3)) for y in range(size))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def train(*arguments):
    return subprocess.run([program, "train", *map(str, arguments)], capture_output=True, text=True, timeout=300)


names = {path.stem for path in recipes}
assert names == {"-".join(key) for key in PUBLISHED} | {f"yfcc15m-{method}-vit-b-32" for method in WITH_REWRITES}, names
with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    with open(folder / "yfcc15m.json", "w") as table, open(folder / "rewrites.txt", "w") as rewrites:
        for i in range(4):
            png(folder / f"{i}.png", i + 1)
            table.write(json.dumps({"filename": f"{i}.png", "caption": [f"a picture of number {i}", "unused"], "url": "u"}) + "\n")
            rewrites.write(f"number {i} in a picture\n")
    data = ["--train-data", folder / "yfcc15m.json", "--dataset-type", "yfcc15m", "--logs", folder / "logs"]
    known = train(*data, "--batch-size", 4, "--steps", 1, "--model", "no-such-model").stderr
    known = re.search(r"one of ([^.\n]+)", known)[1].split(", ")
    # One step of a small tower, so that presets, terms and their options meet what they are for.
    small = {"model": "tiny-32", "steps": 1, "batch-size": 4, "accum-freq": 1, "warmup": "0", "device": "cpu", "precision": "fp32"}
    for path in recipes:
        base, values = check_text(path)
        assert values["model"] in known, f"{path.name}: {values['model']} is none of {known}"
        flags = [word for key, value in small.items() for word in (f"--{key}", value)]
        if values["objective"] in WITH_REWRITES:
            refused = train("--config", path, *data, *flags, "--name", "refused")
            assert refused.returncode == 2 and "--rewrites" in refused.stderr, refused
            flags += ["--rewrites", folder / "rewrites.txt"]
        done = train("--config", path, *data, *flags, "--name", path.stem)
        assert done.returncode == 0, f"{path.name}: exit code {done.returncode}\n{done.stderr}"
        run = folder / "logs" / path.stem
        rows = (run / "metrics.jsonl").read_text().splitlines()
        row = json.loads(rows[0])
        assert len(rows) == 1 and TERMS[base] == TERMS[base] & set(row), f"{path.name}: {row}"
        resolved = settings((run / "config.toml").read_text())
        for key, value in {**values, **small}.items():
            found = resolved[key]
            if key in ("term", "term-option"):  # the run names all of them
                assert set(value) <= set(found), f"{path.name}: {key} became {found}"
            else:
                assert found == value, f"{path.name}: {key} = {value} became {found}"

    # The recipe of fine-tuning is what `clipwright finetune` does without it.
    text, values = finetune.read_text(), settings(finetune.read_text())
    plan = {key: float(value) for key, value in machine_line(text, "arithmetic").items()}
    assert plan["batch"] == values["batch-size"] and plan["epochs"] == values["epochs"] and plan["held-out"] == values["hold-out"] * plan["pairs"]
    assert plan["steps-per-epoch"] == (plan["pairs"] - plan["held-out"]) // plan["batch"]
    assert plan["steps"] == plan["steps-per-epoch"] * plan["epochs"] and plan["samples"] == plan["steps"] * plan["batch"]
    compute = machine_line(text, "compute")
    assert compute["image-pflop"] == f"{plan['samples'] * float(compute['image-gflop']) * 3 / 1e6:.1f}", compute
    made = train(*data, "--batch-size", 4, "--steps", 1, "--model", "tiny-32", "--name", "start")
    assert made.returncode == 0, made.stderr
    found = {}
    for name, config in (("with", ["--config", finetune]), ("without", [])):
        words = ["finetune", *config, *data, "--hold-out", 0.5, "--batch-size", 2, "--epochs", 1, "--model", folder / "logs/start/model", "--name", name]
        done = subprocess.run([program, *map(str, words)], capture_output=True, text=True, timeout=300)
        assert done.returncode == 0, done.stderr
        found[name] = settings((folder / "logs" / name / "config.toml").read_text())
        for key, value in {**values, "hold-out": 0.5, "batch-size": 2, "epochs": 1}.items():
            assert found[name][key] == value, f"{name} the file: {key} = {value} became {found[name][key]}"
        report = (folder / "logs" / name / "report.md").read_text()
        assert all(heading in report for heading in ("## What it learned", "## What it forgot")), report
    del found["with"]["name"], found["without"]["name"]
    assert found["with"] == found["without"], found
print(f"{len(recipes) + 1} recipes")
