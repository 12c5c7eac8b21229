"""Your own photos: a folder with one sub-folder for each class, checked, and split in three without leaks."""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import torch
from PIL import Image
from torch import Tensor
from torch.utils.data import Dataset

from helpers.data import LabelledImages, split_by_group
from helpers.data.photo_file import ARTICLE_CONTRACT, joined, near_copies, open_rgb, preprocessing, thumbnail
from helpers.runtime import cpu_quota

OF_WINDOWS = {"Thumbs.db", "desktop.ini"}  # lie in every folder there
SETS = {"train": 0, "training": 0, "val": 1, "valid": 1, "validation": 1, "test": 2}  # folders of sets, not of classes


class Photos(Dataset):
    """Image files with a class number each, opened when they are asked for; can be sent to worker processes.

    Args:
        paths: N files.
        labels: (N,) integers from 0 to K-1.
        classes: K names.
        contract: what the model wants of an image, see `photo_file.preprocessing`.
        normalise: without it, pixels from 0 to 1.
    """

    def __init__(
        self, paths: Sequence[str], labels: Tensor, classes: list[str], contract: Mapping, normalise: bool = True
    ) -> None:
        self.paths, self.labels, self.classes = list(paths), torch.as_tensor(labels).long(), list(classes)
        self.contract, self.normalise = {**ARTICLE_CONTRACT, **contract}, normalise
        self.transform = preprocessing(contract, normalise)

    def __len__(self) -> int:
        return len(self.paths)

    def __getitem__(self, index: int) -> tuple[Tensor, int]:
        image = open_rgb(self.paths[index], at_least=self.contract["resize"])
        return self.transform(image), int(self.labels[index])

    def subset(self, indices: Tensor) -> Photos:
        """The photos at `indices`, in that order, with the same classes and contract."""
        paths = [self.paths[i] for i in torch.as_tensor(indices).tolist()]
        return Photos(paths, self.labels[indices], self.classes, self.contract, self.normalise)

    def with_contract(self, normalise: bool = True, **terms: object) -> Photos:
        """The same photos under other terms: `with_contract(normalise=False)` to look at them."""
        return Photos(self.paths, self.labels, self.classes, {**self.contract, **terms}, normalise)

    def in_memory(self) -> LabelledImages:
        """All photos opened at once, for what wants `.images`: 600 kB each at 224 pixels."""
        images = [image for image, _ in self]
        return LabelledImages(torch.stack(images), self.labels, self.classes)


@dataclass(frozen=True)
class Tree:
    """What lies in a folder of classes: good files with class and thumbnail, and bad ones with the reason."""

    classes: list[str]
    paths: list[str]
    labels: Tensor  # (N,)
    thumbnails: Tensor  # (N, 768)
    bad: dict[str, str]


