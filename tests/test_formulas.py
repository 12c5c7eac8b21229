"""helpers.formulas: convolution and cross-entropy against torch's own."""

import itertools
import math

import pytest
import torch
import torch.nn.functional as F

from helpers.formulas import (
    conv2d_loops,
    conv2d_unfold,
    conv_output_size,
    cross_entropy,
    entropy,
    kl_divergence,
    log_softmax,
    receptive_field,
    softmax,
)

CONVOLUTIONS = [conv2d_loops, conv2d_unfold]
SETTINGS = list(itertools.product((1, 2, 3), (0, 1, 2), (1, 2)))  # stride, padding, dilation
SHAPES = [((1, 1, 7, 7), (1, 1, 1, 1)), ((2, 3, 8, 6), (4, 3, 3, 3)), ((3, 2, 9, 11), (2, 2, 2, 4))]


def draw(*shape, seed=0):
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("convolve", CONVOLUTIONS)
@pytest.mark.parametrize(("stride", "padding", "dilation"), SETTINGS)
@pytest.mark.parametrize(("image_shape", "weight_shape"), SHAPES)
def test_convolution_is_torchs(convolve, image_shape, weight_shape, stride, padding, dilation):
    images, weight, bias = draw(*image_shape), draw(*weight_shape, seed=1), draw(weight_shape[0], seed=2)
    settings = {"stride": stride, "padding": padding, "dilation": dilation}
    assert torch.allclose(
        convolve(images, weight, bias, **settings), F.conv2d(images, weight, bias, **settings), atol=1e-5
    )
    assert torch.allclose(convolve(images, weight, **settings), F.conv2d(images, weight, **settings), atol=1e-5)


@pytest.mark.parametrize("convolve", CONVOLUTIONS)
def test_convolution_defaults_are_torchs(convolve):
    images, weight = draw(2, 2, 5, 5), draw(3, 2, 3, 3, seed=1)
    assert torch.allclose(convolve(images, weight), F.conv2d(images, weight), atol=1e-5)


@pytest.mark.parametrize("convolve", CONVOLUTIONS)
def test_the_kernel_is_not_flipped(convolve):
    images, weight = torch.arange(4.0).view(1, 1, 2, 2), torch.tensor([[[[1.0, 0.0], [0.0, 0.0]]]])
    assert convolve(images, weight).item() == 0.0
    assert convolve(images, weight.flip(2, 3)).item() == 3.0


@pytest.mark.parametrize("convolve", CONVOLUTIONS)
@pytest.mark.parametrize(
    ("image_shape", "weight_shape"),
    [((1, 3, 8, 8), (1, 1, 3, 3)), ((3, 8, 8), (1, 3, 3, 3)), ((1, 3, 8, 8), (3, 3, 3)), ((1, 1, 2, 9), (1, 1, 3, 3))],
)
def test_convolution_refuses_what_does_not_fit(convolve, image_shape, weight_shape):
    with pytest.raises(ValueError, match=r"agree about C|does not fit"):
        convolve(torch.zeros(image_shape), torch.zeros(weight_shape))


@pytest.mark.parametrize(
    ("size", "kernel"), [(size, kernel) for size in (5, 6, 7, 13, 32) for kernel in (1, 2, 3, 4, 5)]
)
def test_output_size_is_torchs(size, kernel):
    for stride, padding, dilation in SETTINGS:
        if dilation * (kernel - 1) + 1 > size + 2 * padding:
            with pytest.raises(ValueError, match="does not fit"):
                conv_output_size(size, kernel, stride, padding, dilation)
            continue
        image, weight = torch.zeros(1, 1, size, size), torch.zeros(1, 1, kernel, kernel)
        expected = F.conv2d(image, weight, stride=stride, padding=padding, dilation=dilation).shape[-1]
        assert conv_output_size(size, kernel, stride, padding, dilation) == expected


def test_output_size_limit():
    assert conv_output_size(3, 3) == 1
    assert conv_output_size(5, 3, dilation=2) == 1
    with pytest.raises(ValueError, match=r"5 pixels does not fit into 4 \+ 2 \* 0"):
        conv_output_size(4, 3, dilation=2)


