"""Page 03: sizes, the flip, weights, and a network under a budget."""

from __future__ import annotations

import itertools

import torch
import torch.nn.functional as F
from torch import nn

from helpers.data import make_loader
from helpers.data.images import digits
from helpers.exercises.engine import Exercise, Wrong, compare
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


def judge_output_size(answer: object) -> None:
    for size, k, stride, padding, dilation in itertools.product((9, 32), (3, 4), (1, 2, 3), (0, 2), (1, 2)):
        expected = F.conv2d(
            torch.zeros(1, 1, size, size), torch.zeros(1, 1, k, k), None, stride, padding, dilation
        ).shape[2]
        room = size + 2 * padding - dilation * (k - 1) - 1
        slips = {
            "Padding is added on *both* sides: count it twice.": (room - padding) // stride + 1,
            "The padding is forgotten: it makes the image larger.": (room - 2 * padding) // stride + 1,
            "Round *down*: a last, incomplete step gives no output.": -(-room // stride) + 1,
            "The dilation is forgotten: a spread kernel reaches over d(k - 1) + 1 pixels.": 1
            + (size + 2 * padding - k) // stride,
            "Between k weights there are k - 1 gaps: a spread kernel reaches over d(k - 1) + 1 pixels, not d * k.": 1
            + (size + 2 * padding - dilation * k) // stride,
            "The + 1 is missing: the first place counts too.": room // stride,
            "The size must be a whole number: divide with `//`.": room / stride + 1,
        }
        case = f"size {size}, kernel {k}, stride {stride}, padding {padding}, dilation {dilation}"
        compare(answer(size, k, stride, padding, dilation), expected, case, slips)


def true_convolution(image, kernel):
    """The mathematician's convolution of image (H, W) and kernel (k, k), where the kernel fits."""
    return F.conv2d(image[None, None], kernel.flip(0, 1)[None, None])[0, 0]


def judge_true_convolution(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    for shape, k in (((5, 6), 3), ((8, 8), 2), ((4, 7), 4)):
        image, kernel = torch.randn(shape, generator=generator), torch.randn(k, k, generator=generator)

        def slide(kernel: torch.Tensor, image: torch.Tensor = image) -> torch.Tensor:
            return F.conv2d(image[None, None], kernel[None, None])[0, 0]

        slips = {
            "That is cross-correlation: the kernel is not turned.": slide(kernel),
            "You padded the image. Only places where the whole kernel fits are wanted.": F.conv2d(
                image[None, None], kernel.flip(0, 1)[None, None], padding=k // 2
            )[0, 0],
            "You swapped rows and columns (a transpose). A turn by 180 degrees is something else.": slide(kernel.T),
            "The kernel is turned upside down only. Turn it from left to right as well.": slide(kernel.flip(0)),
            "The kernel is turned from left to right only. Turn it upside down as well.": slide(kernel.flip(1)),
        }
        expected = slide(kernel.flip(0, 1))
        compare(answer(image, kernel), expected, f"an image of {shape} and a {k} x {k} kernel", slips)


def count_weights(layers):
    """All numbers that a chain of convolutions learns; a layer is (c_in, c_out, k)."""
    return sum(c_out * (c_in * k * k + 1) for c_in, c_out, k in layers)


def judge_count_weights(answer: object) -> None:
    for layers in ([(1, 16, 3)], [(3, 8, 5), (8, 4, 3)], [(1, 16, 3), (16, 32, 3), (32, 64, 3)]):
        expected = sum(count_parameters(nn.Conv2d(*layer)) for layer in layers)
        slips = {
            "The biases are missing: one for each output channel.": sum(i * o * k * k for i, o, k in layers),
            "One bias for each *output* channel, not for each input channel.": sum(
                i * (o * k * k + 1) for i, o, k in layers
            ),
            "A bias belongs to an output channel, not to each of its kernels.": sum(
                i * o * (k * k + 1) for i, o, k in layers
            ),
            "A kernel has k * k weights, not k.": sum(o * (i * k + 1) for i, o, k in layers),
            "Each output channel has a kernel for *each* input channel.": sum(o * (k * k + 1) for i, o, k in layers),
        }
        compare(answer(layers), expected, f"the layers {layers}", slips)


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
        judge=judge_true_convolution,
        solution=true_convolution,
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
        judge=judge_output_size,
        solution=output_size,
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
        judge=judge_count_weights,
        solution=count_weights,
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
