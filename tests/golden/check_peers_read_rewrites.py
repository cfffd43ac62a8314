"""Do pandas and webdataset read what `rewrite` writes? A check for developers, not part of the tests.

    python tests/golden/check_peers_read_rewrites.py build/clipwright

Makes two small tars with webdataset, rewrites their captions with `--engine eda`, and reads the Parquet side-car with pandas (needs pyarrow) and the repacked tars with
webdataset, taking the text as open_clip's --json-text-key does: the first field of a list that is not empty. Exit code 1 when a member, a key or a text differs.
"""
import io
import json
import pathlib
import subprocess
import sys
import tempfile

import pandas
import webdataset
from PIL import Image


def write_tar(path, shard):
    with webdataset.TarWriter(str(path)) as tar:
        for i in range(40):
            picture = io.BytesIO()
            Image.new("RGB", (32, 32), (i * 6, shard * 100, 5)).save(picture, "JPEG")
            sample = {"__key__": f"{shard}/{i:04d}", "jpg": picture.getvalue(),
                      "txt": f"a small brown dog runs over green grass, picture {shard} {i}"}
            if i % 2:
                sample["json"] = json.dumps({"width": 32}).encode()
            tar.write(sample)


def samples(pattern, decode):
    data = webdataset.WebDataset(pattern, shardshuffle=False, empty_check=False)
    return list(data.decode() if decode else data)


def json_text(sample, fields):
    return next((sample["json"][field] for field in fields.split(";") if sample["json"].get(field)), None)


def main(program):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "in").mkdir()
        for shard in range(2):
            write_tar(folder / "in" / f"{shard:05d}.tar", shard)
        tars = "{00000..00001}.tar"
        subprocess.run([program, "rewrite", "--quiet", "--data", str(folder / "in" / tars), "--engine", "eda",
                        "--ledger", f"sqlite:{folder}/l.db", "--output", str(folder / "out"),
                        "--output-parquet", str(folder / "r.parquet"), "--output-tars", str(folder / "tars")], check=True)
        table = pandas.read_parquet(folder / "r.parquet").set_index("key")
        wrong = 0
        before = samples(str(folder / "in" / tars), False)
        after = samples(str(folder / "tars" / tars), False)
        decoded = samples(str(folder / "tars" / tars), True)
        wrong += not (len(before) == len(after) == len(table) == 80)
        for old, new, read in zip(before, after, decoded):
            row = table.loc[old["__key__"]]
            expected = row.text if row.status == "accepted" else old["txt"].decode()
            wrong += old["__key__"] != new["__key__"] or old["jpg"] != new["jpg"] or old["txt"] != new["txt"]
            wrong += json_text(read, "rewrite:eda;caption") != expected
            wrong += "json" in old and read["json"]["width"] != 32
            wrong += not 0 <= row["scores.audit"] <= 1 if row.status == "accepted" else 0
        print(f"{len(after)} samples, {wrong} differences")
        return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(str(pathlib.Path(sys.argv[1]).resolve())))
