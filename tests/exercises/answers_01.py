"""Answers to page 01: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import copy

import torch
from exercise_answers import Answers
from torch import nn

from helpers.models import Classifier, Encoder


def gains_by_tensor(scratch, pretrained):
    gains = torch.tensor(pretrained) - torch.tensor(scratch)
    return gains.mean(), (gains > 0).sum()


def sum_of_gains(scratch, pretrained):
    gains = [p - s for s, p in zip(scratch, pretrained, strict=True)]
    return sum(gains), sum(gain > 0 for gain in gains)


def turned_round(scratch, pretrained):
    return gains_by_tensor(pretrained, scratch)


def ties_won(scratch, pretrained):
    gains = torch.tensor(pretrained) - torch.tensor(scratch)
    return gains.mean(), (gains >= 0).sum()


def _gains(scratch, pretrained):
    return torch.tensor(pretrained) - torch.tensor(scratch)


def mean_of_wins(scratch, pretrained):
    gains = _gains(scratch, pretrained)
    return gains[gains > 0].mean(), (gains > 0).sum()


def losses_counted(scratch, pretrained):
    gains = _gains(scratch, pretrained)
    return gains.mean(), (gains < 0).sum()


def share_of_wins(scratch, pretrained):
    gains = _gains(scratch, pretrained)
    return gains.mean(), (gains > 0).float().mean()


def all_draws(scratch, pretrained):
    return _gains(scratch, pretrained).mean(), len(scratch)


def only_mean(scratch, pretrained):
    return gains_by_tensor(scratch, pretrained)[:1]


def new_head(pretrained, classes):
    model = copy.deepcopy(pretrained)
    model.head = nn.Linear(model.encoder.latent_dim, classes)
    return model


def new_head_in_place(pretrained, classes):
    pretrained.head = nn.Linear(pretrained.encoder.latent_dim, classes)
    return pretrained


def fixed_width(pretrained, classes):
    return nn.Sequential(copy.deepcopy(pretrained.encoder), nn.Linear(1024, classes))


ANSWERS = {
    "1.1": Answers(
        right=new_head,
        wrong={
            "old head": lambda pretrained, classes: copy.deepcopy(pretrained),
            "not all, the pretrained": lambda pretrained, classes: Classifier(Encoder(width=4), classes),
            "shares": lambda pretrained, classes: Classifier(pretrained.encoder, classes),
            "outer shell": lambda pretrained, classes: Classifier(copy.copy(pretrained.encoder), classes),
            "changed the *pretrained* model": new_head_in_place,
            "has 10 outputs": lambda pretrained, classes: Classifier(copy.deepcopy(pretrained.encoder), 10),
            "any width": fixed_width,
            "has 1024 outputs": lambda pretrained, classes: copy.deepcopy(pretrained.encoder),
            "table of two rows": lambda pretrained, classes: nn.Flatten(0),
            "where `print` stands": lambda pretrained, classes: print("hm"),
        },
    ),
    "1.2": Answers(
        right=gains_by_tensor,
        wrong={
            "sum of the gains": sum_of_gains,
            "other way round": turned_round,
            "no win": ties_won,
            "Only the first": only_mean,
            "never uses its argument `pretrained`": lambda scratch, pretrained: (scratch, 1),
            "in another order than asked": lambda scratch, pretrained: gains_by_tensor(scratch, pretrained)[::-1],
            "draws that were won": mean_of_wins,
            "without their sign": lambda scratch, pretrained: (_gains(scratch, pretrained).abs().mean(), 1),
            "median": lambda scratch, pretrained: (_gains(scratch, pretrained).median(), 1),
            "first draw only": lambda scratch, pretrained: (pretrained[0] - scratch[0], 1),
            "last draw only": lambda scratch, pretrained: (pretrained[-1] - scratch[-1], 1),
            "scratch wins": losses_counted,
            "not a share": share_of_wins,
            "number of all draws": all_draws,
            "where `print` stands": lambda scratch, pretrained: print("hm"),
        },
    ),
}
STRICT = "the page's two lists are of one length; `strict` only guards against others"
EQUIVALENT = {"1.2": {"zip(scratch, pretrained)": STRICT, "zip(scratch, pretrained, strict=False)": STRICT}}
