"""Image features of open_clip 3.3.0 with patch dropout, for tests/train/tuning/patch_dropout_test.cc.

Writes tests/golden/patch_dropout/: kept.npy (int64, the patches that each picture keeps) and image_features.npy of tests/golden/models/vit with half of
its patches dropped in training mode. open_clip draws which; here the draw is replaced by one that keeps the given ones.
"""
import pathlib

import numpy as np
import torch
from make_models import FOLDER as MODELS
from make_models import build
from open_clip.transformer import PatchDropout
from safetensors.torch import load_file
import json

FOLDER = pathlib.Path(__file__).parent / "patch_dropout"


def main():
    FOLDER.mkdir(exist_ok=True)
    config = json.loads((MODELS / "vit/open_clip_config.json").read_text())
    model = build(config["model_cfg"])
    model.load_state_dict(load_file(MODELS / "vit/open_clip_model.safetensors"))
    model.visual.patch_dropout = PatchDropout(0.5)
    model.train()
    generator = torch.Generator().manual_seed(4)
    kept = torch.stack([torch.randperm(16, generator=generator)[:8].sort().values for _ in range(3)])
    scores = torch.zeros(3, 16).scatter(1, kept, 1.0)
    plain = torch.randn
    torch.randn = lambda *shape: scores
    pixels = torch.from_numpy(np.load(MODELS / "pixels.npy"))[:, :, :32, :32]
    mean, std = (torch.tensor(config["preprocess_cfg"][key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    with torch.no_grad():
        features = model.encode_image((pixels.float() / 255 - mean) / std)
    torch.randn = plain
    np.save(FOLDER / "kept.npy", kept.numpy())
    np.save(FOLDER / "image_features.npy", features.numpy())


if __name__ == "__main__":
    main()
