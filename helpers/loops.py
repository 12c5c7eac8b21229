"""One training loop for pretraining and fine-tuning alike: what differs is the loss.

A loss is a function `loss_fn(model, batch) -> scalar`, where `batch` is what the loader gives,
usually `[images, labels]`. The loop knows no model, no page and no task.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable, Mapping, Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm import tqdm

Batch = Sequence[Tensor]
LossFn = Callable[[nn.Module, Batch], Tensor]
Augment = Callable[[Tensor], Tensor]
History = dict[str, list[float]]


class DivergedError(ArithmeticError):
    """The loss became NaN or infinite; the model holds the last good weights."""


def fit(
    model: nn.Module,
    loss_fn: LossFn,
    train_loader: DataLoader,
    val_loader: DataLoader | None = None,
    *,
    epochs: int,
    lr: float | Mapping[str, float] = 1e-3,
    schedule: Callable[[float], float] | None = None,
    patience: int | None = None,
    on_epoch: Callable[[History], bool | None] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place with Adam and return its loss curves.

    Runs on the device that the model is on. Moves only parameters that require gradients; parts
    that are frozen whole stay in `eval()`, so that their BatchNorm statistics do not move either.

    Args:
        loss_fn: what to minimise; see the losses below.
        val_loader: measured after each epoch, never trained on.
        epochs: passes over `train_loader`.
        lr: one learning rate, or one for each part: `{"encoder": 1e-4, "head": 1e-3}`.
        schedule: factor on the learning rates as a function of progress from 0 to 1, such as
            `one_cycle`; constant if not given.
        patience: stop after this many epochs without a better validation loss, and go back to
            the best epoch's weights.
        on_epoch: called after each epoch with the history so far; a true answer ends the training.
        progress: show a progress bar.

    Returns:
        {"train_loss": [...], "val_loss": [...]}, one number an epoch, each the mean over samples.
        The training loss is taken while the weights still move. Without a `val_loader` its list
        is empty.

    Raises:
        ValueError: an empty loader, `patience` without `val_loader`, nothing to train, no epoch, or an
            `lr` that names no part, or not all parts, of the model.
        DivergedError: the loss turned NaN or infinite; the message names epoch and step.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages, make_loader
        >>> from helpers.loops import classification_loss, fit
        >>> from helpers.models import Classifier, Encoder
        >>> _ = torch.manual_seed(0)
        >>> sixteen = LabelledImages(torch.rand(16, 1, 32, 32), torch.arange(16) % 2, ["a", "b"])
        >>> model = Classifier(Encoder(), classes=2)
        >>> history = fit(model, classification_loss, make_loader(sixteen), epochs=20, progress=False)
        >>> history["train_loss"][-1] < 0.1 * history["train_loss"][0]
        True

    Source: article sections 4.3 and 4.4, whose two loops this one replaces.
    """
    _check_loader("train_loader", train_loader)
    if val_loader is not None:
        _check_loader("val_loader", val_loader)
    elif patience is not None:
        raise ValueError("patience watches the validation loss: give a val_loader too")

    if epochs < 1:
        raise ValueError(f"epochs must be 1 or more, got {epochs}")

    device = next(model.parameters()).device
    model.to(memory_format=torch.channels_last)  # the order of memory in which convolutions are fastest
    optimizer = torch.optim.Adam(_parameter_groups(model, lr), fused=True)  # one call for all tensors
    total_steps = epochs * len(train_loader)
    scheduler = schedule and torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: schedule(step / total_steps))

    history: History = {"train_loss": [], "val_loss": []}
    good_weights, best_loss, best_epoch = copy.deepcopy(model.state_dict()), math.inf, -1
    bar = tqdm(range(epochs), desc="epoch", leave=False, file=sys.stdout, disable=not progress)  # stderr shows red
    for epoch in bar:
        _train_mode(model)
        total, samples = 0.0, 0
        for step, batch in enumerate(train_loader):
            batch = [tensor.to(device) for tensor in batch]
            loss = loss_fn(model, batch)
            value = loss.item()
            if not math.isfinite(value):
                bar.close()
                model.load_state_dict(good_weights)
                raise DivergedError(
                    f"the loss is {value} in epoch {epoch + 1}, step {step + 1}. The model holds the last good "
                    "weights again. Try a smaller learning rate, and look for NaN in the data."
                )
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            if scheduler:
                scheduler.step()
            total, samples = total + value * len(batch[0]), samples + len(batch[0])

        if not all(p.isfinite().all() for p in model.parameters()):
            bar.close()
            model.load_state_dict(good_weights)
            raise DivergedError(
                f"the weights are no longer finite after epoch {epoch + 1}, step {step + 1}. The model holds the last "
                "good weights again. Try a smaller learning rate, and look for NaN in the data."
            )
        history["train_loss"].append(total / samples)
        if val_loader is not None:
            history["val_loss"].append(mean_loss(model, loss_fn, val_loader))
        bar.set_postfix({name: f"{values[-1]:.3f}" for name, values in history.items() if values})

        if patience is None:
            _copy_weights(model, good_weights)
        elif history["val_loss"][-1] < best_loss:
            _copy_weights(model, good_weights)
            best_loss, best_epoch = history["val_loss"][-1], epoch
        elif epoch - best_epoch >= patience:
            break
        if on_epoch and on_epoch(history):
            break
    bar.close()

    optimizer.zero_grad()  # gives the gradients' memory back,
    optimizer.state.clear()  # and that of Adam's averages, which a reference cycle would keep
    model.load_state_dict(good_weights)
    model.to(memory_format=torch.contiguous_format).eval()
    return history


