"""Times CLIP_benchmark's linear probe by AdamW on a file of features and one of labels. One JSON line.

    python benchmarks/peers/adamw_probe.py features.npy labels.npy [--runs 3] [--threads 2]

Prints {"name", "seconds", "runs", "cross_entropy", "acc1"}, the last two on the rows it was trained on. The training loop is CLIP_benchmark's own; it asks for a CUDA device
and is made to stay on the CPU. Data loading takes part in the time, as in its use.
"""

import argparse
import contextlib
import io
import json
import os
import statistics
import time


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("features")
    parser.add_argument("labels")
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    arguments = parser.parse_args()
    import importlib.metadata

    import numpy as np
    import torch
    from clip_benchmark.metrics import linear_probe

    torch.set_num_threads(arguments.threads)
    torch.Tensor.cuda = torch.nn.Module.cuda = lambda self, *_: self
    features, labels = torch.from_numpy(np.load(arguments.features)), torch.from_numpy(np.load(arguments.labels))
    loader = torch.utils.data.DataLoader(linear_probe.FeatureDataset(features, labels), batch_size=64, shuffle=True)
    runs = []
    for _ in range(arguments.runs):
        started = time.perf_counter()
        with contextlib.redirect_stdout(io.StringIO()):
            model = linear_probe.train(loader, features.shape[1], int(labels.max()) + 1, 0.0, 0.1, 10, False, "cpu", 0)
        runs.append(time.perf_counter() - started)
    with torch.no_grad():
        scores = model(features).double()
    print(json.dumps({"name": f"clip_benchmark {importlib.metadata.version('clip_benchmark')}", "seconds": statistics.median(runs), "runs": runs,
                      "cross_entropy": float(torch.nn.functional.cross_entropy(scores, labels)), "acc1": float((scores.argmax(1) == labels).double().mean())}))


if __name__ == "__main__":
    main()
