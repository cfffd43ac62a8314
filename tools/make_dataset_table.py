"""Writes the table of docs/datasets.md from data/evaluation/sources.toml.

    python3 tools/make_dataset_table.py [--check]
"""
import ast
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
FIELDS = {"title": str, "suites": list, "classes": int, "test": int, "size": str, "source": str, "hub": str, "licence": str, "note": str}
SUITES = ["laclip15", "declip11", "vtab", "robustness", "retrieval", "selection"]
BEGIN, END = "<!-- table: tools/make_dataset_table.py -->", "<!-- end of the table -->"


def read_sources(path=ROOT / "data/evaluation/sources.toml"):
    """Name to fields. The file is the part of TOML that is also Python: [name], and key = string, number or list on a line."""
    sets, current = {}, None
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        line = line.strip()
        if not line or line.startswith("#"):
            continue
        if line.startswith("["):
            current = line[1:-1]
            if current in sets:
                raise ValueError(f"{path.name}:{number}: {current} comes twice")
            sets[current] = {}
            continue
        key, _, value = line.partition(" = ")
        sets[current][key] = ast.literal_eval(value)
    return sets


def grouped(number):
    return f"{number:,}" if number else "-"


def table(sets):
    rows = ["| set | name | suites | classes | test | size | source | hub | licence | note |", "|---|---|---|---|---|---|---|---|---|---|"]
    for name, one in sets.items():
        hub = f"`{one['hub']}`" if one["hub"] else "-"
        rows.append(
            f"| {one['title']} | `{name}` | {', '.join(one['suites']) or '-'} | {grouped(one['classes'])} | {grouped(one['test'])} | {one['size']} | "
            f"{one['source']} | {hub} | {one['licence']} | {one['note'] or '-'} |")
    return "\n".join(rows)


def with_table(text, sets):
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    return before + BEGIN + "\n" + table(sets) + "\n" + END + after


def main():
    page = ROOT / "docs/datasets.md"
    text = page.read_text(encoding="utf-8")
    wanted = with_table(text, read_sources())
    if "--check" in sys.argv:
        if text != wanted:
            sys.exit("docs/datasets.md is not what data/evaluation/sources.toml says; run: python3 tools/make_dataset_table.py")
        return
    page.write_text(wanted, encoding="utf-8")


if __name__ == "__main__":
    main()
