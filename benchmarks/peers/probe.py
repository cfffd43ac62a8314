"""Times scikit-learn's multinomial logistic regression (L-BFGS) on a file of features and one of labels.

    python benchmarks/peers/probe.py features.npy labels.npy --objective F [--runs 5] [--threads 2] [--c 1]

For float32 and float64 features prints a JSON line: {"name", "mode", "seconds", "runs", "objective", "iterations"}. Of the
tolerances 1e-4 (scikit-learn's own), 1e-5, ... the loosest counts whose objective, 1/2 |W|^2 + C * sum of cross entropies,
comes within 1e-4 of F.
"""

import argparse
import json
import os
import statistics
import time
import warnings


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("features")
    parser.add_argument("labels")
    parser.add_argument("--objective", type=float, required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--c", type=float, default=1.0)
    arguments = parser.parse_args()
    import numpy as np
    import sklearn
    import threadpoolctl
    from sklearn.linear_model import LogisticRegression

    warnings.simplefilter("ignore")
    features, labels = np.load(arguments.features), np.load(arguments.labels)

    def objective(model):
        z = model.decision_function(features.astype(np.float64))
        loss = (np.logaddexp.reduce(z, 1) - z[np.arange(len(z)), np.searchsorted(model.classes_, labels)]).sum()
        return 0.5 * float((model.coef_.astype(np.float64) ** 2).sum()) + arguments.c * float(loss)

    with threadpoolctl.threadpool_limits(arguments.threads):
        for kind in (np.float32, np.float64):
            rows, tolerance = features.astype(kind), 1e-4
            while True:
                model = LogisticRegression(C=arguments.c, max_iter=10000, tol=tolerance)
                started = time.perf_counter()
                model.fit(rows, labels)
                runs = [time.perf_counter() - started]
                reached = objective(model)
                if reached <= arguments.objective * (1 + 1e-4) or tolerance < 1e-9:
                    break
                tolerance /= 10
            for _ in range(arguments.runs - 1):
                started = time.perf_counter()
                LogisticRegression(C=arguments.c, max_iter=10000, tol=tolerance).fit(rows, labels)
                runs.append(time.perf_counter() - started)
            print(json.dumps({"name": f"scikit-learn {sklearn.__version__}", "mode": f"lbfgs, {np.dtype(kind).name}, tol {tolerance:.0e}", "seconds": statistics.median(runs), "runs": runs,
                              "objective": reached, "iterations": int(model.n_iter_[0])}), flush=True)


if __name__ == "__main__":
    main()
