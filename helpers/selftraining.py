"""Self-training: a model labels unlabelled images itself and learns from what it believes. Built on page 08.

What to believe is a function `believe(model, few, pool) -> labels (M,), weights (M,)` over the M images of
the pool, where a weight of 0 means "not at all". Three ways differ in what they know about the pool.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.utils.data import BatchSampler, DataLoader, TensorDataset, WeightedRandomSampler

from helpers.data import LabelledImages
from helpers.data.augment import redraw
from helpers.loops import fit, one_cycle
from helpers.losses import augmented, classification_loss
from helpers.probe import latents_of

Believe = Callable[[nn.Module, LabelledImages, Tensor], tuple[Tensor, Tensor]]


def self_train(
    model: nn.Module,
    few: LabelledImages,
    pool: Tensor,
    believe: Believe,
    *,
    steps: int = 200,
    lr: float = 3e-3,
    seed: int = 0,
) -> nn.Module:
    """Train a fine-tuned model on, in place, on the few labels and on what it believes about the pool; return it.

    Args:
        few: the labelled images.
        pool: (M, C, H, W) unlabelled images.
        believe: which labels, and how much; asked once, before the first step.
        steps: how many batches of 50 images; an image is drawn in proportion to its weight.

    Source: Lee 2013, "Pseudo-label: the simple and efficient semi-supervised learning method for deep
    neural networks".
    """
    labels, weights = believe(model, few, pool)
    dataset = TensorDataset(torch.cat([few.images, pool]), torch.cat([few.labels, labels]))
    weights = torch.cat([torch.ones(len(few)), weights])
    order = WeightedRandomSampler(weights, steps * 50, generator=torch.Generator().manual_seed(seed))
    loader = DataLoader(dataset, sampler=BatchSampler(order, 50, drop_last=False), batch_size=None)
    loss_fn = augmented(classification_loss, redraw)
    fit(model, loss_fn, loader, epochs=1, lr=lr, schedule=one_cycle, progress=False)
    return model


def globally_surest(model: nn.Module, few: LabelledImages, pool: Tensor) -> tuple[Tensor, Tensor]:
    """Believe the half of the pool that the model is most confident about, whatever its classes."""
    confidence, labels = _predictions(model, pool)
    surest = confidence.argsort(descending=True)[: len(pool) // 2]
    return labels, torch.zeros(len(pool)).index_fill(0, surest, 1.0)


def equal_per_class(model: nn.Module, few: LabelledImages, pool: Tensor) -> tuple[Tensor, Tensor]:
    """Believe as many images of each class, half of the pool in all: this knows that the classes are equally many."""
    confidence, labels = _predictions(model, pool)
    weights, classes = torch.zeros(len(pool)), len(few.classes)
    for label in range(classes):
        members = (labels == label).nonzero().flatten()
        surest = members[confidence[members].argsort(descending=True)[: len(pool) // (2 * classes)]]
        weights[surest] = 1.0
    return labels, weights


def spread_labels(model: nn.Module, few: LabelledImages, pool: Tensor, steps: int = 100) -> tuple[Tensor, Tensor]:
    """Let the labels flow from the labelled images along a graph of nearest neighbours in the model's latents.

    The shares of the classes are estimated from what arrived. An image's weight is 1 where the flow
    is all of one class, 0 where it is of all classes alike.

    Source: Zhou et al. 2004, "Learning with local and global consistency"; Iscen et al. 2019, "Label
    propagation for deep semi-supervised learning"; Zhu, Ghahramani and Lafferty 2003, "Semi-supervised learning
    using Gaussian fields and harmonic functions", for the shares, which are estimated here and not known.
    """
    graph = neighbour_graph(latents_of(model.encoder, torch.cat([few.images, pool])))
    start = torch.zeros(len(few) + len(pool), len(few.classes))
    start[: len(few)] = F.one_hot(few.labels, len(few.classes)).float()
    flow = start
    for _ in range(steps):
        flow = 0.99 * (graph @ flow) + 0.01 * start
    shares = _normalised(flow).mean(dim=0)  # of the classes, as estimated
    beliefs = _normalised(flow / flow.sum(dim=0) * shares)[len(few) :]
    entropy = -torch.xlogy(beliefs, beliefs).sum(dim=1)
    sure = beliefs.sum(dim=1) - entropy / math.log(len(few.classes))  # 0 where nothing arrived
    return beliefs.argmax(dim=1), sure.clamp(min=0)


def neighbour_graph(latents: Tensor, neighbours: int = 10) -> Tensor:
    """A sparse matrix (N, N): how near each latent (N, Z) is to its nearest neighbours, by cosine to the power 20.

    Each entry is divided by the root of its row's and its column's sum, so that no image outshouts the others.
    """
    latents = F.normalize(latents, dim=1)
    likeness = (latents @ latents.T).fill_diagonal_(0)
    values, where = likeness.topk(neighbours, dim=1)
    graph = torch.zeros_like(likeness).scatter_(1, where, values.clamp(min=0) ** 20)
    graph = graph + graph.T
    scale = graph.sum(dim=1).clamp(min=1e-12).rsqrt()
    return (scale[:, None] * graph * scale).to_sparse()


def _normalised(flow: Tensor) -> Tensor:
    """Each row divided by its sum."""
    return flow / flow.sum(dim=1, keepdim=True).clamp(min=1e-12)


@torch.no_grad()
def _predictions(model: nn.Module, pool: Tensor) -> tuple[Tensor, Tensor]:
    """Confidence (M,) and class (M,) of each image of the pool."""
    logits = latents_of(model, pool)  # of the whole model: in parts, and where the model is
    return logits.softmax(dim=1).max(dim=1)
