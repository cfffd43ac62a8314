"""Every writer of the program with a disk that refuses: what it leaves is whole or as before, nothing temporary stays, the sentence names file and
cause, and the same command goes through afterwards.

    python tests/faults_test.py REPOSITORY PROGRAM BROKEN_KERNELS FAILING_CALLS [CASE...]

Each case runs a command once without a fault, with a list of the calls that it makes on its files, and then again and again with one of them
failing (tests/faults/failing_calls.cc): of each file the first, a middle and the last write, its sync, its closing, its name. core/file itself, with
every call of every kind, is in tests/core/file_faults_test.cc.
"""
import concurrent.futures
import dataclasses
import gzip
import json
import os
import pathlib
import re
import shutil
import sqlite3
import struct
import subprocess
import sys
import tempfile
import threading
import typing
import zlib

root, program, library = pathlib.Path(sys.argv[1]), sys.argv[2], sys.argv[4]
chosen = sys.argv[5:]
most = int(os.environ.get("FAULTS_A_CASE", "0"))  # spread evenly over all of them, for a first look; at least 2, 0: all
golden = root / "tests" / "golden"

# What makes or changes files, by file of the sources. A new one is added here, and to a case below that runs it.
WRITES = re.compile(r"\b(AtomicFile|AppendFile|UnfinishedFolder|TarWriter|JsonlWriter|LineWriter|KeptTextWriter|ParquetWriter|LogFile|SpooledTexts"
                    r"|basic_file_sink_mt|ofstream|fopen|freopen|mkostemp|mkstemp|tmpfile|O_CREAT|sqlite3_open_v2|llama_model_quantize|VACUUM|renameat"
                    r"|(?:write_(?:file|files|npy|safetensors|samples|result|result_files|stored_result|open_clip_directory|hugging_face_folder|filip_heads|quantized|comparison_page|photographs|outputs|tables)"
                    r"|create_director\w+|copy_file|create_\w*link|rename|ftruncate|fwrite)(?=\())")
LISTS = {  # case: the files that it is for
    "units": "core/file core/append_file core/process/kernel_choice flags/outputs",  # tests/core/file_faults_test.cc
    "stdout": "cli/doctor text/bpe/tokenize_stream text/bpe/output_stream",  # tests/program_test.py: /dev/full
    "preprocess": "data/tools/preprocess",
    "embed": "core/npy eval/embed_files",
    "inspect manifest join": "cli/data data/files/spooled_texts data/captions/joined_rewrites data/source/parquet_dataset",
    "pack repack": "data/files/tar data/tools/pack data/tools/rewrite_tars",
    "photographs": "data/gcompris/photographs data/tools/benchmark_folder cli/data",
    "export-examples from-tsv": "rewrite/examples/example_draft rewrite/examples/example_session rewrite/examples/example_table",
    "rewrite": "rewrite/job/outputs rewrite/job/job records/jsonl records/lines records/kept_texts records/parquet_writer rewrite/ledger/sqlite_database "
               "rewrite/ledger/sqlite_ledger rewrite/ledger/sqlite_worker_slot rewrite/job/job_ledger",
    "batch": "rewrite/openai/batch_files rewrite/openai/batch_engine",
    "export-records export-lines merge": "rewrite/archive/ledger_export",
    "audit calibrate": "audit/corpus/corpus cli/audit report/html_report",
    "objective": "cli/objective tensor/safetensors",
    "train": "train/folder/checkpoint train/folder/unfinished_folder train/folder/metrics train/folder/tensorboard train/folder/run_folder train/folder/run_record train/loop/training_run models/open_clip_directory core/log",
    "convert-open-clip convert-hf": "train/folder/converted_model models/files/hugging_face models/files/hugging_face_writer",
    "convert-onnx": "models/onnx/graph models/onnx/onnx_folder",
    "convert-gguf": "models/gguf/gguf_file models/gguf/gguf_model",
    "interpolate": "train/folder/converted_model",
    "card": "cli/model",
    "train-filip": "losses/filip_heads losses/terms/filip",
    "train-classes": "losses/terms/multi_text losses/class_tokens",
    "train-tuned": "train/folder/checkpoint",
    "train-cache": "train/tuning/frozen_features",
    "finetune": "train/finetune/finetune",
    "train-eval": "train/folder/evaluations train/loop/side_evaluation core/process/background_program",
    "zeroshot retrieval build": "eval/result eval/sample_outcomes cli/evaluation/eval",
    "suite": "eval/suite/run_suite eval/suite/set_places eval/suite/feature_cache eval/paired/stored_result cli/evaluation/suite",
    "compare compare-page": "report/comparison_page cli/compare",
    "ablate": "ablation/run_study",
    "quantized": "language/quantized_copy language/language_model",
    "demo": "demo/pictures/scene_set demo/story/stage demo/story/evaluation demo/story/demo demo/story/rewriting demo/story/demo_data",  # through core/file and marks that come last
    "bench": "bench/ledger_rate bench/zeroshot_head",  # write_npy, and a ledger of its own in a temporary folder
}


