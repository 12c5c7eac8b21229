"""Exercise 14.2. Frequencies that lie equally far apart on the mel scale."""

from __future__ import annotations

import math

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def mel_centres(count, low, high):
    """`count` frequencies in Hz between low and high, equally far apart in mel."""
    first, last = (2595 * math.log10(1 + hertz / 700) for hertz in (low, high))
    step = (last - first) / (count + 1)
    return [700 * (10 ** ((first + step * k) / 2595) - 1) for k in range(1, count + 1)]


def mel_cases() -> list[tuple]:
    """One centre and several, from 0 and from above, narrow and wide."""

    def make(generator: torch.Generator, i: int) -> tuple:
        low = (0, 60, 100, 250, 1000, 20)[i % 6]
        return 1 + (i + i // 6) % 5, low, low + (4000, 300, 1000, 7750, 50)[(i + i // 5) % 5]

    return drawn(make)


def _mel(hertz: float) -> float:
    return 2595 * math.log10(1 + hertz / 700)


def _hertz(mel: float) -> float:
    return 700 * (10 ** (mel / 2595) - 1)


def _between(count: int, first: float, last: float) -> list[float]:
    return [first + (last - first) * k / (count + 1) for k in range(1, count + 1)]


def _spaced(count: int, low: float, high: float, ends: int) -> list[float]:
    """Equally far apart in mel, with the first (1), the last (2) or both ends (3) among them."""
    places = torch.linspace(_mel(low), _mel(high), count + (ends < 3), dtype=torch.float64).tolist()
    return [_hertz(place) for place in (places[:count] if ends & 1 else places[1:])]


MEL_SLIPS = {
    "Your frequencies are equally far apart in Hz. Go to mel, space them there, and come back.": _between,
    "Those are mel. Turn each of them into Hz at the end.": (
        lambda count, low, high: _between(count, _mel(low), _mel(high))
    ),
    "Yours begin with the low end. Both are left out: `count` frequencies lie between.": (
        lambda count, low, high: _spaced(count, low, high, 3)
    ),
    "The low end is among yours. It is left out.": lambda count, low, high: _spaced(count, low, high, 1),
    "The high end is among yours. It is left out.": lambda count, low, high: _spaced(count, low, high, 2),
    "You return both ends with the others. Only those between are wanted.": (
        lambda count, low, high: [_hertz(m) for m in (_mel(low), *_between(count, _mel(low), _mel(high)), _mel(high))]
    ),
    "You take the natural logarithm on the way there and a power of 10 on the way back. Both belong to 10.": (
        lambda count, low, high: [
            _hertz(m) for m in _between(count, 2595 * math.log(1 + low / 700), 2595 * math.log(1 + high / 700))
        ]
    ),
    "The low end is among yours, and the last place is missing: count from 1.": (
        lambda count, low, high: [_hertz(_mel(low) + (_mel(high) - _mel(low)) * k / (count + 1)) for k in range(count)]
    ),
    "On the way back, the 1 goes before you multiply by 700: brackets around the power and the 1.": (
        lambda count, low, high: [hertz + 699 for hertz in mel_centres(count, low, high)]
    ),
    "You space them in Hz and return mel. It is the other way round: space them in mel, return Hz.": (
        lambda count, low, high: [_mel(hertz) for hertz in _between(count, low, high)]
    ),
    "Yours come from the highest to the lowest. Return the lowest first.": (
        lambda count, low, high: mel_centres(count, low, high)[::-1]
    ),
}

EXERCISE = Exercise(
    solution=mel_centres,
    cases=mel_cases,
    slips=MEL_SLIPS,
    returns="a list of `count` frequencies in Hz, the lowest first",
    why="Turn both ends into mel, divide what lies between into count + 1 equal steps, and turn each inner place back "
    "into Hz.",
    notice="The higher a sound, the more Hz has a step in mel: high sounds share rows.",
    hints=(
        "Which scale are the steps equal on? Turn both ends into it first.",
        "`count` places between two ends leave `count + 1` gaps.",
        "Solve m = 2595 log10(1 + f / 700) for f: divide by 2595, take the power of 10, subtract 1, times 700.",
    ),
)
