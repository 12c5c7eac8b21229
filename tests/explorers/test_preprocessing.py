"""The preprocessing explorer of page 09: its untouched state is timm's own transform, and its words say what broke."""

import re
import statistics
import time

import numpy as np
import pytest
import torch
from PIL import Image
from torch import nn

from helpers.backbones import imagenet_backbone, imagenet_labels, imagenet_transform
from helpers.data.images import PHOTOS, photo
from helpers.explorers.preprocessing import prepared, preprocessing_explorer, preprocessing_picture

OTHERS = {
    "photo": "coffee",
    "normalise": "none",
    "scale": "0 to 255",
    "channels": "BGR",
    "size": 64,
    "crop": "squash",
    "interpolation": "nearest",
    "upside_down": True,
}


@pytest.fixture(scope="module")
def photos():
    return {name: photo(name) for name in ("chelsea", "coffee")}


class Mean(nn.Module):
    """Ten logits that depend on all pixels: quick, for tests of the words."""

    def forward(self, images):
        return images.mean(dim=(2, 3)).repeat(1, 4)[:, :10] + images[:, :1, 0, 0]


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


@pytest.mark.parametrize("name", PHOTOS)
def test_untouched_it_is_the_transform_of_timm(name):
    assert torch.allclose(prepared(photo(name)), imagenet_transform()(photo(name)), atol=1e-6)


@pytest.mark.parametrize("size", [64, 224, 448])
@pytest.mark.parametrize("crop", ["centre", "squash"])
def test_each_size_and_crop_has_its_shape(photos, size, crop):
    assert prepared(photos["chelsea"], size=size, crop=crop).shape == (3, size, size)


def test_squashed_is_the_mistake_of_the_page(photos):
    for image in photos.values():
        square = image.resize((256, 256), Image.Resampling.BICUBIC)
        middle = torch.from_numpy(np.array(square.crop((16, 16, 240, 240)))).permute(2, 0, 1) / 255
        assert torch.equal(prepared(image, crop="squash"), (middle - 0.5) / 0.5)


@pytest.mark.parametrize("mode", ["L", "RGBA", "LA", "CMYK", "P"])
def test_a_photo_of_another_mode_is_made_rgb(photos, mode):
    other = photos["chelsea"].convert(mode)
    assert torch.equal(prepared(other), prepared(other.convert("RGB")))


def test_terms_do_what_they_say(photos):
    image = prepared(photos["chelsea"])
    assert torch.equal(prepared(photos["chelsea"], upside_down=True), image.flip(1))
    assert torch.equal(prepared(photos["chelsea"], channels="BGR"), image.flip(0))
    assert torch.allclose(prepared(photos["chelsea"], normalise="none"), 0.5 * image + 0.5, atol=1e-6)
    assert torch.allclose(prepared(photos["chelsea"], scale="0 to 255"), 255 * (image + 1) - 1, atol=1e-3)


def test_the_words_of_the_real_model(photos):
    model, labels = imagenet_backbone(), imagenet_labels()
    told = preprocessing_picture(model, labels, photos, "coffee").description
    assert "terms broken: none" in told and "answers: espresso" in told and "224 x 224" in told
    told = preprocessing_picture(model, labels, photos, "coffee", scale="0 to 255").description
    assert "terms broken: pixels from 0 to 255" in told and "answers: espresso" not in told


def test_every_control_has_a_name_and_changes_picture_and_words(photos):
    box = preprocessing_explorer(Mean(), [f"class {i}" for i in range(10)], photos)
    for name, value in OTHERS.items():
        assert box.controls[name].description
        before = words(box)
        box.controls[name].value = value
        assert words(box) != before
    assert "BGR" in words(box) and "upside down" in words(box) and "size 64" in words(box)


def test_an_update_is_quick(photos):
    box, times = preprocessing_explorer(imagenet_backbone(), imagenet_labels(), photos), []
    for i in range(11):
        start = time.process_time()
        box.controls["photo"].value = ("coffee", "chelsea")[i % 2]
        times.append(time.process_time() - start)
    print(f"preprocessing: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.3  # about 100 ms on a quiet core: the forward pass takes a third
