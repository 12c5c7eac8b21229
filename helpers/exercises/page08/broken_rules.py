"""Exercise 8.4. The names of the rules that a comparison of these two contenders breaks, in a list."""

from __future__ import annotations

import torch

from helpers.exercises import judging
from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn
from helpers.exercises.page08.misread_rules import race_slips


def broken_rules(ours, rival):
    """The names of the rules that a comparison of these two contenders breaks, in a list."""
    broken = []
    if ours["labels"] != rival["labels"]:
        broken.append("labels")
    if sum(ours["steps"]) != sum(rival["steps"]):
        broken.append("steps")
    if set(ours["rates"]) != set(rival["rates"]):
        broken.append("rates")
    if "test" in [ours["chosen_on"], rival["chosen_on"]]:
        broken.append("chosen_on")
    if set(ours["knows"]) != set(rival["knows"]):
        broken.append("knows")
    return broken


FAIR = {  # rule -> pairs that keep it, also such as look different
    "labels": ((2, 2), (10, 10), (int("300"), int("300"))),  # two objects, as `is` would see
    "steps": (([500], [500]), ([500], [300, 200]), ([300, 200], [200, 300]), ([600], [400, 200])),
    "rates": (([0.01], [0.01]), ([0.01, 0.03], [0.03, 0.01]), ([0.01, 0.03], [0.01, 0.03])),
    "chosen_on": (
        ("validation", "validation"),
        ("validation", "training"),
        ("training", "training"),
        ("letters", "validation"),
        ("training", "contest digits"),
    ),
    "knows": (([], []), (["shares", "sizes"], ["sizes", "shares"]), (["shares"], ["shares"])),
}


UNFAIR = {  # rule -> pairs that break it, also such as look alike
    "labels": ((2, 10), (10, 2)),
    "steps": (
        ([500], [600]),
        ([300, 200], [300]),
        ([500], [500, 200]),
        ([400, 200], [300, 200]),
        ([500], [300, 300]),
        ([400, 300], [600, 200]),
    ),
    "rates": (
        ([0.01, 0.03], [0.01]),
        ([0.01], [0.01, 0.03]),
        ([0.001, 0.03], [0.01, 0.03]),
        ([0.01], [0.03]),
        ([0.01, 0.03], [0.01, 0.05]),  # the same smallest
        ([0.01, 0.03], [0.04]),  # the same sum
        ([0.01, 0.03], [0.02]),  # the same mean
    ),
    "chosen_on": (
        ("test", "test"),
        ("validation", "test"),
        ("test", "validation"),
        ("training", "test"),
        ("test", "training"),
    ),
    "knows": (
        (["shares"], []),
        ([], ["shares"]),
        (["shares"], ["sizes"]),
        (["sizes"], ["shares"]),
        (["sizes"], ["shares", "sizes"]),
        (["sizes"], []),
        ([], ["sizes"]),
        (["shares"], ["sizes", "shares"]),
        (["shares", "sizes"], ["shares"]),
        (["sources"], ["course"]),  # the same letters
    ),
}


def race_cases() -> list[tuple]:
    """Each fair and each unfair pair, and races that break several rules at once."""

    def race(**pairs: tuple) -> tuple:
        columns = {rule: pairs.get(rule, FAIR[rule][0]) for rule in FAIR}
        return tuple({rule: pair[side] for rule, pair in columns.items()} for side in (0, 1))

    def make(generator: torch.Generator, i: int) -> tuple:
        pairs = {}
        for rule in FAIR:
            among = UNFAIR[rule] if torch.rand((), generator=generator) < 0.5 else FAIR[rule]
            pairs[rule] = among[int(torch.randint(len(among), (), generator=generator))]
        return race(**pairs)

    single = [race(**{rule: pair}) for kind in (FAIR, UNFAIR) for rule, pairs in kind.items() for pair in pairs]
    return [*single, *drawn(make, 12)]


def same_names(got: object, right: object) -> bool:
    """The same names, each once, in whatever order and whichever kind of list."""
    if not isinstance(right, list):
        return judging.same(got, right) and isinstance(got, bool) == isinstance(right, bool)
    if not all(isinstance(name, str) for name in right):
        return isinstance(got, list | tuple) and list(got) == right
    if not isinstance(got, list | tuple | set | frozenset) or not all(isinstance(name, str) for name in got):
        return False
    return sorted(got) == sorted(right)


EXERCISE = Exercise(
    solution=broken_rules,
    cases=race_cases,
    slips=race_slips(),
    same=same_names,
    returns='a list of the names of the broken rules, such as `["steps", "knows"]`, in any order; empty if it is fair',
    why="Three rules ask for equal chances, in whatever way they are written down: a sum of parts, or a set without order. "
    "The fourth forbids something to both. The fifth asks what a method knew beforehand.",
    notice="Two who break a rule alike look fair side by side: the same test images chose for both, and both figures are "
    "too good.",
    hints=(
        "Start with an empty list. For each rule ask whether it is broken, and if so `append` its name.",
        "Not every difference breaks a rule: [300, 200] and [500] are as many steps. And not every breach is a difference: "
        'both may have chosen on "test".',
        "`sum` for the steps; `set(...)` compares without order; the rule about the test images asks both contenders, by "
        "`or`.",
    ),
)
