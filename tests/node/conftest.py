"""What every test of the node has at hand."""

from pathlib import Path

import pytest

from tests.node.wrapped import Wrapper


@pytest.fixture
def wrapper(tmp_path: Path) -> Wrapper:
    """`cronitor exec` with the server away."""
    return Wrapper(tmp_path)
