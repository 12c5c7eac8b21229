"""What is pretraining worth for detection and segmentation? The parts of page 12 that take too long for the page.

    python tools/worth_of_scenes.py    about 15 minutes on one quiet core

It writes helpers/shipped/worth_of_scenes.json.

Four starts (scratch, letters, warped, a classifier of single digits) are fine-tuned on 20, 100 and 500 simulated
scenes with equally many steps and the same augmentation; for each start and number of scenes the learning rate is
chosen from the same list on validation scenes (detectors by naming, masks by Dice), with draws that are not used
again: one for detectors, two for masks, which lie closer together. Beside them: scratch and letters with three times
the steps at the same rate; letters with 500 scenes that were made of single labelled digits, without any labelled
scene; and a threshold, which needs no training. The test scenes are opened for what was chosen.
The rates of two more segmenters, with cross-entropy alone and without skips, are chosen for the page.
The detector, the segmenter, their losses and the measures are those of the page.
"""

from __future__ import annotations

import json
import sys
from functools import cache
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn
from torchvision import ops

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from helpers import checkpoints  # noqa: E402
from helpers.data import make_loader  # noqa: E402
from helpers.data.images import digits  # noqa: E402
from helpers.data.scenes import Scenes, change, scenes  # noqa: E402
from helpers.finetune import finetune  # noqa: E402
from helpers.loops import fit, one_cycle  # noqa: E402
from helpers.models import Classifier, Encoder  # noqa: E402

STORED = ROOT / "helpers" / "shipped" / "worth_of_scenes.json"
STARTS, MASK_STARTS = ("scratch", "letters", "warped", "digits"), ("scratch", "letters")
BUDGETS, DRAWS, RATES = (20, 100, 500), range(5), (3e-3, 1e-2, 3e-2)
DETECTOR_STEPS, SEGMENTER_STEPS = 200, 120
MASK_RATES = (1e-2, 3e-2, 1e-1)
TUNING, MASK_TUNING = (100,), (100, 101)  # the draws on which the rates are chosen
steps = 8 * torch.arange(8)
POINTS = torch.cartesian_prod(steps, steps).flip(1)  # (64, 2): x, y, row by row


def same_size(c_in, c_out):
    convolution = nn.Conv2d(c_in, c_out, kernel_size=3, padding=1, bias=False)
    return nn.Sequential(convolution, nn.BatchNorm2d(c_out), nn.ReLU())


class Detector(nn.Module):
    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.neck = nn.Sequential(same_size(64, 64), same_size(64, 64))
        self.head = nn.Conv2d(64, 1 + 2 + 2 + 10, kernel_size=1)

    def forward(self, images):
        return self.head(self.neck(self.encoder.layers(images)))  # (N, 15, 8, 8)


def decode(maps):
    answers = maps.flatten(2).transpose(1, 2)  # (N, 64, 15)
    found, offset, size, names = answers.split([1, 2, 2, 10], dim=2)
    centre, half = POINTS + 8 * offset, 10 * size.clamp(max=1.5).exp()
    return found[..., 0], torch.cat([centre - half, centre + half], dim=2), names


def nearest_digit(boxes, labels, reach=6):
    centres = (boxes[..., :2] + boxes[..., 2:]) / 2
    distances = (POINTS[:, None] - centres[:, None]).norm(dim=3)  # (N, 64, M)
    nearest, which = distances.masked_fill(labels[:, None] < 0, torch.inf).min(dim=2)
    return nearest <= reach, which


def detection_loss(model, batch):
    images, boxes, labels, _ = change(*batch)
    found, guesses, names = decode(model(images))
    positive, which = nearest_digit(boxes, labels)
    scene, point = positive.nonzero(as_tuple=True)
    digit = which[scene, point]
    loss = F.binary_cross_entropy_with_logits(found, positive.float(), reduction="sum")
    loss += ops.generalized_box_iou_loss(guesses[scene, point], boxes[scene, digit]).sum()
    loss += F.cross_entropy(names[scene, point], labels[scene, digit], reduction="sum")
    return loss / max(1, len(digit))


@torch.no_grad()
def detect(model, images, overlap=0.4):
    answers = []
    for found, boxes, names in zip(*decode(model.eval()(images)), strict=True):
        probs, labels = names.softmax(dim=1).max(dim=1)
        scores = found.sigmoid() * probs
        kept = ops.nms(boxes, scores, overlap)
        kept = kept[scores[kept] > 0.01]
        answers.append((boxes[kept], scores[kept], labels[kept]))
    return answers


