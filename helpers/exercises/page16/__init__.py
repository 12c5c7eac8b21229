"""Page 16: scale and zero point, a scale for each channel, what remains after pruning, and the mixed loss."""

from helpers.exercises.page16 import mixed_loss, pruned, round_per_channel, scale_and_zero_point

EXERCISES = {
    "16.1": scale_and_zero_point.EXERCISE,
    "16.2": round_per_channel.EXERCISE,
    "16.3": pruned.EXERCISE,
    "16.4": mixed_loss.EXERCISE,
}
