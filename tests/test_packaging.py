"""What is shipped: versions, lock file, image, wheel and the two set-up commands."""

import re
import shlex
import subprocess
import sys
import tomllib
import zipfile
from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tests import tree

ROOT = tree.ROOT
PYPROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
PROJECT = PYPROJECT["project"]
DIRECT = [
    *PYPROJECT["build-system"]["requires"],
    *PROJECT["dependencies"],
    *PROJECT["optional-dependencies"]["test"],
]
TOP_LEVEL = {
    *("pyproject.toml", "README.md", "config.example.toml", "Dockerfile"),
    *("bot", "cogs", "storage", "tests", "docs", ".ci", ".gitignore", ".dockerignore"),
    *("LICENSE", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md", "constraints.txt"),
    ".pre-commit-config.yaml",
}
RUN = "python3 -m venv .venv && .venv/bin/pip install -e . && .venv/bin/cronitor up"
TEST = "python3 -m venv .venv && .venv/bin/pip install -e '.[test]' && .venv/bin/pytest"


def read(path: str) -> str:
    """A file of the project."""
    return (ROOT / path).read_text("utf-8")


def locked() -> dict[str, str]:
    """Name and version of each line of the lock file; any other line raises."""
    pins = [Requirement(line) for line in read("constraints.txt").splitlines()]
    assert all(str(pin.specifier).startswith("==") for pin in pins)
    return {canonicalize_name(p.name): str(p.specifier)[2:] for p in pins}


def installed_closure(requirements: list[str]) -> set[str]:
    """Names of these and of everything they need here, as far as it is installed."""
    seen: set[tuple[str, frozenset[str]]] = set()
    waiting = [Requirement(text) for text in requirements]
    while waiting:
        wanted = waiting.pop()
        key = (canonicalize_name(wanted.name), frozenset(wanted.extras))
        if key not in seen:
            seen.add(key)
            waiting += _needs(wanted)
    return {name for name, _ in seen}


def _needs(wanted: Requirement) -> list[Requirement]:
    try:
        texts = metadata.requires(wanted.name) or []
    except metadata.PackageNotFoundError:
        return []
    extras = wanted.extras or {""}
    return [need for need in map(Requirement, texts) if _applies(need, extras)]


def _applies(need: Requirement, extras: set[str]) -> bool:
    marker = need.marker
    return marker is None or any(marker.evaluate({"extra": extra}) for extra in extras)


def dockerfile() -> list[tuple[str, str]]:
    """Instruction and argument of each line, continued lines joined."""
    text = re.sub(r"^#.*\n", "", read("Dockerfile"), flags=re.MULTILINE)
    lines = re.sub(r"\\\n\s*", "", text).splitlines()
    pairs = [line.split(maxsplit=1) for line in lines if line.strip()]
    return [(instruction, argument) for instruction, argument in pairs]


def last_stage() -> list[tuple[str, str]]:
    """What makes the image that is run."""
    lines = dockerfile()
    starts = [at for at, (instruction, _) in enumerate(lines) if instruction == "FROM"]
    return lines[starts[-1] :]


def settings_of(lines: list[tuple[str, str]], wanted: str) -> dict[str, str]:
    """The `NAME=value` pairs of all instructions of one kind."""
    arguments = [argument for instruction, argument in lines if instruction == wanted]
    pairs = [pair for argument in arguments for pair in shlex.split(argument)]
    return dict(pair.split("=", 1) for pair in pairs)


def test_the_version_is_the_same_everywhere() -> None:
    headings = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.MULTILINE)
    label = settings_of(last_stage(), "LABEL")["org.opencontainers.image.version"]
    installed = metadata.version(PROJECT["name"])
    assert {headings[0], label, installed} == {PROJECT["version"]}


def test_the_newest_changes_are_grouped() -> None:
    newest = read("CHANGELOG.md").split("\n## ")[1]
    groups = re.findall(r"^### (.+)$", newest, re.MULTILINE)
    assert groups == ["Improvements", "Bug fixes", "Upgrade notes"]


@pytest.mark.parametrize("command", [RUN, TEST], ids=["run", "test"])
def test_the_readme_has_the_command_on_a_line_to_paste(command: str) -> None:
    fenced = re.findall(
        r"^```sh\n(.*?)^```", read("README.md"), re.MULTILINE | re.DOTALL
    )
    assert command in "".join(fenced).splitlines()


