"""Tiny random models as torch.save leaves them, with their features by open_clip 3.3.0, for tests/pickle and tests/models.

Writes tests/golden/torch_files/: pixels.npy, ids.npy, and for each model a folder with image_features.npy, text_features.npy (float32, not
of unit length) and its files: a state dictionary as an archive and as the stream that torch wrote before 1.6, a training checkpoint with its
optimiser and arguments, a pickled module, a TorchScript archive. The stream names its storages by addresses, so its bytes differ each time. Needs open_clip_torch 3.3.0 and timm.
"""
import argparse
import collections
import pathlib

import numpy as np
import torch

from make_models import build, randomise, write_inputs

FOLDER = pathlib.Path(__file__).parent / "torch_files"
TEXT = {"context_length": 12, "vocab_size": 96, "width": 64, "heads": 1, "layers": 1, "mlp_ratio": 1.0}
TIMM = {"embed_dim": 64, "depth": 1, "num_heads": 2, "patch_size": 16, "img_size": 32, "mlp_ratio": 1.0}


def timm_tower(**more):
    return {"timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": "token", "timm_proj": "linear",
            "timm_model_kwargs": {**TIMM, **more}, "image_size": 32}


MODELS = {
    "openai": {"embed_dim": 16, "quick_gelu": True, "text_cfg": TEXT,
               "vision_cfg": {"image_size": 32, "layers": 1, "width": 64, "patch_size": 16, "head_width": 64, "mlp_ratio": 1.0}},
    "resnet": {"embed_dim": 16, "quick_gelu": True, "text_cfg": TEXT,
               "vision_cfg": {"image_size": 64, "layers": [1, 2, 1, 1], "width": 2, "patch_size": None, "head_width": 64}},
    "laclip": {"embed_dim": 16, "quick_gelu": True, "text_cfg": TEXT, "vision_cfg": timm_tower(qk_norm=True)},
    "slip": {"embed_dim": 16, "quick_gelu": True, "text_cfg": TEXT, "vision_cfg": timm_tower(num_heads=1)},
}
IMAGENET = [[0.485, 0.456, 0.406], [0.229, 0.224, 0.225]]
OPENAI = [[0.48145466, 0.4578275, 0.40821073], [0.26862954, 0.26130258, 0.27577711]]


def published_names(state):
    """open_clip's names of a timm tower as SLIP and LaCLIP have them."""
    renamed = collections.OrderedDict()
    for name, tensor in state.items():
        if name == "visual.head.proj.weight":
            renamed["image_projection"] = tensor.t()  # a view, as a transposed parameter would be saved
        else:
            renamed[name.replace("visual.trunk.", "visual.")] = tensor
    return renamed


def parallel(state):
    return collections.OrderedDict((f"module.{name}", tensor) for name, tensor in state.items())


def main():
    torch.manual_seed(2)  # of what the modules draw themselves
    generator = torch.Generator().manual_seed(2)
    pixels, ids = write_inputs(FOLDER, generator, 2, 8, [3, 12, 6])
    arguments = argparse.Namespace(model="TINY", lr=1e-3, output_dir=pathlib.PurePosixPath("runs"))
    for kind, model_cfg in MODELS.items():
        model = build(model_cfg).eval()
        randomise(model, generator)
        # Numbers that half precision holds, so that one table of features serves every file.
        with torch.no_grad():
            for tensor in model.state_dict().values():
                if tensor.is_floating_point():
                    tensor.copy_(tensor.half().float())
        folder = FOLDER / kind
        folder.mkdir(exist_ok=True)
        size = model_cfg["vision_cfg"]["image_size"]
        mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (IMAGENET if kind in ("laclip", "slip") else OPENAI))
        images = (pixels[:, :, :size, :size].float() / 255 - mean) / std
        with torch.no_grad():
            np.save(folder / "image_features.npy", model.encode_image(images).numpy())
            np.save(folder / "text_features.npy", model.encode_text(ids).numpy())
        state = model.state_dict()
        half = collections.OrderedDict((k, v.half() if v.is_floating_point() else v) for k, v in state.items())
        if kind == "openai":
            torch.save(half, folder / "state_dict.pt")
            torch.save(half, folder / "stream.pth", _use_new_zipfile_serialization=False)
            torch.save(parallel(half), folder / "protocol_4.pt", pickle_protocol=4)
            torch.save({"model": {"state_dict": half}}, folder / "nested.pth.tar")
            optimizer = torch.optim.AdamW([model.logit_scale, model.ln_final.bias], lr=1e-3)
            (model.logit_scale * model.ln_final.bias.sum()).backward()
            before = {k: v.clone() for k, v in model.state_dict().items()}
            optimizer.step()
            model.load_state_dict(before)
            torch.save({"epoch": 3, "name": "run", "state_dict": parallel(half), "optimizer": optimizer.state_dict(),
                        "rng_state": torch.arange(8, dtype=torch.uint8), "best_acc1": torch.tensor(0.5)}, folder / "epoch_3.pt")
            torch.save(collections.OrderedDict((k, v.bfloat16() if v.is_floating_point() else v) for k, v in half.items()), folder / "bfloat16.pt")
            torch.save(model.half(), folder / "module.pt")
            model.float()
            script = torch.jit.trace_module(model, {"encode_image": images, "encode_text": ids}, check_trace=False)
            torch.jit.save(script.half(), folder / "script.pt")
        elif kind == "resnet":
            torch.save({**half, "input_resolution": torch.tensor(64), "context_length": torch.tensor(12), "vocab_size": torch.tensor(96)}, folder / "state_dict.pt")
        else:
            named = published_names(half)
            if kind == "slip":
                named["image_mlp.0.weight"] = torch.randn(4, 4, generator=generator)
            torch.save({"epoch": 35, "state_dict": parallel(named), "best_acc1": 12.5, "args": arguments}, folder / "checkpoint_best.pt")


if __name__ == "__main__":
    main()
