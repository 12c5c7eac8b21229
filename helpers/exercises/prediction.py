"""Predict, then run: `reveal` says how far off your guess was, and why."""

from __future__ import annotations

import ast
import math
import re
import unicodedata
from collections.abc import Sequence

from helpers.exercises.notes import Note

Guess = float | str | Sequence[float]
NUMBER = re.compile(r"(?:about|ca\.?|~|=)?\s*([-+]?[\d.]+(?:e[-+]?\d+)?)(?:\s*/\s*([\d.]+))?\s*\D*")  # and a unit
SAME = {"yes": "true", "y": "true", "no": "false", "n": "false"}  # two ways to write one answer


def reveal(
    guess: Guess | None, truth: Guess, why: str = "", *, unit: str = "", close: float = 0.1, exact: float = 1e-3
) -> Note:
    """Compare what you predicted with what came out. Without a guess it only tells.

    Args:
        guess: what you predicted: a number, a shape or a list of numbers, or one of the words offered, in any
            spelling; `...` or None if you made no guess.
        truth: what came out.
        why: the reason, in a sentence.
        unit: of a number, such as "%".
        close: how near counts as close, as a share of the truth.
        exact: how near counts as the same number, as a share of the truth.

    Example:
        >>> from helpers.exercises import reveal
        >>> reveal((2, 3), (2, 4), "The kernel fits at three places.")
        Off. You said (2, 3), it is (2, 4); number 2 differs. The kernel fits at three places.
        >>> reveal("1,000 images", 1000).heading
        'You said so'
    """
    if not 0 <= close < 1:
        raise ValueError(f"close={close}: give a share of the truth, from 0 to below 1, such as 0.1")
    truth = _plain(truth)
    told = _tell(truth, unit)
    guess = _plain(guess)
    if guess is None or guess is ... or (isinstance(guess, str) and not _word(guess)):
        return Note("No guess", f"It is {told}. {why}")
    if isinstance(truth, str):
        hit = _word(guess) == _word(truth)
        return Note("You said so" if hit else "Off", f"{_said(guess, '', hit)}It is {told}. {why}")
    if isinstance(truth, tuple):
        return _reveal_numbers(_numbers(guess), guess, truth, why)
    return _reveal_number(_number(guess, unit), guess, truth, why, unit, close, exact)


def _reveal_number(
    number: float | None, guess: object, truth: float, why: str, unit: str, close: float, exact: float
) -> Note:
    told = _tell(truth, unit)
    if number is None:
        return Note("Unclear", f"A number was asked, and your guess is `{guess!r}`. It is {told}. {why}")
    if not math.isfinite(number):
        return Note(
            "Unclear", f"Your guess is {number}, which is no number to compare with. It is {told}. {why}".strip()
        )
    shown = _tell(number, unit)
    rounded = _rounded_as(number, truth)
    difference = number - truth
    if abs(difference) <= 1e-9 + exact * abs(truth) or rounded:
        return Note("You said so", f"It is {told}. {why}")
    if unit == "%" and abs(100 * number - truth) <= max(exact, close / 2) * abs(truth):
        hint = f"{number:g} is a share; in per cent it is {100 * number:g}."
        return Note("Close", f"{hint} It is {told}. {why}")
    heading = "Close" if abs(difference) <= close * abs(truth) else "Off"
    side = "too high" if difference > 0 else "too low"
    gap = _tell(abs(difference), "points" if unit == "%" else unit)  # between two percentages
    return Note(heading, f"You said {shown}, it is {told}: {gap} {side}. {why}")


def _reveal_numbers(numbers: tuple | None, guess: object, truth: tuple, why: str) -> Note:
    if numbers is None:
        return Note(
            "Unclear",
            f"{len(truth)} numbers in brackets were asked, and your guess is `{guess!r}`. It is {truth}. {why}".strip(),
        )
    if len(numbers) == len(truth) and all(
        math.isclose(a, b, rel_tol=1e-6) for a, b in zip(numbers, truth, strict=True)
    ):
        return Note("You said so", f"It is {truth}. {why}")
    if len(numbers) != len(truth):
        count = "1 number" if len(numbers) == 1 else f"{len(numbers)} numbers"
        return Note("Off", f"You said {count}, it is {len(truth)}: {truth}. {why}")
    if sorted(numbers) == sorted(truth):
        return Note("Close", f"The right numbers in another order: you said {numbers}, it is {truth}. {why}")
    wrong = [str(i + 1) for i in range(len(truth)) if numbers[i] != truth[i]]
    verb = "differs" if len(wrong) == 1 else "differ"
    return Note("Off", f"You said {numbers}, it is {truth}; number {' and '.join(wrong)} {verb}. {why}")


def _plain(value: object) -> object:
    """Tensors and arrays as Python numbers and tuples, lists as tuples; all else as it is."""
    if hasattr(value, "tolist"):
        value = value.tolist()
    if isinstance(value, list | tuple):
        return tuple(map(_plain, value))
    return value


def _word(answer: object) -> str:
    """An answer in words, without what does not matter: case, hyphens, spaces, full stops, quotes, articles."""
    text = unicodedata.normalize("NFKC", str(answer)).casefold()
    words = [word for word in re.findall(r"\w+", text.replace("_", " ")) if word not in ("the", "a", "an")]
    return SAME.get("".join(words), "".join(words))


def _number(guess: object, unit: str) -> float | None:
    """What a person means by "1,000", "50 %", "1e-3", 1/3 in quotes, or a tensor with one number."""
    if isinstance(guess, tuple) and len(guess) == 1:
        guess = guess[0]
    if isinstance(guess, str):
        text = unicodedata.normalize("NFKC", guess).strip().rstrip(".").replace("−", "-").casefold()
        text = re.sub(r"(?<=\d)[,' _](?=\d{3}\b)", "", text)  # thousands
        text = re.sub(r"(?<=\d),(?=\d)", ".", text)  # a decimal comma
        found = NUMBER.fullmatch(text)
        if not found:
            return None
        try:
            return float(found.group(1)) / float(found.group(2) or 1)
        except (ValueError, ZeroDivisionError):
            return None
    try:
        return float(guess)
    except OverflowError:
        return math.inf
    except (TypeError, ValueError):
        return None


def _numbers(guess: object) -> tuple | None:
    """A guess of several numbers, also when it stands in quotes; None where it is something else."""
    if isinstance(guess, str):
        try:
            guess = _plain(ast.literal_eval(guess.replace("x", ",").replace("×", ",").strip().rstrip(".")))
        except (ValueError, SyntaxError):
            return None
    if not isinstance(guess, tuple) or not all(isinstance(part, int | float) for part in guess):
        return None
    return tuple(guess)


def _rounded_as(number: float, truth: float) -> bool:
    """Whether the guess is the truth, rounded to the decimals that the guess has, with three digits at least."""
    decimals = len(repr(number).partition(".")[2]) if "e" not in repr(number) else 0
    digits = len(repr(number).replace(".", "").replace("-", "").lstrip("0"))
    return digits >= 3 and round(truth, decimals) == number


def _said(guess: object, unit: str, hit: bool) -> str:
    return "" if hit else f"You said {_tell(guess, unit)}. "


def _tell(value: Guess, unit: str) -> str:
    if isinstance(value, float):
        text = f"{value:.3g}" if abs(value) < 1000 else f"{value:,.0f}" if abs(value) < 1e9 else f"{value:.3g}"
    else:
        text = f"{value:,}" if type(value) is int else str(value)
    return f"{text if len(text) <= 40 else text[:40] + '...'} {unit}".strip()
