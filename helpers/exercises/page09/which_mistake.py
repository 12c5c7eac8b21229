"""Exercise 9.4. One of "none", "not divided by 255", "not normalised", "the article's numbers"."""

from __future__ import annotations

import itertools
from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def which_mistake(batch):
    """One of "none", "not divided by 255", "not normalised", "the article's numbers"."""
    if batch.max() > 3:
        return "not divided by 255"
    if batch.min() == 0:
        return "not normalised"
    if batch.min() < -2:
        return "the article's numbers"
    return "none"


KINDS = ("none", "not divided by 255", "not normalised", "the article's numbers")


def batch_cases() -> list[tuple]:
    """Batches with a black and a white pixel; the mistakes in turn, pixels dark or bright."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, height, width = ((1, 1, 3), (2, 1, 2), (1, 2, 2), (1, 3, 1), (3, 1, 2))[i % 5]
        pixels = torch.rand(n, 3, height, width, generator=generator) ** (0.5, 1.0, 3.0)[i % 3]
        black, white = (0, -1) if i % 2 else (-1, 0)  # at times in the last image
        if n > 1 and i % 3:
            pixels[0] = 0.35 + 0.1 * pixels[0]  # no black and no white one in the first image
            black, white = 1 - n, -1
        ends = (0, -1) if i % 2 else (-1, 0)
        pixels[black, :, ends[0], ends[0]], pixels[white, :, ends[1], ends[1]] = 0.0, 1.0
        kind = KINDS[i % 4]
        if kind == "not normalised":
            return (pixels.round(decimals=2),)
        if kind == "not divided by 255":
            return (((255 * pixels).round() - 0.5) / 0.5,)
        mean, std = (
            ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
            if kind == "the article's numbers"
            else (
                [0.5] * 3,
                [0.5] * 3,
            )
        )
        batch = (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
        return (batch,)

    return drawn(make)


def _instead(old: str, new: str) -> object:
    return lambda batch: new if which_mistake(batch) == old else which_mistake(batch)


def _worded(right: str, others: tuple[str, ...]) -> dict:
    """Other words for one of the four answers."""
    return {
        f"One of the four answers is `{right!r}`, and yours says `{other!r}` in its place. The words count here: take "
        "those of the table.": _instead(right, other)
        for other in others
    }


def _swapped(one: str, other: str) -> object:
    turn = {one: other, other: one}
    return lambda batch: turn.get(which_mistake(batch), which_mistake(batch))


def _four(low: Tensor, high: Tensor) -> str:
    """With limits half way between the numbers of the table."""
    if high > 100:
        return "not divided by 255"
    if low < -1.5:
        return "the article's numbers"
    return "not normalised" if low > -0.5 else "none"


def _by(measure: Callable[[Tensor], tuple]) -> Callable[[Tensor], str]:
    """Slips that look at other numbers than the smallest and the largest of the batch."""
    return lambda batch: _four(*measure(batch))


def _ends(part: Tensor) -> tuple:
    return part.min(), part.max()


def _quoted(others: tuple) -> str:
    return ", ".join(f"`{other!r}`" for other in others)


def _several_wrong() -> dict:
    """Two answers or more that stand for another, where not all batches get the same one."""
    found = {}
    for given in itertools.product(KINDS, repeat=4):
        table = dict(zip(KINDS, given, strict=True))
        wrong = [f"`{kind!r}` gets `{answer!r}`" for kind, answer in table.items() if kind != answer]
        if len(wrong) > 1 and len(set(given)) > 1:
            found[
                f"Of the four kinds, {len(wrong)} get another answer: {', '.join(wrong)}. Try your conditions on the rows of "
                "the table, one by one: an `if` that comes first catches what a later one is meant for, and with `or` one "
                "half that holds is enough."
            ] = lambda batch, table=table: table[which_mistake(batch)]
    return found


def _several_worded() -> dict:
    """Two texts or more in other words than the table's."""
    found = {}
    for texts in itertools.product(*((kind, *OTHER_WORDS[kind]) for kind in KINDS)):
        table = dict(zip(KINDS, texts, strict=True))
        other = tuple(text for kind, text in table.items() if kind != text)
        if len(other) > 1:
            found[f"The words count: {_quoted(other)} are not those of the table. Copy the texts from there."] = (
                lambda batch, table=table: table[which_mistake(batch)]
            )
    return found


def _any_negative(batch: Tensor) -> str:
    if batch.max() > 3:
        return "not divided by 255"
    return "the article's numbers" if batch.min() < 0 else "not normalised"


def _by_mean(batch: Tensor) -> str:
    if batch.mean() > 3:
        return "not divided by 255"
    if batch.min() >= 0:
        return "not normalised"
    return "none" if batch.mean().abs() < 0.5 else "the article's numbers"


