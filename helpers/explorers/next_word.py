"""Page 13: type the beginning of a sentence, and see the words that a language model expects next."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import torch
from ipywidgets import BoundedFloatText, Text, VBox
from torch import Tensor

from helpers.data.text import words_of
from helpers.explorers.base import BLUE, ORANGE, Scene, few_ticks, live, new_scene, with_slider
from helpers.picture import plain_style
from helpers.plots import INK

EXAMPLE = "returns the number of"
LONGEST = 60  # characters of the text that are read
MOST = 10  # typed tokens that the picture shows, the last ones
LIKELIEST = 8  # next words in the picture
UNKNOWN, START = 1, 2  # numbers of the signs that stand for an unknown word and for the start of a sentence

Logits = Callable[[Tensor], Tensor]  # (1, T) numbers of words -> (1, T, V) logits of the word after each


@plain_style
def next_word_picture(
    logits_of: Logits, vocabulary: Sequence[str], text: str = EXAMPLE, temperature: float = 1.0
) -> Scene:
    """Page 13: at the left the surprisal (bits) of each typed word, at the right the likeliest next words.

    Args:
        logits_of: a language model; its first word is the start of a sentence.
        vocabulary: V words by their numbers; 1 is the unknown word and 2 the start of a sentence.
        text: what was typed, of which the first 60 characters are read; without a word in it, the first words of a
            sentence are shown.
        temperature: divides the logits of the next word; the surprisals are those at 1.

    Raises:
        ValueError: the temperature is not above 0.
    """
    if not temperature > 0:
        raise ValueError(f"the temperature must be above 0, got {temperature}")
    read = text[:LONGEST]
    typed = words_of(read) if any(letter.isalpha() and letter.isascii() for letter in read) else []
    numbers = {word: i for i, word in enumerate(vocabulary)}
    ids = torch.tensor([[START, *(numbers.get(word, UNKNOWN) for word in typed)]])
    with torch.no_grad():
        logits = logits_of(ids)[0].double()
    bits = -logits[:-1].log_softmax(dim=1).gather(1, ids[0, 1:, None])[:, 0] / math.log(2)
    chances = (logits[-1] / temperature).softmax(dim=0)
    best = chances.topk(min(LIKELIEST, len(vocabulary)))
    names = [vocabulary[i] for i in best.indices.tolist()]
    shown = [word if word in numbers else f"{word} (unknown)" for word in typed]
    surprise = list(zip(shown, bits.tolist(), strict=True))[-MOST:]
    told = _tell(shown, bits.tolist(), names, best.values.tolist(), temperature)
    if typed != shown:
        told += " Unknown words count as one and the same word."
    if len(text) > LONGEST:
        told += f" Only the first {LONGEST} characters are read."
    picture = new_scene(7.2, 2.6, told)
    _bars(picture, 0.19, [name for name, _ in surprise], [value for _, value in surprise], ORANGE, "{:.1f}", 14)
    _bars(picture, 0.66, names, best.values.tolist(), BLUE, "{:.2f}", 1)
    picture.text(0.19, 0.94, "surprisal of your words (bits)", fontsize=9, color=INK)
    picture.text(0.6, 0.94, f"next word, temperature {temperature:g}: probability", fontsize=9, color=INK)
    return picture


def next_word_explorer(logits_of: Logits, vocabulary: Sequence[str], text: str = EXAMPLE) -> VBox:
    """Page 13: type a sentence's beginning, change the temperature; see `next_word_picture`."""
    field = Text(text, description="your words", continuous_update=True, layout={"width": "420px"})
    options = {"min": 0.1, "max": 3.0, "step": 0.1, "layout": {"width": "160px"}}
    heat = BoundedFloatText(1.0, description="temperature", **options)

    def render(text: str, temperature: float) -> Scene:
        return next_word_picture(logits_of, vocabulary, text, temperature)

    return live(render, {"text": field, "temperature": heat}, [field, with_slider(heat)])


def _bars(
    picture: Scene, left: float, names: list[str], values: list[float], colour: str, number: str, longest: float
) -> None:
    """Horizontal bars with their names at the left and their numbers at the right, from the top down."""
    axes = picture.add_axes((left, 0.04, 0.24, 0.85))
    axes.set_xlim(0, max([longest, *values]))
    axes.set_ylim(MOST - 0.4, -0.6)
    axes.barh(range(len(names)), values, color=colour, height=0.62)
    for row, (name, value) in enumerate(zip(names, values, strict=True)):
        short = name if len(name) <= 16 else f"{name[:15]}…"
        look = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 9, "color": INK}
        axes.text(-0.02, row, short, ha="right", parse_math=False, **look)
        axes.text(1.02, row, number.format(value), ha="left", **look)
    few_ticks(axes, (), ())
    axes.spines[:].set_visible(False)


def _tell(typed: list[str], bits: list[float], names: list[str], chances: list[float], temperature: float) -> str:
    """What the picture shows, in words."""
    told = "No word is typed yet. "
    if typed:
        most = max(range(len(typed)), key=bits.__getitem__)
        told = (
            f"After {' '.join(typed[-MOST:])!r}: the mean surprisal is {sum(bits) / len(bits):.1f} bits per word, and "
            f"{typed[most]!r} surprised most ({bits[most]:.1f} bits). "
        )
    next_words = ", ".join(f"{name} {chance:.0%}" for name, chance in zip(names[:4], chances[:4], strict=True))
    return f"{told}The likeliest next words at temperature {temperature:g}: {next_words}."
