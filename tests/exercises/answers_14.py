"""Answers to page 14: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import itertools
import math

import numpy as np
from exercise_answers import Answers


def by_sines(frame, rate):
    """The same by the whole Fourier transform of NumPy, and its frequencies."""
    frame = np.asarray(frame)
    strength, hertz = np.abs(np.fft.fft(frame)), np.fft.fftfreq(len(frame), 1 / rate)
    return max((s, abs(f)) for s, f in zip(strength, hertz, strict=True) if f)[1]


def bin_of(frame, first=1):
    return int(np.abs(np.fft.rfft(np.asarray(frame)))[first:].argmax()) + first


def by_linspace(count, low, high):
    mels = np.linspace(*(1127.01048 * np.log1p(np.array([low, high]) / 700)), count + 2)
    return 700 * np.expm1(mels[1:-1] / 1127.01048)


def mel(hertz):
    return 2595 * math.log10(1 + hertz / 700)


def hertz(place):
    return 700 * (10 ** (place / 2595) - 1)


def by_ratio(formants, means, words, throat):
    gaps = np.log(np.asarray(formants) / throat / np.asarray(means))
    return words[int(np.linalg.norm(gaps, axis=1).argmin())]


def nearest(gaps):
    return int(np.square(np.asarray(gaps)).sum(axis=1).argmin())


def by_groups(probs, symbols):
    path = np.asarray(probs).argmax(axis=1)
    return "".join(symbols[best] for best, _ in itertools.groupby(path) if best)


def blanks_first(probs, symbols):
    path = [best for best in probs.argmax(dim=1).tolist() if best]
    return "".join(symbols[best] for best, _ in itertools.groupby(path))


def forgets_blanks(probs, symbols):
    """Remembers the last letter only, so a blank between two does not part them."""
    text, before = "", 0
    for best in probs.argmax(dim=1).tolist():
        if best and best != before:
            text += symbols[best]
            before = best
    return text


def next_place(probs, symbols):
    path = probs.argmax(dim=1).tolist()
    return "".join(symbols[a] for a, b in itertools.pairwise(path) if a and a != b)


ANSWERS = {
    "14.1": Answers(
        right=by_sines,
        wrong={
            "number of the bin": lambda frame, rate: bin_of(frame),
            "The constant counts": lambda frame, rate: bin_of(frame, 0) * rate / len(frame),
            "one bin too low": lambda frame, rate: (bin_of(frame) - 1) * rate / len(frame),
            "how many bins there are": lambda frame, rate: bin_of(frame) * rate / (len(frame) // 2 + 1),
            "half of the rate": lambda frame, rate: bin_of(frame) * (rate / 2) / (len(frame) // 2),
            "size of the largest": lambda frame, rate: np.abs(np.fft.rfft(np.asarray(frame)))[1:].max(),
            "divide by the rate": lambda frame, rate: bin_of(frame) * len(frame) / rate,
            "one swing": lambda frame, rate: len(frame) / rate / bin_of(frame),
        },
    ),
    "14.2": Answers(
        right=by_linspace,
        wrong={
            "equally far apart in Hz": lambda count, low, high: np.linspace(low, high, count + 2)[1:-1],
            "Those are mel": lambda count, low, high: np.linspace(mel(low), mel(high), count + 2)[1:-1],
            "Yours begin with the low end": lambda count, low, high: hertz(np.linspace(mel(low), mel(high), count)),
            "The low end": lambda count, low, high: hertz(np.linspace(mel(low), mel(high), count + 1)[:-1]),
            "The high end": lambda count, low, high: hertz(np.linspace(mel(low), mel(high), count + 1)[1:]),
            "both ends with the others": lambda count, low, high: hertz(np.linspace(mel(low), mel(high), count + 2)),
            "natural logarithm": lambda count, low, high: hertz(
                np.linspace(2595 * math.log(1 + low / 700), 2595 * math.log(1 + high / 700), count + 2)[1:-1]
            ),
            "count from 1": lambda count, low, high: hertz(np.linspace(mel(low), mel(high), count + 2)[:-2]),
            "multiply by 700": lambda count, low, high: [
                700 * 10 ** (m / 2595) - 1 for m in np.linspace(mel(low), mel(high), count + 2)[1:-1]
            ],
            "in Hz and return mel": lambda count, low, high: [
                mel(f) for f in np.linspace(low, high, count + 2)[1:-1].tolist()
            ],
            "highest to the lowest": lambda count, low, high: by_linspace(count, low, high)[::-1].tolist(),
        },
    ),
    "14.3": Answers(
        right=by_ratio,
        wrong={
            "You compare Hz": lambda f, means, words, throat: words[nearest(f / throat - means)],
            "throat changes nothing": lambda f, means, words, throat: words[
                nearest((f / throat).log() - (means / throat).log())
            ],
            "The throat counts the wrong way": lambda f, means, words, throat: words[
                nearest((f * throat).log() - means.log())
            ],
            "before you take the logarithm": lambda f, means, words, throat: words[
                nearest(f.log() / throat - means.log())
            ],
            "first formant alone": lambda f, means, words, throat: words[
                nearest((f / throat).log()[:1] - means.log()[:, :1])
            ],
            "last word of the list": lambda f, means, words, throat: words[len(means) - 1],
            "sums of the formants": lambda f, means, words, throat: words[
                int((f / throat - means).sum(dim=1).abs().argmin())
            ],
            "never uses its argument `words`": lambda f, means, words, throat: nearest(
                (f / throat).log() - means.log()
            ),
        },
    ),
    "14.4": Answers(
        right=by_groups,
        wrong={
            "Equal letters with a blank between": blanks_first,
            "become one in yours": forgets_blanks,
            "a list of symbols": lambda probs, symbols: list(by_groups(probs, symbols)),
            "A letter at the end of the path is lost": next_place,
            "Repeats stay": lambda probs, symbols: "".join(symbols[b] for b in probs.argmax(dim=1) if b),
            "The blanks stay": lambda probs, symbols: "".join(
                symbols[b] for b, _ in itertools.groupby(probs.argmax(dim=1).tolist())
            ),
            "the path as it is": lambda probs, symbols: "".join(symbols[b] for b in probs.argmax(dim=1)),
            "Each letter comes once": lambda probs, symbols: "".join(dict.fromkeys(by_groups(probs, symbols))),
            "last symbol for the blank": lambda probs, symbols: "".join(
                symbols[b] for b, _ in itertools.groupby(probs.argmax(dim=1).tolist()) if b != len(symbols) - 1
            ),
        },
    ),
}
EQUIVALENT = {
    "14.1": {
        "len(frame + 1)": "as long as the frame",
        "best * rate / len(-frame)": "as long as the frame",
        "torch.fft.rfft(frame + 1)": "a constant more changes bin 0 alone",
        "torch.fft.rfft(-frame)": "the size of the spectrum stays",
    },
    "14.3": {
        "(own - means.log()).square().mean(dim=1)": "the sum divided by F for every word",
        "means.log() - own": "its square is the same",
    },
    "14.4": {
        "('', -1)": "a blank in the first frame adds nothing either way",
        "(probs + 1).argmax": "the same order",
    },
}
