"""helpers.data.scenes: the same scenes for the same seed, boxes around all ink, and each bad input named."""

import pytest
import torch

from helpers.data import make_loader
from helpers.data.images import digits
from helpers.data.scenes import INK, LARGEST, MOST, OVERLAP, SIZE, Scenes, change, scenes


@pytest.fixture(scope="module")
def many():
    return scenes(60, seed=3)


def one(boxes=((2.0, 1, 6, 7),), labels=(5,), size=8, pixels=0.0, mask=0.0):
    full = torch.full((1, 1, size, size), pixels)
    return full, torch.tensor([boxes]), torch.tensor([labels]), torch.full((1, 1, size, size), mask)


def test_a_seed_makes_the_same_scenes_and_few_are_the_first_of_many(many):
    again = scenes(10, seed=3)
    assert all(torch.equal(a[:10], b) for a, b in zip(many.tensors, again.tensors, strict=True))
    assert not torch.equal(scenes(10, seed=4).images, again.images)
    assert torch.equal(many.first(10).images, again.images)


def test_random_numbers_of_the_page_stay():
    torch.manual_seed(5)
    before = torch.get_rng_state()
    scenes(2)
    assert torch.equal(torch.get_rng_state(), before)


def test_shapes_and_ranges(many):
    assert many.images.shape == many.masks.shape == (60, 1, SIZE, SIZE)
    assert many.images.min() >= 0 and many.images.max() <= 1
    counts = (many.labels >= 0).sum(dim=1)
    assert counts.min() >= 1 and counts.max() == MOST and len(counts.unique()) == MOST
    assert len(many.labels.unique()) == 11
    assert all((row[:count] >= 0).all() for row, count in zip(many.labels, counts, strict=True))  # empty places last
    for i in range(60):
        boxes, labels = many.truths(i)
        assert len(boxes) == len(labels) == counts[i]
        assert (boxes[:, 2:] - boxes[:, :2]).max() <= LARGEST


def test_all_ink_lies_in_a_box_and_each_box_is_tight(many):
    for i in range(60):
        inside = torch.zeros(SIZE, SIZE)
        for left, top, right, bottom in many.truths(i)[0].long().tolist():
            inside[top:bottom, left:right] = 1
            part = many.masks[i, 0, top:bottom, left:right]
            assert part.any(dim=0).float().mean() > 0.5 and part.any(dim=1).float().mean() > 0.7
        assert not (many.masks[i, 0] * (1 - inside)).any()
    assert many.images[many.masks == 1].mean() > many.images[many.masks == 0].mean() + INK


def test_digits_hardly_overlap(many):
    for i in range(60):
        boxes = many.truths(i)[0]
        corner, end = torch.maximum(boxes[:, None, :2], boxes[:, :2]), torch.minimum(boxes[:, None, 2:], boxes[:, 2:])
        shared = (end - corner).clamp(min=0).prod(dim=2)
        area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
        share = shared / torch.minimum(area[:, None], area)
        assert (share.fill_diagonal_(0) <= OVERLAP + 1e-6).all()


def test_letters_are_left_out_without_clutter():
    plain, full = scenes(20, seed=1, clutter=False), scenes(20, seed=1)
    assert plain.images.mean() < full.images.mean()
    bright = (plain.images > 0.4) & (plain.masks == 0)
    assert bright.float().mean() < 0.03  # the rims of strokes


def test_splits_share_no_digit():
    held = [{image.numpy().tobytes() for image in part.images} for part in digits()]
    assert not held[0] & held[1] and not held[0] & held[2] and not held[1] & held[2]
    assert not torch.equal(scenes(3, "val").images, scenes(3, "test").images)


def test_a_loader_takes_scenes(many):
    images, boxes, labels, masks = next(iter(make_loader(many, batch_size=16, steps=2)))
    assert images.shape == masks.shape == (16, 1, SIZE, SIZE) and boxes.shape == (16, MOST, 4) and labels.max() <= 9


