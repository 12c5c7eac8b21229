"""helpers.finetune: equally many steps for few and for many, each image changed anew."""

import copy

import pytest
import torch

from helpers.data import LabelledImages
from helpers.finetune import finetune
from helpers.models import Classifier, Encoder, freeze


def labelled(count):
    generator = torch.Generator().manual_seed(0)
    return LabelledImages(torch.rand(count, 1, 16, 16, generator=generator), torch.arange(count) % 2, ["a", "b"])


def small():
    torch.manual_seed(0)
    return Classifier(Encoder(width=2, image_size=16), classes=2)


@pytest.mark.parametrize("count", [2, 7, 200])
def test_each_budget_gets_equally_many_steps_of_fifty(count):
    seen = []

    def look(images):
        seen.append(len(images))
        return images

    finetune(small(), labelled(count), steps=6, augment=look)
    assert seen == [50] * 6


def test_it_trains_the_model_that_it_was_given_and_learns():
    model = small()
    assert finetune(model, labelled(4), steps=60, lr=1e-2, augment=None) is model
    with torch.no_grad():
        assert (model(labelled(4).images).argmax(dim=1) == labelled(4).labels).all()


def test_what_is_frozen_stays():
    model = small()
    freeze(model.encoder)
    before = copy.deepcopy(model.encoder.state_dict())
    finetune(model, labelled(4), steps=3)
    assert all(torch.equal(before[name], tensor) for name, tensor in model.encoder.state_dict().items())


def test_the_same_seeds_end_at_the_same_weights():
    ends = []
    for seed in (0, 0, 1):
        model = small()
        torch.manual_seed(5)
        finetune(model, labelled(9), steps=4, seed=seed)
        ends.append(model.head.weight.detach())
    assert torch.equal(ends[0], ends[1]) and not torch.equal(ends[0], ends[2])
