"""Golden data for training: ten AdamW steps of open_clip 3.3.0 on a tiny model, and a tar of 48 small captioned pictures with rewrites.

Writes tests/golden/training/{initial,final}.safetensors, batches.npy, tokens.npy, steps.json, pictures.tar, chatgpt.txt, bard.txt.
Needs torch, open_clip_torch, safetensors, numpy, Pillow.
"""
import io
import json
import pathlib
import tarfile

import numpy as np
import open_clip
import torch
from PIL import Image, ImageDraw
from safetensors.torch import save_file

OUT = pathlib.Path(__file__).parent / "training"
STEPS, BATCH, WARMUP, LR, WD, CLIP_NORM = 10, 8, 3, 2e-3, 0.2, 20.0
START, END, CONTEXT, VOCABULARY = 62, 63, 12, 64


def make_batches(rng):
    """Two batches, used in turn: uint8 pixels (2, B, 3, 32, 32) and padded ids (2, B, 12); 0 pads after the end token."""
    pixels = rng.integers(0, 256, (2, BATCH, 3, 32, 32), dtype=np.uint8)
    tokens = np.zeros((2, BATCH, CONTEXT), dtype=np.int32)
    for batch in tokens:
        for row in batch:
            length = int(rng.integers(1, CONTEXT - 1))
            row[0], row[1 : 1 + length], row[1 + length] = START, rng.integers(1, START, length), END
    return pixels, tokens


def train_ten_steps():
    torch.manual_seed(0)
    torch.set_num_threads(1)
    model = open_clip.CLIP(
        embed_dim=16,
        vision_cfg=dict(image_size=32, patch_size=16, width=16, layers=2, head_width=8),
        text_cfg=dict(context_length=CONTEXT, vocab_size=VOCABULARY, width=16, heads=2, layers=2),
    )
    save_file({name: tensor.clone() for name, tensor in model.state_dict().items()}, OUT / "initial.safetensors")
    pixels, tokens = make_batches(np.random.default_rng(0))
    np.save(OUT / "batches.npy", pixels)
    np.save(OUT / "tokens.npy", tokens)

    def exclude(name, parameter):
        return parameter.ndim < 2 or "bn" in name or "ln" in name or "bias" in name or "logit_scale" in name

    named = list(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [
            {"params": [p for n, p in named if exclude(n, p)], "weight_decay": 0.0},
            {"params": [p for n, p in named if not exclude(n, p)], "weight_decay": WD},
        ],
        lr=LR,
        betas=(0.9, 0.98),
        eps=1e-6,
    )
    from open_clip_train.scheduler import cosine_lr

    schedule = cosine_lr(optimizer, LR, WARMUP, STEPS)
    loss_function = open_clip.ClipLoss()
    mean = torch.tensor(open_clip.OPENAI_DATASET_MEAN).view(1, 3, 1, 1)
    std = torch.tensor(open_clip.OPENAI_DATASET_STD).view(1, 3, 1, 1)
    model.train()
    records = []
    for step in range(STEPS):
        schedule(step)
        images = (torch.from_numpy(pixels[step % 2]).float() / 255 - mean) / std
        image_features, text_features, logit_scale = model(images, torch.from_numpy(tokens[step % 2]).long())[:3]
        loss = loss_function(image_features, text_features, logit_scale)
        optimizer.zero_grad()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(model.parameters(), CLIP_NORM)
        optimizer.step()
        records.append(
            {"loss": loss.item(), "grad_norm": norm.item(), "lr": optimizer.param_groups[0]["lr"], "logit_scale": logit_scale.item()}
        )
        with torch.no_grad():
            model.logit_scale.clamp_(0, np.log(100))
    save_file({name: tensor.clone() for name, tensor in model.state_dict().items()}, OUT / "final.safetensors")
    settings = {"steps": STEPS, "warmup": WARMUP, "lr": LR, "wd": WD, "grad_clip_norm": CLIP_NORM}
    (OUT / "steps.json").write_text(json.dumps({"settings": settings, "steps": records}, indent=1) + "\n")


COLOURS = {"red": (220, 30, 30), "green": (30, 160, 50), "blue": (40, 70, 220), "yellow": (240, 210, 40)}
SHAPES = ["circle", "square", "triangle"]


def draw(shape, colour, ground, shift):
    picture = Image.new("RGB", (40, 36), COLOURS[ground])
    pen = ImageDraw.Draw(picture)
    x, y = 6 + shift, 5 + shift
    if shape == "circle":
        pen.ellipse((x, y, x + 18, y + 18), fill=COLOURS[colour])
    elif shape == "square":
        pen.rectangle((x, y, x + 18, y + 18), fill=COLOURS[colour])
    else:
        pen.polygon([(x + 9, y), (x + 18, y + 18), (x, y + 18)], fill=COLOURS[colour])
    return picture


def make_pictures():
    samples = []
    for shape in SHAPES:
        for colour in COLOURS:
            for ground in COLOURS:
                samples.append((shape, colour, ground, len(samples) % 5))
    originals, chatgpt, bard = [], [], []
    with tarfile.open(OUT / "pictures.tar", "w", format=tarfile.USTAR_FORMAT) as tar:
        for number, (shape, colour, ground, shift) in enumerate(samples):
            original = f"a {colour} {shape} on {ground}"
            originals.append(original)
            chatgpt.append(f"a bright {colour} {shape} sits on a plain {ground} ground" if number % 7 else "")
            bard.append(f"{colour} {shape} drawn on {ground} paper")
            data = io.BytesIO()
            draw(shape, colour, ground, shift).save(data, "PNG")
            for suffix, content in (("png", data.getvalue()), ("txt", original.encode())):
                info = tarfile.TarInfo(f"{number:03d}.{suffix}")
                info.size = len(content)
                tar.addfile(info, io.BytesIO(content))
    (OUT / "chatgpt.txt").write_text("\n".join(chatgpt) + "\n")
    (OUT / "bard.txt").write_text("\n".join(bard) + "\n")


if __name__ == "__main__":
    OUT.mkdir(exist_ok=True)
    train_ten_steps()
    make_pictures()
