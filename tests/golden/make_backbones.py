"""What open_clip 3.3.0 says of every backbone: ten AdamW steps in float64 of each kind at its own depth, and the counts of every built-in architecture.

Writes tests/golden/backbones/: steps.json (settings, and for each kind its configuration and the loss of every step) and counts.json
(tensors and parameters by name). Weights, pictures and texts are numbers of a hash, so no file holds them
(tests/train/loop/backbone_steps_test.cc computes the same ones). Needs torch, open_clip_torch, timm, numpy.
"""
import functools
import json
import math
import pathlib

import numpy as np
import open_clip
import timm
import torch

FOLDER = pathlib.Path(__file__).parent / "backbones"
STEPS, BATCH, LR, WD = 10, 6, 5e-4, 0.2
START, END, CONTEXT, VOCABULARY = 62, 63, 12, 64
TEXT = {"context_length": CONTEXT, "vocab_size": VOCABULARY, "width": 32, "heads": 4, "layers": 3}
TIMM = {"timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": "token", "timm_proj": "linear"}


def resnet(layers, width, image_size=64):
    return {"image_size": image_size, "layers": layers, "width": width, "patch_size": None, "head_width": 32}


def laclip(depth, heads, width, image_size=32):
    kwargs = {"qk_norm": True, "embed_dim": width, "depth": depth, "num_heads": heads, "patch_size": 8, "img_size": image_size}
    return {**TIMM, "timm_model_kwargs": kwargs, "image_size": image_size}


KINDS = {
    "ViT-B": ({"image_size": 32, "layers": 12, "width": 48, "patch_size": 8, "head_width": 4}, False),
    "ViT-L-quickgelu": ({"image_size": 32, "layers": 24, "width": 32, "patch_size": 8, "head_width": 2}, True),
    "RN50": (resnet([3, 4, 6, 3], 4), False),
    "RN101-quickgelu": (resnet([3, 4, 23, 3], 4), True),
    "RN50x4": (resnet([4, 6, 10, 6], 5, 96), False),
    "laclip-ViT-S": (laclip(12, 12, 48), True),
    "laclip-ViT-L": (laclip(24, 16, 64), True),
}


def hashed(count, salt):
    """Numbers from -1 to 1 that depend on place and salt alone."""
    with np.errstate(over="ignore"):
        x = np.arange(count, dtype=np.uint32) + np.uint32(salt * 0x9E3779B9 & 0xFFFFFFFF)
        x ^= x >> np.uint32(16)
        x *= np.uint32(0x7FEB352D)
        x ^= x >> np.uint32(15)
        x *= np.uint32(0x846CA68B)
        x ^= x >> np.uint32(16)
    return x.astype(np.float64) / 2**31 - 1


