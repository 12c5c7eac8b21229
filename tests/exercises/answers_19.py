"""Answers to page 19: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import captum.attr
import numpy as np
import torch
from exercise_answers import Answers


def by_captum(image, weights, size):
    """captum's Occlusion on the same model."""

    def model(images):
        return (weights * images).flatten(1).sum(dim=1).clamp(min=0)

    drops = captum.attr.Occlusion(model).attribute(image[None], (size, size), strides=(size, size))
    return drops[0, ::size, ::size]


def drops_of(image, weights, size, number, fill=0.0):
    rows, columns = image.shape[0] // size, image.shape[1] // size
    result = []
    for i in range(rows * columns):
        top, left = i // columns * size, i % columns * size
        copy = image.clone()
        copy[top : top + size, left : left + size] = fill
        result.append(number(image) - number(copy))
    return torch.stack(result).view(rows, columns)


def relu_of(weights):
    return lambda image: torch.relu((weights * image).sum())


def never_restored(image, weights, size):
    number, copy = relu_of(weights), image.clone()
    rows = []
    for i in range(0, image.shape[0], size):
        rows.append([])
        for j in range(0, image.shape[1], size):
            copy[i : i + size, j : j + size] = 0
            rows[-1].append((number(image) - number(copy)).item())
    return rows


