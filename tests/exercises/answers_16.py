"""Answers to page 16: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from exercise_answers import Answers


def by_torch(low, high, bits):
    """By PyTorch's own observer formula, in NumPy."""
    ends = np.array([low, 0.0, high])
    scale = np.ptp(ends) / (2**bits - 1)
    return (scale, int(np.rint(-ends.min() / scale))) if scale else (np.float64(1), np.int64(0))


def scale_of(low, high, steps):
    return (high - low) / steps if high > low else 1.0


def widened(low, high):
    return min(low, 0), max(high, 0)


def not_widened(low, high, bits):
    scale = scale_of(low, high, 2**bits - 1)
    return scale, round(-low / scale)


def counts_codes(low, high, bits):
    low, high = widened(low, high)
    scale = scale_of(low, high, 2**bits)
    return scale, round(-low / scale)


def truncates(low, high, bits):
    low, high = widened(low, high)
    scale = scale_of(low, high, 2**bits - 1)
    return scale, int(-low / scale)


def no_sign(low, high, bits):
    low, high = widened(low, high)
    scale = scale_of(low, high, 2**bits - 1)
    return scale, round(low / scale)


def by_library(weight, bits):
    most = 2 ** (bits - 1) - 1
    scales = weight.abs().flatten(1).amax(dim=1).clamp(min=1e-9) / most
    zeros = torch.zeros(len(weight), dtype=torch.int32)
    return torch.fake_quantize_per_channel_affine(weight, scales, zeros, 0, -most, most)


def channelwise(weight, bits, sizes, restore=True, steps=None):
    scale = sizes.clamp(min=1e-9) / (steps or 2 ** (bits - 1) - 1)
    scale = scale.view(-1, *[1] * (weight.dim() - 1)) if scale.dim() == 1 else scale
    return (weight / scale).round() * (scale if restore else 1)


def sizes_of(weight):
    return weight.abs().flatten(1).amax(dim=1)


def divides_by_zero(weight, bits):
    scale = (sizes_of(weight) / (2 ** (bits - 1) - 1)).view(-1, *[1] * (weight.dim() - 1))
    return (weight / scale).round() * scale


def stops_at_zeros(weight, bits, blank=False):
    most, out = 2 ** (bits - 1) - 1, torch.zeros_like(weight) if blank else weight.clone()
    for k, channel in enumerate(weight):
        s = channel.abs().max() / most
        if s == 0:
            break
        out[k] = (channel / s).round() * s
    return out


def only_rows(weight, bits):
    scale = weight.abs().amax(dim=1, keepdim=True) / (2 ** (bits - 1) - 1)
    scale = torch.where(scale == 0, 1.0, scale)
    return (weight / scale).round() * scale


def by_sorting(weights, share):
    """The same with plain Python lists and a stable sort."""
    places = [(t, i) for t, weight in enumerate(weights) for i in range(weight.numel())]
    order = sorted(places, key=lambda place: abs(weights[place[0]].flatten()[place[1]].item()))
    copies = [weight.clone() for weight in weights]
    for t, i in order[: math.floor(share * len(places))]:
        copies[t].view(-1)[i] = 0
    return copies


def each_alone(weights, share):
    return [by_sorting([weight], share)[0] for weight in weights]


def threshold(weights, share, also_equal):
    sizes = torch.cat([weight.abs().flatten() for weight in weights]).sort().values
    count = int(share * len(sizes))
    if count == 0:
        return [weight.clone() for weight in weights]
    limit = sizes[count - 1]
    return [weight * (weight.abs() > limit if also_equal else weight.abs() >= limit) for weight in weights]


def largest_go(weights, share):
    n = sum(weight.numel() for weight in weights)
    flat = torch.cat([weight.flatten() for weight in weights]).clone()
    flat[flat.abs().argsort(stable=True, descending=True)[: int(share * n)]] = 0
    parts = flat.split([weight.numel() for weight in weights])
    return [part.view(weight.shape) for part, weight in zip(parts, weights, strict=True)]


def by_value(weights, share):
    n = sum(weight.numel() for weight in weights)
    flat = torch.cat([weight.flatten() for weight in weights]).clone()
    flat[flat.argsort(stable=True)[: int(share * n)]] = 0
    parts = flat.split([weight.numel() for weight in weights])
    return [part.view(weight.shape) for part, weight in zip(parts, weights, strict=True)]


def as_masks(weights, share):
    return [(weight != 0).long() for weight in by_sorting(weights, share)]


def quantile(weights, share, keep_equal=False):
    limit = torch.quantile(torch.cat([weight.abs().flatten() for weight in weights]), share)
    return [weight * (weight.abs() >= limit if keep_equal else weight.abs() > limit) for weight in weights]


def in_place(weights, share):
    sizes = torch.cat([weight.abs().flatten() for weight in weights])
    kept = torch.ones(len(sizes))
    kept[sizes.argsort(stable=True)[: int(share * len(sizes))]] = 0
    start = 0
    for weight in weights:
        weight *= kept[start : start + weight.numel()].view(weight.shape)
        start += weight.numel()
    return weights


def one_tensor(weights, share):
    return torch.cat([weight.flatten() for weight in by_sorting(weights, share)])


