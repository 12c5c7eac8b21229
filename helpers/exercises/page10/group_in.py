"""Exercise 10.2. The group that each file's name tells: what stands before the last underscore."""

from __future__ import annotations

from helpers.exercises.engine import Exercise


def groups_in(names):
    """anna_2024-05-01_003.jpg -> anna_2024-05-01, for each of the names"""
    groups = []
    for name in names:
        dot, underscore = name.rfind("."), name.rfind("_")
        groups.append(name[:underscore] if underscore >= 0 else name[:dot])
    return groups


NAMES = (
    "anna_2024-05-01_003.jpg",
    "li_1.png",
    "cat.jpeg",
    "IMG_0001.JPG",
    "two_words_and_4.tif",
    "a.b_c.jpg",
    "v1.2_anna_07.png",
    "no.underscore.webp",
    "王_小明_12.jpg",
    "x_y.z_1.png",
    "_5.png",
    "ab_.jpg",
    "a__b.png",
    "9_8_7_6.bmp",
    "scan-3.gif",
    "Day 1_bird 2_3.jpg",
    "jpg_2.jpg",
    "x.jpg_3.jpg",
    "q.png",
    "anna_anna.png",
    "a_b_a_b.jpg",
    "_left_1.png",
)


def name_cases() -> list[tuple]:
    """Names with none, one and several underscores, full stops before the last, odd characters; one name, and more."""
    one = [([name],) for name in NAMES]
    several = [(list(NAMES[i : i + 2 + i % 2]),) for i in range(0, len(NAMES), 3)]
    return [*one, *several, (["li_1.png", "li_2.png", "cat.jpeg"],), (["li_1.png", "cat.jpeg", "li_1.png"],)]


def same_texts(got: object, right: object) -> bool:
    """The same texts in the same order, in a list or a tuple."""
    if isinstance(right, list):
        return isinstance(got, list | tuple) and list(got) == right
    return type(got) is type(right) and got == right


def _stem(name: str) -> str:
    return name.rpartition(".")[0]


def _group(name: str) -> str:
    return _stem(name).rpartition("_")[0] if "_" in name else _stem(name)


OF_A_NAME = {  # what a slip makes of one name
    "You cut at the *first* underscore. In `anna_2024-05-01_003.jpg` all of Anna's days would become one group: cut at "
    "the last one.": lambda name: _stem(name).split("_")[0],
    "You cut at the *first* underscore, and a name without any keeps its extension. Cut at the last one.": lambda name: (
        name.split("_")[0]
    ),
    "That is what stands *behind* the last underscore. The group stands before it.": lambda name: _stem(
        name
    ).rpartition("_")[2],
    "That is what stands behind the last underscore, with the extension. The group stands before it.": lambda name: (
        name.rpartition("_")[2]
    ),
    "That is the name without its extension. Cut it at the last underscore, too.": _stem,
    "A name without any underscore gets an empty group in yours, so that all such photos become one group. Return the "
    "name without the extension then.": lambda name: _stem(name).rpartition("_")[0],
    "A name without any underscore keeps its extension in yours. Cut the extension off in any case.": lambda name: (
        name.rpartition("_")[0] if "_" in name else name
    ),
    "You keep the underscore at the end of the group.": lambda name: (
        _stem(name)[: _stem(name).rindex("_") + 1] if "_" in name else _stem(name)
    ),
    "You cut the name at its *first* full stop. The extension begins at the last one.": lambda name: (
        name.split(".")[0].rpartition("_")[0] if "_" in name.split(".")[0] else name.split(".")[0]
    ),
    "You cut four characters off. An extension may have more letters than three.": lambda name: (
        name[:-4].rpartition("_")[0] if "_" in name[:-4] else name[:-4]
    ),
    "You removed `.jpg` only. Any extension may stand there.": lambda name: (
        name.replace(".jpg", "").rpartition("_")[0] if "_" in name.replace(".jpg", "") else name.replace(".jpg", "")
    ),
    "You return the parts as a list. Return one text: join what stands before the last underscore again.": (
        lambda name: _stem(name).split("_")[:-1]
    ),
    "You joined the parts without underscores. The group is the text as it stands before the last underscore.": (
        lambda name: "".join(_stem(name).split("_")[:-1]) if "_" in name else _stem(name)
    ),
    "You joined the parts with spaces. Between them stood underscores.": lambda name: (
        " ".join(_stem(name).split("_")[:-1]) if "_" in name else _stem(name)
    ),
    "You made small letters of the group. `IMG` and `img` are two names.": lambda name: _group(name).lower(),
    "You keep the first two parts. How many there are differs: take all but the last.": lambda name: "_".join(
        _stem(name).split("_")[:2]
    ),
    "You keep the second part from the end only. The group is all that stands before the last underscore.": (
        lambda name: _stem(name).split("_")[-2] if "_" in name else _stem(name)
    ),
    "You stripped underscores from the ends. A group may begin or end with one.": lambda name: _group(name).strip("_"),
    "You removed what follows the last underscore, and kept the extension. The extension never counts.": lambda name: (
        _group(name) + "." + name.rpartition(".")[2]
    ),
    "That says how many underscores there are. Return the text before the last one.": lambda name: name.count("_"),
    "That is where the last underscore stands. Return the text before it.": lambda name: name.rfind("_"),
    "With `rfind` and no check, a name without underscore loses its last letter: `rfind` returns -1 there.": (
        lambda name: _stem(name)[: _stem(name).rfind("_")]
    ),
    "With `rfind` on the whole name and no check, a name without underscore loses its last letter only: `rfind` "
    "returns -1 there.": lambda name: name[: name.rfind("_")],
    "You return the name as it is.": lambda name: name,
    "You took digits and signs off the end. The rule is the last underscore alone.": lambda name: _stem(name).rstrip(
        "0123456789_-"
    ),
    "You return the extension. It is what never counts.": lambda name: name.rpartition(".")[2],
}

GROUP_SLIPS = {
    **{told: (lambda names, of=of: [of(name) for name in names]) for told, of in OF_A_NAME.items()},
    "You return the group of the first name only. Is a `return` inside your loop?": lambda names: groups_in(names)[:1],
    "You return the group of the last name only. Collect all of them in a list.": lambda names: groups_in(names)[-1:],
    "You return one text. Wanted is a list, with the group of each name.": lambda names: groups_in(names)[0],
    "Each group is there once in yours. Wanted is one for each name, in their order.": lambda names: list(
        dict.fromkeys(groups_in(names))
    ),
    "You sorted the groups. Wanted is one for each name, in their order.": lambda names: sorted(groups_in(names)),
    "That is how many groups there are. Return the group of each name.": lambda names: len(set(groups_in(names))),
    "Names without an underscore are left out in yours. Each is a group of its own.": lambda names: groups_in(
        [name for name in names if "_" in name]
    ),
}


EXERCISE = Exercise(
    solution=groups_in,
    cases=name_cases,
    slips=GROUP_SLIPS,
    same=same_texts,
    returns="a list of texts, one for each name, such as `['anna_2024-05-01', 'cat']`",
    why="`rfind` says where the last underscore and the last full stop stand, or -1 if there is none. The extension has "
    "no underscore, so what stands before the last underscore never holds it.",
    notice="Look at such groups before you believe them: one typing error, and a person may be in two sets.",
    hints=(
        "Take one name first. Where is its last underscore? What if there is none?",
        "`name.rfind('_')` is the place of the last underscore, or -1; `name.rpartition('_')` cuts the name there.",
        "With an underscore: `name[: name.rfind('_')]`. Without: `name[: name.rfind('.')]`. Collect both in a list.",
    ),
)
