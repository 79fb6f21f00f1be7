"""How the gateway compresses: one stream for a connection, flushed at each message."""

import importlib
import json
import zlib
from collections.abc import Callable
from typing import Any

#: compresses one message; None leaves it as text
Compress = Callable[[bytes], bytes]


def zlib_stream() -> Compress:
    """One deflate context; each message ends with a sync flush."""
    stream = zlib.compressobj()

    def compress(data: bytes) -> bytes:
        return stream.compress(data) + stream.flush(zlib.Z_SYNC_FLUSH)

    return compress


def zstd_stream() -> Compress:
    """The same with zstd: the standard library's, or the package zstandard."""
    try:
        stdlib: Any = importlib.import_module("compression.zstd")
    except ImportError:
        package: Any = importlib.import_module("zstandard")
        flushing = package.ZstdCompressor().compressobj()
        block = package.COMPRESSOBJ_FLUSH_BLOCK
        return lambda data: bytes(flushing.compress(data) + flushing.flush(block))
    stream = stdlib.ZstdCompressor()
    return lambda data: bytes(stream.compress(data, mode=stream.FLUSH_BLOCK))


def compressor(asked: str | None) -> Compress | None:
    """What the query string asks for."""
    known = {"zlib-stream": zlib_stream, "zstd-stream": zstd_stream}
    return known[asked]() if asked in known else None


def encode(message: dict[str, Any], compress: Compress | None) -> str | bytes:
    """A message of the gateway as a frame."""
    text = json.dumps(message)
    return text if compress is None else compress(text.encode())
