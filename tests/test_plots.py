"""helpers.plots: every figure is described, drawn, and readable without its colours."""

import base64
import itertools
import math
import re
import warnings

import matplotlib
import pytest
import torch
from matplotlib.colors import to_rgb
from matplotlib.figure import Figure

from helpers import picture
from helpers.picture import COLOURS, INK, PAPER, Picture
from helpers.plots import (
    DASHES,
    MARKERS,
    bars,
    curves,
    heatmap,
    image_grid,
    loss_curves,
    scatter,
)

AXES = {"xlabel": "epoch", "ylabel": "loss"}
DRAW = {
    "image_grid": lambda **words: image_grid(torch.rand(3, 1, 4, 4), **words),
    "curves": lambda **words: curves({"a": [1.0, 2.0]}, **AXES, **words),
    "loss_curves": lambda **words: loss_curves({"train_loss": [2.0, 1.0], "val_loss": [2.0, 1.5]}, **words),
    "bars": lambda **words: bars({"a": 1.0, "b": (2.0, 0.5)}, xlabel="x", **words),
    "scatter": lambda **words: scatter(torch.rand(5, 2), torch.tensor([0, 1, 0, 1, 1]), ["0", "1"], **AXES, **words),
    "heatmap": lambda **words: heatmap(torch.eye(2), rows="ab", columns="cd", **AXES, **words),
}


def words_in(picture):
    return [text.get_text() for text in picture.axes[0].texts]


def boxes(picture):
    """Where the texts inside of the axes are drawn."""
    picture.canvas.draw()
    return [text.get_window_extent() for text in picture.axes[0].texts]


