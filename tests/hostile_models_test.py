"""Files and folders that are no models, one of each kind: exit code 3, one sentence, within seconds and a memory that what they hold explains.

Every case is a name, what is wrong, and words of the sentence; the files are made here. `model inspect` reads the whole model, as every
command does.
"""
import io
import json
import os
import pathlib
import re
import shutil
import stat
import struct
import subprocess
import sys
import tempfile
import threading
import time
import zipfile

source, program = pathlib.Path(sys.argv[1]), sys.argv[2]
golden = source / "tests/golden"
SECONDS, MEGABYTES = 20, 400  # of a run; and beyond what a small sound model takes and twice the file

CASES = []


def case(words, name=None, code=3):
    """The decorated function makes the file or folder in an empty folder and returns its path; its docstring says what is wrong."""
    return lambda make: CASES.append((name or make.__name__, make.__doc__, make, [words] if isinstance(words, str) else list(words), code))


# Parts of files ------------------------------------------------------------------------------------------------------------


def text(value):
    return b"X" + struct.pack("<I", len(value.encode())) + value.encode()


def number(value):
    return b"\x8a\x08" + struct.pack("<q", value)


def numbers(values):
    return b"(" + b"".join(map(number, values)) + b"t"


def stored_tensor(key, count, offset, shape, strides, kind="FloatStorage"):
    return (b"ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + b"ctorch\n" + kind.encode() + b"\n" + text(key) + text("cpu") + number(count) + b"NtQ"
            + number(offset) + numbers(shape) + numbers(strides) + b"\x89NtR")


def dictionary(items):
    return b"\x80\x02}(" + b"".join(text(name) + value for name, value in items) + b"u."


def torch_zip(path, pickle, storages=(), compression=zipfile.ZIP_STORED, order=b"little"):
    with zipfile.ZipFile(path, "w", compression) as archive:
        archive.writestr("a/data.pkl", pickle)
        if order:
            archive.writestr("a/byteorder", order)
        for key, data in storages:
            archive.writestr(f"a/data/{key}", data)
    return path


def safetensors(path, header, data=b"", length=None):
    if not isinstance(header, bytes):
        header = json.dumps(header).encode()
    path.write_bytes(struct.pack("<Q", len(header) if length is None else length) + header + data)
    return path


def one_tensor(dtype="F32", shape=(4,), offsets=(0, 16), name="a"):
    return {name: {"dtype": dtype, "shape": list(shape), "data_offsets": list(offsets)}}


def altered(path, change):
    """The golden safetensors file with its header's tensors and its bytes changed."""
    raw = (golden / "models/vit/open_clip_model.safetensors").read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    header, data = json.loads(raw[8 : 8 + length]), bytearray(raw[8 + length :])
    change(header, data)
    return safetensors(path, header, bytes(data))


def open_clip(folder):
    shutil.copytree(golden / "models/vit", folder / "m")
    return folder / "m"


def hugging_face(folder):
    shutil.copytree(golden / "hugging_face/plain", folder / "m")
    return folder / "m"


def configured(folder, change):
    """An open_clip directory whose configuration is changed."""
    file = open_clip(folder) / "open_clip_config.json"
    config = json.loads(file.read_text())
    change(config["model_cfg"])
    file.write_text(json.dumps(config))
    return folder / "m"


def cut(folder, name, size):
    whole = (golden / "torch_files/openai" / name).read_bytes()
    path = folder / name
    path.write_bytes(whole[: size if size > 0 else len(whole) + size])
    return path


# Files cut and mistaken ----------------------------------------------------------------------------------------------------


@case("is empty")
def empty(folder):
    "no bytes at all"
    (folder / "w.pt").touch()
    return folder / "w.pt"


@case("is no file of a model's weights")
def one_byte(folder):
    "a download that stopped at once"
    (folder / "w.pt").write_bytes(b"P")
    return folder / "w.pt"


