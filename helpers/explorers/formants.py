"""Page 14: move two formants and the pitch of a simulated voice; see its spectrogram, its nearest word, and hear it."""

from __future__ import annotations

import functools
import math

import torch
from ipywidgets import HTML, Audio, BoundedIntText, Button, HBox, VBox
from matplotlib.lines import Line2D
from torch import Tensor

from helpers.data.audio import MEANS, RATE, WORDS, vowel, wav_bytes
from helpers.explorers.base import BLUE, ORANGE, Scene, few_ticks, live, new_scene, with_slider
from helpers.picture import name_axes, plain_style
from helpers.plots import INK

SECONDS = 0.3
SIZE, HOP = 320, 80  # of the spectrogram's frames, in samples
F1, F2, PITCH = (200, 1100), (600, 3500), (80, 400)  # Hz, lowest and highest
HIGHEST = RATE // 2 - 500  # the third formant stays below


def third_formant(f2: int) -> int:
    """The formant that has no control of its own: 2,500 Hz, or 500 above the second where that is higher.

    Example:
        >>> from helpers.explorers.formants import third_formant
        >>> third_formant(1000), third_formant(3000)
        (2500, 3500)
    """
    return min(max(2500, f2 + 500), HIGHEST)


def nearest_word(f1: float, f2: float) -> tuple[str, float]:
    """The word whose mean formants of men are nearest, as logarithms, and how far it is: 0.1 is about 10 %.

    Example:
        >>> from helpers.explorers.formants import nearest_word
        >>> nearest_word(270, 2290)
        ('heed', 0.0)
    """
    distances = [math.hypot(math.log(f1 / own[1]), math.log(f2 / own[2])) for own in MEANS["men"]]
    best = min(range(len(WORDS)), key=distances.__getitem__)
    return WORDS[best], distances[best]


@plain_style
def formants_picture(f1: int = 270, f2: int = 2290, pitch: int = 136) -> Scene:
    """Page 14: the spectrogram of a simulated vowel, and where it lies among the words of men.

    Args:
        f1, f2: the first two formants in Hz.
        pitch: pulses a second.
    """
    word, distance = nearest_word(f1, f2)
    # a formant is heard through the harmonics near it: those are multiples of the pitch
    heard = [pitch * max(1, round(formant / pitch)) for formant in (f1, f2)]
    near = f'on the mean of "{word}"' if distance < 0.005 else f'nearest to "{word}", {_apart(distance)}'
    words = (
        f"Simulated voice, pitch {pitch} Hz: bright lines at {pitch} Hz and its multiples. Formants at {f1} Hz and "
        f"{f2} Hz (the third at {third_formant(f2)} Hz): the multiples nearest to the first two are {heard[0]} Hz and "
        f"{heard[1]} Hz. Among men's words it lies {near}."
    )
    picture = new_scene(7.2, 2.9, words)
    axes = picture.add_axes((0.08, 0.18, 0.38, 0.68))
    axes.imshow(
        _spectrogram(f1, f2, pitch).numpy(),
        cmap="gray",
        vmin=0,
        vmax=1,
        origin="lower",
        aspect="auto",
        interpolation="nearest",
        extent=(0, SECONDS, 0, RATE / 2000),
    )
    few_ticks(axes, (), (0, 2, 4))
    name_axes(axes, f"time ({SECONDS} s in all)", "frequency (kHz)")
    for name, formant in (("F1", f1), ("F2", f2)):
        axes.text(SECONDS * 1.02, formant / 1000, name, fontsize=9, color=BLUE, va="center")
    picture.text(0.08, 0.91, "spectrogram, simulated", fontsize=9, color=INK)
    axes = picture.add_axes((0.62, 0.18, 0.36, 0.68))
    axes.set_xlim(-math.log(F2[1] * 1.08), -math.log(F2[0] / 1.08))  # as phoneticians draw it: from the right, and
    axes.set_ylim(-math.log(F1[1] * 1.08), -math.log(F1[0] / 1.08))  # from the top
    for name, means in zip(WORDS, MEANS["men"], strict=True):
        axes.text(-math.log(means[2]), -math.log(means[1]), name, fontsize=8, color=INK, ha="center", va="center")
    look = {"markerfacecolor": "none", "markeredgecolor": ORANGE, "markeredgewidth": 2}
    axes.add_artist(Line2D([-math.log(f2)], [-math.log(f1)], marker="o", markersize=15, **look))  # limits are set
    axes.set_xticks([-math.log(f) for f in (3000, 1000)], ("3000", "1000"))
    axes.set_yticks([-math.log(f) for f in (1000, 300)], ("1000", "300"))
    name_axes(axes, "F2 (Hz), means of men's words", "F1 (Hz)")
    return picture


def formants_explorer() -> VBox:
    """Page 14: move the formants and the pitch, and press a button for the sound; see `formants_picture`.

    The box has `button`, `audio` and `told` beside what every explorer has.
    """
    controls = {
        "f1": _hertz("first formant F1 (Hz)", 270, *F1),
        "f2": _hertz("second formant F2 (Hz)", 2290, *F2),
        "pitch": _hertz("pitch (Hz)", 136, *PITCH, step=4),
    }
    button = Button(description="Make this sound", layout={"width": "150px"})

    def chosen() -> tuple[int, ...]:
        return tuple(controls[name].value for name in ("f1", "f2", "pitch"))

    def told_of(f1: int, f2: int, pitch: int) -> str:
        return f"<p>The player holds F1 {f1} Hz, F2 {f2} Hz, pitch {pitch} Hz. Press its play button.</p>"

    # it holds a sound from the start: a browser reports an error for a player without one
    audio = Audio(value=_sound(*chosen()), format="wav", autoplay=False, loop=False, controls=True)
    told = HTML(told_of(*chosen()))

    def make(_: object = None) -> None:
        audio.value, told.value = _sound(*chosen()), told_of(*chosen())

    button.on_click(make)
    rows = [*(with_slider(field) for field in controls.values()), HBox([button, audio]), told]
    box = live(formants_picture, controls, rows)
    box.button, box.audio, box.told = button, audio, told
    return box


def _hertz(description: str, value: int, low: int, high: int, step: int = 10) -> BoundedIntText:
    return BoundedIntText(value, min=low, max=high, step=step, description=description, layout={"width": "230px"})


@functools.lru_cache(maxsize=64)
def _sound(f1: int, f2: int, pitch: int) -> bytes:
    return wav_bytes(0.5 * vowel(pitch, (f1, f2, third_formant(f2)), seconds=2 * SECONDS))


def _spectrogram(f1: int, f2: int, pitch: int) -> Tensor:
    """Decibels below the loudest as 0 (60 or more) to 1; (frequencies, frames)."""
    wave = vowel(pitch, (f1, f2, third_formant(f2)), SECONDS)
    spectrum = torch.stft(wave, SIZE, HOP, window=torch.hann_window(SIZE), center=False, return_complex=True)
    decibels = 20 * torch.log10(spectrum.abs() + 1e-6)
    return (1 + (decibels - decibels.max()) / 60).clamp(min=0)


def _apart(distance: float) -> str:
    return f"{100 * math.expm1(distance):.0f} % away"
