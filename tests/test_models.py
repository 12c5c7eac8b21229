"""helpers.models: shapes, names that fit each other, freezing and counting."""

import pytest
import torch
from torch import nn

from helpers.models import Autoencoder, Classifier, Decoder, Encoder, count_parameters, freeze


@pytest.mark.parametrize("norm", [True, False])
@pytest.mark.parametrize(("channels", "width", "size"), [(1, 16, 32), (3, 4, 64), (1, 2, 8), (2, 3, 24)])
def test_shapes(channels, width, size, norm):
    encoder = Encoder(channels, width, size, norm)
    images = torch.zeros(2, channels, size, size)
    latents = encoder(images)
    assert encoder.latent_dim == 4 * width * (size // 8) ** 2
    assert latents.shape == (2, encoder.latent_dim)
    assert Autoencoder(encoder, Decoder(encoder, channels))(images).shape == images.shape
    assert Classifier(encoder, classes=5)(images).shape == (2, 5)


@pytest.mark.parametrize("size", [1, 28, 33])
def test_sizes_that_cannot_be_halved_three_times(size):
    with pytest.raises(ValueError, match=f"multiple of 8, got {size}"):
        Encoder(image_size=size)


@pytest.mark.parametrize("norm", [True, False])
def test_norm_switches_batchnorm(norm):
    encoder = Encoder(norm=norm)
    convolutions = [layer for layer in encoder.layers if isinstance(layer, nn.Conv2d)]
    assert sum(isinstance(layer, nn.BatchNorm2d) for layer in encoder.layers) == (3 if norm else 0)
    assert [layer.out_channels for layer in convolutions] == [16, 32, 64]
    assert all((layer.bias is None) == norm for layer in convolutions)


@pytest.mark.parametrize("norm", [True, False])
def test_encoder_has_three_relus_and_ends_in_one(norm):
    encoder = Encoder(norm=norm)
    assert sum(isinstance(layer, nn.ReLU) for layer in encoder.layers) == 3
    assert encoder(torch.randn(4, 1, 32, 32)).min() == 0


def test_decoder_gives_logits():
    encoder = Encoder()
    torch.manual_seed(0)
    logits = Autoencoder(encoder, Decoder(encoder))(10 * torch.randn(4, 1, 32, 32))
    assert logits.min() < 0 < logits.max()


def test_encoders_of_both_models_fit_each_other():
    encoder = Encoder()
    first = Autoencoder(encoder, Decoder(encoder)).state_dict()
    second = Classifier(Encoder()).state_dict()
    names = {name for name in first if name.startswith("encoder.")}
    assert names == {name for name in second if name.startswith("encoder.")}
    assert all(first[name].shape == second[name].shape for name in names)


def test_any_module_serves_as_encoder():
    assert Classifier(nn.Flatten(), classes=3, latent_dim=12)(torch.zeros(2, 3, 2, 2)).shape == (2, 3)
    with pytest.raises(AttributeError, match="latent_dim"):
        Classifier(nn.Flatten(), classes=3)
    assert Classifier(Encoder()).head.out_features == 10


def test_freeze_returns_the_module_and_stops_gradients():
    encoder = Encoder()
    assert freeze(encoder) is encoder
    model = Classifier(encoder, classes=2)
    model(torch.rand(2, 1, 32, 32)).sum().backward()
    assert all(p.grad is None and not p.requires_grad for p in encoder.parameters())
    assert model.head.weight.grad is not None


def test_count_parameters():
    model = Classifier(Encoder(norm=False), classes=10)
    convolutions = (1 * 16 + 16 * 32 + 32 * 64) * 9 + 16 + 32 + 64
    head = 1024 * 10 + 10
    assert count_parameters(model) == convolutions + head
    freeze(model.encoder)
    assert count_parameters(model) == convolutions + head
    assert count_parameters(model, trainable_only=True) == head
