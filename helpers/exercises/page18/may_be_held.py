"""Exercise 18.1. Names of which each word also stands in another name."""

from __future__ import annotations

from collections.abc import Callable

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same

WORDS = ("a", "ab", "acute", "small", "with", "greek", "a", "small")


def may_be_held(names):
    """Places of the names whose words all stand in another name, too."""
    places = []
    for i, name in enumerate(names):
        others = names[:i] + names[i + 1 :]
        known = [word for other in others for word in other.split()]
        if all(word in known for word in name.split()):
            places.append(i)
    return places


def name_cases() -> list[tuple]:
    """Two names to six; words that are parts of others, words that stand twice in one name; none, some or all fit."""

    def make(generator: torch.Generator, i: int) -> tuple:
        names = []
        for _ in range(2 + i % 5):
            size = int(torch.randint(1, 4, (1,), generator=generator))
            places = torch.randint(len(WORDS), (size,), generator=generator).tolist()
            names.append(" ".join(WORDS[place] for place in places))
        if i % 4 == 0:
            names.append("small a small")
        if i % 5 == 0:
            names.append("iota iota")  # twice, but in one name
        return (names,)

    return drawn(make, count=28)


def _known(names: list[str], test: Callable) -> list[int]:
    return [i for i, name in enumerate(names) if test(i, name, names)]


def _others(i: int, names: list[str]) -> str:
    return " ".join(names[:i] + names[i + 1 :])


def same_list(got: object, right: object) -> bool:
    """A set has no order, so it is no list in rising order."""
    return isinstance(got, set) == isinstance(right, set) and same(got, right)


HELD_SLIPS = {
    "You return a set, which has no order. A list in rising order is wanted: `sorted(...)`.": lambda names: set(
        may_be_held(names)
    ),
    "You count how often a word stands in all names. Twice in *one* name does not make it known from another one.": (
        lambda names: _known(
            names, lambda i, name, all_names: all(" ".join(all_names).split().count(w) > 1 for w in name.split())
        )
    ),
    "You look for each word as a piece of text: `a` is found inside `small`. Compare whole words, with `split()`.": (
        lambda names: _known(names, lambda i, name, all_names: all(w in _others(i, all_names) for w in name.split()))
    ),
    "One known word is enough in yours. *Each* word of the name must stand in another one.": (
        lambda names: _known(
            names, lambda i, name, all_names: any(w in _others(i, all_names).split() for w in name.split())
        )
    ),
    "Yours is true for every name: is the name itself among those in which you look for its words?": (
        lambda names: list(range(len(names)))
    ),
    "You return the names. Return their places, 0 for the first.": lambda names: tuple(
        names[i] for i in may_be_held(names)
    ),
    "You return the names that may *not* be held out.": lambda names: [
        i for i in range(len(names)) if i not in may_be_held(names)
    ],
    "You look only at the names before it. Those that come later count as well.": lambda names: _known(
        names, lambda i, name, all_names: all(w in " ".join(all_names[:i]).split() for w in name.split())
    ),
    "You ask for one other name that has all the words. Each word may stand in another name.": lambda names: _known(
        names,
        lambda i, name, all_names: any(
            set(name.split()) <= set(other.split()) for j, other in enumerate(all_names) if j != i
        ),
    ),
    "A place stands in yours once for each known word. Ask of *all* words of a name, then add its place once.": (
        lambda names: [i for i, name in enumerate(names) for word in name.split() if word in _others(i, names).split()]
    ),
    "You leave out each name that is written like this one. Another name with the same words counts as another: leave "
    "out place i alone.": lambda names: _known(
        names,
        lambda i, name, all_names: all(w in " ".join(n for n in all_names if n != name).split() for w in name.split()),
    ),
    "You return True or False for each name. Return the places of those that may be held out.": lambda names: [
        i in may_be_held(names) for i in range(len(names))
    ],
    "You look for each word in its own name. Look in the others.": lambda names: _known(
        names, lambda i, name, all_names: all(name.count(w) > 1 for w in name.split())
    ),
    "You return how many there are. Return their places.": lambda names: len(may_be_held(names)),
}

EXERCISE = Exercise(
    solution=may_be_held,
    cases=name_cases,
    slips=HELD_SLIPS,
    same=same_list,
    returns="a list of places, which may be empty",
    why="Take the name away, and ask of each of its words whether it is among the words of the names that are left.",
    notice="Alone is less than together: hold out both names of a word, and the word is gone. So `held_out` keeps count.",
    hints=(
        "Go through the names with `enumerate`. Which names are left if name i is held out?",
        "`names[:i] + names[i + 1:]` are the others. Collect all their words, with `split()`.",
        "`all(word in known for word in name.split())` asks it for each word. `known` must be a list or set of words, and "
        "no text.",
    ),
)
