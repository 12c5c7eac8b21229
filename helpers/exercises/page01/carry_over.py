"""Exercise 1.1. A new classifier that starts from a copy of the pretrained encoder, with a head of its own."""

from __future__ import annotations

import copy

import torch
from torch import nn

from helpers.exercises.engine import Exercise, Wrong, watched
from helpers.models import Classifier, Encoder


def carry_over(pretrained, classes):
    """A new classifier that starts from a copy of the pretrained encoder, with a head of its own."""
    return Classifier(copy.deepcopy(pretrained.encoder), classes=classes)


def judge_carry_over(answer: object) -> None:
    for width in (16, 4):  # as on the page, and another
        _judge_width(answer, width)


def _judge_width(answer: object, width: int) -> None:
    torch.manual_seed(1)
    original = Classifier(Encoder(width=width), classes=7)
    original(torch.rand(8, 1, 32, 32))  # running means and deviations that are not those of the start
    pretrained, given = watched(lambda: copy.deepcopy(original))
    model = answer(pretrained, 5)
    if not isinstance(model, nn.Module):
        kind = "class" if isinstance(model, type) else f"`{type(model).__name__}`"
        raise Wrong(f"A model is wanted, and your function returned a {kind}.")
    handed_over = given[0]
    if _differs(handed_over, original):
        raise Wrong("Your function changed the *pretrained* model itself. Build a new one, and leave that as it is.")
    if not handed_over.training or not all(p.requires_grad for p in handed_over.parameters()):
        raise Wrong("Your function froze the *pretrained* model, or set it to `eval()`. Leave it as it is.")
    if _shares(model, handed_over):
        how = (
            "Give it a copy, by `copy.deepcopy`."
            if _holds(model, handed_over)
            else "A copy of the outer shell is not enough."
        )
        raise Wrong("The new model *shares* weights with the pretrained one: fine-tuning it would change both. " + how)
    if not all(p.requires_grad for p in model.parameters()):
        raise Wrong("A part of the new model is frozen. It is to be fine-tuned, so all of it must be trainable.")
    classes = _outputs_of(model, original.encoder.latent_dim)
    if classes == 7:
        raise Wrong("The model still has the old head, with its 7 outputs. Its 5 classes need a new one.")
    if classes != 5:
        raise Wrong(f"The model has {classes} outputs, and 5 classes were asked. Does it use the argument `classes`?")
    tensors = list(model.state_dict().values())
    learnt = [any(torch.equal(tensor, other) for other in tensors) for tensor in original.encoder.state_dict().values()]
    weights = [name.rpartition(".")[2] in ("weight", "bias") for name in original.encoder.state_dict()]
    if not all(got for got, weight in zip(learnt, weights, strict=True) if weight):
        raise Wrong("The encoder's weights are not, or not all, the pretrained ones.")
    if not all(learnt):
        raise Wrong(
            "Only a part of the encoder has arrived. Its state holds more than weights: the running means of BatchNorm "
            "belong to what was learnt, and `parameters()` does not list them."
        )
    old_head = original.head.weight.flatten()[:5]
    if any(torch.equal(tensor.flatten()[:5], old_head) for tensor in tensors):
        raise Wrong("The new head begins with the old one's weights. A head for other classes starts anew.")


def _shares(model: nn.Module, other: nn.Module) -> bool:
    """Whether changing one of the two would change the other."""
    theirs = {tensor.data_ptr() for tensor in other.state_dict().values() if tensor.numel()}
    return any(tensor.data_ptr() in theirs for tensor in model.state_dict().values() if tensor.numel())


def _holds(model: nn.Module, other: nn.Module) -> bool:
    return any(module is other.encoder for module in model.modules())


def _outputs_of(model: nn.Module, latent_dim: int) -> int:
    """How many numbers the model returns for an image."""
    try:
        outputs = model.eval()(torch.zeros(2, 1, 32, 32))
    except RuntimeError as error:
        raise Wrong(
            f"The new head does not fit its encoder, whose latent vector has {latent_dim} numbers in this test: "
            f"encoders may be of any width. `encoder.latent_dim` tells it, and `Classifier` asks for it; `nn.Linear` takes "
            f"what comes in first, and the classes second. ({error})"
        ) from None
    if not isinstance(outputs, torch.Tensor) or outputs.dim() != 2:
        raise Wrong("For two images the model should return a table of two rows, with one number for each class.")
    return outputs.shape[1]


def _differs(model: nn.Module, other: nn.Module) -> bool:
    """Whether two models have other tensors by name, shape or value."""
    mine, theirs = model.state_dict(), other.state_dict()
    return mine.keys() != theirs.keys() or not all(torch.equal(mine[name], theirs[name]) for name in mine)


EXERCISE = Exercise(
    judge=judge_carry_over,
    solution=carry_over,
    why="The encoder is what was learnt; the head belongs to the old task. A copy leaves the original as it was.",
    notice="Encoder kept, head new, original untouched: most fine-tunings of the course begin like this.",
    hints=(
        "`Classifier(encoder, classes=...)` puts a new head on any encoder. Which encoder do you give it?",
        "If two models hold the same encoder object, training one changes the other. See `finetune` above.",
        "`copy.deepcopy(pretrained.encoder)` is an encoder with the same weights and a life of its own.",
    ),
)
