"""Page 04: the loss, a stable logarithm, the gradient, and a training loop with faults."""

from helpers.exercises.page04 import loss_from_probs, loss_gradient, safe_log_softmax, train_classifier

EXERCISES = {
    "4.1": loss_from_probs.EXERCISE,
    "4.2": safe_log_softmax.EXERCISE,
    "4.3": loss_gradient.EXERCISE,
    "4.4": train_classifier.EXERCISE,
}
