"""Times open_clip's build_zero_shot_classifier on ImageNet's first names with its 80 prompts. One JSON line.

    python benchmarks/peers/zeroshot_head.py --model-directory DIR --classes 100 --output head.npy

The classifier is written as (C, E), to be compared with ours before a time counts.
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
    parser.add_argument("--classes", type=int, default=100)
    parser.add_argument("--classes-per-batch", type=int, default=10, help="open_clip's default")
    parser.add_argument("--output", required=True)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    config = json.load(open(f"{arguments.model_directory}/open_clip_config.json"))
    open_clip.factory._MODEL_CONFIGS["given"] = config["model_cfg"]
    model = open_clip.create_model("given", pretrained=None, precision="fp32").eval()
    model.load_state_dict(load_file(f"{arguments.model_directory}/open_clip_model.safetensors"), strict=True)
    names = open_clip.IMAGENET_CLASSNAMES[: arguments.classes]
    prompts = len(names) * len(open_clip.OPENAI_IMAGENET_TEMPLATES)
    runs = []
    with torch.no_grad():
        for _ in range(arguments.runs):
            start = time.perf_counter()
            head = open_clip.build_zero_shot_classifier(model, open_clip.SimpleTokenizer(), names, open_clip.OPENAI_IMAGENET_TEMPLATES,
                                                        num_classes_per_batch=arguments.classes_per_batch, device="cpu")
            runs.append(prompts / (time.perf_counter() - start))
    np.save(arguments.output, head.T.contiguous().numpy())
    print(json.dumps({"name": "zeroshot-head", "mode": "eager", "unit": "prompts/s", "median": float(np.median(runs)), "runs": runs, "version": open_clip.__version__}))


if __name__ == "__main__":
    main()
