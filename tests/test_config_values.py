"""Values of settings: what is taken, and the line that refuses anything else."""

from pathlib import Path

import pytest

from tests.configured import (
    KEY,
    MAKE_ONE,
    NO_WORD,
    NUMBER,
    OTHER_KEY,
    load,
    refusal,
)

NO_ID = (
    "must be an id of Discord, which is a number "
    "(right-click in Discord with developer mode on, Copy ID)"
)
NO_TOKEN = (
    "is no token of a bot{} (three parts with dots between; Developer Portal, "
    "your application, page Bot, Reset Token)"
)
NO_HOST = (
    "must be a host name or an address, without port and brackets "
    "(such as 127.0.0.1, 0.0.0.0 or ::)"
)
NO_URL = (
    "must be an http or https URL without query, fragment and user name "
    "(such as https://cron.example.com)"
)
NO_WEBHOOK = "must be an http or https URL (such as https://hooks.example.com/cronitor)"


@pytest.mark.parametrize(
    ("text", "ids"),
    [
        ("1", (1,)),
        ("1,2", (1, 2)),
        (" 1 , 2 ,", (1, 2)),
        ("[1, 2]", (1, 2)),
        ('["1"]', (1,)),
        ("[]", ()),
        (" ", ()),
    ],
)
def test_a_list_in_a_variable_is_json_or_has_commas(
    tmp_path: Path, text: str, ids: tuple[int, ...]
) -> None:
    environ = {"CRONITOR_DISCORD__ADMIN_ROLE_IDS": text}
    assert load(tmp_path, "", environ).discord.admin_role_ids == ids


@pytest.mark.parametrize(
    ("toml", "line"),
    [
        ("[server]\nport = 65536", f"2: [server] port: {NUMBER}"),
        ("[server]\n\n# one\nport = -1", f"4: [server] port: {NUMBER}"),
        ("[server]\nport = true", f"2: [server] port: {NUMBER}"),
        ("[server]\nport = 1.5", f"2: [server] port: {NUMBER}"),
        ("[server]\nport = '80a'", f"2: [server] port: {NUMBER}"),
        ("[server]\nport = ''", f"2: [server] port: {NUMBER}"),
        ("[server]\nport = '٣'", f"2: [server] port: {NUMBER}"),
    ],
)
def test_a_wrong_port_is_refused_with_its_line(
    tmp_path: Path, toml: str, line: str
) -> None:
    assert refusal(tmp_path, toml) == [
        f"config.toml:{line} (from 0 to 65535; 0: a free one)"
    ]


