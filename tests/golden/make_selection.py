"""Writes tests/golden/selection: features of cases with exact ties, and what clip_benchmark's own function and the published
strict rules make of them.

Run with an environment that has torch and clip_benchmark. A case is I pictures and C captions, caption i belonging to picture i:
SugarCrepe 1 x 2, Winoground 2 x 2, ARO's orders 1 x 5."""
import json
from pathlib import Path

import numpy as np
import torch
from clip_benchmark.metrics import image_caption_selection

FOLDER = Path(__file__).parent / "selection"


class Features:
    """Stands for a model whose inputs are features already; a picture's are its pixels."""

    encode_image = staticmethod(lambda pixels: pixels.flatten(1))
    encode_text = staticmethod(lambda rows: rows)


def clip_benchmark_metrics(pictures, captions):
    width = pictures.shape[-1]
    batches, texts = [], captions.reshape(-1, width)
    for first in range(0, len(pictures), 16):
        part = torch.tensor(pictures[first:first + 16])
        count = captions.shape[1]
        names = [[str((first + i) * count + c) for c in range(count)] for i in range(len(part))]
        batches.append((part.view(*part.shape[:2], 1, 1, width), names))
    tokenizer = lambda names: torch.tensor(texts[[int(name) for name in names]])
    return image_caption_selection.evaluate(Features, batches, tokenizer, "cpu", amp=False)


def strict_metrics(pictures, captions):
    """SugarCrepe's and Winoground's own rule: the right one strictly larger than every other. Sums in float64, compared in float32."""
    unit = lambda rows: (rows / np.linalg.norm(rows.astype(np.float64), axis=-1, keepdims=True)).astype(np.float32).astype(np.float64)
    scores = np.einsum("nie,nce->nic", unit(pictures), unit(captions)).astype(np.float32)
    right = min(scores.shape[1:])
    text, image, ties = np.ones(len(scores), bool), np.ones(len(scores), bool), 0
    for n, matrix in enumerate(scores):
        for i in range(right):
            for vector, outcome in ((matrix[i], text), (matrix[:, i], image)):
                others = np.delete(vector, i)
                if len(others) == 0:
                    continue
                outcome[n] &= vector[i] > others.max()
                ties += int(vector[i] == others.max())
    mean = lambda hits: float(np.float32(hits.sum()) / np.float32(len(hits)))
    return {"image_acc": mean(image), "text_acc": mean(text), "acc": mean(image & text), "ties": ties}


def make_case(random, count, pictures, captions, width, tied):
    shown = random.standard_normal((count, pictures, width)).astype(np.float32)
    texts = 1.5 * random.standard_normal((count, captions, width))
    for i in range(min(pictures, captions)):
        texts[:, i] += shown[:, i]
    texts = texts.astype(np.float32)
    for n in range(0, count, tied):
        texts[n, 1] = texts[n, 0]  # a model for which both captions are the same
        if pictures > 1 and n % (2 * tied) == 0:
            shown[n, 1] = shown[n, 0]
    return shown, texts


def main():
    random = np.random.default_rng(13)
    FOLDER.mkdir(exist_ok=True)
    expected = {}
    for name, shape in (("sugarcrepe", (90, 1, 2)), ("winoground", (70, 2, 2)), ("aro-order", (60, 1, 5))):
        pictures, captions = make_case(random, *shape, 12, tied=6)
        expected[name] = {"clip_benchmark": clip_benchmark_metrics(pictures, captions), "strict": strict_metrics(pictures, captions)}
        np.save(FOLDER / f"{name}_pictures.npy", pictures)
        np.save(FOLDER / f"{name}_captions.npy", captions)
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")
    print(json.dumps(expected, indent=1))


if __name__ == "__main__":
    main()
