"""Tiny random sentence encoders with their token ids and features, for tests/text/hugging_face and tests/models.

Writes tests/golden/sentence_encoders/: texts.json; classes.json (what BERT's normaliser and splitter make of every character, as a hash of
4,096 each) and assigned.json (which characters); for each encoder a folder as sentence-transformers or transformers leaves it with ids.json (of every text, uncut and cut) and
features.npy (float32, not of unit length); minilm_ids.json and minilm_features.npy of the real all-MiniLM-L6-v2 (after `./run fetch minilm`).
Needs sentence-transformers, transformers and tokenizers.
"""
import hashlib
import json
import os
import pathlib
import shutil
import unicodedata

import numpy as np
import torch
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from sentence_transformers.sentence_transformer.modules import Normalize, Pooling, Transformer
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import AutoModel, BertConfig, BertForMaskedLM, BertModel, RobertaConfig, RobertaForMaskedLM, RobertaModel

FOLDER = pathlib.Path(__file__).parent / "sentence_encoders"
MINILM = pathlib.Path(os.environ.get("XDG_CACHE_HOME", pathlib.Path.home() / ".cache")) / "clipwright/minilm-0.1.2/all-MiniLM-L6-v2"

TEXTS = [
    "", " ", "a photo of a cat", "A Photo of a CAT.", "Café crème à la façade, naïve Ångström", "Cafe\u0301 decomposed", "İstanbul ıssız ß ΣΊΣΥΦΟΣ", "日本語のテキスト",
    "中文字符 mixed with 漢字かな", "𠀀𫠠 rare 豈", "emoji 🙂👩\u200d👩\u200d👧\u200d👦 🇩🇪 ❤️", "tab\there\nnew line\r\nand\x0bvertical\x0c", "zero\x00byte \x01\x02 control\x7f \x85 next", "soft\u00adhyphen zero\u200bwidth \ufeffmark",
    "nbsp\u00a0thin\u2009ideographic\u3000space\u2028line", "don't won't I'LL they've we're he'd 's 'S", "x" * 101, "y" * 100, "Donaudampfschifffahrtsgesellschaft supercalifragilisticexpialidocious",
    "[CLS] inside [SEP] the [MASK] text [UNK] [PAD]", "<s> inside </s> the <mask> text <unk> <pad>", "a <mask>", "<mask><mask>  <mask>", "[MASK]ed[mask]", "hello   world    spaces ", "  leading", "trailing  ",
    "1234567890 3.14159 1,000 ½ ² Ⅻ ٣", "e-mail: someone@example.org https://example.org/?a=b&c=d#e", "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~", "“curly” ‘quotes’ — dash – en… «guillemets» ¿qué? ¡sí!", "ᄀ\u1161\u11a8 각 हिन्दी ไทย العربية עִבְרִית",
    "\ufffd replacement", "##ing ## #hash", "a.b.c...d", "한국어 텍스트", "ﬁ ligature ﬀ Ａ fullwidth ①", "The quick brown fox jumps over the lazy dog. " * 3, "\n", "\u0301", "a\u0300\u0301\u0302b", "ᠿ᠆ ᜴", "👍🏽 ok", "naïve\u202ertl",
]
CORPUS = [text for text in TEXTS for _ in range(2)] + ["a photo of a dog and a cat", "the dog jumps over the fox", "they're running and jumping"] * 4
SPECIAL = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]


def character_classes():
    clean = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=False, lowercase=False)
    whole = normalizers.BertNormalizer(clean_text=True, handle_chinese_chars=True, strip_accents=True, lowercase=True)
    splitter = pre_tokenizers.BertPreTokenizer()
    hashes, ranges = [], []
    for block in range(0, 0x110000, 0x1000):
        digest = hashlib.sha256()
        for code in range(block, block + 0x1000):
            character = chr(code)
            # Letters and marks of versions after 14 go by each library's own tables; U+11938 was given a decomposition in 13.
            if unicodedata.category(character) in ("Cs", "Cn") or code == 0x11938:
                continue
            if ranges and ranges[-1][1] == code - 1:
                ranges[-1][1] = code
            else:
                ranges.append([code, code])
            text = "a" + character + "b"
            words = [word for word, _ in splitter.pre_tokenize_str(clean.normalize_str(text))]
            digest.update((whole.normalize_str(text) + "\n" + "\t".join(words) + "\n").encode())
        hashes.append(digest.hexdigest()[:16])
    (FOLDER / "classes.json").write_text(json.dumps(hashes))
    (FOLDER / "assigned.json").write_text(json.dumps(ranges, separators=(",", ":")))


