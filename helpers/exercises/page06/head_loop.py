"""Was the head trained and measured as it should be? The judge of exercise 6.3."""

from __future__ import annotations

import copy
import re
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.optim.optimizer import register_optimizer_step_pre_hook

from helpers.exercises.engine import compare, watched
from helpers.exercises.judging import Raised, Wrong, same
from helpers.models import Classifier, Encoder, freeze


def judge_train_head(answer: Callable) -> None:
    torch.optim.SGD(
        [torch.zeros(1, requires_grad=True)]
    )  # the first one imports for seconds: not on the answer's clock
    model, images, labels, val_images, val_labels = _task()
    passed, given = watched(lambda: copy.deepcopy(model))
    stepped: list[bool] = []  # for each step of an optimizer, whether there was a gradient
    hook = register_optimizer_step_pre_hook(
        lambda optimizer, *_: stepped.append(any(_has_gradient(group) for group in optimizer.param_groups))
    )
    try:
        accuracy = answer(passed, images, labels, val_images, val_labels)
    except Raised as error:
        raise Raised(_in_plain_words(error.slip, len(labels), len(val_labels)), error.example, error.advice) from None
    finally:
        hook.remove()
    if accuracy is None:
        raise Wrong("Your function returned `None`. Is a `return` missing? The validation accuracy is wanted.")
    trained, sets = given[0], {"train": (images, labels), "val": (val_images, val_labels)}
    before, after = model.encoder.state_dict(), trained.encoder.state_dict()
    moved = [name for name in before if name not in after or not torch.equal(before[name], after[name])]
    weights = [name for name in moved if "running" not in name and "batches" not in name]
    if weights:
        raise Wrong(f"After your loop the encoder's `{weights[0]}` has changed. It comes frozen, and must stay so.")
    if _head_of(trained) is None or _head_of(trained).shape != _head_of(model).shape:
        raise Wrong("After your loop the model's head is another layer. Train the one that it comes with.")
    _has_moved(trained, model, stepped)
    faults = []
    if moved:
        faults.append(
            "When your function ends, the running statistics of the frozen encoder have moved: in `train()` mode BatchNorm "
            "works by the batch. Every model begins in that mode, and `model.train()` brings its encoder back to it."
        )
    elif _trained_by_the_batch(trained, model, sets):
        faults.append(
            "The frozen encoder worked in `train()` mode while the head was trained: its statistics are as before, but BatchNorm "
            "took those of the batch in their place, so the head learnt from other latents. Use the encoder in `eval()` mode."
        )
    if any(_equal(trained, _steps(model, *sets["train"], zero=False, train=train)) for train in (False, True)):
        faults.append(
            "Each step still carries the gradients of the steps before it: who sets them to zero, in each step?"
        )
    _explain_head(trained, model, sets, list(faults), len(stepped))
    if _measured_on(trained, accuracy, *sets["train"]) and not _measured_on(trained, accuracy, *sets["val"]):
        faults.append("The accuracy is that on the images that were trained on: which images should measure?")
    if faults:
        left = {1: "One of the three faults is", 2: "Two of the three faults are", 3: "All three faults are"}[
            len(faults)
        ]
        raise Wrong(f"{left} still there. {' '.join(faults)}")
    _explain_accuracy(accuracy, trained, model, sets)


def _in_plain_words(slip: str, train: int, val: int) -> str:
    """What two lengths that do not fit mean here: which images and labels were compared."""
    if "'bool' object has no attribute" in slip:
        return (
            "The comparison by `==` gave a single True or False, and not one for each image: its two sides are of different "
            "kinds. `max(dim=1)` returns values *and* places; the places alone are what `argmax` returns. "
            f"{slip[slip.find('Python says') :]}"
        )
    found = re.search(r"size of tensor a \((\d+)\) must match the size of tensor b \((\d+)\)", slip)
    if not found:
        return slip
    python, lengths = slip[slip.find("Python says") :], {int(length) for length in found.groups()}
    if lengths == {train, val}:
        return (
            f"There are {train} images to train on and {val} to measure: your predictions are for the one set, and "
            f"the labels that you compare them with belong to the other. {python}"
        )
    if 3 in lengths:
        return (
            "There are 3 classes. Is `argmax` missing, which makes one prediction of three logits? Or did you ask for the best "
            f"image of each class (`dim=0`), and not for the best class of each image? {python}"
        )
    return slip


def _task() -> tuple[Classifier, Tensor, Tensor, Tensor, Tensor]:
    """A small classifier with a frozen encoder, 12 images to train on and 30 to measure.

    With these seeds each way to measure gives another accuracy: before the training, a step too early, by the batch,
    on the images that were trained on, on all.
    """
    generator = torch.Generator().manual_seed(68)
    images, val_images = (torch.rand(n, 1, 8, 8, generator=generator) for n in (12, 30))
    labels, val_labels = (torch.randint(3, (n,), generator=generator) for n in (12, 30))
    torch.manual_seed(68)
    model = Classifier(Encoder(width=2, image_size=8), classes=3)
    with torch.no_grad():
        model.head.weight.mul_(6)
        model.encoder(images + 1)  # statistics that are not those of the batch
    freeze(model.encoder)
    return model, images, labels, val_images, val_labels


