"""Times the tokenizers that users have today on a file of captions, on one thread.

    python benchmarks/peers/tokenizer.py captions.txt [--runs 5] [--limit N] [--ids ids.txt]

Prints a JSON line for each: {"name", "mode", "captions_per_s", "runs"}; captions_per_s is the median run. --ids writes the
ids of open_clip's tokenizer as `clipwright tokenize` does, to compare before timing.
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
from open_clip.tokenizer import SimpleTokenizer, bytes_to_unicode, default_bpe

torch.set_num_threads(1)


def fast_tokenizer():
    """Hugging Face's CLIPTokenizerFast from the vocabulary file that open_clip ships, without a download."""
    from transformers import CLIPTokenizerFast

    merges = gzip.open(default_bpe()).read().decode("utf-8").split("\n")[1 : 49152 - 256 - 2 + 1]
    symbols = list(bytes_to_unicode().values())
    names = symbols + [s + "</w>" for s in symbols] + ["".join(m.split()) for m in merges]
    names += ["<|startoftext|>", "<|endoftext|>"]
    with tempfile.TemporaryDirectory() as folder:
        vocabulary, rules = pathlib.Path(folder, "vocab.json"), pathlib.Path(folder, "merges.txt")
        vocabulary.write_text(json.dumps({name: i for i, name in enumerate(names)}), encoding="utf-8")
        rules.write_text("\n".join(["#version: 0.2", *merges]) + "\n", encoding="utf-8")
        pairs = [tuple(m.split()) for m in merges]
        try:
            return CLIPTokenizerFast(vocab_file=str(vocabulary), merges_file=str(rules))
        except TypeError:
            return CLIPTokenizerFast(vocab={name: i for i, name in enumerate(names)}, merges=pairs)


def report(name, mode, captions, runs, work):
    work(captions[:2000])  # caches warm, as in the middle of an epoch
    speeds = []
    for _ in range(runs):
        start = time.perf_counter()
        work(captions)
        speeds.append(len(captions) / (time.perf_counter() - start))
    record = {"name": name, "mode": mode, "captions_per_s": statistics.median(speeds), "runs": speeds}
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
    if arguments.ids:
        with open(arguments.ids, "w", encoding="ascii") as file:
            for row in map(reference.encode, captions):
                ids = [reference.sot_token_id, *row, reference.eot_token_id][: reference.context_length]
                ids[-1] = reference.eot_token_id
                file.write(" ".join(map(str, ids)) + "\n")
    name = f"open_clip {open_clip.__version__} SimpleTokenizer"
    report(name, "encode", captions, arguments.runs, lambda part: [reference.encode(c) for c in part])
    report(name, "call", captions, arguments.runs, in_batches(reference))
    fast = fast_tokenizer()
    options = {"truncation": True, "max_length": 77}
    report("transformers CLIPTokenizerFast", "encode", captions, arguments.runs,
           lambda part: [fast(c, **options)["input_ids"] for c in part])
    report("transformers CLIPTokenizerFast", "call", captions, arguments.runs,
           in_batches(lambda part: fast(part, **options)["input_ids"]))


if __name__ == "__main__":
    main()
