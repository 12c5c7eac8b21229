"""Is the head a new one, and the rest as it was? The judge of exercise 6.2."""

from __future__ import annotations

import copy
from collections.abc import Callable

import torch
from torch import Tensor, nn
from torch.nn.parameter import is_lazy

from helpers.exercises.judging import Raised, Wrong


class SmallResNet(nn.Module):
    """As a ResNet: a convolution with BatchNorm, and a last layer called `fc`."""

    def __init__(self, latents: int, classes: int) -> None:
        super().__init__()
        self.conv, self.bn, self.fc = nn.Conv2d(3, latents, 3), nn.BatchNorm2d(latents), nn.Linear(latents, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.bn(self.conv(images)).relu().mean(dim=(2, 3)))


class SmallDense(nn.Module):
    """No convolution, and a last layer called `fc`."""

    def __init__(self, latents: int, classes: int) -> None:
        super().__init__()
        self.dense, self.fc = nn.Linear(3 * 8 * 8, latents), nn.Linear(latents, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.fc(self.dense(images.flatten(1)).relu())


# The kind, its latents, its old classes and those that are asked for. One case has as many as before, one a single
# class, and in one the convolution is frozen. The last two come in `eval()` mode.
MODELS = ((SmallResNet, 12, 20, 4), (SmallDense, 7, 5, 2), (SmallResNet, 6, 4, 4), (SmallDense, 5, 3, 1))


def judge_replace_head(answer: Callable) -> None:
    for case, (kind, latents, old, classes) in enumerate(MODELS):
        torch.manual_seed(case)
        body = kind(latents, old)
        if kind is SmallResNet:
            nn.init.normal_(body.bn.running_mean)  # not those of a new layer
            nn.init.uniform_(body.bn.running_var, 0.5, 2.0)
        if case == 2:
            body.conv.requires_grad_(False)
        body.train(case < 2)
        modes = {name: part.training for name, part in body.named_modules() if name != "fc"}
        told = f"For a `{kind.__name__}` with {latents} latents, {old} old classes and `classes` {classes}: "
        try:
            model = answer(body, classes)
        except Raised as error:
            raise Raised(_in_plain_words(error.slip), error.example, error.advice) from None
        _is_the_model(model, body)
        before_use = list(model.named_modules())
        rest = {n: t.detach().clone() for n, t in model.state_dict().items() if not n.startswith("fc.")}
        trains = {n: p.requires_grad for n, p in model.named_parameters()}
        _has_outputs(model, body, classes, told)
        _is_new(model.fc, body.fc, old)
        _rest_is_as_it_was(rest, trains, body)
        _modes_are_as_they_were({name: part.training for name, part in before_use if name in modes}, modes)
        _gives_logits(model.fc, latents, classes)
        _is_one_layer(model.fc, latents, classes)


def _in_plain_words(slip: str) -> str:
    """What an error of this exercise means, where there are no words for it in general."""
    if "does not support item assignment" in slip:
        return f"A layer of a model is reached by a dot, without square brackets: `model.fc = ...`. {slip}"
    if "linear(): argument 'input'" in slip:
        return (
            "`model.fc(...)` with round brackets lets the old layer compute something. A new layer is made by its class, "
            f"`nn.Linear`. {slip}"
        )
    if "cannot assign 'str' as child module" in slip:
        return (
            "In the place of a layer there must be a layer, and yours is a text, as `print` shows layers. `nn.Linear(...)` "
            f"makes one. {slip}"
        )
    if "as child module" in slip and ("Tensor'" in slip or "Parameter'" in slip):
        return (
            "In the place of a layer there must be a layer, and yours is a tensor: `nn.Linear(...)` makes a layer, with "
            f"weights of its own. {slip}"
        )
    if "cannot assign 'torch.nn.modules." in slip:
        return (
            f"That is the class, and no layer yet. Write brackets behind it, with its two numbers: one is made. {slip}"
        )
    return slip


def _modes_are_as_they_were(modes: dict[str, bool], before: dict[str, bool]) -> None:
    """Raise if `train()` or `eval()` was called for what is below the head."""
    changed = [name for name in before if modes.get(name) != before[name]]
    if changed:
        came, goes = ("train", "eval") if before[changed[0]] else ("eval", "train")
        part = "The model" if "" in changed else f"The model's `{changed[0]}`"
        raise Wrong(
            f"{part} came in `{came}()` mode, and goes back in `{goes}()` mode: BatchNorm would compute otherwise. "
            f"Nothing below the head changes: leave `{goes}()` out."
        )


def _is_the_model(model: object, body: nn.Module) -> None:
    if model is None:
        raise Wrong("Your function returned `None`. Is a `return` missing? The model is wanted, with its new head.")
    if isinstance(model, type):
        raise Wrong(f"Your function returns the class `{model.__name__}`. The model is wanted, with its new head.")
    if isinstance(model, nn.Linear):
        raise Wrong("Your function returns the new layer alone; the whole model is wanted, with that layer in it.")
    if isinstance(model, tuple | list):
        raise Wrong(f"Your function returns {len(model)} things; the model alone is wanted.")
    if not isinstance(model, nn.Module):
        raise Wrong(f"A model is wanted, and your function returned a `{type(model).__name__}`.")
    if not isinstance(getattr(model, "fc", None), nn.Module):
        behind = " Do not put the model into another one" if isinstance(model, nn.Sequential) else " Keep the name"
        raise Wrong(
            f"The model that comes back, a `{type(model).__name__}`, has no layer called `fc`.{behind}: the new layer "
            "takes the old one's place, under the same name."
        )


def _has_outputs(model: nn.Module, body: nn.Module, classes: int, told: str) -> None:
    """The new layer takes the latents, and gives one output for each class."""
    fc, (old, latents) = model.fc, body.fc.weight.shape
    if any(map(is_lazy, fc.parameters())):
        model(torch.rand(2, 3, 8, 8))  # a lazy layer learns its size
    if isinstance(fc, nn.Linear) and fc.weight.shape == (latents, classes) and latents != classes:
        raise Wrong("The two numbers of your `nn.Linear` are swapped: what goes in comes first, then what comes out.")
    if isinstance(fc, nn.Linear) and fc.weight.shape != (fc.out_features, fc.in_features):
        tells, has = (fc.in_features, fc.out_features), (fc.weight.shape[1], fc.weight.shape[0])
        raise Wrong(
            f"The old layer is still there, and changed: it says (inputs, outputs) {tells}, and its weights are for "
            f"{has}. Make a new `nn.Linear` and set `model.fc` to it."
        )
    try:
        shape = tuple(model(torch.rand(2, 3, 8, 8)).shape)
    except Exception as error:
        if "dtype" in str(error):
            kinds = ", ".join(sorted({str(p.dtype).removeprefix("torch.") for p in fc.parameters()}))
            raise Wrong(
                f"The latents are `float32`, and the weights of your new layer are `{kinds}`. `nn.Linear` makes the right "
                "kind by itself: change nothing about it."
            ) from None
        given = fc.in_features if isinstance(fc, nn.Linear) else None
        known = {512: "512 is right for a ResNet-18. ", old: "That is the number of *outputs* of the old layer. "}
        takes = f"takes {given}" if given else "does not fit them"
        ask = "Ask the old layer how many go in: `in_features`."
        if not any(isinstance(part, nn.Linear) for part in fc.modules()):
            ask = f"A linear layer is wanted, and yours is none: it is of the kind `{type(fc).__name__}`."
        raise Wrong(
            f"{told}{latents} latents come in, and your new layer {takes}. {known.get(given, '')}{ask} "
            f"Python says: `{str(error).splitlines()[0]}`"
        ) from None
    if shape == (2, classes):
        return
    if shape != (2, old):
        off = len(shape) == 2 and abs(shape[1] - classes) == 1
        fixed = " Is a 1 too much, or too little?" if off else " Use the argument `classes`."
        fixed = fixed if isinstance(fc, nn.Linear) else ""
        raise Wrong(f"{told}two images give outputs of the shape {shape}; wanted is (2, {classes}).{fixed}")
    if not torch.equal(_weight(fc), body.fc.weight):
        raise Wrong(
            f"{told}the layer `fc` that comes back has {old} outputs, as many as before. Make a new one, with `classes`."
        )
    others = [name for name, _ in model.named_children() if name not in dict(body.named_children())]
    beside = f" Your layer `{others[0]}` stands beside it, and `forward` does not know it." if others else ""
    raise Wrong(
        f"The model still has its {old} outputs.{beside} Put the new layer in the old one's place, `model.fc`. (Is it a single "
        "`=`? `==` only asks whether two things are equal. Or did you change a copy? Then return that copy.)"
    )


def _weight(layer: nn.Module) -> Tensor:
    return next((p for p in layer.parameters() if p.dim() == 2), torch.zeros(0))


def _is_new(fc: nn.Module, before: nn.Linear, old: int) -> None:
    """Nothing of the old layer is in it."""
    if isinstance(fc, nn.Linear) and torch.equal(fc.weight, before.weight):
        raise Wrong(
            f"The old layer is still there, because it has as many outputs as are wanted. It names {old} other "
            "classes: put a new one in its place in any case."
        )
    matrices = [p for p in fc.parameters() if p.dim() == 2]
    if any(torch.equal(matrix, before.weight) for matrix in matrices):
        raise Wrong("The old layer is still in use, with the new one behind it. Replace it instead.")
    rows = [row for matrix in matrices if matrix.shape[1] == before.in_features for row in matrix]
    if any(torch.equal(row, known) for row in rows for known in before.weight):
        raise Wrong("Your layer still has weights of the old one, which name other classes. Make a new `nn.Linear`.")


def _gives_logits(fc: nn.Module, latents: int, classes: int) -> None:
    """Any number may come out: no softmax and the like behind the layer. A layer that begins at 0 passes."""
    with torch.no_grad():
        outputs = copy.deepcopy(fc).eval()(100 * torch.randn(64, latents))
    why = "The head gives logits (one for each class), which may be any number: the last layer is the linear one."
    if classes > 1 and torch.allclose(outputs.sum(dim=1), torch.ones(64), atol=1e-4):
        raise Wrong(f"Your head returns probabilities, which add up to 1: there is a softmax behind the layer. {why}")
    if classes > 1 and torch.allclose(outputs.exp().sum(dim=1), torch.ones(64), atol=1e-3):
        raise Wrong(f"Your head returns the logarithms of a softmax. {why}")
    if (outputs == outputs[0]).all():
        return
    if outputs.min() >= 0:
        kind = "a sigmoid" if outputs.max() <= 1 else "a ReLU"
        raise Wrong(f"Your head never returns a negative number: there is {kind}, or the like, behind the layer. {why}")
    if outputs.abs().max() <= 1:
        raise Wrong(f"Your head never returns a number beyond 1: there is a tanh, or the like, behind the layer. {why}")


def _is_one_layer(fc: nn.Module, latents: int, classes: int) -> None:
    """One linear layer with a bias; dropout, which holds no numbers, may stand beside it."""
    kinds = [type(part).__name__ for part in fc.modules() if list(part.parameters(recurse=False))]
    norms = [part for part in fc.modules() if isinstance(part, nn.modules.batchnorm._NormBase | nn.LayerNorm)]
    if norms:
        raise Wrong(
            f"Your head has a `{type(norms[0]).__name__}` in it. The head is a single linear layer: what it returns must depend "
            "on the image alone, and may be any number."
        )
    if sum(parameter.numel() for parameter in fc.parameters()) == latents * classes:
        raise Wrong("Your new layer has no bias. The old one had one for each class: leave `bias=False` out.")
    if len(kinds) > 1:
        raise Wrong(
            f"Your head has {len(kinds)} layers with weights ({', '.join(kinds)}). The head is a single linear layer, as the "
            "old one was."
        )
    with torch.no_grad():
        head, (a, b) = copy.deepcopy(fc).eval(), torch.randn(2, 64, latents)
        bent = head(a) + head(b) - head(a + b) - head(0 * a)
    if not torch.allclose(bent, torch.zeros(()), atol=1e-3):
        raise Wrong(
            "Your head does more than a linear layer does: something bends its inputs or outputs. Leave that out."
        )


def _rest_is_as_it_was(rest: dict[str, Tensor], trains: dict[str, bool], body: nn.Module) -> None:
    before = {name: tensor for name, tensor in body.state_dict().items() if not name.startswith("fc.")}
    if set(before) - set(rest):
        raise Wrong(
            f"That is another model: `{min(set(before) - set(rest))}` is no longer in it. Take the one that your "
            "function is given, and change `fc` only."
        )
    if set(rest) - set(before):
        raise Wrong(f"The model has a new part, `{min(set(rest) - set(before))}`. Change `fc` only.")
    changed = [name for name in before if not torch.equal(rest[name], before[name])]
    if changed and all("running" in name or "num_batches" in name for name in changed):
        raise Wrong(
            f"The running statistics of BatchNorm have changed (`{changed[0]}`): images went through the model in `train()` mode, "
            "or they were reset. Change `fc` only."
        )
    if changed:
        raise Wrong("The layers below the head are no longer the pretrained ones. Change `fc` only.")
    head = [can for name, can in trains.items() if name.startswith("fc.")]
    below = {name: can for name, can in trains.items() if not name.startswith("fc.")}
    as_before = all(can == dict(body.named_parameters())[name].requires_grad for name, can in below.items())
    why = "Replacing a head freezes nothing: that is a decision of its own."
    if not all(head):
        whole = "" if any(below.values()) else ", and so is all the rest"
        raise Wrong(f"Your new head is frozen{whole}: it could not learn. {why}")
    if not as_before and not any(below.values()):
        raise Wrong(f"The layers below the head are frozen now. {why}")
    if not as_before:
        raise Wrong(
            "This model came with some layers frozen, and now others are frozen, or none. Leave the rest as it was: no "
            "`requires_grad_` for the whole model."
        )
