"""Answers to page 03: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import itertools

import torch
import torch.nn.functional as F
from exercise_answers import Answers
from scipy.signal import convolve2d
from torch import nn


def counted(size, k, stride, padding, dilation):
    last = size + 2 * padding - dilation * (k - 1)
    return len(range(0, last, stride))


def by_loops(image, kernel):
    k = len(kernel)
    rows, columns = image.shape[0] - k + 1, image.shape[1] - k + 1
    turned = kernel.rot90(2)
    return [[(image[i : i + k, j : j + k] * turned).sum().item() for j in range(columns)] for i in range(rows)]


def conv(image, kernel):
    return F.conv2d(image[None, None], kernel[None, None])[0, 0]


def three_layers():
    layers, channels = [], (1, 8, 16, 12)
    for c_in, c_out in itertools.pairwise(channels):
        layers += [nn.Conv2d(c_in, c_out, 3, stride=2, padding=1), nn.BatchNorm2d(c_out), nn.ReLU()]
    return nn.Sequential(*layers, nn.Flatten(), nn.Linear(192, 10))


def one_wide_step():
    return nn.Sequential(nn.Conv2d(1, 4, 3, stride=4), nn.ReLU(), nn.Flatten(), nn.Linear(256, 10))


def only_1_x_1():
    return nn.Sequential(nn.Conv2d(1, 1, 1), nn.AvgPool2d(2), nn.Flatten(), nn.Linear(256, 10))


def not_flat():
    return nn.Sequential(nn.Conv2d(1, 8, 3, stride=4), nn.ReLU(), nn.Linear(8, 10))


def dense():
    return nn.Sequential(nn.Flatten(), nn.Linear(1024, 10))


def with_softmax():
    return nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(64, 10), nn.Softmax(dim=1))


def does_not_fit():
    return nn.Sequential(nn.Conv2d(1, 8, 3, stride=2), nn.Flatten(), nn.Linear(8 * 16, 10))


class InAList(nn.Module):
    """The second convolution stands in a plain list."""

    def __init__(self):
        super().__init__()
        self.first, self.hidden = nn.Conv2d(1, 8, 3, stride=2, padding=1), [nn.Conv2d(8, 32, 3, stride=2, padding=1)]
        self.head = nn.Linear(32 * 4, 10)

    def forward(self, images):
        return self.head(F.max_pool2d(F.relu(self.hidden[0](F.relu(self.first(images)))), 4).flatten(1))


class NoReturn(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = three_layers()

    def forward(self, images):
        self.layers(images)


class WithoutGradients(NoReturn):
    @torch.no_grad()
    def forward(self, images):
        return self.layers(images)


class ForShow(NoReturn):
    """Its convolution is never used."""

    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(1, 1, 3)
        self.layers = nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(64, 10))

    def forward(self, images):
        return self.layers(images)


def trained_already():
    model = three_layers()
    optimizer = torch.optim.SGD(model.parameters(), lr=0.1)
    model(torch.rand(2, 1, 32, 32)).sum().backward()
    optimizer.step()
    return model


LIVES_ON = three_layers()


ANSWERS = {
    "3.1": Answers(
        right=lambda image, kernel: convolve2d(image, kernel, mode="valid"),
        wrong={
            "not turned": conv,
            "transpose": lambda image, kernel: conv(image, kernel.T),
            "upside down only": lambda image, kernel: conv(image, kernel.flip(0)),
            "left to right only": lambda image, kernel: conv(image, kernel.flip(1)),
            "You padded": lambda image, kernel: conv(F.pad(image, (len(kernel) // 2,) * 4), kernel.flip(0, 1)),
            "by one pixel": lambda image, kernel: conv(F.pad(image, (1, 1, 1, 1)), kernel.flip(0, 1)),
            "throws away every axis": lambda image, kernel: conv(image, kernel.flip(0, 1)).squeeze(),
            "You turned the result": lambda image, kernel: conv(image, kernel).flip(0, 1),
            "rounded to a whole number": lambda image, kernel: conv(image, kernel.flip(0, 1)).round(),
            "(stride 2)": lambda image, kernel: conv(image, kernel.flip(0, 1))[::2, ::2],
            "as large as the image": lambda image, kernel: convolve2d(image, kernel, mode="same"),
            "last row and the last column": lambda image, kernel: conv(image, kernel.flip(0, 1))[:-1, :-1],
            "You took the mean": lambda image, kernel: conv(image, kernel.flip(0, 1)) / len(kernel) ** 2,
            "take `[0, 0]`": lambda image, kernel: F.conv2d(image[None, None], kernel.flip(0, 1)[None, None]),
        },
    ),
    "3.2": Answers(
        right=counted,
        wrong={
            "*both* sides": lambda n, k, s, p, d: (n + p - d * (k - 1) - 1) // s + 1,
            "padding is forgotten": lambda n, k, s, p, d: (n - d * (k - 1) - 1) // s + 1,
            "dilation is forgotten": lambda n, k, s, p, d: (n + 2 * p - k) // s + 1,
            "k - 1 gaps": lambda n, k, s, p, d: (n + 2 * p - d * k) // s + 1,
            "+ 1 is missing": lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) // s,
            "in yours it is added": lambda n, k, s, p, d: (n + 2 * p + d * (k - 1) - 1) // s + 1,
            "compare with `<=`": lambda n, k, s, p, d: len(range(0, n + 2 * p - d * (k - 1) - 1, s)),
            "*nearest*": lambda n, k, s, p, d: round((n + 2 * p - d * (k - 1) - 1) / s) + 1,
            "Put brackets": lambda n, k, s, p, d: n + 2 * p - d * (k - 1) - 1 // s + 1,
            "*transposed*": lambda n, k, s, p, d: (n - 1) * s - 2 * p + d * (k - 1) + 1,
            "Round *down*": lambda n, k, s, p, d: -(-(n + 2 * p - d * (k - 1) - 1) // s) + 1,
            "whole number": lambda n, k, s, p, d: (n + 2 * p - d * (k - 1) - 1) / s + 1,
        },
    ),
    "3.3": Answers(
        right=lambda layers: sum(p.numel() for layer in layers for p in nn.Conv2d(*layer).parameters()),
        wrong={
            "biases are missing": lambda layers: sum(i * o * k * k for i, o, k in layers),
            "not for each input channel": lambda layers: sum(i * (o * k * k + 1) for i, o, k in layers),
            "not to each of its kernels": lambda layers: sum(i * o * (k * k + 1) for i, o, k in layers),
            "no power in Python": lambda layers: sum(o * (i * k ^ 2 + 1) for i, o, k in layers),
            "(c_out, k, c_in)": lambda layers: sum(o * (i * k * k + 1) for o, k, i in layers),
            "weights and biases apart": lambda layers: (
                sum(i * o * k * k for i, o, k in layers),
                sum(o for _, o, _ in layers),
            ),
            "*tensors*": lambda layers: len([p for layer in layers for p in nn.Conv2d(*layer).parameters()]),
            "counted once": lambda layers: sum({o * (i * k * k + 1) for i, o, k in layers}),
            "how many layers there are": len,
            "not k": lambda layers: sum(o * (i * k + 1) for i, o, k in layers),
        },
    ),
    "3.4": Answers(
        right=three_layers,
        wrong={
            "weights; 6,000 are allowed": dense,
            "93 % are wanted": one_wide_step,
            "no `nn.Conv2d` with a kernel larger": only_1_x_1,
            "before the first `nn.Linear`.": not_flat,
            "one row of numbers": lambda: nn.Sequential(nn.Conv2d(1, 8, 3, stride=4), nn.ReLU(), nn.Linear(512, 10)),
            "made outside": lambda: LIVES_ON,
            "`nn.ModuleList(...)`": InAList,
            "`return` missing in it": NoReturn,
            "computes without gradients": WithoutGradients,
            "does not depend on it": ForShow,
            "trains the network itself": trained_already,
            "Write `InAList()`": lambda: InAList,
            "there is a sigmoid": lambda: nn.Sequential(*three_layers(), nn.Sigmoid()),
            "`nn.Flatten(0)`": lambda: nn.Sequential(nn.Conv2d(1, 4, 3, stride=4), nn.Flatten(0), nn.Linear(256, 10)),
            "at the end": lambda: nn.Sequential(nn.Conv2d(1, 8, 3, stride=8), nn.ReLU(), nn.Conv2d(8, 10, 4)),
            "`dim=0`": lambda: nn.Sequential(nn.AvgPool2d(4), nn.Flatten(), nn.Linear(64, 10), nn.Softmax(dim=0)),
            "ever below 0": lambda: nn.Sequential(*three_layers(), nn.ReLU()),
            "probabilities already": with_softmax,
            "gets 1,800": does_not_fit,
            "A model is wanted": lambda: torch.zeros(10),
        },
    ),
}
ONE = "there is one image of one channel"
CONVOLVED = "F.conv2d(image[None, None], kernel.flip(0, 1)[None, None])"
FITS = "another network that keeps the budget and reaches the mark"
EQUIVALENT = {
    "3.4": {
        "nn.Conv2d(1, 8, 2, padding=1)": FITS,
        "nn.Conv2d(8, 16, 2, padding=1)": FITS,
        "nn.Conv2d(1, 8, 3, padding=2)": FITS,
        "nn.Conv2d(8, 16, 3, padding=2)": FITS,
        "nn.Sequential(nn.ReLU(), nn.Conv2d(1, 8, 3, padding=1), nn.MaxPool2d(2), nn.Conv2d(8, 16, 3, padding=1), "
        "nn.ReLU(), nn.MaxPool2d(4), nn.Flatten(), nn.Linear(16 * 4 * 4, 10))": FITS,
    },
    "3.1": {
        f"{CONVOLVED}[0, 0]": ONE,
        f"{CONVOLVED}[-1, 0]": ONE,
        f"{CONVOLVED}[0, -1]": ONE,
        "image[None, None]": ONE,
        "kernel.flip(0, 1)[None, None]": ONE,
        "(None, None)": ONE,
        "kernel.flip(1, 0)": "the order of the two flips makes no difference",
    },
}
