"""The shape of the code: who may import what, and how large things may become."""

import ast
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests import tree
from tests.tree import Source

PRODUCT = tree.sources(*tree.PACKAGES)
EVERYTHING = tree.sources(*tree.PACKAGES, "tests")

#: each room of bot/; a new one also needs its layer in pyproject.toml
ROOMS = {
    *("__main__", "app", "checks", "cli", "client", "clock", "config", "core"),
    *("config_files", "config_sections", "config_sources", "config_text"),
    *("config_toml", "config_values"),
    *("discord_ui", "engine", "errors", "executors", "interpreter", "log", "node"),
    *("notifiers", "reports", "web"),
    *("declaring", "executing", "job_files", "machine_zone", "provisions", "stopping"),
    *("systemd", "watching"),
}
DISCORD_ROOMS = (
    *("cogs", "bot.client", "bot.discord_ui"),
    *("bot.notifiers.discord", "bot.notifiers.discord_errors", "bot.notifiers.threads"),
)
#: these measure or await a real process, with a real clock
REAL_TIME = (
    *("tests/acceptance/", "tests/attacks/", "tests/benchmarks/", "tests/smoke.py"),
    "tests/notifiers/test_pace.py",
)

MODULE_LINES = 400
FUNCTION_LINES = 50
NESTING = 3

SQL = re.compile(
    r"\bSELECT .* FROM |\bINSERT (OR \w+ )?INTO |\bUPDATE \S+ SET |\bDELETE FROM "
    r"|\b(CREATE|ALTER|DROP) (TABLE|INDEX|TRIGGER|VIEW)\b|^PRAGMA \w|^BEGIN IMMEDIATE"
)
SQL_THAT_READS_THE_TIME = re.compile(
    r"\bCURRENT_(TIMESTAMP|TIME|DATE)\b|'now'"
    r"|\b(datetime|date|time|julianday|unixepoch)\(\s*\)|\bstrftime\([^,)]*\)",
    re.IGNORECASE,
)
READERS_OF_TIME = {
    *("time", "time_ns", "monotonic", "monotonic_ns", "perf_counter"),
    *("perf_counter_ns", "clock_gettime", "clock_gettime_ns"),
    *("localtime", "gmtime", "ctime"),
}


def within(module: str, *rooms: str) -> bool:
    """Whether the dotted name is one of the rooms or inside one."""
    return any(module == room or module.startswith(f"{room}.") for room in rooms)


def sources_in(*rooms: str) -> list[Source]:
    """The product's files that are in one of the rooms."""
    return [source for source in PRODUCT if within(source.module, *rooms)]


def strangers(source: Source, *allowed: str) -> list[str]:
    """What the file imports that is neither the standard library's nor allowed."""
    return [
        f"{source.path}:{line} imports {name}"
        for line, name in source.imports()
        if name.split(".")[0] not in sys.stdlib_module_names
        and not within(name, *allowed)
    ]


def reads_of_time(source: Source) -> Iterator[int]:
    """Lines that ask a clock of the machine."""
    names = {name for _, name in source.imports()}
    for node in ast.walk(source.tree):
        if isinstance(node, ast.Call) and _asks_a_clock(node.func, names):
            yield node.lineno


def _asks_a_clock(called: ast.expr, imported: set[str]) -> bool:
    if isinstance(called, ast.Name):
        return called.id in READERS_OF_TIME and f"time.{called.id}" in imported
    if not isinstance(called, ast.Attribute):
        return False
    owner = ast.unparse(called.value)
    if owner == "time":
        return called.attr in READERS_OF_TIME
    if called.attr == "time":
        return re.search(r"loop(\(\))?$", owner) is not None
    is_date = owner in {"datetime", "date", "datetime.datetime", "datetime.date"}
    return is_date and called.attr in {"now", "utcnow", "today"}


