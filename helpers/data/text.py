"""Sentences of real documentation, which the installed packages bring. Built on page 13.

The docstrings of NumPy, SciPy, scikit-learn and Matplotlib are read as text, so nothing is imported, run or
downloaded. They stay where they are and under their own licences (BSD-3-Clause, and Matplotlib's own). Each
sentence knows the file, the library and the section that it stands in. Other versions of the packages hold
other sentences.
"""

from __future__ import annotations

import functools
import importlib.util
import operator
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

LIBRARIES = ("matplotlib", "numpy", "scipy", "sklearn")
SECTIONS = ("description", "parameters", "returns", "notes")
SHORTEST, LONGEST = 5, 40  # tokens of a sentence
MASK = "name"  # stands where the text names its library

_TOKEN = re.compile(r"[a-z]+|[0-9]|[^\sa-z0-9]")
_DOCSTRING = re.compile(r'^[ \t]*[rR]?"""(.*?)"""', re.DOTALL | re.MULTILINE)
_HEADING = re.compile(r"^([A-Z][A-Za-z ]+)\n[-=]{3,}[ ]*$", re.MULTILINE)
_MARKUP = re.compile(r":[a-z:]+:`|[`*]+|\|[A-Za-z.]+\||\[\w+\]_")
_SENTENCE_END = re.compile(r"(?<=[.?!])\s+(?=[A-Z])")
_LIBRARY = re.compile(
    r"\b(numpy|np|scipy|sp|sklearn|scikit[- ]learn|scikit|matplotlib|mpl|pyplot|plt|pylab)\b", re.IGNORECASE
)
_NAMES = {"numpy", "np", "scipy", "sp", "sklearn", "scikit", "matplotlib", "mpl", "pyplot", "plt", "pylab"}
_SKIPPED = {"tests", "testing", "externals", "_vendor", "extern", "_lib", "_array_api", "thirdparty", "_pyinstaller"}


class Sentence(NamedTuple):
    """One sentence in lower case, and where it stands."""

    text: str
    file: str  # such as "numpy/linalg/_linalg.py"
    library: str  # one of LIBRARIES
    section: str  # one of SECTIONS


def words_of(text: str) -> list[str]:
    """The tokens of a text: words in lower case, single digits, single signs.

    Raises:
        TypeError: not a text.
        ValueError: a text without words.

    Example:
        >>> from helpers.data.text import words_of
        >>> words_of("Must be 10 or more.")
        ['must', 'be', '1', '0', 'or', 'more', '.']
    """
    if not isinstance(text, str):
        raise TypeError(f"a text is wanted, got {type(text).__name__} {text!r:.60}; join lists by ' '.join(...)")
    tokens = _TOKEN.findall(text.lower())
    if not any(token.isascii() and token.isalpha() for token in tokens):
        raise ValueError(f"{text!r:.60} holds no word of the letters a to z: leave it out, or write one")
    return tokens


@functools.cache
def documentation() -> tuple[Sentence, ...]:
    """All sentences (some 40,000) of the four libraries' docstrings, each text once, where it came first.

    Names of the libraries are replaced by "name". The result is kept: only the first call reads files.

    Raises:
        ModuleNotFoundError: a library is not installed.
        ValueError: a library came without its docstrings.
    """
    found: dict[str, Sentence] = {}
    for library in LIBRARIES:
        before = len(found)
        for path, name in _files(library):
            for section, text in sentences_in(path.read_text(encoding="utf-8", errors="replace")):
                found.setdefault(text, Sentence(text, name, library, section))  # where it came first
        if len(found) - before < 1000:
            raise ValueError(
                f"{library}: only {len(found) - before} sentences in its files. Was it installed without its "
                f"sources or docstrings? Install it again: pip install --force-reinstall {_package(library)}"
            )
    return tuple(found.values())


def sentences_in(source: str) -> Iterator[tuple[str, str]]:
    """Section and text of each sentence in the docstrings (in triple double quotes) of Python code, in numpydoc's form.

    Example:
        >>> from helpers.data.text import sentences_in
        >>> code = 'def f(x):\\n    \"\"\"Return the sum of x as NumPy does it.\"\"\"'
        >>> list(sentences_in(code))
        [('description', 'return the sum of x as name does it .')]
    """
    for match in _DOCSTRING.finditer(source):
        parts = _HEADING.split(_dedented(match.group(1)))
        for heading, body in zip(["description", *parts[1::2]], parts[::2], strict=True):
            section = {"attributes": "parameters", "yields": "returns"}.get(heading.lower(), heading.lower())
            if section in SECTIONS:
                for paragraph in _paragraphs(body, indented=section in ("parameters", "returns")):
                    yield from ((section, text) for text in _sentences(paragraph))


