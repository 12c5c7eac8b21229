"""Answers to page 06: a second right one for each exercise, and typical wrong ones with their diagnosis."""

import torch
import torch.nn.functional as F
from exercise_answers import Answers
from torch import nn


def count_by_pairs(saved, wanted):
    pairs = {(name, tuple(tensor.shape)) for name, tensor in wanted.items()}
    return len(pairs & {(name, tuple(tensor.shape)) for name, tensor in saved.items()})


def count_by_popping(saved, wanted):
    count = 0
    for name in list(saved):
        tensor = saved.pop(name)
        count += name in wanted and wanted[name].shape == tensor.shape
    return count


def new_head_with_dropout(model, classes):
    model.fc = nn.Sequential(nn.Dropout(0.1), nn.Linear(model.fc.weight.shape[1], classes))
    return model


def head(make):
    """Put what `make(model, classes)` returns into `fc`."""

    def replace_head(model, classes):
        model.fc = make(model, classes)
        return model

    return replace_head


def other_name(model, classes):
    model.head = nn.Linear(model.fc.in_features, classes)
    return model


def only_if_needed(model, classes):
    if model.fc.out_features != classes:
        model.fc = nn.Linear(model.fc.in_features, classes)
    return model


def only_the_number(model, classes):
    model.fc.out_features = classes
    return model


def body_from_scratch(model, classes):
    for layer in model.children():
        layer.reset_parameters()
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model


def statistics_reset(model, classes):
    for layer in model.modules():
        if isinstance(layer, nn.BatchNorm2d):
            layer.reset_running_stats()
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model


def all_frozen(model, classes):
    model.fc = nn.Linear(model.fc.in_features, classes)
    return model.requires_grad_(False)


def loop(train=False, zero="before", measure="val", learn="train", all_parts=False, step=True, steps=10):
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
        for _ in range(steps):
            if zero == "before":
                optimizer.zero_grad()
            F.cross_entropy(model(learnt[0]), learnt[1]).backward()
            if zero == "between":
                optimizer.zero_grad()
            if step:
                optimizer.step()
        x, y = (val_images, val_labels) if measure == "val" else (images, labels)
        return (model(x).argmax(dim=1) == y).float().mean()

    return train_head


def statistics_put_back(model, *sets):
    kept = {name: tensor.clone() for name, tensor in model.encoder.state_dict().items()}
    loop(train=True)(model, *sets)
    model.encoder.load_state_dict(kept)
    return loop(steps=0)(model, *sets)


def best_of_ten(model, images, labels, val_images, val_labels):
    return max(loop(steps=1)(model, images, labels, val_images, val_labels) for _ in range(10))


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
            "tensors of the model. Which": lambda saved, wanted: len(wanted),
            "of the model stay empty": lambda saved, wanted: len(wanted) - count_by_pairs(saved, wanted),
            "by name first": lambda saved, wanted: sum(
                any(a.shape == b.shape for b in wanted.values()) for a in saved.values()
            ),
            "single weights": lambda saved, wanted: sum(
                saved[name].numel() for name in saved if name in wanted and saved[name].shape == wanted[name].shape
            ),
            "(dtype) as well": lambda saved, wanted: sum(
                name in wanted and (tensor.shape, tensor.dtype) == (wanted[name].shape, wanted[name].dtype)
                for name, tensor in saved.items()
            ),
            "both hold six": lambda saved, wanted: sum(
                name in wanted and tensor.numel() == wanted[name].numel() for name, tensor in saved.items()
            ),
            "in place": count_by_popping,
            "write `==`": lambda saved, wanted: sum(
                name in wanted and saved[name].shape is wanted[name].shape for name in saved
            ),
            "missing names off": lambda saved, wanted: (
                len(wanted) - len([name for name in wanted if name not in saved and "num_batches" not in name])
            ),
        },
    ),
    "6.2": Answers(
        right=new_head_with_dropout,
        wrong={
            "512 is right for": head(lambda model, classes: nn.Linear(512, classes)),
            "still has its 20 outputs": other_name,
            "behind it": head(lambda model, classes: nn.Sequential(model.fc, nn.Linear(20, classes))),
            "are swapped": head(lambda model, classes: nn.Linear(classes, model.fc.in_features)),
            "goes back in `eval()`": lambda model, classes: new_head_with_dropout(model.eval(), classes),
            "goes back in `train()`": lambda model, classes: new_head_with_dropout(model, classes).train(),
            "of the kind `Conv2d`": head(lambda model, classes: nn.Conv2d(model.fc.in_features, classes, 1)),
            "still there": only_if_needed,
            "running statistics of BatchNorm have changed": statistics_reset,
            "no bias": head(lambda model, classes: nn.Linear(model.fc.in_features, classes, bias=False)),
            "2 layers with weights": head(
                lambda model, classes: nn.Sequential(
                    nn.Linear(model.fc.in_features, 9), nn.ReLU(), nn.Linear(9, classes)
                )
            ),
            "`BatchNorm1d` in it": head(
                lambda model, classes: nn.Sequential(nn.Linear(model.fc.in_features, classes), nn.BatchNorm1d(classes))
            ),
            "are `float64`": head(lambda model, classes: nn.Linear(model.fc.in_features, classes).double()),
            "add up to 1": head(
                lambda model, classes: nn.Sequential(nn.Linear(model.fc.in_features, classes), nn.Softmax(dim=1))
            ),
            "so is all the rest": all_frozen,
            "head is frozen": head(
                lambda model, classes: nn.Linear(model.fc.in_features, classes).requires_grad_(False)
            ),
            "no longer the pretrained": body_from_scratch,
            "layer alone": lambda model, classes: nn.Linear(model.fc.in_features, classes),
            "`return` missing": lambda model, classes: setattr(model, "fc", nn.Linear(model.fc.in_features, classes)),
            "The old layer is still there, and changed": only_the_number,
            "number of *outputs*": head(lambda model, classes: nn.Linear(model.fc.out_features, classes)),
        },
    ),
    "6.3": Answers(
        right=encoder_first,
        wrong={
            "One of the three faults is still there. When your function ends, the running": loop(train=True),
            "One of the three faults is still there. Each step": loop(zero="never"),
            "One of the three faults is still there. The accuracy": loop(measure="train"),
            "Two of the three": loop(train=True, zero="never"),
            "took part": loop(learn="both"),
            "trained on the validation": loop(learn="val"),
            "has changed": loop(all_parts=True),
            "no optimizer made a step": loop(step=False),
            "not between it and the step": loop(zero="between"),
            "made 9 steps": loop(steps=9),
            "worked in `train()` mode": statistics_put_back,
            "best of ten": best_of_ten,
            "made 30 steps": loop(steps=30),
        },
    ),
}

EQUIVALENT = {
    "6.3": {
        "(predictions == val_labels).float().mean()": "a tensor of one number counts as the number",
        "model.parameters": "the encoder is frozen: without gradients the optimizer passes over its weights",
    },
}
