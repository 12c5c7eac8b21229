"""Page 09: count a load, top answers with names, normalise by hand, and tell a mistake from the numbers of a batch."""

from __future__ import annotations

import torch
from torch import Tensor

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def count_by_position(saved, wanted):
    """How many tensors fit by position and shape, and how many numbers these hold."""
    pairs = zip(saved.values(), wanted.values(), strict=False)
    fitting = [a.numel() for a, b in pairs if a.shape == b.shape]
    return len(fitting), sum(fitting)


SHAPES = ((2, 3), (3, 2), (3,), (2,), (6,), (1,), (), (2, 1), (1, 2), (2, 3))


def state_cases() -> list[tuple]:
    """Two small state dicts: other names, some shapes alike, lengths that differ either way, none alike, all alike."""

    def state(generator: torch.Generator, names: str, shapes: list) -> dict[str, Tensor]:
        return {
            f"{name}.weight": torch.randn(shape, generator=generator).round(decimals=1)
            for name, shape in zip(names, shapes, strict=False)
        }

    def make(generator: torch.Generator, i: int) -> tuple:
        n, m = (1, 2, 3, 3, 2, 4)[i % 6], (1, 2, 3, 2, 4, 4)[i % 6]
        first = [SHAPES[k] for k in torch.randint(len(SHAPES), (n,), generator=generator)]
        second = [SHAPES[k] for k in torch.randint(len(SHAPES), (m,), generator=generator)]
        for place in range(min(n, m)):
            if torch.rand((), generator=generator) < 0.55:
                second[place] = first[place]
        if i % 5 == 4:
            second = second[::-1]  # the same shapes at other places
        mine = "abcd" if i % 3 else "ab_d"  # at times a name is the same, at another place or shape
        return state(generator, mine, first), state(generator, "a_xb" if i % 2 else "pqrs", second)

    return drawn(make)


def _counts(saved: dict, wanted: dict, fits: object) -> tuple[int, int]:
    fitting = [a.numel() for a, b in zip(saved.values(), wanted.values(), strict=False) if fits(a, b)]
    return len(fitting), sum(fitting)


def _by_name(saved: dict, wanted: dict) -> tuple[int, int]:
    fitting = [t.numel() for name, t in saved.items() if name in wanted and wanted[name].shape == t.shape]
    return len(fitting), sum(fitting)


def _anywhere(saved: dict, wanted: dict) -> tuple[int, int]:
    fitting = [t.numel() for t in saved.values() if t.shape in {other.shape for other in wanted.values()}]
    return len(fitting), sum(fitting)


def _by_name_alone(saved: dict, wanted: dict) -> tuple[int, int]:
    both = [name for name in saved if name in wanted]
    return len(both), sum(saved[name].numel() for name in both)


def _as_a_set(saved: dict, wanted: dict) -> tuple[int, int]:
    both = {t.shape for t in saved.values()} & {t.shape for t in wanted.values()}
    return len(both), sum(shape.numel() for shape in both)


def _with_the_rest(saved: dict, wanted: dict) -> tuple[int, int]:
    shorter = min(len(saved), len(wanted))
    rest = [t.numel() for t in [*list(saved.values())[shorter:], *list(wanted.values())[shorter:]]]
    tensors, numbers = count_by_position(saved, wanted)
    return tensors + len(rest), numbers + sum(rest)


def _until_first(saved: dict, wanted: dict) -> tuple[int, int]:
    fitting = []
    for a, b in zip(saved.values(), wanted.values(), strict=False):
        if a.shape != b.shape:
            break
        fitting.append(a.numel())
    return len(fitting), sum(fitting)


