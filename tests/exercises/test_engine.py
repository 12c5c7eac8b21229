"""What all exercises share: the four outcomes, slips, errors, the time limit, progress."""

import ctypes
import math
import re
import subprocess
import sys
import time
import warnings
from dataclasses import replace

import pytest
import torch

from helpers.exercises import check, engine, hint, progress, solution
from helpers.exercises.engine import Exercise, compare
from helpers.exercises.errors import meaning
from helpers.exercises.judging import Wrong
from helpers.exercises.notes import Note, to_html
from helpers.exercises.progress import file, solved


@pytest.fixture(autouse=True)
def own_folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)


def doubled(x, factor):
    """The solution of the exercise "9.1"; its mutants need its source in a file."""
    return factor * x


def halves(x, factor):
    """Its stub."""
    return x / factor


def cases():
    return [(torch.arange(1.0, 2 + i % 3) * (-1) ** i, float(2 + i)) for i in range(8)]


@pytest.fixture
def exercise(monkeypatch):
    """An exercise "9.1": multiply a tensor by a factor."""
    made = Exercise(
        solution=doubled,
        why="Because.",
        notice="Look.",
        hints=("a", "b"),
        cases=cases,
        slips={"That adds.": lambda x, factor: x + factor},
        returns="a tensor of the shape of x",
        seconds=0.3,
    )
    use(monkeypatch, made)
    return made


def use(monkeypatch, made):
    monkeypatch.setattr(engine, "exercises_of", lambda page: {"9.1": made})


def test_the_four_outcomes(exercise):
    def stub(x, factor):
        """What to do."""

    assert check("9.1", stub).heading == "Not attempted"
    assert check("9.1", lambda x, factor: ...).heading == "Not attempted"
    assert check("9.1", ...).heading == check("9.1", None).heading == "Not attempted"
    assert check("9.1", lambda x, factor: x * factor).heading == "Correct"
    assert check("9.1", lambda x, factor: factor + x).text.startswith("That adds.")
    assert check("9.1", lambda x, factor: 1 / 0).heading == "Your code raised an error"


def prints(x, factor):
    print(x * factor)


def in_place(x, factor):
    return x.mul_(factor)


def wrong_in_place(x, factor):
    x += 1
    return x


def in_a_loop(x, factor):  # noqa: RET503  as a learner might write
    result = []
    for number in x:
        result.append(number * factor + 7)
        return result


NUMBERS = torch.tensor([4.0])


def of_the_page(x, factor):
    return NUMBERS * factor


number_of_the_page = 3.0


def factor_of_the_page(x, factor):
    return x * number_of_the_page


def sometimes(x, factor):  # noqa: RET503
    if factor > 3:
        return x * factor


def late_error(x, factor):
    return [factor * x[0], factor * x[1]][: len(x)]


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (prints, "prints its result"),
        (in_place, "changes its input `x` in place"),
        (wrong_in_place, "in place"),
        (in_a_loop, "Put it behind the loop"),
        (factor_of_the_page, "`number_of_the_page` of your notebook instead of its argument `factor`"),
        (sometimes, "For some inputs your function returns `None`"),
        (lambda x, factor: "six", "returns a text"),
        (lambda x, factor: x.mul, "itself, and not its result"),
        (lambda x, factor: x.shape, "returns a shape"),
        (lambda x, factor: {"x": x}, "returns a dictionary"),
        (lambda x, factor: -x * factor, "sign"),
        (lambda x, factor: (x * factor).flip(0), "other order"),
        (lambda x, factor: x * factor * len(x), "times `x.shape[0]`"),
        (lambda x, factor: (x * factor).sum(), "sum of the right values"),
        (lambda x, factor: (x * factor)[:1], "Only the first"),
        (lambda x, factor: x * factor / 10, "0.1 times"),
        (lambda x, factor: x, "as it came"),
        (lambda x, factor: torch.ones(1), "for every input. It never uses its argument `x`"),
        (lambda x, factor: x + x, "never uses its argument `factor`"),
        (lambda x, factor: -(x + factor), "Two slips at once. That adds."),
        (lambda x, factor: (factor + 1) * x, "`(factor + 1) * x`"),
        (lambda x, factor: x.sin() + factor**x, "For this input the answer is another"),
    ],
)
def test_a_slip_is_named(exercise, answer, words):
    note = check("9.1", answer)
    assert note.heading == "Not yet" and words in note.text, note


