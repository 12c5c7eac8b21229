"""Every figure of the course: labelled directly, and described in words.

Each function returns a `picture.Picture`. Lines differ in dashes as well as in colour, so that
nothing is said by colour alone.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.ticker import FixedLocator, MaxNLocator, NullFormatter, NullLocator
from torch import Tensor

from helpers.picture import COLOURS, DPI, INK, PAPER, RULE, Picture, name_axes, plain_style, style

DASHES = ("-", "--", "-.", ":", (0, (5, 1, 1, 1, 1, 1)), (0, (1, 2)))
MARKERS = "osD^vP"

Series = Sequence[float] | Tensor
Interval = tuple[float, float]  # a mean and the half width of its interval


@plain_style
def image_grid(
    images: Tensor | Sequence[Tensor],
    titles: Sequence[str] | None = None,
    *,
    alt: str,
    title: str = "",
    columns: int = 8,
    size: float = 1.0,
    row_names: Sequence[str] | None = None,
) -> Picture:
    """Images side by side, each with its own title.

    Args:
        images: (N, C, H, W) or a list of (C, H, W), from 0 to 1; C is 1 or 3.
        titles: one a picture.
        alt: the description.
        columns: pictures a row.
        size: width of a picture in inches.
        row_names: one a row, written at its left.

    Example:
        >>> import torch
        >>> from helpers.plots import image_grid
        >>> image_grid(torch.rand(3, 1, 8, 8), alt="Three squares of noise.")
        Picture: Three squares of noise.
    """
    if len(images) == 0:
        raise ValueError("there is no image to show")
    columns = min(columns, len(images))
    rows = -(-len(images) // columns)
    aspect = images[0].shape[-2] / images[0].shape[-1]
    row_height = size * aspect + (0.28 * (1 + max(t.count("\n") for t in titles)) if titles else 0.06)
    left = 0.12 * max(map(len, row_names)) if row_names else 0
    figure = _figure(columns * size + left + 0.2, rows * row_height + (0.4 if title else 0.1), alt, title)
    grid = figure.subplots(rows, columns, squeeze=False)
    for i, axes in enumerate(grid.flat):
        axes.set_xticks([])
        axes.set_yticks([])
        if i >= len(images):
            axes.set_axis_off()
            continue
        picture = torch.as_tensor(images[i]).detach().float().clamp(0, 1)
        grey = picture.shape[0] == 1
        pixels = (picture[0] if grey else picture.permute(1, 2, 0)).numpy()
        axes.imshow(pixels, cmap="gray" if grey else None, vmin=0, vmax=1)
        if titles:
            axes.set_title(titles[i], fontsize=9, pad=3)
        if row_names and i % columns == 0:
            axes.set_ylabel(row_names[i // columns], rotation=0, ha="right", va="center", fontsize=9)
    return figure


@plain_style
def curves(
    series: Mapping[str, Series | tuple[Series, Series]],
    x: Series | None = None,
    *,
    xlabel: str,
    ylabel: str,
    alt: str,
    title: str = "",
    log_x: bool = False,
    log_y: bool = False,
    ylim: tuple[float, float] | None = None,
    markers: bool | None = None,
) -> Picture:
    """Lines against a common x, each named at its right end.

    Args:
        series: name -> the y values, or a pair of y values and half widths drawn as a band.
        x: 1, 2, 3, ... if not given.
        markers: draw the points; by default where there are at most 12.

    Example:
        >>> from helpers.plots import curves
        >>> curves({"train": [3, 2, 1]}, xlabel="epoch", ylabel="loss", alt="The loss falls.")
        Picture: The loss falls.
    """
    figure = _figure(7.2, 3.6, alt, title)
    axes = figure.subplots()
    ends = {}
    for i, (name, y) in enumerate(series.items()):
        y, half = y if isinstance(y, tuple) else (y, None)
        y = torch.as_tensor(y, dtype=torch.float64).detach()
        xs = torch.arange(1, len(y) + 1) if x is None else torch.as_tensor(x)[: len(y)]
        colour, dash = COLOURS[i % len(COLOURS)], DASHES[i % len(DASHES)]
        points = MARKERS[i % len(MARKERS)] if (markers if markers is not None else len(y) <= 12) else None
        axes.plot(xs.numpy(), y.numpy(), color=colour, linestyle=dash, marker=points, markersize=4, linewidth=1.8)
        if half is not None:
            half = torch.as_tensor(half, dtype=torch.float64)
            axes.fill_between(xs.numpy(), (y - half).numpy(), (y + half).numpy(), color=colour, alpha=0.15, linewidth=0)
        ends[name] = (float(xs[-1]), float(y[-1]), colour)
    if x is None or not torch.as_tensor(x).is_floating_point():
        axes.xaxis.set_major_locator(MaxNLocator(integer=True))  # there is no epoch 1.5
    _scales(axes, x, log_x, log_y, ylim)
    _label(axes, xlabel, ylabel)
    _name_ends(axes, ends)
    return figure


def loss_curves(history: Mapping[str, Sequence[float]], *, alt: str, title: str = "", ylabel: str = "loss") -> Picture:
    """The training and the validation loss that `loops.fit` returns, against the epoch."""
    names = {"train_loss": "training", "val_loss": "validation"}
    series = {names[key]: values for key, values in history.items() if values}
    return curves(series, xlabel="epoch", ylabel=ylabel, alt=alt, title=title)


@plain_style
def bars(
    values: Mapping[str, float | Interval],
    *,
    xlabel: str,
    alt: str,
    title: str = "",
    xlim: tuple[float, float] | None = None,
    digits: int = 1,
) -> Picture:
    """Horizontal bars, each with its name and its number; an interval is drawn as a line.

    Args:
        values: name -> a number, or a pair of a mean and the half width of its interval.
        digits: decimals of the written numbers.

    Example:
        >>> from helpers.plots import bars
        >>> bars({"scratch": 57.0, "pretrained": (67.0, 3.0)}, xlabel="accuracy (%)", alt="Pretrained is better.")
        Picture: Pretrained is better.
    """
    figure = _figure(7.2, 0.8 + 0.36 * len(values) + (0.35 if title else 0), alt, title)
    axes = figure.subplots()
    pairs = [value if isinstance(value, tuple) else (value, 0.0) for value in values.values()]
    means = [mean for mean, _ in pairs]
    axes.barh(range(len(means)), means, color=COLOURS[0], height=0.62)
    span = (xlim[1] - xlim[0]) if xlim else max(max(map(abs, means)), 1e-12)
    for row, (mean, half) in enumerate(pairs):
        text = f"{mean:.{digits}f}" + (f" ± {half:.{digits}f}" if half else "")
        if half:
            axes.plot([mean - half, mean + half], [row, row], color=INK, linewidth=1.6, marker="|", markersize=8)
        axes.text(max(mean + half, 0) + 0.015 * span, row, text, va="center", fontsize=9, color=INK)
    axes.set_yticks(range(len(means)), list(values), fontsize=9)
    axes.invert_yaxis()
    if xlim:
        axes.set_xlim(xlim)
    elif max(means) > 0:
        axes.set_xlim(1.15 * min(0, *(mean - half for mean, half in pairs)), 1.18 * max(map(sum, pairs)))
    _label(axes, xlabel, "")
    axes.grid(False, axis="y")
    return figure


@plain_style
def scatter(
    points: Tensor, labels: Tensor, classes: Sequence[str], *, xlabel: str, ylabel: str, alt: str, title: str = ""
) -> Picture:
    """Points (N, 2) drawn as the names of their classes where these are short, else as dots with a legend.

    Args:
        labels: (N,) class of each point.
        classes: K names; "0" to "9" are short, more than two letters are not.
    """
    figure = _figure(6.4, 4.6, alt, title)
    axes = figure.subplots()
    short = all(0 < len(name.strip()) <= 2 for name in classes)
    for label, name in enumerate(classes):
        own = points[labels == label].detach()
        colour = COLOURS[label % len(COLOURS)]
        x, y = own[:, 0].numpy(), own[:, 1].numpy()
        look = {"marker": _marker(name) if short else "o", "s": 34, "linewidths": 0.2, "alpha": 0.75}
        axes.scatter(x, y, color=colour, label=name, **look)
    if not short:
        axes.legend(fontsize=8, loc="center left", bbox_to_anchor=(1.01, 0.5), frameon=False)
    _label(axes, xlabel, ylabel)
    return figure


@plain_style
def heatmap(
    matrix: Tensor,
    *,
    rows: Sequence[str],
    columns: Sequence[str],
    xlabel: str,
    ylabel: str,
    alt: str,
    title: str = "",
    number: str = "{:.0f}",
) -> Picture:
    """A table of numbers (R, C) on shades of blue; the numbers are written in the cells, and nan leaves one empty.

    Args:
        number: how a number is written, as a format string.
    """
    matrix = torch.as_tensor(matrix).detach().double()
    figure = _figure(1.6 + 0.52 * matrix.shape[1], 1.2 + 0.42 * matrix.shape[0], alt, title)
    axes = figure.subplots()
    told = matrix[~matrix.isnan()]
    low, high = min(0.0, told.min().item()), told.max().item()
    axes.imshow(matrix.numpy(), cmap="Blues", vmin=low, vmax=high, aspect="auto")
    for i, row in enumerate(matrix.tolist()):
        for j, value in enumerate(row):
            colour = PAPER if (value - low) > 0.68 * max(high - low, 1e-12) else INK
            text = "" if value != value else number.format(value)
            axes.text(j, i, text, ha="center", va="center", fontsize=8, color=colour)
    axes.set_xticks(range(len(columns)), list(columns), fontsize=9, rotation=90 if max(map(len, columns)) > 5 else 0)
    axes.set_yticks(range(len(rows)), list(rows), fontsize=9)
    _label(axes, xlabel, ylabel)
    axes.grid(False)
    return figure


def _marker(name: str) -> Path:
    """A text as a marker: its middle at the point."""
    path = TextPath((0, 0), name, size=10, prop=FontProperties(family=style()["font.family"]))
    box = path.get_extents()
    return Path(path.vertices - [(box.x0 + box.x1) / 2, (box.y0 + box.y1) / 2], path.codes)


def _figure(width: float, height: float, alt: str, title: str) -> Picture:
    """An empty picture; a description is not optional."""
    if not alt.strip():
        raise ValueError("alt is empty: describe in a sentence what the figure shows")
    figure = Picture(figsize=(width, height), dpi=DPI, facecolor=PAPER, layout="constrained")
    FigureCanvasAgg(figure)  # draws without pyplot, and so without a window or a global state
    figure.get_layout_engine().set(w_pad=0.08, h_pad=0.08)  # inches of paper around everything
    figure.description = alt.strip()
    if title:
        figure.suptitle(title, fontsize=11, color=INK)
    return figure


def _label(axes: Axes, xlabel: str, ylabel: str) -> None:
    """Axis names, a faint grid and no box."""
    name_axes(axes, xlabel, ylabel)
    axes.grid(color="#dddddd", linewidth=0.6)
    axes.set_axisbelow(True)
    axes.spines[["left", "bottom"]].set_color(RULE)


def _scales(axes: Axes, x: Series | None, log_x: bool, log_y: bool, ylim: tuple[float, float] | None) -> None:
    if log_x:
        axes.set_xscale("log")
        axes.xaxis.set_major_formatter("{x:g}")
        axes.xaxis.set_minor_formatter(NullFormatter())
        if x is not None and len(x) <= 12:
            axes.xaxis.set_major_locator(FixedLocator([float(value) for value in x]))
            axes.xaxis.set_minor_locator(NullLocator())
    if ylim:
        axes.set_ylim(ylim)
    if log_y:
        axes.set_yscale("log")
        low, high = axes.get_ylim()
        axes.yaxis.set_major_formatter("{x:g}")
        axes.yaxis.set_minor_formatter("{x:g}" if high < 10 * low else NullFormatter())  # within a decade: all ticks


def _name_ends(axes: Axes, ends: Mapping[str, tuple[float, float, str]]) -> None:
    """Write each line's name right of its end, pushed apart where two would overlap."""
    axes.figure.canvas.draw()
    to_axes = axes.transData + axes.transAxes.inverted()
    gap, placed = 0.075, {}
    for name, (x, y, _) in sorted(ends.items(), key=lambda item: item[1][1]):
        wanted = to_axes.transform((x, y))[1]
        placed[name] = max(wanted, max(placed.values(), default=-1.0) + gap)
    excess = max(placed.values(), default=0) - 1
    if excess > 0:  # push the pile down again
        top = 1.0
        for name in sorted(placed, key=placed.get, reverse=True):
            placed[name] = min(placed[name], top)
            top = placed[name] - gap
    for name, (_, _, colour) in ends.items():
        axes.text(1.015, placed[name], name, transform=axes.transAxes, color=colour, fontsize=9, va="center")
