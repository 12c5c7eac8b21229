"""The hash explorer of page 11: its hashes are those of hashlib, its marks and words say what differs."""

import hashlib
import re
import statistics
import time

import pytest

from helpers.explorers.file_hash import EXAMPLE, LONGEST, flipped, hash_explorer, hash_picture


def lines(picture):
    return [text.get_text() for text in picture.texts]


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


@pytest.mark.parametrize("bit", [1, 8, 9, 40, 8 * len(EXAMPLE)])
def test_one_bit_is_flipped_and_twice_flipped_is_as_before(bit):
    data = EXAMPLE.encode()
    changed = flipped(data, bit)
    assert sum((a ^ b).bit_count() for a, b in zip(data, changed, strict=True)) == 1
    assert flipped(changed, bit) == data


def test_a_bit_that_is_not_there_is_an_error():
    for bit in (-1, 25):
        with pytest.raises(ValueError, match="bits 1 to 24"):
            flipped(b"abc", bit)


@pytest.mark.parametrize(("text", "bit"), [("accuracy: 95 %", 0), (EXAMPLE, 3), ("", 0), ("Größe $x$", 1)])
def test_both_hashes_are_those_of_hashlib_and_each_difference_is_marked(text, bit):
    _, old, _, new, marks = lines(hash_picture(text, bit))
    assert old.replace(" ", "") == hashlib.sha256(EXAMPLE.encode()).hexdigest()
    assert new.replace(" ", "") == hashlib.sha256(flipped(text.encode(), bit)).hexdigest()
    differ = [a != b for a, b in zip(old, new, strict=True)]
    assert [mark == "^" for mark in marks] == differ
    assert f"{sum(differ)} of 64 digits differ" in hash_picture(text, bit).description


@pytest.mark.parametrize(
    ("text", "bit", "told"),
    [
        (EXAMPLE, 0, "No byte differs"),
        (EXAMPLE, 5, "One bit of the file differs"),
        ("accuracy: 95 %", 0, "One bit of the file differs"),
        ("accuracy: 99 %", 0, "3 bits of the file differ"),
        ("accuracy: 94%", 0, "The lengths differ"),
        (EXAMPLE, 1, "about half"),
        ("abc", 99, "After: 'abc', 3 bytes"),
    ],
)
def test_words_say_what_happened(text, bit, told):
    picture = hash_picture(text, bit)
    assert told in picture.description
    assert picture.to_png()


def test_every_control_has_a_name_and_changes_picture_and_words():
    box = hash_explorer()
    for name, value in {"bit": 17, "text": "accuracy: 49 %"}.items():
        assert box.controls[name].description
        before, said = box.picture.value, words(box)
        box.controls[name].value = value
        assert box.picture.value != before and words(box) != said


def test_a_long_text_is_cut_and_still_drawn():
    box = hash_explorer()
    box.controls["text"].value = "x" * 500
    assert f"After: &#x27;{'x' * LONGEST}&#x27;, {LONGEST} bytes" in words(box)


def test_bytes_that_are_no_text_are_cut_where_the_picture_ends():
    picture = hash_picture("猫" * LONGEST, 1)
    after = lines(picture)[2]
    assert after.startswith("after: b'g") and after.endswith("...")
    picture.draw_without_rendering()
    assert picture.texts[2].get_window_extent().x1 < picture.bbox.x1


def test_an_update_is_quick():
    box, times = hash_explorer(), []
    for i in range(21):
        start = time.process_time()
        box.controls["bit"].value = 1 + i
        times.append(time.process_time() - start)
    print(f"file_hash: {1000 * statistics.median(times):.0f} ms")
    assert statistics.median(times) < 0.15  # 50 ms or less on a quiet core
