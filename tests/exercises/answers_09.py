"""Answers to page 09: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
from exercise_answers import Answers
from torchvision.transforms import functional as transforms


def by_counting(saved, wanted):
    tensors = numbers = 0
    for a, b in zip(list(saved.values()), list(wanted.values()), strict=False):
        if tuple(a.shape) == tuple(b.shape):
            tensors += 1
            numbers += len(a.flatten())
    return tensors, numbers


def by_name(saved, wanted):
    names = [name for name in saved if name in wanted and saved[name].shape == wanted[name].shape]
    return len(names), sum(saved[name].numel() for name in names)


def counted(fits):
    def count(saved, wanted):
        pairs = zip(saved.values(), wanted.values(), strict=False)
        sizes = [a.numel() for a, b in pairs if fits(a, b)]
        return len(sizes), sum(sizes)

    return count


def until_first(saved, wanted):
    tensors = numbers = 0
    for a, b in zip(saved.values(), wanted.values(), strict=False):
        if a.shape != b.shape:
            break
        tensors, numbers = tensors + 1, numbers + a.numel()
    return tensors, numbers


def added_values(saved, wanted):
    pairs = [(a, b) for a, b in zip(saved.values(), wanted.values(), strict=False) if a.shape == b.shape]
    return len(pairs), sum(a.sum() for a, _ in pairs)


def named(takes):
    def count(saved, wanted):
        pairs = zip(saved.items(), wanted.values(), strict=False)
        sizes = [a.numel() for (name, a), b in pairs if a.shape == b.shape and takes(name)]
        return len(sizes), sum(sizes)

    return count


def each_with_each(saved, wanted):
    sizes = [a.numel() for a in saved.values() for b in wanted.values() if a.shape == b.shape]
    return len(sizes), sum(sizes)


def by_topk(logits, names, k):
    probs, places = logits.softmax(dim=-1).topk(k)
    return tuple(names[i] for i in places.tolist()), probs.numpy()


def picked(places_of):
    def answers(logits, names, k):
        places = places_of(logits, k)
        return [names[i] for i in places], logits.softmax(dim=0)[places]

    return answers


def softmax_of_few(logits, names, k):
    top = logits.topk(k)
    return [names[i] for i in top.indices], top.values.softmax(dim=0)


def merged_names(logits, names, k):
    probs = dict(zip(names, logits.softmax(dim=0).tolist(), strict=True))
    best = sorted(probs, key=probs.get, reverse=True)[:k]
    return best, [probs[name] for name in best]


def by_index(logits, names, k):
    probs = logits.softmax(dim=0).tolist()
    best = sorted(probs, reverse=True)[:k]
    return [names[probs.index(p)] for p in best], best


def as_logits(logits, names, k):
    top = logits.topk(k)
    return [names[i] for i in top.indices], top.values


def by_torchvision(pixels, mean, std):
    return transforms.normalize(transforms.to_tensor(pixels.numpy()), mean.tolist(), std.tolist())


def first(pixels):
    return pixels.permute(2, 0, 1) / 255


def column(numbers):
    return numbers[:, None, None]


def by_range(batch):
    low, high = round(batch.min().item(), 1), round(batch.max().item(), 1)
    if high > 100:
        return "Not divided by 255"
    return {(-1.0, 1.0): "none", (0.0, 1.0): "not normalised"}.get((low, high), "the article's numbers")


def by_limits(batch):
    if batch.max() > 100:
        return "not divided by 255"
    if batch.min() < -1.5:
        return "the article's numbers"
    return "not normalised" if batch.min() > -0.5 else "none"


def told(**words):
    """`by_range` with other words for some of the answers."""
    renamed = {"undivided": "not divided by 255", "raw": "not normalised", "article": "the article's numbers"}
    table = {renamed.get(name, name): words for name, words in words.items()}
    return lambda batch: table.get(by_range(batch).lower(), by_range(batch).lower())


ANSWERS = {
    "9.1": Answers(
        right=by_counting,
        wrong={
            "matched by name": by_name,
            "stop at the first pair": until_first,
            "how many numbers the two tensors hold": counted(lambda a, b: a.numel() == b.numel()),
            "how many axes": counted(lambda a, b: a.dim() == b.dim()),
            "do *not* fit": counted(lambda a, b: a.shape != b.shape),
            "every pair": counted(lambda a, b: True),
            "That is the whole file": lambda saved, wanted: (len(saved), sum(t.numel() for t in saved.values())),
            "compare the values": counted(torch.equal),
            "add up the values": added_values,
            "in another order": lambda saved, wanted: by_counting(saved, wanted)[::-1],
            "by their names": named(lambda name: name.endswith("weight")),
            "`num_batches_tracked`": named(lambda name: "num_batches_tracked" not in name),
            "`dtype`": counted(lambda a, b: a.shape == b.shape and a.dtype == b.dtype),
            "every tensor of the other": each_with_each,
            "Only the first of the 2": lambda saved, wanted: by_counting(saved, wanted)[0],
        },
    ),
    "9.2": Answers(
        right=by_topk,
        wrong={
            "least likely": picked(lambda logits, k: logits.topk(k, largest=False).indices),
            "stands last": picked(lambda logits, k: logits.argsort()[-k:]),
            "first k classes of the list": picked(lambda logits, k: list(range(k))),
            "all classes": picked(lambda logits, k: logits.argsort(descending=True)),
            "likeliest class alone": picked(lambda logits, k: [logits.argmax()]),
            "other numbers are logits": as_logits,
            "over the k chosen classes": softmax_of_few,
            "per cent": lambda logits, names, k: (by_topk(logits, names, k)[0], 100 * by_topk(logits, names, k)[1]),
            "same name": merged_names,
            "names the first of them twice": by_index,
            "too large to be stored": lambda logits, names, k: (
                by_topk(logits, names, k)[0],
                (logits.exp() / logits.exp().sum()).topk(k).values if logits.max() < 90 else [float("nan")] * k,
            ),
            "numbers of the classes": lambda logits, names, k: (
                logits.topk(k).indices.tolist(),
                by_topk(logits, names, k)[1],
            ),
        },
    ),
    "9.3": Answers(
        right=by_torchvision,
        wrong={
            "division by 255 is missing": lambda pixels, mean, std: (
                (pixels.permute(2, 0, 1) - column(mean)) / column(std)
            ),
            "divided by 256": lambda pixels, mean, std: (pixels.permute(2, 0, 1) / 256 - column(mean)) / column(std),
            "still (H, W, 3)": lambda pixels, mean, std: (pixels / 255 - mean) / std,
            "Height and width": lambda pixels, mean, std: (pixels.permute(2, 1, 0) / 255 - column(mean)) / column(std),
            "get mixed": lambda pixels, mean, std: (
                (pixels.reshape(3, pixels.shape[0], pixels.shape[1]) / 255 - column(mean)) / column(std)
            ),
            "deviation is missing": lambda pixels, mean, std: first(pixels) - column(mean),
            "mean is missing": lambda pixels, mean, std: first(pixels) / column(std),
            "changed places": lambda pixels, mean, std: (first(pixels) - column(std)) / column(mean),
            "brackets": lambda pixels, mean, std: first(pixels) - column(mean) / column(std),
            "one by one": lambda pixels, mean, std: tuple((first(pixels) - column(mean)) / column(std)),
            "cut the row of numbers anew, after": lambda pixels, mean, std: ((pixels / 255 - mean) / std).reshape(
                3, *pixels.shape[:2]
            ),
            "in the middle": lambda pixels, mean, std: ((pixels / 255 - mean) / std).movedim(2, 1),
            "bring all to -1 to 1": lambda pixels, mean, std: 2 * first(pixels) - 1,
        },
    ),
    "9.4": Answers(
        right=by_range,
        wrong={
            "falls to about -2": told(article="none"),
            "from 0 to 1 are called fine": told(raw="none"),
            "Undivided batches are called fine": told(undivided="none"),
            "taken for batches that were not normalised": told(undivided="not normalised"),
            "called not normalised": told(none="not normalised"),
            "in order, and not normalised": told(none="not normalised", raw="none"),
            "reach 2.64 at most": told(article="not divided by 255"),
            "first image alone": lambda batch: by_limits(batch[0]),
            "last image alone": lambda batch: by_limits(batch[-1]),
            "The words count": told(none="ok", article="article"),
            "Of the four kinds, 2": told(article="not divided by 255", undivided="the article's numbers"),
            "Say what it is": lambda batch: by_range(batch) != "none",
        },
    ),
}
RANGES = "the four ranges lie so far apart that nothing is between the two numbers"
EQUIVALENT = {
    "9.1": {
        "zip(wanted.values(), saved.values(), strict=False)": "tensors that fit hold as many numbers on either side",
        "zip(saved.values(), wanted.values())": "`strict=False` is the default",
    },
    "9.2": {
        "(logits + 1).softmax": "only differences between the logits count",
        "logits.softmax(dim=-1)": "there is one axis, the first and the last",
    },
    "9.4": {
        "batch.max() >= 3": RANGES,
        "batch.max() > 4": RANGES,
        "batch.min() >= 0": "a batch that lies below 0 nowhere has a black pixel, which is 0",
        "batch.min() <= -2": RANGES,
        "batch.min() < -1": RANGES,
        "(-batch).min": "the article's numbers reach below -2 and above 2",
    },
}