def hits(guesses, truths, at=0.5):
    """Whether each box, by falling score, is right."""
    taken, told = set(), []
    for row in ops.box_iou(guesses, truths).tolist():
        free = [(iou, j) for j, iou in enumerate(row) if iou >= at and j not in taken]
        told.append(bool(free))
        if free:
            taken.add(max(free)[1])
    return told


def precision_recall(scores, hit, truths):
    order = np.argsort(-np.array(scores), kind="stable")
    right = np.cumsum(np.array(hit, dtype=float)[order])
    return right / np.arange(1, len(right) + 1), right / truths


def average_precision(scores, hit, truths):
    precision, recall = precision_recall(scores, hit, truths)
    best = np.maximum.accumulate(precision[::-1])[::-1]  # the largest at this recall or beyond
    places = np.searchsorted(recall, np.linspace(0, 1, 101))
    return np.append(best, 0)[places].mean()


def matched(answers, scene_set, digit=None):
    scores, hit, truths = [], [], 0
    for i, (boxes, confidence, labels) in enumerate(answers):
        true_boxes, true_labels = scene_set.truths(i)
        if digit is not None:
            boxes, confidence = boxes[labels == digit], confidence[labels == digit]
            true_boxes = true_boxes[true_labels == digit]
        scores += confidence.tolist()
        hit += hits(boxes, true_boxes)
        truths += len(true_boxes)
    return scores, hit, truths


def naming_and_finding(answers, scene_set):
    """Mean AP of the digits that occur and AP of any digit, both at an IoU of 0.5 (%)."""
    there = scene_set.labels[scene_set.labels >= 0].unique().tolist()
    each = [average_precision(*matched(answers, scene_set, digit)) for digit in there]
    return 100 * float(np.mean(each)), 100 * float(average_precision(*matched(answers, scene_set)))


class Segmenter(nn.Module):
    def __init__(self, encoder, skips=1):
        super().__init__()
        self.encoder, self.skips = encoder, skips
        self.up_1, self.mix_1 = nn.ConvTranspose2d(64, 32, 2, stride=2), same_size(64, 32)
        self.up_2, self.mix_2 = nn.ConvTranspose2d(32, 16, 2, stride=2), same_size(32, 16)
        self.last = nn.ConvTranspose2d(16, 1, 2, stride=2)

    def forward(self, images):
        fine = self.encoder.layers[:3](images)  # (N, 16, H/2, W/2)
        middle = self.encoder.layers[3:6](fine)  # (N, 32, H/4, W/4)
        coarse = self.encoder.layers[6:](middle)  # (N, 64, H/8, W/8)
        x = self.mix_1(torch.cat([self.up_1(coarse), self.skips * middle], dim=1))
        x = self.mix_2(torch.cat([self.up_2(x), self.skips * fine], dim=1))
        return self.last(x)  # logits (N, 1, H, W)


def dice(answer, truth):
    return 2 * (answer * truth).sum() / (answer.sum() + truth.sum())


def mask_loss(model, batch, dice_part=0.5):
    images, *_, masks = change(*batch)
    logits = model(images)
    cross_entropy = F.binary_cross_entropy_with_logits(logits, masks)
    return cross_entropy + dice_part * (1 - dice(logits.sigmoid(), masks))


@torch.no_grad()
def drawn_masks(model, images):
    return (model.eval()(images) > 0).float()


@cache
def digits_classifier():
    """An encoder that names the 3,500 single digits of the training set, and its accuracy on the validation digits."""
    train_set, val_set, _ = digits()
    torch.manual_seed(0)
    model = finetune(Classifier(Encoder()), train_set, steps=600, lr=3e-3, seed=0)
    with torch.no_grad():
        right = model(val_set.images).argmax(dim=1) == val_set.labels
    return model.encoder.state_dict(), 100 * right.float().mean().item()


def encoder_of(start, seed):
    torch.manual_seed(seed)
    encoder = Encoder(image_size=64)
    if start == "digits":
        encoder.load_state_dict(digits_classifier()[0])
    elif start != "scratch":
        checkpoints.load_encoder(encoder, checkpoints.shipped_encoder(start))
    return encoder


def train(model, loss_fn, scene_set, steps, lr, seed):
    torch.manual_seed(seed)
    loader = make_loader(scene_set, batch_size=16, steps=steps, seed=seed)
    fit(model, loss_fn, loader, epochs=1, lr=lr, schedule=one_cycle, progress=False)
    return model


