"""Is it an encoder within the budget, and can a decoder draw from its latents? The judge of exercise 5.4."""

from __future__ import annotations

from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.data.images import digits
from helpers.exercises.errors import meaning
from helpers.exercises.judging import Wrong
from helpers.exercises.written import written
from helpers.models import count_parameters

MOST_WEIGHTS, MOST_LATENTS, EPOCHS = 50_000, 32, 3
MOST_FIXED = 1024  # numbers in a tensor that is not trained: a mean image may be
PASS_MARK = 0.95  # of the mean image's error; the page says "at least 5 % below"


def judge_my_encoder(answer: Callable) -> None:
    torch.manual_seed(0)
    encoder = answer()
    if not isinstance(encoder, nn.Module):
        raise Wrong(_no_module(encoder))
    train, val, _ = digits()
    latents = _latents(encoder, train.images[:6])
    if latents.shape[1] > MOST_LATENTS:
        raise Wrong(
            f"Your latent vector has {latents.shape[1]:,} numbers; {MOST_LATENTS} at most, or it is no squeeze. A last "
            f"`nn.Linear` can bring them down to {MOST_LATENTS}."
        )
    _all_weights_are_known(encoder, train.images[:6])
    weights = count_parameters(encoder)
    if weights > MOST_WEIGHTS:
        heaviest = max(encoder.modules(), key=lambda part: sum(p.numel() for p in part.parameters(recurse=False)))
        raise Wrong(
            f"Your encoder has {weights:,} weights; {MOST_WEIGHTS:,} are allowed. No part of it has more weights of its own "
            f"than `{_name(heaviest)}`: {sum(p.numel() for p in heaviest.parameters(recurse=False)):,}."
        )
    trainable = count_parameters(encoder, trainable_only=True)
    if trainable < weights:
        which = f"{weights - trainable:,} of the {weights:,} weights" if trainable else "No weight"
        raise Wrong(
            f"{which} of your encoder {'cannot' if trainable else 'can'} be trained. Leave out `requires_grad_(False)` and "
            "`freeze`."
        )
    _no_fixed_weights(encoder, train.images[6:12].clone())
    if not weights:
        raise Wrong("Your encoder has no weights, so there is nothing in it to train. Give it a layer that has some.")
    decoder = nn.Sequential(
        nn.Linear(latents.shape[1], 128), nn.ReLU(), nn.Linear(128, 1024), nn.Unflatten(1, (1, 32, 32))
    )
    model = nn.Sequential(encoder, decoder)
    _must_get_gradients(model, train.images[:64], latents)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    mark = PASS_MARK * (val.images - train.images.mean(dim=0)).square().mean().item()
    errors = []
    for _ in range(EPOCHS):
        model.train()
        for rows in torch.randperm(len(train)).split(64):
            optimizer.zero_grad()
            F.binary_cross_entropy_with_logits(model(train.images[rows]), train.images[rows]).backward()
            optimizer.step()
        with torch.no_grad():
            errors.append(F.mse_loss(model.eval()(val.images).sigmoid(), val.images).item())
        if errors[-1] <= mark:
            return
    mixed = ""
    if _mixes_images(encoder, val.images[:6]):
        mixed = (
            " And they mix the images: what comes out for one depends on which others are in the batch. Does a softmax, "
            "a mean or a norm run along the first axis, `dim=0`?"
        )
    raise Wrong(
        f"After {EPOCHS} epochs the validation error is {written(errors[-1])}, and that of the mean image "
        f"{written(mark / PASS_MARK)}; {written(mark)} passes. The decoder makes too little of your latents.{mixed}",
        advice="Follow one image through the layers: which of them throws most of it away? Does a pooling or a stride "
        "drop too much, is the latent vector too short, or does a layer squash all numbers to nearly the same? If "
        "nothing is lost, it may learn too slowly for three epochs: more channels, or an `nn.BatchNorm2d` behind each "
        "convolution, can help.",
    )


def _name(part: nn.Module) -> str:
    """A layer as it is written; of a network only the class, for its layers take many lines."""
    return type(part).__name__ if list(part.children()) else str(part)


