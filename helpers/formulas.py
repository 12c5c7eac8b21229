"""The two formulas of the course as plain code: convolution and cross-entropy.

Written to be read, not to be fast; pages 03 and 04 build them, and check them against torch.
"""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor


def conv_output_size(size: int, kernel: int, stride: int = 1, padding: int = 0, dilation: int = 1) -> int:
    """Pixels along one side after a convolution.

    Raises:
        ValueError: the kernel, spread by its dilation, is larger than the padded image.

    Example:
        >>> from helpers.formulas import conv_output_size
        >>> conv_output_size(32, kernel=3, stride=2, padding=1)
        16
    """
    reach = dilation * (kernel - 1) + 1  # pixels from the kernel's first to its last entry
    if reach > size + 2 * padding:
        raise ValueError(f"a kernel that reaches over {reach} pixels does not fit into {size} + 2 * {padding}")
    return (size + 2 * padding - reach) // stride + 1


def conv2d_loops(
    images: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """f(x) = W * x + b, one output number at a time.

    Like every deep-learning library it slides the kernel without flipping it (cross-correlation).

    Shape:
        images (N, C, H, W), weight (C_out, C, kH, kW), bias (C_out,) -> (N, C_out, H_out, W_out)

    Raises:
        ValueError: images and kernel disagree about C, or the kernel does not fit.

    Example:
        >>> import torch
        >>> from helpers.formulas import conv2d_loops
        >>> conv2d_loops(torch.ones(1, 1, 3, 3), torch.ones(1, 1, 2, 2))[0, 0].tolist()
        [[4.0, 4.0], [4.0, 4.0]]

    Source: article section 3.2.1.
    """
    c_out, k_h, k_w, h_out, w_out = _conv_sizes(images, weight, stride, padding, dilation)
    x = F.pad(images, (padding,) * 4)
    output = torch.zeros(len(images), c_out, h_out, w_out)
    for c in range(c_out):
        for i in range(h_out):
            for j in range(w_out):
                top, left = i * stride, j * stride
                rows = slice(top, top + dilation * (k_h - 1) + 1, dilation)
                columns = slice(left, left + dilation * (k_w - 1) + 1, dilation)
                window = x[:, :, rows, columns]  # (N, C, kH, kW)
                output[:, c, i, j] = (window * weight[c]).sum(dim=(1, 2, 3))
    return output if bias is None else output + bias[:, None, None]


def conv2d_unfold(
    images: Tensor, weight: Tensor, bias: Tensor | None = None, stride: int = 1, padding: int = 0, dilation: int = 1
) -> Tensor:
    """The same convolution as one matrix product: every window becomes a column.

    Shape and errors: as `conv2d_loops`.

    Example:
        >>> import torch
        >>> from helpers.formulas import conv2d_loops, conv2d_unfold
        >>> images, weight = torch.rand(2, 3, 8, 8), torch.rand(4, 3, 3, 3)
        >>> torch.allclose(conv2d_unfold(images, weight), conv2d_loops(images, weight), atol=1e-5)
        True

    Source: article section 3.2.1; Chellapilla et al. 2006.
    """
    c_out, k_h, k_w, h_out, w_out = _conv_sizes(images, weight, stride, padding, dilation)
    windows = F.unfold(images, (k_h, k_w), dilation=dilation, padding=padding, stride=stride)  # (N, C*kH*kW, L)
    output = (weight.flatten(1) @ windows).view(len(images), c_out, h_out, w_out)
    return output if bias is None else output + bias[:, None, None]


def receptive_field(layers: list[tuple[int, int]]) -> int:
    """Pixels along one side of the input that one output number sees, through (kernel, stride) layers.

    Example:
        >>> from helpers.formulas import receptive_field
        >>> receptive_field([(3, 2), (3, 2), (3, 2)])  # the course's encoder
        15
    """
    field, step = 1, 1  # step: input pixels between two neighbours of the layer's input
    for kernel, stride in layers:
        field += (kernel - 1) * step
        step *= stride
    return field


def softmax(logits: Tensor) -> Tensor:
    """Turn logits (N, K) into probabilities (N, K): positive, and each row sums to 1.

    The largest logit is subtracted first, which changes nothing but keeps exp from overflowing.

    Example:
        >>> import torch
        >>> from helpers.formulas import softmax
        >>> softmax(torch.tensor([[1000.0, 1000.0]])).tolist()
        [[0.5, 0.5]]
    """
    exps = (logits - logits.max(dim=1, keepdim=True).values).exp()
    return exps / exps.sum(dim=1, keepdim=True)


def log_softmax(logits: Tensor) -> Tensor:
    """log(softmax(logits)) without ever taking the logarithm of a tiny number; (N, K) -> (N, K)."""
    shifted = logits - logits.max(dim=1, keepdim=True).values
    return shifted - shifted.exp().sum(dim=1, keepdim=True).log()


def cross_entropy(logits: Tensor, targets: Tensor) -> Tensor:
    """L = -sum_i y_i log y^_i, averaged over the N images.

    Args:
        logits: (N, K), before any softmax.
        targets: class numbers (N,), or probabilities (N, K) such as one-hot rows.

    Raises:
        ValueError: targets of another shape, or class numbers outside 0..K-1.

    Example:
        >>> import torch
        >>> from helpers.formulas import cross_entropy
        >>> round(cross_entropy(torch.zeros(1, 10), torch.tensor([3])).item(), 3)  # log(10)
        2.303

    Source: article section 3.2.2.
    """
    count, classes = logits.shape
    log_probs = log_softmax(logits)
    if targets.shape == logits.shape:
        return -(targets * log_probs).sum(dim=1).mean()
    if targets.shape != (count,) or targets.is_floating_point():
        raise ValueError(
            f"targets must be class numbers ({count},) or probabilities ({count}, {classes}), "
            f"got {tuple(targets.shape)} {targets.dtype}"
        )
    if targets.min() < 0 or targets.max() >= classes:
        raise ValueError(f"class numbers must be from 0 to {classes - 1}, got {targets.min()} to {targets.max()}")
    return -log_probs[torch.arange(count), targets].mean()


def entropy(probs: Tensor) -> Tensor:
    """H(p) = -sum_i p_i log p_i in nats, of each row (N, K) -> (N,); 0 log 0 counts as 0."""
    return -torch.xlogy(probs, probs).sum(dim=1)


def kl_divergence(p: Tensor, q: Tensor) -> Tensor:
    """KL(p || q) = sum_i p_i log(p_i / q_i) in nats, of each row (N, K) -> (N,): cross-entropy less entropy."""
    return (torch.xlogy(p, p) - torch.xlogy(p, q)).sum(dim=1)


def _conv_sizes(
    images: Tensor, weight: Tensor, stride: int, padding: int, dilation: int
) -> tuple[int, int, int, int, int]:
    """Output channels, kernel height and width, output height and width, after checking that they fit."""
    if images.dim() != 4 or weight.dim() != 4 or images.shape[1] != weight.shape[1]:
        raise ValueError(
            f"images (N, C, H, W) and weight (C_out, C, kH, kW) must agree about C, "
            f"got {tuple(images.shape)} and {tuple(weight.shape)}"
        )
    c_out, _, k_h, k_w = weight.shape
    h_out = conv_output_size(images.shape[2], k_h, stride, padding, dilation)
    w_out = conv_output_size(images.shape[3], k_w, stride, padding, dilation)
    return c_out, k_h, k_w, h_out, w_out
