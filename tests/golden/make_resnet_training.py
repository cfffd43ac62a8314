"""Golden data for training a ResNet: three AdamW steps of open_clip 3.3.0 on a tiny ModifiedResNet in float64.

Writes tests/golden/resnet_training/: open_clip_config.json, initial.safetensors (weights and running statistics), gradients.safetensors
(of the first step), statistics.safetensors (running statistics after the first step), final.safetensors (everything after the last
step), pixels.npy, tokens.npy, steps.json. Tensors are stored in float32: what was computed in float64 is rounded once.
Needs torch, open_clip_torch, safetensors, numpy.
"""
import json
import pathlib

import numpy as np
import open_clip
import torch
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parent / "resnet_training"
STEPS, BATCH, LR, WD = 3, 6, 1e-3, 0.2
START, END, CONTEXT, VOCABULARY = 62, 63, 12, 64
CONFIG = {
    "embed_dim": 12,
    "quick_gelu": True,
    "vision_cfg": {"image_size": 64, "layers": [2, 1, 1, 1], "width": 2, "patch_size": None, "head_width": 16},
    "text_cfg": {"context_length": CONTEXT, "vocab_size": VOCABULARY, "width": 16, "heads": 2, "layers": 1},
}


def make_batch(rng):
    """Coarse blocks and fine noise (noise alone looks the same to a ResNet), and padded ids."""
    blocks = rng.integers(0, 200, (BATCH, 3, 8, 8)).repeat(8, 2).repeat(8, 3)
    pixels = (blocks + rng.integers(0, 56, (BATCH, 3, 64, 64))).astype(np.uint8)
    tokens = np.zeros((BATCH, CONTEXT), dtype=np.int32)
    for row in tokens:
        length = int(rng.integers(1, CONTEXT - 1))
        row[0], row[1 : 1 + length], row[1 + length] = START, rng.integers(1, START, length), END
    return pixels, tokens


def perturb(model, generator):
    """Away from the start, where the last normalisation of every block is zero and hides what comes before it."""
    with torch.no_grad():
        for name, tensor in model.state_dict().items():
            if name.endswith("num_batches_tracked"):
                tensor.fill_(7)
            elif name.endswith("running_var"):
                tensor.copy_((torch.rand(tensor.shape, generator=generator) + 0.5))
            elif tensor.dim() == 1:
                tensor.add_(torch.randn(tensor.shape, generator=generator) * 0.3)
            elif tensor.dim() == 4:
                tensor.copy_(torch.randn(tensor.shape, generator=generator) * tensor[0].numel() ** -0.5)


def single(tensors):
    return {name: (tensor.float() if tensor.is_floating_point() else tensor).clone().contiguous() for name, tensor in tensors.items()}


def main():
    OUT.mkdir(exist_ok=True)
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = open_clip.CLIP(**json.loads(json.dumps(CONFIG)))
    perturb(model, torch.Generator().manual_seed(1))
    save_file(single(model.state_dict()), OUT / "initial.safetensors")
    (OUT / "open_clip_config.json").write_text(json.dumps({"model_cfg": CONFIG}, indent=2) + "\n")
    model = model.double().train()
    pixels, tokens = make_batch(np.random.default_rng(0))
    np.save(OUT / "pixels.npy", pixels)
    np.save(OUT / "tokens.npy", tokens)

    def exclude(name, parameter):
        return parameter.ndim < 2 or "bn" in name or "ln" in name or "bias" in name or "logit_scale" in name

    named = list(model.named_parameters())
    groups = [
        {"params": [p for n, p in named if exclude(n, p)], "weight_decay": 0.0},
        {"params": [p for n, p in named if not exclude(n, p)], "weight_decay": WD},
    ]
    optimizer = torch.optim.AdamW(groups, lr=LR, betas=(0.9, 0.98), eps=1e-6)
    loss_function = open_clip.ClipLoss()
    mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN).view(1, 3, 1, 1)
    std = torch.tensor(open_clip.OPENAI_DATASET_STD).view(1, 3, 1, 1)
    images = ((torch.from_numpy(pixels).float() / 255 - mean) / std).double()
    losses = []
    for step in range(STEPS):
        image_features, text_features, logit_scale = model(images, torch.from_numpy(tokens).long())[:3]
        loss = loss_function(image_features, text_features, logit_scale)
        optimizer.zero_grad()
        loss.backward()
        if step == 0:
            save_file(single({name: parameter.grad for name, parameter in named}), OUT / "gradients.safetensors")
            statistics = {name: buffer for name, buffer in model.named_buffers() if name != "attn_mask"}
            save_file(single(statistics), OUT / "statistics.safetensors")
        optimizer.step()
        losses.append(loss.item())
    model.eval()
    with torch.no_grad():
        image_features, text_features, logit_scale = model(images, torch.from_numpy(tokens).long())[:3]
        evaluated = loss_function(image_features, text_features, logit_scale).item()
    save_file(single(model.state_dict()), OUT / "final.safetensors")
    for weights in OUT.glob("*.safetensors"):
        weights.chmod(0o644)
    settings = {"lr": LR, "wd": WD, "steps": STEPS}
    (OUT / "steps.json").write_text(json.dumps({"settings": settings, "losses": losses, "evaluated": evaluated}, indent=1) + "\n")


if __name__ == "__main__":
    main()