def test_imports_between_rooms_go_down_only(tmp_path: Path) -> None:
    command = Path(sys.executable).with_name("lint-imports")
    done = subprocess.run(
        [command, "--no-logo", "--cache-dir", tmp_path],
        cwd=tree.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_every_module_is_in_a_known_room() -> None:
    modules = [source.module for source in tree.sources("bot")]
    unknown = [m for m in modules if m != "bot" and m.split(".")[1] not in ROOMS]
    assert unknown == []


def test_the_core_imports_the_standard_library_and_the_calendar_parsers() -> None:
    core = sources_in("bot.core")
    allowed = ("bot.core", "bot.errors", "croniter", "oncalendar")
    assert [line for source in core for line in strangers(source, *allowed)] == []


@pytest.mark.parametrize(
    ("library", "importer"),
    [("croniter", "bot/core/schedules.py"), ("oncalendar", "bot/core/calendars.py")],
)
def test_a_calendar_parser_is_wrapped_in_one_place(library: str, importer: str) -> None:
    importers = {
        source.path
        for source in PRODUCT
        for _, name in source.imports()
        if within(name, library)
    }
    assert importers == {importer}


def test_the_core_does_no_io_and_draws_no_random_number() -> None:
    banned = ("asyncio", "logging", "os", "random", "secrets", "socket", "sqlite3")
    found = [
        f"{source.path}:{line} imports {name}"
        for source in sources_in("bot.core")
        for line, name in source.imports()
        if within(name, *banned, "time", "pathlib", "subprocess", "threading")
    ]
    assert found == []


def test_the_core_never_awaits() -> None:
    found = [
        f"{source.path}:{node.lineno}"
        for source in sources_in("bot.core")
        for node in ast.walk(source.tree)
        if isinstance(node, ast.AsyncFunctionDef | ast.Await)
    ]
    assert found == []


def test_a_node_imports_the_standard_library_only() -> None:
    allowed = ("bot.node", "bot.clock", "bot.errors")
    node = sources_in("bot.node")
    assert [line for source in node for line in strangers(source, *allowed)] == []


def test_executors_import_the_standard_library_and_the_core() -> None:
    allowed = ("bot.executors", "bot.core", "bot.clock", "bot.errors")
    rooms = sources_in("bot.executors")
    assert rooms
    assert [line for source in rooms for line in strangers(source, *allowed)] == []


def test_the_supervisor_s_process_loads_little() -> None:
    """It outlives the server, and there may be one on a small machine."""
    text = (
        f"import sys; sys.path.insert(0, {str(tree.ROOT)!r});"
        "import bot.executors.__main__; print(*sys.modules, sep='\\n')"
    )
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", text],
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.split())
    assert "bot.executors.supervisor" in loaded
    heavy = {"asyncio", "dataclasses", "inspect", "logging", "ssl", "hashlib", "site"}
    assert loaded & heavy == set()
    assert len(loaded) < 130


def test_only_faces_import_discord() -> None:
    found = [
        f"{source.path}:{line}"
        for source in PRODUCT
        for line, name in source.imports()
        if within(name, "discord") and not within(source.module, *DISCORD_ROOMS)
    ]
    assert found == []


def test_storage_is_imported_in_full_and_nothing_is_renamed() -> None:
    found = [
        f"{source.path}:{node.lineno}"
        for source in PRODUCT
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Import | ast.ImportFrom)
        for alias in node.names
        if not within(source.module, "storage") and _renames_a_room(node, alias)
    ]
    assert found == []


def _renames_a_room(node: ast.Import | ast.ImportFrom, alias: ast.alias) -> bool:
    module = node.module or "" if isinstance(node, ast.ImportFrom) else alias.name
    if isinstance(node, ast.ImportFrom) and module == "storage":
        return True
    return alias.asname is not None and within(module, "storage", "bot.core")


def test_only_storage_holds_sql() -> None:
    found = [
        f"{source.path}:{line}"
        for source in PRODUCT
        if not within(source.module, "storage")
        for line, text in source.texts()
        if tree.statements(text, SQL)
    ]
    assert found == []


def test_only_the_clock_reads_the_time() -> None:
    found = [
        f"{source.path}:{line}"
        for source in EVERYTHING
        if source.path != "bot/clock.py" and not source.path.startswith(REAL_TIME)
        for line in reads_of_time(source)
    ]
    assert found == []


