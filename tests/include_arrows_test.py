"""Holds the sources to the folder arrows of CMakeLists.txt: a folder may include only itself and the folders its line names.

    python tests/include_arrows_test.py REPOSITORY [PROGRAM]

Also refuses tensor headers where the design keeps them out.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
arrows = {}
for line in (root / "CMakeLists.txt").read_text().splitlines():
    match = re.match(r'clipwright_folder\((\w+)\s+DEPENDS (.*?)\)?$', line)
    if match:
        words = re.split(r"\s+(?:TORCH|LIBRARIES)\b", match.group(2).rstrip(")"))[0].replace('"', "").split()
        arrows[match.group(1)] = set(words)
assert len(arrows) >= 12, "the folder list of CMakeLists.txt was not understood"

problems = []
order = list(arrows)
for folder, targets in arrows.items():
    problems += [f"CMakeLists.txt: {folder} depends on {target}, which does not stand above it" for target in targets if order.index(target) >= order.index(folder)]
no_tensors = {"core", "text", "records", "rewrite", "audit", "cli", "data", "report"}
seen = 0
for path in sorted((root / "src").rglob("*")):
    if path.suffix not in (".h", ".cc") or path.parent == root / "src":
        continue
    folder = path.relative_to(root / "src").parts[0]
    if folder not in arrows:
        problems.append(f"{path.relative_to(root)}: folder {folder} is not in CMakeLists.txt")
        continue
    for number, line in enumerate(path.read_text().splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not include:
            continue
        seen += 1
        target = include.group(2).split("/")[0]
        where = f"{path.relative_to(root)}:{number}"
        if include.group(1) == '"' and target in arrows and target != folder and target not in arrows[folder]:
            problems.append(f"{where}: {folder} may not include {include.group(2)} (arrows: {', '.join(sorted(arrows[folder])) or 'none'})")
        if folder in no_tensors and target in ("torch", "ATen", "c10"):
            problems.append(f"{where}: {folder} may not include tensor headers ({include.group(2)})")
assert seen > 100, "no includes were found; the test looks in the wrong place"
print("\n".join(problems) if problems else f"{seen} includes follow the arrows of {len(arrows)} folders")
sys.exit(1 if problems else 0)
