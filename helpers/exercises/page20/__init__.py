"""Page 20: the bytes of a step, gradients of parts added up, images dealt out to processes, and a power law."""

from helpers.exercises.page20 import accumulated, dealt_to, power_law, step_bytes

EXERCISES = {
    "20.1": step_bytes.EXERCISE,
    "20.2": accumulated.EXERCISE,
    "20.3": dealt_to.EXERCISE,
    "20.4": power_law.EXERCISE,
}
