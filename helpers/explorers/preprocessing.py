"""Page 09: break one term of the preprocessing contract, see the photo as the model sees it, and what it answers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from ipywidgets import Checkbox, Dropdown, HBox, VBox
from PIL import Image
from torch import Tensor, nn

from helpers.explorers.base import BLUE, Scene, few_ticks, live, new_scene, with_slider
from helpers.picture import name_axes, plain_style
from helpers.plots import INK

NORMALISE = {  # name -> mean and deviation of the three channels
    "0.5 and 0.5": ((0.5, 0.5, 0.5), (0.5, 0.5, 0.5)),
    "the article's": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "none": ((0.0, 0.0, 0.0), (1.0, 1.0, 1.0)),
}
SCALES = {"0 to 1": 255, "0 to 255": 1}  # name -> what the bytes are divided by
CHANNELS = ("RGB", "BGR")
SIZES = (64, 112, 160, 224, 320, 448)
CROPS = ("centre", "squash")
FILTERS = {
    "bicubic": Image.Resampling.BICUBIC,
    "bilinear": Image.Resampling.BILINEAR,
    "nearest": Image.Resampling.NEAREST,
}


def prepared(
    photo: Image.Image,
    normalise: str = "0.5 and 0.5",
    scale: str = "0 to 1",
    channels: str = "RGB",
    size: int = 224,
    crop: str = "centre",
    interpolation: str = "bicubic",
    upside_down: bool = False,
) -> Tensor:
    """A photo -> (3, size, size); as it stands, what EfficientNet-Lite0 wants.

    Args:
        photo: made RGB first, as `helpers.data.images.photo` does.
        normalise: one of NORMALISE.
        scale: one of SCALES, before the mean comes off.
        crop: "centre" makes the shorter side 8/7 of the size, "squash" makes both sides so; both cut the middle out.
    """
    shape = (min(photo.size),) * 2 if crop == "squash" else photo.size
    width, height = (int(size * 8 / 7 * side / min(shape)) for side in shape)
    left, top = round((width - size) / 2), round((height - size) / 2)
    photo = photo.convert("RGB").resize((width, height), FILTERS[interpolation])
    photo = photo.crop((left, top, left + size, top + size))
    pixels = torch.from_numpy(np.array(photo)).permute(2, 0, 1) / SCALES[scale]
    pixels = pixels.flip(0) if channels == "BGR" else pixels
    pixels = pixels.flip(1) if upside_down else pixels
    mean, deviation = (torch.tensor(numbers).view(3, 1, 1) for numbers in NORMALISE[normalise])
    return (pixels - mean) / deviation


@plain_style
def preprocessing_picture(
    model: nn.Module, labels: Sequence[str], photos: Mapping[str, Image.Image], photo: str, **terms: object
) -> Scene:
    """Page 09: a photo as the model sees it, and its five likeliest answers.

    Args:
        model: images (1, 3, H, W), normalised with 0.5 and 0.5 -> logits (1, K), in `eval()` mode.
        labels: K names.
        photos: name -> photo; made RGB.
        photo: which of them.
        terms: those of `prepared` that are not kept.
    """
    image = prepared(photos[photo], **terms)
    with torch.no_grad():
        probs, best = model(image[None]).softmax(dim=1)[0].topk(5)
    answers = [(labels[i], 100 * p) for p, i in zip(probs.tolist(), best.tolist(), strict=True)]
    told = ", ".join(f"{name} {percent:.0f} %" for name, percent in answers)
    broken = ", ".join(_broken(terms)) or "none"
    words = (
        f"{photo}, terms broken: {broken}. The model gets {image.shape[1]} x {image.shape[2]} pixels "
        f"from {image.min():.2f} to {image.max():.2f}, and answers: {told}."
    )
    picture = new_scene(7.2, 2.9, words)
    seen = picture.add_axes((0.01, 0.03, 0.38, 0.87))
    seen.imshow((0.5 * image + 0.5).clamp(0, 1).permute(1, 2, 0).numpy(), interpolation="nearest")
    seen.set_axis_off()
    seen.set_title("as the model sees it", fontsize=9, color=INK)
    bars = picture.add_axes((0.62, 0.2, 0.35, 0.7))
    bars.barh(range(5), [percent for _, percent in answers], color=BLUE, height=0.62)
    bars.set_xlim(0, 100)
    bars.invert_yaxis()
    few_ticks(bars, (0, 50, 100), range(5), y_names=[f"{name[:22]} {percent:.0f} %" for name, percent in answers])
    name_axes(bars, "probability (%)", "")
    return picture


def preprocessing_explorer(model: nn.Module, labels: Sequence[str], photos: Mapping[str, Image.Image]) -> VBox:
    """Page 09: choose a photo and break the terms of the contract; see `preprocessing_picture`."""
    controls = {
        "photo": Dropdown(options=list(photos), description="photo"),
        "normalise": Dropdown(options=list(NORMALISE), description="mean and deviation"),
        "scale": Dropdown(options=list(SCALES), description="pixels from"),
        "channels": Dropdown(options=CHANNELS, description="channels"),
        "size": Dropdown(options=SIZES, value=224, description="size (pixels)"),
        "crop": Dropdown(options=CROPS, description="crop"),
        "interpolation": Dropdown(options=list(FILTERS), description="interpolation"),
        "upside_down": Checkbox(False, description="upside down", indent=False),
    }
    for control in controls.values():
        control.layout.width = "220px"
    *lists, upside_down = controls.values()
    fields = [*map(with_slider, lists), upside_down]  # JupyterLab takes the keys of a list for its own shortcuts
    rows = [HBox(fields[i : i + 2]) for i in range(0, len(fields), 2)]
    return live(lambda **state: preprocessing_picture(model, labels, photos, **state), controls, rows)


def _broken(terms: Mapping[str, object]) -> list[str]:
    """The terms that are not those of the model's own contract, in words."""
    kept = {"normalise": "0.5 and 0.5", "scale": "0 to 1", "channels": "RGB", "size": 224, "crop": "centre"}
    kept |= {"interpolation": "bicubic", "upside_down": False}
    names = {"normalise": "mean and deviation ", "scale": "pixels from ", "size": "size "}
    return [
        "upside down" if name == "upside_down" else f"{names.get(name, '')}{value}"
        for name, value in terms.items()
        if value != kept[name]
    ]