def bert_tokenizer(lower):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lower)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=320, special_tokens=SPECIAL, show_progress=False))
    tokenizer.post_processor = processors.TemplateProcessing(single="[CLS] $A [SEP]", pair="[CLS] $A [SEP] $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)])
    return tokenizer


def roberta_tokenizer(prefix):
    from tokenizers import AddedToken
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=prefix)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)]
    tokenizer.train_from_iterator(CORPUS, trainers.BpeTrainer(vocab_size=400, special_tokens=special, initial_alphabet=pre_tokenizers.ByteLevel.alphabet(), show_progress=False))
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), add_prefix_space=prefix)
    return tokenizer


def draw(model, generator):
    with torch.no_grad():
        for parameter in model.parameters():
            scale = 0.3 if parameter.dim() < 2 else parameter.shape[-1] ** -0.5
            parameter.add_(torch.randn(parameter.shape, generator=generator) * scale)
    return model.half().float().eval()


def write_ids(folder, tokenizer, cut):
    tokenizer.no_truncation()
    tokenizer.no_padding()
    ids = [tokenizer.encode(text).ids for text in TEXTS]
    tokenizer.enable_truncation(cut)
    short = [tokenizer.encode(text).ids for text in TEXTS]
    tokenizer.no_truncation()
    (folder / "ids.json").write_text(json.dumps({"cut": cut, "whole": ids, "short": short}))


def write_features(folder, encoder):
    with torch.no_grad():
        rows = encoder.encode(TEXTS, batch_size=7, convert_to_numpy=True, normalize_embeddings=False, show_progress_bar=False)
    np.save(folder / "features.npy", rows.astype(np.float32))


def module_config(size, roberta):
    sizes = {"hidden_size": 16, "num_hidden_layers": 2, "num_attention_heads": 4, "intermediate_size": 24, "vocab_size": size}
    if roberta:
        return RobertaConfig(**sizes, max_position_embeddings=66, pad_token_id=1, bos_token_id=0, eos_token_id=2, layer_norm_eps=1e-5, type_vocab_size=1)
    return BertConfig(**sizes, max_position_embeddings=64)


def make(name, roberta, model_class, tokenizer, pooling, modules, generator, **saving):
    """`modules`: sentence-transformers' folder; otherwise transformers' alone."""
    folder = FOLDER / name
    size = tokenizer.get_vocab_size()
    model = draw(model_class(module_config(size, roberta)), generator)
    plain = folder / "plain" if modules else folder
    plain.mkdir(parents=True)
    model.half().save_pretrained(plain, **saving)
    tokenizer.save(str(plain / "tokenizer.json"))
    special = ({"cls_token": "<s>", "sep_token": "</s>", "bos_token": "<s>", "eos_token": "</s>", "pad_token": "<pad>", "unk_token": "<unk>", "mask_token": "<mask>"} if roberta else
               {"cls_token": "[CLS]", "sep_token": "[SEP]", "pad_token": "[PAD]", "unk_token": "[UNK]", "mask_token": "[MASK]"})
    (plain / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "PreTrainedTokenizerFast", "model_max_length": 60, **special}))
    transformer = Transformer(str(plain))
    transformer.model = AutoModel.from_pretrained(plain, dtype=torch.float32).eval()
    encoder = SentenceTransformer(modules=[transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)] + ([Normalize()] if modules == "unit" else []), device="cpu")
    without = SentenceTransformer(modules=[transformer, Pooling(transformer.get_embedding_dimension(), pooling_mode=pooling)], device="cpu")
    if modules:
        transformer.model.half()
        encoder.save(str(folder), create_model_card=False)
        transformer.model.float()
        shutil.rmtree(plain)
    write_features(folder, without)
    write_ids(folder, tokenizer, 9)
    return folder