def test_the_smallest_case_is_written_out(exercise):
    note = check("9.1", lambda x, factor: x * factor + 1)
    assert note.code.split() == ["x", "[1.0]", "factor", "2.0", "your", "answer", "[3.0]", "right", "answer", "[2.0]"]
    assert "hint('9.1')" in note.after


def test_two_results(monkeypatch):
    made = Exercise(
        solution=sum_and_count,
        why="",
        notice="",
        hints=("a", "b"),
        cases=lambda: [([float(n) for n in range(2, i)],) for i in range(4, 9)],
        slips={"That is the largest.": lambda x: (max(x), len(x))},
    )
    use(monkeypatch, made)
    assert check("9.1", lambda x: [torch.tensor(sum(x)), len(x)]).heading == "Correct"
    assert "another order" in check("9.1", lambda x: (len(x), sum(x))).text
    assert "Only the first of the 2" in check("9.1", sum).text
    assert "yours returns 3 values" in check("9.1", lambda x: (1, 2, 3)).text
    assert check("9.1", lambda x: (max(x), len(x) * 2 - 1 + 1)).text == (
        "The first result is not right. That is the largest. The second result is not right. "
        "Yours is twice the right answer."
    )


def sum_and_count(x):
    return sum(x), len(x)


def test_a_generator_a_list_and_an_array_are_accepted(exercise):
    assert check("9.1", lambda x, factor: (factor * number for number in x)).heading == "Correct"
    assert check("9.1", lambda x, factor: [factor * number.item() for number in x]).heading == "Correct"
    assert check("9.1", lambda x, factor: factor * x.numpy()).heading == "Correct"


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        ("doubled", "without quotes"),
        (torch.ones(3), "without brackets"),
        (torch.nn.Linear(1, 1), "without brackets"),
        (lambda x: x, "takes (x); it is called with (x, factor)"),
        (lambda: 3, "takes (no arguments)"),
        (dict, "the class `dict`"),
    ],
)
def test_what_is_no_function_of_these_arguments_is_explained(exercise, answer, words):
    note = check("9.1", answer)
    assert note.heading == "Not yet" and words in note.text


def test_an_async_function_is_explained(exercise):
    async def answer(x, factor):
        return x * factor

    assert "`async`" in check("9.1", answer).text


def test_number_and_function_may_be_swapped(exercise):
    assert check(doubled, "9.1").heading == "Correct"


def test_a_result_that_no_judge_expects_is_no_crash(monkeypatch):
    def judge(answer):
        len(answer(1, 2))

    monkeypatch.setitem(engine.exercises_of(1), "1.1", replace(engine.find("1.1"), judge=judge))
    assert "of another kind" in check("1.1", lambda pretrained, classes: 3).text


def test_a_stub_with_code_is_recognised_and_a_fixed_one_judged(monkeypatch, exercise):
    def same_code_elsewhere(x, factor):
        """Another docstring."""
        return x / factor

    use(monkeypatch, replace(exercise, unfinished=halves))
    assert check("9.1", same_code_elsewhere).heading == "Not attempted"
    assert check("9.1", lambda x, factor: x / factor * 1).heading == "Not yet"
    assert check("9.1", doubled).heading == "Correct"


def test_an_error_is_told_in_plain_words_with_the_learners_line_and_nothing_of_ours(exercise):
    def answer(x, factor):
        y = x + 1
        return y.no_such_thing

    text = check("9.1", answer).text
    assert text.startswith("`no_such_thing` is asked of a thing of type `Tensor`, which has none.")
    assert "AttributeError" in text and "return y.no_such_thing" in text
    assert "engine.py" not in text and "Traceback" not in text


def test_an_error_for_some_inputs_shows_one_of_them(exercise):
    note = check("9.1", late_error)
    assert note.heading == "Your code raised an error" and "not with all" in note.text and "x" in note.code


def test_exit_does_not_end_the_page(exercise):
    assert "ends Python" in check("9.1", lambda x, factor: sys.exit()).text


def test_endless_recursion_is_told(exercise):
    def again(x, factor):
        return again(x, factor)

    assert "again and again" in check("9.1", again).text


def test_warnings_and_prints_of_the_answer_are_not_shown(exercise, capsys, recwarn):
    def noisy(x, factor):
        print("hm")
        warnings.warn("hm", stacklevel=1)
        return x * factor

    assert check("9.1", noisy).heading == "Correct"
    assert capsys.readouterr().out == "" and not recwarn.list


