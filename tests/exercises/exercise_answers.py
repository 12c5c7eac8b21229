"""What the tests know about an exercise: a second right answer, and wrong ones with their diagnoses."""

from collections.abc import Callable
from dataclasses import dataclass


@dataclass(frozen=True)
class Answers:
    right: Callable  # another way than the solution's
    wrong: dict[str, Callable]  # words of the diagnosis -> a typical wrong answer; three or more