def test_the_checks_take_their_test_command_from_the_readme() -> None:
    candidates = [x for x in read("README.md").splitlines() if "/bin/pytest" in x]
    assert candidates == [TEST]


def test_the_lock_file_has_everything_that_is_asked_for() -> None:
    asked = {canonicalize_name(Requirement(text).name) for text in DIRECT}
    assert asked - locked().keys() == set()


def test_the_lock_file_has_everything_that_those_need() -> None:
    assert installed_closure(DIRECT) - locked().keys() == set()


def test_the_lock_file_agrees_with_what_is_asked_for() -> None:
    pins = locked()
    asked = map(Requirement, DIRECT)
    assert [
        str(r) for r in asked if pins[canonicalize_name(r.name)] not in r.specifier
    ] == []


def test_the_lock_file_names_no_host() -> None:
    assert not re.search(
        r"://|@|--|index|\.(com|org|io|net)\b", read("constraints.txt")
    )


def test_ruff_is_the_same_before_a_commit_and_in_the_checks() -> None:
    revision = re.search(
        r"ruff-pre-commit\n\s+rev: v(\S+)", read(".pre-commit-config.yaml")
    )
    assert revision is not None
    assert revision[1] == locked()["ruff"]


def test_nothing_unexpected_lies_at_the_top() -> None:
    if not (ROOT / ".git").exists():
        pytest.skip("no git checkout: only what is tracked counts")
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    )
    tracked = {path.split("/")[0] for path in listed.stdout.splitlines()}
    assert tracked - TOP_LEVEL == set()


def test_the_wheel_has_three_packages_and_one_command() -> None:
    assert PYPROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"] == list(
        tree.PACKAGES
    )
    assert PROJECT["scripts"] == {"cronitor": "bot.cli.entry:main"}


def test_the_image_is_built_in_one_stage_and_run_in_another() -> None:
    stages = [
        argument for instruction, argument in dockerfile() if instruction == "FROM"
    ]
    assert stages == ["python:3.13-slim AS build", "python:3.13-slim"]


def test_the_image_runs_the_server_without_being_root() -> None:
    last = dict(last_stage())
    assert last["USER"] == "10001"
    assert "--uid 10001" in last["RUN"]
    assert last["ENTRYPOINT"] == '["cronitor"]'
    assert last["CMD"] == '["up"]'


def test_the_image_keeps_its_data_in_a_volume_and_listens_outside() -> None:
    last = dict(last_stage())
    environment = settings_of(last_stage(), "ENV")
    assert last["VOLUME"] == environment["CRONITOR_DATA_DIR"] == "/data"
    assert environment["CRONITOR_SERVER__HOST"] == "0.0.0.0"
    assert last["EXPOSE"] == "8787"


def test_the_image_says_whether_it_is_well() -> None:
    assert dict(last_stage())["HEALTHCHECK"].endswith('CMD ["cronitor", "healthcheck"]')


def test_the_image_is_made_of_the_locked_versions() -> None:
    build = settings_of(dockerfile(), "ENV")
    assert build["PIP_CONSTRAINT"] == build["PIP_BUILD_CONSTRAINT"]
    assert build["PIP_CONSTRAINT"] == "/src/constraints.txt"


def test_the_build_is_sent_exactly_what_the_image_copies() -> None:
    copies = [
        argument
        for instruction, argument in dockerfile()
        if instruction == "COPY" and "--from" not in argument
    ]
    copied = {name for argument in copies for name in argument.split()[:-1]}
    rules = read(".dockerignore").splitlines()
    let_through = {rule.removeprefix("!") for rule in rules if rule.startswith("!")}
    assert rules[0] == "*"
    assert copied == let_through
    assert {name for name in copied if not (ROOT / name).exists()} == set()


@pytest.mark.slow
def test_the_wheel_holds_every_file_of_its_packages(tmp_path: Path) -> None:
    pip = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps"]
    subprocess.run([*pip, "--wheel-dir", tmp_path, "."], cwd=ROOT, check=True)
    (wheel,) = tmp_path.glob("*.whl")
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
    shipped = {name for name in names if name.startswith(tree.PACKAGES)}
    files = [path for package in tree.PACKAGES for path in (ROOT / package).rglob("*")]
    in_tree = {
        path.relative_to(ROOT).as_posix()
        for path in files
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert shipped == in_tree
    assert any(name.startswith("storage/migrations/") for name in shipped)
    assert any(name.endswith("/licenses/LICENSE") for name in names)
