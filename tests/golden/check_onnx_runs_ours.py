"""What `clipwright model convert --format onnx` writes, checked by onnx and run by onnxruntime: features equal open_clip's and ours.

    python tests/golden/check_onnx_runs_ours.py PROGRAM

Every kind of architecture: the golden models of make_models.py with open_clip's own features, and models of the program with its own. Texts
go the way immich takes them (tokenizer.json, padded and cut by the library `tokenizers`, int32), pictures the way darktable does (the
manifest's scale, mean and deviation). Needs onnx, onnxruntime and tokenizers. Prints the largest differences.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import onnx
import onnxruntime
from PIL import Image
from tokenizers import Tokenizer

program = sys.argv[1]
golden = pathlib.Path(__file__).parent
TEXTS = ["a red dog", "Two cats on a mat, 3 of them grey!", "caf\u00e9 & \u732b \U0001f600", "it's what we'll do", "a", "supercalifragilistic " * 60]
MOST = 1e-5


def run(*arguments):
    done = subprocess.run([program, *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done


def unit(rows):
    return rows / np.linalg.norm(rows.astype(np.float64), axis=1, keepdims=True)


def session(path, name):
    onnx.checker.check_model(str(path), full_check=True)
    model = onnx.load(str(path), load_external_data=False)
    assert [(entry.domain, entry.version) for entry in model.opset_import] == [("", 19)], model.opset_import
    ready = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    (given,), (made,) = ready.get_inputs(), ready.get_outputs()
    assert (given.name, made.name, given.shape[0], made.shape[0]) == (name, "embedding", "batch", "batch")
    return ready


def features(ready, name, rows):
    """One by one, and all together: the batch is free and changes nothing that counts."""
    together = ready.run(None, {name: rows})[0]
    alone = np.concatenate([ready.run(None, {name: row[None]})[0] for row in rows])
    assert np.abs(together - alone).max() < MOST and together.dtype == np.float32
    assert np.abs(np.linalg.norm(together, axis=1) - 1).max() < 1e-5
    return together


def darktable_pixels(pixels, manifest):
    attributes = manifest["attributes"]
    assert manifest["task"] == "embedding" and attributes["color_space"] == "rgb" and attributes["output_l2_normalized"]
    assert attributes["input_sizes"] == [pixels.shape[2]]
    mean, deviation = (np.array(attributes[key], np.float32)[None, :, None, None] for key in ("norm_mean", "norm_std"))
    return ((pixels.astype(np.float32) * np.float32(attributes["input_scale"]) - mean) / deviation).astype(np.float32)


def check_golden(name, folder):
    model = golden / "models" / name
    run("model", "convert", model, "--format", "onnx", "--output", folder / name)
    visual, textual = session(folder / name / "visual/model.onnx", "image"), session(folder / name / "textual/model.onnx", "text")
    manifest = json.loads((folder / name / "visual/config.json").read_text())
    size = manifest["attributes"]["input_sizes"][0]
    pixels = np.load(golden / "models/pixels.npy")[:, :, :size, :size]
    images = np.abs(features(visual, "image", darktable_pixels(pixels, manifest)) - unit(np.load(model / "image_features.npy"))).max()
    ids = np.load(golden / "models/ids.npy").astype(np.int32)
    texts = np.abs(features(textual, "text", ids) - unit(np.load(model / "text_features.npy"))).max()
    return images, texts


def check_own(name, folder, pictures):
    """A model of the program with one step of training, against its own features."""
    logs = folder / "logs"
    run("train", "--train-data", pictures, "--model", name, "--batch-size", 4, "--steps", 1, "--lr", 1e-3, "--logs", logs, "--name", name)
    output = folder / ("own-" + name)
    run("model", "convert", logs / name, "--format", "onnx", "--output", output)
    visual, textual = session(output / "visual/model.onnx", "image"), session(output / "textual/model.onnx", "text")
    (folder / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    run("embed", "--model", logs / name, "--texts", folder / "texts.txt", "--output", folder / "texts.npy")
    run("embed", "--model", logs / name, "--images", pictures, "--output", folder / "images.npy")
    config, words = json.loads((output / "config.json").read_text()), json.loads((output / "textual/tokenizer_config.json").read_text())
    tokenizer = Tokenizer.from_file(str(output / "textual/tokenizer.json"))
    length = config["text_cfg"].get("context_length", 77)
    tokenizer.enable_padding(length=length, pad_token=words["pad_token"], pad_id=tokenizer.token_to_id(words["pad_token"]))
    tokenizer.enable_truncation(max_length=length)
    ours = run_tokenize(TEXTS, length)
    ids = []
    for text, line in zip(TEXTS, ours, strict=True):
        row = tokenizer.encode(text.strip()).ids
        assert row[: len(line)] == line and set(row[len(line):]) <= {49407}, (text, row, line)
        ids.append(row)
    texts = np.abs(features(textual, "text", np.array(ids, np.int32)) - np.load(folder / "texts.npy")).max()
    manifest, cfg = json.loads((output / "visual/config.json").read_text()), json.loads((output / "visual/preprocess_cfg.json").read_text())
    size = cfg["size"]
    pixels = []
    for path in sorted(pictures.glob("*.png")):
        picture = Image.open(path).convert("RGB")
        assert picture.size == (size, size), "pictures of the model's own size: nothing to resize"
        pixels.append(np.asarray(picture).transpose(2, 0, 1))
    images = np.abs(features(visual, "image", darktable_pixels(np.stack(pixels), manifest)) - np.load(folder / "images.npy")).max()
    return images, texts


def run_tokenize(texts, length):
    done = subprocess.run([program, "tokenize", "--context-length", str(length)], input="\n".join(texts) + "\n", capture_output=True, text=True, check=True)
    return [[int(i) for i in line.split()] for line in done.stdout.splitlines()]


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    pictures = folder / "pictures"
    pictures.mkdir()
    generator = np.random.default_rng(1)
    for i in range(4):
        Image.fromarray(generator.integers(0, 256, (32, 32, 3), dtype=np.uint8)).save(pictures / f"{i}.png")
        (pictures / f"{i}.txt").write_text(f"picture {i}")
    worst = 0.0
    kinds = [(name, check_golden) for name in ("vit", "vit-quickgelu", "resnet", "laclip", "vit-averaged", "timm-averaged")]
    for kind, (images, texts) in [(kind, check(kind, folder)) for kind, check in kinds] + [
        (kind, check_own(kind, folder, pictures)) for kind in ("tiny-32", "tiny-32+text-bias+declip-tokens")
    ]:
        print(f"{kind}: pictures to {images:.1e}, texts to {texts:.1e}")
        worst = max(worst, images, texts)
    assert worst < MOST, worst
