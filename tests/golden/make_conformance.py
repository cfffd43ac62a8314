"""Writes tests/conformance/*.json: inputs of every term of an objective with the loss, gradients and buffers that its formula gives.

    python tests/golden/make_conformance.py

The formulas are those of docs/formats/conformance.md, written here once more, plainly: a row, a pair or a token at a time, in float64, with
nothing of the product's. torch differentiates them; every gradient is compared with central differences before it is written (what a formula
holds fixed stays fixed in both). All inputs are numbers that float32 can hold, so both precisions start from the same values, and no choice
(nearest row, kept token, side of a ReLU) is so close that float32 could choose differently. Needs numpy and torch; everything is seeded.
"""
import json
import math
import pathlib

import numpy as np
import torch

FOLDER = pathlib.Path(__file__).parent.parent / "conformance"
MARGIN = 2e-5  # that every choice is clear by
torch.set_num_threads(1)


# The formulas. `x` maps names to tensors, `o` options to strings; each returns the loss and what is stored after it.

def cross_entropy(logits, label):
    """-log softmax(logits)[label] of a list of scalars."""
    logits = torch.stack(list(logits))
    largest = logits.detach().max()
    return torch.log(torch.exp(logits - largest).sum()) + largest - logits[label]


def rows_against(queries, keys, scale):
    """Mean over i of the cross-entropy of scale * queries[i] . keys[k] over k, label i."""
    n = len(queries)
    return sum(cross_entropy([scale * (queries[i] * keys[k]).sum() for k in range(n)], i) for i in range(n)) / n


def info_nce(a, b, scale):
    return (rows_against(a, b, scale) + rows_against(b, a, scale)) / 2


def contrastive(x, o):
    return info_nce(x["image.0"], x["text.0"], x["logit_scale"]), {}


def multi_text(x, o):
    slots = sum(name.startswith("text.") for name in x)
    total = sum(info_nce(x["image.0"], x[f"text.{j}"], x["logit_scale"]) for j in range(slots))
    rewrites = slots - 1
    if rewrites == 0:
        return total, {}
    return total / (rewrites if o.get("constant", "paper") == "paper" else rewrites + 1), {}


def multi_view(x, o):
    pairs = [info_nce(x[f"image.{v}"], x[f"text.{t}"], x["logit_scale"]) for v in range(2) for t in range(2)]
    weighting = o.get("weighting", "mean")
    if weighting == "mean":
        return sum(pairs) / 4, {}
    return sum(pairs[1:]) / (3 if weighting == "paper" else 1), {}  # all but the first view with the first text


def batch_norm(rows, weight, bias, together=0):
    """Of each column: (value - mean) / sqrt(variance + 1e-5), variance divided by N; of `together` rows at a time where that is not 0."""
    n = len(rows)
    if together:
        starts = list(range(0, n, together))
        if len(starts) > 1 and n - starts[-1] == 1:  # a lone row joins the group before it
            starts.pop()
        return torch.cat([batch_norm(rows[a:b], weight, bias) for a, b in zip(starts, starts[1:] + [n])])
    mean = sum(rows[i] for i in range(n)) / n
    variance = sum((rows[i] - mean) ** 2 for i in range(n)) / n
    return torch.stack([(rows[i] - mean) / torch.sqrt(variance + 1e-5) * weight + bias for i in range(n)])


def linear(rows, weight, bias):
    return torch.stack([torch.stack([(row * weight[k]).sum() + bias[k] for k in range(len(weight))]) for row in rows])


def relu(rows):
    near = rows.detach().abs().min().item()
    assert near > MARGIN, f"a ReLU's input is {near}"
    return torch.where(rows > 0, rows, torch.zeros_like(rows))


