"""helpers.backbones: the file, the load and the transform, against known numbers, timm and the page."""

import hashlib

import pytest
import timm
import torch

from helpers import backbones
from helpers.backbones import (
    SHA256,
    checked,
    imagenet_architecture,
    imagenet_backbone,
    imagenet_labels,
    imagenet_transform,
    weights_file,
)
from helpers.data.images import photo

CAT = {"tiger cat": 9.2356, "Egyptian cat": 9.1381, "tabby": 8.3953}  # of efficientnet-lite-pytorch 0.1.0


@pytest.fixture(scope="module")
def model():
    return imagenet_backbone()


@torch.no_grad()
def logits_of(network, name):
    return network(imagenet_transform()(photo(name))[None])[0]


def test_each_tensor_of_the_file_is_at_its_place(model):
    saved = torch.load(weights_file(), weights_only=True)
    assert len(saved) == len(model.state_dict()) == 296
    for ours, theirs in zip(model.state_dict().values(), saved.values(), strict=True):
        assert torch.equal(ours, theirs)


def test_the_logits_of_the_cat_are_those_of_the_authors_own_code(model):
    logits = logits_of(model, "chelsea")
    for name, value in CAT.items():
        assert logits[imagenet_labels().index(name)].item() == pytest.approx(value, abs=0.01)


def test_the_wrong_sibling_is_noticed(model):
    sibling = timm.create_model("efficientnet_lite0", pretrained=False)
    sibling.load_state_dict(dict(zip(sibling.state_dict(), model.state_dict().values(), strict=True)))
    logits = logits_of(sibling.eval(), "chelsea")
    assert max(abs(logits[imagenet_labels().index(name)].item() - value) for name, value in CAT.items()) > 0.1


@pytest.mark.parametrize(("name", "told"), [("coffee", "espresso"), ("camera", "tripod"), ("china", "palace")])
def test_known_photos_have_their_names(model, name, told):
    assert imagenet_labels()[logits_of(model, name).argmax()] == told


def test_heads(model):
    images = torch.zeros(2, 3, 64, 64)
    assert not model.training
    assert model(images).shape == (2, 1000)
    assert imagenet_backbone(classes=0)(images).shape == (2, 1280)
    assert imagenet_backbone(classes=6)(images).shape == (2, 6)


def test_the_architecture_has_random_weights_of_the_same_shapes(model):
    fresh = imagenet_architecture()
    assert [t.shape for t in fresh.state_dict().values()] == [t.shape for t in model.state_dict().values()]
    assert not torch.equal(fresh.conv_stem.weight, model.conv_stem.weight)


def test_labels_and_transform():
    assert len(set(imagenet_labels())) == 1000 and imagenet_labels()[281] == "tabby"
    image = imagenet_transform()(photo("moon"))
    assert image.shape == (3, 224, 224) and image.min() >= -1 and image.max() <= 1


def test_another_file_is_an_error(tmp_path):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"another file")
    with pytest.raises(ValueError, match="Install it again"):
        checked(path)
    assert checked(path, hashlib.sha256(b"another file").hexdigest()[:16]) == path


def test_an_exchanged_file_is_not_loaded(tmp_path, monkeypatch):
    path = tmp_path / "weights.pth"
    path.write_bytes(b"another file")
    monkeypatch.setattr(backbones, "weights_file", lambda: path)
    with pytest.raises(ValueError, match=SHA256):
        imagenet_backbone()
