"""The project's source files, their syntax trees and their sizes."""

import ast
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("bot", "cogs", "storage")

Function = ast.FunctionDef | ast.AsyncFunctionDef
BLOCKS = (
    ast.If,
    ast.For,
    ast.AsyncFor,
    ast.While,
    ast.With,
    ast.AsyncWith,
    ast.Try,
    ast.TryStar,
    ast.Match,
)
SCOPES = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)


@dataclass(frozen=True)
class Source:
    """One Python file."""

    #: relative to the root, with slashes
    path: str
    text: str

    @property
    def module(self) -> str:
        """The dotted name, `bot.core` for `bot/core/__init__.py`."""
        dotted = self.path.removesuffix(".py").replace("/", ".")
        return dotted.removesuffix(".__init__")

    @property
    def lines(self) -> int:
        """How long the file is."""
        return len(self.text.splitlines())

    @property
    def tree(self) -> ast.Module:
        """The file, parsed."""
        return _parse(self.text, self.path)

    def functions(self) -> Iterator[Function]:
        """Every function and method, nested ones too."""
        for node in ast.walk(self.tree):
            if isinstance(node, Function):
                yield node

    def imports(self) -> Iterator[tuple[int, str]]:
        """Line and full dotted name of everything that the file imports."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.Import):
                yield from ((node.lineno, alias.name) for alias in node.names)
            elif isinstance(node, ast.ImportFrom):
                base = node.module or ""
                yield from ((node.lineno, f"{base}.{a.name}") for a in node.names)

    def texts(self) -> Iterator[tuple[int, str]]:
        """Line and value of every string but docstrings; `{}` stands for a field."""
        skipped = _docstrings(self.tree) | _parts_of_fstrings(self.tree)
        for node in ast.walk(self.tree):
            if node in skipped:
                continue
            if isinstance(node, ast.Constant) and isinstance(node.value, str):
                yield node.lineno, node.value
            elif isinstance(node, ast.JoinedStr):
                yield node.lineno, "".join(_text_of(part) for part in node.values)


@cache
def _parse(text: str, path: str) -> ast.Module:
    return ast.parse(text, path)


def _text_of(part: ast.expr) -> str:
    return str(part.value) if isinstance(part, ast.Constant) else "{}"


def _docstrings(tree: ast.Module) -> set[ast.AST]:
    """Strings that stand alone as a statement."""
    statements = (node for node in ast.walk(tree) if isinstance(node, ast.Expr))
    return {node.value for node in statements if isinstance(node.value, ast.Constant)}


def _parts_of_fstrings(tree: ast.Module) -> set[ast.AST]:
    joined = (node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr))
    return {part for node in joined for part in node.values}


@cache
def sources(*rooms: str) -> tuple[Source, ...]:
    """Every Python file below these folders of the root, in order of path."""
    files = sorted(file for room in rooms for file in (ROOT / room).rglob("*.py"))
    return tuple(
        Source(file.relative_to(ROOT).as_posix(), file.read_text("utf-8"))
        for file in files
    )


def length(function: Function) -> int:
    """Lines from `def` to the last line of the body."""
    return (function.end_lineno or function.lineno) - function.lineno + 1


def depth(node: ast.AST) -> int:
    """How deep blocks are nested below `node`.

    An `elif` stays on the level of its `if`; a function inside counts for itself.
    """
    return max(
        (_depth_at(child, node) for child in ast.iter_child_nodes(node)), default=0
    )


def _depth_at(child: ast.AST, parent: ast.AST) -> int:
    if isinstance(child, SCOPES):
        return 0
    is_block = isinstance(child, BLOCKS) and not _is_elif(child, parent)
    return depth(child) + is_block


def _is_elif(child: ast.AST, parent: ast.AST) -> bool:
    if not (isinstance(child, ast.If) and isinstance(parent, ast.If)):
        return False
    # an `else:` with a lone `if` inside has the same tree, but is indented
    return parent.orelse == [child] and child.col_offset == parent.col_offset


def statements(text: str, pattern: re.Pattern[str]) -> bool:
    """Whether the pattern occurs in the text, whatever its line breaks."""
    return pattern.search(" ".join(text.split())) is not None
