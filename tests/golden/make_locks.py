"""Which parameters open_clip 3.3.0 leaves trained when it locks a tower, for tests/train/tuning/locked_test.cc.

Writes tests/golden/locks.json: for each kind of architecture (two blocks a tower, two a ResNet's stage) and each lock the names of the
parameters that are still trained, and for a ResNet whose statistics are frozen the names of the statistics that a training step moves. Needs
open_clip_torch 3.3.0 and timm.
"""
import json
import pathlib

import open_clip
import torch
from make_models import TEXT, TIMM_KWARGS, build

FILE = pathlib.Path(__file__).parent / "locks.json"
VIT = {"image_size": 32, "layers": 2, "width": 16, "patch_size": 8, "head_width": 8}
RESNET = {"image_size": 64, "layers": [2, 2, 2, 2], "width": 2, "patch_size": None, "head_width": 16}
LACLIP = {
    "timm_model_name": "vit_base_patch16_224", "timm_model_pretrained": False, "timm_pool": "token", "timm_proj": "linear",
    "timm_model_kwargs": TIMM_KWARGS, "image_size": 32,
}
KINDS = {"transformer": VIT, "resnet": RESNET, "timm": LACLIP}


def trained(model):
    return sorted(name for name, parameter in model.named_parameters() if parameter.requires_grad)


def moved(model):
    before = {name: tensor.clone() for name, tensor in model.visual.named_buffers()}
    model.train()
    model.encode_image(torch.randn(2, 3, 64, 64))
    return sorted("visual." + name for name, tensor in model.visual.named_buffers() if not torch.equal(tensor, before[name]))


def main():
    torch.manual_seed(0)
    records = {}
    for kind, vision in KINDS.items():
        record = records[kind] = {"image": {}, "text": {}}
        for groups in range(5):
            if kind == "resnet" and groups > 0:
                continue  # refused by open_clip 3.3.0
            model = build({"embed_dim": 12, "vision_cfg": vision, "text_cfg": TEXT})
            model.lock_image_tower(unlocked_groups=groups)
            record["image"][str(groups)] = trained(model)
        for layers in range(6):
            model = build({"embed_dim": 12, "vision_cfg": vision, "text_cfg": TEXT})
            model.lock_text_tower(unlocked_layers=layers)
            record["text"][str(layers)] = trained(model)
        if kind == "resnet":
            for freeze in (False, True):
                model = build({"embed_dim": 12, "vision_cfg": vision, "text_cfg": TEXT})
                model.lock_image_tower(freeze_bn_stats=freeze)
                record["frozen statistics" if freeze else "statistics"] = moved(model)
    records["open_clip"] = open_clip.__version__
    FILE.write_text(json.dumps(records, indent=0) + "\n")


if __name__ == "__main__":
    main()
