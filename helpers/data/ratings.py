"""Who likes what: simulated ratings whose truth is known, and the real "See also" links between functions."""

from __future__ import annotations

import difflib
import importlib
import inspect
import re
from collections.abc import Hashable, Iterable
from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor

LOWEST, HIGHEST = 1, 5  # stars
MODULES = {  # public modules whose functions and classes are items
    "numpy": " fft linalg ma polynomial random",
    "scipy": "cluster.hierarchy cluster.vq fft integrate interpolate io linalg ndimage optimize signal sparse "
    "sparse.csgraph sparse.linalg spatial spatial.distance special stats",
    "sklearn": "calibration cluster compose covariance cross_decomposition datasets decomposition ensemble "
    "discriminant_analysis feature_extraction feature_extraction.text feature_selection gaussian_process impute "
    "inspection isotonic kernel_approximation kernel_ridge linear_model manifold metrics metrics.pairwise mixture "
    "model_selection multiclass multioutput naive_bayes neighbors neural_network pipeline preprocessing svm tree utils "
    "random_projection semi_supervised",
    "matplotlib": "axes cm colors figure patches pyplot ticker",
}


@dataclass(frozen=True)
class Ratings:
    """Ratings, one a row, checked once: N rows of U users and I items.

    Args:
        users: (N,) numbers from 0 to U-1.
        items: (N,) numbers from 0 to I-1.
        stars: (N,) from 1 to 5, as floats.
        days: (N,) when each was given, from any day on; simulated_ratings and ratings_of give rows in their order.
        shape: (U, I).

    Raises:
        ValueError: an unknown user or item, stars out of range, a pair rated twice, other lengths or kinds of numbers.

    Example:
        >>> import torch
        >>> from helpers.data.ratings import Ratings
        >>> Ratings(torch.tensor([0]), torch.tensor([2]), torch.tensor([6.0]), torch.tensor([0.0]), (1, 3))
        Traceback (most recent call last):
        ValueError: row 0: 6 stars, and ratings go from 1 to 5. Rescale them, or leave the row out

    Built on page 15.
    """

    users: Tensor
    items: Tensor
    stars: Tensor
    days: Tensor
    shape: tuple[int, int]

    def __post_init__(self) -> None:
        lengths = [len(self.users), len(self.items), len(self.stars), len(self.days)]
        if len(set(lengths)) > 1 or lengths[0] == 0:
            raise ValueError(f"users, items, stars and days have {lengths} rows: give all four for one row or more")
        for what in ("users", "items", "stars", "days"):
            numbers, real = getattr(self, what), what in ("stars", "days")
            if numbers.ndim != 1 or numbers.is_floating_point() != real:
                told = f"{tuple(numbers.shape)} of {numbers.dtype}"
                raise ValueError(f"{what} must have the shape (N,) and be {'floats' if real else 'long'}, got {told}")
        for what, numbers, count in zip(("user", "item"), (self.users, self.items), self.shape, strict=True):
            if (row := _first((numbers < 0) | (numbers >= count))) is not None:
                told = f"row {row}: unknown {what} {int(numbers[row])}, as there are {count}, counted from 0"
                raise ValueError(f"{told}. Correct the number, or give a larger `shape`")
        if (row := _first(~((self.stars >= LOWEST) & (self.stars <= HIGHEST)))) is not None:  # nan is, too
            told = f"row {row}: {self.stars[row]:g} stars, and ratings go from {LOWEST} to {HIGHEST}"
            raise ValueError(f"{told}. Rescale them, or leave the row out")
        if (row := _first(~self.days.isfinite())) is not None:
            raise ValueError(f"row {row}: its day is {self.days[row]:g}. Leave out rows of which no day is known")
        pair, times = torch.unique(self.users * self.shape[1] + self.items, return_counts=True)
        if (times > 1).any():
            user, item = divmod(int(pair[times.argmax()]), self.shape[1])
            raise ValueError(f"user {user} has rated item {item} more than once: keep one row, such as the last")

    def __len__(self) -> int:
        return len(self.stars)

    def subset(self, rows: Tensor) -> Ratings:
        """Some of the rows: their places, or a mask (N,); users and items keep their numbers."""
        return Ratings(self.users[rows], self.items[rows], self.stars[rows], self.days[rows], self.shape)

    def of(self, user: int) -> tuple[Tensor, Tensor]:
        """The items that a user has rated, and the stars; ValueError if there is no such user or rating."""
        if not 0 <= user < self.shape[0]:
            raise ValueError(f"unknown user {user}: there are {self.shape[0]}, counted from 0")
        rows = self.users == user
        if not rows.any():
            told = f"user {user} has no ratings here, so nothing is known of their taste"
            raise ValueError(f"{told}. Show them what is popular, or ask what they like")
        return self.items[rows], self.stars[rows]

    def table(self) -> Tensor:
        """All of it as (U, I), with nan where there is no rating."""
        table = torch.full(self.shape, torch.nan, dtype=self.stars.dtype)
        table[self.users, self.items] = self.stars
        return table


