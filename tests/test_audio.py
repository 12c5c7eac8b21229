"""The simulated voices are what they are said to be, and a bad clip is refused with what to do next."""

import io
import re
import wave

import numpy as np
import pytest
import torch
from sklearn.discriminant_analysis import QuadraticDiscriminantAnalysis

from helpers.data.audio import MEANS, RATE, SAMPLES, WORDS, read_wav, simulated_words, vowel, wav_bytes

ADULTS = ("men", "women")


def wav(samples, rate=RATE, channels=1, width=2):
    """A WAV file by hand: `samples` are bytes."""
    file = io.BytesIO()
    with wave.open(file, "wb") as out:
        out.setnchannels(channels)
        out.setsampwidth(width)
        out.setframerate(rate)
        out.writeframes(samples)
    file.seek(0)
    return file


def test_the_same_seed_makes_the_same_clips_and_another_makes_others():
    first, again, other = (simulated_words(ADULTS, 40, seed=seed) for seed in (3, 3, 4))
    assert torch.equal(first.waves, again.waves) and torch.equal(first.voices, again.voices)
    assert not torch.allclose(first.voices, other.voices)


@pytest.mark.parametrize("noise", ["hiss", "rumble"])
def test_clips_have_the_shapes_and_the_range_that_are_told(noise):
    clips = simulated_words(("men", "women", "children"), 300, seed=0, noise=noise)  # more than one part
    assert clips.waves.shape == (300, SAMPLES) and clips.waves.dtype == torch.float32
    assert torch.allclose(clips.waves.abs().amax(dim=1), torch.ones(300)) and clips.waves.isfinite().all()
    assert torch.bincount(clips.labels).tolist() == [30] * len(WORDS)
    assert torch.bincount(clips.speakers).tolist() == [20] * 15
    assert clips.voices.min() > 50 and clips.voices.max() < RATE / 2


def test_the_voices_lie_around_the_published_means():
    clips = simulated_words(("women",), 4000, seed=0)
    for word in range(len(WORDS)):
        middle = clips.voices[clips.labels == word].log().mean(dim=0).exp()
        assert torch.allclose(middle, torch.tensor(MEANS["women"][word]).float(), rtol=0.04)


def test_rumble_is_low_and_hiss_is_not():
    shares = {}
    for noise in ("hiss", "rumble"):
        power = torch.fft.rfft(simulated_words(ADULTS, 40, seed=0, noise=noise).waves[:, -600:]).abs().square()
        shares[noise] = (power[:, power.shape[1] // 2 :].sum() / power.sum()).item()
    assert shares["hiss"] > 0.2 and shares["rumble"] < 0.02


def test_one_who_knows_the_formants_is_about_as_good_as_listeners_were():
    train, test = (simulated_words(("men", "women", "children"), 3000, seed=seed) for seed in (0, 1))
    known = QuadraticDiscriminantAnalysis().fit(np.log(train.voices.numpy()), train.labels.numpy())
    right = (known.predict(np.log(test.voices.numpy())) == test.labels.numpy()).mean()
    assert 0.90 < right < 0.97, "Peterson and Barney's listeners: 94.4 %"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"kinds": ("men", "robots")}, "'robots'.*choose from men, women, children"),
        ({"kinds": ()}, "choose from men"),
        ({"kinds": "men"}, "'men': take a tuple"),
        ({"count": 30}, "count 30.*multiple of 20"),
        ({"count": 0}, "count 0.*multiple of 20"),
        ({"noise": "babble"}, "'babble': choose from hiss, rumble"),
    ],
)
def test_a_set_that_cannot_be_made_is_named(change, message):
    with pytest.raises(ValueError, match=message):
        simulated_words(**{"kinds": ADULTS, "count": 40, "seed": 0} | change)


@pytest.mark.parametrize("pitch", [80, 100, 272.5])
def test_a_vowel_resonates_at_its_formants(pitch):
    spectrum = torch.fft.rfft(vowel(pitch, (700, 2600), seconds=1.0)).abs()
    top = spectrum[400:1100].argmax() + 400
    assert abs(top - 700) < pitch and spectrum[2600 - 150 : 2600 + 150].max() > 3 * spectrum[3600:3900].max()


