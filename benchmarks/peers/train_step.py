"""Times open_clip's whole training step (forward, ClipLoss, backward, AdamW) on given data. One JSON line a mode.

With several text files the model is extended the straightforward way for LaCLIP-MT: the image tower runs once, the text tower once over
all texts, and ClipLoss once a text slot, divided by the published constant (number of rewrites).
"""
import argparse
import json
import time

import numpy as np
import open_clip
import torch
from open_clip.loss import ClipLoss
from safetensors.torch import load_file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-directory", required=True)
    parser.add_argument("--images-file", required=True)
    parser.add_argument("--texts", nargs="+", required=True)
    parser.add_argument("--mode", choices=["eager", "compiled"], required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--warmup", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    config = json.load(open(f"{arguments.model_directory}/open_clip_config.json"))
    open_clip.factory._MODEL_CONFIGS["given"] = config["model_cfg"]
    model = open_clip.create_model("given", pretrained=None, precision="fp32")
    model.load_state_dict(load_file(f"{arguments.model_directory}/open_clip_model.safetensors"), strict=True)
    model.train()
    mean = torch.tensor(config["preprocess_cfg"]["mean"]).view(1, 3, 1, 1)
    std = torch.tensor(config["preprocess_cfg"]["std"]).view(1, 3, 1, 1)
    images = (torch.from_numpy(np.load(arguments.images_file)).float() / 255 - mean) / std
    tokenizer = open_clip.SimpleTokenizer()
    texts = torch.cat([tokenizer(open(path, encoding="utf-8").read().splitlines()) for path in arguments.texts])
    slots, count = len(arguments.texts), images.shape[0]

    def exclude(name, parameter):
        return parameter.ndim < 2 or "bn" in name or "ln" in name or "bias" in name or "logit_scale" in name

    named = list(model.named_parameters())
    optimizer = torch.optim.AdamW(
        [{"params": [p for n, p in named if exclude(n, p)], "weight_decay": 0.0},
         {"params": [p for n, p in named if not exclude(n, p)], "weight_decay": 0.2}], lr=1e-4, betas=(0.9, 0.98), eps=1e-6)
    criterion = ClipLoss()
    run_model = torch.compile(model) if arguments.mode == "compiled" else model

    def step():
        optimizer.zero_grad()
        if slots == 1:
            image_features, text_features, scale = run_model(images, texts)
            loss = criterion(image_features, text_features, scale)
        else:
            image_features, text_features, scale = run_model(images, texts)
            chunks = text_features.chunk(slots)
            loss = sum(criterion(image_features, chunk, scale) for chunk in chunks) / (slots - 1)
        loss.backward()
        optimizer.step()
        return loss.item()

    losses, rates = [], []
    for number in range(arguments.warmup + arguments.runs):
        start = time.perf_counter()
        losses.append(step())
        if number >= arguments.warmup:
            rates.append(count / (time.perf_counter() - start))
    print(json.dumps({"name": "train-step", "mode": arguments.mode, "unit": "pairs/s", "median": float(np.median(rates)), "runs": rates,
                      "check": {"losses": losses}, "version": open_clip.__version__}))


if __name__ == "__main__":
    main()