@dataclass(frozen=True)
class Truth:
    """What only a simulation knows, of U users and I items."""

    expected: Tensor  # (U, I) stars that each user would give on average, also where no rating is
    kinds: Tensor  # (I, 6) of which kinds each item is; the shares of an item add up to 1
    tastes: Tensor  # (U, 6) how much each user likes each kind
    appeared: Tensor  # (I,) day on which each item appeared


def simulated_ratings(users: int = 600, items: int = 300, days: int = 365, seed: int = 0) -> tuple[Ratings, Truth]:
    """Ratings of simulated people, and their truth; nothing in them was measured on anybody.

    A user's opinion is their own level, plus the item's, plus how far their tastes fit the item's six kinds; the
    stars are this opinion with noise, rounded, from 1 to 5. Whether somebody rates an item at all depends on how
    well known it is, on how new it is, and on whether they will like it: ratings are not missing at random.
    About half of the items are there on day 0, the others come over all days; users join over the first 40 % of
    them, and spread what they rate over all the time that is left to them.

    Args:
        users, items: how many, 2 and 24 or more.
        days: how long it goes on, 1 or more.
        seed: of everything.

    Example:
        >>> from helpers.data.ratings import simulated_ratings
        >>> ratings, truth = simulated_ratings(users=50, items=40, seed=1)
        >>> ratings.shape, tuple(truth.expected.shape), ratings.stars.unique().tolist()
        ((50, 40), (50, 40), [1.0, 2.0, 3.0, 4.0, 5.0])

    Built on page 15.
    """
    if users < 2 or items < 24 or days < 1:  # everybody rates 8 or more, and a third of the items at most
        raise ValueError(f"needs 2 users, 24 items and 1 day or more, got {users}, {items} and {days}")
    random = np.random.default_rng(seed)
    kinds = random.dirichlet(np.full(6, 0.3), items)
    tastes = random.normal(0, 1.3, (users, 6))
    fit = tastes @ (kinds - kinds.mean(axis=0)).T
    quality = random.normal(0, 0.4, items)
    opinion = 3.2 + random.normal(0, 0.4, users)[:, None] + quality + fit
    noise = 0.7
    known = random.normal(0, 0.9, items) + 0.8 * quality  # how well known each item is: the better, the more
    appeared = np.where(random.random(items) < 0.5, 0.0, random.uniform(0, days, items))
    joined = random.uniform(0, 0.4 * days, users)
    wanted = np.clip(random.lognormal(3.9, 0.5, users), 8, items / 3).astype(int)
    at = joined[:, None] + random.random((users, wanted.max())) * (days - joined)[:, None]
    at[np.arange(wanted.max()) >= wanted[:, None]] = np.inf  # who wants fewer stops after them, not earlier
    at.sort(axis=1)
    free, rows = np.ones((users, items), bool), []
    for turn in range(wanted.max()):  # everybody's first rating, then everybody's second ...
        age = at[:, turn, None] - appeared
        pull = known + 0.6 * fit - 1.2 * np.minimum(age, days) / (days / 3) + random.gumbel(size=(users, items))
        pull[~free | (age < 0)] = -np.inf
        chosen = pull.argmax(axis=1)
        active = (turn < wanted) & np.isfinite(pull.max(axis=1))
        free[np.arange(users), chosen] = False
        own = np.flatnonzero(active)
        stars = np.clip(np.rint(opinion[own, chosen[own]] + random.normal(0, noise, len(own))), LOWEST, HIGHEST)
        rows.append(np.stack([own, chosen[own], stars, at[own, turn]]))
    rows = np.concatenate(rows, axis=1)
    rows = rows[:, rows[3].argsort(kind="stable")]
    who, what = (torch.from_numpy(numbers.astype(np.int64)) for numbers in rows[:2])
    ratings = Ratings(who, what, torch.from_numpy(rows[2]).float(), torch.from_numpy(rows[3]).float(), (users, items))
    opinion = torch.from_numpy(opinion)
    edges = torch.arange(LOWEST + 0.5, HIGHEST)  # the stars are 1 plus one for each edge that is passed
    expected = LOWEST + sum(torch.special.ndtr((opinion - edge) / noise) for edge in edges)
    return ratings, Truth(*(torch.as_tensor(a).float() for a in (expected, kinds, tastes, appeared)))


