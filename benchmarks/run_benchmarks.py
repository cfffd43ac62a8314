"""Runs clipwright's benchmarks and the peers' in turn on this machine, checks that results agree, and writes docs/benchmarks.md.

    python benchmarks/run_benchmarks.py --program build/clipwright [--only train-step|train-step-mt|images|tokenizer|rewriting|start|family|filip|probe|zeroshot-head|finetune] [--quick]

Run it through ./run bench, which installs the peers. A time counts only when the results it was measured on agree.
"""
import argparse
import hashlib
import json
import math
import os
import pathlib
import platform
import re
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request

ROOT = pathlib.Path(__file__).resolve().parent.parent
PEERS = ROOT / "benchmarks" / "peers"


def run(command, **keywords):
    done = subprocess.run([str(c) for c in command], stdout=subprocess.PIPE, text=True, **keywords)
    if done.returncode != 0:
        raise SystemExit(f"{' '.join(map(str, command))} ended with exit code {done.returncode}")
    return done.stdout


def json_lines(text):
    return [json.loads(line) for line in text.splitlines() if line.startswith("{")]


class Table:
    """Rows by number, subject and peer. They outlive a run in benchmarks/results.json, so that one row can be measured again alone."""

    def __init__(self, file):
        self.file = file
        self.rows = {tuple(row[:3]): row for row in json.loads(file.read_text(encoding="utf-8"))} if file.exists() else {}

    def add(self, number, what, ours, peer_name, peer, unit, check, growth=""):
        a, b = statistics.median(ours), statistics.median(peer)
        ratio = b / a if unit in ("s", "MiB") else a / b
        spread = lambda runs: f"{min(runs):.4g}–{max(runs):.4g}"
        row = [number, what, peer_name, unit, f"{a:.4g}", spread(ours), f"{b:.4g}", spread(peer), f"{ratio:.2f}x", growth, check, time.strftime("%Y-%m-%d")]
        self.rows[tuple(row[:3])] = row
        print(f"{what} against {peer_name}: {a:.4g} / {b:.4g} {unit}, {ratio:.2f}x  [{check}] {growth}", file=sys.stderr, flush=True)

    def save(self):
        rows = [self.rows[key] for key in sorted(self.rows, key=lambda key: (key[0], key[1], key[2]))]
        self.file.write_text("[\n" + ",\n".join(json.dumps(row, ensure_ascii=False) for row in rows) + "\n]\n", encoding="utf-8")
        return rows


def exponent(small, large, times):
    """How the time of a piece of work grows: time ~ work ** exponent, from rates (work/s) at one and `times` the work."""
    return 1 + math.log(statistics.median(small) / statistics.median(large)) / math.log(times)


def made_up_captions(count, mean_words, seed):
    """Captions of single-token words; mean_words 9.5 gives CC3M's mean of 12.6 tokens with start and end."""
    import numpy as np
    random = np.random.default_rng(seed)
    words = "photo dog house red street water girl table green old car sky tree white beach night small city man flower".split()
    lengths = np.clip(1 + (mean_words * np.exp(0.45 * random.standard_normal(count))).astype(int), 2, 46)
    return [" ".join(random.choice(words, n)) for n in lengths]


def prepare_step(folder, model_name, batch, slots):
    """Weights, pictures and texts both sides read."""
    import numpy as np
    import open_clip
    import torch
    from safetensors.torch import save_file
    torch.manual_seed(0)
    model = open_clip.create_model(model_name, pretrained=None, precision="fp32")
    directory = folder / model_name
    directory.mkdir(exist_ok=True)
    preprocess = {"mean": list(open_clip.OPENAI_DATASET_MEAN), "std": list(open_clip.OPENAI_DATASET_STD), "interpolation": "bicubic", "resize_mode": "shortest"}
    (directory / "open_clip_config.json").write_text(json.dumps({"model_cfg": open_clip.get_model_config(model_name), "preprocess_cfg": preprocess}))
    save_file({k: v.contiguous() for k, v in model.state_dict().items()}, directory / "open_clip_model.safetensors")
    images = folder / f"images-{batch}.npy"
    np.save(images, np.random.default_rng(1).integers(0, 256, (batch, 3, 224, 224), dtype=np.uint8))
    texts = []
    for slot in range(slots):
        path = folder / f"texts-{batch}-{slot}.txt"
        path.write_text("\n".join(made_up_captions(batch, 9.5 if slot == 0 else 16.3, slot)) + "\n")
        texts.append(path)
    return directory, images, texts


