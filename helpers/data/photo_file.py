"""One image file: opened as RGB whatever it is, made ready for a model, and compared with others."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image, ImageOps
from torch import Tensor

IMAGENET_MEAN = (0.485, 0.456, 0.406)  # of the red, green and blue of ImageNet's photos
IMAGENET_STD = (0.229, 0.224, 0.225)
ARTICLE_CONTRACT = {  # sections 4.3 and 4.4
    "resize": 256,
    "crop": 224,
    "interpolation": "bilinear",
    "mean": IMAGENET_MEAN,
    "std": IMAGENET_STD,
}
MOST_LONGER = 50  # one side than the other: scaled up to `resize`, a strip would fill the memory
MOST_PIXELS = 50_000_000  # a larger image is refused: it would take 150 MB and more to open
THUMBNAIL = 16  # pixels on each side


def open_rgb(path: str | Path, at_least: int | None = None) -> Image.Image:
    """Open an image file of any common mode as RGB, turned as the camera says.

    Args:
        at_least: shorter side in pixels that is enough; a large JPEG is then decoded at a half,
            quarter or eighth of its size, which is faster.

    Raises:
        OSError: no image, or a truncated one.
        ValueError: more than 50 million pixels, or a strip with one side 50 times the other.
    """
    try:
        opened = Image.open(path)
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
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


def preprocessing(contract: Mapping, normalise: bool = True) -> Callable[[Image.Image], Tensor]:
    """What a model wants of an image, from the terms of its contract: image -> (3, crop, crop).

    Args:
        contract: "resize" (shorter side in pixels), "crop", "interpolation" ("bilinear" or "bicubic"), "mean" and
            "std" of the three colours; terms that are not named are the article's.
        normalise: without it the pixels stay from 0 to 1, to be looked at or to be reconstructed.

    Raises:
        ValueError: a term that is none, or a value that cannot be.

    Source: article sections 4.3 and 4.4, `Resize, CenterCrop, ToTensor, Normalize`. Built on page 09.
    """
    from torchvision import transforms

    unknown = sorted(set(contract) - set(ARTICLE_CONTRACT))
    if unknown:
        raise ValueError(f"a contract has the terms {list(ARTICLE_CONTRACT)}, not {unknown}")
    terms = {**ARTICLE_CONTRACT, **contract}
    if not 0 < terms["crop"] <= terms["resize"]:
        raise ValueError(f"crop must be from 1 to resize={terms['resize']} pixels, got {terms['crop']}")
    if min(terms["std"]) <= 0:
        raise ValueError(f"std must be above 0 for each colour, got {terms['std']}")
    interpolation = transforms.InterpolationMode(terms["interpolation"])
    steps = [transforms.Resize(terms["resize"], interpolation), transforms.CenterCrop(terms["crop"])]
    steps += [transforms.ToTensor()] + [transforms.Normalize(terms["mean"], terms["std"])] * normalise
    return transforms.Compose(steps)


def thumbnail(image: Image.Image) -> Tensor:
    """The image in 16 x 16 pixels, as one row of 768 numbers from 0 to 255: what copies of it share.

    Built on page 10.
    """
    small = image.convert("RGB").resize((THUMBNAIL, THUMBNAIL), Image.Resampling.BILINEAR)
    return torch.from_numpy(np.array(small, dtype=np.float32)).flatten()


def near_copies(thumbnails: Tensor, within: float = 6.0) -> list[tuple[int, int]]:
    """Pairs of images whose thumbnails (N, 768) are `within` so many grey levels of each other, root mean square.

    A photo that was saved again, made smaller or sent by a messenger is found; one that was cut, mirrored or
    made brighter is not.

    Example:
        >>> import torch
        >>> from helpers.data.photo_file import near_copies
        >>> near_copies(torch.tensor([[0.0, 0.0], [200.0, 90.0], [1.0, 2.0]]))
        [(0, 2)]

    Built on page 10.
    """
    pairs = []
    for start, part in zip(range(0, len(thumbnails), 1000), thumbnails.split(1000), strict=True):
        distances = torch.cdist(part, thumbnails) / thumbnails.shape[1] ** 0.5
        first, second = (distances <= within).nonzero().T
        first += start
        pairs += [(i, j) for i, j in zip(first.tolist(), second.tolist(), strict=True) if i < j]
    return pairs


def joined(count: int, pairs: Sequence[tuple[int, int]]) -> list[int]:
    """A group number for each of `count` things, the same for two that a chain of `pairs` joins.

    Example:
        >>> from helpers.data.photo_file import joined
        >>> joined(5, [(0, 3), (3, 4)])
        [0, 1, 2, 0, 0]
    """
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    first, second = np.array(pairs, dtype=int).reshape(-1, 2).T
    links = coo_array((np.ones(len(first)), (first, second)), shape=(count, count))
    return connected_components(links, directed=False)[1].tolist()
