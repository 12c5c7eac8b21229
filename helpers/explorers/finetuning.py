"""Fine-tune live: choose what is frozen, the learning rates and the labels, and watch it learn.

The training runs in a thread of its own, so that the kernel can hear the stop button meanwhile.
"""

from __future__ import annotations

import copy
import threading
import time
from collections.abc import Callable, Sequence

import ipywidgets
import torch
from ipywidgets import Button, Dropdown, HBox, IntProgress

from helpers.checkpoints import load_encoder, shipped_encoder
from helpers.data import LabelledImages, few_labels, make_loader
from helpers.data.augment import redraw
from helpers.explorers.base import BLUE, ORANGE, Explorer, Scene, few_ticks, new_scene, with_slider
from helpers.loops import DivergedError, History, fit, one_cycle
from helpers.losses import augmented, classification_loss
from helpers.metrics import accuracy, predict
from helpers.models import Classifier, Encoder, freeze
from helpers.picture import name_axes, plain_style

FROZEN = {"nothing": 0, "first layer": 3, "first two layers": 6, "whole encoder": 9}  # modules from the front
BUDGETS = (1, 2, 5, 10, 50)  # labels per class
RATES = (1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 1e-1)
EPOCHS = 15
STEPS = 5  # batches of 50 images in each epoch, however few there are
DRAWS_PER_SECOND = 4
Curves = tuple[list[float], list[float]]  # validation accuracies (%) and training losses


def build(start: str = "letters", classes: int = 10) -> Classifier:
    """The model to fine-tune: the same at each call, and torch's global generator is as it was before.

    That generator is seeded for a moment: build in a cell, not in a handler, which may run beside a cell.

    Args:
        start: "letters" for the shipped encoder, "scratch" for a random one.
    """
    with torch.random.fork_rng(devices=[]):
        torch.default_generator.manual_seed(0)  # not that of a GPU
        encoder = Encoder()
        if start == "letters":
            load_encoder(encoder, shipped_encoder("letters"))
        return Classifier(encoder, classes)


def train(
    model: Classifier,
    train_set: LabelledImages,
    val_set: LabelledImages,
    *,
    frozen: str = "nothing",
    encoder_lr: float = 1e-3,
    head_lr: float = 3e-3,
    per_class: int = 1,
    on_epoch: Callable[[Curves], bool | None] = lambda curves: None,
) -> Curves:
    """Fine-tune for EPOCHS epochs of STEPS steps; the same settings return the same curves.

    It draws from generators of its own, so that a training in the background changes no number elsewhere.

    Args:
        frozen: what of the encoder stays as it is, a key of FROZEN.
        on_epoch: called with the curves so far; a true answer ends the training.

    Raises:
        DivergedError: the learning rates were too large.
    """
    freeze(model.encoder.layers[: FROZEN[frozen]])
    few = few_labels(train_set, per_class, seed=0)
    loader, val_loader = make_loader(few, batch_size=50, steps=STEPS), make_loader(val_set, batch_size=250)
    generator = torch.Generator().manual_seed(0)  # of the augmentation
    curves: Curves = ([], [])

    def after_epoch(history: History) -> bool | None:
        curves[0].append(100 * accuracy(*predict(model, val_loader)))
        curves[1].append(history["train_loss"][-1])
        return on_epoch(curves)

    fit(
        model,
        augmented(classification_loss, lambda images: redraw(images, generator)),
        loader,
        epochs=EPOCHS,
        lr={"encoder": encoder_lr, "head": head_lr},
        schedule=one_cycle,
        on_epoch=after_epoch,
        progress=False,
    )
    return curves


