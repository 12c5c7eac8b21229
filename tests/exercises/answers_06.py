"""Answers to page 06: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
import torch.nn.functional as F
from exercise_answers import Answers
from torch import nn


def count_by_pairs(saved, wanted):
    pairs = {(name, tuple(tensor.shape)) for name, tensor in wanted.items()}
    return len(pairs & {(name, tuple(tensor.shape)) for name, tensor in saved.items()})


def new_head_with_dropout(model, classes):
    model.fc = nn.Sequential(nn.Dropout(0.1), nn.Linear(model.fc.weight.shape[1], classes))
    return model


def head_of_512(model, classes):
    model.fc = nn.Linear(512, classes)
    return model


def other_name(model, classes):
    model.head = nn.Linear(model.fc.in_features, classes)
    return model


def head_on_head(model, classes):
    model.fc = nn.Sequential(model.fc, nn.Linear(model.fc.out_features, classes))
    return model


def swapped(model, classes):
    model.fc = nn.Linear(classes, model.fc.in_features)
    return model


def softmax_behind(model, classes):
    model.fc = nn.Sequential(nn.Linear(model.fc.in_features, classes), nn.Softmax(dim=1))
    return model


def frozen_head(model, classes):
    model.fc = nn.Linear(model.fc.in_features, classes).requires_grad_(False)
    return model


def only_if_needed(model, classes):
    if model.fc.out_features != classes:
        model.fc = nn.Linear(model.fc.in_features, classes)
    return model


def body_from_scratch(model, classes):
    for layer in model.children():
        layer.reset_parameters()
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model


def loop(train=False, zero=True, measure="val", learn="train", all_parts=False, step=True):
    """A loop with the faults that are asked for."""

    def train_head(model, images, labels, val_images, val_labels):
        learnt = {
            "train": (images, labels),
            "val": (val_images, val_labels),
            "both": (torch.cat([images, val_images]), torch.cat([labels, val_labels])),
        }[learn]
        parts = model.requires_grad_() if all_parts else model.head
        optimizer = torch.optim.SGD(parts.parameters(), lr=0.1)
        model.train(train)
        for _ in range(10):
            if zero:
                optimizer.zero_grad()
            F.cross_entropy(model(learnt[0]), learnt[1]).backward()
            if step:
                optimizer.step()
        x, y = (val_images, val_labels) if measure == "val" else (images, labels)
        return (model(x).argmax(dim=1) == y).float().mean()

    return train_head


def encoder_first(model, images, labels, val_images, val_labels):
    """Latents once, then the head alone: the encoder is frozen, after all."""
    with torch.no_grad():
        latents, val_latents = (model.encoder.eval()(x) for x in (images, val_images))
    optimizer = torch.optim.SGD(model.head.parameters(), lr=0.1)
    for _ in range(10):
        model.head.train()
        optimizer.zero_grad()
        F.cross_entropy(model.head(latents), labels).backward()
        optimizer.step()
    return (model.head(val_latents).argmax(dim=1) == val_labels).sum() / len(val_labels)


ANSWERS = {
    "6.1": Answers(
        right=count_by_pairs,
        wrong={
            "compare the shapes": lambda saved, wanted: len(set(saved) & set(wanted)),
            "tensors of the file": lambda saved, wanted: len(saved),
            "tensors of the model": lambda saved, wanted: len(wanted),
            "is missing": lambda saved, wanted: len(wanted) - count_by_pairs(saved, wanted),
            "by name first": lambda saved, wanted: sum(
                any(a.shape == b.shape for b in wanted.values()) for a in saved.values()
            ),
            "single weights": lambda saved, wanted: sum(
                saved[name].numel() for name in saved if name in wanted and saved[name].shape == wanted[name].shape
            ),
        },
    ),
    "6.2": Answers(
        right=new_head_with_dropout,
        wrong={
            "Ask the old layer": head_of_512,
            "still has 20 outputs": other_name,
            "behind it": head_on_head,
            "are swapped": swapped,
            "still there": only_if_needed,
            "add up to 1": softmax_behind,
            "is frozen now": frozen_head,
            "no longer the pretrained": body_from_scratch,
            "layer alone": lambda model, classes: nn.Linear(model.fc.in_features, classes),
            "`NoneType`": lambda model, classes: setattr(model, "fc", nn.Linear(model.fc.in_features, classes)),
        },
    ),
    "6.3": Answers(
        right=encoder_first,
        wrong={
            "wakes BatchNorm": loop(train=True),
            "Each step still carries": loop(zero=False),
            "trained on. Which": loop(measure="train"),
            "took part": loop(learn="both"),
            "trained on the validation": loop(learn="val"),
            "has changed": loop(all_parts=True),
            "did not move": loop(step=False),
        },
    ),
}