def make_open_clip(generator):
    """A model of open_clip's with a Hugging Face text tower, as its push_to_hf_hub would leave it, with the encoder's config.json."""
    from open_clip import CustomTextCLIP
    from open_clip.tokenizer import HFTokenizer
    folder, encoder = FOLDER / "open-clip", FOLDER / "bert-class"
    config = {"embed_dim": 8, "vision_cfg": {"image_size": 16, "patch_size": 8, "width": 16, "layers": 1, "head_width": 8},
              "text_cfg": {"hf_model_name": "tiny-bert", "hf_tokenizer_name": "tiny-bert", "hf_proj_type": "mlp", "hf_pooler_type": "cls_pooler", "context_length": 20}}
    model = CustomTextCLIP(**{**config, "text_cfg": {**config["text_cfg"], "hf_model_name": str(encoder)}}).float()
    model = draw(model, generator)
    folder.mkdir()
    save_file({name: tensor.half().contiguous() for name, tensor in model.state_dict().items()}, folder / "open_clip_model.safetensors")
    (folder / "open_clip_config.json").write_text(json.dumps({"model_cfg": config, "preprocess_cfg": {}}))
    for name in ("config.json", "tokenizer.json", "tokenizer_config.json"):
        shutil.copy(encoder / name, folder / name)
    tokens = HFTokenizer(str(folder), context_length=20)(TEXTS)
    with torch.no_grad():
        np.save(folder / "text_features.npy", model.encode_text(tokens).numpy())


def main():
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir()
    torch.manual_seed(5)
    generator = torch.Generator().manual_seed(5)
    (FOLDER / "texts.json").write_text(json.dumps(TEXTS))
    character_classes()
    make("bert-mean", False, BertModel, bert_tokenizer(True), "mean", "unit", generator)
    make("bert-class", False, BertModel, bert_tokenizer(True), "cls", "plain", generator)
    make("roberta-last", True, RobertaModel, roberta_tokenizer(False), "lasttoken", "plain", generator)
    # Folders of transformers alone: names behind a prefix, heads beside them, several files, tokenizers from before tokenizer.json.
    folder = make("bert-files", False, BertForMaskedLM, bert_tokenizer(False), "mean", "", generator, max_shard_size="12KB")
    words = sorted(Tokenizer.from_file(str(folder / "tokenizer.json")).get_vocab().items(), key=lambda item: item[1])
    (folder / "vocab.txt").write_text("".join(word + "\n" for word, _ in words), newline="\n")
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "BertTokenizer", "do_lower_case": False, "model_max_length": 60}))
    (folder / "tokenizer.json").unlink()
    folder = make("roberta-files", True, RobertaForMaskedLM, roberta_tokenizer(True), "mean", "", generator)
    Tokenizer.from_file(str(folder / "tokenizer.json")).model.save(str(folder))
    (folder / "tokenizer_config.json").write_text(json.dumps({"tokenizer_class": "RobertaTokenizer", "add_prefix_space": True, "model_max_length": 60}))
    (folder / "tokenizer.json").unlink()
    # BERT's own pooler, which open_clip's cls_pooler reads.
    pooled = AutoModel.from_pretrained(FOLDER / "bert-class").float().eval()
    with torch.no_grad():
        ids = json.loads((FOLDER / "bert-class/ids.json").read_text())["short"]
        rows = [pooled(input_ids=torch.tensor([row])).pooler_output[0].numpy() for row in ids]
    np.save(FOLDER / "bert-class" / "pooler.npy", np.stack(rows))
    make_open_clip(generator)
    if MINILM.exists():
        tokenizer = Tokenizer.from_file(str(MINILM / "tokenizer.json"))
        tokenizer.no_truncation()
        tokenizer.no_padding()
        (FOLDER / "minilm_ids.json").write_text(json.dumps([tokenizer.encode(text).ids for text in TEXTS]))
        encoder = SentenceTransformer(str(MINILM), device="cpu")
        assert encoder.max_seq_length == 256
        rows = encoder.encode(TEXTS, batch_size=5, convert_to_numpy=True, show_progress_bar=False)
        np.save(FOLDER / "minilm_features.npy", rows[::3].astype(np.float32))  # of every third text


if __name__ == "__main__":
    main()
