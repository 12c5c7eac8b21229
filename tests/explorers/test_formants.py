"""The explorer of page 14: its nearest word is that of a count by hand, and no sound plays by itself."""

import io
import re
import statistics
import time

import numpy as np
import pytest

from helpers.data.audio import MEANS, WORDS, read_wav
from helpers.explorers.formants import F1, F2, PITCH, formants_explorer, formants_picture, nearest_word, third_formant

OTHERS = {"f1": 640, "f2": 1190, "pitch": 200}


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


@pytest.mark.parametrize("word", range(10))
def test_each_mean_is_nearest_to_its_own_word(word):
    _, f1, f2, _ = MEANS["men"][word]
    assert nearest_word(f1, f2) == (WORDS[word], 0.0)
    assert f'on the mean of "{WORDS[word]}"' in formants_picture(f1, f2).description


def test_the_nearest_is_nearest_everywhere():
    means = np.log(np.array([row[1:3] for row in MEANS["men"]]))
    for f1 in range(F1[0], F1[1] + 1, 150):
        for f2 in range(F2[0], F2[1] + 1, 290):
            distances = np.linalg.norm(means - np.log([f1, f2]), axis=1)
            word, distance = nearest_word(f1, f2)
            assert word == WORDS[distances.argmin()] and distance == pytest.approx(distances.min())


@pytest.mark.parametrize("f1", F1)
@pytest.mark.parametrize("f2", F2)
@pytest.mark.parametrize("pitch", PITCH)
def test_every_corner_can_be_drawn_and_heard(f1, f2, pitch):
    told = formants_picture(f1, f2, pitch).description
    assert f"pitch {pitch} Hz" in told and "nan" not in told and third_formant(f2) < 5000
    heard = [int(number) for number in re.search(r"first two are (\d+) Hz and (\d+) Hz", told).groups()]
    assert all(number % pitch == 0 for number in heard)
    assert all(abs(number - f) <= max(pitch / 2, pitch - f) for number, f in zip(heard, (f1, f2), strict=True))


def test_the_sound_comes_by_the_button_alone():
    box = formants_explorer()
    start = box.audio.value
    assert len(start) > 1000 and not box.audio.autoplay and not box.audio.loop
    assert "F1 270 Hz" in box.told.value, "the first sound is that of the picture"
    box.controls["f1"].value = 640
    assert box.audio.value == start, "a move makes no sound"
    box.button.click()
    first = box.audio.value
    assert 0.1 < read_wav(io.BytesIO(first)).abs().max() <= 0.51 and not box.audio.autoplay
    assert "F1 640 Hz" in box.told.value
    box.controls["f2"].value = 1190
    assert box.audio.value == first and "F2 2290 Hz" in box.told.value, "what is told belongs to the sound"
    box.button.click()
    assert box.audio.value != first and "F2 1190 Hz" in box.told.value


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = formants_explorer()
    for name, value in OTHERS.items():
        assert box.controls[name].description
        before = words(box)
        box.controls[name].value = value
        assert words(box) != before


def test_an_update_is_quick():
    box, times = formants_explorer(), []
    for i in range(11):
        start = time.process_time()
        box.controls["f1"].value = (300, 600)[i % 2]
        times.append(time.process_time() - start)
    print(f"formants: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 50 ms on a quiet core
