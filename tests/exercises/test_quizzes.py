"""Quizzes: read from Markdown, five questions each, feedback for every option, nothing that gives the answer away."""

import ast
import json
import math
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from helpers.exercises import quiz, quizzes
from helpers.exercises.quizzes import Quiz, questions_of

PAGES = sorted(int(path.stem.removeprefix("quiz")) for path in quizzes.FOLDER.glob("quiz*.md"))
QUESTIONS = [question for page in PAGES for question in questions_of(page)]
NOTEBOOKS = Path(__file__).parent.parent.parent / "notebooks"
RATIO, SHORT = 1.25, 16  # the longest option to the shortest, in characters; below SHORT a length says nothing
BY_CHANCE = 0.05  # how rarely chance alone would do what is told as a fault


class Balanced(HTMLParser):
    """Counts tags that are opened and not closed."""

    def __init__(self):
        super().__init__()
        self.open = []

    def handle_starttag(self, tag, attrs):
        if tag != "br":
            self.open.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag


class AnyNumber(dict):
    """Any number that a question may speak of."""

    def __missing__(self, name):
        return "7"


@pytest.mark.parametrize("page", PAGES)
def test_a_quiz_has_five_questions_of_four_options_with_feedback_for_each(page):
    questions = questions_of(page)
    assert len(questions) == 5 and len({question.ask for question in questions}) == 5
    for question in questions:
        options = question.options
        assert [option.right for option in options].count(True) == 1, question.ask
        assert len(options) == 4 and len({option.text for option in options}) == 4, question.ask
        for option in options:
            assert re.fullmatch(r"[A-Z`*{0-9].*[.]", option.feedback) and len(option.feedback.split()) >= 6, option
            assert not re.search(r"\b(wrong again|of course|obviously|careless|simply|just read)\b", option.feedback), (
                option
            )
        assert question.ask.endswith("?") and len({option.text.endswith(".") for option in options}) == 1, question.ask
    parser = Balanced()
    parser.feed(Quiz(questions, AnyNumber())._repr_html_())
    assert parser.open == []


@pytest.mark.parametrize("page", PAGES)
def test_each_number_that_a_question_speaks_of_is_passed_by_the_page(page):
    notebook = json.loads(next(NOTEBOOKS.glob(f"{page:02}_*.ipynb")).read_text(encoding="utf-8"))
    source = next(
        s for s in ("".join(cell["source"]) for cell in notebook["cells"]) if re.match(rf"quiz\(\s*{page}\b", s)
    )
    passed = {keyword.arg for keyword in ast.parse(source).body[0].value.keywords}
    text = (quizzes.FOLDER / f"quiz{page:02}.md").read_text(encoding="utf-8")
    assert set(re.findall(r"{(\w+)}", text)) <= passed


def test_the_options_of_a_question_are_alike_in_length():
    for question in QUESTIONS:
        lengths = [max(len(option.text), SHORT) for option in question.options]
        assert max(lengths) <= RATIO * min(lengths), (question.ask, lengths)


def at_most_by_chance(total, chance):
    """The largest number of hits in so many tries that chance exceeds in at most BY_CHANCE of all cases."""
    below = 0.0
    for hits in range(total + 1):
        below += math.comb(total, hits) * chance**hits * (1 - chance) ** (total - hits)
        if below >= 1 - BY_CHANCE:
            return hits
    raise AssertionError("the chances add up to 1")


def test_what_chance_allows():
    assert at_most_by_chance(40, 0.25) == 15 and at_most_by_chance(4, 0.5) == 4 and at_most_by_chance(5, 0.5) == 4


def hits(score):
    """In how many questions the right option is first by this score; of several that are first each has its share."""
    total = 0.0
    for question in QUESTIONS:
        scores = {option: score(option, question) for option in question.options}
        first = [option for option in question.options if scores[option] == max(scores.values())]
        total += sum(option.right for option in first) / len(first)
    return total


def likeness(option, question):
    """How many words an option shares with the others: the right one is often the pattern of the wrong ones."""
    words = set(option.text.split())
    return sum(len(words & set(other.text.split())) for other in question.options if other != option)


@pytest.mark.parametrize(
    "guess",
    [
        lambda option, question: len(option.text),
        lambda option, question: -len(option.text),
        lambda option, question: len(option.text.split()),
        lambda option, question: likeness(option, question),
        lambda option, question: -likeness(option, question),
        lambda option, question: len(set(option.text.lower().split()) & set(question.ask.lower().split())),
        lambda option, question: (
            -len(re.findall(r"\b(all|always|any|each|every|never|no|none|nothing|only)\b", option.text))
        ),
        lambda option, question: -question.options.index(option),
        lambda option, question: question.options.index(option) == 1,
        lambda option, question: question.options.index(option) == 2,
        lambda option, question: question.options.index(option),
    ],
    ids=["longest", "shortest", "wordiest", "like", "unlike", "echo", "soft", "first", "second", "third", "last"],
)
def test_a_reader_who_goes_by_looks_does_no_better_than_chance(guess):
    assert hits(guess) <= at_most_by_chance(len(QUESTIONS), 1 / 4)


def test_without_scripts_the_count_stays_hidden_and_the_answers_open():
    shown = re.sub(r"<script>.*?</script>", "", Quiz(questions_of(1), {})._repr_html_(), flags=re.DOTALL)
    assert shown.count("<details") == shown.count("<summary") == 20
    assert re.search(r'<p [^>]*role="status" hidden></p>', shown)


def test_a_quiz_needs_the_numbers_it_speaks_of_and_escapes_them(tmp_path, monkeypatch):
    monkeypatch.setattr(quizzes, "FOLDER", tmp_path)
    (tmp_path / "quiz99.md").write_text("## Is it {gain}?\n\n+ yes\n  It is {gain}.\n- no\n  It is.\n")
    with pytest.raises(KeyError):
        quiz(99)
    shown = quiz(99, gain="<b>")
    assert "&lt;b&gt;" in shown._repr_html_()
    assert "<b>" not in shown._repr_html_()
    assert repr(shown) == "Quiz of 1 questions"


def test_a_file_is_read_line_by_line(tmp_path, monkeypatch):
    monkeypatch.setattr(quizzes, "FOLDER", tmp_path)
    (tmp_path / "quiz99.md").write_text(
        "## Why?\n\n+ a\n  yes, a b\n  c d\n- b\n  no\n\n## How?\n\n- c\n  no\n+ d\n  yes\n"
    )
    why, how = questions_of(99)
    assert (why.ask, how.ask) == ("Why?", "How?") and questions_of(99) == (why, how)
    assert {(o.text, o.feedback, o.right) for o in why.options} == {("a", "yes, a b c d", True), ("b", "no", False)}


@pytest.mark.parametrize("line", ["a stray line", "+ before any question"])
def test_a_stray_line_is_named(tmp_path, monkeypatch, line):
    monkeypatch.setattr(quizzes, "FOLDER", tmp_path)
    (tmp_path / "quiz99.md").write_text(f"{line}\n")
    with pytest.raises(ValueError, match=r"quiz99\.md, line 1"):
        questions_of(99)
