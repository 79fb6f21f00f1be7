"""What is missing in an output, by the regular expressions that a job expects.

A pattern may take for ever, so the server has them tried by a process that is ended
then; this module loads nothing but the parser of patterns.
"""

import re

#: more digits than a number has that anybody counts, and Python reads not many more
_DIGITS = 4000


def missing(pattern: str, count: str, at_least: int, output: str) -> str:
    """In words; empty: nothing.

    `pattern` has to match somewhere; the first group of `count`, where that matches
    last, is a number of `at_least` or more. An empty one expects nothing.
    """
    if pattern and not re.search(pattern, output, re.MULTILINE):
        return f"nothing in the output is like {pattern}"
    return _too_few(count, at_least, output) if count else ""


def _too_few(pattern: str, least: int, output: str) -> str:
    newest = None
    for each in re.finditer(pattern, output, re.MULTILINE):
        newest = each[1]
    if newest is None:
        return f"nothing in the output is like {pattern}, so nothing was counted"
    digits = re.sub(r"[ ,._']", "", newest)
    if not digits.isdecimal() or len(digits) > _DIGITS:
        return f"{newest[:_DIGITS]!r} in the output is no number"
    return "" if int(digits) >= least else f"{newest} counted, {least} expected"
