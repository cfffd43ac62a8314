"""Writes tests/golden/tokens/: token ids of open_clip 3.3.0's SimpleTokenizer and texts as ftfy 6.3.1 repairs them.

    python tests/golden/make_tokens.py

tokens.jsonl: {"text" or "hex" (bytes that are not UTF-8), "ids" with start and end token, at most 77}
clean.jsonl:  {"text", "fixed" (ftfy.fix_text), "unescaped" (html.unescape), "cleaned" (the tokenizer's own cleaning)}
templates.json: OpenAI's ImageNet templates
"""

import html
import json
import pathlib
import random

import ftfy
from ftfy import badness, chardata
from open_clip.tokenizer import SimpleTokenizer, _clean_lower
from open_clip.zero_shot_metadata import IMAGENET_CLASSNAMES, OPENAI_IMAGENET_TEMPLATES, SIMPLE_IMAGENET_TEMPLATES

FOLDER = pathlib.Path(__file__).resolve().parent / "tokens"
draw = random.Random(20240517)
tokenizer = SimpleTokenizer()

WORDS = """a the photo of cat dog Painting man's woman standing in front red brick house on beach, sunset. stock-photo
illustration vector <PERSON> don't we'll I'VE HE'S she'd y'all they're o'clock 'tis rock'n'roll 2019 3.14 10:30 1/2 #hashtag
@user http://x.y/z?a=b&c=d c++ !!! ... '' "quoted" (left) [right] {c} <b> 100% A&B R&D AT&T black & white
antidisestablishmentarianism Donaudampfschifffahrtsgesellschaft skateboarder macrophotography""".split()
FOREIGN = """señor café naïve El Niño über Straße STRASSE Москва Привет мир Київ Ελλάδα ΟΔΥΣΣΕΥΣ ΣΑΣ Σ ὈΔΥΣΣΕΎΣ 日本語 写真
美しい風景 고양이 தமிழ் हिन्दी العربية עברית Việt Nam ไทย ქართული հայերեն አማርኛ İstanbul ISPARTA ı Łódź Čeština Škoda
Türkçe Ñandú Œuvre Ærø ẞ ǅ Ǆ Å K Ω""".split()
MARKS = """“curly” ‘single’ it’s don’t rock’n’roll … – — ™ © ® ½ ² № € £10 ¥ ¿Qué? ¡Hola! «guillemets» ﬁne ﬂower ﬀ ŉ Ĳssel Ｆｕｌｌ
ｗｉｄｔｈ ﾊﾝｶｸ ㍿ ﷽ Ⅷ ٣ ⑤ 〇 ◌́ 🙂 😀😀 👩‍👩‍👧 🏴󠁧󠁢󠁷󠁬󠁳󠁿 🇩🇪 👍🏽 ❤️ ☃ ★★★★☆ → ≠ ∞ ♥""".split() + [
    "e\u0301", "A\u030a", "a\u0323\u0307", "\u0345", "ά\u0345", "ſ", "'ſ", "\u1e9b\u0323", "\u0344", "\u2126", "\uac00\u11a8",
    "\U000105c0", "\U0002ebf0", "\U0001e900", "\u10a0", "\u13a0"]
ENTITIES = """&amp; &AMP; &lt;b&gt; &eacute; &EACUTE; &#233; &#xe9; &#XE9; &#x80; &amp;amp;eacute; &copy &copyright &notit; &hellip;
&nbsp; &#0; &#xD800; &#1114112; &#99999999999999999999 &#12 &#x; &# &; & &CounterClockwiseContourIntegral; &NotEqualTilde; &SZLIG;
&nTILDE; &quot;hi&quot; &#39;s &rsquo; &lt;start_of_text&gt; Tom&amp;Jerry &ampfoo &lang; &#x1F642; &#128;""".split()
CONTROLS = ["\x00", "\x07", "\x0b", "\x0c", "\x1b[31m", "\x1b[0m", "\x1b[1;32m", "\x1b", "\x1c", "\x1f", "\x7f", "\x80", "\x85", "\x93",
            "\xa0", "\xad", "\u2028", "\u2029", "\ufeff", "\ufffc", "\ufffd", "\u200b", "\u200d", "\u206a", "\r\n", "\r", "\n", "\t",
            "\u3000", "\u2003", "\u1680", "\u180e", "\U000e0001", "\ue000", "\uf8ff", "\U0010ffff"]
SPECIAL = ["<start_of_text>", "<end_of_text>", "<START_OF_TEXT>", "<ſtart_of_text>", "<start_of_text", "x<end_of_text>", "!<end_of_text>",
           "<|endoftext|>", "</w>"]
ENCODINGS = ["latin-1", "cp1252", "cp1251", "cp1250", "cp1253", "cp1254", "cp1257", "iso-8859-2", "mac_roman", "cp437", "cp850", "koi8_r",
             "gbk", "sloppy-windows-1252", "sloppy-windows-1251", "sloppy-windows-1250", "sloppy-windows-1253", "sloppy-windows-1254",
             "sloppy-windows-1257"]
TELLING = "".join(c for c in map(chr, range(0x80, 0x10000)) if any(
    chardata.re.match(f"[{members}]", c) for members in [*badness.MOJIBAKE_CATEGORIES.values(), *chardata.UTF8_CLUES.values()]))
