"""Page 15: like and dislike a few items, and see the list of recommendations move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import torch
from ipywidgets import BoundedFloatText, Dropdown, HBox, VBox
from torch import Tensor

from helpers.explorers.base import BLUE, Scene, live, new_scene, with_slider
from helpers.picture import plain_style
from helpers.plots import INK

LISTED = 6  # items
ANSWERS = {"no answer": 0, "like": 1, "dislike": -1}


def scores_of(vectors: Tensor, popular: Tensor, answers: Mapping[int, int], weight: float) -> Tensor:
    """(I,) scores: profile and vector, plus popularity as a share of the largest; answered items are at -inf.

    Args:
        vectors: (I, Z), of length 1.
        popular: (I,) counts.
        answers: item -> 1 for a like, -1 for a dislike; others are left out.
        weight: of popularity; with no answer, popularity alone decides.
    """
    profile = torch.zeros(vectors.shape[1])
    for sign in (1, -1):
        own = [item for item, answer in answers.items() if answer == sign]
        if own:
            profile = profile + sign * vectors[own].mean(dim=0)
    answered = [item for item, answer in answers.items() if answer]
    share = popular / popular.max().clamp(min=1)
    scores = vectors @ profile + weight * share if answered else share.clone()
    scores[answered] = -torch.inf
    return scores


@plain_style
def likes_picture(
    vectors: Tensor, names: Sequence[str], popular: Tensor, answers: Mapping[str, int], weight: float = 0.0
) -> Scene:
    """Page 15: the items that some likes and dislikes recommend, with their scores, and how popular each is.

    Args:
        vectors: (I, Z), of length 1.
        names: I names.
        popular: (I,) how often each was taken.
        answers: name -> 1 for a like, -1 for a dislike, 0 for no answer.
        weight: of popularity.

    Raises:
        ValueError: an answer to an item that is not among the names.
    """
    unknown = [name for name in answers if name not in names]
    if unknown:
        raise ValueError(f"unknown item {unknown[0]!r}: it is not among the {len(names)} names")
    numbered = {list(names).index(name): answer for name, answer in answers.items()}
    scores = scores_of(vectors, popular, numbered, weight)
    listed = min(LISTED, int(scores.isfinite().sum()))
    top = scores.argsort(descending=True, stable=True)[:listed].tolist()
    picture = new_scene(7.2, 2.2, _tell(names, answers, weight, top, popular))
    axes = picture.add_axes((0.47, 0.04, 0.35, 0.82))
    found = scores[top].tolist()
    least, most = min(0.0, *found, 0.0), max(1e-6, *found, 0.0)
    axes.barh(range(listed), found, color=BLUE, height=0.62)
    axes.set_ylim(LISTED - 0.4, -0.6)
    axes.set_xlim(least, most)
    axes.set_axis_off()
    for row, item in enumerate(top):
        text = {"transform": axes.get_yaxis_transform(), "va": "center", "fontsize": 9, "color": INK}
        axes.text(-0.03, row, _short(names[item]), ha="right", parse_math=False, **text)
        axes.text(1.02, row, f"{found[row]:.2f}   ({popular[item]:g})", **text)
    picture.text(0.01, 0.91, "recommended, the best first: score, and popularity in brackets", fontsize=9, color=INK)
    return picture


def likes_explorer(vectors: Tensor, names: Sequence[str], popular: Tensor, asked: Sequence[str]) -> VBox:
    """Page 15: answer for each item that is asked, and weigh popularity; see `likes_picture`."""
    controls = {
        f"item{i}": Dropdown(options=list(ANSWERS), value="like" if i == 0 else "no answer", description=name)
        for i, name in enumerate(asked)
    }
    for control in controls.values():
        control.layout.width = "340px"
    weight = BoundedFloatText(0, min=0, max=2, step=0.1, description="weight of popularity")

    def render(weight: float, **chosen: str) -> Scene:
        answers = {name: ANSWERS[chosen[f"item{i}"]] for i, name in enumerate(asked)}
        return likes_picture(vectors, names, popular, answers, weight)

    fields = list(controls.values())
    rows = [HBox(fields[i : i + 2]) for i in range(0, len(fields), 2)]
    return live(render, {**controls, "weight": weight}, [*rows, with_slider(weight)])


def _tell(names: Sequence[str], answers: Mapping[str, int], weight: float, top: Sequence[int], popular: Tensor) -> str:
    """What the picture shows, in words."""
    liked = [name for name, answer in answers.items() if answer == 1]
    disliked = [name for name, answer in answers.items() if answer == -1]
    if liked or disliked:
        told = f"You like {', '.join(liked) or 'nothing yet'}; you dislike {', '.join(disliked) or 'nothing yet'}. "
        told += f"Popularity has the weight {weight:g}. "
    else:
        told = f"You have answered nothing (weight {weight:g}), so the list is that of popularity. "
    if not top:
        return told + "No item is left to recommend."
    most = popular.argsort(descending=True, stable=True)[:LISTED].tolist()
    return (
        told
        + f"Recommended, the best first: {', '.join(names[item] for item in top)}. "
        + f"{len(set(most) & set(top))} of these {len(top)} are among the {LISTED} most popular of all items; "
        + f"the first has the popularity {popular[top[0]]:g}."
    )


def _short(name: str, widest: int = 44) -> str:
    return name if len(name) <= widest else "..." + name[-widest + 3 :]
