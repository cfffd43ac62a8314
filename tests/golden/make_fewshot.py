"""Features, episodes and the accuracy of each by both prototype rules, and CoOp's linear probe, for tests/eval/fewshot.

The accuracies of episodes are computed here in float64 from the definitions (docs/evaluation/fewshot.md); scikit-learn's NearestCentroid must
agree. The probe is scikit-learn's, fitted to its minimum.
"""
import json
import pathlib

import numpy as np
from sklearn.datasets import load_digits
from sklearn.linear_model import LogisticRegression
from sklearn.neighbors import NearestCentroid

FOLDER = pathlib.Path(__file__).parent / "fewshot"
CLASSES, WIDTH, TRAIN, TEST = 9, 13, 12, 8  # rows a class
WAYS, SHOTS, QUERIES, EPISODES = 4, 3, 5, 60


def centred_unit(support, queries):
    mean = support.mean(0)

    def unit(rows):
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-12)

    return unit(support - mean), unit(queries - mean)


def accuracy(support, queries, answers):
    """support (WAYS * SHOTS, D) class by class, queries (n, D)."""
    prototypes = support.reshape(WAYS, SHOTS, -1).mean(1)
    distances = np.sqrt(((queries[:, None] - prototypes[None]) ** 2).sum(2))
    found = distances.argmin(1)  # of equal ones the first
    peer = NearestCentroid().fit(support, np.repeat(np.arange(WAYS), SHOTS)).predict(queries)
    assert (peer == found).all()
    return (found == answers).mean()


def coop_probe(train, validation, test, steps, **solver):
    """C and the accuracies on validation and test after the search on validation."""
    fits = {}

    def fit(c):
        if c not in fits:
            fits[c] = LogisticRegression(C=c, **solver).fit(*train)
        return fits[c]

    grid = [1e6, 1e4, 1e2, 1, 1e-2, 1e-4, 1e-6]
    peak = grid[int(np.argmax([fit(c).score(*validation) for c in grid]))]
    low, high = np.log10(peak) - 1, np.log10(peak) + 1
    for _ in range(steps):
        left, right = 10.0**low, 10.0**high
        scores = fit(left).score(*validation), fit(right).score(*validation)
        if scores[0] < scores[1]:
            c, low = right, (low + high) / 2
        else:
            c, high = left, (low + high) / 2
    return {"C": c, "val_accuracy": max(scores), "accuracy": fit(c).score(*test)}


def coop_cases():
    """Digits under noise: without it the choice falls on a C so large that it is the solver's tolerance that decides."""
    images, labels = load_digits(return_X_y=True)
    cases = {}
    for shots, seed in ((1, 3), (4, 1), (16, 1)):
        random = np.random.default_rng(seed)
        noisy = (images / 16 + random.normal(scale=0.35, size=images.shape)).astype(np.float16)
        order = random.permutation(len(labels))

        def save(name, rows):
            np.save(FOLDER / f"coop_{name}_{shots}.npy", noisy[rows])
            np.save(FOLDER / f"coop_{name}_{shots}_labels.npy", labels[rows].astype(np.int32))
            return noisy[rows].astype(np.float64), labels[rows]

        rows = [order[:-150][labels[order[:-150]] == c] for c in range(10)]
        sets = (save("train", np.concatenate([own[:shots] for own in rows])), save("val", np.concatenate([own[20:35] for own in rows])), save("test", order[-150:]))
        exact, looser, usual = (coop_probe(*sets, 8, tol=tol, max_iter=100000) for tol in (1e-8, 1e-6, 1e-4))
        print(shots, "shots", exact, usual)
        assert exact == looser
        cases[str(shots)] = exact
    (FOLDER / "coop.json").write_text(json.dumps(cases, indent=1) + "\n")


def main():
    FOLDER.mkdir(exist_ok=True)
    coop_cases()
    random = np.random.default_rng(20)
    centres = random.normal(size=(CLASSES, WIDTH)) * 0.4 + 3  # far from the origin, so that centring matters
    scale = np.exp(random.normal(size=(CLASSES, 1)))  # so that length does, too

    def draw(rows):
        labels = random.permutation(np.repeat(np.arange(CLASSES), rows))
        return ((centres[labels] + random.normal(size=(len(labels), WIDTH))) * scale[labels]).astype(np.float32), labels

    train, train_labels = draw(TRAIN)
    test, test_labels = draw(TEST)
    support, queries, chosen = [], [], []
    expected = {"centred_unit": [], "raw": []}
    for _ in range(EPISODES):
        classes = np.sort(random.choice(CLASSES, WAYS, replace=False))
        s = np.concatenate([random.choice(np.flatnonzero(train_labels == c), SHOTS, replace=False) for c in classes])
        q = np.concatenate([random.choice(np.flatnonzero(test_labels == c), QUERIES, replace=False) for c in classes])
        answers = np.repeat(np.arange(WAYS), QUERIES)
        a, b = train[s].astype(np.float64), test[q].astype(np.float64)
        expected["raw"].append(accuracy(a, b, answers))
        expected["centred_unit"].append(accuracy(*centred_unit(a, b), answers))
        support.append(s)
        queries.append(q)
        chosen.append(classes)
    for name, values in {"train": train, "train_labels": train_labels.astype(np.int64), "test": test, "test_labels": test_labels.astype(np.int64),
                         "classes": np.array(chosen, np.int64), "support": np.array(support, np.int64), "queries": np.array(queries, np.int64),
                         **{f"accuracy_{rule}": np.array(values) for rule, values in expected.items()}}.items():
        np.save(FOLDER / f"{name}.npy", values)
    for rule, values in expected.items():
        values = np.array(values)
        print(rule, values.mean(), values.std(ddof=1), 1.96 * values.std(ddof=1) / np.sqrt(len(values)), len(np.unique(values)))


if __name__ == "__main__":
    main()
