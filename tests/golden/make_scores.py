"""Small random scores with what scikit-learn, torchmetrics, SciPy and clip_benchmark make of them, for tests/eval/scores.

    python tests/golden/make_scores.py

Every value below comes from a peer; where two compute the same thing, they must agree here.
"""
import json
import pathlib
import warnings

import numpy as np
import scipy.stats
import sklearn.metrics
import sklearn.neighbors
import torch
import torchmetrics.functional.classification as tm
from clip_benchmark.metrics.zeroshot_classification import average_precision_per_class

FOLDER = pathlib.Path(__file__).parent / "scores"


def average_precision(random):
    scores = random.permutation(40 * 6).reshape(40, 6).astype(np.float32) / 7  # no two alike: peers order ties as they like
    labels = (random.random((40, 6)) < [0.5, 0.2, 0.05, 0.9, 0.3, 0.4]).astype(np.int64)
    labels[:, 4] = 0  # a class without positives
    theirs = average_precision_per_class(torch.tensor(scores), torch.tensor(labels)).numpy()
    for c in (0, 1, 2, 3, 5):
        assert abs(theirs[c] - sklearn.metrics.average_precision_score(labels[:, c], scores[:, c])) < 1e-6
    eleven = []
    for c in range(6):
        if labels[:, c].sum() == 0:
            eleven.append(0.0)
            continue
        precision, recall, _ = sklearn.metrics.precision_recall_curve(labels[:, c], scores[:, c])
        # precision_recall_curve ends with an invented point (precision 1, recall 0).
        eleven.append(float(np.mean([precision[:-1][recall[:-1] >= point - 1e-12].max() for point in np.linspace(0, 1, 11)])))
    return {"scores": scores.tolist(), "labels": labels.tolist(), "all_points": [float(x) for x in theirs], "mean": float(theirs.mean()), "eleven_points": eleven}


def balanced_accuracy(random):
    labels, predicted = random.integers(0, 6, 50), random.integers(0, 7, 50)
    labels[labels == 3] = 2  # a class that does not occur
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # a prediction that is no label
        value = sklearn.metrics.balanced_accuracy_score(labels, predicted)
    return {"labels": labels.tolist(), "predicted": predicted.tolist(), "value": value}


def calibration(random):
    scores = random.standard_normal((300, 7)).astype(np.float32)
    labels = np.where(random.random(300) < 0.6, scores.argmax(1), random.integers(0, 7, 300))
    cases = []
    for scale in (1.0, 4.0, 100.0):
        probabilities = torch.softmax(scale * torch.tensor(scores), 1)
        if scale == 100.0:  # torchmetrics puts 1.0 into a bin of its own, Guo et al. into the last
            probabilities = probabilities.clamp(max=1 - 1e-6)
        confidence, predicted = probabilities.max(1)
        values = {bins: tm.multiclass_calibration_error(probabilities, torch.tensor(labels), 7, n_bins=bins).item() for bins in (10, 15)}
        cases.append({"scale": scale, "confidence": confidence.tolist(), "right": [int(x) for x in predicted.numpy() == labels], "bins": values})
    return {"scores": scores.tolist(), "labels": labels.tolist(), "cases": cases}


def neighbours(random):
    def unit(rows):
        return (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)

    labels, test_labels = random.integers(0, 4, 60), random.integers(0, 4, 25)
    centres = random.standard_normal((4, 5))
    train, queries = unit(centres[labels] + random.standard_normal((60, 5))), unit(centres[test_labels] + random.standard_normal((25, 5)))
    cases = []
    for k, temperature in ((20, 0.07), (5, 0.5), (1, 0.07)):
        def weights(distances, t=temperature):
            return np.exp((1 - distances) / t)

        model = sklearn.neighbors.KNeighborsClassifier(k, weights=weights, metric="cosine", algorithm="brute").fit(train, labels)
        cases.append({"k": k, "temperature": temperature, "predicted": model.predict(queries).tolist(), "shares": model.predict_proba(queries).tolist()})
    return {"train": train.tolist(), "labels": labels.tolist(), "queries": queries.tolist(), "cases": cases}


def paired_bootstrap(random):
    def interval(statistic, *arrays):
        return scipy.stats.bootstrap(arrays, statistic, paired=True, vectorized=False, n_resamples=20000, method="percentile", rng=np.random.default_rng(5)).confidence_interval

    a, b = (random.random(120) < 0.62).astype(int), (random.random(120) < 0.5).astype(int)
    plain = interval(lambda x, y: x.mean() - y.mean(), a, b)
    classes = random.choice(4, 120, p=[0.55, 0.3, 0.1, 0.05])

    def balanced(x, y, c):
        present = np.unique(c)
        return np.mean([x[c == one].mean() - y[c == one].mean() for one in present])

    by_class = interval(balanced, a, b, classes)
    return {"a": a.tolist(), "b": b.tolist(), "classes": classes.tolist(),
            "plain": {"difference": float(a.mean() - b.mean()), "low": plain.low, "high": plain.high},
            "by_class": {"difference": float(balanced(a, b, classes)), "low": by_class.low, "high": by_class.high}}


def main():
    FOLDER.mkdir(exist_ok=True)
    for index, make in enumerate((average_precision, balanced_accuracy, calibration, neighbours, paired_bootstrap)):
        (FOLDER / f"{make.__name__}.json").write_text(json.dumps(make(np.random.default_rng(100 + index))) + "\n")
        print(make.__name__)


if __name__ == "__main__":
    main()
