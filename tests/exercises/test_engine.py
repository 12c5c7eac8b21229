"""What all exercises share: the four outcomes, the time limit, copies, progress, predictions and quizzes."""

import ctypes
import re
import subprocess
import sys
import time
from dataclasses import replace

import pytest
import torch

from helpers.exercises import check, engine, page01, progress, reveal
from helpers.exercises.engine import Exercise, Wrong, compare
from helpers.exercises.notes import Note, to_html
from helpers.exercises.progress import file, solved


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


@pytest.fixture
def double(monkeypatch):
    """An exercise "9.1" whose right answer doubles a tensor; its judge keeps what it passed in."""
    inputs = torch.arange(3.0)

    def judge(answer):
        compare(answer(inputs), 2 * torch.arange(3.0), "three numbers", {"That squares.": torch.arange(3.0) ** 2})

    def solution(x):
        return 2 * x

    exercise = Exercise(judge, solution, "Because.", "Look.", ("a", "b"), seconds=0.3)
    monkeypatch.setattr(engine, "exercises_of", lambda page: {"9.1": exercise})
    return inputs


def test_the_four_outcomes(double):
    def stub(x):
        """What to do."""

    assert check("9.1", stub).heading == "Not attempted"
    assert check("9.1", lambda x: ...).heading == "Not attempted"
    assert check("9.1", ...).heading == check("9.1", None).heading == "Not attempted"
    assert check("9.1", lambda x: x + x).heading == "Correct"
    assert check("9.1", lambda x: x * x) == Note("Not yet", "That squares.")
    assert check("9.1", lambda x: 1 / 0).heading == "Your code raised an error"


def test_forgetting_to_return_is_not_the_same_as_not_attempting(double):
    def forgets(x):
        x * 2

    assert "`return` missing" in check("9.1", forgets).text


def test_a_result_that_no_judge_expects_is_no_crash(monkeypatch):
    def judge(answer):
        len(answer())

    monkeypatch.setitem(engine.exercises_of(1), "1.1", replace(engine.find("1.1"), judge=judge))
    assert "of another kind" in check("1.1", lambda: 3).text


def test_a_result_instead_of_the_function_is_explained(double):
    assert "without brackets" in check("9.1", torch.ones(3)).text


def test_a_stub_with_code_is_recognised_and_a_mended_one_judged(monkeypatch, double):
    def stub(x):
        return x * x

    def same_code_elsewhere(x):
        """Another docstring."""
        return x * x

    exercise = engine.exercises_of(9)["9.1"]
    changed = Exercise(**{**exercise.__dict__, "unfinished": stub})
    monkeypatch.setattr(engine, "exercises_of", lambda page: {"9.1": changed})
    assert check("9.1", same_code_elsewhere).heading == "Not attempted"
    assert check("9.1", lambda x: x**2).text == "That squares."
    assert check("9.1", lambda x: x * 2).heading == "Correct"


def test_an_error_names_the_learners_line_and_nothing_of_ours(double):
    def answer(x):
        y = x + 1
        return y.no_such_thing

    text = check("9.1", answer).text
    assert "AttributeError" in text and "return y.no_such_thing" in text
    assert "engine.py" not in text and "Traceback" not in text


def test_too_many_parameters_are_told_without_a_line(double):
    assert "missing 1 required positional argument" in check("9.1", lambda x, y: x).text


@pytest.mark.parametrize("catches", [False, True])
def test_an_endless_loop_ends_and_python_lives_on(double, catches):
    def endless(x):
        while True:
            try:
                x = x + 0
            except:  # noqa: E722  as a learner might write
                if not catches:
                    raise

    start = time.perf_counter()
    note = check("9.1", endless)
    assert time.perf_counter() - start < 5
    if not catches:
        assert note.heading == "Your code raised an error" and "did not end within 0.3 seconds" in note.text
    assert check("9.1", lambda x: 2 * x).heading == "Correct"


def test_a_returned_network_that_never_ends_is_stopped_too(monkeypatch):
    class Endless(torch.nn.Module):
        def forward(self, images):
            while True:
                images = images + 0

    monkeypatch.setattr(engine, "JUDGE_SECONDS", 0.5)
    note = check("3.4", Endless)
    assert note.heading == "Your code raised an error" and "did not end within 0.5 seconds" in note.text


def test_no_late_interruption_after_an_answer_that_ends_in_time(double):
    for _ in range(20):
        assert check("9.1", lambda x: (time.sleep(0.29), 2 * x)[1]).heading in ("Correct", "Your code raised an error")
    deadline = time.perf_counter() + 0.5
    while time.perf_counter() < deadline:
        pass
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(0), None) == 0


def test_inputs_are_copies(double):
    def destroys(x):
        return x.mul_(2)

    assert check("9.1", destroys).heading == "Correct"
    assert double.tolist() == [0, 1, 2]