COUNT_SLIPS = {
    "You matched by name, as on page 6. Here the names differ on purpose: the first tensor of the one belongs to the "
    "first of the other, whatever they are called.": _by_name,
    "You count the names that both have, and neither place nor shape plays a part. Pair the first tensor with the "
    "first, whatever they are called.": _by_name_alone,
    "You collect the shapes in sets, so that place and number are lost. Go through both side by side.": _as_a_set,
    "You count the rest of the longer one, too. What has no partner is left out.": _with_the_rest,
    "The second result counts the tensors once more. Wanted is how many numbers they hold.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        count_by_position(saved, wanted)[0],
    ),
    "The second result is the largest tensor alone. Add up the numbers of all that fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        max(
            (a.numel() for a, b in zip(saved.values(), wanted.values(), strict=False) if a.shape == b.shape), default=0
        ),
    ),
    "The first result says whether all of the model was filled. Wanted is how many tensors fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0] == len(wanted),
        count_by_position(saved, wanted)[1],
    ),
    "You count a tensor as soon as its shape stands somewhere in the model. Wanted is the same *place*: first with "
    "first, second with second.": _anywhere,
    "You stop at the first pair that does not fit. The pairs behind it count, too.": _until_first,
    "You compare how many numbers the two tensors hold. A tensor of 2 x 3 does not fit one of 3 x 2: compare the "
    "shapes.": lambda saved, wanted: _counts(saved, wanted, lambda a, b: a.numel() == b.numel()),
    "You compare how many axes the two tensors have. Their sizes must agree, too.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: a.dim() == b.dim()
    ),
    "You compare the first size alone. All sizes of the shape must agree.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: a.shape[:1] == b.shape[:1]
    ),
    "You count the pairs that do *not* fit.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: a.shape != b.shape
    ),
    "You count every pair. A pair counts only if both shapes are the same.": lambda saved, wanted: _counts(
        saved, wanted, lambda a, b: True
    ),
    "That is the whole file. Count the tensors that have a partner of the same shape.": lambda saved, wanted: (
        len(saved),
        sum(t.numel() for t in saved.values()),
    ),
    "That is the whole model. Count the tensors that have a partner of the same shape.": lambda saved, wanted: (
        len(wanted),
        sum(t.numel() for t in wanted.values()),
    ),
    "You compare the values. A file and a fresh model hold other values: whether a tensor fits is a matter of its "
    "shape.": lambda saved, wanted: _counts(saved, wanted, torch.equal),
    "You add up the values of the tensors. Wanted is how many numbers they hold: `numel()`.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(a.sum().item() for a, b in zip(saved.values(), wanted.values(), strict=False) if a.shape == b.shape),
    ),
    "You count the rows of the tensors. Wanted is how many numbers they hold: `numel()`.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(
            len(a) if a.dim() else 1
            for a, b in zip(saved.values(), wanted.values(), strict=False)
            if a.shape == b.shape
        ),
    ),
    "You count the numbers of the whole file. Wanted are those of the tensors that fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(t.numel() for t in saved.values()),
    ),
    "You count the numbers of the whole model. Wanted are those of the tensors that fit.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0],
        sum(t.numel() for t in wanted.values()),
    ),
    "You return shares. Wanted are two counts.": lambda saved, wanted: (
        count_by_position(saved, wanted)[0] / len(wanted),
        count_by_position(saved, wanted)[1] / sum(t.numel() for t in wanted.values()),
    ),
}


def top_answers(logits, names, k):
    """The names of the k likeliest classes, likeliest first, and their probabilities."""
    probs = logits.softmax(dim=0)
    best = probs.argsort(descending=True)[:k]
    return [names[i] for i in best], probs[best]


WORDS = ("cat", "dog", "cup", "bus", "bee", "ant", "owl", "fox")


def answers_cases() -> list[tuple]:
    """No two logits alike, k from 1 to all, names not in the order of the alphabet, logits of either sign."""

    def make(generator: torch.Generator, i: int) -> tuple:
        classes = (3, 4, 5, 6)[i % 4]
        k = (1, 2, 3, 2, classes)[i % 5]
        steps = torch.randperm(8, generator=generator)[:classes]
        logits = (0.7 * steps + 0.3 * torch.rand(classes, generator=generator) - 2.5).round(decimals=2)
        names = [WORDS[n] for n in torch.randperm(8, generator=generator)[:classes]]
        return logits, names, min(k, classes)

    return drawn(make)


def same_answers(got: object, right: tuple) -> bool:
    """Names and probabilities as two results of any kind; names may stand in a list or a tuple."""
    if not isinstance(got, tuple | list) or len(got) != 2 or isinstance(got[0], str | dict | Tensor):
        return same_part(got, right)
    return same_part(got[0], right[0]) and same_part(got[1], right[1])


def same_part(got: object, right: object) -> bool:
    if isinstance(right, list) and right and isinstance(right[0], str):
        return isinstance(got, list | tuple) and list(got) == right
    return same(got, right)


