"""Exercise 4.4: the loop of the page with its faults, and the loops that learners write in its place."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn


def faulty_loop(model, images, labels):
    """The loop as the page gives it, with its two faults."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        probs = model(images).softmax(dim=1)
        loss = F.cross_entropy(probs, labels)
        loss.backward()
        optimizer.step()
    return model


def _trainer(
    make: Callable = torch.optim.SGD,
    loss: Callable = F.cross_entropy,
    steps: int = 20,
    zero: int = 1,
    data: Callable = lambda images, labels: [(images, labels)],
    schedule: Callable | None = None,
    **settings: float,
) -> Callable:
    """A loop with other parts: optimizer, loss, steps, the data of a step, and in how many steps the gradients are set
    to zero once."""

    def train(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
        optimizer = make(model.parameters(), **({"lr": 0.1} | settings))
        scheduler = schedule(optimizer) if schedule else None
        for i in range(steps):
            for some_images, some_labels in data(images, labels):
                if zero and i % zero == 0:
                    optimizer.zero_grad()
                loss(model(some_images), some_labels).backward()
                optimizer.step()
            if scheduler:
                scheduler.step()
        return model

    return train


def _squared(outputs: Tensor, labels: Tensor) -> Tensor:
    return F.mse_loss(outputs, F.one_hot(labels, outputs.shape[1]).float())


def _untrained(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
    return model


def _in_eval_mode(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
    return _trainer()(model.eval(), images, labels)


def _in_train_mode(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
    return _trainer()(model.train(), images, labels)


def _clipped(model: nn.Module, images: Tensor, labels: Tensor, most: float) -> nn.Module:
    """The loop with gradients of a norm of so much at most."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        nn.utils.clip_grad_norm_(model.parameters(), most)
        optimizer.step()
    return model


def _stops(model: nn.Module, images: Tensor, labels: Tensor, at: Callable[[list[float]], bool]) -> nn.Module:
    """The loop that ends early, by what the losses so far are."""
    optimizer, losses = torch.optim.SGD(model.parameters(), lr=0.1), []
    for _ in range(20):
        loss = F.cross_entropy(model(images), labels)
        losses.append(loss.item())
        if at(losses):
            break
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


def _of(choose: Callable[[list], list]) -> Callable:
    """An optimizer that gets some of the parameters."""
    return lambda parameters, lr: torch.optim.SGD(choose(list(parameters)), lr)


def _batches(size: int) -> Callable:
    return lambda images, labels: zip(images.split(size), labels.split(size), strict=True)


SUMMED = "The gradients of all steps still add up: something must set them to zero"
KEEP = "Change nothing but the two faults"
LOSSES = {  # what is wrong -> the loss
    "The loss still gets probabilities, and takes a softmax of its own: softmax twice": (
        lambda outputs, labels: F.cross_entropy(outputs.softmax(1), labels)
    ),
    "The loss still gets the outputs of a softmax, now over the images (`dim=0`). It takes the logits as they are": (
        lambda outputs, labels: F.cross_entropy(outputs.softmax(0), labels)
    ),
    "The loss still does not get the logits, but what a sigmoid made of them": (
        lambda outputs, labels: F.cross_entropy(outputs.sigmoid(), labels)
    ),
    "`F.nll_loss` wants *log*-probabilities, and gets probabilities": (
        lambda outputs, labels: F.nll_loss(outputs.softmax(1), labels)
    ),
    "Your loss is the squared error of the probabilities; it was the cross-entropy": (
        lambda outputs, labels: _squared(outputs.softmax(1), labels)
    ),
}
OTHER_LOSSES = {  # neither fault, and not what was asked
    "`F.nll_loss` wants log-probabilities, and gets the logits": F.nll_loss,
    "Your loss is the squared error of the logits; it was the cross-entropy": _squared,
    "Your loss has a `label_smoothing`; there was none": functools.partial(F.cross_entropy, label_smoothing=0.1),
    "In your loss, `[:, labels]` takes those columns from *every* row. Each row has a label of its own": (
        lambda outputs, labels: -outputs.log_softmax(1)[:, labels].mean()
    ),
    "The logits are divided by 2 before they reach the loss": lambda outputs, labels: F.cross_entropy(
        outputs / 2, labels
    ),
}
CHANGED = {  # what happens to the images first
    "they are divided by the largest of their numbers": lambda images: images / images.max(),
    "their mean is subtracted": lambda images: images - images.mean(),
    "they are divided by 255": lambda images: images / 255,
    "they get a mean of 0 and a deviation of 1": lambda images: (images - images.mean()) / images.std(),
}
PARTS = {  # which of the model's parameters the optimizer gets
    "Only the first of the model's parameters was trained": lambda all_of_them: all_of_them[:1],
    "Only the first two of the model's parameters were trained": lambda all_of_them: all_of_them[:2],
    "Only the last of the model's parameters was trained": lambda all_of_them: all_of_them[-1:],
    "Only the last two of the model's parameters were trained": lambda all_of_them: all_of_them[-2:],
    "Only the matrices were trained, nothing else": lambda all_of_them: [p for p in all_of_them if p.dim() > 1],
}
SCHEDULES = (
    lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.1),
    lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 5, 0.1),
    lambda optimizer: torch.optim.lr_scheduler.StepLR(optimizer, 10, 0.5),
    lambda optimizer: torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.9),
    lambda optimizer: torch.optim.lr_scheduler.ExponentialLR(optimizer, 0.95),
    lambda optimizer: torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 20),
)
MORE_OF_THE_RATE = {
    0.2: " Is there an `optimizer.step()` too many, or a loss that counts twice?",
    0.05: " Is the loss, or a gradient, divided by 2?",
    0.005: " Is the loss, or a gradient, divided by the number of steps?",
}
MORE_OF_THE_STEPS = {
    19: " (Or is a copy from before the last step returned?)",
}
SLIPS = {
    "Both faults are still there.": faulty_loop,
    **{f"One fault is gone. {words}.": _trainer(loss=loss) for words, loss in LOSSES.items()},
    **{
        f"{words}. And {SUMMED[0].lower()}{SUMMED[1:]}.": _trainer(loss=loss, zero=0)
        for words, loss in (LOSSES | OTHER_LOSSES).items()
    },
    **{f"{words}. {KEEP}.": _trainer(loss=loss) for words, loss in OTHER_LOSSES.items()},
    f"One fault is gone. {SUMMED} in *each* step. (Once, before the loop, is not enough; and without brackets, "
    "`optimizer.zero_grad` does nothing.)": _trainer(zero=0),
    f"{SUMMED} in *each* step, not only in every second.": _trainer(zero=2),
    "The weights did not move at all. Are `loss.backward()` and `optimizer.step()` still there? Are the gradients set to "
    "zero before `backward()`, and not between it and the step? Or was a copy trained, and the first model returned?": (
        _untrained
    ),
    "The model was put into `eval` mode, in which layers such as BatchNorm do not train as they should. Leave it as it "
    "came.": _in_eval_mode,
    "The model came in `eval` mode and was put into `train` mode, in which layers such as BatchNorm compute something "
    "else. Leave it as it came.": _in_train_mode,
    "The loss *grows*: its sign is turned round.": _trainer(loss=lambda *given: -F.cross_entropy(*given)),
    f"Your loss is the sum over the images, where it was their mean. {KEEP}.": _trainer(
        loss=functools.partial(F.cross_entropy, reduction="sum")
    ),
    **{
        f"The weights move as at a learning rate of {lr:g}; it was 0.1. {KEEP}.{MORE_OF_THE_RATE.get(lr, '')}": (
            _trainer(lr=lr)
        )
        for lr in (1.0, 0.5, 0.3, 0.2, 0.05, 0.03, 0.02, 0.01, 0.005, 0.001)
    },
    **{
        f"Your loop takes {steps} step{'s' * (steps > 1)}; there were 20. {KEEP}.{MORE_OF_THE_STEPS.get(steps, '')}": (
            _trainer(steps=steps)
        )
        for steps in (1, 2, 5, 10, 15, 18, 19, 21, 22, 25, 30, 40, 50, 100, 200)
    },
    **{
        f"Your optimizer is {name}; plain gradient descent (`torch.optim.SGD`) was asked. {KEEP}.": _trainer(
            make, lr=lr
        )
        for name, make in {"Adam": torch.optim.Adam, "AdamW": torch.optim.AdamW}.items()
        for lr in (0.1,)
    },
    **{
        f"Your optimizer is Adam, at a rate of {lr:g}; plain gradient descent (`torch.optim.SGD`) was asked. {KEEP}.": (
            _trainer(torch.optim.Adam, lr=lr)
        )
        for lr in (0.01, 0.001)
    },
    **{
        f"Your optimizer has a momentum of {momentum:g}; plain gradient descent has none.": _trainer(momentum=momentum)
        for momentum in (0.9, 0.5, 0.99)
    },
    **{
        f"Your optimizer has a `weight_decay` of {decay:g}; plain gradient descent has none.": _trainer(
            weight_decay=decay
        )
        for decay in (0.1, 1e-2, 5e-4, 1e-3, 1e-4, 1e-5)
    },
    **{
        f"{words}. Give the optimizer all of `model.parameters()`.": _trainer(_of(choose))
        for words, choose in PARTS.items()
    },
    **{
        f"Only the first {n} images are used. Each step is on all of them.": _trainer(
            data=lambda images, labels, n=n: [(images[:n], labels[:n])]
        )
        for n in (2, 4, 5, 8, 10, 12, 16, 32)
    },
    "The last image is left out. Each step is on all of them.": _trainer(
        data=lambda images, labels: [(images[:-1], labels[:-1])]
    ),
    "The first image is left out. Each step is on all of them.": _trainer(
        data=lambda images, labels: [(images[1:], labels[1:])]
    ),
    "Only the first half of the images is used. Each step is on all of them.": _trainer(
        data=lambda images, labels: [(images[: len(images) // 2], labels[: len(images) // 2])]
    ),
    "Only the second half of the images is used. Each step is on all of them.": _trainer(
        data=lambda images, labels: [(images[len(images) // 2 :], labels[len(images) // 2 :])]
    ),
    **{
        f"Your loop goes through the images in batches of {size}, with a step for each batch. Each of the 20 steps is on "
        "all images.": _trainer(data=_batches(size))
        for size in (2, 4, 5, 8, 10, 16, 20, 32, 64)
    },
    **{
        f"The images are changed before the model gets them: {words}. {KEEP}.": _trainer(
            data=lambda images, labels, change=change: [(change(images), labels)]
        )
        for words, change in CHANGED.items()
    },
}
SEVERAL = {  # the same words for several loops
    f"A scheduler changes the rate on the way; there was none. {KEEP}.": [
        _trainer(schedule=schedule) for schedule in SCHEDULES
    ],
    f"The gradients are clipped; they were not. {KEEP}.": [
        functools.partial(_clipped, most=most) for most in (1.0, 0.5, 0.1, 2.0, 5.0)
    ],
    f"Your loop stops early, once the loss is small. There were 20 steps, whatever the loss is. {KEEP}.": [
        functools.partial(
            _stops, at=lambda losses, least=least, late=late: min(losses[: len(losses) - late], default=9) < least
        )
        for least in (0.5, 0.3, 0.2, 0.1, 0.05, 0.01)
        for late in (0, 1)
    ],
    f"Your loop stops early, when the loss rises. There were 20 steps, whatever the loss does. {KEEP}.": [
        functools.partial(_stops, at=lambda losses: len(losses) > 1 and losses[-1] > losses[-2])
    ],
}
