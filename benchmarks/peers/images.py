"""Times how many pictures a second Pillow + torchvision prepare with open_clip's transforms, on one thread.

    python images.py FOLDER [--runs 5] [--seconds 2] [--size 224]

Prints a JSON line per transform: {"name", "mode", "images_per_s" (median), "runs"}. That of mocov2 makes two views of each picture;
the line of mode "given" holds the SHA-256 of two views with given parameters instead of times.
The bytes are read into memory first: file access is not part of the comparison.
"""

import argparse
import hashlib
import io
import json
import random
import statistics
import time
from pathlib import Path

import numpy as np
import torch
import torchvision.transforms.functional as F
from open_clip.transform import image_transform
from PIL import Image, ImageFilter
from torchvision import transforms

IMAGENET_MEAN, IMAGENET_STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)


def laclip_train(size):
    return transforms.Compose([
        transforms.RandomResizedCrop(size, scale=(0.5, 1.0)),
        transforms.ToTensor(),
        transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
    ])


class TwoViews:
    """MoCo v2's augmentation, twice, of a picture that is decoded once; the blur is Pillow's."""

    def __init__(self, size):
        self.view = transforms.Compose([
            transforms.RandomResizedCrop(size, scale=(0.2, 1.0)),
            transforms.RandomApply([transforms.ColorJitter(0.4, 0.4, 0.4, 0.1)], p=0.8),
            transforms.RandomGrayscale(p=0.2),
            transforms.RandomApply([lambda image: image.filter(ImageFilter.GaussianBlur(random.uniform(0.1, 2.0)))], p=0.5),
            transforms.RandomHorizontalFlip(),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ])

    def __call__(self, image):
        image = image.convert("RGB")
        return self.view(image), self.view(image)


def given_views(image, size):
    """Two views with every operation in them, the same numbers as in src/bench/data_path.cc."""
    image = image.convert("RGB")
    width, height = image.size
    first = F.resized_crop(image, 0, 0, height, width, [size, size])
    for change, amount in ((F.adjust_brightness, 1.25), (F.adjust_contrast, 0.75), (F.adjust_saturation, 1.35), (F.adjust_hue, -0.06)):
        first = change(first, amount)
    second = F.resized_crop(image, height // 4, width // 4, height // 2, width // 2, [size, size])
    for change, amount in ((F.adjust_hue, 0.09), (F.adjust_saturation, 0.7), (F.adjust_contrast, 1.3), (F.adjust_brightness, 0.8)):
        second = change(second, amount)
    return F.hflip(first.filter(ImageFilter.GaussianBlur(1.3))), F.to_grayscale(second, 3).filter(ImageFilter.GaussianBlur(0.4))


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
        ("mocov2", "pair", TwoViews(args.size)),
    ]
    digest = hashlib.sha256()
    for data in files:
        for view in given_views(Image.open(io.BytesIO(data)), args.size):
            digest.update(np.asarray(view).transpose(2, 0, 1).tobytes())
    print(json.dumps({"name": "mocov2", "mode": "given", "sha256": digest.hexdigest()}), flush=True)
    for name, mode, transform in cases:
        time_once(files[:8], transform, 0.1)
        runs = [time_once(files, transform, args.seconds) for _ in range(args.runs)]
        print(json.dumps({"name": name, "mode": mode, "images_per_s": round(statistics.median(runs), 1),
                          "runs": [round(r, 1) for r in runs]}), flush=True)


if __name__ == "__main__":
    main()
