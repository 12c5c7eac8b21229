"""Answers to page 18: a second right one for each exercise, and typical wrong ones with their diagnosis."""

from collections import Counter

import numpy as np
import torch
import torch.nn.functional as F
from exercise_answers import Answers


def by_counting(names):
    """A word is known from another name if two names or more have it."""
    in_names = Counter(word for name in names for word in set(name.split()))
    return [i for i, name in enumerate(names) if min(in_names[word] for word in name.split()) > 1]


def counts_words(names):
    count = Counter(word for name in names for word in name.split())
    return [i for i, name in enumerate(names) if all(count[word] > 1 for word in name.split())]


def as_text(names):
    return [
        i for i, name in enumerate(names) if all(word in " ".join(names[:i] + names[i + 1 :]) for word in name.split())
    ]


def held(test):
    def answer(names):
        places = []
        for i, name in enumerate(names):
            known = " ".join(names[:i] + names[i + 1 :]).split()
            if test(word in known for word in name.split()):
                places.append(i)
        return places

    return answer


def in_order(scores, partner):
    """Names in order: then the right scores lie on the diagonal."""
    ordered = scores[:, partner].double()
    rows = ordered.logsumexp(dim=1) - ordered.diagonal()
    columns = ordered.logsumexp(dim=0) - ordered.diagonal()
    return float((rows.mean() + columns.mean()) / 2)


def both(rows, columns):
    def answer(scores, partner):
        plain = torch.arange(len(scores))
        orders = {"partner": partner, "plain": plain, "inverse": partner.argsort()}
        return (F.cross_entropy(scores, orders[rows]) + F.cross_entropy(scores.T, orders[columns])) / 2

    return answer


def by_ranks(scores, label, k):
    """In how many rows and columns fewer than k stand above."""
    own = scores[torch.arange(len(label)), label]
    to_names = (scores > own[:, None]).sum(dim=1) < k
    above = torch.stack([(scores[:, j] > scores[label == j, j].max()).sum() for j in range(scores.shape[1])])
    return to_names.double().mean().item(), (above < k).double().mean().item()


def hits(scores, label, k):
    return label[scores.topk(k, dim=0).indices] == torch.arange(scores.shape[1])


def by_numpy(pictures, names):
    first, second = (
        (side / np.linalg.norm(side, axis=1, keepdims=True)).mean(axis=0) for side in (pictures.numpy(), names.numpy())
    )
    return np.sqrt(((first - second) ** 2).sum())


def means(pictures, names):
    return F.normalize(pictures, dim=1).mean(dim=0), F.normalize(names, dim=1).mean(dim=0)


