"""Predictions: what a person would write is understood, and what came out is told."""

import numpy as np
import pytest
import torch

from helpers.exercises import reveal


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
        ((2,), (2, 3), "Off", "1 number, it is 2"),
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


@pytest.mark.parametrize(
    ("guess", "truth"),
    [
        ("cross correlation", "cross-correlation"),
        ("Cross-Correlation.", "cross-correlation"),
        ("the encoder", "encoder"),
        ("no.", "no"),
        (False, "no"),
        (True, "yes"),
        ("N", "no"),
        ("4,640", 4640),
        ("4 640", 4640),
        ("4640 weights", 4640),
        ("50 %", 50.0),
        ("50%", 50.0),
        ("0,5", 0.5),
        ("1/3", 1 / 3),
        (".125", 0.125),
        ("1e-3", 1e-3),
        ("−2", -2.0),
        (3.73, 3.7344),
        ("(2, 3)", (2, 3)),
        ("[2, 3]", (2, 3)),
        ("2 x 3", (2, 3)),
        (torch.tensor([2, 3]), (2, 3)),
        (torch.tensor(5.0), 5.0),
        (np.array([2, 3]), torch.Size([2, 3])),
        (np.float64(5), 5),
        ([5], 5),
    ],
)
def test_a_right_answer_in_another_spelling_counts(guess, truth):
    note = reveal(guess, truth)
    assert note.heading == "You said so", note


@pytest.mark.parametrize(
    ("guess", "truth", "words"),
    [
        (float("nan"), 5.0, "no number to compare with"),
        (float("inf"), 5.0, "no number to compare with"),
        (10**400, 5.0, "no number to compare with"),
        ("five", 5.0, "A number was asked"),
        ("1/0", 5.0, "A number was asked"),
        ((2, "x"), (2, 3), "numbers in brackets"),
        ([1, 2], 5.0, "A number was asked"),
    ],
)
def test_what_cannot_be_compared_gets_a_sentence(guess, truth, words):
    note = reveal(guess, truth, "Because.")
    assert note.heading == "Unclear" and words in note.text and "It is " in note.text and "Because." in note.text


@pytest.mark.parametrize(("guess", "truth"), [("nope", "no"), ("not", "no"), (True, "no"), ("51", 50.0), (0.6, 50.0)])
def test_a_wrong_answer_is_not_taken_for_right(guess, truth):
    assert reveal(guess, truth, unit="%" if isinstance(truth, float) else "").heading != "You said so"


def test_a_share_for_a_percentage_and_another_order_are_named():
    assert "is a share" in reveal(0.5, 50.0, unit="%").text
    note = reveal((3, 2), (2, 3))
    assert note.heading == "Close" and "another order" in note.text
    assert reveal(12345678.0, 1e9).text.startswith("You said 12,345,678, it is 1e+09")
