"""Settings files and environments for tests, and the lines of a refusal."""

from collections.abc import Mapping
from pathlib import Path

import pytest

from bot import config
from bot.errors import ConfigError

KEY = "a-key-of-the-api-0001"
OTHER_KEY = "another-key-of-it-02"
#: what is said of values that several settings may have wrong
NUMBER = "must be a whole number"
MAKE_ONE = "make one with: openssl rand -hex 20"
NO_WORD = (
    "must be one word of printable ASCII characters (look for a space or a line break)"
)


def private_file(path: Path, text: str | bytes) -> Path:
    """A file as its owner should keep it, whatever the umask."""
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    path.chmod(0o600)
    return path


def load(
    tmp_path: Path, toml: str = "", environ: Mapping[str, str] | None = None
) -> config.Settings:
    """Settings of a data directory with this file and of this environment."""
    if toml:
        private_file(tmp_path / "config.toml", toml)
    return config.load(None, tmp_path, environ or {})


def refusal(
    tmp_path: Path, toml: str = "", environ: Mapping[str, str] | None = None
) -> list[str]:
    """The lines of the error that these sources cause."""
    with pytest.raises(ConfigError) as refused:
        load(tmp_path, toml, environ)
    return str(refused.value).split("\n")
