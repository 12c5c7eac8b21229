"""helpers.data: splits, loaders, warps, and folders of photos with everything that goes wrong in them."""

import pytest
import torch
import torch.nn.functional as F
from PIL import ImageFont
from torch.utils.data import DataLoader, Subset, TensorDataset

from helpers.data import LabelledImages, augment, few_labels, images, labels_of, make_loader
from helpers.data.augment import change_stroke, warp
from helpers.data.images import digits, photos


@pytest.fixture(scope="module")
def letters():
    return images.letters()


def labelled(counts, size=4):
    """As many images of each class as `counts` says; every image holds its own index."""
    labels = torch.arange(len(counts)).repeat_interleave(torch.tensor(counts))
    images = torch.arange(len(labels)).float().view(-1, 1, 1, 1).expand(-1, 1, size, size).contiguous()
    return LabelledImages(images, labels, [f"c{i}" for i in range(len(counts))])


def indices_of(dataset):
    return dataset.images[:, 0, 0, 0].long().tolist()


# LabelledImages


@pytest.mark.parametrize(
    ("labels", "words"),
    [
        (torch.zeros(2).long(), r"3 images need labels of shape \(3,\), got \(2,\)"),
        (torch.zeros(3, 1).long(), r"got \(3, 1\)"),
        (torch.zeros(3), "integer type, got torch.float32"),
        (torch.tensor([True, False, True]), "torch.bool"),
        (torch.zeros(3, dtype=torch.complex64), "complex64"),
        (torch.tensor([0, 1, 2]), "go from 0 to 2, but 2 classes .* from 0 to 1"),
        (torch.tensor([0, -1, 1]), "go from -1 to 1"),
    ],
)
def test_labels_that_do_not_fit(labels, words):
    with pytest.raises(ValueError, match=words):
        LabelledImages(torch.zeros(3, 1, 2, 2), labels, ["a", "b"])


def test_labelled_images_hold_what_they_were_given():
    dataset = LabelledImages(torch.rand(3, 1, 2, 2), torch.tensor([1, 0, 1], dtype=torch.int32), ("a", "b"))
    assert dataset.labels.dtype == torch.long and dataset.classes == ["a", "b"]
    image, label = dataset[0]
    assert torch.equal(image, dataset.images[0]) and label == 1
    part = dataset.subset(torch.tensor([2, 1]))
    assert torch.equal(part.images, dataset.images[[2, 1]]) and part.labels.tolist() == [1, 0]
    assert part.classes == dataset.classes
    assert len(LabelledImages(torch.zeros(0, 1, 2, 2), torch.zeros(0).long(), [])) == 0


# digits, letters, photos


def test_digits_are_stratified_and_repeat():
    train_set, val_set, test_set = digits(seed=1)
    for split, each in ((train_set, 350), (val_set, 50), (test_set, 100)):
        assert split.labels.bincount().tolist() == [each] * 10
        assert split.images.shape == (10 * each, 1, 32, 32) and split.images.dtype == torch.float32
        assert split.images.min() == 0 and split.images.max() == 1
        assert split.classes == list("0123456789")
    again, other = digits(seed=1), digits(seed=2)
    assert all(torch.equal(a.images, b.images) for a, b in zip(again, (train_set, val_set, test_set), strict=True))
    assert not any(torch.equal(a.images, b.images) for a, b in zip(other, again, strict=True))


def test_digits_share_no_image(monkeypatch):
    labels = torch.arange(10).repeat(500)
    images = torch.arange(5000).float().view(-1, 1, 1, 1)
    monkeypatch.setattr("helpers.data.images._mnist", lambda: (images, labels))
    drawn = [indices_of(split) for split in digits(seed=3)]
    assert [len(split) for split in drawn] == [3500, 500, 1000]
    assert sorted(index for indices in drawn for index in indices) == list(range(5000))


def test_digits_have_a_border_and_changing_them_is_safe():
    train_set, *_ = digits()
    border = train_set.images.clone()
    border[:, :, 2:-2, 2:-2] = 0
    assert border.abs().max() == 0
    assert 0.09 < train_set.images.mean() < 0.11
    train_set.images.zero_()
    assert digits()[0].images.max() == 1


