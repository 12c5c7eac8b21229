"""axe-core on a page: violations of WCAG level A and AA in what is ours."""

from __future__ import annotations

from pathlib import Path

import axe_playwright_python

AXE = Path(axe_playwright_python.__file__).parent / "axe.min.js"
LEVELS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]

# What others bring, and a page cannot mend: the rule, where it stands (CSS), the reason.
NOT_OURS = [
    ("aria-input-field-name", ".noUi-handle", "ipywidgets' sliders have no name; a labelled field stands beside each"),
    ("color-contrast", ".highlight", "nbconvert's colours of code"),
    ("scrollable-region-focusable", ".highlight pre", "nbconvert's boxes of code that scroll sideways"),
    ("color-contrast", ".jp-InputPrompt, .jp-OutputPrompt", "the grey In [1] and Out [1]"),
]


def violations(page: object, scope: list[str]) -> tuple[list[str], list[str]]:
    """What axe finds inside the selectors of `scope`: (ours, what others bring), a line each."""
    if not page.evaluate("() => Boolean(window.axe)"):
        page.evaluate(AXE.read_text(encoding="utf-8"))  # runs even where the page's policy refuses script tags
    found = page.evaluate(
        """async ([scope, levels, notOurs]) => {
            const include = scope.filter(s => document.querySelector(s)).map(s => [s]);
            const options = {runOnly: {type: 'tag', values: levels}, resultTypes: ['violations'], elementRef: true};
            const result = await axe.run({include}, options);
            return result.violations.flatMap(v => v.nodes.map(node => [
                notOurs.some(([rule, where]) => rule === v.id && node.element.closest(where)),
                `${v.id} (${v.impact}): ${node.target.join(' ')}  ${node.html.slice(0, 160)}`,
            ]));
        }""",
        [scope, LEVELS, NOT_OURS],
    )
    return [line for theirs, line in found if not theirs], [line for theirs, line in found if theirs]
