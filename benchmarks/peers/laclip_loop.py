"""Captions a second of a LaCLIP-style loop: one prompt after the other, each computed from its first token, 77 tokens
always decoded, no stop at a line break (facts: LLaMA's generate as LaCLIP's rewrite script calls it).

usage: laclip_loop.py http://HOST:PORT requests.jsonl [N]

The model runs in llama-server; requests.jsonl is what `clipwright rewrite --engine batch` writes, so prompts and
sampling are those of our own run. Prints one JSON line.
"""
import json
import sys
import time
import urllib.request

TOKENS = 77


def complete(url, body):
    request = urllib.request.Request(url + "/completion", json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request) as reply:
        return json.load(reply)


def main():
    url, path = sys.argv[1], sys.argv[2]
    count = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    with open(path, encoding="utf-8") as file:
        asked = [json.loads(line)["body"] for line, _ in zip(file, range(count))]
    complete(url, {"prompt": "warm", "n_predict": 4, "cache_prompt": False})
    start = time.perf_counter()
    decoded = prompt_tokens = 0
    for body in asked:
        reply = complete(url, {"prompt": body["prompt"], "n_predict": TOKENS, "ignore_eos": True, "cache_prompt": False,
                               "temperature": body["temperature"], "top_p": body["top_p"], "top_k": 0, "min_p": 0,
                               "samplers": ["temperature", "top_p"], "seed": body["seed"]})
        decoded += reply["tokens_predicted"]
        prompt_tokens += reply["tokens_evaluated"]
        if reply["tokens_predicted"] != TOKENS:
            sys.exit(f"the server stopped after {reply['tokens_predicted']} tokens, not {TOKENS}")
    seconds = time.perf_counter() - start
    print(json.dumps({"loop": "laclip", "captions": len(asked), "captions_per_s": len(asked) / seconds,
                      "prompt_tokens": prompt_tokens, "decoded_tokens": decoded, "seconds": seconds}))


main()
