"""What `clipwright model convert --format hf` writes, read by transformers: features, token ids and pictures equal ours.

    python tests/golden/check_transformers_reads_ours.py PROGRAM

Needs transformers, whose processor on Pillow is compared: the one on torchvision resizes otherwise and is off by 1e-3. Prints the largest
differences.
"""
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import torch
from PIL import Image
from transformers import AutoImageProcessor, CLIPModel, CLIPTokenizer

program = sys.argv[1]
texts = ["a red dog", "Two cats on a mat, 3 of them grey!", "caf\u00e9 & \u732b \U0001f600", "", "supercalifragilistic " * 30]


def run(*arguments):
    subprocess.run([program, *map(str, arguments)], check=True, capture_output=True)


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    pairs = folder / "pairs"
    pairs.mkdir()
    generator = np.random.default_rng(1)
    for i in range(8):
        Image.fromarray(generator.integers(0, 256, (40, 56, 3), dtype=np.uint8)).resize((112, 80)).save(pairs / f"{i}.png")
        (pairs / f"{i}.txt").write_text(f"picture {i}")
    run("train", "--train-data", pairs, "--model", "tiny-32", "--batch-size", 8, "--steps", 3, "--lr", 1e-3, "--logs", folder, "--name", "run")
    run("model", "convert", folder / "run", "--format", "hf", "--output", folder / "hf")
    (folder / "texts.txt").write_text("\n".join(texts) + "\n")
    run("embed", "--model", folder / "hf", "--texts", folder / "texts.txt", "--output", folder / "texts.npy", "--raw")
    run("embed", "--model", folder / "run/model", "--images", pairs, "--output", folder / "images.npy", "--raw")
    model = CLIPModel.from_pretrained(folder / "hf").eval()
    tokenizer, processor = CLIPTokenizer.from_pretrained(folder / "hf"), AutoImageProcessor.from_pretrained(folder / "hf", backend="pil")
    with torch.no_grad():
        tokens = tokenizer(texts, padding=True, truncation=True, return_tensors="pt")
        their_texts = model.text_projection(model.text_model(**tokens).pooler_output).numpy()
        pictures = [Image.open(pairs / f"{i}.png") for i in range(8)]
        pixels = processor(pictures, return_tensors="pt")["pixel_values"]
        their_images = model.visual_projection(model.vision_model(pixel_values=pixels).pooler_output).numpy()
    ids = subprocess.run([program, "tokenize"], input="\n".join(texts) + "\n", capture_output=True, text=True, check=True).stdout.splitlines()
    for line, row, mask in zip(ids, tokens["input_ids"].tolist(), tokens["attention_mask"].tolist(), strict=True):
        assert [int(i) for i in line.split()] == row[: sum(mask)], (line, row)
    text_difference = np.abs(np.load(folder / "texts.npy") - their_texts).max()
    image_difference = np.abs(np.load(folder / "images.npy") - their_images).max()
    print(f"{len(texts)} texts: equal ids, features to {text_difference:.1e}; {len(pictures)} pictures: features to {image_difference:.1e}")
    assert text_difference < 1e-5 and image_difference < 1e-5