@pytest.mark.parametrize(
    ("parts", "words"),
    [
        (one(boxes=((6.0, 1, 6, 7),)), r"scene 0, box 0 is \(6, 1, 6, 7\): it has no area.*must be converted"),
        (one(boxes=((2.0, 7, 6, 1),)), "it has no area"),
        (one(boxes=((float("nan"), 1, 6, 7),)), "it has no area"),
        (one(boxes=((2.0, 1, 9, 7),)), r"reaches beyond the image of 8 x 8 pixels. Clip it"),
        (one(boxes=((-1.0, 1, 6, 7),)), "reaches beyond"),
        (one(labels=(10,)), "scene 0, label 0 is 10: labels are 0 to 9, or -1"),
        (one(labels=(-2,)), "label 0 is -2"),
        (one(labels=(5.0,)), "whole-number labels"),
        (one(pixels=255.0), r"pixels go from 255.00 to 255.00.*divide bytes by 255"),
        (one(pixels=float("nan")), "a pixel is not a finite number"),
        (one(pixels=float("inf")), "a pixel is not a finite number"),
        (one(mask=0.5), "other numbers than 0 and 1: threshold it"),
        (one(boxes=((2.0, 1, 6, 7), (0.0, 0, 1, 1))), r"labels of shape \(1, 2\), got \(1, 1\)"),
    ],
)
def test_bad_input_is_named(parts, words):
    with pytest.raises(ValueError, match=words):
        Scenes(*parts)


def test_shapes_that_do_not_fit_are_named():
    images, boxes, labels, masks = one()
    for wrong, words in (
        ((images[0], boxes, labels, masks), r"shape \(N, 1, H, W\)"),
        ((images.byte(), boxes, labels, masks), "uint8"),
        ((images[:0], boxes[:0], labels[:0], masks[:0]), "there is no scene"),
        ((images, boxes[0], labels, masks), r"boxes of shape \(1, M, 4\)"),
        ((images, boxes, labels, masks[..., :4]), "masks must have the images' shape"),
    ):
        with pytest.raises(ValueError, match=words):
            Scenes(*wrong)


def test_right_numbers_of_other_kinds_are_taken_and_come_out_alike():
    images, boxes, labels, masks = one()
    taken = Scenes(images.double(), boxes.double(), labels.to(torch.uint8), masks.bool())
    assert [part.dtype for part in taken.tensors] == [torch.float32, torch.float32, torch.int64, torch.float32]


def test_a_change_moves_boxes_and_mask_with_the_picture(many):
    torch.manual_seed(0)
    images, boxes, labels, masks = change(*many.tensors)
    assert images.min() >= 0 and images.max() <= 1 and ((masks == 0) | (masks == 1)).all()
    there = (labels >= 0) & (many.labels >= 0)
    assert 0 < (labels < many.labels).sum() < there.sum() / 5  # few left the picture, and none came
    assert torch.equal(labels[there], many.labels[there])
    reach = (boxes[..., 2:] - boxes[..., :2])[there] / (many.boxes[..., 2:] - many.boxes[..., :2])[there]
    assert reach.max() > 1.1 and reach.min() > 0.2
    single = (many.labels >= 0).sum(dim=1) == 1
    for i in (single & (labels[:, 0] >= 0)).nonzero().flatten().tolist():  # one digit: all ink lies in its box
        rows, columns = masks[i, 0].nonzero().T
        left, top, right, bottom = boxes[i, 0].tolist()
        assert left - 1 <= columns.min() and columns.max() <= right and top - 1 <= rows.min() and rows.max() <= bottom
        assert columns.max() - columns.min() > (right - left) / 2


def test_the_box_of_an_empty_place_is_not_read():
    assert len(Scenes(*one(boxes=((6.0, 1, 6, 7),), labels=(-1,))).truths(0)[0]) == 0


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: scenes(0), "count must be a whole number, 1 or more, got 0"),
        (lambda: scenes("3"), "count must be a whole number, 1 or more, got '3'"),
        (lambda: scenes(2.5), "whole number, 1 or more, got 2.5"),
        (lambda: scenes(1, seed=1.5), "seed must be a whole number, such as 0, got 1.5"),
        (lambda: scenes(1, seed=None), "seed must be a whole number, such as 0, got None"),
        (lambda: scenes(2).first(2.0), "there are 2 scenes: ask for a whole number from 1 to that, not 2.0"),
        (lambda: scenes(1, "training"), "no split 'training'; there are train, val, test"),
        (lambda: scenes(2).first(3), "there are 2 scenes: .*not 3"),
        (lambda: scenes(2).first(0), "not 0"),
    ],
)
def test_a_wrong_wish_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()


def test_change_refuses_what_is_not_square():
    wide = torch.zeros(1, 1, 48, 64)
    with pytest.raises(ValueError, match="48 x 64 pixels: change needs square"):
        change(wide, torch.zeros(1, 1, 4), torch.full((1, 1), -1), wide)
