"""docs/datasets.md says of evaluation sets what data/evaluation/sources.toml says, and that file names every set that there is.

    python tests/datasets_test.py REPOSITORY [PROGRAM]
"""
import pathlib
import re
import subprocess
import sys

sys.dont_write_bytecode = True
root = pathlib.Path(sys.argv[1])
sys.path.insert(0, str(root / "tools"))
import make_dataset_table as maker

problems = []
sets = maker.read_sources(root / "data/evaluation/sources.toml")
for name, one in sets.items():
    if not re.fullmatch(r"[a-z0-9_]+", name) or name.startswith(("wds_", "vtab_")):
        problems.append(f"{name}: is not a set's name as the file's head has it")
    if list(one) != list(maker.FIELDS):
        problems.append(f"{name}: has {', '.join(one)} instead of {', '.join(maker.FIELDS)}")
        continue
    for key, kind in maker.FIELDS.items():
        if type(one[key]) is not kind:
            problems.append(f"{name}: {key} is no {kind.__name__}")
        elif key not in ("hub", "note", "suites") and kind is not int and not one[key]:
            problems.append(f"{name}: {key} is empty; say 'not checked'")
        if kind is str and re.search(r"[|\n]", one[key]):
            problems.append(f"{name}: {key} cannot stand in a table")
    problems += [f"{name}: there is no suite {suite}" for suite in one["suites"] if suite not in maker.SUITES]

# What each suite has, by the papers and CLIP_benchmark.
expected = {
    "laclip15": "food101 cifar10 cifar100 sun397 cars fgvc_aircraft dtd pets caltech101 flowers stl10 eurosat resisc45 gtsrb country211",
    "declip11": "cifar10 cifar100 food101 pets flowers sun397 cars dtd caltech101 fgvc_aircraft imagenet1k",
    "robustness": "imagenetv2 imagenet_sketch imagenet_a imagenet_r objectnet",
    "retrieval": "mscoco_captions flickr30k flickr8k",
    "selection": "winoground sugar_crepe aro_vg_relation aro_vg_attribution aro_coco_order aro_flickr_order",
    "vtab": "caltech101 cifar100 clevr_count_all clevr_closest_object_distance diabetic_retinopathy dmlab dsprites_label_orientation dsprites_label_x_position dtd "
            "eurosat kitti_closest_vehicle_distance flowers pets pcam resisc45 smallnorb_label_azimuth smallnorb_label_elevation sun397 svhn",
}
for suite, names in expected.items():
    found = {name for name, one in sets.items() if suite in one.get("suites", [])}
    if found != set(names.split()):
        problems.append(f"{suite}: {' '.join(sorted(found ^ set(names.split())))} is in only one of the two lists")

# Sets that the program describes or runs.
def plain(name):
    return re.sub(r"^(wds[_/])?(vtab[-_/])?", "", name).replace("-", "_").replace("/", "_")

described = [path.stem for path in (root / "data/evaluation").glob("*.toml") if path.stem != "sources"]
for name in described:
    if plain(name) not in sets:
        problems.append(f"data/evaluation/{name}.toml: sources.toml does not say where {plain(name)} comes from")
        continue
    pictures = re.search(r"^test_pictures = \[(.*)\]$", (root / f"data/evaluation/{name}.toml").read_text(encoding="utf-8"), re.M)
    if pictures and sets[plain(name)]["test"] not in map(int, pictures.group(1).split(",")):
        problems.append(f"{name}: sources.toml says {sets[plain(name)]['test']} test pictures, its own file {pictures.group(1)}")

# One name for a set everywhere: in suites (with "vtab-" and "-" as CLIP_benchmark writes them), in files of sets, in sources.toml.
suite_sets = 0
for path in sorted((root / "data/evaluation/suites").glob("*.toml")):
    named = set()
    for block in path.read_text(encoding="utf-8").split("[[set]]")[1:]:
        keys = dict(re.findall(r'^([a-z-]+) = "(.*)"$', block, re.M))
        name = plain(keys["name"])
        named.add(name)
        suite_sets += 1
        if name not in sets:
            problems.append(f"{path.name}: sources.toml does not say where {keys['name']} comes from")
        if keys["task"] == "zeroshot" and (keys.get("set") != name or name not in described):
            problems.append(f"{path.name}: {keys['name']} does not name the file data/evaluation/{name}.toml")
    listed = {name for name, one in sets.items() if path.stem in one.get("suites", [])}
    if named != listed:
        problems.append(f"{path.name}: {' '.join(sorted(named ^ listed))} is in the suite or in sources.toml's list of it, not in both")

page = (root / "docs/datasets.md").read_text(encoding="utf-8")
if page != maker.with_table(page, sets):
    problems.append("docs/datasets.md: its table is not what sources.toml says; run: python3 tools/make_dataset_table.py")
if subprocess.run([sys.executable, root / "tools/make_dataset_table.py", "--check"]).returncode != 0:
    problems.append("tools/make_dataset_table.py --check does not agree")
for name in sets:
    if f"`{name}`" not in page:
        problems.append(f"docs/datasets.md does not name {name}")

assert len(sets) >= 40, "sources.toml was not understood"
print("\n".join(problems) if problems else f"{len(sets)} sets, {len(described)} of them described in files of their own; {suite_sets} places in suites")
sys.exit(1 if problems else 0)
