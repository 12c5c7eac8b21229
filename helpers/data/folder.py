"""Your own photos: a folder with one sub-folder for each class, checked, split and made equal in size."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor
from torch.utils.data import Dataset, Subset

from helpers.data import stratified

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of the red, green and blue of ImageNet's photos
IMAGENET_STD = (0.229, 0.224, 0.225)
MOST_LONGER = 50  # one side than the other: scaled up to `resize`, a strip would fill the memory
MOST_PIXELS = 50_000_000  # a larger image is refused: it would take 150 MB and more to open
OF_WINDOWS = {"Thumbs.db", "desktop.ini"}  # lie in every folder there
SETS = {"train", "training", "val", "valid", "validation", "test"}  # folders of sets, not of classes


class Photos(Dataset):
    """Image files with a class number each, opened when they are asked for; can be sent to worker processes.

    Args:
        samples: path and class number of each file.
        classes: K names.
        transform: image -> (3, H, W).
        at_least: shorter side in pixels that `transform` needs.
    """

    def __init__(
        self,
        samples: list[tuple[str, int]],
        classes: list[str],
        transform: Callable[[Image.Image], Tensor],
        at_least: int,
    ) -> None:
        self.samples, self.classes, self.transform, self.at_least = samples, classes, transform, at_least

    @property
    def targets(self) -> list[int]:
        return [label for _, label in self.samples]

    def __len__(self) -> int:
        return len(self.samples)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        path, label = self.samples[index]
        return self.transform(open_rgb(path, self.at_least)), label


def image_folder(
    root: str | Path,
    val_root: str | Path | None = None,
    *,
    resize: int = 256,
    crop: int = 224,
    normalise: bool = True,
    val_fraction: float = 0.2,
    seed: int = 0,
    on_bad: str = "raise",
) -> tuple[Subset, Subset]:
    """Train and validation set over your own photos: one sub-folder of `root` for each class.

    Every image becomes (3, crop, crop) by the article's `Resize, CenterCrop, ToTensor, Normalize`. Classes are
    sorted as text, so 10 comes before 2. Copies of one photo on both sides of the split are not looked for (page 07).
    Grey, transparent, palette, CMYK and 16-bit images become RGB; the camera's rotation is applied.

    Args:
        val_root: a second tree with the same classes; without it, `val_fraction` of each class
            of `root` is held back, at least one image of each.
        resize: length of the shorter side in pixels, before the crop.
        normalise: to ImageNet's mean and deviation, as models from ImageNet want it. Without it the pixels
            stay from 0 to 1, to be looked at or to be reconstructed.
        on_bad: "raise" names all files that are no whole images in one error; "skip" leaves
            them out and warns with their names.

    Returns:
        train_set, val_set: `torch.utils.data.Subset`s of `Photos`; the names of the classes are
        `train_set.dataset.classes`.

    Raises:
        FileNotFoundError: the folder is missing, empty, or a class has no image.
        ValueError: only one class, classes that differ between the trees, folders of sets (train,
            val) where classes belong, too few images to split, or bad files.

    Source: article sections 4.3 and 4.4.
    """
    from torchvision import transforms

    if on_bad not in ("raise", "skip"):
        raise ValueError(f'on_bad must be "raise" or "skip", got {on_bad!r}')
    if not 0 < val_fraction < 1:
        raise ValueError(f"val_fraction must be between 0 and 1, got {val_fraction}")
    if not 0 < crop <= resize:
        raise ValueError(f"crop must be from 1 to resize={resize} pixels, got {crop}")
    steps = [transforms.Resize(resize), transforms.CenterCrop(crop), transforms.ToTensor()]
    steps += [transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD)] * normalise
    transform = transforms.Compose(steps)

    def tree(folder: Path) -> Photos:
        classes = _class_folders(folder)
        samples = _samples(folder, classes, on_bad)
        return Photos(samples, classes, transform, at_least=resize)

    train_tree = tree(Path(root).expanduser())
    if val_root is not None:
        if Path(root).expanduser().samefile(Path(val_root).expanduser()):
            raise ValueError(f"{root} is given as both training and validation set. Give two trees, or one alone")
        val_tree = tree(Path(val_root).expanduser())
        if val_tree.classes != train_tree.classes:
            raise ValueError(f"{root} has the classes {train_tree.classes}, but {val_root} has {val_tree.classes}")
        return Subset(train_tree, range(len(train_tree))), Subset(val_tree, range(len(val_tree)))

    labels = torch.tensor(train_tree.targets)
    counts = labels.bincount()
    small = [name for name, count in zip(train_tree.classes, counts, strict=True) if count < 2]
    if small:
        raise ValueError(f"{root}: {small} have a single image; a split into train and validation needs two of each")
    val, train = stratified(
        labels, [min(int(count) - 1, max(1, round(val_fraction * int(count)))) for count in counts], seed
    )
    return Subset(train_tree, train.tolist()), Subset(train_tree, val.tolist())


def open_rgb(path: str | Path, at_least: int | None = None) -> Image.Image:
    """Open an image file of any common mode as RGB, turned as the camera says.

    Args:
        at_least: shorter side in pixels that is enough; a large JPEG is then decoded at a half,
            quarter or eighth of its size, which is faster.

    Raises:
        OSError: no image, or a truncated one.
        ValueError: more than 50 million pixels, or a strip with one side 50 times the other.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we refuse earlier
        try:
            opened = Image.open(path)
        except Image.DecompressionBombError as error:
            raise ValueError(str(error)) from error
        with opened as image:
            if max(image.size) > MOST_LONGER * min(image.size):
                raise ValueError(f"{image.width}x{image.height} pixels: a strip; cut it first")
            if image.width * image.height > MOST_PIXELS:
                raise ValueError(f"{image.width}x{image.height} pixels, more than {MOST_PIXELS:,}")
            if at_least:
                scale = min(image.size) // at_least
                image.draft("RGB", (image.width // max(1, scale), image.height // max(1, scale)))
            image.load()
            image = ImageOps.exif_transpose(image)
            if image.mode.startswith("I") or image.mode == "F":
                image = _to_8_bit(image)
            if image.mode in ("LA", "PA", "RGBA") or "transparency" in image.info:
                image = image.convert("RGBA")
                paper = Image.new("RGBA", image.size, "white")  # what a viewer would show
                image = Image.alpha_composite(paper, image)
            return image.convert("RGB")


def _to_8_bit(image: Image.Image) -> Image.Image:
    """A 16- or 32-bit grey image as 8 bits; Pillow's own conversion clips at 255 instead."""
    values = torch.from_numpy(np.array(image, dtype=np.float32))
    if image.mode == "F" and values.max() <= 1:
        values = 255 * values
    elif image.mode.startswith("I;16") or values.max() > 255:
        values = values * (255 / 65535)  # 12 bits, as of a microscope, stay dark: stretch such files first
    return Image.fromarray(values.clamp(0, 255).round().byte().numpy())


def _class_folders(root: Path) -> list[str]:
    """The names of the sub-folders of `root`, each a class; links count, hidden folders do not."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder. Give the folder that holds one sub-folder for each class")
    classes = sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not classes:
        raise FileNotFoundError(f"{root}: no sub-folders. Put the images of each class into a folder of its own there")
    sets = [name for name in classes if name.casefold() in SETS]
    if len(sets) > 1 or sets == classes:
        raise ValueError(f"{root}: its sub-folders {sets} are sets, not classes.{_two_sets(root, sets)}")
    if len(classes) == 1:
        raise ValueError(f"{root}: a single class, {classes[0]!r}. A classifier needs two sub-folders or more")
    return classes


def _two_sets(root: Path, sets: list[str]) -> str:
    """How to pass a training and a validation set that lie beside each other."""
    order = ["train", "training", "val", "valid", "validation", "test"]
    ranked = sorted(sets, key=lambda name: order.index(name.casefold()))
    if len(ranked) < 2 or not ranked[0].casefold().startswith("train"):
        return " Pass the folder of the training set"
    return f' Pass them one by one: image_folder("{root / ranked[0]}", "{root / ranked[1]}")'


def _samples(root: Path, classes: list[str], on_bad: str) -> list[tuple[str, int]]:
    """Path and class number of all whole images in the class folders, after checking every file."""
    samples, bad = [], {}
    for label, name in enumerate(classes):
        before, bad_before = len(samples), len(bad)
        for path in _files(root / name):
            try:
                open_rgb(path, at_least=1)  # a JPEG at an eighth of its size is enough to see that it is whole
                samples.append((str(path), label))
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                bad[path] = str(error).replace(repr(str(path)), "").replace(str(path), "the file").strip()
        if len(samples) == before and (on_bad == "skip" or len(bad) == bad_before):
            raise FileNotFoundError(f"{root / name}: a class without images. Add some, or remove the folder")
    if bad:
        listing = "\n".join(f"  {path}: {reason}" for path, reason in bad.items())
        if on_bad == "raise":
            count = "1 file is no image" if len(bad) == 1 else f"{len(bad)} files are no images"
            raise ValueError(
                f"{count} that can be used:\n{listing}\n"
                'Remove or replace what is no image, or pass on_bad="skip" to leave it out'
            )
        warnings.warn(f"{len(bad)} files left out:\n{listing}", stacklevel=4)
    return samples


def _files(folder: Path) -> Iterator[Path]:
    """Every file below `folder` that is not hidden, in order; linked folders are followed, each once."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if os.path.realpath(place) in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith(".") and name not in OF_WINDOWS)
