"""Ten short words by simulated voices, and a reader for your own recordings; no recorded speech is in here.

A voice is a source and a filter: pulses at the pitch, or hiss, through one resonance for each formant. Built on
page 14.
"""

from __future__ import annotations

import io
import math
import wave
from pathlib import Path
from typing import BinaryIO, NamedTuple

import numpy as np
import torch
from torch import Generator, Tensor

RATE = 10_000  # samples a second
SAMPLES = 6_520  # of a clip: 32 frames of 320 samples, one every 200
WORDS = ("heed", "hid", "head", "had", "hod", "hawed", "hood", "who'd", "hud", "heard")
MEANS = {  # of the pitch and the first three formants in Hz; one row for each word
    "men": (
        (136, 270, 2290, 3010),
        (135, 390, 1990, 2550),
        (130, 530, 1840, 2480),
        (127, 660, 1720, 2410),
        (124, 730, 1090, 2440),
        (129, 570, 840, 2410),
        (137, 440, 1020, 2240),
        (141, 300, 870, 2240),
        (130, 640, 1190, 2390),
        (133, 490, 1350, 1690),
    ),
    "women": (
        (235, 310, 2790, 3310),
        (232, 430, 2480, 3070),
        (223, 610, 2330, 2990),
        (210, 860, 2050, 2850),
        (212, 850, 1220, 2810),
        (216, 590, 920, 2710),
        (232, 470, 1160, 2680),
        (231, 370, 950, 2670),
        (221, 760, 1400, 2780),
        (218, 500, 1640, 1960),
    ),
    "children": (
        (272, 370, 3200, 3730),
        (269, 530, 2730, 3600),
        (260, 690, 2610, 3570),
        (251, 1010, 2320, 3320),
        (256, 1030, 1370, 3170),
        (263, 680, 1060, 3180),
        (276, 560, 1410, 3310),
        (274, 430, 1170, 3260),
        (261, 850, 1590, 3360),
        (261, 560, 1820, 2160),
    ),
}
NOISES = ("hiss", "rumble")
PER_SPEAKER = 2 * len(WORDS)  # each says every word twice
THROAT, MOUTH, PITCH = 0.04, 0.075, 0.12  # spreads of logarithms: a speaker's size, one word's formants, a pitch
PART = 250  # clips that are made at once
QUIETEST = 1e-3  # a clip that swings less than this about its mean is silent, where 1 is the loudest possible
CLIPPED = 0.02  # the share of a clip that may lie at the limit


class Clips(NamedTuple):
    """Simulated clips of one word each."""

    waves: Tensor  # (N, SAMPLES), from -1 to 1
    labels: Tensor  # (N,) which of WORDS
    speakers: Tensor  # (N,) from 0; other sets have other speakers
    voices: Tensor  # (N, 4) pitch and three formants in Hz: what made the clip, and a model must not see


def simulated_words(kinds: tuple[str, ...], count: int, seed: int, noise: str = "hiss") -> Clips:
    """`count` simulated clips of the ten words, 20 from each speaker, in noise and a small room.

    Args:
        kinds: of speakers, in turn: some of "men", "women", "children".
        count: a multiple of 20.
        seed: of everything; another seed has other speakers.
        noise: "hiss" (each frequency as strong) or "rumble" (low ones stronger), 10 to 25 dB below the voice.

    Raises:
        ValueError: an unknown kind or noise, or a count that is no multiple of 20.

    Example:
        >>> from helpers.data.audio import simulated_words
        >>> clips = simulated_words(("men", "children"), 40, seed=0)
        >>> clips.waves.shape, clips.labels[:4].tolist(), clips.speakers[[0, 39]].tolist()
        (torch.Size([40, 6520]), [0, 1, 2, 3], [0, 1])

    Source: the means of G. E. Peterson and H. L. Barney 1952, "Control methods used in a study of the vowels". The
    spreads, lengths, noises and rooms are ours.
    """
    if isinstance(kinds, str):
        raise ValueError(f"kinds {kinds!r}: take a tuple, such as ('men',) or ('men', 'women')")
    unknown = [kind for kind in kinds if kind not in MEANS]
    if unknown or not kinds:
        raise ValueError(f"kinds {unknown or kinds}: choose from {', '.join(MEANS)}")
    if noise not in NOISES:
        raise ValueError(f"noise {noise!r}: choose from {', '.join(NOISES)}")
    if count < 1 or count % PER_SPEAKER:
        raise ValueError(f"count {count}: each speaker says {PER_SPEAKER} clips, so take a multiple of {PER_SPEAKER}")
    generator = Generator().manual_seed(seed)
    labels, speakers = torch.arange(count) % len(WORDS), torch.arange(count) // PER_SPEAKER
    means = torch.tensor([MEANS[kind] for kind in kinds], dtype=torch.float64)[speakers % len(kinds), labels]

    def spread(deviation: float, *shape: int) -> Tensor:
        return (deviation * torch.randn(*shape, generator=generator, dtype=torch.float64)).exp()

    own_throat, own_pitch = spread(THROAT, count)[speakers], spread(PITCH, count)[speakers]
    pitch = means[:, 0] * own_pitch * spread(PITCH / 3, count)
    formants = means[:, 1:] * own_throat[:, None] * spread(MOUTH, count, 3)
    formants = formants.clamp(max=0.48 * RATE)
    waves = [
        _recorded(_spoken(pitch[i : i + PART], formants[i : i + PART], generator), noise, generator)
        for i in range(0, count, PART)
    ]
    voices = torch.cat([pitch[:, None], formants], dim=1)
    return Clips(torch.cat(waves), labels, speakers, voices.float())


