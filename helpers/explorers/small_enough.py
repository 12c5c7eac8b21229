"""Page 16: choose bits, granularity and share pruned; see where the network lies in accuracy against bytes."""

from __future__ import annotations

import math
from collections.abc import Mapping

from ipywidgets import Dropdown, VBox
from matplotlib.axes import Axes

from helpers.explorers.base import BLUE, ORANGE, Scene, live, new_scene, with_slider
from helpers.intervals import wilson_interval
from helpers.picture import name_axes, plain_style
from helpers.plots import INK, PAPER

Setting = tuple[int, str, int]  # bits, scales ("channel" or "layer"), percent pruned
Result = tuple[int, int]  # how many images are right, bytes of the file
TICKS = (1, 3, 10, 30, 100, 300, 1000, 3000, 10_000)  # KB
APART = 0.2  # inches from the middle of one number to the next
TO_POINT = {"arrowstyle": "-", "color": BLUE, "linewidth": 0.8, "shrinkA": 0, "shrinkB": 0}


@plain_style
def pareto_picture(points: Mapping[str, tuple[float, float, float, float]], *, title: str = "", ylabel: str) -> Scene:
    """Page 16: accuracy against bytes, each point with its interval and a number that the list at the right names.

    Args:
        points: name -> bytes, accuracy and both ends of its interval (%).

    Raises:
        ValueError: there is no point.
    """
    if not points:
        raise ValueError("there is no point to draw")
    order = sorted(points, key=lambda name: (points[name][0], -points[name][1]))
    front = unbeaten({name: points[name][:2] for name in order})
    words = (
        f"{title + ': ' if title else ''}{len(order)} networks, from the smallest file to the largest: "
        + "; ".join(f"{name}, {points[name][0] / 1000:.0f} KB, {points[name][1]:.1f} %" for name in order)
        + f". No other is as small and as accurate: {'; '.join(front)}."
    )
    picture = new_scene(7.6, 4.0, words)
    axes = picture.add_axes((0.09, 0.14, 0.52, 0.76))
    _scale(axes, [points[name][0] for name in order], ylabel, room=1.8)
    axes.set_ylim(min(points[name][2] for name in order) - 0.5, max(points[name][3] for name in order) + 0.5)
    taken: list[tuple[float, float]] = []  # inches
    for i, name in enumerate(order, start=1):
        size, accuracy, low, high = points[name]
        colour = ORANGE if name in front else BLUE
        axes.plot([size / 1000] * 2, [low, high], color=colour, linewidth=1.4, marker="_", markersize=5)
        x, y = axes.transData.transform((size / 1000, accuracy)) / picture.dpi
        spot = x
        while any(math.hypot(spot - a, y - b) < APART for a, b in taken):  # a number moves right, its line does not
            spot += APART / 4
        taken.append((spot, y))
        if spot > x:
            axes.annotate(
                "", (size / 1000, accuracy), (72 * (spot - x), 0), textcoords="offset points", arrowprops=TO_POINT
            )
        look = {"color": PAPER, "fontsize": 7, "ha": "center", "va": "center", "zorder": 3 + i}
        ring = {"boxstyle": "circle,pad=0.25", "fc": colour, "ec": PAPER}
        axes.annotate(str(i), (size / 1000, accuracy), (72 * (spot - x), 0), "data", "offset points", bbox=ring, **look)
        told = f"{i}  {name}" + (" *" if name in front else "")
        picture.text(0.64, 0.92 - 0.76 * i / max(12, len(order)), told, fontsize=8.5, color=INK)
    picture.text(0.64, 0.92, "* not beaten by another", fontsize=8.5, color=ORANGE)
    picture.text(0.09, 0.94, title, fontsize=10, color=INK)
    return picture


