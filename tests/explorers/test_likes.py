"""The explorer of page 15: its list is that of a count by hand, in every state."""

import re
import statistics
import time

import pytest
import torch
import torch.nn.functional as F

from helpers.explorers.likes import LISTED, likes_explorer, likes_picture, scores_of

NAMES = [f"package.$module_{i % 5}.function_{i}%" for i in range(300)]
VECTORS = F.normalize(torch.randn(300, 16, generator=torch.Generator().manual_seed(0)), dim=1)
POPULAR = torch.randint(0, 20, (300,), generator=torch.Generator().manual_seed(1)).float()
ASKED = NAMES[:6]


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def by_hand(answers, weight):
    """The names on the list."""
    liked = [VECTORS[NAMES.index(name)] for name, answer in answers.items() if answer == 1]
    disliked = [VECTORS[NAMES.index(name)] for name, answer in answers.items() if answer == -1]
    scores = {}
    for i, name in enumerate(NAMES):
        score = weight * POPULAR[i] / POPULAR.max() if liked or disliked else POPULAR[i]
        score = score + sum(VECTORS[i] @ own for own in liked) / max(1, len(liked))
        score = score - sum(VECTORS[i] @ own for own in disliked) / max(1, len(disliked))
        if not answers.get(name):
            scores[name] = float(score)
    return sorted(scores, key=lambda name: -scores[name])[:LISTED]


def listed(told):
    return re.search(r"the best first: (.*?)\. \d+ of these", told).group(1).split(", ")


@pytest.mark.parametrize("weight", [0.0, 0.5, 2.0])
@pytest.mark.parametrize(
    "answers",
    [{0: 1}, {0: -1}, {0: 1, 1: 1, 2: -1}, {0: 1, 1: -1, 2: -1, 3: 0}, dict.fromkeys(range(6), 1)],
)
def test_the_list_is_that_of_a_count_by_hand(answers, weight):
    answers = {NAMES[i]: answer for i, answer in answers.items()}
    told = likes_picture(VECTORS, NAMES, POPULAR, answers, weight).description
    assert listed(told) == by_hand(answers, weight)
    for word, sign in (("You like ", 1), ("you dislike ", -1)):
        own = [name for name, answer in answers.items() if answer == sign]
        assert word + (", ".join(own) or "nothing yet") in told


def test_without_an_answer_popularity_decides_and_the_words_say_so():
    told = likes_picture(VECTORS, NAMES, POPULAR, {NAMES[0]: 0}).description
    assert "You have answered nothing" in told and f"{LISTED} of these {LISTED} are among" in told
    assert f"the first has the popularity {POPULAR.max():g}" in told


def test_few_items_and_none_left():
    answers = {"a": 1, "b": -1}
    told = likes_picture(VECTORS[:3], ["a", "b", "c"], torch.zeros(3), answers).description
    assert listed(told) == ["c"]
    told = likes_picture(VECTORS[:2], ["a", "b"], torch.zeros(2), answers).description
    assert "No item is left" in told


def test_an_unknown_item_is_named():
    with pytest.raises(ValueError, match=r"unknown item .np\.mean."):
        likes_picture(VECTORS, NAMES, POPULAR, {"np.mean": 1})


def test_scores_leave_the_inputs_alone():
    before = POPULAR.clone()
    scores_of(VECTORS, POPULAR, {0: 1}, 1.0)
    scores_of(VECTORS, POPULAR, {}, 1.0)
    assert torch.equal(before, POPULAR)


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = likes_explorer(VECTORS, NAMES, POPULAR, ASKED)
    assert [box.controls[f"item{i}"].description for i in range(6)] == ASKED
    for name, control in box.controls.items():
        before = words(box), box.picture.value
        control.value = 1.5 if name == "weight" else "dislike"
        assert words(box) != before[0] and box.picture.value != before[1]
    fresh = likes_explorer(VECTORS, NAMES, POPULAR, ASKED)
    fresh.set(**{name: control.value for name, control in box.controls.items()})
    assert words(fresh) == words(box)


def test_an_update_is_quick():
    box, times = likes_explorer(VECTORS, NAMES, POPULAR, ASKED), []
    for i in range(11):
        start = time.process_time()
        box.controls["item1"].value = ("like", "dislike")[i % 2]
        times.append(time.process_time() - start)
    print(f"likes: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 40 ms on a quiet core
