"""Page 04: the loss, a stable logarithm, the gradient, and a training loop with faults."""

from __future__ import annotations

import functools

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise, compare
from helpers.exercises.judging import Wrong, drawn, same


def loss_from_probs(probs, labels):
    """The mean cross-entropy of probabilities (N, K) against class numbers (N,), in nats."""
    return -probs[torch.arange(len(labels)), labels].log().mean()


def probs_cases() -> list[tuple]:
    """One row, two classes, more rows than classes and the reverse, labels of every kind."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = (1, 3, 2, 5, 4, 7)[i % 6], (2, 3, 4, 3, 6, 2)[i % 6]
        probs = torch.randn(n, k, generator=generator).softmax(dim=1)
        return probs, torch.randint(k, (n,), generator=generator)

    return drawn(make)


def _right(probs: Tensor, labels: Tensor) -> Tensor:
    """The probability of the right class, one for each row."""
    return probs[torch.arange(len(labels)), labels]


PROBS_SLIPS = {
    "The minus is missing: the logarithm of a probability is negative, a loss is not.": lambda probs, labels: (
        _right(probs, labels).log().mean()
    ),
    "The logarithm is missing. (`F.nll_loss` wants log-probabilities.)": F.nll_loss,
    "The logarithm and the minus are missing.": lambda probs, labels: _right(probs, labels).mean(),
    "That is the sum over the images. The loss of a batch is their *mean*.": lambda probs, labels: (
        -_right(probs, labels).log().sum()
    ),
    "That logarithm has base 2. Nats need the natural one, `torch.log`.": lambda probs, labels: (
        -_right(probs, labels).log2().mean()
    ),
    "That logarithm has base 10. Nats need the natural one, `torch.log`.": lambda probs, labels: (
        -_right(probs, labels).log10().mean()
    ),
    "You averaged over the classes too. Sum over classes, then take the mean over *images*.": lambda probs, labels: (
        -_right(probs, labels).log().mean() / probs.shape[1]
    ),
    "You divided by the number of classes. The mean is over the *images*.": lambda probs, labels: (
        -_right(probs, labels).log().sum() / probs.shape[1]
    ),
    "The probabilities went through a softmax once more: `F.cross_entropy` wants logits.": F.cross_entropy,
    "That is one minus the probability of the right class, not its logarithm.": lambda probs, labels: (
        1 - _right(probs, labels).mean()
    ),
    "The mean comes before the logarithm in yours. First each image's logarithm, then the mean.": (
        lambda probs, labels: -_right(probs, labels).mean().log()
    ),
    "These are the losses of the single images; wanted is their mean.": lambda probs, labels: (
        -_right(probs, labels).log()
    ),
    "That is the loss of the likeliest class. The label says which class counts.": lambda probs, labels: (
        -probs.amax(dim=1).log().mean()
    ),
    "That takes all classes, not the right one only. The label says which probability counts.": lambda probs, labels: (
        -probs.log().sum(dim=1).mean()
    ),
    "That is the entropy of the probabilities: the labels have no part in it.": lambda probs, labels: (
        -(probs * probs.log()).sum(dim=1).mean()
    ),
}


def safe_log_softmax(logits):
    """The logarithm of the softmax of logits (N, K), without overflow."""
    shifted = logits - logits.max(dim=1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def logits_cases() -> list[tuple]:
    """Small logits, logits of which e to the power overflows, and rows that need another shift each."""

    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = (1, 2, 3, 4)[i % 4], (2, 3, 2, 5)[i % 4]
        return (((1.0, 5.0, 30.0)[i % 3] * torch.randn(n, k, generator=generator)).round(decimals=1),)

    large = [[[1000.0, 0.0]], [[1000.0, 0.0], [-1000.0, -1000.0]], [[0.0, 2000.0, 1999.0], [5.0, 5.0, 5.0]]]
    return [*drawn(make, 12), *((torch.tensor(rows),) for rows in large)]


def _plain(logits: Tensor) -> Tensor:
    return (logits.exp() / logits.exp().sum(dim=1, keepdim=True)).log()


LOGITS_SLIPS = {
    "Right for small logits, but e to the power of 1000 overflows. What may be subtracted from each logit of a row?": (
        _plain
    ),
    "Right for small logits, but the power overflows. Subtract the largest logit of a row first.": lambda logits: (
        logits - logits.exp().sum(dim=1, keepdim=True).log()
    ),
    "The largest logit of the whole batch is no help to the other rows. Each row needs its own.": lambda logits: (
        (logits - logits.max()) - (logits - logits.max()).exp().sum(dim=1, keepdim=True).log()
    ),
    "A probability too small to be stored became 0, and its logarithm is lost. Go straight to the logarithm, past the "
    "softmax.": lambda logits: logits.softmax(dim=1).log(),
    "The logarithm of the sum was taken of the shifted logits, and comes off the ones that are not shifted.": (
        lambda logits: logits - (logits - logits.amax(dim=1, keepdim=True)).exp().sum(dim=1, keepdim=True).log()
    ),
    "That is the softmax. Its *logarithm* is wanted.": lambda logits: logits.softmax(dim=1),
    "You summed over the images (`dim=0`). The softmax runs along the classes, `dim=1`.": lambda logits: (
        logits.log_softmax(dim=0)
    ),
    "You only subtracted the largest logit. The logarithm of a sum is still to come off.": lambda logits: (
        logits - logits.amax(dim=1, keepdim=True)
    ),
    "The sum is there without its logarithm.": lambda logits: (
        logits
        - logits.amax(dim=1, keepdim=True)
        - (logits - logits.amax(dim=1, keepdim=True)).exp().sum(dim=1, keepdim=True)
    ),
    "The sign is turned round: log-probabilities are 0 or below.": lambda logits: -logits.log_softmax(dim=1),
    "That is the logarithm of the sum, one number for each row; it comes off each logit of the row.": lambda logits: (
        logits.logsumexp(dim=1)
    ),
    "That is the logarithm of each logit, without a softmax.": lambda logits: logits.log(),
}


def loss_gradient(logits, labels):
    """The gradient of the mean cross-entropy with respect to the logits (N, K)."""
    return (logits.softmax(dim=1) - F.one_hot(labels, logits.shape[1])) / len(labels)


def gradient_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        n, k = (1, 2, 3, 2, 5)[i % 5], (2, 3, 2, 5, 3)[i % 5]
        return torch.randn(n, k, generator=generator), torch.randint(k, (n,), generator=generator)

    return drawn(make)


def _one_hot(logits: Tensor, labels: Tensor) -> Tensor:
    return F.one_hot(labels, logits.shape[1])


GRADIENT_SLIPS = {
    "The sign is turned round: it is softmax minus one-hot.": lambda logits, labels: (
        (_one_hot(logits, labels) - logits.softmax(1)) / len(labels)
    ),
    "That is the gradient of the *sum* over images. Of the mean it is that divided by N.": lambda logits, labels: (
        logits.softmax(1) - _one_hot(logits, labels)
    ),
    "You divided by the number of classes. The mean runs over the images.": lambda logits, labels: (
        (logits.softmax(1) - _one_hot(logits, labels)) / logits.shape[1]
    ),
    "You divided by the number of images and of classes. The mean runs over the images alone.": (
        lambda logits, labels: (logits.softmax(1) - _one_hot(logits, labels)) / logits.numel()
    ),
    "The target is missing: subtract 1 at the right class.": lambda logits, labels: logits.softmax(1) / len(labels),
    "The target is missing, and so is the mean over the images.": lambda logits, labels: logits.softmax(1),
    "Only the softmax is divided by N; the whole difference should be.": lambda logits, labels: (
        logits.softmax(1) / len(labels) - _one_hot(logits, labels)
    ),
    "Only the one-hot part is divided by N; the whole difference should be.": lambda logits, labels: (
        logits.softmax(1) - _one_hot(logits, labels) / len(labels)
    ),
    "The softmax is missing: it is the probabilities minus one-hot, not the logits.": lambda logits, labels: (
        (logits - _one_hot(logits, labels)) / len(labels)
    ),
    "The logarithm of the softmax is there, where the softmax itself is needed.": lambda logits, labels: (
        (logits.log_softmax(1) - _one_hot(logits, labels)) / len(labels)
    ),
    "Your softmax ran over the images (`dim=0`). It runs along the classes, `dim=1`.": lambda logits, labels: (
        (logits.softmax(0) - _one_hot(logits, labels)) / len(labels)
    ),
    "That is the loss itself; wanted is its gradient.": F.cross_entropy,
    "That is the part of the right class alone: wanted is one number for each logit.": lambda logits, labels: (
        (_right(logits.softmax(1), labels) - 1) / len(labels)
    ),
}


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


EXERCISES = {
    "4.1": Exercise(
        solution=loss_from_probs,
        cases=probs_cases,
        slips=PROBS_SLIPS,
        returns="one number, the mean loss",
        why="With class numbers, the sum over classes picks one term: minus the logarithm of the right class's "
        "probability. Then comes the mean over the images.",
        notice="Sum over classes, mean over images: the formula shows only the first of the two.",
        hints=(
            "For one image: which probability counts, and what is done to it?",
            "A label is a column number. The section on the article's formula picked one column per row.",
            "Three steps remain: what turns a probability into a loss, over what is the mean taken, and with which sign?",
        ),
    ),
    "4.2": Exercise(
        solution=safe_log_softmax,
        cases=logits_cases,
        slips=LOGITS_SLIPS,
        returns="a tensor of the shape of the logits",
        same=functools.partial(same, atol=1e-3),  # from logits of 1000, single precision keeps three decimals
        why="Subtracting the largest logit changes nothing in the result, and makes the largest exponent 0.",
        notice="This is why `F.cross_entropy` asks for logits: from probabilities it could not be done.",
        hints=(
            "log softmax(z) = z - log(sum of exp(z)). Which part breaks when a logit is 1000?",
            "Only differences between the logits of a row count. What may you subtract, so that no power is larger than 1?",
            "`max` with `dim=1, keepdim=True` returns a column, in `.values`. For the shifted logits the formula is the same.",
        ),
    ),
    "4.3": Exercise(
        solution=loss_gradient,
        cases=gradient_cases,
        slips=GRADIENT_SLIPS,
        returns="a tensor of the shape of the logits",
        why="For one image it is softmax minus one-hot. The mean over N images divides it by N.",
        notice="Each row adds up to 0: what the right class gains, the others lose.",
        hints=(
            "The page derived it for one image: what minus what?",
            "`F.one_hot(labels, K)` makes rows with a single 1. K is `logits.shape[1]`.",
            "The loss is a mean over N images, so each image's part is divided by N.",
        ),
    ),
    "4.4": Exercise(
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
    ),
}
