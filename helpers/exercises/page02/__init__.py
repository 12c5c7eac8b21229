"""Page 02: a step by hand, gradients that add up, a learning rate chosen, and Adam's correction."""

from helpers.exercises.page02 import best_rate, corrected_means, one_step, walk_down

EXERCISES = {
    "2.1": one_step.EXERCISE,
    "2.2": best_rate.EXERCISE,
    "2.3": walk_down.EXERCISE,
    "2.4": corrected_means.EXERCISE,
}
