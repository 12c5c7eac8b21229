"""What you have solved: a small text file in your own folder, sent nowhere; delete it to start again.

It holds a line for each solved exercise. Lines are only ever added, so that two pages that are open at
once, or two people in one folder, lose nothing.
"""

from __future__ import annotations

from pathlib import Path

from helpers.exercises.notes import Note
from helpers.runtime import writable_folder

NAME = "course_progress.txt"


def progress() -> Note:
    """How many exercises of each page are solved."""
    from helpers.exercises.engine import exercises_of, pages_with_exercises

    done, lines = solved(), []
    for page in pages_with_exercises():
        numbers = list(exercises_of(page))
        marks = " ".join(f"{number} {'done' if number in done else 'open'}" for number in numbers)
        lines.append(f"page {page}: {sum(number in done for number in numbers)} of {len(numbers)}   ({marks})")
    return Note("Progress", f"Kept in `{file()}`, and nowhere else.\n" + "\n".join(lines))


def record(number: str) -> str:
    """Remember that an exercise is solved; say how many of its page are."""
    from helpers.exercises.engine import exercises_of

    numbers = exercises_of(int(number.partition(".")[0]))
    failure = ""
    if number not in solved():
        try:
            with file().open("a", encoding="utf-8") as lines:
                lines.write(f"\n{number}\n")  # begins a line, whatever a crash left behind
        except OSError as error:
            failure = f" It could not be written down ({error}): set COURSE_FOLDER to a folder that you may write to."
    done = solved() | {number}
    return f"({sum(n in done for n in numbers)} of {len(numbers)} on this page solved.{failure})"


def solved() -> set[str]:
    """Numbers of the solved exercises; none where the file is missing or cannot be read."""
    try:
        return set(file().read_text(encoding="utf-8", errors="replace").split())
    except OSError:
        return set()


def file() -> Path:
    """Where the progress is kept."""
    return writable_folder() / NAME
