"""Exercise 14.4. The text of the likeliest path, as CTC reads it."""

from __future__ import annotations

import itertools

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn

SYMBOLS = ["-", "a", "b", "c"]


def greedy_decode(probs, symbols):
    """The likeliest symbol at each place, repeats made one, then blanks (symbol 0) taken out."""
    text, before = "", 0
    for best in probs.argmax(dim=1):
        if best != before and best != 0:
            text += symbols[best]
        before = best
    return text


def path_cases() -> list[tuple]:
    """Paths with runs, double letters with and without a blank between, blanks at both ends, and blanks alone."""
    paths = ("0", "1", "11", "101", "1101", "0110", "1001", "12", "121", "1221", "1022", "000", "2210", "0121")
    paths += ("1011", "22022", "33", "3033", "112233", "130013", "0300", "20110", "12021", "3131")

    def make(generator: torch.Generator, i: int) -> tuple:
        count = 4 if "3" in paths[i] or i % 2 else 3
        names = SYMBOLS[:count] if i % 3 else ["_", "x", "y", "z"][:count]
        probs = 0.2 * torch.rand(len(paths[i]), count, generator=generator)
        for t, symbol in enumerate(paths[i]):
            probs[t, int(symbol)] += 0.5
        return (probs / probs.sum(dim=1, keepdim=True)).round(decimals=2), names

    return drawn(make, count=len(paths))


def _path(probs: Tensor) -> list[int]:
    return probs.argmax(dim=1).tolist()


def _collapsed(path: list[int]) -> list[int]:
    return [best for i, best in enumerate(path) if i == 0 or best != path[i - 1]]


def _text(path: list[int], symbols: list[str]) -> str:
    return "".join(symbols[best] for best in path)


DECODE_SLIPS = {
    "Equal letters with a blank between become one in yours. Compare with the place before, be it a blank or not.": (
        lambda probs, symbols: _text(_collapsed([best for best in _path(probs) if best]), symbols)
    ),
    "Yours is a list of symbols. Return one text: `''.join(...)` makes one of them.": (
        lambda probs, symbols: tuple(symbols[best] for best in _collapsed(_path(probs)) if best)
    ),
    "A letter at the end of the path is lost: no other place follows it, and it counts, too.": (
        lambda probs, symbols: _text([a for a, b in itertools.pairwise(_path(probs)) if a not in (b, 0)], symbols)
    ),
    "Repeats stay in yours: a letter that lasts several places is one letter.": (
        lambda probs, symbols: _text([best for best in _path(probs) if best], symbols)
    ),
    "The blanks stay in yours. Take symbol 0 out at the end.": (
        lambda probs, symbols: _text(_collapsed(_path(probs)), symbols)
    ),
    "Yours is the path as it is, a symbol for each place. Make repeats one, and take the blanks out.": (
        lambda probs, symbols: _text(_path(probs), symbols)
    ),
    "Each letter comes once in yours. Only *neighbours* that are equal become one.": (
        lambda probs, symbols: _text([best for best in dict.fromkeys(_path(probs)) if best], symbols)
    ),
    "Each letter comes once in yours, in the order of the symbols. Go along the path.": (
        lambda probs, symbols: _text(sorted({best for best in _path(probs) if best}), symbols)
    ),
    "The first place of the path is left out. It has no neighbour before it, and counts if it is no blank.": (
        lambda probs, symbols: _text([b for a, b in itertools.pairwise(_path(probs)) if b not in (a, 0)], symbols)
    ),
    "At the first place you compare with the *last* one: `path[-1]` is the end of the path.": (
        lambda probs, symbols: _text(
            [b for a, b in zip([_path(probs)[-1], *_path(probs)], _path(probs), strict=False) if b not in (a, 0)],
            symbols,
        )
    ),
    "You take out the sign `-`. The blank is `symbols[0]`, however it is written.": (
        lambda probs, symbols: _text(_collapsed(_path(probs)), symbols).replace("-", "")
    ),
    "You take the last symbol for the blank. It is the first, symbol 0.": (
        lambda probs, symbols: _text([b for b in _collapsed(_path(probs)) if b != len(symbols) - 1], symbols)
    ),
    "The likeliest symbol is looked up down the columns. Each row is a place: take `argmax(dim=1)`.": (
        lambda probs, symbols: _text([b for b in _collapsed(probs.argmax(dim=0).tolist()) if b], [*symbols, *"?????"])
    ),
}

EXERCISE = Exercise(
    solution=greedy_decode,
    cases=path_cases,
    slips=DECODE_SLIPS,
    returns="one text, which may be empty",
    why="Go from place to place and keep what the place before had: a symbol counts where it is new and no blank.",
    notice="The likeliest path need not spell the likeliest text: many paths spell one text, and their sum counts.",
    hints=(
        "`probs.argmax(dim=1)` is the path. When does a symbol of the path count as a new letter?",
        "It counts if it differs from the place before, and is not the blank.",
        "Keep the symbol of the place before in a name, and set it anew in *each* round of the loop, after a blank, too.",
    ),
)
