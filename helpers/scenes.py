"""What the explorers show: each a pure function from a state to a picture that says its result in words.

Drawn for speed (few ticks, fixed layout), because an explorer redraws at every move.
"""

from __future__ import annotations

import base64
import html
import io
from collections.abc import Mapping, Sequence

import torch
import torch.nn.functional as F
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.patches import Rectangle
from torch import Tensor, nn

from helpers import metrics
from helpers.checkpoints import shipped_results
from helpers.plots import COLOURS, INK, PAPER, RULE, Picture

BLUE, ORANGE, GREEN = COLOURS[:3]
CONTESTANTS = {"scratch, strong": "scratch", "letters": "pretrained"}
BUDGETS = (1, 2, 5, 10, 50)
Examples = Mapping[int, tuple[Tensor, Sequence[str]]]  # labels a digit -> images (n, 1, 32, 32) and their titles


class Scene(Picture):
    """A picture with its words below it, drawn fast: no search for the smallest file."""

    def _repr_html_(self) -> str:
        drawn = io.BytesIO()
        self.savefig(drawn, format="png", metadata={"Software": None}, pil_kwargs={"compress_level": 1})
        source = base64.b64encode(drawn.getvalue()).decode()
        words, width = html.escape(self.description), round(self.get_figwidth() * 96)
        return (
            f'<img alt="{words}" width="{width}" style="max-width:100%" src="data:image/png;base64,{source}">'
            f'<p class="words" style="max-width:{width}px;line-height:1.5;margin:4px 0">{words}</p>'
        )


def label_budget(per_class: int = 1, examples: Examples | None = None) -> Scene:
    """Page 01: accuracy from scratch and pretrained with so many labels a digit, and images that tell them apart.

    The accuracies are the stored ones of page 06's race: five draws of labels, validation images.

    Args:
        per_class: one of BUDGETS.
        examples: images that the pretrained model gets right and the other wrong, where the page has some.
    """
    race = shipped_results("label_budget")["val"]
    values = {
        shown: [metrics.mean_interval(race[name][str(n)]) for n in BUDGETS] for name, shown in CONTESTANTS.items()
    }
    now = {name: intervals[BUDGETS.index(per_class)] for name, intervals in values.items()}
    budget = f"{per_class} label{'s' if per_class > 1 else ''} a digit"
    words = f"With {budget}: " + ", ".join(f"{name} {mean:.1f} % ± {half:.1f}" for name, (mean, half) in now.items())
    words += f". Pretraining gains {now['pretrained'][0] - now['scratch'][0]:.1f} points."
    images, titles = (examples or {}).get(per_class, ((), ()))
    words += " Below: images that only the pretrained model reads." if len(images) else ""
    picture = _picture(7.2, 3.6 if examples else 2.3, words)
    tall = 2.3 / picture.get_figheight()  # share of the height that the upper part takes
    left = picture.add_axes((0.12, 1 - 0.78 * tall, 0.36, 0.68 * tall))
    for row, (mean, half) in enumerate(now.values()):
        left.barh(row, mean, color=(ORANGE, BLUE)[row], height=0.55)
        left.plot([mean - half, mean + half], [row, row], color=INK, marker="|", markersize=9)
        left.text(3, row, f"{mean:.1f} ± {half:.1f}", color="white", va="center", fontsize=10, weight="bold")
    left.set_ylim(1.5, -0.5)
    left.set_xlim(0, 100)
    _ticks(left, (0, 50, 100), (0, 1), y_names=list(now))
    _label(left, f"accuracy with {budget} (%)", "")
    right = picture.add_axes((0.6, 1 - 0.78 * tall, 0.26, 0.68 * tall))
    for row, (name, intervals) in enumerate(values.items()):
        means = [mean for mean, _ in intervals]
        right.plot(range(len(BUDGETS)), means, color=(ORANGE, BLUE)[row], linestyle=("--", "-")[row], marker="o")
        right.text(4.2, means[-1] - 7 * (1 - row), name, color=(ORANGE, BLUE)[row], fontsize=9)
    right.axvline(BUDGETS.index(per_class), color=RULE, linewidth=6, alpha=0.35)
    _ticks(right, range(len(BUDGETS)), (60, 80, 100), x_names=[str(n) for n in BUDGETS])
    _label(right, "labels a digit", "accuracy (%)")
    if len(images):
        _row(picture, images[:8], titles[:8], height=0.9)
    return picture


