"""Ten AdamW steps of open_clip 3.3.0 with a tower locked, with rates by depth, with LoRA and with averaged weights, for tests/train/tuning/tuned_steps_test.cc.

Writes tests/golden/tuned_steps.json: settings, and for each way the losses of ten steps from tests/golden/training/initial.safetensors on batches.npy and
tokens.npy, and a sum of the final weights. Locks are open_clip's own; the other ways are written here by their papers' formulas (LoRA in torch's autograd
beside open_clip's weights). Needs torch, open_clip_torch, safetensors, numpy.
"""
import json
import pathlib

import numpy as np
import open_clip
import torch
from open_clip_train.scheduler import cosine_lr
from safetensors.torch import load_file

FOLDER = pathlib.Path(__file__).parent
TRAINING = FOLDER / "training"
STEPS, WARMUP, LR, WD = 10, 3, 2e-3, 0.2
RANK, ALPHA, EMA = 2, 5.0, 0.8


def new_model():
    model = open_clip.CLIP(
        embed_dim=16,
        vision_cfg=dict(image_size=32, patch_size=16, width=16, layers=2, head_width=8),
        text_cfg=dict(context_length=12, vocab_size=64, width=16, heads=2, layers=2),
    )
    model.load_state_dict(load_file(TRAINING / "initial.safetensors"))
    return model.train()


def plain(name, parameter):
    return parameter.ndim < 2 or any(part in name for part in ("bn", "ln", "bias", "logit_scale"))


def depth(name):
    """Groups from the projection backwards, of two blocks a tower."""
    tower = name.removeprefix("visual.")
    if tower in ("proj", "text_projection", "logit_scale"):
        return 0
    if tower.startswith("transformer.resblocks."):
        return 2 - int(tower.split(".")[2])
    return 1 if tower.startswith(("ln_post", "ln_final")) else 3


def lora_a(name, width):
    """Numbers that both sides know: A of every matrix."""
    index = torch.arange(RANK * width, dtype=torch.float64).view(RANK, width)
    return torch.sin(index * 0.7 + len(name)).float() * 0.2


class Adapted(torch.nn.Module):
    """Every matrix of attention and MLP with its product of two thin ones beside it, as parametrised weights."""

    def __init__(self, weight, names):
        super().__init__()
        self.rows = weight.shape[0] // len(names)
        self.a = torch.nn.ParameterList([torch.nn.Parameter(lora_a(name, weight.shape[1])) for name in names])
        self.b = torch.nn.ParameterList([torch.nn.Parameter(torch.zeros(self.rows, RANK)) for _ in names])

    def forward(self, weight):
        return weight + torch.cat([b @ a for a, b in zip(self.a, self.b)]) * (ALPHA / RANK)


def with_lora(model):
    for parameter in model.parameters():
        parameter.requires_grad = False
    for prefix, transformer in (("visual.transformer", model.visual.transformer), ("transformer", model.transformer)):
        for i, block in enumerate(transformer.resblocks):
            name = f"{prefix}.resblocks.{i}."
            register = torch.nn.utils.parametrize.register_parametrization
            register(block.attn, "in_proj_weight", Adapted(block.attn.in_proj_weight, [name + "attn." + x for x in "qkv"]))
            register(block.attn.out_proj, "weight", Adapted(block.attn.out_proj.weight, [name + "attn.o"]))
            register(block.mlp.c_fc, "weight", Adapted(block.mlp.c_fc.weight, [name + "mlp.c_fc"]))
            register(block.mlp.c_proj, "weight", Adapted(block.mlp.c_proj.weight, [name + "mlp.c_proj"]))


def run(model, scale=lambda name: 1.0, ema=None):
    pixels, tokens = np.load(TRAINING / "batches.npy"), np.load(TRAINING / "tokens.npy")
    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    groups = [{"params": [p], "weight_decay": 0.0 if plain(n.split(".parametrizations.")[-1], p) else WD, "factor": scale(n)} for n, p in named]
    optimizer = torch.optim.AdamW(groups, lr=LR, betas=(0.9, 0.98), eps=1e-6)
    schedule = cosine_lr(optimizer, LR, WARMUP, STEPS)
    mean, std = (torch.tensor(x).view(1, 3, 1, 1) for x in (open_clip.OPENAI_DATASET_MEAN, open_clip.OPENAI_DATASET_STD))
    averages = {name: parameter.detach().clone() for name, parameter in named}
    losses = []
    for step in range(STEPS):
        schedule(step)
        for group in optimizer.param_groups:
            group["lr"] *= group["factor"]
        images = (torch.from_numpy(pixels[step % 2]).float() / 255 - mean) / std
        image, text, logit_scale = model(images, torch.from_numpy(tokens[step % 2]).long())[:3]
        loss = open_clip.ClipLoss()(image, text, logit_scale)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
        with torch.no_grad():
            model.logit_scale.clamp_(0, np.log(100))
            for name, parameter in named:
                averages[name].mul_(EMA).add_(parameter, alpha=1 - EMA)
    if ema:
        with torch.no_grad():
            for name, parameter in named:
                parameter.copy_(averages[name])
    with torch.no_grad():
        images = (torch.from_numpy(pixels[0]).float() / 255 - mean) / std
        image, text, logit_scale = model(images, torch.from_numpy(tokens[0]).long())[:3]
        after = open_clip.ClipLoss()(image, text, logit_scale).item()
    return {"losses": losses, "after": after}


def main():
    torch.set_num_threads(1)
    ways = {}
    model = new_model()
    model.lock_image_tower(unlocked_groups=0)
    ways["lock-image"] = run(model)
    model = new_model()
    model.lock_image_tower(unlocked_groups=2)
    model.lock_text_tower(unlocked_layers=1)
    ways["lock-both"] = run(model)
    ways["layer-decay"] = run(new_model(), lambda name: (0.5 if name.startswith("visual.") else 0.75) ** depth(name))
    ways["ema"] = run(new_model(), ema=EMA)
    model = new_model()
    with_lora(model)
    ways["lora"] = run(model)
    settings = {"steps": STEPS, "warmup": WARMUP, "lr": LR, "wd": WD, "rank": RANK, "alpha": ALPHA, "ema": EMA}
    (FOLDER / "tuned_steps.json").write_text(json.dumps({"settings": settings, **ways}, indent=1) + "\n")


if __name__ == "__main__":
    main()