@plain_style
def small_enough_picture(
    results: Mapping[Setting, Result], total: int, bits: int = 8, scales: str = "channel", pruned: int = 0
) -> Scene:
    """Page 16: one setting among all settings: its accuracy with interval, and the bytes of its file.

    Args:
        results: (bits, scales, percent pruned) -> right answers and bytes.
        total: images.

    Raises:
        ValueError: the setting is not among the results.
    """
    if (bits, scales, pruned) not in results:
        raise ValueError(f"no result for {bits} bits, one scale for each {scales}, {pruned} % pruned")
    right, size = results[bits, scales, pruned]
    accuracy, (low, high) = 100 * right / total, wilson_interval(right, total)
    largest = max(other for _, other in results.values())
    better = [s for s, (r, b) in results.items() if b <= size and r >= right and (b < size or r > right)]
    if better:
        best = min(better, key=lambda s: results[s][1])
        told = f"Beaten: {_name(best)} makes no more errors with {results[best][1] / 1000:.1f} KB."
    else:
        told = "No other setting here is both as small and as accurate."
    words = (
        f"{_name((bits, scales, pruned))}: {size / 1000:.1f} KB, {largest / size:.1f} times smaller than the largest; "
        f"{right} of {total} right, {accuracy:.1f} % (95 % interval over images {100 * low:.1f} to {100 * high:.1f}). "
        + told
    )
    picture = new_scene(7.2, 3.0, words)
    axes = picture.add_axes((0.09, 0.18, 0.86, 0.74))
    sizes, shares = zip(*((b / 1000, 100 * r / total) for r, b in results.values()), strict=True)
    axes.plot(sizes, shares, linestyle="none", marker=".", markersize=5, color=BLUE, alpha=0.6)
    axes.plot([size / 1000] * 2, [100 * low, 100 * high], color=ORANGE, linewidth=2)
    axes.plot([size / 1000], [accuracy], marker="o", markersize=9, markerfacecolor=ORANGE, markeredgecolor=INK)
    _scale(axes, [1000 * b for b in sizes], "validation accuracy (%)")
    axes.set_ylim(0, 102)
    axes.set_yticks([0, 50, 100])
    return picture


def small_enough_explorer(results: Mapping[Setting, Result], total: int) -> VBox:
    """Page 16: move bits, scales and the share pruned; see `small_enough_picture`."""
    every = [sorted({setting[i] for setting in results}, reverse=i == 0) for i in range(3)]
    controls = {
        "bits": Dropdown(options=every[0], value=8, description="bits for each weight"),
        "scales": Dropdown(options=every[1], value="channel", description="one scale for each"),
        "pruned": Dropdown(options=every[2], value=0, description="pruned (%)"),
    }
    return live(
        lambda **chosen: small_enough_picture(results, total, **chosen),
        controls,
        [
            with_slider(controls["bits"]),
            controls["scales"],
            with_slider(controls["pruned"]),
        ],  # two words need no slider
    )


def unbeaten(points: Mapping[str, tuple[float, float]]) -> list[str]:
    """The names that no other point beats: no more bytes, no less accuracy, and one of the two better.

    Example:
        >>> from helpers.explorers.small_enough import unbeaten
        >>> unbeaten({"a": (10, 90.0), "b": (20, 95.0), "c": (30, 94.0)})
        ['a', 'b']
    """
    return [
        name
        for name, (size, accuracy) in points.items()
        if not any(s <= size and a >= accuracy and (s < size or a > accuracy) for s, a in points.values())
    ]


def _name(setting: Setting) -> str:
    bits, scales, pruned = setting
    rounded = f"{bits} bits, one scale for each {scales}" if bits < 32 else "32 bits, not rounded"
    return f"{rounded}, {pruned} % pruned"


def _scale(axes: Axes, sizes: list[float], ylabel: str, room: float = 1.4) -> None:
    """Bytes on a logarithmic scale, with few ticks."""
    axes.set_xscale("log")
    low, high = min(sizes) / 1000 / 1.4, max(sizes) / 1000 * room
    axes.set_xlim(low, high)
    axes.minorticks_off()
    shown = [tick for tick in TICKS if low <= tick <= high]
    axes.set_xticks(shown, [f"{tick:g}" for tick in shown])
    name_axes(axes, "file (KB, logarithmic)", ylabel)