def kernel(
    photo: Tensor,
    weights: Sequence[Sequence[float]] | Tensor,
    stride: int = 1,
    padding: int = 0,
    dilation: int = 1,
    row: int = 0,
    column: int = 0,
) -> Scene:
    """Page 03: a 3x3 kernel on a grey photo, and the sum behind one output number, spelled out.

    Args:
        photo: (H, W) from 0 to 1.
        weights: (3, 3).
        row, column: of the output number that is spelled out; beyond the last they mean the last.
    """
    weights = torch.as_tensor(weights, dtype=torch.float32)
    padded = F.pad(photo, (padding,) * 4)
    output = F.conv2d(padded[None, None], weights[None, None], stride=stride, dilation=dilation)[0, 0]
    row, column = min(row, output.shape[0] - 1), min(column, output.shape[1] - 1)
    top, left = row * stride, column * stride
    seen = padded[top : top + 2 * dilation + 1 : dilation, left : left + 2 * dilation + 1 : dilation]
    pairs = zip(seen.flatten().tolist(), weights.flatten().tolist(), strict=True)
    terms = " + ".join(f"{x:.2f}·{w:g}" for x, w in pairs)
    words = (
        f"Output {tuple(output.shape)}: floor(({photo.shape[0]} + 2·{padding} - {dilation}·2 - 1) / {stride}) + 1 = "
        f"{output.shape[0]} rows, and {output.shape[1]} columns in the same way. "
        f"At row {row}, column {column}: {terms} = {output[row, column]:.2f}"
    )
    picture = _picture(7.2, 2.7, words)
    before, after = picture.add_axes((0.02, 0.05, 0.46, 0.8)), picture.add_axes((0.52, 0.05, 0.46, 0.8))
    _image(before, padded)
    _image(after, output, brightest=output.abs().max().item(), darkest=min(0.0, output.min().item()))
    before.set_title("photo, and what the kernel sees", fontsize=10)
    after.set_title("output, and the number that is spelled out", fontsize=10)
    _frame(before, left, top, 2 * dilation + 1)
    _frame(after, column, row, 1)
    return picture


def logits(values: Sequence[float] = (2.0, 1.0, 0.0, -1.0), target: int = 0, temperature: float = 1.0) -> Scene:
    """Page 04: softmax, cross-entropy and its gradient, and beside it what the squared error would say.

    Args:
        values: one logit a class.
        target: number of the true class.
        temperature: the logits are divided by it first.
    """
    z = torch.tensor(list(values), dtype=torch.float64, requires_grad=True)
    log_probs = F.log_softmax(z / temperature, dim=0)
    probs = log_probs.exp()
    truth = F.one_hot(torch.tensor(target), len(z)).double()
    losses = {"cross-entropy": -log_probs[target], "squared error": (probs - truth).square().sum()}
    slopes = {name: torch.autograd.grad(loss, z, retain_graph=True)[0] for name, loss in losses.items()}
    p = probs.detach()
    words = f"Class {target} is right and gets {100 * p[target]:.1f} %. " + " ".join(
        f"{name.capitalize()} {abs(loss.item()):.3g}; its gradient at the right logit is {slopes[name][target]:.2g}."
        for name, loss in losses.items()
    )
    picture = _picture(7.2, 2.8, words)
    left = picture.add_axes((0.08, 0.19, 0.38, 0.72))
    left.bar(range(len(z)), p.tolist(), color=[BLUE if i == target else RULE for i in range(len(z))], width=0.6)
    for i, prob in enumerate(p.tolist()):
        left.text(i, prob + 0.02, f"{prob:.2f}" + ("\nright" if i == target else ""), ha="center", fontsize=9)
    left.set_ylim(0, 1.3)
    _ticks(left, range(len(z)), (0, 0.5, 1))
    _label(left, "class", "probability")
    right = picture.add_axes((0.56, 0.19, 0.42, 0.72))
    most = max(1.3, 1.3 * max(slope.abs().max().item() for slope in slopes.values()))
    for row, (name, slope) in enumerate(slopes.items()):
        x = [i - 0.15 + 0.3 * row for i in range(len(z))]
        zeros, pushes = [0] * len(z), (-slope).tolist()  # a step goes against the gradient
        right.quiver(x, zeros, zeros, pushes, color=COLOURS[row], angles="xy", scale_units="xy", scale=1, width=0.012)
        told = f"{name}: loss {abs(losses[name].item()):.3g}"
        right.text(-0.45, most * (0.87 - 0.16 * row), told, color=COLOURS[row], fontsize=10)
    right.axhline(0, color=RULE, linewidth=0.8)
    right.set_xlim(-0.5, len(z) - 0.5)
    right.set_ylim(-most, most)
    _ticks(right, range(len(z)), (-1, 0, 1))
    _label(right, "class", "push on the logit")
    return picture


