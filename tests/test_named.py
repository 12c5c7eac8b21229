"""Named pictures keep what is said of them, and the stored race of page 18 is whole."""

import unicodedata

import pytest
import torch

from helpers import checkpoints
from helpers.data.named import SCRIPTS, named_letters, named_pictures, same_look, stem_of, word_numbers


@pytest.fixture(scope="module")
def letters():
    return named_letters()


def test_every_letter_has_its_own_name_of_one_of_the_scripts_and_is_drawn(letters):
    assert len(set(letters.names)) == len(letters) == len(letters.characters) > 500
    assert letters.images.shape == (len(letters), len(letters.faces), 1, 32, 32)
    assert letters.images.min() == 0 and letters.images.max() == 1
    for name, character in zip(letters.names, letters.characters, strict=True):
        assert unicodedata.name(character).lower() == name and name.startswith(SCRIPTS)
        assert not character.isdigit()
    ink = letters.images.sum(dim=(2, 3, 4))
    assert (ink > 5).all(), "no letter is empty"
    assert (letters.images[..., 0, :] == 0).float().mean() > 0.95, "hardly any is cut off at the top"


def test_names_are_whole_after_they_were_numbers(letters):
    numbers, words = word_numbers(letters.names)
    assert words[0] == "" and len(set(words)) == len(words)
    for row, name in zip(numbers.tolist(), letters.names, strict=True):
        assert " ".join(words[number] for number in row if number) == name


def test_same_look_is_a_count_by_hand(letters):
    look = same_look(letters)
    assert torch.equal(look, look.transpose(1, 2)) and look.diagonal(dim1=1, dim2=2).all()
    generator = torch.Generator().manual_seed(0)
    for _ in range(300):
        face, i, j = (int(torch.randint(n, (1,), generator=generator)) for n in (len(letters.faces), 200, 200))
        assert look[face, i, j] == torch.equal(letters.images[i, face], letters.images[j, face])
    eth, stroke = (letters.characters.index(character) for character in "ÐĐ")
    assert look[:, eth, stroke].all(), "these look the same in every face"
    latin, cyrillic = (letters.characters.index(character) for character in "Nи")
    assert not look[:, latin, cyrillic].any()


def test_drawn_pictures_have_names_and_stems():
    images, names, stems = named_pictures(size=16)
    assert images.shape == (len(names), 3, 16, 16) and len(stems) == len(names) == 481
    assert not any(name.startswith("u+") for name in names) and len(set(names)) == len(names)
    assert stem_of("tiger face") == stem_of("tiger") and stem_of("face with tears of joy") == "face"


@pytest.mark.parametrize("names", ["small a", [], ["a", " "]])
def test_names_without_words_are_refused(names):
    with pytest.raises(ValueError, match="at least one name"):
        word_numbers(names)


@pytest.mark.parametrize("name", ["", " with x"])
def test_a_name_without_a_stem_is_refused(name):
    with pytest.raises(ValueError, match="begins with what it names"):
        stem_of(name)


def test_the_stored_race_is_whole():
    stored = checkpoints.shipped_results("worth_of_names")
    letters, pictures = stored["letters"], stored["pictures"]
    assert set(letters["results"]) == {"bag of words", "in order", "word by word", "permuted names"}
    assert all(len(draws) == 5 for each in letters["results"].values() for draws in each.values())
    assert all(len(draws) == 6 for each in pictures["results"].values() for draws in each.values())
    for name, chosen in letters["chosen"].items():
        assert min(letters["rates"]) < chosen < max(letters["rates"]), name  # not at an end of the list
    temperatures, decays = map(set, zip(*pictures["choices"]["TwoMaps"], strict=True))
    temperature, decay = pictures["chosen"].pop("ImageNet, MiniLM, symmetric loss")
    assert min(temperatures) < temperature < max(temperatures) and min(decays) < decay < max(decays)
    for name, chosen in pictures["chosen"].items():
        assert min(pictures["choices"]["Ridge"]) < chosen < max(pictures["choices"]["Ridge"]), name