@pytest.mark.parametrize(("pitch", "formants"), [(0, (500,)), (100, (5000,)), (100, (500, -1)), (6000, (500,))])
def test_a_vowel_that_cannot_be_is_named(pitch, formants):
    with pytest.raises(ValueError, match="more than 0 and less than 5000 Hz"):
        vowel(pitch, formants)
    with pytest.raises(ValueError, match="seconds"):
        vowel(100, (500,), seconds=0)
    with pytest.raises(ValueError, match=r"0\.005 seconds hold no whole pulse at 100 Hz: take 0\.01 or more"):
        vowel(100, (500,), seconds=0.005)
    assert vowel(100, (500,), seconds=0.01).isfinite().all()


def test_a_wav_file_comes_back(tmp_path):
    sound = vowel(100, (730, 1090))
    path = tmp_path / "说话 1.wav"
    path.write_bytes(wav_bytes(sound))
    for source in (path, str(path), io.BytesIO(wav_bytes(sound)), wav_bytes(sound.numpy()), wav_bytes(sound.tolist())):
        assert (read_wav(source) - sound).abs().max() < 1e-4
    assert read_wav(io.BytesIO(wav_bytes(sound, rate=8000)), rate=8000).shape == sound.shape


LOUD = np.array([9000, -9000] * 50, dtype="<i2").tobytes()
SQUARE = np.repeat(np.array([32767, -32768] * 10, dtype="<i2"), 10).tobytes()
WHOLE = wav_bytes(vowel(100, (730, 1090)))


@pytest.mark.parametrize(
    ("source", "message"),
    [
        (lambda: wav(LOUD, rate=44100), "44100 samples a second, and 10000 are needed.*factor 0.227. Save it as WAV"),
        (lambda: wav(LOUD, channels=2), "2 channels, and one is needed. Save it"),
        (lambda: wav(LOUD, width=1), "8 bits a sample, and 16 are needed. Save it as WAV, 16-bit"),
        (lambda: wav(LOUD[:198], 44100, 2, 3), "24 bits.*2 channels.*44100 samples a second.*mono"),
        (lambda: WHOLE[:24] + bytes(4) + WHOLE[28:], "0 samples a second, and 10000 are needed"),
        (lambda: WHOLE[: len(WHOLE) // 2], "cut off, 1989 of 4000 samples"),
        (lambda: WHOLE[:1001], "cut off, 478 of 4000 samples"),
        (lambda: wav(b"\0\0" * 100), "silent, no sample is more than 0.00000 of 1 off.*Was the microphone on"),
        (lambda: wav(b"\x05\0" * 100), "silent, no sample is more than 0.00000"),
        (lambda: wav(b"\x05\0\0\0" * 100), "silent, no sample is more than 0.00008"),
        (lambda: wav(SQUARE), "too loud, 100% of it lie at the limit. Record"),
        (lambda: wav(b""), "no sample in it. Record"),
        (lambda: io.BytesIO(b"ID3 and more, as an MP3 begins"), "not a WAV file.*Save it as WAV"),
        (lambda: io.BytesIO(b""), "not a WAV file.*ends too soon"),
        (lambda: io.BytesIO(wav_bytes(torch.ones(50))[:30]), "not a WAV file"),
    ],
)
def test_a_bad_clip_is_refused_with_what_to_do(source, message):
    with pytest.raises(ValueError, match=message):
        read_wav(source())


def test_a_bad_clip_is_named_by_its_path(tmp_path):
    path = tmp_path / "mine.wav"
    path.write_bytes(wav_bytes(torch.zeros(10)))
    with pytest.raises(ValueError, match=re.escape(str(path))):
        read_wav(path)
    with pytest.raises(FileNotFoundError):
        read_wav(tmp_path / "missing.wav")


@pytest.mark.parametrize(
    ("samples", "message"),
    [(torch.tensor([0.0, 1.5]), "1.50"), (torch.zeros(2, 3), "(2, 3)"), (torch.tensor([torch.nan]), "nan")],
)
def test_samples_that_no_file_holds_are_named(samples, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        wav_bytes(samples)
    with pytest.raises(ValueError, match="rate 0: take 1 sample a second or more"):
        wav_bytes(torch.zeros(10), rate=0)
