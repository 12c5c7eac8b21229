"""The explorer of page 18: its list is that of a count by hand, in every state."""

import re
import statistics
import time

import pytest
import torch
import torch.nn.functional as F

from helpers.explorers.words_to_letters import (
    LISTED,
    NOTHING,
    vector_of,
    words_to_letters_explorer,
    words_to_letters_picture,
)

DRAW = torch.Generator().manual_seed(0)
CHOICES = {
    "script": ["latin", "greek$_1%", NOTHING],
    "case": ["small", "capital", NOTHING],
    "letter": ["a", "b", "c", NOTHING],
    "mark": [NOTHING, "with acute"],
}
WORDS = sorted({word for options in CHOICES.values() for option in options for word in option.split()} - {NOTHING})
WORD_VECTORS = {word: torch.randn(16, generator=DRAW) for word in WORDS}
NAMES = [
    f"{script} {case} {letter}" for script in CHOICES["script"][:2] for case in ("small", "capital") for letter in "abc"
]
VECTORS = F.normalize(torch.randn(len(NAMES), 16, generator=DRAW), dim=1)
IMAGES = torch.rand(len(NAMES), 1, 32, 32, generator=DRAW)
TRAINED = [i % 3 > 0 for i in range(len(NAMES))]
GIVEN = WORD_VECTORS, IMAGES, VECTORS, NAMES, TRAINED


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def by_hand(name):
    query = sum(WORD_VECTORS[word] for word in name.split())
    cosines = [float(vector @ query / query.norm()) for vector in VECTORS]
    return sorted(zip(cosines, NAMES, TRAINED, strict=True), reverse=True)


@pytest.mark.parametrize("name", [NAMES[0], NAMES[7], "b small latin", "capital", "latin small a with acute"])
def test_the_list_is_that_of_a_count_by_hand(name):
    told = words_to_letters_picture(name, *GIVEN).description
    order = by_hand(name)
    listed = [f"{own} ({cosine:.2f}, {'trained' if seen else 'held out'})" for cosine, own, seen in order[:LISTED]]
    assert told.startswith(f'Pictures nearest to "{name}", with the cosine: {"; ".join(listed)}. ')
    owner = [own for own in NAMES if sorted(own.split()) == sorted(name.split())]
    if owner:
        rank = 1 + [own for _, own, _ in order].index(owner[0])
        seen = "was there in training" if TRAINED[NAMES.index(owner[0])] else "was held out of training"
        assert told.endswith(f"it {seen}, and its picture is number {rank}.")
    else:
        assert told.endswith("No letter here has a name of these words.")


def test_what_has_no_vector_is_named():
    with pytest.raises(ValueError, match="word 'uppercase' has no vector"):
        words_to_letters_picture("latin uppercase a", *GIVEN)
    with pytest.raises(ValueError, match="no word"):
        vector_of([], WORD_VECTORS)


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = words_to_letters_explorer(CHOICES, *GIVEN)
    assert [control.description for control in box.controls.values()] == list(CHOICES)
    for control in box.controls.values():
        before = words(box), box.picture.value
        control.value = control.options[1]
        assert words(box) != before[0] and box.picture.value != before[1]
    fresh = words_to_letters_explorer(CHOICES, *GIVEN)
    fresh.set(**{name: control.value for name, control in box.controls.items()})
    assert words(fresh) == words(box)


def test_an_update_is_quick():
    box, times = words_to_letters_explorer(CHOICES, *GIVEN), []
    for i in range(11):
        start = time.process_time()
        box.controls["part0"].value = CHOICES["script"][i % 2]
        times.append(time.process_time() - start)
    print(f"words to letters: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 40 ms on a quiet core
