"""Simulated scenes: real handwritten digits of several sizes among rendered letters, with boxes and masks."""

from __future__ import annotations

from numbers import Integral

import torch
import torch.nn.functional as F
from torch import Generator, Tensor
from torch.utils.data import TensorDataset

from helpers.data.images import digits, letters

SIZE = 64  # pixels on each side of a scene
MOST = 4  # digits in a scene
SMALLEST, LARGEST = 14, 30  # pixels, the longer side of a digit or a letter
INK = 0.4  # a pixel of a digit counts as ink from this share of its brightest pixel on
OVERLAP = 0.1  # greatest share of the smaller of two boxes that may lie in the other one
LIKE_DIGITS = set("BGIOQSZbgijloqszÌÍÎÏÒÓÔÕÖØßìíîïòóôõöøΘΦΣδθισфБЗЧбзчЬЪьъэЭ")  # to our eyes
SPLITS = ("train", "val", "test")


class Scenes(TensorDataset):
    """Grey scenes with a box and a label for each digit, and one mask of all their ink.

    Scenes hold different numbers of digits, so boxes and labels are padded: a label of -1 says "no digit here".

    Args:
        images: (N, 1, H, W) from 0 to 1.
        boxes: (N, M, 4) left, top, right, bottom in pixels from the upper left corner; right and bottom lie
            behind the last pixel, so that the width is right - left.
        labels: (N, M) the digits 0 to 9, or -1 for an empty place, whose box is not read.
        masks: (N, 1, H, W), 1 where a digit has ink, else 0.

    Raises:
        ValueError: no scene, shapes that do not fit each other, a box of no area or beyond the image, a label that
            is no digit, pixels that are NaN or outside of 0 to 1, or a mask of other numbers than 0 and 1; the
            message names which.

    Example:
        >>> import torch
        >>> from helpers.data.scenes import Scenes
        >>> box = torch.tensor([[[2.0, 1.0, 2.0, 7.0]]])
        >>> Scenes(torch.zeros(1, 1, 8, 8), box, torch.tensor([[5]]), torch.zeros(1, 1, 8, 8))
        Traceback (most recent call last):
        ...
        ValueError: scene 0, box 0 is (2, 1, 2, 7): it has no area. Boxes are (left, top, right, bottom) in pixels...

    Built on page 12.
    """

    def __init__(self, images: Tensor, boxes: Tensor, labels: Tensor, masks: Tensor) -> None:
        images, boxes, labels, masks = (torch.as_tensor(part) for part in (images, boxes, labels, masks))
        _check_shapes(images, boxes, labels, masks)
        _check_values(images, boxes, labels, masks)
        super().__init__(images.float(), boxes.float(), labels.long(), masks.float())

    @property
    def images(self) -> Tensor:
        return self.tensors[0]

    @property
    def boxes(self) -> Tensor:
        return self.tensors[1]

    @property
    def labels(self) -> Tensor:
        return self.tensors[2]

    @property
    def masks(self) -> Tensor:
        return self.tensors[3]

    def truths(self, index: int) -> tuple[Tensor, Tensor]:
        """Boxes (M, 4) and labels (M,) of the digits that are really in one scene."""
        there = self.labels[index] >= 0
        return self.boxes[index][there], self.labels[index][there]

    def first(self, count: int) -> Scenes:
        """The first scenes alone: what someone had time to label.

        Raises:
            ValueError: there are not as many.
        """
        if not isinstance(count, Integral) or not 1 <= count <= len(self):
            raise ValueError(f"there are {len(self)} scenes: ask for a whole number from 1 to that, not {count!r}")
        return Scenes(*(part[:count] for part in self.tensors))


def scenes(count: int, split: str = "train", seed: int = 0, clutter: bool = True) -> Scenes:
    """Simulated scenes of 64 x 64 pixels: 1 to 4 real digits of 14 to 30 pixels, and letters among them.

    The digits of a split come from that split of `digits()`, so that no handwritten digit is in two splits.

    Args:
        count: how many scenes.
        split: "train", "val" or "test".
        seed: which ones; the same seed makes the same scenes, and the first of many are the few.
        clutter: with letters; those that look like digits are left out.

    Raises:
        ValueError: a count below 1 or with decimals, a seed with decimals, or another split.

    Example:
        >>> from helpers.data.scenes import scenes
        >>> few = scenes(3, seed=0)
        >>> few.images.shape, few.boxes.shape, bool((few.labels[:, 0] >= 0).all())
        (torch.Size([3, 1, 64, 64]), torch.Size([3, 4, 4]), True)

    Source: digits of MNIST (see `digits`), letters rendered from matplotlib's fonts. Built on page 12.
    """
    if not isinstance(count, Integral) or count < 1:
        raise ValueError(f"count must be a whole number, 1 or more, got {count!r}")
    if not isinstance(seed, Integral):
        raise ValueError(f"seed must be a whole number, such as 0, got {seed!r}")
    if split not in SPLITS:
        raise ValueError(f"no split {split!r}; there are {', '.join(SPLITS)}")
    source = digits()[SPLITS.index(split)]
    others = _letters_unlike_digits() if clutter else None
    generator = Generator().manual_seed(3 * int(seed) + SPLITS.index(split))
    parts = [_scene(source.images, source.labels, others, generator) for _ in range(count)]
    return Scenes(*(torch.stack(part) for part in zip(*parts, strict=True)))


