"""Exercise 14.1. The frequency at which the spectrum of a frame is largest."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def loudest_frequency(frame, rate):
    """The frequency in Hz of the largest spectrum of a frame, a constant left out."""
    strength = torch.fft.rfft(frame).abs()
    best = strength[1:].argmax() + 1
    return best * rate / len(frame)


def frame_cases() -> list[tuple]:
    """Short frames of even and odd lengths at several rates, on a constant that is often the largest of all."""

    def make(generator: torch.Generator, i: int) -> tuple:
        size, rate = (8, 5, 6, 7, 4, 9)[i % 6], (8, 100, 10, 16000, 50, 10000)[(i + i // 6) % 6]
        k = 1 + (i + i // 6) % (size // 2)
        angle = 2 * torch.pi * k * torch.arange(size) / size + (0.4, 1.3, 2.9)[i % 3]
        small = 0.1 * torch.randn(size, generator=generator)
        return (torch.cos(angle) + small + (0, 3, -2)[i % 3]).round(decimals=2), rate

    return drawn(make)


def _best(frame: torch.Tensor) -> int:
    return int(torch.fft.rfft(frame).abs()[1:].argmax()) + 1


LOUDEST_SLIPS = {
    "That is the number of the bin. Its frequency in Hz depends on the rate and on how long the frame is.": (
        lambda frame, rate: _best(frame)
    ),
    "The constant counts in yours: bin 0 is the sum of the frame, and no tone. Look from bin 1 on.": (
        lambda frame, rate: int(torch.fft.rfft(frame).abs().argmax()) * rate / len(frame)
    ),
    "Your bins are counted from the first one that you kept, so each frequency is one bin too low.": (
        lambda frame, rate: (_best(frame) - 1) * rate / len(frame)
    ),
    "You divide by how many bins there are. Two bins lie rate / N apart, where N is the length of the frame.": (
        lambda frame, rate: _best(frame) * rate / (len(frame) // 2 + 1)
    ),
    "You share half of the rate among the bins. That fits if N is even; for an odd N the last bin lies below it.": (
        lambda frame, rate: _best(frame) * rate / 2 / (len(frame) // 2)
    ),
    "That is the size of the largest spectrum. Where does it stand?": (
        lambda frame, rate: torch.fft.rfft(frame).abs()[1:].max().item()
    ),
    "You divide by the rate. In one second there are `rate` samples: a frequency grows with the rate.": (
        lambda frame, rate: _best(frame) * len(frame) / rate
    ),
    "You multiply the frame by a window. Here the spectrum is taken without one.": (
        lambda frame, rate: _best(frame * torch.hann_window(len(frame))) * rate / len(frame)
    ),
    "You look at the real part alone, and sines are in the imaginary part. `abs()` takes both.": (
        lambda frame, rate: (int(torch.fft.rfft(frame).real[1:].argmax()) + 1) * rate / len(frame)
    ),
    "That is how long one swing takes. The frequency is one divided by it.": (
        lambda frame, rate: len(frame) / (_best(frame) * rate)
    ),
}

EXERCISE = Exercise(
    solution=loudest_frequency,
    cases=frame_cases,
    slips=LOUDEST_SLIPS,
    returns="one number, a frequency in Hz",
    why="Bin k makes k turns within the frame, and the frame lasts len(frame) / rate seconds: k * rate / len(frame) "
    "turns a second. Bin 0 makes none.",
    notice="With this page's frames of 320 samples at 10,000 a second, bin 20 is 625 Hz.",
    hints=(
        "`torch.fft.rfft(frame).abs()` is the spectrum. Which bin is the largest, if bin 0 does not count?",
        "Bin k turns k times within the frame. How many seconds does the frame last?",
        "The frame lasts `len(frame) / rate` seconds. After `[1:]`, add 1 to the place that `argmax` returns.",
    ),
)
