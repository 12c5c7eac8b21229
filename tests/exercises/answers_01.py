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


def only_mean(scratch, pretrained):
    return gains_by_tensor(scratch, pretrained)[:1]


def new_head(pretrained, classes):
    model = copy.deepcopy(pretrained)
    model.head = nn.Linear(model.encoder.latent_dim, classes)
    return model


ANSWERS = {
    "1.1": Answers(
        right=new_head,
        wrong={
            "old head": lambda pretrained, classes: copy.deepcopy(pretrained),
            "from scratch": lambda pretrained, classes: Classifier(Encoder(width=4), classes),
            "shares": lambda pretrained, classes: Classifier(pretrained.encoder, classes),
        },
    ),
    "1.2": Answers(
        right=gains_by_tensor,
        wrong={
            "sum of the gains": sum_of_gains,
            "sign is turned": turned_round,
            "no win": ties_won,
            "Two numbers": only_mean,
            "`return` missing": lambda scratch, pretrained: print("hm"),
        },
    ),
}
