"""Exercise 4.4. Twenty steps of plain gradient descent; returns the trained model."""

from __future__ import annotations

import functools
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import Wrong, same
from helpers.exercises.written import table

ATOL = 3e-6  # finer than what the smallest usual `weight_decay` changes in 20 steps


def train_classifier(model, images, labels):
    """Twenty steps of plain gradient descent; returns the trained model."""
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        loss = F.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    return model


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
    **settings: float,
) -> Callable:
    """A loop with other parts: optimizer, loss, steps, and in how many steps the gradients are set to zero once."""

    def train(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
        optimizer = make(model.parameters(), **({"lr": 0.1} | settings))
        for i in range(steps):
            if zero and i % zero == 0:
                optimizer.zero_grad()
            loss(model(images), labels).backward()
            optimizer.step()
        return model

    return train


def _squared(outputs: Tensor, labels: Tensor) -> Tensor:
    return F.mse_loss(outputs, F.one_hot(labels, outputs.shape[1]).float())


def _untrained(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
    return model


def _in_eval_mode(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
    return train_classifier(model.eval(), images, labels)


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
    "`F.nll_loss` wants log-probabilities, and gets the logits": F.nll_loss,
    "Your loss is the squared error of the probabilities; it was the cross-entropy": (
        lambda outputs, labels: _squared(outputs.softmax(1), labels)
    ),
    "Your loss is the squared error of the logits; it was the cross-entropy": _squared,
}
SLIPS = {
    "Both faults are still there.": faulty_loop,
    **{f"One fault is gone. {words}.": _trainer(loss=loss) for words, loss in LOSSES.items()},
    **{f"{words}. And {SUMMED[0].lower()}{SUMMED[1:]}.": _trainer(loss=loss, zero=0) for words, loss in LOSSES.items()},
    f"One fault is gone. {SUMMED} in *each* step. (Once, before the loop, is not enough; and without brackets, "
    "`optimizer.zero_grad` does nothing.)": _trainer(zero=0),
    f"{SUMMED} in *each* step, not only in every second.": _trainer(zero=2),
    "The weights did not move at all. Is `optimizer.step()` still there? Are the gradients set to zero before "
    "`backward()`, and not between it and the step? Or was a copy trained, and the first model returned?": _untrained,
    "The model was put into `eval` mode, in which layers such as BatchNorm do not train as they should. Leave it as it "
    "came.": _in_eval_mode,
    "The loss *grows*: its sign is turned round.": _trainer(loss=lambda *given: -F.cross_entropy(*given)),
    f"Your loss is the sum over the images, where it was their mean. {KEEP}.": _trainer(
        loss=functools.partial(F.cross_entropy, reduction="sum")
    ),
    **{
        f"Your learning rate is {lr:g}; it was 0.1. {KEEP}.": _trainer(lr=lr)
        for lr in (1.0, 0.5, 0.3, 0.2, 0.05, 0.03, 0.02, 0.01, 0.001)
    },
    "Your loop ends after one step. Does the `return` stand inside it?": _trainer(steps=1),
    **{
        f"Your loop takes {steps} steps; there were 20. {KEEP}.": _trainer(steps=steps)
        for steps in (2, 5, 10, 15, 18, 19, 21, 22, 25, 30, 40, 50, 100, 200)
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
        f"Your optimizer has a momentum; plain gradient descent has none, not even one of {momentum:g}.": _trainer(
            momentum=momentum
        )
        for momentum in (0.9, 0.5, 0.99)
    },
    **{
        f"Your optimizer has a `weight_decay`; plain gradient descent has none, not even one of {decay:g}.": _trainer(
            weight_decay=decay
        )
        for decay in (0.1, 1e-2, 5e-4, 1e-3, 1e-4, 1e-5)
    },
    "Only the first of the model's parameters was trained. Give the optimizer all of `model.parameters()`.": _trainer(
        lambda parameters, lr: torch.optim.SGD(list(parameters)[:1], lr)
    ),
    "Only the last of the model's parameters was trained. Give the optimizer all of `model.parameters()`.": _trainer(
        lambda parameters, lr: torch.optim.SGD(list(parameters)[-1:], lr)
    ),
}


def judge_train_classifier(answer: object) -> None:
    """40 images of four pixels; a BatchNorm shows whether the model stays in the mode in which it came."""
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(40, 4, generator=generator), torch.randint(3, (40,), generator=generator)

    def fresh() -> nn.Module:
        torch.manual_seed(0)
        return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 3))

    def trained(train: Callable) -> nn.Module:
        model = train(fresh(), images, labels)
        if not isinstance(model, nn.Module):
            raise Wrong(f"The trained model is to be returned, and not a `{type(model).__name__}`.")
        return model

    def weights(model: nn.Module) -> Tensor:
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    def loss(model: nn.Module) -> float:
        with torch.no_grad():
            return F.cross_entropy(model.train()(images), labels).item()

    yours, ours = trained(answer), trained(train_classifier)
    got, right = weights(yours), weights(ours)
    if got.shape != right.shape:
        raise Wrong("You return another model than the one that your function was given. Train that one.")
    if same(got, right, ATOL):
        return
    slip = next((words for words, train in SLIPS.items() if same(got, weights(trained(train)), ATOL)), None)
    raise Wrong(
        slip
        or "The model is not what twenty steps of plain gradient descent, on all the images and at a rate of 0.1, make of "
        f"it. {KEEP}.",
        table({"loss before": loss(fresh()), "after yours": loss(yours), "after the right loop": loss(ours)}),
    )


EXERCISE = Exercise(
    judge=judge_train_classifier,
    solution=train_classifier,
    why="`F.cross_entropy` takes logits, so the softmax goes. And `backward()` adds to the gradients that are there, "
    "so they are set to zero before.",
    notice="Neither fault raised an error. You find such faults by knowing what the numbers should be.",
    hints=(
        "What does `F.cross_entropy` expect: logits or probabilities?",
        "`backward()` adds the new gradients to the old ones. What did the loop of page 2 do about that?",
        "One call in the first line of the loop is too many, and one call on the optimizer is missing before `backward()`.",
    ),
    unfinished=faulty_loop,
)