def change(images: Tensor, boxes: Tensor, labels: Tensor, masks: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor]:
    """Scale, move and fade each scene of a batch at random, and its boxes and mask with it.

    Scale by up to 22 %, position by up to 8 pixels, contrast from 0.7 to 1.3. A box that is now more than half
    outside gets the label -1, and the others are cut at the rim; the mask keeps what is seen of the ink.

    Args:
        images: (N, 1, S, S) from 0 to 1; boxes: (N, M, 4) in pixels; labels: (N, M); masks: (N, 1, S, S).

    Returns:
        images, boxes, labels and masks of the same shapes; black where nothing came from.

    Raises:
        ValueError: scenes that are not square.

    Example:
        >>> from helpers.data.scenes import change, scenes
        >>> [part.shape == before.shape for part, before in zip(change(*scenes(2).tensors), scenes(2).tensors)]
        [True, True, True, True]

    Built on page 12.
    """
    count, size = len(images), images.shape[-1]
    if images.shape[-2] != size:
        raise ValueError(f"scenes of {images.shape[-2]} x {size} pixels: change needs square ones, so pad them first")
    scale = (0.2 * (2 * torch.rand(count, 1, 1) - 1)).exp()
    shift = 8 * (2 * torch.rand(count, 1, 2) - 1)  # pixels
    back = -2 / size * (shift / scale).transpose(1, 2)  # where each pixel comes from
    theta = torch.cat([torch.eye(2) / scale, back], dim=2)
    both = torch.cat([images, masks], dim=1)
    grid = F.affine_grid(theta, list(both.shape), align_corners=False)
    images, masks = F.grid_sample(both, grid, align_corners=False).split(1, dim=1)
    moved = scale * (boxes - size / 2) + size / 2 + shift.repeat(1, 1, 2)
    seen = moved.clamp(0, size)
    areas = [(part[..., 2:] - part[..., :2]).prod(dim=2) for part in (seen, moved)]
    labels = labels.masked_fill(areas[0] / areas[1] < 0.5, -1)
    images = (images * (0.7 + 0.6 * torch.rand(count, 1, 1, 1))).clamp(0, 1)  # contrast
    return images, seen, labels, (masks > 0.5).float()


def _scene(images: Tensor, labels: Tensor, others: Tensor | None, generator: Generator) -> tuple[Tensor, ...]:
    """One scene: image, boxes, labels, mask."""
    scene, mask = torch.zeros(2, SIZE, SIZE)
    boxes, names, taken = torch.zeros(MOST, 4), torch.full((MOST,), -1), []
    for place in range(_integer(1, MOST, generator)):
        chosen = _integer(0, len(images) - 1, generator)
        found = _placed(images[chosen], taken, generator)
        if found is None:
            continue
        pixels, box = found
        _paste(scene, pixels, box, 0.6 + 0.4 * torch.rand((), generator=generator))
        _paste(mask, (pixels > INK).float(), box)
        boxes[place], names[place] = torch.tensor(box).float(), labels[chosen]
        taken.append(box)
    for _ in range(_integer(3, 6, generator) if others is not None else 0):
        found = _placed(others[_integer(0, len(others) - 1, generator)], taken, generator)
        if found:
            _paste(scene, *found, 0.4 + 0.6 * torch.rand((), generator=generator))
            taken.append(found[1])
    noise = 0.05 * torch.randn(SIZE, SIZE, generator=generator)
    order = (names < 0).long().argsort(stable=True)  # the empty places last
    return (scene + noise).clamp(0, 1)[None], boxes[order], names[order], mask[None]


