"""The kernel explorer: its picture, and its canvas, whose handlers are called as a browser would call them."""

import re
import statistics
import time

import pytest
import torch
import torch.nn.functional as F

from helpers.explorers import kernel

PHOTO = torch.rand(40, 60, generator=torch.Generator().manual_seed(0)).round(decimals=2)
SIZES = [(40, 60), (60, 40), (7, 7), (3, 40)]
STEPS = [(1, 0, 1), (2, 1, 1), (3, 2, 3), (1, 2, 2), (3, 0, 1)]  # stride, padding, dilation


def words(box):
    return re.search(r'<p class="words"[^>]*>(.*)</p>', box.picture.value).group(1)


def send(box, event, x, y):
    touched = event.startswith("touch")
    content = {"touches": [] if event == "touch_end" else [{"x": x, "y": y}]} if touched else {"x": x, "y": y}
    box.canvas[1]._handle_frontend_event(None, {"event": event, **content}, None)


def chosen(box):
    return box.controls["row"].value, box.controls["column"].value


def point(shape, panel, row, column):
    """The middle of a pixel of the image (H, W) in this panel, in pixels of the canvas."""
    left, top, scale = kernel._panel(shape, panel)
    return left + scale * (column + 0.5), top + scale * (row + 0.5)


def explorer(size=(40, 60), stride=1, padding=0, dilation=1):
    box = kernel.kernel_explorer(PHOTO if size == (40, 60) else torch.rand(size))
    box.set(stride=stride, padding=padding, dilation=dilation)
    shape = tuple(side + 2 * padding for side in size)
    output = tuple((side - 2 * dilation - 1) // stride + 1 for side in shape)
    return box, shape, output


# the picture


def test_a_preset_sets_nine_cells_with_one_redraw(monkeypatch):
    drawn, look = [], kernel._look
    monkeypatch.setattr(kernel, "_look", lambda *a: (drawn.append(1), look(*a))[1])
    box = kernel.kernel_explorer(PHOTO)
    drawn.clear()
    preset = box.children[0].children[0].children[0]  # beside it a slider
    for name, values in list(kernel.KERNELS.items())[1:]:
        preset.value = name
        assert [box.controls[f"w{i}"].value for i in range(9)] == values
    assert len(drawn) == len(kernel.KERNELS) - 1


@pytest.mark.parametrize(("stride", "padding", "dilation"), [(1, 0, 1), (2, 1, 1), (3, 2, 3), (1, 2, 2)])
def test_kernel_words_spell_out_the_sum_and_the_shape(stride, padding, dilation):
    weights = torch.tensor([[1.0, 0, -2], [0.5, 0, 3], [0, 0, 1]])
    picture = kernel.kernel_picture(PHOTO, weights, stride, padding, dilation, row=4, column=5)
    out = F.conv2d(PHOTO[None, None], weights[None, None], None, stride, padding, dilation)[0, 0]
    assert f"Output {tuple(out.shape)}" in picture.description
    assert picture.description.endswith(f"= {out[4, 5]:.2f}")
    terms = re.search(r"column 5: (.*) =", picture.description).group(1)
    total = sum(float(x) * float(w) for x, w in (term.split("·") for term in terms.split(" + ")))
    assert total == pytest.approx(out[4, 5].item(), abs=0.05)


def test_a_cursor_beyond_the_output_means_its_last_place():
    assert "At row 11, column 17" in kernel.kernel_picture(PHOTO, torch.ones(3, 3), 3, 0, 3, 99, 99).description


@pytest.mark.parametrize("value", [0.0, 1e6, -1e6])
def test_extreme_kernels_are_drawn(value):
    assert kernel.kernel_picture(PHOTO, torch.full((3, 3), value)).to_png()


# the canvas


@pytest.mark.parametrize("steps", STEPS)
@pytest.mark.parametrize("size", SIZES)
def test_a_press_chooses_the_output_number_that_is_nearest(size, steps):
    box, shape, output = explorer(size, *steps)
    stride, _, dilation = steps
    centres = [torch.arange(many) * stride + dilation for many in output]  # of the nine pixels, along each side
    for row in (0, 1, shape[0] // 2, shape[0] - 1):
        for column in (0, shape[1] // 3, shape[1] - 1):
            send(box, "mouse_down", *point(shape, 0, row, column))
            away = [(c - at).abs() for c, at in zip(centres, (row, column), strict=True)]
            assert all(a[at] == a.min() for a, at in zip(away, chosen(box), strict=True)), (row, column, chosen(box))
    for place in ((0, 0), (output[0] - 1, output[1] - 1), (output[0] // 2, output[1] // 3)):
        send(box, "mouse_down", *point(output, 2, *place))
        assert chosen(box) == place
        assert f"At row {place[0]}, column {place[1]}:" in words(box)


def test_outside_of_the_images_nothing_happens():
    box, shape, output = explorer()
    before = chosen(box), words(box)
    nine = point((3, 3), 1, 1, 1)
    beside = [point(shape, 0, -1, 3), point(shape, 0, 3, shape[1]), point(output, 2, output[0], 0)]
    for place in [nine, *beside, (0, 0), (-20, 9999), (kernel.WIDTH, kernel.HEIGHT)]:
        send(box, "mouse_down", *place)
        assert (chosen(box), words(box)) == before


@pytest.mark.parametrize("end", ["mouse_up", "mouse_out"])
def test_a_drag_is_followed_until_the_button_is_let_go(end):
    box, shape, _ = explorer()
    send(box, "mouse_move", *point(shape, 0, 9, 9))
    assert chosen(box) == (20, 38), "no button is pressed"
    send(box, "mouse_down", *point(shape, 0, 9, 9))
    for column in range(9, 30):
        send(box, "mouse_move", *point(shape, 0, 12, column))
        assert chosen(box) == (11, column - 1)
    send(box, "mouse_move", *point(shape, 0, -5, 12))
    assert chosen(box) == (11, 28), "outside it waits"
    send(box, end, 0, 0)
    send(box, "mouse_move", *point(shape, 0, 5, 5))
    assert chosen(box) == (11, 28)


def test_a_finger_does_what_the_mouse_does():
    box, shape, _ = explorer()
    send(box, "touch_start", *point(shape, 0, 9, 9))
    send(box, "touch_move", *point(shape, 0, 4, 6))
    send(box, "touch_end", 0, 0)
    send(box, "touch_move", *point(shape, 0, 15, 15))
    assert chosen(box) == (3, 5)


def test_of_many_quick_moves_the_last_wins_and_each_draws_once(monkeypatch):
    box, shape, _ = explorer()
    fresh, drawn, draw = explorer()[0], [], kernel._draw_choice
    monkeypatch.setattr(kernel, "_draw_choice", lambda canvas, view: (drawn.append(view.words), draw(canvas, view)))
    send(box, "mouse_down", *point(shape, 0, 20, 20))
    for i in range(200):
        send(box, "mouse_move", *point(shape, 0, 10 + i % 7, 10 + i % 11))
    assert len(drawn) == 201
    fresh.set(row=9 + 199 % 7, column=9 + 199 % 11)
    assert words(box) == words(fresh) == drawn[-1]
    send(box, "mouse_move", *point(shape, 0, 10 + 199 % 7, 10 + 199 % 11))
    assert len(drawn) == 202, "on the same pixel nothing is drawn"


def test_the_canvas_says_what_the_words_say(monkeypatch):
    texts, images = [], []
    monkeypatch.setattr(kernel.Canvas, "fill_text", lambda canvas, text, *place: texts.append(text))
    monkeypatch.setattr(kernel.Canvas, "put_image_data", lambda canvas, pixels, *place: images.append(pixels))
    box = kernel.kernel_explorer(PHOTO)
    texts.clear(), images.clear()
    box.set(row=5, column=7)
    total = words(box).rsplit(" = ")[-1]
    assert f"pixel · weight; their sum: {total}" in texts and images == [], "only what moved is drawn"
    terms = re.search(r"column 7: (.*) =", words(box)).group(1).split(" + ")
    seen = [text for text in texts if re.fullmatch(r"[01]\.\d\d", text)]
    weights = [text.removeprefix("· ") for text in texts if text.startswith("· ")]
    assert [f"{x}·{w}" for x, w in zip(seen, weights, strict=True)] == terms
    products = [float(text.removeprefix("= ")) for text in texts if text.startswith("= ")]
    assert sum(products) == pytest.approx(float(total), abs=0.01)
    box.controls["w0"].value = 3
    assert len(images) == 2


def test_the_images_on_the_canvas_are_the_photo_and_the_output(monkeypatch):
    images = []
    monkeypatch.setattr(kernel.Canvas, "put_image_data", lambda canvas, pixels, *place: images.append(pixels))
    box = kernel.kernel_explorer(PHOTO)
    box.set(**{f"w{i}": float(i == 4) for i in range(9)}, padding=1)  # the output is the photo
    shown = torch.from_numpy(images[-2]).float() / 255
    assert (shown[..., 1] == 1).all()
    small = F.interpolate(shown[None, None, ..., 0], (42, 62), mode="nearest-exact")[0, 0]
    assert (small - F.pad(PHOTO, (1, 1, 1, 1))).abs().max() < 0.003
    sobel = torch.tensor(kernel.KERNELS["Sobel, upright edges"], dtype=torch.float).view(3, 3)
    box.set(**{f"w{i}": value for i, value in enumerate(sobel.flatten().tolist())}, padding=0)
    output = F.conv2d(PHOTO[None, None], sobel[None, None])
    darkest, brightest = output.min(), output.abs().max()
    shown = torch.from_numpy(images[-1]).float() / 255
    small = F.interpolate(shown[None, None, ..., 0], output.shape[2:], mode="nearest-exact")
    assert (small - (output - darkest) / (brightest - darkest)).abs().max() < 0.003


def test_a_browser_that_comes_anew_gets_everything_drawn_again(monkeypatch):
    box, images = kernel.kernel_explorer(PHOTO), []
    monkeypatch.setattr(kernel.Canvas, "put_image_data", lambda canvas, pixels, *place: images.append(pixels))
    send(box, "client_ready", 0, 0)
    assert len(images) == 2


def test_the_fields_reach_every_row_and_column():
    box, _, output = explorer(padding=2)
    box.set(row=output[0] - 1, column=output[1] - 1)
    assert f"At row {output[0] - 1}, column {output[1] - 1}:" in words(box)


@pytest.mark.parametrize("moved", ["weight", "drag"])
def test_an_update_is_quick(moved):
    box, times = kernel.kernel_explorer(torch.rand(106, 158).round(decimals=2)), []
    send(box, "mouse_down", *point((106, 158), 0, 20, 20))
    for i in range(31):
        start = time.process_time()
        if moved == "drag":
            send(box, "mouse_move", *point((106, 158), 0, 21 + i % 5, 50))
        else:
            box.controls["w0"].value = i % 2
        times.append(time.process_time() - start)
    print(f"kernel, {moved}: {1000 * statistics.median(times):.1f} ms")
    assert statistics.median(times) < 0.15  # 50 ms or less on a quiet core