def head(x, rows, name, norms, count, together):
    """Linear layers with a batch norm behind the first `norms` of them, and a ReLU behind each but the last layer."""
    for k in range(count):
        rows = linear(rows, x[f"{name}.{k}.weight"], x[f"{name}.{k}.bias"])
        if k < norms:
            rows = batch_norm(rows, x[f"{name}.norm.{k}.weight"], x[f"{name}.norm.{k}.bias"], together)
        if k < count - 1:
            rows = relu(rows)
    return rows


def cosine(a, b):
    return (a * b).sum() / torch.sqrt((a * a).sum()) / torch.sqrt((b * b).sum())


def simsiam(x, o, fixed=None):
    """`fixed`: the two projections that no gradient passes; None: those of `x`."""
    together = int(o.get("norm-rows", "0"))
    z = [head(x, x[f"embedding.{v}"], "projector", 3, 3, together) for v in range(2)]
    p = [head(x, z[v], "predictor", 1, 2, together) for v in range(2)]
    stopped = o.get("stop-gradient", "on") == "on"
    targets = (fixed or [z[0].detach(), z[1].detach()]) if stopped else z
    n = len(z[0])
    loss = -sum(cosine(p[0][i], targets[1][i]) + cosine(p[1][i], targets[0][i]) for i in range(n)) / (2 * n)
    return loss, {"fixed": targets} if stopped else {}


def simclr(x, o):
    temperature, together = float(o.get("temperature", "0.1")), int(o.get("norm-rows", "0"))
    rows = []
    for v in range(2):
        for row in head(x, x[f"pooled.{v}"], "head", 2, 3, together):
            rows.append(row / torch.sqrt((row * row).sum()))
    count, n = len(rows), len(rows) // 2
    loss = 0
    for i in range(count):
        others = [k for k in range(count) if k != i]
        partner = (i + n) % count
        loss = loss + cross_entropy([(rows[i] * rows[k]).sum() / temperature for k in others], others.index(partner))
    return loss / count, {}


def masked_lm(x, o):
    rows, targets = x["rows"], x["targets"]
    if len(rows) == 0:
        return torch.zeros((), dtype=torch.float64), {}
    losses = []
    for row, target in zip(rows, targets):
        logits = [(row * x["head.weight"][v]).sum() + x["head.bias"][v] for v in range(len(x["head.bias"]))]
        losses.append(cross_entropy(logits, int(target)))
    return sum(losses) / len(losses), {}


def clear_order(values, kept, what):
    """Indices of the `kept` largest, when their choice is clear."""
    order = sorted(range(len(values)), key=lambda k: -values[k])
    if kept < len(order):
        gap = values[order[kept - 1]] - values[order[kept]]
        assert gap > MARGIN, f"{what} is a choice by {gap}"
    return order[:kept]


def nearest_text(x, o):
    queue, position = x["queue"], int(x["queue.position"])
    stored, size = queue.detach().clone(), len(queue)
    if size == 0:  # nothing to be near to, nowhere to store
        return torch.zeros((), dtype=torch.float64), {"queue": stored, "queue.position": torch.tensor(0)}
    count = int(o.get("top-k", "1"))
    neighbours = []  # of each slot, of each rank: a row for each text
    for slot in range(2):
        chosen = []
        for row in x[f"text.{slot}"].detach():
            similarities = [(row * entry).sum().item() for entry in queue]
            for k in range(count):
                nearest = clear_order(similarities, k + 1, "a neighbour")
            chosen.append(queue[nearest])
        chosen = torch.stack(chosen).detach()
        neighbours.append([chosen[:, k] for k in range(count)])
    pair = info_nce if o.get("direction", "image") == "both" else rows_against
    slots = [0] if o.get("pairs", "four") == "two" else [0, 1]
    losses = [pair(x[f"image.{v}"], rows, x["logit_scale"]) for v in range(2) for slot in slots for rows in neighbours[slot]]
    for slot in (1, 0):
        for row in x[f"text.{slot}"].detach():
            stored[position] = row
            position = (position + 1) % size
    return sum(losses) / len(losses), {"queue": stored, "queue.position": torch.tensor(position)}