def detector(start, scene_set, lr, seed, steps=DETECTOR_STEPS):
    return train(Detector(encoder_of(start, seed)), detection_loss, scene_set, steps, lr, seed)


def segmenter(kind, start, scene_set, lr, seed):
    model = Segmenter(encoder_of(start, seed), skips=0 if kind == "no skips" else 1)
    part = 0 if kind == "cross-entropy" else 0.5
    return train(model, lambda m, b: mask_loss(m, b, part), scene_set, SEGMENTER_STEPS, lr, seed)


@cache
def labelled(draw, count):
    """The first scenes of a draw; count 0 is for 500 scenes made of single digits, without any letter."""
    if count == 0:
        return scenes(500, "train", seed=1000 + draw, clutter=False)
    return scenes(max(BUDGETS), "train", seed=draw) if count == max(BUDGETS) else labelled(draw, 500).first(count)


def main() -> None:
    torch.set_num_threads(1)
    val_set, test_set = scenes(200, "val"), scenes(400, "test")
    chosen: dict = {}
    scores: dict = {}
    facts = {
        "detector_steps": DETECTOR_STEPS,
        "segmenter_steps": SEGMENTER_STEPS,
        "rates": RATES,
        "mask_rates": MASK_RATES,
        "val_scenes": len(val_set),
        "test_scenes": len(test_set),
        "test_digits": int((test_set.labels >= 0).sum()),
        "digits_classifier_val_accuracy": round(digits_classifier()[1], 1),
    }

    def score_detector(model: nn.Module, scene_set: Scenes) -> tuple[float, float]:
        return naming_and_finding(detect(model, scene_set.images), scene_set)

    def score_segmenter(model: nn.Module, scene_set: Scenes) -> float:
        return 100 * dice(drawn_masks(model, scene_set.images), scene_set.masks).item()

    def choose(kind: str, start: str, count: int) -> None:
        masks = kind != "detector"
        tried: dict = {}
        for lr in MASK_RATES if masks else RATES:
            for draw in MASK_TUNING if masks else TUNING:
                few = labelled(draw, count)
                if masks:
                    score = score_segmenter(segmenter(kind, start, few, lr, draw), val_set)
                else:
                    score = score_detector(detector(start, few, lr, draw), val_set)[0]
                tried.setdefault(lr, []).append(score)
        chosen.setdefault(kind, {}).setdefault(start, {})[str(count)] = max(tried, key=lambda lr: np.mean(tried[lr]))
        print(kind, start, count, {lr: np.round(scores, 1) for lr, scores in tried.items()}, flush=True)

    def store(measure: str, contender: str, count: int, score: float) -> None:
        scores.setdefault(measure, {}).setdefault(contender, {}).setdefault(str(count), []).append(round(score, 2))
        print(f"{measure:8} {contender:14} {count:3}: {score:.1f}", flush=True)
        STORED.write_text(json.dumps({"facts": facts, "chosen": chosen, "test": scores}, indent=1) + "\n")

    def test_detector(start: str, count: int, draw: int, name: str = "", longer: int = 1) -> None:
        lr = chosen["detector"][start][str(count)]
        model = detector(start, labelled(draw, count), lr, draw, steps=longer * DETECTOR_STEPS)
        for measure, score in zip(("naming", "finding"), score_detector(model, test_set), strict=True):
            store(measure, name or start, count, score)

    for count in BUDGETS:
        for start in STARTS:
            choose("detector", start, count)
        for start in MASK_STARTS:
            choose("with Dice", start, count)
    choose("detector", "letters", 0)
    for kind in ("cross-entropy", "no skips"):
        choose(kind, "letters", 100)
    for draw in DRAWS:
        for count in BUDGETS:
            for start in STARTS:
                test_detector(start, count, draw)
            for start in MASK_STARTS:
                lr = chosen["with Dice"][start][str(count)]
                model = segmenter("with Dice", start, labelled(draw, count), lr, draw)
                store("dice", start, count, score_segmenter(model, test_set))
        test_detector("letters", 0, draw, name="own scenes")
    for draw in DRAWS:
        for count in BUDGETS:
            for start in MASK_STARTS:
                test_detector(start, count, draw, name=f"{start}, 3 x", longer=3)
    levels = torch.linspace(0.1, 0.9, 17)
    level = max(levels, key=lambda at: dice((val_set.images > at).float(), val_set.masks))
    store("dice", "threshold", 0, 100 * dice((test_set.images > level).float(), test_set.masks).item())


if __name__ == "__main__":
    main()
