"""Page 06: count a load, replace a head, fix a training loop."""

from helpers.exercises.page06 import count_matching, replace_head, train_head

EXERCISES = {
    "6.1": count_matching.EXERCISE,
    "6.2": replace_head.EXERCISE,
    "6.3": train_head.EXERCISE,
}
