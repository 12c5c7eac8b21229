"""Answers to page 08: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
from exercise_answers import Answers


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


def flow_by_sum(graph, flow, start, keep):
    return start + keep * ((graph[:, :, None] * flow[None]).sum(dim=1) - start)


ANSWERS = {
    "8.1": Answers(
        right=surest_by_topk,
        wrong={
            "*least* sure": choose(lambda probs: probs.amax(dim=1).argsort()),
            "first images of the pool": choose(lambda probs: torch.arange(len(probs))),
            "sorted by one class": choose(lambda probs: probs[:, 0].argsort(descending=True)),
            "for a threshold": over_threshold,
            "places of the images": places,
            "are probabilities": choose(by_confidence, lambda probs, chosen: probs.amax(dim=1)[chosen]),
            "belong to other images": choose(by_confidence, lambda probs, chosen: probs.argmax(dim=1)[: len(chosen)]),
            "Two things": lambda probs, images, share: images[by_confidence(probs)[: round(share * len(images))]],
        },
    ),
    "8.2": Answers(
        right=flow_by_sum,
        wrong={
            "`start` is missing": lambda graph, flow, start, keep: keep * graph @ flow,
            "leaves `keep` out": lambda graph, flow, start, keep: graph @ flow + (1 - keep) * start,
            "add `start` in full": lambda graph, flow, start, keep: keep * graph @ flow + start,
            "changed places": lambda graph, flow, start, keep: (1 - keep) * graph @ flow + keep * start,
            "wrong way round": lambda graph, flow, start, keep: keep * graph.T @ flow + (1 - keep) * start,
            "Nothing has moved": lambda graph, flow, start, keep: keep * flow + (1 - keep) * start,
            "sent the `start`": lambda graph, flow, start, keep: keep * graph @ start + (1 - keep) * start,
            "part of the old flow": lambda graph, flow, start, keep: keep * graph @ flow + (1 - keep) * flow,
        },
    ),
}