@torch.no_grad()
def mean_loss(model: nn.Module, loss_fn: LossFn, loader: DataLoader) -> float:
    """The loss in `eval()` mode, as a mean over samples: a last, shorter batch weighs less.

    Raises:
        ValueError: the loader is empty.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages, make_loader
        >>> from helpers.loops import mean_loss
        >>> three = LabelledImages(torch.tensor([0.0, 0.0, 3.0]).view(3, 1, 1, 1), torch.zeros(3).long(), ["a"])
        >>> mean_loss(torch.nn.Identity(), lambda model, batch: batch[0].mean(), make_loader(three, batch_size=2))
        1.0
    """
    _check_loader("loader", loader)
    model.eval()
    parameter = next(model.parameters(), None)
    total, samples = 0.0, 0
    for batch in loader:
        batch = [tensor if parameter is None else tensor.to(parameter.device) for tensor in batch]
        total += loss_fn(model, batch).item() * len(batch[0])
        samples += len(batch[0])
    return total / samples


def reconstruction_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of each pixel between an image in [0, 1] and its reconstruction; no labels.

    The model gives logits (N, C, H, W). Page 05 measures why this and not the squared error.
    """
    images = batch[0]
    return F.binary_cross_entropy_with_logits(model(images), images)


def denoising_loss(corrupt: Augment) -> LossFn:
    """The loss that asks for the *clean* image when the model saw a corrupted one.

    Args:
        corrupt: images -> images of the same shape, random at each call, such as `data.warp`.

    Source: Vincent et al. 2008, "Extracting and composing robust features".
    """

    def loss_fn(model: nn.Module, batch: Batch) -> Tensor:
        images = batch[0]
        return F.binary_cross_entropy_with_logits(model(corrupt(images)), images)

    return loss_fn


def classification_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of the model's logits (N, K) against labels (N,) from 0 to K-1.

    Raises:
        ValueError: labels that are not integers, or outside 0..K-1.
    """
    images, labels = batch
    logits = model(images)
    if labels.is_floating_point() or labels.dim() != 1:
        raise ValueError(
            f"labels must be class numbers of shape (N,) and an integer type, got {tuple(labels.shape)} {labels.dtype}"
        )
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"labels go from {labels.min()} to {labels.max()}, but the model has {logits.shape[1]} outputs: "
            f"labels must be from 0 to {logits.shape[1] - 1}"
        )
    return F.cross_entropy(logits, labels.long())