def ratings_of(rows: Iterable[tuple[Hashable, Hashable, float, float]]) -> tuple[Ratings, list, list]:
    """Your own ratings from rows (user, item, stars, day), with the names that users and items have.

    A day is a number, such as `date.toordinal()`. A row that does not fit is named in a ValueError, by its place.

    Returns:
        The ratings in the order of their days, the U names of users, the I names of items.

    Example:
        >>> from helpers.data.ratings import ratings_of
        >>> ratings, users, items = ratings_of([("Mia", "tea", 4, 2), ("Jo", "tea", 5, 1)])
        >>> users, items, ratings.stars.tolist()
        (['Mia', 'Jo'], ['tea'], [5.0, 4.0])
    """
    users, items, taken, numbers = {}, {}, {}, []
    for n, row in enumerate(rows):
        if isinstance(row, str | dict) or not hasattr(row, "__len__") or len(row) != 4:
            raise ValueError(
                f"row {n}: {row!r}: give rows of (user, item, stars, day), as `table.values.tolist()` does"
            )
        user, item, stars, day = (part.item() if isinstance(part, Tensor) else part for part in row)  # a fit key
        if any(name is None or name != name for name in (user, item)):  # nan is not itself
            raise ValueError(f"row {n}: its user is {user!r}, its item {item!r}. Leave out rows where one is missing")
        try:
            numbers.append((float(stars), float(day)))
        except (TypeError, ValueError):
            raise ValueError(f"row {n}: {stars!r} and {day!r} must be numbers; of a date take .toordinal()") from None
        if (first := taken.setdefault((user, item), n)) != n:
            raise ValueError(f"rows {first} and {n}: {user!r} has rated {item!r} twice. Keep one, such as the last")
        users.setdefault(user, len(users))
        items.setdefault(item, len(items))
    if not numbers:
        raise ValueError("there is no rating: give rows of (user, item, stars, day)")
    who, what = torch.tensor([(users[user], items[item]) for user, item in taken]).T
    stars, days = torch.tensor(numbers, dtype=torch.float64).T  # seconds since 1970 fit, too
    ratings = Ratings(who, what, stars.float(), days, (len(users), len(items)))
    return ratings.subset(days.argsort(stable=True)), list(users), list(items)


