"""What a request to a webhook has to show: signatures and tokens, compared blindly."""

import hashlib
import hmac
import re

#: of the token in the address: 128 bits
_TOKEN_LENGTH = 32
_SIGNED = re.compile(r"sha256=([0-9a-fA-F]{64})")
#: what senders call a delivery, as far as it is written down
_DELIVERY = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,63}")


def address_token(key: str, uuid: str) -> str:
    """What stands in the address of a job's webhook; another UUID, another token.

    `key` is the server's; nobody gets from ping URLs, which have the UUID, to webhooks.
    """
    made = hmac.new(key.encode(), f"webhook {uuid}".encode(), hashlib.sha256)
    return made.hexdigest()[:_TOKEN_LENGTH]


def is_same(given: str, wanted: str) -> bool:
    """Compare in a time that tells nothing of where they differ; no text is none."""
    if not wanted:
        return False
    return hmac.compare_digest(
        given.encode("utf-8", "surrogateescape"),
        wanted.encode("utf-8", "surrogateescape"),
    )


def is_signed(secret: str, body: bytes, given: str) -> bool:
    """Whether `given` is what GitHub's X-Hub-Signature-256 is for this body."""
    found = _SIGNED.fullmatch(given)
    if found is None or not secret:
        return False
    key = secret.encode("utf-8", "surrogateescape")
    made = hmac.new(key, body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(made, found[1].lower())


def delivery_shown(delivery: str) -> str:
    """A delivery's id if it is plain enough to be written down; else nothing."""
    return delivery if _DELIVERY.fullmatch(delivery) else ""
