"""Golden results of linear probes for tests/eval/probe: real sets that scikit-learn ships, and what scikit-learn's multinomial
logistic regression makes of them, driven by the published searches.

    python tests/golden/make_probe.py [FOLDER]

Written to tests/golden/probe: NAME_rows.npy and NAME_labels.npy for digits (uint8), wine and breast_cancer (float32), and
probe.json with splits, objectives, chosen penalties and counts of right answers. Each penalty is fitted to a tight tolerance:
at scikit-learn's default one the answers are those of the moment it stopped, not of the objective.
"""
import json
import pathlib
import sys
import warnings

import numpy as np
import sklearn
import torch
from sklearn.datasets import load_breast_cancer, load_digits, load_wine
from sklearn.linear_model import LogisticRegression

FOLDER = pathlib.Path(sys.argv[1]) if len(sys.argv) > 1 else pathlib.Path(__file__).parent / "probe"
GRID = np.logspace(-6, 6, 97)
WEIGHT_DECAYS = np.logspace(-6, 5, 45)


def fit(x, y, c, start=None):
    classifier = LogisticRegression(C=c, tol=1e-10, max_iter=20000, warm_start=start is not None)
    if start is not None:
        classifier.coef_, classifier.intercept_, classifier.classes_ = start
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return classifier.fit(x.astype(np.float64), y)


def objective(classifier, x, y, c):
    """1/2 |W|^2 + C * sum of cross entropies."""
    z = classifier.decision_function(x.astype(np.float64))
    if z.ndim == 1:
        loss = np.logaddexp(0, -np.where(y == classifier.classes_[1], 1, -1) * z).sum()
    else:
        place = np.searchsorted(classifier.classes_, y)
        loss = (np.logaddexp.reduce(z, 1) - z[np.arange(len(y)), place]).sum()
    return 0.5 * (classifier.coef_**2).sum() + c * loss


def right(classifier, x, y):
    return int((classifier.predict(x.astype(np.float64)) == y).sum())


def around_peak(score):
    """Radford et al. 2021, A.3: seven coarse values, then the neighbours 8, 4, 2 and 1 steps beside the peak."""
    known = {}

    def of(i):
        if i not in known:
            known[i] = score(GRID[i])
        return known[i]

    peak = max(range(0, 97, 16), key=lambda i: (of(i), -i))
    for span in (8, 4, 2, 1):
        peak = max((max(peak - span, 0), peak, min(peak + span, 96)), key=lambda i: (of(i), -i))
    return GRID[peak], [[float(GRID[i]), s] for i, s in known.items()]


def standardized(train, *others):
    mean, std = train.mean(0), train.std(0)
    std[std == 0] = np.inf  # a dimension that never varies becomes zero
    return [((part - mean) / std).astype(np.float32) for part in (train, *others)]


def adamw_steps(x, y, classes):
    """CLIP_benchmark's step, on all rows at once and from zero, so that neither order nor draws matter."""
    head = torch.nn.Linear(x.shape[1], classes)
    torch.nn.init.zeros_(head.weight), torch.nn.init.zeros_(head.bias)
    optimizer = torch.optim.AdamW(head.parameters(), lr=0.1, weight_decay=0.05)
    features, labels = torch.tensor(x), torch.tensor(y)
    for step in range(12):
        optimizer.param_groups[0]["lr"] = 0.1 * 0.5 * (1 + np.cos(np.pi * step / 12))
        optimizer.zero_grad()
        torch.nn.functional.cross_entropy(head(features), labels).backward()
        optimizer.step()
    return torch.cat([head.weight.data, head.bias.data[:, None]], 1).numpy()


def lgssl_minimum(x, y, classes, c):
    """LGSSL's own objective: mean cross entropy + 1/C * 1/2 |W|, from ten starts' worth of L-BFGS steps in float64."""
    features, labels = torch.tensor(x, dtype=torch.float64), torch.tensor(y)
    head = torch.nn.Linear(x.shape[1], classes, dtype=torch.float64)
    torch.nn.init.normal_(head.weight, std=1e-3, generator=torch.Generator().manual_seed(0)), torch.nn.init.zeros_(head.bias)
    value = lambda: torch.nn.functional.cross_entropy(head(features), labels) + 0.5 / c * head.weight.norm()
    for _ in range(10):
        optimizer = torch.optim.LBFGS(head.parameters(), line_search_fn="strong_wolfe", max_iter=2000, tolerance_grad=1e-12, tolerance_change=1e-15)

        def closure():
            optimizer.zero_grad()
            loss = value()
            loss.backward()
            return loss

        optimizer.step(closure)
    return value().item(), int((head(features).argmax(1) == labels).sum())


def main():
    FOLDER.mkdir(exist_ok=True)
    results = {"scikit_learn": sklearn.__version__, "sets": {}}
    for name, load in (("digits", load_digits), ("wine", load_wine), ("breast_cancer", load_breast_cancer)):
        x, y = load(return_X_y=True)
        x = x.astype(np.float32)
        if name != "digits":
            x = standardized(x)[0]
        order = np.random.default_rng(7).permutation(len(x))
        x, y = x[order], y[order].astype(np.int64)
        if name == "digits":
            x, y = x[:1200], y[:1200]
        np.save(FOLDER / f"{name}_rows.npy", x.astype(np.uint8) if name == "digits" else x)
        np.save(FOLDER / f"{name}_labels.npy", y.astype(np.int32))
        a, b = len(x) // 2, len(x) * 3 // 4
        record = {"train": a, "val": b - a, "test": len(x) - b, "float32": {}, "float16": {}}
        for kind in ("float32", "float16"):
            # Features of the size that a model gives; a float16 is another number, so another problem.
            features = (x / 16 if name == "digits" else x).astype(kind).astype(np.float32)
            if kind == "float16" and name == "digits":
                features = (features * np.float32(0.3)).astype(np.float16).astype(np.float32)
            train, val, test = (features[:a], y[:a]), (features[a:b], y[a:b]), (features[b:], y[b:])
            both = np.concatenate([train[0], val[0]]), np.concatenate([train[1], val[1]])
            out = record[kind]
            out["objectives"] = [[c, objective(fit(*train, c), *train, c)] for c in (1e-6, 1e-3, 1.0, 1e2, 1e4)]
            c, path = around_peak(lambda c: right(fit(*train, c), *val))
            final = fit(*both, c)
            out["clip"] = {"C": float(c), "path": path, "right": right(final, *test), "objective": objective(final, *both, c)}
            scaled_train, scaled_val = standardized(train[0], val[0])
            best, path = None, []
            for decay in WEIGHT_DECAYS:
                score = right(fit(scaled_train, train[1], 1 / decay), scaled_val, val[1])
                path.append(score)
                if best is None or score > path[best]:
                    best = len(path) - 1
            scaled_both, scaled_test = standardized(both[0], test[0])
            final = fit(scaled_both, both[1], 1 / WEIGHT_DECAYS[best])
            out["synclr"] = {"weight_decay": float(WEIGHT_DECAYS[best]), "path": path, "right": right(final, scaled_test, test[1])}
        classes = int(y.max()) + 1
        features = x / 16 if name == "digits" else x
        record["lgssl"] = [[c, *lgssl_minimum(features[:a], y[:a], classes, c)] for c in (1.0, 1e2, 1e4)]
        results["sets"][name] = record
    x, y = np.load(FOLDER / "wine_rows.npy"), np.load(FOLDER / "wine_labels.npy").astype(np.int64)
    np.save(FOLDER / "adamw_wine.npy", adamw_steps(x, y, 3))
    (FOLDER / "probe.json").write_text(json.dumps(results) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
