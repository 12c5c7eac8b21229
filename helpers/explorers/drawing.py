"""Draw a digit with the mouse or a finger, and let models say what they see.

The strokes are kept as points; `rasterise` makes an image of them the way the digits of MNIST were
made. What a model gets is therefore known to Python alone, and a test can draw without a browser.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import ipywidgets
import torch
import torch.nn.functional as F
from ipycanvas import Canvas, hold_canvas
from ipywidgets import Button, HBox
from PIL import Image, ImageDraw
from torch import Tensor, nn

from helpers.data import LabelledImages
from helpers.explorers.base import BLUE, Explorer, Scene, few_ticks, follow_pointer, new_scene, show_image
from helpers.picture import name_axes, plain_style
from helpers.plots import INK, RULE

SIZE = 280  # pixels of the canvas, each way
INK_WIDTH = 22  # pixels
NOTHING = '<p class="words">Nothing is drawn yet. Draw a digit in the black square, or press "Example".</p>'
Stroke = list[tuple[float, float]]  # points (x, y) in pixels of the canvas


def rasterise(strokes: Sequence[Stroke]) -> Tensor:
    """An image (1, 32, 32) from 0 to 1 of some strokes, made as MNIST's digits were.

    The drawing is scaled so that its longer side takes 20 pixels, and its centre of mass is put in
    the middle of 28 x 28, with a border of 2 as in `images.digits`. No stroke gives black.

    Example:
        >>> from helpers.explorers.drawing import rasterise
        >>> rasterise([[(140, 40), (140, 240)]]).shape
        torch.Size([1, 32, 32])

    Source: LeCun et al. 1998, "Gradient-based learning applied to document recognition", section III.A.
    """
    paper = Image.new("L", (SIZE, SIZE))
    pen = ImageDraw.Draw(paper)
    radius = INK_WIDTH / 2
    for stroke in strokes:
        pen.line([tuple(point) for point in stroke], fill=255, width=INK_WIDTH, joint="curve")
        for x, y in stroke:
            pen.ellipse((x - radius, y - radius, x + radius, y + radius), fill=255)
    box = paper.getbbox()
    if box is None:
        return torch.zeros(1, 32, 32)
    drawn = paper.crop(box)
    scale = 20 / max(drawn.size)
    small = drawn.resize([max(1, round(side * scale)) for side in drawn.size], Image.Resampling.BOX)
    pixels = torch.frombuffer(bytearray(small.tobytes()), dtype=torch.uint8).view(small.height, small.width) / 255
    rows, columns = torch.arange(small.height) + 0.5, torch.arange(small.width) + 0.5
    top = round(16 - ((pixels.sum(1) * rows).sum() / pixels.sum()).item())
    left = round(16 - ((pixels.sum(0) * columns).sum() / pixels.sum()).item())
    top, left = min(max(top, 0), 32 - small.height), min(max(left, 0), 32 - small.width)
    return F.pad(pixels[None], (left, 32 - small.width - left, top, 32 - small.height - top))


@plain_style
def answers_picture(image: Tensor, probs: Mapping[str, Tensor]) -> Scene:
    """Pages 01 and 07: a drawing as the models see it, and what each says.

    Args:
        image: (1, H, W) from 0 to 1.
        probs: name of a model -> its probabilities, one for each class.
    """
    told = []
    for name, p in probs.items():
        first, *others = [f"{i} ({100 * p[i]:.0f} %)" for i in p.topk(min(3, len(p))).indices.tolist()]
        told.append(f"{name} says {first}" + (f", then {', '.join(others)}." if others else "."))
    picture = new_scene(7.2, 2.4, " ".join(told))
    show_image(picture.add_axes((0.0, 0.1, 0.28, 0.75)), image[0])
    picture.text(0.14, 0.9, "what the models see", ha="center", fontsize=10, color=INK)
    for place, (name, p) in enumerate(probs.items()):
        axes = picture.add_axes((0.35 + 0.34 * place, 0.2, 0.28, 0.65))
        axes.bar(range(len(p)), p.tolist(), color=[BLUE if i == p.argmax() else RULE for i in range(len(p))])
        axes.set_ylim(0, 1)
        axes.set_title(name, fontsize=10)
        few_ticks(axes, range(0, len(p), -(-len(p) // 10)), (0, 0.5, 1))  # ten at most
        name_axes(axes, "digit" if len(p) == 10 else "class", "probability" if place == 0 else "")
    return picture


def drawing_pad(models: Mapping[str, nn.Module], examples: LabelledImages) -> Explorer:
    """A canvas to draw a digit on, and below it what each of two models sees.

    The button "Example" shows the next of `examples` instead, for who cannot draw.

    Args:
        models: name -> a model that gives logits for an image (1, 1, 32, 32), ten where it reads digits.
    """
    canvas = Canvas(width=SIZE, height=SIZE, layout={"width": f"{SIZE}px", "border": "1px solid gray"})
    clear, example = Button(description="Clear"), Button(description="Example")
    picture = ipywidgets.HTML(NOTHING)
    strokes: list[Stroke] = []
    drawing, shown = False, -1

    def blank() -> None:
        strokes.clear()
        canvas.fill_style = "black"
        canvas.fill_rect(0, 0, SIZE, SIZE)

    def ask(image: Tensor) -> None:
        with torch.no_grad():
            probs = {name: model.eval()(image[None]).softmax(dim=1)[0] for name, model in models.items()}
        picture.value = answers_picture(image, probs)._repr_html_()

    def begin(x: float, y: float) -> None:
        nonlocal drawing
        drawing = True
        strokes.append([(x, y)])
        dot(x, y)

    def move(x: float, y: float) -> None:
        if not drawing:
            return
        before = strokes[-1][-1]
        strokes[-1].append((x, y))
        with hold_canvas():
            canvas.stroke_style, canvas.line_width = "white", INK_WIDTH
            canvas.stroke_line(*before, x, y)
            dot(x, y)

    def end(*_: object) -> None:
        nonlocal drawing
        if drawing:
            drawing = False
            ask(rasterise(strokes))

    def dot(x: float, y: float) -> None:
        canvas.fill_style = "white"
        canvas.fill_circle(x, y, INK_WIDTH / 2)

    def on_clear(_: object) -> None:
        blank()
        picture.value = NOTHING

    def on_example(_: object) -> None:
        nonlocal shown
        shown = (shown + 1) % len(examples)
        blank()
        image = examples.images[shown]
        pixels = F.interpolate(image[None], size=SIZE)[0].mul(255).byte()  # (1, SIZE, SIZE)
        canvas.put_image_data(pixels.expand(3, -1, -1).permute(1, 2, 0).numpy(), 0, 0)
        ask(image)

    blank()
    follow_pointer(canvas, begin, move, end)
    clear.on_click(on_clear)
    example.on_click(on_example)
    box = Explorer([canvas, HBox([clear, example]), picture])
    box.canvas, box.clear, box.example, box.picture = canvas, clear, example, picture
    box.begin, box.move, box.end = begin, move, end
    return box