ANSWERS = {
    "18.1": Answers(
        right=by_counting,
        wrong={
            "Twice in *one* name": counts_words,
            "piece of text": as_text,
            "One known word is enough": held(any),
            "true for every name": lambda names: [
                i for i, name in enumerate(names) if all(word in " ".join(names).split() for word in name.split())
            ],
            "You return the names. Return their places": lambda names: [names[i] for i in by_counting(names)],
            "may *not* be held out": lambda names: [i for i in range(len(names)) if i not in by_counting(names)],
            "You return a set": lambda names: set(by_counting(names)),
            "only at the names before": lambda names: [
                i
                for i, name in enumerate(names)
                if all(word in [w for n in names[:i] for w in n.split()] for word in name.split())
            ],
            "one other name that has all": lambda names: [
                i
                for i, name in enumerate(names)
                if any(set(name.split()) <= set(n.split()) for n in names[:i] + names[i + 1 :])
            ],
        },
    ),
    "18.2": Answers(
        right=in_order,
        wrong={
            "the other way round": both("partner", "partner"),
            "leave `partner` out": both("plain", "plain"),
            "as if they were not shuffled": both("partner", "plain"),
            "Only the pictures": lambda scores, partner: F.cross_entropy(scores, partner),
            "Only the names": lambda scores, partner: F.cross_entropy(scores.T, partner.argsort()),
            "You add the two directions": lambda scores, partner: 2 * both("partner", "inverse")(scores, partner),
            "name i is that of picture": lambda scores, partner: in_order(scores[partner], torch.arange(len(scores))),
            "still ask for `partner`": lambda scores, partner: both("partner", "inverse")(scores[:, partner], partner),
            "directions apart": lambda scores, partner: (
                F.cross_entropy(scores, partner),
                F.cross_entropy(scores.T, partner.argsort()),
            ),
            "divided already": lambda scores, partner: both("partner", "inverse")(scores / 0.1, partner),
        },
    ),
    "18.3": Answers(
        right=by_ranks,
        wrong={
            "share of *pictures*": lambda scores, label, k: (
                by_ranks(scores, label, k)[0],
                np.mean([i in scores[:, own].topk(k).indices.tolist() for i, own in enumerate(label.tolist())]),
            ),
            "in another order than asked": lambda scores, label, k: by_ranks(scores, label, k)[::-1],
            "you look at the best alone": lambda scores, label, k: by_ranks(scores, label, 1),
            "that is a precision": lambda scores, label, k: (
                by_ranks(scores, label, k)[0],
                hits(scores, label, k).float().mean(),
            ),
            "the lowest scores": lambda scores, label, k: by_ranks(-scores, label, k),
            "You count them": lambda scores, label, k: (
                by_ranks(scores, label, k)[0] * len(label),
                by_ranks(scores, label, k)[1] * scores.shape[1],
            ),
            "`label` tells": lambda scores, label, k: (
                by_ranks(scores, label, k)[0],
                (scores.topk(k, dim=0).indices == torch.arange(scores.shape[1])).any(dim=0).float().mean(),
            ),
        },
    ),
    "18.4": Answers(
        right=by_numpy,
        wrong={
            "with their own lengths": lambda pictures, names: (pictures.mean(dim=0) - names.mean(dim=0)).norm(),
            "bring the *means*": lambda pictures, names: (
                F.normalize(pictures.mean(dim=0), dim=0) - F.normalize(names.mean(dim=0), dim=0)
            ).norm(),
            "once more": lambda pictures, names: torch.subtract(
                *(F.normalize(mean, dim=0) for mean in means(pictures, names))
            ).norm(),
            "square of the distance": lambda pictures, names: torch.subtract(*means(pictures, names)).square().sum(),
            "without `dim=0`": lambda pictures, names: (
                F.normalize(pictures, dim=1).mean() - F.normalize(names, dim=1).mean()
            ).abs(),
            "columns to length 1": lambda pictures, names: (
                F.normalize(pictures, dim=0).mean(dim=0) - F.normalize(names, dim=0).mean(dim=0)
            ).norm(),
            "cosine of the means": lambda pictures, names: F.cosine_similarity(*means(pictures, names), dim=0),
            "as a vector": lambda pictures, names: torch.subtract(*means(pictures, names)),
            "sizes of the differences": lambda pictures, names: torch.subtract(*means(pictures, names)).abs().sum(),
        },
    ),
}
EQUIVALENT = {
    "18.1": {"names[:-1][:i]": "i is never beyond the last name, which is not among those before it"},
    "18.2": {
        "F.cross_entropy(scores + 1, partner)": "a constant on all scores cancels",
        "(scores + 1).T": "a constant on all scores cancels",
        "(partner + 1).argsort": "the same order",
    },
    "18.3": {
        "(scores + 1).topk": "the same order",
        "scores[1:].shape": "as many columns",
        "(scores + 1).shape": "the same shape",
        "scores[:-1].shape": "as many columns",
        "scores.topk(k)": "the last axis is axis 1",
        "(-scores).shape": "the same shape",
    },
    "18.4": {
        "F.normalize(names)": "axis 1 is the default",
        "F.normalize(pictures)": "axis 1 is the default",
        "second - first": "its length is the same",
    },
}
