"""Page 07: measures by hand, a threshold chosen honestly, and copies that leaked."""

from __future__ import annotations

import warnings
from collections.abc import Iterable

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise, Wrong, compare


def _count(got: object) -> int:
    """How many numbers the learner's function returned."""
    try:
        return torch.as_tensor(got).numel()
    except (TypeError, ValueError, RuntimeError):
        return 0


def precision_recall_of(confusion, k):
    """Precision and recall of class k, from a confusion matrix."""
    right = confusion[k, k]
    return (right / confusion[:, k].sum()).item(), (right / confusion[k].sum()).item()


def judge_precision_recall_of(answer: object) -> None:
    from sklearn import metrics as sklearn_metrics

    generator = torch.Generator().manual_seed(0)
    for classes, k in ((3, 0), (2, 1), (5, 3)):
        labels = torch.randint(classes, (60,), generator=generator)
        guesses = torch.randint(classes, (60,), generator=generator) ** 2 // classes  # small classes more often
        predictions = torch.where(torch.rand(60, generator=generator) < 0.4, labels, guesses)
        confusion = torch.tensor(sklearn_metrics.confusion_matrix(labels, predictions))
        precision, recall, _, _ = sklearn_metrics.precision_recall_fscore_support(
            labels, predictions, labels=[k], zero_division=0
        )
        expected = torch.tensor([precision[0], recall[0]])
        got = answer(confusion, k)
        case = f"class {k} of {confusion.tolist()}"
        if _count(got) != 2:
            raise Wrong(f"For {case} two numbers are wanted: the precision, then the recall.")
        hits, rows, columns, n = confusion[k, k], confusion[k].sum(), confusion[:, k].sum(), confusion.sum()
        by_errors = torch.stack([hits / (columns - hits), hits / (rows - hits)])
        slips = {
            "Precision and recall have changed places. Rows are true classes, columns are answers.": expected.flip(0),
            "You divide by all images. Precision: of those *called* k. Recall: of those that *are* k.": hits
            / n.repeat(2),
            "You divide by the errors alone. The right ones belong into the sum as well.": by_errors,
            "That is the accuracy. Look only at the row and the column of k.": confusion.trace() / n.repeat(2),
            "Both your numbers are the precision. Recall divides by the row of k.": expected[0].repeat(2),
            "Both your numbers are the recall. Precision divides by the column of k.": expected[1].repeat(2),
        }
        compare(got, expected, case, slips)


def macro_f1_of(confusion):
    """The mean F1 of the classes that occur in a label or in an answer."""
    right = confusion.diagonal().double()
    sizes = confusion.sum(dim=0) + confusion.sum(dim=1)  # column and row of each class
    somewhere = sizes > 0
    return (2 * right[somewhere] / sizes[somewhere]).mean().item()


MACRO_CASES = {  # each slip gives another value in one of them
    "every class is answered": [[5, 3, 2], [2, 1, 4], [1, 0, 12]],
    "class 2 is never answered": [[6, 2, 0], [1, 7, 0], [3, 2, 0]],
    "class 1 is answered, but no label is 1": [[4, 2, 1], [0, 0, 0], [2, 3, 8]],
    "class 3 is nowhere": [[4, 3, 0, 0], [1, 9, 2, 0], [5, 0, 2, 0], [0, 0, 0, 0]],
    "class 0 is nowhere and class 2 is never answered": [[0, 0, 0], [0, 9, 0], [0, 4, 0]],
}


def judge_macro_f1_of(answer: object) -> None:
    from sklearn import metrics as sklearn_metrics

    for words, rows in MACRO_CASES.items():
        confusion = torch.tensor(rows)
        cells = torch.arange(confusion.numel()).repeat_interleave(confusion.flatten())
        labels, predictions = cells // len(rows), cells % len(rows)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            expected = sklearn_metrics.f1_score(labels, predictions, average="macro", zero_division=0)
            each = sklearn_metrics.f1_score(labels, predictions, labels=range(len(rows)), average=None, zero_division=0)
            weighted = sklearn_metrics.f1_score(labels, predictions, average="weighted", zero_division=0)
        each, right = torch.tensor(each), confusion.diagonal()
        somewhere = (confusion.sum(dim=0) + confusion.sum(dim=1)) > 0
        precision, recall = right / confusion.sum(dim=0), right / confusion.sum(dim=1)
        by_hand = 2 * precision * recall / (precision + recall)  # nan wherever something is 0 / 0
        p, r = precision.nan_to_num()[somewhere], recall.nan_to_num()[somewhere]
        clamped = 2 * precision.nan_to_num() * recall.nan_to_num()
        clamped = clamped / (precision.nan_to_num() + recall.nan_to_num()).clamp(min=1)
        slips = {
            "Somewhere a 0 / 0 became `nan`. Never answered counts as 0; nowhere is left out.": torch.nan,
            "A class that is nowhere counts as 0 in yours. It has no F1: leave it out of the mean.": each.mean(),
            "You left out a class that occurs but is never answered, or the reverse. Its F1 is 0 / (row + column) "
            "= 0, and it counts.": by_hand.nanmean(),
            "That is micro F1, the accuracy. Macro: an F1 for each class, then the mean.": right.sum() / len(labels),
            "That is weighted by the size of the classes. In macro F1 each class counts the same.": weighted,
            "That is one F1 for each class; wanted is their mean.": each,
            "That is one F1 for each class that occurs; wanted is their mean.": each[somewhere],
            "You raised precision + recall to at least 1. Both are shares, and their sum may be less.": clamped.mean(),
            "You raised precision + recall to at least 1. Both are shares, and their sum may be smaller.": clamped[
                somewhere
            ].mean(),
            "That is the ordinary mean of precision and recall. F1 is the harmonic one.": ((p + r) / 2).mean(),
            "That is the F1 of the mean precision and the mean recall. First an F1 for each class, then the mean.": 2
            * p.mean()
            * r.mean()
            / (p.mean() + r.mean()),
        }
        compare(answer(confusion), expected, f"{rows}, where {words}", slips)


