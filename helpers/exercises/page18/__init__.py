"""Page 18: which names may be held out, the symmetric loss of shuffled pairs, recall at k, and the modality gap."""

from helpers.exercises.page18 import may_be_held, modality_gap, recall_at_k, shuffled_loss

EXERCISES = {
    "18.1": may_be_held.EXERCISE,
    "18.2": shuffled_loss.EXERCISE,
    "18.3": recall_at_k.EXERCISE,
    "18.4": modality_gap.EXERCISE,
}
