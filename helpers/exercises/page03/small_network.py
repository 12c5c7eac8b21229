"""Exercise 3.4. images (N, 1, 32, 32) -> logits (N, 10), with few weights."""

from __future__ import annotations

import re

import torch
from torch import Tensor, nn

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
    model = _network(answer())
    with torch.random.fork_rng(devices=[]):  # the training draws the same numbers as with one call
        _made_anew(model, _network(answer()))
    outputs = _first_outputs(model)
    weights = count_parameters(model)
    if weights > BUDGET:
        raise Wrong(f"Your network has {weights:,} weights; {BUDGET:,} are allowed. Which layer has most of them?")
    _are_logits(model, outputs)
    if not any(isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1 for part in model.modules()):
        raise Wrong("Your network has no `nn.Conv2d` with a kernel larger than 1 x 1. At least one is wanted.")
    advice = _advice(model, outputs, weights)
    train_set, val_set, _ = digits()
    finetune(model, train_set, lr=1e-2, augment=None)
    reached = 100 * accuracy(*predict(model, make_loader(val_set, batch_size=250)))
    if reached < WANTED:
        raise Wrong(
            f"Your network stays within the budget and reaches {reached:.1f} %; {WANTED:.0f} % are wanted. {advice}"
        )


def _network(made: object) -> nn.Module:
    if isinstance(made, nn.Module):
        return made
    raise Wrong(f"A model is wanted, such as `nn.Sequential(...)`, and not a `{type(made).__name__}`.")


def _made_anew(model: nn.Module, again: nn.Module) -> None:
    """Each call makes a network; one that lives outside would be trained further with each check."""
    before = {id(part) for part in (model, *model.parameters())}
    if any(id(part) in before for part in (again, *again.parameters())):
        raise Wrong(
            "Each call of your function returns the same network, or the same layers: they were made outside of it. "
            "Make them inside the function, so that each check begins with fresh weights."
        )


def _first_outputs(model: nn.Module) -> Tensor:
    """What the untrained network makes of 32 images; lazy layers learn their size here."""
    try:
        with torch.no_grad():
            return model.eval()(torch.rand(32, 1, 32, 32, generator=torch.Generator().manual_seed(0)))
    except RuntimeError as error:
        said = str(error).splitlines()[0]
        raise Wrong(f"A batch of images, (32, 1, 32, 32), does not pass. {_misfit(model, said)}") from None


def _misfit(model: nn.Module, said: str) -> str:
    parts = list(model.modules())
    flat = [part.start_dim for part in parts if isinstance(part, nn.Flatten)]
    sizes = re.search(r"\((\d+)x(\d+) and (\d+)x\d+\)", said)
    if 0 in flat:
        return "`nn.Flatten(0)` puts all images into one row. `nn.Flatten()` keeps a row for each."
    if isinstance(model, nn.Sequential) and not flat and sizes:
        return "Put `nn.Flatten()` before the first `nn.Linear`: it makes one row of numbers of each image."
    if sizes and int(sizes[1]) == 32:
        return f"An `nn.Linear` was made for {int(sizes[3]):,} numbers an image, and gets {int(sizes[2]):,}."
    return f"Python says: `{said}`. Does each layer fit the one before?"


def _are_logits(model: nn.Module, outputs: Tensor) -> None:
    if outputs.shape != (32, 10):
        dense = any(isinstance(part, nn.Linear) for part in model.modules())
        where = "before the first `nn.Linear`" if dense else "at the end"
        flatten = f" Put `nn.Flatten()` {where}." if outputs.dim() == 4 else ""
        raise Wrong(f"For 32 images your network returns the shape {tuple(outputs.shape)}, not (32, 10).{flatten}")
    if (outputs >= 0).all() and torch.allclose(outputs.sum(dim=1), torch.ones(32), atol=1e-4):
        raise Wrong("The outputs are probabilities already. Leave the softmax out: the loss takes logits.")
    if (outputs >= 0).all() and torch.allclose(outputs.sum(dim=0), torch.ones(10), atol=1e-4):
        raise Wrong(
            "For each class your outputs add up to 1 over the *images*: a softmax with `dim=0`. Leave the softmax out: "
            "the loss takes logits."
        )


def _advice(model: nn.Module, outputs: Tensor, weights: int) -> str:
    """What to try, should the network stay below the mark; seen before it is trained."""
    parts = list(model.modules())
    dropped = max((part.p for part in parts if isinstance(part, nn.modules.dropout._DropoutNd)), default=0.0)
    convolutions = sum(isinstance(part, nn.Conv2d) for part in parts)
    if not any(parameter.any() for parameter in model.parameters()):
        return (
            "All weights begin at 0, so all channels get the same gradient, if any. Keep the values drawn by PyTorch."
        )
    if (outputs >= 0).all():
        return "No logit of it is ever below 0: is there a ReLU behind the last layer? Leave it out."
    if dropped >= 0.4:
        return (
            f"`nn.Dropout` throws away {100 * dropped:.0f} % of the values in training. So small a network needs them."
        )
    if _is_affine(model):
        return "It has no ReLU: without one, layers behind each other can do no more than a single one."
    if convolutions < 2:
        return "Use the weights where they are shared: two convolutions, each with a ReLU and a max pooling behind it."
    return (
        f"It has {convolutions} convolutions, and uses {weights:,} of {BUDGET:,} weights. Try more channels in the later "
        "ones, `nn.MaxPool2d` in place of strides or averages, or more places (4 x 4) before the dense layer."
    )


def _is_affine(model: nn.Module) -> bool:
    """Whether the network does no more than multiply and add."""
    with torch.no_grad():
        a, b = torch.randn(2, 4, 1, 32, 32, generator=torch.Generator().manual_seed(1))
        bent = model(a) + model(b) - model(a + b) - model(torch.zeros_like(a))
    return bent.abs().max().item() < 1e-4


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
