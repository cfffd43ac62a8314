"""Fine-tunes an open_clip model with its image tower locked, as open_clip_train does it on one device: pixels ready in memory, pairs in their order, AdamW, a
constant rate. One JSON line: pairs per second of each epoch, and the loss of every step.
"""
import argparse
import json
import time

import numpy as np
import open_clip
import torch
from safetensors.torch import load_file


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--model-directory", required=True)
    parser.add_argument("--images-file", required=True)
    parser.add_argument("--texts", required=True)
    parser.add_argument("--batch-size", type=int, required=True)
    parser.add_argument("--epochs", type=int, required=True)
    parser.add_argument("--lr", type=float, required=True)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)

    config = json.load(open(f"{arguments.model_directory}/open_clip_config.json"))
    open_clip.factory._MODEL_CONFIGS["given"] = config["model_cfg"]
    model = open_clip.create_model("given", pretrained=None, precision="fp32")
    model.load_state_dict(load_file(f"{arguments.model_directory}/open_clip_model.safetensors"), strict=True)
    model.train()
    model.lock_image_tower()
    mean, std = (torch.tensor(config["preprocess_cfg"][key]).view(1, 3, 1, 1) for key in ("mean", "std"))
    images = (torch.from_numpy(np.load(arguments.images_file)).float() / 255 - mean) / std
    texts = open_clip.SimpleTokenizer()(open(arguments.texts, encoding="utf-8").read().splitlines())

    named = [(name, parameter) for name, parameter in model.named_parameters() if parameter.requires_grad]
    exclude = lambda name, parameter: parameter.ndim < 2 or any(part in name for part in ("bn", "ln", "bias", "logit_scale"))
    optimizer = torch.optim.AdamW(
        [{"params": [p for n, p in named if exclude(n, p)], "weight_decay": 0.0},
         {"params": [p for n, p in named if not exclude(n, p)], "weight_decay": 0.2}], lr=arguments.lr, betas=(0.9, 0.98), eps=1e-6)
    criterion = open_clip.ClipLoss()
    losses, rates = [], []
    for _ in range(arguments.epochs):
        start = time.perf_counter()
        for first in range(0, len(images), arguments.batch_size):
            rows = slice(first, first + arguments.batch_size)
            optimizer.zero_grad()
            loss = criterion(*model(images[rows], texts[rows])[:3])
            loss.backward()
            optimizer.step()
            with torch.no_grad():
                model.logit_scale.clamp_(0, np.log(100))
            losses.append(loss.item())
        rates.append(len(images) / (time.perf_counter() - start))
    print(json.dumps({"name": "finetune", "version": open_clip.__version__, "rates": rates, "losses": losses}))


if __name__ == "__main__":
    main()