def test_letters_hold_no_digit(letters):
    assert not any(character.isdigit() or character.isnumeric() for character in letters.classes)
    assert all(character.isalpha() and len(character) == 1 for character in letters.classes)
    assert {"A", "z", "é", "Ω", "ж"} <= set(letters.classes)


def test_letters_are_full_pictures(letters):
    assert letters.images.shape[1:] == (1, 32, 32)
    assert letters.images.min() == 0 and letters.images.amax(dim=(1, 2, 3)).min() > 0.5
    assert len(letters) > 3000
    assert letters.labels.bincount(minlength=len(letters.classes)).min() >= 2


def test_letters_are_centred(letters):
    ink = letters.images[:, 0] > 0.1
    for lines in (ink.any(dim=1), ink.any(dim=2)):  # columns, then rows that hold ink
        margins = lines.int().argmax(dim=1) - lines.flip(1).int().argmax(dim=1)
        assert margins.float().mean().abs() < 1 and margins.abs().max() <= 5


def test_no_two_classes_look_the_same(letters):
    import matplotlib

    font = ImageFont.truetype(f"{matplotlib.get_data_path()}/fonts/ttf/DejaVuSans.ttf", size=22)
    pictures = [bytes(font.getmask(character)) for character in letters.classes]
    assert len(set(pictures)) == len(pictures)
    assert not {"Α", "А"} & set(letters.classes)  # the Greek and the Cyrillic one


def test_photos():
    pictures = photos()
    assert sorted(pictures) == ["china", "flower"]
    for picture in pictures.values():
        assert picture.shape == (3, 427, 640) and picture.dtype == torch.float32
        assert picture.min() >= 0 and 0.9 < picture.max() <= 1


# few_labels and labels_of


def test_few_labels_counts_and_repeats():
    dataset = labelled([20, 30, 10])
    few = few_labels(dataset, 7, seed=0)
    assert few.labels.tolist() == [0] * 7 + [1] * 7 + [2] * 7
    assert len(set(indices_of(few))) == 21
    assert torch.equal(dataset.labels[indices_of(few)], few.labels)
    assert indices_of(few_labels(dataset, 7, seed=0)) == indices_of(few)
    assert len({tuple(indices_of(few_labels(dataset, 7, seed=seed))) for seed in range(5)}) == 5
    assert len(few_labels(dataset, 10, seed=0)) == 30


@pytest.mark.parametrize(
    ("per_class", "words"), [(0, "1 or more, got 0"), (-1, "got -1"), (11, "class 2 has 10 images, 11 were asked")]
)
def test_few_labels_refuses(per_class, words):
    with pytest.raises(ValueError, match=words):
        few_labels(labelled([20, 30, 10]), per_class, seed=0)


def test_few_labels_of_a_subset():
    dataset = labelled([5, 5])
    part = Subset(dataset, [9, 8, 1, 0, 2])
    few = few_labels(part, 2, seed=0)
    assert isinstance(few, Subset)
    assert sorted(label.item() for _, label in few) == [0, 0, 1, 1]


def test_few_labels_of_a_last_class_without_images():
    dataset = LabelledImages(torch.rand(4, 1, 2, 2), torch.tensor([0, 0, 1, 1]), ["a", "b", "c"])
    with pytest.raises(ValueError, match="class 2 has 0 images"):
        few_labels(dataset, 1, seed=0)


def test_labels_of():
    class Listed(TensorDataset):
        targets = [2, 0, 1]

    dataset = labelled([2, 3])
    assert labels_of(dataset).tolist() == [0, 0, 1, 1, 1]
    assert labels_of(Subset(dataset, [4, 0])).tolist() == [1, 0]
    assert labels_of(Subset(Subset(dataset, [4, 0, 1]), range(2))).tolist() == [1, 0]
    assert labels_of(Subset(dataset, [])).tolist() == []
    assert labels_of(Listed(torch.zeros(3))).tolist() == [2, 0, 1]
    with pytest.raises(TypeError, match="TensorDataset has neither labels nor targets"):
        labels_of(TensorDataset(torch.zeros(3)))