def image_folder(
    root: str | Path,
    *,
    contract: Mapping = ARTICLE_CONTRACT,
    normalise: bool = True,
    shares: tuple[float, float, float] = (0.6, 0.2, 0.2),
    group_of: Callable[[Path], object] | None = None,
    seed: int = 0,
    on_bad: str = "raise",
) -> tuple[Photos, Photos, Photos]:
    """Training, validation and test set over your own photos: one sub-folder of `root` for each class.

    Near copies of a photo come into the same set, and so do all photos of a group. If `root` holds the folders
    "train" and, if you like, "val" and "test", each with one sub-folder for each class, these are the sets, and
    one that is missing is taken from "train". Classes are sorted as text, so 10 comes before 2. Grey, transparent,
    palette, CMYK and 16-bit images become RGB; the camera's rotation is applied; links are followed.

    Args:
        contract: what the model wants of an image, see `photo_file.preprocessing`.
        normalise: to the contract's mean and deviation. Without it the pixels stay from 0 to 1.
        shares: of each class in the training, validation and test set; at least one photo in each.
        group_of: path -> what no two sets may share, such as the person, the place or the day. None of its own.
        seed: of the split.
        on_bad: "raise" names all files that are no whole images in one error; "skip" leaves
            them out and warns with their names.

    Raises:
        FileNotFoundError: the folder is missing, empty, or a class has no image.
        ValueError: only one class, classes that differ between the sets, folders of sets beside folders of
            classes, too few images or groups to split, or bad files.

    Warns:
        UserWarning: files left out, near copies with two labels, near copies or groups in two sets of your own.

    Source: article sections 4.3 and 4.4. Built on page 10.
    """
    if on_bad not in ("raise", "skip"):
        raise ValueError(f'on_bad must be "raise" or "skip", got {on_bad!r}')
    preprocessing(contract, normalise)  # refuses what cannot be before any file is opened
    root = Path(root).expanduser()
    folders = set_folders(root)
    trees = {number: read_tree(folder) for number, folder in folders.items()}
    _refuse_or_warn({path: why for tree in trees.values() for path, why in tree.bad.items()}, on_bad)
    first = trees[0]
    for number, tree in trees.items():
        if tree.classes != first.classes:
            raise ValueError(f"{folders[0]} has the classes {first.classes}, but {folders[number]} has {tree.classes}")
    sets = [Photos(tree.paths, tree.labels, tree.classes, contract, normalise) for tree in trees.values()]
    _warn_of_copies(trees, group_of)
    if len(sets) == 3:
        return tuple(sets)
    missing = [number for number in range(3) if number == 0 or number not in trees]
    parts = split_by_group(
        first.labels,
        groups(first, group_of),
        [shares[number] for number in missing],
        seed,
        classes=first.classes,
    )
    made = {number: sets[0].subset(part) for number, part in zip(missing, parts, strict=True)}
    given = dict(zip(trees, sets, strict=True))
    return tuple({**given, **made}[number] for number in range(3))


def set_folders(root: Path) -> dict[int, Path]:
    """The folders of the sets that `root` holds, by number (0 training, 1 validation, 2 test); else `root` itself.

    Raises:
        FileNotFoundError: no such folder, or no sub-folders.
        ValueError: folders of sets beside folders of classes, two of the same set, or none to train on.
    """
    if not root.is_dir():
        raise FileNotFoundError(f"{root}: no such folder. Give the folder that holds one sub-folder for each class")
    names = _folder_names(root)
    sets = [name for name in names if name.casefold() in SETS]
    if sets != names:
        if len(sets) > 1:
            others = [name for name in names if name not in sets]
            raise ValueError(f"{root}: holds folders of sets, {sets}, beside {others}. Move the one or the other away")
        return {0: root}
    numbers = [SETS[name.casefold()] for name in names]
    if not names:
        raise FileNotFoundError(f"{root}: no sub-folders. Put the images of each class into a folder of its own there")
    if len(set(numbers)) < len(numbers) or 0 not in numbers:
        raise ValueError(f'{root}: of the folders {names} exactly one must be "train"; "val" and "test" may be there')
    return dict(sorted(zip(numbers, (root / name for name in names), strict=True)))


def read_tree(root: Path) -> Tree:
    """Every file in the class folders of `root`, opened once: is it a whole image, and what does it look like?

    Raises:
        FileNotFoundError: no class folders, or one without images.
        ValueError: a single class.
    """
    classes = _folder_names(root)
    if not classes:
        raise FileNotFoundError(f"{root}: no sub-folders. Put the images of each class into a folder of its own there")
    if len(classes) == 1:
        raise ValueError(f"{root}: a single class, {classes[0]!r}. A classifier needs two sub-folders or more")
    files = [(str(path), label) for label, name in enumerate(classes) for path in _files(root / name)]
    with warnings.catch_warnings(), ThreadPoolExecutor(cpu_quota()) as pool:
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)  # such images are refused in our own words
        looks = list(pool.map(_look, [path for path, _ in files]))
    good = [(path, label, look) for (path, label), look in zip(files, looks, strict=True) if isinstance(look, Tensor)]
    bad = {path: look for (path, _), look in zip(files, looks, strict=True) if isinstance(look, str)}
    paths, labels, thumbnails = zip(*good, strict=True) if good else ((), (), ())
    for label, name in enumerate(classes):
        if label not in labels:
            reasons = "".join(
                f"\n  {path}: {why}" for path, why in bad.items() if Path(path).is_relative_to(root / name)
            )
            raise FileNotFoundError(
                f"{root / name}: a class without images. Add some, or remove the folder{':' * bool(reasons)}{reasons}"
            )
    return Tree(classes, list(paths), torch.tensor(labels), torch.stack(thumbnails), bad)


