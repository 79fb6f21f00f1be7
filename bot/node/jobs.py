"""How a job is named on a watched machine: by its slug, or by its UUID."""

_SLUG = frozenset("abcdefghijklmnopqrstuvwxyz0123456789_-")
_HEX = frozenset("0123456789abcdef")
_LONGEST_SLUG = 100
_UUID_PARTS = (8, 4, 4, 4, 12)
#: of a UUID, as much as is shown: whoever has all of it can report
_SHOWN = 8


def is_uuid(text: str) -> bool:
    """Whether it is a UUID with its dashes, in any case."""
    parts = text.lower().split("-")
    return tuple(map(len, parts)) == _UUID_PARTS and _HEX.issuperset("".join(parts))


def is_job(text: str) -> bool:
    """Whether a job may be called that."""
    if is_uuid(text):
        return True
    if not text or len(text) > _LONGEST_SLUG or text[0] in "_-":
        return False
    return _SLUG.issuperset(text)


def shown(job: str) -> str:
    """The job as it may stand in a log: a slug, or the beginning of a UUID."""
    return f"{job[:_SHOWN]}..." if is_uuid(job) else job


def new_uuid() -> str:
    """A random UUID; the module of that name takes longer to load than all this."""
    import os

    raw = bytearray(os.urandom(16))
    raw[6] = raw[6] & 0x0F | 0x40
    raw[8] = raw[8] & 0x3F | 0x80
    text = raw.hex()
    return f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}"
