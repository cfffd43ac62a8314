"""Small random features with the metrics they give, and a few pictures, for tests/eval.

The metrics are computed here in float64 from their definitions (docs/formats/results.md). When the package clip_benchmark can be imported, its own
functions are run on the same features and must agree.
"""
import json
import pathlib

import numpy as np
from PIL import Image

FOLDER = pathlib.Path(__file__).parent / "eval"


def unit(rows):
    return rows / np.linalg.norm(rows, axis=-1, keepdims=True)


def zeroshot_metrics(images, prompts, labels):
    """images (N, E), prompts (C, T, E), both raw."""
    classifier = unit(unit(prompts).mean(1))
    scores = (unit(images) @ classifier.T).astype(np.float32)
    order = np.argsort(-scores, axis=1, kind="stable")  # of equal scores the lowest class first
    hits = order == labels[:, None]
    classes = len(prompts)
    return {
        "acc1": hits[:, :1].any(1).mean(),
        "acc5": hits[:, :5].any(1).mean() if classes >= 5 else None,
        "mean_per_class_recall": np.mean([hits[labels == c, 0].mean() for c in np.unique(labels)]),
    }


def retrieval_metrics(images, captions, owner, recall_k):
    scores = (unit(captions) @ unit(images).T).astype(np.float32)
    positive = owner[:, None] == np.arange(len(images))[None]
    metrics = {}
    for k in recall_k:
        for name, matrix, right in (("image", scores, positive), ("text", scores.T, positive.T)):
            order = np.argsort(-matrix, axis=1, kind="stable")[:, :k]
            found = np.take_along_axis(right, order, 1).any(1)
            metrics[f"{name}_retrieval_recall@{k}"] = float(np.float32(found.sum()) / np.float32(len(found)))
    return metrics


def check_against_clip_benchmark(zeroshot, retrieval):
    try:
        from clip_benchmark.metrics import zeroshot_classification, zeroshot_retrieval
    except ImportError:
        print("clip_benchmark is not installed: its functions were not compared")
        return
    import torch

    # Its float(array of one) is no longer allowed by NumPy 2.4.
    zeroshot_classification.float = lambda value: float(np.asarray(value).item())

    class Features:
        """Stands for a model whose inputs are features already."""

        encode_image = encode_text = staticmethod(lambda rows: rows)

    class Batches(list):
        dataset = None

    for case in zeroshot:
        if case["ties"]:
            continue  # torch.topk leaves the order of equal scores open
        batches = Batches([(torch.tensor(case["images"]), torch.tensor(case["labels"]))])
        classes = len(case["prompts"])
        batches.dataset = type("Names", (), {"classes": range(classes)})
        classnames, templates = [str(c) for c in range(classes)], [f"{{c}},{t}" for t in range(case["prompts"].shape[1])]

        def tokenizer(texts, prompts=case["prompts"]):
            return torch.tensor(np.stack([prompts[tuple(map(int, text.split(",")))] for text in texts]))

        theirs = zeroshot_classification.evaluate(Features, batches, tokenizer, classnames, templates, "cpu", amp=False)
        for key, value in case["metrics"].items():
            assert (value is None and np.isnan(theirs[key])) or abs(theirs[key] - value) < 1e-12, (key, value, theirs)
    texts = [[str(m) for m in np.flatnonzero(retrieval["owner"] == n)] for n in range(len(retrieval["images"]))]
    batches = [(torch.tensor(retrieval["images"]), texts)]

    def tokenizer(names):
        return torch.tensor(np.stack([retrieval["captions"][int(name)] for name in names]))

    theirs = zeroshot_retrieval.evaluate(Features, batches, tokenizer, "cpu", amp=False, recall_k_list=[1, 5, 10])
    assert theirs == retrieval["metrics"], (theirs, retrieval["metrics"])
    print("equal to clip_benchmark's own functions")


def make_zeroshot(random, name, pictures, classes, templates, width, absent=(), twins=()):
    prompts = random.standard_normal((classes, templates, width)).astype(np.float32)
    for first, second in twins:
        prompts[second] = prompts[first]
    allowed = [c for c in range(classes) if c not in absent]
    labels = random.choice(allowed, pictures)
    # Pictures near their class's prompts, with noise, so that the metrics are neither 0 nor 1.
    images = (prompts.mean(1)[labels] + 1.2 * random.standard_normal((pictures, width))).astype(np.float32)
    case = {"name": name, "images": images, "prompts": prompts, "labels": labels.astype(np.int64), "ties": bool(twins)}
    case["metrics"] = zeroshot_metrics(images.astype(np.float64), prompts.astype(np.float64), labels)
    return case


def main():
    random = np.random.default_rng(7)
    FOLDER.mkdir(exist_ok=True)
    zeroshot = [
        make_zeroshot(random, "absent", 61, 11, 3, 12, absent=(4,)),
        make_zeroshot(random, "four", 40, 4, 2, 8),
        make_zeroshot(random, "ties", 60, 6, 2, 8, twins=((1, 3), (0, 5))),
    ]
    owner = np.repeat(np.arange(23), random.integers(1, 8, 23))
    random.shuffle(owner)
    images = random.standard_normal((23, 10)).astype(np.float32)
    captions = (images[owner] + 1.5 * random.standard_normal((len(owner), 10))).astype(np.float32)
    # clip_benchmark lists captions picture by picture.
    order = np.argsort(owner, kind="stable")
    retrieval = {"images": images, "captions": captions[order], "owner": owner[order]}
    retrieval["metrics"] = retrieval_metrics(images.astype(np.float64), retrieval["captions"].astype(np.float64), retrieval["owner"], [1, 5, 10])
    check_against_clip_benchmark(zeroshot, retrieval)

    for case in zeroshot:
        for key in ("images", "prompts", "labels"):
            np.save(FOLDER / f"zeroshot_{case['name']}_{key}.npy", case[key])
    for key in ("images", "captions"):
        np.save(FOLDER / f"retrieval_{key}.npy", retrieval[key])
    np.save(FOLDER / "retrieval_owner.npy", retrieval["owner"].astype(np.int64))
    expected = {"zeroshot": {case["name"]: case["metrics"] for case in zeroshot}, "retrieval": retrieval["metrics"]}
    (FOLDER / "expected.json").write_text(json.dumps(expected, indent=2) + "\n")

    for index, (folder, colour) in enumerate([("2", (200, 30, 30)), ("10", (30, 200, 30)), ("green_pear", (30, 60, 200))]):
        for number in range(3):
            noise = random.integers(0, 56, (40, 48, 3))
            path = FOLDER / "pictures" / f"{folder}_{number}.png"
            path.parent.mkdir(exist_ok=True)
            Image.fromarray((np.array(colour) * (number + 2) / 4 + noise).astype(np.uint8)[:24 + 4 * index]).save(path)


if __name__ == "__main__":
    main()
