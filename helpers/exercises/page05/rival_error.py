"""Exercise 5.2. The mean squared error on val_images of answering the mean of train_images, always."""

from __future__ import annotations

import torch
import torch.nn.functional as F

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def rival_error(train_images, val_images):
    """The mean squared error on val_images of answering the mean of train_images, always."""
    mean_image = train_images.mean(dim=0)
    return (val_images - mean_image).square().mean().item()


def rival_cases() -> list[tuple]:
    """One image and several, one channel and two, higher than wide and the reverse."""
    sizes = ((1, 1, 2), (1, 2, 1), (2, 1, 2), (1, 2, 3), (2, 3, 1))

    def make(generator: torch.Generator, i: int) -> tuple:
        counts = (2, 1, 3, 4)[i % 4], (1, 2, 3)[i % 3]
        size = (1, 2, 3) if counts[0] == 1 else sizes[i % 5]  # so that the smallest case has several training images
        return tuple(torch.rand(n, *size, generator=generator).round(decimals=1) for n in counts)

    return drawn(make)


RIVAL_SLIPS = {
    "Your rival is the mean of the validation images: it has seen the answers. It may learn from the training images.": (
        lambda train, val: (val - val.mean(dim=0)).square().mean()
    ),
    "Your rival is the mean of both sets: it has seen the answers. It may learn from the training images only.": (
        lambda train, val: (val - torch.cat([train, val]).mean(dim=0)).square().mean()
    ),
    "Your rival is one grey for all pixels. Take the mean over the images only, pixel by pixel.": lambda train, val: (
        (val - train.mean()).square().mean()
    ),
    "Your rival is one grey in each channel. Take the mean over the images only, pixel by pixel.": lambda train, val: (
        (val - train.mean((0, 2, 3), True)).square().mean()
    ),
    "Each validation image got a grey of its own. Take the mean over the training images, pixel by pixel.": (
        lambda train, val: (val - val.mean((1, 2, 3), True)).square().mean()
    ),
    "That is the error on the training images. The rival must answer the validation images.": lambda train, val: (
        (train - train.mean(dim=0)).square().mean()
    ),
    "The two sets have changed places: your rival learns from the validation images and answers the training images.": (
        lambda train, val: (train - val.mean(dim=0)).square().mean()
    ),
    "There is no mean image in yours: the images are compared one by one. First take the mean of the training images.": (
        lambda train, val: (val - train).square().mean()
    ),
    "You compared the first of each. Take the mean of all training images, and measure it on all validation images.": (
        lambda train, val: (val[0] - train[0]).square().mean()
    ),
    "Each training image was averaged over its channels. The images are counted along the first axis, `dim=0`.": (
        lambda train, val: (val - train.mean(dim=1, keepdim=True)).square().mean()
    ),
    "Each training image was averaged along its rows. The images are counted along the first axis, `dim=0`.": (
        lambda train, val: (val - train.mean(dim=-1, keepdim=True)).square().mean()
    ),
    "Each training image was averaged along its columns. The images are counted along the first axis, `dim=0`.": (
        lambda train, val: (val - train.mean(dim=-2, keepdim=True)).square().mean()
    ),
    "You divided by the number of training images minus 1 to get the mean image.": lambda train, val: (
        (val - train.sum(dim=0) / (len(train) - 1)).square().mean()
    ),
    "You divided by the number of training images. The mean is over the validation images.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean() * len(val) / len(train)
    ),
    "The first validation image is left out: positions begin at 0.": lambda train, val: (
        (val - train.mean(dim=0))[1:].square().sum() / val.numel()
    ),
    "Each channel of each validation image got a grey of its own. Take the mean over the training images.": (
        lambda train, val: (val - val.mean((2, 3), True)).square().mean()
    ),
    "You averaged over the channels. The images are counted along the first axis of (N, C, H, W).": lambda train, val: (
        (val - train.mean(dim=1)).square().mean()
    ),
    "You averaged over images and channels. Take the mean over the images only, and each channel keeps its own image.": (
        lambda train, val: (val - train.mean(dim=(0, 1))).square().mean()
    ),
    "You averaged over images and rows. Take the mean over the images only, pixel by pixel.": lambda train, val: (
        (val - train.mean(dim=(0, 2), keepdim=True)).square().mean()
    ),
    "You averaged over images and columns. Take the mean over the images only, pixel by pixel.": lambda train, val: (
        (val - train.mean(dim=(0, 3), keepdim=True)).square().mean()
    ),
    "The last training image is left out. Does a slice or a `range` end too early?": lambda train, val: (
        (val - train[:-1].mean(dim=0)).square().mean()
    ),
    "The first training image is left out: positions begin at 0.": lambda train, val: (
        (val - train[1:].mean(dim=0)).square().mean()
    ),
    "The sum of the training images is divided by the number of validation images. Divide it by the number of training "
    "images.": lambda train, val: (val - train.sum(dim=0) / len(val)).square().mean(),
    "Your rival is the sum of the training images; wanted is their mean.": lambda train, val: (
        (val - train.sum(dim=0)).square().mean()
    ),
    "Your rival is the median of the training images; wanted is their mean.": lambda train, val: (
        (val - train.median(dim=0).values).square().mean()
    ),
    "Your rival is the last training image. It should be the mean of all of them.": lambda train, val: (
        (val - train[-1]).square().mean()
    ),
    "Only the last validation image is measured. Does each round of your loop replace the one before?": lambda train, val: (
        (val[-1] - train.mean(dim=0)).square().mean()
    ),
    "That is the largest error of a single image; wanted is the mean over all.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(1, 2, 3)).max()
    ),
    "That is the smallest error of a single image; wanted is the mean over all.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(1, 2, 3)).min()
    ),
    "These are errors pixel by pixel, averaged over the images only. Take the mean over the pixels, too.": (
        lambda train, val: (val - train.mean(dim=0)).square().mean(dim=0)
    ),
    "These are errors of the single images and channels. Take the mean over all of them.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(2, 3))
    ),
    "You divided by the pixels of one channel. The mean runs over images, channels and pixels, all of them.": (
        lambda train, val: (val - train.mean(dim=0)).square().sum() / val[0, 0].numel()
    ),
    "You squared first and subtracted then. Subtract the mean image from each image, and square the difference.": (
        lambda train, val: val.square().mean() - train.mean(dim=0).square().mean()
    ),
    "Your rival is the first training image. It should be the mean of all of them.": lambda train, val: (
        (val - train[0]).square().mean()
    ),
    "You compared every training image with every validation image. First make one mean image, then compare.": (
        lambda train, val: (val[:, None] - train).square().mean()
    ),
    "You compared two mean images. The rival is measured on each validation image.": lambda train, val: (
        (val.mean(dim=0) - train.mean(dim=0)).square().mean()
    ),
    "That is the error of an all-black answer. The rival answers the mean image: subtract it first.": lambda train, val: (
        val.square().mean()
    ),
    "That is a sum; wanted is the mean over all images and pixels.": lambda train, val: (
        (val - train.mean(dim=0)).square().sum()
    ),
    "You added up over the pixels of an image. The mean runs over images and pixels.": lambda train, val: (
        (val - train.mean(dim=0)).square().sum(dim=(1, 2, 3)).mean()
    ),
    "That is the root of the mean squared error. Leave the root out.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean().sqrt()
    ),
    "That is the mean distance; each must be squared before the mean.": lambda train, val: (
        (val - train.mean(dim=0)).abs().mean()
    ),
    "The differences are not squared, so those above and those below cancel.": lambda train, val: (
        val - train.mean(dim=0)
    ).mean(),
    "The differences are not squared, so those below and those above cancel.": lambda train, val: (
        train.mean(dim=0) - val
    ).mean(),
    "That is the square of the mean difference. Square each difference first, then take the mean.": lambda train, val: (
        (val - train.mean(dim=0)).mean().square()
    ),
    "Only the first channel is measured. Take all of them.": lambda train, val: (
        (val - train.mean(dim=0))[:, 0].square().mean()
    ),
    "Only the first validation image is measured. Take the mean over all of them.": lambda train, val: (
        (val[0] - train.mean(dim=0)).square().mean()
    ),
    "That is the mean image itself; wanted is its error on the validation images, one number.": lambda train, val: (
        train.mean(dim=0)
    ),
    "That is the mean image itself. Wanted is its error on the validation images, one number.": lambda train, val: (
        train.mean(dim=0, keepdim=True)
    ),
    "These are the errors of the single images; wanted is their mean.": lambda train, val: (
        (val - train.mean(dim=0)).square().mean(dim=(1, 2, 3))
    ),
    "These are the squared differences of all pixels; wanted is their mean, one number.": lambda train, val: (
        val - train.mean(dim=0)
    ).square(),
    "Only the last validation image is measured, and its error divided by their number. Is `=` in your loop where `+=` "
    "belongs?": lambda train, val: (val[-1] - train.mean(dim=0)).square().mean() / len(val),
    "Only the first validation image is measured, and its error divided by their number.": lambda train, val: (
        (val[0] - train.mean(dim=0)).square().mean() / len(val)
    ),
    "That is the variance of the differences: it takes their mean off first. Wanted is the mean of their squares.": (
        lambda train, val: (val - train.mean(dim=0)).var()
    ),
    "That is the variance of the differences (dividing by n): it takes their mean off first. Wanted is the mean of their "
    "squares.": lambda train, val: (val - train.mean(dim=0)).var(correction=0),
    "Your rival is the mean of the first half of the training images. It may learn from all of them.": (
        lambda train, val: (val - train[: len(train) // 2].mean(dim=0)).square().mean()
    ),
    "Your rival is the mean of the second half of the training images. It may learn from all of them.": (
        lambda train, val: (val - train[len(train) // 2 :].mean(dim=0)).square().mean()
    ),
    "Only as many validation images are measured as there are training images. (Does a `zip` end with the shorter of the "
    "two?) Go through the validation images alone.": lambda train, val: (
        (val - train.mean(dim=0))[: len(train)].square().sum() / val.numel()
    ),
    "The last validation image is left out. Does your `range` or your slice end too early?": lambda train, val: (
        (val - train.mean(dim=0))[:-1].square().sum() / val.numel()
    ),
    "The mean image is rounded. Take it as it is: greys are allowed.": lambda train, val: (
        (val - train.mean(dim=0).round()).square().mean()
    ),
    "The smallest number is taken off the mean image. Take the mean image as it is.": lambda train, val: (
        (val - train.mean(dim=0) + train.mean(dim=0).min()).square().mean()
    ),
    "The mean image is divided by its largest number. Take it as it is.": lambda train, val: (
        (val - train.mean(dim=0) / train.mean(dim=0).max()).square().mean()
    ),
    "Your rival is the last training image, divided by how many there are. Is `=` in your loop where `+=` belongs?": (
        lambda train, val: (val - train[-1] / len(train)).square().mean()
    ),
    "The training images are made black and white before their mean. Take it from the images as they are.": (
        lambda train, val: (val - (train > 0.5).to(train.dtype).mean(dim=0)).square().mean()
    ),
    "That is a cross-entropy. The *squared* error is asked for.": lambda train, val: F.binary_cross_entropy(
        train.mean(dim=0).expand_as(val), val
    ),
}


EXERCISE = Exercise(
    solution=rival_error,
    cases=rival_cases,
    slips=RIVAL_SLIPS,
    returns="one number, the mean squared error on all validation images and pixels",
    why="The rival may learn from the training images only, as every model may; it is judged on the others.",
    notice="Compute this number first, whenever a loss looks small.",
    hints=(
        "Two steps: the mean image of which images? Its error on which images?",
        "The mean image has a height and a width of its own: average over the axis that counts the images, the first "
        "of (N, C, H, W).",
        "`mean(dim=0)` averages over the images. Subtracting one image from many works at once. Then square, and take "
        "the mean over everything.",
    ),
)
