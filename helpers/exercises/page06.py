"""Page 06: count a load, replace a head, fix a training loop."""

from __future__ import annotations

import copy
from itertools import pairwise

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.exercises.engine import Exercise, compare, watched
from helpers.exercises.judging import Wrong
from helpers.models import Classifier, Encoder, freeze


def count_matching(saved, wanted):
    """How many tensors of the state dict `saved` fit into `wanted`: by name, and by shape."""
    return sum(name in wanted and tensor.shape == wanted[name].shape for name, tensor in saved.items())


def judge_count_matching(answer: object) -> None:
    def net(*widths: int, prefix: str = "") -> dict[str, Tensor]:
        layers = [nn.Linear(a, b) for a, b in pairwise(widths)]
        return {prefix + name: tensor for name, tensor in nn.Sequential(*layers).state_dict().items()}

    cases = {
        "a mixture": (net(4, 6, 2, 2, prefix="encoder.") | net(4, 6, 7), net(4, 6, 2, 5, 3)),
        "other names": (net(4, 6, 2, prefix="encoder."), net(4, 6, 2)),
        "the same model": (net(3, 4, 2), net(3, 4, 2)),
    }
    for case, (saved, wanted) in cases.items():
        both = [name for name in saved if name in wanted]
        fit = [name for name in both if saved[name].shape == wanted[name].shape]
        shapes = [tensor.shape for tensor in wanted.values()]
        slips = {
            "You counted equal names. A tensor of another shape does not fit: compare the shapes too.": len(both),
            "You counted all tensors of the file. Which of them does the model know?": len(saved),
            "You counted all tensors of the model. Which of them are in the file?": len(wanted),
            "That is the number that is missing. Count those that arrive.": len(wanted) - len(fit),
            "You counted equal shapes. A load goes by name first.": sum(t.shape in shapes for t in saved.values()),
            "You counted single weights. Count tensors.": sum(saved[name].numel() for name in fit),
        }
        compare(answer(saved, wanted), len(fit), f"the load {case!r}", slips)


def replace_head(model, classes):
    """The same model with a new last layer `fc`, for this many classes."""
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model


class _Body(nn.Module):
    """As a ResNet: some layers, and a last one called `fc`."""

    def __init__(self, latents: int, classes: int) -> None:
        super().__init__()
        self.conv, self.fc = nn.Conv2d(3, latents, 3), nn.Linear(latents, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.conv(images).relu().mean(dim=(2, 3)))


def judge_replace_head(answer: object) -> None:
    for latents, old, classes in ((12, 20, 4), (512, 20, 10), (7, 5, 2), (6, 4, 4)):
        torch.manual_seed(latents)
        body = _Body(latents, old)
        model = answer(body, classes)
        if isinstance(model, nn.Linear):
            raise Wrong("Your function returns the new layer alone; the whole model is wanted.")
        if not isinstance(model, nn.Module):
            raise Wrong(f"A model is wanted, and your function returned a `{type(model).__name__}`.")
        fc = getattr(model, "fc", None)
        if isinstance(fc, nn.Linear) and (fc.in_features, fc.out_features) == (classes, latents):
            raise Wrong(
                "The two numbers of your `nn.Linear` are swapped: what goes in comes first, then what comes out."
            )
        try:
            outputs = model(torch.rand(2, 3, 8, 8))
            shape = tuple(outputs.shape)
        except Exception as error:
            raise Wrong(
                f"The new layer does not fit the {latents} latents of this model: `{error}`. "
                "Ask the old layer for its number of inputs."
            ) from None
        if shape == (2, old) != (2, classes):
            raise Wrong(f"The model still has {old} outputs. Put the new layer in the old one's place, `model.fc`.")
        compare(torch.tensor(shape), torch.tensor((2, classes)), f"{classes} classes, the shape of the output")
        if isinstance(fc, nn.Linear) and torch.equal(fc.weight, body.fc.weight):
            raise Wrong(f"The old layer is still there. It names {old} other classes: put a new one in its place.")
        if any(torch.equal(body.fc.weight, tensor) for tensor in model.state_dict().values()):
            raise Wrong("The old layer is still in use, with the new one behind it. Replace it instead.")
        if torch.allclose(outputs.sum(dim=1), torch.ones(2)):
            raise Wrong(
                "Your head returns probabilities, which add up to 1. Logits are wanted: no softmax behind the layer."
            )
        if not all(parameter.requires_grad for parameter in model.parameters()):
            raise Wrong(
                "A part of the model is frozen now. Replacing a head freezes nothing: that is a decision of its own."
            )
        weights = model.state_dict()
        if not all(torch.equal(t, weights.get(f"conv.{name}", t[:0])) for name, t in body.conv.named_parameters()):
            raise Wrong("The layers below the head are no longer the pretrained ones. Change `fc` only.")


