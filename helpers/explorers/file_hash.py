"""Page 11: edit a short file or flip one of its bits, and see its SHA-256 before and after."""

from __future__ import annotations

import hashlib

from ipywidgets import BoundedIntText, Text, VBox

from helpers.explorers.base import BLUE, Scene, live, new_scene, with_slider
from helpers.picture import plain_style
from helpers.plots import INK

EXAMPLE = "accuracy: 94 %"
LONGEST = 24  # characters of the file in the explorer
WIDEST = 60  # characters in which the picture shows a file


def flipped(data: bytes, bit: int) -> bytes:
    """The bytes with one bit turned over; bits count from 1, the first byte's highest is bit 1, and 0 turns none.

    Raises:
        ValueError: there is no such bit.

    Example:
        >>> from helpers.explorers.file_hash import flipped
        >>> flipped(b"abc", 8), flipped(b"abc", 0)
        (b'`bc', b'abc')
    """
    if not 0 <= bit <= 8 * len(data):
        raise ValueError(f"{len(data)} bytes have the bits 1 to {8 * len(data)}, got {bit}")
    if bit == 0:
        return data
    changed = bytearray(data)
    changed[(bit - 1) // 8] ^= 128 >> (bit - 1) % 8
    return bytes(changed)


@plain_style
def hash_picture(text: str = EXAMPLE, bit: int = 0, before: str = EXAMPLE) -> Scene:
    """Page 11: a file before and after a change, its two SHA-256, and a mark below each digit that differs.

    Args:
        text: what the file holds after it was edited.
        bit: which of its bits is flipped then, from 1; 0 for none. Of a bit beyond the text's end
            the picture says that it is not there.
        before: what the file held before.
    """
    old, new = before.encode(), text.encode()
    beyond = f" (it has no bit {bit})" if bit > 8 * len(new) else ""
    new = flipped(new, 0 if beyond else bit)
    digests = [hashlib.sha256(data).hexdigest() for data in (old, new)]
    marks = "".join("^" if a != b else " " for a, b in zip(*digests, strict=True))
    picture = new_scene(7.2, 1.85, _tell(old, new, digests, beyond))
    lines = [
        (f"before: {_shown(old)}", INK, False),
        (digests[0], INK, True),
        (f"after: {_shown(new, WIDEST - len(beyond))}{beyond}", INK, False),
        (digests[1], INK, True),
        (marks, BLUE, True),
    ]
    for height, (line, colour, digits) in zip((0.89, 0.73, 0.45, 0.29, 0.17), lines, strict=True):
        line = _in_eights(line) if digits else line
        picture.text(0.012, height, line, color=colour, family="monospace", fontsize=11, va="center", parse_math=False)
    return picture


def hash_explorer(before: str = EXAMPLE) -> VBox:
    """Page 11: type another text, or flip one bit of it; see `hash_picture`."""
    text = Text(before[:LONGEST], description="file after", continuous_update=True, layout={"width": "330px"})
    bit = BoundedIntText(0, min=0, max=8 * LONGEST, description="flip bit (0: none)", layout={"width": "190px"})

    def render(text: str, bit: int) -> Scene:
        return hash_picture(text[:LONGEST], bit, before)

    return live(render, {"text": text, "bit": bit}, [text, with_slider(bit)])


def _tell(old: bytes, new: bytes, digests: list[str], beyond: str) -> str:
    """What the picture shows, in words."""
    told = f"The file before: {_shown(old)}, {len(old)} bytes. After: {_shown(new)}, {len(new)} bytes{beyond}. "
    if old == new:
        return told + f"No byte differs, and both hashes begin with {digests[0][:8]}: all 64 digits are the same."
    digits = sum(a != b for a, b in zip(*digests, strict=True))
    bits = (int(digests[0], 16) ^ int(digests[1], 16)).bit_count()
    share = "about half" if 0.4 < bits / 256 < 0.6 else f"{bits / 2.56:.0f} %"
    return (
        told
        + f"{_changed(old, new)}; the hash began with {digests[0][:8]}, and begins with {digests[1][:8]}: "
        + f"{digits} of 64 digits differ (marked by ^), or {bits} of 256 bits, {share}."
    )


def _changed(old: bytes, new: bytes) -> str:
    """How far two files lie apart."""
    if len(old) != len(new):
        return "The lengths differ"
    bits = sum((a ^ b).bit_count() for a, b in zip(old, new, strict=True))
    return "One bit of the file differs" if bits == 1 else f"{bits} bits of the file differ"


def _shown(data: bytes, widest: int = WIDEST) -> str:
    """Bytes as text where they are text, else as Python writes bytes, cut where the picture ends."""
    try:
        text = data.decode()
    except UnicodeDecodeError:
        text = ""
    shown = repr(text) if text.isprintable() and text.encode() == data else repr(data)
    return shown if len(shown) <= widest else shown[:widest] + "..."


def _in_eights(digits: str) -> str:
    return " ".join(digits[i : i + 8] for i in range(0, len(digits), 8))
