"""Exercise 4.4. Twenty steps of plain gradient descent; returns the trained model."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise, compare
from helpers.exercises.judging import Wrong


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


def judge_train_classifier(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    images, labels = torch.randn(12, 4, generator=generator), torch.randint(3, (12,), generator=generator)

    def weights_after(train: object) -> Tensor:
        torch.manual_seed(0)
        model = train(nn.Linear(4, 3), images, labels)
        if not isinstance(model, nn.Module):
            raise Wrong(f"The trained model is to be returned, and not a `{type(model).__name__}`.")
        return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])

    def only_softmax(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(20):
            optimizer.zero_grad()
            F.cross_entropy(model(images).softmax(dim=1), labels).backward()
            optimizer.step()
        return model

    def only_gathered(model: nn.Module, images: Tensor, labels: Tensor) -> nn.Module:
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(20):
            F.cross_entropy(model(images), labels).backward()
            optimizer.step()
        return model

    torch.manual_seed(0)
    untrained = torch.cat([parameter.detach().flatten() for parameter in nn.Linear(4, 3).parameters()])
    softmax_left, sum_left = weights_after(only_softmax), weights_after(only_gathered)
    slips = {
        "Both faults are still there.": weights_after(faulty_loop),
        "One fault is gone. The loss still gets probabilities, and takes a softmax of its own: softmax twice.": softmax_left,
        "One fault is gone. The gradients of all steps still add up: something must set them to zero.": sum_left,
        "The weights did not move at all. Is `optimizer.step()` still there, and are the gradients set to zero before "
        "`backward()`, and not between it and the step?": untrained,
    }
    compare(weights_after(answer), weights_after(train_classifier), "twelve examples, the trained weights", slips)


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