@torch.no_grad()
def _mixes_images(encoder: nn.Module, images: Tensor) -> bool:
    """Whether the latents of one image depend on the others, where they do not change from call to call by themselves."""
    first, again, fewer = encoder(images), encoder(images), encoder(images[:3])
    return torch.allclose(first, again, atol=1e-4) and not torch.allclose(first[:3], fewer, atol=1e-4)


def _no_module(value: object) -> str:
    """What is said of a result that is no network."""
    if value is None:
        return "Your function returned `None`. Is a `return` missing?"
    if isinstance(value, type):
        return f"Your function returns the class `{value.__name__}`. Write brackets behind it, and one of it is made."
    if isinstance(value, list | tuple) and any(isinstance(part, nn.Module) for part in value):
        return (
            f"A {type(value).__name__} of layers is no network yet. Put them into `nn.Sequential(...)`. (If one of them is a "
            "decoder, leave it out: `check` has its own.)"
        )
    return f"An `nn.Module` is wanted, such as `nn.Sequential(...)`; your function returned a `{type(value).__name__}`."


def _latents(encoder: nn.Module, images: Tensor) -> Tensor:
    """The latents of six images and of five; they also tell a lazy layer its size."""
    at_work: list[tuple[nn.Module, tuple]] = []  # the layer that has begun and not ended
    images, before = images.clone(), images
    parts = [part for part in encoder.modules() if not list(part.children())]
    hooks = [part.register_forward_pre_hook(lambda part, given: at_work.append((part, given))) for part in parts]
    hooks += [part.register_forward_hook(lambda *_: at_work.clear()) for part in parts]
    results = []
    try:
        with torch.no_grad():
            for batch in (images, before[:5].clone()):
                results.append(encoder(batch))
    except Exception as error:
        raise Wrong(_where_it_stops(error, *(at_work[-1] if at_work else (None, ())), 6 - len(results))) from None
    finally:
        for hook in hooks:
            hook.remove()
    latents, fewer = results
    if not isinstance(latents, Tensor):
        if latents is None:
            raise Wrong("Your encoder returns `None` for images. Is a `return` missing in its `forward`?")
        raise Wrong(f"Your encoder returns a `{type(latents).__name__}` for images; wanted is one tensor, the latents.")
    if not torch.equal(images, before):
        raise Wrong(
            "Your encoder changes the images in place, and they are also the target. Make new numbers in `forward`: no `-=`, "
            "and no function with an underscore at its end, such as `div_`."
        )
    shape = tuple(latents.shape)
    if not latents.dtype.is_floating_point:
        raise Wrong(
            f"The latents of six images have the type `{latents.dtype}` and the shape {shape}; a decoder takes floats. Is an "
            "`argmax`, a `long()` or a comparison at the end? No gradient goes through those."
        )
    if latents.dtype != images.dtype:
        raise Wrong(
            f"The latents have the type `{latents.dtype}`; the decoder takes `{images.dtype}`. Leave `double()`, `half()` and "
            "the like out."
        )
    if not latents.isfinite().all():
        raise Wrong(
            "Your encoder gives `nan` or `inf` for these images. Is there a logarithm of 0, or a division by 0? Black pixels "
            "are 0."
        )
    if shape == tuple(images.shape):
        raise Wrong(
            f"Your network gives images back, {shape}, and no latents. If a decoder is in it, leave it out: `check` has its own."
        )
    if latents.dim() > 2 and (len(latents), len(fewer)) == (6, 5):
        numbers = latents[0].numel()
        linear = (
            f"; a last `nn.Linear` behind it must bring them down to {MOST_LATENTS}" if numbers > MOST_LATENTS else ""
        )
        raise Wrong(
            f"Six images give latents of shape {shape}; wanted is one row for each image. Put `nn.Flatten()` behind "
            f"your layers: it makes {numbers:,} numbers of each image{linear}."
        )
    if latents.shape == fewer.shape:
        raise Wrong(
            f"Six images give latents of shape {shape}, and so do five: there is not one row for each image. Does a mean or "
            "a sum run over the images (`dim=0`), or does a `return` inside a loop end it with the first?"
        )
    if latents.dim() == 2 and (shape[1], fewer.shape[1]) == (6, 5) and len(latents) == len(fewer):
        raise Wrong(
            f"Six images give latents of shape {shape}: rows and columns have changed places. Wanted is one row for each "
            "image. Is there a `.T` or a `transpose` too many?"
        )
    if latents.dim() == 1 and (len(latents), len(fewer)) == (6, 5):
        raise Wrong(
            f"Six images give latents of shape {shape}, a single number for each, without an axis of its own. Wanted is "
            "(N, Z), also if Z is 1: is the second axis summed, indexed or squeezed away?"
        )
    if latents.dim() < 2 or (len(latents), len(fewer)) != (6, 5):
        raise Wrong(
            f"Six images give latents of shape {shape}, and five give {tuple(fewer.shape)}; wanted is one row for each "
            "image. Is the number of images fixed somewhere, or flattened with the rest? `nn.Flatten()` keeps it."
        )
    return latents