def _placed(image: Tensor, taken: list[tuple], generator: Generator) -> tuple[Tensor, tuple] | None:
    """A character in a random size at a random free place: its pixels and its box; None where there is no room."""
    ink = image[0] > INK * image.max()
    rows, columns = ink.any(dim=1).nonzero().flatten(), ink.any(dim=0).nonzero().flatten()
    cut = image[:, rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1]
    longer = _integer(SMALLEST, LARGEST, generator)
    height, width = (max(4, round(longer * side / max(cut.shape[1:]))) for side in cut.shape[1:])
    pixels = F.interpolate(cut[None], size=(height, width), mode="bilinear", antialias=True)[0, 0]
    pixels = pixels / pixels.max()
    for _ in range(20):
        left, top = _integer(0, SIZE - width, generator), _integer(0, SIZE - height, generator)
        box = (left, top, left + width, top + height)
        if all(_shared(box, other) <= OVERLAP for other in taken):
            return pixels, box
    return None


def _shared(a: tuple, b: tuple) -> float:
    """The common area of two boxes as a share of the smaller one."""
    width = min(a[2], b[2]) - max(a[0], b[0])
    height = min(a[3], b[3]) - max(a[1], b[1])
    smaller = min((a[2] - a[0]) * (a[3] - a[1]), (b[2] - b[0]) * (b[3] - b[1]))
    return max(0, width) * max(0, height) / smaller


def _paste(scene: Tensor, pixels: Tensor, box: tuple, brightness: float | Tensor = 1.0) -> None:
    """Draw into the scene, in place; where two overlap, the brighter one is seen."""
    left, top, right, bottom = box
    part = scene[top:bottom, left:right]
    part.copy_(torch.maximum(part, brightness * pixels))


def _letters_unlike_digits() -> Tensor:
    """The letters (N, 1, 32, 32) that to our eyes do not look like digits."""
    alphabet = letters()
    unlike = torch.tensor([name not in LIKE_DIGITS for name in alphabet.classes])
    return alphabet.images[unlike[alphabet.labels]]


def _integer(low: int, high: int, generator: Generator) -> int:
    """A random whole number from low to high, both included."""
    return int(torch.randint(low, high + 1, (), generator=generator))


def _check_shapes(images: Tensor, boxes: Tensor, labels: Tensor, masks: Tensor) -> None:
    if images.dim() != 4 or images.shape[1] != 1 or not images.is_floating_point():
        raise ValueError(f"images must be floats of shape (N, 1, H, W), got {tuple(images.shape)} {images.dtype}")
    count = len(images)
    if count == 0:
        raise ValueError("there is no scene: give one image or more")
    if boxes.dim() != 3 or len(boxes) != count or boxes.shape[2] != 4:
        raise ValueError(f"{count} images need boxes of shape ({count}, M, 4), got {tuple(boxes.shape)}")
    if labels.shape != boxes.shape[:2] or labels.is_floating_point() or labels.dtype == torch.bool:
        wanted = tuple(boxes.shape[:2])
        raise ValueError(f"boxes need whole-number labels of shape {wanted}, got {tuple(labels.shape)} {labels.dtype}")
    if masks.shape != images.shape:
        raise ValueError(f"masks must have the images' shape {tuple(images.shape)}, got {tuple(masks.shape)}")


def _check_values(images: Tensor, boxes: Tensor, labels: Tensor, masks: Tensor) -> None:
    labels = labels.long()  # bytes cannot be below 0
    if not bool(images.isfinite().all()):
        raise ValueError("a pixel is not a finite number (NaN or infinite): look for a division by zero before")
    if images.numel() and not (images.min() >= 0 and images.max() <= 1):
        low, high = images.aminmax()
        raise ValueError(f"pixels go from {low:.2f} to {high:.2f}, and must be from 0 to 1: divide bytes by 255")
    wrong = ((labels < -1) | (labels > 9)).nonzero()
    if len(wrong):
        scene, place = wrong[0].tolist()
        raise ValueError(f"scene {scene}, label {place} is {labels[scene, place]}: labels are 0 to 9, or -1 for none")
    if not bool(((masks == 0) | (masks == 1)).all()):
        raise ValueError("a mask holds other numbers than 0 and 1: threshold it, such as (mask > 0.5).float()")
    height, width = images.shape[2:]
    for scene, place in (labels >= 0).nonzero().tolist():
        left, top, right, bottom = box = boxes[scene, place].tolist()
        told = f"scene {scene}, box {place} is ({', '.join(f'{number:g}' for number in box)})"
        if not (right > left and bottom > top):  # also where a side is NaN
            raise ValueError(
                f"{told}: it has no area. Boxes are (left, top, right, bottom) in pixels, with left < right and "
                "top < bottom; a box given as (left, top, width, height) must be converted"
            )
        if left < 0 or top < 0 or right > width or bottom > height:
            raise ValueError(
                f"{told}: it reaches beyond the image of {width} x {height} pixels. Clip it, or leave it out"
            )
