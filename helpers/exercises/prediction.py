"""Predict, then run: `reveal` says how far off your guess was, and why."""

from __future__ import annotations

from collections.abc import Sequence

from helpers.exercises.notes import Note

Guess = float | str | Sequence[int]


def reveal(
    guess: Guess | None, truth: Guess, why: str = "", *, unit: str = "", close: float = 0.1, exact: float = 1e-3
) -> Note:
    """Compare what you predicted with what came out. Without a guess it only tells.

    Args:
        guess: what you predicted: a number, a shape or a list of numbers, or one of the words offered;
            `...` or None if you made no guess.
        truth: what came out.
        why: the reason, in a sentence.
        unit: of a number, such as "%".
        close: how near counts as close, as a share of the truth.
        exact: how near counts as the same number, as a share of the truth.

    Example:
        >>> from helpers.exercises import reveal
        >>> reveal((2, 3), (2, 4), "The kernel fits at three places.")
        Off. You said (2, 3), it is (2, 4); number 2 differs. The kernel fits at three places.
    """
    truth = tuple(truth) if isinstance(truth, Sequence) and not isinstance(truth, str) else truth
    told = _tell(truth, unit)
    if guess is None or guess is ...:
        return Note("No guess", f"It is {told}. {why}")
    if isinstance(truth, str):
        hit = str(guess).strip().casefold() == truth.casefold()
        return Note(
            "You said so" if hit else "Off", f"It is {told}. {why}" if hit else f"You said {guess}, it is {told}. {why}"
        )
    if isinstance(truth, tuple):
        return _reveal_numbers(guess, truth, why)
    try:
        difference = float(guess) - float(truth)
    except (TypeError, ValueError):
        return Note("Unclear", f"A number was asked, and your guess is `{guess!r}`. It is {told}. {why}")
    if abs(difference) <= 1e-9 + exact * abs(truth):
        return Note("You said so", f"It is {told}. {why}")
    heading = "Close" if abs(difference) <= close * abs(truth) else "Off"
    side = "too high" if difference > 0 else "too low"
    gap = _tell(abs(difference), "points" if unit == "%" else unit)  # between two percentages
    return Note(heading, f"You said {_tell(guess, unit)}, it is {told}: {gap} {side}. {why}")


def _reveal_numbers(guess: object, truth: tuple, why: str) -> Note:
    if isinstance(guess, str) or not isinstance(guess, Sequence):
        return Note("Unclear", f"{len(truth)} numbers in brackets were asked. It is {truth}. {why}")
    guess = tuple(guess)
    if guess == truth:
        return Note("You said so", f"It is {truth}. {why}")
    if len(guess) != len(truth):
        return Note("Off", f"You said {len(guess)} numbers, it is {len(truth)}: {truth}. {why}")
    wrong = [str(i + 1) for i in range(len(truth)) if guess[i] != truth[i]]
    verb = "differs" if len(wrong) == 1 else "differ"
    return Note("Off", f"You said {guess}, it is {truth}; number {' and '.join(wrong)} {verb}. {why}")


def _tell(value: Guess, unit: str) -> str:
    number = f"{value:.3g}" if isinstance(value, float) and abs(value) < 1000 else f"{value}"
    return f"{number} {unit}".strip()
