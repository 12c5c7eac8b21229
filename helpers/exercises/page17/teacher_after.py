"""Exercise 17.3. An exponential moving average: the teacher after it followed a row of students."""

from __future__ import annotations

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def teacher_after(start, students, keep):
    """The weights (W,) of a teacher that began at start and followed each of the students."""
    teacher = start
    for student in students:
        teacher = keep * teacher + (1 - keep) * student
    return teacher


def student_cases() -> list[tuple]:
    """One step to four, one weight to three, and a teacher that keeps nothing, or all."""

    def make(generator: torch.Generator, i: int) -> tuple:
        steps, weights = 1 + (i + i // 3) % 4, 1 + i % 3
        start = torch.randint(-8, 9, (weights,), generator=generator).float()
        students = torch.randint(-8, 9, (steps, weights), generator=generator).float()
        return start, students, (0.5, 0.9, 0.75, 0.0, 0.2, 1.0)[i % 6]

    return drawn(make)


def _follow(teacher, students, keep):
    for student in students:
        teacher = keep * teacher + (1 - keep) * student
    return teacher


def _all_steps(start, students, keep):
    steps = []
    for student in students:
        start = keep * start + (1 - keep) * student
        steps.append(start)
    return torch.stack(steps)


TEACHER_SLIPS = {
    "You swap the two parts: the teacher keeps `keep` of itself, and takes 1 - keep of the student.": (
        lambda start, students, keep: _follow(start, students, 1 - keep)
    ),
    "Your teacher begins as the first student. It begins at `start`, and follows the first student, too.": (
        lambda start, students, keep: _follow(students[0], students[1:], keep)
    ),
    "Your teacher begins at 0. It begins at `start`.": (
        lambda start, students, keep: _follow(torch.zeros_like(start), students, keep)
    ),
    "Only the last student is left: do you start from `start` at each step? Go on from where the teacher is.": (
        lambda start, students, keep: keep * start + (1 - keep) * students[-1]
    ),
    "You stop after the first step: does a `return` end the loop?": (
        lambda start, students, keep: keep * start + (1 - keep) * students[0]
    ),
    "You return the teacher after each step, (T, W). Only the last is wanted.": _all_steps,
    "You mix the start with the plain mean of the students. The teacher follows them one after another.": (
        lambda start, students, keep: keep * start + (1 - keep) * students.mean(dim=0)
    ),
    "You follow the last student in every step. In step t the teacher follows student t.": (
        lambda start, students, keep: _follow(start, students[-1:].expand_as(students), keep)
    ),
    "You follow the last student first. The order matters: go from the first to the last.": (
        lambda start, students, keep: _follow(start, students.flip(0), keep)
    ),
}

EXERCISE = Exercise(
    solution=teacher_after,
    cases=student_cases,
    slips=TEACHER_SLIPS,
    returns="(W,) weights, those of the teacher after the last step",
    why="One line for each step: `keep` of the teacher and the rest of the student. The result is the teacher of the "
    "next step.",
    notice="After T steps `keep ** T` of the start is left, and the latest students weigh most.",
    hints=(
        "Do one step by hand: start 8, student 0, keep 0.75. Where is the teacher then, and after another such step?",
        "A loop over `students` takes one row at a time. What does the teacher become in each round?",
        "In each round: `keep` times the teacher plus `1 - keep` times the student. Return it after the loop.",
    ),
)