@torch.no_grad()
def latent_walk(
    autoencoder: nn.Module,
    first: Tensor,
    second: Tensor,
    share: float = 0.5,
    noise: float = 0.3,
    names: tuple[str, str] = ("first", "second"),
) -> Scene:
    """Page 05: between the latents of two images, decoded; and a noisy first image, reconstructed.

    Args:
        autoencoder: with `encoder` and `decoder`, in `eval()` mode.
        first, second: (1, H, W) from 0 to 1.
        share: 0 is the first image, 1 the second.
        noise: standard deviation of what is added to the first image.
    """
    z = autoencoder.encoder(torch.stack([first, second]))
    between = autoencoder.decoder(torch.lerp(z[:1], z[1:], share)).sigmoid()[0]
    draw = torch.randn(first.shape, generator=torch.Generator().manual_seed(0))
    noisy = (first + noise * draw).clamp(0, 1)
    mended = autoencoder(noisy[None]).sigmoid()[0]
    error, before = F.mse_loss(mended, first).item(), F.mse_loss(noisy, first).item()
    words = (
        f"{100 * share:.0f} % of the way from the latents of {names[0]} to those of {names[1]}, decoded. "
        f"With noise of {noise:.2f}, the noisy image is off by {before:.4f} (mean squared error) "
        f"and its reconstruction by {error:.4f}."
    )
    picture = _picture(7.2, 1.7, words)
    shown = [first, between, second, noisy, mended]
    titles = [names[0], f"{100 * share:.0f} % on the way", names[1], f"{names[0]} + noise", "reconstructed"]
    _row(picture, torch.stack(shown), titles, height=1.3)
    return picture


