"""The explorer of page 12: its counts are those of a count by hand, in every state."""

import re
import statistics
import time

import pytest
import torch

from helpers.explorers.detections import detections_explorer, detections_picture

OTHERS = {"scene": 2, "score": 0.2, "overlap": 0.9, "iou": 0.8}


def box(left, top, width, height):
    return [left, top, left + width, top + height]


@pytest.fixture(scope="module")
def stored():
    """Scene 1: a digit found twice, one named wrongly, one missed; scene 2: a digit found and a box on nothing."""
    first = torch.tensor([box(10, 10, 10, 20), box(11, 10, 10, 20), box(40, 40, 10, 10)]).float()
    second = torch.tensor([box(5, 5, 20, 20), box(40, 5, 10, 10)]).float()
    candidates = [
        (first, torch.tensor([0.9, 0.8, 0.7]), torch.tensor([3, 3, 5])),
        (second, torch.tensor([0.6, 0.3]), torch.tensor([7, 1])),
    ]
    truths = [
        (torch.tensor([box(10, 10, 10, 20), box(40, 40, 10, 10), box(50, 5, 8, 8)]).float(), torch.tensor([3, 6, 1])),
        (torch.tensor([box(5, 5, 20, 20)]).float(), torch.tensor([7])),
    ]
    return torch.rand(2, 1, 64, 64, generator=torch.Generator().manual_seed(0)), candidates, truths


def words(explorer):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', explorer.picture.value).group(1)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, "3 candidates have a score of 0.50 or more; suppression at 0.40 leaves 2. At an IoU of 0.50, right: 1, "),
        ({}, "right: 1, wrong: 1, missed: 2 of 3 digits. All 2 scenes: 3 boxes, precision 0.67"),
        ({"overlap": 0.9}, "leaves 3. At an IoU of 0.50, right: 1, wrong: 2"),  # the second finds it taken
        ({"score": 0.95}, "leaves 0. At an IoU of 0.50, right: 0, wrong: 0, missed: 3 of 3 digits"),
        ({"score": 0.95}, "0 boxes, no box, so no precision"),
        ({"scene": 2, "score": 0.0}, "Scene 2: 2 candidates have a score of 0.00 or more"),
        ({"score": 0.0}, "4 boxes, precision 0.50, recall 0.50; average precision, over all scores given, 0.42"),
    ],
)
def test_the_words_count_as_a_person_would(stored, state, told):
    assert told in detections_picture(*stored, **{"score": 0.5} | state).description


def test_an_iou_that_nothing_reaches_and_a_scene_without_boxes(stored):
    images, candidates, truths = stored
    moved = [(boxes + 3, scores, labels) for boxes, scores, labels in candidates]
    assert "right: 0, wrong: 2" in detections_picture(images, moved, truths, iou=0.95).description
    none = [(boxes[:0], scores[:0], labels[:0]) for boxes, scores, labels in candidates]
    assert "average precision, over all scores given, 0.00" in detections_picture(images, none, truths).description


@pytest.mark.parametrize("scene", [0, 3])
def test_a_scene_that_is_not_there_is_named(stored, scene):
    with pytest.raises(ValueError, match="scenes 1 to 2"):
        detections_picture(*stored, scene=scene)
    with pytest.raises(ValueError, match="one of each"):
        detections_picture(stored[0], stored[1][:1], stored[2])


def test_every_control_has_a_name_and_changes_picture_and_words(stored):
    explorer = detections_explorer(*stored)
    for name, value in OTHERS.items():
        assert explorer.controls[name].description
        before = words(explorer)
        explorer.controls[name].value = value
        assert words(explorer) != before


def test_an_update_is_quick(stored):
    images, candidates, truths = (list(part) * 20 for part in stored)  # as many scenes as on the page
    explorer, times = detections_explorer(torch.stack(images), candidates, truths), []
    for i in range(11):
        start = time.process_time()
        explorer.controls["score"].value = (0.2, 0.3)[i % 2]
        times.append(time.process_time() - start)
    print(f"detections: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 40 ms on a quiet core