def fill(model):
    tensors = {name: tensor for name, tensor in model.state_dict().items() if name != "attn_mask"}
    with torch.no_grad():
        for number, name in enumerate(sorted(tensors)):
            tensor = tensors[name]
            if not tensor.is_floating_point():
                tensor.zero_()
            elif tensor.dim() == 0:
                tensor.fill_(math.log(1 / 0.07))
            else:
                values = torch.from_numpy(hashed(tensor.numel(), number + 1)).view(tensor.shape)
                if tensor.dim() == 1:
                    values = values * 0.2 + (1 if name.endswith(("weight", "running_var")) else 0)
                else:
                    values = values * math.sqrt(3 / (tensor.numel() // tensor.shape[0]))
                tensor.copy_(values)


def build(config, **more):
    config = json.loads(json.dumps(config))
    kwargs = config["vision_cfg"].pop("timm_model_kwargs", {})
    plain = timm.create_model
    timm.create_model = functools.partial(plain, **kwargs)
    try:
        return open_clip.CLIP(**config, **more)
    finally:
        timm.create_model = plain


def batch(size):
    pixels = ((hashed(BATCH * 3 * size * size, 0).reshape(BATCH, 3, size, size) + 1) * 127.99).astype(np.uint8)
    tokens = np.zeros((BATCH, CONTEXT), dtype=np.int64)
    for row, numbers in zip(tokens, hashed(BATCH * CONTEXT, 7777).reshape(BATCH, CONTEXT)):
        words = ((numbers[2:] + 1) / 2 * (START - 1)).astype(np.int64) + 1
        length = 1 + int((numbers[0] + 1) / 2 * (CONTEXT - 3))
        row[0], row[1 : 1 + length], row[1 + length] = START, words[:length], END
    return pixels, tokens


def exclude(name, parameter):
    return parameter.ndim < 2 or "bn" in name or "ln" in name or "bias" in name or "logit_scale" in name


def losses_of(config):
    torch.manual_seed(0)
    model = build(config).double().train()
    fill(model)
    named = list(model.named_parameters())
    groups = [
        {"params": [p for n, p in named if exclude(n, p)], "weight_decay": 0.0},
        {"params": [p for n, p in named if not exclude(n, p)], "weight_decay": WD},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LR, betas=(0.9, 0.98), eps=1e-6)
    loss_function = open_clip.ClipLoss()
    pixels, tokens = batch(config["vision_cfg"]["image_size"])
    mean, std = (torch.tensor(values).view(1, 3, 1, 1) for values in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD))
    images = ((torch.from_numpy(pixels).float() / 255 - mean) / std).double()
    losses = []
    for _ in range(STEPS):
        image_features, text_features, logit_scale = model(images, torch.from_numpy(tokens))[:3]
        loss = loss_function(image_features, text_features, logit_scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    return losses


def own_configurations():
    """Of the built-in names that open_clip does not have."""
    text = lambda width, layers=12: {"context_length": 77, "vocab_size": 49408, "width": width, "heads": width // 64, "layers": layers}
    sizes = {"tiny-32": (128, 8, 128, 3, text(128, 2)), "small-32": (256, 8, 256, 4, text(256, 3))}
    for name, (embed, patch, width, layers, tower) in sizes.items():
        yield name, {"embed_dim": embed, "vision_cfg": {"image_size": 32, "layers": layers, "width": width, "patch_size": patch}, "text_cfg": tower}
    for size, width, depth, heads in (("S", 384, 12, 12), ("B", 768, 12, 12), ("L", 1024, 24, 16)):
        kwargs = {"qk_norm": True, "embed_dim": width, "depth": depth, "num_heads": heads}
        yield f"laclip-ViT-{size}-16", {
            "embed_dim": 512, "quick_gelu": True, "vision_cfg": {**TIMM, "timm_model_kwargs": kwargs, "image_size": 224}, "text_cfg": text(512),
        }


def counts():
    table = {}
    own = dict(own_configurations())
    names = [f"ViT-{size}-{patch}" for patch in (32, 16) for size in "SMB"] + ["ViT-B-32-256", "ViT-B-16-plus-240", "ViT-L-16", "ViT-L-14", "ViT-L-14-336", "ViT-H-14"]
    names += ["RN50", "RN101", "RN50x4", "RN50x16", "RN50x64"]
    quick = ["ViT-B-32", "ViT-B-16", "ViT-L-14", "ViT-L-14-336", "ViT-H-14", "RN50", "RN101", "RN50x4", "RN50x16", "RN50x64"]
    for name in [*own, *names, *(f"{name}-quickgelu" for name in quick)]:
        config = own.get(name) or open_clip.get_model_config(name)
        if config is None:
            config = {**open_clip.get_model_config(name.removesuffix("-quickgelu")), "quick_gelu": True}
        with torch.device("meta"):
            model = build(config)
        state = {key: value for key, value in model.state_dict().items() if key != "attn_mask"}
        table[name] = {"tensors": len(state), "parameters": sum(p.numel() for p in model.parameters())}
    return table


def main():
    FOLDER.mkdir(exist_ok=True)
    torch.set_num_threads(2)
    kinds = {}
    for name, (vision, quick) in KINDS.items():
        config = {"embed_dim": 16, "quick_gelu": quick, "vision_cfg": vision, "text_cfg": TEXT}
        kinds[name] = {"model_cfg": config, "losses": losses_of(config)}
        print(name, kinds[name]["losses"], flush=True)
    settings = {"steps": STEPS, "batch": BATCH, "lr": LR, "wd": WD}
    (FOLDER / "steps.json").write_text(json.dumps({"settings": settings, "kinds": kinds}, indent=1) + "\n")
    (FOLDER / "counts.json").write_text(json.dumps(counts(), indent=1) + "\n")


if __name__ == "__main__":
    main()
