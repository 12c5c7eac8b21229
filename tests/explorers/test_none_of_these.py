"""The explorer of page 10: its counts and costs are those of a count by hand, in every state."""

import re
import statistics
import time

import pytest
import torch

from helpers.explorers.none_of_these import none_of_these_explorer, none_of_these_picture

CLASSES = ["cat", "dog", "owl"]
OTHERS = {"at": 0.55, "wrong": 9, "ask": 3}


@pytest.fixture(scope="module")
def photos():
    generator = torch.Generator().manual_seed(3)
    probs = (2 * torch.randn(40, 3, generator=generator)).softmax(dim=1)
    labels = torch.where(torch.rand(40, generator=generator) < 0.7, probs.argmax(dim=1), torch.arange(40) % 3)
    return probs, labels, CLASSES, torch.rand(40, 3, 24, 24, generator=generator)


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def by_hand(probs, labels, at, wrong, ask):
    """Answered, errors among them, cost."""
    answered = errors = cost = 0
    for row, label in zip(probs.tolist(), labels.tolist(), strict=True):
        if max(row) < at:
            cost += ask
            continue
        answered += 1
        if row.index(max(row)) != label:
            errors += 1
            cost += wrong
    return answered, errors, cost


@pytest.mark.parametrize("at", [0, 0.4, 0.5, 0.77, 0.8, 0.95, 1.0, 1.01])
@pytest.mark.parametrize(("wrong", "ask"), [(5, 1), (1, 5), (3, 3), (0, 0), (0, 2), (2.5, 0)])
def test_the_words_count_as_a_person_would(photos, at, wrong, ask):
    probs, labels, classes, images = photos
    told = none_of_these_picture(probs, labels, classes, images, at, wrong, ask).description
    answered, errors, cost = by_hand(probs, labels, at, wrong, ask)
    assert f"At {at:.2f}: {answered} of 40 photos are answered, {answered - errors} of them right" in told
    assert f"Cost {wrong:g}·{errors} + {ask:g}·{40 - answered} = {cost:g}." in told
    assert f"Answering all costs {by_hand(probs, labels, 0, wrong, ask)[2]:g}, asking always {40 * ask:g}." in told
    assert ("The formula says" in told) == (0 < ask < wrong)


@pytest.mark.parametrize(("wrong", "ask"), [(5, 1), (2, 1), (1, 5), (20, 1)])
def test_the_cheapest_is_cheapest(photos, wrong, ask):
    probs, labels, classes, images = photos
    told = none_of_these_picture(probs, labels, classes, images, 0.8, wrong, ask).description
    costs = {step / 1000: by_hand(probs, labels, step / 1000, wrong, ask)[2] for step in range(1011)}
    assert float(re.search(r"Cheapest on these photos: .*?cost ([\d.]+)\.", told).group(1)) == min(costs.values())
    found = re.search(r"above ([\d.]+), up to ([\d.]+), cost", told)
    if found:
        low, high = map(float, found.groups())
        inside = [cost for at, cost in costs.items() if low + 0.006 < at < high - 0.006]
        assert all(cost == min(costs.values()) for cost in inside)
    else:
        assert "answering all" in told or "asking always" in told


def test_it_shows_what_falls_below_and_says_where_nothing_does(photos):
    texts = [text.get_text() for text in none_of_these_picture(*photos, at=0.7).texts]
    assert "passed to a person, the surest first" in texts
    texts = [text.get_text() for text in none_of_these_picture(*photos, at=0).texts]
    assert "no photo is passed to a person" in texts


def test_one_photo_and_photos_that_are_all_right():
    probs, images = torch.tensor([[0.9, 0.1]]), torch.rand(1, 3, 8, 8)
    told = none_of_these_picture(probs, torch.tensor([0]), ["a", "50%"], images).description
    assert "1 of 1 photos are answered, 1 of them right" in told and "answering all, cost 0" in told
    told = none_of_these_picture(probs, torch.tensor([1]), ["$a_", "50%"], images, at=0.95).description
    assert "asking always, cost 1" in told


def test_every_control_has_a_name_and_changes_picture_and_words(photos):
    box = none_of_these_explorer(*photos)
    for name, value in OTHERS.items():
        assert box.controls[name].description
        before = words(box)
        box.controls[name].value = value
        assert words(box) != before


def test_an_update_is_quick(photos):
    box, times = none_of_these_explorer(*photos), []
    for i in range(11):
        start = time.process_time()
        box.controls["at"].value = (0.6, 0.8)[i % 2]
        times.append(time.process_time() - start)
    print(f"none of these: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 50 ms on a quiet core