def _sentences(paragraph: str) -> Iterator[str]:
    for sentence in _SENTENCE_END.split(_MARKUP.sub("", paragraph)):
        if not sentence.endswith((".", "?", "!")) or not sentence[0].isalpha() or not sentence.isascii():
            continue
        tokens = _TOKEN.findall(_LIBRARY.sub(MASK, sentence).lower())
        tokens = [MASK if token in _NAMES else token for token in tokens]  # within longer names, such as sp_maker
        letters = sum(token.isalpha() and len(token) > 1 for token in tokens)
        if SHORTEST <= len(tokens) <= LONGEST and letters > len(tokens) / 2:
            yield " ".join(tokens)


def _paragraphs(body: str, indented: bool) -> Iterator[str]:
    """Runs of lines of plain text; of a section with entries ("x : array") the indented lines alone."""
    run: list[str] = []
    for line in [*body.splitlines(), ""]:
        text = line.strip()
        depth = len(line) - len(line.lstrip())
        plain = text and not text.startswith((">>>", "...", "..", "-", "*", "|", "+", ":", "=", "#", "[", "$"))
        if plain and (depth == 4 if indented else depth == 0):
            run.append(text)
        elif run:
            yield " ".join(run)
            run = []


def _dedented(docstring: str) -> str:
    """Without the indentation that all lines but the first share."""
    first, *rest = docstring.expandtabs().split("\n")
    shared = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    return "\n".join([first.strip(), *(line[shared:].rstrip() for line in rest)])


def _files(library: str) -> list[tuple[Path, str]]:
    """The library's own source files, sorted, without its tests and what it took from others."""
    spec = importlib.util.find_spec(library)
    if spec is None or not spec.origin:
        raise ModuleNotFoundError(f"{library} is not installed: pip install {_package(library)}")
    folder = Path(spec.origin).parent
    files = [(path, path.relative_to(folder.parent).as_posix()) for path in folder.rglob("*.py*")]
    own = [pair for pair in files if pair[0].suffix in (".py", ".pyi") and not _SKIPPED & set(pair[1].split("/"))]
    return sorted(own, key=lambda pair: pair[1])


def _package(library: str) -> str:
    return "scikit-learn" if library == "sklearn" else library


_ENGLISH = ["one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten", "eleven", "twelve"]
_GERMAN = ["ein", "zwei", "drei", "vier", "fünf", "sechs", "sieben", "acht", "neun", "zehn", "elf", "zwölf"]
_TEENS = [stem + "teen" for stem in ["thir", "four", "fif", "six", "seven", "eigh", "nine"]]
_ZEHN = [stem + "zehn" for stem in ["drei", "vier", "fünf", "sech", "sieb", "acht", "neun"]]
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
_ZIG = ["zwanzig", "dreißig", "vierzig", "fünfzig", "sechzig", "siebzig", "achtzig", "neunzig"]
NUMBER_WORDS = {  # language -> hundred, thousand, 1 to 19, tens
    "English": ("hundred", "thousand", _ENGLISH + _TEENS, _TENS),
    "German": ("hundert", "tausend", _GERMAN + _ZEHN, _ZIG),
}


def number_words(n: int, language: str) -> list[str]:
    """A number from 1 to 999,999 in the words of a language, "English" or "German": simulated sentences to translate.

    Made by a rule and simplified: German writes a number below a million as one word, and says "eins" at its end.

    Raises:
        TypeError: no whole number.
        ValueError: another number or language.

    Example:
        >>> from helpers.data.text import number_words
        >>> number_words(321, "English"), number_words(321, "German")
        (['three', 'hundred', 'twenty', 'one'], ['drei', 'hundert', 'ein', 'und', 'zwanzig'])
    """
    if language not in NUMBER_WORDS:
        raise ValueError(f"no number words in {language!r}; choose one of {', '.join(NUMBER_WORDS)}")
    if isinstance(n, bool) or not hasattr(n, "__index__"):
        raise TypeError(f"a whole number is wanted, got {type(n).__name__} {n!r:.60}")
    n = operator.index(n)
    if not 1 <= n <= 999_999:
        raise ValueError(f"{n} is outside of 1 to 999,999: draw another number")
    hundred, thousand, small, tens = NUMBER_WORDS[language]
    for size, name in ((1000, thousand), (100, hundred)):
        if n >= size:
            rest = number_words(n % size, language) if n % size else []
            return [*number_words(n // size, language), name, *rest]
    if n < 20:
        return [small[n - 1]]
    ones = [small[n % 10 - 1]] if n % 10 else []
    return [*ones, *["und"][: len(ones)], tens[n // 10 - 2]] if language == "German" else [tens[n // 10 - 2], *ones]
