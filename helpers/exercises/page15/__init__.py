"""Page 15: an item's bias, a user's factors, precision and recall of a list, and a list from likes."""

from helpers.exercises.page15 import from_likes, item_biases, precision_recall, user_factors

EXERCISES = {
    "15.1": item_biases.EXERCISE,
    "15.2": user_factors.EXERCISE,
    "15.3": precision_recall.EXERCISE,
    "15.4": from_likes.EXERCISE,
}
