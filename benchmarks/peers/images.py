"""Times how many pictures a second Pillow + torchvision prepare with open_clip's transforms, on one thread.

    python images.py FOLDER [--runs 5] [--seconds 2] [--size 224]

Prints a JSON line per transform: {"name", "mode", "images_per_s" (median), "runs"}.
The bytes are read into memory first: file access is not part of the comparison.
"""

import argparse
import io
import json
import statistics
import time
from pathlib import Path

import torch
from open_clip.transform import image_transform
from PIL import Image
from torchvision import transforms

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def laclip_train(size):
    return transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.5, 1.0)),
        transforms.ToTensor(),
        transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
    ])


def time_once(files, transform, seconds):
    done, start = 0, time.perf_counter()
    while time.perf_counter() - start < seconds:
        for data in files:
            transform(Image.open(io.BytesIO(data)))
        done += len(files)
    return done / (time.perf_counter() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=2.0)
    parser.add_argument("--size", type=int, default=224)
    args = parser.parse_args()
    torch.set_num_threads(1)
    files = [p.read_bytes() for p in sorted(args.folder.iterdir()) if p.suffix.lower() in (".jpg", ".jpeg")]
    if not files:
        raise SystemExit(f"{args.folder} holds no .jpg files")
    cases = [
        ("openai", "train", image_transform(args.size, is_train=True)),
        ("openai", "eval", image_transform(args.size, is_train=False)),
        ("laclip", "train", laclip_train(args.size)),
    ]
    for name, mode, transform in cases:
        time_once(files[:8], transform, 0.1)
        runs = [time_once(files, transform, args.seconds) for _ in range(args.runs)]
        print(json.dumps({"name": name, "mode": mode, "images_per_s": round(statistics.median(runs), 1),
                          "runs": [round(r, 1) for r in runs]}), flush=True)


if __name__ == "__main__":
    main()
