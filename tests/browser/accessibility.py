"""axe-core on a page: violations of WCAG level A and AA in what is ours."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# What others bring, and a page cannot mend; axe does not look there.
NOT_OURS = [
    ".highlight",  # nbconvert's code: its colours, and boxes that scroll sideways
    ".jp-InputPrompt",  # the grey In [1] and Out [1]
    ".jp-OutputPrompt",
    ".noUi-handle",  # ipywidgets' sliders have no name; a labelled field stands beside each
]


def violations(page: object, scope: list[str]) -> list[str]:
    """What axe finds inside the selectors of `scope`, but for what others bring: a line each."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))  # runs even where the page's policy refuses script tags
    return page.evaluate(
        """async ([scope, levels, notOurs]) => {
            const include = scope.filter(s => document.querySelector(s)).map(s => [s]);
            const exclude = notOurs.map(s => [s]);
            const options = {runOnly: {type: 'tag', values: levels}, resultTypes: ['violations']};
            const result = await axe.run({include, exclude}, options);
            return result.violations.flatMap(v => v.nodes.map(
                node => `${v.id} (${v.impact}): ${node.target.join(' ')}  ${node.html.slice(0, 160)}`,
            ));
        }""",
        [scope, LEVELS, NOT_OURS],
    )
