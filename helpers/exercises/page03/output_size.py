"""Exercise 3.2. One side of a convolution's output."""

from __future__ import annotations

import itertools

from helpers.exercises.engine import Exercise


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
    "The first place is inside the rounding. Count whole steps first, then add it.": (
        lambda size, k, stride, padding, dilation: (size + 2 * padding - dilation * (k - 1) - 1 + 1) // stride
    ),
    "The + 1 is missing: the first place counts too.": lambda size, k, stride, padding, dilation: (
        (size + 2 * padding - dilation * (k - 1) - 1) // stride
    ),
    "You divide 1 too much: the kernel reaches over d(k - 1) + 1 pixels.": lambda size, k, stride, padding, dilation: (
        (size + 2 * padding - dilation * (k - 1)) // stride + 1
    ),
    "The brackets of d(k - 1) are lost: first k - 1, then times d.": lambda size, k, stride, padding, dilation: (
        (size + 2 * padding - dilation * k - 2) // stride + 1
    ),
    "The size must be a whole number: divide with `//`.": lambda size, k, stride, padding, dilation: (
        (size + 2 * padding - dilation * (k - 1) - 1) / stride + 1
    ),
    "The kernel's reach is to be *subtracted* from the padded side; in yours it is added.": (
        lambda size, k, stride, padding, dilation: (size + 2 * padding + dilation * (k - 1) - 1) // stride + 1
    ),
    "The kernel's reach is to be *subtracted* from the padded side; in yours it is added, with its 1.": (
        lambda size, k, stride, padding, dilation: (size + 2 * padding + dilation * (k - 1) + 1) // stride + 1
    ),
    "The padding makes the image larger: add it, on both sides. Yours subtracts it.": (
        lambda size, k, stride, padding, dilation: (size - 2 * padding - dilation * (k - 1) - 1) // stride + 1
    ),
    "A kernel that ends exactly at the border still fits. In a loop, compare with `<=`, not with `<`; in a formula, "
    "round down and add 1, which is not the same as rounding up.": lambda size, k, stride, padding, dilation: max(
        0, -(-(size + 2 * padding - dilation * (k - 1) - 1) // stride)
    ),
    "`round` goes to the *nearest* whole number. Round *down*: `//` does.": (
        lambda size, k, stride, padding, dilation: round((size + 2 * padding - dilation * (k - 1) - 1) / stride) + 1
    ),
    "Two slips: `round` goes to the *nearest* whole number, where `//` rounds down; and the kernel reaches over "
    "d(k - 1) + 1 pixels, of which yours leaves the 1 out.": lambda size, k, stride, padding, dilation: (
        round((size + 2 * padding - dilation * (k - 1)) / stride) + 1
    ),
    "`//` comes before `+` and `-`, so only the 1 beside it is divided. Put brackets round all that is to be divided.": (
        lambda size, k, stride, padding, dilation: size + 2 * padding - dilation * (k - 1) - 1 // stride + 1
    ),
    "`/` comes before `+` and `-`, so only the 1 beside it is divided. Put brackets round all that is to be divided, "
    "and round down: `//`.": lambda size, k, stride, padding, dilation: (
        size + 2 * padding - dilation * (k - 1) - 1 / stride + 1
    ),
    "`//` comes before `+` and `-`, so only the kernel's reach is divided. Put brackets round all that is to be "
    "divided.": lambda size, k, stride, padding, dilation: size + 2 * padding - (dilation * (k - 1) + 1) // stride + 1,
    "That is the size after a *transposed* convolution, which goes the other way, from small to large.": (
        lambda size, k, stride, padding, dilation: (size - 1) * stride - 2 * padding + dilation * (k - 1) + 1
    ),
    "Yours is 1 for every input. Do you read a shape? Then another of its axes is the height: this one counts channels or "
    "images. Or do you count in a loop, and the `return` stands inside it? Then put it behind the loop.": lambda size, k, stride, padding, dilation: (
        1
    ),
    "You divide and round each term on its own, and lose several remainders. Add up first, then divide once.": (
        lambda size, k, stride, padding, dilation: (
            size // stride + 2 * padding // stride - dilation * (k - 1) // stride - 1 // stride + 1
        )
    ),
    "That holds for odd kernels only: twice `k // 2` is k for an even k. Compute with k - 1.": (
        lambda size, k, stride, padding, dilation: (size + 2 * padding - 2 * dilation * (k // 2) - 1) // stride + 1
    ),
    "The padding is not spread: dilation moves the weights of the kernel apart, and nothing else.": (
        lambda size, k, stride, padding, dilation: (
            (size + 2 * padding * dilation - dilation * (k - 1) - 1) // stride + 1
        )
    ),
    "The stride is forgotten: with larger steps the kernel stops at fewer places.": (
        lambda size, k, stride, padding, dilation: size + 2 * padding - dilation * (k - 1)
    ),
}


EXERCISE = Exercise(
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
)
