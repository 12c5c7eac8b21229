"""The explorer of page 19: its words are those of a count by hand on the stored maps, in every state."""

import base64
import html
import itertools
import json
import re
import statistics
import time

import numpy as np
import pytest
import torch
from scipy.stats import spearmanr

from helpers.checkpoints import SHIPPED
from helpers.explorers.why import (
    ASKED,
    EFFORTS,
    METHODS,
    PICTURES,
    REGIONS,
    WEIGHTS,
    where_it_lies,
    why_explorer,
    why_picture,
)

STORED = json.loads((SHIPPED / "worth_of_maps.json").read_text(encoding="utf-8"))


def words(box):
    return html.unescape(re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1))


def stored_map(picture, method, asked, weights, effort):
    edges = method.startswith("edges")
    name = method if f"chelsea|trained|first answer|{method}" in STORED["maps"] else f"{method} {effort}"
    known = PICTURES[picture]
    key = f"{known}|trained|first answer|{name}" if edges else f"{known}|{WEIGHTS[weights]}|{asked}|{name}"
    side = STORED["pictures"][known]["side"]
    return np.frombuffer(base64.b64decode(STORED["maps"][key]), dtype=np.uint8).reshape(side, side).astype(float)


def ink_of(picture, shape):
    """True where two maps are compared: on the ink of a digit, everywhere on a photo."""
    image = STORED["pictures"][PICTURES[picture]].get("image")
    if image is None:
        return np.ones(shape, dtype=bool)
    return np.frombuffer(base64.b64decode(image), dtype=np.uint8).reshape(shape) > 0


def by_hand(strength, picture):
    """Share in the region, and its share of the area, both in whole percent."""
    inside = np.zeros_like(strength, dtype=bool)
    for top, bottom, left, right in REGIONS[picture][1]:
        inside[top:bottom, left:right] = True
    return f"{100 * strength[inside].sum() / max(strength.sum(), 1e-12):.0f} %", f"{100 * inside.mean():.0f} %"


@pytest.mark.parametrize("picture", PICTURES)
@pytest.mark.parametrize("weights", WEIGHTS)
def test_the_words_are_those_of_a_count_by_hand(picture, weights):
    for method, asked in itertools.product(METHODS, ASKED):
        effort = EFFORTS[len(method) % 2]
        told = why_picture(picture, method, asked, weights, effort).description
        strength = stored_map(picture, method, asked, weights, effort)
        if not strength.any():
            assert "The map is empty" in told and "centre" not in told
            continue
        share, area = by_hand(strength, picture)
        assert f" {share} of its strength lies on {REGIONS[picture][0]}, " in told and f" {area} of the area" in told
        assert f"({STORED['pictures'][PICTURES[picture]]['answers'][asked]}): {method}" in told
        if "Rank correlation" in told and strength.std() > 0:
            trained = stored_map(picture, method, ASKED[0], "trained", effort)
            assert ("over the ink" in told) == picture.startswith("marked digit")
            inside = ink_of(picture, strength.shape)
            strength, trained = strength[inside], trained[inside]
            found = float(re.search(r": (-?[\d.]+)\.$", told).group(1))
            expected = spearmanr(strength.ravel(), trained.ravel()).statistic if trained.std() > 0 else 0.0
            assert found == pytest.approx(expected, abs=0.0051)


def test_the_page_is_right_about_its_example():
    flute = why_picture("cat", "guided backpropagation", "a class far off").description
    assert "(flute)" in flute and float(re.search(r": ([\d.]+)\.$", flute).group(1)) > 0.95
    marked = {
        kind: stored_map(f"marked digit, {kind}", "integrated gradients", ASKED[0], "trained", "many")
        for kind in ("cheat", "twin")
    }
    shares = {
        kind: where_it_lies(torch.from_numpy(found).float(), f"marked digit, {kind}")[0]
        for kind, found in marked.items()
    }
    assert shares["cheat"] > shares["twin"] + 0.2


def test_over_the_ink_guided_backpropagation_stays_most_as_on_the_page():
    """Over all pixels integrated gradients would: they are 0 wherever the image is."""

    def stays(method):
        told = why_picture("marked digit, twin", method, ASKED[0], "last layer redrawn").description
        return float(re.search(r": (-?[\d.]+)\.$", told).group(1))

    assert stays("guided backpropagation") > 0.6 > 0.4 > stays("integrated gradients")


def test_nothing_is_compared_with_an_empty_map():
    told = why_picture("marked digit, cheat", "Grad-CAM", ASKED[0], "all layers redrawn").description
    assert "Rank correlation" not in told and ("nothing to compare" in told or "The map is empty" in told)


def test_edges_stay_whatever_is_redrawn_or_asked():
    seen = {
        re.search(r"centre is .*? of the area", why_picture("coffee", METHODS[-1], asked, weights).description).group(0)
        for asked in ASKED
        for weights in WEIGHTS
    }
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("place", "told"),
    [((2, 2), "upper left"), ((16, 16), "middle"), ((31, 16), "lower middle"), ((16, 31), "middle right")],
)
def test_the_centre_is_where_the_strength_is(place, told):
    strength = torch.zeros(32, 32)
    strength[place] = 3
    assert where_it_lies(strength, "marked digit, twin")[2] == told


def test_an_empty_map_is_told_without_an_error():
    share, area, _ = where_it_lies(torch.zeros(32, 32), "marked digit, cheat")
    assert share == 0 and area == pytest.approx(9 / 1024)


@pytest.mark.parametrize("wrong", [{"picture": "dog"}, {"method": "LIME"}, {"asked": "flute"}, {"weights": "new"}])
def test_an_unknown_option_is_named(wrong):
    with pytest.raises(ValueError, match=f"no '{next(iter(wrong.values()))}'; there are"):
        why_picture(**wrong)
    with pytest.raises(ValueError, match="effort must be few or many, got 'all'"):
        why_picture(effort="all")


def test_every_control_has_a_name_and_changes_words():
    box = why_explorer()
    for control in box.controls.values():
        assert control.description
        for option in reversed(control.options):
            if option != control.value:
                before = words(box)
                control.value = option
                assert words(box) != before
    fresh = why_explorer()
    fresh.set(**{name: control.value for name, control in box.controls.items()})
    assert words(fresh) == words(box)


def test_an_update_is_quick():
    box, times = why_explorer(), []
    for i in range(11):
        start = time.process_time()
        box.controls["method"].value = METHODS[i % 3]
        times.append(time.process_time() - start)
    print(f"why: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 30 ms on a quiet core