def check_list():
    listed = {name for names in LISTS.values() for name in names.split()}
    found = {}
    for place in ("src", "demo"):
        for path in sorted((root / place).rglob("*")):
            if path.suffix not in (".cc", ".h"):
                continue
            name = str((path.relative_to(root / "src") if place == "src" else path.relative_to(root)).with_suffix(""))
            for number, line in enumerate(path.read_text().splitlines(), 1):
                code = line.split("//")[0]
                if code.lstrip().startswith("#include"):
                    continue
                if hit := WRITES.search(code):
                    found.setdefault(name, f"{path.relative_to(root)}:{number}: {hit.group(1)}")
    new = [where for name, where in found.items() if name not in listed]
    assert not new, "writers that are not in the list of tests/faults_test.py (add them, and a case that runs them):\n" + "\n".join(new)


def png(path, colour, size=40):
    row = b"\0" + bytes(colour) * size
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", size, size, 8, 2, 0, 0, 0)) + chunk(b"IDAT", zlib.compress(row * size)) + chunk(b"IEND", b""))


def write_safetensors(path, tensors):
    header, data = {}, b""
    for name, (shape, values) in tensors.items():
        encoded = struct.pack(f"<{len(values)}d", *values)
        header[name] = {"dtype": "F64", "shape": shape, "data_offsets": [len(data), len(data) + len(encoded)]}
        data += encoded
    text = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


# How a file is compared: what of it does not depend on the time.
def lines_without(*keys):
    def view(data):
        assert data == b"" or data.endswith(b"\n"), "a line that is not whole"
        return [{key: value for key, value in json.loads(line).items() if key not in keys} for line in data.splitlines()]
    return view


def events(data):
    """The number of whole records; a torn one is an error."""
    count = 0
    while data:
        (length,) = struct.unpack("<Q", data[:8])
        assert len(data) >= 16 + length, "a torn event"
        data, count = data[16 + length:], count + 1
    return "whole"


def ledger(path):
    """The rows that a reader finds, in whatever state the files are."""
    if not path.exists() or path.stat().st_size == 0:
        return set()
    with tempfile.TemporaryDirectory() as name:
        for part in path.parent.glob(path.name + "*"):
            shutil.copy(part, name)
        with sqlite3.connect(pathlib.Path(name) / path.name) as database:
            assert database.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
            if not database.execute("SELECT 1 FROM sqlite_master WHERE name = 'rewrite'").fetchall():
                return set()
            return set(database.execute("SELECT source_sha, mode, recipe_sha, attempt, status, text FROM rewrite"))


VIEWS = [
    ("*/metrics.jsonl", lines_without("samples_per_s", "data_wait")),
    ("*/events.out.tfevents*", events),
    ("*/out.log", lambda data: "lines"),
    ("*/evaluation/*.log", lambda data: "lines"),
    ("*/run.json", lambda data: len(json.loads(data)["sessions"]) > 0),
    ("*/report.md", lambda data: "times"),
    ("*/state.json", lambda data: {**json.loads(data), "meters": None}),
    ("*/DONE", lambda data: sorted(json.loads(data)["files"])),
    ("*.gz", gzip.decompress),
]
LEDGER_PARTS = ("-wal", "-shm", "-workers", "-journal")


def names_in(folder):
    return {str(path.relative_to(folder)): path for path in sorted(folder.rglob("*")) if not path.is_dir()}


def name_of(name):
    """The same for every process, time and number of sessions."""
    return re.sub(r"events\.out\.tfevents\..*$", "events.out.tfevents", name)


