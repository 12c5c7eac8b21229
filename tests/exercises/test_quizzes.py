"""Quizzes: read from Markdown, five questions each, feedback for every option, balanced HTML."""

from html.parser import HTMLParser

import pytest

from helpers.exercises import quiz, quizzes
from helpers.exercises.quizzes import Quiz, questions_of

PAGES = sorted(int(path.stem.removeprefix("quiz")) for path in quizzes.FOLDER.glob("quiz*.md"))


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
def test_a_quiz_has_five_questions_each_with_feedback_for_every_option(page):
    questions = questions_of(page)
    assert len(questions) == 5 and len({question.ask for question in questions}) == 5
    for question in questions:
        options = question.options
        right = [option for option in options if option.right]
        if "choose all" in question.ask.casefold():
            assert len(right) >= 2
        else:
            assert len(right) == 1, question.ask
        assert len(options) >= 3 and len({option.text for option in options}) == len(options)
        assert all(len(option.feedback.split()) >= 4 for option in options), question.ask
    parser = Balanced()
    parser.feed(Quiz(questions, AnyNumber())._repr_html_())
    assert parser.open == []


def test_the_right_answer_is_not_always_in_the_same_place():
    places = set()
    for page in PAGES:
        for question in questions_of(page):
            places.add([option.right for option in question.options].index(True))
    assert len(places) >= 3


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
