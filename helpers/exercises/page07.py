"""Page 07: measures by hand, a threshold chosen honestly, and copies that leaked."""

from __future__ import annotations

import warnings

import torch
from sklearn import metrics as sklearn_metrics
from torch import Tensor

from helpers.exercises.engine import Exercise, Wrong, compare
from helpers.exercises.quizzes import Question


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
    generator = torch.Generator().manual_seed(0)
    for classes in (2, 3, 5):
        labels = torch.randint(classes, (60,), generator=generator)
        predictions = torch.where(torch.rand(60, generator=generator) < 0.6, labels, classes - 1)
        confusion = torch.tensor(sklearn_metrics.confusion_matrix(labels, predictions))
        k = classes - 1
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
        }
        compare(got, expected, case, slips)


def macro_f1_of(confusion):
    """Mean of the F1 of all classes; a class for which it is 0 / 0 counts as 0."""
    right = confusion.diagonal().double()
    sizes = confusion.sum(dim=0) + confusion.sum(dim=1)
    return (2 * right / sizes.clamp(min=1)).mean().item()


def judge_macro_f1_of(answer: object) -> None:
    generator = torch.Generator().manual_seed(1)
    for classes, called in ((4, 4), (4, 3), (6, 4)):  # the last classes: of no label, and of no prediction
        labels = torch.randint(classes - (classes == 6), (50,), generator=generator) ** 2 // (classes - 1)
        predictions = torch.where(torch.rand(50, generator=generator) < 0.7, labels, 0).clamp(max=called - 1)
        confusion = torch.tensor(sklearn_metrics.confusion_matrix(labels, predictions, labels=range(classes)))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            f1 = sklearn_metrics.f1_score(labels, predictions, labels=range(classes), average=None, zero_division=0)
            weighted = sklearn_metrics.f1_score(labels, predictions, average="weighted", zero_division=0)
        f1, right = torch.tensor(f1), confusion.diagonal()
        precision, recall = right / confusion.sum(dim=0), right / confusion.sum(dim=1)
        by_hand = 2 * precision * recall / (precision + recall)
        slips = {
            "A class was never named, or never occurs, and its 0 / 0 became `nan`. It counts as 0.": torch.nan,
            "You left out the classes with 0 / 0. They count as 0, so that a gap does not pay.": by_hand.nanmean(),
            "That is micro F1, the accuracy. Macro: an F1 for each class, then the mean.": right.sum() / len(labels),
            "That is weighted by the size of the classes. In macro F1 each class counts the same.": weighted,
            "That is one F1 for each class; wanted is their mean.": f1,
        }
        compare(answer(confusion), f1.mean(), f"the confusion matrix {confusion.tolist()}", slips)


def cost(scores, truth, threshold, miss=5, false_alarm=1):
    """As in the page: total cost of the missed ones and the false alarms."""
    alarm = scores >= threshold
    return miss * int((~alarm & truth.bool()).sum()) + false_alarm * int((alarm & ~truth.bool()).sum())


