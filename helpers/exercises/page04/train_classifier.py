"""Exercise 4.4. Twenty steps of plain gradient descent; returns the trained model."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import Raised, Wrong, same
from helpers.exercises.page04.wrong_loops import KEEP, SEVERAL, SLIPS, faulty_loop
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


def _random_data(scale: float = 1.0) -> tuple[Tensor, Tensor]:
    generator = torch.Generator().manual_seed(0)
    return scale * torch.randn(100, 4, generator=generator), torch.randint(3, (100,), generator=generator)


def _clear_data() -> tuple[Tensor, Tensor]:
    """Images that a linear model can tell apart, with large numbers: steep at first, soon a small loss, with ups too."""
    images, _ = _random_data(scale=8.0)
    return images + 8, images[:, :3].argmax(dim=1)


def _with_batchnorm() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 4), nn.ReLU(), nn.BatchNorm1d(4), nn.Linear(4, 3))


def _linear() -> nn.Module:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 3))


# A model, images with labels, and the difference that counts as equal. A BatchNorm shows in which mode it trains; clear
# data, whether something depends on how large the loss or its gradient is.
TRIALS = (
    (_with_batchnorm, _random_data, ATOL),
    (lambda: _with_batchnorm().eval(), _random_data, ATOL),
    (_linear, _clear_data, 1e-4),
)


def _trained(train: Callable, make: Callable, data: Callable) -> nn.Module:
    try:
        model = train(make(), *data())
    except Raised as error:
        if "this encoder was built for" in error.slip:
            raise Raised(
                "Your function makes a model of its own and trains that. Train the one that it was given: here it is "
                f"another than the page's. {error.slip[error.slip.find('Python says') :]}"
            ) from None
        raise
    if not isinstance(model, nn.Module):
        raise Wrong(f"The trained model is to be returned, and not a `{type(model).__name__}`.")
    return model


def _weights(model: nn.Module) -> Tensor:
    return torch.cat([parameter.detach().flatten() for parameter in model.parameters()])


def _agree(train: Callable, theirs: list[Tensor]) -> bool:
    """Whether this loop arrives at the same weights in all trials."""
    return all(
        same(got, _weights(train(make(), *data())), atol)
        for got, (make, data, atol) in zip(theirs, TRIALS, strict=True)
    )


def judge_train_classifier(answer: object) -> None:
    """What became of three small models, compared with the right loop."""
    # Ours comes first: torch's first optimizer takes seconds, which the learner's time limit shall not count.
    ours = [train_classifier(make(), *data()) for make, data, _ in TRIALS]
    yours = [_trained(answer, make, data) for make, data, _ in TRIALS]
    got, right = [_weights(model) for model in yours], [_weights(model) for model in ours]
    if any(a.shape != b.shape for a, b in zip(got, right, strict=True)):
        raise Wrong("You return another model than the one that your function was given. Train that one.")
    wrong = [i for i, (*_, atol) in enumerate(TRIALS) if not same(got[i], right[i], atol)]
    if not wrong:
        _judge_the_rest(yours, ours)
        return
    rivals = [*SLIPS.items(), *((words, train) for words, trains in SEVERAL.items() for train in trains)]
    slip = next((words for words, train in rivals if _agree(train, got)), None)
    make, data, atol = TRIALS[wrong[0]]

    def loss(model: nn.Module) -> float:
        with torch.no_grad():
            return F.cross_entropy(model.train(make().training)(data()[0]), data()[1]).item()

    if slip is None and not same(_weights(_after_another_seed(answer, make, data)), got[wrong[0]], atol):
        slip = (
            "A second call with the same model and images ends elsewhere: something in your loop is random. Are the images "
            f"shuffled, and their labels not? {KEEP}."
        )
    raise Wrong(
        slip
        or "The model is not what twenty steps of plain gradient descent, on all the images and at a rate of 0.1, make of "
        f"it. {KEEP}.",
        table(
            {
                "loss before": loss(make()),
                "after yours": loss(yours[wrong[0]]),
                "after the right loop": loss(ours[wrong[0]]),
            }
        ),
    )


def _after_another_seed(answer: Callable, make: Callable, data: Callable) -> nn.Module:
    def seeded() -> nn.Module:
        model = make()
        torch.manual_seed(1)
        return model

    return _trained(answer, seeded, data)


def _judge_the_rest(yours: list[nn.Module], ours: list[nn.Module]) -> None:
    """The weights are right: what else has become of the model?"""
    for mine, right in zip(yours, ours, strict=True):
        if mine.training != right.training:
            modes = {True: "train", False: "eval"}
            raise Wrong(
                f"The weights are right, but a model that came in `{modes[right.training]}` mode comes back in "
                f"`{modes[mine.training]}` mode. Return it in the mode it came in."
            )
        if not all(map(torch.allclose, mine.buffers(), right.buffers())):
            raise Wrong(
                "The weights are right, but the model was called more or less often than once a step, and each call in "
                "`train` mode moves the statistics that BatchNorm keeps. Print the loss, or call the model only for the loss."
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
