"""Page 03: a 3x3 kernel on a photo, and the sum behind one output number, with its nine pixels enlarged."""

from __future__ import annotations

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from ipywidgets import BoundedFloatText, Dropdown, HBox, VBox
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from helpers.explorers.base import Scene, live, new_scene, show_image, whole_number
from helpers.picture import INK, PAPER, plain_style

KERNELS = {
    "Sobel, upright edges": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
    "Sobel, level edges": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
    "blur": [0.0625, 0.125, 0.0625, 0.125, 0.25, 0.125, 0.0625, 0.125, 0.0625],  # adds up to 1 exactly
    "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
    "outline": [-1, -1, -1, -1, 8, -1, -1, -1, -1],
    "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
    "all zero": [0] * 9,
}


@plain_style
def kernel_picture(
    photo: Tensor,
    weights: Sequence[Sequence[float]] | Tensor,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    row: int = 0,
    column: int = 0,
) -> Scene:
    """Page 03: a 3x3 kernel on a grey photo; one output number's nine pixels, weights, products and sum.

    Args:
        photo: (H, W) from 0 to 1; rounded to two decimals, the printed terms add up to the printed sum, up to rounding.
        weights: (3, 3).
        row, column: of the output number that is spelled out; beyond the last they mean the last.
    """
    weights = torch.as_tensor(weights, dtype=torch.float32)
    padded = F.pad(photo, (padding,) * 4)
    output = F.conv2d(padded[None, None], weights[None, None], stride=stride, dilation=dilation)[0, 0]
    row, column = min(row, output.shape[0] - 1), min(column, output.shape[1] - 1)
    top, left = row * stride, column * stride
    seen = padded[top : top + 2 * dilation + 1 : dilation, left : left + 2 * dilation + 1 : dilation]
    pairs = list(zip(seen.flatten().tolist(), weights.flatten().tolist(), strict=True))
    terms = " + ".join(f"{x:.2f}·{w:g}" for x, w in pairs)
    words = (
        f"Output {tuple(output.shape)}: floor(({photo.shape[0]} + 2·{padding} - {dilation}·2 - 1) / {stride}) + 1 = "
        f"{output.shape[0]} rows, and {output.shape[1]} columns in the same way. "
        f"At row {row}, column {column}: {terms} = {output[row, column]:.2f}"
    )
    picture = new_scene(7.8, 2.6, words)
    before, nine, after = (picture.add_axes((left, 0.05, 0.32, 0.8)) for left in (0.01, 0.34, 0.67))
    show_image(before, padded)
    show_image(nine, seen)
    brightest, darkest = output.abs().max().item(), min(0.0, output.min().item())
    show_image(after, output, brightest=brightest, darkest=darkest)
    # A given y is not searched for at each drawing, which would take 40 % of the time.
    before.set_title("photo, and the pixels seen", fontsize=10, y=1.0)
    nine.set_title(f"pixel · weight; their sum: {output[row, column]:.2f}", fontsize=10, y=1.0)
    after.set_title(f"output: black {darkest:.3g}, white {brightest:.3g}", fontsize=10, y=1.0)
    for place, (x, w) in enumerate(pairs):
        words_in_tile = f"{x:.2f}\n· {w:.4g}\n= {round(x * w, 3) + 0:.4g}"
        colour = INK if x > 0.5 else PAPER
        nine.text(place % 3, place // 3, words_in_tile, ha="center", va="center", fontsize=8, color=colour)
    _frame(before, left, top, 2 * dilation + 1)
    _frame(after, column, row, 1)
    return picture


def _frame(axes: Axes, left: int, top: int, size: int) -> None:
    """A thin frame two pixels away from those it marks, so that these stay visible."""
    place, side = (left - 2.5, top - 2.5), size + 4
    for width, colour in ((2.4, INK), (1.0, "#ffd54a")):
        axes.add_patch(Rectangle(place, side, side, fill=False, edgecolor=colour, linewidth=width, clip_on=False))


def kernel_explorer(photo: Tensor) -> VBox:
    """Page 03: edit a 3x3 kernel and see what it makes of a grey photo (H, W); see `kernel_picture`."""
    cells = {
        f"w{i}": BoundedFloatText(
            value, min=-1e6, max=1e6, step=0.5, description=f"row {i // 3}, column {i % 3}", layout={"width": "160px"}
        )
        for i, value in enumerate(KERNELS["Sobel, upright edges"])
    }
    steps = {
        "stride": whole_number("stride", 1, 1, 3),
        "padding": whole_number("padding", 0, 0, 2),
        "dilation": whole_number("dilation", 1, 1, 3),
        "row": whole_number("output row", 20, 0, photo.shape[0] - 1),
        "column": whole_number("output column", 38, 0, photo.shape[1] - 1),
    }
    preset = Dropdown(options=list(KERNELS), description="preset", layout={"width": "260px"})

    def render(stride: int, padding: int, dilation: int, row: int, column: int, **weights: float) -> Scene:
        table = torch.tensor([weights[f"w{i}"] for i in range(9)]).view(3, 3)
        return kernel_picture(photo, table, stride, padding, dilation, row, column)

    rows, knobs = [HBox(list(cells.values())[i : i + 3]) for i in (0, 3, 6)], list(steps.values())
    beside = HBox([VBox(rows), VBox(knobs[:3])])
    box = live(render, cells | steps, [HBox([preset, *knobs[3:]]), beside])
    preset.observe(
        lambda change: box.set(**{f"w{i}": value for i, value in enumerate(KERNELS[change["new"]])}), "value"
    )
    return box
