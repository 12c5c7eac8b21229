"""The next-word explorer of page 13: its probabilities and surprisals are the model's, told in words."""

import math
import re
import statistics
import time

import pytest
import torch

from helpers.explorers.next_word import LONGEST, MOST, next_word_explorer, next_word_picture

VOCABULARY = ["<pad>", "<unknown>", "<start>", "<end>", "a", "b", "$c_1%", "d", "e", "f"]


def logits_of(ids):
    """A bigram model: after word i, the logit of word j is the larger the nearer j is to i + 1."""
    return -(torch.arange(len(VOCABULARY)) - ids[..., None] - 1).abs().float()


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def texts(picture):
    return [text.get_text() for axes in picture.axes for text in axes.texts]


@pytest.mark.parametrize("temperature", [0.1, 0.5, 1.0, 3.0])
def test_probabilities_are_those_of_the_model_at_this_temperature(temperature):
    picture = next_word_picture(logits_of, VOCABULARY, "A b", temperature)
    chances = (logits_of(torch.tensor([5]))[0] / temperature).softmax(dim=0)
    best = chances.argmax()
    assert f"temperature {temperature:g}: {VOCABULARY[best]} {chances[best]:.0%}" in picture.description
    assert f"{chances[best]:.2f}" in texts(picture) and picture.to_png()


def test_surprisal_is_that_at_temperature_one_whatever_the_temperature():
    row = logits_of(torch.tensor([2]))[0].log_softmax(dim=0)
    bits = -row[4].item() / math.log(2)
    for temperature in (0.5, 2.0):
        picture = next_word_picture(logits_of, VOCABULARY, "a", temperature)
        assert f"the mean surprisal is {bits:.1f} bits per word, and 'a' surprised most" in picture.description
        assert f"{bits:.1f}" in texts(picture)


def test_an_unknown_word_is_called_so():
    picture = next_word_picture(logits_of, VOCABULARY, "a giraffe")
    assert "giraffe (unknown)" in picture.description
    assert picture.description.endswith("Unknown words count as one and the same word.")
    assert "Unknown" not in next_word_picture(logits_of, VOCABULARY, "a b").description


@pytest.mark.parametrize("text", ["", "   ", "?!", "1 2", "猫"])
def test_a_text_without_words_shows_how_sentences_begin(text):
    picture = next_word_picture(logits_of, VOCABULARY, text)
    assert picture.description.startswith("No word is typed yet. The likeliest next words")
    assert picture.to_png()


@pytest.mark.parametrize("temperature", [0, -1.0, math.nan])
def test_a_temperature_of_no_use_is_an_error(temperature):
    with pytest.raises(ValueError, match="above 0"):
        next_word_picture(logits_of, VOCABULARY, "a", temperature)


def test_of_a_long_text_the_last_words_are_shown():
    box = next_word_explorer(logits_of, VOCABULARY)
    box.controls["text"].value = "a b " * 50
    assert f"After &#x27;{' '.join((['a', 'b'] * 15)[-MOST:])}&#x27;" in words(box)
    assert words(box).endswith("Only the first 60 characters are read.") and LONGEST == 60


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = next_word_explorer(logits_of, VOCABULARY, "a b")
    for name, value in {"text": "d e", "temperature": 0.3}.items():
        assert box.controls[name].description
        before, said = box.picture.value, words(box)
        box.controls[name].value = value
        assert box.picture.value != before and words(box) != said


def test_an_update_is_quick():
    box, times = next_word_explorer(logits_of, VOCABULARY), []
    for i in range(21):
        start = time.process_time()
        box.controls["temperature"].value = 0.2 + i / 10
        times.append(time.process_time() - start)
    print(f"next_word: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # 50 ms or less on a quiet core
