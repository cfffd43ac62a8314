"""Golden values of open_clip's ClipLoss (one process): loss and gradients for fixed unit features, in float64."""
import pathlib

import numpy as np
import torch
from open_clip.loss import ClipLoss

folder = pathlib.Path(__file__).parent / "losses"
folder.mkdir(exist_ok=True)
torch.manual_seed(20)
unit = torch.nn.functional.normalize
images = unit(torch.randn(16, 24, dtype=torch.float64)).requires_grad_()
texts = unit(torch.randn(16, 24, dtype=torch.float64)).requires_grad_()
scale = torch.tensor([14.285714], dtype=torch.float64, requires_grad=True)
loss = ClipLoss()(images, texts, scale[0])
loss.backward()
for name, value in {"images": images, "texts": texts, "scale": scale, "loss": loss.reshape(1), "images_grad": images.grad,
                    "texts_grad": texts.grad, "scale_grad": scale.grad}.items():
    np.save(folder / f"{name}.npy", value.detach().numpy())