def threshold(scores: Tensor, labels: Tensor, at: float = 0.5, miss: float = 5.0, false_alarm: float = 1.0) -> Scene:
    """Page 07: what a threshold does to the confusion matrix, to precision and recall, and to the cost.

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
    picture = _picture(7.2, 2.6, words)
    names = {(0.115, 0.42): "truth no", (0.115, 0.24): "truth yes", (0.2, 0.62): "says no", (0.3, 0.62): "says yes"}
    numbers = {(0.2, 0.42): right_no, (0.3, 0.42): alarms, (0.2, 0.24): missed, (0.3, 0.24): hits}
    for (x, y), text in (names | numbers).items():
        weight = "bold" if (x, y) in numbers else "normal"
        picture.text(x, y, text, ha="right", fontsize=10, color=INK, weight=weight)
    picture.text(0.02, 0.82, f"threshold {at:.2f}, cost {cost:g}", fontsize=10, color=INK)
    false_rate, hit_rate, _ = metrics.roc_curve(scores, labels)
    _curve(picture, 0.4, false_rate, hit_rate, (alarms / max(1, alarms + right_no), recall))
    _label(picture.axes[-1], "false alarms, share", "recall")
    precisions, recalls, _ = metrics.precision_recall_curve(scores, labels)
    _curve(picture, 0.74, recalls, precisions, (recall, precision))
    _label(picture.axes[-1], "recall", "precision")
    return picture


def answers(image: Tensor, probs: Mapping[str, Tensor]) -> Scene:
    """Pages 01 and 07: a drawing as the models see it, and what each says.

    Args:
        image: (1, H, W) from 0 to 1.
        probs: name of a model -> its ten probabilities.
    """
    told = []
    for name, p in probs.items():
        top = p.topk(3)
        second = ", ".join(f"{digit} ({100 * p[digit]:.0f} %)" for digit in top.indices.tolist()[1:])
        told.append(f"{name} says {top.indices[0]} ({100 * top.values[0]:.0f} %), then {second}.")
    picture = _picture(7.2, 2.4, " ".join(told))
    _image(picture.add_axes((0.0, 0.1, 0.28, 0.75)), image[0])
    picture.text(0.14, 0.9, "what the models see", ha="center", fontsize=10, color=INK)
    for place, (name, p) in enumerate(probs.items()):
        axes = picture.add_axes((0.35 + 0.34 * place, 0.2, 0.28, 0.65))
        axes.bar(range(10), p.tolist(), color=[BLUE if i == p.argmax() else RULE for i in range(10)])
        axes.set_ylim(0, 1)
        axes.set_title(name, fontsize=10)
        _ticks(axes, range(10), (0, 0.5, 1))
        _label(axes, "digit", "probability" if place == 0 else "")
    return picture


def finetuning(accuracies: Sequence[float], losses: Sequence[float], epochs: int, told: str = "") -> Scene:
    """Page 06: validation accuracy and training loss of a fine-tuning, epoch by epoch, as far as it got.

    Args:
        accuracies: in percent, one an epoch.
        losses: as many.
        epochs: that are planned.
    """
    done = len(accuracies)
    words = f"{done} of {epochs} epochs. {told} ".rstrip() + (
        f" Validation accuracy {accuracies[-1]:.1f} %, best {max(accuracies):.1f} %; training loss {losses[-1]:.3f}."
        if done
        else ""
    )
    picture = _picture(7.2, 2.5, words)
    for left, values, name, top, colour in (
        (0.1, accuracies, "validation accuracy (%)", 100.0, BLUE),
        (0.6, losses, "training loss (nats)", max([2.5, *losses]), ORANGE),
    ):
        axes = picture.add_axes((left, 0.2, 0.37, 0.72))
        axes.plot(range(1, done + 1), list(values), color=colour, linewidth=1.8)
        axes.set_xlim(1, max(2, epochs))
        axes.set_ylim(0, top)
        _ticks(axes, (1, epochs), (0, top / 2, top), y_names=[f"{y:.3g}" for y in (0, top / 2, top)])
        _label(axes, "epoch", name)
    return picture


def _picture(width: float, height: float, words: str) -> Scene:
    picture = Scene(figsize=(width, height), dpi=96, facecolor=PAPER)
    FigureCanvasAgg(picture)
    picture.description = words
    return picture


def _label(axes: Axes, xlabel: str, ylabel: str) -> None:
    axes.set_facecolor(PAPER)
    axes.set_xlabel(xlabel, fontsize=10, color=INK)
    axes.set_ylabel(ylabel, fontsize=10, color=INK)
    axes.tick_params(colors=INK, labelsize=9)
    axes.spines[["top", "right"]].set_visible(False)


def _ticks(
    axes: Axes,
    xs: Sequence[float],
    ys: Sequence[float],
    *,
    x_names: Sequence[str] | None = None,
    y_names: Sequence[str] | None = None,
) -> None:
    """Few ticks: they take most of the time of a drawing."""
    axes.set_xticks(list(xs), x_names)
    axes.set_yticks(list(ys), y_names)


def _image(axes: Axes, pixels: Tensor, darkest: float = 0.0, brightest: float = 1.0) -> None:
    axes.imshow(pixels.detach().numpy(), cmap="gray", vmin=darkest, vmax=max(brightest, darkest + 1e-6))
    axes.set_axis_off()


def _row(picture: Scene, images: Tensor, titles: Sequence[str], height: float) -> None:
    """Images (n, 1, H, W) side by side at the bottom, at most `height` inches high, each with its title."""
    wide = F.pad(images[:, 0], (4, 4), value=1.0)  # a gap between them
    n, rows, width = wide.shape
    axes = picture.add_axes((0.01, 0.03, 0.98, height / picture.get_figheight()), anchor="SW")
    _image(axes, wide.permute(1, 0, 2).reshape(rows, n * width))
    for i, title in enumerate(titles):
        axes.text((i + 0.5) * width, -3, title, ha="center", fontsize=9, color=INK)


def _frame(axes: Axes, left: int, top: int, size: int) -> None:
    """A frame around pixels, bright on dark so that it shows on any image."""
    for width, colour in ((4, "black"), (2, "#ffd54a")):
        axes.add_patch(Rectangle((left - 0.5, top - 0.5), size, size, fill=False, edgecolor=colour, linewidth=width))


def _curve(picture: Scene, left: float, x: Tensor, y: Tensor, point: tuple[float, float]) -> None:
    axes = picture.add_axes((left, 0.2, 0.24, 0.68))
    axes.plot(x.numpy(), y.numpy(), color=BLUE, linewidth=1.8)
    axes.plot(*point, marker="o", markersize=10, markerfacecolor=ORANGE, markeredgecolor=INK, clip_on=False)
    axes.set_xlim(-0.03, 1.03)
    axes.set_ylim(-0.03, 1.05)
    _ticks(axes, (0, 0.5, 1), (0, 0.5, 1))