def regression_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean squared error between the model's output (N, 1) and numbers (N,), in their unit squared.

    Raises:
        ValueError: other shapes, which would broadcast to (N, N) and train on nonsense.
    """
    images, targets = batch
    outputs = model(images)
    if outputs.shape != (len(targets), 1) or targets.dim() != 1:
        raise ValueError(
            f"the model must give (N, 1) and the targets be (N,), got {tuple(outputs.shape)} and {tuple(targets.shape)}"
        )
    return F.mse_loss(outputs.squeeze(1), targets)


def augmented(loss_fn: LossFn, augment: Augment) -> LossFn:
    """`loss_fn` on images changed by `augment` while training, on the images as they are otherwise."""

    def augmented_loss(model: nn.Module, batch: Batch) -> Tensor:
        if not model.training:
            return loss_fn(model, batch)
        images, *rest = batch
        return loss_fn(model, [augment(images), *rest])

    return augmented_loss


def one_cycle(progress: float) -> float:
    """Factor on the learning rate: up from 0.04 to 1 in the first 30 %, then down to 0 on a cosine.

    Args:
        progress: share of the training that is done, 0 to 1.

    Example:
        >>> from helpers.loops import one_cycle
        >>> [round(one_cycle(p), 2) for p in (0, 0.3, 0.65, 1)]
        [0.04, 1.0, 0.5, 0.0]

    Source: Smith and Topin 2018, "Super-convergence".
    """
    if progress < 0.3:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / 0.3)) / 2
    return (1 + math.cos(math.pi * (progress - 0.3) / 0.7)) / 2


def _check_loader(name: str, loader: DataLoader) -> None:
    if len(loader) == 0:
        raise ValueError(f"{name} is empty: it gives no batch. Check the data set behind it, and drop_last")


def _parameter_groups(model: nn.Module, lr: float | Mapping[str, float]) -> list[dict]:
    """What Adam is given: the trainable parameters, with one learning rate or one for each part."""
    if not isinstance(lr, Mapping):
        lr = {"": lr}
        parts = {"": model}
    else:
        parts = dict(model.named_children())
        loose = [name for name, p in model.named_parameters(recurse=False) if p.requires_grad]
        if loose:
            raise ValueError(
                f"lr by part cannot reach {loose}, which belong to no part: give a single lr or freeze them"
            )
        unknown = sorted(set(lr) - set(parts))
        if unknown:
            raise ValueError(f"lr names {unknown}, but the model's parts are {sorted(parts)}")
        trainable = {name for name, part in parts.items() if any(p.requires_grad for p in part.parameters())}
        missing = sorted(trainable - set(lr))
        if missing:
            raise ValueError(f"lr says nothing about {missing}: give it a learning rate or freeze it")
    groups = [
        {"params": [p for p in parts[name].parameters() if p.requires_grad], "lr": rate} for name, rate in lr.items()
    ]
    groups = [group for group in groups if group["params"]]
    if not groups:
        raise ValueError("nothing to train: every parameter is frozen")
    return groups


def _train_mode(model: nn.Module) -> None:
    """`model.train()`, then `eval()` for each part whose parameters are all frozen."""
    model.train()
    for module in model.modules():
        parameters = list(module.parameters())
        if parameters and not any(p.requires_grad for p in parameters):
            module.eval()


@torch.no_grad()
def _copy_weights(model: nn.Module, target: dict[str, Tensor]) -> None:
    """Write the model's present weights into tensors that are already there."""
    for name, tensor in model.state_dict().items():
        target[name].copy_(tensor)
