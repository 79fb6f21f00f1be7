"""What `cronitor exec` was asked to do, read without a slow parser."""

#: bytes of the output that go with the report of the end
OUTPUT_LIMIT = 10_000
#: more than the server keeps, and as much as a report over the Unix socket may hold
MOST_OUTPUT = 500_000
_DIGITS = 6


class Order:
    """One command line of `cronitor exec`."""

    __slots__ = ("command", "create", "data_dir", "job", "output_limit", "quiet")

    def __init__(
        self,
        job: str,
        command: list[str],
        *,
        create: bool = False,
        quiet: bool = False,
        output_limit: int | None = None,
        data_dir: str | None = None,
    ) -> None:
        self.job = job
        self.command = command
        self.create = create
        self.quiet = quiet
        #: None: as client.toml has it
        self.output_limit = output_limit
        #: None: as the environment has it
        self.data_dir = data_dir


def read(args: list[str]) -> Order | None:
    """`[OPTIONS] JOB [OPTIONS] -- COMMAND...`; None: written in another way."""
    if "--" not in args:
        return None
    split = args.index("--")
    given, command = args[:split], args[split + 1 :]
    jobs: list[str] = []
    order = Order("", command)
    while given:
        word = given.pop(0)
        if not word.startswith("-"):
            jobs.append(word)
        elif not _takes(order, word, given):
            return None
    if len(jobs) != 1 or not jobs[0] or not command:
        return None
    order.job = jobs[0]
    return order


def _takes(order: Order, word: str, following: list[str]) -> bool:
    """Whether the option is one of ours, and plainly written."""
    if word == "--create":
        order.create = True
    elif word == "--quiet":
        order.quiet = True
    elif word == "--no-output":
        order.output_limit = 0
    elif word == "--output-limit" and following:
        order.output_limit = limit(following.pop(0))
        return order.output_limit is not None
    else:
        return False
    return True


def limit(text: str) -> int | None:
    """Bytes of output to keep; None: no number, or more than may be kept."""
    if not (text.isascii() and text.isdigit()) or len(text) > _DIGITS:
        return None
    number = int(text)
    return number if number <= MOST_OUTPUT else None
