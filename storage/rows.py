"""Lists as one parameter of a statement."""

import json
from collections.abc import Iterable


def as_list(values: Iterable[object]) -> str:
    """Values for `json_each`, which makes a table of one parameter."""
    return json.dumps(list(values))
