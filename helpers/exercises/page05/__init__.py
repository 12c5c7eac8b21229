"""Page 05: floors, rivals, corruptions, and an encoder of your own."""

from helpers.exercises.page05 import hide_square, lowest_error, my_encoder, rival_error

EXERCISES = {
    "5.1": lowest_error.EXERCISE,
    "5.2": rival_error.EXERCISE,
    "5.3": hide_square.EXERCISE,
    "5.4": my_encoder.EXERCISE,
}
