"""Answers to page 08: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import math

import numpy as np
import torch
from exercise_answers import Answers

from helpers import intervals


def surest_by_topk(probs, images, share):
    chosen = probs.amax(dim=1).topk(round(share * len(images))).indices.flip(0)
    return [images[i] for i in chosen], probs.argmax(dim=1)[chosen]


def choose(order, labels=None):
    """Takes the first images of `order(probs)`, and the labels that `labels` makes of them."""

    def surest(probs, images, share):
        chosen = order(probs)[: round(share * len(images))]
        return images[chosen], labels(probs, chosen) if labels else probs.argmax(dim=1)[chosen]

    return surest


def by_confidence(probs):
    return probs.amax(dim=1).argsort(descending=True)


def over_threshold(probs, images, share):
    sure = probs.amax(dim=1) >= share
    return images[sure], probs.argmax(dim=1)[sure]


def places(probs, images, share):
    chosen = by_confidence(probs)[: round(share * len(images))]
    return chosen, probs.argmax(dim=1)[chosen]


def cut_off(probs, images, share):
    chosen = by_confidence(probs)[: int(share * len(images))]
    return images[chosen], probs.argmax(dim=1)[chosen]


def last_of_ascending(probs, images, share):
    chosen = probs.amax(dim=1).argsort()[-round(share * len(images)) :]
    return images[chosen], probs.argmax(dim=1)[chosen]


def flow_by_sum(graph, flow, start, keep):
    return start + keep * ((graph[:, :, None] * flow[None]).sum(dim=1) - start)


def two_intervals(first, second, t):
    halves = [t * np.std(each.numpy(), ddof=1) / len(each) ** 0.5 for each in (first, second)]
    return first.mean() - second.mean(), math.hypot(*halves)


def with_numpy(first, second, t, ddof=0):
    gains = (first - second).numpy()
    return gains.mean(), t * gains.std(ddof=ddof) / np.sqrt(len(gains))


def of_gains(change):
    """The right mean, and what `change` makes of the gains, t and n."""

    def paired(first, second, t):
        gains = [float(f - s) for f, s in zip(first, second, strict=True)]
        return sum(gains) / len(gains), change(torch.tensor(gains), t, len(gains))

    return paired


def by_tests(*tests):
    """A list of the names whose test says so."""
    return lambda ours, rival: [name for name, broken in tests if broken(ours, rival)]


LABELS = ("labels", lambda a, b: a["labels"] - b["labels"])
STEPS = ("steps", lambda a, b: sum(a["steps"]) != sum(b["steps"]))
RATES = ("rates", lambda a, b: sorted(a["rates"]) != sorted(b["rates"]))
CHOSEN_ON = ("chosen_on", lambda a, b: a["chosen_on"] == "test" or b["chosen_on"] == "test")
KNOWS = ("knows", lambda a, b: set(a["knows"]) ^ set(b["knows"]))


def first_broken(ours, rival):
    for name, broken in (LABELS, STEPS, RATES, CHOSEN_ON, KNOWS):
        if broken(ours, rival):
            return [name]
    return []


def rates_in_a_loop(ours, rival):
    rest = by_tests(LABELS, STEPS, CHOSEN_ON, KNOWS)(ours, rival)
    return rest + ["rates" for _ in set(ours["rates"]) ^ set(rival["rates"])]


ANSWERS = {
    "8.1": Answers(
        right=surest_by_topk,
        wrong={
            "*least* sure": choose(lambda probs: probs.amax(dim=1).argsort()),
            "first images of the pool": choose(lambda probs: torch.arange(len(probs))),
            "probability of class 0": choose(lambda probs: probs[:, 0].argsort(descending=True)),
            "for a threshold": over_threshold,
            "places of the images": places,
            "are probabilities": choose(by_confidence, lambda probs, chosen: probs.amax(dim=1)[chosen]),
            "belong to other images": choose(by_confidence, lambda probs, chosen: probs.argmax(dim=1)[: len(chosen)]),
            "Only the first of the 2": lambda probs, images, share: images[
                by_confidence(probs)[: round(share * len(images))]
            ],
            "cuts the number": cut_off,
            "where n is 0": last_of_ascending,
        },
    ),
    "8.2": Answers(
        right=flow_by_sum,
        wrong={
            "`start` is missing": lambda graph, flow, start, keep: keep * graph @ flow,
            "counts in full in yours": lambda graph, flow, start, keep: graph @ flow + (1 - keep) * start,
            "add `start` in full": lambda graph, flow, start, keep: keep * graph @ flow + start,
            "changed places": lambda graph, flow, start, keep: (1 - keep) * graph @ flow + keep * start,
            "wrong way round": lambda graph, flow, start, keep: keep * graph.T @ flow + (1 - keep) * start,
            "Nothing has moved": lambda graph, flow, start, keep: keep * flow + (1 - keep) * start,
            "the flow is not there": lambda graph, flow, start, keep: keep * graph @ start + (1 - keep) * start,
            "part of the old flow": lambda graph, flow, start, keep: keep * graph @ flow + (1 - keep) * flow,
            "`start` along the graph, too": lambda graph, flow, start, keep: graph @ (keep * flow + (1 - keep) * start),
        },
    ),
    "8.3": Answers(
        right=lambda first, second, t: intervals.mean_interval((first - second).tolist()),
        wrong={
            "the other way round": lambda first, second, t: with_numpy(second, first, t, ddof=1),
            "for contenders on *different* draws": two_intervals,
            "divides by n. That of a few draws": with_numpy,
            "root of n is missing": of_gains(lambda gains, t, n: t * gains.std()),
            "It is the *root* of n": of_gains(lambda gains, t, n: t * gains.std() / n),
            "factor t is missing": of_gains(lambda gains, t, n: gains.std() / n**0.5),
            "1.96 in yours": of_gains(lambda gains, t, n: 1.96 * gains.std() / n**0.5),
            "not `.var()`": of_gains(lambda gains, t, n: t * gains.var() / n**0.5),
            "whole width": of_gains(lambda gains, t, n: 2 * t * gains.std() / n**0.5),
            "upper end": of_gains(lambda gains, t, n: gains.mean() + t * gains.std() / n**0.5),
        },
    ),
    "8.4": Answers(
        right=lambda ours, rival: set(by_tests(LABELS, STEPS, RATES, CHOSEN_ON, KNOWS)(ours, rival)),
        wrong={
            "each field in which the two differ": lambda ours, rival: [key for key in ours if ours[key] != rival[key]],
            "Compare their sums": by_tests(
                LABELS, ("steps", lambda a, b: a["steps"] != b["steps"]), RATES, CHOSEN_ON, KNOWS
            ),
            "Only the first part": by_tests(
                LABELS, ("steps", lambda a, b: a["steps"][0] != b["steps"][0]), RATES, CHOSEN_ON, KNOWS
            ),
            "learning rates in another order": by_tests(
                LABELS, STEPS, ("rates", lambda a, b: a["rates"] != b["rates"]), CHOSEN_ON, KNOWS
            ),
            "both chose on the same images": by_tests(
                LABELS, STEPS, RATES, ("chosen_on", lambda a, b: a["chosen_on"] != b["chosen_on"]), KNOWS
            ),
            "`ours` knows what `rival` does not": by_tests(
                LABELS, STEPS, RATES, CHOSEN_ON, ("knows", lambda a, b: set(a["knows"]) - set(b["knows"]))
            ),
            "Only the first broken rule": first_broken,
            "that are *kept*": lambda ours, rival: [
                name for name, broken in (LABELS, STEPS, RATES, CHOSEN_ON, KNOWS) if not broken(ours, rival)
            ],
            '"knows" is never reported': by_tests(LABELS, STEPS, RATES, CHOSEN_ON),
            'Only "shares" is looked at. They': by_tests(
                LABELS,
                STEPS,
                RATES,
                CHOSEN_ON,
                ("knows", lambda a, b: ("shares" in a["knows"]) != ("shares" in b["knows"])),
            ),
            "The *letters*": by_tests(
                LABELS,
                STEPS,
                RATES,
                CHOSEN_ON,
                ("knows", lambda a, b: set("".join(a["knows"])) != set("".join(b["knows"]))),
            ),
            "The *sums* of the rates": by_tests(
                LABELS, STEPS, ("rates", lambda a, b: sum(a["rates"]) != sum(b["rates"])), CHOSEN_ON, KNOWS
            ),
            "The *means* of the rates": by_tests(
                LABELS, STEPS, ("rates", lambda a, b: np.mean(a["rates"]) != np.mean(b["rates"])), CHOSEN_ON, KNOWS
            ),
            "compares whether two numbers": by_tests(
                ("labels", lambda a, b: a["labels"] is not b["labels"]), STEPS, RATES, CHOSEN_ON, KNOWS
            ),
            "these four letters anywhere": by_tests(
                LABELS,
                STEPS,
                RATES,
                ("chosen_on", lambda a, b: "test" in a["chosen_on"] or "test" in b["chosen_on"]),
                KNOWS,
            ),
            "only the validation and the training images": by_tests(
                LABELS,
                STEPS,
                RATES,
                ("chosen_on", lambda a, b: not {a["chosen_on"], b["chosen_on"]} <= {"validation", "training"}),
                KNOWS,
            ),
            '`"chosen_on"` is there twice': by_tests(
                LABELS,
                STEPS,
                RATES,
                ("chosen_on", lambda a, b: a["chosen_on"] == "test"),
                ("chosen_on", lambda a, b: b["chosen_on"] == "test"),
                KNOWS,
            ),
            '`"rates"` is there once for each': rates_in_a_loop,
            "whether the comparison is unfair": lambda ours, rival: first_broken(ours, rival) != [],
        },
    ),
}

EQUIVALENT = {
    "8.1": {
        "(probs + 1).max": "the largest of a row stays the largest",
        "share * len(probs)": "there are as many rows as images",
        "len(images + 1)": "as many images as before",
        "len(-images)": "as many images as before",
    },
}
