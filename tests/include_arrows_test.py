"""Holds the sources to the arrows of CMakeLists.txt: a folder may include only itself and the folders its line names, a room
of a folder only itself and the rooms named before it.

    python tests/include_arrows_test.py REPOSITORY [PROGRAM]

Also refuses tensor headers where the design keeps them out, namespaces that are not their file's place, and rooms that grew
past what one can look around in.
"""
import pathlib
import re
import sys

root = pathlib.Path(sys.argv[1])
ROOM_IS_FULL = 26  # files; about 20 is the aim
arrows, rooms, tensors = {}, {}, set()
text = re.sub(r"#[^\n]*", "", (root / "CMakeLists.txt").read_text())
for name, words in re.findall(r"clipwright_folder\((\w+)\s+([^)]*)\)", text):
    lists = {}
    key = None
    for word in words.replace('"', "").split():
        if word in ("DEPENDS", "ROOMS", "LIBRARIES", "OWN_LIBRARIES", "TORCH", "SHELL"):
            key = word
            lists[key] = []
        else:
            lists[key].append(word)
    arrows[name], rooms[name] = set(lists["DEPENDS"]), lists.get("ROOMS", [])
    if "TORCH" in lists:
        tensors.add(name)
assert len(arrows) >= 15, "the folder list of CMakeLists.txt was not understood"
assert sum(map(len, rooms.values())) >= 20, "the rooms of CMakeLists.txt were not understood"

problems = []
order = list(arrows)
for folder, targets in arrows.items():
    problems += [f"CMakeLists.txt: {folder} depends on {target}, which does not stand above it" for target in targets if target not in order or order.index(target) >= order.index(folder)]
# The words everyone uses stand in the project's own namespace.
ROOT_NAMESPACE = {"core"}
ROOT_FILES = {"tensor/tensor.h", "tensor/tensor.cc"}
seen, size = 0, {}
places = [(root / "src", path) for path in sorted((root / "src").rglob("*"))] + [(root, path) for path in sorted((root / "demo").rglob("*"))]
for base, path in places:
    if path.suffix not in (".h", ".cc") or path.parent == root / "src":
        continue
    relative = path.relative_to(base)
    folder, inner = relative.parts[0], relative.parts[1:-1]
    if folder not in arrows:
        problems.append(f"{path.relative_to(root)}: folder {folder} is not in CMakeLists.txt")
        continue
    if len(inner) > 1 or (inner and inner[0] not in rooms[folder]):
        problems.append(f"{path.relative_to(root)}: room {'/'.join(inner)} of {folder} is not in CMakeLists.txt")
        continue
    size["/".join((folder, *inner))] = size.get("/".join((folder, *inner)), 0) + 1
    if path.name == "main.cc":
        continue
    code = path.read_text()
    expected = "clipwright" if folder in ROOT_NAMESPACE or str(relative) in ROOT_FILES else "::".join(("clipwright", folder, *inner))
    named = re.findall(r"^namespace (clipwright[\w:]*) \{", code, re.M)
    if expected not in named and "namespace" in re.sub(r"//[^\n]*", "", code):
        problems.append(f"{path.relative_to(root)}: is not in namespace {expected} (found: {', '.join(named) or 'none'})")
    for number, line in enumerate(code.splitlines(), 1):
        include = re.match(r'\s*#\s*include\s*([<"])([^>"]+)[>"]', line)
        if not include:
            continue
        seen += 1
        parts = include.group(2).split("/")
        target, where = parts[0], f"{path.relative_to(root)}:{number}"
        if include.group(1) == '"' and target in arrows and target != folder and target not in arrows[folder]:
            problems.append(f"{where}: {folder} may not include {include.group(2)} (arrows: {', '.join(sorted(arrows[folder])) or 'none'})")
        if include.group(1) == '"' and target == folder and inner and len(parts) == 3 and parts[2].endswith(".h") and rooms[folder].index(parts[1]) > rooms[folder].index(inner[0]):
            problems.append(f"{where}: room {folder}/{inner[0]} may not include {include.group(2)}: {parts[1]} stands after it in CMakeLists.txt")
        if folder not in tensors and target in ("torch", "ATen", "c10"):
            problems.append(f"{where}: {folder} may not include tensor headers ({include.group(2)})")
problems += [f"{place}: {count} files in one room; what is the second concept?" for place, count in size.items() if count > ROOM_IS_FULL]
assert seen > 100, "no includes were found; the test looks in the wrong place"
print("\n".join(problems) if problems else f"{seen} includes follow the arrows of {len(arrows)} folders and {sum(map(len, rooms.values()))} rooms")
sys.exit(1 if problems else 0)
