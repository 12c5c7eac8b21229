"""One training loop for pretraining and fine-tuning alike: what differs is the loss.

A loss is a function `loss_fn(model, batch) -> scalar`; `losses` holds those of the course. The loop
knows no model, no page and no task. Built on page 02.
"""

from __future__ import annotations

import copy
import math
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader
from tqdm import tqdm

from helpers.losses import Batch, LossFn

History = dict[str, list[float]]
Schedule = Callable[[float], float]


class DivergedError(ArithmeticError):
    """The loss or the weights became NaN or infinite."""


def fit(
    model: nn.Module,
    loss_fn: LossFn,
    train_loader: DataLoader,
    val_loader: DataLoader | None = None,
    *,
    epochs: int,
    lr: float | Mapping[str, float] = 1e-3,
    weight_decay: float = 0.0,
    schedule: Schedule | None = None,
    patience: int | None = None,
    on_epoch: Callable[[History], bool | None] | None = None,
    progress: bool = True,
) -> History:
    """Train `model` in place with Adam (AdamW, where weights decay) and return its loss curves.

    Runs on the device that the model is on. Moves only parameters that require gradients; parts
    that are frozen whole stay in `eval()`, so that their BatchNorm statistics do not move either.

    Args:
        loss_fn: what to minimise, such as `losses.classification_loss`.
        val_loader: measured after each epoch, never trained on.
        epochs: passes over `train_loader`.
        lr: one learning rate, or one for each part: `{"encoder": 1e-4, "head": 1e-3}`.
        weight_decay: each step also shrinks the weights by the factor `1 - lr * weight_decay` (AdamW).
        schedule: factor on the learning rates as a function of progress from 0 to 1, such as
            `one_cycle`; constant if not given.
        patience: stop after this many epochs without a better validation loss, and go back to
            the best epoch's weights.
        on_epoch: called after each epoch with the history so far; a true answer ends the training.
        progress: show a progress bar, in a terminal or a notebook.

    Returns:
        {"train_loss": [...], "val_loss": [...]}, one number per epoch, each the mean over samples.
        The training loss is taken while the weights still move. Without a `val_loader` its list
        is empty.

    Raises:
        ValueError: an empty loader, `patience` without `val_loader`, nothing to train, no epoch, or an
            `lr` that names no part, or not all parts, of the model.
        DivergedError: the loss or the weights became NaN or infinite; the message names epoch and step.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages, make_loader
        >>> from helpers.loops import fit
        >>> from helpers.losses import classification_loss
        >>> from helpers.models import Classifier, Encoder
        >>> _ = torch.manual_seed(0)
        >>> sixteen = LabelledImages(torch.rand(16, 1, 32, 32), torch.arange(16) % 2, ["a", "b"])
        >>> model = Classifier(Encoder(), classes=2)
        >>> history = fit(model, classification_loss, make_loader(sixteen), epochs=20, progress=False)
        >>> history["train_loss"][-1] < 0.1 * history["train_loss"][0]
        True

    Source: article sections 4.3 and 4.4, whose two loops this one replaces. Built on page 02.
    """
    _check_arguments(train_loader, val_loader, epochs, patience)
    steps = epochs * len(train_loader)
    model.to(memory_format=torch.channels_last)  # the order of memory in which convolutions are fastest
    optimizer = torch.optim.AdamW(_parameter_groups(model, lr), weight_decay=weight_decay, fused=True)
    scheduler = schedule and torch.optim.lr_scheduler.LambdaLR(optimizer, lambda step: schedule(step / steps))
    history: History = {"train_loss": [], "val_loss": []}
    best = copy.deepcopy(model.state_dict()) if patience is not None else None
    best_loss, best_epoch = math.inf, -1

    with _progress_bar(range(epochs), progress) as bar:
        for epoch in bar:
            history["train_loss"].append(train_epoch(model, loss_fn, train_loader, optimizer, scheduler, epoch))
            if val_loader is not None:
                history["val_loss"].append(mean_loss(model, loss_fn, val_loader))
            bar.set_postfix({name: f"{losses[-1]:.3f}" for name, losses in history.items() if losses})

            if best is not None and history["val_loss"][-1] < best_loss:
                best_loss, best_epoch = history["val_loss"][-1], epoch
                _copy_weights(model, best)
            if best is not None and epoch - best_epoch >= patience:
                break
            if on_epoch and on_epoch(history):
                break

    if best is not None:
        model.load_state_dict(best)
    optimizer.zero_grad()  # returns the gradients' memory,
    optimizer.state.clear()  # and that of Adam's averages, which a reference cycle would keep
    model.to(memory_format=torch.contiguous_format).eval()
    return history


