"""What arrives from outside is checked once, where it comes in, and the message says what to do."""

import re

import pytest
import torch
from PIL import Image
from torch import nn

from helpers.checkpoints import load_model, save_model
from helpers.data import LabelledImages
from helpers.data.folder import image_folder
from helpers.losses import denoising_loss, reconstruction_loss
from helpers.models import Encoder

FACTS = {"what": "a line", "trained": "no", "data": "none", "licence": "CC0"}


@pytest.fixture
def photos(tmp_path):
    """Two classes of three photos."""
    for name in ("cats", "dogs"):
        (tmp_path / name).mkdir()
        for i in range(3):
            Image.new("RGB", (40, 40), (40 * i, 80, 200 if name == "cats" else 90)).save(tmp_path / name / f"{i}.png")
    return tmp_path


def test_a_model_is_saved_in_the_course_folder_and_found_there(tmp_path, monkeypatch):
    monkeypatch.setenv("COURSE_FOLDER", str(tmp_path / "own"))
    path = save_model(nn.Linear(2, 1), "runs/line.safetensors", **FACTS)
    assert path == tmp_path / "own" / "runs" / "line.safetensors" and path.is_file()
    assert len(load_model(nn.Linear(2, 1), "runs/line.safetensors").loaded) == 2
    assert len(load_model(nn.Linear(2, 1), path).loaded) == 2


@pytest.mark.parametrize("loss_fn", [reconstruction_loss, denoising_loss(lambda images: images)])
def test_normalised_images_are_no_target_of_a_reconstruction(loss_fn):
    with pytest.raises(ValueError, match="normalise=False"):
        loss_fn(nn.Identity(), [torch.randn(4, 1, 8, 8)])
    assert loss_fn(nn.Identity(), [torch.rand(4, 1, 8, 8)]) > 0


@pytest.mark.parametrize("shape", [(2, 3, 32, 32), (2, 1, 28, 28), (2, 32, 32)])
def test_an_encoder_names_the_images_that_it_was_not_built_for(shape):
    with pytest.raises(ValueError, match=re.escape("built for (1, 32, 32)")):
        Encoder()(torch.zeros(shape))


@pytest.mark.parametrize("images", [torch.zeros(2, 8, 8), torch.zeros(2, 1, 8, 8, dtype=torch.uint8)])
def test_labelled_images_want_floats_of_four_axes(images):
    with pytest.raises(ValueError, match="floats of shape"):
        LabelledImages(images, torch.tensor([0, 1]), ["a", "b"])


def test_labelled_images_take_arrays_and_lists():
    import numpy as np

    assert LabelledImages(np.zeros((2, 1, 8, 8), dtype="float32"), [0, 1], ["a", "b"]).labels.tolist() == [0, 1]


def test_photos_may_stay_from_0_to_1(photos):
    small = {"resize": 32, "crop": 32}
    raw, *_ = image_folder(photos, contract=small, normalise=False)
    normal, *_ = image_folder(photos, contract=small)
    assert all(image.min() >= 0 and image.max() <= 1 for image, _ in raw)
    assert min(image.min() for image, _ in normal) < 0


def test_a_strip_is_refused(photos):
    Image.new("RGB", (3, 4000)).save(photos / "cats" / "strip.png")
    with pytest.raises(ValueError, match="a strip"):
        image_folder(photos)
