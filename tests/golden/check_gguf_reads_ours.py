"""What `clipwright model convert --format gguf` writes, read by the Python package gguf: names, shapes and values of the model's weights.

    python tests/golden/check_gguf_reads_ours.py PROGRAM

Every kind of architecture that GGUF holds, against the golden models' own safetensors. Needs gguf and safetensors.
"""
import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
from gguf import GGMLQuantizationType, GGUFReader
from safetensors.numpy import load_file

program = sys.argv[1]
golden = pathlib.Path(__file__).parent / "models"


def convert(model, output, dtype):
    subprocess.run([program, "model", "convert", str(model), "--format", "gguf", "--dtype", dtype, "--output", str(output)], check=True, capture_output=True)
    return GGUFReader(output / "model.gguf")


def block(weights, ours, name, timm, first, second):
    """GGUF's names of a block's tensors with the values that they should have."""
    part = lambda here, there: weights[ours + (there if timm else here)]
    expected = {}
    pairs = [("ln1", "ln_1", "norm1"), ("ln2", "ln_2", "norm2"), ("attn_out", "attn.out_proj", "attn.proj"), (first, "mlp.c_fc", "mlp.fc1"), (second, "mlp.c_proj", "mlp.fc2")]
    for theirs, here, there in pairs:
        for kind in ("weight", "bias"):
            expected[f"{name}{theirs}.{kind}"] = part(f"{here}.{kind}", f"{there}.{kind}")
    for kind, here, there in (("weight", "attn.in_proj_weight", "attn.qkv.weight"), ("bias", "attn.in_proj_bias", "attn.qkv.bias")):
        for letter, values in zip("qkv", np.split(part(here, there), 3)):
            expected[f"{name}attn_{letter}.{kind}"] = values
    for letter in "qk":
        if ours + f"attn.{letter}_norm.weight" in weights:
            for kind in ("weight", "bias"):
                expected[f"{name}attn_{letter}_norm.{kind}"] = weights[ours + f"attn.{letter}_norm.{kind}"]
    return expected


def expected_tensors(weights):
    timm = "visual.trunk.cls_token" in weights
    trunk = "visual.trunk." if timm else "visual."
    expected = {
        "v.class_embd": weights[trunk + ("cls_token" if timm else "class_embedding")].reshape(-1),
        "v.patch_embd.weight": weights[trunk + ("patch_embed.proj.weight" if timm else "conv1.weight")],
        "v.position_embd.weight": np.squeeze(weights[trunk + ("pos_embed" if timm else "positional_embedding")]),
        "visual_projection.weight": weights["visual.head.proj.weight"] if timm else weights["visual.proj"].T,
        "t.token_embd.weight": weights["token_embedding.weight"],
        "t.position_embd.weight": weights["positional_embedding"],
        "text_projection.weight": weights["text_projection"].T,
    }
    if timm:
        expected["v.patch_embd.bias"] = weights[trunk + "patch_embed.proj.bias"]
    for kind in ("weight", "bias"):
        expected[f"v.post_ln.{kind}"] = weights[trunk + ("norm." if timm else "ln_post.") + kind]
        expected[f"t.post_ln.{kind}"] = weights["ln_final." + kind]
        if trunk + "ln_pre." + kind in weights:
            expected[f"v.pre_ln.{kind}"] = weights[trunk + "ln_pre." + kind]
    blocks = trunk + ("blocks." if timm else "transformer.resblocks.")
    for layer in range(100):
        if any(name.startswith(f"{blocks}{layer}.") for name in weights):
            expected |= block(weights, f"{blocks}{layer}.", f"v.blk.{layer}.", timm, "ffn_up", "ffn_down")
        if any(name.startswith(f"transformer.resblocks.{layer}.") for name in weights):
            expected |= block(weights, f"transformer.resblocks.{layer}.", f"t.blk.{layer}.", False, "ffn_down", "ffn_up")
    return expected


def check(name, folder, dtype):
    reader = convert(golden / name, folder / f"{name}-{dtype}", dtype)
    expected = expected_tensors(load_file(golden / name / "open_clip_model.safetensors"))
    found = {tensor.name: tensor for tensor in reader.tensors}
    assert found.keys() == expected.keys(), found.keys() ^ expected.keys()
    halves = 0
    for tensor_name, values in expected.items():
        tensor = found[tensor_name]
        assert list(tensor.shape) == list(reversed(values.shape)), (tensor_name, tensor.shape, values.shape)
        half = tensor.tensor_type == GGMLQuantizationType.F16
        halves += half
        assert half == (tensor_name == "v.patch_embd.weight" or (dtype == "f16" and values.ndim == 2 and "position_embd" not in tensor_name)), tensor_name
        stored = values.astype(np.float16 if half else np.float32)
        assert np.array_equal(tensor.data.reshape(values.shape), stored), tensor_name
    field = lambda key: reader.get_field(key).contents()
    config = json.loads((golden / name / "open_clip_config.json").read_text())
    text, pre = config["model_cfg"]["text_cfg"], config["preprocess_cfg"]
    assert (field("general.architecture"), field("clip.has_vision_encoder"), field("clip.has_text_encoder")) == ("clip", True, True)
    assert field("general.file_type") == (1 if dtype == "f16" else 0)
    assert field("clip.vision.embedding_length") == found["v.class_embd"].shape[0]
    assert field("clip.vision.projection_dim") == field("clip.text.projection_dim") == config["model_cfg"]["embed_dim"]
    assert (field("clip.text.context_length"), field("clip.text.embedding_length"), field("clip.text.block_count"), field("clip.text.attention.head_count")) == (text["context_length"], text["width"], text["layers"], text["heads"])
    assert np.allclose(field("clip.vision.image_mean"), pre["mean"]) and np.allclose(field("clip.vision.image_std"), pre["std"])
    quick = config["model_cfg"].get("quick_gelu", False)
    assert field("clip.text.use_gelu") == (not quick)
    assert field("clip.use_gelu") == (name == "laclip" or not quick)
    return len(found), halves


with tempfile.TemporaryDirectory() as name:
    folder = pathlib.Path(name)
    for kind in ("vit", "vit-quickgelu", "laclip"):
        for dtype in ("f32", "f16"):
            count, halves = check(kind, folder, dtype)
            print(f"{kind} {dtype}: {count} tensors, {halves} of them float16, names, shapes and values equal")
    refused = subprocess.run([program, "model", "convert", str(golden / "resnet"), "--format", "gguf", "--output", str(folder / "resnet")], capture_output=True, text=True)
    assert refused.returncode == 2 and "ModifiedResNet" in refused.stderr and not (folder / "resnet").exists(), refused.stderr
