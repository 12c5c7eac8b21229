"""Simulated ratings keep what is said of them; the real links are read as they stand; bad input is named."""

import datetime
import math
import re

import pytest
import torch

from helpers.data import ratings as module
from helpers.data.ratings import Ratings, ratings_of, see_also_links, simulated_ratings, without_see_also


@pytest.fixture(scope="module")
def simulated():
    return simulated_ratings(seed=0)


@pytest.fixture(scope="module")
def links():
    return see_also_links()


def rows(users=(0, 0, 1), items=(0, 2, 2), stars=(1.0, 5.0, 3.0), days=(0.0, 1.0, 2.0), shape=(3, 3)):
    return Ratings(*map(torch.tensor, (users, items, stars, days)), shape)


# simulated


def test_the_same_seed_makes_the_same_ratings_and_another_others(simulated):
    again, other = simulated_ratings(seed=0)[0], simulated_ratings(seed=1)[0]
    assert torch.equal(simulated[0].stars, again.stars) and torch.equal(simulated[0].items, again.items)
    assert len(other) != len(again) or not torch.equal(other.items, again.items)


def test_nobody_rates_twice_nor_what_has_not_appeared(simulated):
    ratings, truth = simulated
    assert len(torch.unique(ratings.users * ratings.shape[1] + ratings.items)) == len(ratings)
    assert (ratings.days >= truth.appeared[ratings.items] - 1e-3).all()
    assert (ratings.days.diff() >= 0).all() and 0 <= ratings.days.min() <= ratings.days.max() <= 365
    assert set(ratings.stars.tolist()) == {1, 2, 3, 4, 5}
    assert torch.bincount(ratings.users, minlength=600).min() >= 8


def test_the_expected_stars_are_what_the_stars_are_on_average(simulated):
    ratings, truth = simulated
    expected = truth.expected[ratings.users, ratings.items]
    for low in (1.5, 2.5, 3.5, 4.5):
        near = (expected - low).abs() < 0.25
        assert abs((ratings.stars - expected)[near].mean()) < 4 / math.sqrt(int(near.sum()))
    assert truth.expected.min() >= 1 and truth.expected.max() <= 5


def test_ratings_are_missing_not_at_random(simulated):
    ratings, truth = simulated
    assert ratings.stars.mean() > truth.expected.mean() + 0.1
    assert torch.allclose(truth.kinds.sum(dim=1), torch.ones(300), atol=1e-5)


def test_who_rates_little_does_not_stop_early(simulated):
    ratings, _ = simulated
    last = torch.zeros(600).scatter_reduce(0, ratings.users, ratings.days, "amax")
    assert last.median() > 350 and len(ratings.users[ratings.days > 300].unique()) > 0.95 * 600


@pytest.mark.parametrize("wrong", [{"users": 1}, {"items": 3}, {"days": 0}, {"days": -3}])
def test_too_small_a_world_is_refused(wrong):
    with pytest.raises(ValueError, match="needs 2 users, 24 items and 1 day or more"):
        simulated_ratings(**wrong)


# ratings


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        ({"stars": (1.0, 6.0, 3.0)}, "row 1: 6 stars, and ratings go from 1 to 5. Rescale"),
        ({"stars": (0.5, 5.0, 3.0)}, "row 0: 0.5 stars"),
        ({"stars": (1.0, math.nan, 3.0)}, "row 1: nan stars"),
        ({"items": (0, 3, 2)}, "row 1: unknown item 3, as there are 3, counted from 0"),
        ({"items": (0, -1, 2)}, "row 1: unknown item -1"),
        ({"users": (0, 0, 7)}, "row 2: unknown user 7"),
        ({"days": (0.0, math.inf, 2.0)}, "row 1: its day is inf"),
        ({"items": (2, 2, 2)}, "user 0 has rated item 2 more than once: keep one row"),
        ({"days": (0.0, 1.0)}, r"have \[3, 3, 3, 2\] rows"),
        ({"stars": (1, 5, 3)}, r"stars must have the shape \(N,\) and be floats, got \(3,\) of torch.int64"),
        ({"users": (0.0, 0.0, 1.0)}, "users must have .* be long, got .*float32"),
        ({"items": ((0,), (2,), (2,))}, r"items must .* got \(3, 1\)"),
    ],
)
def test_bad_rows_are_named(changed, told):
    with pytest.raises(ValueError, match=told):
        rows(**changed)


def test_a_user_without_ratings_and_an_unknown_one():
    with pytest.raises(ValueError, match=r"user 2 has no ratings here.*what is popular"):
        rows().of(2)
    with pytest.raises(ValueError, match="unknown user 3: there are 3"):
        rows().of(3)
    items, stars = rows().of(0)
    assert (items.tolist(), stars.tolist()) == ([0, 2], [1, 5])


def test_table_and_subset_agree_with_the_rows():
    table = rows().table()
    assert table[0, 2] == 5 and table[1, 2] == 3 and int(table.isnan().sum()) == 6
    part = rows().subset(torch.tensor([True, False, True]))
    assert part.shape == (3, 3) and part.stars.tolist() == [1, 3]


