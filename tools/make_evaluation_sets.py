"""Writes data/evaluation/*.toml: for each published test set its class names in label order, prompts, folders, metric and source.

    python tools/make_evaluation_sets.py --labels FOLDER

Class names, prompts and label orders are facts of published sets. They come from installed packages: clip_benchmark 1.6.2 (names and prompts in the label
order of its loaders, which are OpenAI's words), timm (WordNet ids of ImageNet and its 200-class parts). FOLDER holds two more, unpacked and not
imported (pip install --no-deps --target FOLDER tensorflow-datasets pycountry): class folders as the sets are distributed, and the country codes that name
Country211's folders. What no package has stands below. docs/evaluation/zeroshot.md says how the files are read.
"""
import argparse
import ast
import json
import pathlib

import clip_benchmark
import timm

OUTPUT = pathlib.Path(__file__).parent.parent / "data/evaluation"
PACKAGED = pathlib.Path(clip_benchmark.__file__).parent / "datasets"
NAMES = json.loads((PACKAGED / "en_classnames.json").read_text())
TEMPLATES = json.loads((PACKAGED / "en_zeroshot_classification_templates.json").read_text())
SYNSETS = pathlib.Path(timm.__file__).parent / "data/_info"

CIFAR10 = "airplane automobile bird cat deer dog frog horse ship truck".split()
STL10 = "airplane bird car cat deer dog horse monkey ship truck".split()
CIFAR100 = """apple, aquarium fish, baby, bear, beaver, bed, bee, beetle, bicycle, bottle, bowl, boy, bridge, bus, butterfly, camel, can, castle, caterpillar, cattle,
chair, chimpanzee, clock, cloud, cockroach, couch, crab, crocodile, cup, dinosaur, dolphin, elephant, flatfish, forest, fox, girl, hamster, house, kangaroo, keyboard,
lamp, lawn mower, leopard, lion, lizard, lobster, man, maple tree, motorcycle, mountain, mouse, mushroom, oak tree, orange, orchid, otter, palm tree, pear,
pickup truck, pine tree, plain, plate, poppy, porcupine, possum, rabbit, raccoon, ray, road, rocket, rose, sea, seal, shark, shrew, skunk, skyscraper, snail, snake,
spider, squirrel, streetcar, sunflower, sweet pepper, table, tank, telephone, television, tiger, tractor, train, trout, tulip, turtle, wardrobe, whale,
willow tree, wolf, woman, worm"""
VOC = "aeroplane bicycle bird boat bottle bus car cat chair cow diningtable dog horse motorbike person pottedplant sheep sofa train tvmonitor".split()
AIRCRAFT = """707-320, 727-200, 737-200, 737-300, 737-400, 737-500, 737-600, 737-700, 737-800, 737-900, 747-100, 747-200, 747-300, 747-400, 757-200, 757-300, 767-200,
767-300, 767-400, 777-200, 777-300, A300B4, A310, A318, A319, A320, A321, A330-200, A330-300, A340-200, A340-300, A340-500, A340-600, A380, ATR-42, ATR-72, An-12,
BAE 146-200, BAE 146-300, BAE-125, Beechcraft 1900, Boeing 717, C-130, C-47, CRJ-200, CRJ-700, CRJ-900, Cessna 172, Cessna 208, Cessna 525, Cessna 560,
Challenger 600, DC-10, DC-3, DC-6, DC-8, DC-9-30, DH-82, DHC-1, DHC-6, DHC-8-100, DHC-8-300, DR-400, Dornier 328, E-170, E-190, E-195, EMB-120, ERJ 135, ERJ 145,
Embraer Legacy 600, Eurofighter Typhoon, F-16A/B, F/A-18, Falcon 2000, Falcon 900, Fokker 100, Fokker 50, Fokker 70, Global Express, Gulfstream IV, Gulfstream V,
Hawk T1, Il-76, L-1011, MD-11, MD-80, MD-87, MD-90, Metroliner, Model B200, PA-28, SR-20, Saab 2000, Saab 340, Spitfire, Tornado, Tu-134, Tu-154, Yak-42"""
EUROSAT = "AnnualCrop Forest HerbaceousVegetation Highway Industrial Pasture PermanentCrop Residential River SeaLake".split()
FER2013 = "angry disgust fear happy neutral sad surprise".split()
# ObjectNet's 113 classes that ImageNet has too, by folder; a name that is not the folder's words follows a colon.
OBJECTNET = """alarm_clock, backpack, banana, band_aid, basket, beer_bottle, bench, bicycle, binder_closed:binder (closed), bottle_cap, bread_loaf, broom, bucket,
butchers_knife:butcher's knife, can_opener, candle, cellphone, chair, clothes_hamper, coffee_french_press:coffee/french press, combination_lock, computer_mouse,
desk_lamp, doormat, dress, dress_shoe_men:dress shoe (men), drill, drinking_cup, drying_rack_for_dishes:drying rack for plates, envelope, fan, frying_pan,
full_sized_towel:bath towel, hair_dryer, hammer, hand_towel_or_rag:dishrag or hand towel, helmet, iron_for_clothes:iron (for clothes), jeans, keyboard, ladle,
lampshade, laptop_open:laptop (open), lemon, letter_opener, lighter, lipstick, match, measuring_cup, microwave, mixing_salad_bowl:mixing / salad bowl, monitor, mug,
nail_fastener:nail (fastener), necklace, orange, padlock, paintbrush, paper_towel, pen, pill_bottle, pillow, pitcher, plastic_bag, plate, plunger, pop_can,
portable_heater, printer, remote_control, ruler, running_shoe, safety_pin, salt_shaker, sandal, screw, shovel, skirt, sleeping_bag, soap_dispenser, sock, soup_bowl,
spatula, speaker, still_camera, strainer, stuffed_animal, suit_jacket, sunglasses, sweater, swimming_trunks, t-shirt, teapot, tennis_racket, tie, toaster,
toilet_paper_roll, trash_bin, tray, tv, umbrella, vacuum_cleaner, vase, wallet, watch, water_bottle, weight_exercise:weight (exercise), weight_scale, wheel, whistle,
wine_bottle, winter_glove, wok"""
# Names of Country211 that are not those of the standard for country codes.
COUNTRIES = {"Aland Islands": "AX", "Bonaire, Saint Eustatius and Saba": "BQ", "DR Congo": "CD", "Cote d'Ivoire": "CI", "Curacao": "CW", "Falkland Islands": "FK", "Faeroe Islands": "FO",
             "South Georgia and South Sandwich Is.": "GS", "St. Kitts and Nevis": "KN", "St. Lucia": "LC", "Saint-Martin": "MF", "Macedonia": "MK", "Macau": "MO", "Palestine": "PS", "Reunion": "RE",
             "Russia": "RU", "St. Helena": "SH", "Svalbard and Jan Mayen Islands": "SJ", "Sint Maarten": "SX", "Turkey": "TR", "Vatican": "VA", "United States Virgin Islands": "VI", "Kosovo": "XK"}