def test_the_pages_random_numbers_stay_as_they_were(double):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    check("9.1", lambda x: x + torch.rand(3))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize("number", ["9.7", "42.1", "x", "", "1"])
def test_an_unknown_number_is_an_error_that_says_which_there_are(number):
    with pytest.raises(ValueError, match=r"no page|page 1 has 1\.1, 1\.2|no exercise"):
        check(number, print)


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (None, "`return` missing"),
        ("five", "a tensor is wanted"),
        (torch.zeros(2), "shape (2,); wanted is shape (3,)"),
        (torch.tensor([0, 1, 3]), "torch.int64"),
        (torch.tensor([0.0, float("nan"), 3.0]), "nan"),
        (torch.tensor([0.5, 1.5, 3.5]), "should be"),
    ],
)
def test_compare_names_type_shape_dtype_and_values(got, words):
    with pytest.raises(Wrong, match=re.escape(words)):
        compare(got, torch.tensor([0.0, 1.0, 2.5]), "a case")


def test_compare_takes_lists_arrays_and_numbers():
    import numpy as np

    compare([1.0, 2.0], torch.tensor([1.0, 2.0]), "a case")
    compare(np.ones(2), torch.ones(2), "a case")
    compare(torch.tensor(3.0, requires_grad=True), 3.0, "a case")
    compare("no", "no", "a case")


def test_a_slip_that_happens_to_be_right_is_passed_over():
    compare(torch.ones(2), torch.ones(2), "a case", {"a slip": torch.ones(2)})


def test_a_stub_without_its_docstring_is_not_attempted_either():
    """`python -OO` drops docstrings."""
    program = (
        "from helpers.exercises import check\n"
        "def share_right(answers, labels):\n    'a docstring'\n    ...\n"
        "print(check('0.2', share_right).heading)"
    )
    run = subprocess.run([sys.executable, "-OO", "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.strip() == "Not attempted"


# progress


def test_progress_is_kept_and_shown():
    assert solved() == set()
    check("1.1", page01.carry_over)
    assert "(2 of 2 on this page solved.)" in check("1.2", page01.compare_draws).text
    check("1.2", page01.compare_draws)
    assert file().read_text().split() == ["1.1", "1.2"], "a line each, once"
    assert "page 1: 2 of 2" in progress().text and "page 0: 0 of 2" in progress().text
    file().unlink()
    assert "page 1: 0 of 2" in progress().text


@pytest.mark.parametrize("damaged", ["", "{", "[]", "nothing of ours", "\x00\xff", "1."])
def test_a_damaged_progress_file_keeps_what_is_added(damaged):
    file().write_text(damaged)
    assert not solved() & {"1.1", "1.2"}
    check("1.1", page01.carry_over)
    assert "1.1" in solved()


def test_two_who_write_at_once_lose_nothing():
    numbers = [f"9.{i}" for i in range(40)]
    program = (
        "import sys; from helpers.exercises.progress import file\n"
        "for number in sys.argv[1:]: file().open('a').write(f'\\n{number}\\n')"
    )
    halves = [subprocess.Popen([sys.executable, "-c", program, *half]) for half in (numbers[::2], numbers[1::2])]
    assert [half.wait() for half in halves] == [0, 0]
    assert solved() == set(numbers)


def test_what_cannot_be_written_down_is_told(monkeypatch, tmp_path):
    (tmp_path / "course_progress.txt").mkdir()
    note = check("1.1", page01.carry_over)
    assert note.heading == "Correct" and "could not be written down" in note.text and "COURSE_FOLDER" in note.text


def test_course_folder_moves_the_progress(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_FOLDER", str(tmp_path / "of my own"))
    check("1.1", page01.carry_over)
    assert (tmp_path / "of my own" / "course_progress.txt").read_text().split() == ["1.1"]


# predictions


@pytest.mark.parametrize(
    ("guess", "truth", "heading", "words"),
    [
        (..., 5.0, "No guess", "It is 5"),
        (None, (2, 3), "No guess", "(2, 3)"),
        (5, 5.0, "You said so", "5"),
        (5.2, 5.0, "Close", "0.2 points too high"),
        (3, 5.0, "Off", "2 points too low"),
        ("many", 5.0, "Unclear", "number was asked"),
        ((2, 3), (2, 3), "You said so", "(2, 3)"),
        ([2, 4], (2, 3), "Off", "number 2 differs"),
        ((3, 4), (2, 3), "Off", "1 and 2 differ"),
        ((2,), (2, 3), "Off", "1 numbers, it is 2"),
        (7, (2, 3), "Unclear", "2 numbers"),
        ("Scratch ", "scratch", "You said so", "scratch"),
        ("letters", "scratch", "Off", "You said letters"),
        (7, "scratch", "Off", "You said 7"),
    ],
)
def test_reveal(guess, truth, heading, words):
    note = reveal(guess, truth, "Because.", unit="%" if isinstance(truth, float) else "")
    assert note.heading == heading and words in note.text and "Because." in note.text


def test_reveal_takes_shapes_and_tensors():
    assert reveal((2, 3), torch.zeros(2, 3).shape).heading == "You said so"
    assert reveal(2, torch.tensor(2.0).item()).heading == "You said so"


# notes and quizzes


def test_notes_escape_and_show_code():
    note = Note("Not yet", "`a < b` & <script>", code="if a < b:")
    assert "<code>a &lt; b</code> &amp; &lt;script&gt;" in note._repr_html_() and "if a &lt; b:" in note._repr_html_()
    assert to_html("a\nb") == "a<br>b"
    assert to_html("take *each* of `x * y * z` 2 * 3") == "take <em>each</em> of <code>x * y * z</code> 2 * 3"
