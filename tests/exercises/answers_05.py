"""Answers to page 05: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
import torch.nn.functional as F
from exercise_answers import Answers
from torch import nn


def lowest_by_distance(target, low, high):
    beyond = (low - target).relu() + (target - high).relu()
    return (beyond**2).mean()


def clamped_in_place(target, low, high):
    return F.mse_loss(target.clamp_(low, high), target)


def floor_of_the_page(target, low, high):
    too_low, too_high = target[target < low], target[target > high] - 1
    return (too_low.square().sum() + too_high.square().sum()) / target.numel()


def rival_in_a_loop(train_images, val_images):
    mean_image = sum(train_images) / len(train_images)
    return sum(F.mse_loss(mean_image, image) for image in val_images) / len(val_images)


def rival_in_place(train_images, val_images):
    val_images -= train_images.mean(dim=0)
    return val_images.square().mean().item()


def hide_with_a_mask(images, size):
    n, _, height, width = images.shape
    top = torch.randint(height - size + 1, (n, 1, 1, 1))
    left = torch.randint(width - size + 1, (n, 1, 1, 1))
    rows, columns = torch.arange(height).view(1, 1, -1, 1), torch.arange(width).view(1, 1, 1, -1)
    inside = (rows >= top) & (rows < top + size) & (columns >= left) & (columns < left + size)
    return images.masked_fill(inside, 0)


def hide(at, copy=torch.clone, channels=slice(None), value=0, extra=0):
    """A loop that hides squares of which `at(height, width, size)` draws the place."""

    def hide_square(images, size):
        hidden = copy(images)
        for image in hidden:
            top, left = at(*images.shape[2:], size)
            image[channels, top : top + size + extra, left : left + size + extra] = value
        return hidden

    return hide_square


def anywhere(height, width, size):
    return int(torch.randint(height - size + 1, ())), int(torch.randint(width - size + 1, ()))


def on_the_diagonal(height, width, size):
    place = int(torch.randint(min(height, width) - size + 1, ()))
    return place, place


def hide_same_place(images, size):
    hidden = images.clone()
    top, left = anywhere(*images.shape[2:], size)
    hidden[:, :, top : top + size, left : left + size] = 0
    return hidden


def hide_the_first_only(images, size):
    hidden = images.clone()
    hidden[:1] = hide_with_a_mask(images[:1], size)
    return hidden


def hide_random_rows(images, size):
    hidden = images.clone()
    for image in hidden:
        rows, columns = (torch.randperm(side)[:size] for side in image.shape[1:])
        image[:, rows[:, None], columns] = 0
    return hidden


def hide_rolled(images, size):
    corner = torch.ones_like(images)
    corner[:, :, :size, :size] = 0
    places = torch.randint(99, (len(images), 2)).tolist()
    return images * torch.stack([mask.roll(place, (1, 2)) for mask, place in zip(corner, places, strict=True)])


def hide_rectangles(images, size):
    hidden = images.clone()
    for image in hidden:
        (top, bottom), (left, right) = (torch.randperm(side + 1)[:2].sort().values for side in image.shape[1:])
        image[:, top:bottom, left:right] = 0
    return hidden


def hide_seeded(images, size):
    torch.manual_seed(0)
    return hide_with_a_mask(images, size)


class KeepsWhatItComputes(nn.Module):
    """Its last layer is lazy, and it keeps tensors that are no weights, and are new at each call."""

    def __init__(self):
        super().__init__()
        self.conv, self.last = nn.Conv2d(1, 8, 3, 2, 1), nn.LazyLinear(16)

    def forward(self, images):
        self.images, self.hidden = images, F.relu(self.conv(images))
        return self.last(self.hidden.flatten(1))


class Doubled(nn.Sequential):
    def forward(self, images):
        return super().forward(images).double()


def frozen_encoder():
    return nn.Sequential(nn.Flatten(), nn.Linear(1024, 32)).requires_grad_(False)


def dead_encoder():
    return nn.Sequential(nn.Flatten(), nn.Linear(1024, 8), nn.Threshold(1e9, 0.0))


def averaged_encoder():
    return nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(1, 32))


def with_a_decoder():
    return nn.Sequential(nn.Flatten(), nn.Linear(1024, 16), nn.Linear(16, 1024), nn.Unflatten(1, (1, 32, 32)))


class ListOfLayers(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = [nn.Flatten(), nn.Linear(1024, 32)]

    def forward(self, images):
        for layer in self.layers:
            images = layer(images)
        return images


class Net(nn.Module):
    """`forward(net, images)` says what it does."""

    def __init__(self, net, forward):
        super().__init__()
        self.net, self.rest = net, forward

    def forward(self, images):
        return self.rest(self.net, images)


class Fixed(nn.Module):
    def __init__(self, buffer):
        super().__init__()
        if buffer:
            self.register_buffer("matrix", torch.randn(1024, 32))
        else:
            self.w = torch.randn(1024, 32)
            self.b = nn.Parameter(torch.zeros(32))

    def forward(self, images):
        return images.flatten(1) @ (self.matrix if hasattr(self, "matrix") else self.w)


class NewEachTime(nn.Module):
    def forward(self, images):
        return nn.Linear(1024, 32)(images.flatten(1))


def across_the_images(images, size):
    hidden = images.clone()
    top, left = anywhere(*images.shape[2:], size)
    hidden[top : top + size, :, left : left + size] = 0
    return hidden


def to_the_end(images, size):
    hidden = images.clone()
    for image in hidden:
        top, left = anywhere(*images.shape[2:], size)
        image[:, top:, left:] = 0
    return hidden


def up_to_size(images, size):
    hidden = images.clone()
    for image in hidden:
        top, left = anywhere(*images.shape[2:], size)
        image[:, top:size, left:size] = 0
    return hidden


ANSWERS = {
    "5.1": Answers(
        right=lowest_by_distance,
        wrong={
            "as if each could be reached": clamped_in_place,
            "is the sum": lambda target, low, high: F.mse_loss(target.clamp(low, high), target, reduction="sum"),
            "mean distance. Each": lambda target, low, high: F.l1_loss(target.clamp(low, high), target),
            "Leave the root out": lambda target, low, high: lowest_by_distance(target, low, high).sqrt(),
            "answering 0": lambda target, low, high: (target**2).mean(),
            "0 and 1 stand for limits": lambda target, low, high: F.mse_loss(target.clamp(0, 1), target),
            "may not go above `high`": lambda target, low, high: F.mse_loss(target.clamp(min=low), target),
            "answering `low` everywhere": lambda target, low, high: F.mse_loss(target.clamp(high, low), target),
            "numbers 0 and 1 of the page": floor_of_the_page,
            "These are the best outputs": lambda target, low, high: target.clamp(low, high),
        },
    ),
    "5.2": Answers(
        right=rival_in_a_loop,
        wrong={
            "mean of the validation images": lambda train, val: (val - val.mean(dim=0)).square().mean(),
            "mean of both sets": lambda train, val: (val - torch.cat([train, val]).mean(dim=0)).square().mean(),
            "one grey for all": lambda train, val: (val - train.mean()).square().mean(),
            "grey of its own": lambda train, val: val.var(dim=(1, 2, 3), correction=0).mean(),
            "error on the training images": lambda train, val: (train - train.mean(dim=0)).square().mean(),
            "is a sum": lambda train, val: (val - train.mean(dim=0)).square().sum(),
            "in place": rival_in_place,
            "first channel": lambda train, val: (val[:, 0] - train.mean(dim=0)[0]).square().mean(),
            "a slice or a `range`": lambda train, val: (
                (val - sum(train[i] for i in range(len(train) - 1)) / (len(train) - 1)).square().mean()
            ),
            "as there are training images": lambda train, val: (
                (val - train.mean(dim=0))[: len(train)].square().sum() / val.numel()
            ),
            "two mean images": lambda train, val: F.mse_loss(val.mean(dim=0), train.mean(dim=0)),
        },
    ),
    "5.3": Answers(
        right=hide_with_a_mask,
        wrong={
            "in place": hide(anywhere, copy=lambda images: images),
            "same place in all": hide_same_place,
            "never touches the last row": hide(lambda h, w, s: anywhere(h - 1, w - 1, s)),
            "as if the square were cut off": hide(lambda h, w, s: anywhere(h + s - 1, w + s - 1, s)),
            "begins behind": hide(lambda h, w, s: anywhere(min(h, 8), min(w, 8), s)),
            "that `size` divides": hide(
                lambda h, w, s: (s * int(torch.randint(h // s, ())), s * int(torch.randint(w // s, ())))
            ),
            "same number. Draw two": hide(on_the_diagonal),
            "do not round": hide(lambda h, w, s: [round(torch.rand(()).item() * (side - s)) for side in (h, w)]),
            "push nothing back": hide(lambda h, w, s: [min(int(torch.randint(side, ())), side - s) for side in (h, w)]),
            "second call": hide_seeded,
            "should keep their shape": lambda images, size: images[:, :, size:, :],
            "have changed and are not black": lambda images, size: hide_with_a_mask(images, size) / 2,
            "Only the first channel": hide(anywhere, channels=0),
            "by one too large": hide(lambda h, w, s: anywhere(h - 1, w - 1, s), extra=1),
            "up to 4 pixels long, by one too long": hide(anywhere, extra=1),
            "a list of images": lambda images, size: list(hide_with_a_mask(images, size)),
            "a NumPy array of images": lambda images, size: hide_with_a_mask(images, size).numpy(),
            "slice H and W, not N": across_the_images,
            "is the end of a slice missing": to_the_end,
            "b is no length": up_to_size,
            "becomes `1.0`": hide(anywhere, value=1),
            "Only in the first of 1200": hide_the_first_only,
            "All squares begin in row 0, though": hide(lambda h, w, s: anywhere(h - 2, w - 2, s)),
            "do not form one square": hide_random_rows,
            "goes on at the other": hide_rolled,
            "at most, not in all images": hide_rectangles,
            "channels of an image differ": hide(anywhere, channels=-1),
            "joins images (1, C, H, W)": lambda images, size: hide_with_a_mask(images, size).split(1),
        },
    ),
    "5.4": Answers(
        right=KeepsWhatItComputes,
        wrong={
            "are allowed": lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 64), nn.ReLU(), nn.Linear(64, 32)),
            "no squeeze": lambda: nn.Sequential(nn.Flatten(), nn.Linear(1024, 40)),
            "one row for each image": lambda: nn.Conv2d(1, 4, 3, stride=8),
            "the last number of that shape: 1024": lambda: nn.Sequential(nn.Flatten(), nn.Linear(784, 32)),
            "passes. The decoder makes": averaged_encoder,
            "same latents": dead_encoder,
            "can be trained": frozen_encoder,
            "the class": lambda: nn.Linear,
            "of layers is no network": lambda: [nn.Flatten(), nn.Linear(1024, 32)],
            "32,800 weights at work": ListOfLayers,
            "makes new weights": NewEachTime,
            "the decoder takes": lambda: Doubled(nn.Flatten(), nn.Linear(1024, 32)),
            "gives images back": with_a_decoder,
            "32,768 fixed numbers": lambda: Fixed(buffer=False),
            "`matrix` in your encoder": lambda: Fixed(buffer=True),
            "more weights of its own than `Conv2d(64, 64": lambda: nn.Sequential(
                *(layer for c in (1, 64, 64) for layer in (nn.Conv2d(c, 64, 3, 2, 1), nn.ReLU())),
                nn.Flatten(),
                nn.Linear(1024, 32),
            ),
            "A `forward` is missing": lambda: nn.ModuleList([nn.Flatten(), nn.Linear(1024, 32)]),
            'do not pass: `"': lambda: Net(nn.Flatten(), lambda net, images: F.gelu((255 * net(images)).long())),
            "do not pass: `shape": lambda: Net(nn.Conv2d(1, 8, 3), lambda net, images: net(images).view(-1, 3000)),
            "though six do": lambda: Net(nn.Linear(1024, 32), lambda net, images: net(images.view(6, -1))),
            "does not count all 6": lambda: Net(
                nn.Sequential(nn.Conv2d(1, 8, 3, 2, 1), nn.Flatten(), nn.Linear(2048, 16)),
                lambda net, images: torch.stack([net(image) for image in images]),
            ),
            "kernel is larger": lambda: nn.Sequential(
                *(nn.Conv2d(a, b, 3, 2) for a, b in ((1, 8), (8, 8), (8, 8), (8, 8), (8, 16)))
            ),
            "keep those four axes": lambda: Net(nn.Conv2d(1, 8, 3), lambda net, images: net(images.squeeze(1))),
            "has no weights": lambda: nn.Sequential(nn.AvgPool2d(8), nn.Flatten()),
            "32,800 of the 33,856": lambda: nn.Sequential(
                nn.Flatten(), nn.Linear(1024, 32).requires_grad_(False), nn.Linear(32, 32)
            ),
            "images in place": lambda: nn.Sequential(
                nn.Threshold(0.5, 0.0, inplace=True), nn.Flatten(), nn.Linear(1024, 32)
            ),
        },
    ),
}

EQUIVALENT = {
    "5.4": {
        "nn.Conv2d(1, 8, 3, stride=2)": "32 pixels become 15, and 15 become 8 as 16 do",
        "nn.Conv2d(1, 8, 3, stride=2, padding=0)": "32 pixels become 15, and 15 become 8 as 16 do",
        "nn.Conv2d(1, 8, 4, stride=2, padding=1)": "a kernel of 4 halves the image as one of 3 does",
        "nn.Conv2d(8, 16, 4, stride=2, padding=1)": "a kernel of 4 halves the image as one of 3 does",
        "nn.Linear(16 * 8 * 8, 31)": "31 latents are allowed, and are enough",
    },
    "5.1": {
        "F.mse_loss(target.clamp(low, high), target)": "a tensor of one number counts as the number",
        "F.mse_loss(target, target.clamp(low, high))": "a square does not tell which of the two came first",
    },
    "5.2": {
        "(val_images - mean_image).square().mean()": "a tensor of one number counts as the number",
        "mean_image - val_images": "a square does not tell which of the two came first",
    },
}
