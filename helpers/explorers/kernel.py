"""Page 03: a 3x3 kernel on a photo, and the sum behind one output number, with its nine pixels enlarged.

The same is drawn twice: by matplotlib for a page without a kernel, and on a canvas, which answers to the
mouse quickly enough to be dragged.
"""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace

import torch
import torch.nn.functional as F
from ipycanvas import Canvas, MultiCanvas, hold_canvas
from IPython.display import HTML
from ipywidgets import BoundedFloatText, Dropdown, HBox, VBox
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from helpers.explorers.base import (
    Scene,
    follow_pointer,
    in_words,
    live,
    new_scene,
    show_image,
    whole_number,
    with_slider,
)
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
WIDTH, HEIGHT = 750, 250  # pixels of the canvas: three panels side by side, each below its title
TITLE = 30
YELLOW = "#ffd54a"


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
    view = _look(photo, torch.as_tensor(weights, dtype=torch.float32), stride, padding, dilation, row, column)
    picture = new_scene(7.8, 2.6, view.words)
    before, nine, after = (picture.add_axes((left, 0.05, 0.32, 0.8)) for left in (0.01, 0.34, 0.67))
    show_image(before, view.padded)
    show_image(nine, view.seen)
    show_image(after, view.output, brightest=view.brightest, darkest=view.darkest)
    for axes, title in zip((before, nine, after), view.titles, strict=True):
        axes.set_title(title, fontsize=10, y=1.0)  # a given y is not searched for, which would take 40 % of the time
    for place, (told, colour) in enumerate(view.tiles):
        nine.text(place % 3, place // 3, told, ha="center", va="center", fontsize=8, color=colour)
    for axes, (left, top, size) in zip((before, after), view.frames, strict=True):
        _frame(axes, left - 0.5, top - 0.5, size)
    return picture


def kernel_explorer(photo: Tensor) -> VBox:
    """Page 03: edit a 3x3 kernel and see what it makes of a grey photo (H, W); see `kernel_picture`.

    A press or a drag in the photo or in the output chooses the output number that is spelled out.
    """
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
        "row": whole_number("output row", 20, 0, photo.shape[0] + 1),  # the last one, where the padding is 2
        "column": whole_number("output column", 38, 0, photo.shape[1] + 1),
    }
    preset = Dropdown(options=list(KERNELS), description="preset", layout={"width": "260px"})
    fits = {"width": f"{WIDTH}px", "max_width": "100%", "height": "auto"}
    canvas = MultiCanvas(2, width=WIDTH, height=HEIGHT, layout=fits)  # the images, and over them what moves
    view, drawn, pressed = None, None, False

    def render(stride: int, padding: int, dilation: int, row: int, column: int, **weights: float) -> HTML:
        nonlocal view, drawn
        settings = [weights[f"w{i}"] for i in range(9)], stride, padding, dilation
        view = _look(photo, torch.tensor(settings[0]).view(3, 3), *settings[1:], row, column)
        with hold_canvas():
            if drawn != settings:
                _draw_images(canvas[0], view)
            _draw_choice(canvas[1], view)
        drawn = settings
        return HTML(in_words(view.words, WIDTH))

    def press(x: float, y: float) -> None:
        nonlocal pressed
        pressed = True
        move(x, y)

    def move(x: float, y: float) -> None:
        place = _place(view, x, y) if pressed else None
        if place and place != (view.row, view.column):
            box.set(row=place[0], column=place[1])

    def release(*_: object) -> None:
        nonlocal pressed
        pressed = False

    def begin_anew() -> None:
        nonlocal drawn
        drawn = None
        box.set()

    rows, knobs = [HBox(list(cells.values())[i : i + 3]) for i in (0, 3, 6)], list(steps.values())
    beside = HBox([VBox(rows), VBox(knobs[:3])])
    box = live(render, cells | steps, [HBox([with_slider(preset), *knobs[3:]]), beside, canvas])
    preset.observe(
        lambda change: box.set(**{f"w{i}": value for i, value in enumerate(KERNELS[change["new"]])}), "value"
    )
    canvas.on_client_ready(begin_anew)  # a browser that opens the page again has an empty canvas
    follow_pointer(canvas, press, move, release)
    box.canvas = canvas
    return box


