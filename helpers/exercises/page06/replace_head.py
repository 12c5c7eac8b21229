"""Exercise 6.2. The same model with a new last layer `fc`, for this many classes."""

from __future__ import annotations

from torch import nn

from helpers.exercises.engine import Exercise
from helpers.exercises.page06.heads import judge_replace_head


def replace_head(model, classes):
    """The same model with a new last layer `fc`, for this many classes."""
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model


EXERCISE = Exercise(
    judge=judge_replace_head,
    solution=replace_head,
    why="The old layer knows how many latents come in: `in_features`. Everything below it stays.",
    notice="It works for any model whose last layer is called `fc`; for others look at `print(model)`.",
    hints=(
        "A layer of a model can be replaced by another one under the same name. Which two numbers does a linear layer need?",
        "How many come out is `classes`. How many go in must stay as it was, and the old layer knows that number.",
        "Not every model has 512 latents: `model.fc.in_features` tells. Set `model.fc = ...`, and return the model.",
    ),
)
