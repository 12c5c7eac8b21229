"""Every explorer, moved by keyboard alone in a real browser; a digit and a kernel moved with the mouse."""

from __future__ import annotations

import json
import re

import nbformat
from conftest import TOKEN
from ipywidgets import IntSlider
from playwright.sync_api import TimeoutError

from helpers.data.images import digits
from helpers.explorers.drawing import drawing_pad
from helpers.explorers.finetuning import EPOCHS
from helpers.explorers.kernel import _panel, kernel_explorer
from helpers.explorers.logits import logits_explorer

EXPLORERS = {  # page -> names of its explorers' controls, in order; drawing pads and the live training have none
    "01_concepts": [["per_class"], []],
    "02_training": [["lr", "momentum", "start_1", "start_2"]],
    "03_convolution": [[*(f"w{i}" for i in range(9)), "stride", "padding", "dilation", "row", "column"]],
    "04_cross_entropy": [["z0", "z1", "z2", "z3", "target", "temperature"]],
    "05_pretraining": [["first", "second", "share", "noise"]],
    "06_fine_tuning": [[]],
    "07_evaluation": [["at", "miss", "false_alarm"], []],
    "08_worth": [["steps"]],
    "09_strangers_model": [["size"]],  # its lists of words are moved by the sliders beside them
    "10_your_own_photos": [["at", "wrong", "ask"]],
    "11_sharing": [["bit"]],  # its text is typed
    "12_vision": [["scene", "score", "overlap", "iou"]],
    "13_text": [["temperature"]],  # its text is typed
    "14_speech": [["f1", "f2", "pitch"]],  # its sound comes by a button
    "15_recommendation": [[*(f"item{i}" for i in range(6)), "weight"]],
    "16_compression": [["bits", "scales", "pruned"]],
    "17_self_supervision": [["turn", "shift", "temperature", "seed"]],
    "18_multimodal": [[]],  # its lists of words are moved by the sliders beside them
    "20_scaling": [["network", "optimizer", "batch", "precision", "recompute", "processes", "sharded"]],
    "19_interpretability": [[]],  # its lists of words are moved by the sliders beside them
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
    assert box.locator("img, canvas").count()
    assert all(len(picture.get_attribute("alt")) > 20 for picture in box.locator("img").all())
    return words(box)


def drawn(box):
    """The picture, or what is on the canvas that stands for it: all that moves."""
    return box.evaluate("e => e.querySelector('img')?.src ?? e.querySelector('canvas').toDataURL()")


def drawing_pads(opened):
    return [box for box in explorers(opened).all() if box.get_by_role("button", name="Clear").count()]


def test_every_control_answers_to_the_keyboard(opened):
    boxes = explorers(opened)
    for i, controls in enumerate(EXPLORERS.get(opened.stem, [])):
        box = boxes.nth(i)
        pictures = {drawn(box)} if controls else set()
        for name in controls:
            before = words(box)
            field = box.locator(f".control-{name}").locator("input, select").first
            if field.evaluate("e => e.tagName") == "SELECT":
                field.select_option(label=other_value(field))  # typed letters are commands to JupyterLab
            else:
                field.focus()
                opened.page.keyboard.press("Control+a")
                opened.page.keyboard.type(other_value(field))
                opened.page.keyboard.press("Tab")
            wait_for_other_words(box, before, name)
            pictures.add(drawn(box))
        assert not controls or len(pictures) > 1, "the picture moves as well"


def other_value(field):
    """Another value: ten steps less or more, or another option of a list."""
    if field.evaluate("e => e.tagName") == "SELECT":
        options = field.evaluate("e => [...e.options].map(o => o.text)")
        now = field.evaluate("e => e.options[e.selectedIndex].text")
        return next(text for text in (options[-2], options[1], options[0]) if text != now)
    now, low, step = field.evaluate("e => [Number(e.value), Number(e.min), Number(e.step) || 1]")
    return f"{now - 10 * step if now - 10 * step >= low else now + step:g}"


def test_every_slider_answers_to_the_keyboard(opened):
    boxes = explorers(opened)
    if opened.stem == "06_fine_tuning":
        return  # its sliders prepare a training; words come when it runs
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
    pads = drawing_pads(opened)
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
    for box in drawing_pads(opened):
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
    assert re.match(rf"{EPOCHS} of {EPOCHS} epochs. Finished. Validation accuracy \d", words(box))
    box.locator("select").last.select_option("50")  # labels per class: a training that takes longer
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
    assert not words(box).startswith(f"{EPOCHS} of")


def test_a_kernel_is_moved_by_clicking_and_dragging(opened):
    if opened.stem != "03_convolution":
        return
    box, mouse = explorers(opened).first, opened.page.mouse
    for name, value in {"stride": 2, "padding": 1, "dilation": 1}.items():
        box.locator(f".control-{name} input").fill(str(value))
        opened.page.keyboard.press("Tab")
    photo, output = (108, 162), (53, 80)  # with its padding
    opened.page.wait_for_function(
        "box => box.querySelector('p.words').innerText.startsWith('Output (53, 80)')", arg=box.element_handle()
    )
    canvas = box.locator("canvas").first
    canvas.scroll_into_view_if_needed()
    corner = canvas.bounding_box()

    def chosen():
        return tuple(int(box.locator(f".control-{name} input").input_value()) for name in ("row", "column"))

    def go(shape, panel, row, column):
        left, top, scale = _panel(shape, panel)
        mouse.move(corner["x"] + left + scale * (column + 0.5), corner["y"] + top + scale * (row + 0.5))

    def click(*place):
        before = words(box)
        go(*place)
        mouse.down()
        mouse.up()
        return wait_for_other_words(box, before, f"the canvas at {place}")

    before = drawn(box)
    assert "At row 15, column 30:" in click(photo, 0, 31, 61) and chosen() == (15, 30)
    opened.page.wait_for_timeout(500)
    assert drawn(box) != before
    assert "At row 40, column 7:" in click(output, 2, 40, 7) and chosen() == (40, 7)
    go(photo, 0, 31, 61)  # without a button
    go((3, 3), 1, 1, 1)
    mouse.down()
    mouse.up()
    go(photo, 0, -12, 20)
    mouse.down()
    mouse.up()
    opened.page.wait_for_timeout(500)
    assert chosen() == (40, 7), "outside of the images nothing happens"
    go(output, 2, 5, 5)
    mouse.down()
    for i in range(100):  # quick moves: the last wins
        go(output, 2, 5 + i % 40, 5 + i % 60)
    go(output, 2, 33, 44)
    mouse.up()
    opened.page.wait_for_function(
        "box => box.querySelector('p.words').innerText.includes('At row 33, column 44:')", arg=box.element_handle()
    )
    opened.page.wait_for_timeout(1000)
    assert chosen() == (33, 44) and "At row 33, column 44:" in words(box)


def test_an_untrusted_page_shows_a_sentence_where_a_widget_would_be(browser, lab):
    grey, examples = digits()[1].images[0, 0], digits()[1]
    widgets = [kernel_explorer(grey), drawing_pad({}, examples), logits_explorer(), IntSlider(3)]
    outputs = [nbformat.v4.new_output("display_data", widget._repr_mimebundle_()) for widget in widgets]
    cells = [nbformat.v4.new_code_cell("1", outputs=[output]) for output in outputs]
    notebook = nbformat.v4.new_notebook(cells=cells)
    page = browser.new_page()
    answer = page.request.put(
        f"{lab}/api/contents/untrusted.ipynb",
        headers={"Authorization": f"token {TOKEN}", "Content-Type": "application/json"},
        data=json.dumps({"type": "notebook", "content": notebook}),
    )
    assert answer.ok, answer.text()
    page.goto(f"{lab}/lab/tree/untrusted.ipynb?token={TOKEN}&reset")
    page.wait_for_function("() => document.querySelectorAll('.jp-OutputArea-output').length === 4", timeout=60_000)
    page.wait_for_timeout(1000)
    *ours, bare = page.locator(".jp-OutputArea-output").all_inner_texts()
    assert ours == ["Controls stand here while the page's kernel runs. Run this cell to see them."] * 3
    assert bare == "IntSlider(value=3)", "what stands there without a sentence"
    page.evaluate("() => window.jupyterapp.commands.execute('kernelmenu:shutdown')")
    page.close()
