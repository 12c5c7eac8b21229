"""Page 11: read a header, count the bytes of a precision, find what is wrong with a repository, and merge adapters."""

from helpers.exercises.page11 import find_faults, merge, read_header, saved_bytes

EXERCISES = {
    "11.1": read_header.EXERCISE,
    "11.2": saved_bytes.EXERCISE,
    "11.3": find_faults.EXERCISE,
    "11.4": merge.EXERCISE,
}
