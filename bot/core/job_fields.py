"""The fields of a job definition, read one by one with everything that is wrong."""

import difflib
import json
import re
import unicodedata
from collections.abc import Collection, Mapping, Sequence
from datetime import timedelta
from enum import StrEnum
from typing import TypeVar

from bot.core import durations
from bot.errors import Invalid, Problem

Choice = TypeVar("Choice", bound=StrEnum)

MAX_NAME = 100
MAX_DESCRIPTION = 2000
MAX_TAGS = 20
MAX_PARENTS = 100
MAX_KEYWORDS = 50
MAX_KEYWORD = 200
MAX_ZONE = 100
YEAR = timedelta(days=365)
SECOND = timedelta(seconds=1)

#: the suffixes of a ping URL, which a slug must not look like
RESERVED_SLUGS = frozenset({"start", "fail", "log"})

_SLUG = re.compile(r"[a-z0-9][a-z0-9_-]{0,99}")
_NODE = re.compile(r"[a-z0-9][a-z0-9_.-]{0,99}")
_TAG = re.compile(r"[a-z0-9][a-z0-9_.:-]{0,49}")
#: control characters, line separators, marks that turn text round, half characters
_CONTROL = re.compile(
    "[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]"
)
_LINE_CHARACTERS = str.maketrans("", "", "\r\n\t")
_LIST = 'write ["a", "b"] or "a,b"'
_SHOWN = 40
_LARGEST = 10**_SHOWN


def shown(value: object) -> str:
    """A value as an error quotes it: short, on one line, free of control characters."""
    if isinstance(value, list | tuple):
        return "a list"
    if isinstance(value, Mapping):
        return "a table"
    if isinstance(value, int) and abs(value) > _LARGEST:
        return "a huge number"
    if isinstance(value, str):
        value = value[: _SHOWN + 1]
    text = _CONTROL.sub("�", json.dumps(value, ensure_ascii=False, default=str))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def is_absent(value: object) -> bool:
    """Whether a value stands for "not given": None or an empty text."""
    return value is None or (isinstance(value, str) and not value.strip())


def is_slug(value: object) -> bool:
    """Whether the value may be a job's slug."""
    return (
        isinstance(value, str)
        and _SLUG.fullmatch(value) is not None
        and value not in RESERVED_SLUGS
        and not value.isdecimal()
    )


def place(position: int, slug: object = "") -> str:
    """How an error names the n-th table: `job[3] backup`; `job[3]` without a slug."""
    return f"job[{position}] {slug}" if is_slug(slug) else f"job[{position}]"


