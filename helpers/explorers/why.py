"""Page 19: why so? Choose picture, method, class, weights and effort; see a stored map, and where it lies."""

from __future__ import annotations

import base64
import functools
import json

import numpy as np
import torch
from ipywidgets import Dropdown, VBox
from PIL import Image

from helpers.checkpoints import SHIPPED
from helpers.data.images import photo
from helpers.explorers.base import Scene, live, new_scene, with_slider
from helpers.picture import plain_style
from helpers.plots import INK

PICTURES = {  # name here -> name in the stored file
    "cat": "chelsea",
    "coffee": "coffee",
    "marked digit, cheat": "digit, cheat model",
    "marked digit, twin": "digit, honest model",
}
METHODS = ("occlusion", "gradient", "SmoothGrad", "integrated gradients", "Grad-CAM")
METHODS += ("guided backpropagation", "edges, no model")
ASKED = ("first answer", "second answer", "a class far off")
WEIGHTS = {"trained": "trained", "last layer redrawn": "last layer redrawn", "all layers redrawn": "all redrawn"}
EFFORTS = ("few", "many")
WORK = {  # what few and many mean for a method
    "occlusion": ("cells", "{0} x {0} squares covered"),
    "SmoothGrad": ("smooth", "{0} noisy copies"),
    "integrated gradients": ("steps", "{0} steps"),
}
REGIONS = {  # our choice: rows and columns of the stored maps, from and up to
    "cat": ("eyes and nose", ((7, 14, 4, 13), (9, 16, 21, 27), (21, 27, 14, 22))),
    "coffee": ("the cup", ((0, 21, 3, 23),)),
    "marked digit, cheat": ("the mark", ((1, 4, 1, 4),)),
    "marked digit, twin": ("the mark", ((1, 4, 1, 4),)),
}
PARTS = ("upper", "middle", "lower"), ("left", "middle", "right")


def where_it_lies(strength: torch.Tensor, picture: str) -> tuple[float, float, str]:
    """Of a map (side, side): the share within the picture's region, the region's share of the area, and the centre.

    The centre is the mean place, weighted by strength, told as one of nine parts.

    Raises:
        ValueError: there is no picture of that name.

    Example:
        >>> import torch
        >>> from helpers.explorers.why import where_it_lies
        >>> strength = torch.zeros(32, 32)
        >>> strength[2, 2] = 1
        >>> where_it_lies(strength, "marked digit, cheat")
        (1.0, 0.0087890625, 'upper left')
    """
    if picture not in PICTURES:
        raise ValueError(f"no picture {picture!r}; there are {', '.join(PICTURES)}")
    side = len(strength)
    inside = torch.zeros(side, side, dtype=torch.bool)
    for top, bottom, left, right in REGIONS[picture][1]:
        inside[top:bottom, left:right] = True
    total = strength.sum().clamp(min=1e-12)
    middles = torch.arange(side) + 0.5
    places = [(strength.sum(dim=1 - axis) @ middles / total / side).item() for axis in (0, 1)]
    names = [part[min(2, int(3 * place))] for part, place in zip(PARTS, places, strict=True)]
    told = "middle" if names == ["middle", "middle"] else " ".join(names)
    return (strength[inside].sum() / total).item(), inside.double().mean().item(), told


@plain_style
def why_picture(
    picture: str = "cat",
    method: str = "gradient",
    asked: str = "first answer",
    weights: str = "trained",
    effort: str = "many",
) -> Scene:
    """Page 19: a picture, and a stored map of why the model would name it so.

    Args:
        picture: one of PICTURES.
        method: one of METHODS.
        asked: one of ASKED, the class whose logit the map explains.
        weights: one of WEIGHTS.
        effort: "few" or "many" covered squares, noisy copies or steps; other methods know no such choice.

    Raises:
        ValueError: an option that is not among these.
    """
    for value, options in ((picture, PICTURES), (method, METHODS), (asked, ASKED), (weights, WEIGHTS)):
        if value not in options:
            raise ValueError(f"no {value!r}; there are {', '.join(options)}")
    if effort not in EFFORTS:
        raise ValueError(f"effort must be few or many, got {effort!r}")
    strength, answer = _stored_map(picture, method, asked, weights, effort), _answer(picture, asked)
    scene = new_scene(5.6, 2.9, _tell(picture, method, asked, weights, effort, strength))
    for left, title in ((0.02, f"{picture}: why {answer}?"), (0.52, method)):
        axes = scene.add_axes((left, 0.03, 0.46, 0.85))
        axes.set_axis_off()
        scene.text(left, 0.92, title, fontsize=9, color=INK)
        if left < 0.5:
            axes.imshow(_pixels(picture), cmap="gray", vmin=0, vmax=255, aspect="equal")
        else:
            top = strength.flatten().quantile(0.99).clamp(min=1e-6).item()
            axes.imshow(strength.numpy(), cmap="gray", vmin=0, vmax=top, interpolation="nearest")
    return scene


