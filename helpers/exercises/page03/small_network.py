"""Exercise 3.4. images (N, 1, 32, 32) -> logits (N, 10), with few weights."""

from __future__ import annotations

import re
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.modules.module import register_module_forward_pre_hook
from torch.optim.optimizer import register_optimizer_step_pre_hook

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
BUDGET, WANTED, GUESSED = 6_000, 93.0, 20.0

# Where layers may stand in the place of a list, a tuple or a dictionary of Python.
HOLDERS = {"list": "nn.ModuleList", "tuple": "nn.ModuleList", "dictionary": "nn.ModuleDict"}


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
    model = _network(_untrained(answer))
    with torch.random.fork_rng(devices=[]):  # the training draws the same numbers as with one call
        _made_anew(model, _network(answer()))
    outputs = _first_outputs(model)
    _all_layers_are_known(model)
    weights = count_parameters(model)
    if weights > BUDGET:
        raise Wrong(f"Your network has {weights:,} weights; {BUDGET:,} are allowed. Which layer has most of them?")
    _are_logits(model, outputs)
    _has_a_convolution(model)
    _has_gradients(model)
    advice = _advice(model, outputs, weights)
    train_set, val_set, _ = digits()
    finetune(model, train_set, lr=1e-2, augment=None)
    reached = 100 * accuracy(*predict(model, make_loader(val_set, batch_size=250)))
    if reached < WANTED:
        if reached <= GUESSED:
            advice = f"That is hardly more than guessing: it has learnt next to nothing. {advice}"
        raise Wrong(
            f"Your network stays within the budget and reaches {reached:.1f} %; {WANTED:.0f} % are wanted. {advice}"
        )


def _untrained(answer: Callable) -> object:
    """What the function returns; it may not train the network itself."""
    steps: list[object] = []
    hook = register_optimizer_step_pre_hook(lambda optimizer, *_: steps.append(optimizer))
    try:
        made = answer()
    finally:
        hook.remove()
    if steps:
        raise Wrong("Your function trains the network itself. Return it with fresh weights: `check` does the training.")
    return made


def _network(made: object) -> nn.Module:
    if isinstance(made, nn.Module):
        return made
    if isinstance(made, type):
        raise Wrong(f"That is the class `{made.__name__}`, and no network yet. Write `{made.__name__}()`: one is made.")
    if isinstance(made, list | tuple):
        raise Wrong(
            f"A network is wanted, and not a `{type(made).__name__}` of layers: `nn.Sequential(...)` makes one of them."
        )
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
    name = type(model).__name__
    try:
        with torch.no_grad():
            outputs = model.eval()(_images())
    except NotImplementedError:
        raise Wrong(
            f"Your class `{name}` has no `forward`. Is it spelt so, and as far to the right as `__init__`?"
        ) from None
    except Exception as error:
        said = (str(error).splitlines() or [""])[0]
        if not isinstance(error, RuntimeError):
            said = f"{type(error).__name__}: {said}"
        raise Wrong(f"A batch of images, (32, 1, 32, 32), cannot go through it. {_misfit(model, said)}") from None
    if outputs is None:
        raise Wrong(
            f"The `forward` of your `{name}` returns `None`. Is a `return` missing in it, before the last result?"
        )
    if not isinstance(outputs, Tensor):
        raise Wrong(
            f"The `forward` of your `{name}` returns a `{type(outputs).__name__}`. One tensor is wanted, the logits."
        )
    return outputs


def _all_layers_are_known(model: nn.Module) -> None:
    """Raise if a layer with weights stands where neither the count nor the training finds it."""
    known, strange = {id(part) for part in model.modules()}, []

    def note(part: nn.Module, _: object) -> None:
        if id(part) not in known and any(True for _ in part.parameters()):
            strange.append(part)

    hook = register_module_forward_pre_hook(note)
    try:
        _first_outputs(model)
    finally:
        hook.remove()
    if not strange:
        return
    kind, holder = type(strange[0]).__name__, _held_in(model)
    if holder:
        raise Wrong(
            f"Your layers stand in a plain Python {holder[1]}, `self.{holder[0]}`. PyTorch does not look into it: a `{kind}` of it "
            f"is neither counted nor trained. Put them into `{HOLDERS.get(holder[1], 'nn.ModuleList')}(...)`, or into `nn.Sequential(...)`."
        )
    raise Wrong(
        f"Your network uses a `{kind}` that is no part of it, so it is neither counted nor trained. Make it in `__init__` and keep "
        "it there: `self.name = ...`."
    )


def _held_in(model: nn.Module) -> tuple[str, str] | None:
    """Name and kind of the list or dictionary, of a part of the network, in which layers stand."""
    of_pytorch = vars(nn.Module())
    for part in model.modules():
        for name, value in vars(part).items():
            held = list(value.values()) if isinstance(value, dict) else value
            if name in of_pytorch or not isinstance(held, list | tuple):
                continue
            if any(isinstance(layer, nn.Module) for layer in held):
                return name, "dictionary" if isinstance(value, dict) else type(value).__name__
    return None


def _has_a_convolution(model: nn.Module) -> None:
    """Raise unless there is a convolution that is larger than a pixel, and used."""
    large = [part for part in model.modules() if isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1]
    if not large:
        raise Wrong("Your network has no `nn.Conv2d` with a kernel larger than 1 x 1. At least one is wanted.")
    if all(_unused(model, part.weight) for part in large):
        raise Wrong("Your network has an `nn.Conv2d`, and what it returns does not depend on it: use it in `forward`.")


def _unused(model: nn.Module, weight: Tensor) -> bool:
    """Whether a weight that can be trained has no part in what the network returns; False where that cannot be told."""
    if not weight.requires_grad:
        return False
    with torch.enable_grad():
        total = model(_images()).sum()
        return total.requires_grad and torch.autograd.grad(total, weight, allow_unused=True)[0] is None


def _has_gradients(model: nn.Module) -> None:
    """Raise if nothing of the network can be trained."""
    if not any(parameter.requires_grad for parameter in model.parameters()):
        raise Wrong("All weights of your network are frozen. Leave `requires_grad_(False)` out: it is to be trained.")
    with torch.enable_grad():
        if not model(_images()).requires_grad:
            raise Wrong(
                "Your network computes without gradients, so it cannot be trained. Is there a `no_grad`, `detach` or `.data` in its "
                "`forward`? Leave it out."
            )


def _images() -> Tensor:
    return torch.rand(32, 1, 32, 32, generator=torch.Generator().manual_seed(0))


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
    with torch.no_grad():
        loud = model(1000 * _images())
    if (loud >= 0).all() and (loud <= 1).all() and loud.max() > 0.999 and loud.min() < 0.001:
        raise Wrong(
            "All outputs lie between 0 and 1: there is a sigmoid at the end. Leave it out: the loss takes logits."
        )
    if (loud.abs() <= 1).all() and loud.max() > 0.999 and loud.min() < -0.999:
        raise Wrong(
            "All outputs lie between -1 and 1: there is a tanh at the end. Leave it out: logits may be any number."
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
    if any(isinstance(part, nn.Sigmoid | nn.Tanh) for part in parts):
        return (
            "It has `nn.Sigmoid` or `nn.Tanh` between its layers: they are flat nearly everywhere, so little of the gradient gets "
            "through several of them. Use `nn.ReLU` there."
        )
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
