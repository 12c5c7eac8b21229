"""A picture: a matplotlib figure that is described in words, in the course's own style.

The background is opaque, so that a figure reads the same in JupyterLab's light and dark theme.
Colours differ in lightness as well as hue. A style or a matplotlibrc of your own changes nothing.
"""

from __future__ import annotations

import base64
import functools
import html
import io
import re
import threading
import warnings
from collections.abc import Callable

import matplotlib
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.font_manager import fontManager
from PIL import Image

INK, PAPER, RULE = "#1f1f1f", "#fdfdfc", "#8c8c8c"
COLOURS = ("#005f9e", "#b34700", "#00694a", "#8f2d6b", "#4d4d4d", "#7a5c00")  # each 4.5:1 or more on PAPER
DPI = 130
DRAWING = threading.RLock()  # an explorer may draw beside a running cell, and the style is matplotlib's global one


STYLED = ("axes", "figure", "font", "grid", "image", "lines", "patch", "path", "savefig", "scatter", "text", "xtick")
STYLE = {name: value for name, value in matplotlib.rcParamsDefault.items() if name.startswith((*STYLED, "ytick"))}
EAST_ASIAN = ("CJK", "WenQuanYi", "SimHei", "YaHei", "PingFang", "Hiragino", "Heiti", "Malgun", "Yu Gothic")  # fonts


@functools.cache
def style() -> dict[str, object]:
    """matplotlib's defaults; text is taken as it is, also `$`; with an East Asian font where there is one."""
    names = sorted({font.name for font in fontManager.ttflist if any(name in font.name for name in EAST_ASIAN)})
    return STYLE | {"text.parse_math": False, "font.family": ["DejaVu Sans", *names[:1]]}


def plain_style(draw: Callable) -> Callable:
    """`draw` in the course's own style, whatever style is in use around it."""

    @functools.wraps(draw)
    def drawn(*args: object, **options: object) -> object:
        with DRAWING, matplotlib.rc_context(style()):
            return draw(*args, **options)

    return drawn


def name_axes(axes: Axes, xlabel: str, ylabel: str) -> None:
    """Names at the axes, and no box around them."""
    axes.set_facecolor(PAPER)
    axes.set_xlabel(xlabel, fontsize=10, color=INK)
    axes.set_ylabel(ylabel, fontsize=10, color=INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)


class Picture(Figure):
    """A matplotlib Figure with a description in words; a notebook shows both."""

    description: str = ""
    _png: bytes | None = None

    @plain_style
    def savefig(self, *args: object, **options: object) -> None:
        """As matplotlib's; characters that no font here can draw are told in one plain line."""
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            super().savefig(*args, **options)
        missing = {found.group(1) for w in caught if (found := re.search(r"Glyph (\d+) .*missing", str(w.message)))}
        if missing:
            letters = "".join(sorted(chr(int(code)) for code in missing))
            print(f"No font on this computer draws {letters}: boxes stand instead. Noto Sans CJK would draw them.")

    def to_png(self) -> bytes:
        """The picture as PNG bytes, with 256 colours at most: a third of the size; drawn once."""
        if self._png is None:
            drawn, small = io.BytesIO(), io.BytesIO()
            self.savefig(drawn, format="png", metadata={"Software": None})
            Image.open(drawn).convert("RGB").quantize(256).save(small, format="png", optimize=True)
            self._png = small.getvalue()
        return self._png

    def _repr_png_(self) -> bytes:  # for LaTeX and PDF; whoever shows HTML takes the other one, which has words
        return self.to_png()

    def _repr_html_(self) -> str:
        source = base64.b64encode(self.to_png()).decode()
        width = round(self.get_figwidth() * 96)
        alt = html.escape(self.description)
        return f'<img alt="{alt}" width="{width}" style="max-width:100%" src="data:image/png;base64,{source}">'

    def __repr__(self) -> str:
        return f"Picture: {self.description}"
