"""Do CLIP_benchmark and pandas read our results, and do we read CLIP_benchmark's? A check for developers, not part of the tests.

    python tests/golden/check_results_tables.py build/clipwright

Result files are made by `clipwright eval zeroshot` and by Python's json as CLIP_benchmark writes it (bare NaN, class names). All of them go through
`clip_benchmark build` and through `clipwright eval build`; pandas reads both tables, which must have the same columns and cells. Needs clip_benchmark and pandas.
"""
import argparse
import contextlib
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import pandas
from clip_benchmark.cli import main_build

PICTURES = pathlib.Path(__file__).parent / "eval/pictures"


def make_ours(program, work):
    for name in ("2", "10", "green_pear"):
        (work / "set" / name).mkdir(parents=True)
        for number in "012":
            (work / "set" / name / f"{number}.png").write_bytes((PICTURES / f"{name}_{number}.png").read_bytes())
    subprocess.run([program, "eval", "zeroshot", "--model", "tiny-32", "--data", work / "set", "--output", work / "ours.json", "--quiet"], check=True)
    rows = "filepath,title\n" + "".join(f"set/{name}/0.png,wall {name}\n" for name in ("2", "10", "green_pear"))
    (work / "pairs.csv").write_text(rows)
    subprocess.run([program, "eval", "retrieval", "--model", "tiny-32", "--data", work / "pairs.csv", "--output", work / "ours_retrieval.json", "--quiet"], check=True)


def make_theirs(work):
    """As cli.py's run ends: json.dump of a dict, NaN for acc5 with fewer than five classes."""
    results = {
        "theirs": {"dataset": "wds/vtab/cifar10", "model": "ViT-B-32", "pretrained": "openai", "task": "zeroshot_classification",
                   "metrics": {"acc1": 0.8982, "acc5": 0.9963, "mean_per_class_recall": 0.8981}, "language": "en"},
        "nan": {"dataset": "pcam, \"test\"", "model": "ViT-B-32", "pretrained": "a,b", "task": "zeroshot_classification",
                "metrics": {"acc1": 0.5, "acc5": float("nan"), "mean_per_class_recall": 0.5}, "language": "en"},
        "retrieval": {"dataset": "flickr30k", "model": "RN50", "pretrained": "x/y.pt", "task": "zeroshot_retrieval",
                      "metrics": {"image_retrieval_recall@5": 0.8575999736785889, "text_retrieval_recall@5": 0.9490000009536743}, "language": "en"},
        "probe": {"dataset": "NaN", "model": "RN50", "pretrained": "Infinity", "task": "linear_probe",
                  "metrics": {"lp_acc1": 0.75, "lp_acc5": float("nan"), "lp_mean_per_class_recall": 0.7, "weight_decay": 1e-06, "epochs": 10, "seed": 0, "fewshot_k": -1, "normalized": True},
                  "language": "en"},
    }
    for name, result in results.items():
        with open(work / f"{name}.json", "w") as file:
            json.dump(result, file)


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    program = pathlib.Path(sys.argv[1]).resolve()
    with tempfile.TemporaryDirectory() as folder:
        work = pathlib.Path(folder)
        make_ours(program, work)
        make_theirs(work)
        files = sorted(str(path) for path in work.glob("*.json"))
        with contextlib.redirect_stdout(io.StringIO()):
            main_build(argparse.Namespace(files=files, output=str(work / "theirs.csv")))
        subprocess.run([program, "eval", "build", *files, "--output", work / "ours.csv"], check=True)
        # dtype=str: the same digits, not only the same numbers; na_values: both write "no value" their own way (nan, empty).
        theirs, ours = (pandas.read_csv(work / name, dtype=str, keep_default_na=False) for name in ("theirs.csv", "ours.csv"))
        if set(theirs.columns) != set(ours.columns):
            sys.exit(f"columns differ: {sorted(set(theirs.columns) ^ set(ours.columns))}")
        differences = 0
        for column in sorted(theirs.columns):
            for row, (a, b) in enumerate(zip(theirs[column], ours[column])):
                same = a == b or (a, b) in (("nan", ""), ("True", "true"), ("False", "false")) or is_equal(a, b)
                if not same:
                    differences += 1
                    print(f"{files[row]}: {column}: CLIP_benchmark {a!r}, ours {b!r}")
        folder_table = work / "folder.csv"
        subprocess.run([program, "eval", "build", work, "--output", folder_table], check=True)
        numbers = pandas.read_csv(folder_table)
        assert numbers["acc1"].dtype == float and len(numbers) == len(files), "pandas reads numbers as numbers"
        print(f"{len(files)} results, {len(theirs.columns)} columns, {differences} cells differ")
        sys.exit(1 if differences else 0)


def is_equal(a, b):
    try:
        return float(a) == float(b)
    except ValueError:
        return False


if __name__ == "__main__":
    main()