def suggested_slug(text: str) -> str:
    """The slug that is nearest to a text; empty if nothing of it can be kept."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode()
    slug = re.sub(r"[^a-z0-9_]+", "-", plain.lower())[:100].strip("-_")
    if slug in RESERVED_SLUGS or slug.isdecimal():
        return f"job-{slug}"[:100]
    return slug


def closest(word: str, known: Collection[str]) -> str:
    """The known word that was probably meant; empty if none is near."""
    close = difflib.get_close_matches(word[:100].lower(), known, n=1, cutoff=0.6)
    return close[0] if close else ""


class Reading:
    """Takes fields out of a table and collects what is wrong with them.

    A field that is absent or refused reads as its default.
    """

    def __init__(self, table: Mapping[str, object], prefix: str = "") -> None:
        self.problems: list[Problem] = []
        self._prefix = prefix
        self._table = table
        self._given = {k: v for k, v in table.items() if not is_absent(v)}

    def refuse(self, key: str, reason: str, hint: str = "") -> None:
        """Note what is wrong with a field, and the way out."""
        self.problems.append(Problem(f"{self._prefix}{key}", reason, hint))

    def has(self, key: str) -> bool:
        """Whether the field was given a value."""
        return key in self._given

    def value(self, key: str) -> object:
        """The value as it was given; None if it was not."""
        return self._given.get(key)

    def expect(self, known: Sequence[str], hints: Mapping[str, str]) -> None:
        """Refuse every key that is not known, with the one that was meant."""
        for key in self._table:
            if key in known:
                continue
            meant = hints.get(key) or closest(str(key).replace("-", "_"), known)
            hint = f"did you mean {meant}?" if meant else "known: " + ", ".join(known)
            self.refuse(_key(key), "there is no such field", hint)

    def text(self, key: str, *, longest: int, lines: bool = False) -> str:
        """A text without control characters; with `lines` it may have several lines."""
        value = self._given.get(key, "")
        if not isinstance(value, str):
            self.refuse(key, f"{shown(value)} is not a text", "put it in quotes")
            return ""
        value = value.strip()
        if _CONTROL.search(value.translate(_LINE_CHARACTERS) if lines else value):
            where = "" if lines else " or line break"
            reason = f"{shown(value)} has a control character{where}"
            self.refuse(key, reason, "write plain text")
            return ""
        if len(value) > longest:
            reason = f"it has {len(value)} characters; {longest} are allowed"
            self.refuse(key, reason, "make it shorter")
            return ""
        return value

    def slug(self, key: str) -> str:
        """The job's slug, which must be there."""
        value = self._given.get(key)
        if value is None:
            self.refuse(key, "it is missing", "name the job, such as nightly-backup")
            return ""
        return self._slug(key, value)

    def slugs(self, key: str) -> tuple[str, ...]:
        """Slugs of other jobs."""
        found = self._words(key, MAX_PARENTS)
        return tuple(filter(None, (self._slug(key, word) for word in found)))

    def node(self, key: str) -> str:
        """A machine's label."""
        value = self.text(key, longest=1000)
        if not value or _NODE.fullmatch(value):
            return value
        close = re.sub(r"[^a-z0-9_.]+", "-", value.lower())[:100].strip("-_.")
        hint = "lower case letters, digits, `-`, `_` and `.`, 100 at most"
        self.refuse(key, f"{shown(value)} is no node", _instead(close, hint))
        return ""

    def tags(self, key: str) -> tuple[str, ...]:
        """Tags, each once."""
        found = self._words(key, MAX_TAGS)
        for tag in found:
            if not _TAG.fullmatch(tag):
                close = re.sub(r"[^a-z0-9_.:]+", "-", tag.lower())[:50].strip("-_.:")
                hint = "lower case letters, digits and `_.:-`, 50 at most"
                self.refuse(key, f"{shown(tag)} is no tag", _instead(close, hint))
        return found

    def keywords(self, key: str) -> tuple[str, ...]:
        """Words to look for in a body."""
        found = self._words(key, MAX_KEYWORDS)
        for word in found:
            if len(word) > MAX_KEYWORD or _CONTROL.search(word):
                hint = f"{MAX_KEYWORD} characters at most, without control characters"
                self.refuse(key, f"{shown(word)} is no keyword", hint)
        return found

    def choice(self, key: str, default: Choice) -> Choice:
        """One value of an enumeration."""
        kinds = type(default)
        value = self._given.get(key, default)
        known = [kind.value for kind in kinds]
        if isinstance(value, str) and value in known:
            return kinds(value)
        hint = _instead(closest(value, known) if isinstance(value, str) else "", "")
        reason = f"{shown(value)} is none of {', '.join(known)}"
        self.refuse(key, reason, hint)
        return default

    def whole(self, key: str, *, default: int, least: int, most: int) -> int:
        """A whole number in a range."""
        value = self._given.get(key, default)
        between = f"{least} to {most}"
        if isinstance(value, bool) or not isinstance(value, int):
            digits = isinstance(value, str) and value.isascii() and value.isdecimal()
            hint = f"write {value} without quotes" if digits else between
            self.refuse(key, f"{shown(value)} is not a whole number", hint)
            return default
        if not least <= value <= most:
            self.refuse(key, f"{shown(value)} is out of range", between)
            return default
        return value

    def flag(self, key: str) -> bool:
        """True or false; false by default."""
        value = self._given.get(key, False)
        if isinstance(value, bool):
            return value
        self.refuse(key, f"{shown(value)} is neither true nor false", "write true")
        return False

    def span(
        self, key: str, *, least: timedelta = timedelta(), most: timedelta = YEAR
    ) -> timedelta | None:
        """A duration: a text such as 5m, or seconds."""
        value = self._given.get(key)
        if value is None:
            return None
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            reason = f"{shown(value)} is no duration"
            self.refuse(key, reason, "write it like 30s, 5m, 2h or 1d")
            return None
        try:
            span = durations.parse(value, key)
        except Invalid as invalid:
            self.problems += (_moved(p, self._prefix) for p in invalid.problems)
            return None
        if least <= span <= most:
            return span
        limits = f"{durations.text(least)} to {most.days}d"
        self.refuse(key, f"{shown(value)} is out of range", limits)
        return None

    def table(self, key: str) -> "Reading":
        """A table inside the table; its problems are noted with `include`."""
        value = self._given.get(key, {})
        if isinstance(value, Mapping):
            return Reading(value, f"{self._prefix}{key}.")
        self.refuse(key, f"{shown(value)} is not a table", 'such as {failure = "ERR"}')
        return Reading({})

    def include(self, other: "Reading") -> None:
        """Take over the problems of a table inside the table."""
        self.problems += other.problems

    def _words(self, key: str, most: int) -> tuple[str, ...]:
        """A list of texts, or one text with commas; each once, in order."""
        value = self._given.get(key, ())
        words = value.split(",") if isinstance(value, str) else value
        if not isinstance(words, list | tuple):
            self.refuse(key, f"{shown(value)} is not a list of texts", _LIST)
            return ()
        strange = [word for word in words if not isinstance(word, str)]
        if strange:
            self.refuse(key, f"{shown(strange[0])} is not a text", _LIST)
            return ()
        found = tuple(dict.fromkeys(w.strip() for w in words if w.strip()))
        if len(found) > most:
            self.refuse(key, f"it has {len(found)} entries; {most} are allowed")
            return ()
        return found

    def _slug(self, key: str, value: object) -> str:
        if isinstance(value, str) and is_slug(value.strip()):
            return value.strip()
        close = suggested_slug(value) if isinstance(value, str) else ""
        hint = "lower case letters, digits, `-` and `_`, 100 at most, not digits alone"
        self.refuse(key, f"{shown(value)} is no slug", _instead(close, hint))
        return ""


def _key(key: object) -> str:
    """A key that came in, fit for the name of a field."""
    return shown(key).strip('"') or '""'


def _instead(close: str, otherwise: str) -> str:
    return f"write {close}" if close else otherwise


def _moved(problem: Problem, prefix: str) -> Problem:
    return Problem(f"{prefix}{problem.field}", problem.reason, problem.hint)
