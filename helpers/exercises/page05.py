"""Page 05: floors, rivals, corruptions, and an encoder of your own."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from helpers.data.images import digits
from helpers.exercises.engine import Exercise, Wrong, compare, watched
from helpers.models import count_parameters

MOST_WEIGHTS, MOST_LATENTS = 50_000, 32
PASS_MARK = 0.95  # of the mean image's error; the page says "at least 5 % below"


def lowest_error(target, low, high):
    """The smallest mean squared error that any output between low and high can have."""
    return F.mse_loss(target.clamp(low, high), target).item()


def judge_lowest_error(answer: object) -> None:
    generator = torch.Generator().manual_seed(0)
    targets = [torch.tensor([-1.0, 0.5, 3.0]), *(2 * torch.randn(2, 3, 4, 4, generator=generator) for _ in range(2))]
    for target, (low, high) in zip(targets, ((0.0, 1.0), (-1.0, 1.0), (0.0, 2.0)), strict=True):
        miss, miss_of_0_1 = target - target.clip(low, high), target - target.clip(0, 1)
        slips = {
            "That is 0, as if every target could be reached. What does an output do that may not go so far?": 0.0,
            "That is the sum over the pixels; wanted is their mean.": miss.square().sum(),
            "That is the mean distance; it must be squared before the mean.": miss.abs().mean(),
            "That is the root of the mean squared error. Leave the root out.": miss.square().mean().sqrt(),
            "That is the error of answering 0 everywhere. You can do better.": target.square().mean(),
            "Your limits are 0 and 1, whatever is asked. Use `low` and `high`.": miss_of_0_1.square().mean(),
        }
        case = f"a target of shape {tuple(target.shape)} and an output from {low:g} to {high:g}"
        compare(answer(target, low, high), miss.square().mean(), case, slips)


def rival_error(train_images, val_images):
    """The mean squared error on val_images of answering the mean of train_images, always."""
    mean_image = train_images.mean(dim=0, keepdim=True)
    return (val_images - mean_image).square().mean().item()


def judge_rival_error(answer: object) -> None:
    generator = torch.Generator().manual_seed(1)
    for n_train, n_val in ((6, 4), (9, 5)):
        train, val = (torch.rand(n, 1, 5, 4, generator=generator) ** 2 for n in (n_train, n_val))
        rival = train.mean(dim=0)
        misses = {
            "Your rival is the mean of the validation images: it has seen the answers.": val - val.mean(dim=0),
            "Your rival is one grey for all pixels. Take the mean pixel by pixel, over the images.": val - train.mean(),
            "Each validation image got a grey of its own. Take the mean over images.": val - val.mean((1, 2, 3), True),
            "That is the error on the training images. The rival must answer the validation images.": train - rival,
        }
        slips = {diagnosis: miss.square().mean() for diagnosis, miss in misses.items()}
        slips["That is a sum; wanted is the mean over all images and pixels."] = (val - rival).square().sum()
        case = f"{n_train} training and {n_val} validation images"
        compare(answer(train, val), (val - rival).square().mean(), case, slips)


def hide_square(images, size):
    """A copy of the images in which a random square, size x size, is black in each."""
    hidden = images.clone()
    height, width = images.shape[2:]
    for image in hidden:
        top, left = torch.randint(height - size + 1, ()), torch.randint(width - size + 1, ())
        image[:, top : top + size, left : left + size] = 0
    return hidden


def judge_hide_square(answer: object) -> None:
    torch.manual_seed(0)
    for shape, size in (((200, 1, 6, 7), 3), ((150, 3, 5, 5), 2)):
        images = torch.rand(shape) / 2 + 0.5  # no pixel is black by itself
        passed, given = watched(images.clone)
        case = f"{shape[0]} images of shape {shape[1:]} and a square of {size}"
        hidden = answer(passed, size)
        if not isinstance(hidden, Tensor) or hidden.shape != images.shape:
            got = tuple(hidden.shape) if isinstance(hidden, Tensor) else f"a `{type(hidden).__name__}`"
            raise Wrong(f"For {case} a tensor of the same shape is wanted; your function returns {got}.")
        if not torch.equal(given[0], images):
            raise Wrong("Your function changes its input in place: the clean target is lost. Work on a copy.")
        places = [_square(black.any(dim=0), size, case) for black in hidden == 0]
        if not torch.equal(hidden[hidden != 0], images[hidden != 0]):
            raise Wrong("Pixels outside the squares were changed. Only the square becomes 0, in every channel.")
        if len(set(places)) == 1:
            raise Wrong("The square is at the same place in all images. Draw a place for each image.")
        if torch.equal(answer(images, size), hidden):
            raise Wrong("A second call hides the same squares. Draw anew at each call, and set no seed inside.")
        last = shape[2] - size, shape[3] - size
        if any(max(place[axis] for place in places) < last[axis] for axis in (0, 1)):
            raise Wrong("The square never touches the last row or column. How many places are there along an axis?")


def _square(black: Tensor, size: int, case: str) -> tuple[int, int]:
    """Where the one black square of an image begins."""
    rows, columns = black.any(dim=1).nonzero(), black.any(dim=0).nonzero()
    if len(rows) != size or len(columns) != size or int(black.sum()) != size * size:
        count = int(black.sum())
        raise Wrong(f"For {case} one image has {count} black pixels; a square of {size} x {size} is wanted in each.")
    return int(rows[0]), int(columns[0])


def my_encoder():
    """An encoder for images (N, 1, 32, 32), small and with a short latent vector."""
    return nn.Sequential(
        nn.Conv2d(1, 8, 3, stride=2, padding=1),
        nn.BatchNorm2d(8),
        nn.ReLU(),
        nn.Conv2d(8, 16, 3, stride=2, padding=1),
        nn.BatchNorm2d(16),
        nn.ReLU(),
        nn.Flatten(),
        nn.Linear(16 * 8 * 8, 32),
    )


def judge_my_encoder(answer: object) -> None:
    torch.manual_seed(0)
    encoder = answer()
    if not isinstance(encoder, nn.Module):
        raise Wrong(f"An `nn.Module` is wanted, and your function returned a `{type(encoder).__name__}`.")
    train, val, _ = digits()
    try:
        with torch.no_grad():
            shape = tuple(encoder(train.images[:64]).shape)  # also tells a lazy layer its size
    except Exception as error:
        raise Wrong(f"Given images (64, 1, 32, 32), your encoder raises `{type(error).__name__}: {error}`") from None
    if len(shape) != 2 or shape[0] != 64:
        raise Wrong(f"64 images give latents of shape {shape}; wanted is one row an image. End with `nn.Flatten()`?")
    weights = count_parameters(encoder)
    if weights > MOST_WEIGHTS:
        raise Wrong(f"Your encoder has {weights:,} weights; the budget is {MOST_WEIGHTS:,}. Which layer has the most?")
    if weights and not count_parameters(encoder, trainable_only=True):
        raise Wrong("No weight of your encoder can be trained. Leave out `requires_grad_(False)` and `freeze`.")
    if shape[1] > MOST_LATENTS:
        raise Wrong(f"Your latent vector has {shape[1]} numbers; {MOST_LATENTS} at most, or it is no squeeze.")
    decoder = nn.Sequential(nn.Linear(shape[1], 128), nn.ReLU(), nn.Linear(128, 1024), nn.Unflatten(1, (1, 32, 32)))
    model = nn.Sequential(encoder, decoder)
    optimizer = torch.optim.Adam(model.parameters(), lr=3e-3)
    for rows in torch.cat([torch.randperm(len(train)) for _ in range(3)]).split(64):
        optimizer.zero_grad()
        F.binary_cross_entropy_with_logits(model(train.images[rows]), train.images[rows]).backward()
        optimizer.step()
    with torch.no_grad():
        error = F.mse_loss(model.eval()(val.images).sigmoid(), val.images).item()
    rival = (val.images - train.images.mean(dim=0)).square().mean().item()
    if not error <= PASS_MARK * rival:
        raise Wrong(
            f"After training, the validation error is {error:.4f}, and that of the mean image {rival:.4f}; at most "
            f"{PASS_MARK * rival:.4f} passes. Your latents tell the decoder next to nothing about the image. Does every "
            "layer let it through, or does one average too much away?"
        )


EXERCISES = {
    "5.1": Exercise(
        judge=judge_lowest_error,
        solution=lowest_error,
        why="The best reachable answer is the target moved to the nearest limit. What is left is the floor.",
        notice="You can now tell before any training what no training can reach.",
        hints=(
            "If the target is 3 and the output ends at 1, which output comes nearest? And if the target is 0.5?",
            "`target.clamp(low, high)` moves every number that is outside to the nearest limit.",
            "The mean squared error between that and `target`: `F.mse_loss(..., target).item()`.",
        ),
    ),
    "5.2": Exercise(
        judge=judge_rival_error,
        solution=rival_error,
        why="The rival may learn from the training images only, as every model may; it is judged on the others.",
        notice="Compute this number first, whenever a loss looks small.",
        hints=(
            "Two steps: the mean image of which images? Its error on which images?",
            "The first axis of (N, C, H, W) counts the images: `train_images.mean(dim=0)` is one image.",
            "Subtracting one image from many works at once. Square, then take the mean over everything.",
        ),
    ),
    "5.3": Exercise(
        judge=judge_hide_square,
        solution=hide_square,
        why="The copy keeps the target clean. Of `height` rows a square of `size` can begin in `height - size + 1`.",
        notice=(
            "Try it as a task: in a copy of `pretrain_warped` put `lambda images: hide_square(images, 12)` for `warp`, "
            "and ask `worth` of its encoder."
        ),
        hints=(
            "Begin with `hidden = images.clone()`, and change only `hidden`. A loop over its images is good enough.",
            "In 6 pixels a square of 3 can begin at 0, 1, 2 or 3. `torch.randint(n, ())` draws from 0 to n - 1.",
            "For each image draw `top` and `left`, then `image[:, top : top + size, left : left + size] = 0`.",
        ),
    ),
    "5.4": Exercise(
        judge=judge_my_encoder,
        solution=my_encoder,
        why="Convolutions are cheap, so most of the budget goes to the last layer, which does the squeezing.",
        notice="A squeeze to a few numbers, and they still tell one digit's drawing from another's.",
        seconds=10.0,
        hints=(
            "`nn.Sequential(...)` is enough: layers that halve the image, `nn.Flatten()`, and a last `nn.Linear`.",
            "A convolution of stride 2 halves 32 to 16, then 8. With C channels, C * 8 * 8 numbers are left.",
            "`nn.Linear(a, b)` has a * b + b weights. With C = 16 it is 16 * 8 * 8 = 1,024 to 32: within the budget.",
        ),
    ),
}