def losses_agree(ours, theirs):
    for step, (a, b) in enumerate(zip(ours, theirs)):
        limit = 1e-4 if step == 0 else 2e-3  # after an update float rounding has passed through AdamW's square roots
        if abs(a - b) > limit * abs(b):
            raise SystemExit(f"step {step}: our loss {a} and the peer's {b} differ; times would mean nothing")
    return f"losses of {min(len(ours), len(theirs))} steps agree, first to {abs(ours[0] - theirs[0]) / abs(theirs[0]):.0e}"


def bench_step(arguments, table, folder, slots):
    batch = 32 if slots > 1 else 64
    if arguments.quick:
        batch //= 4
    number, what = (1, f"training step, ViT-B/32, batch {batch}") if slots == 1 else (2, f"training step, ViT-B/32, {slots} texts, batch {batch}")

    def measure(size, modes):
        """Ours and the peers' in turn on the same bytes: ours before and after them, each product library once."""
        directory, images, texts = prepare_step(folder, "ViT-B-32", size, slots)
        ours_command = [arguments.program, "bench", "--only", "train-step", "--model", directory, "--images-file", images, "--texts", *texts, "--output", "json", "--threads", arguments.threads]
        peer_command = [sys.executable, PEERS / "train_step.py", "--model-directory", directory, "--images-file", images, "--texts", *texts, "--threads", arguments.threads]
        ours = json_lines(run([*ours_command, "--runs", arguments.runs]))[0]
        peers = {mode: json_lines(run([*peer_command, "--mode", mode, "--runs", arguments.runs]))[0] for mode in modes}
        again = json_lines(run([*ours_command, "--runs", arguments.runs]))[0]
        checks = {mode: losses_agree(ours["check"]["losses"], peer["check"]["losses"]) for mode, peer in peers.items()}
        ours["runs"] += again["runs"]
        return ours, peers, checks

    small, small_peers, _ = measure(batch // 4, ["eager"])
    ours, peers, checks = measure(batch, ["eager"] if arguments.no_compile else ["eager", "compiled"])
    for mode, peer in peers.items():
        growth = f"time ~ batch^{exponent(small['runs'], ours['runs'], 4):.2f}; open_clip eager ^{exponent(small_peers['eager']['runs'], peers['eager']['runs'], 4):.2f} (from batch {batch // 4})"
        table.add(number, what, ours["runs"], f"open_clip {peer['version']}, {mode}", peer["runs"], "pairs/s",
                  f"{checks[mode]}; {ours['check']['tokens_per_text']:.1f} tokens a text; {ours['check']['matrix_products']}", growth)


def photo(random, width, height, texture):
    """A picture with edges at several scales, compressing about as a photograph does."""
    import numpy as np
    from PIL import Image
    total = np.zeros((height, width, 3))
    for cells, weight in ((3, 90), (9, 50), (30, 30), (90, texture)):
        small = random.standard_normal((cells, cells * width // height + 1, 3)).clip(-2, 2)
        big = Image.fromarray(((small + 2) * 63).astype("uint8")).resize((width, height), Image.BICUBIC)
        total += (np.asarray(big, dtype=float) - 126) / 126 * weight
    return Image.fromarray((total + 128 + random.standard_normal(total.shape) * texture * 0.15).clip(0, 255).astype("uint8"))


def bench_images(arguments, table, folder):
    import numpy as np
    from PIL import Image
    from open_clip.transform import image_transform
    for width, height in ((500, 375), (256, 256)):
        pictures = folder / f"jpeg-{width}x{height}"
        pictures.mkdir(exist_ok=True)
        random = np.random.default_rng(width)
        for i in range(8 if arguments.quick else 40):
            photo(random, width, height, 22).save(pictures / f"{i:03}.jpg", quality=95)
        size = sum(p.stat().st_size for p in pictures.iterdir()) / len(list(pictures.iterdir())) / 1024
        # Equal pixels first: Pillow's evaluation transform without its last two steps against ours.
        steps = image_transform(224, is_train=False).transforms[:-2]
        digest = hashlib.sha256()
        for path in sorted(pictures.iterdir()):
            picture = Image.open(path)
            for step in steps:
                picture = step(picture)
            digest.update(np.asarray(picture).transpose(2, 0, 1).tobytes())
        ours, peer = [], []
        for _ in range(arguments.runs):
            mine = json_lines(run([arguments.program, "bench", "--only", "images", "--images", pictures, "--runs", 1, "--output", "json"]))[0]
            if mine["check"]["evaluation_sha256"] != digest.hexdigest():
                raise SystemExit("our evaluation pixels differ from Pillow's; times would mean nothing")
            ours += mine["runs"]
            rows = json_lines(run([sys.executable, PEERS / "images.py", pictures, "--runs", 1]))
            peer += next(row for row in rows if row["name"] == "openai" and row["mode"] == "train")["runs"]
        table.add(4, f"picture to tensor, training crop, {width}x{height} JPEG of {size:.0f} KB, one core", ours, "Pillow + torchvision as open_clip uses them", peer,
                  "images/s", "evaluation pixels bit-equal to Pillow's; ours stay uint8, the peer's include float normalisation, as each trains")
        ours, peer = [], []
        for _ in range(arguments.runs):
            mine = json_lines(run([arguments.program, "bench", "--only", "views", "--images", pictures, "--runs", 1, "--output", "json"]))[0]
            rows = [row for row in json_lines(run([sys.executable, PEERS / "images.py", pictures, "--runs", 1])) if row["name"] == "mocov2"]
            if mine["check"]["given_views_sha256"] != next(row for row in rows if row["mode"] == "given")["sha256"]:
                raise SystemExit("our views for given parameters differ from torchvision's; times would mean nothing")
            ours += mine["runs"]
            peer += next(row for row in rows if row["mode"] == "pair")["runs"]
        table.add(4, f"picture to a pair of MoCo v2 views, {width}x{height} JPEG of {size:.0f} KB, one core", ours, "Pillow + torchvision, decoded once", peer,
                  "pairs/s", "two views with given crop, jitter, grey, blur, mirror bit-equal; ours stay uint8, the peer's include float normalisation")


def bench_tokenizer(arguments, table, folder):
    import open_clip
    # Real sentences, each once, so that no cache is flattered: picture captions and the glosses of a dictionary.
    lines = [path.read_text(encoding="utf-8").splitlines()[0] for path in sorted(pathlib.Path("/usr/share/tuxpaint/stamps").rglob("*.txt"))]
    glosses = [line.split("| ")[1].split(";")[0].strip() for name in ("noun", "verb") for line in open(f"/usr/share/wordnet/data.{name}", encoding="latin-1") if "| " in line]
    lines = list(dict.fromkeys(line for line in lines + glosses if line))[: 4000 if arguments.quick else 40000]
    captions = folder / "captions.txt"
    captions.write_text("\n".join(lines) + "\n", encoding="utf-8")
    quarter = folder / "captions-quarter.txt"
    quarter.write_text("\n".join(lines[: len(lines) // 4]) + "\n", encoding="utf-8")
    tokenizer = open_clip.SimpleTokenizer()
    ours_ids = run([arguments.program, "tokenize"], stdin=open(captions, "rb")).splitlines()
    for line, ids in zip(lines, ours_ids, strict=True):
        padded = tokenizer(line)[0].tolist()
        expected = padded[: padded.index(49407) + 1]
        if [int(i) for i in ids.split()] != expected:
            raise SystemExit(f"our ids of '{line}' differ from the peer's; times would mean nothing")
    measure = lambda file: json_lines(run([arguments.program, "bench", "--only", "tokenizer", "--captions", file, "--runs", arguments.runs, "--output", "json"]))[0]["runs"]
    small, ours = measure(quarter), measure(captions)
    growth = f"time ~ captions^{exponent(small, ours, 4):.2f}"
    for row in json_lines(run([sys.executable, PEERS / "tokenizer.py", captions])):
        table.add(5, f"tokenizer, {len(lines):,} distinct captions, one core", ours, f"{row['name']} ({row['mode']})", row["runs"], "captions/s",
                  f"ids of all {len(lines):,} captions equal", growth)


def bench_rewriting(arguments, table, folder):
    """Ours in this process, llama-server fed by our own HTTP engine in the same sorted order, and LaCLIP's loop: same weights, prompts and sampling."""
    lines = [path.read_text(encoding="utf-8").splitlines()[0] for path in sorted(pathlib.Path("/usr/share/tuxpaint/stamps").rglob("*.txt"))]
    captions = folder / "rewrite.txt"
    captions.write_text("\n".join(list(dict.fromkeys(lines))[:: len(lines) // 100][: 20 if arguments.quick else 100]) + "\n", encoding="utf-8")
    stored = (arguments.program.parent / "share" / "default.gguf").resolve()
    os.environ["XDG_CACHE_HOME"] = str(folder / "cache")
    # One example triple: in a job of millions thousands of captions share a beginning, so its cost is nothing; here 32 triples would be half the work.
    job = [arguments.program, "--quiet", "rewrite", "--captions", captions, "--modes", "human", "--triples", 1, "--no-audit", "--json"]
    what = f"rewriting, {stored.stem}, {len(captions.read_text().splitlines())} captions, one example triple"
    # For fewer instructions than this machine has, --llama-server is to be a build for the same ones.
    if kernels := os.environ.get("CLIPWRIGHT_LLAMA_KERNELS"):
        what += f", {kernels} alone on both sides"
    rewrite_with(arguments, table, folder / "stored", job, stored, [], f"{what}, the default weights")


def rewrite_with(arguments, table, folder, job, model, weights, what):
    folder.mkdir()
    port, parallel = 18765, 8 * arguments.threads

    def rewrite(name, *more):
        ledger = folder / f"{name}-{time.time()}.db"
        summary = json_lines(run([*job, "--ledger", f"sqlite:{ledger}", "--output", folder / name, *more]))[-1]
        mode = summary["modes"]["human"]
        if mode["accepted"] + mode["given_up"] != summary["distinct"]:
            raise SystemExit(f"{name}: {mode} of {summary['distinct']} captions; times would mean nothing")
        return sum(mode["attempts"].values()) / summary["seconds"]

    def with_server(slots, work):
        server = subprocess.Popen([str(arguments.llama_server), "-m", str(model), "--host", "127.0.0.1", "--port", str(port), "-np", str(slots), "-c", str(slots * 512), "-t", str(arguments.threads),
                                   "-tb", str(arguments.threads), "--no-ui", "--log-disable"], stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        try:
            for _ in range(600):
                try:
                    urllib.request.urlopen(f"http://127.0.0.1:{port}/health").read()
                    break
                except OSError:
                    time.sleep(0.1)
            return work()
        finally:
            server.kill()
            server.wait()

    through_server = ["--engine", "openai", "--base-url", f"http://127.0.0.1:{port}", "--concurrency", parallel]
    greedy = ["--temperature", 0, "--attempts", 1, "--limit", 20]
    rewrite("greedy-ours", *greedy, *weights, "--threads", arguments.threads)
    with_server(parallel, lambda: rewrite("greedy-server", *greedy, *through_server))
    texts = [(folder / name / "human.txt").read_text(encoding="utf-8").splitlines() for name in ("greedy-ours", "greedy-server")]
    equal = sum(a == b for a, b in zip(*texts, strict=True))
    if equal < len(texts[0]) // 2:
        raise SystemExit(f"at temperature 0 only {equal} of {len(texts[0])} texts are equal; the two do not run the same job")
    runs = arguments.runs
    ours, theirs = [], []
    for _ in range(runs):
        ours.append(rewrite("ours", *weights, "--threads", arguments.threads))
        theirs.append(with_server(parallel, lambda: rewrite("server", *through_server)))
    check = f"{equal} of {len(texts[0])} texts equal at temperature 0; every caption answered by both"
    table.add(7, what, ours, f"llama-server, prompt cache, {parallel} slots, sorted order", theirs, "texts/s", check)
    batch = folder / "batch"
    run([*job, "--ledger", f"sqlite:{folder / 'batch.db'}", "--engine", "batch", "--batch-dir", batch, "--model-name", "x"])
    loop = with_server(1, lambda: [json_lines(run([sys.executable, PEERS / "laclip_loop.py", f"http://127.0.0.1:{port}", batch / "requests.jsonl", 8]))[0]["captions_per_s"] for _ in range(runs)])
    table.add(7, what, ours, "LaCLIP-style loop: one prompt, no cache, 77 tokens", loop, "texts/s", check)


def bench_start(arguments, table, folder):
    import numpy as np
    from PIL import Image
    pictures = folder / "start"
    pictures.mkdir(exist_ok=True)
    rows = ["filepath\ttitle"]
    for i in range(16):
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (240, 320, 3), dtype=np.uint8)).save(pictures / f"{i}.jpg")
        rows.append(f"{pictures / f'{i}.jpg'}\ta photo of thing {i}")
    table_file = folder / "start.tsv"
    table_file.write_text("\n".join(rows) + "\n")
    ours, peer = [], []
    for i in range(arguments.runs):
        logs = folder / f"logs-{i}-{os.getpid()}"
        started = time.time()
        process = subprocess.Popen([str(arguments.program), "train", "--train-data", str(table_file), "--model", "ViT-B-32", "--batch-size", "8", "--steps", "1000", "--logs", str(logs), "--name",
                                    "start", "--log-every-n-steps", "1", "--warmup", "1"], stderr=subprocess.DEVNULL)
        metrics = logs / "start" / "metrics.jsonl"
        while not (metrics.exists() and metrics.stat().st_size > 0) and process.poll() is None:
            time.sleep(0.005)
        ours.append(time.time() - started)
        process.kill()
        process.wait()
        started = time.time()
        run([sys.executable, PEERS / "start.py", table_file])
        peer.append(time.time() - started)
    table.add(13, "start to the end of the first step, ViT-B/32, batch 8", ours, "open_clip", peer, "s", "both read the same 16 pictures and make one step")


def bench_family(arguments, table):
    """A DeCLIP step of N pairs against a CLIP step of 2N: both pass 2N pictures and 2N texts."""
    pairs = 16 if arguments.quick else 32

    def step(objective, size):
        command = [arguments.program, "bench", "--only", "train-step", "--model", "ViT-B-32", "--objective", objective, "--batch-size", size, "--output", "json", "--threads", arguments.threads]
        return json_lines(run([*command, "--runs", arguments.runs]))[0]

    clip, declip, again = step("clip", 2 * pairs), step("declip", pairs), step("clip", 2 * pairs)
    clip["runs"] += again["runs"]
    if clip["check"]["losses"][0] != again["check"]["losses"][0]:
        raise SystemExit("two runs of one step differ; times would mean nothing")
    seconds = [pairs / rate for rate in declip["runs"]], [2 * pairs / rate for rate in clip["runs"]]
    table.add(11, f"DeCLIP step, ViT-B/32, {pairs} pairs", seconds[0], f"our CLIP step of {2 * pairs} pairs: the same passes", seconds[1], "s", "losses equal in both CLIP runs")
    search = json_lines(run([arguments.program, "bench", "--only", "queue-search", "--batch-size", pairs, "--runs", arguments.runs, "--output", "json", "--threads", arguments.threads]))[0]
    share = statistics.median(search["runs"]) / statistics.median(seconds[0])
    table.add(11, f"its search in the queue, {search['mode']}", search["runs"], "the DeCLIP step", seconds[0], "s", f"neighbours equal those of the whole matrix; {share:.2%} of the step")


def bench_filip(arguments, table):
    rows = json_lines(run([arguments.program, "bench", "--only", "filip", "--filip-pairs", 64 if arguments.quick else 256, "--runs", arguments.runs, "--output", "json", "--threads", arguments.threads]))
    for ours in (row for row in rows if ": tiles, " in row["mode"]):
        other = next((row for row in rows if row["mode"] == ours["mode"].replace(": tiles, ", ": materialised, ")), None)
        if other is None:
            continue
        what = "FILIP's loss, " + ours["mode"].replace(": tiles", "")
        table.add(12, what, ours["runs"], "all similarities held, in torch's operations", other["runs"], ours["unit"], "loss to 1e-5, gradients to 1e-3 of their norm")


def overlapping_features(folder, rows, width=512, classes=100):
    """Classes whose rows overlap, in dimensions whose variances fall as those of a model's features do."""
    import numpy as np
    random = np.random.default_rng(0)
    labels = np.concatenate([np.arange(classes), random.integers(0, classes, rows - classes)])
    spread = np.arange(1, width + 1) ** -0.5
    features = (random.standard_normal((classes, width))[labels] + 1.5 * random.standard_normal((rows, width))) * spread
    mixed = features @ np.linalg.qr(random.standard_normal((width, width)))[0] + 0.1
    files = folder / f"probe-{rows}-features.npy", folder / f"probe-{rows}-labels.npy"
    np.save(files[0], mixed.astype(np.float32))
    np.save(files[1], labels)
    return files


def bench_probe(arguments, table, folder):
    """Row 10: the same objective, 1/2 |W|^2 + C * sum of cross entropies, to 1e-4 of its minimum."""
    rows = 2_000 if arguments.quick else 10_000
    seconds = {}
    for size in (rows, 4 * rows):
        features, labels = overlapping_features(folder, size)
        command = [arguments.program, "bench", "--only", "probe", "--probe-features", features, "--probe-labels", labels, "--runs", arguments.runs, "--threads", arguments.threads, "--output", "json"]
        ours, more, adamw = json_lines(run(command))
        seconds[size] = ours["runs"]
        growth = f"time ~ rows^{exponent([rows / s for s in seconds[rows]], [size / s for s in ours['runs']], 4):.2f}" if size > rows else ""

        def peers(fit, runs):
            found = json_lines(run([sys.executable, PEERS / "probe.py", features, labels, "--c", fit.get("c", 1), "--objective", fit["objective"], "--runs", runs, "--threads", arguments.threads]))
            for peer in found:
                if peer["objective"] > fit["objective"] * (1 + 1e-4):
                    raise SystemExit(f"probe: {peer['name']} reached {peer['objective']}, the minimum is {fit['objective']}; times would mean nothing")
            return found

        for peer in peers(ours["check"], arguments.runs if size == rows else 1):
            table.add(10, f"linear probe, one fit, {ours['mode'].split(':')[0]}", ours["runs"], f"{peer['name']} ({peer['mode']})", peer["runs"], "s", "both at most 1e-4 above the least objective", growth)
        if size > rows:
            continue
        fits = [peers(fit, 1)[0] for fit in more["check"]["fits"]]
        table.add(10, f"linear probe, {more['mode']} of a search", more["runs"], f"{fits[0]['name']} (float32), from zero as the protocols have it", [sum(fit["seconds"] for fit in fits) / len(fits)], "s",
                  f"mean of {len(fits)} penalties; both at most 1e-4 above the least objective")
        peer = json_lines(run([sys.executable, PEERS / "adamw_probe.py", features, labels, "--runs", 3, "--threads", arguments.threads]))[0]
        apart = {key: peer[key] / adamw["check"][key] - 1 for key in ("cross_entropy", "acc1")}
        if abs(apart["cross_entropy"]) > 0.05 or abs(apart["acc1"]) > 0.02:  # orders of batches differ, and with them the last steps
            raise SystemExit(f"probe: after its 10 epochs {peer['name']} is at {peer}, ours at {adamw['check']}; times would mean nothing")
        table.add(10, f"linear probe, {adamw['mode']}", adamw["runs"], f"{peer['name']}, its own training loop on the CPU", peer["runs"], "s",
                  f"cross entropy to {abs(apart['cross_entropy']):.1%}, right answers to {abs(apart['acc1']):.1%}, both after one pass of draws of their own")


def bench_zeroshot_head(arguments, table, folder):
    import numpy as np
    directory, _, _ = prepare_step(folder, "ViT-B-32", 4, 1)

    def measure(classes):
        """Ours before and after the peer, and the two classifiers beside each other."""
        command = [arguments.program, "bench", "--only", "zeroshot-head", "--model", directory, "--classes", classes, "--head-file", folder / "ours.npy", "--output", "json", "--threads", arguments.threads]
        ours = json_lines(run([*command, "--runs", arguments.runs]))[0]["runs"]
        runs = 1 if arguments.quick or classes > 100 else max(2, arguments.runs // 2)  # the peer takes minutes for 100 classes
        peer = json_lines(run([sys.executable, PEERS / "zeroshot_head.py", "--model-directory", directory, "--classes", classes, "--output", folder / "theirs.npy", "--threads", arguments.threads, "--runs", runs]))[0]
        ours += json_lines(run([*command, "--runs", arguments.runs]))[0]["runs"]
        difference = float(np.abs(np.load(folder / "ours.npy") - np.load(folder / "theirs.npy")).max())
        if difference > 1e-5:
            raise SystemExit(f"our classifier and the peer's differ by {difference}; times would mean nothing")
        return ours, peer, difference

    classes = 4 if arguments.quick else arguments.classes
    small, small_peer, _ = measure(classes // 4)
    ours, peer, difference = measure(classes)
    growth = f"time ~ classes^{exponent(small, ours, 4):.2f}; open_clip ^{exponent(small_peer['runs'], peer['runs'], 4):.2f} (from {classes // 4} classes)"
    table.add(9, f"zero-shot classifier, ViT-B/32, {classes} classes x 80 prompts", ours, f"open_clip {peer['version']}", peer["runs"], "prompts/s",
              f"classifiers agree to {difference:.0e}", growth)


def bench_finetune(arguments, table, folder):
    """Epochs of `train --lock-image` against open_clip's, from the same weights over the same pairs in the same order, without crops."""
    import numpy as np
    from PIL import Image
    pairs, batch, epochs, lr = (32, 16, 3, 1e-4) if arguments.quick else (128, 32, 4, 1e-4)
    pictures = folder / "finetune"
    pictures.mkdir(exist_ok=True)
    pixels = np.random.default_rng(8).integers(0, 256, (pairs, 28, 28, 3), dtype=np.uint8).repeat(8, 1).repeat(8, 2)
    captions = made_up_captions(pairs, 9, 8)
    rows = ["filepath\ttitle"]
    for i in range(pairs):
        Image.fromarray(pixels[i]).save(pictures / f"{i}.png", compress_level=1)
        rows.append(f"{pictures / f'{i}.png'}\t{captions[i]}")
    (folder / "finetune.tsv").write_text("\n".join(rows) + "\n")
    (folder / "finetune.txt").write_text("\n".join(captions) + "\n")
    np.save(folder / "finetune.npy", pixels.transpose(0, 3, 1, 2))
    logs = folder / "finetune-logs"
    train = [arguments.program, "--quiet", "train", "--train-data", folder / "finetune.tsv", "--batch-size", batch, "--logs", logs, "--threads", arguments.threads, "--augment", "none",
             "--shuffle", "off", "--save-frequency", 0, "--warmup", 0, "--lr-scheduler", "const"]
    run([*train, "--model", "ViT-B-32", "--steps", 1, "--lr", 0, "--name", "start"])
    start = logs / "start/model"

    def ours(name, *more):
        run([*train, "--model", start, "--epochs", epochs, "--lr", lr, "--lock-image", "--name", name, *more])
        steps = json_lines((logs / name / "metrics.jsonl").read_text())
        each = pairs // batch
        seconds = [sum(batch / step["samples_per_s"] for step in steps[epoch * each:(epoch + 1) * each]) for epoch in range(epochs)]
        return [pairs / second for second in seconds], [step["loss"] for step in steps]

    plain, losses = ours("plain")
    peer = json_lines(run([sys.executable, PEERS / "finetune.py", "--model-directory", start, "--images-file", folder / "finetune.npy", "--texts", folder / "finetune.txt", "--batch-size", batch,
                           "--epochs", epochs, "--lr", lr, "--threads", arguments.threads]))[0]
    kept, kept_losses = ours("kept", "--cache-features", folder / "finetune-features")
    difference = max(abs(a - b) / b for a, b in zip(losses, peer["losses"], strict=True))
    if difference > 2e-3 or max(abs(a - b) / b for a, b in zip(kept_losses, peer["losses"], strict=True)) > 2e-3:
        raise SystemExit(f"losses of fine-tuning differ by {difference:.1e}; times would mean nothing: {losses} {kept_losses} {peer['losses']}")
    check = f"losses of all {len(losses)} steps agree to {difference:.0e}; ours decodes the pictures, the peer has pixels in memory"
    table.add(14, f"fine-tuning with the image tower locked, ViT-B/32, batch {batch}", plain[1:], f"open_clip {peer['version']}", peer["rates"][1:], "pairs/s", check)
    table.add(14, f"the same from the second epoch on with --cache-features, batch {batch}", kept[1:], f"open_clip {peer['version']}", peer["rates"][1:], "pairs/s", check)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--program", type=pathlib.Path, required=True)
    parser.add_argument("--only", action="append", choices=["train-step", "train-step-mt", "images", "tokenizer", "rewriting", "start", "family", "filip", "probe", "zeroshot-head", "finetune"])
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--threads", type=int, default=len(os.sched_getaffinity(0)))
    parser.add_argument("--llama-server", type=pathlib.Path, help="llama-server of the same llama.cpp (tools/server of its source package); without it row 7 is left out")
    parser.add_argument("--classes", type=int, default=40, help="of row 9, ImageNet has 1,000")
    parser.add_argument("--quick", action="store_true", help="small inputs, to see that everything runs")
    parser.add_argument("--no-compile", action="store_true", help="leave out torch.compile (minutes at the first step)")
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "benchmarks" / "results.json", help="rows of this and earlier runs")
    parser.add_argument("--output", type=pathlib.Path, default=ROOT / "docs" / "benchmarks.md")
    arguments = parser.parse_args()
    arguments.program = arguments.program.resolve()
    wanted = lambda name: not arguments.only or name in arguments.only
    table = Table(arguments.results)
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        if wanted("tokenizer"):
            bench_tokenizer(arguments, table, folder)
        if wanted("images"):
            bench_images(arguments, table, folder)
        if wanted("rewriting") and arguments.llama_server:
            bench_rewriting(arguments, table, folder)
        if wanted("start"):
            bench_start(arguments, table, folder)
        if wanted("train-step"):
            bench_step(arguments, table, folder, 1)
        if wanted("train-step-mt"):
            bench_step(arguments, table, folder, 5)
        if wanted("family"):
            bench_family(arguments, table)
        if wanted("filip"):
            bench_filip(arguments, table)
        if wanted("probe"):
            bench_probe(arguments, table, folder)
        if wanted("zeroshot-head"):
            bench_zeroshot_head(arguments, table, folder)
        if wanted("finetune"):
            bench_finetune(arguments, table, folder)
    import open_clip
    import PIL
    import torch
    processor = re.search(r"model name\s*: (.*)", pathlib.Path("/proc/cpuinfo").read_text())
    lines = ["# Benchmarks", "", "Made by `./run bench`. Each time counts only because the results it was measured on agree (column `checked first`). Medians; smallest and largest run beside them; ours and the peer's in turn in one run.", "",
             f"Machine: {processor.group(1) if processor else platform.processor()}, {arguments.threads} threads, Linux {platform.release().split('-')[0]}. Peers: torch {torch.__version__}, open_clip {open_clip.__version__}, "
             f"Pillow {PIL.__version__}, Python {platform.python_version()}.", "",
             "| row | what | peer | unit | clipwright | spread | peer | spread | ratio | growth | checked first | date |", "|---|---|---|---|---|---|---|---|---|---|---|---|"]
    lines += ["| " + " | ".join(map(str, row)) + " |" for row in ([*table.rows.values()] if arguments.quick else table.save())]
    text = "\n".join(lines) + "\n"
    print(text)
    if not arguments.quick:
        arguments.output.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
