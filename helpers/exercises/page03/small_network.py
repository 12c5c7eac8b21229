"""Exercise 3.4. images (N, 1, 32, 32) -> logits (N, 10), with few weights."""

from __future__ import annotations

import torch
from torch import nn

from helpers.data import make_loader
from helpers.data.images import digits
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import Wrong
from helpers.finetune import finetune
from helpers.metrics import accuracy, predict
from helpers.models import count_parameters

# Weights, and validation accuracy in per cent. Under the judge's training, with four seeds each, five networks with
# max pooling or BatchNorm reached 93.6 to 97.4, and a dense layer on all pixels (10,250 weights) at most 90.2. Without a
# convolution 93 % can be reached too (5,864 weights behind a cropped, averaged image: 93.2 to 93.6), so one is demanded.
BUDGET, WANTED = 6_000, 93.0


def small_network():
    """images (N, 1, 32, 32) -> logits (N, 10), with few weights."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(16 * 4 * 4, 10),
    )


def judge_small_network(answer: object) -> None:
    torch.manual_seed(0)
    model = answer()
    if not isinstance(model, nn.Module):
        raise Wrong(f"A model is wanted, such as `nn.Sequential(...)`, and not a `{type(model).__name__}`.")
    weights = count_parameters(model)
    if weights > BUDGET:
        raise Wrong(f"Your network has {weights:,} weights; {BUDGET:,} are allowed. Which layer has most of them?")
    try:
        outputs = model(torch.zeros(2, 1, 32, 32))
    except RuntimeError as error:
        raise Wrong(f"An image (2, 1, 32, 32) does not pass: {error}. Does each layer fit the one before?") from None
    if outputs.shape != (2, 10):
        flatten = " Put `nn.Flatten()` before the last `nn.Linear`." if outputs.dim() == 4 else ""
        raise Wrong(f"For two images your network returns the shape {tuple(outputs.shape)}, not (2, 10).{flatten}")
    if torch.allclose(outputs.sum(dim=1), torch.ones(2), atol=1e-4) and (outputs >= 0).all():
        raise Wrong("The outputs are probabilities already. Leave the softmax out: the loss takes logits.")
    if not any(isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1 for part in model.modules()):
        raise Wrong("Your network has no `nn.Conv2d` with a kernel larger than 1 x 1. At least one is wanted.")
    train_set, val_set, _ = digits()
    finetune(model, train_set, lr=1e-2, augment=None)
    reached = 100 * accuracy(*predict(model, make_loader(val_set, batch_size=250)))
    if reached < WANTED:
        raise Wrong(
            f"Your network stays within the budget and reaches {reached:.1f} %; {WANTED:.0f} % are wanted. Use "
            "the weights where they are shared: two convolutions, each with a ReLU and a max pooling behind it."
        )


EXERCISE = Exercise(
    judge=judge_small_network,
    solution=small_network,
    why="Pooling makes the image small, so that the last, dense layer needs few weights; the convolutions share "
    "theirs over all places.",
    notice="A single dense layer from 1,024 pixels to ten logits needs 10,250 weights. Trained in the same way with "
    "four seeds, it reached about 90 %.",
    hints=(
        "A dense layer on the pixels has 1,024 x 10 weights, which is too many. Make the image smaller first.",
        "`nn.MaxPool2d(2)` halves the image without weights, and `nn.MaxPool2d(4)` quarters it. 4 x 4 places are enough.",
        "Twice a convolution, a ReLU and a max pooling; at the end `nn.Flatten()` and `nn.Linear(channels * 4 * 4, 10)`.",
    ),
    seconds=30.0,
)