def filip(x, o):
    patches, scale = x["patches"], x["logit_scale"]
    bounds = [int(offset) for offset in x["offsets"]]
    texts = [x["tokens"][bounds[n]:bounds[n + 1]] for n in range(len(bounds) - 1)]
    count = len(texts)

    def kept(rows, partner):
        if o.get("keep", "all") == "all":
            return rows
        wanted = min(int(o["keep"]), len(rows))
        sums = [sum((row * other).sum().item() for other in partner) for row in rows.detach()]
        return torch.stack([rows[k] for k in sorted(clear_order(sums, wanted, "a kept row"))])

    kept_patches = [kept(patches[n], texts[n]) for n in range(count)]
    kept_tokens = [kept(texts[n], patches[n]) for n in range(count)]

    def agreement(rows, others):
        """Mean over rows of the largest similarity to the others."""
        largest = []
        for row in rows:
            similarities = [(row * other).sum() for other in others]
            largest.append(similarities[clear_order([s.item() for s in similarities], 1, "a largest similarity")[0]])
        return sum(largest) / len(largest)

    to_text = sum(cross_entropy([scale * agreement(patches[i], kept_tokens[l]) for l in range(count)], i) for i in range(count)) / count
    to_image = sum(cross_entropy([scale * agreement(texts[l], kept_patches[i]) for i in range(count)], l) for l in range(count)) / count
    return (to_text + to_image) / 2, {}


def sigmoid(x, o):
    images, texts = x["image.0"], x["text.0"]
    n = len(images)
    total = 0
    for i in range(n):
        for k in range(n):
            y = 1 if i == k else -1
            logit = y * (x["logit_scale"] * (images[i] * texts[k]).sum() + x["logit_bias"])
            # log sigmoid(u) = -log(1 + exp(-u)), without overflow
            total = total + (torch.log1p(torch.exp(-logit)) if logit > 0 else torch.log1p(torch.exp(logit)) - logit)
    return total / n, {}


FORMULAS = {"contrastive": contrastive, "multi-text": multi_text, "multi-view": multi_view, "simsiam": simsiam, "simclr": simclr,
            "masked-lm": masked_lm, "nearest-text": nearest_text, "filip": filip, "sigmoid": sigmoid}


# Inputs.

def single(array):
    return torch.tensor(np.asarray(array, np.float64).astype(np.float32).astype(np.float64))


def unit(rng, *shape):
    rows = rng.normal(size=shape)
    return single(rows / np.linalg.norm(rows, axis=-1, keepdims=True))


def coarse(rng, *shape, spread=1.0):
    """Numbers with few digits."""
    return single(np.round(rng.normal(size=shape) * spread * 64) / 64)


def pairs(rng, n, e, images=1, texts=1, scale=1 / 0.07):
    x = {f"image.{v}": unit(rng, n, e) for v in range(images)}
    x.update({f"text.{t}": unit(rng, n, e) for t in range(texts)})
    x["logit_scale"] = single(scale)
    return x


def dense(rng, x, name, k, inputs, outputs, norm):
    x[f"{name}.{k}.weight"] = coarse(rng, outputs, inputs, spread=1 / math.sqrt(inputs))
    x[f"{name}.{k}.bias"] = coarse(rng, outputs, spread=0.3)
    if norm:
        x[f"{name}.norm.{k}.weight"] = single(1 + coarse(rng, outputs, spread=0.2))
        x[f"{name}.norm.{k}.bias"] = coarse(rng, outputs, spread=0.4)


def simsiam_inputs(rng, n, d, width, narrow, spread=1.0):
    x = {f"embedding.{v}": coarse(rng, n, d, spread=spread) for v in range(2)}
    for k in range(3):
        dense(rng, x, "projector", k, d if k == 0 else width, width, True)
    dense(rng, x, "predictor", 0, width, narrow, True)
    dense(rng, x, "predictor", 1, narrow, width, False)
    return x


