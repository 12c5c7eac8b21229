"""Quizzes that explain: five questions a page, each answer opens to say why it is right or wrong.

They are plain HTML (`details`), so they work without a kernel, in an exported page and by keyboard.
"""

from __future__ import annotations

import importlib
import random
from dataclasses import dataclass

from helpers.exercises.notes import to_html

Option = tuple[str, str]  # what it says, and what to say about it


@dataclass(frozen=True)
class Question:
    """One question; all texts may hold {names} of numbers that the page passes in."""

    ask: str
    right: Option | tuple[Option, ...]  # several only where the question says "choose all"
    wrong: tuple[Option, ...]

    def options(self) -> list[tuple[str, str, bool]]:
        """Text, feedback and whether it is right, in a fixed random order."""
        right = (self.right,) if isinstance(self.right[0], str) else self.right
        options = [(*option, True) for option in right] + [(*option, False) for option in self.wrong]
        random.Random(self.ask).shuffle(options)
        return options


@dataclass(frozen=True)
class Quiz:
    """The questions of a page, with the page's numbers in place."""

    questions: tuple[Question, ...]
    numbers: dict[str, object]

    def __repr__(self) -> str:
        return f"Quiz of {len(self.questions)} questions"

    def _repr_html_(self) -> str:
        return f'<ol style="padding-left:1.4em">{"".join(map(self._question, self.questions))}</ol>'

    def _question(self, question: Question) -> str:
        options = "".join(
            f'<details><summary style="padding:0.3em 0;cursor:pointer">{self._fill(text)}</summary>'
            f'<p style="margin:0.2em 0 0.6em 1.2em"><strong>{"Right" if right else "Wrong"}.</strong> '
            f"{self._fill(feedback)}</p></details>"
            for text, feedback, right in question.options()
        )
        return f'<li style="margin-bottom:1.2em"><p>{self._fill(question.ask)}</p>{options}</li>'

    def _fill(self, text: str) -> str:
        return to_html(text.format_map(self.numbers))


def quiz(page: int, **numbers: object) -> Quiz:
    """The questions of a page; click an answer to see whether it is right, and why.

    Args:
        numbers: results of the page that the questions speak of.

    Raises:
        KeyError: a number that a question speaks of is missing.
    """
    questions = importlib.import_module(f"helpers.exercises.page{page:02}").QUIZ
    shown = Quiz(questions, numbers)
    shown._repr_html_()  # a missing number is told here, not when it is shown
    return shown
