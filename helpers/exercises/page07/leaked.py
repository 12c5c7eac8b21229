"""Exercise 7.4. Places of the test images that differ from some training image by at most 0.05 in every pixel."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises import judging
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.slips import as_tensor


def leaked(train_images, test_images):
    """Places of the test images that differ from some training image by at most 0.05 in every pixel."""
    found = []
    for place, image in enumerate(test_images):
        largest = (train_images - image).abs().flatten(1).amax(dim=1)  # one number for each training image
        if largest.min() <= 0.05:
            found.append(place)
    return found


def leak_cases() -> list[tuple]:
    """Images of 1 x 2 pixels, in hundredths. No pair differs by 0.05 unless it is the distance of 0.05 from 0."""
    changes = {
        "near": (4, -4),  # their sum, or the root of their squares, is above 0.05
        "other": (33, -27),
        "exact": (0, 0),
        "darker": (-20, -20),
        "touched": (0, 7),  # their mean, and the root of the mean of their squares, is below 0.05
        "one pixel near": (3, 0),
        "edge": (5, 0),
        "brighter": (20, 20),
        "twice": (-3, 3),
        "pieced": (0, 0),  # one pixel from one training image, one from another
    }

    def make(generator: torch.Generator, i: int) -> tuple:
        def number(below: int) -> int:
            return int(torch.randint(below, (), generator=generator))

        n_train, n_test = (1, 2, 3, 2)[i % 4], (1, 2, 3, 4)[(i // 4) % 4]
        while True:
            train = torch.randint(35, 66, (n_train, 1, 1, 2), generator=generator)
            test = torch.empty(n_test, 1, 1, 2, dtype=torch.long)
            for place in range(n_test):
                kind, source = list(changes)[number(len(changes))], number(n_train)
                if kind == "edge":
                    train[source, 0, 0, 0] = 0
                if kind == "twice":
                    train[number(n_train)] = train[source]
                change = torch.tensor(changes[kind]) * (1 if kind in ("edge", "darker") else 1 - 2 * number(2))
                test[place] = train[source] + change
                if kind == "pieced":
                    test[place, 0, 0, 1] = train[number(n_train), 0, 0, 1]
            far = (train.flatten(1)[None] - test.flatten(1)[:, None]).abs()
            from_zero = (train.flatten(1)[None] == 0) & (test.flatten(1)[:, None] == 5)
            if test.min() >= 0 and not ((far == 5) & ~from_zero).any():
                return train / 100.0, test / 100.0

    hundredths = drawn(make, 32)
    small = [
        (train.double().mul(100).round() / 100, test.double().mul(100).round() / 100) for train, test in hundredths
    ]
    larger = [
        ([[0.5, 0.5, 0.9]], [[0.5, 0.5, 0.5]]),  # most pixels are near
        ([[0.3, 0.6, 0.6, 0.6]], [[0.31, 0.62, 0.6, 0.9], [0.31, 0.62, 0.6, 0.57]]),
        ([[0.54, 0.54, 0.54, 0.54], [0.5, 0.5, 0.5, 0.56]], [[0.5, 0.5, 0.5, 0.5]]),  # by a norm the second is nearer
        ([[0.0, 0.2]], [[0.0505, 0.2]]),  # whole levels of grey are too coarse
    ]
    return [*small, *((_images(train), _images(test)) for train, test in larger)]


def _images(rows: list) -> Tensor:
    return torch.tensor(rows, dtype=torch.double)[:, None, None, :]


def same_places(got: object, right: object) -> bool:
    """Places in any order and any shape, each once; True and False are no places."""
    if not isinstance(right, list) or any(type(place) is not int for place in right):
        return judging.same(got, right) and not _is_bool(right) ^ _is_bool(got)
    places = as_tensor(got)
    if places is None or _is_bool(got) or (places.dim() == 0 and not isinstance(got, set)):
        return False
    return sorted(places.flatten().tolist()) == sorted(right)


def _is_bool(value: object) -> bool:
    try:
        return torch.as_tensor(value).dtype == torch.bool
    except (TypeError, ValueError, RuntimeError):
        return False


def _differences(train: Tensor, test: Tensor) -> Tensor:
    """(test images, training images, pixels)"""
    return train.flatten(1)[None] - test.flatten(1)[:, None]


def _places(mask: Tensor) -> list[int]:
    return mask.nonzero().flatten().tolist()


def _copies(train: Tensor, test: Tensor) -> Tensor:
    """True for each pair (test image, training image) of copies."""
    return _differences(train, test).abs().amax(dim=2) <= 0.05


def _pairwise(train: Tensor, test: Tensor) -> Tensor:
    """As if both sets were in the same order: the place of each pair that is alike."""
    pairs = zip(train, test, strict=False)
    return torch.tensor([bool((a - b).abs().max() <= 0.05) for a, b in pairs])


LEAK_SLIPS = {
    "You find the exact copies only: by a hash, by `==`, or with a limit that is far too small. A near copy differs a "
    "little, in each pixel by up to 0.05.": lambda a, b: _places((_differences(a, b) == 0).all(dim=2).any(dim=1)),
    "You ask for a difference *below* 0.05. At most 0.05 means that 0.05 itself still counts: `<=`.": lambda a, b: (
        _places((_differences(a, b).abs() < 0.05).all(dim=2).any(dim=1))
    ),
    "Exact copies are left out in yours. A difference of 0 is at most 0.05, too.": lambda a, b: _places(
        (_copies(a, b) & (_differences(a, b) != 0).any(dim=2)).any(dim=1)
    ),
    "Your limit is 0.5, ten times too large. It is 0.05.": lambda a, b: _places(
        (_differences(a, b).abs().amax(dim=2) <= 0.5).any(dim=1)
    ),
    "A copy is an image of which *most* pixels are near in yours. Each pixel must be near: one that differs much is "
    "enough to part two images.": lambda a, b: _places(
        ((_differences(a, b).abs() <= 0.05).double().mean(dim=2) > 0.5).any(dim=1)
    ),
    "You compare each test image with its nearest training image by a norm (such as `cdist`) only. Another one may be the "
    "copy: the nearest by the *largest* difference counts.": lambda a, b: _places(
        _copies(a, b)[torch.arange(len(b)), _differences(a, b).norm(dim=2).argmin(dim=1)]
    ),
    "`image in train_images` is true as soon as one single pixel has an equal value. Compare whole images.": lambda a, b: (
        _places((_differences(a, b) == 0).any(dim=2).any(dim=1))
    ),
    "You round the pixels to one decimal and compare them then. Two that are near may be rounded to different numbers, and "
    "two that are not to the same one: take their difference.": lambda a, b: _places(
        (_differences(a.round(decimals=1), b.round(decimals=1)) == 0).all(dim=2).any(dim=1)
    ),
    "You round the pixels to steps of 0.05 and compare them then. Two that are near may be rounded to different numbers: "
    "take their difference.": lambda a, b: _places(
        (_differences((a / 0.05).round(), (b / 0.05).round()) == 0).all(dim=2).any(dim=1)
    ),
    "You return the place of the nearest training image, one for each test image. Return the places of the test images "
    "that *have* a copy.": lambda a, b: _differences(a, b).abs().amax(dim=2).argmin(dim=1).tolist(),
    "You take the largest difference minus the smallest, so an image that is brighter all over counts as a copy. Drop the "
    "signs, then take the largest.": lambda a, b: _places(
        (_differences(a, b).amax(dim=2) - _differences(a, b).amin(dim=2) <= 0.05).any(dim=1)
    ),
    "Your limit is 5 % of the pixel's value. It is 0.05 for each pixel, dark or bright.": lambda a, b: _places(
        (_differences(a, b).abs() <= 0.05 * a.flatten(1)[None]).all(dim=2).any(dim=1)
    ),
    "Only the last test image counts in yours. Is the list made in the loop, or do you look behind the loop?": (
        lambda a, b: [len(b) - 1] if _copies(a, b)[-1].any() else []
    ),
    "Only the last pixel of each image decides in yours: each pixel overwrites what the ones before it said. All must be "
    "near.": lambda a, b: _places((_differences(a, b)[:, :, -1].abs() <= 0.05).any(dim=1)),
    "You miss copies that differ a little in every pixel: the *sum* of their differences is large. Take the largest "
    "difference of each pair.": lambda a, b: _places((_differences(a, b).abs().sum(dim=2) <= 0.05).any(dim=1)),
    "You miss copies that differ a little in every pixel: a norm (a root of squares) of their differences is large. "
    "Take the largest difference of each pair.": lambda a, b: _places(
        (_differences(a, b).norm(dim=2) <= 0.05).any(dim=1)
    ),
    "A *mean* hides one pixel that differs much. Look at the largest difference of each pair.": lambda a, b: _places(
        (_differences(a, b).abs().mean(dim=2) <= 0.05).any(dim=1)
    ),
    "A mean of *squares* of 0.05 lets 0.2 in each pixel pass. Look at the largest difference of each pair.": lambda a, b: (
        _places((_differences(a, b).square().mean(dim=2) <= 0.05).any(dim=1))
    ),
    "An image that is brighter or darker all over is no copy. Take the differences without their sign: `.abs()`.": (
        lambda a, b: _places((_differences(a, b).amax(dim=2) <= 0.05).any(dim=1))
    ),
    "An image that is darker or brighter all over is no copy. Take the differences without their sign: `.abs()`.": (
        lambda a, b: _places((-_differences(a, b)).amax(dim=2).le(0.05).any(dim=1))
    ),
    "A mean with signs lets differences cancel out. Take them without their sign, and then the largest.": lambda a, b: (
        _places((_differences(a, b).mean(dim=2).abs() <= 0.05).any(dim=1))
    ),
    "You suspect an image if it is near in *some* pixel (`any`, or the smallest difference). Each pixel must be near: "
    "ask that the *largest* difference is at most 0.05.": lambda a, b: _places(
        (_differences(a, b).abs() <= 0.05).any(dim=2).any(dim=1)
    ),
    "Each pixel may be near to another training image in yours. *One* training image must be near in all pixels.": (
        lambda a, b: _places((_differences(a, b).abs() <= 0.05).any(dim=1).all(dim=1))
    ),
    "In yours a copy must be near to *all* training images. One of them is enough.": lambda a, b: _places(
        _copies(a, b).all(dim=1)
    ),
    "These are places in the training set. Which images of the *test* set have a copy there?": lambda a, b: _places(
        _copies(a, b).any(dim=0)
    ),
    "You compare each test image with one training image, the one at the same place. Compare it with all of them.": (
        lambda a, b: _places(_pairwise(a, b))
    ),
    "Each test image is compared with the first training image only. Compare it with all of them.": lambda a, b: (
        _places(_copies(a, b)[:, 0])
    ),
    "Each test image is compared with the last training image only. Compare it with all of them.": lambda a, b: _places(
        _copies(a, b)[:, -1]
    ),
    "You return the first copy only. Is a `return` inside your loop? Collect all, then return.": lambda a, b: _places(
        _copies(a, b).any(dim=1)
    )[:1],
    "You return the last copy only. Collect all of them in a list.": lambda a, b: _places(_copies(a, b).any(dim=1))[
        -1:
    ],
    "Only the first test image counts in yours: does a `return` inside the loop end it there?": lambda a, b: _places(
        _copies(a, b)[:1].any(dim=1)
    ),
    "These are the images that are *no* copies.": lambda a, b: _places(~_copies(a, b).any(dim=1)),
    "Places begin at 0: yours are one too large.": lambda a, b: [p + 1 for p in _places(_copies(a, b).any(dim=1))],
    "You return True or False for each image. Return the places of the copies, such as `[1, 4]`.": lambda a, b: _copies(
        a, b
    ).any(dim=1),
    "You return 1 or 0 for each image. Return the places of the copies, such as `[1, 4]`.": lambda a, b: (
        _copies(a, b).any(dim=1).int().tolist()
    ),
    "That is how many copies there are. Return their places, such as `[1, 4]`.": lambda a, b: int(
        _copies(a, b).any(dim=1).sum()
    ),
    "That is how many pairs of copies there are. Return the places of the copies in the test set.": lambda a, b: int(
        _copies(a, b).sum()
    ),
    "That says whether there is a copy at all. Return the places of the copies, such as `[1, 4]`.": lambda a, b: bool(
        _copies(a, b).any()
    ),
    "These are the copies themselves. Return their places in the test set, such as `[1, 4]`.": lambda a, b: list(
        b[_copies(a, b).any(dim=1)]
    ),
    "You drop the sign after you took the largest difference. Drop it before: a large negative difference is large, too.": (
        lambda a, b: _places((_differences(a, b).amax(dim=2).abs() <= 0.05).any(dim=1))
    ),
    "You compare with the mean of all training images. Compare with each of them.": lambda a, b: _places(
        (a.mean(dim=0, keepdim=True) - b).abs().flatten(1).amax(dim=1) <= 0.05
    ),
    "The *squares* of the differences are compared with 0.05. The differences themselves may be 0.05 at most.": (
        lambda a, b: _places((_differences(a, b).square().amax(dim=2) <= 0.05).any(dim=1))
    ),
    "The first test image is left out: places begin at 0.": lambda a, b: [
        p for p in _places(_copies(a, b).any(dim=1)) if p
    ],
    "The last test image is left out: `range(len(test_images))` reaches them all.": lambda a, b: _places(
        _copies(a, b)[:-1].any(dim=1)
    ),
    "These are places in the training set, one for each pair of copies. Which images of the *test* set have a copy there?": (
        lambda a, b: _copies(a, b).nonzero()[:, 1].tolist()
    ),
    "For each pixel you take the largest difference over the training images (`dim=0`). Take it over the *pixels*, one "
    "for each training image.": lambda a, b: _places(_differences(a, b).abs().amax(dim=1).amin(dim=1) <= 0.05),
    "A place is there several times, where an image has several copies in the training set. Each counts once.": (
        lambda a, b: _copies(a, b).nonzero()[:, 0].tolist()
    ),
    "Your pairs hold two places each, in the test set and in the training set. Return the first ones, each once.": (
        lambda a, b: _copies(a, b).nonzero().flatten().tolist()
    ),
    "Only the first pixel of each image is compared.": lambda a, b: _places(
        (_differences(a, b)[:, :, 0].abs() <= 0.05).any(dim=1)
    ),
    "The places of all test images are there. Keep those of which some training image is a copy.": lambda a, b: list(
        range(len(b))
    ),
}


EXERCISE = Exercise(
    solution=leaked,
    cases=leak_cases,
    slips=LEAK_SLIPS,
    same=same_places,
    returns="a list of places in the test set, such as `[1, 4]`, each once",
    why="For each test image: the largest difference to each training image, and the smallest of these.",
    notice="Try it on `leaky.images` and `held_back.images`, after adding a little noise to one of them.",
    hints=(
        "Take one test image first. `train_images - image` gives its differences to all training images at once.",
        "A copy: in *no* pixel more than 0.05. So which one of a pair's differences must you look at?",
        "`.abs()`, then `.flatten(1).amax(dim=1)`: one number for each training image. Is the smallest small enough?",
    ),
)
