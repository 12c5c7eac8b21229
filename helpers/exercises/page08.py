"""Page 08: believe the surest, and let labels flow: two ways of self-training."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise, compare
from helpers.exercises.judging import Wrong


def surest(probs, images, share):
    """The share of the images that the model is surest of -> (images, their pseudo-labels)."""
    confidence, labels = probs.max(dim=1)
    chosen = confidence.argsort(descending=True)[: round(share * len(images))]
    return images[chosen], labels[chosen]


def flow_step(graph, flow, start, keep):
    """The flow (N, K) after one more step along the graph (N, N)."""
    return keep * (graph @ flow) + (1 - keep) * start


def judge_surest(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for count, classes, share in ((8, 3, 0.5), (40, 10, 0.25), (30, 4, 0.1)):
        probs = (2 * torch.randn(count, classes, generator=generator)).softmax(dim=1)
        images = torch.randperm(count, generator=generator).float().view(-1, 1, 1, 1).expand(-1, 1, 2, 2).clone()
        got = answer(probs, images, share)
        case = f"{count} images and a share of {share}"
        try:
            chosen, labels = (torch.stack([torch.as_tensor(x) for x in part] or [torch.zeros(())]) for part in got)
        except (TypeError, ValueError, RuntimeError):
            raise Wrong("Two things are wanted: the chosen images, and their labels, as many as images.") from None
        confidence, best = probs.max(dim=1)
        order, most = confidence.argsort(), round(share * count)
        if chosen.dim() == 1 and len(chosen) == most:
            raise Wrong("Your first result are the places of the images. Return the images at these places.")
        if chosen.shape != (most, 1, 2, 2):
            over = int((confidence >= share).sum())
            if len(chosen) == over:
                raise Wrong("You took `share` for a threshold on the probability. It says how many images to keep.")
            raise Wrong(f"For {case} you keep {len(chosen)} images; {most} are wanted, whole, of shape (1, 2, 2).")
        by_place = {float(image[0, 0, 0]): i for i, image in enumerate(images)}
        places = torch.tensor([by_place.get(float(image[0, 0, 0]), -1) for image in chosen])
        slips = {
            "These are the images that the model is *least* sure of. Sort the other way round.": order[:most].sort()[0],
            "These are the first images of the pool. Choose by the probability of the best class.": torch.arange(most),
            "You sorted by one class. Sort by the *largest* probability.": probs[:, 0].argsort()[-most:].sort()[0],
        }
        compare(places.sort()[0], order[-most:].sort()[0], f"{case}, the places of the images you chose", slips)
        if labels.is_floating_point() and labels.shape == (most,):
            raise Wrong("Your labels are probabilities. A pseudo-label is the *number* of the likeliest class.")
        slips = {"The labels belong to other images: take them at the same places as the images.": best[:most]}
        compare(labels, best[places], f"{case}, the labels in the order of your images", slips)


def judge_flow(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for points, classes, keep in ((2, 2, 0.75), (5, 3, 0.9), (6, 2, 0.5)):
        graph = torch.rand(points, points, generator=generator)
        flow, start = (torch.rand(points, classes, generator=generator) for _ in range(2))
        got = answer(graph, flow, start, keep)
        arrived, source = graph @ flow, (1 - keep) * start
        slips = {
            "That is what the neighbours have, and the labelled points get nothing again: `start` is missing.": keep
            * arrived,
            "Your step leaves `keep` out: what arrives counts in full.": arrived + source,
            "You add `start` in full. Its part is what `keep` leaves over: 1 - keep.": keep * arrived + start,
            "`keep` and 1 - keep have changed places.": (1 - keep) * arrived + keep * start,
            "The graph is the wrong way round: row i says whom point i listens to.": keep * (graph.T @ flow) + source,
            "Nothing has moved along the graph: multiply it with the *flow*, as matrices.": keep * flow + source,
            "You sent the `start` along the graph. It is the *flow* that moves on.": keep * (graph @ start) + source,
            "You kept a part of the old flow. The part beside `keep` is for `start`.": keep * arrived
            + (1 - keep) * flow,
        }
        compare(got, keep * arrived + source, f"{points} points, {classes} classes and keep = {keep}", slips)


EXERCISES = {
    "8.1": Exercise(
        judge=judge_surest,
        solution=surest,
        why="`max(dim=1)` returns both the confidence and the class; one order of places serves images and labels.",
        notice="This is one round of self-training. Mind that a share, unlike a threshold, keeps as many however unsure the model is.",
        hints=(
            "`confidence, labels = probs.max(dim=1)`: how confident, and of which class, one number per image.",
            "`confidence.argsort(descending=True)` returns the places of the images, the surest first.",
            "Keep the first `round(share * len(images))` places, and take images *and* labels there.",
        ),
    ),
    "8.2": Exercise(
        judge=judge_flow,
        solution=flow_step,
        why="A matrix product adds up what the neighbours have; the rest of the weight goes to where the labels came from.",
        notice="The page repeats this step. With keep = 1 nothing would hold the labelled points to their own labels.",
        hints=(
            "A point takes over what its neighbours have: row i of `graph`, times `flow`, added up over the neighbours.",
            "For all points at once that is a product of two matrices, and `@` computes it.",
            "Multiply what arrives by `keep`, and add `start` times what is left of 1.",
        ),
    ),
}
