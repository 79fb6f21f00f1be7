"""What Cronitor runs: the part of a definition that only jobs of kind command have."""

from dataclasses import dataclass
from datetime import timedelta

from bot.core.kinds import After, CatchUp, Overlap
from bot.core.roles import Grade

#: how long a run may take unless its job says otherwise
TIMEOUT = timedelta(hours=24)
#: the first wait before another attempt, and the longest (SEMANTICS, section 6)
RETRY_BASE = timedelta(seconds=30)
RETRY_CAP = timedelta(minutes=15)
#: a due that is older is not caught up on; None in the definition: the period, if less
CATCH_UP_WINDOW = timedelta(hours=1)
#: how long what is watched must be left alone before its change counts as over
WATCH_SETTLE = timedelta(seconds=2)


@dataclass(frozen=True, slots=True, kw_only=True)
class Param:
    """What whoever triggers a run may choose; it arrives as CRONITOR_ARG_<NAME>."""

    name: str
    choices: tuple[str, ...]
    #: the one that a schedule takes; one of the choices
    default: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Expect:
    """What a run must have produced; one that ends well without it has failed."""

    #: a file that must have been written since the run began
    file: str = ""
    #: a regular expression that the output must match somewhere
    pattern: str = ""
    #: a regular expression whose first group is a number of items, and the least of it
    count: str = ""
    at_least: int = 1

    def __bool__(self) -> bool:
        """Whether anything is expected."""
        return bool(self.file or self.pattern or self.count)


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """What the system holds a run to; None: what Cronitor itself has."""

    umask: int | None = None
    nice: int | None = None
    #: bytes of address space of each process
    memory: int | None = None
    #: seconds of processor time of each process
    cpu: timedelta | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Follows:
    """Another job, and what has to become of its run."""

    slug: str
    after: After = After.SUCCESS

    def __str__(self) -> str:
        """As it is written: `extract`, `load:failure`."""
        return (
            self.slug
            if self.after is After.SUCCESS
            else f"{self.slug}:{self.after.value}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Webhook:
    """Who may start it by a request from outside, beyond knowing the address."""

    #: a file with the secret that bodies are signed with, as GitHub does it
    secret_file: str = ""
    #: a file with a token that comes with the request, as GitLab does it
    token_file: str = ""
    #: what the sender calls the events that count; empty: all of them
    events: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What is run, how, and what becomes of its result."""

    #: the program and its arguments; with `shell` one text for /bin/sh
    argv: tuple[str, ...]
    shell: bool = False
    cwd: str = ""
    #: only root may run as somebody else
    user: str = ""
    env: tuple[tuple[str, str], ...] = ()
    #: a file with NAME=value lines, read at each start
    env_from_file: str = ""
    #: variables, and the files that hold their values, which are masked everywhere
    secrets: tuple[tuple[str, str], ...] = ()
    limits: Limits = Limits()
    timeout: timedelta = TIMEOUT
    #: further attempts after a failure
    retries: int = 0
    retry_base: timedelta = RETRY_BASE
    retry_cap: timedelta = RETRY_CAP
    #: exit codes after which it is tried again; empty: every failure
    retry_exit_codes: tuple[int, ...] = ()
    success_exit_codes: tuple[int, ...] = (0,)
    #: it may be run again when nobody knows whether it has run: once without retries
    idempotent: bool = False
    overlap: Overlap = Overlap.SKIP
    max_parallel: int = 1
    catch_up: CatchUp = CatchUp.LATEST
    catch_up_window: timedelta | None = None
    #: what waits for a free place is started by this, the highest first
    priority: int = 0
    params: tuple[Param, ...] = ()
    #: who may start it by hand; None: nobody
    allow_trigger: Grade | None = Grade.OPERATOR
    expect: Expect = Expect()
    after: tuple[Follows, ...] = ()
    #: it is run once whenever Cronitor starts
    on_start: bool = False
    #: files and folders whose change starts it
    watch: tuple[str, ...] = ()
    watch_settle: timedelta = WATCH_SETTLE
    #: None: no request from outside starts it
    webhook: Webhook | None = None

    @property
    def text(self) -> str:
        """The command as a person reads it; never fed to a shell."""
        return self.argv[0] if self.shell else " ".join(map(_quoted, self.argv))


def _quoted(word: str) -> str:
    plain = word and all(each.isalnum() or each in "-_./=:,@%+" for each in word)
    return word if plain else "'" + word.replace("'", "'\\''") + "'"