def listed(text):
    return [" ".join(item.split()) for item in text.split(",")]


def words(folder):
    return folder.replace("_", " ").replace("/", " ")


def lines(path):
    return path.read_text().split("\n")[:-1] if path.read_text().endswith("\n") else path.read_text().split("\n")


def longest_list(path, length):
    """The list of `length` strings in a module that is not imported."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, (ast.List, ast.Tuple)) and len(node.elts) == length:
            return [ast.literal_eval(element) for element in node.elts]
    raise LookupError(path)


def from_folders(folders):
    return [(words(folder), folder) for folder in folders]


def objectnet():
    classes = []
    for item in listed(OBJECTNET):
        folder, _, name = item.partition(":")
        classes.append((name or words(folder), folder))
    return classes


def countries(labels):
    table = json.loads((labels / "pycountry/databases/iso3166-1.json").read_text())["3166-1"]
    codes = {entry[key].lower(): entry["alpha_2"] for entry in table for key in ("name", "common_name", "official_name") if key in entry}
    classes = [(name, COUNTRIES.get(name) or codes[name.lower()]) for name in NAMES["country211"]]
    assert [code for _, code in classes] == sorted({code for _, code in classes}), "folders sort as labels do"
    return classes


def caltech101(labels):
    # The loader of VTAB writes folders in lower case; five of them begin with a capital on the disk.
    capital = {"background_google": "BACKGROUND_Google", "faces": "Faces", "faces_easy": "Faces_easy", "leopards": "Leopards", "motorbikes": "Motorbikes"}
    folders = lines(labels / "tensorflow_datasets/image_classification/caltech101_labels.txt")
    return list(zip(NAMES["caltech101_vtab"], [capital.get(folder, folder) for folder in folders], strict=True))


def numbered(names, form="{}", first=0):
    return [(name, form.format(index + first)) for index, name in enumerate(names)]


def numbers(count):
    """What the loader of VTAB calls classes that have a number and no name."""
    return plain([str(index) for index in range(count)])


def plain(names):
    return [(name, None) for name in names]


def sets(labels):
    tables = labels / "tensorflow_datasets/image_classification"
    wnids = lines(SYNSETS / "imagenet_synsets.txt")
    builder = (PACKAGED / "builder.py").read_text()
    part_o = ast.literal_eval(builder.split("imagenet_o_wnids = ")[1].split("]")[0] + "]")
    resisc45 = longest_list(labels / "tensorflow_datasets/datasets/resisc45/resisc45_dataset_builder.py", 45)
    # Of equal letters, '_' sorts before any letter, so cheese_plate comes before cheesecake.
    food101 = sorted(lines(tables / "food-101_classes.txt"))
    sun397 = [line[1:] for line in lines(tables / "sun397_labels.txt")]
    aerial = [f"{kind} {view} of {article}{{c}}." for article in ("", "a ", "the ") for view in ("imagery", "photo", "view") for kind in ("satellite", "aerial")]
    non_commercial = "research, not commercial"
    dsprites = dict(layout="dsprites_ndarray_co1sh3sc6or40x32y32_64x64.hdf5; the last tenth as VTAB's loader splits it", source="github.com/deepmind/dsprites-dataset", licence="not checked")
    smallnorb = dict(layout="smallnorb-5x01235x9x18x6x2x96x96-testing-*.mat; the second half, of each pair the first picture", source="cs.nyu.edu/~ylclab/data/norb-v1.0-small", licence="not checked")
    return {
        "food101": dict(title="Food-101", classes=from_folders(food101), pictures=[25250], layout="images/apple_pie/*.jpg, the test pictures by meta/test.txt",
                        source="data.vision.ee.ethz.ch/cvl/datasets_extra/food-101", licence="pictures of Foodspotting, fair use"),
        "cifar10": dict(title="CIFAR-10", classes=plain(CIFAR10), pictures=[10000], layout="test_batch", source="www.cs.toronto.edu/~kriz/cifar.html", licence="none stated"),
        "cifar100": dict(title="CIFAR-100", classes=plain(listed(CIFAR100)), pictures=[10000], layout="test", source="www.cs.toronto.edu/~kriz/cifar.html", licence="none stated"),
        "sun397": dict(title="SUN397", classes=[(words(folder.split("/", 1)[1]), folder) for folder in sun397], pictures=[19850, 108754, 21750], layout="a/abbey/*.jpg, the test pictures by Partitions/Testing_01.txt",
                       source="vision.princeton.edu/projects/2010/SUN", licence="research",
                       notes=["19,850 test pictures in CLIP's paper (first partition), all 108,754 in CLIP_benchmark, 21,750 in VTAB.",
                              "OpenAI's list has 'jail cell' before 'jail indoor'; labels follow the folders, jail/indoor first."]),
        "cars": dict(title="Stanford Cars", classes=plain(longest_list(tables / "cars196.py", 196)), pictures=[8041], layout="cars_test/*.jpg with devkit/cars_test_annos_withlabels.mat",
                     source="ai.stanford.edu/~jkrause/cars/car_dataset.html", licence=non_commercial),
        "fgvc_aircraft": dict(title="FGVC Aircraft (variants)", classes=plain(listed(AIRCRAFT)), pictures=[3333], metric="mean_per_class_recall", layout="data/images/*.jpg with data/images_variant_test.txt",
                              source="www.robots.ox.ac.uk/~vgg/data/fgvc-aircraft", licence=non_commercial),
        "dtd": dict(title="Describable Textures", classes=plain(lines(tables / "dtd_key_attributes.txt")), pictures=[1880], layout="images/banded/*.jpg, the test pictures by labels/test1.txt",
                    source="www.robots.ox.ac.uk/~vgg/data/dtd", licence="research"),
        "pets": dict(title="Oxford-IIIT Pets", classes=plain(NAMES["pets"]), pictures=[3669], metric="mean_per_class_recall", layout="images/Abyssinian_1.jpg, the test pictures by annotations/test.txt",
                     source="www.robots.ox.ac.uk/~vgg/data/pets", licence="CC BY-SA 4.0",
                     notes=["OpenAI's list has the cats first; labels mix cats and dogs in alphabetical order."]),
        "caltech101": dict(title="Caltech-101", classes=caltech101(labels), pictures=[6085], metric="mean_per_class_recall", layout="101_ObjectCategories/accordion/*.jpg",
                           source="data.caltech.edu, Caltech 101", licence="CC BY 4.0",
                           notes=["Labels as VTAB's, whose test split is used. OpenAI's list and torchvision's loader have BACKGROUND_Google, Faces, Faces_easy, Leopards and Motorbikes first.",
                                  "Of the 102 classes one is the background; tables that say 101 leave it out."]),
        "flowers": dict(title="Flowers-102", classes=numbered(NAMES["flowers"], first=1), pictures=[6149], metric="mean_per_class_recall", layout="jpg/*.jpg with imagelabels.mat and setid.mat",
                        source="www.robots.ox.ac.uk/~vgg/data/flowers/102", licence="none stated", notes=["The files count classes from 1; labels count from 0."]),
        "stl10": dict(title="STL-10", classes=plain(STL10), pictures=[8000], layout="test_X.bin", source="ai.stanford.edu/~acoates/stl10", licence="none stated"),
        "eurosat": dict(title="EuroSAT", classes=list(zip(NAMES["eurosat"], EUROSAT, strict=True)), pictures=[5400, 5000, 27000], layout="2750/AnnualCrop/*.jpg", source="github.com/phelber/eurosat", licence="MIT",
                        notes=["5,000 test pictures in CLIP's paper, 5,400 in VTAB, all 27,000 in CLIP_benchmark's eurosat.",
                               "OpenAI's list is in another order than the folders; labels follow the folders.", "The folders' own names are no prompts: 'AnnualCrop' is said 'annual crop land'."]),
        "resisc45": dict(title="RESISC45", classes=from_folders(resisc45), pictures=[6300, 25200], templates=aerial, clip_benchmark=TEMPLATES["resisc45"], layout="NWPU-RESISC45/airplane/*.jpg",
                         source="doi.org/10.1109/JPROC.2017.2675998", licence="none stated",
                         notes=["25,200 test pictures in CLIP's paper, 6,300 in VTAB.", "OpenAI has 18 prompts, CLIP_benchmark 4 others (--templates clip_benchmark)."]),
        "gtsrb": dict(title="German Traffic Signs", classes=numbered(NAMES["gtsrb"], "{:05}"), pictures=[12630], layout="Final_Test/Images/*.ppm with GT-final_test.csv", source="benchmark.ini.rub.de/gtsrb_dataset.html",
                      licence="none stated"),
        "country211": dict(title="Country211", classes=countries(labels), pictures=[21100], layout="test/AD/*.jpg", source="github.com/openai/CLIP, data/country211.md", licence="YFCC100M, Creative Commons"),
        "imagenet1k": dict(title="ImageNet", classes=list(zip(NAMES["imagenet1k"], wnids, strict=True)), pictures=[50000], templates="80", layout="val/n01440764/*.JPEG", source="image-net.org (ILSVRC 2012)", licence=non_commercial,
                           aliases=["imagenet", "imagenet1k-unverified", "imagenet-1k"],
                           notes=["'missile' and 'sunglasses' each name two classes, of which one never wins: the ceiling is about 99.8 %.",
                                  "OpenAI's 80 prompts; models of CC3M, CC12M and RedCaps are reported with the 7 (--templates 7)."]),
        "imagenetv2": dict(title="ImageNetV2 (matched frequency)", classes_of="imagenet1k", folders="numbers", pictures=[10000], templates="80", layout="imagenetv2-matched-frequency-format-val/0/*.jpeg",
                           source="imagenetv2.org", licence="MIT", aliases=["imagenet_v2"], notes=["Folders are class numbers: as text, 10 sorts before 2."]),
        "imagenet_sketch": dict(title="ImageNet-Sketch", classes_of="imagenet1k", pictures=[50889], templates="80", layout="sketch/n01440764/*.JPEG", source="github.com/HaohanWang/ImageNet-Sketch", licence="MIT"),
        "imagenet_a": dict(title="ImageNet-A", classes_of="imagenet1k", only=lines(SYNSETS / "imagenet_a_synsets.txt"), pictures=[7500], templates="80", layout="imagenet-a/n01498041/*.jpg",
                           source="github.com/hendrycks/natural-adv-examples", licence="MIT", notes=["Scored among its 200 classes, not among 1,000."]),
        "imagenet_r": dict(title="ImageNet-R", classes_of="imagenet1k", only=lines(SYNSETS / "imagenet_r_synsets.txt"), pictures=[30000], templates="80", layout="imagenet-r/n01443537/*.jpg",
                           source="github.com/hendrycks/imagenet-r", licence="MIT", notes=["Scored among its 200 classes, not among 1,000."]),
        "imagenet_o": dict(title="ImageNet-O", classes_of="imagenet1k", only=part_o, pictures=[2000], templates="80", layout="imagenet-o/n01443537/*.jpg", source="github.com/hendrycks/natural-adv-examples",
                           licence="MIT", notes=["Made to test whether a model knows what it has not seen; its accuracy among 200 classes is used by convention."]),
        "objectnet": dict(title="ObjectNet", classes=objectnet(), pictures=[18574], templates="80", layout="objectnet-1.0/images/alarm_clock/*.png", source="objectnet.dev", licence="CC BY 4.0, for testing only",
                          notes=["113 of 313 classes, those that ImageNet has too, by ObjectNet's own names; other folders are left out.",
                                 "The pictures carry a red border of 2 pixels, which CLIP_benchmark leaves in."]),
        "mnist": dict(title="MNIST", classes=plain(NAMES["mnist"]), pictures=[10000], layout="t10k-images-idx3-ubyte", source="yann.lecun.com/exdb/mnist", licence="CC BY-SA 3.0"),
        "fer2013": dict(title="FER2013", classes=list(zip(NAMES["fer2013"], FER2013, strict=True)), pictures=[7178, 3589, 3574], layout="test/angry/*.jpg", source="ICML 2013, challenges in representation learning", licence="none stated",
                        notes=["CLIP_benchmark's names; OpenAI has several for some classes and another order."]),
        "voc2007": dict(title="Pascal VOC 2007, one object a picture", classes=plain(VOC), pictures=[14976], layout="VOCdevkit/VOC2007, objects cut out by their boxes", source="host.robots.ox.ac.uk/pascal/VOC/voc2007",
                        licence="Flickr's terms"),
        "voc2007_multilabel": dict(title="Pascal VOC 2007", classes=plain(VOC), pictures=[4952], metric="mean_average_precision", layout="VOCdevkit/VOC2007", source="host.robots.ox.ac.uk/pascal/VOC/voc2007",
                                   licence="Flickr's terms"),
        "renderedsst2": dict(title="Rendered SST2", classes=plain(["negative", "positive"]), pictures=[1821], layout="test/negative/*.png", source="github.com/openai/CLIP, data/rendered-sst2.md", licence="none stated"),
        "pcam": dict(title="PatchCamelyon", classes=plain(NAMES["pcam"]), pictures=[32768], layout="camelyonpatch_level_2_split_test_x.h5", source="github.com/basveeling/pcam", licence="CC0"),
        "svhn": dict(title="SVHN", classes=numbered(NAMES["svhn"]), pictures=[26032], layout="test_32x32.mat", source="ufldl.stanford.edu/housenumbers", licence="research, not commercial", notes=["The files say 10 for the digit 0."]),
        "clevr_count_all": dict(title="CLEVR, number of objects", classes=plain(NAMES["clevr_count_all"]), pictures=[15000], layout="images/val/*.png", source="cs.stanford.edu/people/jcjohns/clevr", licence="CC BY 4.0"),
        "clevr_closest_object_distance": dict(title="CLEVR, distance of the nearest object", classes=plain(NAMES["clevr_closest_object_distance"]), pictures=[15000], layout="images/val/*.png",
                                              source="cs.stanford.edu/people/jcjohns/clevr", licence="CC BY 4.0", notes=["One class has no name; its prompts are the templates without one."]),
        "dmlab": dict(title="DMLab", classes=plain(NAMES["dmlab"]), pictures=[22735], layout="TFRecords", source="VTAB", licence="Apache-2.0"),
        "diabetic_retinopathy": dict(title="Diabetic retinopathy", classes=plain(NAMES["diabetic_retinopathy"]), pictures=[42670], layout="test/*.jpeg", source="kaggle.com/c/diabetic-retinopathy-detection", licence="of the challenge"),
        "kitti_closest_vehicle_distance": dict(title="KITTI, distance of the nearest vehicle", classes=plain(NAMES["kitti_closest_vehicle_distance"]), pictures=[711], layout="VTAB's TFRecords", source="www.cvlibs.net/datasets/kitti",
                                               licence="CC BY-NC-SA 3.0", notes=["Labels are nearest first. Folders named by the sentences sort otherwise."]),
        "dsprites_label_orientation": dict(title="dSprites, orientation", classes=numbers(40), pictures=[73728], **dsprites,
                                           notes=["Classes are the 40 orientations by number, as CLIP_benchmark has them; VTAB's own task joins them to 16."]),
        "dsprites_label_x_position": dict(title="dSprites, x position", classes=numbers(32), pictures=[73728], **dsprites,
                                          notes=["Classes are the 32 positions by number, though the prompt says per cent, as CLIP_benchmark has them; VTAB's own task joins them to 16."]),
        "smallnorb_label_azimuth": dict(title="SmallNORB, azimuth", classes=numbers(18), pictures=[12150], **smallnorb, notes=["Classes are the 18 angles by number: 0 to 340 degrees in steps of 20."]),
        "smallnorb_label_elevation": dict(title="SmallNORB, elevation", classes=numbers(9), pictures=[12150], **smallnorb, notes=["Classes are the 9 angles by number: 30 to 70 degrees in steps of 5."]),
    }


def toml_list(key, items):
    return f"{key} = [\n" + "".join(f"  {json.dumps(item, ensure_ascii=False)},\n" for item in items) + "]\n"


def written(name, of):
    templates = of.get("templates", TEMPLATES.get(name))
    text = f"# Made by tools/make_evaluation_sets.py; read as docs/evaluation/zeroshot.md says.\ntitle = {json.dumps(of['title'])}\n"
    text += f"metric = \"{of.get('metric', 'acc1')}\"\ntest_pictures = {of['pictures']}\n"
    for key in ("source", "licence", "layout"):
        text += f"{key} = {json.dumps(of[key])}\n"
    for key in ("aliases", "notes"):
        if key in of:
            text += toml_list(key, of[key])
    text += f"templates = \"{templates}\"\n" if isinstance(templates, str) else toml_list("templates", templates)
    if "clip_benchmark" in of:
        text += toml_list("templates_clip_benchmark", of["clip_benchmark"])
    if "classes_of" in of:
        text += f"classes_of = \"{of['classes_of']}\"\n"
        if "folders" in of:
            text += f"folders = \"{of['folders']}\"\n"
        return text + (toml_list("only", of["only"]) if "only" in of else "")
    # A name, and the folder where it is another word.
    return text + toml_list("classes", [[label] if folder is None or folder == label else [label, folder] for label, folder in of["classes"]])


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--labels", type=pathlib.Path, required=True, help="folder with tensorflow_datasets/ and pycountry/")
    labels = parser.parse_args().labels
    OUTPUT.mkdir(parents=True, exist_ok=True)
    for name, of in sets(labels).items():
        (OUTPUT / f"{name}.toml").write_text(written(name, of))
        print(name, len(of.get("classes") or of.get("only") or range(1000)), "classes")


if __name__ == "__main__":
    main()
