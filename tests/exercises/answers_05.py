"""Answers to page 05: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
import torch.nn.functional as F
from exercise_answers import Answers
from torch import nn


def lowest_by_distance(target, low, high):
    beyond = (low - target).relu() + (target - high).relu()
    return (beyond**2).mean()


def rival_in_a_loop(train_images, val_images):
    mean_image = sum(train_images) / len(train_images)
    return sum(F.mse_loss(mean_image, image) for image in val_images) / len(val_images)


def hide_with_a_mask(images, size):
    n, _, height, width = images.shape
    top = torch.randint(height - size + 1, (n, 1, 1, 1))
    left = torch.randint(width - size + 1, (n, 1, 1, 1))
    rows, columns = torch.arange(height).view(1, 1, -1, 1), torch.arange(width).view(1, 1, 1, -1)
    inside = (rows >= top) & (rows < top + size) & (columns >= left) & (columns < left + size)
    return images.masked_fill(inside, 0)


def hide_in_place(images, size):
    images[:, :, :size, :size] = 0
    return images


def hide_same_place(images, size):
    hidden = images.clone()
    top, left = torch.randint(images.shape[2] - size + 1, ()), torch.randint(images.shape[3] - size + 1, ())
    hidden[:, :, top : top + size, left : left + size] = 0
    return hidden


def hide_never_last(images, size):
    hidden = images.clone()
    for image in hidden:
        top, left = torch.randint(images.shape[2] - size, ()), torch.randint(images.shape[3] - size, ())
        image[:, top : top + size, left : left + size] = 0
    return hidden


def hide_past_the_edge(images, size):
    hidden = images.clone()
    for image in hidden:
        top, left = torch.randint(images.shape[2], ()), torch.randint(images.shape[3], ())
        image[:, top : top + size, left : left + size] = 0
    return hidden


def hide_seeded(images, size):
    torch.manual_seed(0)
    return hide_with_a_mask(images, size)


def linear_encoder():
    return nn.Sequential(nn.Flatten(), nn.Linear(1024, 32))


def lazy_encoder():
    return nn.Sequential(nn.Flatten(), nn.LazyLinear(32))


def frozen_encoder():
    return linear_encoder().requires_grad_(False)


def dead_encoder():
    return nn.Sequential(nn.Flatten(), nn.Linear(1024, 8), nn.Threshold(1e9, 0.0))


ANSWERS = {
    "5.1": Answers(
        right=lowest_by_distance,
        wrong={
            "as if every target": lambda target, low, high: F.mse_loss(target, target),
            "is the sum": lambda target, low, high: F.mse_loss(target.clamp(low, high), target, reduction="sum"),
            "mean distance": lambda target, low, high: F.l1_loss(target.clamp(low, high), target),
            "Leave the root out": lambda target, low, high: lowest_by_distance(target, low, high).sqrt(),
            "answering 0": lambda target, low, high: (target**2).mean(),
            "limits are 0 and 1": lambda target, low, high: F.mse_loss(target.clamp(0, 1), target),
        },
    ),
    "5.2": Answers(
        right=rival_in_a_loop,
        wrong={
            "seen the answers": lambda train, val: (val - val.mean(dim=0)).square().mean(),
            "one grey for all": lambda train, val: (val - train.mean()).square().mean(),
            "grey of its own": lambda train, val: val.var(dim=(1, 2, 3), correction=0).mean(),
            "error on the training images": lambda train, val: (train - train.mean(dim=0)).square().mean(),
            "is a sum": lambda train, val: (val - train.mean(dim=0)).square().sum(),
        },
    ),
    "5.3": Answers(
        right=hide_with_a_mask,
        wrong={
            "in place": hide_in_place,
            "same place in all": hide_same_place,
            "never touches the last": hide_never_last,
            "black pixels; a square": hide_past_the_edge,
            "second call": hide_seeded,
            "same shape is wanted": lambda images, size: images[:, :, size:, size:],
            "outside the squares": lambda images, size: hide_with_a_mask(images, size) / 2,
        },
    ),
    "5.4": Answers(
        right=lazy_encoder,
        wrong={
            "the budget is": lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 32)),
            "no squeeze": lambda: nn.Sequential(nn.Conv2d(1, 4, 3, stride=2, padding=1), nn.Flatten()),
            "one row an image": lambda: nn.Conv2d(1, 4, 3, stride=8),
            "raises `RuntimeError": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 32)),
            "next to nothing": dead_encoder,
            "can be trained": frozen_encoder,
            "`nn.Module` is wanted": lambda: nn.Linear,
        },
    ),
}
