"""The explorer of page 17: its matrix and its loss are those of torch."""

import re
import statistics
import time

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from helpers.data.augment import change_stroke, warp
from helpers.explorers.two_views import losses_of, two_views, two_views_explorer, two_views_picture
from helpers.models import Encoder

NAMES = "69012457"
IMAGES = torch.rand(8, 1, 32, 32, generator=torch.Generator().manual_seed(0))
OTHERS = {"turn": 180, "shift": 0.5, "temperature": 2.0, "seed": 7}


def network():
    with torch.random.fork_rng():
        torch.manual_seed(0)
        return nn.Sequential(Encoder(), nn.Linear(1024, 16), nn.BatchNorm1d(16))


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def test_a_turn_of_0_and_a_seed_make_the_views_of_the_course():
    first, second = two_views(IMAGES, turn=15, shift=0.1, seed=3)
    generator = torch.Generator().manual_seed(3)
    expected = [change_stroke(warp(IMAGES, generator=generator), generator) for _ in range(2)]
    assert torch.equal(first, expected[0]) and torch.equal(second, expected[1])
    assert not torch.equal(first, second) and not torch.equal(first, two_views(IMAGES, seed=4)[0])


@pytest.mark.parametrize("temperature", [0.05, 0.2, 2.0])
def test_the_loss_is_that_of_a_count_by_hand(temperature):
    cosines = torch.rand(5, 5, generator=torch.Generator().manual_seed(1)) * 2 - 1
    powers = (cosines / temperature).exp()
    assert torch.allclose(losses_of(cosines, temperature), -(powers.diagonal() / powers.sum(dim=1)).log(), atol=1e-4)


@pytest.mark.parametrize("turn", [0, 180])
@pytest.mark.parametrize("temperature", [0.05, 2.0])
def test_words_agree_with_torch_at_every_extreme(turn, temperature):
    model = network().eval()
    told = two_views_picture(model, IMAGES, NAMES, turn, 0.6, temperature, seed=5).description
    with torch.no_grad():
        a, b = (F.normalize(model(views), dim=1) for views in two_views(IMAGES, turn, 0.6, 5))
    cosines = F.cosine_similarity(a[:, None], b[None], dim=2)
    right = (cosines.argmax(dim=1) == torch.arange(8)).sum().item()
    loss = F.cross_entropy(cosines / temperature, torch.arange(8)).item()
    assert f"For {right} of 8 first views" in told and "nan" not in told
    shown = float(re.search(r"the mean loss is ([\d.]+)", told).group(1))
    assert shown == pytest.approx(loss, abs=0.006)


def test_the_model_is_left_as_it_was():
    model = network().train()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    two_views_picture(model, IMAGES, NAMES)
    assert model.training
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = two_views_explorer(network(), IMAGES, NAMES)
    for name, value in OTHERS.items():
        assert box.controls[name].description
        before = words(box), box.picture.value
        box.controls[name].value = value
        assert words(box) != before[0] and box.picture.value != before[1]


def test_an_update_is_quick():
    box, times = two_views_explorer(network(), IMAGES, NAMES), []
    for i in range(11):
        start = time.process_time()
        box.controls["temperature"].value = (0.1, 0.3)[i % 2]
        times.append(time.process_time() - start)
    print(f"two views: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 50 ms on a quiet core
