"""Page 01: compare fairly, and carry an encoder over."""

from helpers.exercises.page01 import carry_over, compare_draws

EXERCISES = {
    "1.1": carry_over.EXERCISE,
    "1.2": compare_draws.EXERCISE,
}