@pytest.mark.parametrize("layers", [[], [(1, 1)], [(3, 1), (3, 1)], [(3, 2), (3, 2), (3, 2)], [(7, 2), (3, 2), (5, 1)]])
def test_receptive_field_is_what_gradients_reach(layers):
    x = torch.zeros(1, 1, 64, 64, requires_grad=True)
    y = x
    for kernel, stride in layers:
        y = F.conv2d(y, torch.ones(1, 1, kernel, kernel), stride=stride)
    y[0, 0, y.shape[2] // 2, y.shape[3] // 2].backward()
    assert receptive_field(layers) == (x.grad[0, 0].sum(dim=0) != 0).sum().item()


@pytest.mark.parametrize("scale", [1.0, 30.0, 1e4])
@pytest.mark.parametrize("shape", [(1, 1), (4, 3), (7, 10)])
def test_softmax_and_cross_entropy_are_torchs(shape, scale):
    logits = scale * draw(*shape)
    targets = torch.arange(shape[0]) % shape[1]
    probs = draw(*shape, seed=3).softmax(dim=1)
    assert torch.allclose(softmax(logits), logits.softmax(dim=1), atol=1e-5)
    assert torch.allclose(log_softmax(logits), logits.log_softmax(dim=1), rtol=1e-5, atol=1e-5)
    assert torch.allclose(cross_entropy(logits, targets), F.cross_entropy(logits, targets), rtol=1e-5, atol=1e-5)
    assert torch.allclose(cross_entropy(logits, probs), F.cross_entropy(logits, probs), rtol=1e-5, atol=1e-5)


def test_extreme_logits_stay_finite():
    logits = torch.tensor([[1e4, 0.0, -1e4], [-1e4, -1e4, -1e4], [1e30, -1e30, 0.0]])
    assert softmax(logits).isfinite().all()
    assert log_softmax(logits).isfinite().all()
    assert cross_entropy(logits[:2], torch.tensor([2, 0])).item() == pytest.approx((2e4 + math.log(3)) / 2)


def test_classes_and_one_hot_rows_agree():
    logits, targets = draw(6, 4), torch.tensor([0, 1, 2, 3, 0, 1])
    assert torch.allclose(cross_entropy(logits, targets), cross_entropy(logits, F.one_hot(targets, 4)))


def test_cross_entropy_has_torchs_gradient():
    ours, theirs, targets = draw(5, 3).requires_grad_(), draw(5, 3).requires_grad_(), torch.tensor([0, 1, 2, 0, 1])
    cross_entropy(ours, targets).backward()
    F.cross_entropy(theirs, targets).backward()
    assert torch.allclose(ours.grad, theirs.grad, atol=1e-6)


@pytest.mark.parametrize(
    ("targets", "words"),
    [
        (torch.zeros(3, dtype=torch.long), r"class numbers \(2,\) or probabilities \(2, 4\), got \(3,\)"),
        (torch.zeros(2), "torch.float32"),
        (torch.zeros(4, 2), r"got \(4, 2\)"),
        (torch.tensor([0, 4]), "from 0 to 3, got 0 to 4"),
        (torch.tensor([-1, 3]), "from 0 to 3, got -1 to 3"),
    ],
)
def test_cross_entropy_refuses_other_targets(targets, words):
    with pytest.raises(ValueError, match=words):
        cross_entropy(torch.zeros(2, 4), targets)


def test_entropy_and_kl_are_torchs():
    p, q = draw(5, 6).softmax(dim=1), draw(5, 6, seed=1).softmax(dim=1)
    assert torch.allclose(entropy(p), torch.distributions.Categorical(probs=p).entropy(), atol=1e-5)
    assert torch.allclose(kl_divergence(p, q), F.kl_div(q.log(), p, reduction="none").sum(dim=1), atol=1e-5)
    assert torch.allclose(kl_divergence(p, p), torch.zeros(5), atol=1e-6)


def test_kl_is_cross_entropy_less_entropy():
    logits, p = draw(4, 5), draw(4, 5, seed=1).softmax(dim=1)
    difference = cross_entropy(logits, p) - entropy(p).mean()
    assert torch.allclose(kl_divergence(p, softmax(logits)).mean(), difference, atol=1e-5)


def test_zero_times_log_zero_is_zero():
    sure, half = torch.tensor([[1.0, 0.0]]), torch.tensor([[0.5, 0.5]])
    assert entropy(sure).item() == 0.0
    assert kl_divergence(sure, half).item() == pytest.approx(math.log(2))
    assert kl_divergence(sure, sure).item() == 0.0
    assert kl_divergence(half, sure).item() == math.inf
