"""helpers.data: splits, loaders, warps, and folders of photos with everything that goes wrong in them."""

import pickle
import shutil
import struct
import warnings
import zlib

import pytest
import torch
import torch.nn.functional as F
from PIL import Image, ImageFont
from torch.utils.data import DataLoader, Subset, TensorDataset

from helpers.data import LabelledImages, augment, few_labels, images, labels_of, make_loader
from helpers.data.augment import change_stroke, warp
from helpers.data.folder import IMAGENET_MEAN, IMAGENET_STD, image_folder, open_rgb
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


# image_folder


def paint(path, colour=(90, 120, 150), size=(40, 30), mode="RGB", **save):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new(mode, size, colour).save(path, **save)
    return path


def chunk(kind, content):
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def gigantic_png(width, height):
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", zlib.compress(b"\0" * 100)) + chunk(b"IEND", b"")


@pytest.fixture
def folder(tmp_path):
    """Two classes: six images of ants, four of bees; each has a brightness of its own."""
    for name, count in (("ants", 6), ("bees", 4)):
        for i in range(count):
            shade = 20 * i + (10 if name == "bees" else 0)
            paint(tmp_path / "photos" / name / f"{i}.png", (shade, shade, shade))
    return tmp_path / "photos"


SMALL = {"resize": 32, "crop": 24}


def test_folder_gives_whole_normalised_images(folder):
    train_set, val_set = image_folder(folder, **SMALL)
    assert train_set.dataset.classes == ["ants", "bees"]
    for image, label in [*train_set, *val_set]:
        assert image.shape == (3, 24, 24) and image.isfinite().all() and label in (0, 1)
    image, _ = image_folder(paint(folder / "ants" / "a.png", (255, 0, 128)).parents[1], **SMALL)[0].dataset[6]
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    expected = (torch.tensor([255, 0, 128]) / 255 - mean) / std
    assert torch.allclose(image.mean(dim=(1, 2)), expected, atol=1e-4)


def test_default_size_is_the_articles(folder):
    train_set, _ = image_folder(folder)
    assert train_set[0][0].shape == (3, 224, 224)


def test_folder_split_is_stratified_disjoint_and_repeats(folder):
    train_set, val_set = image_folder(folder, val_fraction=0.5, seed=1, **SMALL)
    assert labels_of(train_set).bincount().tolist() == labels_of(val_set).bincount().tolist() == [3, 2]
    assert sorted([*train_set.indices, *val_set.indices]) == list(range(10))
    assert image_folder(folder, val_fraction=0.5, seed=1, **SMALL)[0].indices == train_set.indices
    others = [image_folder(folder, val_fraction=0.5, seed=seed, **SMALL)[0].indices for seed in range(2, 6)]
    assert any(indices != train_set.indices for indices in others)


@pytest.mark.parametrize(("fraction", "held_back"), [(0.01, [1, 1]), (0.2, [1, 1]), (0.34, [2, 1]), (0.7, [4, 3])])
def test_val_fraction(folder, fraction, held_back):
    _, val_set = image_folder(folder, val_fraction=fraction, **SMALL)
    assert labels_of(val_set).bincount().tolist() == held_back


def test_a_large_val_fraction_leaves_something_to_train_on(folder):
    train_set, _ = image_folder(folder, val_fraction=0.95, **SMALL)
    assert labels_of(train_set).bincount(minlength=2).tolist() == [1, 1]


def test_folder_in_a_loader_with_few_labels(folder):
    train_set, _ = image_folder(folder, **SMALL)
    few = few_labels(train_set, 2, seed=0)
    images, labels = next(iter(make_loader(few, batch_size=4)))
    assert images.shape == (4, 3, 24, 24) and sorted(labels.tolist()) == [0, 0, 1, 1]


def test_val_root(folder, tmp_path):
    other = tmp_path / "held_back"
    paint(other / "ants" / "x.png")
    paint(other / "bees" / "y.png")
    train_set, val_set = image_folder(folder, other, **SMALL)
    assert (len(train_set), len(val_set)) == (10, 2)
    assert str(other) in val_set.dataset.samples[0][0]
    paint(other / "cats" / "z.png")
    with pytest.raises(ValueError, match=r"\['ants', 'bees'\], but .* has \['ants', 'bees', 'cats'\]"):
        image_folder(folder, other, **SMALL)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"on_bad": "ignore"}, '"raise" or "skip"'),
        ({"val_fraction": 0}, "between 0 and 1"),
        ({"val_fraction": 1}, "between 0 and 1"),
        ({"crop": 33, "resize": 32}, "crop must be from 1 to resize=32 pixels, got 33"),
        ({"crop": 0}, "got 0"),
    ],
)
def test_folder_settings(folder, settings, words):
    with pytest.raises(ValueError, match=words):
        image_folder(folder, **settings)


