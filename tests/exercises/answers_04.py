"""Answers to page 04: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
import torch.nn.functional as F
from exercise_answers import Answers


def by_one_hot(probs, labels):
    one_hot = F.one_hot(labels, probs.shape[1])
    return sum(-(y * p.log()).sum() for y, p in zip(one_hot, probs, strict=True)) / len(labels)


def naive(logits):
    return (logits.exp() / logits.exp().sum(dim=1, keepdim=True)).log()


def without_max(logits):
    return logits - logits.exp().sum(dim=1, keepdim=True).log()


def only_thousands(logits):
    largest = logits.max(dim=1, keepdim=True).values
    return without_max(logits - torch.where(largest.abs() >= 1000, largest, 0.0))


def half_way(logits):
    return logits - logits.max(dim=1, keepdim=True).values


def gradient_by_autograd(logits, labels):
    logits = logits.clone().requires_grad_()
    F.cross_entropy(logits, labels).backward()
    return logits.grad


def in_batches_of_64(model, images, labels):
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    for _ in range(20):
        for at in range(0, len(images), 64):
            optimizer.zero_grad()
            F.cross_entropy(model(images[at : at + 64]), labels[at : at + 64]).backward()
            optimizer.step()
    return model


def loop(softmax, zero, step=True):
    """A training loop with or without its faults."""

    def train(model, images, labels):
        optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
        for _ in range(20):
            outputs = model(images)
            loss = (
                F.nll_loss(outputs.log_softmax(dim=1), labels)
                if not softmax
                else F.cross_entropy(outputs.softmax(1), labels)
            )
            if zero:
                model.zero_grad()
            loss.backward()
            if step:
                optimizer.step()
        return model

    return train


def with_optimizer(model, images, labels, steps=20, **settings):
    optimizer = torch.optim.SGD(model.parameters(), **({"lr": 0.1} | settings))
    for _ in range(steps):
        optimizer.zero_grad()
        F.cross_entropy(model(images), labels).backward()
        optimizer.step()
    return model


def watching(model, images, labels, stop=lambda loss, last: False, most=1e9, calls=1):
    """A loop that does something by the loss, or to the gradients, or calls the model more often."""
    optimizer, last = torch.optim.SGD(model.parameters(), lr=0.1), 1e9
    for _ in range(20):
        loss = [F.cross_entropy(model(images), labels) for _ in range(calls)][-1]
        if stop(loss.item(), last):
            break
        last = loss.item()
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), most)
        optimizer.step()
    return model


ANSWERS = {
    "4.1": Answers(
        right=by_one_hot,
        wrong={
            "minus is missing": lambda probs, labels: F.nll_loss(probs.log(), labels) * -1,
            "sum over the images": lambda probs, labels: F.nll_loss(probs.log(), labels, reduction="sum"),
            "logarithm is missing": F.nll_loss,
            "base 2": lambda probs, labels: F.nll_loss(probs.log2(), labels),
            "base 10": lambda probs, labels: F.nll_loss(probs.log10(), labels),
            "averaged over the classes": lambda probs, labels: (
                -(F.one_hot(labels, probs.shape[1]) * probs.log()).mean()
            ),
            "softmax once more": F.cross_entropy,
            "from *every* row": lambda probs, labels: -probs[:, labels].log().mean(),
            "as many columns": lambda probs, labels: -(F.one_hot(labels) * probs.log()).sum(dim=1).mean(),
            "is no factor": lambda probs, labels: -(labels[:, None] * probs.log()).sum(dim=1).mean(),
            "takes 1 off it": lambda probs, labels: -probs[range(len(labels)), labels - 1].log().mean(),
            "the accuracy": lambda probs, labels: (probs.argmax(dim=1) == labels).double().mean(),
            "too small to be stored": lambda probs, labels: (
                -probs[torch.arange(len(labels)), labels].prod().log() / len(labels)
            ),
            "below 0.001 are raised": lambda probs, labels: F.nll_loss(probs.clamp(min=1e-3).log(), labels),
            "number, 1e-06, is added": lambda probs, labels: F.nll_loss((probs + 1e-6).log(), labels),
            "only once, as in a set": lambda probs, labels: (
                F.nll_loss(probs.log(), labels, reduction="none").unique().mean()
            ),
            "not its logarithm": lambda probs, labels: (1 - probs[torch.arange(len(labels)), labels]).mean(),
        },
    ),
    "4.2": Answers(
        right=lambda logits: logits - torch.logsumexp(logits, dim=1, keepdim=True),
        wrong={
            "1000 overflows": naive,
            "Each row needs its own": lambda logits: (
                (logits - logits.max()) - (logits - logits.max()).exp().sum(dim=1, keepdim=True).log()
            ),
            "past the softmax": lambda logits: logits.softmax(dim=1).log(),
            "Its *logarithm*": lambda logits: logits.softmax(dim=1),
            "`dim=0`": lambda logits: logits.log_softmax(dim=0),
            "only subtracted": half_way,
            "only where it is large": lambda logits: (
                logits.log_softmax(dim=1) if logits.max() > 80 else without_max(logits)
            ),
            "the *mean* of each row": lambda logits: without_max(logits - logits.mean(1, keepdim=True)),
            "*smallest*": lambda logits: without_max(logits - logits.min(dim=1, keepdim=True).values),
            "comes in before the logarithm": lambda logits: (logits.softmax(dim=1) + 1e-9).log(),
            "for every row": lambda logits: without_max(logits.clamp(max=88)),
            "first logit": lambda logits: without_max(logits - logits[:, :1]),
            "e to the power of 200": only_thousands,
            "`argmax`": lambda logits: without_max(logits - logits.argmax(dim=1, keepdim=True)),
            "*median*": lambda logits: without_max(logits - logits.median(dim=1, keepdim=True).values),
            "0 or below": lambda logits: -logits.log_softmax(dim=1),
        },
    ),
    "4.3": Answers(
        right=gradient_by_autograd,
        wrong={
            "sign is turned": lambda logits, labels: -gradient_by_autograd(logits, labels),
            "*sum* over images": lambda logits, labels: logits.softmax(1) - F.one_hot(labels, logits.shape[1]),
            "number of classes": lambda logits, labels: (
                gradient_by_autograd(logits, labels) * len(labels) / logits.shape[1]
            ),
            "target is missing": lambda logits, labels: logits.softmax(1) / len(labels),
            "ran over the images": lambda logits, labels: (
                (logits.softmax(0) - F.one_hot(labels, logits.shape[1])) / len(labels)
            ),
            "`logits.shape[1]`": lambda logits, labels: (logits.softmax(1) - F.one_hot(labels, 3)) / len(labels),
            "make them one-hot": lambda logits, labels: (logits.softmax(1) - labels[:, None]) / len(labels),
            "*likeliest*": lambda logits, labels: gradient_by_autograd(logits, logits.argmax(dim=1)),
            "softmax twice": lambda logits, labels: torch.func.grad(lambda z: F.cross_entropy(z.softmax(1), labels))(
                logits
            ),
            "`[0]` takes it out": lambda logits, labels: (gradient_by_autograd(logits, labels),),
            "one row for all": lambda logits, labels: gradient_by_autograd(logits, labels).sum(dim=0),
            "always 0": lambda logits, labels: gradient_by_autograd(logits, labels).sum(),
        },
    ),
    "4.4": Answers(
        right=loop(softmax=False, zero=True),
        wrong={
            "softmax twice": loop(softmax=True, zero=True),
            "still add up": loop(softmax=False, zero=False),
            "Both faults": loop(softmax=True, zero=False),
            "`eval` mode": lambda model, *data: loop(softmax=False, zero=True)(model.eval(), *data),
            "not what twenty steps": lambda model, images, labels: loop(False, True)(model, images, labels.flip(0)),
            "batches of 64": in_batches_of_64,
            "first 12 images": lambda model, images, labels: loop(False, True)(model, images[:12], labels[:12]),
            "was put into `train` mode": lambda model, *data: loop(softmax=False, zero=True)(model.train(), *data),
            "comes back in `eval` mode": lambda model, *data: loop(softmax=False, zero=True)(model, *data).eval(),
            "once the loss is small": lambda model, *data: watching(model, *data, stop=lambda loss, last: loss < 0.5),
            "when the loss rises": lambda model, *data: watching(model, *data, stop=lambda loss, last: loss > last),
            "are clipped": lambda model, *data: watching(model, *data, most=1.0),
            "once a step": lambda model, *data: watching(model, *data, calls=2),
            "loop is random": lambda model, images, labels: loop(False, True)(
                model, images[torch.randperm(len(images))], labels
            ),
            "`weight_decay`": lambda model, *data: with_optimizer(model, *data, weight_decay=1e-5),
            "momentum": lambda model, *data: with_optimizer(model, *data, momentum=0.9),
            "rate of 0.01": lambda model, *data: with_optimizer(model, *data, lr=0.01),
            "takes 19 steps": lambda model, *data: with_optimizer(model, *data, steps=19),
            "did not move": loop(softmax=False, zero=True, step=False),
            "to be returned": lambda model, images, labels: 3.0,
        },
    ),
}
SIZE = "the size is the same"
EQUIVALENT = {
    "4.1": {"torch.arange(len(probs))": SIZE, "len(labels + 1)": SIZE, "len(-labels)": SIZE},
    "4.2": {
        "logits + 1 - logits.max(dim=1, keepdim=True).values": "only differences between the logits of a row count",
        "(logits + 1).max": "only differences between the logits of a row count",
    },
    "4.3": {
        "(logits.softmax(dim=1) - F.one_hot(labels, logits.shape[1])) / len(logits)": SIZE,
        "len(labels + 1)": SIZE,
        "len(-labels)": SIZE,
        "(logits + 1).softmax": "only differences between the logits of a row count",
        "(logits + 1).shape": SIZE,
        "(-logits).shape": SIZE,
        "logits[1:].shape": SIZE,
        "logits[:-1].shape": SIZE,
    },
}
