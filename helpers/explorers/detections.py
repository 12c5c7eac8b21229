"""Page 12: which of a detector's boxes count, and what the three thresholds do to precision and recall."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from ipywidgets import BoundedFloatText, HBox, VBox
from matplotlib.axes import Axes
from matplotlib.patches import Rectangle
from torch import Tensor

from helpers.explorers.base import (
    BLUE,
    ORANGE,
    Scene,
    few_ticks,
    live,
    new_scene,
    show_image,
    whole_number,
    with_slider,
)
from helpers.picture import name_axes, plain_style
from helpers.plots import INK

Candidates = Sequence[tuple[Tensor, Tensor, Tensor]]  # boxes (M, 4), scores (M,), labels (M,) of each scene
Truths = Sequence[tuple[Tensor, Tensor]]  # boxes (T, 4), labels (T,) of each scene
RIGHT, WRONG, MISSED = "#4db8ff", "#ff9d4d", "#ffffff"  # light: they lie on black


@plain_style
def detections_picture(
    images: Tensor,
    candidates: Candidates,
    truths: Truths,
    scene: int = 1,
    score: float = 0.3,
    overlap: float = 0.4,
    iou: float = 0.5,
) -> Scene:
    """Page 12: the boxes that are left in one scene, and precision and recall over all scenes.

    A box is right if a digit of its own name, not taken by a box of a higher score, is covered with the IoU asked.

    Args:
        images: (N, 1, H, W) from 0 to 1.
        candidates: of each scene the boxes, scores and labels *before* suppression; the curve ends at the lowest score.
        truths: of each scene the true boxes and labels.
        scene: which one is drawn, from 1.
        score: a box is kept from this score on.
        overlap: a box goes if its IoU with a kept box of a higher score is larger.
        iou: a kept box counts as right from this IoU with a digit on.

    Raises:
        ValueError: there is no such scene, or the three lists differ in length.
    """
    if not len(images) == len(candidates) == len(truths):
        counts = f"{len(images)} images, {len(candidates)} lists of candidates, {len(truths)} of truths"
        raise ValueError(f"{counts}: give one of each for every scene")
    if not 1 <= scene <= len(images):
        raise ValueError(f"there are scenes 1 to {len(images)}, got {scene}")
    kept = [_suppressed(*found, overlap) for found in candidates]
    told = [_matches(*found, *truth, iou) for found, truth in zip(kept, truths, strict=True)]
    scores = np.array([s for found in kept for s in found[1].tolist()])
    hit = np.array([j >= 0 for matches in told for j in matches], dtype=float)
    digits = sum(len(labels) for _, labels in truths)
    order = np.argsort(-scores, kind="stable")
    right = hit[order].cumsum()
    precision, recall = right / np.arange(1, len(right) + 1), right / max(1, digits)
    count = int((scores >= score).sum())
    boxes, own_scores, labels = kept[scene - 1]
    shown = [i for i, s in enumerate(own_scores.tolist()) if s >= score]
    matches = {i: told[scene - 1][i] for i in shown}
    good = sum(j >= 0 for j in matches.values())
    here, above = len(truths[scene - 1][1]), int((candidates[scene - 1][1] >= score).sum())
    overall = (
        f"precision {precision[count - 1]:.2f}, recall {recall[count - 1]:.2f}" if count else "no box, so no precision"
    )
    words = (
        f"Scene {scene}: {above} candidates have a score of {score:.2f} or more; suppression at {overlap:.2f} leaves "
        f"{len(shown)}. At an IoU of {iou:.2f}, right: {good}, wrong: {len(shown) - good}, missed: {here - good} of "
        f"{here} digits. All {len(images)} scenes: {count} boxes, {overall}; "
        f"average precision, over all scores given, {_average_precision(precision, recall):.2f}."
    )
    picture = new_scene(7.2, 3.1, words)
    axes = picture.add_axes((0.01, 0.1, 0.42, 0.8))
    show_image(axes, images[scene - 1, 0])
    _draw_boxes(axes, boxes, own_scores, labels, matches)
    missed = set(range(here)) - set(matches.values())
    for box in truths[scene - 1][0][sorted(missed)].tolist():
        _frame(axes, box, MISSED, ":")
    picture.text(0.02, 0.93, "simulated scene; solid: right, dashed: wrong, dotted: missed", fontsize=9, color=INK)
    _draw_curve(picture, precision, recall, count)
    return picture


def detections_explorer(images: Tensor, candidates: Candidates, truths: Truths) -> VBox:
    """Page 12: move the scene and the three thresholds; see `detections_picture`."""
    controls = {
        "scene": whole_number("scene", 1, 1, len(images)),
        "score": BoundedFloatText(0.3, min=0, max=1, step=0.05, description="kept from score"),
        "overlap": BoundedFloatText(0.4, min=0, max=1, step=0.05, description="suppressed above IoU"),
        "iou": BoundedFloatText(0.5, min=0.05, max=0.95, step=0.05, description="right from IoU"),
    }

    def render(scene: int, score: float, overlap: float, iou: float) -> Scene:
        return detections_picture(images, candidates, truths, scene, score, overlap, iou)

    sliders = [with_slider(controls[name]) for name in ("score", "overlap", "iou")]
    return live(render, controls, [HBox([controls["scene"], sliders[0]]), HBox(sliders[1:])])


def _suppressed(boxes: Tensor, scores: Tensor, labels: Tensor, overlap: float) -> tuple[Tensor, Tensor, Tensor]:
    """What non-maximum suppression leaves, by falling score."""
    from torchvision import ops

    kept = ops.nms(boxes, scores, overlap)
    return boxes[kept], scores[kept], labels[kept]


def _matches(
    boxes: Tensor, scores: Tensor, labels: Tensor, true_boxes: Tensor, true_labels: Tensor, iou: float
) -> list[int]:
    """Which digit each box takes, -1 for none; the boxes come by falling score."""
    from torchvision import ops

    ious = ops.box_iou(boxes, true_boxes) * (labels[:, None] == true_labels)
    taken, told = set(), []
    for row in ious.tolist():
        free = [(value, j) for j, value in enumerate(row) if value >= iou and j not in taken]
        told.append(max(free)[1] if free else -1)
        taken.add(told[-1])
    return told


def _average_precision(precision: np.ndarray, recall: np.ndarray) -> float:
    """The mean over 101 recalls of the largest precision at that recall or beyond."""
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0)
    return float(best[np.searchsorted(recall, np.linspace(0, 1, 101))].mean())


def _draw_boxes(axes: Axes, boxes: Tensor, scores: Tensor, labels: Tensor, matches: dict[int, int]) -> None:
    """The kept boxes, each with its digit and its score."""
    for i, digit in matches.items():
        colour, dash = (RIGHT, "-") if digit >= 0 else (WRONG, "--")
        left, top, *_ = box = boxes[i].tolist()
        _frame(axes, box, colour, dash)
        axes.text(left, top - 1.2, f"{labels[i]}: {scores[i]:.2f}", color=colour, fontsize=8, clip_on=True)


def _frame(axes: Axes, box: list[float], colour: str, dash: str) -> None:
    """A box in pixels; pixel 0 reaches from -0.5 to 0.5 on these axes."""
    left, top, right, bottom = box
    corner = (left - 0.5, top - 0.5)
    frame = Rectangle(corner, right - left, bottom - top, fill=False, edgecolor=colour, linestyle=dash, linewidth=1.8)
    axes.add_patch(frame)


def _draw_curve(picture: Scene, precision: np.ndarray, recall: np.ndarray, count: int) -> None:
    """Precision against recall, and where the score threshold stands on it."""
    axes = picture.add_axes((0.55, 0.2, 0.42, 0.66))
    axes.plot(recall, precision, color=BLUE, linewidth=1.6)
    if count:
        point = recall[count - 1], precision[count - 1]
        axes.plot(*point, marker="o", markersize=10, markerfacecolor=ORANGE, markeredgecolor=INK, clip_on=False)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.05)
    few_ticks(axes, (0, 0.5, 1), (0, 0.5, 1))
    name_axes(axes, "recall, all scenes", "precision, all scenes")