def luminance(colour):
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(first, second):
    light, dark = sorted((luminance(first), luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


# what all of them share


@pytest.mark.parametrize("name", DRAW)
def test_every_figure_is_a_described_picture(name):
    picture = DRAW[name](alt="  What it shows. ", title="A title")
    assert isinstance(picture, Picture) and isinstance(picture, Figure)
    assert b"Software" not in picture.to_png()
    assert picture.description == "What it shows."
    assert repr(picture) == "Picture: What it shows."
    assert picture.to_png().startswith(b"\x89PNG\r\n\x1a\n")
    assert picture.get_suptitle() == "A title"
    assert to_rgb(picture.get_facecolor()) == to_rgb(PAPER)
    assert DRAW[name](alt="x").get_suptitle() == ""


@pytest.mark.parametrize("alt", ["", "   ", "\n"])
@pytest.mark.parametrize("name", DRAW)
def test_a_description_is_not_optional(name, alt):
    with pytest.raises(ValueError, match="alt is empty"):
        DRAW[name](alt=alt)


@pytest.mark.parametrize("name", DRAW)
def test_drawing_opens_no_window_and_repeats(name):
    from matplotlib import pyplot

    torch.manual_seed(0)
    first = DRAW[name](alt="x").to_png()
    torch.manual_seed(0)
    assert DRAW[name](alt="x").to_png() == first
    assert pyplot.get_fignums() == []


def test_html_holds_the_escaped_description_and_the_picture():
    picture = DRAW["curves"](alt='5 < 6 & "so" <script>')
    page = picture._repr_html_()
    assert 'alt="5 &lt; 6 &amp; &quot;so&quot; &lt;script&gt;"' in page
    assert page.count("<") == 1
    assert f'width="{round(7.2 * 96)}"' in page and "max-width:100%" in page
    data = re.search(r'src="data:image/png;base64,([^"]+)"', page).group(1)
    assert base64.b64decode(data) == DRAW["curves"](alt="x").to_png()


def test_colours_can_be_read():
    assert all(contrast(colour, PAPER) >= 4.5 for colour in (*COLOURS, INK))
    assert len(set(COLOURS)) == len(COLOURS) == len(set(map(str, DASHES))) == len(set(MARKERS))


# curves


def test_curves_draw_what_they_were_given():
    picture = curves({"a": [3.0, 2.0, 1.0], "b": torch.tensor([1.0, 1.5])}, x=[10, 20, 40], alt="x", **AXES)
    first, second = picture.axes[0].lines
    assert first.get_xdata().tolist() == [10, 20, 40] and first.get_ydata().tolist() == [3, 2, 1]
    assert second.get_xdata().tolist() == [10, 20] and second.get_ydata().tolist() == [1, 1.5]
    assert words_in(picture) == ["a", "b"]
    assert [text.get_color() for text in picture.axes[0].texts] == list(COLOURS[:2])
    assert first.get_linestyle() != second.get_linestyle() and first.get_marker() != second.get_marker()
    assert (picture.axes[0].get_xlabel(), picture.axes[0].get_ylabel()) == ("epoch", "loss")
    assert curves({"a": [3.0, 2.0]}, alt="x", **AXES).axes[0].lines[0].get_xdata().tolist() == [1, 2]


def test_curves_take_tensors_that_need_gradients():
    assert curves({"a": torch.ones(3, requires_grad=True)}, alt="x", **AXES).to_png()


@pytest.mark.parametrize(
    ("count", "markers", "drawn"), [(12, None, True), (13, None, False), (13, True, True), (2, False, False)]
)
def test_markers(count, markers, drawn):
    line = curves({"a": [1.0] * count}, markers=markers, alt="x", **AXES).axes[0].lines[0]
    assert (line.get_marker() not in (None, "None", "")) == drawn


def test_a_band():
    axes = curves({"a": ([1.0, 2.0], [0.5, 0.25])}, alt="x", **AXES).axes[0]
    vertices = axes.collections[0].get_paths()[0].vertices
    assert {(1.0, 0.5), (1.0, 1.5), (2.0, 1.75), (2.0, 2.25)} <= {tuple(point) for point in vertices.tolist()}


CLOSE = {
    "equal": [1.0, 1.0, 1.0, 1.0],
    "nearly equal": [1.0, 1.001, 1.002, 0.999],
    "all high": [0.0, 1.0, 0.999, 0.998, 0.997],
    "all low": [1.0, 0.0, 0.001, 0.002],
    "two piles": [0.0, 0.0, 0.0, 1.0, 1.0, 1.0],
    "many": [i / 100 for i in range(10)],
    "apart": [0.0, 0.5, 1.0],
}


@pytest.mark.parametrize("title", ["", "A title"])
@pytest.mark.parametrize("ends", CLOSE.values(), ids=CLOSE)
def test_no_two_end_labels_overlap(ends, title):
    picture = curves({f"line {i}": [0.0, 1.0, end] for i, end in enumerate(ends)}, alt="x", title=title, **AXES)
    drawn = boxes(picture)
    for first, second in itertools.combinations(drawn, 2):
        assert not first.overlaps(second)
    frame = picture.axes[0].get_window_extent()
    middles = [(box.y0 + box.y1) / 2 for box in drawn]
    assert all(frame.y0 - 2 <= middle <= frame.y1 + 2 for middle in middles)
    assert all(box.x0 >= frame.x1 and box.x1 <= picture.bbox.x1 for box in drawn)
    order = sorted(range(len(ends)), key=lambda i: (ends[i], i))
    assert sorted(range(len(ends)), key=lambda i: middles[i]) == order


def test_long_names_have_room():
    picture = curves({"a line with quite a long name": [1.0, 2.0]}, alt="x", **AXES)
    assert boxes(picture)[0].x1 <= picture.bbox.x1


def test_labels_that_are_apart_stay_at_their_lines():
    picture = curves({"a": [0.0, 0.0], "b": [0.0, 0.5], "c": [0.0, 1.0]}, alt="x", **AXES)
    for line, box in zip(picture.axes[0].lines, boxes(picture), strict=True):
        end = picture.axes[0].transData.transform(line.get_xydata()[-1])[1]
        assert (box.y0 + box.y1) / 2 == pytest.approx(end, abs=6)


@pytest.mark.parametrize("values", [[1.0], [2.0, 2.0, 2.0], [0.0, 0.0], [-1.0, -2.0], [1.0, math.nan], [1e-9, 1e9]])
def test_curves_of_odd_values(values):
    picture = curves({"only": values}, alt="x", **AXES)
    assert picture.to_png() and words_in(picture) == ["only"]


def test_scales():
    axes = curves(
        {"a": [1.0, 10.0, 100.0]}, x=[1, 10, 50], log_x=True, log_y=True, ylim=(0.5, 200), alt="x", **AXES
    ).axes[0]
    axes.figure.canvas.draw()
    assert (axes.get_xscale(), axes.get_yscale(), axes.get_ylim()) == ("log", "log", (0.5, 200))
    assert [label.get_text() for label in axes.get_xticklabels()] == ["1", "10", "50"]
    assert curves({"a": [1.0] * 20}, x=range(1, 21), log_x=True, alt="x", **AXES).to_png()
    plain = curves({"a": [1.0, 2.0]}, alt="x", **AXES).axes[0]
    assert (plain.get_xscale(), plain.get_yscale()) == ("linear", "linear")


def test_loss_curves_leave_an_empty_validation_out():
    both = loss_curves({"train_loss": [2.0, 1.0], "val_loss": [2.0, 1.5]}, alt="x")
    assert words_in(both) == ["training", "validation"]
    assert (both.axes[0].get_xlabel(), both.axes[0].get_ylabel()) == ("epoch", "loss")
    assert words_in(loss_curves({"train_loss": [2.0], "val_loss": []}, alt="x")) == ["training"]


# the others


@pytest.mark.parametrize(
    ("count", "columns", "shape"), [(1, 8, (1, 1)), (3, 8, (1, 3)), (5, 2, (3, 2)), (8, 8, (1, 8))]
)
def test_image_grid_layout(count, columns, shape):
    picture = image_grid(torch.rand(count, 1, 6, 6), columns=columns, alt="x")
    assert len(picture.axes) == shape[0] * shape[1]
    assert [len(axes.images) for axes in picture.axes] == [1] * count + [0] * (len(picture.axes) - count)
    assert all(axes.axison == bool(axes.images) for axes in picture.axes)


def test_image_grid_draws_grey_colour_and_what_is_out_of_range():
    torch.manual_seed(0)
    grey, colour = torch.rand(1, 4, 6, requires_grad=True), 3 * torch.rand(3, 4, 6) - 1
    picture = image_grid([grey, colour], ["one\nline more", "two"], row_names=["row"], alt="x", title="t")
    first, second = (axes.images[0] for axes in picture.axes)
    assert torch.equal(torch.tensor(first.get_array().data), grey[0].detach())
    assert first.get_clim() == (0, 1) and first.get_cmap().name == "gray"
    assert torch.equal(torch.tensor(second.get_array().data), colour.permute(1, 2, 0).clamp(0, 1))
    assert [axes.get_title() for axes in picture.axes] == ["one\nline more", "two"]
    assert [axes.get_ylabel() for axes in picture.axes] == ["row", ""]
    assert picture.to_png()


def test_image_grid_names_each_row_once():
    picture = image_grid(torch.rand(4, 1, 4, 4), columns=2, row_names=["top", "bottom"], alt="x")
    assert [axes.get_ylabel() for axes in picture.axes] == ["top", "", "bottom", ""]


def test_image_grid_makes_room_for_lines_of_titles():
    heights = [
        image_grid(torch.rand(2, 1, 4, 4), titles, alt="x").get_figheight() for titles in (None, "ab", ["a\nb", "c"])
    ]
    assert heights == sorted(heights) and len(set(heights)) == 3
    wide, tall = (image_grid(torch.rand(1, 1, *size), alt="x").get_figheight() for size in ((4, 8), (8, 4)))
    assert wide < tall


def test_bars_write_their_numbers():
    picture = bars({"scratch": 57.04, "pretrained": (67.0, 3.21)}, xlabel="accuracy", alt="x")
    axes = picture.axes[0]
    assert words_in(picture) == ["57.0", "67.0 ± 3.2"]
    assert [patch.get_width() for patch in axes.patches] == [57.04, 67.0]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["scratch", "pretrained"]
    assert axes.yaxis_inverted() and axes.get_xlabel() == "accuracy"
    assert axes.lines[0].get_xdata() == pytest.approx([63.79, 70.21])
    assert axes.get_xlim() == (0, pytest.approx(1.18 * 70.21))
    assert words_in(bars({"a": 0.1234}, digits=3, xlabel="x", alt="x")) == ["0.123"]
    assert bars({"a": 0.5}, xlim=(0, 1), xlabel="x", alt="x").axes[0].get_xlim() == (0, 1)


@pytest.mark.parametrize("values", [{"a": 0.0}, {"a": -1.0, "b": -2.0}, {"a": -1.0, "b": 2.0}, {"a": (0.0, 0.5)}])
def test_bars_of_odd_values(values):
    picture = bars(values, xlabel="x", alt="x")
    low, high = picture.axes[0].get_xlim()
    assert all(low <= patch.get_x() + patch.get_width() <= high for patch in picture.axes[0].patches)
    assert picture.to_png()


def test_numbers_of_bars_stay_in_the_picture():
    picture = bars({"a": (90.0, 10.0), "b": 100.0, "c": (3.0, 0.5)}, xlabel="x", alt="x")
    assert all(box.x1 <= picture.bbox.x1 for box in boxes(picture))


def test_scatter_draws_class_names():
    points = torch.tensor([[0.0, 1.0], [2.0, 3.0], [4.0, 5.0]], requires_grad=True)
    picture = scatter(points, torch.tensor([1, 0, 1]), ["0", "1", "2"], alt="x", **AXES)
    drawn = [collection.get_offsets().tolist() for collection in picture.axes[0].collections]
    assert drawn == [[[2, 3]], [[0, 1], [4, 5]], []]
    assert picture.to_png()


def test_heatmap_writes_numbers_that_can_be_read():
    matrix = torch.tensor([[0.0, 5.0, 10.0], [1.0, 4.0, 9.0]])
    picture = heatmap(matrix, rows=["r", "s"], columns=["a", "b", "c"], alt="x", number="{:.1f}", **AXES)
    axes = picture.axes[0]
    assert words_in(picture) == ["0.0", "5.0", "10.0", "1.0", "4.0", "9.0"]
    assert [text.get_position() for text in axes.texts] == [(j, i) for i in range(2) for j in range(3)]
    assert [label.get_text() for label in axes.get_xticklabels()] == ["a", "b", "c"]
    assert [label.get_text() for label in axes.get_yticklabels()] == ["r", "s"]
    image = axes.images[0]
    for text, value in zip(axes.texts, matrix.flatten().tolist(), strict=True):
        assert contrast(text.get_color(), image.to_rgba(value)[:3]) >= 4.5


@pytest.mark.parametrize("matrix", [[[0.0]], [[3.0]], [[-2.0]], [[0.0, 0.0], [0.0, 0.0]], [[-1.0, -3.0]]])
def test_heatmap_of_odd_values(matrix):
    picture = heatmap(torch.tensor(matrix), rows="ab"[: len(matrix)], columns="cd"[: len(matrix[0])], alt="x", **AXES)
    assert picture.to_png()
    assert words_in(picture) == [f"{value:.0f}" for row in matrix for value in row]
    for text, value in zip(picture.axes[0].texts, itertools.chain(*matrix), strict=True):
        assert contrast(text.get_color(), picture.axes[0].images[0].to_rgba(value)[:3]) >= 4.5


@pytest.mark.parametrize("steps", [11, 41])
def test_every_shade_of_a_heatmap_can_be_read(steps):
    matrix = torch.linspace(0, 100, steps).view(1, -1)
    picture = heatmap(matrix, rows=["r"], columns=[""] * steps, alt="x", **AXES)
    image = picture.axes[0].images[0]
    for text, value in zip(picture.axes[0].texts, matrix[0].tolist(), strict=True):
        assert contrast(text.get_color(), image.to_rgba(value)[:3]) >= 4.0, value


def test_a_grid_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no image"):
        image_grid([], alt="Nothing.")


@pytest.mark.parametrize("name", DRAW)
def test_a_style_of_the_users_changes_nothing(name):
    torch.manual_seed(0)
    plain = DRAW[name](alt="x").to_png()
    torch.manual_seed(0)
    with matplotlib.rc_context(
        {"text.usetex": True, "axes.facecolor": "black", "text.color": "white", "font.size": 30}
    ):
        assert DRAW[name](alt="x").to_png() == plain


@pytest.mark.parametrize("name", ["50%", "a_b", "#1", "a$b$", "$", "^", "\\x"])
def test_class_names_are_text_and_no_mathematics(name):
    assert bars({name: 1.0, "b": 2.0}, xlabel="x", alt="x").to_png()
    points, labels = torch.rand(4, 2), torch.tensor([0, 0, 1, 1])
    assert scatter(points, labels, [name, "b"], xlabel="x", ylabel="y", alt="x").to_png()
    assert image_grid(torch.rand(1, 1, 8, 8), titles=[name], alt="x").to_png()


def test_letters_that_no_font_draws_are_told_in_one_line(monkeypatch, capsys):
    monkeypatch.setattr(picture, "style", lambda: picture.STYLE | {"font.family": ["DejaVu Sans"]})
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        image_grid(torch.rand(1, 1, 8, 8), titles=["\u732b"], alt="x").to_png()
    told = capsys.readouterr().out
    assert "\u732b" in told and told.count("\n") == 1


def test_a_picture_is_stored_as_png_too_and_drawn_once(monkeypatch):
    drawn = image_grid(torch.rand(1, 1, 8, 8), alt="x")
    monkeypatch.setattr(drawn, "savefig", lambda *a, real=drawn.savefig, **k: (counted.append(1), real(*a, **k)))
    counted = []
    assert drawn._repr_png_().startswith(b"\x89PNG") and "data:image/png" in drawn._repr_html_()
    assert counted == [1]


def test_two_pictures_at_once_leave_the_style_as_it_was():
    import threading

    import matplotlib

    before = dict(matplotlib.rcParams)
    pictures = [threading.Thread(target=lambda: bars({"a": 1.0}, xlabel="x", alt="One bar.")) for _ in range(8)]
    for thread in pictures:
        thread.start()
    for thread in pictures:
        thread.join()
    assert dict(matplotlib.rcParams) == before