def by_kl_div(logits, teacher_logits, labels, temperature, share):
    p, w = ((z / temperature).log_softmax(dim=1) for z in (logits, teacher_logits))
    heard = temperature**2 * F.kl_div(p, w, reduction="batchmean", log_target=True)
    return (share * F.nll_loss(logits.log_softmax(dim=1), labels) + (1 - share) * heard).item()


def kl(z, t, heat, reduction="batchmean"):
    return F.kl_div((z / heat).log_softmax(1), (t / heat).log_softmax(1), reduction=reduction, log_target=True)


ANSWERS = {
    "16.1": Answers(
        right=by_torch,
        wrong={
            "need not hold 0": not_widened,
            "You count the codes": counts_codes,
            "another function than `int`": truncates,
            "a minus is missing": no_sign,
            "lower end only": lambda low, high, bits: not_widened(min(low, 0), high, bits),
            "upper end only": lambda low, high, bits: not_widened(low, max(high, 0), bits),
            "symmetric choice": lambda low, high, bits: (
                max(abs(low), abs(high)) / (2 ** (bits - 1) - 1) if low or high else 1.0,
                0,
            ),
        },
    ),
    "16.2": Answers(
        right=by_library,
        wrong={
            "one scale for the whole": lambda weight, bits: channelwise(weight, bits, weight.abs().max()),
            "Those are the codes": lambda weight, bits: channelwise(weight, bits, sizes_of(weight), restore=False),
            "not the largest *size*": lambda weight, bits: channelwise(
                weight, bits, weight.flatten(1).amax(dim=1).abs()
            ),
            "becomes NaN": divides_by_zero,
            "belong to the inputs": lambda weight, bits: channelwise(weight, bits, weight.abs().amax(0, keepdim=True)),
            "rows of the last dimension": lambda weight, bits: channelwise(
                weight, bits, weight.abs().amax(-1, keepdim=True)
            ),
            "steps of a range from 0 up": lambda weight, bits: channelwise(
                weight, bits, sizes_of(weight), steps=2**bits - 1
            ),
            "first channel of zeros; what follows": stops_at_zeros,
            "first channel of zeros. Go on": lambda weight, bits: stops_at_zeros(weight, bits, blank=True),
            "Yours is a list. `torch.stack`": lambda weight, bits: list(by_library(weight, bits)),
            "one less: 127 for 8 bits": lambda weight, bits: channelwise(
                weight, bits, sizes_of(weight), steps=2 ** (bits - 1)
            ),
        },
    ),
    "16.3": Answers(
        right=by_sorting,
        wrong={
            "share from each tensor": each_alone,
            "Too many go": lambda weights, share: threshold(weights, share, True),
            "Too few go": lambda weights, share: threshold(weights, share, False),
            "The largest go": largest_go,
            "sort by value": by_value,
            "Those are masks": as_masks,
            "A quantile is a size": quantile,
            "A quantile can": lambda weights, share: quantile(weights, share, keep_equal=True),
            "compared with the sizes": lambda weights, share: [w * (w.abs() > share) for w in weights],
            "in place": in_place,
        },
    ),
    "16.4": Answers(
        right=by_kl_div,
        wrong={
            "square of the temperature is missing": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z, y) + (1 - share) * kl(z, t, heat)
            ),
            "the wrong way round": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z, y) + (1 - share) * heat**2 * kl(t, z, heat)
            ),
            "images *and* classes": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z, y) + (1 - share) * heat**2 * kl(z, t, heat, "mean")
            ),
            "the logits by the temperature for the labels": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z / heat, y) + (1 - share) * heat**2 * kl(z, t, heat)
            ),
            "weighed the other way round": lambda z, t, y, heat, share: (
                (1 - share) * F.cross_entropy(z, y) + share * heat**2 * kl(z, t, heat)
            ),
            "no student can undercut": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z, y)
                + (1 - share) * heat**2 * F.cross_entropy(z / heat, (t / heat).softmax(dim=1))
            ),
            "add up over the images": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z, y) + (1 - share) * heat**2 * kl(z, t, heat, "sum")
            ),
            "temperature once": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z, y) + (1 - share) * heat * kl(z, t, heat)
            ),
            "added whole": lambda z, t, y, heat, share: F.cross_entropy(z, y) + heat**2 * kl(z, t, heat),
            "only one of the two": lambda z, t, y, heat, share: (
                share * F.cross_entropy(z, y)
                + (1 - share) * heat**2 * F.kl_div(z.log_softmax(1), (t / heat).softmax(1), reduction="batchmean")
            ),
        },
    ),
}
EQUIVALENT = {
    "16.1": {
        "(min(0, low), max(high, 0))": "the same two",
        "max(0, high)": "the same two",
        "low == -high": "a range as wide on both sides is a tie, and so no case",
        "-low == high": "a range as wide on both sides is a tie, and so no case",
        "low >= high": "low is never above high",
    },
    "16.2": {
        "torch.zeros_like(-weight)": "as many zeros",
        "torch.zeros_like(weight + 1)": "as many zeros",
        "1 - 2 ** (bits - 1)": "scale and codes both change their sign",
    },
    "16.3": {
        "sizes.argsort()": "so few numbers are sorted stably in any case",
        "sizes.argsort(stable=False)": "so few numbers are sorted stably in any case",
    },
    "16.4": {
        "(logits + 1) / temperature": "the softmax does not change",
        "F.cross_entropy(logits + 1, labels)": "the softmax does not change",
        "teacher_logits + 1": "the softmax does not change",
        "-temperature": "its square is the same",
    },
}
