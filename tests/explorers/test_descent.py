"""The descent explorer of page 02: its path is PyTorch's, and its words say what happened."""

import re
import statistics
import time

import pytest
import torch

from helpers.explorers import descent
from helpers.explorers.descent import descent_explorer, descent_picture


@pytest.mark.parametrize(("lr", "momentum"), [(0.05, 0.0), (0.02, 0.9), (0.19, 0.5)])
def test_the_path_is_that_of_torch(lr, momentum):
    weights = torch.tensor([1.7, 0.7], dtype=torch.float64, requires_grad=True)
    optimizer = torch.optim.SGD([weights], lr=lr, momentum=momentum)
    path = descent.descend(lr, momentum, (1.7, 0.7), steps=20)
    for step in range(20):
        optimizer.zero_grad()
        descent.loss_at(*weights).backward()
        optimizer.step()
        assert path[step + 1] == pytest.approx(weights.tolist(), abs=1e-9)


def test_the_valleys_and_the_ridge_are_where_the_slope_is_0_and_the_left_one_is_deeper():
    for w1 in (descent.DEEP, descent.RIDGE, descent.SHALLOW):
        assert descent.gradient_at(w1, 0.0) == pytest.approx((0, 0), abs=1e-3)
    assert descent.loss_at(descent.DEEP, 0.0) == pytest.approx(0, abs=1e-6)
    assert descent.loss_at(descent.SHALLOW, 0.0) < descent.loss_at(descent.RIDGE, 0.0)


@pytest.mark.parametrize(
    ("state", "told"),
    [
        ({}, "rests in the right, shallower valley"),
        ({"start_1": -1.5}, "rests in the left, deeper valley"),
        ({"lr": 0.005}, "still on its way"),
        ({"lr": 0.19}, "still swings"),
        ({"lr": 0.22}, "flies away: at step"),
        ({"lr": 0.5, "momentum": 0.99, "start_1": -2.0, "start_2": 1.0}, "flies away"),
        ({"lr": 0.0}, "did not move"),
        ({"start_1": descent.RIDGE, "start_2": 0.01}, "on the ridge"),
        ({"momentum": 0.9}, "the ridge between the valleys once"),
    ],
)
def test_words_say_what_happened(state, told):
    picture = descent_picture(**state)
    assert told in picture.description
    assert picture.to_png()


def test_from_the_pages_start_the_limit_is_a_learning_rate_of_one_fifth():
    assert "flies away" not in descent_picture(lr=0.195).description
    for lr in (0.205, 0.21, 0.22):
        assert "flies away" in descent_picture(lr=lr).description


def test_what_is_too_small_to_be_seen_is_not_counted():
    assert "weight 2 = 0, 5 times, and the ridge between the valleys not once" in descent_picture(lr=0.15).description
    assert "weight 2 = 0, not once" in descent_picture().description


def test_rolling_with_momentum_is_not_flying_away():
    for momentum in (0.5, 0.9, 0.95, 0.99):
        for start_1 in (-2.0, -0.9, 0.1, 1.0, 1.7):
            assert "flies away" not in descent_picture(momentum=momentum, start_1=start_1, start_2=0.1).description


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = descent_explorer()
    for name, value in {"lr": 0.1, "momentum": 0.5, "start_1": -1.2, "start_2": -0.4}.items():
        assert box.controls[name].description
        before = box.picture.value
        box.controls[name].value = value
        assert box.picture.value != before and f"{value:g}" in words(box)


def test_an_update_is_quick():
    box, times = descent_explorer(), []
    for i in range(21):
        start = time.process_time()
        box.controls["lr"].value = (0.1, 0.05)[i % 2]
        times.append(time.process_time() - start)
    print(f"descent: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # 50 ms or less on a quiet core


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)
