"""Does open_clip read the models that clipwright writes, and see the same? A check for developers, not part of the tests.

    python tests/golden/check_open_clip_reads_ours.py build/clipwright MODEL_DIRECTORY...

Each directory (a run's model/, or a checkpoint) is loaded strictly by open_clip as local-dir:. Pictures and texts go through open_clip's own preprocessing and
tokenizer, and through `clipwright embed --raw`; the largest difference of the features is printed. Exit code 1 when it is above 1e-5 of their size.
A Hugging Face text tower is built from the directory's own config.json.
LaCLIP models need timm_model_kwargs, which open_clip 3.3.0 does not pass on to timm: there the script does it, as docs/formats/open_clip_directory.md shows.
"""
import functools
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import open_clip
import timm
import torch
from PIL import Image
from safetensors.torch import load_file

TEXTS = ["a photo of a cat", "", "the tower, at night!", "日本語 text 🙂", "word " * 100]


def load(folder):
    config = json.loads((folder / "open_clip_config.json").read_text())
    kwargs = config["model_cfg"]["vision_cfg"].pop("timm_model_kwargs", None)
    text = config["model_cfg"]["text_cfg"]
    if "hf_model_name" in text:  # the encoder's configuration and tokenizer lie in the directory
        model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}", text_cfg={**text, "hf_model_name": str(folder), "hf_model_pretrained": False})
    elif kwargs is None:
        model, _, preprocess = open_clip.create_model_and_transforms(f"local-dir:{folder}")
    else:
        plain = timm.create_model
        timm.create_model = functools.partial(plain, **kwargs)
        model = open_clip.CLIP(**config["model_cfg"])
        timm.create_model = plain
        model.load_state_dict(load_file(folder / "open_clip_model.safetensors"), strict=True)
        size = kwargs.get("img_size", config["model_cfg"]["vision_cfg"]["image_size"])
        preprocess = open_clip.transform.image_transform_v2(open_clip.transform.PreprocessCfg(size=size, **config["preprocess_cfg"]), is_train=False)
    return model.eval(), preprocess


def tokenizer_of(folder, model):
    text = json.loads((folder / "open_clip_config.json").read_text())["model_cfg"]["text_cfg"]
    if "hf_model_name" in text:
        return open_clip.get_tokenizer(f"local-dir:{folder}")
    return open_clip.SimpleTokenizer(context_length=model.context_length)


def check(program, folder, work):
    model, preprocess = load(folder)
    random = np.random.default_rng(3)
    paths = []
    for index, (height, width) in enumerate([(240, 320), (400, 300), (64, 64)]):
        coarse = random.integers(0, 256, (height // 16, width // 16, 3), dtype=np.uint8)
        paths.append(work / f"{index}.png")
        Image.fromarray(coarse).resize((width, height), Image.BICUBIC).save(paths[-1])
    (work / "texts.txt").write_text("\n".join(TEXTS) + "\n")
    common = [program, "embed", "--model", folder, "--raw", "--output", work / "features.npy"]
    subprocess.run([*common, "--images", *paths], check=True, stdout=subprocess.DEVNULL)
    ours_images = np.load(work / "features.npy")
    subprocess.run([*common, "--texts", work / "texts.txt"], check=True, stdout=subprocess.DEVNULL)
    ours_texts = np.load(work / "features.npy")
    with torch.no_grad():
        images = model.encode_image(torch.stack([preprocess(Image.open(path)) for path in paths])).numpy()
        texts = model.encode_text(tokenizer_of(folder, model)(TEXTS)).numpy()
    worst = 0
    for kind, theirs, ours in (("pictures", images, ours_images), ("texts", texts, ours_texts)):
        difference, size = np.abs(theirs - ours).max(), np.abs(theirs).max()
        worst = max(worst, difference / size)
        print(f"{folder}: {kind}: largest difference {difference:.2e} of features up to {size:.2f}")
    return worst <= 1e-5


def main():
    if len(sys.argv) < 3:
        sys.exit(__doc__)
    with tempfile.TemporaryDirectory() as work:
        results = [check(sys.argv[1], pathlib.Path(folder), pathlib.Path(work)) for folder in sys.argv[2:]]
    sys.exit(0 if all(results) else 1)


if __name__ == "__main__":
    main()
