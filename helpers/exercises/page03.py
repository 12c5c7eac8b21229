"""Page 03: sizes, the flip, weights, and a network under a budget."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from helpers.data import make_loader
from helpers.data.images import digits
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import Wrong, drawn
from helpers.finetune import finetune
from helpers.metrics import accuracy, predict
from helpers.models import count_parameters

# Weights, and validation accuracy in per cent. Under the judge's training, with four seeds each, five networks with
# max pooling or BatchNorm reached 93.6 to 97.4, and a dense layer on all pixels (10,250 weights) at most 90.2. Without a
# convolution 93 % can be reached too (5,864 weights behind a cropped, averaged image: 93.2 to 93.6), so one is demanded.
BUDGET, WANTED = 6_000, 93.0


def output_size(size, k, stride, padding, dilation):
    """One side of a convolution's output."""
    reach = dilation * (k - 1) + 1
    return (size + 2 * padding - reach) // stride + 1


def size_cases() -> list[tuple]:
    """Small ones first, so that the smallest that differs is easy to draw."""
    by_hand = [(4, 3, 1, 0, 1), (5, 2, 1, 0, 1), (5, 3, 2, 0, 1), (4, 3, 1, 1, 1), (6, 3, 1, 0, 2), (6, 3, 3, 0, 1)]
    return by_hand + list(itertools.product((9, 32), (3, 4), (1, 2, 3), (0, 2), (1, 2)))


