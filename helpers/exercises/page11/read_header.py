"""Exercise 11.1. Where the numbers of a safetensors file begin, and what its tensors are called."""

from __future__ import annotations

import json
from collections.abc import Callable

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def read_header(files, name):
    """Where the numbers begin in the safetensors file `name`, and its tensors' names, in order."""
    raw = files[name]
    length = int.from_bytes(raw[:8], "little")
    header = json.loads(raw[8 : 8 + length])
    return 8 + length, [key for key in header if key != "__metadata__"]


class Raw(bytes):
    """Bytes of a safetensors file that say in a line what they are."""

    def __repr__(self) -> str:
        length = int.from_bytes(self[:8], "little")
        names = ", ".join(json.loads(bytes(self[8 : 8 + length])))
        return f"{len(self)} bytes; header of {length} bytes: {names if len(names) < 40 else names[:37] + '...'}"


def header_cases() -> list[tuple]:
    """Headers with and without facts, in any order of names, shorter and longer than 255 bytes, padded or not."""

    def make(generator: torch.Generator, i: int) -> tuple:
        names = [("b", "a", "head.bias", "c")[k] for k in torch.randperm(4, generator=generator)][: 1 + i % 4]
        names += [f"layers.{k}.weight" for k in (5, 2, 9, 1)] * (i % 5 == 4)
        header, place = {}, 0
        for name in names:
            count = int(torch.randint(1, 4, (), generator=generator))
            header[name] = {"dtype": "F32", "shape": [count], "data_offsets": [place, place + 4 * count]}
            place += 4 * count
        if i % 3 == 1:
            header = {"__metadata__": {"what": "a model"}} | header
        if i % 6 == 2:
            header |= {"__metadata__": {"licence": "CC0"}}
        text = json.dumps(header, separators=(",", ":")).encode()
        if i % 2:
            text += b" " * (-len(text) % 8)
        numbers = torch.randint(32, 127, (place,), generator=generator).tolist()
        raw = Raw(len(text).to_bytes(8, "little") + text + bytes(numbers))
        name = ("model.safetensors", "b.safetensors")[i % 2]
        return {"README.md": b"# A model"} | {name: raw} if i % 3 else {name: raw}, name

    return drawn(make)


def _length(raw: bytes) -> int:
    return int.from_bytes(raw[:8], "little")


def _header(raw: bytes) -> dict:
    return json.loads(bytes(raw[8 : 8 + _length(raw)]))


def _names(raw: bytes) -> list[str]:
    return [key for key in _header(raw) if key != "__metadata__"]


def _of(slip: Callable) -> Callable:
    """A slip in reading the bytes, as a function of the files and the name."""
    return lambda files, name: slip(files[name])


HEADER_SLIPS = {
    words: _of(slip)
    for words, slip in {
        "The first result is the length of the header alone. The eight bytes that tell it come before the header: the "
        "numbers begin eight bytes later.": lambda raw: (_length(raw), _names(raw)),
        "You added eight twice: the numbers begin after eight bytes and the header.": lambda raw: (
            _length(raw) + 16,
            _names(raw),
        ),
        "The first result is where the header begins, 8. The numbers begin where the header ends.": lambda raw: (
            8,
            _names(raw),
        ),
        "You read the length from the first byte alone. That is right up to 255; all eight bytes make the number.": (
            lambda raw: (8 + raw[0], _names(raw))
        ),
        "You added up the eight bytes. Each next byte counts 256 times as much as the one before: `int.from_bytes`.": (
            lambda raw: (8 + sum(raw[:8]), _names(raw))
        ),
        'You read the length as "big". The smallest byte stands first here: "little".': lambda raw: (
            8 + int.from_bytes(raw[:8], "big"),
            _names(raw),
        ),
        "That is how long the whole file is. The numbers begin after the header.": lambda raw: (len(raw), _names(raw)),
        "That is how many bytes the numbers take. Wanted is where they begin.": lambda raw: (
            len(raw) - 8 - _length(raw),
            _names(raw),
        ),
        "The first result is 0: a place counted from the end of the header. Count from the beginning of the file.": (
            lambda raw: (0, _names(raw))
        ),
        "That is the last byte of the header. The numbers begin at the next one.": lambda raw: (
            7 + _length(raw),
            _names(raw),
        ),
        "`__metadata__` is among your names. It holds facts, and is no tensor: leave it out.": lambda raw: (
            8 + _length(raw),
            list(_header(raw)),
        ),
        "Your names are sorted. Leave them in the order in which the header lists them.": lambda raw: (
            8 + _length(raw),
            sorted(_names(raw)),
        ),
        "Your names stand the other way round.": lambda raw: (8 + _length(raw), _names(raw)[::-1]),
        "The names are joined to one text. Return them as a list.": lambda raw: (
            8 + _length(raw),
            ", ".join(_names(raw)),
        ),
        "The second result is how many tensors there are. Wanted are their names.": lambda raw: (
            8 + _length(raw),
            len(_names(raw)),
        ),
        "Only the first name is there. Return all of them, as a list.": lambda raw: (8 + _length(raw), _names(raw)[:1]),
        "You drop the first entry of the header, whatever it is. Only `__metadata__` is to be left out, and not every "
        "header has it.": lambda raw: (8 + _length(raw), list(_header(raw))[1:]),
        "Your names are a set, which has no order. Return a list, in the order of the header.": lambda raw: (
            8 + _length(raw),
            set(_names(raw)),
        ),
        "You return pairs of names and entries. The names alone are wanted.": lambda raw: (
            8 + _length(raw),
            [(key, entry) for key, entry in _header(raw).items() if key != "__metadata__"],
        ),
        "The second result holds the entries. Their names are wanted: the keys of the header.": lambda raw: (
            8 + _length(raw),
            [entry for key, entry in _header(raw).items() if key != "__metadata__"],
        ),
        "The second result holds types, such as F32. Wanted are the names: the keys of the header.": lambda raw: (
            8 + _length(raw),
            [entry["dtype"] for key, entry in _header(raw).items() if key != "__metadata__"],
        ),
        "The second result is the header itself. Its keys alone are wanted, without `__metadata__`.": lambda raw: (
            8 + _length(raw),
            _header(raw),
        ),
    }.items()
}


def same_header(got: object, right: object) -> bool:
    """A place and names; the names in a list, a tuple or the keys of a dictionary."""
    if isinstance(right, tuple):
        return (
            isinstance(got, tuple | list)
            and len(got) == len(right)
            and all(same_header(a, b) for a, b in zip(got, right, strict=True))
        )
    if isinstance(right, dict | set):
        return isinstance(got, type(right)) and got == right
    if isinstance(right, list):
        return isinstance(got, list | tuple | type({}.keys())) and list(got) == right
    return same(got, right)


EXERCISE = Exercise(
    solution=read_header,
    cases=header_cases,
    slips=HEADER_SLIPS,
    returns="two results: a whole number, and a list of names",
    same=same_header,
    why="The first eight bytes are the length, the smallest byte first; so many bytes of JSON follow, and then the "
    "numbers. The keys of the JSON are the names, but for `__metadata__`.",
    notice="You read a file's header in plain Python, and nothing in the file could have run.",
    hints=(
        "Three parts follow each other: eight bytes, the header, the numbers. How long is the second part?",
        'With `raw = files[name]`, `int.from_bytes(raw[:8], "little")` is the length of the header. Where does it end?',
        "`json.loads` takes the header's bytes and makes a dictionary. Its keys are the names; one may be no tensor.",
        "The header is `raw[8 : 8 + length]`, so the numbers begin at `8 + length`.",
    ),
)