@case("zip archive that cannot be opened")
def cut_before_the_directory(folder):
    "an archive without its end"
    return cut(folder, "state_dict.pt", -400)


@case("zip archive that cannot be opened")
def cut_in_a_tensor(folder):
    "half an archive"
    return cut(folder, "state_dict.pt", 20000)


@case("is no pickle that can be read")
def stream_cut_in_its_objects(folder):
    "a stream that ends within a pickle"
    return cut(folder, "stream.pth", 3000)


@case(["ends", "storage"])
def stream_cut_in_its_numbers(folder):
    "a stream that ends within a tensor"
    return cut(folder, "stream.pth", -100)


@case("is no file of a model's weights")
def pointer(folder):
    "what git-lfs leaves without its files"
    (folder / "w.pt").write_text("version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 600000000\n")
    return folder / "w.pt"


@case("is no file of a model's weights")
def web_page(folder):
    "an error page saved under a model's name"
    (folder / "model.safetensors").write_text("<!DOCTYPE html><html>403</html>")
    return folder / "model.safetensors"


# Archives and pickles ------------------------------------------------------------------------------------------------------


@case("without data.pkl")
def other_archive(folder):
    "a zip archive of something else"
    with zipfile.ZipFile(folder / "w.pt", "w") as archive:
        archive.writestr("readme.txt", "hello")
    return folder / "w.pt"


@case(["compressed", "larger than the file"])
def zip_bomb(folder):
    "256 MB of zeros in 1 MB"
    with zipfile.ZipFile(folder / "w.pt", "w", zipfile.ZIP_DEFLATED, compresslevel=1) as archive:
        archive.writestr(zipfile.ZipInfo("a/data.pkl"), dictionary([("a", stored_tensor("0", 1 << 26, 0, [1 << 26], [1]))]))
        with archive.open("a/data/0", "w", force_zip64=True) as file:
            for _ in range(32):
                file.write(bytes(8 << 20))
    return folder / "w.pt"


@case(["zip archive that cannot be opened", "lie over others"])
def overlapping_parts(folder):
    "an archive whose parts are the same bytes many times"
    local = io.BytesIO()
    data = bytes(1 << 20)
    with zipfile.ZipFile(local, "w") as archive:
        archive.writestr("a/data.pkl", dictionary([(f"t{i}", stored_tensor(str(i), 1 << 18, 0, [1 << 18], [1])) for i in range(500)]))
        archive.writestr("a/data/0", data)
    raw = bytearray(local.getvalue())
    end = raw.rfind(b"PK\x05\x06")
    start = struct.unpack("<I", raw[end + 16 : end + 20])[0]
    entries = raw[start:end]
    last = entries[entries.rfind(b"PK\x01\x02") :]
    for i in range(1, 500):
        name = f"a/data/{i}".encode()
        copy = bytearray(last[:46]) + name
        struct.pack_into("<H", copy, 28, len(name))
        entries += copy
    tail = bytearray(raw[end:])
    struct.pack_into("<HHII", tail, 8, 501, 501, len(entries), start)
    (folder / "w.pt").write_bytes(raw[:start] + entries + tail)
    return folder / "w.pt"


@case(["zip archive that cannot be opened", "compressed", "bytes"])
def terabytes_in_the_directory(folder):
    "an archive whose directory says that a part of ten bytes has four terabytes"
    torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("0", 1 << 40, 0, [1 << 40], [1]))]), [("0", bytes(10))])
    raw = bytearray((folder / "w.pt").read_bytes())
    end = raw.rfind(b"PK\x05\x06")
    last = raw.rfind(b"PK\x01\x02")
    extra = struct.pack("<HHQQ", 1, 16, 1 << 42, 1 << 42)
    struct.pack_into("<II", raw, last + 20, 0xFFFFFFFF, 0xFFFFFFFF)
    struct.pack_into("<H", raw, last + 30, len(extra))
    struct.pack_into("<I", raw, end + 12, struct.unpack("<I", raw[end + 12 : end + 16])[0] + len(extra))
    raw[end:end] = extra
    (folder / "w.pt").write_bytes(raw)
    return folder / "w.pt"


