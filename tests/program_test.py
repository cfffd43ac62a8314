"""What a user sees of the whole program: exit codes and sentences for wrong use, and the way from pictures to an evaluated model."""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile
import zlib

program = sys.argv[2]


def run(*arguments, code=0, stdin=None, env=None):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True, input=stdin, env=env, timeout=300)
    assert done.returncode == code, f"{arguments}: exit code {done.returncode}, expected {code}\n{done.stdout}\n{done.stderr}"
    return done


def png(path, colour, size=40):
    row = b"\0" + bytes(colour) * size
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(row * size)) + chunk(b"IEND", b""))


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    # Wrong use: exit code 2, and the nearest right name.
    assert "tokenize" in run("tokenise", code=2).stderr
    assert "--context-length" in run("tokenize", "--context-lenght", 5, code=2).stderr
    (folder / "c.toml").write_text("contxt-length = 5\n")
    assert "Did you mean 'context-length'?" in run("tokenize", "--config", folder / "c.toml", code=2).stderr
    assert "laclip" in run("train", "--train-data", folder, "--model", "tiny-32", "--objective", "laclp", "--logs", folder / "l", code=2).stderr
    # A section of a file is as easily misspelt as a key; a run's config.toml says which there are.
    (folder / "t.toml").write_text("[optm]\nlr = 0.1\n")
    refused = run("train", "--config", folder / "t.toml", "--train-data", folder, "--logs", folder / "l", code=2).stderr
    assert "[optm] is no section of 'clipwright train'" in refused and "Did you mean 'optim'?" in refused, refused
    (folder / "t.toml").write_text("[optim.adam]\nlr = 0.1\n")
    assert "[optim.adam]" in run("train", "--config", folder / "t.toml", "--train-data", folder, "--logs", folder / "l", code=2).stderr
    # What a model cannot serve is told before pictures or weights are read.
    refused = run("train", "--train-data", folder / "nowhere.csv", "--model", "RN50", "--objective", "filip", "--logs", folder / "l", code=2).stderr
    assert "RN50's image tower is a ResNet" in refused and "nowhere" not in refused, refused
    assert not (folder / "l").exists()
    # Missing input: exit code 3 with its name.
    assert "nowhere.csv" in run("train", "--train-data", folder / "nowhere.csv", "--model", "tiny-32", "--logs", folder / "l", code=3).stderr
    # A flag wins over the environment, the environment over the file.
    (folder / "c.toml").write_text("[text]\ncontext-length = 4\n")
    ids = lambda *more, env=None: run("tokenize", *more, stdin="a photo of a cat\n", env=env).stdout.split()
    assert ids() == ["49406", "320", "1125", "539", "320", "2368", "49407"]
    assert len(ids("--config", folder / "c.toml")) == 4
    assert len(ids("--config", folder / "c.toml", env={"CLIPWRIGHT_CONTEXT_LENGTH": "5"})) == 5
    assert len(ids("--config", folder / "c.toml", "--context-length", 3, env={"CLIPWRIGHT_CONTEXT_LENGTH": "5"})) == 3

    # From pictures to an evaluated model.
    pictures = folder / "pictures"
    pictures.mkdir()
    colours = {"red": (200, 20, 20), "green": (20, 180, 20), "blue": (20, 20, 200), "white": (240, 240, 240)}
    for i in range(32):
        colour = list(colours)[i % 4]
        png(pictures / f"{i:02}.png", [max(0, min(255, c + i - 16)) for c in colours[colour]])
        (pictures / f"{i:02}.txt").write_text(f"a {colour} square\n")
    run("train", "--train-data", pictures, "--model", "tiny-32", "--batch-size", 8, "--steps", 30, "--lr", "1e-3", "--warmup", 5, "--logs", folder / "logs", "--name", "one", "--seed", 1)
    rows = [json.loads(line) for line in (folder / "logs/one/metrics.jsonl").read_text().splitlines()]
    assert [row["step"] for row in rows] == list(range(1, 31)), [row["step"] for row in rows]
    needed = {"step", "epoch", "samples", "loss", "logit_scale", "lr", "grad_norm", "samples_per_s", "data_wait", "contrastive"}
    assert needed <= set(rows[0]), needed - set(rows[0])
    assert rows[-1]["loss"] < rows[0]["loss"]
    model = folder / "logs/one/model"
    assert {p.name for p in model.iterdir()} >= {"open_clip_config.json", "open_clip_model.safetensors"}
    (folder / "texts.txt").write_text("a red square\n\na blue square\n")
    run("embed", "--model", model, "--texts", folder / "texts.txt", "--output", folder / "t.npy")
    assert (folder / "t.npy").read_bytes()[:6] == b"\x93NUMPY"
    run("eval", "retrieval", "--model", model, "--data", pictures, "--recall-k", 1, 5, "--output", folder / "r.json")
    result = json.loads((folder / "r.json").read_text())
    assert result["task"] == "zeroshot_retrieval" and 0 <= result["metrics"]["image_retrieval_recall@5"] <= 1, result
    # A damaged model is refused with its name, not crashed on.
    weights = (model / "open_clip_model.safetensors").read_bytes()
    (model / "open_clip_model.safetensors").write_bytes(weights[: len(weights) // 2])
    assert "open_clip_model.safetensors" in run("embed", "--model", model, "--texts", folder / "texts.txt", "--output", folder / "u.npy", code=3).stderr
    assert not (folder / "u.npy").exists()
    # Results that cannot be written are no success.
    with open("/dev/full", "w") as full:
        done = subprocess.run([program, "data", "inspect", "--data", str(pictures)], stdout=full, stderr=subprocess.PIPE, text=True, timeout=300)
    assert done.returncode == 1 and "could not be written" in done.stderr, done
    # Names from outside reach a terminal without their control characters, and not by the megabyte.
    shown = run("data", "inspect", "--data", "/nowhere\x1b[31m/" + "x" * 50_000, code=3).stderr
    assert "\x1b" not in shown and "\\x1b" in shown and len(shown) < 5_000, shown[:200]
    # A limit on values that nobody computes is a mistake.
    run("audit", "--captions", folder / "texts.txt", "--rewrites", folder / "texts.txt", "--embedding-model", "none", "--flag-similarity-below", 0.5, code=2)
    # A file that is no language model.
    (folder / "x.gguf").write_text("not a model")
    run("rewrite", "--captions", folder / "texts.txt", "--model", folder / "x.gguf", "--ledger", f"sqlite:{folder / 'x.db'}", "--output", folder / "o", code=3)
print("the program answers as documented")
