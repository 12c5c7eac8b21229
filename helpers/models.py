"""The networks of the course: an encoder that pretraining teaches and fine-tuning reuses.

An `Autoencoder` is an encoder and a decoder, a `Classifier` is an encoder and a head. Because both
name their first part `encoder`, the tensors of one fit the other.
"""

from __future__ import annotations

from torch import Tensor, nn


class Encoder(nn.Module):
    """Turn an image into a latent vector with three 3x3 convolutions of stride 2.

    The layers are the article's (section 4.3), with BatchNorm after each convolution unless
    `norm=False`.

    Args:
        in_channels: C, 1 for grey images and 3 for colour.
        width: channels after the first convolution; each of the next two doubles them.
        image_size: H and W of the square image in pixels; a multiple of 8.
        norm: normalise each channel over the batch (BatchNorm) before the ReLU.

    Shape:
        images (N, C, H, W) -> latents (N, Z) with Z = 4 * width * (H / 8) * (W / 8)

    Raises:
        ValueError: image_size is not a multiple of 8, or images of another shape than (N, C, H, W).

    Example:
        >>> import torch
        >>> from helpers.models import Encoder
        >>> Encoder()(torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 1024])
    """

    def __init__(self, in_channels: int = 1, width: int = 16, image_size: int = 32, norm: bool = True) -> None:
        super().__init__()
        if image_size % 8:
            raise ValueError(f"image_size must be a multiple of 8, got {image_size}")
        self.image_shape = (in_channels, image_size, image_size)
        self.map_shape = (4 * width, image_size // 8, image_size // 8)  # before flattening
        self.latent_dim = 4 * width * (image_size // 8) ** 2
        self.layers = nn.Sequential(
            *_halve(in_channels, width, norm),  # (N, width, H/2, W/2)
            *_halve(width, 2 * width, norm),  # (N, 2*width, H/4, W/4)
            *_halve(2 * width, 4 * width, norm),  # (N, 4*width, H/8, W/8)
        )

    def forward(self, images: Tensor) -> Tensor:
        if images.shape[1:] != self.image_shape:
            raise ValueError(
                f"images of shape (C, H, W) = {tuple(images.shape[1:])}, and this encoder was built for "
                f"{self.image_shape}: Encoder(in_channels=..., image_size=...) builds another"
            )
        return self.layers(images).flatten(1)  # (N, Z)


class Decoder(nn.Module):
    """Turn a latent vector back into an image with three transposed convolutions.

    The output has no sigmoid: these are *logits*, one a pixel. `torch.sigmoid` makes them
    brightness from 0 to 1; page 05 shows why the loss wants the logits.

    Args:
        encoder: the encoder whose layers are mirrored.
        out_channels: C of the image.

    Shape:
        latents (N, Z) -> logits (N, C, H, W)

    Example:
        >>> import torch
        >>> from helpers.models import Decoder, Encoder
        >>> Decoder(Encoder())(torch.zeros(2, 1024)).shape
        torch.Size([2, 1, 32, 32])
    """

    def __init__(self, encoder: Encoder, out_channels: int = 1) -> None:
        super().__init__()
        channels = encoder.map_shape[0]
        self.layers = nn.Sequential(
            nn.Unflatten(1, encoder.map_shape),
            *_double(channels, channels // 2),
            *_double(channels // 2, channels // 4),
            nn.ConvTranspose2d(channels // 4, out_channels, 3, stride=2, padding=1, output_padding=1),
        )

    def forward(self, latents: Tensor) -> Tensor:
        return self.layers(latents)


class Autoencoder(nn.Module):
    """An encoder, then a decoder: the network that is asked to give its input back.

    Shape:
        images (N, C, H, W) -> logits (N, C, H, W)

    Example:
        >>> import torch
        >>> from helpers.models import Autoencoder, Decoder, Encoder
        >>> encoder = Encoder()
        >>> Autoencoder(encoder, Decoder(encoder))(torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 1, 32, 32])
    """

    def __init__(self, encoder: nn.Module, decoder: nn.Module) -> None:
        super().__init__()
        self.encoder = encoder
        self.decoder = decoder

    def forward(self, images: Tensor) -> Tensor:
        return self.decoder(self.encoder(images))


class Classifier(nn.Module):
    """An encoder, then a linear head: one logit for each of K classes.

    With `classes=1` the single output serves as a regression head.

    Args:
        encoder: any module (N, C, H, W) -> (N, Z); its Z must be known as `encoder.latent_dim`
            or be given.
        classes: K, the number of outputs.
        latent_dim: Z, for encoders that do not tell.

    Shape:
        images (N, C, H, W) -> logits (N, K)

    Example:
        >>> import torch
        >>> from helpers.models import Classifier, Encoder
        >>> Classifier(Encoder(), classes=10)(torch.zeros(2, 1, 32, 32)).shape
        torch.Size([2, 10])
    """

    def __init__(self, encoder: nn.Module, classes: int = 10, latent_dim: int | None = None) -> None:
        super().__init__()
        self.encoder = encoder
        self.head = nn.Linear(latent_dim or encoder.latent_dim, classes)

    def forward(self, images: Tensor) -> Tensor:
        return self.head(self.encoder(images))


def freeze(module: nn.Module) -> nn.Module:
    """Stop gradients for every parameter of `module`, and return it.

    `loops.fit` also keeps frozen parts in `eval()`, so that BatchNorm's statistics stay too.

    Example:
        >>> from helpers.models import Encoder, count_parameters, freeze
        >>> count_parameters(freeze(Encoder()), trainable_only=True)
        0
    """
    return module.requires_grad_(False)


def count_parameters(module: nn.Module, trainable_only: bool = False) -> int:
    """Number of weights in `module`; with `trainable_only`, of those that training moves.

    Example:
        >>> from torch import nn
        >>> from helpers.models import count_parameters
        >>> count_parameters(nn.Conv2d(1, 16, kernel_size=3))  # 16 * 3 * 3 weights + 16 biases
        160
    """
    return sum(p.numel() for p in module.parameters() if p.requires_grad or not trainable_only)


def _halve(c_in: int, c_out: int, norm: bool) -> list[nn.Module]:
    """A convolution that halves height and width; a bias before BatchNorm would be subtracted again."""
    convolution = nn.Conv2d(c_in, c_out, kernel_size=3, stride=2, padding=1, bias=not norm)
    return [convolution, nn.BatchNorm2d(c_out), nn.ReLU()] if norm else [convolution, nn.ReLU()]


def _double(c_in: int, c_out: int) -> list[nn.Module]:
    """A transposed convolution that doubles height and width."""
    convolution = nn.ConvTranspose2d(c_in, c_out, 3, stride=2, padding=1, output_padding=1, bias=False)
    return [convolution, nn.BatchNorm2d(c_out), nn.ReLU()]