@case("little-endian")
def other_byte_order(folder):
    "numbers the other way round"
    return torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("0", 1, 0, [1], [1]))]), [("0", bytes(4))], order=b"big")


@case("its tensors want")
def storage_too_short(folder):
    "a tensor of a million numbers with four bytes"
    return torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("0", 1 << 20, 0, [1 << 20], [1]))]), [("0", bytes(4))])


@case("does not fit into its storage")
def terabytes_by_repetition(folder):
    "a tensor that repeats one number for a shape of terabytes"
    return torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("0", 1, 0, [1 << 20, 1 << 20], [0, 0]))]), [("0", bytes(4))])


@case("does not fit into its storage")
def negative_shape(folder):
    "a shape below zero"
    return torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("0", 4, 0, [-4], [1]))]), [("0", bytes(16))])


@case("does not fit into its storage")
def negative_offset(folder):
    "numbers from before the storage"
    return torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("0", 4, -4, [4], [1]))]), [("0", bytes(16))])


@case("larger than the file")
def shared_storage(folder):
    "four hundred tensors that are one"
    views = [(f"t{i}", stored_tensor("0", 1 << 18, 0, [1 << 18], [1])) for i in range(400)]
    return torch_zip(folder / "w.pt", dictionary(views), [("0", bytes(1 << 20))])


@case("holds no storage|holds no data/7")
def missing_storage(folder):
    "a tensor whose numbers are not there"
    return torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("7", 1, 0, [1], [1]))]), [("0", bytes(4))])


@case("is no file of a model's weights")
def protocol_0(folder):
    "a pickle in letters, which torch never wrote"
    (folder / "w.pt").write_bytes(b"(dp0\nVa\np1\nI1\ns.")
    return folder / "w.pt"


@case("holds no tensors")
def protocol_1_in_an_archive(folder):
    "a dictionary of numbers"
    return torch_zip(folder / "w.pt", b"}q\x00(U\x01aK\x01U\x01bK\x02u.")


@case("holds no tensors")
def circle(folder):
    "a dictionary under its own 'state_dict'"
    return torch_zip(folder / "w.pt", b"\x80\x02}q\x00" + text("state_dict") + b"h\x00s.")


@case("holds no tensors")
def circle_of_modules(folder):
    "a module that is a part of itself"
    module = b"\x80\x02cmodel\nCLIP\nq\x00)\x81q\x01}" + text("_modules") + b"}" + text("inner") + b"h\x01ssb."
    return torch_zip(folder / "w.pt", module)


@case(["objects", "nested"])
def depth(folder):
    "a million lists in one another"
    return torch_zip(folder / "w.pt", b"\x80\x02" + b"]" * 1_000_000 + b"a" * 999_999 + b".")


@case(["objects", "holds no tensors"])
def doublings(folder):
    "lists that hold the one before them twice, sixty times"
    twice = b"".join(b"](h%ch%ceq%c" % (i, i, i + 1) for i in range(60))
    return torch_zip(folder / "w.pt", b"\x80\x02]q\x00" + twice + b".")


@case("objects")
def many_objects(folder):
    "fifty million values"
    return torch_zip(folder / "w.pt", b"\x80\x02(" + b"N" * 50_000_000 + b"t.")


@case("holds no tensors")
def a_command(folder):
    "a pickle that would run a command"
    mark = folder / "ran"
    return torch_zip(folder / "w.pt", b"\x80\x02cos\nsystem\n(" + text(f"touch {mark}") + b"tR.")


@case("numbers of the type")
def unknown_type(folder):
    "numbers of a type that nobody has"
    return torch_zip(folder / "w.pt", dictionary([("a", stored_tensor("0", 1, 0, [1], [1], "QuarterStorage"))]), [("0", bytes(4))])


# safetensors ---------------------------------------------------------------------------------------------------------------