def _has_gradient(group: dict) -> bool:
    return any(p.grad is not None and bool(p.grad.any()) for p in group["params"])


def _head_of(model: nn.Module) -> Tensor | None:
    """All weights of the head, in one row."""
    head = getattr(model, "head", None)
    return nn.utils.parameters_to_vector(head.parameters()).detach() if isinstance(head, nn.Module) else None


def _steps(
    model: Classifier,
    images: Tensor,
    labels: Tensor,
    steps: int = 10,
    *,
    lr: float = 0.1,
    zero: bool = True,
    train: bool = False,
    softmax: bool = False,
    optimizer: type = torch.optim.SGD,
    momentum: float | None = None,
) -> Classifier:
    """What becomes of the model's head by this loop; the encoder is frozen, so it works once."""
    trained = copy.deepcopy(model)
    with torch.no_grad():
        latents = copy.deepcopy(model.encoder).train(train)(images)
    more = {} if momentum is None else {"momentum": momentum}
    stepper = optimizer(trained.head.parameters(), lr=lr, **more)
    for _ in range(steps):
        if zero:
            stepper.zero_grad()
        outputs = trained.head(latents)
        F.cross_entropy(outputs.softmax(dim=1) if softmax else outputs, labels).backward()
        stepper.step()
    return trained


def _equal(a: Classifier, b: Classifier) -> bool:
    return torch.allclose(_head_of(a), _head_of(b), rtol=1e-4, atol=1e-4)


def _trained_by_the_batch(trained: Classifier, model: Classifier, sets: dict) -> bool:
    """Whether the head learnt from latents that the encoder made in `train()` mode."""

    def likely(train: bool) -> bool:
        return any(_equal(trained, _steps(model, *sets["train"], zero=zero, train=train)) for zero in (True, False))

    return likely(True) and not likely(False)


def _has_moved(trained: Classifier, model: Classifier, stepped: list[bool]) -> None:
    """Raise if the head is as it came."""
    if not torch.equal(_head_of(trained), _head_of(model)):
        return
    if not stepped:
        raise Wrong("The head did not move: no optimizer made a step. Is `optimizer.step()` in your loop, and called?")
    if not any(stepped):
        raise Wrong(
            "The head did not move: when `optimizer.step()` came, there were no gradients. `zero_grad` belongs before "
            "`backward`, not between it and the step; or is `backward` missing, or another part in the optimizer?"
        )
    raise Wrong(
        "The head of the model that your function was given did not move. Train that one, and not a copy of it."
    )


def _explain_head(trained: Classifier, model: Classifier, sets: dict, faults: list[str], stepped: int) -> None:
    """Raise if the head is neither trained as asked nor with the faults that are known already."""
    if any(
        _equal(trained, _steps(model, *sets["train"], zero=z, train=t)) for z in (True, False) for t in (False, True)
    ):
        return
    everything = tuple(torch.cat(pair) for pair in zip(*sets.values(), strict=True))
    rivals = {
        "The validation images took part in the training. They may only measure.": (everything, {}),
        "You trained on the validation images. They may only measure.": (sets["val"], {}),
        "The loss got probabilities. `cross_entropy` takes logits, and makes its own softmax.": (
            sets["train"],
            {"softmax": True},
        ),
        "Your loop made one step instead of ten. What stands behind the loop, or ends it in its first round?": (
            sets["train"],
            {"steps": 1},
        ),
        "All ten gradients were added up for a single step. The step belongs into the loop.": (
            sets["train"],
            {"steps": 1, "lr": 1.0},
        ),
        "Each of your steps is twice as long: is `backward()` or `optimizer.step()` called twice in a round? (Or is the rate "
        "0.2?)": (sets["train"], {"lr": 0.2}),
        "The last image was left out of the training. Train on all of `images`.": (
            tuple(each[:-1] for each in sets["train"]),
            {},
        ),
        "You replaced the optimizer. Leave it as it was: `torch.optim.SGD`, with a rate of 0.1.": (
            sets["train"],
            {"optimizer": torch.optim.Adam},
        ),
        "Your optimizer has a momentum. Leave it as it was: a rate of 0.1, and nothing else.": (
            sets["train"],
            {"momentum": 0.9},
        ),
        "Your loss is the sum over the images. Leave `cross_entropy` as it was: it takes their mean.": (
            sets["train"],
            {"lr": 0.1 * len(sets["train"][1])},
        ),
        **{
            f"Your loop made {steps} steps; leave it at ten.": (sets["train"], {"steps": steps})
            for steps in (9, 11, 20, 100)
        },
        **{
            f"Your learning rate is {lr:g}; leave it at 0.1.": (sets["train"], {"lr": lr})
            for lr in (0.01, 0.001, 1.0, 0.5)
        },
    }
    for diagnosis, (data, options) in rivals.items():
        for train in (False, True):
            for zero in (True, False):
                if _equal(trained, _steps(model, *data, **{"zero": zero, "train": train} | options)):
                    raise Wrong(" ".join([diagnosis, *faults]))
    blank = copy.deepcopy(model)
    for part in ("weight", "bias", None):
        for name, parameter in blank.head.named_parameters():
            if part in (name, None):
                nn.init.zeros_(parameter)
        if any(_equal(trained, _steps(blank, *sets["train"], train=train)) for train in (False, True)):
            raise Wrong(
                " ".join([*faults, "You set the head to 0 before its training. Begin with the weights it comes with."])
            )
        blank.head.load_state_dict(model.head.state_dict())
    if stepped != 10:
        told = f"The optimizer made {stepped} steps in your function. Ten are wanted, each on all of `images`."
        raise Wrong(" ".join([*faults, told]))
    raise Wrong(
        " ".join(
            [
                *faults,
                "The head's weights are not those that ten steps lead to. Begin with those that the model's head comes with. "
                "Leave the optimizer, its learning rate, the "
                "loss and the ten steps as they are, and train on `images` and `labels`.",
            ]
        )
    )


