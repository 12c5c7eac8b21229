"""The explorer of page 16: what it says is what a count by hand says, in every state."""

import re
import statistics
import time

import pytest

from helpers.explorers.small_enough import pareto_picture, small_enough_explorer, small_enough_picture, unbeaten
from helpers.intervals import wilson_interval

RESULTS = {
    (bits, scales, pruned): (
        max(50, 490 - 400 // bits**2 - pruned // 4 - (60 if scales == "layer" and bits < 4 else 0)),
        int((1000 * bits + 900) * (1 - pruned / 110)),
    )
    for bits in (32, 8, 4, 2)
    for scales in ("channel", "layer")
    for pruned in (0, 73, 98)
}


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


@pytest.mark.parametrize("setting", RESULTS)
def test_the_words_are_those_of_a_count_by_hand(setting):
    told = small_enough_picture(RESULTS, 500, *setting).description
    right, size = RESULTS[setting]
    low, high = wilson_interval(right, 500)
    assert (
        f"{right} of 500 right, {right / 5:.1f} % (95 % interval over images {100 * low:.1f} to {100 * high:.1f})"
        in told
    )
    assert f"{size / 1000:.1f} KB" in told and f"{setting[2]} % pruned" in told
    beaten = any(b <= size and r >= right and (b, r) != (size, right) for r, b in RESULTS.values())
    assert ("Beaten: " in told) == beaten and ("No other setting here" in told) != beaten


def test_what_beats_a_setting_is_the_smallest_file_that_does():
    results = {(8, "channel", 0): (90, 100), (4, "channel", 0): (90, 50), (2, "channel", 0): (95, 20)}
    assert "Beaten: 2 bits, one scale for each channel, 0 % pruned" in small_enough_picture(results, 100).description


def test_an_unknown_setting_is_named():
    with pytest.raises(ValueError, match="no result for 7 bits"):
        small_enough_picture(RESULTS, 500, bits=7)


def test_the_front_holds_who_is_not_beaten():
    points = {"a": (10, 90.0), "b": (20, 95.0), "c": (30, 94.0), "d": (20, 95.0), "e": (10, 89.0)}
    assert unbeaten(points) == ["a", "b", "d"]
    assert unbeaten({}) == []


def test_the_pareto_picture_says_its_points():
    points = {
        "$large_1%": (1_000_000, 97.0, 95.0, 98.0),
        "small": (4000, 94.0, 92.0, 95.5),
        "bad": (5000, 60.0, 57, 63),
    }
    picture = pareto_picture(points, title="Digits", ylabel="accuracy (%)")
    assert "small, 4 KB, 94.0 %; bad, 5 KB, 60.0 %; $large_1%, 1000 KB, 97.0 %" in picture.description
    assert picture.description.endswith("No other is as small and as accurate: small; $large_1%.")
    assert picture.to_png()
    with pytest.raises(ValueError, match="no point"):
        pareto_picture({}, ylabel="accuracy (%)")


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = small_enough_explorer(RESULTS, 500)
    for name, value in {"bits": 2, "scales": "layer", "pruned": 98}.items():
        before = words(box), box.picture.value
        assert box.controls[name].description
        box.controls[name].value = value
        assert words(box) != before[0] and box.picture.value != before[1]
    fresh = small_enough_explorer(RESULTS, 500)
    fresh.set(bits=2, scales="layer", pruned=98)
    assert words(fresh) == words(box)


def test_an_update_is_quick():
    box, times = small_enough_explorer(RESULTS, 500), []
    for i in range(11):
        start = time.process_time()
        box.controls["bits"].value = (8, 4)[i % 2]
        times.append(time.process_time() - start)
    print(f"small enough: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # about 40 ms on a quiet core
