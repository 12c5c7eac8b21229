"""Page 00: a first look at shapes and shares."""

from helpers.exercises.page00 import count_and_size, share_right

EXERCISES = {
    "0.1": count_and_size.EXERCISE,
    "0.2": share_right.EXERCISE,
}