def vowel(pitch: float, formants: tuple[float, ...], seconds: float = 0.4) -> Tensor:
    """A steady simulated vowel: pulses at the pitch through a resonance for each formant; (samples,) from -1 to 1.

    Args:
        pitch: pulses a second, in Hz.
        formants: where the filter resonates, in Hz.
        seconds: how long.

    Raises:
        ValueError: a frequency that is not above 0 and below half of the rate, or too short for one pulse.

    Example:
        >>> from helpers.data.audio import vowel
        >>> vowel(pitch=100, formants=(730, 1090, 2440), seconds=0.1).shape
        torch.Size([1000])

    Source: D. H. Klatt 1980, "Software for a cascade/parallel formant synthesizer".
    """
    outside = [f for f in (pitch, *formants) if not 0 < f < RATE / 2]
    if outside:
        raise ValueError(f"{outside[0]:g} Hz: at {RATE} samples a second take more than 0 and less than {RATE // 2} Hz")
    if not seconds * pitch >= 1:
        raise ValueError(f"{seconds:g} seconds hold no whole pulse at {pitch:g} Hz: take {1 / pitch:.3g} or more")
    count = round(seconds * RATE)
    pulses = _pulses(torch.full((1, count), float(pitch), dtype=torch.float64))
    sound = _resonated(pulses, torch.tensor([formants], dtype=torch.float64))[0]
    return (sound / sound.abs().max()).float()


def wav_bytes(samples: Tensor, rate: int = RATE) -> bytes:
    """Samples (N,) from -1 to 1, a tensor, an array or a list, as a WAV file of 16 bits, one channel.

    Raises:
        ValueError: samples of another shape, or beyond -1 to 1; a rate below 1.

    Example:
        >>> import torch
        >>> from helpers.data.audio import wav_bytes
        >>> len(wav_bytes(torch.zeros(100)))  # a head of 44 bytes, then 2 for each sample
        244
    """
    samples = torch.as_tensor(samples)
    if rate < 1:
        raise ValueError(f"rate {rate}: take 1 sample a second or more, such as {RATE}")
    if samples.dim() != 1:
        raise ValueError(f"samples must be one row of numbers, got shape {tuple(samples.shape)}")
    if len(samples) and not samples.abs().max() <= 1:
        raise ValueError(
            f"a sample is {samples.abs().max():.2f}: divide by the largest, so that all lie within -1 to 1"
        )
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setparams((1, 2, rate, 0, "NONE", "not compressed"))
        out.writeframes((samples * 32767).round().to(torch.int16).numpy().astype("<i2").tobytes())
    return file.getvalue()


def read_wav(source: str | Path | bytes | BinaryIO, rate: int = RATE) -> Tensor:
    """The samples (N,) from -1 to 1 of a WAV file of 16 bits and one channel.

    Args:
        source: a path, an open binary file, or what stands in one.
        rate: samples a second that the file must have.

    Raises:
        FileNotFoundError: there is no such file.
        ValueError: no WAV file, another format or rate, several channels, cut off, no sample, silence, or too loud.

    Example:
        >>> import io
        >>> from helpers.data.audio import read_wav, vowel, wav_bytes
        >>> sound = vowel(100, (730, 1090, 2440))
        >>> (read_wav(io.BytesIO(wav_bytes(sound))) - sound).abs().max() < 1e-4
        tensor(True)
    """
    source = io.BytesIO(source) if isinstance(source, bytes) else source
    name = str(getattr(source, "name", "the clip")) if hasattr(source, "read") else str(source)
    save = f"Save it as WAV, 16-bit PCM, one channel (mono), {rate} samples a second"
    try:
        with wave.open(str(source) if isinstance(source, Path) else source, "rb") as file:
            channels, width, found, count = file.getparams()[:4]
            data = file.readframes(count)
    except (wave.Error, EOFError) as error:
        raise ValueError(
            f"{name}: not a WAV file of whole numbers ({str(error) or 'ends too soon'}). {save}"
        ) from error
    faults = [f"{8 * width} bits a sample, and 16 are needed"] * (width != 2)
    faults += [f"{channels} channels, and one is needed"] * (channels != 1)
    if found != rate:
        off = f"read as it is, every frequency would be off by the factor {rate / max(found, 1):.3g}"
        faults.append(f"{found} samples a second, and {rate} are needed: {off}")
    if faults:
        raise ValueError(f"{name}: {'; '.join(faults)}. {save}")
    if len(data) != 2 * count:
        raise ValueError(f"{name}: cut off, {len(data) // 2} of {count} samples are there. Copy it again")
    samples = torch.from_numpy(np.frombuffer(data, dtype="<i2").astype(np.float32) / 32768)
    if len(samples) == 0:
        raise ValueError(f"{name}: no sample in it. Record it again")
    swing = (samples - samples.mean()).abs().max().item()
    if swing < QUIETEST:
        raise ValueError(
            f"{name}: silent, no sample is more than {swing:.5f} of 1 off the mean. Was the microphone on?"
        )
    full = samples.abs() > 0.9999
    clipped = (full[1:] & full[:-1]).double().mean().item()  # one alone may be the top of a wave
    if clipped > CLIPPED:
        raise ValueError(f"{name}: too loud, {clipped:.0%} of it lie at the limit. Record it again, further away")
    return samples