def squares_grow(image, weights, size):
    number, rows = relu_of(weights), []
    for i in range(image.shape[0] // size):
        rows.append([])
        for j in range(image.shape[1] // size):
            copy = image.clone()
            copy[i : (i + 1) * size, j : (j + 1) * size] = 0
            rows[-1].append((number(image) - number(copy)).item())
    return torch.tensor(rows)


def each_alone(image, weights, size):
    height, width = image.shape
    products = (image * weights).reshape(height // size, size, width // size, size)
    return torch.relu(products.sum(dim=(1, 3)))


def on_the_way(gradients, inputs, baseline, change):
    gradients, inputs, baseline = (np.asarray(x, dtype=float) for x in (gradients, inputs, baseline))
    shares = np.average(gradients, axis=0) * (inputs - baseline)
    return shares.tolist(), float(change - shares.sum())


def cam_by_einsum(maps, gradients):
    weights = torch.einsum("chw->c", gradients) / gradients[0].numel()
    return torch.einsum("c,chw->hw", weights, maps).clamp(min=0)


def weighed(maps, gradients):
    return gradients.mean(dim=(1, 2))[:, None, None] * maps


def by_numpy(image, weights, strength):
    products = np.asarray(weights * image, dtype=float)[np.argsort(-np.asarray(strength))]
    curve = 1 - np.concatenate([[0], np.cumsum(products)]) / products.sum()
    return np.mean((curve[1:] + curve[:-1]) / 2)


def curve_of(image, weights, order):
    products = (weights * image)[order]
    return torch.cat([products.sum()[None], products.sum() - products.cumsum(dim=0)])


def positive_alone(image, weights, strength):
    left, numbers = image.clone(), [(weights * image).sum()]
    for pixel in strongest(strength):
        if strength[pixel] > 0:
            left[pixel] = 0
        numbers.append((weights * left).sum())
    return torch.trapezoid(torch.stack(numbers) / numbers[0], dx=1 / len(image))


def strongest(strength):
    return torch.argsort(-strength)


ANSWERS = {
    "19.1": Answers(
        right=by_captum,
        wrong={
            "stay covered": never_restored,
            "yours grow": squares_grow,
            "own sum": each_alone,
            "left with the square covered": lambda image, weights, size: (
                relu_of(weights)(image) - drops_of(image, weights, size, relu_of(weights))
            ),
            "no ReLU": lambda image, weights, size: drops_of(image, weights, size, lambda x: (x * weights).sum()),
            "clamp the falls": lambda image, weights, size: torch.relu(
                drops_of(image, weights, size, relu_of(weights))
            ),
            "cover with 1": lambda image, weights, size: drops_of(image, weights, size, relu_of(weights), 1.0),
            "for each pixel": lambda image, weights, size: torch.kron(
                drops_of(image, weights, size, relu_of(weights)), torch.ones(size, size)
            ),
        },
    ),
    "19.2": Answers(
        right=on_the_way,
        wrong={
            "by the inputs alone": lambda g, inputs, baseline, change: (
                inputs * g.mean(dim=0),
                change - (inputs * g.mean(dim=0)).sum(),
            ),
            "add the gradients up": lambda g, inputs, baseline, change: (
                (inputs - baseline) * g.sum(dim=0),
                change - ((inputs - baseline) * g.sum(dim=0)).sum(),
            ),
            "one mean for all": lambda g, inputs, baseline, change: (
                (inputs - baseline) * g.mean(),
                change - ((inputs - baseline) * g.mean()).sum(),
            ),
            "last gradient alone": lambda g, inputs, baseline, change: (
                (inputs - baseline) * g[-1],
                change - ((inputs - baseline) * g[-1]).sum(),
            ),
            "first gradient alone": lambda g, inputs, baseline, change: (
                (inputs - baseline) * g[0],
                change - ((inputs - baseline) * g[0]).sum(),
            ),
            "weigh the ends half": lambda g, inputs, baseline, change: (
                (inputs - baseline) * (torch.trapezoid(g, dim=0) / max(1, len(g) - 1)),
                change - ((inputs - baseline) * (torch.trapezoid(g, dim=0) / max(1, len(g) - 1))).sum(),
            ),
            "what the shares add up to": lambda g, inputs, baseline, change: (
                (inputs - baseline) * g.mean(dim=0),
                ((inputs - baseline) * g.mean(dim=0)).sum(),
            ),
            "lost its sign": lambda g, inputs, baseline, change: (
                (inputs - baseline) * g.mean(dim=0),
                abs(change - ((inputs - baseline) * g.mean(dim=0)).sum()),
            ),
        },
    ),
    "19.3": Answers(
        right=cam_by_einsum,
        wrong={
            "that is HiResCAM": lambda maps, gradients: (maps * gradients).sum(dim=0).relu(),
            "cut before you add": lambda maps, gradients: (maps * gradients).clamp(min=0).sum(dim=0),
            "mean over the places": lambda maps, gradients: (
                (gradients.sum(dim=(1, 2))[:, None, None] * maps).sum(dim=0).relu()
            ),
            "average over the channels": lambda maps, gradients: weighed(maps, gradients).mean(dim=0).relu(),
            "below 0 is still there": lambda maps, gradients: weighed(maps, gradients).sum(dim=0),
            "off at 0 before you add": lambda maps, gradients: weighed(maps, gradients).clamp(min=0).sum(dim=0),
            "cut the gradients off": lambda maps, gradients: weighed(maps, gradients.clamp(min=0)).sum(dim=0).relu(),
            "other way round": lambda maps, gradients: weighed(gradients, maps).sum(dim=0).relu(),
        },
    ),
    "19.4": Answers(
        right=by_numpy,
        wrong={
            "opposite order": lambda image, weights, strength: torch.trapezoid(
                curve_of(image, weights, strength.argsort()) / (weights * image).sum(), dx=1 / len(image)
            ),
            "leave the pixels": positive_alone,
            "order in which they stand": lambda image, weights, strength: torch.trapezoid(
                curve_of(image, weights, torch.arange(len(image))) / (weights * image).sum(), dx=1 / len(image)
            ),
            "not divided": lambda image, weights, strength: torch.trapezoid(
                curve_of(image, weights, strongest(strength)), dx=1 / len(image)
            ),
            "count half": lambda image, weights, strength: (
                curve_of(image, weights, strongest(strength)).mean() / (weights * image).sum()
            ),
            "axis counts pixels": lambda image, weights, strength: torch.trapezoid(
                curve_of(image, weights, strongest(strength)) / (weights * image).sum()
            ),
            "1 / (D + 1) wide": lambda image, weights, strength: torch.trapezoid(
                curve_of(image, weights, strongest(strength)) / (weights * image).sum(), dx=1 / (len(image) + 1)
            ),
            "size of the strength": lambda image, weights, strength: torch.trapezoid(
                curve_of(image, weights, strongest(strength.abs())) / (weights * image).sum(), dx=1 / len(image)
            ),
        },
    ),
}
EQUIVALENT = {
    "19.1": {
        "(image + 1).shape": "as large as the image",
        "(-image).shape": "as large as the image",
        "weights.shape": "as large as the image",
    },
    "19.3": {"gradients.mean(dim=(2, 1))": "the same two dimensions"},
    "19.4": {
        "strength + 1": "the same order",
        "(-image).clone": "all numbers of the curve change their sign, and so does the first",
    },
}
