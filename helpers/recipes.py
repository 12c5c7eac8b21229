"""The course's recipes: two ways to pretrain, and five contenders that spend a few labels.

Each is a few lines over `models`, `data` and `loops`. Pages 05 and 06 build them in the open;
later pages and the benchmark import them.
"""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn
from torch.utils.data import TensorDataset

from helpers.checkpoints import load_encoder, shipped_encoder
from helpers.data import LabelledImages, change_stroke, few_labels, make_loader, warp
from helpers.loops import History, augmented, classification_loss, denoising_loss, fit, one_cycle
from helpers.metrics import predict
from helpers.models import Autoencoder, Classifier, Decoder, Encoder

CONTENDERS = ("scratch", "scratch, strong", "warped autoencoder", "letters", "letters + self-training")
ROUNDS = (0.2, 0.5, 0.8, 0.95)  # share of the unlabelled pool that each round of self-training believes


def pretrain_letters(
    letters: LabelledImages, *, epochs: int, seed: int, progress: bool = True
) -> tuple[Classifier, History]:
    """Teach an encoder to name letters: labels of another domain, none of a digit."""
    torch.manual_seed(seed)
    model = Classifier(Encoder(), classes=len(letters.classes))
    loss_fn = augmented(classification_loss, lambda images: change_stroke(warp(images)))
    loader = make_loader(letters, batch_size=128, shuffle=True, seed=seed)
    return model, fit(model, loss_fn, loader, epochs=epochs, lr=4e-3, schedule=one_cycle, progress=progress)


def pretrain_warped(
    images: LabelledImages, *, epochs: int, seed: int, progress: bool = True
) -> tuple[Autoencoder, History]:
    """Teach an encoder to undo a warp: the clean image is asked for, no label is read."""
    torch.manual_seed(seed)
    encoder = Encoder()
    model = Autoencoder(encoder, Decoder(encoder))
    loader = make_loader(images, batch_size=128, shuffle=True, seed=seed)
    loss_fn = denoising_loss(warp)
    return model, fit(model, loss_fn, loader, epochs=epochs, lr=4e-3, schedule=one_cycle, progress=progress)


def finetune(encoder: nn.Module, train_set: LabelledImages, *, seed: int, augment: bool = True) -> Classifier:
    """Put a new head on a copy of the encoder and train both for 150 steps on the labelled images.

    A handful of images is repeated to fill a batch of at least 40: each copy is warped another way.
    """
    torch.manual_seed(seed)
    model = Classifier(copy.deepcopy(encoder), classes=len(train_set.classes))
    filled = train_set.subset(torch.arange(len(train_set)).repeat(max(1, 40 // len(train_set))))
    _train(model, filled, steps=150, lr=3e-3, seed=seed, augment=augment)
    return model


def self_train(encoder: nn.Module, train_set: LabelledImages, pool: Tensor, *, seed: int) -> list[Classifier]:
    """Fine-tune, then let the model label the pool and learn from what it is most sure of, in rounds.

    Args:
        train_set: the few labelled images.
        pool: unlabelled images (N, C, H, W).

    Returns:
        the model before the first round, and after each.

    Source: Lee 2013, "Pseudo-label"; Yarowsky 1995 for the rounds.
    """
    models = [finetune(encoder, train_set, seed=seed)]
    for number, share in enumerate(ROUNDS, start=1):
        believed = pseudo_labels(models[-1], pool, train_set.classes, share)
        repeats = max(1, len(believed) // (4 * len(train_set)))  # true labels make a fifth of the whole
        images = torch.cat([train_set.images.repeat(repeats, 1, 1, 1), believed.images])
        labels = torch.cat([train_set.labels.repeat(repeats), believed.labels])
        mixture = LabelledImages(images, labels, train_set.classes)
        model = copy.deepcopy(models[-1])
        steps = 200 if number == len(ROUNDS) else 60  # the last round settles
        _train(model, mixture, steps=steps, lr=2e-3, seed=seed + 100 * number)
        models.append(model)
    return models


def pseudo_labels(model: nn.Module, pool: Tensor, classes: list[str], share: float) -> LabelledImages:
    """The pool's images that the model is most sure of, with the labels that it gives them.

    Args:
        share: part of the pool to keep, the same number of each class where there are as many.
    """
    logits, _ = predict(model, make_loader(TensorDataset(pool, torch.zeros(len(pool))), batch_size=500))
    confidence, labels = logits.softmax(dim=1).max(dim=1)
    most = int(share * len(pool) / len(classes))
    chosen = []
    for label in range(len(classes)):
        members = (labels == label).nonzero().flatten()
        chosen.append(members[confidence[members].argsort(descending=True)[:most]])
    chosen = torch.cat(chosen)
    return LabelledImages(pool[chosen], labels[chosen], classes)


def contender(
    name: str, train_set: LabelledImages, per_class: int, *, seed: int, folder: str | None = None
) -> Classifier:
    """Train one of `CONTENDERS` on `per_class` labels of each class, drawn with `seed`.

    Args:
        train_set: the images to draw labels from; without labels they are the unlabelled pool.
        folder: where the encoders "letters" and "warped" lie; the shipped ones if not given.

    Raises:
        ValueError: no contender has this name.
    """
    few = few_labels(train_set, per_class, seed=seed)
    torch.manual_seed(seed)
    if name == "scratch":
        return finetune(Encoder(norm=False), few, seed=seed, augment=False)
    if name == "scratch, strong":
        return finetune(Encoder(), few, seed=seed)
    encoder = Encoder()
    source = "warped" if name == "warped autoencoder" else "letters"
    load_encoder(encoder, f"{folder}/{source}.safetensors" if folder else shipped_encoder(source))
    if name in ("warped autoencoder", "letters"):
        return finetune(encoder, few, seed=seed)
    if name == "letters + self-training":
        return self_train(encoder, few, train_set.images, seed=seed)[-1]
    raise ValueError(f"no contender {name!r}; there are {CONTENDERS}")


def _train(
    model: Classifier, train_set: LabelledImages, *, steps: int, lr: float, seed: int, augment: bool = True
) -> None:
    """About `steps` steps of warped batches: whole epochs, as many as come closest."""
    torch.manual_seed(seed)
    loader = make_loader(train_set, batch_size=64, shuffle=True, seed=seed)
    loss_fn = augmented(classification_loss, warp) if augment else classification_loss
    epochs = max(1, round(steps / len(loader)))
    fit(model, loss_fn, loader, epochs=epochs, lr=lr, schedule=one_cycle, progress=False)
