"""Points a process at the local Discord; a copy of it is its `sitecustomize`.

Only the standard library is imported, and nothing before the program itself does so.
`DISCORD_WIRE_PATCH` holds lines such as `bot.client:SILENT_AFTER_S=2`: a module, a
constant in it (also of a class), and a value. Each is set as soon as the module has
been imported; one that is not there raises.
"""

import importlib.machinery
import importlib.util
import os
import sys
from collections.abc import Sequence
from importlib.abc import MetaPathFinder
from types import ModuleType
from typing import Any

VARIABLE = "DISCORD_WIRE_PATCH"

#: owner, name and former value of a constant
Undo = tuple[Any, str, Any]


def parse(text: str) -> dict[str, list[tuple[str, str]]]:
    """Names and values of constants, by module."""
    found: dict[str, list[tuple[str, str]]] = {}
    for line in filter(None, map(str.strip, text.splitlines())):
        place, value = line.split("=", 1)
        module, name = place.split(":", 1)
        found.setdefault(module, []).append((name, value))
    return found


def change(module: ModuleType, name: str, value: str) -> Undo:
    """Set a constant of a module, in the type that it has."""
    *owners, last = name.split(".")
    owner: Any = module
    for each in owners:
        owner = getattr(owner, each)
    old = getattr(owner, last)
    setattr(owner, last, _like(old, value))
    return owner, last, old


def _like(old: object, value: str) -> object:
    # not above: every process of a test would wait for them
    import ast
    from datetime import timedelta

    if isinstance(old, str):
        return value
    if isinstance(old, timedelta):
        return timedelta(seconds=float(value))
    if old is None or isinstance(old, int | float | tuple | list):
        return ast.literal_eval(value)
    # such as yarl's URL
    return type(old)(value)  # type: ignore[call-arg]


class Finder(MetaPathFinder):
    """Finds a module as all the others do, and changes it once it is there."""

    def __init__(self, changes: dict[str, list[tuple[str, str]]]) -> None:
        self._changes = changes

    def find_spec(
        self,
        fullname: str,
        path: Sequence[str] | None,
        target: ModuleType | None = None,
    ) -> importlib.machinery.ModuleSpec | None:
        """The spec of a module to be changed; None for any other one."""
        if fullname not in self._changes:
            return None
        for finder in sys.meta_path:
            if finder is self or not hasattr(finder, "find_spec"):
                continue
            spec = finder.find_spec(fullname, path, target)
            if spec is not None:
                self._wrap(spec, fullname)
                return spec
        return None

    def _wrap(self, spec: importlib.machinery.ModuleSpec, fullname: str) -> None:
        loader: Any = spec.loader
        execute = loader.exec_module

        def exec_module(module: ModuleType) -> None:
            execute(module)
            for name, value in self._changes[fullname]:
                change(module, name, value)

        loader.exec_module = exec_module


def install() -> None:
    """Change what the environment asks for, whenever it is imported."""
    changes = parse(os.environ.get(VARIABLE, ""))
    if changes:
        sys.meta_path.insert(0, Finder(changes))


def run_shadowed() -> None:
    """Run the `sitecustomize` that this one hides."""
    own = os.path.dirname(os.path.abspath(__file__))
    rest = [each for each in sys.path if os.path.abspath(each) != own]
    spec = importlib.machinery.PathFinder.find_spec("sitecustomize", rest)
    if spec is not None and spec.loader is not None:
        spec.loader.exec_module(importlib.util.module_from_spec(spec))


if __name__ == "sitecustomize":
    install()
    run_shadowed()