def test_missing_and_empty_folders(tmp_path):
    with pytest.raises(FileNotFoundError, match="no such folder"):
        image_folder(tmp_path / "gone")
    with pytest.raises(FileNotFoundError, match="no such folder"):
        image_folder(paint(tmp_path / "file.png"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(FileNotFoundError, match="no sub-folders"):
        image_folder(tmp_path / "empty")


def test_images_without_class_folders(tmp_path):
    paint(tmp_path / "a.png")
    with pytest.raises(FileNotFoundError, match="no sub-folders"):
        image_folder(tmp_path)


def test_single_class(tmp_path):
    paint(tmp_path / "ants" / "a.png")
    with pytest.raises(ValueError, match="a single class, 'ants'"):
        image_folder(tmp_path)


@pytest.mark.parametrize("on_bad", ["raise", "skip"])
def test_class_without_images(folder, on_bad):
    (folder / "cats").mkdir()
    with pytest.raises(FileNotFoundError, match="cats: a class without images"):
        image_folder(folder, on_bad=on_bad)


def test_class_with_nothing_but_bad_files(folder):
    (folder / "cats").mkdir()
    (folder / "cats" / "bad.jpg").write_text("no picture")
    with pytest.raises(ValueError, match=r"1 file is no image .*\n.*bad\.jpg"):
        image_folder(folder)
    with pytest.raises(FileNotFoundError, match="cats: a class without images"):
        image_folder(folder, on_bad="skip")


def test_class_with_one_image(folder):
    paint(folder / "cats" / "only.png")
    with pytest.raises(ValueError, match=r"\['cats'\] have a single image"):
        image_folder(folder)


def text(path):
    path.write_text("this is no picture")


def truncated(path):
    torch.manual_seed(0)
    noise = Image.fromarray((255 * torch.rand(64, 64, 3)).byte().numpy())
    noise.save(path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def broken_chunk(path):
    """A PNG whose second chunk of pixels has a name that is none: Pillow raises a SyntaxError."""
    pixels = zlib.compress(bytes(range(256)) * 40)
    header = chunk(b"IHDR", struct.pack(">IIBBBBB", 64, 64, 8, 0, 0, 0, 0))
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + header + chunk(b"IDAT", pixels[:20]) + chunk(b"\1\2\3\4", pixels[20:]))


BAD = {
    "text.jpg": text,
    "notes.txt": text,
    "empty.png": lambda path: path.write_bytes(b""),
    "half.jpg": truncated,
    "half.png": truncated,
    "broken.png": broken_chunk,
    "gigantic.png": lambda path: path.write_bytes(gigantic_png(60_000, 60_000)),
    "large.png": lambda path: path.write_bytes(gigantic_png(10_000, 6_000)),
    "larger.png": lambda path: path.write_bytes(gigantic_png(10_000, 10_000)),
    "page.gif": lambda path: path.write_bytes(b"GIF89a\x01"),
}


@pytest.mark.parametrize("name", BAD)
def test_each_bad_file_is_named(folder, name):
    BAD[name](folder / "bees" / name)
    with pytest.raises(ValueError, match=r'1 file is no image that can be used(.|\n)*on_bad="skip"') as caught:
        image_folder(folder)
    assert f"{folder / 'bees' / name}: " in str(caught.value)


def test_all_bad_files_are_named_at_once_or_skipped(folder):
    for number, (name, make) in enumerate(BAD.items()):
        make(folder / ("ants", "bees")[number % 2] / name)
    with pytest.raises(ValueError, match=f"^{len(BAD)} files") as caught:
        image_folder(folder)
    assert all(f"/{name}: " in str(caught.value) for name in BAD)
    with pytest.warns(UserWarning, match=f"^{len(BAD)} files left out") as caught:
        train_set, val_set = image_folder(folder, on_bad="skip", **SMALL)
    assert len(train_set) + len(val_set) == 10
    assert all(f"/{name}: " in str(caught[0].message) for name in BAD)
    assert caught[0].filename == __file__
    assert all(image.isfinite().all() for image, _ in [*train_set, *val_set])


def test_large_but_allowed_size(tmp_path):
    assert open_rgb(paint(tmp_path / "large.png", 1, (7000, 7000), "1")).size == (7000, 7000)
    with pytest.raises(ValueError, match="10000x6000 pixels, more than 50,000,000"):
        (tmp_path / "larger.png").write_bytes(gigantic_png(10_000, 6_000))
        open_rgb(tmp_path / "larger.png")


def test_gigantic_size(tmp_path):
    (tmp_path / "gigantic.png").write_bytes(gigantic_png(60_000, 60_000))
    with pytest.raises(ValueError, match="pixels"):
        open_rgb(tmp_path / "gigantic.png")


def test_hidden_files_are_ignored(folder):
    text(folder / "ants" / ".DS_Store")
    text(folder / ".hidden")
    text(folder / "README.txt")  # outside of the class folders
    (folder / "ants" / ".cache").mkdir()
    text(folder / "ants" / ".cache" / "x.jpg")
    train_set, val_set = image_folder(folder, **SMALL)
    assert len(train_set) + len(val_set) == 10


def test_hidden_folders_are_no_classes(folder):
    (folder / ".ipynb_checkpoints").mkdir()
    train_set, _ = image_folder(folder, **SMALL)
    assert train_set.dataset.classes == ["ants", "bees"]


def test_folders_within_a_class_count(folder):
    paint(folder / "ants" / "more" / "x.JPG")
    train_set, val_set = image_folder(folder, **SMALL)
    assert len(train_set) + len(val_set) == 11


MODES = [  # mode, colour, name, brightness that is expected of red, green and blue
    ("L", 128, "x.png", (128, 128, 128)),
    ("L", 128, "x.jpg", (128, 128, 128)),
    ("LA", (128, 255), "x.png", (128, 128, 128)),
    ("LA", (128, 0), "x.png", (255, 255, 255)),
    ("RGBA", (10, 20, 30, 255), "x.png", (10, 20, 30)),
    ("RGBA", (10, 20, 30, 0), "x.png", (255, 255, 255)),
    ("RGBA", (0, 0, 0, 51), "x.png", (204, 204, 204)),
    ("CMYK", (0, 0, 0, 127), "x.jpg", (128, 128, 128)),
    ("CMYK", (0, 255, 255, 0), "x.jpg", (255, 0, 0)),
    ("1", 1, "x.png", (255, 255, 255)),
    ("1", 0, "x.png", (0, 0, 0)),
    ("I;16", 32896, "x.png", (128, 128, 128)),
    ("I;16", 65535, "x.tiff", (255, 255, 255)),
    ("I;16", 0, "x.png", (0, 0, 0)),
    ("I", 32896, "x.tiff", (128, 128, 128)),
    ("I", 128, "x.tiff", (128, 128, 128)),
    ("F", 128.0, "x.tiff", (128, 128, 128)),
    ("RGB", (10, 20, 30), "x.bmp", (10, 20, 30)),
    ("RGB", (10, 20, 30), "x.webp", (10, 20, 30)),
]


@pytest.mark.parametrize(("mode", "colour", "name", "expected"), MODES)
def test_modes_become_rgb(tmp_path, mode, colour, name, expected):
    image = open_rgb(paint(tmp_path / name, colour, (9, 7), mode))
    assert image.mode == "RGB" and image.size == (9, 7)
    assert image.getpixel((4, 3)) == pytest.approx(expected, abs=3)


def test_dark_16_bit_image_stays_dark(tmp_path):
    assert open_rgb(paint(tmp_path / "x.png", 200, mode="I;16")).getpixel((0, 0)) == (1, 1, 1)


@pytest.mark.parametrize("transparency", [None, 0, b"\x00\xff"])
def test_palettes(tmp_path, transparency):
    image = Image.new("P", (8, 8), 0)
    image.putpalette([200, 0, 0, 0, 0, 200])
    image.putpixel((7, 7), 1)
    image.save(tmp_path / "x.png", **({} if transparency is None else {"transparency": transparency}))
    image = open_rgb(tmp_path / "x.png")
    assert image.getpixel((0, 0)) == ((200, 0, 0) if transparency is None else (255, 255, 255))
    assert image.getpixel((7, 7)) == (0, 0, 200)


def test_every_mode_in_one_folder(folder):
    for number, (mode, colour, name, _) in enumerate(MODES):
        paint(folder / "ants" / f"{number}-{name}", colour, mode=mode)
    train_set, val_set = image_folder(folder, **SMALL)
    assert len(train_set) + len(val_set) == 10 + len(MODES)
    assert all(image.shape == (3, 24, 24) and image.isfinite().all() for image, _ in [*train_set, *val_set])


def save_turned(path, mode):
    """Left half bright, right half dark, and a note that says: turn me by 90 degrees clockwise."""
    image = Image.new("L", (40, 20), 250)
    image.paste(5, (20, 0, 40, 20))
    exif = Image.Exif()
    exif[0x0112] = 6
    (image.convert("I;16") if mode == "I;16" else image.convert(mode)).save(path, exif=exif.tobytes())
    return path


@pytest.mark.parametrize(
    ("mode", "suffix"),
    [
        ("RGB", "jpg"),
        ("RGB", "png"),
        ("L", "jpg"),
        ("CMYK", "jpg"),
        ("RGBA", "png"),
        ("LA", "png"),
        ("I;16", "png"),
    ],
)
def test_the_cameras_rotation_is_applied(tmp_path, mode, suffix):
    image = open_rgb(save_turned(tmp_path / f"x.{suffix}", mode))
    assert image.size == (20, 40)
    assert image.getpixel((10, 5))[0] > image.getpixel((10, 35))[0]


def test_broken_exif_is_no_reason_to_stop(tmp_path):
    path = paint(tmp_path / "x.jpg", exif=b"Exif\0\0garbage")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        assert open_rgb(path).size == (40, 30)


@pytest.mark.parametrize("size", [(100, 20), (20, 100), (3, 3), (1, 50), (32, 32)])
def test_any_shape_becomes_a_square(folder, size):
    paint(folder / "ants" / "0.png", (100, 100, 100), size)
    image, _ = image_folder(folder, **SMALL)[0].dataset[0]
    assert image.shape == (3, 24, 24)
    brightness = image * torch.tensor(IMAGENET_STD)[:, None, None] + torch.tensor(IMAGENET_MEAN)[:, None, None]
    assert torch.allclose(brightness, torch.tensor(100 / 255), atol=0.01)


def test_large_jpegs_are_decoded_small_but_large_enough(tmp_path):
    path = paint(tmp_path / "x.jpg", size=(800, 600))
    assert open_rgb(path).size == (800, 600)
    assert open_rgb(path, at_least=100).size == (200, 150)
    assert open_rgb(path, at_least=599).size == (800, 600)
    assert open_rgb(path, at_least=5000).size == (800, 600)


def test_open_rgb_of_what_is_no_image(tmp_path):
    text(tmp_path / "x.jpg")
    truncated(tmp_path / "y.jpg")
    for path in (tmp_path / "x.jpg", tmp_path / "y.jpg", tmp_path / "gone.jpg"):
        with pytest.raises(OSError, match=r"cannot identify|truncated|No such file"):
            open_rgb(path)


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


def test_the_folders_of_sets_are_no_classes(folder, tmp_path):
    both = tmp_path / "sets"
    for name in ("train", "val"):
        shutil.copytree(folder, both / name)
    with pytest.raises(ValueError, match=r"sets, not classes.*image_folder\(.*train.*val"):
        image_folder(both)


def test_linked_folders_count_and_a_circle_ends(folder, tmp_path):
    outside = tmp_path / "outside"
    first = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    shutil.copytree(first, outside)
    before = len(image_folder(folder, resize=8, crop=8)[0].dataset)
    (first / "linked").symlink_to(outside)
    (first / "circle").symlink_to(first)
    assert len(image_folder(folder, resize=8, crop=8)[0].dataset) == before + len(list(outside.iterdir()))


def test_a_folder_can_be_sent_to_worker_processes(folder):
    train_set, _ = image_folder(folder, resize=8, crop=8)
    again = pickle.loads(pickle.dumps(train_set))  # noqa: S301  what spawned workers do
    assert torch.equal(again[0][0], train_set[0][0])


def test_a_tilde_is_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(image_folder(f"~/{folder.name}", resize=8, crop=8)[0])


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
