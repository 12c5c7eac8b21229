"""A `Note`: a short message to the learner, as text and as HTML that reads in both themes."""

from __future__ import annotations

import html
import itertools
import re
from dataclasses import dataclass

COLOURS = {  # of the line at the left; the heading says the same in words
    "Correct": "#00694a",
    "Not yet": "#b34700",
    "Your code raised an error": "#b34700",
}


@dataclass(frozen=True)
class Note:
    """A heading and a text; `code` is shown below as it is, and `after` below that."""

    heading: str
    text: str
    code: str = ""
    after: str = ""

    def __repr__(self) -> str:
        return "\n\n".join(part for part in (f"{self.heading}. {self.text}".rstrip(), self.code, self.after) if part)

    def _repr_html_(self) -> str:
        colour = COLOURS.get(self.heading, "#6b6b6b")
        code = f'<pre style="margin:0.5em 0 0">{html.escape(self.code)}</pre>' if self.code else ""
        after = f'<div style="margin-top:0.5em">{to_html(self.after)}</div>' if self.after else ""
        return (
            f'<div style="border-left:4px solid {colour};padding:0.3em 0 0.3em 0.8em;margin:0.3em 0">'
            f"<strong>{html.escape(self.heading)}.</strong> {to_html(self.text)}{code}{after}</div>"
        )


def to_html(text: str) -> str:
    """Plain text as HTML: escaped, `code` between backticks, *stress* between stars, line ends kept."""
    parts = html.escape(text, quote=False).replace("\n", "<br>").split("`")  # every second part is code
    stressed = [re.sub(r"\*(\w[^*]*\w|\w)\*", r"<em>\1</em>", part) for part in parts[::2]]
    code = [f"<code>{part}</code>" for part in parts[1::2]]
    return "".join(piece for pair in itertools.zip_longest(stressed, code, fillvalue="") for piece in pair)
