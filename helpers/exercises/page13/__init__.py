"""Page 13: unknown words, perplexity, the mean of states without padding, and attention without a look ahead."""

from helpers.exercises.page13 import causal_attention, mean_states, perplexity_of, unknown_share

EXERCISES = {
    "13.1": unknown_share.EXERCISE,
    "13.2": perplexity_of.EXERCISE,
    "13.3": mean_states.EXERCISE,
    "13.4": causal_attention.EXERCISE,
}