# make_loader


class Counted(TensorDataset):
    """Notes what it is asked for."""

    def __init__(self, *tensors):
        super().__init__(*tensors)
        self.asked = []

    def __getitem__(self, index):
        self.asked.append(index)
        return super().__getitem__(index)


@pytest.mark.parametrize("shuffle", [True, False])
def test_loader_takes_whole_batches(shuffle):
    dataset = Counted(torch.arange(10.0), torch.arange(10))
    loader = make_loader(dataset, batch_size=4, shuffle=shuffle)
    batches = list(loader)
    assert isinstance(loader, DataLoader)
    assert [len(images) for images, _ in batches] == [4, 4, 2] and len(loader) == 3
    assert [len(index) for index in dataset.asked] == [4, 4, 2]
    assert all(torch.equal(images.long(), labels) for images, labels in batches)
    assert sorted(torch.cat([labels for _, labels in batches]).tolist()) == list(range(10))


def order(loader):
    return torch.cat([labels for _, labels in loader]).tolist()


@pytest.mark.parametrize("in_memory", [True, False])
def test_shuffle_repeats_with_the_seed(in_memory):
    dataset = TensorDataset(torch.zeros(50), torch.arange(50))
    dataset = dataset if in_memory else Subset(dataset, range(50))
    first = make_loader(dataset, batch_size=16, shuffle=True, seed=1)
    epochs = [order(first), order(first)]
    torch.manual_seed(99)  # the global generator plays no part
    second = make_loader(dataset, batch_size=16, shuffle=True, seed=1)
    assert [order(second), order(second)] == epochs
    assert epochs[0] != epochs[1] and epochs[0] != list(range(50))
    assert order(make_loader(dataset, batch_size=16, shuffle=True, seed=2)) != epochs[0]
    assert order(make_loader(dataset, batch_size=16)) == list(range(50))


def test_loader_leaves_the_global_generator_alone():
    torch.manual_seed(0)
    state = torch.get_rng_state()
    list(make_loader(labelled([5, 5]), batch_size=4, shuffle=True))
    assert torch.equal(torch.get_rng_state(), state)


def test_loader_of_single_samples():
    loader = make_loader(Subset(labelled([3, 2]), range(5)), batch_size=2)
    assert [len(images) for images, _ in loader] == [2, 2, 1]


@pytest.mark.parametrize("dataset", [TensorDataset(torch.zeros(0, 1)), Subset(labelled([2]), [])])
def test_loader_of_nothing(dataset):
    with pytest.raises(ValueError, match="the data set is empty"):
        make_loader(dataset)


@pytest.mark.parametrize("batch_size", [0, -3])
def test_loader_of_no_batch_size(batch_size):
    with pytest.raises(ValueError, match=f"1 or more, got {batch_size}"):
        make_loader(labelled([2]), batch_size=batch_size)


# warp and change_stroke


STILL = {"rotation": 0.0, "scale": 0.0, "shear": 0.0, "shift": 0.0, "elastic": 0.0}


@pytest.mark.parametrize("shape", [(2, 1, 32, 32), (3, 3, 16, 24), (1, 1, 8, 8)])
def test_warp_keeps_shape_and_range(shape):
    images = torch.rand(shape)
    warped = warp(images)
    assert warped.shape == images.shape and warped.dtype == images.dtype
    assert warped.min() >= 0 and warped.max() <= 1 + 1e-6
    assert not torch.allclose(warped, images, atol=1e-2)
    assert torch.allclose(warp(images, **STILL), images, atol=1e-4)


@pytest.mark.parametrize(
    ("name", "value"), [("rotation", 40.0), ("scale", 0.3), ("shear", 0.4), ("shift", 0.3), ("elastic", 0.1)]
)
def test_each_setting_of_warp_does_something(name, value):
    torch.manual_seed(0)
    images = torch.rand(6, 1, 16, 16)
    warped = warp(images, **(STILL | {name: value}))
    assert all((a - b).abs().max() > 0.05 for a, b in zip(images, warped, strict=True))


