"""What a training minimises: each loss is a function of a model and a batch.

`loss_fn(model, batch) -> scalar`, where `batch` is what the loader returns, usually `[images, labels]`.
A loss reads of a batch what it needs, so `loops.fit` takes batches of any form.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import torch.nn.functional as F
from torch import Tensor, nn

Batch = Tensor | Sequence | Mapping  # what a loader returns; tensors somewhere inside
LossFn = Callable[[nn.Module, Batch], Tensor]
Augment = Callable[[Tensor], Tensor]


def reconstruction_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of each pixel between an image in [0, 1] and its reconstruction; no labels.

    The model returns logits (N, C, H, W). Page 05 measures why this and not the squared error.

    Raises:
        ValueError: pixels outside of 0 to 1, for which this loss has no floor.
    """
    images = _from_0_to_1(batch[0])
    return F.binary_cross_entropy_with_logits(model(images), images)


def denoising_loss(corrupt: Augment) -> LossFn:
    """The loss that asks for the *clean* image when the model saw a corrupted one.

    Args:
        corrupt: images -> images of the same shape, random at each call, such as `augment.warp`.

    Source: Vincent et al. 2008, "Extracting and composing robust
    features with denoising autoencoders". Built on page 05.
    """

    def loss_fn(model: nn.Module, batch: Batch) -> Tensor:
        images = _from_0_to_1(batch[0])
        return F.binary_cross_entropy_with_logits(model(corrupt(images)), images)

    return loss_fn


def classification_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Cross-entropy of the model's logits (N, K) against labels (N,) from 0 to K-1.

    Raises:
        ValueError: labels that are not integers, or outside 0..K-1.
    """
    images, labels = batch
    logits = model(images)
    if labels.is_floating_point() or labels.dim() != 1:
        raise ValueError(
            f"labels must be class numbers of shape (N,) and an integer type, got {tuple(labels.shape)} {labels.dtype}"
        )
    if labels.min() < 0 or labels.max() >= logits.shape[1]:
        raise ValueError(
            f"labels go from {labels.min()} to {labels.max()}, but the model has {logits.shape[1]} outputs: "
            f"labels must be from 0 to {logits.shape[1] - 1}"
        )
    return F.cross_entropy(logits, labels.long())


def regression_loss(model: nn.Module, batch: Batch) -> Tensor:
    """Mean squared error between the model's output (N, 1) and numbers (N,), in their unit squared.

    Raises:
        ValueError: other shapes, which would broadcast to (N, N) and train on nonsense.
    """
    images, targets = batch
    outputs = model(images)
    if outputs.shape != (len(targets), 1) or targets.dim() != 1:
        raise ValueError(
            f"the model must return (N, 1) and the targets be (N,), "
            f"got {tuple(outputs.shape)} and {tuple(targets.shape)}"
        )
    return F.mse_loss(outputs.squeeze(1), targets)


def augmented(loss_fn: LossFn, augment: Augment) -> LossFn:
    """`loss_fn` on images changed by `augment` while training, on the images as they are otherwise."""

    def augmented_loss(model: nn.Module, batch: Batch) -> Tensor:
        if not model.training:
            return loss_fn(model, batch)
        images, *rest = batch
        return loss_fn(model, [augment(images), *rest])

    return augmented_loss


def _from_0_to_1(images: Tensor) -> Tensor:
    low, high = images.aminmax()
    if low < 0 or high > 1:
        raise ValueError(
            f"pixels go from {low:.2f} to {high:.2f}, and as targets of this loss they must be from 0 to 1. Photos of "
            "image_folder are normalised: load them with normalise=False"
        )
    return images