def look_at(folder):
    seen = {}
    for name, path in names_in(folder).items():
        if path.name.endswith(LEDGER_PARTS):
            continue
        if path.suffix == ".db":
            seen[name] = ledger(path)
            continue
        data = path.read_bytes()
        for pattern, view in VIEWS:
            if pathlib.PurePath("/" + name).match(pattern.lstrip("*/")):
                try:
                    data = view(data)
                except Exception as error:
                    data = f"not whole: {error}"
                break
        name = name_of(name)
        if not str(seen.get(name)).startswith("not whole"):
            seen[name] = data
    return seen


@dataclasses.dataclass
class Case:
    name: str
    command: list
    before: list = dataclasses.field(default_factory=list)  # makes the files that are there already
    group: typing.Callable = lambda name: name  # files of one group are all new or all as before
    costs_time: str = r"$^"  # what may be lost: the program goes on, and says so
    grows: str = r".*\.db$|.*/metrics\.jsonl$|.*/events\.out.*|.*/out\.log$|.*\.log$|.*/run\.json$"  # every state between before and after is good
    watch: str = r".*"  # of the calls, by the path below the folder
    calls: str = r".*"
    stays: str = r"$^"  # files of steps done before the fault, which a resumed run goes on from or replaces
    repeat: bool = True  # the command run again ends in the same bytes
    once: bool = False  # what is done is not done again


lock = threading.Lock()
counts = {"faults": 0, "failed": 0}


