"""Page 17: the error where nothing was shown, the loss of a matrix, a teacher that follows, and missing kinds."""

from helpers.exercises.page17 import hidden_error, matching_loss, missing_kinds, teacher_after

EXERCISES = {
    "17.1": hidden_error.EXERCISE,
    "17.2": matching_loss.EXERCISE,
    "17.3": teacher_after.EXERCISE,
    "17.4": missing_kinds.EXERCISE,
}
