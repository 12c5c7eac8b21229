"""Page 01: compare fairly, and carry an encoder over."""

from __future__ import annotations

import copy
import statistics

import torch
from torch import nn

from helpers.exercises.engine import Exercise, Wrong, watched
from helpers.exercises.judging import drawn
from helpers.models import Classifier, Encoder


def compare_draws(scratch, pretrained):
    """Mean points gained by pretraining, and in how many draws it wins."""
    gains = [p - s for s, p in zip(scratch, pretrained, strict=True)]
    return sum(gains) / len(gains), sum(gain > 0 for gain in gains)


def draw_cases() -> list[tuple]:
    """Accuracies of both contenders in each draw; equal ones, one draw only, and losses are among them."""

    def make(generator: torch.Generator, i: int) -> tuple:
        scratch = torch.randint(40, 90, (1 + i // 4,), generator=generator)
        gains = torch.randint(-6, 9, (len(scratch),), generator=generator) * (
            torch.rand(len(scratch), generator=generator) < 0.7
        )
        return scratch.double().tolist(), (scratch + gains / (1, 2)[i % 2]).tolist()

    return drawn(make)


def _gains(scratch: list, pretrained: list) -> torch.Tensor:
    return torch.tensor(pretrained) - torch.tensor(scratch)


DRAW_SLIPS = {
    "That is the sum of the gains; wanted is their mean over the draws.": lambda s, p: (
        _gains(s, p).sum(),
        _wins(s, p),
    ),
    "A gain is pretrained minus scratch; yours is the other way round.": lambda s, p: (
        -_gains(s, p).mean(),
        _wins(s, p),
    ),
    "That is the mean over the draws that were won. The gain is the mean over *all* draws.": lambda s, p: (
        _gains(s, p)[_gains(s, p) > 0].mean(),
        _wins(s, p),
    ),
    "That is the mean of the differences without their sign: a loss counts as a gain.": lambda s, p: (
        _gains(s, p).abs().mean(),
        _wins(s, p),
    ),
    "That is the median of the gains; wanted is their mean.": lambda s, p: (
        statistics.median(_gains(s, p).tolist()),
        _wins(s, p),
    ),
    "That is the median of the gains, the lower of the two in the middle; wanted is their mean.": lambda s, p: (
        _gains(s, p).median(),
        _wins(s, p),
    ),
    "That is the gain of the first draw only: a `return` inside the loop ends it there.": lambda s, p: (
        _gains(s, p)[0],
        _wins(s, p),
    ),
    "That is the gain of the last draw only: collect the gains of all draws first.": lambda s, p: (
        _gains(s, p)[-1],
        _wins(s, p),
    ),
    "It counts the draws that scratch wins.": lambda s, p: (_gains(s, p).mean(), (_gains(s, p) < 0).sum()),
    "A draw with equal accuracies is no win: count only gains above 0.": lambda s, p: (
        _gains(s, p).mean(),
        (_gains(s, p) >= 0).sum(),
    ),
    "The wins are a number of draws, not a share.": lambda s, p: (_gains(s, p).mean(), _wins(s, p) / len(s)),
    "It is the number of all draws; count those in which pretrained is better.": lambda s, p: (
        _gains(s, p).mean(),
        len(s),
    ),
    "It says whether pretrained wins at all; count the draws.": lambda s, p: (_gains(s, p).mean(), bool(_wins(s, p))),
}


def _wins(scratch: list, pretrained: list) -> int:
    return int((_gains(scratch, pretrained) > 0).sum())


def carry_over(pretrained, classes):
    """A new classifier that starts from a copy of the pretrained encoder, with a head of its own."""
    return Classifier(copy.deepcopy(pretrained.encoder), classes=classes)


def judge_carry_over(answer: object) -> None:
    torch.manual_seed(1)
    original = Classifier(Encoder(width=4), classes=7)
    pretrained, given = watched(lambda: copy.deepcopy(original))
    model = answer(pretrained, 5)
    if model is None:
        raise Wrong("Your function returned `None`. Is a `return` missing?")
    if not isinstance(model, nn.Module):
        raise Wrong(f"A model is wanted, and your function returned a `{type(model).__name__}`.")
    handed_over = given[0]
    if _differs(handed_over, original):
        raise Wrong("Your function changed the *pretrained* model itself. Build a new one, and leave that as it is.")
    classes = _outputs_of(model, original.encoder.latent_dim)
    if classes == 7:
        raise Wrong("The model still has the old head, with its 7 outputs. Its 5 classes need a new one.")
    if classes != 5:
        raise Wrong(f"The model has {classes} outputs, and 5 classes were asked. Does it use the argument `classes`?")
    tensors = list(model.state_dict().values())
    if not all(
        any(torch.equal(learnt, tensor) for tensor in tensors) for learnt in original.encoder.state_dict().values()
    ):
        raise Wrong("The encoder's weights are not the pretrained ones: this model starts from scratch.")
    for tensor in tensors:  # what fine-tuning will do to them
        tensor.add_(1)
    if _differs(handed_over, original):
        outer = any(module is handed_over.encoder for module in model.modules())
        how = "Give it a copy: `copy.deepcopy`." if outer else "`copy.copy` copies the outer shell only."
        raise Wrong("The new model *shares* weights with the pretrained one: fine-tuning it would change both. " + how)


def _outputs_of(model: nn.Module, latent_dim: int) -> int:
    """How many numbers the model returns for an image."""
    try:
        outputs = model.eval()(torch.zeros(2, 1, 32, 32))
    except RuntimeError as error:
        raise Wrong(
            f"The new head does not fit its encoder, whose latent vector has {latent_dim} numbers in this test, not "
            f"1024: encoders may be of any width. `encoder.latent_dim` tells it, and `Classifier` asks for it. ({error})"
        ) from None
    if not isinstance(outputs, torch.Tensor) or outputs.dim() != 2:
        raise Wrong("For two images the model should return a table of two rows, with one number for each class.")
    return outputs.shape[1]


def _differs(model: nn.Module, other: nn.Module) -> bool:
    """Whether two models have other tensors by name, shape or value."""
    mine, theirs = model.state_dict(), other.state_dict()
    return mine.keys() != theirs.keys() or not all(torch.equal(mine[name], theirs[name]) for name in mine)


EXERCISES = {
    "1.1": Exercise(
        judge=judge_carry_over,
        solution=carry_over,
        why="The encoder is what was learnt; the head belongs to the old task. A copy leaves the original as it was.",
        notice="Encoder kept, head new, original untouched: most fine-tunings of the course begin like this.",
        hints=(
            "`Classifier(encoder, classes=...)` puts a new head on any encoder. Which encoder do you give it?",
            "If two models hold the same encoder object, training one changes the other. See `finetune` above.",
            "`copy.deepcopy(pretrained.encoder)` is an encoder with the same weights and a life of its own.",
        ),
    ),
    "1.2": Exercise(
        solution=compare_draws,
        cases=draw_cases,
        slips=DRAW_SLIPS,
        returns="two numbers, the mean gain and the number of wins",
        why="Both contenders had the same labels in each draw, so subtract draw by draw; then take the mean.",
        notice="Subtracting draw by draw takes the luck of the draw out of the comparison.",
        hints=(
            "In each draw, how many points more has pretrained than scratch? `zip` walks through both lists at once.",
            "Collect these gains, one for each draw. The first answer is their mean: their sum over their number.",
            "The second answer counts the gains above 0. A comparison counts as 1 where it is true, as 0 where not.",
        ),
    ),
}