@pytest.mark.parametrize(
    ("section", "key", "values", "reason"),
    [
        (
            "server",
            "host",
            ["7", "''", "'a b'", "'127.0.0.1:80'", "'[::1]'", "'http://a'", "'-a'"],
            NO_HOST,
        ),
        (
            "server",
            "public_url",
            [
                *("'ftp://a.example'", "'a.example'", "'https://'", "7"),
                *("'https://a.example/?x=1'", "'https://a.example/?'"),
                *("'https://a.example/#x'", "'https://u:p@a.example'"),
                *("'https://a.example:99999'", "'https://a.example:0'"),
                *("'https://a.example/ x'", r"'https://a.example\x'", "'http://[1'"),
            ],
            NO_URL,
        ),
        (
            "server",
            "rate_limit",
            ["-1", "'many'", "nan", "inf", "true", "1001", "'1e3'", "[]"],
            "must be a number (from 0 to 1000; 0: no limit)",
        ),
        (
            "server",
            "body_limit",
            ["-1", "10_000_001", "'100kB'"],
            f"{NUMBER} (from 0 to 10000000)",
        ),
        (
            "storage",
            "path",
            ["7", '"a\\nb"', "' '"],
            "must be a path (such as jobs.toml)",
        ),
        (
            "storage",
            "durability",
            ["'off'", "''", "1"],
            "must be one of these words (full, normal)",
        ),
        (
            "discord",
            "token",
            [
                *("'a b'", "7", "'ä'", f"'{'x' * 4097}'", "'a.b'", "'a.b.c'", "'..'"),
                *("'MTIz.b.'", "'MTIz.b.c.d'", "'Bot MTIz.b.c'", "'MTIzYQ.b.c'"),
                f"'MTIz.b.{'x' * 4097}'",
            ],
            NO_TOKEN.format(
                ": was the client secret, the public key or an invitation pasted?"
            ),
        ),
        (
            "discord",
            "token",
            [f"'{'0123456789abcdef' * 4}'"],
            NO_TOKEN.format(": it looks like the public key"),
        ),
        (
            "discord",
            "token",
            ["'abcdefghijklmnopqrstuvwxyz-_ABCD'"],
            NO_TOKEN.format(": it looks like the client secret"),
        ),
        (
            "discord",
            "token",
            [
                "'https://discord.com/oauth2/authorize?client_id=1&scope=bot'",
                "'discord.gg/abc'",
            ],
            NO_TOKEN.format(": it looks like an invitation"),
        ),
        (
            "discord",
            "token",
            ["'1326583915427889152'"],
            NO_TOKEN.format(": it looks like an id"),
        ),
        ("discord", "guild_id", ["0", "-1", "'x'", "true", "1.0", str(2**63)], NO_ID),
        ("discord", "operator_role_ids", ["[1, 'x']", "[0]", "'1;2'"], NO_ID),
        (
            "discord",
            "admin_role_ids",
            ["5", "{}", "true"],
            "must be a list (in TOML [1, 2]; in a variable 1,2)",
        ),
        (
            "discord",
            "admin_role_ids",
            ["'[1'", "'[1] 2'"],
            "must be a list (as JSON [1, 2], or with commas 1,2)",
        ),
        (
            "api",
            "key",
            ["'fifteen-letters'"],
            f"must have at least 16 characters ({MAKE_ONE})",
        ),
        ("api", "readonly_key", ["'sixteen lettersx'"], NO_WORD),
        (
            "api",
            "ping_key",
            ["'fifteen-letters'"],
            f"must have at least 16 characters ({MAKE_ONE})",
        ),
        (
            "api",
            "ping_key",
            ["'sixteen/letters/'", "'sixteen.letters.'"],
            "must have letters, digits, - and _ only, since it stands in URLs "
            f"({MAKE_ONE})",
        ),
        (
            "api",
            "ping_key",
            ["'a3f5d2c1-0b47-4c1e-9a51-0123456789AB'"],
            f"must not be a UUID, since ping URLs name jobs by those ({MAKE_ONE})",
        ),
        (
            "watch",
            "heartbeat_every",
            ["'9s'", "'61m'", "5", "'soon'", "''", "true", "[60]"],
            "must be a duration (from 10s to 1h, such as 30s or 5m)",
        ),
        ("watch", "heartbeat_url", ["'hc-ping.com'", "'file:///x'"], NO_WEBHOOK),
        ("notify", "webhook_url", ["'hooks.example.com'", "'file:///x'"], NO_WEBHOOK),
        (
            "notify",
            "webhook_secret",
            ["'test'"],
            f"must have at least 16 characters ({MAKE_ONE})",
        ),
        (
            "notify",
            "quiet_hours",
            ["'22-7'", "'24:00-07:00'", "'22:00-22:00'", "5"],
            "must be two different times of a day (such as 22:00-07:00)",
        ),
        (
            "notify",
            "quiet_days",
            ["['monday']", "'mon, x'"],
            "must be days of the week (mon, tue, wed, thu, fri, sat, sun)",
        ),
        (
            "notify",
            "group_wait",
            ["['db']", "['db=soon']", "'=30s'", "'db=11m'", "[5]"],
            "must be tags with up to 10 minutes each (such as db=30s)",
        ),
        (
            "notify",
            "timezone",
            ["'Europe'", "''", "5"],
            "must be a time zone (such as Europe/Berlin)",
        ),
        (
            "summary",
            "daily_at",
            ["'8'", "'24:00'", "5"],
            "must be a time of day (such as 03:30), or never",
        ),
        (
            "summary",
            "weekday",
            ["'monday'", "1"],
            "must be one of these words (mon, tue, wed, thu, fri, sat, sun)",
        ),
        (
            "summary",
            "weekdays",
            ["['monday']"],
            "must be days of the week (mon, tue, wed, thu, fri, sat, sun)",
        ),
        (
            "summary",
            "timezone",
            ["'Europe'", "5"],
            "must be a time zone (such as Europe/Berlin)",
        ),
        ("log", "format", ["'xml'"], "must be one of these words (plain, json)"),
        (
            "log",
            "level",
            ["'loud'", "10"],
            "must be one of these words (debug, info, warning, error)",
        ),
        ("jobs", "files", ["[7]", "['']"], "must be a path (such as jobs.toml)"),
    ],
)
def test_a_wrong_value_is_refused_with_its_line_and_the_way_out(
    tmp_path: Path, section: str, key: str, values: list[str], reason: str
) -> None:
    for value in values:
        lines = refusal(tmp_path, f"# settings\n[{section}]\n{key} = {value}\n")
        assert lines == [f"config.toml:3: [{section}] {key}: {reason}"], value


