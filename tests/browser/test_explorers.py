"""Every explorer, moved by keyboard alone in a real browser, and a digit drawn with the mouse."""

from __future__ import annotations

import re

from playwright.sync_api import TimeoutError

EXPLORERS = {  # page -> names of its explorers' controls, in order; drawing pads and the live training have none
    "01_concepts": [["per_class"], []],
    "02_training": [["lr", "momentum", "start_1", "start_2"]],
    "03_convolution": [[*(f"w{i}" for i in range(9)), "stride", "padding", "dilation", "row", "column"]],
    "04_cross_entropy": [["z0", "z1", "z2", "z3", "target", "temperature"]],
    "05_pretraining": [["first", "second", "share", "noise"]],
    "06_fine_tuning": [[]],
    "07_evaluation": [["at", "miss", "false_alarm"], []],
    "08_worth": [["steps"]],
}
SAYS = re.compile(r"^(\w+) says (\d) \((\d+) %\)")


def explorers(opened):
    """The explorers of the page, or a test that is not needed there."""
    boxes = opened.page.locator(".jp-OutputArea-output .explorer")
    assert boxes.count() == len(EXPLORERS.get(opened.stem, []))
    return boxes


def words(box):
    return box.locator("p.words").inner_text()


def wait_for_other_words(box, before, what=""):
    """Wait until the words are others; they are written together with the picture."""
    try:
        box.page.wait_for_function(
            "([box, before]) => box.querySelector('p.words') && box.querySelector('p.words').innerText !== before",
            arg=[box.element_handle(), before],
            timeout=15_000,
        )
    except TimeoutError as error:
        raise AssertionError(f"{what} was moved, and still it says: {before}") from error
    picture = box.locator("img")
    assert picture.count() == 1 and len(picture.get_attribute("alt")) > 20
    return words(box)


def test_every_control_answers_to_the_keyboard(opened):
    boxes = explorers(opened)
    for i, controls in enumerate(EXPLORERS.get(opened.stem, [])):
        box = boxes.nth(i)
        pictures = {box.locator("img").get_attribute("src")} if controls else set()
        for name in controls:
            before = words(box)
            field = box.locator(f".control-{name}").locator("input, select").first
            field.focus()
            opened.page.keyboard.press("Control+a")
            opened.page.keyboard.type(other_value(field))
            opened.page.keyboard.press("Tab")
            wait_for_other_words(box, before, name)
            pictures.add(box.locator("img").get_attribute("src"))
        assert not controls or len(pictures) > 1, "the picture moves as well"


def other_value(field):
    """What to type for another value: ten steps less or more, or another option of a list."""
    if field.evaluate("e => e.tagName") == "SELECT":
        options = field.evaluate("e => [...e.options].map(o => o.text)")
        now = field.evaluate("e => e.options[e.selectedIndex].text")
        return next(text for text in (options[-2], options[1]) if text != now)
    now, low, step = field.evaluate("e => [Number(e.value), Number(e.min), Number(e.step) || 1]")
    return f"{now - 10 * step if now - 10 * step >= low else now + step:g}"


def test_every_slider_answers_to_the_keyboard(opened):
    boxes = explorers(opened)
    for i in range(boxes.count()):
        box = boxes.nth(i)
        for handle in box.locator(".noUi-handle").all():
            before = words(box)
            handle.focus()
            opened.page.keyboard.press("ArrowRight")
            wait_for_other_words(box, before)


def test_every_field_has_a_name_for_a_screen_reader(opened):
    boxes = explorers(opened)
    for i in range(boxes.count()):
        for field in boxes.nth(i).locator("input, select, button").all():
            name = field.evaluate("e => e.getAttribute('aria-label') || e.labels?.[0]?.innerText || e.innerText")
            assert name and name.strip(), field.evaluate("e => e.outerHTML")


def test_of_many_quick_moves_the_last_wins(opened):
    if opened.stem != "04_cross_entropy":
        return  # one explorer stands for all: they share the piece that redraws
    box = explorers(opened).first
    handle = box.locator(".noUi-handle").first
    handle.focus()
    for _ in range(25):
        opened.page.keyboard.press("ArrowRight")
    for _ in range(25):
        opened.page.keyboard.press("ArrowLeft")
    opened.page.wait_for_timeout(4000)
    settled = words(box)
    value = float(box.locator(".control-z0 input").input_value())
    field = box.locator(".control-z0 input")
    field.fill(str(value + 1))
    opened.page.keyboard.press("Tab")
    wait_for_other_words(box, settled)
    moved = words(box)
    field.fill(str(value))
    opened.page.keyboard.press("Tab")
    assert wait_for_other_words(box, moved) == settled, "the picture after many moves was that of the last"


def test_a_digit_is_drawn_by_mouse_and_named(opened):
    pads = [box for box in explorers(opened).all() if box.locator("canvas").count()]
    assert len(pads) == (opened.stem[:2] in ("01", "07"))
    for box in pads:
        assert words(box).startswith("Nothing is drawn yet")
        canvas = box.locator("canvas").first
        canvas.scroll_into_view_if_needed()
        place = canvas.bounding_box()
        x, y = place["x"] + 140, place["y"]
        opened.page.mouse.move(x, y + 40)
        opened.page.mouse.down()
        for step in range(1, 11):
            opened.page.mouse.move(x - step, y + 40 + 20 * step)
            opened.page.wait_for_timeout(20)
        opened.page.mouse.up()
        named = wait_for_other_words(box, words(box))
        assert SAYS.match(named) and len(re.findall(r"\w+ says \d", named)) == 2
        if opened.stem == "07_evaluation":  # ten labels a digit are enough for a plain stroke
            assert "letters says 1 (" in named
        ink = canvas.evaluate("c => c.getContext('2d').getImageData(135, 140, 1, 1).data[0]")
        assert ink > 200, "the stroke is seen on the canvas"


def test_who_cannot_draw_presses_example_and_clear(opened):
    for box in explorers(opened).all():
        if not box.locator("canvas").count():
            continue
        for button, expected in (("Example", SAYS), ("Clear", re.compile("^Nothing is drawn")), ("Example", SAYS)):
            before = words(box)
            box.get_by_role("button", name=button).focus()
            opened.page.keyboard.press("Enter")
            opened.page.wait_for_function(
                "([box, before]) => box.querySelector('p.words').innerText !== before",
                arg=[box.element_handle(), before],
                timeout=15_000,
            )
            assert expected.match(words(box))


def test_a_live_training_runs_and_stops(opened):
    if opened.stem != "06_fine_tuning":
        return
    box = explorers(opened).first
    train, stop = (box.get_by_role("button", name=name) for name in ("Train", "Stop"))
    train.focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_function(
        "box => box.querySelector('p.words').innerText.includes('Finished.')", arg=box.element_handle(), timeout=60_000
    )
    assert re.match(r"25 of 25 epochs. Finished. Validation accuracy \d", words(box))
    box.locator("select").last.select_option("50")  # labels a digit: a training that takes longer
    train.focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_function(
        "box => box.querySelector('p.words').innerText.includes('Training.')", arg=box.element_handle(), timeout=30_000
    )
    stop.focus()
    opened.page.keyboard.press("Enter")
    opened.page.wait_for_function(
        "box => box.querySelector('p.words').innerText.includes('Stopped.')", arg=box.element_handle(), timeout=30_000
    )
    assert not words(box).startswith("25 of 25")