SIZE_SLIPS = {
    "Padding is added on *both* sides: count it twice.": lambda size, k, stride, padding, dilation: (
        (size + padding - dilation * (k - 1) - 1) // stride + 1
    ),
    "The padding is forgotten: it makes the image larger.": lambda size, k, stride, padding, dilation: (
        (size - dilation * (k - 1) - 1) // stride + 1
    ),
    "Round *down*: a last, incomplete step returns no output.": lambda size, k, stride, padding, dilation: (
        -(-(size + 2 * padding - dilation * (k - 1) - 1) // stride) + 1
    ),
    "The dilation is forgotten: a spread kernel reaches over d(k - 1) + 1 pixels.": (
        lambda size, k, stride, padding, dilation: (size + 2 * padding - k) // stride + 1
    ),
    "Between k weights there are k - 1 gaps: a spread kernel reaches over d(k - 1) + 1 pixels, not d * k.": (
        lambda size, k, stride, padding, dilation: (size + 2 * padding - dilation * k) // stride + 1
    ),
    "The + 1 is inside the rounding. Count whole steps first, then add the first place.": (
        lambda size, k, stride, padding, dilation: (size + 2 * padding - dilation * (k - 1) - 1 + 1) // stride
    ),
    "The + 1 is missing: the first place counts too.": lambda size, k, stride, padding, dilation: (
        (size + 2 * padding - dilation * (k - 1) - 1) // stride
    ),
    "The kernel reaches over d(k - 1) + 1 pixels; yours leaves that 1 out.": lambda size, k, stride, padding, dilation: (
        (size + 2 * padding - dilation * (k - 1)) // stride + 1
    ),
    "The size must be a whole number: divide with `//`.": lambda size, k, stride, padding, dilation: (
        (size + 2 * padding - dilation * (k - 1) - 1) / stride + 1
    ),
    "The stride is forgotten: with larger steps the kernel stops at fewer places.": (
        lambda size, k, stride, padding, dilation: size + 2 * padding - dilation * (k - 1)
    ),
}


def true_convolution(image, kernel):
    """The mathematician's convolution of image (H, W) and kernel (k, k), where the kernel fits."""
    return F.conv2d(image[None, None], kernel.flip(0, 1)[None, None])[0, 0]


def convolution_cases() -> list[tuple]:
    """Images of few whole numbers, higher than wide and the reverse; kernels of 1 to 4."""

    def make(generator: torch.Generator, i: int) -> tuple:
        k = (2, 1, 3, 4)[i % 4]
        shape = k + int(torch.randint(3, (), generator=generator)), k + int(torch.randint(3, (), generator=generator))
        image = torch.randint(-4, 5, shape, generator=generator).float()
        return image, torch.randint(-3, 4, (k, k), generator=generator).float()

    return drawn(make)


def _slide(image: torch.Tensor, kernel: torch.Tensor, **more: int) -> torch.Tensor:
    return F.conv2d(image[None, None], kernel[None, None], **more)[0, 0]


CONVOLUTION_SLIPS = {
    "That is cross-correlation: the kernel is not turned.": _slide,
    "You padded the image. Only places where the whole kernel fits are wanted.": lambda image, kernel: _slide(
        image, kernel.flip(0, 1), padding=len(kernel) // 2
    ),
    "You padded the image on all sides. Only places where the whole kernel fits are wanted.": lambda image, kernel: (
        _slide(image, kernel.flip(0, 1), padding=len(kernel) - 1)
    ),
    "You swapped rows and columns (a transpose). A turn by 180 degrees is something else.": lambda image, kernel: (
        _slide(image, kernel.T)
    ),
    "The kernel is turned by 90 degrees. Turn it by 180, by a flip of both axes.": lambda image, kernel: _slide(
        image, kernel.rot90()
    ),
    "The kernel is turned by 270 degrees. Turn it by 180, by a flip of both axes.": lambda image, kernel: _slide(
        image, kernel.rot90(3)
    ),
    "The kernel is turned upside down only. Turn it from left to right as well.": lambda image, kernel: _slide(
        image, kernel.flip(0)
    ),
    "The kernel is turned from left to right only. Turn it upside down as well.": lambda image, kernel: _slide(
        image, kernel.flip(1)
    ),
    "You turned the image instead of the kernel: the right values stand in reversed order.": lambda image, kernel: (
        _slide(image.flip(0, 1), kernel)
    ),
    "You turned image and kernel both. Only the kernel is turned.": lambda image, kernel: _slide(
        image.flip(0, 1), kernel.flip(0, 1)
    ),
    "The axes of image and channel that `F.conv2d` wants are still there: take `[0, 0]` of the result.": (
        lambda image, kernel: _slide(image, kernel.flip(0, 1))[None, None]
    ),
    "One axis too many is still there: take `[0, 0]` of the result.": lambda image, kernel: _slide(
        image, kernel.flip(0, 1)
    )[None],
}


def count_weights(layers):
    """All numbers that a chain of convolutions learns; a layer is (c_in, c_out, k)."""
    return sum(c_out * (c_in * k * k + 1) for c_in, c_out, k in layers)


def layer_cases() -> list[tuple]:
    def make(generator: torch.Generator, i: int) -> tuple:
        widths = torch.randint(1, 7, (2 + i // 6,), generator=generator).tolist()
        kernels = torch.randint(1, 6, (len(widths) - 1,), generator=generator).tolist()
        return ([(a, b, k) for a, b, k in zip(widths[:-1], widths[1:], kernels, strict=True)],)

    return drawn(make)


WEIGHT_SLIPS = {
    "The biases are missing: one for each output channel.": lambda layers: sum(i * o * k * k for i, o, k in layers),
    "One bias for each *output* channel, not for each input channel.": lambda layers: sum(
        i * (o * k * k + 1) for i, o, k in layers
    ),
    "One bias for each output channel; yours has one for each layer.": lambda layers: sum(
        i * o * k * k + 1 for i, o, k in layers
    ),
    "A bias belongs to an output channel, not to each of its kernels.": lambda layers: sum(
        i * o * (k * k + 1) for i, o, k in layers
    ),
    "A kernel has k * k weights, not k.": lambda layers: sum(o * (i * k + 1) for i, o, k in layers),
    "A kernel has k * k weights, not 2 * k.": lambda layers: sum(o * (i * 2 * k + 1) for i, o, k in layers),
    "Each output channel has a kernel for *each* input channel.": lambda layers: sum(
        o * (k * k + 1) for i, o, k in layers
    ),
    "Each *output* channel has kernels of its own: multiply by `c_out` too.": lambda layers: sum(
        i * k * k + 1 for i, o, k in layers
    ),
    "That is the first layer only. Add up over all of them.": lambda layers: (
        layers[0][1] * (layers[0][0] * layers[0][2] ** 2 + 1)
    ),
    "That is the last layer only. Add up over all of them.": lambda layers: (
        layers[-1][1] * (layers[-1][0] * layers[-1][2] ** 2 + 1)
    ),
    "These are the numbers of each layer; wanted is their sum.": lambda layers: [
        o * (i * k * k + 1) for i, o, k in layers
    ],
}


def small_network():
    """images (N, 1, 32, 32) -> logits (N, 10), with few weights."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(2),
        nn.Conv2d(8, 16, 3, padding=1),
        nn.ReLU(),
        nn.MaxPool2d(4),
        nn.Flatten(),
        nn.Linear(16 * 4 * 4, 10),
    )


def judge_small_network(answer: object) -> None:
    torch.manual_seed(0)
    model = answer()
    if not isinstance(model, nn.Module):
        raise Wrong(f"A model is wanted, such as `nn.Sequential(...)`, and not a `{type(model).__name__}`.")
    weights = count_parameters(model)
    if weights > BUDGET:
        raise Wrong(f"Your network has {weights:,} weights; {BUDGET:,} are allowed. Which layer has most of them?")
    try:
        outputs = model(torch.zeros(2, 1, 32, 32))
    except RuntimeError as error:
        raise Wrong(f"An image (2, 1, 32, 32) does not pass: {error}. Does each layer fit the one before?") from None
    if outputs.shape != (2, 10):
        flatten = " Put `nn.Flatten()` before the last `nn.Linear`." if outputs.dim() == 4 else ""
        raise Wrong(f"For two images your network returns the shape {tuple(outputs.shape)}, not (2, 10).{flatten}")
    if torch.allclose(outputs.sum(dim=1), torch.ones(2), atol=1e-4) and (outputs >= 0).all():
        raise Wrong("The outputs are probabilities already. Leave the softmax out: the loss takes logits.")
    if not any(isinstance(part, nn.Conv2d) and max(part.kernel_size) > 1 for part in model.modules()):
        raise Wrong("Your network has no `nn.Conv2d` with a kernel larger than 1 x 1. At least one is wanted.")
    train_set, val_set, _ = digits()
    finetune(model, train_set, lr=1e-2, augment=None)
    reached = 100 * accuracy(*predict(model, make_loader(val_set, batch_size=250)))
    if reached < WANTED:
        raise Wrong(
            f"Your network stays within the budget and reaches {reached:.1f} %; {WANTED:.0f} % are wanted. Use "
            "the weights where they are shared: two convolutions, each with a ReLU and a max pooling behind it."
        )


EXERCISES = {
    "3.1": Exercise(
        solution=true_convolution,
        cases=convolution_cases,
        slips=CONVOLUTION_SLIPS,
        returns="an image, a tensor of two axes",
        why="`F.conv2d` slides the kernel as it is. Turned by 180 degrees beforehand, it is what mathematics calls "
        "convolution.",
        notice="Both operations are the same for a kernel that a turn leaves as it is, such as a blur.",
        hints=(
            "Which of the two does `F.conv2d` compute? What must be done to the kernel first?",
            "A turn by 180 degrees is a flip of both axes: `kernel.flip(0, 1)`.",
            "`F.conv2d` wants (N, C, H, W): write `image[None, None]`, and take `[0, 0]` of the result.",
        ),
    ),
    "3.2": Exercise(
        solution=output_size,
        cases=size_cases,
        slips=SIZE_SLIPS,
        returns="one whole number",
        why="The spread kernel reaches over d(k - 1) + 1 pixels. Count the steps that fit into the padded image, "
        "round down, and add the first place.",
        notice="The same formula holds for height and width, and for pooling as well.",
        hints=(
            "How wide is the padded image? And how many pixels does a kernel reach over whose weights are `dilation` apart?",
            "The padded side has `size + 2 * padding` pixels; the kernel reaches over `dilation * (k - 1) + 1` of them.",
            "What is left over, in whole steps of `stride` (that is `//`), plus one for the first place.",
        ),
    ),
    "3.3": Exercise(
        solution=count_weights,
        cases=layer_cases,
        slips=WEIGHT_SLIPS,
        returns="one whole number",
        why="An output channel has a k x k kernel for each input channel and one bias; there are c_out of them.",
        notice="The size of the image is nowhere in it: the same weights are used at every place.",
        hints=(
            "Start with one output channel: how many kernels has it, and how many biases?",
            "One output channel learns `c_in * k * k + 1` numbers.",
            "Times `c_out`, added up over the layers: `sum(... for c_in, c_out, k in layers)`.",
        ),
    ),
    "3.4": Exercise(
        judge=judge_small_network,
        solution=small_network,
        why="Pooling makes the image small, so that the last, dense layer needs few weights; the convolutions share "
        "theirs over all places.",
        notice="A single dense layer from 1,024 pixels to ten logits needs 10,250 weights. Trained in the same way with "
        "four seeds, it reached about 90 %.",
        hints=(
            "A dense layer on the pixels has 1,024 x 10 weights, which is too many. Make the image smaller first.",
            "`nn.MaxPool2d(2)` halves the image without weights, and `nn.MaxPool2d(4)` quarters it. 4 x 4 places are enough.",
            "Twice a convolution, a ReLU and a max pooling; at the end `nn.Flatten()` and `nn.Linear(channels * 4 * 4, 10)`.",
        ),
        seconds=30.0,
    ),
}
