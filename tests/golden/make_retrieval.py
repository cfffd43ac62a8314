"""Writes tests/golden/retrieval: features of pictures and captions, and what clip_benchmark's own function makes of them.

Run with an environment that has torch, clip_benchmark and torchmetrics. The recalls are compared with
torchmetrics too, and the five folds of COCO 1K are clip_benchmark's means over the parts of the list."""
import json
from pathlib import Path

import numpy as np
import torch
from clip_benchmark.metrics import zeroshot_retrieval
from torchmetrics.functional.retrieval import retrieval_hit_rate

FOLDER = Path(__file__).parent / "retrieval"
RECALL_K = [1, 5, 10]


class Features:
    """Stands for a model whose inputs are features already."""

    encode_image = encode_text = staticmethod(lambda rows: rows)


def clip_benchmark_metrics(pictures, captions, owner, batch):
    """In float32 without AMP, in batches of pictures, as its data loader would bring them."""
    own = [np.flatnonzero(owner == n) for n in range(len(pictures))]
    batches = [(torch.tensor(pictures[start:start + batch]), [[str(m) for m in list_] for list_ in own[start:start + batch]])
               for start in range(0, len(pictures), batch)]
    tokenizer = lambda names: torch.tensor(captions[[int(name) for name in names]])
    return zeroshot_retrieval.evaluate(Features, batches, tokenizer, "cpu", amp=False, recall_k_list=RECALL_K)


def check_against_torchmetrics(pictures, captions, owner, expected):
    unit = lambda rows: torch.nn.functional.normalize(torch.tensor(rows), dim=-1)
    scores = unit(captions) @ unit(pictures).T
    positive = torch.tensor(owner[:, None] == np.arange(len(pictures))[None])
    for k in RECALL_K:
        for name, matrix, right in (("image", scores, positive), ("text", scores.T, positive.T)):
            hits = [retrieval_hit_rate(row, target, top_k=k).item() for row, target in zip(matrix, right)]
            assert abs(np.mean(hits) - expected[f"{name}_retrieval_recall@{k}"]) < 1e-6, (name, k)


def main():
    random = np.random.default_rng(11)
    FOLDER.mkdir(exist_ok=True)
    # One to seven captions a picture, in the order of the pictures, as COCO's have five to seven.
    owner = np.repeat(np.arange(103), random.integers(1, 8, 103)).astype(np.int64)
    pictures = random.standard_normal((103, 16)).astype(np.float32)
    captions = (pictures[owner] + 1.6 * random.standard_normal((len(owner), 16))).astype(np.float32)
    expected = {"all": clip_benchmark_metrics(pictures, captions, owner, 103)}
    for batch in (1, 7):
        again = clip_benchmark_metrics(pictures, captions, owner, batch)
        assert again == expected["all"], "clip_benchmark itself depends on the batch"
    check_against_torchmetrics(pictures, captions, owner, expected["all"])
    folds = []
    for fold in range(5):
        part = [n for n in range(103) if n * 5 // 103 == fold]
        rows = np.flatnonzero((owner >= part[0]) & (owner <= part[-1]))
        folds.append(clip_benchmark_metrics(pictures[part], captions[rows], owner[rows] - part[0], len(part)))
    expected["folds"] = {key: float(np.mean([fold[key] for fold in folds])) for key in folds[0]}
    np.save(FOLDER / "pictures.npy", pictures)
    np.save(FOLDER / "captions.npy", captions)
    np.save(FOLDER / "owner.npy", owner)
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")


if __name__ == "__main__":
    main()
