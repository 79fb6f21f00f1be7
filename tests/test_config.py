"""Settings: where each value comes from, which source wins, and what is refused."""

import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from pydantic import SecretStr, ValidationError

from bot import config
from bot.config_sections import Api, Notify, Server, Storage
from bot.errors import ConfigError
from tests.configured import KEY, NUMBER, OTHER_KEY, load, private_file, refusal

EVERYTHING = f"""
[server]
host = "::"
port = 0
public_url = "https://cron.example.com/c/"
rate_limit = 0.5
body_limit = 0
connections = 16
trusted_proxies = ["127.0.0.1", "10.0.0.0/8", "::1"]
[storage]
path = "sub/data.db"
durability = "Normal"
[discord]
token = "MTIz.abc.def"
guild_id = 1
alert_channel_id = "2"
summary_channel_id = 3
fallback_channel_id = 4
viewer_role_ids = [4]
operator_role_ids = [5, "6", 5]
admin_role_ids = [7]
[api]
key = "{KEY}"
readonly_key = "{OTHER_KEY}"
ping_key = "0123456789abcdef"
[notify]
webhook_url = "https://user:pass@hooks.example.com/a?b=c"
webhook_secret = "whsec_MDEyMzQ1Njc4OWFiY2RlZg=="
quiet_hours = " 22:00 - 7:00"
quiet_days = ["Mon", "fri"]
group_wait = "db=30s, web = 1m"
timezone = "Europe/Berlin"
[escalation]
steps = ["critical 10m role:1", "tag:db 30m dm:2 fallback"]
rounds = 3
repeat_after = "45m"
[watch]
heartbeat_url = "https://hc-ping.com/b0b2f8ae?x=1"
heartbeat_every = "90s"
[log]
format = "json"
level = "DEBUG"
[jobs]
files = ["jobs.toml", "/etc/jobs.toml"]
"""


def test_without_any_setting_the_defaults_hold(tmp_path: Path) -> None:
    settings = load(tmp_path)
    assert settings.server == Server(
        host="127.0.0.1", port=8787, public_url=None, rate_limit=5, body_limit=100_000
    )
    assert settings.storage.path == tmp_path / "cronitor.db"
    assert settings.storage.durability == "full"
    assert set(settings.discord.model_dump().values()) == {None, (), False}
    assert set(settings.api.model_dump().values()) == {None}
    assert settings.notify.model_dump() == {
        "webhook_url": None,
        "webhook_secret": None,
        "quiet_hours": None,
        "quiet_days": (),
        "group_wait": (),
        "timezone": "UTC",
    }
    assert settings.escalation.steps == ()
    assert settings.log.model_dump() == {"format": "plain", "level": "info"}
    assert settings.jobs.files == ()
    assert settings.secrets() == []


def test_settings_that_nobody_loads_read_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("SERVER", '{"port": 1}')
    monkeypatch.setenv("CRONITOR_SERVER__PORT", "1")
    assert config.Settings().server.port == 8787


def test_settings_made_by_hand_take_paths_and_secrets_as_they_are() -> None:
    api, notify = Api(key=SecretStr(KEY)), Notify(webhook_url=SecretStr("http://a"))
    assert api.key == SecretStr(KEY)
    assert notify.webhook_url == SecretStr("http://a")
    assert Storage(path=Path("a.db")).path == Path("a.db")


def test_settings_cannot_be_changed(tmp_path: Path) -> None:
    settings = load(tmp_path)
    with pytest.raises(ValidationError):
        settings.server.port = 1


def test_a_file_beats_a_variable_which_beats_the_toml(tmp_path: Path) -> None:
    secret = private_file(tmp_path / "host", "file.example\n")
    toml = "[server]\nhost = 'toml.example'\nport = 1\nrate_limit = 1\n"
    environ = {
        "CRONITOR_SERVER__HOST": "variable.example",
        "CRONITOR_SERVER__HOST_FILE": str(secret),
        "CRONITOR_SERVER__PORT": "2",
    }
    settings = load(tmp_path, toml, environ)
    server = settings.server
    assert (server.host, server.port, server.rate_limit) == ("file.example", 2, 1)
    assert settings.origin("server", "host") == "CRONITOR_SERVER__HOST_FILE"
    assert settings.origin("server", "port") == "CRONITOR_SERVER__PORT"
    assert settings.origin("server", "rate_limit") == "config.toml:4"
    assert settings.origin("server", "body_limit") == "default"


def test_every_setting_can_come_from_each_source(tmp_path: Path) -> None:
    settings = load(tmp_path, EVERYTHING)
    from_toml = settings.model_dump()
    assert from_toml["server"] == {
        "host": "::",
        "port": 0,
        "public_url": "https://cron.example.com/c",
        "rate_limit": 0.5,
        "body_limit": 0,
        "connections": 16,
        "trusted_proxies": ("127.0.0.1", "10.0.0.0/8", "::1"),
    }
    assert settings.storage.path == tmp_path / "sub/data.db"
    assert settings.storage.durability == "normal"
    assert settings.discord.alert_channel_id == 2
    assert settings.discord.operator_role_ids == (5, 6)
    assert settings.log.level == "debug"
    assert settings.jobs.files == (tmp_path / "jobs.toml", Path("/etc/jobs.toml"))
    assert settings.watch.heartbeat_every == timedelta(seconds=90)
    assert len(settings.secrets()) == 7
    environ = {
        f"CRONITOR_{section}__{key}".upper(): as_text(value)
        for section, table in settings
        for key, value in table
    }
    elsewhere = tmp_path / "elsewhere"
    assert config.load(None, elsewhere, environ).model_dump() == from_toml
    files = {
        f"{name}_FILE": str(private_file(tmp_path / name, f"{value}\n"))
        for name, value in environ.items()
    }
    assert config.load(None, elsewhere, files).model_dump() == from_toml


