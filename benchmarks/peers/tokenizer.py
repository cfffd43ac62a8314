"""Times the tokenizers that users have today on a file of captions, on one thread.

    python benchmarks/peers/tokenizer.py captions.txt [--runs 5] [--limit N] [--ids ids.txt]

Prints a JSON line for each: {"name", "mode", "captions_per_s", "runs", "equal_ids"}; captions_per_s is the median run,
equal_ids the share of the first 10,000 captions whose ids equal open_clip's. --ids writes the ids of open_clip's tokenizer as
`clipwright tokenize` does, to compare before timing.
"""

import argparse
import gzip
import json
import os
import pathlib
import statistics
import tempfile
import time

os.environ["TOKENIZERS_PARALLELISM"] = "false"

import open_clip
import torch
import transformers
from open_clip.tokenizer import SimpleTokenizer, bytes_to_unicode, default_bpe

torch.set_num_threads(1)


def fast_tokenizer():
    """Hugging Face's CLIPTokenizerFast from the vocabulary file that open_clip ships, without a download."""
    merges = gzip.open(default_bpe()).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    symbols = list(bytes_to_unicode().values())
    names = symbols + [s + "</w>" for s in symbols] + ["".join(m.split()) for m in merges]
    names += ["<|startoftext|>", "<|endoftext|>"]
    vocabulary = {name: i for i, name in enumerate(names)}
    if int(transformers.__version__.split(".")[0]) >= 5:
        return transformers.CLIPTokenizerFast(vocab=vocabulary, merges=[tuple(m.split()) for m in merges])
    with tempfile.TemporaryDirectory() as folder:
        files = [pathlib.Path(folder, "vocab.json"), pathlib.Path(folder, "merges.txt")]
        files[0].write_text(json.dumps(vocabulary), encoding="utf-8")
        files[1].write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
        return transformers.CLIPTokenizerFast(*map(str, files))


def report(name, mode, captions, runs, work, equal_ids):
    work(captions[:2000])  # caches warm, as in the middle of an epoch
    speeds = []
    for _ in range(runs):
        start = time.perf_counter()
        work(captions)
        speeds.append(len(captions) / (time.perf_counter() - start))
    record = {"name": name, "mode": mode, "captions_per_s": statistics.median(speeds), "runs": speeds,
              "equal_ids": equal_ids}
    print(json.dumps(record), flush=True)


def in_batches(function, size=256):
    def work(captions):
        for i in range(0, len(captions), size):
            function(captions[i : i + size])

    return work


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("captions")
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--limit", type=int, default=0)
    parser.add_argument("--ids")
    arguments = parser.parse_args()
    text = pathlib.Path(arguments.captions).read_bytes().decode("utf-8", "replace")
    captions = text.removesuffix("\n").split("\n")
    if arguments.limit:
        captions = captions[: arguments.limit]
    reference = SimpleTokenizer()

    def expected(caption):
        ids = [reference.sot_token_id, *reference.encode(caption), reference.eot_token_id][: reference.context_length]
        ids[-1] = reference.eot_token_id
        return ids

    if arguments.ids:
        with open(arguments.ids, "w", encoding="ascii") as file:
            file.writelines(" ".join(map(str, expected(caption))) + "\n" for caption in captions)
    name = f"open_clip {open_clip.__version__} SimpleTokenizer"
    report(name, "encode", captions, arguments.runs, lambda part: [reference.encode(c) for c in part], 1.0)
    report(name, "call", captions, arguments.runs, in_batches(reference), 1.0)
    fast = fast_tokenizer()
    options = {"truncation": True, "max_length": 77}
    sample = captions[:10000]
    equal = sum(fast(c, **options)["input_ids"] == expected(c) for c in sample) / max(1, len(sample))
    name = "transformers CLIPTokenizerFast"
    report(name, "encode", captions, arguments.runs, lambda part: [fast(c, **options)["input_ids"] for c in part], equal)
    report(name, "call", captions, arguments.runs, in_batches(lambda part: fast(part, **options)["input_ids"]), equal)


if __name__ == "__main__":
    main()