def _look(
    photo: Tensor, weights: Tensor, stride: int, padding: int, dilation: int, row: int, column: int
) -> SimpleNamespace:
    """All that is shown of a kernel (3, 3) at one place: images, titles, the nine tiles, frames, and the words."""
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
    brightest, darkest = output.abs().max().item(), min(0.0, output.min().item())
    return SimpleNamespace(
        padded=padded,
        output=output,
        seen=seen,
        darkest=darkest,
        brightest=brightest,
        row=row,
        column=column,
        stride=stride,
        dilation=dilation,
        words=words,
        titles=(
            "photo, and the pixels seen",
            f"pixel · weight; their sum: {output[row, column]:.2f}",
            f"output: black {darkest:.3g}, white {brightest:.3g}",
        ),
        tiles=[(f"{x:.2f}\n· {w:.4g}\n= {round(x * w, 3) + 0:.4g}", INK if x > 0.5 else PAPER) for x, w in pairs],
        frames=((left, top, 2 * dilation + 1), (column, row, 1)),  # in the photo and in the output
    )


def _frame(axes: Axes, left: float, top: float, size: int) -> None:
    """A thin frame two pixels away from those it marks, so that these stay visible."""
    place, side = (left - 2, top - 2), size + 4
    for width, colour in ((2.4, INK), (1.0, YELLOW)):
        axes.add_patch(Rectangle(place, side, side, fill=False, edgecolor=colour, linewidth=width, clip_on=False))


def _panel(shape: Sequence[int], number: int) -> tuple[float, float, float]:
    """Where on the canvas an image (H, W) is drawn: left, top, and how many times as large."""
    room, tall = WIDTH / 3 - 10, HEIGHT - TITLE - 10
    scale = min(tall / shape[0], room / shape[1])
    return WIDTH / 3 * number + 5 + (room - scale * shape[1]) / 2, TITLE + (tall - scale * shape[0]) / 2, scale


def _place(view: SimpleNamespace, x: float, y: float) -> tuple[int, int] | None:
    """Row and column of the output number nearest to a point of the canvas; None outside of photo and output."""
    for number, image, first, step in ((0, view.padded, view.dilation, view.stride), (2, view.output, 0, 1)):
        left, top, scale = _panel(image.shape, number)
        point = (y - top) / scale, (x - left) / scale  # in pixels of the image
        if all(0 <= at < size for at, size in zip(point, image.shape, strict=True)):
            nearest = (round((at - 0.5 - first) / step) for at in point)  # output 0 sees pixels around number `first`
            return tuple(min(max(at, 0), size - 1) for at, size in zip(nearest, view.output.shape, strict=True))
    return None


def _draw_images(canvas: Canvas, view: SimpleNamespace) -> None:
    """The photo and the output, as `kernel_picture` draws them, with their titles."""
    canvas.fill_style = PAPER
    canvas.fill_rect(0, 0, WIDTH, HEIGHT)
    shades = (view.output - view.darkest) / max(view.brightest - view.darkest, 1e-6)
    for number, image, title in ((0, view.padded, "photo: click or drag"), (2, shades, view.titles[2])):
        left, top, scale = _panel(image.shape, number)
        large = F.interpolate(image[None, None], [round(side * scale) for side in image.shape], mode="nearest-exact")
        grey = (large[0, 0] * 255).round().byte()
        canvas.put_image_data(torch.stack([grey, torch.full_like(grey, 255)], dim=2).numpy(), left, top)
        _write(canvas, title, number)


def _draw_choice(canvas: Canvas, view: SimpleNamespace) -> None:
    """What belongs to the chosen output number: frames in both images, and between them its nine pixels."""
    canvas.clear()
    _write(canvas, view.titles[1], 1)
    left, top, scale = _panel((3, 3), 1)
    canvas.font = "12px sans-serif"
    for place, (pixel, (told, ink)) in enumerate(zip(view.seen.flatten().tolist(), view.tiles, strict=True)):
        x, y = left + scale * (place % 3), top + scale * (place // 3)
        canvas.fill_style = f"rgb({', '.join([str(round(255 * pixel))] * 3)})"
        canvas.fill_rect(x, y, scale, scale)
        canvas.fill_style = ink
        for line, text in enumerate(told.split("\n")):
            canvas.fill_text(text, x + scale / 2, y + scale / 2 + 15 * (line - 1))
    for number, image, (column, row, size) in zip((0, 2), (view.padded, view.output), view.frames, strict=True):
        left, top, scale = _panel(image.shape, number)
        side = scale * (size + 4)
        for canvas.line_width, canvas.stroke_style in ((3, INK), (1.3, YELLOW)):
            canvas.stroke_rect(left + scale * (column - 2), top + scale * (row - 2), side, side)


def _write(canvas: Canvas, title: str, number: int) -> None:
    canvas.font, canvas.fill_style = "13px sans-serif", INK
    canvas.text_align, canvas.text_baseline = "center", "middle"
    canvas.fill_text(title, WIDTH / 3 * (number + 0.5), TITLE / 2)