def simclr_inputs(rng, n, w, first, second, out, spread=1.0):
    x = {f"pooled.{v}": coarse(rng, n, w, spread=spread) for v in range(2)}
    for k, (i, o) in enumerate([(w, first), (first, second), (second, out)]):
        dense(rng, x, "head", k, i, o, k < 2)
    return x


def masked_lm_inputs(rng, r, w, v, spread=1.0):
    return {"rows": coarse(rng, r, w, spread=spread), "targets": torch.tensor(rng.integers(0, v, r), dtype=torch.int64),
            "head.weight": coarse(rng, v, w), "head.bias": coarse(rng, v)}


def nearest_inputs(rng, n, e, q, position, scale=1 / 0.07):
    return pairs(rng, n, e, 2, 2, scale) | {"queue": unit(rng, q, e), "queue.position": torch.tensor(position)}


def filip_inputs(rng, p, d, lengths, scale=1 / 0.07):
    bounds = torch.tensor(np.concatenate([[0], np.cumsum(lengths)]), dtype=torch.int32)
    return {"patches": unit(rng, len(lengths), p, d), "tokens": unit(rng, sum(lengths), d), "offsets": bounds, "logit_scale": single(scale)}


def sigmoid_inputs(rng, n, e, scale=10.0, bias=-10.0):
    return pairs(rng, n, e, scale=scale) | {"logit_bias": single(bias)}


def longer(x, rng):
    """Rows as no tower gives them: a term takes rows as they are."""
    return x | {name: single(np.round(value.numpy() * rng.uniform(0.5, 1.5, (len(value), 1)) * 64) / 64) for name, value in x.items()
                if name.startswith(("image.", "text."))}