def _all_weights_are_known(encoder: nn.Module, images: Tensor) -> None:
    """Raise if there are weights in the latents that `encoder.parameters()` does not tell: no optimizer gets them."""
    known = {id(p) for p in encoder.parameters()}
    first, second = ([p for p in _weights_in(encoder(images)) if id(p) not in known] for _ in range(2))
    if not first:
        return
    if {id(p) for p in first}.isdisjoint(id(p) for p in second):
        raise Wrong(
            "Your encoder makes new weights each time that it is called, so nothing it learns can stay. Make its "
            "layers once, in `__init__`, and use them in `forward`."
        )
    count = sum(p.numel() for p in first)
    raise Wrong(
        f"{count:,} weights at work in your encoder are unknown to `encoder.parameters()`, so no optimizer would train "
        "them. Layers in a Python list are not seen: put them into `nn.Sequential` or `nn.ModuleList`. (A single tensor "
        f"is made a weight by `nn.Parameter`.) All of them together may be at most {MOST_WEIGHTS:,}."
    )


def _no_fixed_weights(encoder: nn.Module, images: Tensor) -> None:
    """Raise if a large tensor that is no parameter stays as it is when other images come: no training changes it."""
    ours = [part for part in encoder.modules() if not type(part).__module__.startswith("torch.nn")]
    held = [
        (part, name, tensor, tensor.clone())
        for part in ours
        for name, tensor in {**vars(part), **dict(part.named_buffers(recurse=False))}.items()
        if isinstance(tensor, Tensor)
        and tensor.is_floating_point()
        and tensor.numel() > MOST_FIXED
        and not tensor.requires_grad  # a part of a weight, seen from another side
    ]
    with torch.no_grad():
        encoder(images)
    for part, name, tensor, before in held:
        if getattr(part, name, None) is tensor and torch.equal(tensor, before):
            raise Wrong(
                f"`{name}` in your encoder holds {tensor.numel():,} fixed numbers. `encoder.parameters()` does not know "
                "them, so no optimizer trains them. A tensor is made a weight by `nn.Parameter(...)`; a layer such as "
                "`nn.Linear` does it for you."
            )


def _weights_in(latents: Tensor) -> list[Tensor]:
    """The tensors at the beginning of the computation that would get a gradient."""
    steps, seen, found = [latents.grad_fn], set(), []
    while steps:
        step = steps.pop()
        if step is None or step in seen:
            continue
        seen.add(step)
        if hasattr(step, "variable"):
            found.append(step.variable)
        steps += [before for before, _ in step.next_functions]
    return found