@case("header")
def header_of_terabytes(folder):
    "a header length beyond the file"
    return safetensors(folder / "w.safetensors", one_tensor(), bytes(16), length=1 << 42)


@case("header|JSON")
def header_cut(folder):
    "a header that ends within a word"
    return safetensors(folder / "w.safetensors", b'{"a": {"dtype"')


@case("data_offsets|beyond|end|bytes")
def data_of_terabytes(folder):
    "a tensor that ends beyond the file"
    return safetensors(folder / "w.safetensors", one_tensor(shape=[1 << 40], offsets=[0, 1 << 42]), bytes(16))


@case("shape")
def negative_size(folder):
    "a shape below zero"
    return safetensors(folder / "w.safetensors", one_tensor(shape=[-4]), bytes(16))


@case("overflow|shape")
def product_too_large(folder):
    "a shape whose product leaves 64 bits"
    return safetensors(folder / "w.safetensors", one_tensor(shape=[1 << 40, 1 << 40]), bytes(16))


@case("overlap|hole|offsets")
def tensors_over_each_other(folder):
    "two tensors in the same bytes"
    return safetensors(folder / "w.safetensors", {**one_tensor(), **one_tensor(name="b")}, bytes(16))


@case("type|dtype")
def type_unknown(folder):
    "numbers of a type that nobody has"
    return safetensors(folder / "w.safetensors", one_tensor(dtype="F5"), bytes(16))


@case("twice")
def name_twice(folder):
    "one name for two tensors"
    first, second = json.dumps(one_tensor()), json.dumps(one_tensor(offsets=[16, 32]))
    return safetensors(folder / "w.safetensors", (first[:-1] + "," + second[1:]).encode(), bytes(32))


@case("nested|JSON")
def header_of_brackets(folder):
    "a header of a million brackets"
    return safetensors(folder / "w.safetensors", b'{"a":' + b"[" * 1_000_000 + b"]" * 1_000_000 + b"}")


@case("does not hold floating-point numbers")
def whole_numbers(folder):
    "weights in whole numbers"
    def change(header, data):
        header["visual.proj"]["dtype"] = "I32"
    path = open_clip(folder)
    altered(path / "open_clip_model.safetensors", change)
    return path


@case("not finite")
def not_finite(folder):
    "a weight that is no number, in an open_clip directory"
    def change(header, data):
        at = header["visual.proj"]["data_offsets"][0]
        data[at : at + 4] = struct.pack("<f", float("nan"))
    path = open_clip(folder)
    altered(path / "open_clip_model.safetensors", change)
    return path


@case("should be")
def wrong_shape(folder):
    "a matrix the other way round"
    def change(header, data):
        header["visual.proj"]["shape"].reverse()
    path = open_clip(folder)
    altered(path / "open_clip_model.safetensors", change)
    return path


@case("a\\nerror: all is well")
def new_line_in_a_name(folder):
    "a tensor's name that looks like a message"
    def change(header, data):
        header["a\nerror: all is well\x1b[2J"] = header.pop("visual.proj")
    path = open_clip(folder)
    altered(path / "open_clip_model.safetensors", change)
    return path


@case("w\\n.pt: is empty")
def new_line_in_a_file_name(folder):
    "a file's name of two lines"
    (folder / "w\n.pt").touch()
    return folder / "w\n.pt"


# Folders and configurations ------------------------------------------------------------------------------------------------


@case("fewer numbers")
def configuration_of_terabytes(folder):
    "a configuration of 256 layers of 16,384 numbers beside small weights"
    return configured(folder, lambda model: model["vision_cfg"].update(width=16384, layers=256, head_width=64))


@case("fewer numbers")
def vocabulary_of_millions(folder):
    "a table of words that is not in the weights"
    return configured(folder, lambda model: model["text_cfg"].update(vocab_size=10_000_000))


@case("whole number")
def size_below_zero(folder):
    "a width below zero"
    return configured(folder, lambda model: model["vision_cfg"].update(width=-24))