def cases():
    """(term, name, options, what makes the inputs)."""
    for n, e, scale in [(1, 4, 14.25), (2, 5, 1 / 0.07), (3, 1, 2.5), (5, 7, 1 / 0.07), (8, 3, 100), (8, 9, 1)]:
        yield "contrastive", f"N {n}, E {e}, scale {scale:.4g}", {}, lambda r, n=n, e=e, s=scale: pairs(r, n, e, scale=s)
    yield "contrastive", "every text is its picture", {}, lambda r: (lambda x: x | {"text.0": x["image.0"].clone()})(pairs(r, 5, 6))
    yield "contrastive", "rows are not normalised again", {}, lambda r: longer(pairs(r, 4, 3, scale=5), r)

    for n, e, m, constant in [(1, 3, 0, None), (1, 3, 2, "mean"), (2, 5, 1, "paper"), (2, 5, 1, "mean"), (5, 3, 0, "paper"), (5, 3, 0, "mean"),
                              (5, 7, 2, None), (5, 4, 3, "mean"), (8, 3, 4, "paper"), (3, 5, 11, "mean")]:
        yield ("multi-text", f"N {n}, M {m}, {constant or 'default'}", {"constant": constant} if constant else {},
               lambda r, n=n, e=e, m=m: pairs(r, n, e, texts=m + 1))
    yield "multi-text", "scale 100", {"constant": "paper"}, lambda r: pairs(r, 4, 5, texts=3, scale=100)

    for n, e, scale, options in [(1, 3, 14.25, {}), (2, 5, 1 / 0.07, {"weighting": "mean"}), (5, 7, 1 / 0.07, {}), (8, 3, 20, {"weighting": "mean"}), (5, 4, 100, {})]:
        yield "multi-view", f"N {n}, E {e}, scale {scale:.4g}", options, lambda r, n=n, e=e, s=scale: pairs(r, n, e, 2, 2, s)
    for weighting in ("paper", "paper-sum"):
        yield "multi-view", f"weighting {weighting}", {"weighting": weighting}, lambda r: pairs(r, 4, 5, 2, 2)
    yield "multi-view", "rows are not normalised again", {}, lambda r: longer(pairs(r, 3, 4, 2, 2, 5), r)

    for n, d, width, narrow in [(1, 3, 4, 2), (2, 3, 4, 2), (5, 5, 4, 3), (8, 3, 5, 3), (8, 1, 3, 1)]:
        yield "simsiam", f"N {n}, D {d}, {width} and {narrow} wide", {}, lambda r, n=n, d=d, w=width, b=narrow: simsiam_inputs(r, n, d, w, b)
    yield "simsiam", "large embeddings", {}, lambda r: simsiam_inputs(r, 5, 4, 3, 2, spread=30)
    yield "simsiam", "small embeddings, where epsilon counts", {}, lambda r: simsiam_inputs(r, 5, 3, 4, 2, spread=1 / 16)
    yield "simsiam", "both views alike", {}, lambda r: (lambda x: x | {"embedding.1": x["embedding.0"].clone()})(simsiam_inputs(r, 4, 3, 4, 3))

    yield "simsiam", "gradients pass everywhere", {"stop-gradient": "off"}, lambda r: simsiam_inputs(r, 5, 3, 4, 2)
    yield "simsiam", "three rows normalised together, the last four", {"norm-rows": "3"}, lambda r: simsiam_inputs(r, 7, 3, 4, 2)
    yield "simsiam", "three rows normalised together, the last two", {"norm-rows": "3"}, lambda r: simsiam_inputs(r, 8, 3, 3, 2)

    for n, w, sizes, temperature in [(1, 3, (4, 3, 2), None), (2, 5, (4, 3, 3), "0.5"), (5, 3, (4, 5, 3), None), (8, 5, (3, 4, 3), "0.1"), (5, 4, (3, 3, 4), "0.5"),
                                     (3, 1, (3, 4, 5), "1"), (5, 3, (5, 3, 2), "0.07")]:
        yield ("simclr", f"N {n}, W {w}, temperature {temperature or 'default'}", {"temperature": temperature} if temperature else {},
               lambda r, n=n, w=w, s=sizes: simclr_inputs(r, n, w, *s))
    yield "simclr", "four rows normalised together", {"norm-rows": "4", "temperature": "0.2"}, lambda r: simclr_inputs(r, 8, 3, 3, 4, 3)
    yield "simclr", "large features", {}, lambda r: simclr_inputs(r, 4, 3, 3, 3, 4, spread=30)

    for r_, w, v in [(0, 3, 5), (1, 3, 5), (2, 1, 4), (5, 7, 3), (8, 3, 11), (3, 4, 1)]:
        yield "masked-lm", f"R {r_}, W {w}, V {v}", {}, lambda r, a=r_, w=w, v=v: masked_lm_inputs(r, a, w, v)
    yield "masked-lm", "logits in the thousands", {}, lambda r: masked_lm_inputs(r, 4, 3, 5, spread=500)
    yield "masked-lm", "the first and the last word", {}, lambda r: masked_lm_inputs(r, 4, 3, 6) | {"targets": torch.tensor([0, 5, 5, 0])}

    for n, e, q, position, options in [
            (1, 3, 4, 0, {}), (2, 5, 9, 0, {}), (5, 7, 24, 3, {}), (8, 3, 17, 0, {}), (5, 4, 12, 11, {"direction": "image", "pairs": "four"}),
            (5, 4, 12, 3, {"direction": "both"}), (5, 5, 13, 8, {"pairs": "two"}), (2, 3, 7, 6, {"direction": "both", "pairs": "two"}),
            (1, 4, 5, 4, {"direction": "both"})]:
        said = ", ".join(options.values()) or "default"
        yield "nearest-text", f"N {n}, E {e}, Q {q} at {position}, {said}", options, lambda r, n=n, e=e, q=q, p=position: nearest_inputs(r, n, e, q, p)
    yield "nearest-text", "the queue is filled once, exactly", {}, lambda r: nearest_inputs(r, 4, 3, 8, 5)
    yield "nearest-text", "the queue is shorter than what comes", {}, lambda r: nearest_inputs(r, 5, 4, 7, 2)
    yield "nearest-text", "the queue is shorter than one batch", {"direction": "both"}, lambda r: nearest_inputs(r, 5, 4, 3, 1)
    yield "nearest-text", "one entry", {}, lambda r: nearest_inputs(r, 3, 4, 1, 0)
    yield "nearest-text", "no queue", {}, lambda r: nearest_inputs(r, 3, 4, 0, 0)
    yield "nearest-text", "no queue, both", {"direction": "both", "pairs": "two"}, lambda r: nearest_inputs(r, 1, 3, 0, 0)
    yield "nearest-text", "two neighbours each", {"top-k": "2"}, lambda r: nearest_inputs(r, 4, 3, 11, 10)
    yield "nearest-text", "three neighbours each, both, two", {"top-k": "3", "direction": "both", "pairs": "two"}, lambda r: nearest_inputs(r, 3, 5, 7, 0)
    yield "nearest-text", "scale 100", {"direction": "both"}, lambda r: nearest_inputs(r, 4, 3, 10, 9, scale=100)
    yield "nearest-text", "rows are neither normalised nor rounded", {}, lambda r: (lambda x: longer(x, r) | {"queue": coarse(r, 11, 4)})(nearest_inputs(r, 3, 4, 11, 7, 5))

    for p, d, lengths, options in [
            (3, 5, [4], {}), (1, 3, [1, 1], {}), (2, 3, [1, 5], {}), (5, 3, [3, 1, 6, 2, 4], {}), (3, 7, [2, 3, 4, 1, 5, 2, 3, 1], {}),
            (5, 3, [4, 6], {"keep": "2"}), (5, 4, [3, 1, 6, 2, 4], {"keep": "2"}), (6, 5, [5, 3, 7], {"keep": "3"}), (4, 3, [5, 2, 3], {"keep": "1"}),
            (4, 3, [3, 4], {"keep": "16"}), (4, 3, [4, 4, 4], {"keep": "4"}), (3, 4, [7, 2], {"keep": "5"}), (7, 5, [6], {"keep": "2"}), (3, 4, [2, 3], {"keep": "all"}),
            (2, 3, [2, 3, 1, 2, 4, 1, 2, 3], {"keep": "1"})]:
        said = options.get("keep", "default")
        yield ("filip", f"N {len(lengths)}, P {p}, D {d}, longest text {max(lengths)}, keep {said}", options,
               lambda r, p=p, d=d, l=lengths: filip_inputs(r, p, d, l))
    yield "filip", "one token a side is InfoNCE", {}, lambda r: filip_inputs(r, 1, 5, [1] * 5)
    yield "filip", "scale 100", {"keep": "2"}, lambda r: filip_inputs(r, 3, 4, [2, 3, 4], 100)
    yield "filip", "two dimensions", {}, lambda r: filip_inputs(r, 1, 2, [1, 1, 1], 3)

    for n, e, scale, bias in [(1, 3, 10, -10), (2, 5, 10, -10), (5, 7, 10, -10), (8, 3, 10, -10), (5, 4, 100, 0), (3, 5, 1, 0.5), (4, 3, 200, -60)]:
        yield "sigmoid", f"N {n}, E {e}, scale {scale}, bias {bias}", {}, lambda r, n=n, e=e, s=scale, b=bias: sigmoid_inputs(r, n, e, s, b)
    yield "sigmoid", "rows are not normalised again", {}, lambda r: (lambda x: longer(x, r))(sigmoid_inputs(r, 3, 4))


