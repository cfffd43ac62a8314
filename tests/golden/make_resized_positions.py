"""The golden model "vit" loaded by open_clip 3.3.0 into models of other resolutions and contexts: tests/golden/models/vit-resized/.

For each image size and context length: the positions that open_clip.load_checkpoint makes, and features. Run after make_models.py.
"""
import copy
import json
import pathlib

import numpy as np
import open_clip
import torch

FOLDER = pathlib.Path(__file__).parent / "models"
SIZES, CONTEXTS = (48, 16, 40, 8), (20, 7)


def main():
    out = FOLDER / "vit-resized"
    out.mkdir(exist_ok=True)
    config = json.loads((FOLDER / "vit/open_clip_config.json").read_text())
    pixels, ids = torch.from_numpy(np.load(FOLDER / "pixels.npy")), torch.from_numpy(np.load(FOLDER / "ids.npy"))
    mean, std = (torch.tensor(config["preprocess_cfg"][key]).view(1, 3, 1, 1) for key in ("mean", "std"))

    def load(**changes):
        cfg = copy.deepcopy(config["model_cfg"])
        cfg["vision_cfg"]["image_size"] = changes.get("image_size", cfg["vision_cfg"]["image_size"])
        cfg["text_cfg"]["context_length"] = changes.get("context_length", cfg["text_cfg"]["context_length"])
        model = open_clip.CLIP(**cfg).eval()
        open_clip.load_checkpoint(model, str(FOLDER / "vit/open_clip_model.safetensors"))
        return model

    with torch.no_grad():
        for size in SIZES:
            model = load(image_size=size)
            images = (pixels[:, :, :size, :size].float() / 255 - mean) / std
            np.save(out / f"image_positions_{size}.npy", model.visual.positional_embedding.numpy())
            np.save(out / f"image_features_{size}.npy", model.encode_image(images).numpy())
        for length in CONTEXTS:
            model = load(context_length=length)
            kept = ids[(ids != 0).sum(1) <= length][:, :length]
            kept = torch.nn.functional.pad(kept, (0, length - kept.shape[1]))
            np.save(out / f"text_positions_{length}.npy", model.positional_embedding.numpy())
            np.save(out / f"text_features_{length}.npy", model.encode_text(kept).numpy())


if __name__ == "__main__":
    main()