def test_sql_never_asks_the_time() -> None:
    files = [*(tree.ROOT / "storage").rglob("*.sql")]
    statements = [(file.name, file.read_text("utf-8")) for file in files]
    statements += [
        (f"{source.path}:{line}", text)
        for source in sources_in("storage")
        for line, text in source.texts()
    ]
    asking = [
        p for p, text in statements if tree.statements(text, SQL_THAT_READS_THE_TIME)
    ]
    assert files
    assert asking == []


def test_no_module_is_too_long() -> None:
    assert [s.path for s in EVERYTHING if s.lines > MODULE_LINES] == []


def test_no_function_is_too_long() -> None:
    long = [
        f"{source.path}:{function.lineno} {function.name}: {tree.length(function)}"
        for source in EVERYTHING
        for function in source.functions()
        if tree.length(function) > FUNCTION_LINES
    ]
    assert long == []


def test_no_function_is_nested_too_deeply() -> None:
    deep = [
        f"{source.path}:{function.lineno} {function.name}: {tree.depth(function)}"
        for source in EVERYTHING
        for function in source.functions()
        if tree.depth(function) > NESTING
    ]
    assert deep == []


def test_every_init_file_is_empty() -> None:
    inits = [source for source in EVERYTHING if source.path.endswith("__init__.py")]
    assert inits
    assert [source.path for source in inits if source.text] == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    nothing = {"utils", "util", "misc", "common", "helpers"}
    assert [s.path for s in EVERYTHING if s.module.split(".")[-1] in nothing] == []


@pytest.mark.parametrize(
    "line",
    [
        "import time\ntime.monotonic()",
        "from time import perf_counter\nperf_counter()",
        "from datetime import UTC, datetime\ndatetime.now(UTC)",
        "from datetime import date\ndate.today()",
        "import datetime\ndatetime.datetime.utcnow()",
        "import asyncio\nasyncio.get_running_loop().time()",
        "loop.time()",
        "self._loop.time()",
    ],
)
def test_a_read_of_the_time_is_recognised(line: str) -> None:
    assert list(reads_of_time(Source("bot/x.py", line)))


@pytest.mark.parametrize(
    "line",
    ["clock.now()", "clock.monotonic()", "due_at.time()", "time.sleep(0)"],
)
def test_what_only_looks_like_a_read_of_the_time_is_left_alone(line: str) -> None:
    assert not list(reads_of_time(Source("bot/x.py", line)))


@pytest.mark.parametrize(
    "text",
    [
        "SELECT id\n  FROM jobs WHERE id = :id",
        "INSERT OR IGNORE INTO slots (job_id) VALUES (:job_id)",
        "UPDATE jobs\n SET slug = :slug",
        "PRAGMA user_version",
    ],
)
def test_sql_is_recognised(text: str) -> None:
    assert tree.statements(text, SQL)


@pytest.mark.parametrize("text", ["Select a job from the list", "update the job"])
def test_prose_is_no_sql(text: str) -> None:
    assert not tree.statements(text, SQL)


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("created_at INTEGER DEFAULT CURRENT_TIMESTAMP", True),
        ("SELECT strftime('%s', 'now')", True),
        ("SELECT unixepoch()", True),
        ("SELECT strftime('%Y', at, 'unixepoch') FROM pings", False),
        ("WHERE at < :now", False),
    ],
)
def test_sql_that_asks_the_time_is_recognised(text: str, asks: bool) -> None:
    assert tree.statements(text, SQL_THAT_READS_THE_TIME) is asks


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("x = 1", 0),
        ("if a:\n  x = 1\nelif b:\n  x = 2\nelif c:\n  x = 3", 1),
        ("if a:\n  x = 1\nelse:\n  if b:\n    x = 2", 2),
        (
            "for a in b:\n  with c:\n    try:\n      d()\n    except E:\n      if a: b",
            4,
        ),
        ("while a:\n  def inner():\n    if b:\n      c()", 1),
        ("match a:\n  case 1:\n    if b: c()", 2),
    ],
)
def test_nesting_is_counted_in_blocks(body: str, expected: int) -> None:
    assert tree.depth(ast.parse(body)) == expected
