"""Page 10: copies with two labels, the group in a file's name, faults of a split, the cheapest threshold."""

from helpers.exercises.page10 import cheapest, conflicts, group_in, split_faults

EXERCISES = {
    "10.1": conflicts.EXERCISE,
    "10.2": group_in.EXERCISE,
    "10.3": split_faults.EXERCISE,
    "10.4": cheapest.EXERCISE,
}
