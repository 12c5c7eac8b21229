"""Exercise 11.3. What is wrong with a stranger's repository: the set of its faults, in six fixed words."""

from __future__ import annotations

import itertools

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn, same


def find_faults(found, known):
    """The faults of a repository, as a set of some of the six names of the table."""
    faults = set()
    if set(known["tensors"]) - set(found["tensors"]):
        faults.add("missing tensor")
    if found["labels"] != known["labels"]:
        faults.add("label order")
    if found["mean"] != known["mean"] or found["std"] != known["std"]:
        faults.add("normalisation")
    if not found["licence"]:
        faults.add("no licence")
    if any(start.startswith((b"PK", b"\x80")) for start in found["starts"].values()):
        faults.add("pickle")
    if found["sha256"] != known["sha256"]:
        faults.add("changed file")
    return faults


FAULTS = ("missing tensor", "label order", "normalisation", "no licence", "pickle", "changed file")
LABELS = (["0", "1", "2"], ["cat", "dog", "cow"], ["no", "yes"])


def repository_cases() -> list[tuple]:
    """No fault, each alone in several forms, and several together; what differs without harm is among them."""

    def make(generator: torch.Generator, i: int) -> tuple:
        def chance(share: float) -> bool:
            return bool(torch.rand((), generator=generator) < share)

        alone = i // 2 if i < 24 else None
        broken = {
            fault: (alone % 6 == k and i % 2 == 0) if alone is not None else chance(0.45)
            for k, fault in enumerate(FAULTS)
        }
        labels = LABELS[i % 3]
        known = {
            "tensors": ["body.weight", "head.weight", "head.bias"][: 2 + i % 2],
            "labels": labels,
            "mean": (0.5, 0.0)[i % 2],
            "std": (0.5, 1.0, 0.25)[i % 3],
            "sha256": "5793ab"[i % 3 :],
        }
        found = {name: list(value) if isinstance(value, list) else value for name, value in known.items()}
        if i % 4 == 3:
            found["tensors"] = [*found["tensors"], "head.extra"]  # more than needed: no fault
        if i % 5 == 2:
            found["tensors"] = found["tensors"][::-1]  # another order: no fault
        known |= {"licence": "mit", "starts": {"model.safetensors": b"\xe8\x02", "README.md": b"--"}}
        found["licence"] = ("mit", "apache-2.0", "cc0-1.0")[i % 3]
        found["starts"] = {"model.safetensors": b"\xe8\x02", "config.json": b"{\n", "README.md": b"--"}
        if i % 4 == 1:
            found["starts"]["old.bin"] = b"OK"  # a name as of a pickle, and none inside
        if broken["missing tensor"]:
            found["tensors"].remove(known["tensors"][i % 2])
        if broken["label order"]:
            turned = (labels[::-1], [labels[0], *labels[:0:-1]], labels[1:] + labels[:1], sorted(labels))
            found["labels"] = next(other for other in turned[i // 3 % 4 :] + turned if other != labels)
        if broken["normalisation"]:
            for name in (("mean",), ("std",), ("mean", "std"))[i // 4 % 3 if alone is None else i // 12 % 2]:
                found[name] += 0.125
        if broken["no licence"]:
            found["licence"] = ("", None)[i // 12 % 2]
        if broken["pickle"]:
            name = ("optimizer.pt", "model.safetensors", "old.bin", "a.dat")[i // 4 % 4]
            found["starts"] = {name: (b"PK", b"\x80\x02")[i // 12 % 2]} | (
                {key: start for key, start in found["starts"].items() if key != name} if i % 8 else {}
            )
            if i % 3 == 2:
                found["starts"] = dict(reversed(found["starts"].items()))
        if broken["changed file"]:
            found["sha256"] = known["sha256"][:-1] + "c"
        return found, known

    return drawn(make, count=40)


def _without(*faults: str) -> object:
    return lambda found, known: find_faults(found, known) - set(faults)


def _renamed(fault: str, other: str) -> object:
    """The right faults, one of them by another name."""
    return lambda found, known: {other if name == fault else name for name in find_faults(found, known)}


def _with(fault: str, when: object) -> object:
    """The right faults, with this one decided in another way."""

    def slip(found: dict, known: dict) -> set[str]:
        return (find_faults(found, known) - {fault}) | ({fault} if when(found, known) else set())

    return slip


def _first(found: dict, known: dict) -> set[str]:
    faults = find_faults(found, known)
    return {next(fault for fault in FAULTS if fault in faults)} if faults else set()


def _last(found: dict, known: dict) -> set[str]:
    faults = find_faults(found, known)
    return {[fault for fault in FAULTS if fault in faults][-1]} if faults else set()


OTHER_WORDS = (
    ("normalisation", "normalization"),
    ("no licence", "no license"),
    ("no licence", "missing licence"),
    ("no licence", "licence"),
    ("missing tensor", "missing tensors"),
    ("label order", "labels"),
    ("label order", "order of labels"),
    ("changed file", "changed"),
    ("changed file", "hash"),
)
PICKLED = (".pt", ".pth", ".bin", ".pkl", ".ckpt")
FAULT_SLIPS = {
    "A tensor too many, or another order of them, counts as missing in yours. Ask whether each *known* tensor was "
    "found.": _with("missing tensor", lambda found, known: list(found["tensors"]) != list(known["tensors"])),
    "A tensor too many counts as missing in yours. Ask whether each *known* tensor was found.": _with(
        "missing tensor", lambda found, known: set(found["tensors"]) != set(known["tensors"])
    ),
    "You ask whether each tensor found is known. Ask it the other way round: was each known tensor found?": _with(
        "missing tensor", lambda found, known: not set(found["tensors"]) <= set(known["tensors"])
    ),
    "You compare how many tensors there are. One may be missing while another is too many: compare the names.": _with(
        "missing tensor", lambda found, known: len(found["tensors"]) < len(known["tensors"])
    ),
    "You compare how many tensors there are, and call any difference missing. Compare the names.": _with(
        "missing tensor", lambda found, known: len(found["tensors"]) != len(known["tensors"])
    ),
    "Other orders of the labels are never reported. (Sets, or sorted lists, would hide them.) Compare the lists.": (
        _without("label order")
    ),
    "Missing tensors are never reported. Is each name of `known['tensors']` among those found?": _without(
        "missing tensor"
    ),
    "A wrong normalisation is never reported. Compare mean and std of both.": _without("normalisation"),
    "A missing licence is never reported. It is an empty text or `None`.": _without("no licence"),
    "Pickles are never reported. Look at how each file of `found['starts']` begins.": _without("pickle"),
    "Changed files are never reported. Compare the hashes.": _without("changed file"),
    "You report a wrong normalisation only if mean *and* std differ. One of them is enough: `or`.": _with(
        "normalisation",
        lambda found, known: found["mean"] != known["mean"] and found["std"] != known["std"],
    ),
    "You compare the mean alone. The std is part of the normalisation, too.": _with(
        "normalisation", lambda found, known: found["mean"] != known["mean"]
    ),
    "You compare the std alone. The mean is part of the normalisation, too.": _with(
        "normalisation", lambda found, known: found["std"] != known["std"]
    ),
    "A licence that is an empty text passes in yours. It names no licence, as `None` does.": _with(
        "no licence", lambda found, known: found["licence"] is None
    ),
    "A licence that is `None` passes in yours. It names no licence, as an empty text does.": _with(
        "no licence", lambda found, known: found["licence"] == ""
    ),
    "You compare the licence with the known one. Another licence is no fault here, and a missing one is.": _with(
        "no licence", lambda found, known: found["licence"] != known["licence"]
    ),
    "You report a pickle each time. A file more than the known ones is none.": _with(
        "pickle", lambda found, known: found["starts"] != known["starts"]
    ),
    "You call a file a pickle if its name is none of the usual ones. Look at its first bytes.": _with(
        "pickle",
        lambda found, known: any(not name.endswith((".safetensors", ".json", ".md")) for name in found["starts"]),
    ),
    "You compare mean and std with 0.5. Compare them with the known ones.": _with(
        "normalisation", lambda found, known: (found["mean"], found["std"]) != (0.5, 0.5)
    ),
    "You ask whether the labels are sorted. Compare them with the known ones.": _with(
        "label order", lambda found, known: found["labels"] != sorted(found["labels"])
    ),
    "You compare the first label alone. Others may have changed places.": _with(
        "label order", lambda found, known: found["labels"][0] != known["labels"][0]
    ),
    "You report another order only if it is the reverse one. Any other order is a fault.": _with(
        "label order", lambda found, known: found["labels"] == known["labels"][::-1]
    ),
    "You report repositories that *have* a licence.": _with("no licence", lambda found, known: bool(found["licence"])),
    "You judge files by their names. A pickle may have any name, `model.safetensors` too, and a file called .bin need "
    "not be one: look at the first bytes.": _with(
        "pickle", lambda found, known: any(name.endswith(PICKLED) for name in found["starts"])
    ),
    "You look at the first file alone. Each of them may be a pickle.": _with(
        "pickle", lambda found, known: next(iter(found["starts"].values())).startswith((b"PK", b"\x80"))
    ),
    "You look at the last file alone: what the others said is replaced.": _with(
        "pickle", lambda found, known: list(found["starts"].values())[-1].startswith((b"PK", b"\x80"))
    ),
    "Some pickles are missed. Look at each file, for `PK` and for `\\x80`.": _with(
        "pickle", lambda found, known: found["starts"].get("model.safetensors", b"").startswith((b"PK", b"\x80"))
    ),
    "You report a pickle only if all files are pickles. One is enough: `any`.": _with(
        "pickle", lambda found, known: all(s.startswith((b"PK", b"\x80")) for s in found["starts"].values())
    ),
    "You know one beginning of a pickle, `PK`, and not the other: a bare pickle begins with the byte `\\x80`.": _with(
        "pickle", lambda found, known: any(s.startswith(b"PK") for s in found["starts"].values())
    ),
    "You know one beginning of a pickle, `\\x80`, and not the other: `torch.save` writes a zip file, which begins with "
    "`PK`.": _with("pickle", lambda found, known: any(s.startswith(b"\x80") for s in found["starts"].values())),
    "Equal hashes are reported as changed. It is `!=` that tells a changed file.": _with(
        "changed file", lambda found, known: found["sha256"] == known["sha256"]
    ),
    "Equal orders of the labels are reported. It is `!=` that tells another order.": _with(
        "label order", lambda found, known: found["labels"] == known["labels"]
    ),
    "You stop at the first fault. Several may be there: with `elif`, or a `return` in each branch, the others are not "
    "looked for.": _first,
    "Only the last fault is there: each replaces the one before. Collect them in a set with `add`.": _last,
    "You return yes or no for each of the six. Wanted is the set of the names.": lambda found, known: [
        fault in find_faults(found, known) for fault in FAULTS
    ],
    "Where there is no fault, you return a name for that. Return an empty set: `set()`.": lambda found, known: (
        find_faults(found, known) or {"none"}
    ),
    **{
        f"One of your names is `{other!r}`; in the table it is `{fault!r}`. The words count here.": _renamed(
            fault, other
        )
        for fault, other in OTHER_WORDS
    },
    **{
        f"Neither `{one!r}` nor `{other!r}` is ever reported.": _without(one, other)
        for one, other in itertools.combinations(FAULTS, 2)
    },
    "That says whether there is a fault. Wanted is the set of their names.": lambda found, known: bool(
        find_faults(found, known)
    ),
    "That is how many faults there are. Wanted is the set of their names.": lambda found, known: len(
        find_faults(found, known)
    ),
    "Those are the checks that were passed. Wanted are the faults.": lambda found, known: (
        set(FAULTS) - find_faults(found, known)
    ),
}


def same_faults(got: object, right: object) -> bool:
    """The same names in any order, in a set, a list or a tuple."""
    if not isinstance(right, set):
        return same(got, right)
    if not isinstance(got, set | frozenset | list | tuple):
        return False
    return all(isinstance(name, str) for name in got) and set(got) == right


EXERCISE = Exercise(
    solution=find_faults,
    cases=repository_cases,
    slips=FAULT_SLIPS,
    returns="a set of names: some of the six of the table, or an empty one",
    same=same_faults,
    why="Six questions, each asked by itself, so that several faults are told at once. Names of tensors are compared "
    "as sets, labels as lists: there the order has a meaning.",
    notice="Each of the six is found without a forward pass, and without opening a pickle.",
    hints=(
        "Start with `faults = set()`, ask six questions one after the other, each with an `if` of its own, and return it.",
        'Which are lists where the order counts, and which are not? A licence that is missing is `""` or `None`.',
        "For tensors: is one of `known['tensors']` not in `found['tensors']`? For pickles: does any start begin with "
        '`b"PK"` or `b"\\x80"`?',
        '`start.startswith((b"PK", b"\\x80"))` asks for both, and `any(...)` goes over `found["starts"].values()`.',
    ),
)