def choose_and_apply(val_scores, val_labels, test_scores, test_labels, miss, false_alarm):
    """The threshold that is cheapest on the validation set, and what it costs on the test set."""
    candidates = [step / 100 for step in range(1, 100)]
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
        exact, near, darker, touched = 1, (4, 7), 5, 6  # places in the test set
        test[exact] = train[8]
        for place, source in zip(near, (0, 10), strict=True):
            test[place] = train[source] + 0.04 * (2 * torch.rand(1, 6, 6, generator=generator) - 1)
        test[darker] = train[2] - 0.2
        test[touched] = train[3]
        test[touched, 0, 2, 2] += 0.4
        got = answer(train, test)
        got = list(got) if isinstance(got, set | range) else got
        if not _count(got):
            raise Wrong("Your function returns no places. Wanted is a list of numbers, such as `[1, 4]`.")
        places = torch.as_tensor(got)
        if places.dtype == torch.bool:
            raise Wrong("You return True or False for each image. Return the places of the copies, such as `[1, 4]`.")
        places = sorted(set(places.flatten().tolist()))
        if places == [0, 8, 10]:
            raise Wrong("These are places in the training set. Which images of the *test* set have a copy there?")
        if places == [exact]:
            raise Wrong("You found the exact copy only. A near copy differs a little in every pixel: no hash sees it.")
        if len(places) == n_test:
            raise Wrong("You suspect every image. Some test image is always the most alike; ask how alike it is.")
        if darker in places:
            raise Wrong("A picture that is darker all over is no copy. Take the difference without its sign: `.abs()`.")
        if touched in places:
            raise Wrong("One suspect differs by 0.4 in one pixel, which a mean hides. Look at the largest difference.")
        wanted = sorted([exact, *near])
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
        notice="The same as scikit-learn's `zero_division=0`. Whoever drops such classes reports more than is true.",
        hints=(
            "`confusion.diagonal()` holds the right ones, `confusion.sum(dim=1)` the rows, `sum(dim=0)` the columns.",
            "F1 of a class is also 2 * right / (row + column). When is that 0 / 0?",
            "`.clamp(min=1)` below the line, or `torch.nan_to_num`, turns 0 / 0 into 0. Then the mean.",
        ),
    ),
    "7.3": Exercise(
        judge=judge_choose_and_apply,
        solution=choose_and_apply,
        why="The validation set may choose, because it is not what the final figure is taken from.",
        notice="The test scores differed from the validation scores on purpose: only an honest choice shows that.",
        hints=(
            "Two steps: which threshold is the cheapest, and on which set? What does it cost, and on which set?",
            "`cost(scores, truth, threshold, miss, false_alarm)` is there. Try 0.01, 0.02, up to 0.99.",
            "`min(candidates, key=lambda t: cost(val_scores, val_labels, t, miss, false_alarm))`.",
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

QUIZ = (
    Question(
        ask="The model that always says no has {lazy} % accuracy. Which figure gives it away at once?",
        right=("Its recall.", "It finds none of the nines: recall is 0, whatever the accuracy."),
        wrong=(
            ("Its accuracy on more images.", "It stays the same: nine images in ten are no nine."),
            ("Its training loss.", "It has none: it was never trained. A loss is no measure of finding nines either."),
        ),
    ),
    Question(
        ask="On 1,000 images one model has 95.0 %, another 95.6 %, with intervals of about 1.3 points either way. So?",
        right=(
            "The figures alone do not decide; compare image by image.",
            "The intervals overlap widely. On the same images McNemar's test sees more than two intervals.",
        ),
        wrong=(
            ("The second is better.", "With other test images the order might turn round."),
            ("They are equally good.", "Not shown either. A pairwise comparison may still find a difference."),
        ),
    ),
    Question(
        ask="Thirty settings were tried, and the best one's test accuracy was reported. What is wrong?",
        right=(
            "The test set chose. The best of thirty figures is partly luck, so it is too good.",
            "Choose on the validation set, and open the test set once.",
        ),
        wrong=(
            ("Nothing: the test set was not trained on.", "Choosing is a kind of training too."),
            ("Thirty is too few.", "The more are tried, the luckier is the best of them."),
        ),
    ),
    Question(
        ask="Temperature scaling with T = {temperature} left the accuracy at {accuracy} %. Why?",
        right=(
            "Dividing all logits by one positive number keeps their order, and so the largest.",
            "The answer is the largest logit. T changes only how sure the model claims to be.",
        ),
        wrong=(
            ("T is too close to 1.", "No positive T changes the order, however far from 1."),
            ("T was fitted on other images.", "True, and good. But no positive T could change a prediction."),
        ),
    ),
    Question(
        ask="The sets share no fingerprint. Is leakage ruled out?",
        right=(
            "No: near copies have other fingerprints.",
            "Two photos of one scene differ. Split by person, place, day.",
        ),
        wrong=(
            ("Yes: equal images have equal fingerprints.", "So exact copies are ruled out. Near ones are not."),
            ("Yes, if the accuracy is not suspicious.", "A leak shows as a good figure, which nobody suspects."),
        ),
    ),
)
