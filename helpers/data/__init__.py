"""Labelled images in memory, a few labels of them, and loaders: what every page needs of its data.

`images` holds the course's own pictures, `augment` changes them at random, `folder` reads your photos.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence

import torch
from torch import Generator, Tensor
from torch.utils.data import BatchSampler, DataLoader, Dataset, RandomSampler, SequentialSampler, Subset, TensorDataset


class LabelledImages(TensorDataset):
    """Images in memory with a class number each, and the classes' names.

    Args:
        images: (N, C, H, W).
        labels: (N,) integers from 0 to K-1.
        classes: K names.

    Raises:
        ValueError: images are floats of shape (N, C, H, W), and labels as many, integer, and within 0..K-1.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages
        >>> len(LabelledImages(torch.zeros(3, 1, 8, 8), torch.tensor([0, 1, 1]), ["cat", "dog"]))
        3
    """

    def __init__(self, images: Tensor, labels: Tensor, classes: list[str]) -> None:
        images, labels = torch.as_tensor(images), torch.as_tensor(labels)
        if images.dim() != 4 or not images.is_floating_point():
            raise ValueError(
                f"images must be floats of shape (N, C, H, W), got {tuple(images.shape)} {images.dtype}; "
                "bytes become floats by images.float() / 255"
            )
        if labels.dim() != 1 or len(labels) != len(images):
            raise ValueError(f"{len(images)} images need labels of shape ({len(images)},), got {tuple(labels.shape)}")
        if labels.is_floating_point() or labels.is_complex() or labels.dtype == torch.bool:
            raise ValueError(f"labels must be class numbers of an integer type, got {labels.dtype}; use labels.long()")
        if len(labels) and (labels.min() < 0 or labels.max() >= len(classes)):
            raise ValueError(
                f"labels go from {labels.min()} to {labels.max()}, but {len(classes)} classes are named: "
                f"labels must be from 0 to {len(classes) - 1}"
            )
        super().__init__(images, labels.long())
        self.classes = list(classes)

    @property
    def images(self) -> Tensor:
        return self.tensors[0]

    @property
    def labels(self) -> Tensor:
        return self.tensors[1]

    def subset(self, indices: Tensor) -> LabelledImages:
        """The images at `indices`, in that order, with the same classes."""
        return LabelledImages(self.images[indices], self.labels[indices], self.classes)


def few_labels(dataset: Dataset, per_class: int, seed: int) -> Dataset:
    """A random `per_class` images of each class: what someone had time to label.

    Args:
        dataset: `LabelledImages`, `Photos`, a torchvision data set, or a `Subset` of one.
        per_class: how many images of each class.
        seed: which ones; the same seed draws the same images.

    Raises:
        ValueError: a class has fewer images than asked, or `per_class` is below 1.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages, few_labels
        >>> six = LabelledImages(torch.rand(6, 1, 8, 8), torch.tensor([0, 0, 0, 1, 1, 1]), ["a", "b"])
        >>> few_labels(six, per_class=2, seed=0).labels.tolist()
        [0, 0, 1, 1]
    """
    if per_class < 1:
        raise ValueError(f"per_class must be 1 or more, got {per_class}")
    if len(dataset) == 0:
        raise ValueError("the data set is empty: there is no label to draw")
    chosen, _ = stratified(labels_of(dataset), per_class, seed, len(getattr(dataset, "classes", ())))
    return dataset.subset(chosen) if hasattr(dataset, "subset") else Subset(dataset, chosen.tolist())


def labels_of(dataset: Dataset) -> Tensor:
    """The labels (N,) of a data set, without opening its images.

    Raises:
        TypeError: the data set does not say its labels.
    """
    if isinstance(dataset, Subset):
        return labels_of(dataset.dataset)[torch.as_tensor(list(dataset.indices), dtype=torch.long)]
    for name in ("labels", "targets"):
        if hasattr(dataset, name):
            return torch.as_tensor(getattr(dataset, name))
    raise TypeError(f"{type(dataset).__name__} has neither labels nor targets; use LabelledImages or an ImageFolder")


def make_loader(
    dataset: Dataset, *, batch_size: int = 64, shuffle: bool = False, steps: int | None = None, seed: int = 0
) -> DataLoader:
    """A DataLoader that takes whole batches from tensors in memory, and single files from a folder.

    The default DataLoader fetches images one by one and stacks them again. Where the images are
    rows of one tensor, this one asks for all rows of a batch at once.

    Args:
        batch_size: images per batch; the last batch may be shorter.
        shuffle: a new random order each epoch.
        steps: exactly this many full batches instead of one pass: the images are shuffled and
            taken again and again, so that few and many images are trained on for equally long.
        seed: of that order. A loader carries its generator on from epoch to epoch: for two runs
            that shall be equal, make two loaders.

    Raises:
        ValueError: an empty data set, or a batch_size or steps below 1.

    Example:
        >>> import torch
        >>> from helpers.data import LabelledImages, make_loader
        >>> five = LabelledImages(torch.rand(5, 1, 8, 8), torch.zeros(5).long(), ["a"])
        >>> [len(images) for images, labels in make_loader(five, batch_size=2)]
        [2, 2, 1]
        >>> [len(images) for images, labels in make_loader(five, batch_size=4, steps=3)]
        [4, 4, 4]
    """
    if len(dataset) == 0:
        raise ValueError("the data set is empty: there is nothing to load")
    if batch_size < 1:
        raise ValueError(f"batch_size must be 1 or more, got {batch_size}")
    if steps is not None and steps < 1:
        raise ValueError(f"steps must be 1 or more, got {steps}")
    generator = Generator().manual_seed(seed)
    if steps:
        order = RandomSampler(dataset, num_samples=steps * batch_size, generator=generator)
    elif shuffle:
        order = RandomSampler(dataset, generator=generator)
    else:
        order = SequentialSampler(dataset)
    if not isinstance(dataset, TensorDataset):
        return DataLoader(dataset, batch_size=batch_size, sampler=order, generator=generator)
    batches = BatchSampler(order, batch_size=batch_size, drop_last=False)
    return DataLoader(dataset, sampler=batches, batch_size=None, generator=generator)


def stratified(labels: Tensor, per_class: int | list[int], seed: int, classes: int = 0) -> tuple[Tensor, Tensor]:
    """Indices of `per_class` random images of each class, and of all others; each sorted by class.

    Raises:
        ValueError: a class has fewer images than asked.
    """
    generator = Generator().manual_seed(seed)
    chosen, others = [], []
    for label in range(max(classes, int(labels.max()) + 1)):
        wanted = per_class if isinstance(per_class, int) else per_class[label]
        members = (labels == label).nonzero().flatten()
        if wanted > len(members):
            raise ValueError(f"class {label} has {len(members)} images, {wanted} were asked")
        members = members[torch.randperm(len(members), generator=generator)]
        chosen.append(members[:wanted])
        others.append(members[wanted:])
    return torch.cat(chosen), torch.cat(others)


def split_by_group(
    labels: Tensor,
    groups: Sequence[Hashable],
    shares: Sequence[float],
    seed: int,
    classes: Sequence[str] | None = None,
) -> list[Tensor]:
    """Indices of one set for each share: every class in all of them, no group in two.

    The largest groups are placed first, each where most is missing of its classes; so the shares are met exactly
    where each image is a group of its own, and nearly otherwise.

    Args:
        labels: (N,) class numbers.
        groups: N group names.
        shares: of each class, relative to their sum; each set gets at least one image of each class.
        seed: of the order within groups of equal size.
        classes: names for the error.

    Raises:
        ValueError: a class has too few groups to be in all sets.

    Example:
        >>> import torch
        >>> from helpers.data import split_by_group
        >>> labels, groups = torch.tensor([0, 0, 0, 0, 1, 1]), ["a", "a", "b", "c", "d", "e"]
        >>> [part.tolist() for part in split_by_group(labels, groups, (0.6, 0.4), seed=0)]
        [[0, 1, 5], [2, 3, 4]]

    Built on page 10.
    """
    number = {group: i for i, group in enumerate(dict.fromkeys(groups))}
    group_numbers = torch.tensor([number[group] for group in groups])
    held = torch.zeros(len(number), int(labels.max()) + 1)  # photos of each class in each group
    held.index_put_((group_numbers, labels), torch.ones(len(labels)), accumulate=True)
    wanted = (held.sum(dim=0) * torch.tensor(shares)[:, None] / sum(shares)).round().clamp(min=1)
    wanted[0] = (held.sum(dim=0) - wanted[1:].sum(dim=0)).clamp(min=1)
    missing = wanted.clone()  # (sets, classes)
    place = torch.zeros(len(number), dtype=torch.long)
    order = torch.randperm(len(number), generator=Generator().manual_seed(seed))
    for group in order[held[order].sum(dim=1).argsort(descending=True, stable=True)].tolist():
        place[group] = (missing / wanted * held[group]).sum(dim=1).argmax()
        missing[place[group]] -= held[group]
    empty = ((wanted - missing) == 0).any(dim=0).nonzero().flatten().tolist()
    if empty:
        names = [classes[label] if classes else label for label in empty]
        counts = [int((held[:, label] > 0).sum()) for label in empty]
        raise ValueError(
            f"{len(shares)} sets need {len(shares)} groups of each class (a photo with its copies is one), "
            f"but there are {', '.join(f'{count} of {name!r}' for name, count in zip(names, counts, strict=True))}. "
            "Add photos, group them otherwise, or leave the class out"
        )
    return [(place[group_numbers] == i).nonzero().flatten() for i in range(len(shares))]
