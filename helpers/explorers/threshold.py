"""Page 07: a threshold, what it does to the errors, and what they cost."""

from __future__ import annotations

from ipywidgets import BoundedFloatText, HBox, VBox
from torch import Tensor

from helpers import metrics
from helpers.explorers.base import Scene, curve_with_point, live, new_scene, with_slider
from helpers.picture import name_axes, plain_style
from helpers.plots import INK, RULE

GUESSING = {"color": RULE, "linestyle": "--", "linewidth": 1.2}  # where scores say nothing


@plain_style
def threshold_picture(
    scores: Tensor, labels: Tensor, at: float = 0.5, miss: float = 5.0, false_alarm: float = 1.0
) -> Scene:
    """Page 07: what a threshold does to the confusion matrix, to precision and recall, and to the cost.

    The dashed lines are those of guessing.

    Args:
        scores: (N,) belief in the positive class, 0 to 1.
        labels: (N,) 1 for positive, else 0.
        at: yes is said from this score on.
        miss, false_alarm: cost of the two kinds of error.
    """
    yes = (scores >= at).long()
    counts = metrics.confusion_matrix(yes, labels, classes=2)
    (right_no, alarms), (missed, hits) = counts.tolist()
    precision, recall, f1 = (measure[1].item() for measure in metrics.precision_recall_f1(counts))
    cost = miss * missed + false_alarm * alarms
    words = (
        f"At {at:.2f}: {hits} found, {missed} missed, {alarms} false alarms. Precision {precision:.3f}, "
        f"recall {recall:.3f}, F1 {f1:.3f}. Cost {miss:g}·{missed} + {false_alarm:g}·{alarms} = {cost:g}."
    )
    false_rate, hit_rate, _ = metrics.roc_curve(scores, labels)
    area, average_precision = metrics.area_under(false_rate, hit_rate), metrics.average_precision(scores, labels)
    words += f" Over all thresholds: AUC {area:.3f}, average precision {average_precision:.3f}."
    if miss + false_alarm > 0:
        words += f" The Bayes threshold is {false_alarm / (false_alarm + miss):.2f}."
    picture = new_scene(7.2, 2.6, words)
    names = {(0.115, 0.42): "truth no", (0.115, 0.24): "truth yes", (0.2, 0.62): "says no", (0.3, 0.62): "says yes"}
    numbers = {(0.2, 0.42): right_no, (0.3, 0.42): alarms, (0.2, 0.24): missed, (0.3, 0.24): hits}
    for (x, y), text in (names | numbers).items():
        weight = "bold" if (x, y) in numbers else "normal"
        picture.text(x, y, text, ha="right", fontsize=10, color=INK, weight=weight)
    picture.text(0.02, 0.82, f"threshold {at:.2f}, cost {cost:g}", fontsize=10, color=INK)
    curve_with_point(picture, 0.4, false_rate, hit_rate, (alarms / max(1, alarms + right_no), recall))
    name_axes(picture.axes[-1], "false alarms, share", "recall")
    picture.axes[-1].plot([0, 1], [0, 1], **GUESSING)
    precisions, recalls, _ = metrics.precision_recall_curve(scores, labels)
    curve_with_point(picture, 0.74, recalls, precisions, (recall, precision))
    name_axes(picture.axes[-1], "recall", "precision")
    share = labels.double().mean().item()
    picture.axes[-1].plot([0, 1], [share, share], **GUESSING)
    return picture


def threshold_explorer(scores: Tensor, labels: Tensor) -> VBox:
    """Page 07: move a threshold and what errors cost; see `threshold_picture`."""
    controls = {
        "at": BoundedFloatText(0.5, min=0, max=1, step=0.01, description="threshold"),
        "miss": BoundedFloatText(5, min=0, max=1000, description="a miss costs"),
        "false_alarm": BoundedFloatText(1, min=0, max=1000, description="a false alarm"),
    }

    def render(at: float, miss: float, false_alarm: float) -> Scene:
        return threshold_picture(scores, labels, at, miss, false_alarm)

    costs = HBox([controls["miss"], controls["false_alarm"]])
    return live(render, controls, [with_slider(controls["at"]), costs])
