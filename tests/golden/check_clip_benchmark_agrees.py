"""Does clip_benchmark get the same numbers as `clipwright eval zeroshot` on the same folder and model? A check for developers, not part of the tests.

    python tests/golden/check_clip_benchmark_agrees.py build/clipwright

Writes small folders in CLIP_benchmark's layout (pictures in two tars, a third tar that nshards.txt does not count, names with Windows line ends, an awkward
.cls; a set with several labels a picture) and a model with fresh weights in open_clip's form, lets clip_benchmark evaluate them without autocast, and compares
every metric. Exit code 1 when one differs by more than 1e-6.
"""
import io
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile
import types

import numpy as np
import open_clip
import torch

sys.modules.setdefault("requests", types.ModuleType("requests"))  # clip_benchmark imports it for downloads, of which there are none here
from clip_benchmark.datasets.builder import build_dataset
from clip_benchmark.metrics import zeroshot_classification
from PIL import Image
from safetensors.torch import save_file

# Its float(array of one) is no longer allowed by NumPy 2.4.
zeroshot_classification.float = lambda value: float(np.asarray(value).item())


NAMES = ["airplane", "big dog", "cat", "deer", "frog", "tower of flowers", "ship"]
TEMPLATES = ["a photo of a {c}.", "the {c} in a room", "{c}"]


def write_model(folder):
    torch.manual_seed(4)
    config = {"embed_dim": 32, "vision_cfg": {"image_size": 32, "layers": 2, "width": 64, "head_width": 16, "patch_size": 8},
              "text_cfg": {"context_length": 77, "vocab_size": 49408, "width": 32, "heads": 2, "layers": 2}}
    model = open_clip.CLIP(**config).eval()
    with torch.no_grad():  # far from their start, so that scores differ clearly
        for parameter in model.parameters():
            if parameter.ndim >= 2:
                parameter.mul_(3)
    preprocess = {"mean": list(open_clip.OPENAI_DATASET_MEAN), "std": list(open_clip.OPENAI_DATASET_STD), "interpolation": "bicubic", "resize_mode": "shortest"}
    folder.mkdir()
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": preprocess}))
    save_file({key: value.contiguous() for key, value in model.state_dict().items()}, folder / "open_clip_model.safetensors")


def write_set(folder, random, labels, kind=None):
    split = folder / "test"
    split.mkdir(parents=True)
    (folder / "classnames.txt").write_bytes("\r\n".join(NAMES).encode() + b" \r\n")
    (folder / "zeroshot_classification_templates.txt").write_text("\n".join(TEMPLATES))
    if kind:
        (folder / "dataset_type.txt").write_text(kind + "\n")
    (split / "nshards.txt").write_text("2\n")
    shards = np.array_split(np.arange(len(labels)), 2) + [np.arange(2)]  # the third must not be read
    for number, shard in enumerate(shards):
        with tarfile.open(split / f"{number}.tar", "w") as tar:
            for index in shard:
                image = io.BytesIO()
                form = ["webp", "png", "jpg"][index % 3]
                coarse = Image.fromarray(random.integers(0, 256, (5, 6, 3), dtype=np.uint8)).resize((40 + 7 * (index % 4), 36), Image.BICUBIC)
                picture = coarse.convert("L") if index % 5 == 0 else coarse  # grey ones too
                picture.save(image, {"webp": "WEBP", "png": "PNG", "jpg": "JPEG"}[form], **({"lossless": True} if form == "webp" else {}))
                if kind == "multilabel":
                    vector = io.BytesIO()
                    np.save(vector, labels[index])
                    label = ("npy", vector.getvalue())
                else:
                    label = ("cls", f" {labels[index]}\n".encode() if index % 4 == 0 else str(labels[index]).encode())
                for ending, data in ((form, image.getvalue()), label):
                    entry = tarfile.TarInfo(f"s{index:07d}.{ending}")
                    entry.size = len(data)
                    tar.addfile(entry, io.BytesIO(data))


def theirs(model_folder, folder):
    model, _, transform = open_clip.create_model_and_transforms(f"local-dir:{model_folder}")
    model.eval()
    dataset = build_dataset("wds/made_up", root=str(folder), transform=transform, split="test", download=False, task="zeroshot_classification")
    loader = torch.utils.data.DataLoader(dataset.batched(8), batch_size=None, shuffle=False, num_workers=0)
    loader.dataset.classes = dataset.classes
    return zeroshot_classification.evaluate(model, loader, open_clip.SimpleTokenizer(context_length=77), dataset.classes, dataset.templates, "cpu", amp=False)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    good = True
    with tempfile.TemporaryDirectory() as work:
        work = pathlib.Path(work)
        write_model(work / "model")
        random = np.random.default_rng(11)
        single = random.integers(0, 6, 60)  # the last class has no picture
        write_set(work / "single", random, single)
        write_set(work / "multi", random, (random.random((60, len(NAMES))) < 0.3).astype(np.int64), "multilabel")
        for name in ("single", "multi"):
            expected = theirs(work / "model", work / name)
            for batch in ("1", "7", "64"):
                out = subprocess.run([sys.argv[1], "eval", "zeroshot", "--model", work / "model", "--data", work / name, "--batch-size", batch], check=True, stdout=subprocess.PIPE, text=True).stdout
                ours = json.loads(out)["metrics"]
                for key, value in expected.items():
                    same = key in ours and abs(ours[key] - value) <= 1e-6
                    good &= same
                    print(f"{name}, batch {batch}: {key}: {value:.6f} {'equal' if same else f'but ours is {ours.get(key)}'}")
    sys.exit(0 if good else 1)


if __name__ == "__main__":
    main()