def _answers(order: object) -> object:
    """Slips that pick other classes: a function of logits and k -> places."""

    def slip(logits: Tensor, names: list, k: int) -> tuple:
        places = order(logits, k)
        return [names[i] for i in places], logits.softmax(dim=0)[places]

    return slip


def _named(logits: Tensor, names: list, k: int) -> list[str]:
    return top_answers(logits, names, k)[0]


def _best(logits: Tensor, k: int) -> Tensor:
    return logits.argsort(descending=True)[:k]


ANSWER_SLIPS = {
    "Those are the least likely classes: the order runs upwards. The largest logit comes first.": _answers(
        lambda logits, k: logits.argsort()[:k]
    ),
    "The right classes, and the likeliest of them stands last. It comes first.": _answers(
        lambda logits, k: _best(logits, k).flip(0)
    ),
    "The right classes in the order of the list of names. Sort them by probability, likeliest first.": _answers(
        lambda logits, k: _best(logits, k).sort().values
    ),
    "You took the first k classes of the list. Take those of the largest probability.": _answers(
        lambda logits, k: torch.arange(k)
    ),
    "You returned all classes. Only the first k are wanted.": _answers(lambda logits, k: _best(logits, len(logits))),
    "You ignore k: that is the likeliest class alone.": _answers(lambda logits, k: _best(logits, 1)),
    "You ignore k: those are always the first five.": _answers(lambda logits, k: _best(logits, 5)),
    "One class is missing at the end: `[:k]` has k entries.": _answers(lambda logits, k: _best(logits, k)[:-1]),
    "One class too many: `[:k]` has k entries.": _answers(lambda logits, k: _best(logits, k + 1)),
    "The first place is left out: positions begin at 0.": _answers(lambda logits, k: _best(logits, k + 1)[1:]),
    "The names and their probabilities do not belong together: your probabilities stand in the order of the classes. "
    "Sort both by the same places.": lambda logits, names, k: (_named(logits, names, k), logits.softmax(dim=0)[:k]),
    "The names are right; the other numbers are logits. Probabilities come from a softmax over all classes.": (
        lambda logits, names, k: (_named(logits, names, k), logits[_best(logits, k)])
    ),
    "The softmax went over the k chosen classes alone, so your probabilities add up to 1. It runs over *all* classes, "
    "and then you choose.": lambda logits, names, k: (
        _named(logits, names, k),
        logits[_best(logits, k)].softmax(dim=0),
    ),
    "Each logit went through a sigmoid by itself. One photo has one class: take a softmax over all classes.": (
        lambda logits, names, k: (_named(logits, names, k), logits.sigmoid()[_best(logits, k)])
    ),
    "Those are log-probabilities. Wanted are probabilities.": lambda logits, names, k: (
        _named(logits, names, k),
        logits.log_softmax(dim=0)[_best(logits, k)],
    ),
    "The probabilities are in per cent. Leave them from 0 to 1.": lambda logits, names, k: (
        _named(logits, names, k),
        100 * logits.softmax(dim=0)[_best(logits, k)],
    ),
    "Your names stand in the order of the alphabet. Sort them by their logits.": lambda logits, names, k: (
        sorted(names)[:k],
        top_answers(logits, names, k)[1],
    ),
    "The names are joined to one text. Return them as a list.": lambda logits, names, k: (
        ", ".join(_named(logits, names, k)),
        top_answers(logits, names, k)[1],
    ),
    "Those are e to the power of the logits. Divide by their sum over all classes: that is the softmax.": (
        lambda logits, names, k: (_named(logits, names, k), logits.exp()[_best(logits, k)])
    ),
    "You returned the numbers of the classes. Look each of them up in `names`.": lambda logits, names, k: (
        _best(logits, k),
        logits.softmax(dim=0)[_best(logits, k)],
    ),
    "The two results have changed places: first the names, then the probabilities.": lambda logits, names, k: (
        top_answers(logits, names, k)[::-1]
    ),
}


def normalise(pixels, mean, std):
    """Bytes (H, W, 3) from 0 to 255 -> (3, H, W), less the mean and divided by the deviation of each channel."""
    channels_first = pixels.permute(2, 0, 1) / 255
    return (channels_first - mean.view(3, 1, 1)) / std.view(3, 1, 1)


