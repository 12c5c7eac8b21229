"""helpers.data.folder and photo_file: folders of photos with everything that goes wrong in them."""

import pickle
import shutil
import struct
import warnings
import zlib
from pathlib import Path

import pytest
import torch
from PIL import Image

from helpers.data import few_labels, labels_of, make_loader
from helpers.data.folder import Photos, image_folder
from helpers.data.photo_file import IMAGENET_MEAN, IMAGENET_STD, open_rgb, preprocessing


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


SMALL = {"contract": {"resize": 32, "crop": 24}}


def test_folder_gives_whole_normalised_images(folder):
    train_set, *others = image_folder(folder, **SMALL)
    assert train_set.classes == ["ants", "bees"]
    for image, label in [item for part in (train_set, *others) for item in part]:
        assert image.shape == (3, 24, 24) and image.isfinite().all() and label in (0, 1)
    photo = paint(folder / "ants" / "a.png", (255, 0, 128))
    image = preprocessing(SMALL["contract"])(open_rgb(photo))
    mean, std = torch.tensor(IMAGENET_MEAN), torch.tensor(IMAGENET_STD)
    expected = (torch.tensor([255, 0, 128]) / 255 - mean) / std
    assert torch.allclose(image.mean(dim=(1, 2)), expected, atol=1e-4)


def test_default_size_is_the_articles(folder):
    train_set, *_ = image_folder(folder)
    assert train_set[0][0].shape == (3, 224, 224)


def test_folder_split_is_stratified_disjoint_and_repeats(folder):
    sets = image_folder(folder, shares=(0.5, 0.25, 0.25), seed=1, **SMALL)
    assert [part.labels.bincount().tolist() for part in sets] == [[2, 2], [2, 1], [2, 1]]
    assert len({path for part in sets for path in part.paths}) == 10
    assert image_folder(folder, shares=(0.5, 0.25, 0.25), seed=1, **SMALL)[0].paths == sets[0].paths
    others = [image_folder(folder, shares=(0.5, 0.25, 0.25), seed=seed, **SMALL)[0].paths for seed in range(2, 6)]
    assert any(paths != sets[0].paths for paths in others)


@pytest.mark.parametrize(("share", "held_back"), [(0.01, [1, 1]), (0.2, [1, 1]), (0.34, [2, 1])])
def test_shares(folder, share, held_back):
    _, val_set, test_set = image_folder(folder, shares=(1 - 2 * share, share, share), **SMALL)
    assert val_set.labels.bincount().tolist() == test_set.labels.bincount().tolist() == held_back


def test_large_shares_leave_something_to_train_on(folder):
    train_set, _, _ = image_folder(folder, shares=(0.02, 0.49, 0.49), **SMALL)
    assert train_set.labels.bincount(minlength=2).tolist() == [1, 1]


def test_three_images_of_a_class_are_enough_and_two_are_not(folder):
    for i in range(2):
        paint(folder / "cats" / f"{i}.png", (200, 100 * i, 0))
    with pytest.raises(ValueError, match=r"3 groups of each class.* but there are 2 of 'cats'"):
        image_folder(folder, **SMALL)
    paint(folder / "cats" / "2.png", (0, 0, 250))
    assert [part.labels.bincount().tolist()[2] for part in image_folder(folder, **SMALL)] == [1, 1, 1]


def test_no_group_is_in_two_sets(folder):
    """Six photos of ants by three people, four of bees by three."""

    def person(path):
        return path.parent.name, int(path.stem) // 2 if path.parent.name == "ants" else int(path.stem) % 3

    for seed in range(10):
        sets = image_folder(folder, group_of=person, seed=seed, **SMALL)
        people = [{person(Path(path)) for path in part.paths} for part in sets]
        assert not (people[0] & people[1] or people[0] & people[2] or people[1] & people[2])
        assert sum(map(len, sets)) == 10
    with pytest.raises(ValueError, match="2 of 'bees'"):
        image_folder(folder, group_of=lambda path: (path.parent.name, int(path.stem) % 2), **SMALL)


