"""Page 04: the loss, a stable logarithm, the gradient, and a training loop with faults."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise, Wrong, compare


def loss_from_probs(probs, labels):
    """The mean cross-entropy of probabilities (N, K) against class numbers (N,), in nats."""
    return -probs[torch.arange(len(labels)), labels].log().mean()


def judge_loss_from_probs(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for n, k in ((2, 3), (4, 10), (7, 2)):
        probs = torch.randn(n, k, generator=generator).softmax(dim=1)
        labels = torch.randint(k, (n,), generator=generator)
        expected = F.nll_loss(probs.log(), labels)
        slips = {
            "The minus is missing: the logarithm of a probability is negative, a loss is not.": -expected,
            "The logarithm is missing. (`F.nll_loss` wants log-probabilities.)": -probs[torch.arange(n), labels].mean(),
            "That is the sum over the images. The loss of a batch is their *mean*.": n * expected,
            "That logarithm has base 2. Nats need the natural one, `torch.log`.": expected / math.log(2),
            "That logarithm has base 10. Nats need the natural one, `torch.log`.": expected / math.log(10),
            "You averaged over the classes too. Sum over classes, then take the mean over *images*.": expected / k,
            "The probabilities went through a softmax once more: `F.cross_entropy` wants logits.": F.cross_entropy(
                probs, labels
            ),
            "That is one minus the probability of the right class, not its logarithm.": 1
            - probs[torch.arange(n), labels].mean(),
        }
        compare(answer(probs, labels), expected, f"{n} images and {k} classes", slips)


def safe_log_softmax(logits):
    """The logarithm of the softmax of logits (N, K), without overflow."""
    shifted = logits - logits.max(dim=1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def judge_safe_log_softmax(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for scale in (1.0, 10.0):
        logits = scale * torch.randn(4, 5, generator=generator)
        shifted = logits - logits.max(dim=1, keepdim=True).values
        slips = {
            "That is the softmax. Its *logarithm* is wanted.": logits.softmax(dim=1),
            "You summed over the images (`dim=0`). The softmax runs along the classes, `dim=1`.": logits.log_softmax(
                dim=0
            ),
            "You only subtracted the largest logit. The logarithm of a sum is still to come off.": shifted,
            "The sign is turned round: log-probabilities are 0 or below.": -logits.log_softmax(dim=1),
        }
        compare(answer(logits), logits.log_softmax(dim=1), f"logits of size about {scale:g}", slips)
    logits = torch.tensor([[1000.0, 0.0], [-1000.0, -1000.0]])
    got = torch.as_tensor(answer(logits))
    if got.shape == logits.shape and not got.isfinite().all():
        told = f"Right for small logits, but for {logits.tolist()} it returns {got.tolist()}: "
        if not got[0, 0].isfinite():
            raise Wrong(told + "e to the power of 1000 overflows. What may be subtracted from each logit of a row?")
        if not got[1].isfinite().all():
            raise Wrong(
                told + "the largest logit of the whole batch is no help to the other rows. Each row needs its own."
            )
        raise Wrong(
            told + "a probability too small to be stored became 0. Go straight to the logarithm, past the softmax."
        )
    compare(got, logits.log_softmax(dim=1), f"the logits {logits.tolist()}", atol=1e-3)


def loss_gradient(logits, labels):
    """The gradient of the mean cross-entropy with respect to the logits (N, K)."""
    return (logits.softmax(dim=1) - F.one_hot(labels, logits.shape[1])) / len(labels)


def judge_loss_gradient(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for n, k in ((3, 4), (5, 10)):
        logits = torch.randn(n, k, generator=generator).requires_grad_()
        labels = torch.arange(1, n + 1) % k  # all different, so that no slip goes unseen
        expected = torch.autograd.grad(F.cross_entropy(logits, labels), logits)[0]
        probs = logits.detach().softmax(dim=1)
        slips = {
            "The sign is turned round: it is softmax minus one-hot.": -expected,
            "That is the gradient of the *sum* over images. Of the mean it is that divided by N.": n * expected,
            "You divided by the number of classes. The mean runs over the images.": n * expected / k,
            "The target is missing: subtract 1 at the right class.": probs / n,
            "Your softmax ran over the images (`dim=0`). It runs along the classes, `dim=1`.": (
                logits.detach().softmax(dim=0) - F.one_hot(labels, k)
            )
            / n,
        }
        compare(answer(logits.detach(), labels), expected, f"{n} images and {k} classes", slips)


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
        judge=judge_loss_from_probs,
        solution=loss_from_probs,
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
        judge=judge_safe_log_softmax,
        solution=safe_log_softmax,
        why="Subtracting the largest logit changes nothing in the result, and makes the largest exponent 0.",
        notice="This is why `F.cross_entropy` asks for logits: from probabilities it could not be done.",
        hints=(
            "log softmax(z) = z - log(sum of exp(z)). Which part breaks when a logit is 1000?",
            "Only differences between the logits of a row count. What may you subtract, so that no power is larger than 1?",
            "`max` with `dim=1, keepdim=True` returns a column, in `.values`. For the shifted logits the formula is the same.",
        ),
    ),
    "4.3": Exercise(
        judge=judge_loss_gradient,
        solution=loss_gradient,
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