def _where_it_stops(error: Exception, part: nn.Module | None, given: tuple, count: int) -> str:
    """What is said of so many images that do not pass: which layer does not fit what it gets, and what would."""
    said = (str(error) or type(error).__name__).splitlines()[0]
    if 'missing the required "forward" function' in said:
        return (
            f"A `forward` is missing, which says what happens to the images: `{said}`. `nn.Sequential` has one; an "
            "`nn.ModuleList` has none, so go through its layers in a loop."
        )
    if "forward() takes 1 positional argument but 2 were given" in said:
        return (
            "A `forward` gets the module itself and what goes in, and yours has a name for one of them: write "
            "`def forward(self, images):`."
        )
    stop = f"Images of shape ({count}, 1, 32, 32) do not pass{'' if count == 6 else ', though six do'}"
    if part is None or not given or not isinstance(given[0], Tensor):
        return f"{stop}: `{said}`. {meaning(error)}".strip()
    shape = tuple(given[0].shape)
    told = f"{stop}. They get as far as `{part}`, which is given the shape {shape}."
    if not isinstance(part, nn.Linear | nn.Conv2d | nn.BatchNorm1d | nn.BatchNorm2d):
        return f"{told} Python says: `{said}`"
    kinds = {p.dtype for p in part.parameters()} - {given[0].dtype}
    if kinds:
        return (
            f"{told} The layer's weights are `{kinds.pop()}`, and it is given numbers of `{given[0].dtype}`: both must be "
            "the same. Leave `double()`, `half()` and the like out."
        )
    if shape[:1] != (count,):
        return (
            f"{told} The first axis of that shape does not count all {count} images. Pass them all at once, and keep that "
            "axis: `nn.Flatten()` does."
        )
    if len(shape) == 1:
        return (
            f"{told} It wants two axes or more: the first counts the images, and the others hold the numbers of each."
        )
    if isinstance(part, nn.Linear) and shape[-1] != part.in_features:
        flat = " Is `nn.Flatten()` missing before it?" if len(shape) > 2 else ""
        return f"{told} Its first number says what comes in, the last number of that shape: {shape[-1]}.{flat}"
    if isinstance(part, nn.BatchNorm2d) and len(shape) == 2:
        return f"{told} For a shape of two axes it is `nn.BatchNorm1d`."
    if isinstance(part, nn.Conv2d | nn.BatchNorm2d) and len(shape) != 4:
        return f"{told} It wants images (N, C, H, W): keep those four axes up to here."
    if shape[1] != getattr(part, "in_channels", getattr(part, "num_features", shape[1])):
        what = "channels" if len(shape) > 2 else "numbers of each image"
        grey = " (Grey images have one channel.)" if shape[1] == 1 else ""
        return f"{told} Its first number says how many {what} come in: {shape[1]}.{grey}"
    if "Kernel size can't be greater" in said:
        return (
            f"{told} Its kernel is larger than the images that come in. A smaller kernel helps, and so does `padding`, or a "
            "smaller stride before it."
        )
    return f"{told} Python says: `{said}`"


def _must_get_gradients(model: nn.Module, images: Tensor, latents: Tensor) -> None:
    """Raise if no gradient of the loss arrives at the encoder: no training could change it."""
    encoder = model[0]
    F.binary_cross_entropy_with_logits(model(images), images).backward()
    if any(p.grad is not None and p.grad.any() for p in encoder.parameters()):
        return
    if all(p.grad is None for p in encoder.parameters()) and not _calls_a_layer(encoder, images):
        raise Wrong(
            "None of your encoder's layers with weights is called in its `forward`. Send the images through them."
        )
    if torch.allclose(latents, latents[:1].expand_as(latents)):
        raise Wrong(
            "All images get the same latents, and no training can change that. Which layer lets nothing through? (Or are "
            "all weights of a layer 0?)"
        )
    raise Wrong(
        "No gradient reaches your encoder. Is there a `no_grad` or a `detach` in its `forward`, or a step that has no slope, "
        "such as `round` or `sign`?"
    )


def _calls_a_layer(encoder: nn.Module, images: Tensor) -> bool:
    """Whether a layer that has weights itself is at work when images come in; also true for single weights."""
    called: list[nn.Module] = []
    parts = [part for part in encoder.modules() if list(part.parameters(recurse=False))]
    hooks = [part.register_forward_pre_hook(lambda part, given: called.append(part)) for part in parts]
    with torch.no_grad():
        encoder(images)
    for hook in hooks:
        hook.remove()
    return bool(called)
