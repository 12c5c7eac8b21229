"""The one fine-tuning that all pages share: a few labelled images, a fixed number of steps."""

from __future__ import annotations

from collections.abc import Mapping

from torch import nn

from helpers.data import LabelledImages, make_loader
from helpers.data.augment import redraw
from helpers.loops import fit, one_cycle
from helpers.losses import Augment, augmented, classification_loss


def finetune(
    model: nn.Module,
    few: LabelledImages,
    *,
    steps: int = 300,
    lr: float | Mapping[str, float] = 3e-3,
    augment: Augment | None = redraw,
    seed: int = 0,
) -> nn.Module:
    """Train `model` in place on the few labelled images and return it.

    Equally many steps of 50 images, however few there are; with `augment`, each image is changed anew each
    time it is seen. So contenders that are trained by this function had the same chance.

    Args:
        model: returns logits (N, K); what is frozen in it stays as it is.
        steps: how many batches of 50 images.
        lr: the highest learning rate of a one-cycle schedule, or one for each part.
        augment: images -> images, random at each call; None to show them as they are.
        seed: of the order of the images. Augmentation draws from torch's global generator.

    Source: article section 4.4. Built on pages 01 and 06.
    """
    loader = make_loader(few, batch_size=50, steps=steps, seed=seed)
    loss_fn = augmented(classification_loss, augment) if augment else classification_loss
    fit(model, loss_fn, loader, epochs=1, lr=lr, schedule=one_cycle, progress=False)
    return model
