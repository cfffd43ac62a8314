"""Tiny random CLIPModel folders of transformers with their features, for tests/models.

Writes tests/golden/hugging_face/: pixels.npy (uint8 pictures), ids.npy (padded token ids), and for each model a folder as save_pretrained
leaves it, with image_features.npy and text_features.npy (float32, not of unit length). Needs transformers, open_clip_torch and timm.
"""
import json
import pathlib

import numpy as np
import torch
from transformers import CLIPConfig, CLIPImageProcessor, CLIPModel

from make_models import write_inputs

FOLDER = pathlib.Path(__file__).parent / "hugging_face"
TEXT = {"hidden_size": 24, "intermediate_size": 40, "num_hidden_layers": 2, "num_attention_heads": 2, "max_position_embeddings": 12, "vocab_size": 96,
        "bos_token_id": 94, "eos_token_id": 95, "pad_token_id": 0}
VISION = {"hidden_size": 32, "intermediate_size": 50, "num_hidden_layers": 2, "num_attention_heads": 4, "image_size": 32, "patch_size": 8}
MODELS = {
    "plain": ({"projection_dim": 16}, {}, {}, {"max_shard_size": "10GB"}, {"size": {"shortest_edge": 32}, "crop_size": {"height": 32, "width": 32}}),
    # LAION's and others' models: GELU, widths of each tower its own, weights in several files, bilinear pictures.
    "sharded": ({"projection_dim": 8}, {"hidden_act": "gelu"}, {"hidden_act": "gelu", "num_hidden_layers": 3}, {"max_shard_size": "30KB"},
                {"size": {"shortest_edge": 36}, "crop_size": {"height": 32, "width": 32}, "resample": 2, "image_mean": [0.485, 0.456, 0.406], "image_std": [0.229, 0.224, 0.225]}),
}


def main():
    torch.manual_seed(3)  # of what the modules draw themselves
    generator = torch.Generator().manual_seed(3)
    pixels, ids = write_inputs(FOLDER, generator, 2, 4, [3, 12, 6])
    for name, (root, text, vision, saving, preprocessing) in MODELS.items():
        model = CLIPModel(CLIPConfig(text_config={**TEXT, **text}, vision_config={**VISION, **vision}, **root)).eval()
        with torch.no_grad():
            for parameter in model.parameters():
                scale = 0.3 if parameter.dim() < 2 else parameter.shape[-1] ** -0.5
                parameter.add_(torch.randn(parameter.shape, generator=generator) * scale)
        folder = FOLDER / name
        processor = CLIPImageProcessor(**preprocessing)
        model.save_pretrained(folder, **saving)
        processor.save_pretrained(folder)
        for written in folder.iterdir():
            written.chmod(0o644)
        mean, std = (torch.tensor(v).view(1, 3, 1, 1) for v in (processor.image_mean, processor.image_std))
        with torch.no_grad():
            images = (pixels.float() / 255 - mean) / std
            mask = (torch.arange(12) <= ids.argmax(1, keepdim=True)).long()
            vision_out = model.visual_projection(model.vision_model(pixel_values=images).pooler_output)
            text_out = model.text_projection(model.text_model(input_ids=ids, attention_mask=mask).pooler_output)
            np.save(folder / "image_features.npy", vision_out.numpy())
            np.save(folder / "text_features.npy", text_out.numpy())
        print(name, json.loads((folder / "config.json").read_text())["text_config"])


if __name__ == "__main__":
    main()