@pytest.mark.parametrize(
    "host", ["0.0.0.0", "::", "::1", "fe80::1%eth0", "localhost", "cron-1.example.com"]
)
def test_any_address_is_a_host(tmp_path: Path, host: str) -> None:
    assert load(tmp_path, f"[server]\nhost = '{host}'").server.host == host


@pytest.mark.parametrize(
    "token",
    ["MTMyNjU4MzkxNTQyNzg4OTE1Mg.Ga-cDe.a_b-C", " MTIz.b.c ", "MTIzNDU2Nzg5.x.y"],
)
def test_the_token_of_a_bot_begins_with_its_id(tmp_path: Path, token: str) -> None:
    read = load(tmp_path, f"[discord]\ntoken = '{token}'").discord.token
    assert read is not None
    assert read.get_secret_value() == token.strip()


def test_an_empty_text_means_not_set(tmp_path: Path) -> None:
    toml = """
        [server]
        public_url = ""
        [storage]
        path = ""
        [discord]
        guild_id = ""
        admin_role_ids = ""
        [api]
        key = ""
    """
    settings = load(tmp_path, toml)
    assert settings.server.public_url is None
    assert settings.storage.path == tmp_path / "cronitor.db"
    assert settings.discord.guild_id is None
    assert settings.discord.admin_role_ids == ()
    assert settings.api.key is None


def test_the_keys_must_differ(tmp_path: Path) -> None:
    toml = f"[api]\nkey = '{KEY}'\nreadonly_key = '{KEY}'\nping_key = '{OTHER_KEY}'\n"
    assert refusal(tmp_path, toml) == [
        "config.toml:3: [api] readonly_key: must differ from key (make another)"
    ]
    toml = f"[api]\nkey = '{KEY}'\nping_key = '{KEY}'\n"
    assert refusal(tmp_path, toml) == [
        "config.toml:3: [api] ping_key: must differ from key (make another)"
    ]


@pytest.mark.parametrize("key", ["host", "port", "public_url", "rate_limit"])
def test_no_error_repeats_a_secret_that_stands_in_the_wrong_place(
    tmp_path: Path, key: str
) -> None:
    secret = "MTA.this is secret!"
    toml = f"""
        [server]
        {key} = "{secret}"
        [discord]
        guild_id = "{secret}"
        admin_role_ids = ["{secret}"]
        token = "{secret}"
        [api]
        key = "{secret}"
        readonly_key = ["{secret}"]
        ping_key = "{secret}"
        [notify]
        webhook_url = "{secret}"
        webhook_secret = "{secret}"
    """
    lines = refusal(tmp_path, toml)
    assert len(lines) == 9
    assert [line for line in lines if "MTA" in line or "secret!" in line] == []


@pytest.mark.parametrize("text", ["24:00", "3:30", "noon", "03:60"])
def test_a_time_of_day_has_two_numbers(tmp_path: Path, text: str) -> None:
    refused = refusal(tmp_path, f"[storage]\nbackup_at = '{text}'")
    reason = "must be a time of day (such as 03:30), or never"
    assert refused == [f"config.toml:2: [storage] backup_at: {reason}"]


@pytest.mark.parametrize("text", ["00:00", "23:59", "never"])
def test_a_time_of_day_is_kept_as_it_is(tmp_path: Path, text: str) -> None:
    assert load(tmp_path, f"[storage]\nbackup_at = '{text}'").storage.backup_at == text
