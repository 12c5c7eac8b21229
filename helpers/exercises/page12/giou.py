"""Exercise 12.1. The generalised IoU of two boxes: apart, touching, crossing, or one in the other."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def giou(a, b):
    """The generalised IoU of two boxes."""
    width = max(0, min(a[2], b[2]) - max(a[0], b[0]))
    height = max(0, min(a[3], b[3]) - max(a[1], b[1]))
    shared = width * height
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    hull = (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))
    return shared / union - (hull - union) / hull


Box = list[float]
GIVEN = (  # the page's example; apart in both directions, in one; touching; one in the other; equal; half pixels
    ([0, 0, 6, 6], [4, 2, 10, 8]),
    ([0, 0, 2, 3], [4, 7, 8, 9]),
    ([4, 7, 8, 9], [0, 0, 2, 3]),
    ([0, 0, 4, 4], [6, 1, 8, 3]),
    ([1, 6, 3, 8], [0, 0, 4, 4]),
    ([0, 0, 3, 3], [3, 0, 7, 3]),
    ([1, 1, 9, 7], [3, 2, 5, 6]),
    ([3, 2, 5, 6], [1, 1, 9, 7]),
    ([2, 1, 5, 9], [2, 1, 5, 9]),
    ([0.5, 0, 2, 1.5], [1, 0.5, 3, 4]),
)


def box_cases() -> list[tuple]:
    """The given pairs, and random ones that mostly cross; wide and tall boxes far from square."""

    def make(generator: torch.Generator, i: int) -> tuple:
        if i < len(GIVEN):
            return tuple(map(list, GIVEN[i]))
        corner = torch.randint(0, 6, (2, 2), generator=generator)
        size = torch.randint(1, 8, (2, 2), generator=generator)
        return tuple(torch.cat([corner, corner + size], dim=1).tolist())

    return drawn(make, count=30)


def _parts(a: Box, b: Box) -> tuple[float, float, float]:
    """Shared area, union and hull."""
    shared = max(0, min(a[2], b[2]) - max(a[0], b[0])) * max(0, min(a[3], b[3]) - max(a[1], b[1]))
    union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
    return shared, union, (max(a[2], b[2]) - min(a[0], b[0])) * (max(a[3], b[3]) - min(a[1], b[1]))


def _of(formula: object) -> object:
    """A slip in the last line: what is made of the three areas."""
    return lambda a, b: formula(*_parts(a, b))


def _with_shared(share: object) -> object:
    """The right formula with another shared area."""

    def slip(a: Box, b: Box) -> float:
        shared = share(min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1]))
        union = (a[2] - a[0]) * (a[3] - a[1]) + (b[2] - b[0]) * (b[3] - b[1]) - shared
        hull = _parts(a, b)[2]
        return shared / union - (hull - union) / hull

    return slip


def _with_hull(a: Box, b: Box, hull: float) -> float:
    shared, union, _ = _parts(a, b)
    return shared / union - (hull - union) / hull


def _inclusive(a: Box, b: Box) -> float:
    return giou([*a[:2], a[2] + 1, a[3] + 1], [*b[:2], b[2] + 1, b[3] + 1])


def _as_sizes(a: Box, b: Box) -> float:
    return giou([*a[:2], a[0] + a[2], a[1] + a[3]], [*b[:2], b[0] + b[2], b[1] + b[3]])


GIOU_SLIPS = {
    "Boxes that miss each other get a shared area in yours (minus times minus is plus), or one below 0. Set each difference to 0 if it is negative, before you multiply.": _with_shared(
        lambda w, h: w * h
    ),
    "You set the shared *area* to 0 if it is negative. Where both sides are negative their product is positive: set "
    "each side to 0 first.": _with_shared(lambda w, h: max(0, w * h)),
    "You take the size of the gap as if it were shared: a negative difference means that the boxes miss each other, so "
    "`abs` is wrong there. Set it to 0.": _with_shared(lambda w, h: abs(w) * abs(h)),
    "That is the IoU alone. Subtract the empty share of the hull.": _of(lambda s, u, h: s / u),
    "That is what is subtracted, the empty share of the hull. The IoU is missing.": _of(lambda s, u, h: (h - u) / h),
    "That is the loss, 1 - GIoU. Wanted is the GIoU itself.": _of(lambda s, u, h: 1 - s / u + (h - u) / h),
    "You add the empty share of the hull. Subtract it: the emptier the hull, the worse.": _of(
        lambda s, u, h: s / u + (h - u) / h
    ),
    "You subtract all of the hull that is not *shared*. Only what neither box covers counts: hull minus union.": _of(
        lambda s, u, h: s / u - (h - s) / h
    ),
    "You take both areas added up for the hull. The hull is the smallest box around both.": _of(
        lambda s, u, h: s / u - s / (u + s)
    ),
    "You return the two parts. Wanted is the first minus the second.": _of(lambda s, u, h: [s / u, (h - u) / h]),
    "You divide the empty part by the union. Divide it by the hull.": _of(lambda s, u, h: s / u - (h - u) / u),
    "You subtract how much of the hull is *covered*. Subtract how much is covered by neither box.": _of(
        lambda s, u, h: s / u - u / h
    ),
    "You subtract the whole hull: in the formula `(hull - union)` stands in brackets, and is divided as one.": _of(
        lambda s, u, h: s / u - h - u / h
    ),
    "Your hull begins at the corner of the picture. It begins at the smaller left and the smaller top.": lambda a, b: (
        _with_hull(a, b, max(a[2], b[2]) * max(a[3], b[3]))
    ),
    "Your hull begins at the larger left and top. Around both boxes, it begins at the smaller ones.": lambda a, b: (
        _with_hull(a, b, (max(a[2], b[2]) - max(a[0], b[0])) * (max(a[3], b[3]) - max(a[1], b[1])))
    ),
    "Your union counts the shared part twice: subtract it once from the sum of both areas.": _of(
        lambda s, u, h: s / (u + s) - (h - u - s) / h
    ),
    "You divide the shared area by the hull. The IoU divides it by the union.": _of(
        lambda s, u, h: s / h - (h - u) / h
    ),
    "Each side is one pixel too long: right and bottom lie *behind* the last pixel, so a width is right - left, without "
    "+ 1.": _inclusive,
    "You read the boxes as left, top, width, height. They are left, top, right, bottom.": _as_sizes,
    "You do not let it be negative. GIoU is negative where boxes are apart, and just that gives the loss a direction.": (
        lambda a, b: max(0, giou(a, b))
    ),
    "For boxes that share nothing you return 0, as for the IoU. There the hull still counts.": lambda a, b: (
        giou(a, b) if _parts(a, b)[0] else 0
    ),
}


EXERCISE = Exercise(
    solution=giou,
    cases=box_cases,
    slips=GIOU_SLIPS,
    returns="one number, from -1 to 1",
    why="Left and top of what is shared are the larger ones, right and bottom the smaller ones; for the hull it is the "
    "other way round. Only the shared sides can be negative, and are set to 0.",
    notice="Move two boxes further apart across their gap, and it falls: that is the slope that IoU lacks.",
    hints=(
        "You need three areas: what both share, what at least one covers (union), and the hull. Then the formula.",
        "The shared part goes from the larger of the two lefts to the smaller of the two rights. If that is negative, "
        "nothing is shared: `max(0, ...)`.",
        "The hull goes from the smaller left to the larger right, and from the smaller top to the larger bottom.",
        "The union is both areas minus what is shared. Return `shared / union - (hull - union) / hull`.",
    ),
)
