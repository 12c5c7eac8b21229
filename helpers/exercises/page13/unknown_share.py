"""Exercise 13.1. Which share of the words of new sentences is not in the vocabulary of known ones."""

from __future__ import annotations

from collections import Counter

import torch

from helpers.exercises.engine import Exercise
from helpers.exercises.judging import drawn


def unknown_share(known, new, size):
    """The share of the words of `new` that are not among the `size` most frequent of `known`."""
    counts = Counter(word for sentence in known for word in sentence)
    common = sorted(counts, key=lambda word: (-counts[word], word))[:size]
    words = [word for sentence in new for word in sentence]
    return sum(word not in common for word in words) / len(words)


def sentence_cases() -> list[tuple]:
    """Few words often repeated, equal counts, sizes below and above the count of words, words of one side alone."""

    def make(generator: torch.Generator, i: int) -> tuple:
        def sentences(words: str, count: int) -> list[list[str]]:
            lengths = [int(torch.randint(1, 5, (), generator=generator)) for _ in range(count)]
            if i % 4 == 3:
                lengths[-1] = 0  # an empty sentence among others
            lengths[0] = max(lengths[0], 1)
            return [[words[int(torch.randint(len(words), (), generator=generator))] for _ in range(n)] for n in lengths]

        known = sentences(("abc", "dcba", "ab", "edcba", "zaz")[i % 5], 2 + i % 2)
        new = sentences(("abx", "abcd", "aby", "cde", "az")[(i + i // 5) % 5], 1 + i % 3)
        return known, new, (1, 2, 3, 2, 9, 1, 4)[i % 7]

    return drawn(make, count=30)


def _share(vocabulary: object, words: object = None) -> object:
    """The answer with another vocabulary, or with other words counted."""

    def slip(known: list, new: list, size: int) -> float:
        common = vocabulary(known, new, size)
        own = [word for sentence in new for word in sentence] if words is None else words(new)
        return sum(word not in common for word in own) / len(own)

    return slip


def _common(sentences: list, size: int, order: object = None) -> list[str]:
    counts = Counter(word for sentence in sentences for word in sentence)
    return sorted(counts, key=order(counts) if order else lambda word: (-counts[word], word))[:size]


UNKNOWN_SLIPS = {
    "No word is ever found in yours. Do you compare pairs (word, count), or sentences with words?": _share(
        lambda known, new, size: []
    ),
    "You leave room for four special numbers, as the page does. Here all `size` are words.": _share(
        lambda known, new, size: _common(known, 10**6)[: size - 4]
    ),
    "You divide by the number of different words of `new`. Divide by the number of all its words.": (
        lambda known, new, size: (
            unknown_share(known, new, size) * sum(map(len, new)) / len({w for sentence in new for w in sentence})
        )
    ),
    "Your vocabulary is made of `known` and `new` together. Then new text is never quite new: count `known` alone.": (
        _share(lambda known, new, size: _common(known + new, size))
    ),
    "Your vocabulary is made of `new`. It is made of `known`, before `new` is seen.": _share(
        lambda known, new, size: _common(new, size)
    ),
    "You count each different word of `new` once. A word that comes three times counts three times.": _share(
        lambda known, new, size: _common(known, size), lambda new: sorted({w for s in new for w in s})
    ),
    "All words of `known` are in your vocabulary. Only the `size` most frequent ones are.": _share(
        lambda known, new, size: _common(known, 10**6)
    ),
    "Words equally frequent are in the order in which they came (`most_common` does that). The alphabet decides.": (
        _share(lambda known, new, size: [w for w, _ in Counter(w for s in known for w in s).most_common(size)])
    ),
    "Among words equally frequent, yours takes the last in the alphabet. `reverse=True` turns the alphabet, too.": (
        _share(lambda known, new, size: sorted(_common(known, 99), key=lambda w: (_n(known, w), w))[::-1][:size])
    ),
    "Yours are the rarest words. The most frequent ones come first.": _share(
        lambda known, new, size: _common(known, size, lambda counts: lambda w: (counts[w], w))
    ),
    "Your vocabulary is in the order of the alphabet alone. How often a word comes decides first.": _share(
        lambda known, new, size: sorted({w for s in known for w in s})[:size]
    ),
    "You take the first words as they come. Take the most frequent ones.": _share(
        lambda known, new, size: [w for s in known for w in s][:size]
    ),
    "You take the first different words as they come. Take the most frequent ones.": _share(
        lambda known, new, size: list(dict.fromkeys(w for s in known for w in s))[:size]
    ),
    "You sort by the count alone, and take the last ones. Among words equally frequent, the alphabet decides.": _share(
        lambda known, new, size: sorted({w for s in known for w in s}, key=lambda w: _n(known, w))[-size:]
    ),
    "You averaged the shares of the sentences. Each word counts the same, so count over all words together.": (
        lambda known, new, size: (
            sum(unknown_share(known, [s], size) for s in new if s) / sum(1 for sentence in new if sentence)
        )
    ),
    "You divide by the number of sentences. Divide by the number of words.": lambda known, new, size: (
        unknown_share(known, new, size) * sum(map(len, new)) / len(new)
    ),
    "That is the share of known words. The unknown ones are the rest, 1 minus it.": lambda known, new, size: (
        1 - unknown_share(known, new, size)
    ),
    "That is how many words are unknown. Wanted is their share: divide by how many words there are.": (
        lambda known, new, size: unknown_share(known, new, size) * sum(map(len, new))
    ),
    "That is in percent. Wanted is a number from 0 to 1.": lambda known, new, size: (
        100 * unknown_share(known, new, size)
    ),
}


def _n(sentences: list, word: str) -> int:
    return sum(sentence.count(word) for sentence in sentences)


EXERCISE = Exercise(
    solution=unknown_share,
    cases=sentence_cases,
    slips=UNKNOWN_SLIPS,
    returns="one number from 0 to 1",
    why="The vocabulary is fixed before new text is seen: count the words of `known`, sort by falling count and then "
    "by the alphabet, and keep `size`. Then each word of `new` is in it or not.",
    notice="A larger vocabulary leaves less unknown, and makes the last layer of a language model larger.",
    hints=(
        "Two steps: first make the vocabulary from `known`, then go over all words of all sentences of `new`.",
        "`Counter(...)` counts words; the sentences are lists, so two `for` are needed to reach the words.",
        "`sorted(counts, key=lambda word: (-counts[word], word))` sorts by falling count, then by the alphabet. Cut it.",
        "Last, count the words of `new` that are not in what is left, and divide by how many words `new` has.",
    ),
)
