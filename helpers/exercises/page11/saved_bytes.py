"""Exercise 11.2. How many bytes smaller the tensors get if those of floats are stored in another precision."""

from __future__ import annotations

import math

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn

FLOAT_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2}


def saved_bytes(header, to):
    """How many bytes smaller all tensors get, together, if those of floats are stored as `to`."""
    saved = 0
    for name, entry in header.items():
        if name != "__metadata__" and entry["dtype"] in FLOAT_BYTES:
            saved += math.prod(entry["shape"]) * (FLOAT_BYTES[entry["dtype"]] - FLOAT_BYTES[to])
    return saved


OTHER_BYTES = {"I64": 8, "I32": 4, "U8": 1, "BOOL": 1}
SHAPES = ([2, 3], [3], [], [2, 1, 2], [1], [3, 3], [4])


def byte_cases() -> list[tuple]:
    """Floats of all widths and whole numbers, a single number, facts in the header; to a smaller or a larger type."""

    def make(generator: torch.Generator, i: int) -> tuple:
        def pick(things: object) -> object:
            return list(things)[int(torch.randint(len(list(things)), (), generator=generator))]

        header, place = {}, 0
        for name in "abc"[: 1 + i % 3]:
            dtype = pick(OTHER_BYTES) if i % 4 == 1 and name == "a" else pick(FLOAT_BYTES)
            shape = pick(SHAPES)
            size = math.prod(shape) * (FLOAT_BYTES | OTHER_BYTES)[dtype]
            header[name] = {"dtype": dtype, "shape": shape, "data_offsets": [place, place + size]}
            place += size
        if i % 4 == 3:
            header["__metadata__"] = {"what": "a model"}
        return header, ("F16", "F32", "BF16", "F64")[i // 2 % 4]

    return drawn(make, count=30)


def _tensors(header: dict) -> list[dict]:
    return [entry for name, entry in header.items() if name != "__metadata__"]


def _floats(header: dict) -> list[dict]:
    return [entry for entry in _tensors(header) if entry["dtype"] in FLOAT_BYTES]


def _before(entries: list[dict]) -> int:
    return sum(entry["data_offsets"][1] - entry["data_offsets"][0] for entry in entries)


def _counted(count: object) -> object:
    """The right sum with another way to count the numbers of a shape."""

    def slip(header: dict, to: str) -> int:
        return sum(count(entry["shape"]) * (FLOAT_BYTES[entry["dtype"]] - FLOAT_BYTES[to]) for entry in _floats(header))

    return slip


def _first(shape: list[int]) -> int:
    return shape[0] if shape else 1


BYTE_SLIPS = {
    "Whole numbers are converted, too. Only tensors of floats change: leave the others out.": lambda header, to: sum(
        math.prod(entry["shape"]) * ((FLOAT_BYTES | OTHER_BYTES)[entry["dtype"]] - FLOAT_BYTES[to])
        for entry in _tensors(header)
    ),
    "That is how many bytes the floats take afterwards. Wanted is the difference, before minus after.": (
        lambda header, to: sum(math.prod(entry["shape"]) * FLOAT_BYTES[to] for entry in _floats(header))
    ),
    "That is how many bytes the floats take now. Subtract what they take afterwards.": lambda header, to: _before(
        _floats(header)
    ),
    "That is how many bytes all tensors take now. Wanted is how many fewer they get.": lambda header, to: _before(
        _tensors(header)
    ),
    "That is how many bytes all tensors take afterwards. Wanted is how many fewer that is.": lambda header, to: (
        _before(_tensors(header)) - saved_bytes(header, to)
    ),
    "The sign is turned round: yours is after minus before. Wanted is before minus after.": lambda header, to: (
        -saved_bytes(header, to)
    ),
    "You count each tensor as if it held 4-byte floats. The `dtype` of its entry says what it holds.": (
        lambda header, to: sum(math.prod(e["shape"]) * (4 - FLOAT_BYTES[to]) for e in _floats(header))
    ),
    "You go to 2 bytes per number, whatever `to` is. `FLOAT_BYTES[to]` says how many there are.": (
        lambda header, to: sum(math.prod(e["shape"]) * (FLOAT_BYTES[e["dtype"]] - 2) for e in _floats(header))
    ),
    "That is how many numbers there are. Each takes several bytes: see `FLOAT_BYTES`.": lambda header, to: sum(
        math.prod(entry["shape"]) for entry in _floats(header)
    ),
    "The shape is missing: yours is the difference per number, added up. How many numbers has each tensor?": (
        _counted(lambda shape: 1)
    ),
    "You added up the sizes of a shape. A tensor of 2 x 3 holds six numbers: multiply them.": _counted(sum),
    "You count the axes of a shape. A tensor of 2 x 3 holds six numbers: multiply its sizes.": _counted(len),
    "You took the first size of each shape alone. Multiply all of them.": _counted(_first),
    "A shape without sizes, `[]`, is one number, and you count it as none.": _counted(
        lambda shape: math.prod(shape) if shape else 0
    ),
    "Where a tensor would get larger, you count nothing. Count that as negative.": lambda header, to: sum(
        max(0, math.prod(e["shape"]) * (FLOAT_BYTES[e["dtype"]] - FLOAT_BYTES[to])) for e in _floats(header)
    ),
    "You do not let the result be negative. It is, where the tensors get larger.": lambda header, to: max(
        0, saved_bytes(header, to)
    ),
    "Only the first tensor counts in yours. Does a `return` stand inside your loop?": lambda header, to: saved_bytes(
        dict(list(header.items())[:1]), to
    ),
    "Only the last tensor counts in yours. Is `=` where `+=` belongs?": lambda header, to: saved_bytes(
        dict([(name, entry) for name, entry in header.items() if name != "__metadata__"][-1:]), to
    ),
    "Tensors of other types count as none before and as floats afterwards. Leave them out altogether.": (
        lambda header, to: sum(
            math.prod(e["shape"]) * (FLOAT_BYTES.get(e["dtype"], 0) - FLOAT_BYTES[to]) for e in _tensors(header)
        )
    ),
    "BF16 is missing: its name begins with a B, and it is a float as well. Ask `in FLOAT_BYTES`.": (
        lambda header, to: sum(
            math.prod(e["shape"]) * (FLOAT_BYTES[e["dtype"]] - FLOAT_BYTES[to])
            for e in _floats(header)
            if e["dtype"].startswith("F")
        )
    ),
    "You convert tensors of F32 alone. F64, F16 and BF16 are floats as well.": lambda header, to: sum(
        math.prod(e["shape"]) * (4 - FLOAT_BYTES[to]) for e in _floats(header) if e["dtype"] == "F32"
    ),
    "You return a number for each tensor. Wanted is their sum.": lambda header, to: [
        math.prod(e["shape"]) * (FLOAT_BYTES[e["dtype"]] - FLOAT_BYTES[to]) for e in _floats(header)
    ],
    "You return before and after. Wanted is the difference, before minus after.": lambda header, to: [
        _before(_floats(header)),
        _before(_floats(header)) - saved_bytes(header, to),
    ],
    "You divide the bytes of one type by those of the other. Subtract: how many bytes fewer does each number take?": (
        lambda header, to: sum(
            math.prod(e["shape"]) * FLOAT_BYTES[e["dtype"]] / FLOAT_BYTES[to] for e in _floats(header)
        )
    ),
    "You took the last size of each shape alone. Multiply all of them.": _counted(
        lambda shape: shape[-1] if shape else 1
    ),
    "You take half of the bytes, whatever the types are. `FLOAT_BYTES` says what each takes.": lambda header, to: (
        _before(_floats(header)) / 2
    ),
    "That is a share. Wanted is a number of bytes.": lambda header, to: (
        saved_bytes(header, to) / _before(_tensors(header))
    ),
    "You return bits. A byte has eight of them.": lambda header, to: 8 * saved_bytes(header, to),
    "You return kilobytes. Wanted are bytes.": lambda header, to: saved_bytes(header, to) / 1000,
}


EXERCISE = Exercise(
    solution=saved_bytes,
    cases=byte_cases,
    slips=BYTE_SLIPS,
    returns="one whole number of bytes, before minus after",
    why="`math.prod` of the sizes is how many numbers a tensor holds; each saves as many bytes as the two types "
    "differ. Whole numbers stay, and `__metadata__` is no tensor.",
    notice="Two bytes in place of four nearly halve a file of floats, and round the weights: measure what that does to the "
    "answers.",
    hints=(
        "How many numbers does a tensor of shape [2, 3] hold, and how many bytes does each take, before and after?",
        "`math.prod(entry['shape'])` counts the numbers; `FLOAT_BYTES[entry['dtype']]` is what each takes now.",
        "Skip `__metadata__` and every dtype that is not a key of `FLOAT_BYTES`, and add up the others.",
        "Each tensor adds its count times `(FLOAT_BYTES[entry['dtype']] - FLOAT_BYTES[to])`.",
    ),
)
