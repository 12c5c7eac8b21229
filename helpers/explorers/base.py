"""What every explorer shares: a picture that says its result in words, and controls that redraw it.

An explorer is a box of labelled controls and one HTML widget with the picture, its alternative text and
the same words below it. Each move redraws from the state of all controls, so the last of many quick moves
wins. Pictures are drawn for speed (few ticks, fixed layout). The classes "explorer" and "words" are for
whoever looks for them in a page.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import torch.nn.functional as F
from ipywidgets import BoundedIntText, Dropdown, HBox, VBox, Widget
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from torch import Tensor

from helpers.plots import COLOURS, INK, PAPER, Picture

BLUE, ORANGE, GREEN = COLOURS[:3]


class Explorer(VBox):
    """A box of controls and a picture; says what it is where widgets do not run."""

    def __init__(self, *args: object, **options: object) -> None:
        super().__init__(*args, **options)
        self.add_class("explorer")

    def __repr__(self) -> str:
        return "Controls stand here while the page's kernel runs. Run this cell to see them."


class Scene(Picture):
    """A picture with its words below it, drawn fast: no search for the smallest file."""

    def _repr_html_(self) -> str:
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 1})
        source = base64.b64encode(drawn.getvalue()).decode()
        words, width = html.escape(self.description), round(self.get_figwidth() * 96)
        image = f'<img alt="{words}" width="{width}" style="max-width:100%" src="data:image/png;base64,{source}">'
        return image + in_words(self.description, width)


def in_words(words: str, width: int) -> str:
    """The words below a picture that is `width` pixels wide."""
    return f'<p class="words" style="max-width:{width}px;line-height:1.5;margin:4px 0">{html.escape(words)}</p>'


def live(render: Callable[..., Scene], controls: Mapping[str, Widget], rows: Sequence[Widget]) -> Explorer:
    """Controls above a picture that `render` draws anew from all their values at each move.

    The box has `set(**values)`, which changes several controls with one redraw, and `picture`, the
    HTML widget. A state that cannot be drawn is said in words, and the error goes on.
    """
    picture = ipywidgets.HTML()
    box = Explorer([*rows, picture])
    held = False

    def draw(_: object = None) -> None:
        if not held:
            try:
                picture.value = render(**{name: control.value for name, control in controls.items()})._repr_html_()
            except Exception as error:
                picture.value = f'<p class="words">This cannot be drawn: {html.escape(str(error))}</p>'
                raise

    def set_controls(**values: object) -> None:
        nonlocal held
        held = True
        try:
            for name, value in values.items():
                controls[name].value = value
        finally:
            held = False
        draw()

    for name, control in controls.items():
        control.style.description_width = "initial"
        control.add_class(f"control-{name}")
        control.observe(draw, "value")
    box.set, box.picture, box.controls = set_controls, picture, dict(controls)
    draw()
    return box


def with_slider(field: Widget, low: float | None = None, high: float | None = None) -> HBox:
    """A labelled field with a slider beside it; a slider has no name of its own for a screen reader."""
    if isinstance(field, Dropdown):
        slider = ipywidgets.SelectionSlider(options=field.options, value=field.value, readout=False)
    else:
        low, high = field.min if low is None else low, field.max if high is None else high
        slider = ipywidgets.FloatSlider(field.value, min=low, max=high, step=field.step, readout=False)
    slider.observe(lambda change: setattr(field, "value", _tidy(change["new"])), "value")
    field.observe(lambda change: _follow(slider, change["new"]), "value")
    return HBox([field, slider])


def follow_pointer(canvas: Widget, begin: Callable, move: Callable, end: Callable) -> None:
    """Call these as a mouse or a finger comes down on a canvas, moves over it, and leaves it; each gets (x, y)."""
    canvas.on_mouse_down(begin)
    canvas.on_mouse_move(move)
    canvas.on_mouse_up(end)
    canvas.on_mouse_out(end)
    canvas.on_touch_start(lambda touches: begin(*touches[0]))
    canvas.on_touch_move(lambda touches: move(*touches[0]))
    canvas.on_touch_end(end)
    canvas.on_touch_cancel(end)


def whole_number(description: str, value: int, low: int, high: int) -> BoundedIntText:
    return BoundedIntText(value, min=low, max=high, description=description, layout={"width": "160px"})


def new_scene(width: float, height: float, words: str) -> Scene:
    picture = Scene(figsize=(width, height), dpi=96, facecolor=PAPER)
    FigureCanvasAgg(picture)
    picture.description = words
    return picture


def few_ticks(
    axes: Axes,
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    x_names: Sequence[str] | None = None,
    y_names: Sequence[str] | None = None,
) -> None:
    """Few ticks: they take most of the time of a drawing."""
    axes.set_xticks(list(xs), x_names)
    axes.set_yticks(list(ys), y_names)


def show_image(axes: Axes, pixels: Tensor, darkest: float = 0.0, brightest: float = 1.0) -> None:
    axes.imshow(pixels.detach().numpy(), cmap="gray", vmin=darkest, vmax=max(brightest, darkest + 1e-6))
    axes.set_axis_off()


def image_row(picture: Scene, images: Tensor, titles: Sequence[str], height: float) -> None:
    """Images (n, 1, H, W) side by side at the bottom, at most `height` inches high, each with its title."""
    wide = F.pad(images[:, 0], (4, 4), value=1.0)  # a gap between them
    n, rows, width = wide.shape
    axes = picture.add_axes((0.01, 0.03, 0.98, height / picture.get_figheight()), anchor="SW")
    show_image(axes, wide.permute(1, 0, 2).reshape(rows, n * width))
    for i, title in enumerate(titles):
        axes.text((i + 0.5) * width, -3, title, ha="center", fontsize=9, color=INK)


def curve_with_point(picture: Scene, left: float, x: Tensor, y: Tensor, point: tuple[float, float]) -> None:
    axes = picture.add_axes((left, 0.2, 0.24, 0.68))
    axes.plot(x.numpy(), y.numpy(), color=BLUE, linewidth=1.8)
    axes.plot(*point, marker="o", markersize=10, markerfacecolor=ORANGE, markeredgecolor=INK, clip_on=False)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.05)
    few_ticks(axes, (0, 0.5, 1), (0, 0.5, 1))


def _tidy(value: float | str) -> float | str:
    """0.1 + 0.2 as 0.3; a word stays."""
    return value if isinstance(value, str) else round(value, 6)


def _follow(slider: Widget, value: float) -> None:
    """Move the slider to where its field is; a value beyond its ends leaves it where it was."""
    if not hasattr(slider, "min") or slider.min <= value <= slider.max:
        slider.value = value
