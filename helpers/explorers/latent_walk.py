"""Page 05: a walk through the latents, and a reconstruction under noise."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from ipywidgets import BoundedFloatText, Dropdown, HBox, VBox
from torch import Tensor, nn

from helpers.data import LabelledImages
from helpers.explorers.base import Scene, image_row, live, new_scene, with_slider
from helpers.picture import plain_style


@torch.no_grad()
@plain_style
def latent_walk_picture(
    autoencoder: nn.Module,
    first: Tensor,
    second: Tensor,
    share: float = 0.5,
    noise: float = 0.3,
    names: tuple[str, str] = ("first", "second"),
) -> Scene:
    """Page 05: between the latents of two images, decoded; and a noisy first image, reconstructed.

    Args:
        autoencoder: with `encoder` and `decoder`, in `eval()` mode.
        first, second: (1, H, W) from 0 to 1.
        share: 0 is the first image, 1 the second.
        noise: standard deviation of what is added to the first image, before all is cut to 0 to 1.
    """
    z = autoencoder.encoder(torch.stack([first, second]))
    between = autoencoder.decoder(torch.lerp(z[:1], z[1:], share)).sigmoid()[0]
    draw = torch.randn(first.shape, generator=torch.Generator().manual_seed(0))
    noisy = (first + noise * draw).clamp(0, 1)
    restored = autoencoder(noisy[None]).sigmoid()[0]
    error, before = F.mse_loss(restored, first).item(), F.mse_loss(noisy, first).item()
    words = (
        f"{100 * share:.0f} % of the way from the latents of {names[0]} to those of {names[1]}, decoded. "
        f"With noise of {noise:.2f} added and all cut to 0 to 1, the noisy image is off by {before:.4f} "
        f"(mean squared error) and its reconstruction by {error:.4f}."
    )
    picture = new_scene(7.2, 1.7, words)
    shown = [first, between, second, noisy, restored]
    titles = [names[0], f"{100 * share:.0f} % on the way", names[1], f"{names[0]} + noise", "reconstructed"]
    image_row(picture, torch.stack(shown), titles, height=1.3)
    return picture


def latent_walk_explorer(autoencoder: nn.Module, dataset: LabelledImages) -> VBox:
    """Page 05: walk between the latents of two digits, and reconstruct under noise; see `latent_walk_picture`."""
    one_each = [dataset.images[dataset.labels == label][0] for label in range(len(dataset.classes))]
    controls = {
        "first": Dropdown(options=range(len(one_each)), value=3, description="first digit"),
        "second": Dropdown(options=range(len(one_each)), value=8, description="second digit"),
        "share": BoundedFloatText(0.5, min=0, max=1, step=0.05, description="share"),
        "noise": BoundedFloatText(0.3, min=0, max=1, step=0.05, description="noise"),
    }

    def render(first: int, second: int, share: float, noise: float) -> Scene:
        names = dataset.classes[first], dataset.classes[second]
        return latent_walk_picture(autoencoder, one_each[first], one_each[second], share, noise, names)

    digits = HBox([controls["first"], controls["second"]])
    return live(render, controls, [digits, with_slider(controls["share"]), with_slider(controls["noise"])])
