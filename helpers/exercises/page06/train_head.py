"""Exercise 6.3. Train the head on images and labels, 10 steps -> validation accuracy, from 0 to 1."""

from __future__ import annotations

import torch
from torch import nn

from helpers.exercises.engine import Exercise
from helpers.exercises.page06.head_loop import judge_train_head


def train_head(model, images, labels, val_images, val_labels):
    """Train the head on images and labels, 10 steps -> validation accuracy, from 0 to 1."""
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
    model.eval()
    for _ in range(10):
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    predictions = model(val_images).argmax(dim=1)
    return (predictions == val_labels).float().mean().item()


def faulty_train_head(model, images, labels, val_images, val_labels):
    """As the stub in the page."""
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
    for _ in range(10):
        model.train()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    predictions = model(images).argmax(dim=1)
    return (predictions == labels).float().mean().item()


EXERCISE = Exercise(
    judge=judge_train_head,
    solution=train_head,
    unfinished=faulty_train_head,
    seconds=15.0,  # the first optimizer imports for seconds
    why="`eval()` lets BatchNorm rest, `zero_grad` forgets the last step, and only new images measure.",
    notice="None of these faults raised an error, and each of them falsifies the result. Look for them in every loop.",
    hints=(
        "One fault is about BatchNorm (it moves, and it measures by the batch), one about gradients, one about which images measure.",
        "The encoder is frozen. Which call lets its running statistics move nevertheless? And what does `backward` do with the "
        "gradients that are there already?",
        "The head alone needs no `train()`; `zero_grad` belongs before each `backward`. And look at the last two lines: "
        "whose accuracy is it?",
    ),
)