def evaluate(term, options, inputs):
    """Loss, a gradient for every floating input but the queue, what is stored."""
    floating = [name for name, value in inputs.items() if value.is_floating_point() and name != "queue"]
    x = {name: value.clone().requires_grad_(name in floating) for name, value in inputs.items()}
    loss, after = FORMULAS[term](x, options)
    if loss.requires_grad:
        loss.backward()
    outputs = {"loss": loss.detach()}
    for name in floating:
        gradient = x[name].grad
        outputs[f"grad.{name}"] = torch.zeros_like(inputs[name]) if gradient is None else gradient
    fixed = after.pop("fixed", None)
    outputs |= {f"after.{name}": value for name, value in after.items()}
    check_gradients(term, options, inputs, floating, outputs, fixed)
    return outputs


def check_gradients(term, options, inputs, floating, outputs, fixed):
    step = 1e-5
    more = {"fixed": fixed} if fixed else {}
    rng = np.random.default_rng(1)
    for name in floating:
        gradient = outputs[f"grad.{name}"].reshape(-1)
        # Of neighbours and what is stored nothing is differentiated; a text's rows only choose.
        for k in rng.permutation(gradient.numel())[:6]:
            ends = []
            for sign in (1, -1):
                x = {other: value.clone() for other, value in inputs.items()}
                x[name].view(-1)[k] += sign * step
                with torch.no_grad():
                    ends.append(float(FORMULAS[term](x, options, **more)[0]))
            difference = (ends[0] - ends[1]) / (2 * step)
            # A scale of 200 bends a loss so much that the quotient itself is some millionths off.
            assert abs(difference - gradient[k]) < 1e-5 * max(1, gradient.abs().max()), (term, options, name, difference, gradient[k])