def groups(tree: Tree, group_of: Callable[[Path], object] | None = None) -> list[int]:
    """A number for each photo, the same for near copies and for photos of which `group_of` says the same."""
    pairs = near_copies(tree.thumbnails)
    if group_of:
        first = {}
        for i, path in enumerate(tree.paths):
            pairs.append((first.setdefault(group_of(Path(path)), i), i))
    return joined(len(tree.paths), pairs)


def _look(path: str) -> Tensor | str:
    """The thumbnail of an image file, or why it is none."""
    try:
        return thumbnail(open_rgb(path, at_least=64))  # a large JPEG at an eighth of its size is enough
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        return str(error).replace(repr(path), "").replace(path, "the file").strip() or type(error).__name__


def _refuse_or_warn(bad: dict[str, str], on_bad: str) -> None:
    if not bad:
        return
    listing = "\n".join(f"  {path}: {reason}" for path, reason in bad.items())
    if on_bad == "raise":
        count = "1 file is no image" if len(bad) == 1 else f"{len(bad)} files are no images"
        raise ValueError(
            f"{count} that can be used:\n{listing}\n"
            'Remove or replace what is no image, or pass on_bad="skip" to leave it out'
        )
    warnings.warn(f"{len(bad)} {'file' if len(bad) == 1 else 'files'} left out:\n{listing}", stacklevel=3)


def _warn_of_copies(trees: dict[int, Tree], group_of: Callable[[Path], object] | None) -> None:
    """Copies with two labels; copies and groups in two sets that came as folders. Your photos, so we only say it."""
    paths = [path for tree in trees.values() for path in tree.paths]
    sets = [number for number, tree in trees.items() for _ in tree.paths]
    labels = torch.cat([tree.labels for tree in trees.values()]).tolist()
    copies = near_copies(torch.cat([tree.thumbnails for tree in trees.values()]))
    first: dict[object, int] = {}
    alike = [(first.setdefault(group_of(Path(path)), i), i) for i, path in enumerate(paths)] if group_of else []
    for pairs, what in (
        ([pair for pair in copies if labels[pair[0]] != labels[pair[1]]], "near copies with two labels; one is wrong"),
        (
            [pair for pair in copies if sets[pair[0]] != sets[pair[1]]],
            "near copies in two sets, which flatter the accuracy",
        ),
        (
            [pair for pair in alike if sets[pair[0]] != sets[pair[1]]],
            "one group in two sets, which flatters the accuracy",
        ),
    ):
        if pairs:
            listing = "\n".join(f"  {paths[i]} and {paths[j]}" for i, j in pairs[:5])
            more = f"\n  and {len(pairs) - 5} more" * (len(pairs) > 5)
            warnings.warn(f"{what}:\n{listing}{more}", stacklevel=3)


def _folder_names(root: Path) -> list[str]:
    """The sub-folders, links to folders among them; hidden ones do not count."""
    return sorted(path.name for path in root.iterdir() if path.is_dir() and not path.name.startswith("."))


def _files(folder: Path) -> Iterator[Path]:
    """Every file below `folder` that is not hidden, in order; linked folders are followed, each once."""
    seen = set()
    for place, folders, names in os.walk(folder, followlinks=True):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        if os.path.realpath(place) in seen:  # a link that leads back
            folders.clear()
            continue
        seen.add(os.path.realpath(place))
        yield from (Path(place) / name for name in sorted(names) if not name.startswith(".") and name not in OF_WINDOWS)
