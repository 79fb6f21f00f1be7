"""Output of jobs on its way to a group of people: known secrets and likely ones go."""

from bot import log
from bot.core import outputs

#: bytes that are looked at where only the end is shown
LOOKED_AT = 16_384


def shown(output: bytes) -> str:
    """The output as text, without terminal codes, known secrets, and likely ones.

    In this order: a colour in the middle of a secret would hide it. A megabyte may take
    half a second: call it in a thread, or `end`.
    """
    text = outputs.plain(output.decode("utf-8", "replace"))
    return outputs.masked(log.masked(text))


def end(output: bytes) -> bytes:
    """The same of the end of an output, from the beginning of a line or a word.

    Half of a secret, at the place where it was cut, could not be recognised.
    """
    text = shown(output[-LOOKED_AT:])
    if len(output) > LOOKED_AT:
        for separator in ("\n", " "):
            _, found, rest = text.partition(separator)
            if found and rest.strip():
                return rest.encode()
    return text.encode()
