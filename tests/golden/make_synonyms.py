"""Synonyms of caption words as EDA takes them: every lemma of every synset that NLTK finds for a word,
with "_" and "-" as blanks, lower case, letters and blanks only, without the word itself.

Writes tests/golden/synonyms/synonyms.json. Needs nltk and WordNet 3.0's files (wordnet-base); NLTK's own
copy of WordNet is not used, so that both sides read the same files.
"""
import json
import os
import pathlib
import shutil
import tempfile

import nltk
import nltk.corpus

HERE = pathlib.Path(__file__).parent
WORDNET = pathlib.Path(os.environ.get("CLIPWRIGHT_WORDNET", "/usr/share/wordnet"))
WORDS = """dog dogs Dog dog, hot cat kitten running ran runs run walked walking walks swimming swum sat sitting
stands stood standing lying lay lies flies flying flew men women man woman people person children child
mice mouse geese leaves leaf knives boxes churches dishes quizzes buses glasses cities stories sky
red blue green bigger biggest big larger largest nicest nicer better best worse good bad happily quickly
fast beautiful pretty old young little small large tall wooden beach sand sea ocean shore coast street road
car automobile truck bus train plane airplane bicycle bike motorcycle boat ship tree grass flower house
building bridge river lake mountain snow rain cloud sun moon star night day morning evening food pizza
cake bread apple banana orange table chair sofa bed lamp window door wall floor kitchen bathroom bedroom
computer laptop keyboard phone camera picture photo photograph image view scene portrait close-up closeup
black-and-white t-shirt skateboard skateboarding surfboard surfer snowboarder frisbee baseball tennis
soccer player game ball bat racket holding holds held wearing wore worn looking looked smiling smiled
eating ate eaten drinking drank riding rode ridden playing played jumping jumped and the with of on in
ness ing s es 's xyzzy 1 100 galore able Paris london new york hot-dog ice ice-cream iced men's
happier sadly boxing saw seen left found axes bases data media teeth feet oxen wolves wives shelves
busiest funnier farther furthest least most more less ills wills unhappiest untied retied""".split()


def synonyms(reader, word):
    found = set()
    for synset in reader.synsets(word):
        for lemma in synset.lemmas():
            text = lemma.name().replace("_", " ").replace("-", " ").lower()
            found.add("".join(c for c in text if c in " abcdefghijklmnopqrstuvwxyz"))
    found.discard(word)
    found.discard("")
    return sorted(found)


def main():
    with tempfile.TemporaryDirectory() as folder:
        home = pathlib.Path(folder) / "corpora" / "wordnet"
        shutil.copytree(WORDNET, home)
        # NLTK also wants two files that Debian leaves out; they play no part here.
        (home / "lexnames").write_text("".join(f"{i:02d}\tfile.{i}\t1\n" for i in range(45)))
        (home / "index.sense").touch()
        nltk.data.path[:] = [folder]
        result = {word: synonyms(nltk.corpus.wordnet, word) for word in WORDS}
    target = HERE / "synonyms"
    target.mkdir(exist_ok=True)
    (target / "synonyms.json").write_text(json.dumps(result, indent=0, ensure_ascii=False) + "\n")
    print(len(result), "words,", sum(map(len, result.values())), "synonyms")


if __name__ == "__main__":
    main()
