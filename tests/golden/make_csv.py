"""Rows of random texts as Python's csv module reads them: tests/golden/csv/rows.json."""
import csv
import io
import json
import pathlib
import random

HERE = pathlib.Path(__file__).parent / "csv"


def main():
    draw = random.Random(7)
    cases = []
    pieces = ["a", "dog", '"', '""', ",", "\n", "\r\n", " ", "é", "\t", ",\"", "\","]
    while len(cases) < 400:
        text = "".join(draw.choice(pieces) for _ in range(draw.randrange(1, 14)))
        separator = draw.choice([",", "\t"])
        rows = list(csv.reader(io.StringIO(text, newline=""), delimiter=separator))
        cases.append({"text": text, "separator": separator, "rows": rows})
    HERE.mkdir(exist_ok=True)
    (HERE / "rows.json").write_text(json.dumps(cases, ensure_ascii=False, indent=0) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