@dataclass(frozen=True)
class Links:
    """Functions and classes as items, and which of them name each other under "See also"."""

    names: list[str]  # I names, such as "numpy.mean"
    texts: list[str]  # I docstrings without the section "See also"
    pairs: Tensor  # (N, 2) numbers of two linked items, the smaller first, each pair once, whoever names whom

    def __len__(self) -> int:
        return len(self.names)

    def place(self, name: str) -> int:
        """The number of an item; a ValueError tells names that look like it if there is no such item."""
        if name not in self.names:
            ending = [known for known in self.names if known.endswith(f".{name.split('.')[-1]}")]
            near = [*ending, *difflib.get_close_matches(name, self.names, n=3)][:3]
            raise ValueError(f"unknown item {name!r}. {'Near it: ' + ', '.join(near) if near else 'Look in `names`'}")
        return self.names.index(name)


def see_also_links() -> Links:
    """The functions and classes of the installed numpy, scipy, scikit-learn and matplotlib, and their real links.

    An item that comes under several names, or with a docstring that another has too, counts once. Which items there
    are depends on the installed versions, and a few examples in texts are drawn anew in each process. Takes seconds.

    Built on page 15.
    """
    docstrings = read_docstrings()
    names, texts, pairs = list(docstrings), [], set()
    places = {name: i for i, name in enumerate(names)}
    for name, docstring in docstrings.items():
        text, others = without_see_also(docstring)
        texts.append(text)
        for other in others:
            found = _resolve(other, name, places)
            if found is not None and found != places[name]:
                pairs.add((min(found, places[name]), max(found, places[name])))
    return Links(names, texts, torch.tensor(sorted(pairs)).reshape(-1, 2))


def read_docstrings() -> dict[str, str]:
    """Name -> docstring, of everything public in MODULES that is callable; the same docstring only once."""
    found, seen = {}, set()
    for package, parts in MODULES.items():
        for part in parts.split(" "):
            module = importlib.import_module(f"{package}.{part}".rstrip("."))
            public = getattr(module, "__all__", None)
            for name, thing in sorted(vars(module).items()):  # and not what is made only when it is asked for
                own = name in public if public else getattr(thing, "__module__", "") == module.__name__
                docstring = inspect.getdoc(thing) if callable(thing) and own and name[0] != "_" else None
                if docstring and len(docstring) > 80 and docstring not in seen:
                    seen.add(docstring)
                    found[f"{module.__name__}.{name}"] = docstring
    return found


def without_see_also(docstring: str) -> tuple[str, list[str]]:
    """A docstring in numpy's style without its section "See also", and the names that stood there.

    Example:
        >>> from helpers.data.ratings import without_see_also
        >>> without_see_also("Sum.\\n\\nSee Also\\n--------\\nmean, `prod` : far\\n    Off\\n\\nNotes\\n-----\\nFast.")
        ('Sum.\\n\\nNotes\\n-----\\nFast.', ['mean', 'prod'])
    """
    docstring = re.sub(r"^([ \t]*)\.\. seealso::.*\n(?:\1[ \t]+.*\n?|[ \t]*\n)*", "", docstring, flags=re.M)
    section = re.search(r"^(?i:see also)\n-{3,}\n(.*?)(?=^[A-Z][\w ]+\n-{3,}$|^\.\. |\Z)", docstring, re.M | re.S)
    if not section:
        return docstring, []
    heads = [line.split(" : ")[0] for line in section[1].splitlines() if line and not line[0].isspace()]
    names = re.findall(r"(?:\w+\.)*\w+", re.sub(r":\w+:|`~?|`", " ", ", ".join(heads)))
    return docstring[: section.start()] + docstring[section.end() :], names


def _resolve(other: str, name: str, places: dict[str, int]) -> int | None:
    """The item that is meant by `other` in the docstring of `name`, or None."""
    parts = name.split(".")[:-1]
    tries = [".".join([*parts[:depth], other]) for depth in range(len(parts), -1, -1)]
    tries += [f"{package}.{other}" for package in ("numpy", "scipy", "sklearn", "matplotlib.pyplot")]
    tries.append(re.sub(r"^np\.", "numpy.", other))
    return next((places[found] for found in tries if found in places), None)


def _first(wrong: Tensor) -> int | None:
    """The first row that is wrong."""
    return int(wrong.nonzero()[0, 0]) if wrong.any() else None