OTHER_WORDS = {
    "none": ("in order", "ok", "fine", "right", "no mistake", "nothing"),
    "not divided by 255": ("not divided", "undivided", "255"),
    "not normalised": ("not normalized", "normalised", "not normalised,"),
    "the article's numbers": (
        "article",
        "the article",
        "article's numbers",
        "the articles numbers",
        "the article's number",
        "article numbers",
    ),
}
MISTAKE_SLIPS = {
    "You look at the first image alone. The black and the white pixel may stand in another one of the batch.": _by(
        lambda batch: _ends(batch[0])
    ),
    "You look at the last image alone. The black and the white pixel may stand in another one of the batch.": _by(
        lambda batch: _ends(batch[-1])
    ),
    "You look at the first channel alone. Take the smallest and the largest number of all channels: they reach further.": _by(
        lambda batch: _ends(batch[:, 0])
    ),
    "You look at one channel of one image alone. The black and the white pixel may stand elsewhere in the batch.": _by(
        lambda batch: _ends(batch[0, 0])
    ),
    "You look at the first row of pixels alone. The black and the white pixel may stand in any row.": _by(
        lambda batch: _ends(batch[:, :, 0])
    ),
    "You look at two pixels, in the corners. The black and the white one may stand anywhere: `min` and `max` find them.": _by(
        lambda batch: (batch[0, 0, 0, 0], batch[-1, -1, -1, -1])
    ),
    "You take the mean of the images' smallest numbers. The black pixel stands in one of them: take the smallest of all.": _by(
        lambda batch: (batch.amin((2, 3)).mean(), batch.amax((2, 3)).mean())
    ),
    "You judge by the mean less two deviations. The smallest number itself is known, as a black pixel is there.": _by(
        lambda batch: (batch.mean() - 2 * batch.std(), batch.max())
    ),
    "Your batch is turned to bytes first, which have no sign and no fractions. Take its numbers as they are.": _by(
        lambda batch: _ends(batch.to(torch.uint8))
    ),
    "You return a list with one answer for each image. One text is wanted, for the whole batch.": lambda batch: [
        _four(*_ends(image)) for image in batch
    ],
    "The answer stands in a list. Return the text itself.": lambda batch: [which_mistake(batch)],
    "The quotes are part of your text. They only mark it as a text in Python: one pair of them is enough.": lambda batch: (
        f'"{which_mistake(batch)}"'
    ),
    "You return more than the text. Wanted is one of the four texts alone.": lambda batch: (
        which_mistake(batch),
        *_ends(batch),
    ),
    "You return more than the text, in another order. Wanted is one of the four texts alone.": lambda batch: (
        which_mistake(batch),
        *_ends(batch)[::-1],
    ),
    "Batches of the article's numbers are called fine by you. In order, the smallest number is -1; with the article's "
    "mean and deviation a black pixel falls to about -2.": _instead("the article's numbers", "none"),
    "Batches that are in order are not recognised: -1 to 1 is what this model wants.": _any_negative,
    "Pixels from 0 to 1 are called fine by you. This model wants -1 to 1: a batch in which no number lies below 0 was "
    "not normalised.": _instead("not normalised", "none"),
    "Undivided batches are called fine by you. They too begin at -1; the largest number tells them apart.": _instead(
        "not divided by 255", "none"
    ),
    "Undivided batches are taken for batches that were not normalised. These two differ in the largest number, 509 "
    "and 1, and in the smallest.": _instead("not divided by 255", "not normalised"),
    "Batches in order are called not normalised. In order is -1 to 1, not normalised is 0 to 1.": _instead(
        "none", "not normalised"
    ),
    "Two answers have changed places: in order, and not normalised.": _swapped("none", "not normalised"),
    "Two answers have changed places: in order, and the article's numbers.": _swapped("none", "the article's numbers"),
    "Two answers have changed places: not normalised, and not divided by 255.": _swapped(
        "not normalised", "not divided by 255"
    ),
    "Batches of the article's numbers are called not divided. They reach 2.64 at most; undivided ones reach 509.": (
        _instead("the article's numbers", "not divided by 255")
    ),
    "You judge by the mean of the batch. It depends on whether the photos are dark or bright. The smallest and the "
    "largest number are known, as a black and a white pixel are among them.": _by_mean,
    "You look at the first image alone. The black and the white pixel may stand in another one.": lambda batch: (
        which_mistake(batch[:1])
    ),
    "You judge each image by itself. One answer is wanted, for the whole batch.": lambda batch: [
        which_mistake(image) for image in batch
    ],
    "That says whether something is wrong. Say what it is: one of the four answers.": lambda batch: (
        which_mistake(batch) != "none"
    ),
    "That is the number of the answer. Return its words.": lambda batch: KINDS.index(which_mistake(batch)),
    **{words: slip for kind in KINDS for words, slip in _worded(kind, OTHER_WORDS[kind]).items()},
    **_several_worded(),
    **_several_wrong(),
}


def same_words(got: object, right: str) -> bool:
    """The same words, whatever capitals, full stops and spaces at the ends."""
    if isinstance(right, tuple):
        parts = isinstance(got, tuple | list) and len(got) == len(right)
        return parts and all(map(same_words, got, right))
    if isinstance(right, list):
        return isinstance(got, list | tuple) and list(map(str, got)) == right
    if isinstance(right, str) and isinstance(got, str):
        return got.strip().rstrip(".").lower() == right
    return same(got, right)


EXERCISE = Exercise(
    solution=which_mistake,
    cases=batch_cases,
    slips=MISTAKE_SLIPS,
    returns='one of the four texts: "none", "not divided by 255", "not normalised", "the article\'s numbers"',
    same=same_words,
    why="With a black and a white pixel in the batch, its smallest and largest number are those of the table, and "
    "they differ in each of the four cases.",
    notice="Numbers cannot tell you that red and blue have changed places, or that the photo stands on its head.",
    hints=(
        "A black and a white pixel are in each batch. What do they become in each of the four cases?",
        "`batch.min()` and `batch.max()` are enough. Which of the four has a largest number that no other reaches?",
        "Ask for the undivided one first. Of the other three, the smallest numbers are about -2, -1 and 0.",
    ),
)