ANCHORS = "ŒœÃÂÎÐ×ØÙà√≈‚вЂβ€āГВРСΒΓΞΟўÄâóàä°ê²³µ¹¼½¾±∂†≠®™´≤≥¥øìîïòôúùû¢πΆ\xad\xa0¡»·–—abzA ,.?!'"


def words(*lists, most=12):
    return " ".join(draw.choice(draw.choice(lists)) for _ in range(draw.randrange(1, most)))


def misread(text):
    """The text as UTF-8 read in other encodings, one to three times, sometimes damaged on the way."""
    for _ in range(draw.choice([1, 1, 1, 2, 3])):
        data, damage = text.encode("utf-8"), draw.random()
        if damage < 0.12:
            data = data.replace(b"\xa0", b" ")
        elif damage < 0.2:
            at = draw.randrange(len(data) + 1)
            data = data[:at] + bytes([draw.randrange(256)]) + data[at:]
        elif damage < 0.25:
            units = text.encode("utf-16-be")
            pairs = [chr(units[i] << 8 | units[i + 1]) for i in range(0, len(units), 2)]
            data = "".join(pairs).encode("utf-8", "surrogatepass")
        try:
            text = data.decode(draw.choice(ENCODINGS), draw.choice(["strict", "replace", "ignore"]))
        except UnicodeDecodeError:
            continue
        if damage > 0.9:
            text = text.replace("\ufffd", "?")
    return text


def any_character():
    kind = draw.random()
    if kind < 0.3:
        code = draw.randrange(0x20, 0x7F)
    elif kind < 0.5:
        code = draw.randrange(0x80, 0x250)
    elif kind < 0.65:
        return draw.choice(TELLING)
    elif kind < 0.9:
        code = draw.randrange(0x3000 if draw.random() < 0.6 else 0x10000)
    else:
        code = draw.choice([draw.randrange(0x10000, 0x110000), draw.randrange(0x1F000, 0x1FB00)])
    return "\ufffd" if 0xD800 <= code < 0xE000 else chr(code)


def texts():
    yield from ["", " ", "\n", "a", "a\n<b>&amp;\n&eacute;", "&eacute;\n<b>&amp;\n&eacute;", "x" * 200, "ab" * 500, "&" + "amp;" * 40 + "lt;",
                "\xc3\xa0 la mode", "Ã la mode", "Ã quel point", "voilÃ le travail", "é" * 100, "ÃƒÂ©" * 30, "日" * 80, "a " * 76, "a " * 75]
    yield from WORDS + FOREIGN + MARKS + ENTITIES + CONTROLS + SPECIAL
    for _ in range(450):
        yield words(WORDS)
    for _ in range(250):
        yield draw.choice(OPENAI_IMAGENET_TEMPLATES)(draw.choice(IMAGENET_CLASSNAMES))
    for _ in range(250):
        yield words(WORDS, FOREIGN, MARKS)
    for _ in range(200):
        yield words(WORDS, ENTITIES, MARKS)
    for _ in range(200):
        yield draw.choice(["", " "]).join(draw.choice(WORDS + CONTROLS + SPECIAL + MARKS) for _ in range(draw.randrange(1, 10)))
    for _ in range(700):
        yield misread(words(WORDS, FOREIGN, MARKS, most=7))
    for _ in range(150):
        yield words(WORDS, MARKS, most=4) + " " + misread(words(FOREIGN, MARKS, most=4)) + " " + misread(words(FOREIGN, most=4))
    for _ in range(500):
        yield "".join(draw.choice(ANCHORS) for _ in range(draw.randrange(2, 8)))
    for _ in range(300):
        yield "".join(draw.choice(TELLING) for _ in range(draw.randrange(2, 8)))
    for _ in range(450):
        yield "".join(any_character() for _ in range(draw.randrange(1, 20)))
    for _ in range(60):
        yield " ".join(words(WORDS, FOREIGN, MARKS) for _ in range(12))


def ids_of(text):
    ids = [tokenizer.sot_token_id, *tokenizer.encode(text), tokenizer.eot_token_id][: tokenizer.context_length]
    ids[-1] = tokenizer.eot_token_id
    return ids


def write(name, records):
    lines = [json.dumps(record, ensure_ascii=False, separators=(",", ":")) for record in records]
    (FOLDER / name).write_bytes(("\n".join(lines) + "\n").encode("utf-8"))
    print(name, len(lines), "records,", (FOLDER / name).stat().st_size, "bytes")


FOLDER.mkdir(exist_ok=True)
corpus = list(dict.fromkeys(text.encode("utf-8", "replace").decode("utf-8") for text in texts()))
broken = [bytes(draw.choice([draw.randrange(256), draw.randrange(0x20, 0x7F), draw.choice(b"\xe2\x80\x99\xf0\x9f\xc3\xa9\xed\xa0")])
                for _ in range(draw.randrange(1, 16))) for _ in range(200)]
write("tokens.jsonl", [{"text": text, "ids": ids_of(text)} for text in corpus] +
      [{"hex": data.hex(), "ids": ids_of(data.decode("utf-8", "replace"))} for data in broken])
write("clean.jsonl", [{"text": text, "fixed": ftfy.fix_text(text), "unescaped": html.unescape(text), "cleaned": _clean_lower(text)}
                      for text in corpus if not text.isascii() or "&" in text][::6])
(FOLDER / "templates.json").write_text(json.dumps(
    {"7": [t("{c}") for t in SIMPLE_IMAGENET_TEMPLATES], "80": [t("{c}") for t in OPENAI_IMAGENET_TEMPLATES]}, indent=0) + "\n")