def _share(model: Classifier, images: Tensor, labels: Tensor, train: bool = False) -> float:
    with torch.no_grad():
        return (copy.deepcopy(model).train(train)(images).argmax(dim=1) == labels).float().mean().item()


def _measured_on(trained: Classifier, accuracy: object, images: Tensor, labels: Tensor) -> bool:
    return any(same(accuracy, _share(trained, images, labels, train), 1e-4) for train in (False, True))


def _explain_accuracy(accuracy: object, trained: Classifier, model: Classifier, sets: dict) -> None:
    """Raise unless the number is the accuracy of the trained head on the validation images."""
    images, labels = sets["val"]
    right = _share(trained, images, labels)
    if isinstance(accuracy, nn.Module):
        raise Wrong("The loop is right, and your function returns the model. Return the validation accuracy.")
    if isinstance(accuracy, str | torch.Size):
        kind = "text" if isinstance(accuracy, str) else "shape"
        raise Wrong(f"The loop is right, and your function returns a {kind}. One number is wanted, the accuracy.")
    if isinstance(accuracy, bool) or (getattr(accuracy, "shape", None) == () and accuracy.dtype == torch.bool):
        raise Wrong(
            f"The loop is right, and your function returns {bool(accuracy)}. Wanted is the share of right answers."
        )
    if isinstance(accuracy, tuple) and len(accuracy) > 1:
        raise Wrong(
            f"The loop is right, and your function returns {len(accuracy)} results; the accuracy alone is wanted."
        )
    everything = tuple(torch.cat(pair) for pair in zip(*sets.values(), strict=True))
    with torch.no_grad():
        outputs = copy.deepcopy(trained).eval()(images)
    hits = outputs.argmax(dim=1) == labels
    shares = [_share(_steps(model, *sets["train"], steps), images, labels) for steps in range(1, 11)]
    slips = {
        "The loop is right. The accuracy is that of the head before its training: measure behind the loop.": _share(
            model, images, labels
        ),
        "The loop is right. You measured with BatchNorm in `train()` mode, by the batch. Measure in `eval()` mode.": _share(
            trained, images, labels, train=True
        ),
        "The loop is right. Yours is the best of ten accuracies. To choose a step by the validation images makes them part of "
        "the training: measure once, behind the loop.": max(shares),
        "The loop is right. Yours is the mean of the accuracies after each step. Measure once, behind the loop.": (
            sum(shares) / len(shares)
        ),
        "The loop is right. You take the class with the *lowest* logit: `argmin` where `argmax` belongs.": (
            (outputs.argmin(dim=1) == labels).float().mean()
        ),
        "The loop is right. You measured one step too early: measure behind the loop.": _share(
            _steps(model, *sets["train"], 9), images, labels
        ),
        "The loop is right. That is the accuracy on all images; those that were trained on may not measure.": _share(
            trained, *everything
        ),
        "The loop is right. Your number is in per cent; a share from 0 to 1 is wanted.": 100 * right,
        "The loop is right. You counted the right answers; wanted is their share.": hits.sum(),
        "The loop is right. That is the share of wrong answers; wanted is the share of right ones.": 1 - right,
        "The loop is right. Your number is the right one rounded. Return it as it is.": round(right, 1),
        "The loop is right. Your number is the right one, rounded. Return it as it is.": round(right, 2),
        "The loop is right. These are True and False for each image; wanted is their mean.": hits,
        "The loop is right. That is how sure the model is, on average; wanted is the share of right ones.": (
            outputs.softmax(dim=1).amax(dim=1).mean()
        ),
        "The loop is right. These are the predictions; wanted is the share of right ones.": outputs.argmax(dim=1),
        "The loop is right. That is the loss on the validation images; wanted is the accuracy.": F.cross_entropy(
            outputs, labels
        ),
        "The loop is right. You divided by the number of training images. The validation images are others.": (
            hits.sum() / len(sets["train"][1])
        ),
    }
    compare(accuracy, right, "the accuracy on the validation images", slips, atol=1e-4)
