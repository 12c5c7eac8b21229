"""Answers to page 15: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import numpy as np
import torch
from exercise_answers import Answers


def by_bincount(items, stars, count, penalty):
    items, stars = np.asarray(items), np.asarray(stars)
    sums = np.bincount(items, weights=stars - stars.mean(), minlength=count)
    return sums / (np.bincount(items, minlength=count) + penalty)


def biases(of_own, default=0.0):
    def answer(items, stars, count, penalty):
        parts = [stars[items == item] for item in range(count)]
        return [of_own(own, stars, penalty) if len(own) else default for own in parts]

    return answer


def by_lstsq(item_factors, items, left, penalty):
    """The penalty as further rows: penalised least squares as plain ones."""
    own, size = item_factors[items].numpy(), item_factors.shape[1]
    rows = np.concatenate([own, np.sqrt(penalty) * np.eye(size)])
    return np.linalg.lstsq(rows, np.concatenate([left.numpy(), np.zeros(size)]), rcond=None)[0]


def solved(matrix, vector=lambda q, left: q.T @ left):
    return lambda item_factors, items, left, penalty: torch.linalg.solve(
        matrix(item_factors, item_factors[items], penalty), vector(item_factors[items], left)
    )


def square(q, weight):
    return q.T @ q + weight * torch.eye(q.shape[1])


def by_sorting(scores, seen, relevant, k):
    unseen = sorted(set(range(len(scores))) - set(seen), key=lambda item: -float(scores[item]))
    hits = len(set(unseen[:k]) & set(relevant))
    return hits / min(k, len(unseen)), hits / len(relevant)


def measured(listed_of, below=lambda listed, k: len(listed)):
    def answer(scores, seen, relevant, k):
        listed = listed_of(scores.argsort(descending=True).tolist(), seen, k)
        hits = sum(item in relevant for item in listed)
        return hits / max(1, below(listed, k)), hits / len(relevant)

    return answer


def unseen(order, seen, k):
    return [item for item in order if item not in seen][:k]


def seen_at_zero(scores, seen, relevant, k):
    scores = scores.clone()
    scores[seen] = 0
    listed = scores.topk(min(k, len(scores) - len(seen))).indices.tolist()
    hits = len(set(listed) & set(relevant))
    return hits / len(listed), hits / len(relevant)


def by_masking(vectors, liked, disliked, k):
    scores = vectors @ difference(vectors, liked, disliked)
    scores[liked + disliked] = -torch.inf
    return scores.topk(min(k, len(vectors) - len(liked) - len(disliked))).indices


def mean(vectors, items):
    return vectors[items].mean(dim=0) if items else torch.zeros(vectors.shape[1])


def listed(profile, without=lambda liked, disliked: liked + disliked):
    def answer(vectors, liked, disliked, k):
        order = (vectors @ profile(vectors, liked, disliked)).argsort(descending=True).tolist()
        return [item for item in order if item not in without(liked, disliked)][:k]

    return answer


def difference(vectors, liked, disliked):
    return mean(vectors, liked) - mean(vectors, disliked)


def by_topk(profile, answered=-torch.inf, at_most=None, scores_of=torch.mv):
    def answer(vectors, liked, disliked, k):
        scores = scores_of(vectors, profile(vectors, liked, disliked))
        scores[liked + disliked] = answered
        return scores.topk(min(k, at_most(scores) if at_most else len(scores) - len(liked + disliked))).indices

    return answer


def places_of_the_rest(vectors, liked, disliked, k):
    rest = [item for item in range(len(vectors)) if item not in liked + disliked]
    return (vectors[rest] @ difference(vectors, liked, disliked)).argsort(descending=True)[:k]


ANSWERS = {
    "15.1": Answers(
        right=by_bincount,
        wrong={
            "mean of each item's stars": biases(lambda own, stars, penalty: own.mean()),
            "Without the penalty": biases(lambda own, stars, penalty: (own - stars.mean()).mean()),
            "number of all ratings": biases(
                lambda own, stars, penalty: (own - stars.mean()).sum() / (len(stars) + penalty)
            ),
            "penalty is subtracted": biases(
                lambda own, stars, penalty: ((own - stars.mean()).sum() - penalty) / len(own)
            ),
            "divided by the penalty": biases(lambda own, stars, penalty: (own - stars.mean()).mean() / (1 + penalty)),
            "pull the stars towards 0": lambda items, stars, count, penalty: (
                torch.stack([stars[items == i].sum() / ((items == i).sum() + penalty) for i in range(count)])
                - stars.mean()
            ),
            "left out": lambda items, stars, count, penalty: [
                float((stars[items == i] - stars.mean()).sum() / ((items == i).sum() + penalty))
                for i in sorted(set(items.tolist()))
            ],
        },
    ),
    "15.2": Answers(
        right=by_lstsq,
        wrong={
            "on every number of the matrix": lambda item_factors, items, left, penalty: torch.linalg.solve(
                item_factors[items].T @ item_factors[items] + penalty, item_factors[items].T @ left
            ),
            "a row for each factor": lambda item_factors, items, left, penalty: torch.linalg.solve(
                item_factors[items].T @ item_factors[items] + penalty * torch.eye(len(items)),
                item_factors[items].T @ left,
            ),
            "you return one number": lambda item_factors, items, left, penalty: (
                by_lstsq(item_factors, items, left, penalty) if len(items) else 0
            ),
            "All items are in": solved(lambda all_items, q, penalty: square(all_items, penalty)),
            "first items of the table": lambda item_factors, items, left, penalty: torch.linalg.solve(
                square(item_factors[: len(items)], penalty), item_factors[: len(items)].T @ left
            ),
            "multiply by the square": lambda item_factors, items, left, penalty: (
                square(item_factors[items], penalty) @ item_factors[items].T @ left
            ),
            "square matrix is missing": lambda item_factors, items, left, penalty: item_factors[items].T @ left,
            "predict for the rated items": lambda item_factors, items, left, penalty: (
                item_factors[items]
                @ torch.linalg.solve(square(item_factors[items], penalty), item_factors[items].T @ left)
            ),
            "once for each rating": lambda item_factors, items, left, penalty: torch.linalg.solve(
                square(item_factors[items], max(1, len(items)) * penalty), item_factors[items].T @ left
            ),
        },
    ),
    "15.3": Answers(
        right=by_sorting,
        wrong={
            "Seen items stand on your list": measured(lambda order, seen, k: order[:k]),
            "after it was cut": measured(lambda order, seen, k: [item for item in order[:k] if item not in seen]),
            "divided by k": measured(unseen, below=lambda listed, k: k),
            "lowest scores": lambda scores, seen, relevant, k: by_sorting(-scores, seen, relevant, k),
            "fill up your list": lambda scores, seen, relevant, k: measured(
                unseen, below=lambda listed, k: min(k, len(scores))
            )(scores, seen, relevant, k),
            "get the score 0": seen_at_zero,
            "in another order": lambda scores, seen, relevant, k: by_sorting(scores, seen, relevant, k)[::-1],
            "You count the hits": lambda scores, seen, relevant, k: (
                (len(set(unseen(scores.argsort(descending=True).tolist(), seen, k)) & set(relevant)),) * 2
            ),
        },
    ),
    "15.4": Answers(
        right=by_masking,
        wrong={
            "liked and disliked items stand": listed(difference, without=lambda liked, disliked: []),
            "The disliked items stand": listed(difference, without=lambda liked, disliked: liked),
            "dislikes do not count": listed(lambda vectors, liked, disliked: mean(vectors, liked)),
            "get the score 0": by_topk(difference, answered=0.0),
            "fill up your list": by_topk(difference, at_most=len),
            "the mean of no rows is nan": by_topk(
                lambda vectors, liked, disliked: vectors[liked].mean(dim=0) - vectors[disliked].mean(dim=0)
            ),
            "place among the unanswered": places_of_the_rest,
            "one mean of liked and disliked": by_topk(lambda vectors, liked, disliked: mean(vectors, liked + disliked)),
            "by the cosine": by_topk(difference, scores_of=lambda v, p: torch.cosine_similarity(v, p[None])),
            "dislikes are added": listed(
                lambda vectors, liked, disliked: mean(vectors, liked) + mean(vectors, disliked)
            ),
            "add up the vectors": listed(
                lambda vectors, liked, disliked: vectors[liked].sum(dim=0) - vectors[disliked].sum(dim=0)
            ),
            "lowest scores come first": listed(lambda *inputs: -difference(*inputs)),
        },
    ),
}
EQUIVALENT = {
    "15.1": {"biases": "a list of numbers counts as a tensor of them"},
    "15.3": {
        "scores.argsort(descending=True)": "a tensor of one number is found among numbers as well",
        "(scores + 1).argsort": "the same number on all scores leaves their order",
    },
    "15.4": {
        "(vectors @ profile).argsort(descending=True)": "a tensor of one number is found among numbers as well",
        "(vectors + 1) @ profile": "it adds the same number to all scores",
        "max(len(liked), 1)": "the larger of two, in any order",
        "max(len(disliked), 1)": "the larger of two, in any order",
    },
}
