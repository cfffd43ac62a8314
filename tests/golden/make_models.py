"""Tiny random models of open_clip 3.3.0 with their features, for tests/models.

Writes tests/golden/models/: pixels.npy (uint8 pictures), ids.npy (padded token ids), and for each model a directory as open_clip
saves it, with image_features.npy and text_features.npy (float32, not of unit length). Needs open_clip_torch 3.3.0 and timm.
"""
import functools
import json
import pathlib

import numpy as np
import open_clip
import timm
import torch
from safetensors.torch import save_file

FOLDER = pathlib.Path(__file__).parent / "models"
TEXT = {"context_length": 12, "vocab_size": 96, "width": 24, "heads": 2, "layers": 2}
OPENAI = {"mean": [0.48145466, 0.4578275, 0.40821073], "std": [0.26862954, 0.26130258, 0.27577711]}
IMAGENET = {"mean": [0.485, 0.456, 0.406], "std": [0.229, 0.224, 0.225]}
TIMM_KWARGS = {"qk_norm": True, "embed_dim": 24, "depth": 2, "num_heads": 2, "patch_size": 8, "img_size": 32}

MODELS = {
    "vit": (
        {
            "embed_dim": 16,
            "vision_cfg": {"image_size": 32, "layers": 2, "width": 24, "patch_size": 8, "head_width": 12},
            "text_cfg": TEXT,
        },
        {**OPENAI, "interpolation": "bicubic", "resize_mode": "shortest"},
    ),
    "vit-quickgelu": (
        {
            "embed_dim": 16,
            "quick_gelu": True,
            "vision_cfg": {
                "image_size": 32, "layers": 3, "width": 16, "patch_size": 16, "head_width": 4, "mlp_ratio": 2.0,
                "no_ln_pre": True, "norm_kwargs": {"eps": 1e-3},
            },
            "text_cfg": {**TEXT, "layers": 1, "mlp_ratio": 2.0},
        },
        {**OPENAI, "interpolation": "bicubic", "resize_mode": "squash"},
    ),
    "resnet": (
        {
            "embed_dim": 16,
            "quick_gelu": True,
            "vision_cfg": {"image_size": 64, "layers": [1, 2, 1, 1], "width": 2, "patch_size": None, "head_width": 16},
            "text_cfg": {**TEXT, "layers": 1},
        },
        {**OPENAI, "interpolation": "bicubic", "resize_mode": "shortest"},
    ),
    # LaCLIP's tower. open_clip 3.3.0 cannot pass timm_model_kwargs on; its main branch can. The features are the same.
    "laclip": (
        {
            "embed_dim": 16,
            "quick_gelu": True,
            "vision_cfg": {
                "timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": "token", "timm_proj": "linear",
                "timm_model_kwargs": TIMM_KWARGS, "image_size": 32,
            },
            "text_cfg": TEXT,
        },
        {**IMAGENET, "interpolation": "bilinear", "resize_mode": "shortest"},
    ),
    # Plain towers whose patches are averaged, timm's and open_clip's own.
    "timm-averaged": (
        {
            "embed_dim": 16,
            "vision_cfg": {
                "timm_model_name": "vit_tiny_patch16_224", "timm_model_pretrained": False, "timm_pool": "avg", "timm_proj": "linear",
                "timm_proj_bias": True, "timm_model_kwargs": {**TIMM_KWARGS, "qk_norm": False, "depth": 1}, "image_size": 32,
            },
            "text_cfg": {**TEXT, "layers": 1},
        },
        {**IMAGENET, "interpolation": "bilinear", "resize_mode": "shortest"},
    ),
    "vit-averaged": (
        {
            "embed_dim": 16,
            "vision_cfg": {"image_size": 32, "layers": 1, "width": 24, "patch_size": 8, "head_width": 12, "pool_type": "avg"},
            "text_cfg": {**TEXT, "layers": 1},
        },
        {**OPENAI, "interpolation": "bicubic", "resize_mode": "shortest"},
    ),
}


def build(model_cfg):
    model_cfg = json.loads(json.dumps(model_cfg))
    kwargs = model_cfg["vision_cfg"].pop("timm_model_kwargs", {})
    plain = timm.create_model
    timm.create_model = functools.partial(plain, **kwargs)
    try:
        return open_clip.CLIP(**model_cfg)
    finally:
        timm.create_model = plain


def randomise(model, generator):
    """Every tensor away from its neutral value, so that a swapped name or a forgotten bias shows."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if not tensor.is_floating_point():
                tensor.fill_(7)
            elif name.endswith("running_var"):
                tensor.copy_(torch.rand(tensor.shape, generator=generator) + 0.5)
            elif tensor.dim() < 2:
                tensor.add_(torch.randn(tensor.shape, generator=generator) * 0.3)
            else:
                fan_in = tensor[0].numel() if tensor.dim() == 4 else tensor.shape[-1]
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * fan_in**-0.5)


def write_inputs(folder, generator, pictures, blocks, lengths):
    """Pictures of `blocks` x `blocks` coarse blocks and padded texts of these lengths, with start 94 and end 95, as pixels.npy and ids.npy."""
    folder.mkdir(exist_ok=True)
    # Coarse blocks and fine noise: noise alone looks the same to a ResNet.
    coarse = torch.randint(0, 200, (pictures, 3, blocks, blocks), generator=generator).repeat_interleave(8, 2).repeat_interleave(8, 3)
    pixels = (coarse + torch.randint(0, 56, coarse.shape, generator=generator)).to(torch.uint8)
    ids = torch.zeros(len(lengths), 12, dtype=torch.int64)
    for row, length in enumerate(lengths):
        ids[row, :length] = torch.randint(1, 94, (length,), generator=generator)
        ids[row, 0], ids[row, length - 1] = 94, 95
    np.save(folder / "pixels.npy", pixels.numpy())
    np.save(folder / "ids.npy", ids.numpy())
    return pixels, ids


def main():
    generator = torch.Generator().manual_seed(1)
    pixels, ids = write_inputs(FOLDER, generator, 3, 8, [2, 12, 7, 4, 9])
    for name, (model_cfg, preprocess_cfg) in MODELS.items():
        model = build(model_cfg).eval()
        randomise(model, generator)
        folder = FOLDER / name
        folder.mkdir(exist_ok=True)
        weights = folder / "open_clip_model.safetensors"
        save_file({key: value.contiguous() for key, value in model.state_dict().items()}, weights)
        weights.chmod(0o644)
        config = {"model_cfg": model_cfg, "preprocess_cfg": preprocess_cfg}
        (folder / "open_clip_config.json").write_text(json.dumps(config, indent=2) + "\n")
        size = model_cfg["vision_cfg"]["image_size"]
        mean, std = (torch.tensor(preprocess_cfg[key]).view(1, 3, 1, 1) for key in ("mean", "std"))
        with torch.no_grad():
            images = (pixels[:, :, :size, :size].float() / 255 - mean) / std
            np.save(folder / "image_features.npy", model.encode_image(images).numpy())
            np.save(folder / "text_features.npy", model.encode_text(ids).numpy())


if __name__ == "__main__":
    main()