def as_json(tensor):
    values = [int(v) if not tensor.is_floating_point() else float(v) for v in tensor.reshape(-1)]
    assert all(math.isfinite(v) for v in values)
    kind = {torch.int64: {"dtype": "I64"}, torch.int32: {"dtype": "I32"}}.get(tensor.dtype, {})
    # A float's shortest text that gives it back: at most 17 digits.
    return json.dumps(kind | {"shape": list(tensor.shape), "values": [0.0 if v == 0 and tensor.is_floating_point() else v for v in values]}, separators=(",", ":"))


def write(term, made):
    lines = []
    for name, options, inputs, outputs in made:
        tensors = lambda group: ",\n".join(f"   {json.dumps(key)}:{as_json(value)}" for key, value in group.items())
        lines.append(f' {{"name":{json.dumps(name)},"options":{json.dumps(options)},\n  "inputs":{{\n{tensors(inputs)}}},\n  "outputs":{{\n{tensors(outputs)}}}}}')
    FOLDER.mkdir(exist_ok=True)
    text = f'{{"term":{json.dumps(term)},"made_by":"tests/golden/make_conformance.py","cases":[\n' + ",\n".join(lines) + "]}\n"
    json.loads(text)
    (FOLDER / f"{term}.json").write_text(text)


def main():
    made = {term: [] for term in FORMULAS}
    for term, name, options, draw in cases():
        # A seed of its own each, so that a new case leaves the others as they are; the next seed where a choice is too close.
        for attempt in range(100):
            rng = np.random.default_rng([attempt, *f"{term}: {name}".encode()])
            inputs = draw(rng)
            try:
                outputs = evaluate(term, options, inputs)
            except AssertionError as close:
                if "a choice by" in str(close) or "ReLU" in str(close):
                    continue
                raise
            break
        else:
            raise SystemExit(f"{term}: {name}: every draw has a choice that is too close")
        assert name not in [other[0] for other in made[term]], name
        made[term].append((name, options, inputs, outputs))
    for term, rows in made.items():
        write(term, rows)
        print(f"{term}: {len(rows)} cases, {(FOLDER / f'{term}.json').stat().st_size:,} bytes")
    print(sum(map(len, made.values())), "cases")


main()