@pytest.mark.parametrize("catches", [False, True])
def test_an_endless_loop_ends_and_python_lives_on(exercise, catches):
    def endless(x, factor):
        while True:
            try:
                x = x + 0
            except:  # noqa: E722  as a learner might write
                if not catches:
                    raise

    start = time.perf_counter()
    note = check("9.1", endless)
    assert time.perf_counter() - start < 8
    if not catches:
        assert note.heading == "Your code raised an error" and "did not end in time" in note.text
    assert check("9.1", doubled).heading == "Correct"


def test_a_returned_network_that_never_ends_is_stopped_too(monkeypatch):
    class Endless(torch.nn.Module):
        def forward(self, images):
            while True:
                images = images + 0

    monkeypatch.setattr(engine, "JUDGE_SECONDS", 0.5)
    note = check("3.4", Endless)
    assert note.heading == "Your code raised an error" and "did not end within 0.5 seconds" in note.text


def test_no_late_interruption_after_an_answer_that_ends_in_time(monkeypatch, exercise):
    use(monkeypatch, replace(exercise, cases=lambda: cases()[:1]))
    for _ in range(20):
        note = check("9.1", lambda x, factor: (time.sleep(0.29), factor * x)[1])
        assert note.heading in ("Correct", "Your code raised an error")
    deadline = time.perf_counter() + 0.5
    while time.perf_counter() < deadline:
        pass
    assert ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(0), None) == 0


def test_the_pages_random_numbers_stay_as_they_were(exercise):
    torch.manual_seed(0)
    expected = torch.rand(3)
    torch.manual_seed(0)
    check("9.1", lambda x, factor: x + torch.rand(len(x)))
    assert torch.equal(torch.rand(3), expected)


@pytest.mark.parametrize(
    ("number", "words"),
    [
        ("1.7", "page 1 has 1.1, 1.2"),
        ("42.1", "no page `42`"),
        ("x", "no page"),
        ("", "no page"),
        ("1", "page 1 has 1.1, 1.2"),
        (1.1, "in quotes"),
        (1, "in quotes"),
    ],
)
def test_an_unknown_number_is_a_note_that_says_which_there_are(number, words):
    for note in (check(number, print), hint(number), solution(number)):
        assert note.heading == "No such exercise" and words in note.text


@pytest.mark.parametrize(
    ("got", "words"),
    [
        (None, "`return` missing"),
        (torch.zeros(2), "the shape (2,); wanted is the shape (3,)"),
        (torch.tensor([0.5, 1.5, 3.5]), "`[0.0, 1.0, 2.5]` is right"),
    ],
)
def test_compare_names_shape_and_values(got, words):
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
    check("1.1", engine.find("1.1").solution)
    assert "(2 of 2 on this page solved.)" in check("1.2", engine.find("1.2").solution).text
    check("1.2", engine.find("1.2").solution)
    assert file().read_text().split() == ["1.1", "1.2"], "a line each, once"
    assert "page 1: 2 of 2" in progress().text and "page 0: 0 of 2" in progress().text
    file().unlink()
    assert "page 1: 0 of 2" in progress().text


@pytest.mark.parametrize("damaged", ["", "{", "[]", "nothing of ours", "\x00\xff", "1."])
def test_a_damaged_progress_file_keeps_what_is_added(damaged):
    file().write_text(damaged)
    assert not solved() & {"1.1", "1.2"}
    check("1.1", engine.find("1.1").solution)
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
    note = check("1.1", engine.find("1.1").solution)
    assert note.heading == "Correct" and "could not be written down" in note.text and "COURSE_FOLDER" in note.text


def test_course_folder_moves_the_progress(monkeypatch, tmp_path):
    monkeypatch.setenv("COURSE_FOLDER", str(tmp_path / "of my own"))
    check("1.1", engine.find("1.1").solution)
    assert (tmp_path / "of my own" / "course_progress.txt").read_text().split() == ["1.1"]


# notes and quizzes


def test_notes_escape_and_show_code():
    note = Note("Not yet", "`a < b` & <script>", code="if a < b:")
    assert "<code>a &lt; b</code> &amp; &lt;script&gt;" in note._repr_html_() and "if a &lt; b:" in note._repr_html_()
    assert to_html("a\nb") == "a<br>b"
    assert to_html("take *each* of `x * y * z` 2 * 3") == "take <em>each</em> of <code>x * y * z</code> 2 * 3"


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        (lambda: 10.0**400, "too large"),
        (lambda: math.exp(1e4), "too large"),
        (lambda: math.sqrt(-1.0), "does not exist"),
        (lambda: [][0], "position"),
    ],
)
def test_errors_of_range_are_told_apart(wrong, words):
    with pytest.raises((ArithmeticError, ValueError, IndexError)) as caught:
        wrong()
    assert words in meaning(caught.value)