@case("whole number")
def size_of_fractions(folder):
    "a width of 1e300"
    return configured(folder, lambda model: model["vision_cfg"].update(width=1e300))


@case("unknown key")
def unknown_key(folder):
    "a setting that nobody knows"
    return configured(folder, lambda model: model["vision_cfg"].update(widht=24))


@case("nested|JSON")
def configuration_of_brackets(folder):
    "a configuration of a million brackets"
    path = open_clip(folder)
    (path / "open_clip_config.json").write_text("[" * 1_000_000)
    return path


@case("JSON")
def configuration_cut(folder):
    "half a configuration"
    path = open_clip(folder)
    whole = (path / "open_clip_config.json").read_text()
    (path / "open_clip_config.json").write_text(whole[: len(whole) // 2])
    return path


@case("has open_clip_config.json but no weights")
def weights_missing(folder):
    "a folder that was not written to its end"
    path = open_clip(folder)
    (path / "open_clip_model.safetensors").unlink()
    return path


@case("header|beyond|bytes|end")
def weights_half_written(folder):
    "a folder whose weights end too early"
    path = open_clip(folder) / "open_clip_model.safetensors"
    path.write_bytes(path.read_bytes()[:20000])
    return path.parent


@case("holds no model")
def configuration_missing(folder):
    "weights alone in a folder"
    path = open_clip(folder)
    (path / "open_clip_config.json").unlink()
    return path


@case("holds no model")
def empty_folder(folder):
    "a folder with nothing in it"
    (folder / "m.pt").mkdir()
    return folder / "m.pt"


@case("no DONE")
def checkpoint_not_done(folder):
    "a checkpoint whose writing was stopped"
    return open_clip(folder).rename(folder / "step_7")


@case("another tokenizer than CLIP's")
def other_tokenizer(folder):
    "a tokenizer that does not belong to the tower"
    path = hugging_face(folder)
    (path / "vocab.json").write_text(json.dumps({"<|startoftext|>": 0, "<|endoftext|>": 1, "dog</w>": 2}))
    return path


@case("files of the same folder")
def index_to_elsewhere(folder):
    "an index that names a file outside of its folder"
    path = hugging_face(folder)
    (path / "model.safetensors").unlink()
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "../../secret.safetensors"}}))
    return path


@case("is not there")
def index_to_nothing(folder):
    "an index of files that were not fetched"
    path = hugging_face(folder)
    (path / "model.safetensors").unlink()
    (path / "model.safetensors.index.json").write_text(json.dumps({"weight_map": {"a": "model-00001-of-00002.safetensors"}}))
    return path


@case("siglip")
def other_kind(folder):
    "a Hugging Face model of a kind that is not read"
    path = hugging_face(folder)
    config = json.loads((path / "config.json").read_text())
    (path / "config.json").write_text(json.dumps({**config, "model_type": "siglip"}))
    return path


# What is no file -----------------------------------------------------------------------------------------------------------


@case("not a regular file")
def pipe(folder):
    "a pipe that nobody writes to"
    os.mkfifo(folder / "w.pt")
    return folder / "w.pt"


@case("not a regular file")
def pipe_as_configuration(folder):
    "a pipe in the place of a configuration"
    path = open_clip(folder)
    (path / "open_clip_config.json").unlink()
    os.mkfifo(path / "open_clip_config.json")
    return path


@case("not a regular file")
def endless(folder):
    "a device that never ends"
    return pathlib.Path("/dev/zero")


@case("cannot be reached")
def circle_of_links(folder):
    "a link to itself"
    (folder / "m").symlink_to("m")
    return folder / "m"


@case("is a link to gone")
def link_to_nothing(folder):
    "a link whose end is gone"
    (folder / "m").symlink_to("gone")
    return folder / "m"


@case("cannot be reached")
def circle_among_weights(folder):
    "a directory whose weights are a link to themselves"
    path = open_clip(folder)
    (path / "open_clip_model.safetensors").unlink()
    (path / "open_clip_model.safetensors").symlink_to("open_clip_model.safetensors")
    return path