def pixel_cases() -> list[tuple]:
    """Height and width that differ, and both equal to 3, where a wrong broadcast raises no error."""

    def make(generator: torch.Generator, i: int) -> tuple:
        height, width = ((1, 2), (2, 1), (3, 3), (2, 3), (1, 1), (3, 2))[i % 6]
        pixels = torch.randint(256, (height, width, 3), generator=generator, dtype=torch.uint8)
        mean = (0.3 + 0.4 * torch.rand(3, generator=generator)).round(decimals=2)
        std = (0.15 + 0.4 * torch.rand(3, generator=generator)).round(decimals=2)
        return pixels, mean, std

    return drawn(make)


def _column(numbers: Tensor) -> Tensor:
    return numbers.view(3, 1, 1)


def _first(pixels: Tensor) -> Tensor:
    return pixels.permute(2, 0, 1).float()


PIXEL_SLIPS = {
    "The division by 255 is missing: mean and deviation are meant for pixels from 0 to 1.": lambda pixels, mean, std: (
        (_first(pixels) - _column(mean)) / _column(std)
    ),
    "You divided by 256. The largest byte is 255, and it becomes 1.": lambda pixels, mean, std: (
        (_first(pixels) / 256 - _column(mean)) / _column(std)
    ),
    "The axes are still (H, W, 3). The model wants the channels first.": lambda pixels, mean, std: (
        (pixels / 255 - mean) / std
    ),
    "Mean and deviation came before the division by 255. They are meant for pixels from 0 to 1: divide first.": (
        lambda pixels, mean, std: (_first(pixels) - _column(mean)) / _column(std) / 255
    ),
    "You divided with `//`, which leaves 0 or 1 of each byte. Divide with `/`.": lambda pixels, mean, std: (
        (_first(pixels) // 255 - _column(mean)) / _column(std)
    ),
    "The axes stand in another order than (3, H, W). Which axis is first in yours?": lambda pixels, mean, std: (
        (pixels / 255 - mean) / std
    ).permute(1, 2, 0),
    "Height and width have changed places: `permute(2, 0, 1)` keeps the rows rows.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std)
    ).transpose(1, 2),
    "`view` and `reshape` only cut the row of numbers anew: red, green and blue get mixed. `permute` moves an axis.": (
        lambda pixels, mean, std: (pixels.reshape(3, *pixels.shape[:2]) / 255 - _column(mean)) / _column(std)
    ),
    "The channels have changed places: blue is first in yours.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std)
    ).flip(0),
    "The channels of the photo have changed places before the mean came off.": lambda pixels, mean, std: (
        (_first(pixels).flip(0) / 255 - _column(mean)) / _column(std)
    ),
    "Mean and deviation have changed places.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(std)) / _column(mean)
    ),
    "The deviation is missing: divide by it.": lambda pixels, mean, std: _first(pixels) / 255 - _column(mean),
    "The mean is missing: subtract it first.": lambda pixels, mean, std: _first(pixels) / 255 / _column(std),
    "Mean and deviation are missing: so far, the pixels are only divided by 255.": lambda pixels, mean, std: (
        _first(pixels) / 255
    ),
    "You multiplied by the deviation. Divide by it.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) * _column(std)
    ),
    "Only the mean is divided by the deviation: brackets go around the difference.": lambda pixels, mean, std: (
        _first(pixels) / 255 - _column(mean) / _column(std)
    ),
    "The mean is added. Subtract it.": lambda pixels, mean, std: (_first(pixels) / 255 + _column(mean)) / _column(std),
    "You divided by the square of the deviation.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std).square()
    ),
    "You used the numbers 0.5 and 0.5, and not the arguments.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - 0.5) / 0.5
    ),
    "You took the mean and the deviation of this photo. They are arguments: the model was trained with fixed ones.": (
        lambda pixels, mean, std: (
            (_first(pixels) / 255 - (_first(pixels) / 255).mean((1, 2), keepdim=True))
            / (_first(pixels) / 255).std((1, 2), keepdim=True)
        )
    ),
    "All channels got the mean and the deviation of the first one. Each has its own.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - mean[0]) / std[0]
    ),
    "The numbers of the channels were averaged: each channel has a mean and a deviation of its own.": (
        lambda pixels, mean, std: (_first(pixels) / 255 - mean.mean()) / std.mean()
    ),
    "The mean came off along the width, not along the channels: a mean of shape (3,) stands at the last axis. Give it "
    "the shape (3, 1, 1).": lambda pixels, mean, std: (_first(pixels) / 255 - mean) / std,
    "The result is cut to 0 to 1. Normalised pixels lie below 0, too.": lambda pixels, mean, std: (
        (_first(pixels) / 255 - _column(mean)) / _column(std)
    ).clamp(0, 1),
}


