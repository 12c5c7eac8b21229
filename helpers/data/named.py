"""Pictures that have a name in words: letters in 16 faces, and drawn pictures, named by Unicode."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass

import torch
from PIL import ImageFont
from torch import Tensor

from helpers.data.images import draw_letter, font_files, pictures

SCRIPTS = ("latin", "greek", "cyrillic")
RANGES = (0x41, 0x530)  # code points: Latin with its extensions, Greek, Cyrillic


@dataclass(frozen=True)
class NamedLetters:
    """L letters in F faces, each letter with its name.

    Attributes:
        images: (L, F, 1, 32, 32) from 0 to 1, white on black.
        names: L names in lower case, such as "greek small letter alpha".
        characters: the L letters themselves.
        faces: F names of font files.
    """

    images: Tensor
    names: list[str]
    characters: list[str]
    faces: list[str]

    def __len__(self) -> int:
        return len(self.names)


def named_letters() -> NamedLetters:
    """Letters of the Latin, Greek and Cyrillic scripts in 16 faces, with their Unicode names; no digits.

    Of the letters from U+0041 to U+052F those are taken that all 16 faces can draw. Letters that look the same in
    two scripts (A, Greek alpha, Cyrillic A) are all there, each with its own name: `same_look` tells which.

    Source: names by the Unicode Standard; rendered from the fonts that matplotlib ships, DejaVu and STIX, both free
    to use.

    Example:
        >>> from helpers.data.named import named_letters
        >>> letters = named_letters()
        >>> letters.images.shape[1:], letters.names[letters.characters.index("é")]
        (torch.Size([16, 1, 32, 32]), 'latin small letter e with acute')
    """
    from matplotlib.ft2font import FT2Font

    paths = font_files()
    known = [FT2Font(path) for path in paths]
    characters = [
        chr(code)
        for code in range(*RANGES)
        if unicodedata.category(chr(code)) in ("Lu", "Ll")
        and unicodedata.name(chr(code)).lower().startswith(SCRIPTS)
        and all(face.get_char_index(code) for face in known)  # else a face would draw an empty box
    ]
    fonts = [ImageFont.truetype(path, size=22) for path in paths]
    images = torch.stack([draw_letter(character, font) for character in characters for font in fonts])
    return NamedLetters(
        images.view(len(characters), len(paths), 1, 32, 32),
        [unicodedata.name(character).lower() for character in characters],
        characters,
        [path.stem for path in paths],
    )


def named_pictures(size: int = 64) -> tuple[Tensor, list[str], list[str]]:
    """The drawn pictures that Unicode 14 names: images (N, 3, size, size) from 0 to 1, N names, and N stems.

    A stem is what a picture shows in one word, so that "tiger" and "tiger face" can be kept together in a split.

    Source: OpenMoji, CC BY-SA 4.0, drawn with resvg; names by the Unicode Standard.

    Example:
        >>> from helpers.data.named import named_pictures
        >>> images, names, stems = named_pictures(size=16)
        >>> names[0], len(images) == len(names) == len(stems)
        ('rat', True)
    """
    drawn, names = pictures(size)
    kept = [i for i, name in enumerate(names) if not name.startswith("u+")]  # newer than the names
    told = [names[i] for i in kept]
    return drawn.images[kept], told, [stem_of(name) for name in told]


def stem_of(name: str) -> str:
    """The last word of a name, without "face" at its end and without what follows "with" or "of".

    Raises:
        ValueError: no word is left.

    Example:
        >>> from helpers.data.named import stem_of
        >>> stem_of("tiger face"), stem_of("smiling face with open mouth"), stem_of("slice of pizza")
        ('tiger', 'smiling', 'slice')
    """
    stem = name
    for word in (" with ", " of "):
        stem = stem.split(word)[0]
    left = stem.removesuffix(" face").split()
    if not left:
        raise ValueError(f"a name begins with what it names, and {name!r} does not")
    return left[-1]


def same_look(letters: NamedLetters) -> Tensor:
    """Which letters have the same pixels, face by face: booleans (F, L, L), each letter the same as itself.

    Example:
        >>> from helpers.data.named import named_letters, same_look
        >>> letters = named_letters()
        >>> latin, greek = (letters.characters.index(a) for a in ("A", "Α"))
        >>> same_look(letters)[:, latin, greek].any().item()
        True
    """
    pixels = (255 * letters.images).round().to(torch.uint8).flatten(2)  # (L, F, 1024)
    looks = []
    for face in range(pixels.shape[1]):
        number = torch.unique(pixels[:, face], dim=0, return_inverse=True)[1]
        looks.append(number[:, None] == number)
    return torch.stack(looks)


def word_numbers(names: list[str]) -> tuple[Tensor, list[str]]:
    """Names as rows of numbers (L, longest), filled up with 0, and the words that these numbers mean.

    Raises:
        ValueError: `names` is a string, or empty, or a name has no word.

    Example:
        >>> from helpers.data.named import word_numbers
        >>> numbers, words = word_numbers(["small a", "b"])
        >>> numbers.tolist(), words
        ([[3, 1], [2, 0]], ['', 'a', 'b', 'small'])
    """
    if isinstance(names, str) or not names or not all(name.split() for name in names):
        raise ValueError(f"names is a list with at least one name, each with a word in it; got {names!r:.60}")
    words = ["", *sorted({word for name in names for word in name.split()})]
    place = {word: i for i, word in enumerate(words)}
    rows = [torch.tensor([place[word] for word in name.split()]) for name in names]
    return torch.nn.utils.rnn.pad_sequence(rows, batch_first=True), words
