"""The sections of the settings: every key with its default, its rule and its comment.

The description of a key is its comment in `config.example.toml` and its meaning in
`docs/configuration.md`.
"""

from datetime import timedelta
from pathlib import Path
from typing import Annotated, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, field_validator
from pydantic.types import SecretStr
from pydantic_core.core_schema import ValidationInfo

from bot import config_values
from bot.config_values import duration, number, one_of, optional, whole_number
from bot.core import escalation_texts

_Host = Annotated[str, BeforeValidator(config_values.host)]
_Port = Annotated[int, BeforeValidator(whole_number(0, 65535, "0: a free one"))]
_PublicUrl = Annotated[str | None, BeforeValidator(optional(config_values.public_url))]
_Rate = Annotated[float, BeforeValidator(number(0, 1000, "0: no limit"))]
_Megabytes = Annotated[int, BeforeValidator(whole_number(0, 10_000, "0: none"))]
_Connections = Annotated[int, BeforeValidator(whole_number(16, 100_000))]
_Networks = Annotated[tuple[str, ...], BeforeValidator(config_values.networks)]
_Bytes = Annotated[int, BeforeValidator(whole_number(0, 10_000_000))]

_Days = Annotated[int, BeforeValidator(whole_number(1, 36_500))]
_Pings = Annotated[int, BeforeValidator(whole_number(100, 10_000_000))]

_TimeOfDay = Annotated[str, BeforeValidator(config_values.time_of_day)]
_Count = Annotated[int, BeforeValidator(whole_number(1, 1000))]

_Path = Annotated[Path | None, BeforeValidator(optional(config_values.path))]
_Paths = Annotated[tuple[Path, ...], BeforeValidator(config_values.paths)]
_Durability = Annotated[
    Literal["full", "normal"], BeforeValidator(one_of("full", "normal"))
]

_Id = Annotated[int | None, BeforeValidator(optional(config_values.snowflake))]
_Ids = Annotated[tuple[int, ...], BeforeValidator(config_values.snowflakes)]

_Token = Annotated[SecretStr | None, BeforeValidator(optional(config_values.bot_token))]
_Key = Annotated[SecretStr | None, BeforeValidator(optional(config_values.key))]
_PingKey = Annotated[
    SecretStr | None, BeforeValidator(optional(config_values.ping_key))
]
_WebhookUrl = Annotated[
    SecretStr | None, BeforeValidator(optional(config_values.webhook_url))
]

_QuietHours = Annotated[str | None, BeforeValidator(optional(config_values.hours))]
_Waits = Annotated[tuple[str, ...], BeforeValidator(config_values.waits)]
_Steps = Annotated[tuple[str, ...], BeforeValidator(config_values.escalation_steps)]
_Rounds = Annotated[int, BeforeValidator(whole_number(1, 10))]
_RepeatAfter = Annotated[
    timedelta, BeforeValidator(duration(timedelta(minutes=1), timedelta(days=7)))
]
_Weekdays = Annotated[tuple[str, ...], BeforeValidator(config_values.weekdays)]
_Zone = Annotated[str, BeforeValidator(config_values.timezone)]
_HeartbeatEvery = Annotated[
    timedelta, BeforeValidator(duration(timedelta(seconds=10), timedelta(hours=1)))
]

_Places = Annotated[int, BeforeValidator(whole_number(0, 10_000, "0: none"))]
_Drain = Annotated[
    timedelta, BeforeValidator(duration(timedelta(), timedelta(hours=1)))
]
_OutputsMb = Annotated[int, BeforeValidator(whole_number(1, 10_000_000))]
_AtStop = Annotated[Literal["leave", "end"], BeforeValidator(one_of("leave", "end"))]

_Format = Annotated[Literal["plain", "json"], BeforeValidator(one_of("plain", "json"))]
_Level = Annotated[
    Literal["debug", "info", "warning", "error"],
    BeforeValidator(one_of("debug", "info", "warning", "error")),
]


