"""Was a random square hidden in each image? The judge of exercise 5.3, which looks at places and not at values."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Callable

import torch
from torch import Tensor

from helpers.exercises.judging import Raised, Wrong
from helpers.exercises.slips import as_tensor
from helpers.exercises.written import written

# Shapes of images and sizes of squares; many images where each place must occur (15 and 6 places: by chance one is
# missing at most once in a hundred million times), few where a square fills the image along one axis or both. In large
# images there are far too many places for that; the last quarter of the rows, and of the columns, must hold some beginnings.
TRIALS = (((1200, 1, 5, 7), 3), ((300, 3, 4, 3), 2), ((4, 2, 3, 5), 3), ((1, 1, 3, 3), 1), ((2, 1, 2, 2), 2))
MANY = 100
FAR = 6.0  # standard deviations between two counts, which drawn evenly come about once in 100 million times
LARGE = ((200, 1, 40, 32), 4)


def judge_hide_square(answer: Callable) -> None:
    torch.manual_seed(0)
    for shape, size in TRIALS:
        images = torch.rand(shape) / 2 + 0.5  # no pixel is black by itself
        black = black_pixels(hidden_by(answer, images, size), images, size)
        places = squares(black, size)
        if len(images) >= MANY:
            again = black_pixels(hidden_by(answer, images, size), images, size)
            judge_places(places, size, shape[2:], repeated=torch.equal(again, black))
    shape, size = LARGE
    images = torch.rand(shape) / 2 + 0.5
    judge_spread(squares(black_pixels(hidden_by(answer, images, size), images, size), size), size, shape[2:])


def hidden_by(answer: Callable, images: Tensor, size: int) -> Tensor:
    """What the learner's function returns, as a tensor of the images' shape."""
    passed, (n, _, height, width) = images.clone(), images.shape
    given: list[Tensor] = []

    def hand_over(memo: dict) -> Tensor:  # the very copy that the function gets, to see what became of it
        given.append(images.clone())
        return given[-1]

    passed.__deepcopy__ = hand_over
    try:
        value = answer(passed, size)
    except Raised as error:
        error = Raised(_in_plain_words(error.slip))
        if images.shape == TRIALS[0][0]:
            raise Raised(
                f"{error.slip} (It was given images of shape {tuple(images.shape)} and `size` {size}.)"
            ) from None
        fills = " There a square has one place only along an axis." if size in (height, width) else ""
        where = f"It happens with {_of(n)} {tuple(images.shape[1:])} and a square of {size}, not with all.{fills}"
        raise Raised(f"{error.slip} {where}") from None
    if value is None:
        raise Wrong("Your function returned `None`. Is a `return` missing?")
    if not torch.equal(given[0], images):
        raise Wrong(
            "Your function changes its input `images` in place. The input is also the target: the clean images are "
            "lost. Change a copy, `images.clone()`; a second name (`hidden = images`) or a slice of it is no copy."
        )
    hidden = as_tensor(value)
    if hidden is None:
        raise Wrong(f"A tensor of images is wanted, and your function returns a `{type(value).__name__}`.")
    if not isinstance(value, Tensor) and hidden.shape == images.shape:
        how = "`torch.stack` makes one of a list" if isinstance(value, list | tuple) else "`torch.from_numpy` makes one"
        kind = "NumPy array" if type(value).__name__ == "ndarray" else type(value).__name__
        raise Wrong(f"Your function returns a {kind} of images. A model takes a tensor: {how}.")
    if hidden.shape != images.shape:
        raise Wrong(_of_shape(value, hidden, images, size))
    return hidden


def _in_plain_words(slip: str) -> str:
    """What an error of this exercise means, where the general words lead elsewhere."""
    python = slip[slip.find("Python says") :]
    if "only integer tensors of a single element" in slip:
        return (
            "One whole number is needed there, and yours is a tensor of several numbers, or of a fraction. Go through the "
            f"images in a loop, draw one place for each, and draw whole numbers (`torch.randint`). {python}"
        )
    received = re.search(r"randint\(\) received .* got \((.*?)\), but", slip)  # and the types of what it was given
    if "randint(): argument 'size'" in slip or (received and not re.search("tuple|list", received[1])):
        return (
            "`torch.randint` wants a shape behind the numbers, also for one draw: `()` for a single number. (That is the "
            f"`size` of which Python speaks, not yours.) {python}"
        )
    if (received and "float" in received[1]) or re.search(r"randint\(\): argument .* must be int, not float", slip):
        return f"`torch.randint` draws between whole numbers, and wants no fraction: `//` divides without one. {python}"
    return slip


def _of(n: int) -> str:
    return f"{n} images of shape" if n > 1 else "one image of shape"


def _of_shape(value: object, hidden: Tensor, images: Tensor, size: int) -> str:
    """Why the result may have another shape than the images."""
    got, shape = tuple(hidden.shape), tuple(images.shape)
    if got == (shape[0], 1, *shape[1:]):
        return f"Your images have one axis too many, the second: the shape is {got}. `torch.cat` joins images (1, C, H, W)."
    if isinstance(value, tuple | list) and hidden.dim() > images.dim() and len(value) != len(images):
        return f"Your function returns {len(value)} results. Only the images with their squares are wanted."
    if got == shape[1:] or got == (1, *shape[1:]):
        return "Your function returns one image, and not all of them. Does a `return` inside the loop end it too early?"
    if got[-2:] == (size, size):
        return f"These are pieces of the size of the squares: the shape is {got}. Wanted are the whole images, {shape}."
    if got == (shape[0], *shape[2:]):
        return f"The axis of the channels is lost: the shape is {got}, and {shape} is wanted."
    return f"The images come back with the shape {got}; they should keep their shape {shape}."


def black_pixels(hidden: Tensor, images: Tensor, size: int) -> Tensor:
    """Which pixels (N, H, W) became black, in every channel, while all others stayed as they were."""
    images = images.double()
    changed, black = hidden != images, hidden == 0
    if not changed.any():
        raise Wrong(
            f"No pixel has changed in {_of(len(images))} {tuple(images.shape[1:])}, with a square of {size}.",
            advice="Is something assigned to a part of each image, as in `image[...] = 0`? (`image = ...` only gives the "
            "name to something else, and `==` only compares.) And does the place lie within the image, also where a "
            "square fills it from edge to edge?",
        )
    if not torch.equal(changed, black):
        values = hidden[changed & ~black].unique()
        if black.any():
            raise Wrong(
                "Some pixels have changed and are not black. Only the square becomes 0, all others stay as they are."
            )
        if changed.all():
            raise Wrong("Every pixel has changed, and none is black. Only the square becomes 0, all others stay.")
        became = f"`{written(values[0].item())}`" if len(values) == 1 else "other numbers"
        raise Wrong(f"What you hide becomes {became}. Black is 0.")
    if all(_form(kept) == (size, size, True) for kept in ~black.any(dim=1)) and black.shape[2] > size:
        raise Wrong("It is turned round: the square is kept, and all the rest is black.", _drawing(black[0, 0]))
    if not black[:, 1:].any() and black.shape[1] > 1:
        raise Wrong("Only the first channel has black pixels. The square is black in every channel: `image[:, ...]`.")
    if not torch.equal(black, black[:, :1].expand_as(black)):
        raise Wrong(
            "The channels of an image differ. Draw one place for an image, and make it black in every channel: "
            "`image[:, ...]`."
        )
    return black[:, 0]


def _form(mask: Tensor) -> tuple[int, int, bool]:
    """Height and width of the frame around all that is black, and whether it is filled."""
    rows, columns = mask.any(dim=1).nonzero(), mask.any(dim=0).nonzero()
    if not len(rows):
        return 0, 0, False
    height, width = int(rows[-1] - rows[0]) + 1, int(columns[-1] - columns[0]) + 1
    return height, width, int(mask.sum()) == height * width


def _drawing(mask: Tensor) -> str:
    lines = [" ".join("#" if pixel else "." for pixel in row) for row in mask.tolist()]
    return "\n".join(["one of your images (# is black):", *lines])


def squares(black: Tensor, size: int) -> list[tuple[int, int]]:
    """The row and the column in which the square of each image begins."""
    forms = [_form(mask) for mask in black]
    odd = [i for i, form in enumerate(forms) if form != (size, size, True)]
    if odd:
        shown = max(odd, key=lambda i: int(black[i].sum()))
        raise Wrong(_of_forms(forms, black, size), _drawing(black[shown]) if black[shown].any() else "")
    return [(int(mask.any(dim=1).nonzero()[0]), int(mask.any(dim=0).nonzero()[0])) for mask in black]


def _of_forms(forms: list[tuple[int, int, bool]], black: Tensor, size: int) -> str:
    """What is wrong with the black parts, of which at least one is no square of the right size."""
    n, height, width = black.shape
    wanted = f"A square of {size} x {size} is wanted in each image"
    with_black = [i for i, form in enumerate(forms) if form[0]]
    if n > 1 and with_black in ([0], [n - 1]):
        return f"Only in the {'first' if with_black == [0] else 'last'} of {n} images is anything black. {wanted}."
    if n > size and size == len(with_black) == with_black[-1] - with_black[0] + 1:
        return (
            f"Only {size} of {n} images are changed, one after the other. The shape is (N, C, H, W): go through all N "
            "images in a loop, and slice H and W, not N."
        )
    stripes = [form for form in forms if form[0]]
    if stripes and width > size and all(form[1:] == (width, True) and form[0] <= size for form in stripes):
        return (
            f"You hide whole rows. {wanted}: choose from which row *and* from which column it goes. Is the axis of the "
            "channels forgotten? An image is (C, H, W): `image[:, rows, columns]`."
        )
    if n > 1 and with_black and all(forms[i] == (size, size, True) for i in with_black):
        return f"In {n - len(with_black)} of {n} images nothing is black. {wanted}, and within it."
    kinds = Counter(forms)
    rows, columns, filled = kinds.most_common(1)[0][0]
    if len(kinds) == 1 and filled:
        if (rows, columns) == (height, width):
            many = (
                " Or are all images changed in each round of a loop (`[:, :, ...]` where one image is meant, `[i, :, ...]`)?"
                if n > 1
                else ""
            )
            return f"The whole image is black. {wanted}: it ends at `top + size` and at `left + size`.{many}"
        if rows == columns == TRIALS[0][1]:
            return f"With `size` {size} your square is {rows} x {rows}, as it was with `size` {rows}. {wanted}: does a number stand there for it, or a `size // 2`?"
        if (rows == height) != (columns == width):
            axis = "columns" if rows == height else "rows"
            return f"You hide whole {axis}. {wanted}: choose from which row *and* from which column it goes."
        if rows == columns and abs(rows - size) == 1:
            kind = "large" if rows > size else "small"
            return (
                f"Your square is {rows} x {rows}, by one too {kind}: with `size` {size}, {size} x {size} is wanted. "
                "A slice `[a : b]` holds b - a pixels: the last one is b - 1."
            )
        return f"Your black part has {_counted(rows, 'row')} and {_counted(columns, 'column')}. {wanted}."
    if any(form[0] and not form[2] for form in forms):
        if all(_goes_round(mask, size) for mask in black):
            return "The square leaves the image at one side and goes on at the other. The whole square must lie within."
        return f"The black pixels do not form one square. {wanted}: draw one place, and blacken a block from there."
    fixed = _of_ends(forms, black, size)
    if fixed:
        return fixed
    if all(_is_cut_off(mask, form, size) for mask, form in zip(black, forms, strict=True)):
        cut = [form for form in forms if form[0] and form != (size, size, True)] or [(0, 0, False)]
        axes = {"height": any(form[0] < size for form in cut), "width": any(form[1] < size for form in cut)}
        only = [axis for axis, is_cut in axes.items() if is_cut]
        advice = " and ".join(f"`{axis} - size`" for axis in only)
        swapped = " Or are height and width swapped? The shape is (N, C, H, W)." if len(only) == 1 else ""
        return (
            f"In some images the black part is too small and lies at the edge, as if the square were cut off: the last "
            f"place from where it fits is {advice}. (These images have {height} rows and {width} columns.){swapped}"
        )
    rows, columns = max(form[0] for form in forms), max(form[1] for form in forms)
    if rows != columns:
        return (
            f"The black part has {_counted(rows, 'row')} and {_counted(columns, 'column')} at most, not in all images. "
            f"{wanted}: `size` rows and `size` columns."
        )
    return f"The black part has another size from image to image. {wanted}, wherever its place is: it goes from `top` to `top + size`."


def _goes_round(mask: Tensor, size: int) -> bool:
    """Whether it is a square of that size if the first row and column follow the last, as in a circle."""
    lines = mask.any(dim=1), mask.any(dim=0)
    in_one_piece = all(int(line.sum()) == size and int((line != line.roll(1)).sum()) <= 2 for line in lines)
    return in_one_piece and int(mask.sum()) == size * size


def _of_ends(forms: list[tuple[int, int, bool]], black: Tensor, size: int) -> str | None:
    """Said of black parts whose ends are wrong: at the same place in all images, or too far from the beginning."""
    _, height, width = black.shape
    ends = {tuple(mask.nonzero().amax(dim=0).tolist()) for mask in black if mask.any()}
    if ends == {(height - 1, width - 1)}:
        return (
            "Your black part goes from its place to the last row and to the last column. It ends at `top + size` and "
            "at `left + size`: is the end of a slice missing, or does a number stand there in place of `size`?"
        )
    if ends == {(size - 1, size - 1)}:
        return (
            f"Your black part ends in row {size - 1} and column {size - 1}, wherever it begins. A slice `[a : b]` runs to "
            "b - 1, and b is no length: it ends at `top + size` and at `left + size`."
        )
    side = max(max(form[:2]) for form in forms)
    whole = all(
        rows and (rows == side or mask[-1].any()) and (columns == side or mask[:, -1].any())
        for mask, (rows, columns, _) in zip(black, forms, strict=True)
    )
    if whole and side > size:
        off = "by one too long" if side == size + 1 else "too long"
        return (
            f"Your black part is up to {side} pixels long, {off}, and shorter only where it reaches the last row or the last "
            f"column: with `size` {size}, {size} x {size} is wanted. A slice `[a : b]` holds b - a pixels: the last one is "
            "b - 1."
        )
    return None


def judge_spread(places: list[tuple[int, int]], size: int, shape: tuple[int, int]) -> None:
    """Raise unless squares in large images also begin far from the first row and column."""
    for axis, name in enumerate(("row", "column")):
        last = shape[axis] - size
        largest = max(place[axis] for place in places)
        if largest < 0.75 * last:  # of 200 that are drawn evenly, none beyond: once in 10 to the power of 25
            raise Wrong(
                f"In {len(places)} images of {shape[0]} x {shape[1]} pixels no square of {size} begins behind {name} "
                f"{largest}; the last {name} where one fits is {last}. Every place must be possible, and all of them "
                "equally likely, in images of any size."
            )


def _is_cut_off(mask: Tensor, form: tuple[int, int, bool], size: int) -> bool:
    """Whether it may be a square of which a part lies outside the image: at an edge, wherever it is too small."""
    rows, columns = mask.any(dim=1), mask.any(dim=0)
    fits = max(form[:2]) <= size
    return fits and all(
        seen == size or not seen or line[0] or line[-1] for seen, line in zip(form[:2], (rows, columns), strict=True)
    )


def _counted(n: int, word: str) -> str:
    return f"{n} {word}" if n == 1 else f"{n} {word}s"


def judge_places(places: list[tuple[int, int]], size: int, shape: tuple[int, int], repeated: bool) -> None:
    """Raise unless the squares begin at every place that there is, and elsewhere at the next call."""
    last = tuple(side - size for side in shape)
    tops, lefts = {top for top, _ in places}, {left for _, left in places}
    if len(set(places)) == 1:
        if repeated:
            raise Wrong("The square is at the same place in all images, at each call. Draw a random place for each.")
        raise Wrong("The square is at the same place in all images. Draw a new place for each (in a loop, inside it).")
    if size > 1 and all(top % size == 0 and left % size == 0 for top, left in places):
        raise Wrong(
            f"Every square begins in a row and a column that `size` divides: here, 0 and {size} at most. It may begin in "
            "between, too."
        )
    for seen, end, side in ((tops, last[0], "row"), (lefts, last[1], "column")):
        if len(seen) == 1:
            raise Wrong(
                f"All squares begin in {side} {min(seen)}, though there are {end + 1} {side}s in which one can begin. For each "
                "image draw both, the row and the column, among all that there are."
            )
    if all(top == left for top, left in places):
        raise Wrong(
            "The square always begins in a row and a column of the same number. Draw two numbers for each image."
        )
    if repeated:
        raise Wrong(
            "A second call hides the same squares. Draw anew at each call: set no seed inside, and compute no place."
        )
    for seen, end, side, name in ((tops, last[0], "row", "height"), (lefts, last[1], "column", "width")):
        if max(seen) == end - 1:
            raise Wrong(
                f"The square never touches the last {side}. Count the places along that axis: here, with a {name} of "
                f"{end + size} and a square of {size}, there are {end + 1}. (Is the upper end of your random numbers left out?)"
            )
        if min(seen) == 1:
            raise Wrong(f"The square never touches the first {side}: positions begin at 0.")
    missing = {(top, left) for top in range(last[0] + 1) for left in range(last[1] + 1)} - set(places)
    if missing:
        top, left = min(missing)
        raise Wrong(
            f"In {len(places)} images of {shape[0]} x {shape[1]} pixels no square of {size} begins in row {top} and "
            f"column {left}, though it would fit there. Every place must be possible.",
            advice="How many places are there along each axis, and which of height and width belongs to it?",
        )
    for axis, side in enumerate(("row", "column")):
        counts = Counter(place[axis] for place in places)
        mean = len(places) / (last[axis] + 1)
        rarest, commonest = min(counts, key=counts.get), max(counts, key=counts.get)
        if counts[commonest] - counts[rarest] > FAR * math.sqrt(2 * mean):
            raise Wrong(
                f"Not every place is equally likely: of {len(places)} squares {counts[commonest]} begin in {side} "
                f"{commonest}, and {counts[rarest]} in {side} {rarest}. Draw a whole number among the places that fit: "
                "do not round a fraction, and push nothing back into the image."
            )
