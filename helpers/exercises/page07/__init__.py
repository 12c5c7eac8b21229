"""Page 07: measures by hand, a threshold chosen honestly, and copies that leaked."""

from helpers.exercises.page07 import choose_and_apply, leaked, macro_f1_of, precision_recall_of

EXERCISES = {
    "7.1": precision_recall_of.EXERCISE,
    "7.2": macro_f1_of.EXERCISE,
    "7.3": choose_and_apply.EXERCISE,
    "7.4": leaked.EXERCISE,
}