def why_explorer() -> VBox:
    """Page 19: choose picture, method, class, weights and effort; see `why_picture`."""
    options = {"picture": PICTURES, "method": METHODS, "asked": ASKED, "weights": WEIGHTS, "effort": EFFORTS}
    names = {"asked": "class asked for", "effort": "copies, steps or squares"}
    controls = {
        name: Dropdown(options=list(values), description=names.get(name, name), layout={"width": "330px"})
        for name, values in options.items()
    }
    rows = [
        with_slider(control) for control in controls.values()
    ]  # in JupyterLab, letters typed in a list are commands
    controls["method"].value = "gradient"
    return live(why_picture, controls, rows)


def _tell(picture: str, method: str, asked: str, weights: str, effort: str, strength: torch.Tensor) -> str:
    """What the picture shows, in words."""
    share, area, centre = where_it_lies(strength, picture)
    if method in WORK:
        stored_as, words = WORK[method]
        work = f", {effort}: {words.format(_stored()['facts'][stored_as][effort])}"
    else:
        work = f" ({effort} makes no difference to this method)"
    words = f"{picture}, weights {weights}, {asked} ({_answer(picture, asked)}): {method}{work}. "
    if strength.max() == 0:
        return words + "The map is empty: the relu cut all of it off."
    region = REGIONS[picture][0]
    words += (
        f"The map's centre is {centre}. {100 * share:.0f} % of its strength lies on {region}, which "
        f"take{'' if 'and' in region else 's'} {100 * area:.0f} % of the area. "
    )
    if method == METHODS[-1]:
        return words + "No model was asked, so neither weights nor class can change it."
    if (asked, weights) == (ASKED[0], "trained"):
        return words + "Compare: redraw the weights, or ask for another class."
    trained = _stored_map(picture, method, ASKED[0], "trained", effort)
    if trained.max() == 0:
        return words + "The trained model's map for its first answer is empty, so there is nothing to compare."
    ink = _ink(picture, strength)
    over = "" if ink.all() else " over the ink"
    return (
        words + f"Rank correlation{over} with the trained model's map for its first answer: "
        f"{_alike(strength[ink], trained[ink]):.2f}."
    )


def _ink(picture: str, strength: torch.Tensor) -> torch.Tensor:
    """Which places of a map count when two are compared: those with ink in a digit, all in a photo."""
    if "image" not in _stored()["pictures"][PICTURES[picture]]:
        return torch.ones_like(strength, dtype=torch.bool)
    return torch.from_numpy(_pixels(picture).copy()) > 0  # elsewhere, maps times the image are 0 both times


@functools.cache
def _stored() -> dict:
    return json.loads((SHIPPED / "worth_of_maps.json").read_text(encoding="utf-8"))


def _answer(picture: str, asked: str) -> str:
    return _stored()["pictures"][PICTURES[picture]]["answers"][asked]


def _unpacked(text: str, side: int) -> np.ndarray:
    return np.frombuffer(base64.b64decode(text), dtype=np.uint8).reshape(side, side)


@functools.lru_cache(maxsize=512)
def _stored_map(picture: str, method: str, asked: str, weights: str, effort: str) -> torch.Tensor:
    """(side, side), from 0 to 255."""
    name = f"{method} {effort}" if method in WORK else method
    if method == METHODS[-1]:
        asked, weights = ASKED[0], "trained"  # kept once
    key = "|".join((PICTURES[picture], WEIGHTS[weights], asked, name))
    side = _stored()["pictures"][PICTURES[picture]]["side"]
    return torch.from_numpy(_unpacked(_stored()["maps"][key], side).copy()).float()


@functools.cache
def _pixels(picture: str) -> np.ndarray:
    """The picture as bytes: what the model saw, and a photo at half the size."""
    own = _stored()["pictures"][PICTURES[picture]]
    if "image" in own:
        return _unpacked(own["image"], own["side"])
    image = photo(PICTURES[picture])
    width, height = (int(256 * side / min(image.size)) for side in image.size)
    left, top = round((width - 224) / 2), round((height - 224) / 2)
    image = image.resize((width, height), Image.Resampling.BICUBIC).crop((left, top, left + 224, top + 224))
    return np.array(image.resize((112, 112), Image.Resampling.BICUBIC))


def _alike(first: torch.Tensor, second: torch.Tensor) -> float:
    """The rank correlation; equal strengths share a place."""
    from scipy.stats import spearmanr

    if first.min() == first.max() or second.min() == second.max():
        return 0.0  # a map without a difference has no order
    return float(spearmanr(first.flatten().numpy(), second.flatten().numpy()).statistic)
