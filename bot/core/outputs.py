"""Output of jobs as it is shown to a group of people: readable, and without secrets.

Known secrets are masked before an output is stored. The patterns here are a second net
below that: what looks like a secret is masked as well, whoever printed it. Everything
takes linear time, since output is a stranger's text.
"""

import re
from collections.abc import Iterator

MASK = "***"

#: colours and cursor, titles and links, and the rest; each of a bounded length
ANSI = re.compile(
    r"(?:\x1b\[|\x9b)[0-?]{0,64}[ -/]{0,8}[@-~]"
    r"|\x1b[\]PX^_](?:[^\x07\x1b\x9c]{0,1024}(?:\x07|\x1b\\|\x9c))?"
    r"|\x1b[ -/]{0,8}[0-~]"
)
#: controls, what nobody sees, what turns the direction of writing, and line ends that
#: only Unicode knows: between the letters of a secret they would hide it from a pattern
_HIDDEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffb\ud800-\udfff\U000e0000-\U000e007f]"
)

Pattern = tuple[tuple[str, ...], re.Pattern[str]]


def _pattern(needles: str, pattern: str, flags: int = 0) -> Pattern:
    return tuple(needles.split()), re.compile(pattern, flags)


#: the beginning and the end of a word that a token is
_WORD, _END = r"(?<![A-Za-z0-9_])", r"(?![A-Za-z0-9_])"
_VALUE = r"""(?:"(?:[^"\\\n]|\\.)++"?|(?:'(?:[^'\\\n]|\\.)++'?)++|[^\s"']++)"""
#: of what nobody else may read
_NAMES = (
    r"(?:pass(?:word|wd|phrase)|passwd|_pass|pwd|secret|token|credentials?"
    r"|(?:api|access|private|ping|secret|signing|encryption|auth)[_-]?key)"
)

#: what any text of ours may hold by accident. A pattern is tried only on texts that
#: hold one of its needles, in small letters, since most hold none; its group 1 stays
COMMON = (
    # webhooks of jobs and ping URLs, also as a part of another URL; keys of our API;
    # secrets of webhooks
    _pattern("hook", r"((?:/|%2[Ff])hook(?:/|%2[Ff]))[^\s\"'`<>,;)]+"),
    _pattern("ping", r"((?:/|%2[Ff])ping(?:/|%2[Ff]))[^\s\"'`<>,;)]+"),
    _pattern("crk_ whsec_", rf"{_WORD}()(?:crk|whsec)_[\w-]{{16,}}"),
    # webhooks and interactions of Discord, tokens of its bots
    _pattern("/webhooks/", r"(/webhooks/\d{1,20}/)[\w.=-]+"),
    _pattern("/interactions/", r"(/interactions/\d{1,20}/)[\w.=-]+"),
    _pattern(".", rf"{_WORD}()[\w-]{{23,28}}\.[\w-]{{6,7}}\.[\w-]{{27,}}"),
    # user name and password in a URL
    _pattern("@", r"(\w://)[^\s/@\"'<>]+(?=@)"),
)
_TOKENS = (
    _pattern(
        "ghp_ gho_ ghu_ ghs_ ghr_ github_pat_",
        rf"{_WORD}()(?:gh[opsur]_[A-Za-z0-9]{{20,}}|github_pat_\w{{20,}})",
    ),
    _pattern("glpat-", rf"{_WORD}()glpat-[\w-]{{16,}}"),
    _pattern("npm_", rf"{_WORD}()npm_[A-Za-z0-9]{{30,}}"),
    _pattern("xox", rf"{_WORD}()xox[a-z](?:\.xox[a-z])?-[A-Za-z0-9-]{{8,}}"),
    _pattern("xapp-", rf"{_WORD}()xapp-[A-Za-z0-9-]{{8,}}"),
    _pattern("hooks.slack", r"(hooks\.slack\.com/(?:services|workflows)/)[\w/-]{8,}"),
    _pattern(
        "akia asia agpa aida aroa anpa anva aipa",
        rf"{_WORD}()A(?:KIA|SIA|GPA|IDA|ROA|NPA|NVA|IPA)[A-Z0-9]{{16}}{_END}",
    ),
    _pattern("aiza", rf"{_WORD}()AIza[\w-]{{35}}"),
    _pattern("k_live_ k_test_", rf"{_WORD}()[rs]k_(?:live|test)_[A-Za-z0-9]{{10,}}"),
    _pattern("sk-", rf"{_WORD}()sk-[\w-]{{20,}}"),
    # JSON web tokens
    _pattern("eyj", r"(?<![\w-])()eyJ[\w-]{8,}\.[\w-]{4,}(?:\.[\w-]*)?"),
    # headers of HTTP, whose names are written either way
    _pattern("bearer", r"(\bbearer[ \t]{1,8})[\w.~+/=-]{6,}", re.IGNORECASE),
    _pattern(
        "authorization",
        r"(\bauthorization[\"']?[ \t]{0,8}[:=][ \t]{0,8}[\"']?(?:basic|token|digest)"
        r"[ \t]{1,8})[^\s\"']{4,}",
        re.IGNORECASE,
    ),
    _pattern(
        "x-api-key x-auth-token",
        r"(\bx-(?:api-key|auth-token)[ \t]{0,8}:[ \t]{0,8})\S{4,}",
        re.IGNORECASE,
    ),
    # password=..., also as YAML, JSON and options of programs have it
    _pattern(
        "pass pwd secret token key credential",
        rf"({_NAMES}[\"']?[ \t]{{0,8}}[:=]>?[ \t]{{0,8}}){_VALUE}",
        re.IGNORECASE,
    ),
    _pattern(
        "-pass -pwd -secret -token key -credential",
        rf"((?<![\w-])--?(?:[a-z]{{1,20}}-)?{_NAMES}[ \t]{{1,8}})(?!-){_VALUE}",
        re.IGNORECASE,
    ),
)