class Bench:
    """A case in its folder."""

    def __init__(self, work, case):
        self.case, self.out, self.kept, self.temporary = case, work / case.name / "out", work / case.name / "before", work / case.name / "tmp"
        self.calls = work / case.name / "calls"
        for folder in (self.out, self.temporary):
            folder.mkdir(parents=True)

    def run(self, command, fault=None, calls=False):
        shutil.rmtree(self.temporary)
        self.temporary.mkdir()
        self.calls.unlink(missing_ok=True)
        env = {name: value for name, value in os.environ.items() if not name.startswith("CLIPWRIGHT_")}
        env.update(TMPDIR=str(self.temporary), FAILING_CALLS_LOG=str(self.calls), FAILING_CALLS_WATCH=str(self.out.parent) + "/*", LD_PRELOAD=library,
                   GOMP_SPINCOUNT="1000", ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":verify_asan_link_order=0")
        env.setdefault("XDG_CACHE_HOME", str(self.out.parent.parent / "cache"))
        if fault:
            env["FAILING_CALLS_FAULT"] = fault
        words = [str(word).replace("{out}", str(self.out)) for word in command]
        while "=" in words[0]:
            name, value = words.pop(0).split("=", 1)
            env[name] = value
        done = subprocess.run([program, *words], capture_output=True, text=True, errors="replace", env=env, timeout=300, stdin=subprocess.DEVNULL, cwd=self.out)
        lines = [line.split("\t") for line in self.calls.read_text().splitlines()] if self.calls.exists() else []
        return done, lines

    def restore(self):
        shutil.rmtree(self.out)
        shutil.copytree(self.kept, self.out)

    def faults(self, lines):
        """Those that are worth trying, from the calls of a run without a fault."""
        counted = {}
        for call, _, path in lines:
            path = path.removesuffix(" (deleted)")
            if path.startswith(str(self.temporary)):
                pattern = re.sub(r"clipwright\.\w{6}$", "clipwright.*", path)
            elif path.startswith(str(self.out) + "/"):
                pattern = re.sub(r"\.(new|old)\.\d+(\.\d+)?$", r".\1.*", path)
                pattern = re.sub(r"/digests/[0-9a-f]{32}", "/digests/*", pattern)  # named by the time of a file
                pattern = re.sub(r"(events\.out\.tfevents\.).*$", r"\1*", pattern)
            else:
                continue
            counted[call, pattern] = counted.get((call, pattern), 0) + 1
        for (call, pattern), count in counted.items():
            below = pattern.removeprefix(str(self.out) + "/")
            if not re.fullmatch(self.case.watch, below) or not re.fullmatch(self.case.calls, call):
                continue
            places = sorted({1, (count + 1) // 2, count})
            if call == "write":
                for place in places:
                    yield call, "full" if place == 1 else "half", place, pattern
                yield call, "part", places[len(places) // 2], pattern
                if len(places) == 1:
                    yield call, "half", 1, pattern
            elif call == "close":
                # The first may be of a trial before the work, of a file that gets its name later or never.
                if ".new." in pattern and ("rename", pattern.removesuffix(".new.*")) in counted:
                    yield call, "broken", count, pattern
            else:
                for place in places:
                    yield call, "denied" if call == "rename" else "full" if call in ("open", "mkdir", "link") else "broken", place, pattern

    def check(self):
        case = self.case
        for command in case.before:
            done, _ = self.run(command)
            assert done.returncode == 0, f"{case.name}: before: {done.stderr}"
        shutil.copytree(self.out, self.kept)
        before = look_at(self.out)
        whole, lines = self.run(case.command)
        assert whole.returncode == 0, f"{case.name}: exit code {whole.returncode}\n{whole.stderr}"
        after = look_at(self.out)
        assert after != before and not list(self.temporary.iterdir()), (case.name, list(self.temporary.iterdir()))
        faults = list(self.faults(lines))
        if most and len(faults) > most:
            faults = [faults[i * (len(faults) - 1) // (most - 1)] for i in range(most)]
        assert faults, f"{case.name}: no calls were seen\n{whole.stderr}"
        problems = []
        for fault in faults:
            self.restore()
            words = " ".join(map(str, fault))
            said = lambda text: problems.append(f"{case.name}: {words}: {text}")
            done, lines = self.run(case.command, words)
            self.look(fault, done, lines, before, after, said)
            seen = look_at(self.out)
            clean = seen == before and names_in(self.out).keys() == names_in(self.kept).keys()
            if case.repeat and not clean and not (case.once and seen == after):
                again, _ = self.run(case.command)
                if again.returncode != 0:
                    said(f"the same command again has exit code {again.returncode}: {again.stderr[-600:]}")
                else:
                    seen = look_at(self.out)
                    differing = sorted(name for name in seen.keys() | after.keys() if seen.get(name) != after.get(name) and not re.fullmatch(case.costs_time, name))
                    if differing:
                        said(f"the same command again ends with other files: {differing}")
        return len(faults), problems

    def look(self, fault, done, lines, before, after, said):
        case = self.case
        call, kind, _, pattern = fault
        failed = [line for line in lines if line[1] == "failed"]
        seen = look_at(self.out)
        with lock:
            counts["faults"] += 1
            counts["failed"] += bool(failed)
        words = done.stderr
        if done.returncode < 0 or "internal error" in words or "terminate called" in words:
            said(f"exit code {done.returncode}: {words[-600:]}")
        target = re.sub(r"\.(new|old)\.\*$", "", pattern)
        below = target.removeprefix(str(self.out) + "/")
        cause = {"full": "No space left on device", "half": "No space left on device", "denied": "Permission denied", "broken": "Input/output error"}.get(kind)
        excused = re.fullmatch(case.costs_time, below) is not None and (call, pathlib.PurePath(below).name) != ("open", "out.log")
        sqlite = ".db" in pathlib.PurePath(target).name
        if not failed:
            if kind != "part":  # a byte has no parts
                said("never happened")
        elif sqlite and done.returncode == 0:
            # What it cannot move from its log into the database stays in the log.
            if seen != after:
                said("exit code 0, and not everything is there")
        elif kind == "part" or excused:
            if done.returncode != 0:
                said(f"exit code {done.returncode}: {words[-600:]}")
        else:
            # Whether an output can be made is tried with the flags.
            if done.returncode not in ((1, 2) if call == "open" else (1,)):
                said(f"exit code {done.returncode} instead of 1: {words[-300:]}")
            place = str(self.temporary) if target.startswith(str(self.temporary)) else re.sub(r"-(wal|shm|workers|journal)$", "", target) if sqlite else target.rstrip("*")
            if place not in words:
                said(f"the sentence does not name {place}: {words[-400:]}")
            if cause not in words and not (sqlite and re.search(r"disk is full|disk I/O error|readonly database|unable to open|cannot be", words)):
                said(f"the sentence does not say '{cause}': {words[-400:]}")
        groups = {}
        for name in seen.keys() | before.keys() | after.keys():
            now, was, will = seen.get(name), before.get(name), after.get(name)
            if name not in before and name not in after:
                if not re.fullmatch(case.stays, name):
                    said(f"{name} is left behind")
            elif re.fullmatch(case.grows, name):
                if isinstance(now, str) and now.startswith("not whole"):
                    said(f"{name} is {now}")
                elif isinstance(now, set) and not (was or set()) <= now <= (will or set()):
                    said(f"{name} lost rows or has others")
                elif isinstance(now, list) and will[:len(now)] != now:
                    said(f"{name} has other lines")
            elif now not in (was, will):
                said(f"{name} is neither as before nor whole")
            elif was != will and not re.fullmatch(case.costs_time, name):
                groups.setdefault(case.group(name), set()).add("new" if now == will else "as before")
        for group, states in groups.items():
            if len(states) > 1:
                said(f"of '{group}' some files are new and some as before")
        rescued = [str(path) for path in self.temporary.iterdir() if not (path.name.startswith("clipwright-unsent-") and str(path).removesuffix("-workers") in words)]
        if rescued:
            said(f"left in the temporary folder: {rescued}")


def make_inputs(work):
    """What the commands read."""
    pictures = work / "pictures"
    pictures.mkdir(parents=True)
    colours = {"red": (200, 20, 20), "green": (20, 180, 20), "blue": (20, 20, 200), "white": (240, 240, 240)}
    for i in range(12):
        colour = list(colours)[i % 4]
        png(pictures / f"{i:02}.png", [max(0, min(255, c + i - 6)) for c in colours[colour]])
        (pictures / f"{i:02}.txt").write_text(f"a {colour} square number {i} on the old wall of a house\n")
    captions = [f"a {colour} {animal} sits on the {place} in the evening" for colour in colours for animal in ("cat", "dog", "horse") for place in ("grass", "street")]
    (work / "captions.txt").write_text("".join(caption + "\n" for caption in captions))
    (work / "fewer.txt").write_text("".join(caption + "\n" for caption in captions[:9]))
    (work / "most.txt").write_text("".join(caption + "\n" for caption in captions[:22]))
    (work / "rewrites.txt").write_text("".join(f"in the evening there is {caption[:20]}\n" for caption in captions))
    (work / "fewer_rewrites.txt").write_text("".join(f"there is {caption[:20]}\n" for caption in captions[:9]))
    (work / "table.tsv").write_text("caption\trewrite\n" + "".join(f"{caption}\tone may see {caption[2:]}\n" for caption in captions))
    (work / "fewer.tsv").write_text("caption\trewrite\n" + "".join(f"{caption}\tone may see {caption[2:]}\n" for caption in captions[:17]))
    conformance = json.loads((root / "tests/conformance/contrastive.json").read_text())["cases"]
    for name, case in zip(("in", "other"), conformance):
        write_safetensors(work / f"{name}.safetensors", {key: (tensor["shape"], tensor["values"]) for key, tensor in case["inputs"].items()})
    for kind in ("2", "10", "green_pear"):
        folder = work / "sets" / "walls" / kind
        folder.mkdir(parents=True)
        for number in range(3):
            shutil.copy(golden / "eval/pictures" / f"{kind}_{number}.png", folder / f"{number}.png")
    (work / "suite.toml").write_text('[[set]]\nname = "walls"\n')
    (work / "train.toml").write_text(f'train-data = "{golden}/training/pictures.tar"\nmodel = "tiny-32"\nbatch-size = 16\nsteps = 2\nthreads = 1\nsave-frequency = 0\n')
    lines = (golden / "training/chatgpt.txt").read_text().splitlines()
    (work / "rewrites.jsonl").write_text("".join(json.dumps({"key": f"{i:03}", "mode": "chatgpt", "text": line, "status": "accepted"}) + "\n" for i, line in enumerate(lines) if line))
    (work / "study.toml").write_text(f'train = "{work}/train.toml"\nsuite = "{work}/suite.toml"\ndata-root = "{work}/sets"\nseeds = [1]\nrewrites = ["{work}/rewrites.jsonl"]\nexamples = ["chatgpt"]\n')
    run = lambda *words: subprocess.run([program, *map(str, words)], check=True, capture_output=True, timeout=300)
    run("data", "pack", "--data", pictures, "--samples-per-tar", 5, "--output", work / "tars")
    for name, seed in (("made", 1), ("others", 2)):
        run("rewrite", "--data", work / "tars", "--engine", "eda", "--seed", seed, "--ledger", f"sqlite:{work}/{name}.db", "--output", work / name, "--output-parquet", work / f"{name}.parquet")
    (work / "results").mkdir()
    for name, seed in (("first", 1), ("second", 2)):
        run("train", "--train-data", golden / "training/pictures.tar", "--model", "tiny-32", "--batch-size", 16, "--steps", 1, "--save-frequency", 0, "--seed", seed, "--logs", work / "logs", "--name", name)
        run("eval", "zeroshot", "--model", work / "logs" / name, "--data", work / "sets/walls", "--output", work / "results" / f"{name}.json")


def cases(work):
    one, two = work / "logs/first/model", work / "logs/second/model"
    pictures = [work / "pictures" / f"{i:02}.png" for i in range(8)]
    train = ["train", "--train-data", golden / "training/pictures.tar", "--batch-size", 16, "--threads", 1, "--save-frequency", 0, "--logs", "{out}", "--name", "r", "--log-every-n-steps", 1, "--resume", "latest"]
    rewrite = lambda captions: ["rewrite", "--captions", work / captions, "--engine", "eda", "--ledger", "sqlite:{out}/l.db", "--output", "{out}/r", "--output-parquet", "{out}/r.parquet", "--records", "{out}/k.jsonl.gz"]
    batch = lambda captions: ["rewrite", "--captions", work / captions, "--engine", "batch", "--batch-dir", "{out}/b", "--model-name", "m", "--api", "chat", "--modes", "chatgpt", "--ledger", "sqlite:{out}/l.db"]
    suite = lambda model: ["eval", "suite", "--suite", work / "suite.toml", "--model", f"a={model}", "--data-root", work / "sets", "--output", "{out}/s"]
    of_suite = lambda name: "results" if "/results/" in name else "page" if name.endswith("report.html") else "tables"
    together = lambda name: "all"
    stays = r"r/(checkpoints/.*|config\.toml|tensorboard/.*)"
    return [
        Case("preprocess", ["preprocess", "--images", *pictures, "--output", "{out}/x.npy"], [["preprocess", "--images", pictures[0], "--output", "{out}/x.npy"]]),
        Case("embed", ["embed", "--model", one, "--texts", work / "captions.txt", "--output", "{out}/t.npy"], [["embed", "--model", two, "--texts", work / "fewer.txt", "--output", "{out}/t.npy"]]),
        Case("inspect", ["data", "inspect", "--data", work / "pictures", "--output", "{out}/i.json"], [["data", "inspect", "--data", work / "sets/walls", "--output", "{out}/i.json"]]),
        Case("manifest", ["data", "manifest", "--data", work / "pictures", "--output", "{out}/m.jsonl"], [["data", "manifest", "--data", work / "sets/walls", "--output", "{out}/m.jsonl"]]),
        Case("join", ["data", "join", "--data", work / "tars", "--rewrites", work / "made.parquet", "--output", "{out}/j.jsonl"],
             [["data", "join", "--data", work / "tars", "--rewrites", work / "others.parquet", "--output", "{out}/j.jsonl"]]),
        Case("pack", ["data", "pack", "--data", work / "pictures", "--samples-per-tar", 5, "--output", "{out}/p"], group=together, once=True),
        Case("repack", ["data", "repack", "--data", work / "tars", "--rewrites", work / "made/rewrites.jsonl", "--output", "{out}/p"],
             [["data", "repack", "--data", work / "tars", "--rewrites", work / "others/rewrites.jsonl", "--output", "{out}/p"]], group=together),
        Case("photographs", ["data", "photographs", "--package-root", golden / "gcompris", "--output", "{out}/p"], group=lambda name: name.split("/")[1], watch=r"p/(README.*|gcompris-titles.*)"),
        Case("export-examples", ["examples", "human", "--captions", work / "captions.txt", "--export-tsv", "{out}/t.tsv", "--output", "{out}/own.tsv"],
             [["examples", "human", "--captions", work / "captions.txt", "--seed", 3, "--export-tsv", "{out}/t.tsv", "--output", "{out}/own.tsv"]]),
        Case("from-tsv", ["examples", "from-tsv", work / "table.tsv", "--output", "{out}/own.tsv"], [["examples", "from-tsv", work / "fewer.tsv", "--output", "{out}/own.tsv"]]),
        Case("rewrite", rewrite("captions.txt"), [rewrite("fewer.txt")], group=lambda name: "ledger" if name == "l.db" else "outputs"),
        Case("batch", batch("captions.txt"), [batch("fewer.txt")]),
        Case("export-records", ["ledger", "export", "--ledger", f"sqlite:{work}/made.db", "--output", "{out}/e.jsonl.gz"], [["ledger", "export", "--ledger", f"sqlite:{work}/others.db", "--output", "{out}/e.jsonl.gz"]]),
        Case("export-lines", ["ledger", "export", "--ledger", f"sqlite:{work}/made.db", "--format", "rewrites", "--output", "{out}/e.jsonl"],
             [["ledger", "export", "--ledger", f"sqlite:{work}/others.db", "--format", "rewrites", "--output", "{out}/e.jsonl"]]),
        Case("merge", ["ledger", "merge", "--into", "sqlite:{out}/all.db", f"{work}/made.db"], [["ledger", "merge", "--into", "sqlite:{out}/all.db", f"{work}/others.db"]]),
        Case("audit", ["audit", "--captions", work / "captions.txt", "--rewrites", work / "rewrites.txt", "--output", "{out}/a.json", "--html", "{out}/a.html"],
             [["audit", "--captions", work / "fewer.txt", "--rewrites", work / "fewer_rewrites.txt", "--output", "{out}/a.json", "--html", "{out}/a.html"]]),
        Case("calibrate", ["audit", "--calibrate", "--captions", work / "captions.txt", "--output", "{out}/c.json", "--markdown", "{out}/c.md"],
             [["audit", "--calibrate", "--captions", work / "most.txt", "--output", "{out}/c.json", "--markdown", "{out}/c.md"]]),
        Case("objective", ["objective", "evaluate", "--term", "contrastive", "--inputs", work / "in.safetensors", "--output", "{out}/o.safetensors"],
             [["objective", "evaluate", "--term", "contrastive", "--inputs", work / "other.safetensors", "--output", "{out}/o.safetensors"]]),
        Case("train", [*train, "--model", "tiny-32", "--steps", 4, "--save-every-steps", 2], group=lambda name: str(pathlib.PurePath(name).parent), costs_time=r"r/tensorboard.*|r/out\.log",
             watch=r"r(|/config.*|/run\.json.*|/metrics.*|/tensorboard.*|/out\.log|/checkpoints(|/step_2|/\.unfinished_step_4(|/(optimizer|DONE).*))|/model|/\.unfinished_model(|/open_clip_model.*))"),
        Case("convert-open-clip", ["model", "convert", one, "--output", "{out}/m"], group=together, once=True),
        Case("convert-hf", ["model", "convert", one, "--format", "hf", "--output", "{out}/m"], group=together, once=True),
        Case("convert-onnx", ["model", "convert", one, "--format", "onnx", "--output", "{out}/m"], group=together, once=True),
        Case("convert-gguf", ["model", "convert", one, "--format", "gguf", "--output", "{out}/m"], group=together, once=True),
        Case("interpolate", ["model", "interpolate", one, two, "--output", "{out}/m"], group=together, once=True),
        Case("card", ["model", "card", one, "--output", "{out}/card.md"], [["model", "card", two, "--name", "another", "--output", "{out}/card.md"]]),
        Case("train-filip", [*train, "--model", "tiny-32", "--objective", "filip", "--steps", 1], group=lambda name: str(pathlib.PurePath(name).parent), watch=r"r/(\.unfinished_model.*|model.*)"),
        Case("train-classes", [*train, "--model", "tiny-32", "--steps", 1, "--objective", "laclip-mt", "--term-option", "multi-text.class-tokens=1", "--rewrites", golden / "training/chatgpt.txt"],
             group=lambda name: str(pathlib.PurePath(name).parent), watch=r"r/(\.unfinished_model.*|model.*)"),
        Case("train-tuned", [*train, "--model", "tiny-32", "--steps", 2, "--ema", 0.5, "--lora-rank", 2], group=lambda name: str(pathlib.PurePath(name).parent),
             watch=r"r/checkpoints/\.unfinished_step_2/(trained|average).*"),
        Case("train-cache", [*train, "--model", "tiny-32", "--steps", 4, "--lock-text", "--cache-features", "{out}/f"], group=lambda name: str(pathlib.PurePath(name).parent),
             costs_time=r"f(/.*)?", watch=r"f(|/.*)", grows=r".*/metrics\.jsonl$|.*/events\.out.*|.*/out\.log$|f/.*"),
        Case("finetune", ["finetune", *train[1:], "--model", one, "--epochs", 1, "--keep", work / "sets/walls"], group=lambda name: name.split(".")[0], watch=r"r/(comparison.*|report.*)"),
        Case("train-eval", [*train, "--model", "tiny-32", "--steps", 2, "--eval", work / "suite.toml", "--eval-data-root", work / "sets"],
             costs_time=r"r/(evaluat.*|best\.json.*)", group=lambda name: str(pathlib.PurePath(name).parent), watch=r"r/(evaluation(|/step_2\.log|/results/.*\.done.*)|evaluations.*|best.*)", calls="open|rename|mkdir", repeat=False),
        Case("zeroshot", ["eval", "zeroshot", "--model", one, "--data", work / "sets/walls", "--output", "{out}/z.json"], [["eval", "zeroshot", "--model", two, "--data", work / "sets/walls", "--output", "{out}/z.json"]], group=together),
        Case("retrieval", ["eval", "retrieval", "--model", one, "--data", work / "pictures", "--recall-k", 1, 2, "--output", "{out}/z.json"],
             [["eval", "zeroshot", "--model", two, "--data", work / "sets/walls", "--output", "{out}/z.json"]], group=together),
        Case("build", ["eval", "build", work / "results", "--output", "{out}/b.csv"], [["eval", "build", work / "results/first.json", "--output", "{out}/b.csv"]]),
        Case("suite", suite(one), [suite(two)], group=of_suite, costs_time=r"s/features.*"),
        Case("compare", ["compare", work / "results/first.json", work / "results/second.json", "--output", "{out}/c.json"], [["compare", work / "results/second.json", work / "results/first.json", "--output", "{out}/c.json"]]),
        Case("compare-page", ["compare", work / "results/first.json", work / "results/second.json", "--output", "{out}/c.html"], [["compare", work / "results/second.json", work / "results/first.json", "--output", "{out}/c.html"]]),
        Case("ablate", ["ablate", "--over", "examples", work / "study.toml", "--output", "{out}/a"], watch=r"a/(texts.*|runs|runs/chatgpt-s1\.json.*|table\.md.*)", calls="write|rename|mkdir", stays=r"a/.*",
             grows=r"a/(runs|evaluation)/.*|a/table\.csv|a/report\.html", repeat=False),
        Case("quantized", ["XDG_CACHE_HOME={out}/cache", "rewrite", "--captions", work / "fewer.txt", "--limit", 4, "--modes", "chatgpt", "--quantize", "q8_0", "--ledger", "sqlite:{out}/l.db"],
             watch=r"cache.*", costs_time=r"cache/clipwright/digests.*", stays=r"cache/clipwright/digests/.*", repeat=False),
    ]


check_list()
with tempfile.TemporaryDirectory() as name:
    work = pathlib.Path(name).resolve()
    make_inputs(work)
    wanted = [case for case in cases(work) if not chosen or case.name in chosen]
    known = {case.name for case in cases(work)} | {"units", "stdout", "demo", "bench"}
    assert {case for names in LISTS for case in names.split()} == known, {case for names in LISTS for case in names.split()} ^ known
    problems = []
    with concurrent.futures.ThreadPoolExecutor(max(1, (os.cpu_count() or 2))) as pool:
        for case, result in [(case, pool.submit(Bench(work, case).check)) for case in wanted]:
            try:
                tried, found = result.result()
                print(*[f"{case.name}: {tried} faults, {len(found)} problems", *found], sep="\n", flush=True)
                problems += found
            except Exception as error:
                problems.append(f"{case.name}: {type(error).__name__}: {error}")
                print(problems[-1], flush=True)
assert not problems, "\n" + "\n".join(problems)
print(f"{counts['faults']} faults in {len(wanted)} commands, {counts['failed']} of them met: whole or as before, and the same command again goes through")
