"""The explorers: thin shells of controls around the pictures of `scenes`.

An explorer is a box of labelled controls and one HTML widget with the picture, its alternative text
and a line that says the result in words. Each move redraws from the state of all controls, so the
last of many quick moves wins. The classes "explorer" and "words" are for whoever looks for them in a page.
"""

from __future__ import annotations

import html
from collections.abc import Callable, Mapping, Sequence

import ipywidgets
import torch
from ipywidgets import BoundedFloatText, BoundedIntText, Dropdown, HBox, VBox, Widget
from torch import Tensor, nn

from helpers import scenes
from helpers.data import LabelledImages
from helpers.scenes import Scene

KERNELS = {
    "Sobel, upright edges": [-1, 0, 1, -2, 0, 2, -1, 0, 1],
    "Sobel, level edges": [-1, -2, -1, 0, 0, 0, 1, 2, 1],
    "blur": [0.11] * 9,
    "sharpen": [0, -1, 0, -1, 5, -1, 0, -1, 0],
    "outline": [-1, -1, -1, -1, 8, -1, -1, -1, -1],
    "identity": [0, 0, 0, 0, 1, 0, 0, 0, 0],
    "all zero": [0] * 9,
}


def label_budget_explorer(examples: scenes.Examples | None = None) -> VBox:
    """Page 01: move the number of labels a digit; see `scenes.label_budget`."""
    field = Dropdown(options=scenes.BUDGETS, description="labels a digit")
    return live(lambda per_class: scenes.label_budget(per_class, examples), {"per_class": field}, [_with_slider(field)])


def kernel_explorer(photo: Tensor) -> VBox:
    """Page 03: edit a 3x3 kernel and see what it makes of a grey photo (H, W); see `scenes.kernel`."""
    cells = {
        f"w{i}": BoundedFloatText(
            value, min=-1e6, max=1e6, step=0.5, description=f"row {i // 3}, column {i % 3}", layout={"width": "160px"}
        )
        for i, value in enumerate(KERNELS["Sobel, upright edges"])
    }
    steps = {
        "stride": _whole("stride", 1, 1, 3),
        "padding": _whole("padding", 0, 0, 2),
        "dilation": _whole("dilation", 1, 1, 3),
        "row": _whole("output row", 20, 0, photo.shape[0] - 1),
        "column": _whole("output column", 38, 0, photo.shape[1] - 1),
    }
    preset = Dropdown(options=list(KERNELS), description="preset", layout={"width": "260px"})

    def render(stride: int, padding: int, dilation: int, row: int, column: int, **weights: float) -> Scene:
        table = torch.tensor([weights[f"w{i}"] for i in range(9)]).view(3, 3)
        return scenes.kernel(photo, table, stride, padding, dilation, row, column)

    rows, knobs = [HBox(list(cells.values())[i : i + 3]) for i in (0, 3, 6)], list(steps.values())
    beside = HBox([VBox(rows), VBox(knobs[:3])])
    box = live(render, cells | steps, [HBox([preset, *knobs[3:]]), beside])
    preset.observe(
        lambda change: box.set(**{f"w{i}": value for i, value in enumerate(KERNELS[change["new"]])}), "value"
    )
    return box


def logits_explorer(values: Sequence[float] = (2.0, 1.0, 0.0, -1.0)) -> VBox:
    """Page 04: move the logits, the true class and the temperature; see `scenes.logits`."""
    fields = {
        f"z{i}": BoundedFloatText(
            value, min=-1e4, max=1e4, step=0.5, description=f"logit {i}", layout={"width": "150px"}
        )
        for i, value in enumerate(values)
    }
    target = Dropdown(options=range(len(values)), description="right class")
    temperature = BoundedFloatText(1.0, min=0.1, max=10.0, step=0.1, description="temperature")

    def render(target: int, temperature: float, **logits: float) -> Scene:
        return scenes.logits(list(logits.values()), target, temperature)

    moved = [_with_slider(field, -10.0, 10.0) for field in fields.values()]
    rows = [HBox(moved[i : i + 2]) for i in range(0, len(moved), 2)]  # two in a row: all fits a projector
    controls = fields | {"target": target, "temperature": temperature}
    return live(render, controls, [*rows, HBox([target, _with_slider(temperature)])])


def latent_walk_explorer(autoencoder: nn.Module, dataset: LabelledImages) -> VBox:
    """Page 05: walk between the latents of two digits, and undo noise; see `scenes.latent_walk`."""
    one_each = [dataset.images[dataset.labels == label][0] for label in range(len(dataset.classes))]
    controls = {
        "first": Dropdown(options=range(len(one_each)), value=3, description="first digit"),
        "second": Dropdown(options=range(len(one_each)), value=8, description="second digit"),
        "share": BoundedFloatText(0.5, min=0, max=1, step=0.05, description="share"),
        "noise": BoundedFloatText(0.3, min=0, max=1, step=0.05, description="noise"),
    }

    def render(first: int, second: int, share: float, noise: float) -> Scene:
        names = dataset.classes[first], dataset.classes[second]
        return scenes.latent_walk(autoencoder, one_each[first], one_each[second], share, noise, names)

    digits = HBox([controls["first"], controls["second"]])
    return live(render, controls, [digits, _with_slider(controls["share"]), _with_slider(controls["noise"])])


def threshold_explorer(scores: Tensor, labels: Tensor) -> VBox:
    """Page 07: move a threshold and what errors cost; see `scenes.threshold`."""
    controls = {
        "at": BoundedFloatText(0.5, min=0, max=1, step=0.01, description="threshold"),
        "miss": BoundedFloatText(5, min=0, max=1000, description="a miss costs"),
        "false_alarm": BoundedFloatText(1, min=0, max=1000, description="a false alarm"),
    }

    def render(at: float, miss: float, false_alarm: float) -> Scene:
        return scenes.threshold(scores, labels, at, miss, false_alarm)

    costs = HBox([controls["miss"], controls["false_alarm"]])
    return live(render, controls, [_with_slider(controls["at"]), costs])


def live(render: Callable[..., Scene], controls: Mapping[str, Widget], rows: Sequence[Widget]) -> VBox:
    """Controls above a picture that `render` draws anew from all their values at each move.

    The box has `set(**values)`, which changes several controls with one redraw, and `picture`, the
    HTML widget. A state that cannot be drawn is said in words, and the error goes on.
    """
    picture = ipywidgets.HTML()
    box = VBox([*rows, picture])
    box.add_class("explorer")
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


def _with_slider(field: Widget, low: float | None = None, high: float | None = None) -> HBox:
    """A labelled field with a slider beside it; a slider has no name of its own for a screen reader."""
    if isinstance(field, Dropdown):
        slider = ipywidgets.SelectionSlider(options=field.options, readout=False)
    else:
        low, high = field.min if low is None else low, field.max if high is None else high
        slider = ipywidgets.FloatSlider(field.value, min=low, max=high, step=field.step, readout=False)
    slider.observe(lambda change: setattr(field, "value", _tidy(change["new"])), "value")
    field.observe(lambda change: _follow(slider, change["new"]), "value")
    return HBox([field, slider])


def _tidy(value: float) -> float:
    """0.1 + 0.2 as 0.3."""
    return round(value, 6)


def _follow(slider: Widget, value: float) -> None:
    """Move the slider to where its field is; a value beyond its ends leaves it where it was."""
    if not hasattr(slider, "min") or slider.min <= value <= slider.max:
        slider.value = value


def _whole(description: str, value: int, low: int, high: int) -> BoundedIntText:
    return BoundedIntText(value, min=low, max=high, description=description, layout={"width": "160px"})