#: characters
_PIECE = 32_768

_PEM_WORD = "PRIVATE KEY"
#: line ends, also as JSON writes them
_GAP = r"(?:\s|\\[nr])"
#: to its end, or as far as it looks like a key, if that was cut off
_PEM = re.compile(
    r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----"
    rf"(?:{_GAP}++|(?:Proc-Type|DEK-Info|Comment|Version):[^\n\\]{{0,200}}+"
    r"|[A-Za-z0-9+/=]{16,}+"
    rf"|=?[A-Za-z0-9+/=]{{1,15}}+(?={_GAP}{{0,4}}(?:-----END|[^\w\s\\]|\Z)))*+"
    r"(?:-----END [^-\n]{0,60}-----)?"
)
_PEM_END = re.compile(r"-----END [A-Z0-9 ]{0,40}PRIVATE KEY(?: BLOCK)?-----")
_PEM_LAST = re.compile(r"\s*[A-Za-z0-9+/=]{1,200}\s*")
_PEM_LINE = re.compile(r"\s*[A-Za-z0-9+/=]{16,200}\s*")


def plain(output: str) -> str:
    """Output as a terminal would leave it: lines of text, without colours.

    Of what a progress bar has written over and over, the last state stays.
    """
    if "\x1b" in output or "\x9b" in output:
        output = ANSI.sub("", output)
    if "\r" in output:
        output = "\n".join(map(_folded, output.split("\n")))
    return _HIDDEN.sub("", output)


def _folded(line: str) -> str:
    return line.rstrip("\r").rpartition("\r")[2]


def masked(text: str) -> str:
    """The text without what looks like a secret.

    A mask may be a few characters longer than a very short secret; it holds no
    backtick, so that it breaks no block of code.
    """
    if _PEM_WORD in text:
        text = _without_keys(text)
    return "".join(map(_without_tokens, _pieces(text)))


def _pieces(text: str) -> Iterator[str]:
    """Whole lines: while a pattern goes through one piece, no other thread runs."""
    at = 0
    while len(text) - at > _PIECE:
        end = text.find("\n", at + _PIECE) + 1
        if not end:
            break
        yield text[at:end]
        at = end
    yield text[at:]


def _without_tokens(text: str) -> str:
    """No pattern reaches beyond the end of a line."""
    lower = text.lower()
    for needles, pattern in (*COMMON, *_TOKENS):
        if any(needle in lower for needle in needles):
            text = pattern.sub(rf"\g<1>{MASK}", text)
    return text


def _without_keys(text: str) -> str:
    """Without private keys, and without the rest of one that lacks its beginning."""
    text = _PEM.sub(MASK, text)
    if not _PEM_END.search(text):
        return text
    kept: list[str] = []
    for line in text.split("\n"):
        end = _PEM_END.search(line)
        if end is not None:
            shape = _PEM_LAST
            while kept and shape.fullmatch(kept[-1]):
                kept.pop()
                shape = _PEM_LINE
            line = MASK + line[end.end() :]
        kept.append(line)
    return "\n".join(kept)


def clipped(data: bytes, limit: int) -> bytes:
    """Head and tail of it within `limit`, with a mark where something is left out.

    No character is parted; a limit too small for the mark keeps the tail alone.
    """
    if len(data) <= limit:
        return data
    mark = f"\n… {len(data) - limit} bytes or more are left out here …\n".encode()
    room = limit - len(mark)
    if room <= 0:
        return _whole_tail(data, limit)
    head = data[: room // 2].decode("utf-8", "ignore").encode()
    return head + mark + _whole_tail(data, room - len(head))


def _whole_tail(data: bytes, room: int) -> bytes:
    kept = data[len(data) - room :] if room > 0 else b""
    return kept.decode("utf-8", "ignore").encode()