def test_your_own_rows_get_numbers_in_the_order_of_their_days():
    ratings, users, items = ratings_of([("Zoë", "$a_1", 5, 3), ("李", 7, 2, 1), ("Zoë", 7, 4, 2)])
    assert (users, items) == (["Zoë", "李"], ["$a_1", 7])
    assert ratings.table()[0].tolist() == [5, 4] and ratings.days.tolist() == [1, 2, 3]
    with pytest.raises(ValueError, match="there is no rating"):
        ratings_of([])


def test_rows_of_a_tensor_name_their_users_by_number():
    ratings, users, items = ratings_of(torch.tensor([[7, 1, 5, 3], [7, 2, 4, 1]]))
    assert (users, sorted(items), ratings.shape) == ([7], [1, 2], (1, 2))
    with pytest.raises(ValueError, match="rows 0 and 1"):
        ratings_of(zip(*torch.tensor([[7, 7], [1, 1], [5, 4], [3, 1]]), strict=True))


def test_seconds_since_1970_stay_apart_as_days():
    ratings, _, _ = ratings_of([("a", "x", 1, 1700000050), ("b", "x", 2, 1700000001)])
    assert ratings.days.diff().tolist() == [49] and ratings.table().dtype == torch.float32


@pytest.mark.parametrize(
    ("bad", "told"),
    [
        (("b", "y", 9, 1), "row 1: 9 stars, and ratings go from 1 to 5. Rescale"),
        (("b", "y", math.nan, 1), "row 1: nan stars"),
        (("a", "x", 5, 1), "rows 0 and 1: 'a' has rated 'x' twice. Keep one"),
        ((float("nan"), "x", 5, 1), "row 1: its user is nan, its item 'x'"),
        (("b", "y", 5, "2024-01-01"), "row 1: 5 and '2024-01-01' must be numbers; of a date take"),
        (("b", "y", 5, datetime.date(2024, 1, 1)), r"row 1: .*toordinal"),
        (("b", "y", None, 1), "row 1: None and 1 must be numbers"),
        (("b", "y", 5, math.inf), "row 1: its day is inf. Leave out"),
        (("b", "y", 5), r"row 1: \('b', 'y', 5\): give rows of \(user, item, stars, day\)"),
        (("b", "y", 5, 1, "fine"), "row 1: .*give rows of"),
        ({"user": "b"}, "row 1: .*give rows of"),
        ("user", "row 1: 'user': give rows of .* as `table.values.tolist"),
        (7, "row 1: 7: give rows of"),
    ],
)
def test_a_row_of_yours_is_named_by_its_own_place(bad, told):
    with pytest.raises(ValueError, match=told):
        ratings_of([("a", "x", 4, 5), bad])


# links


def test_the_links_are_many_and_each_pair_counts_once(links):
    assert len(links) > 1500 and len(links.pairs) > 1500
    assert (links.pairs[:, 0] < links.pairs[:, 1]).all() and links.pairs.max() < len(links)
    assert len(torch.unique(links.pairs, dim=0)) == len(links.pairs)
    assert len(set(links.names)) == len(links.names) == len(links.texts)
    assert {name.split(".")[0] for name in links.names} == set(module.MODULES)


def test_links_that_stand_in_the_docstrings_are_found(links):
    pairs = {tuple(sorted((links.names[a], links.names[b]))) for a, b in links.pairs.tolist()}
    assert {("numpy.mean", "numpy.var"), ("numpy.linalg.svd", "scipy.linalg.svd")} <= pairs
    assert ("sklearn.decomposition.PCA", "sklearn.decomposition.TruncatedSVD") in pairs


def test_no_text_keeps_its_see_also(links):
    heading = re.compile(r"^\s*(see also:?\s*\n\s*-{3,}|\.\. seealso::)", re.IGNORECASE | re.MULTILINE)
    assert not [name for name, text in zip(links.names, links.texts, strict=True) if heading.search(text)]


def test_an_unknown_item_is_named_with_those_near_it(links):
    assert links.names[links.place("numpy.mean")] == "numpy.mean"
    with pytest.raises(ValueError, match=r"unknown item 'np\.mean'\. Near it: .*numpy\.mean"):
        links.place("np.mean")
    with pytest.raises(ValueError, match="Look in `names`"):
        links.place("zzzzqqqq")


@pytest.mark.parametrize(
    ("docstring", "names"),
    [
        ("Sum.", []),
        ("A.\n\nSee Also\n--------\n:func:`~x.y.f` : text of g\n    and of h\ng, h\n", ["x.y.f", "g", "h"]),
        ("A.\n\nSee also\n--------\nf, g\n", ["f", "g"]),
        ("A.\n\n    .. seealso::\n        f and g\n\n    more\n", []),
        ("A.\n\nSee Also\n--------\nf\n\nReferences\n----------\n.. [1] B", ["f"]),
    ],
)
def test_a_section_is_read_in_each_of_its_forms(docstring, names):
    text, found = without_see_also(docstring)
    assert found == names and not re.search("see ?also", text, re.IGNORECASE)
    assert all(kept in text for kept in ("References", "more\n") if kept in docstring)


def test_names_are_resolved_from_the_inside_out():
    names = ["numpy.mean", "scipy.stats.mean", "scipy.stats.x"]
    places = {name: i for i, name in enumerate(names)}
    assert module._resolve("mean", "scipy.stats.x", places) == 1
    assert module._resolve("np.mean", "scipy.stats.x", places) == 0
    assert module._resolve("mean", "sklearn.metrics.f", places) == 0
    assert module._resolve("nothing", "numpy.mean", places) is None