@plain_style
def finetuning_picture(accuracies: Sequence[float], losses: Sequence[float], epochs: int, told: str = "") -> Scene:
    """Page 06: validation accuracy and training loss of a fine-tuning, epoch by epoch, as far as it got.

    Args:
        accuracies: in percent, one per epoch.
        losses: as many.
        epochs: that are planned.
    """
    done = len(accuracies)
    words = f"{done} of {epochs} epochs. {told} ".rstrip() + (
        f" Validation accuracy {accuracies[-1]:.1f} %, best {max(accuracies):.1f} %; training loss {losses[-1]:.3f}."
        if done
        else ""
    )
    picture = new_scene(7.2, 2.5, words)
    for left, values, name, top, colour in (
        (0.1, accuracies, "validation accuracy (%)", 100.0, BLUE),
        (0.6, losses, "training loss (nats)", max([2.5, *losses]), ORANGE),
    ):
        axes = picture.add_axes((left, 0.2, 0.37, 0.72))
        axes.plot(range(1, done + 1), list(values), color=colour, linewidth=1.8)
        axes.set_xlim(1, max(2, epochs))
        axes.set_ylim(0, top)
        few_ticks(axes, (1, epochs), (0, top / 2, top), y_names=[f"{y:.3g}" for y in (0, top / 2, top)])
        name_axes(axes, "epoch", name)
    return picture


def finetuning_example(train_set: LabelledImages, val_set: LabelledImages) -> Scene:
    """The picture of one training with the settings that the explorer begins with."""
    model = build(classes=len(train_set.classes))
    return finetuning_picture(*train(model, train_set, val_set), EPOCHS)


def finetuning_explorer(train_set: LabelledImages, val_set: LabelledImages) -> Explorer:
    """Page 06: settings, a button that trains for a few seconds, one that stops, and the curves as they grow."""
    classes = len(train_set.classes)
    untrained = {start: build(start, classes) for start in ("letters", "scratch")}
    fewest = train_set.labels.bincount(minlength=classes).min()
    controls = {
        "start": Dropdown(options=list(untrained), description="start from"),
        "frozen": Dropdown(options=list(FROZEN), description="frozen"),
        "encoder_lr": Dropdown(options=RATES, value=1e-3, description="encoder's learning rate"),
        "head_lr": Dropdown(options=RATES, value=3e-3, description="head's learning rate"),
        "per_class": Dropdown(options=[n for n in BUDGETS if n <= fewest] or [1], description="labels per class"),
    }
    for control in controls.values():
        control.style.description_width = "initial"
    go, stop = Button(description="Train"), Button(description="Stop", disabled=True)
    bar = IntProgress(max=EPOCHS, description="epochs")
    picture = ipywidgets.HTML()
    stopping = threading.Event()

    def draw(curves: Curves, told: str = "") -> None:
        bar.value = len(curves[0])
        picture.value = finetuning_picture(*curves, EPOCHS, told)._repr_html_()

    def run(model: Classifier, settings: dict) -> None:
        curves, drawn = ([], []), 0.0

        def on_epoch(so_far: Curves) -> bool:
            nonlocal curves, drawn
            curves = so_far
            if time.monotonic() - drawn > 1 / DRAWS_PER_SECOND:
                draw(curves, "Training.")
                drawn = time.monotonic()
            return stopping.is_set()

        told = "It failed."
        try:
            train(model, train_set, val_set, on_epoch=on_epoch, **settings)
            told = "Stopped." if stopping.is_set() else "Finished."
        except DivergedError:
            told = "It diverged: the loss is no number any more. Take smaller learning rates."
        except ValueError as error:  # such as too few images of a class
            told = f"It cannot be trained so: {error}."
        finally:
            draw(curves, told)
            go.disabled, stop.disabled = False, True

    def begin(_: object) -> None:
        if go.disabled:
            return
        settings = {name: control.value for name, control in controls.items()}
        model = copy.deepcopy(untrained[settings.pop("start")])
        go.disabled, stop.disabled = True, False
        stopping.clear()
        box.thread = threading.Thread(target=run, args=(model, settings), daemon=True)
        box.thread.start()

    go.on_click(begin)
    stop.on_click(lambda _: stopping.set())
    draw(([], []), "Choose, then press Train.")
    fields = [with_slider(control) for control in controls.values()]
    rows = [fields[i : i + 2] for i in (0, 2, 4)]
    box = Explorer([*map(HBox, rows), HBox([go, stop, bar]), picture])
    box.controls, box.go, box.stop, box.picture, box.thread = controls, go, stop, picture, None
    return box