class Section(BaseModel):
    """A table of the file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Server(Section):
    """Where the server listens, and what it takes in."""

    host: _Host = Field(
        default="127.0.0.1",
        description="Address to listen on; 0.0.0.0 or :: is every one there is.",
    )
    port: _Port = Field(
        default=8787, description="Port to listen on; 0 takes a free one."
    )
    public_url: _PublicUrl = Field(
        default=None,
        description="Where others reach the server: the start of the ping URLs that it "
        "shows; empty: made of host and port.",
    )
    rate_limit: _Rate = Field(
        default=5,
        description="Pings a second of one job; what comes faster for long is answered "
        "429; 0: no limit.",
    )
    body_limit: _Bytes = Field(
        default=100_000,
        description="Bytes of a ping's body that are kept, from its head and its tail.",
    )
    connections: _Connections = Field(
        default=4000,
        description="TCP connections at once, a quarter of them from one address; a "
        "further one takes the place of an idle one.",
    )
    trusted_proxies: _Networks = Field(
        default=(),
        description="Addresses and networks of proxies whose X-Forwarded-For is "
        "believed, such as 127.0.0.1; empty: nobody's.",
    )


class Storage(Section):
    """Where the data is, and how safe from a power cut."""

    path: _Path = Field(
        default=None,
        description="The database file, relative to the data directory; empty: "
        "cronitor.db.",
    )
    durability: _Durability = Field(
        default="full",
        description="full: what was answered survives a power cut; normal, for SD "
        "cards: a power cut may lose the last seconds.",
    )
    ballast_mb: _Megabytes = Field(
        default=16,
        description="Megabytes of disk that are held in reserve beside the database, "
        "and let go of when the disk is full; 0: none.",
    )
    backup_at: _TimeOfDay = Field(
        default="03:30",
        description="When the daily backup is made, in the zone of the machine; never: "
        "not at all.",
    )
    backup_keep: _Count = Field(
        default=7, description="How many daily backups are kept."
    )
    backup_dir: _Path = Field(
        default=None,
        description="Where they are kept, relative to the data directory; empty: "
        "backups. Another disk is better.",
    )


class Retention(Section):
    """How long the history is kept; the audit log is kept for ever."""

    ping_days: _Days = Field(default=90, description="Days that pings are kept.")
    pings_per_job: _Pings = Field(
        default=10_000, description="Pings that are kept of one job at the most."
    )
    run_days: _Days = Field(
        default=365,
        description="Days that runs, slots and resolved incidents are kept, with all "
        "that belongs to them.",
    )


class Discord(Section):
    """The bot in Discord; off without a token. `/setup` chooses what is not set."""

    token: _Token = Field(
        default=None,
        description="The bot's token, a secret; docs/discord-setup.md says where it "
        "comes from; empty: Discord is off.",
    )
    guild_id: _Id = Field(
        default=None, description="Id of the server (guild) that the bot works in."
    )
    alert_channel_id: _Id = Field(
        default=None, description="Id of the channel that incidents are posted in."
    )
    summary_channel_id: _Id = Field(
        default=None,
        description="Id of the channel for daily summaries; empty: that of incidents.",
    )
    fallback_channel_id: _Id = Field(
        default=None,
        description="Id of the channel to use while that of incidents is unreachable.",
    )
    threads: bool = Field(
        default=False,
        description="Whether each incident's card has a thread that keeps its story; "
        "the bot then also needs Create Public Threads and Send Messages in Threads.",
    )
    viewer_role_ids: _Ids = Field(
        default=(),
        description="Ids of the roles whose members may look at jobs and incidents; "
        "empty: everybody in the server.",
    )
    operator_role_ids: _Ids = Field(
        default=(),
        description="Ids of the roles whose members may acknowledge, mute and run.",
    )
    admin_role_ids: _Ids = Field(
        default=(),
        description="Ids of the roles whose members may do everything; empty: whoever "
        "may manage the guild.",
    )


class Api(Section):
    """What opens the HTTP API, and ping URLs by slug."""

    key: _Key = Field(
        default=None,
        description="Opens all of the HTTP API, a secret of at least 16 characters; "
        "empty: only keys of `cronitor key add` do.",
    )
    readonly_key: _Key = Field(
        default=None,
        description="Opens what only reads, a secret of at least 16 characters.",
    )
    ping_key: _PingKey = Field(
        default=None,
        description="Stands in ping URLs by slug, a secret of at least 16 letters, "
        "digits, - and _; empty: one is made.",
    )

    @field_validator("readonly_key", "ping_key")
    @classmethod
    def _check_differs(
        cls, value: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        for name, other in info.data.items():
            if value is not None and value == other:
                raise ValueError(f"must differ from {name} (make another)")
        return value


class Notify(Section):
    """Where notifications go, beside the log and Discord, and when they are silent."""

    webhook_url: _WebhookUrl = Field(
        default=None,
        description="Notifications are posted here as JSON, a secret; empty: nowhere.",
    )
    webhook_secret: _Key = Field(
        default=None,
        description="Signs what is posted, a secret of at least 16 characters; empty: "
        "one is made.",
    )
    quiet_hours: _QuietHours = Field(
        default=None,
        description="Nothing but what is critical makes a sound then, such as "
        "22:00-07:00; it sounds once after; empty: never.",
    )
    quiet_days: _Weekdays = Field(
        default=(),
        description="Days on which quiet hours begin, such as mon, tue; empty: all.",
    )
    group_wait: _Waits = Field(
        default=(),
        description="How long new incidents of jobs with a tag wait for others before "
        "they are posted, such as db=30s; what recovers meanwhile is never posted; "
        "empty: not at all.",
    )
    timezone: _Zone = Field(
        default="UTC",
        description="Time zone of the quiet hours, such as Europe/Berlin.",
    )


class Escalation(Section):
    """Who is called when nobody acknowledges an incident that was heard."""

    rounds: _Rounds = Field(
        default=2,
        description="How often the steps are gone through, from 1 to 10.",
    )
    repeat_after: _RepeatAfter = Field(
        default=timedelta(hours=1),
        description="How long after the first sound of a round the next one begins.",
    )
    steps: _Steps = Field(
        default=(),
        description="Steps, such as critical 10m role:123, tag:db 30m dm:456 fallback: "
        "for whom (a severity, tag:NAME, or all), after how long, and whom to call in "
        "Discord (role:, user:, dm: with an id, or fallback); empty: nobody.",
    )

    @field_validator("steps")
    @classmethod
    def _fit_together(
        cls, value: tuple[str, ...], info: ValidationInfo
    ) -> tuple[str, ...]:
        """What is wrong with the other two is said of them."""
        if len(info.data) == 2:
            rounds, repeat_after = info.data["rounds"], info.data["repeat_after"]
            escalation_texts.rules(value, rounds, repeat_after)
        return value


class Watch(Section):
    """Who watches Cronitor: an outward heartbeat to something elsewhere."""

    heartbeat_url: _WebhookUrl = Field(
        default=None,
        description="Posted to while all is well, and with /fail at its end when it is "
        "not: a ping URL of another Cronitor or of Healthchecks, a secret; empty: "
        "nowhere.",
    )
    heartbeat_every: _HeartbeatEvery = Field(
        default=timedelta(minutes=1),
        description="How often it is posted to, from 10s to 1h.",
    )


class Runs(Section):
    """Jobs of kind command, which this server runs."""

    max_parallel: _Places = Field(
        default=50,
        description="Runs that go on at the same time, of all jobs together; 0: "
        "nothing is run here.",
    )
    output_limit: _Bytes = Field(
        default=1_000_000,
        description="Bytes of the output of a run that are kept, from its head and its "
        "tail.",
    )
    outputs_mb: _OutputsMb = Field(
        default=1000,
        description="Megabytes that the stored outputs of all runs may take together; "
        "the oldest go first, and of each job the newest failure stays.",
    )
    drain: _Drain = Field(
        default=timedelta(),
        description="How long a stop of the server waits for runs that go on.",
    )
    at_stop: _AtStop = Field(
        default="leave",
        description="leave: runs that go on after that outlive the server, and are "
        "found again at the next start; end: they are ended, as cancelled.",
    )


class Log(Section):
    """What the server says about itself."""

    format: _Format = Field(
        default="plain",
        description="plain: lines for people; json: one object a line.",
    )
    level: _Level = Field(
        default="info",
        description="The least that is written: debug, info, warning or error.",
    )


class Jobs(Section):
    """Jobs that are declared in files."""

    files: _Paths = Field(
        default=(),
        description="Files with [[job]] tables that are applied at the start and again "
        "at SIGHUP; relative to config.toml.",
    )