def test_warp_differs_between_images_and_follows_the_global_seed():
    images = torch.rand(1, 1, 16, 16).repeat(4, 1, 1, 1)
    torch.manual_seed(5)
    first = warp(images)
    assert not torch.equal(first[0], first[1])
    torch.manual_seed(5)
    assert torch.equal(warp(images), first)


def test_shift_moves_both_ways_and_fills_with_black():
    torch.manual_seed(0)
    column = torch.zeros(64, 1, 16, 16)
    column[..., 8] = 1
    moved = warp(column, **(STILL | {"shift": 0.5}))
    places = (moved.sum(dim=(1, 2)) * torch.arange(16.0)).sum(dim=1) / moved.sum(dim=(1, 2, 3))
    assert 3.9 <= places.min() < 6 and 10 < places.max() <= 12.1
    assert warp(torch.ones(8, 1, 16, 16), **(STILL | {"shift": 0.9})).min() == 0


def test_rotation_turns_without_stretching():
    torch.manual_seed(1)
    images = torch.zeros(32, 1, 33, 33)
    images[:, :, 10:23, 10:23] = 1
    turned = warp(images, **(STILL | {"rotation": 45.0}))
    assert torch.allclose(turned.sum(dim=(1, 2, 3)), images.sum(dim=(1, 2, 3)), rtol=0.03)


def test_scale_is_symmetric_in_the_logarithm():
    torch.manual_seed(2)
    images = torch.zeros(500, 1, 33, 33)
    images[:, :, 8:25, 8:25] = 1
    areas = warp(images, **(STILL | {"scale": 0.3})).sum(dim=(1, 2, 3)) / 17**2
    assert areas.min() < 0.75 and areas.max() > 1.35
    assert areas.log().mean().abs() < 0.05


def test_change_stroke_is_bolder_thinner_or_nothing():
    torch.manual_seed(0)
    images = torch.zeros(300, 1, 12, 12)
    images[:, :, 4:8, 4:8] = 1
    changed = change_stroke(images)
    assert changed.shape == images.shape and changed.min() >= 0 and changed.max() <= 1
    ink = changed.sum(dim=(1, 2, 3))
    assert sorted(ink.unique().tolist()) == [10.0, 16.0, 36.0]
    assert all(60 < (ink == amount).sum() < 140 for amount in (10, 16, 36))
    assert change_stroke(torch.rand(2, 3, 8, 8)).shape == (2, 3, 8, 8)


def test_labels_of_an_empty_set_cannot_be_drawn():
    empty = LabelledImages(torch.rand(0, 1, 8, 8), torch.zeros(0).long(), ["a"])
    with pytest.raises(ValueError, match="empty"):
        few_labels(empty, 1, seed=0)


def test_warp_bends_as_bicubic_interpolation_does():
    coarse = torch.randn(2, 2, 5, 5)
    down, across = augment._bicubic(5, 32), augment._bicubic(5, 24)
    expected = F.interpolate(coarse, size=(32, 24), mode="bicubic", align_corners=True)
    torch.testing.assert_close(down @ coarse @ across.T, expected)
    images = torch.rand(3, 1, 9, 7)
    expected = F.max_pool2d(images, 3, stride=1, padding=1)
    assert torch.equal(augment._brightest_neighbour(images), expected)


def test_steps_are_full_batches_of_all_images_again_and_again():
    five = labelled([2, 3])
    batches = [images.flatten(1)[:, 0].tolist() for images, _ in make_loader(five, batch_size=4, steps=5, seed=1)]
    assert [len(batch) for batch in batches] == [4] * 5
    seen = torch.tensor([number for batch in batches for number in batch])
    assert seen.long().bincount().tolist() == [4] * 5, "equally often"
    with pytest.raises(ValueError, match="steps must be 1"):
        make_loader(five, steps=0)


def test_augmentation_from_a_generator_leaves_the_global_one_alone():
    images = torch.rand(3, 1, 16, 16)
    state = torch.get_rng_state()
    first, second = (augment.redraw(images, torch.Generator().manual_seed(1)) for _ in range(2))
    assert torch.equal(first, second) and torch.equal(state, torch.get_rng_state())