def test_copies_are_in_one_set(tmp_path):
    """Twelve noisy photos, each also as a JPEG of half the size; the seeds split them in many ways."""
    generator = torch.Generator().manual_seed(0)
    for name in ("ants", "bees"):
        for i in range(6):
            coarse = (255 * torch.rand(4, 4, 3, generator=generator)).byte().numpy()
            photo = Image.fromarray(coarse).resize((64, 64))
            (tmp_path / name).mkdir(exist_ok=True)
            photo.save(tmp_path / name / f"{i}.png")
            photo.resize((32, 32)).save(tmp_path / name / f"{i} sent.jpg", quality=80)
    for seed in range(5):
        sets = image_folder(tmp_path, seed=seed, **SMALL)
        originals = [{path.split(".")[0].split(" ")[0] for path in part.paths} for part in sets]
        assert not (originals[0] & originals[1] or originals[0] & originals[2] or originals[1] & originals[2])
        assert [len(part) for part in sets] == [16, 4, 4]


def test_folder_in_a_loader_with_few_labels(folder):
    train_set, *_ = image_folder(folder, **SMALL)
    few = few_labels(train_set, 2, seed=0)
    images, labels = next(iter(make_loader(few, batch_size=4)))
    assert images.shape == (4, 3, 24, 24) and sorted(labels.tolist()) == [0, 0, 1, 1]


def test_folders_of_sets_are_taken_as_they_are(folder, tmp_path):
    for name, (low, high) in {"train": (0, 2), "val": (2, 3), "Test": (3, 4)}.items():
        for path in folder.glob("*/*"):
            if low <= int(path.stem) < high:
                (tmp_path / "sets" / name / path.parent.name).mkdir(parents=True, exist_ok=True)
                shutil.copy(path, tmp_path / "sets" / name / path.parent.name)
    sets = image_folder(tmp_path / "sets", **SMALL)
    assert [len(part) for part in sets] == [4, 2, 2]
    assert all(
        f"/{name}/" in path for part, name in zip(sets, ("train", "val", "Test"), strict=True) for path in part.paths
    )


def test_a_set_that_is_missing_is_taken_from_the_training_folder(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "sets" / "train")
    for name, shade in (("ants", 3), ("bees", 250)):
        paint(tmp_path / "sets" / "test" / name / "x.png", (shade, 0, 255))
    sets = image_folder(tmp_path / "sets", **SMALL)
    assert [len(part) for part in sets] == [7, 3, 2]
    assert all("/test/" in path for path in sets[2].paths)
    paint(tmp_path / "sets" / "test" / "cats" / "z.png")
    with pytest.raises(ValueError, match=r"\['ants', 'bees'\], but .* has \['ants', 'bees', 'cats'\]"):
        image_folder(tmp_path / "sets", **SMALL)


def test_copies_in_two_sets_of_your_own_are_told(folder, tmp_path):
    shutil.copytree(folder, tmp_path / "sets" / "train")
    for name in ("ants", "bees"):
        (tmp_path / "sets" / "test" / name).mkdir(parents=True)
        shutil.copy(folder / name / "1.png", tmp_path / "sets" / "test" / name / "copy.png")
    with pytest.warns(UserWarning, match=r"near copies in two sets.*\n.*1\.png and .*copy\.png") as caught:
        image_folder(tmp_path / "sets", **SMALL)
    assert caught[0].filename == __file__


@pytest.mark.parametrize("names", [("val", "test"), ("train", "training"), ("train", "val", "cats")])
def test_folders_that_are_neither_sets_nor_classes(folder, tmp_path, names):
    for name in names:
        shutil.copytree(folder, tmp_path / "sets" / name)
    with pytest.raises(ValueError, match=r'one must be "train"|holds folders of sets'):
        image_folder(tmp_path / "sets", **SMALL)


def test_a_class_may_be_called_train(folder):
    for i in range(3):
        paint(folder / "train" / f"{i}.png", (0, 250, 100 * i))
    assert image_folder(folder, **SMALL)[0].classes == ["ants", "bees", "train"]


def test_names_of_any_script(folder):
    (folder / "ants").rename(folder / "蚂蚁 & co")
    (folder / "bees" / "0.png").rename(folder / "bees" / "été – 1.PNG")
    train_set, _, _ = image_folder(folder, **SMALL)
    assert train_set.classes == ["bees", "蚂蚁 & co"] and train_set[0][0].shape == (3, 24, 24)


def test_photos_are_kept_with_classes_and_contract(folder):
    photos = image_folder(folder, **SMALL)[0]
    raw = photos.with_contract(normalise=False, crop=20)
    assert raw[0][0].shape == (3, 20, 20) and 0 <= raw[0][0].min() <= raw[0][0].max() <= 1
    few = few_labels(photos, 1, seed=0)
    assert isinstance(few, Photos) and few.labels.tolist() == [0, 1] and few.classes == photos.classes
    memory = few.in_memory()
    assert memory.images.shape == (2, 3, 24, 24) and torch.equal(memory.images[1], few[1][0])
    assert torch.equal(labels_of(photos), photos.labels)