def as_text(value: object) -> str:
    """A value as somebody writes it into a variable."""
    if isinstance(value, tuple):
        return ",".join(map(str, value))
    if isinstance(value, timedelta):
        return f"{value.total_seconds():g}"
    return value.get_secret_value() if isinstance(value, SecretStr) else str(value)


def test_all_that_is_wrong_is_said_at_once_from_top_to_bottom(tmp_path: Path) -> None:
    toml = """
        [storage]
        durability = "off"
        [server]
        prot = 1
        port = "x"
    """
    environ = {"CRONITOR_LOG__LEVEL": "loud", "CRONITOR_API__KEY_FILE": "/no/key"}
    assert [line.split(" (")[0] for line in refusal(tmp_path, toml, environ)] == [
        "config.toml:3: [storage] durability: must be one of these words",
        "config.toml:5: [server] prot: no such key",
        f"config.toml:6: [server] port: {NUMBER}",
        "CRONITOR_API__KEY_FILE: /no/key cannot be read: No such file or directory",
        "CRONITOR_LOG__LEVEL: must be one of these words",
    ]


def test_a_file_that_was_asked_for_must_be_there(tmp_path: Path) -> None:
    absent = tmp_path / "settings.toml"
    why = "cannot be read: No such file or directory"
    hint = "(check the path, and who may read it)"
    with pytest.raises(ConfigError) as refused:
        config.load(absent, tmp_path, {})
    assert str(refused.value) == f"--config: {absent} {why} {hint}"
    lines = refusal(tmp_path, "", {"CRONITOR_CONFIG": str(absent)})
    assert lines == [f"CRONITOR_CONFIG: {absent} {why} {hint}"]


def test_the_option_beats_the_variable_and_gives_the_lines_their_name(
    tmp_path: Path,
) -> None:
    asked = private_file(tmp_path / "mine.toml", "[server]\nport = 1\n")
    settings = config.load(asked, tmp_path, {"CRONITOR_CONFIG": "/no/such"})
    assert settings.origin("server", "port") == "mine.toml:2"
    settings = config.load(None, tmp_path, {"CRONITOR_CONFIG": str(asked)})
    assert settings.server.port == 1


def test_paths_never_depend_on_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = tmp_path / "home"
    home.mkdir()
    monkeypatch.setenv("HOME", str(home))
    toml = "[storage]\npath = 'a.db'\n[jobs]\nfiles = ['b.toml', '~/c.toml']\n"
    asked = private_file(home / "mine.toml", toml)
    settings = config.load(asked, tmp_path / "data", {})
    assert settings.storage.path == tmp_path / "data" / "a.db"
    assert settings.jobs.files == (home / "b.toml", home / "c.toml")
    assert settings.origin("storage", "path") == "mine.toml:2"


def test_a_refusal_has_nothing_of_a_programmers_in_it(tmp_path: Path) -> None:
    private_file(tmp_path / "config.toml", "[server]\nport = 'x'\nprot = 1\n")
    program = (
        "import sys, pathlib; from bot import config\n"
        "config.load(None, pathlib.Path(sys.argv[1]), {})"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, str(tmp_path)],
        capture_output=True,
        text=True,
        check=False,
    )
    assert "bot.errors.ConfigError: config.toml:2: [server] port" in done.stderr
    assert "pydantic" not in done.stderr
    assert "During handling" not in done.stderr


def test_secrets_are_not_in_what_is_printed_of_settings(tmp_path: Path) -> None:
    toml = f"[api]\nkey = '{KEY}'\n[notify]\nwebhook_url = 'https://h.example/hush'\n"
    settings = load(tmp_path, toml)
    assert KEY not in repr(settings)
    assert "hush" not in repr(settings)
    assert settings.secrets() == [KEY, "https://h.example/hush"]


def test_the_data_directory_is_asked_for_or_of_the_environment_or_the_platforms(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("XDG_DATA_HOME", raising=False)
    monkeypatch.chdir(tmp_path)
    environ = {"CRONITOR_DATA_DIR": "~/of-the-environment"}
    assert config.data_dir(Path("asked"), environ) == tmp_path / "asked"
    assert config.data_dir(None, environ) == tmp_path / "of-the-environment"
    platforms = config.data_dir(None, {"CRONITOR_DATA_DIR": ""})
    assert platforms.name == "cronitor"
    assert platforms.is_relative_to(tmp_path)


def test_loading_settings_loads_nothing_heavy_beyond_pydantic() -> None:
    program = (
        "import sys; from bot import config, config_text\n"
        "heavy = {'aiohttp', 'discord', 'aiosqlite', 'rich', 'click', 'croniter'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("lines", "problem"),
    [
        ('steps = ["urgent 10m"]', "escalation.steps: must say for whom a step is"),
        ('steps = ["all 2h"]', "escalation.steps: must end before a round"),
        ('steps = "all 1m"\nrounds = 11', "escalation.rounds: must be a whole number"),
    ],
)
def test_escalations_must_make_sense(tmp_path: Path, lines: str, problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load(tmp_path, f"[escalation]\n{lines}\n")
    assert problem.partition(": ")[2] in str(caught.value)
