"""Drawing without a browser: the handlers are called as the canvas would call them."""

import re

import pytest
import torch
from torch import nn

from helpers.data.images import digits
from helpers.explorers.drawing import NOTHING, SIZE, answers_picture, drawing_pad, rasterise
from helpers.models import Classifier, Encoder


class Keeps(nn.Module):
    """Remembers the image that it was asked about, and says that it is a seven."""

    def forward(self, images):
        self.seen = images[0]
        return torch.eye(10)[7:8] * 5


@pytest.fixture
def pad():
    models = {"scratch": Keeps(), "pretrained": Keeps()}
    return drawing_pad(models, digits()[1]), models


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def test_a_drawing_is_scaled_and_centred_as_mnist_was():
    image = rasterise([[(60, 20), (60, 120)]])  # a bar, up and to the left
    assert image.shape == (1, 32, 32) and image.min() >= 0 and image.max() <= 1
    rows, columns = image[0].sum(1), image[0].sum(0)
    places = torch.arange(32) + 0.5
    assert (
        abs((rows * places).sum() / rows.sum() - 16) < 0.6 and abs((columns * places).sum() / columns.sum() - 16) < 0.6
    )
    assert 19 <= int((rows > 0).sum()) <= 21


@pytest.mark.parametrize(
    "strokes",
    [
        [[(5, 5)]],
        [[(-50, -50), (400, 400)]],
        [[(SIZE * (i % 7) / 7, i % SIZE) for i in range(5000)]],
        [[(0.5, 0.5), (279.5, 0.5)], [(0.5, 279.5), (279.5, 279.5)]],
    ],
)
def test_unusual_drawings_give_an_image(strokes):
    image = rasterise(strokes)
    assert image.shape == (1, 32, 32) and image.isfinite().all() and image.sum() > 1


@pytest.mark.parametrize("strokes", [[], [[(-500, -500), (-400, -400)]]])
def test_nothing_on_the_canvas_is_black(strokes):
    assert rasterise(strokes).sum() == 0


def test_a_stroke_is_shown_to_both_models_and_named(pad):
    box, models = pad
    assert box.picture.value == NOTHING
    box.move(10, 10)  # without a button pressed nothing is drawn
    assert box.picture.value == NOTHING
    box.begin(140, 40)
    box.move(140, 240)
    box.end()
    expected = rasterise([[(140, 40), (140, 240)]])
    assert all(torch.equal(model.seen, expected) for model in models.values())
    assert words(box).startswith("scratch says 7 (94 %)") and "pretrained says 7" in words(box)
    box.clear.click()
    assert box.picture.value == NOTHING


def test_events_of_the_canvas_reach_the_handlers(pad):
    box, models = pad
    for event, x in (("mouse_down", 100), ("mouse_move", 180), ("mouse_out", 180)):
        box.canvas._handle_frontend_event(None, {"event": event, "x": x, "y": 100}, None)
    assert torch.equal(models["scratch"].seen, rasterise([[(100, 100), (180, 100)]]))
    box.clear.click()
    for event, x in (("touch_start", 50), ("touch_move", 90), ("touch_end", 90)):
        touches = [{"x": x, "y": 60}] if event != "touch_end" else []
        box.canvas._handle_frontend_event(None, {"event": event, "touches": touches}, None)
    assert torch.equal(models["scratch"].seen, rasterise([[(50, 60), (90, 60)]]))


def test_examples_come_in_turn_bit_for_bit(pad):
    box, models = pad
    images = digits()[1].images
    for i in range(3):
        box.example.click()
        assert torch.equal(models["pretrained"].seen, images[i])


def test_the_words_name_what_the_model_says():
    torch.manual_seed(0)
    model = Classifier(Encoder()).eval()
    box = drawing_pad({"scratch": model, "pretrained": model}, digits()[1])
    box.example.click()
    with torch.no_grad():
        top = model(digits()[1].images[:1]).argmax().item()
    assert words(box).startswith(f"scratch says {top} (")


@pytest.mark.parametrize("classes", [1, 2, 3, 10, 37])
def test_there_are_as_many_bars_as_probabilities(classes):
    p = torch.arange(1.0, classes + 1).softmax(dim=0)
    picture = answers_picture(torch.rand(1, 32, 32), {"a": p})
    bars = picture.axes[1].patches
    assert [bar.get_height() for bar in bars] == pytest.approx(p.tolist())
    assert len(picture.axes[1].get_xticks()) <= 10 and picture.to_png()
    assert picture.description.startswith(f"a says {classes - 1} (")
    assert picture.description.count("%") == min(3, classes) and picture.description.endswith("%).")


def test_it_says_what_it_is_where_widgets_do_not_run(pad):
    assert repr(pad[0]).endswith("Run this cell to see them.")