def test_a_contract_of_other_terms():
    with pytest.raises(ValueError, match=r"not \['size'\]"):
        preprocessing({"size": 3})
    with pytest.raises(ValueError, match="std must be above 0"):
        preprocessing({"std": (0.5, 0, 0.5)})
    image = Image.new("RGB", (50, 40), (255, 0, 128))
    half = preprocessing({"resize": 20, "crop": 10, "mean": (0.5,) * 3, "std": (0.5,) * 3})(image)
    assert torch.allclose(half[:, 0, 0], torch.tensor([1.0, -1.0, 128 / 127.5 - 1]), atol=1e-6)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"on_bad": "ignore"}, '"raise" or "skip"'),
        ({"contract": {"crop": 33, "resize": 32}}, "crop must be from 1 to resize=32 pixels, got 33"),
        ({"contract": {"crop": 0}}, "got 0"),
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


@pytest.mark.parametrize("on_bad", ["raise", "skip"])
def test_class_with_nothing_but_bad_files(folder, on_bad):
    (folder / "cats").mkdir()
    (folder / "cats" / "bad.jpg").write_text("no picture")
    with pytest.raises(FileNotFoundError, match=r"cats: a class without images.*\n.*bad\.jpg"):
        image_folder(folder, on_bad=on_bad)


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
        train_set, *others = image_folder(folder, on_bad="skip", **SMALL)
    assert len(train_set) + sum(map(len, others)) == 10
    assert all(f"/{name}: " in str(caught[0].message) for name in BAD)
    assert caught[0].filename == __file__
    assert all(image.isfinite().all() for image, _ in [item for part in (train_set, *others) for item in part])


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
    train_set, *others = image_folder(folder, **SMALL)
    assert len(train_set) + sum(map(len, others)) == 10


def test_hidden_folders_are_no_classes(folder):
    (folder / ".ipynb_checkpoints").mkdir()
    train_set, *_ = image_folder(folder, **SMALL)
    assert train_set.classes == ["ants", "bees"]


def test_folders_within_a_class_count(folder):
    paint(folder / "ants" / "more" / "x.JPG")
    train_set, *others = image_folder(folder, **SMALL)
    assert len(train_set) + sum(map(len, others)) == 11


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
    train_set, *others = image_folder(folder, **SMALL)
    assert len(train_set) + sum(map(len, others)) == 10 + len(MODES)
    assert all(
        image.shape == (3, 24, 24) and image.isfinite().all()
        for image, _ in [item for part in (train_set, *others) for item in part]
    )


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
    image = preprocessing(SMALL["contract"])(open_rgb(folder / "ants" / "0.png"))
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


def test_linked_folders_count_and_a_circle_ends(folder, tmp_path):
    outside = tmp_path / "outside"
    first = next(path for path in sorted(folder.iterdir()) if path.is_dir())
    shutil.copytree(first, outside)
    before = sum(map(len, image_folder(folder, **SMALL)))
    (first / "linked").symlink_to(outside)
    (first / "circle").symlink_to(first)
    assert sum(map(len, image_folder(folder, **SMALL))) == before + len(list(outside.iterdir()))


def test_a_folder_can_be_sent_to_worker_processes(folder):
    train_set, *_ = image_folder(folder, **SMALL)
    again = pickle.loads(pickle.dumps(train_set))  # noqa: S301  what spawned workers do
    assert torch.equal(again[0][0], train_set[0][0])


def test_a_tilde_is_the_home_folder(folder, monkeypatch):
    monkeypatch.setenv("HOME", str(folder.parent))
    assert len(image_folder(f"~/{folder.name}", **SMALL)[0])


def test_a_group_in_two_sets_of_your_own_is_told(folder, tmp_path):
    for name, stems in {"train": "012", "val": "3", "test": "3"}.items():
        for kind in ("ants", "bees"):
            for stem in stems:
                shade = 20 * int(stem) + {"train": 3, "val": 30, "test": 60}[name] + 10 * (kind == "bees")
                paint(tmp_path / "sets" / name / kind / f"anna{stem}.png", (shade, shade, 255 - shade))
    with pytest.warns(UserWarning, match="one group in two sets"):
        image_folder(tmp_path / "sets", group_of=lambda path: path.stem[:4], **SMALL)
