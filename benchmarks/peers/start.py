"""From nothing to the end of the first training step with open_clip: imports, model, CSV data, one step. Timed from outside."""
import sys

import open_clip
import torch
from open_clip.loss import ClipLoss
from open_clip_train.data import CsvDataset

model, train_transform, _ = open_clip.create_model_and_transforms("ViT-B-32", pretrained=None, precision="fp32")
dataset = CsvDataset(sys.argv[1], train_transform, img_key="filepath", caption_key="title", sep="\t", tokenizer=open_clip.get_tokenizer("ViT-B-32"))
images, texts = next(iter(torch.utils.data.DataLoader(dataset, batch_size=8, shuffle=True, num_workers=2)))
optimizer = torch.optim.AdamW(model.parameters(), lr=5e-4, betas=(0.9, 0.98), eps=1e-6, weight_decay=0.2)
model.train()
loss = ClipLoss()(*model(images, texts))
loss.backward()
optimizer.step()
print(loss.item())
