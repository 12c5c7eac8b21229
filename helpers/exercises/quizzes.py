"""Quizzes that explain: five questions per page, each answer opens to say why it is right or wrong.

The questions are Markdown files beside the judges, quizNN.md:

    ## The question, which may hold the {names} of numbers that the page passes in

    + the right option
      what to say about it
    - a wrong option
      what to say about it

They are shown as plain HTML (`details`), so they work without a kernel, in an exported page and by keyboard.
A short script counts the questions whose first opened option was right. JupyterLab removes scripts, styles and
inputs from a page that it does not trust yet; there the line with the count stays hidden, and the rest works.
"""

from __future__ import annotations

import random
from dataclasses import dataclass
from pathlib import Path

from helpers.exercises.notes import to_html

FOLDER = Path(__file__).parent
COUNT = """<p class="course-quiz-count" role="status" hidden></p><script>
document.querySelectorAll(".course-quiz:not([data-counts])").forEach(quiz => {
  quiz.dataset.counts = "";
  const said = quiz.querySelector(".course-quiz-count");
  const questions = [...quiz.querySelectorAll("ol > li")];
  const tell = () => {
    const tried = questions.filter(question => question.dataset.first);
    const right = tried.filter(question => question.dataset.first === "right").length;
    const left = questions.length - tried.length;
    const count = `${right} of ${tried.length} at the first try`;
    said.textContent = tried.length === 0 ? "The count of first tries will stand here."
      : left === 0 ? `${count}.` : `${count}, ${left} to go.`;
  };
  quiz.addEventListener("click", event => {  // Enter and Space click, too
    const option = event.target.closest("summary")?.parentElement;
    const question = option?.closest("li");
    if (!question || question.dataset.first) return;
    question.dataset.first = option.dataset.option;
    tell();
  });
  said.hidden = false;
  tell();
});
</script>"""  # finds its quiz by class: who shows an output may run its scripts in another place


@dataclass(frozen=True)
class Option:
    """One option of a question, and what to say about it."""

    text: str
    feedback: str
    right: bool


@dataclass(frozen=True)
class Question:
    """One question with its options, in a fixed random order."""

    ask: str
    options: tuple[Option, ...]


@dataclass(frozen=True)
class Quiz:
    """The questions of a page, with the page's numbers in place."""

    questions: tuple[Question, ...]
    numbers: dict[str, object]

    def __repr__(self) -> str:
        return f"Quiz of {len(self.questions)} questions"

    def _repr_html_(self) -> str:
        questions = "".join(map(self._question, self.questions))
        return f'<div class="course-quiz"><ol style="padding-left:1.4em">{questions}</ol>{COUNT}</div>'

    def _question(self, question: Question) -> str:
        options = "".join(map(self._option, question.options))
        return f'<li style="margin-bottom:1.2em"><p>{self._fill(question.ask)}</p>{options}</li>'

    def _option(self, option: Option) -> str:
        verdict = "right" if option.right else "wrong"
        return (
            f'<details data-option="{verdict}">'
            f'<summary style="padding:0.3em 0;cursor:pointer">{self._fill(option.text)}</summary>'
            f'<p style="margin:0.2em 0 0.6em 1.2em"><strong>{verdict.capitalize()}.</strong> '
            f"{self._fill(option.feedback)}</p></details>"
        )

    def _fill(self, text: str) -> str:
        return to_html(text.format_map(self.numbers))


def quiz(page: int, **numbers: object) -> Quiz:
    """The questions of a page; click an answer to see whether it is right, and why.

    Args:
        numbers: results of the page that the questions speak of.

    Raises:
        KeyError: a number that a question speaks of is missing.
    """
    shown = Quiz(questions_of(page), numbers)
    shown._repr_html_()  # a missing number is told here, not when it is shown
    return shown


def questions_of(page: int) -> tuple[Question, ...]:
    """The questions of a page, read from its Markdown file.

    Raises:
        FileNotFoundError: the page has no quiz.
        ValueError: a line that belongs to no question or option, named with its file.
    """
    path = FOLDER / f"quiz{page:02}.md"
    questions: list[tuple[str, list[Option]]] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if line.startswith("## "):
            questions.append((line[3:], []))
        elif line[:2] in ("+ ", "- ") and questions:
            questions[-1][1].append(Option(line[2:], "", right=line[0] == "+"))
        elif line.startswith("  ") and questions and questions[-1][1]:
            option = questions[-1][1].pop()
            questions[-1][1].append(Option(option.text, f"{option.feedback} {line.strip()}".strip(), option.right))
        elif line.strip():
            raise ValueError(f"{path.name}, line {number}: neither a question (##) nor an option (+ or -): {line!r}")
    return tuple(Question(ask, _in_random_order(ask, options)) for ask, options in questions)


def _in_random_order(ask: str, options: list[Option]) -> tuple[Option, ...]:
    """Shuffled by the question's own text: the same order every time."""
    shuffled = sorted(options, key=lambda option: option.text)
    random.Random(ask).shuffle(shuffled)
    return tuple(shuffled)
