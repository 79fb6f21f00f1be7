"""`cronitor ping`: report for a job by hand or from a script on this machine."""

from base64 import b64encode
from typing import IO, Any

import click

from bot.cli import options, output, text
from bot.cli.client import segment
from bot.cli.groups import Command

#: bytes of a body that are sent
_SENT_BODY = 500_000
_PIECE = 65_536
_SUFFIXES = ("start", "fail", "log")


@click.command(cls=Command)
@options.job_argument
@click.option("--start", is_flag=True, help="It has started.")
@click.option("--fail", is_flag=True, help="It failed.")
@click.option("--log", is_flag=True, help="Record this; the state stays as it is.")
@click.option(
    "--exit-status",
    type=click.IntRange(0, 255),
    metavar="N",
    help="It ended with this: 0 is success, anything else a failure.",
)
@click.option("--rid", metavar="UUID", help="Run id: pairs a start with its end.")
@click.option(
    "--event", metavar="UUID", help="It was kept for later, and counts once under this."
)
@click.option(
    "--at", metavar="TIME", help="When it was about: RFC 3339, or seconds since 1970."
)
@click.option(
    "--body-file",
    type=click.File("rb"),
    metavar="FILE",
    help="Keep this with the ping, such as the job's output; - is standard input.",
)
@options.as_json
@options.reaches_server
def ping(
    slug: str,
    exit_status: int | None,
    rid: str | None,
    event: str | None,
    at: str | None,
    body_file: IO[bytes] | None,
    as_json: bool,
    **suffixes: bool,
) -> None:
    """Report for a job.

    Success, unless an option says otherwise.

    \b
    Examples:
      cronitor ping backup
      cronitor ping backup --exit-status $?
      backup 2>&1 | cronitor ping backup --log --body-file -
      cronitor ping backup --event "$(uuidgen)" --at 2026-11-23T03:04:00Z

    Next: `cronitor job show JOB` shows what became of it. From another machine,
    the job fetches its ping URL instead.
    """
    said = [suffix for suffix in _SUFFIXES if suffixes[suffix]]
    if len(said) + (exit_status is not None) > 1:
        names = "--start, --fail, --log and --exit-status"
        raise click.UsageError(f"{names} exclude each other; keep one")
    body: dict[str, Any] = {
        "kind": _kind(said, exit_status),
        "exit_status": exit_status,
        "rid": rid,
        "event": event,
        "at": at,
    }
    if body_file is not None:
        body["body_b64"] = b64encode(_kept(body_file)).decode()
    answer = options.client().post(f"/v1/jobs/{segment(slug)}/ping", body)
    if as_json:
        output.print_json(answer)
        return
    reason = text.visible(answer.get("reason") or "")
    output.say(f"{slug}: recorded {answer['kind']}{f' ({reason})' if reason else ''}")


def _kept(file: IO[bytes]) -> bytes:
    """Head and tail, as much as goes into a request; the server keeps less anyway."""
    from bot.core.pings import BodyKeeper

    keeper = BodyKeeper(_SENT_BODY)
    for piece in iter(lambda: file.read(_PIECE), b""):
        keeper.feed(piece)
    return keeper.body()


def _kind(said: list[str], exit_status: int | None) -> str:
    if said:
        return said[0]
    return "fail" if exit_status else "success"
