"""Page 18: put a name together from words, and see which pictures of letters come nearest to it."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence

import torch.nn.functional as F
from ipywidgets import Dropdown, VBox
from torch import Tensor

from helpers.explorers.base import ORANGE, Scene, live, new_scene, show_image, with_slider
from helpers.picture import plain_style
from helpers.plots import INK

LISTED = 6  # pictures
NOTHING = "(nothing)"


def vector_of(words: Sequence[str], word_vectors: Mapping[str, Tensor]) -> Tensor:
    """The vector (Z,) of a name: the sum of its words', brought to length 1.

    Raises:
        ValueError: no word, or a word without a vector.

    Example:
        >>> import torch
        >>> from helpers.explorers.words_to_letters import vector_of
        >>> vector_of(["small", "a"], {"small": torch.tensor([3.0, 0.0]), "a": torch.tensor([0.0, 4.0])})
        tensor([0.6000, 0.8000])
    """
    unknown = [word for word in words if word not in word_vectors]
    if unknown or not words:
        what = f"the word {unknown[0]!r} has no vector" if unknown else "there is no word to look for"
        raise ValueError(f"{what}: choose among the {len(word_vectors)} words of the names")
    return F.normalize(sum(word_vectors[word] for word in words), dim=0)


@plain_style
def words_to_letters_picture(
    name: str,
    word_vectors: Mapping[str, Tensor],
    images: Tensor,
    vectors: Tensor,
    names: Sequence[str],
    trained: Sequence[bool],
) -> Scene:
    """Page 18: the pictures that are nearest to a name, each with its own name and the cosine of both.

    Args:
        name: words with spaces between, in any order.
        word_vectors: word -> (Z,).
        images: (N, 1, H, W) from 0 to 1, one for each letter.
        vectors: (N, Z) of these pictures, of length 1.
        names: N names.
        trained: N answers to whether this letter was there in training.

    Raises:
        ValueError: no word, or a word without a vector.
    """
    cosines = vectors @ vector_of(name.split(), word_vectors)
    best = cosines.argsort(descending=True, stable=True)[:LISTED].tolist()
    picture = new_scene(7.2, 2.3, _tell(name, best, cosines, names, trained))
    wide = F.pad(images[best][:, 0], (12, 12, 2, 2), value=1.0)  # paper between them
    height = wide.shape[1]
    axes = picture.add_axes((0.01, 0.42, 0.98, 0.46), anchor="NW")
    show_image(axes, wide.permute(1, 0, 2).reshape(height, -1))
    step = 0.98 / LISTED
    for place, item in enumerate(best):
        middle = 0.01 + (place + 0.5) * step
        told = "trained" if trained[item] else "HELD OUT"
        colour = INK if trained[item] else ORANGE
        picture.text(middle, 0.37, f"{cosines[item]:.2f}  {told}", ha="center", va="top", fontsize=8.5, color=colour)
        own = "\n".join(textwrap.wrap(names[item], 19)[:4])
        text = {"ha": "center", "va": "top", "fontsize": 7.5, "color": INK, "linespacing": 1.1}
        picture.text(middle, 0.28, own, parse_math=False, **text)
    picture.text(0.01, 0.91, f"nearest to: {name}", fontsize=9, color=INK, parse_math=False)
    return picture


def words_to_letters_explorer(
    choices: Mapping[str, Sequence[str]],
    word_vectors: Mapping[str, Tensor],
    images: Tensor,
    vectors: Tensor,
    names: Sequence[str],
    trained: Sequence[bool],
) -> VBox:
    """Page 18: choose each part of a name; see `words_to_letters_picture`.

    Args:
        choices: what a part is called -> what can be chosen there, the first at the beginning; "(nothing)" leaves
            a part out.
    """
    controls = {
        f"part{i}": Dropdown(options=list(options), description=part, layout={"width": "270px"})
        for i, (part, options) in enumerate(choices.items())
    }

    def render(**parts: str) -> Scene:
        name = " ".join(words for words in parts.values() if words != NOTHING)
        return words_to_letters_picture(name, word_vectors, images, vectors, names, trained)

    return live(render, controls, [with_slider(control) for control in controls.values()])


def _tell(name: str, best: Sequence[int], cosines: Tensor, names: Sequence[str], trained: Sequence[bool]) -> str:
    """What the picture shows, in words."""
    owner = next((i for i, own in enumerate(names) if sorted(own.split()) == sorted(name.split())), None)
    if owner is None:
        whose = "No letter here has a name of these words."
    else:
        seen = "was there in training" if trained[owner] else "was held out of training"
        rank = int((cosines > cosines[owner]).sum()) + 1
        whose = f"One letter has these words as its name; it {seen}, and its picture is number {rank}."
    listed = "; ".join(f"{names[i]} ({cosines[i]:.2f}, {'trained' if trained[i] else 'held out'})" for i in best)
    return f'Pictures nearest to "{name}", with the cosine: {listed}. {whose}'
