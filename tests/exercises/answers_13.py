"""Answers to page 13: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import math

import numpy as np
import torch
import torch.nn.functional as F
from exercise_answers import Answers


def by_dict(known, new, size):
    counts = {}
    for sentence in known:
        for word in sentence:
            counts[word] = counts.get(word, 0) + 1
    inside = set(sorted(sorted(counts), key=counts.get, reverse=True)[:size])
    hits = [word in inside for sentence in new for word in sentence]
    return 1 - np.mean(hits)


def by_most_common(known, new, size):
    from collections import Counter

    inside = [w for w, _ in Counter(w for s in known for w in s).most_common(size)]
    words = [w for s in new for w in s]
    return len([w for w in words if w not in inside]) / len(words)


def by_types(known, new, size):
    flat = [w for s in known for w in s]
    inside = sorted(set(flat), key=lambda w: (-flat.count(w), w))[:size]
    words = {w for s in new for w in s}
    return len(words - set(inside)) / len(words)


def all_known(known, new, size):
    inside = {w for s in known for w in s}
    words = [w for s in new for w in s]
    return sum(w not in inside for w in words) / len(words)


def of_both(known, new, size):
    return by_dict(known + new, new, size)


def by_mask(log_probs, lengths):
    real = torch.arange(log_probs.shape[1]) < torch.tensor(lengths)[:, None]
    return math.exp(F.nll_loss(log_probs[real][:, None], torch.zeros(int(real.sum())).long()).item())


def real_words(log_probs, lengths):
    return [log_probs[i, t] for i, n in enumerate(lengths) for t in range(n)]


def per_sentence(log_probs, lengths):
    means = [log_probs[i, :n].mean() for i, n in enumerate(lengths)]
    return torch.exp(-sum(means) / len(means))


def by_loop(states, ids):
    return torch.stack([own[numbers != 0].mean(dim=0) for own, numbers in zip(states, ids, strict=True)])


def mask(ids):
    return (ids > 0).unsqueeze(-1)


def by_library(queries, keys, values):
    return F.scaled_dot_product_attention(queries[None], keys[None], values[None], is_causal=True)[0]


def with_scores(change):
    def wrong(queries, keys, values):
        scores = torch.einsum("td,sd->ts", queries, keys)
        return change(scores, queries.shape[1]) @ values

    return wrong


def hidden(scores, offset=1):
    ahead = torch.arange(len(scores)) >= torch.arange(len(scores))[:, None] + offset
    return scores.masked_fill(ahead, -math.inf)


ANSWERS = {
    "13.1": Answers(
        right=by_dict,
        wrong={
            "`known` and `new` together": of_both,
            "The alphabet decides": by_most_common,
            "each different word of `new` once": by_types,
            "All words of `known`": all_known,
            "share of known words": lambda known, new, size: 1 - by_dict(known, new, size),
            "how many words are unknown": lambda known, new, size: round(
                by_dict(known, new, size) * sum(len(s) for s in new)
            ),
            "in percent": lambda known, new, size: 100 * by_dict(known, new, size),
            "made of `new`": lambda known, new, size: by_dict(new, new, size),
        },
    ),
    "13.2": Answers(
        right=by_mask,
        wrong={
            "The padding counts in yours": lambda log_probs, lengths: torch.exp(-log_probs.mean()),
            "within each sentence first": per_sentence,
            "perplexities of the sentences": lambda log_probs, lengths: (
                sum(math.exp(-log_probs[i, :n].mean()) for i, n in enumerate(lengths)) / len(lengths)
            ),
            "The padding is in your sum": lambda log_probs, lengths: torch.exp(-log_probs.sum() / sum(lengths)),
            "That is the cross-entropy": lambda log_probs, lengths: -sum(real_words(log_probs, lengths)) / sum(lengths),
            "The minus is missing": lambda log_probs, lengths: torch.exp(
                torch.stack(real_words(log_probs, lengths)).mean()
            ),
            "2 to that power": lambda log_probs, lengths: 2 ** (-sum(real_words(log_probs, lengths)) / sum(lengths)),
            "number of sentences": lambda log_probs, lengths: torch.exp(
                -sum(real_words(log_probs, lengths)) / len(log_probs)
            ),
        },
    ),
    "13.3": Answers(
        right=by_loop,
        wrong={
            "The padding counts in yours": lambda states, ids: states.mean(1),
            "divide by all places": lambda states, ids: (states * mask(ids)).mean(1),
            "still in your sum": lambda states, ids: states.sum(1) / mask(ids).sum(1),
            "whole batch": lambda states, ids: (states * mask(ids)).sum(1) / mask(ids).sum(),
            "That is the sum": lambda states, ids: (states * mask(ids)).sum(1),
            "numbers of a state": lambda states, ids: states.mean(-1),
            "all sentences together": lambda states, ids: states[ids > 0].mean(0),
            "state at the last place": lambda states, ids: states[:, -1],
        },
    ),
    "13.4": Answers(
        right=by_library,
        wrong={
            "Each place sees the later ones": with_scores(lambda s, d: (s / math.sqrt(d)).softmax(1)),
            "not divided by the root": with_scores(lambda s, d: hidden(s).softmax(1)),
            "You divide by d": with_scores(lambda s, d: hidden(s / d).softmax(1)),
            "No place sees itself": with_scores(lambda s, d: hidden(s / math.sqrt(d), 0).softmax(1)),
            "by a score of 0": with_scores(lambda s, d: (s / math.sqrt(d)).tril().softmax(1)),
            "after the softmax": with_scores(lambda s, d: (s / math.sqrt(d)).softmax(1).tril()),
            "runs over the queries": with_scores(lambda s, d: hidden(s / math.sqrt(d)).softmax(0)),
            "The softmax is missing": with_scores(lambda s, d: (s / math.sqrt(d)).tril()),
        },
    ),
}
SAME_SHAPE = "only the number of columns is asked, and that is the same"
EQUIVALENT = {
    "13.2": {
        "(-log_probs).shape": SAME_SHAPE,
        "log_probs + 1": SAME_SHAPE,
        "log_probs[1:]": SAME_SHAPE,
        "log_probs[:-1]": SAME_SHAPE,
    },
    "13.3": {"(-ids != 0)[:, :, None]": "minus a number is 0 where the number is"},
    "13.4": {
        "(keys + 1).T": "the scores of a query all grow by the same, which the softmax does not see",
        "queries.shape": "queries and keys have the same length",
        "(keys + 1).shape": SAME_SHAPE,
        "(-keys).shape": SAME_SHAPE,
        "keys[1:].shape": SAME_SHAPE,
        "keys[:-1].shape": SAME_SHAPE,
        "torch.ones(len(scores), len(scores))": "both sides of the mask are the same",
    },
}