def _pulses(pitch: Tensor) -> Tensor:
    """A pulse of 1 each time that the phase passes a whole number; pitch (N, samples) in Hz."""
    turns = ((pitch / RATE).cumsum(dim=1) + math.pi / 10).floor()  # added: no pulse on the edge of rounding
    return turns.diff(dim=1, prepend=torch.zeros_like(turns[:, :1]))


def _resonated(source: Tensor, formants: Tensor) -> Tensor:
    """Sources (N, samples) through their formants (N, F): the recursion of page 14, by multiplying spectra."""
    count = source.shape[1]
    padded = 2 ** math.ceil(math.log2(count + 1500))  # the tail of a resonance has died before it comes round
    back = torch.exp(-2j * math.pi * torch.arange(padded // 2 + 1, dtype=torch.float64) / padded)
    spectrum = torch.fft.rfft(source, n=padded)
    back = back.to(spectrum.dtype)
    for formant in formants.T:
        b, c = (number[:, None].to(source.dtype) for number in _coefficients(formant))
        spectrum = spectrum * (1 - b - c) / (1 - back * (b + c * back))
    return torch.fft.irfft(spectrum, n=padded)[:, :count]


def _coefficients(formant: Tensor) -> tuple[Tensor, Tensor]:
    """b and c of y[n] = (1 - b - c) x[n] + b y[n - 1] + c y[n - 2], which resonates at the formant (Hz)."""
    radius = torch.exp(-math.pi * (50 + formant / 20) / RATE)  # a bandwidth of 50 Hz and a twentieth
    return 2 * radius * torch.cos(2 * math.pi * formant / RATE), -(radius**2)


def _spoken(pitch: Tensor, formants: Tensor, generator: Generator) -> Tensor:
    """h (hiss through the mouth), the vowel, and d (a gap, then a click); each of its own length."""
    count = len(pitch)

    def between(low: float, high: float) -> Tensor:
        return low + (high - low) * torch.rand(count, 1, generator=generator, dtype=torch.float64)

    time = torch.arange(SAMPLES, dtype=torch.float64) / RATE  # (samples,)
    begin, breath, length = between(0.02, 0.12), between(0.04, 0.09), between(0.18, 0.32)
    voiced, end = begin + breath, begin + breath + length
    hiss = torch.randn(count, SAMPLES, generator=generator)

    def during(first: Tensor, last: Tensor) -> Tensor:  # 0 to 1, with soft edges of 10 ms
        return (((time - first) / 0.01).clamp(0, 1) * ((last - time) / 0.01).clamp(0, 1)).float()

    falling = pitch[:, None] * (1.08 - 0.25 * ((time - voiced) / length).clamp(0, 1))
    source = _pulses(falling).float() * during(voiced, end)
    source = source + 0.06 * hiss * (during(begin, voiced + 0.01) + 2 * during(end + 0.05, end + 0.08))
    sound = _resonated(source, formants)
    return sound / sound.abs().amax(dim=1, keepdim=True)


def _recorded(sound: Tensor, noise: str, generator: Generator) -> Tensor:
    """The sound in a small room, with noise 10 to 25 dB below it."""
    count, padded = len(sound), 2**13
    decay = torch.exp(-torch.arange(1500) / 300)  # echoes fade by 1/e in 30 ms
    echoes = 0.03 * torch.randn(count, 1500, generator=generator) * decay
    echoes[:, 0] = 1
    room = torch.fft.rfft(sound, n=padded) * torch.fft.rfft(echoes, n=padded)
    sound = torch.fft.irfft(room, n=padded)[:, :SAMPLES]
    added = torch.randn(count, SAMPLES, generator=generator)
    if noise == "rumble":
        spectrum = torch.fft.rfft(added)
        added = torch.fft.irfft(spectrum / torch.arange(spectrum.shape[1]).clamp(min=20), n=SAMPLES)
    below = 10 ** (-(10 + 15 * torch.rand(count, 1, generator=generator)) / 20)
    strength = sound.square().mean(dim=1, keepdim=True).sqrt() / added.square().mean(dim=1, keepdim=True).sqrt()
    mixed = sound + added * below * strength
    return mixed / mixed.abs().amax(dim=1, keepdim=True)
