"""Page 03: sizes, the flip, weights, and a network under a budget."""

from helpers.exercises.page03 import count_weights, output_size, small_network, true_convolution

EXERCISES = {
    "3.1": true_convolution.EXERCISE,
    "3.2": output_size.EXERCISE,
    "3.3": count_weights.EXERCISE,
    "3.4": small_network.EXERCISE,
}