@case("holds no model")
def folder_in_itself(folder):
    "a folder whose 'model' and 'checkpoints' are itself"
    (folder / "m").mkdir()
    (folder / "m/model").symlink_to(".")
    (folder / "m/checkpoints").symlink_to(".")
    return folder / "m"


@case("cannot be reached")
def name_too_long(folder):
    "a name of 300 letters"
    return folder / ("m" * 300)


@case("is no file of a model's weights")
def hole_of_a_terabyte(folder):
    "a file of a terabyte of zeros that takes no space"
    with open(folder / "w.pt", "wb") as file:
        try:
            file.truncate(1 << 40)
        except OSError:
            file.truncate(1 << 33)
    return folder / "w.pt"


if os.geteuid() != 0:

    @case("cannot be reached")
    def closed_folder(folder):
        "a folder that may not be searched"
        open_clip(folder)
        folder.joinpath("closed").mkdir()
        shutil.move(folder / "m", folder / "closed/m")
        folder.joinpath("closed").chmod(0)
        return folder / "closed/m"


def run(model):
    """Exit code, the lines of the log, seconds, and the most memory in MB."""
    start = time.monotonic()
    child = subprocess.Popen([program, "model", "inspect", str(model)], stdout=subprocess.DEVNULL, stderr=subprocess.PIPE,
                             env={**os.environ, "GOMP_SPINCOUNT": "1000", "NO_COLOR": "1"})
    stopper = threading.Timer(6 * SECONDS, child.kill)
    stopper.start()
    lines = child.stderr.read().decode(errors="replace").splitlines()
    _, status, usage = os.wait4(child.pid, 0)
    stopper.cancel()
    child.returncode = os.waitstatus_to_exitcode(status)
    child.stderr.close()
    return child.returncode, lines, time.monotonic() - start, usage.ru_maxrss / 1024


def main():
    sanitized = any(word in pathlib.Path(program).read_bytes() for word in (b"__asan_init", b"__tsan_init"))
    code, lines, _, sound = run(golden / "models/vit")
    assert code == 0, lines
    failures = []
    chosen = [one for one in CASES if not sys.argv[5:] or one[0] in sys.argv[5:]]
    for name, wrong, make, words, expected in chosen:
        with tempfile.TemporaryDirectory() as place:
            folder = pathlib.Path(place)
            path = make(folder)
            size = path.stat().st_blocks / 2048 if os.path.exists(path) and stat.S_ISREG(path.stat().st_mode) else 0
            code, lines, seconds, megabytes = run(path)
            problems = []
            if code != expected:
                problems.append(f"exit code {code}")
            errors = [line for line in lines if re.match(r"\d\d:\d\d:\d\d E ", line)]
            if len(errors) != 1 or any("\x1b" in line for line in lines):
                problems.append(f"{len(errors)} error lines")
            if errors and not any(part in errors[0] for word in words for part in word.split("|")):
                problems.append(f"the sentence has none of {words}")
            if seconds > SECONDS * (10 if sanitized else 1):
                problems.append(f"{seconds:.1f} s")
            if megabytes > sound + 2 * size + MEGABYTES and not sanitized:
                problems.append(f"{megabytes:.0f} MB")
            if (folder / "ran").exists():
                problems.append("the command ran")
            for closed in folder.rglob("closed"):
                closed.chmod(0o700)
            print(f"{'FAILED' if problems else 'ok':6} {name:28} {seconds:5.1f} s {megabytes - sound:+6.0f} MB  {wrong}", flush=True)
            if problems:
                failures.append(f"{name}: {', '.join(problems)}\n    " + "\n    ".join(lines[-3:]))
    print(f"{len(chosen)} kinds, {len(failures)} failed")
    if failures:
        sys.exit("\n".join(failures))


if __name__ == "__main__":
    assert len(CASES) >= 30
    main()
