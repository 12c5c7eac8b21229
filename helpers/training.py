"""Fine-tune live: choose what is frozen, the learning rates and the labels, and watch it learn.

The training runs in a thread of its own, so that the kernel can hear the stop button meanwhile.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

import ipywidgets
import torch
from ipywidgets import Button, Dropdown, HBox, IntProgress, VBox

from helpers import scenes
from helpers.checkpoints import load_encoder, shipped_encoder
from helpers.data import LabelledImages, few_labels, make_loader, warp
from helpers.loops import DivergedError, History, augmented, classification_loss, fit, one_cycle
from helpers.metrics import accuracy, predict
from helpers.models import Classifier, Encoder, freeze

FROZEN = {"nothing": 0, "first layer": 3, "first two layers": 6, "whole encoder": 9}  # modules from the front
RATES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1)
EPOCHS = 25
DRAWS_PER_SECOND = 4

Curves = tuple[list[float], list[float]]  # validation accuracies (%) and training losses


def train(
    train_set: LabelledImages,
    val_set: LabelledImages,
    *,
    start: str = "letters",
    frozen: str = "nothing",
    encoder_lr: float = 1e-3,
    head_lr: float = 3e-3,
    per_class: int = 1,
    on_epoch: Callable[[Curves], bool | None] = lambda curves: None,
) -> Curves:
    """Fine-tune for EPOCHS epochs of five steps; the same settings give the same curves.

    Args:
        start: "letters" for the shipped encoder, "scratch" for a random one.
        frozen: a key of FROZEN.
        on_epoch: called with the curves so far; a true answer ends the training.

    Raises:
        DivergedError: the learning rates were too large.
    """
    torch.manual_seed(0)
    encoder = Encoder()
    if start == "letters":
        load_encoder(encoder, shipped_encoder("letters"))
    freeze(encoder.layers[: FROZEN[frozen]])
    model = Classifier(encoder)
    few = few_labels(train_set, per_class, seed=0)
    filled = few.subset(torch.arange(200) % len(few) if len(few) < 200 else torch.arange(len(few)))
    loader, val_loader = make_loader(filled, batch_size=40, shuffle=True), make_loader(val_set, batch_size=250)
    curves: Curves = ([], [])

    def after_epoch(history: History) -> bool | None:
        curves[0].append(100 * accuracy(*predict(model, val_loader)))
        curves[1].append(history["train_loss"][-1])
        return on_epoch(curves)

    fit(
        model,
        augmented(classification_loss, warp),
        loader,
        epochs=EPOCHS,
        lr={"encoder": encoder_lr, "head": head_lr},
        schedule=one_cycle,
        on_epoch=after_epoch,
        progress=False,
    )
    return curves


def finetuning_example(train_set: LabelledImages, val_set: LabelledImages) -> scenes.Scene:
    """The picture of one training with the settings that the explorer begins with."""
    return scenes.finetuning(*train(train_set, val_set), EPOCHS)


def finetuning_explorer(train_set: LabelledImages, val_set: LabelledImages) -> VBox:
    """Page 06: settings, a button that trains for a few seconds, one that stops, and the curves as they grow."""
    controls = {
        "start": Dropdown(options=["letters", "scratch"], description="start from"),
        "frozen": Dropdown(options=list(FROZEN), description="frozen"),
        "encoder_lr": Dropdown(options=RATES, value=1e-3, description="encoder's learning rate"),
        "head_lr": Dropdown(options=RATES, value=3e-3, description="head's learning rate"),
        "per_class": Dropdown(options=(1, 2, 5, 10, 50), description="labels a digit"),
    }
    for control in controls.values():
        control.style.description_width = "initial"
    go, stop = Button(description="Train"), Button(description="Stop", disabled=True)
    bar = IntProgress(max=EPOCHS, description="epochs")
    picture = ipywidgets.HTML()
    stopping = threading.Event()

    def draw(curves: Curves, told: str = "") -> None:
        bar.value = len(curves[0])
        picture.value = scenes.finetuning(*curves, EPOCHS, told)._repr_html_()

    def run(settings: dict) -> None:
        curves, drawn = ([], []), 0.0

        def on_epoch(so_far: Curves) -> bool:
            nonlocal curves, drawn
            curves = so_far
            if time.monotonic() - drawn > 1 / DRAWS_PER_SECOND:
                draw(curves, "Training.")
                drawn = time.monotonic()
            return stopping.is_set()

        told = "Finished."
        try:
            train(train_set, val_set, on_epoch=on_epoch, **settings)
            told = "Stopped." if stopping.is_set() else told
        except DivergedError:
            told = "It diverged: the loss is no number any more. Take smaller learning rates."
        finally:
            draw(curves, told)
            go.disabled, stop.disabled = False, True

    def begin(_: object) -> None:
        if go.disabled:
            return
        go.disabled, stop.disabled = True, False
        stopping.clear()
        settings = {name: control.value for name, control in controls.items()}
        box.thread = threading.Thread(target=run, args=(settings,), daemon=True)
        box.thread.start()

    go.on_click(begin)
    stop.on_click(lambda _: stopping.set())
    draw(([], []), "Choose, then press Train.")
    rows = [list(controls.values())[i : i + 2] for i in (0, 2, 4)]
    box = VBox([*map(HBox, rows), HBox([go, stop, bar]), picture])
    box.add_class("explorer")
    box.controls, box.go, box.stop, box.picture, box.thread = controls, go, stop, picture, None
    return box