def which_mistake(batch):
    """One of "none", "not divided by 255", "not normalised", "the article's numbers"."""
    if batch.max() > 3:
        return "not divided by 255"
    if batch.min() == 0:
        return "not normalised"
    if batch.min() < -2:
        return "the article's numbers"
    return "none"


KINDS = ("none", "not divided by 255", "not normalised", "the article's numbers")


def batch_cases() -> list[tuple]:
    """Batches with a black and a white pixel; the mistakes in turn, pixels dark or bright."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, height, width = ((1, 1, 3), (2, 1, 2), (1, 2, 2), (1, 3, 1), (3, 1, 2))[i % 5]
        pixels = torch.rand(n, 3, height, width, generator=generator) ** (0.5, 1.0, 3.0)[i % 3]
        black, white = (0, -1) if i % 2 else (-1, 0)  # at times in the last image
        pixels[black, :, black, black], pixels[white, :, white, white] = 0.0, 1.0
        kind = KINDS[i % 4]
        if kind == "not normalised":
            return (pixels.round(decimals=2),)
        if kind == "not divided by 255":
            return (((255 * pixels).round() - 0.5) / 0.5,)
        mean, std = (
            ([0.485, 0.456, 0.406], [0.229, 0.224, 0.225])
            if kind == "the article's numbers"
            else (
                [0.5] * 3,
                [0.5] * 3,
            )
        )
        batch = (pixels - torch.tensor(mean).view(3, 1, 1)) / torch.tensor(std).view(3, 1, 1)
        return (batch,)

    return drawn(make)


def _instead(old: str, new: str) -> object:
    return lambda batch: new if which_mistake(batch) == old else which_mistake(batch)


def _worded(right: str, others: tuple[str, ...]) -> dict:
    """Other words for one of the four answers."""
    return {
        f"One of the four answers is `{right!r}`, and yours says `{other!r}` in its place. The words count here: take "
        "those of the table.": _instead(right, other)
        for other in others
    }


def _swapped(one: str, other: str) -> object:
    turn = {one: other, other: one}
    return lambda batch: turn.get(which_mistake(batch), which_mistake(batch))


def _any_negative(batch: Tensor) -> str:
    if batch.max() > 3:
        return "not divided by 255"
    return "the article's numbers" if batch.min() < 0 else "not normalised"


def _by_mean(batch: Tensor) -> str:
    if batch.mean() > 3:
        return "not divided by 255"
    if batch.min() >= 0:
        return "not normalised"
    return "none" if batch.mean().abs() < 0.5 else "the article's numbers"


MISTAKE_SLIPS = {
    "Batches of the article's numbers are called fine by you. In order, the smallest number is -1; with the article's "
    "mean and deviation a black pixel falls below -2.": _instead("the article's numbers", "none"),
    "Batches that are in order are not recognised: -1 to 1 is what this model wants.": _any_negative,
    "Pixels from 0 to 1 are called fine by you. This model wants -1 to 1: a batch in which no number lies below 0 was "
    "not normalised.": _instead("not normalised", "none"),
    "Undivided batches are called fine by you. They too begin at -1; the largest number tells them apart.": _instead(
        "not divided by 255", "none"
    ),
    "Undivided batches are taken for batches that were not normalised. These two differ in the largest number, 509 "
    "and 1, and in the smallest.": _instead("not divided by 255", "not normalised"),
    "Batches in order are called not normalised. In order is -1 to 1, not normalised is 0 to 1.": _instead(
        "none", "not normalised"
    ),
    "Two answers have changed places: in order, and not normalised.": _swapped("none", "not normalised"),
    "Two answers have changed places: in order, and the article's numbers.": _swapped("none", "the article's numbers"),
    "Two answers have changed places: not normalised, and not divided by 255.": _swapped(
        "not normalised", "not divided by 255"
    ),
    "Batches of the article's numbers are called not divided. They reach 2.64 at most; undivided ones reach 509.": (
        _instead("the article's numbers", "not divided by 255")
    ),
    "You judge by the mean of the batch. It depends on whether the photos are dark or bright. The smallest and the "
    "largest number are known, as a black and a white pixel are among them.": _by_mean,
    "You look at the first image alone. The black and the white pixel may stand in another one.": lambda batch: (
        which_mistake(batch[:1])
    ),
    "You judge each image by itself. One answer is wanted, for the whole batch.": lambda batch: [
        which_mistake(image) for image in batch
    ],
    "That says whether something is wrong. Say what it is: one of the four answers.": lambda batch: (
        which_mistake(batch) != "none"
    ),
    "That is the number of the answer. Return its words.": lambda batch: KINDS.index(which_mistake(batch)),
    **_worded("none", ("in order", "ok", "fine", "right", "no mistake", "nothing")),
    **_worded("the article's numbers", ("article", "the article", "article's numbers", "the articles numbers")),
    **_worded("not divided by 255", ("not divided", "undivided", "255")),
    **_worded("not normalised", ("not normalized", "normalised")),
}


def same_words(got: object, right: str) -> bool:
    """The same words, whatever capitals, full stops and spaces at the ends."""
    if isinstance(right, list):
        return isinstance(got, list) and list(map(str, got)) == right
    if isinstance(right, str) and isinstance(got, str):
        return got.strip().rstrip(".").lower() == right
    return same(got, right)


EXERCISES = {
    "9.1": Exercise(
        solution=count_by_position,
        cases=state_cases,
        slips=COUNT_SLIPS,
        returns="two whole numbers: how many tensors fit, and how many numbers these hold",
        why="`zip` pairs the first with the first and ends with the shorter of the two. A pair fits if the shapes are "
        "the same; `numel()` says how many numbers a tensor holds.",
        notice="Shapes that fit are needed, and they prove nothing: two tensors of one shape may have changed places.",
        hints=(
            "Two dictionaries keep their tensors in an order. How do you go through two of them side by side?",
            "`saved.values()` are the tensors without their names, and `zip` pairs them. When does a pair fit?",
            "Collect `numel()` of each tensor whose `shape` equals that of its partner: how many are there, what is their sum?",
        ),
    ),
    "9.2": Exercise(
        solution=top_answers,
        cases=answers_cases,
        slips=ANSWER_SLIPS,
        returns="two results: a list of k names, and k probabilities",
        same=same_answers,
        why="The softmax goes over all classes; then the places of the k largest pick both the names and the "
        "probabilities.",
        notice="Your k probabilities add up to 1 only if k is the number of classes: the others hold the rest.",
        hints=(
            "Three steps: logits to probabilities, the places of the largest, the names at these places.",
            "`softmax(dim=0)` runs over the classes. `argsort(descending=True)` returns places, the largest value first.",
            "Take the first k of these places. Names are a list, so take them one by one; a tensor takes all places at once.",
        ),
    ),
    "9.3": Exercise(
        solution=normalise,
        cases=pixel_cases,
        slips=PIXEL_SLIPS,
        returns="a tensor of shape (3, H, W)",
        why="`permute` moves the channels to the front, 255 brings the bytes to 0 to 1, and mean and deviation need the "
        "shape (3, 1, 1) to stand beside the channels.",
        notice="In a photo of 3 x 3 pixels, a mean of shape (3,) would raise no error and go along the width.",
        hints=(
            "Four things happen: the axes move, the bytes become 0 to 1, the mean comes off, the deviation divides.",
            "`permute(2, 0, 1)` brings the third axis to the front. The mean has the shape (3,): beside which axis does it "
            "stand then?",
            "`view(3, 1, 1)` gives mean and deviation an axis for the rows and one for the columns.",
        ),
    ),
    "9.4": Exercise(
        solution=which_mistake,
        cases=batch_cases,
        slips=MISTAKE_SLIPS,
        returns='one of the four texts: "none", "not divided by 255", "not normalised", "the article\'s numbers"',
        same=same_words,
        why="With a black and a white pixel in the batch, its smallest and largest number are those of the table, and "
        "they differ in each of the four cases.",
        notice="Numbers cannot tell you that red and blue have changed places, or that the photo stands on its head.",
        hints=(
            "A black and a white pixel are in each batch. What do they become in each of the four cases?",
            "`batch.min()` and `batch.max()` are enough. Which of the four has a largest number that no other reaches?",
            "Ask for the undivided one first. Of the other three, the smallest numbers are about -2, -1 and 0.",
        ),
    ),
}
