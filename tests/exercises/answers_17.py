"""Answers to page 17: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import numpy as np
import torch
import torch.nn.functional as F
from exercise_answers import Answers


def by_weights(outputs, targets, shown):
    """NumPy's weighted average, with the weight 0 where the pixel was shown."""
    errors = (np.asarray(outputs) - np.asarray(targets)) ** 2
    weights = np.broadcast_to(1.0 - np.asarray(shown)[:, None], errors.shape)
    return np.average(errors, weights=weights)


def error_where(outputs, targets, mask):
    return (outputs - targets).square()[mask.expand_as(outputs)]


def mean_of_images(outputs, targets, shown):
    pairs = zip(outputs, targets, ~shown[:, None].expand_as(outputs), strict=True)
    means = [((o - t) ** 2)[m].mean() for o, t, m in pairs if m.any()]
    return torch.stack(means).mean()


def by_log_softmax(cosines, temperature):
    scores = np.asarray(cosines, dtype=np.float64) / temperature
    highest = scores.max(axis=1, keepdims=True)
    log_probs = scores - highest - np.log(np.exp(scores - highest).sum(axis=1, keepdims=True))
    return -np.trace(log_probs) / len(scores)


def ce(scores):
    return F.cross_entropy(scores, torch.arange(len(scores)))


def without_partner(cosines, temperature):
    scores = cosines / temperature
    eye = torch.eye(len(scores), dtype=torch.bool)
    return (scores.masked_fill(eye, -torch.inf).logsumexp(dim=1) - scores.diagonal()).mean()


def by_powers(start, students, keep):
    """All weights at once: what is left of each student after the steps that followed it."""
    steps = len(students)
    left = torch.tensor([keep ** (steps - 1 - t) * (1 - keep) for t in range(steps)])
    return keep**steps * start + left @ students


def after(start, students, keep):
    for student in students:
        start = keep * start + (1 - keep) * student
    return start


def history(start, students, keep):
    return torch.stack([after(start, students[: t + 1], keep) for t in range(len(students))])


def by_counts(made, real, part):
    made, real = made.tolist(), real.tolist()
    return [k for k in sorted(set(real)) if made.count(k) * len(real) < part * real.count(k) * len(made)]


def kinds(made, real, missing):
    return [kind for kind in real.unique().tolist() if missing(kind)]


def share(numbers, kind):
    return (numbers == kind).float().mean()


ANSWERS = {
    "17.1": Answers(
        right=by_weights,
        wrong={
            "that of the pixels that were shown": lambda o, t, shown: error_where(o, t, shown[:, None]).mean(),
            "number of all errors": lambda o, t, shown: ((o - t) ** 2 * ~shown[:, None]).mean(),
            "each has C channels": lambda o, t, shown: ((o - t) ** 2 * ~shown[:, None]).sum() / (~shown).sum(),
            "a mean for each image": mean_of_images,
            "first channel only": lambda o, t, shown: ((o - t)[:, 0] ** 2)[~shown].mean(),
            "Every pixel counts": lambda o, t, shown: F.mse_loss(o, t),
            "Yours is a sum": lambda o, t, shown: error_where(o, t, ~shown[:, None]).sum(),
        },
    ),
    "17.2": Answers(
        right=by_log_softmax,
        wrong={
            "down the columns": lambda cosines, temperature: ce(cosines.T / temperature),
            "both directions": lambda cosines, temperature: (
                (ce(cosines / temperature) + ce(cosines.T / temperature)) / 2
            ),
            "temperature multiplies": lambda cosines, temperature: ce(cosines * temperature),
            "temperature changes nothing": lambda cosines, temperature: ce(cosines),
            "partner is missing": without_partner,
            "takes another": lambda cosines, temperature: ce(torch.softmax(cosines / temperature, 1)),
            "whole matrix": lambda cosines, temperature: (
                -((cosines / temperature).flatten().log_softmax(0).view_as(cosines).diagonal().mean())
            ),
            "minus infinity": lambda cosines, temperature: ce((cosines / temperature).fill_diagonal_(-torch.inf)),
            "column 0 in each row": lambda cosines, temperature: (
                -(torch.log_softmax(cosines / temperature, 1)[:, 0].mean())
            ),
            "divide the loss by the temperature": lambda cosines, temperature: ce(cosines) / temperature,
            "losses of the rows": lambda cosines, temperature: -torch.log_softmax(cosines / temperature, 1).diagonal(),
            "logarithm of the mean": lambda cosines, temperature: (
                torch.logsumexp(torch.zeros(len(cosines)), 0)
                - torch.log_softmax(cosines / temperature, 1).diagonal().logsumexp(0)
            ),
            "mean of probabilities": lambda cosines, temperature: (
                torch.softmax(cosines / temperature, 1).diagonal().mean()
            ),
        },
    ),
    "17.3": Answers(
        right=by_powers,
        wrong={
            "swap the two parts": lambda start, students, keep: after(start, students, 1 - keep),
            "begins as the first student": lambda start, students, keep: after(students[0], students[1:], keep),
            "begins at 0": lambda start, students, keep: after(0 * start, students, keep),
            "Only the last student is left": lambda start, students, keep: keep * start + (1 - keep) * students[-1],
            "after the first step": lambda start, students, keep: keep * start + (1 - keep) * students[0],
            "after each step, (T, W)": history,
            "plain mean of the students": lambda start, students, keep: keep * start + (1 - keep) * students.mean(0),
            "last student in every step": lambda start, students, keep: (
                keep ** len(students) * start + (1 - keep ** len(students)) * students[-1]
            ),
            "last student first": lambda start, students, keep: after(start, students.flip(0), keep),
        },
    ),
    "17.4": Answers(
        right=by_counts,
        wrong={
            "You compare counts": lambda made, real, part: kinds(
                made, real, lambda k: (made == k).sum() < part * (real == k).sum()
            ),
            "only the kinds that never come": lambda made, real, part: kinds(made, real, lambda k: k not in made),
            "with `part` alone": lambda made, real, part: kinds(made, real, lambda k: share(made, k) < part),
            "equally frequent": lambda made, real, part: kinds(
                made, real, lambda k: share(made, k) < part / len(set(real.tolist()))
            ),
            "a tenth of the real images": lambda made, real, part: kinds(
                made, real, lambda k: 10 * share(made, k) < part
            ),
            "You swap the two shares": lambda made, real, part: kinds(
                made, real, lambda k: share(real, k) < part * share(made, k)
            ),
            "stands on the wrong side": lambda made, real, part: kinds(
                made, real, lambda k: part * share(made, k) < share(real, k)
            ),
            "True or False for each kind": lambda made, real, part: [
                k in by_counts(made, real, part) for k in real.unique().tolist()
            ],
            "are *not* missing": lambda made, real, part: kinds(
                made, real, lambda k: share(made, k) >= part * share(real, k)
            ),
            "how many are missing": lambda made, real, part: len(by_counts(made, real, part)),
            "`part` changes nothing": lambda made, real, part: by_counts(made, real, 1.0),
            "only at kinds that were made": lambda made, real, part: [
                k for k in by_counts(made, real, part) if k in made.tolist()
            ],
        },
    ),
}
EQUIVALENT = {
    "17.1": {"targets - outputs": "its square is the same"},
    "17.2": {"(cosines + 1) / temperature": "a constant more for all scores changes no softmax"},
    "17.4": {"real.unique()": "the kinds as tensors are the same numbers"},
}