def train_head(model, images, labels, val_images, val_labels):
    """Train the head on images and labels, 10 steps -> validation accuracy, from 0 to 1."""
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
    model.eval()
    for _ in range(10):
        loss = nn.functional.cross_entropy(model(images), labels)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    predictions = model(val_images).argmax(dim=1)
    return (predictions == val_labels).float().mean().item()


def faulty_train_head(model, images, labels, val_images, val_labels):
    """As the stub in the page."""
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
    for _ in range(10):
        model.train()
        loss = nn.functional.cross_entropy(model(images), labels)
        loss.backward()
        optimizer.step()
    predictions = model(images).argmax(dim=1)
    return (predictions == labels).float().mean().item()


def judge_train_head(answer: object) -> None:
    torch.optim.SGD(
        [torch.zeros(1, requires_grad=True)]
    )  # the first one imports for seconds: not on the answer's clock
    generator = torch.Generator().manual_seed(0)
    images, val_images = (torch.rand(n, 1, 8, 8, generator=generator) for n in (12, 30))
    labels, val_labels = (torch.randint(3, (n,), generator=generator) for n in (12, 30))
    torch.manual_seed(0)
    model = Classifier(Encoder(width=2, image_size=8), classes=3)
    with torch.no_grad():
        model.head.weight.mul_(5)
        model.encoder(images + 1)  # statistics that are not those of the batch
    freeze(model.encoder)
    passed, given = watched(lambda: copy.deepcopy(model))
    accuracy = answer(passed, images, labels, val_images, val_labels)
    before, after = model.encoder.state_dict(), given[0].encoder.state_dict()
    moved = [name for name in before if not torch.equal(before[name], after[name])]
    if any("running" in name or "batches" in name for name in moved):
        raise Wrong("After your loop the running means of the frozen encoder have moved. Which call wakes BatchNorm?")
    if moved:
        raise Wrong(f"After your loop the encoder's `{moved[0]}` has changed. It is frozen, and must stay so.")

    def steps(images: Tensor, labels: Tensor, forget: bool = False) -> Classifier:
        trained = copy.deepcopy(model).eval()
        optimizer = torch.optim.SGD(trained.head.parameters(), lr=0.1)
        for _ in range(10):
            if not forget:
                optimizer.zero_grad()
            F.cross_entropy(trained(images), labels).backward()
            optimizer.step()
        return trained

    def weights(trained: Classifier) -> Tensor:
        return nn.utils.parameters_to_vector(trained.head.parameters()).detach()

    everything = torch.cat([images, val_images]), torch.cat([labels, val_labels])
    right, piled_up = steps(images, labels), steps(images, labels, forget=True)
    slips = {
        "The head did not move. Is there a step in your loop, and are the gradients still there when it comes?": weights(
            model
        ),
        "Each step still carries the gradients of the steps before it. Who sets them to zero?": weights(piled_up),
        "The validation images took part in the training. They may only measure.": weights(steps(*everything)),
        "You trained on the validation images. They may only measure.": weights(steps(val_images, val_labels)),
    }
    compare(weights(given[0]), weights(right), "10 steps at a rate of 0.1, the head's weights", slips, atol=1e-4)
    hits, val_hits = (
        (right(x).argmax(dim=1) == y).float().mean() for x, y in ((images, labels), (val_images, val_labels))
    )
    slips = {"That is the accuracy on the images that were trained on. Which images should measure?": hits}
    compare(accuracy, val_hits, "the accuracy on the validation images", slips)


EXERCISES = {
    "6.1": Exercise(
        judge=judge_count_matching,
        solution=count_matching,
        why="A tensor arrives if the model has one of the same name, and of the same shape.",
        notice="Assert this number under every load, and an empty one cannot pass unseen.",
        hints=(
            "A state dict maps names to tensors: `for name, tensor in saved.items()`.",
            "Two conditions: `name in wanted`, and equal shapes. Count the tensors that meet both.",
            "`tensor.shape == wanted[name].shape` compares shapes; ask it only where the name is there.",
        ),
    ),
    "6.2": Exercise(
        judge=judge_replace_head,
        solution=replace_head,
        why="The old layer knows how many latents come in: `in_features`. Everything below it stays.",
        notice="It works for any model whose last layer is called `fc`; for others look at `print(model)`.",
        hints=(
            "Setting `model.fc = ...` replaces the layer. What goes in must be the number of latents.",
            "Not every model has 512 latents. The old layer tells: `model.fc.in_features`.",
        ),
    ),
    "6.3": Exercise(
        judge=judge_train_head,
        solution=train_head,
        unfinished=faulty_train_head,
        why="`eval()` lets BatchNorm rest, `zero_grad` forgets the last step, and only new images measure.",
        notice="None of these faults raised an error, and each of them falsifies the result. Look for them in every loop.",
        hints=(
            "One fault is about BatchNorm (it moves, and it measures by the batch), one about gradients, one about which images measure.",
            "The encoder is frozen, but `model.train()` lets its statistics move. The head alone needs no `train()`.",
            "`backward` *adds* to the gradients that are there. And look at the last two lines: whose accuracy is it?",
        ),
    ),
}