def train_epoch(
    model: nn.Module,
    loss_fn: LossFn,
    loader: DataLoader,
    optimizer: torch.optim.Optimizer,
    scheduler: torch.optim.lr_scheduler.LRScheduler | None = None,
    epoch: int = 0,
) -> float:
    """One pass over the loader, a step for each batch; return the mean loss over samples.

    Raises:
        DivergedError: the loss or the weights are no finite numbers any more.
    """
    _train_mode(model)
    device = next(model.parameters()).device
    total, samples = 0.0, 0
    for step, batch in enumerate(loader, start=1):
        batch = to_device(batch, device)
        loss = loss_fn(model, batch)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        if scheduler:
            scheduler.step()
        value, size = loss.item(), batch_size(batch)
        _require_finite(value, model if step == len(loader) else None, f"epoch {epoch + 1}, step {step}")
        total, samples = total + value * size, samples + size
    return total / samples


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
        batch = batch if parameter is None else to_device(batch, parameter.device)
        total += loss_fn(model, batch).item() * batch_size(batch)
        samples += batch_size(batch)
    return total / samples


def one_cycle(progress: float) -> float:
    """Factor on the learning rate: up from 0.04 to 1 in the first 30 %, then down to 0 on a cosine.

    Args:
        progress: share of the training that is done, 0 to 1.

    Example:
        >>> from helpers.loops import one_cycle
        >>> [round(one_cycle(p), 2) for p in (0, 0.3, 0.65, 1)]
        [0.04, 1.0, 0.5, 0.0]

    Source: after Smith and Topin 2017, "Super-convergence: very fast training of neural networks using
    large learning rates", whose cycle is of straight lines. Built on page 02.
    """
    if progress < 0.3:
        return 0.04 + 0.96 * (1 - math.cos(math.pi * progress / 0.3)) / 2
    return (1 + math.cos(math.pi * (progress - 0.3) / 0.7)) / 2


def to_device(batch: Batch, device: torch.device) -> Batch:
    """The batch with every tensor in it on `device`: a tensor, or a list, tuple or dictionary of batches."""
    if isinstance(batch, Tensor):
        return batch.to(device)
    if isinstance(batch, Mapping):
        return {name: to_device(part, device) for name, part in batch.items()}
    if isinstance(batch, Sequence) and not isinstance(batch, str):
        return [to_device(part, device) for part in batch]
    return batch


def batch_size(batch: Batch) -> int:
    """How many samples a batch holds: the length of its first tensor.

    Raises:
        TypeError: there is no tensor in it.
    """
    return len(next(_tensors(batch)))


def _tensors(batch: Batch) -> Iterator[Tensor]:
    if isinstance(batch, Tensor):
        yield batch
    elif isinstance(batch, Mapping | list | tuple):
        for part in batch.values() if isinstance(batch, Mapping) else batch:
            yield from _tensors(part)


def _progress_bar(epochs: range, wanted: bool) -> tqdm:
    """A bar that vanishes at the end; none where the output goes to a file. On stdout: stderr shows red."""
    shown = wanted and (sys.stdout.isatty() or "ipykernel" in sys.modules)
    return tqdm(epochs, desc="epoch", leave=False, file=sys.stdout, disable=not shown)


def _check_arguments(
    train_loader: DataLoader, val_loader: DataLoader | None, epochs: int, patience: int | None
) -> None:
    _check_loader("train_loader", train_loader)
    if val_loader is not None:
        _check_loader("val_loader", val_loader)
    elif patience is not None:
        raise ValueError("patience watches the validation loss: give a val_loader too")
    if epochs < 1:
        raise ValueError(f"epochs must be 1 or more, got {epochs}")


def _check_loader(name: str, loader: DataLoader) -> None:
    if len(loader) == 0:
        raise ValueError(f"{name} is empty: it holds no batch. Check the data set behind it, and drop_last")


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


def _require_finite(loss: float, model: nn.Module | None, where: str) -> None:
    """Raise where the loss, or a weight of the model if it is given, is NaN or infinite."""
    if not math.isfinite(loss) or (model and not all(p.isfinite().all() for p in model.parameters())):
        raise DivergedError(
            f"{where}: the loss is {loss:.3g}, or the weights hold NaN or infinity. "
            "Build the model anew, try a smaller learning rate, and look for NaN in the data"
        )


@torch.no_grad()
def _copy_weights(model: nn.Module, target: dict[str, Tensor]) -> None:
    """Write the model's present weights into tensors that are already there."""
    for name, tensor in model.state_dict().items():
        target[name].copy_(tensor)
