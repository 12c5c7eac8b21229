"""Page 09: count a load, top answers with names, normalise by hand, and tell a mistake from the numbers of a batch."""

from helpers.exercises.page09 import count_by_position, normalise, top_answers, which_mistake

EXERCISES = {
    "9.1": count_by_position.EXERCISE,
    "9.2": top_answers.EXERCISE,
    "9.3": normalise.EXERCISE,
    "9.4": which_mistake.EXERCISE,
}