def cost(scores, truth, threshold, miss=5, false_alarm=1):
    """As in the page: total cost of the missed ones and the false alarms."""
    alarm = scores >= threshold
    return miss * int((~alarm & truth.bool()).sum()) + false_alarm * int((alarm & ~truth.bool()).sum())


def choose_and_apply(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    """The threshold that is cheapest on the validation set, and what it costs on the test set."""
    candidates = [*val_scores.tolist(), 2.0]  # from 2 on: no alarm at all
    threshold = min(candidates, key=lambda t: cost(val_scores, val_labels, t, miss, false_alarm))
    return threshold, cost(test_scores, test_labels, threshold, miss, false_alarm)


def judge_choose_and_apply(answer: object) -> None:
    generator = torch.Generator().manual_seed(2)

    def scored(shift: float) -> tuple[Tensor, Tensor]:
        labels = (torch.rand(400, generator=generator) < 0.4).long()
        return torch.sigmoid(1.5 * labels - 0.75 + shift + torch.randn(400, generator=generator)).double(), labels

    for miss, false_alarm in ((5, 1), (1, 4)):
        (val, val_labels), (test, test_labels) = scored(0.0), scored(1.2)
        got = answer(val, val_labels, test, test_labels, miss, false_alarm)
        if _count(got) != 2:
            raise Wrong("Two numbers are wanted: the threshold, and its cost on the test set.")
        threshold, total = map(float, got)

        def excess(scores: Tensor, labels: Tensor, miss: float, false_alarm: float, at: float = threshold) -> float:
            """How much dearer a threshold is than the cheapest of the candidates."""
            candidates = (cost(scores, labels, step / 100, miss, false_alarm) for step in range(1, 100))
            return cost(scores, labels, at, miss, false_alarm) - min(candidates)

        case = f"a miss at {miss} and a false alarm at {false_alarm}"
        if excess(val, val_labels, miss, false_alarm) > 0:
            if excess(test, test_labels, miss, false_alarm) <= 0:
                raise Wrong("The test set was used for choosing. Choose on the validation set; the test set judges.")
            if excess(val, val_labels, false_alarm, miss) <= 0:
                raise Wrong("The costs are swapped: your threshold is best if a false alarm costs what a miss does.")
            if excess(val, val_labels, 1, 1) <= 0:
                raise Wrong("Your threshold makes the fewest errors, as if both errors cost the same. Weigh them.")
            raise Wrong(f"For {case} the threshold {threshold:.2f} is not the cheapest on the validation set.")
        expected = cost(test, test_labels, threshold, miss, false_alarm)
        turned = cost(test, test_labels, threshold, false_alarm, miss)
        on_val = cost(val, val_labels, threshold, miss, false_alarm)
        slips = {
            "That is the cost on the validation set, on which you chose: too good. Report the test set's.": on_val,
            "The threshold is right, but in its cost miss and false alarm have changed places.": turned,
            "That is the cost for each image; wanted is the total.": expected / len(test),
        }
        compare(total, expected, f"{case}, the cost on the test set", slips)


def leaked(train_images, test_images):
    """Places of the test images that differ from some training image by at most 0.05 in every pixel."""
    found = []
    for place, image in enumerate(test_images):
        largest = (train_images - image).abs().flatten(1).amax(dim=1)  # one number for each training image
        if largest.min() <= 0.05:
            found.append(place)
    return found


def judge_leaked(answer: object) -> None:
    generator = torch.Generator().manual_seed(3)
    for n_train, n_test in ((12, 9), (15, 20)):
        train = 0.2 + 0.6 * torch.rand(n_train, 1, 6, 6, generator=generator)
        test = 0.2 + 0.6 * torch.rand(n_test, 1, 6, 6, generator=generator)
        near, tiny, exact, darker, touched = (1, 7), 2, 4, 5, 6  # places in the test set
        test[exact], test[tiny] = train[8], train[5]
        test[tiny, 0, 0, 0] += 0.03
        for place, source in zip(near, (0, 10), strict=True):
            test[place] = train[source] + 0.04 * (2 * torch.rand(1, 6, 6, generator=generator) - 1)
        test[darker] = train[2] - 0.2
        test[touched] = train[3]
        test[touched, 0, 2, 2] += 0.4
        wanted = sorted([exact, tiny, *near])
        got = answer(train, test)
        if isinstance(got, Iterable) and not isinstance(got, Tensor | str):
            got = list(got)
        if isinstance(got, list) and not got:
            raise Wrong(f"You find no copy; with {n_test} test images there are {len(wanted)}, at {wanted}.")
        if not _count(got):
            raise Wrong("Your function returns no places. Wanted is a list of numbers, such as `[1, 4]`.")
        places = torch.as_tensor(got)
        if places.dtype == torch.bool:
            raise Wrong("You return True or False for each image. Return the places of the copies, such as `[1, 4]`.")
        places = sorted(set(places.flatten().tolist()))
        if places == [0, 5, 8, 10]:
            raise Wrong("These are places in the training set. Which images of the *test* set have a copy there?")
        if places == [exact]:
            raise Wrong("You found the exact copy only. A near copy differs a little in every pixel: no hash sees it.")
        if places == [tiny, exact]:
            raise Wrong(
                "You miss the copies that differ a little in every pixel: a *sum* or a norm of their differences is "
                "large. Take the largest difference of each pair."
            )
        if places == [near[0]]:
            raise Wrong("You return the first copy only. Is a `return` inside your loop? Collect all, then return.")
        if len(places) == n_test:
            raise Wrong(
                "You suspect every image. In some pixel any two images are alike, and some training image is "
                "the most alike: ask that the *largest* difference is at most 0.05."
            )
        if darker in places:
            raise Wrong("A picture that is darker all over is no copy. Take the difference without its sign: `.abs()`.")
        if touched in places:
            raise Wrong("One suspect differs by 0.4 in one pixel, which a mean hides. Look at the largest difference.")
        if places != wanted:
            raise Wrong(f"With {n_test} test images you find {places}; the copies are at {wanted}.")


EXERCISES = {
    "7.1": Exercise(
        judge=judge_precision_recall_of,
        solution=precision_recall_of,
        why="Both have the right ones on top. Precision divides by the column of k, recall by its row.",
        notice="Two questions with the same numerator: did it say k rightly, and did it find all k?",
        hints=(
            "The right answers of class k stand in one cell. Which?",
            "Row k holds all images that *are* k, column k all that were *called* k: `confusion[:, k]`.",
            "Precision is `confusion[k, k] / confusion[:, k].sum()`. Recall has the row below the line.",
        ),
    ),
    "7.2": Exercise(
        judge=judge_macro_f1_of,
        solution=macro_f1_of,
        why="F1 is 2 * right / (row + column), the same as the harmonic mean, and 0 / 0 only if the class is nowhere.",
        notice="The same as `metrics.average_f1`, and as scikit-learn's macro F1 if you name no `labels=`.",
        hints=(
            "`confusion.diagonal()` holds the right ones, `confusion.sum(dim=1)` the rows, `sum(dim=0)` the columns.",
            "F1 of a class is also 2 * right / (row + column). When is that 0 / 0?",
            "Keep the classes with row + column above 0, by a mask such as `sizes > 0`. Then the mean of their F1.",
        ),
    ),
    "7.3": Exercise(
        judge=judge_choose_and_apply,
        solution=choose_and_apply,
        why="The validation set may choose, because it is not what the final figure is taken from.",
        notice="The judge's test scores were shifted on purpose: a threshold chosen on them is another one, and is seen.",
        hints=(
            "Two steps: which threshold is the cheapest, and on which set? What does it cost, and on which set?",
            "`cost(scores, truth, threshold, miss, false_alarm)` is there. As candidates take the scores themselves.",
            "`min(val_scores.tolist(), key=lambda t: cost(val_scores, val_labels, t, miss, false_alarm))`.",
        ),
    ),
    "7.4": Exercise(
        judge=judge_leaked,
        solution=leaked,
        why="For each test image: the largest difference to each training image, and the smallest of these.",
        notice="Try it on `leaky.images` and `held_back.images`, after adding a little noise to one of them.",
        hints=(
            "Take one test image first. `train_images - image` gives its differences to all training images at once.",
            "A copy: in *no* pixel more than 0.05. So of `.abs()` take the largest for each training image.",
            "`.flatten(1).amax(dim=1)` gives one number for each training image. Is the smallest small enough?",
        ),
    ),
}
