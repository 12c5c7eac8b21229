"""Exercise 8.4: the rules as they are misread."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Mapping

RULES: dict[str, Callable] = {
    "labels": lambda a, b: a["labels"] != b["labels"],
    "steps": lambda a, b: sum(a["steps"]) != sum(b["steps"]),
    "rates": lambda a, b: set(a["rates"]) != set(b["rates"]),
    "chosen_on": lambda a, b: "test" in (a["chosen_on"], b["chosen_on"]),
    "knows": lambda a, b: set(a["knows"]) != set(b["knows"]),
}


MISREAD: dict[str, dict[str, Callable]] = {  # rule -> diagnosis -> the rule as it is misread
    "labels": {
        "More labels for `ours` break the rule in yours; more for `rival` do, too: both must have equally many.": (
            lambda a, b: a["labels"] > b["labels"]
        ),
        "More labels for `rival` break the rule in yours; more for `ours` do, too: both must have equally many.": (
            lambda a, b: a["labels"] < b["labels"]
        ),
        "`is not` compares whether two numbers are the same *object* in memory; two equal ones need not be. Write `!=`.": (
            lambda a, b: a["labels"] != b["labels"] or a["labels"] > 256
        ),
        'The rule "labels" is never reported.': lambda a, b: False,
        'The rule "labels" is reported where it is kept, and not where it is broken.': lambda a, b: (
            a["labels"] == b["labels"]
        ),
    },
    "steps": {
        "[300, 200] and [500] are equally many steps, in two parts and in one. Compare their sums, not the lists.": (
            lambda a, b: a["steps"] != b["steps"]
        ),
        "Only the first part of the steps is compared. Add up all parts.": lambda a, b: a["steps"][0] != b["steps"][0],
        "Only the last part of the steps is compared. Add up all parts.": lambda a, b: a["steps"][-1] != b["steps"][-1],
        "You compare how many *parts* the steps have, not how many steps they are together.": lambda a, b: (
            len(a["steps"]) != len(b["steps"])
        ),
        "The longest parts are compared. Add up all parts.": lambda a, b: max(a["steps"]) != max(b["steps"]),
        "The *product* of the parts is compared. Add them up.": lambda a, b: (
            math.prod(a["steps"]) != math.prod(b["steps"])
        ),
        "The number 500 is fixed in yours. The two must have equally many steps, whatever number that is.": lambda a, b: (
            sum(a["steps"]) != 500 or sum(b["steps"]) != 500
        ),
        "The parts are compared in any order. It is their sum that must be equal.": lambda a, b: (
            sorted(a["steps"]) != sorted(b["steps"])
        ),
        "More steps for `ours` break the rule in yours; more for `rival` do, too.": lambda a, b: (
            sum(a["steps"]) > sum(b["steps"])
        ),
        "More steps for `rival` break the rule in yours; more for `ours` do, too.": lambda a, b: (
            sum(a["steps"]) < sum(b["steps"])
        ),
        'The rule "steps" is never reported.': lambda a, b: False,
        'The rule "steps" is reported where it is kept, and not where it is broken.': lambda a, b: (
            sum(a["steps"]) == sum(b["steps"])
        ),
    },
    "rates": {
        "The same learning rates in another order are the same choice. Compare them without their order.": lambda a, b: (
            a["rates"] != b["rates"]
        ),
        "In yours any two rates that differ break the rule. Ask whether both have the *same set* "
        "of rates.": lambda a, b: any(x != y for x in a["rates"] for y in b["rates"]),
        'The rule "rates" is always reported. Does `in` look for a whole list among numbers?': lambda a, b: True,
        "The *sums* of the rates are compared. Other rates may have the same sum: compare the rates, without their order.": (
            lambda a, b: sum(a["rates"]) != sum(b["rates"])
        ),
        "The *means* of the rates are compared. Other rates may have the same mean: compare the rates, without their "
        "order.": lambda a, b: math.fsum(a["rates"]) / len(a["rates"]) != math.fsum(b["rates"]) / len(b["rates"]),
        "The smallest learning rates are compared. Compare all, without their order.": lambda a, b: (
            min(a["rates"]) != min(b["rates"])
        ),
        "You stop at the end of the shorter list, so rates left over are not seen. Compare all, without their order.": (
            lambda a, b: any(x != y for x, y in zip(sorted(a["rates"]), sorted(b["rates"])))  # noqa: B905
        ),
        "You compare how *many* learning rates there were to choose from. As many others are another choice.": (
            lambda a, b: len(a["rates"]) != len(b["rates"])
        ),
        "Only the first learning rates are compared. Compare all, without their order.": lambda a, b: (
            a["rates"][0] != b["rates"][0]
        ),
        "The largest learning rates are compared. Compare all, without their order.": lambda a, b: (
            max(a["rates"]) != max(b["rates"])
        ),
        "Only rates that `ours` has more than `rival` break the rule in yours. It holds the other way, too.": (
            lambda a, b: bool(set(a["rates"]) - set(b["rates"]))
        ),
        "Only rates that `rival` has more than `ours` break the rule in yours. It holds the other way, too.": (
            lambda a, b: bool(set(b["rates"]) - set(a["rates"]))
        ),
        "In yours a single rate in common is enough. All must be the same.": lambda a, b: (
            not set(a["rates"]) & set(b["rates"])
        ),
        'The rule "rates" is never reported. (`.sort()` returns None on both sides; `sorted(...)` returns a list.)': lambda a, b: (
            False
        ),
        'The rule "rates" is reported where it is kept, and not where it is broken.': lambda a, b: (
            set(a["rates"]) == set(b["rates"])
        ),
    },
    "chosen_on": {
        "You ask whether both chose on the same images. But two who both chose on the *test* images both break the rule, "
        "and training against validation images is no breach.": lambda a, b: a["chosen_on"] != b["chosen_on"],
        "Only `ours` is asked whether it chose on the test images. `rival` must not either.": lambda a, b: (
            a["chosen_on"] == "test"
        ),
        "Only `rival` is asked whether it chose on the test images. `ours` must not either.": lambda a, b: (
            b["chosen_on"] == "test"
        ),
        "In yours the rule breaks only if *both* chose on the test images. One is enough: `or`, not `and`.": lambda a, b: (
            a["chosen_on"] == b["chosen_on"] == "test"
        ),
        "In yours only the validation and the training images may choose. Any other images will do, too, but the *test* "
        "images.": lambda a, b: not {a["chosen_on"], b["chosen_on"]} <= {"validation", "training"},
        '`"test" in` a text looks for these four letters anywhere in it, as in "contest". Ask `== "test"`.': lambda a, b: (
            "test" in a["chosen_on"] or "test" in b["chosen_on"]
        ),
        "In yours it must be the validation images. The rule forbids the *test* images only.": lambda a, b: (
            not a["chosen_on"] == b["chosen_on"] == "validation"
        ),
        "In yours the rule breaks where nobody chose on the test images. It is the other way round.": (
            lambda a, b: "test" not in (a["chosen_on"], b["chosen_on"])
        ),
        'The rule "chosen_on" is always reported. A text on its own counts as true: write `== "test"` behind both.': (
            lambda a, b: True
        ),
        "In yours choosing on the test images is allowed to both or to neither. Nobody may.": lambda a, b: (
            (a["chosen_on"] == "test") != (b["chosen_on"] == "test")
        ),
        'The rule "chosen_on" is never reported.': lambda a, b: False,
    },
    "knows": {
        "The same facts in another order are the same knowledge. Compare them without their order.": lambda a, b: (
            a["knows"] != b["knows"]
        ),
        "You compare how *many* facts each knows. One may know another fact than the other.": lambda a, b: (
            len(a["knows"]) != len(b["knows"])
        ),
        "In yours the rule breaks only if `ours` knows what `rival` does not. It holds the other way, too.": lambda a, b: (
            bool(set(a["knows"]) - set(b["knows"]))
        ),
        "In yours the rule breaks only if `rival` knows what `ours` does not. It holds the other way, too.": lambda a, b: (
            bool(set(b["knows"]) - set(a["knows"]))
        ),
        'Only "shares" is looked at. They were an example: nobody may know *anything* that the other does not.': (
            lambda a, b: ("shares" in a["knows"]) != ("shares" in b["knows"])
        ),
        'Only "shares" that `ours` alone knows count. They were an example: nobody may know *anything* that the other '
        "does not.": lambda a, b: "shares" in a["knows"] and "shares" not in b["knows"],
        "The *letters* of the facts are compared. Compare the facts.": lambda a, b: (
            set("".join(a["knows"])) != set("".join(b["knows"]))
        ),
        "In yours the rule breaks only if both know something. To know something while the other knows nothing is a breach, "
        "too.": lambda a, b: bool(a["knows"] and b["knows"] and set(a["knows"]) != set(b["knows"])),
        "In yours the rule breaks only if both know something. To know something while the other knows nothing is a breach, "
        "too; and the same facts in another order are no breach.": lambda a, b: bool(
            a["knows"] and b["knows"] and a["knows"] != b["knows"]
        ),
        "In yours the rule breaks only if `ours` knows something and `rival` nothing. One may know *another* fact, and "
        "`rival` may know more.": lambda a, b: bool(a["knows"] and not b["knows"]),
        "In yours any knowledge breaks the rule. What both know is the same chance for both.": lambda a, b: bool(
            a["knows"] or b["knows"]
        ),
        "In yours any knowledge of `ours` breaks the rule. What both know is the same chance for both.": lambda a, b: (
            bool(a["knows"])
        ),
        "In yours a single fact in common is enough, and where nobody knows anything the rule is broken. All facts must be "
        "the same, and none on both sides is the same, too.": lambda a, b: not set(a["knows"]) & set(b["knows"]),
        "You ask whether each knows anything at all. One may know another fact than the other.": lambda a, b: (
            bool(a["knows"]) != bool(b["knows"])
        ),
        'The rule "knows" is never reported. (`.sort()` returns None on both sides; `sorted(...)` returns a list.)': lambda a, b: (
            False
        ),
        'The rule "knows" is reported where it is kept, and not where it is broken.': lambda a, b: (
            set(a["knows"]) == set(b["knows"])
        ),
    },
}


FREQUENT = (  # how the misreadings begin of which two may come together
    "More labels for `ours`",
    "More steps for `ours`",
    "[300, 200] and",
    "Only the first part",
    "The same learning rates in",
    "You compare how",
    "You ask whether both chose",
    "Only `ours` is asked",
    "The same facts in",
    "In yours the rule breaks only if `ours`",
    "In yours any knowledge breaks",
    "The rule ",
)


def _by(changed: Mapping[str, Callable]) -> Callable:
    """The solution with some of its rules misread."""
    rules = RULES | changed
    return lambda ours, rival: [name for name, breaks in rules.items() if breaks(ours, rival)]


def _slips_of_lists(right: Callable) -> dict[str, Callable]:
    """Names that are lost, doubled or written otherwise, for each rule."""
    slips: dict[str, Callable] = {
        "A name is lost: a list from which you remove while you go through it skips every second entry.": (
            lambda ours, rival: right(ours, rival)[1::2]
        ),
        '`"chosen_on"` is there twice where both chose on the test images. Each name once: one question for both, by `or`.': (
            lambda ours, rival: right(ours, rival) + ["chosen_on"] * (ours["chosen_on"] == rival["chosen_on"] == "test")
        ),
        '`"rates"` is there once for each rate that differs. Each name once: ask after the loop, or compare sets.': (
            lambda ours, rival: (
                right(ours, rival) + ["rates"] * max(0, len(set(ours["rates"]) ^ set(rival["rates"])) - 1)
            )
        ),
        '`"knows"` is there once for each fact that differs. Each name once: ask after the loop, or compare sets.': (
            lambda ours, rival: (
                right(ours, rival) + ["knows"] * max(0, len(set(ours["knows"]) ^ set(rival["knows"])) - 1)
            )
        ),
        "These are two lists. One is wanted, with the names of all broken rules, whoever breaks them.": (
            lambda ours, rival: (right(ours, rival), [])
        ),
    }
    names = list(RULES)
    for place, rule in enumerate(names):
        earlier, later = names[:place], names[place + 1 :]
        if later:
            slips[
                f'Where "{rule}" is broken, the rules after it are never asked. Does a `return` stand in its `if`, or an '
                "`elif` after it? Give each rule an `if` of its own, and put one `return` at the end."
            ] = lambda ours, rival, rule=rule, later=later: [
                name for name in right(ours, rival) if name not in later or rule not in right(ours, rival)
            ]
            slips[f'Where "{rule}" is broken, the rule after it is never asked (`elif`, `else`?). Write `if`.'] = (
                lambda ours, rival, rule=rule, skipped=later[0]: [
                    name for name in right(ours, rival) if name != skipped or rule not in right(ours, rival)
                ]
            )
        if earlier:
            slips[
                f'Where "{rule}" is broken, the names found before are lost: `broken = [...]` makes a new list. Use `append`.'
            ] = lambda ours, rival, rule=rule, earlier=earlier: [
                name for name in right(ours, rival) if name not in earlier or rule not in right(ours, rival)
            ]
        slips[f'For the rule "{rule}" you append the value of the field. Append the name of the rule.'] = (
            lambda ours, rival, rule=rule: [ours[rule] if name == rule else name for name in right(ours, rival)]
        )
        slips[
            f'The name "{rule}" came apart into letters: a text was added letter by letter (`+=`?). Use `append`.'
        ] = lambda ours, rival, rule=rule: [
            part for name in right(ours, rival) for part in (list(name) if name == rule else [name])
        ]
        for other in {rule.capitalize(), rule.upper(), rule.removesuffix("s")} - {rule}:
            slips[f'One name is written otherwise than in the text: you return `"{other}"`, and it is `"{rule}"`.'] = (
                lambda ours, rival, rule=rule, other=other: [
                    other if name == rule else name for name in right(ours, rival)
                ]
            )
    slips['In the text, the names are written in small letters, such as `"steps"`.'] = lambda ours, rival: [
        name.capitalize() for name in right(ours, rival)
    ]
    return slips


def race_slips() -> dict[str, Callable]:
    """All of them: one rule or two misread, and names lost, doubled or written otherwise."""
    right = _by({})
    slips = {
        "Only the first broken rule is there. Does a `return` end your function too early, or does an `elif` skip the "
        "rules that come after it? Ask each with an `if` of its own.": lambda ours, rival: right(ours, rival)[:1],
        "Only the last broken rule is there. Collect all of them in a list, with `append`.": lambda ours, rival: right(
            ours, rival
        )[-1:],
        "You compare the lists as they stand. [300, 200] and [500] are as many steps; and the same rates or facts in "
        "another order are the same.": _by(
            {rule: lambda a, b, rule=rule: a[rule] != b[rule] for rule in ("steps", "rates", "knows")}
        ),
        "You report what speaks for `ours` only. Each rule asks for the same chance for both, whoever has more.": _by(
            {
                "labels": lambda a, b: a["labels"] > b["labels"],
                "steps": lambda a, b: sum(a["steps"]) > sum(b["steps"]),
                "rates": lambda a, b: bool(set(a["rates"]) - set(b["rates"])),
                "chosen_on": lambda a, b: a["chosen_on"] == "test",
                "knows": lambda a, b: bool(set(a["knows"]) - set(b["knows"])),
            }
        ),
        "You report only where `ours` has *more*. Each rule asks for the same for both; and as many rates or facts may be "
        "other ones.": _by(
            {
                "labels": lambda a, b: a["labels"] > b["labels"],
                "steps": lambda a, b: sum(a["steps"]) > sum(b["steps"]),
                "rates": lambda a, b: len(a["rates"]) > len(b["rates"]),
                "chosen_on": lambda a, b: a["chosen_on"] == "test",
                "knows": lambda a, b: len(a["knows"]) > len(b["knows"]),
            }
        ),
        "Your names came apart into letters: a text was added letter by letter (`+=`?). Use `append`.": (
            lambda ours, rival: [letter for name in right(ours, rival) for letter in name]
        ),
        "Only the last rule is left: is the list made anew inside your loop? Make it once, before.": (
            lambda ours, rival: [name for name in right(ours, rival) if name == "knows"]
        ),
        'These are the values of the fields. Wanted are the names of the broken rules, such as `"steps"`.': (
            lambda ours, rival: [ours[name] for name in right(ours, rival)]
        ),
        'One name is written otherwise than in the text: it is `"chosen_on"`, with an underscore.': (
            lambda ours, rival: [name.replace("_", " ") for name in right(ours, rival)]
        ),
        'One name is written otherwise than in the text: it is `"chosen_on"`.': (
            lambda ours, rival: [name.removesuffix("_on") for name in right(ours, rival)]
        ),
        "These are the rules that are *kept*. Return the broken ones.": lambda ours, rival: (
            [name for name in RULES if name not in right(ours, rival)]
        ),
        "That says whether the comparison is unfair. Return the names of the broken rules in a list.": (
            lambda ours, rival: bool(right(ours, rival))
        ),
        "That says whether the comparison is fair. Return the names of the broken rules in a list.": (
            lambda ours, rival: not right(ours, rival)
        ),
        "That is how many rules are broken. Return their names in a list.": lambda ours, rival: len(right(ours, rival)),
        "You report each field in which the two differ. That is not each rule: read again what is allowed to differ, and "
        "what both may not do.": lambda ours, rival: [name for name in RULES if ours[name] != rival[name]],
        "You return True or False for each rule. Return the names of the broken ones in a list.": lambda ours, rival: (
            [name in right(ours, rival) for name in RULES]
        ),
    }
    slips |= _slips_of_lists(right)
    for n in (1, 2, 3):
        words = f"Your function reports the first {n} of the five rules only, never the others."
        slips[words.replace("first 1", "first")] = lambda ours, rival, n=n: [
            name for name in list(RULES)[:n] if name in right(ours, rival)
        ]
    misread = [(rule, words, other) for rule, readings in MISREAD.items() for words, other in readings.items()]
    slips |= {words: _by({rule: other}) for rule, words, other in misread}
    frequent = [reading for reading in misread if reading[1].startswith(FREQUENT)]
    for (rule, words, other), (rule2, words2, other2) in itertools.combinations(frequent, 2):
        if rule != rule2:
            slips[f"Two slips at once. {words} And: {words2}"] = _by({rule: other, rule2: other2})
    return slips
