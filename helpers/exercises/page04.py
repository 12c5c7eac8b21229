"""Page 04: the loss, a stable logarithm, the gradient, and a training loop with faults."""

from __future__ import annotations

import math

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise, Wrong, compare
from helpers.exercises.quizzes import Question


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
    for logits in (torch.tensor([[1000.0, 0.0]]), torch.tensor([[-1000.0, -1000.0]])):
        got = torch.as_tensor(answer(logits))
        if not got.isfinite().all():
            raise Wrong(
                f"Right for small logits, but for {logits.tolist()[0]} it gives {got.tolist()[0]}: e to the power of a "
                "large logit overflows, or the logarithm meets a 0. Subtract the largest logit first."
            )
        compare(got, logits.log_softmax(dim=1), f"the logits {logits.tolist()[0]}", atol=1e-3)


def loss_gradient(logits, labels):
    """The gradient of the mean cross-entropy with respect to the logits (N, K)."""
    return (logits.softmax(dim=1) - F.one_hot(labels, logits.shape[1])) / len(labels)


def judge_loss_gradient(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for n, k in ((2, 3), (5, 10)):
        logits = torch.randn(n, k, generator=generator).requires_grad_()
        labels = torch.randint(k, (n,), generator=generator)
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
        "The weights did not move at all. Is `optimizer.step()` still there, after `backward()`?": untrained,
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
            "`probs[torch.arange(len(labels)), labels]` picks the right class's probability of every image.",
            "Take its `.log()`, then the mean over the images, then the minus.",
        ),
    ),
    "4.2": Exercise(
        judge=judge_safe_log_softmax,
        solution=safe_log_softmax,
        why="Subtracting the largest logit changes nothing in the result, and makes the largest exponent 0.",
        notice="This is why `F.cross_entropy` asks for logits: from probabilities it could not be done.",
        hints=(
            "log softmax(z) = z - log(sum of exp(z)). Which part breaks when a logit is 1000?",
            "Subtract the largest logit of each row first: `logits.max(dim=1, keepdim=True).values`.",
            "With the shifted logits s: `s - s.exp().sum(dim=1, keepdim=True).log()`.",
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
            "`backward()` adds the new gradients to the old ones. Which line is missing in front of it?",
            "Give `model(images)` to the loss, and call `optimizer.zero_grad()` before `loss.backward()`.",
        ),
        unfinished=faulty_loop,
    ),
}

QUIZ = (
    Question(
        ask="An untrained classifier for 100 classes shows a loss of 4.6 (for ten classes: {chance}). Is something wrong?",
        right=(
            "No: about log 100 is what an even guess costs.",
            "Each class gets one hundredth, and -log(1/100) is about 4.6.",
        ),
        wrong=(
            ("Yes, it should be 0 at the start.", "0 is the loss of a perfect model; this one knows nothing yet."),
            ("Yes, it should be {chance} whatever the classes.", "The value depends on the number of classes: log K."),
        ),
    ),
    Question(
        ask="The training loss of a ten-class model falls to 1.46 and stays there for ever, while its accuracy is fine. What "
        "do you look for?",
        right=(
            "A softmax in the model, in front of a loss that has its own.",
            "With a second softmax the loss on ten classes cannot fall below 1.46.",
        ),
        wrong=(
            ("A learning rate that is too small.", "That would slow it down, but not stop it at this very number."),
            ("Too few images.", "Few images make a training loss small, not large: they are learnt by heart."),
            ("Wrong labels.", "They would hurt the accuracy too, and give no floor at 1.46."),
        ),
    ),
    Question(
        ask="Which target makes the lowest possible cross-entropy larger than 0?",
        right=(
            "A soft label, such as 0.7 and 0.3",
            "The lowest possible value is the target's own entropy, which is above 0 here.",
        ),
        wrong=(
            ("A one-hot label", "Its entropy is 0, and a model that is sure and right reaches it."),
            ("A class number", "It means the same as a one-hot label."),
        ),
    ),
    Question(
        ask="Why is the squared error after a sigmoid slow to mend an answer that is sure and wrong?",
        right=(
            "Its gradient is multiplied by the sigmoid's slope, which is almost 0 there.",
            "The cross-entropy's logarithm cancels exactly this factor.",
        ),
        wrong=(
            (
                "The squared error is too small to be stored.",
                "It is close to 1 there; its *gradient* is what vanishes.",
            ),
            ("It needs a larger batch.", "The factor is in each image's own gradient; no batch changes it."),
            ("The sigmoid overflows.", "It only saturates: it is flat, not infinite."),
        ),
    ),
    Question(
        ask="A class is ten times as rare as the others, and you give it the weight 10. What does torch divide the loss by?",
        right=(
            "The sum of the weights of the images in the batch",
            "So it is a weighted mean, and its size does not depend on how the weights are scaled.",
        ),
        wrong=(
            ("The number of images", "Then doubling all weights would double the loss, and the step with it."),
            ("The number of classes", "The mean runs over images, not over classes."),
            ("Nothing, it is a sum", "With `reduction='sum'` it would be; the default is a mean."),
        ),
    ),
)
