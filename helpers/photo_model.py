"""A classifier of your photos: a stranger's backbone and a head of your own, kept in a folder with all it needs.

The folder holds `model.safetensors` (the weights), `config.json` (class names, the preprocessing contract, when to
answer "none of these", facts) and `README.md` (its card): the layout that hubs of models use. Built on page 10.
"""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from pathlib import Path

import torch
from torch import Tensor, nn

from helpers.backbones import imagenet_architecture, imagenet_backbone
from helpers.checkpoints import CheckpointError, load_model, replacing, save_model
from helpers.data.photo_file import open_rgb, preprocessing
from helpers.runtime import writable_folder

WEIGHTS, CONFIG, CARD = "model.safetensors", "config.json", "README.md"
LATENTS = 1280  # numbers that the backbone returns for a photo
NONE = "none of these"


def photo_model(classes: int, pretrained: bool = True) -> nn.Sequential:
    """ImageNet's backbone (`model.backbone`) and a linear head (`model.head`) for so many classes, in `eval()` mode.

    Args:
        pretrained: without it random weights, to be filled from a file.

    Shape:
        photos (N, 3, S, S) -> logits (N, classes)
    """
    backbone = imagenet_backbone(classes=0) if pretrained else imagenet_architecture()
    if not pretrained:
        backbone.reset_classifier(0)
    return nn.Sequential(OrderedDict(backbone=backbone, head=nn.Linear(LATENTS, classes))).eval()


def both_ways(model: nn.Module, images: Tensor) -> Tensor:
    """Mean of what the model says of each image and of its mirror image: (N, C, H, W) -> (N, K)."""
    return (model(images) + model(images.flip(-1))) / 2


def save_photo_model(
    folder: str | Path,
    model: nn.Module,
    *,
    classes: list[str],
    contract: dict,
    temperature: float,
    unsure_below: float,
    facts: dict[str, str],
    card: str,
) -> Path:
    """Write weights, config and card into `folder`, each whole or not at all; return the folder.

    Args:
        classes: names, in the order of the logits.
        contract: what the model wants of a photo, see `photo_file.preprocessing`.
        temperature: what the logits are divided by before the softmax (page 07).
        unsure_below: a confidence below it is answered by "none of these".
        facts: "what", "trained", "data" and "licence", and what else a reader should know.
        card: the text of README.md.

    Raises:
        OSError: the folder cannot be written, or the disk is full.
    """
    folder = writable_folder() / Path(folder).expanduser()
    told = {name: facts[name] for name in ("what", "trained", "data", "licence")}
    weights = save_model(model, folder / WEIGHTS, **told)
    config = {
        "architecture": "tf_efficientnet_lite0",
        "classes": list(classes),
        "contract": dict(contract),
        "temperature": temperature,
        "unsure_below": unsure_below,
        "sha256": hashlib.sha256(weights.read_bytes()).hexdigest(),
        "facts": facts,
    }
    for name, text in ((CARD, card), (CONFIG, json.dumps(config, indent=2, ensure_ascii=False))):
        with replacing(folder / name) as temporary:
            temporary.write_text(text, encoding="utf-8")
    return folder


def load_photo_model(folder: str | Path) -> tuple[nn.Module, dict]:
    """The model of a folder, ready to answer, and its config.

    Raises:
        FileNotFoundError: no such folder, or one of its files is missing.
        CheckpointError: a config that lacks a term, or weights that are not those of the config.
    """
    folder = writable_folder() / Path(folder).expanduser()
    if not (folder / CONFIG).is_file():
        raise FileNotFoundError(f"{folder}: no model there ({CONFIG} is missing). Give the folder that train.py wrote")
    try:
        config = json.loads((folder / CONFIG).read_text(encoding="utf-8"))
        classes, sha256 = config["classes"], config["sha256"]
        temperature, unsure_below = float(config["temperature"]), float(config["unsure_below"])
        preprocessing(config["contract"])
    except (ValueError, KeyError, TypeError) as error:
        raise CheckpointError(f"{folder / CONFIG}: not a whole config ({error!r}). Save the model again") from error
    if not (len(classes) > 1 and all(isinstance(name, str) for name in classes) and temperature > 0):
        raise CheckpointError(f"{folder / CONFIG}: needs two class names or more, and a temperature above 0")
    weights = folder / WEIGHTS
    if weights.is_file() and hashlib.sha256(weights.read_bytes()).hexdigest() != sha256:
        raise CheckpointError(
            f"{weights}: not the weights that {CONFIG} tells of: their SHA-256 differs. Copy both again"
        )
    model = photo_model(len(classes), pretrained=False)
    load_model(model, weights)
    return model.eval(), {**config, "temperature": temperature, "unsure_below": unsure_below}


@torch.no_grad()
def classify(model: nn.Module, config: dict, photo: str | Path) -> tuple[str, float, dict[str, float]]:
    """The name for a photo, the confidence in it, and the confidence in each class.

    The name is "none of these" where the largest confidence is below `config["unsure_below"]`.

    Raises:
        OSError, ValueError: the file is no image that can be used.
    """
    contract = config["contract"]
    image = preprocessing(contract)(open_rgb(photo, at_least=contract["resize"]))
    probs = (both_ways(model, image[None])[0] / config["temperature"]).softmax(dim=0)
    each = dict(zip(config["classes"], probs.tolist(), strict=True))
    best = max(each, key=each.get)
    return (best if each[best] >= config["unsure_below"] else NONE), each[best], each
