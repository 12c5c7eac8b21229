"""Page 14: the loudest frequency of a frame, places on the mel scale, which word is nearest, and greedy decoding."""

from helpers.exercises.page14 import greedy_decode, heard_as, loudest_frequency, mel_centres

EXERCISES = {
    "14.1": loudest_frequency.EXERCISE,
    "14.2": mel_centres.EXERCISE,
    "14.3": heard_as.EXERCISE,
    "14.4": greedy_decode.EXERCISE,
}
