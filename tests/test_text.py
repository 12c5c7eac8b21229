"""The sentences of page 13: read from the installed packages, each once, with file, library and section."""

import doctest
import subprocess
import sys
from collections import Counter

import pytest
import torch

from helpers.data import text
from helpers.data.text import (
    LIBRARIES,
    LONGEST,
    SECTIONS,
    SHORTEST,
    documentation,
    number_words,
    sentences_in,
    words_of,
)

CODE = '''
def f(x, axis=None):
    """Return the mean of `x` along the given axis.

    The mean is the sum divided by the count. See also :func:`numpy.median` here.

    Parameters
    ----------
    x : array_like
        The numbers whose mean is wanted, in NumPy style.
    axis : int
        Short.

    Returns
    -------
    mean : float
        The mean of all the numbers.

    Examples
    --------
    >>> f([1, 2])
    1.5

    Notes
    -----
    The result is exact for whole numbers.
    """
'''


@pytest.fixture(scope="module")
def sentences():
    return documentation()


def test_each_sentence_of_a_docstring_has_its_section():
    assert list(sentences_in(CODE)) == [
        ("description", "return the mean of x along the given axis ."),
        ("description", "the mean is the sum divided by the count ."),
        ("description", "see also name . median here ."),
        ("parameters", "the numbers whose mean is wanted , in name style ."),
        ("returns", "the mean of all the numbers ."),
        ("notes", "the result is exact for whole numbers ."),
    ]


def test_there_are_many_of_each_kind_and_none_twice(sentences):
    kinds = Counter((s.library, s.section) for s in sentences)
    assert set(kinds) == {(library, section) for library in LIBRARIES for section in SECTIONS}
    assert min(kinds.values()) >= 150 and len(sentences) > 20_000
    assert len({s.text for s in sentences}) == len(sentences)
    assert len({s.file for s in sentences}) > 300 and all(s.file.startswith(s.library + "/") for s in sentences)


def test_no_sentence_names_its_library_and_lengths_are_as_told(sentences):
    lengths = [len(s.text.split()) for s in sentences]
    assert min(lengths) >= SHORTEST and max(lengths) <= LONGEST
    assert not any({"numpy", "scipy", "sklearn", "matplotlib", "pyplot"} & set(s.text.split()) for s in sentences)
    assert all(words_of(s.text) == s.text.split() for s in sentences[::50])


def test_another_process_reads_the_same_in_the_same_order(sentences):
    code = "from helpers.data.text import documentation as d; import hashlib; " + (
        "print(hashlib.sha256(repr(d()).encode()).hexdigest())"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    import hashlib

    assert run.stdout.strip() == hashlib.sha256(repr(sentences).encode()).hexdigest()


def test_a_library_without_its_sources_is_an_error_that_names_it(monkeypatch):
    documentation.cache_clear()
    monkeypatch.setattr(text, "_files", lambda library: [])
    with pytest.raises(ValueError, match=r"matplotlib: only 0 sentences.*pip install --force-reinstall matplotlib"):
        documentation()
    documentation.cache_clear()


def test_a_library_that_is_missing_is_named_with_what_to_install(monkeypatch):
    monkeypatch.setattr(text.importlib.util, "find_spec", lambda library: None)
    with pytest.raises(ModuleNotFoundError, match="pip install scikit-learn"):
        text._files("sklearn")


@pytest.mark.parametrize("bad", ["", "   ", "?!", "12 + 3", "猫"])
def test_a_text_without_words_is_an_error_that_shows_it(bad):
    with pytest.raises(ValueError, match="holds no word of the letters"):
        words_of(bad)


@pytest.mark.parametrize("bad", [None, 3, ["a", "b"], b"abc"])
def test_what_is_no_text_is_an_error(bad):
    with pytest.raises(TypeError, match="a text is wanted"):
        words_of(bad)


def test_number_words_differ_for_all_numbers_and_use_few_words():
    for language in ("English", "German"):
        said = [" ".join(number_words(n, language)) for n in [*range(1, 3000), *range(3000, 1_000_000, 1009)]]
        assert len(set(said)) == len(said)
        assert len({word for one in said for word in one.split()}) <= 31
    assert number_words(13, "German") == ["dreizehn"] and number_words(1000, "English") == ["one", "thousand"]


@pytest.mark.parametrize(("n", "language"), [(0, "English"), (1_000_000, "German"), (-3, "German"), (5, "French")])
def test_other_numbers_and_languages_are_errors(n, language):
    with pytest.raises(ValueError, match=r"outside of 1 to 999,999|choose one of English, German"):
        number_words(n, language)


@pytest.mark.parametrize("bad", ["5", 1.5, 21.0, None, True, [3]])
def test_what_is_no_whole_number_is_an_error_that_shows_it(bad):
    with pytest.raises(TypeError, match=rf"a whole number is wanted, got {type(bad).__name__} "):
        number_words(bad, "English")


def test_a_whole_number_of_another_type_is_taken():
    assert number_words(torch.tensor(21), "German") == ["ein", "und", "zwanzig"]


def test_the_examples_hold():
    assert doctest.testmod(text).failed == 0
