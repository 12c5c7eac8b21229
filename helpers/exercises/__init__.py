"""Learning by doing: `check` an answer, ask for a `hint` or the `solution`, `reveal` what you predicted,
take a `quiz`, and see your `progress`.

    check("3.1", conv_output_size)   judges your function on fixed and on random cases
    hint("3.1")                      the next hint
    solution("3.1")                  the code, and why
    reveal(guess, truth, why)        how far off your guess was
    quiz(2)                          five questions with an explanation of each answer
    progress()                       what you have solved

A folder for each page holds its exercises, one module each: the solution, the cases in which an answer is
tried, and the slips that are named. Nothing is read from your notebook but what you pass in.
"""

from helpers.exercises.engine import check, hint, solution
from helpers.exercises.prediction import reveal
from helpers.exercises.progress import progress
from helpers.exercises.quizzes import quiz

__all__ = ["check", "hint", "progress", "quiz", "reveal", "solution"]
