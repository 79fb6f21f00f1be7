"""What the supervisor knows of all ids, in memory and in its journal."""

from collections.abc import Iterable
from itertools import groupby

from bot.executors import journal
from bot.executors.journal import Journal, Record, Syncer
from bot.executors.recovery import Recalled
from bot.executors.supervised import Run
from bot.executors.wire import Message

#: how soon a disk that was full is tried again
RETRY_S = 1.0
#: for so long an id that was forgotten is refused: longer than daily backups are kept,
#: since a server that goes on with an older database asks for the same runs again
REFUSED_US = 8 * 24 * 3600 * 1_000_000
#: and so many of them, the newest: about 200 bytes of memory for each
REFUSED = 20_000
#: those of an hour share a line of a journal that is written anew
_HOUR_US = 3600 * 1_000_000


class Ledger:
    """Ids that were seen, and the last word on those that are over.

    What the disk does not take waits, and is tried again; only an id must be on disk
    before anything is done for it.
    """

    def __init__(self, path: str, boot: str) -> None:
        #: reports by id
        self.ended: dict[str, Message] = {}
        self._begun: dict[str, Record] = {}
        #: when they were forgotten, the oldest first
        self._gone: dict[str, int] = {}
        self._boot = boot
        self._journal = Journal(path)
        self._syncer: Syncer | None = None
        self._waiting: list[Record] = []
        self._retry_at = 0.0

    @property
    def is_behind(self) -> bool:
        """Whether something is not on disk."""
        return bool(self._waiting)

    def knows(self, run_id: str) -> bool:
        """Whether it was seen, as far as that is remembered."""
        return any(run_id in known for known in (self._begun, self.ended, self._gone))

    def open(self, recalled: Recalled, at_us: int) -> None:
        """Begin with what is known; OSError: it cannot be written."""
        self.ended |= recalled.ended
        self._begun |= recalled.begun
        gone = self._gone | recalled.gone
        self._gone = dict(sorted(gone.items(), key=lambda each: each[1]))
        self._let_go(at_us)
        self._journal.open(self._everything())

    def see(self, orders: Iterable[Message], at_us: int) -> None:
        """Take their ids for ever; OSError: none of them is taken."""
        records: list[Record] = [
            {
                "k": "seen",
                "id": order["id"],
                "at": at_us,
                "boot": self._boot,
                "limit": order["limit"],
                "masked": bool(order["masks"]),
            }
            for order in orders
        ]
        self._journal.write(records)
        self._begun |= {record["id"]: record for record in records}

    def unsee(self, ids: Iterable[str]) -> None:
        """Nothing was done for these, and nothing will be: they may come again."""
        known = [each for each in ids if self._begun.pop(each, None)]
        if known:
            self._waiting.append({"k": "unseen", "ids": known})

    def start(self, run: Run, pipe: int) -> None:
        """It has become a process; `Run.ends_at` outlives a supervisor, not a boot."""
        started = {
            "k": "started",
            "id": run.id,
            "pid": run.pid,
            "born": run.born,
            "at": run.started_us,
            "pipe": pipe,
            "ends_at": run.ends_at,
        }
        self._begun[run.id] |= started
        self._waiting.append(started)

    def end(self, report: Message) -> None:
        """The last word on it."""
        self._begun.pop(report["id"], None)
        self.ended[report["id"]] = report
        self._waiting.append({"k": "ended", "report": report})

    def forget(self, ids: Iterable[str], at_us: int) -> list[Message]:
        """The reports of those that have ended; no more than the ids is kept."""
        gone = [self.ended.pop(each) for each in ids if each in self.ended]
        if gone:
            names, hour_us = [x["id"] for x in gone], at_us - at_us % _HOUR_US
            self._waiting.append({"k": "gone", "ids": names, "at": hour_us})
            self._gone |= dict.fromkeys(names, hour_us)
            self._let_go(at_us)
        return gone

    def _let_go(self, at_us: int) -> None:
        """Of what was forgotten too long ago, and of what is too much."""
        spare = len(self._gone) - REFUSED
        old = []
        for n, (run_id, gone_us) in enumerate(self._gone.items()):
            if n >= spare and gone_us >= at_us - REFUSED_US:
                break
            old.append(run_id)
        for run_id in old:
            del self._gone[run_id]

    def commit(self, now: float) -> None:
        """Bring to disk what waits."""
        if not self._waiting or now < self._retry_at:
            return
        try:
            self._write()
        except OSError:
            self._retry_at = now + RETRY_S

    def _write(self) -> None:
        live = len(self.ended) + len(self._begun)
        self._journal.write(self._waiting)
        if self._journal.lines > journal.WORTH_IT + 4 * live:
            self._journal.open(self._everything())
        if any(record["k"] == "ended" for record in self._waiting):
            self._sync()
        self._waiting.clear()

    def _everything(self) -> Iterable[Record]:
        yield from self._begun.values()
        yield from ({"k": "ended", "report": x} for x in self.ended.values())
        for at_us, gone in groupby(self._gone.items(), key=lambda each: each[1]):
            yield {"k": "gone", "ids": [run_id for run_id, _ in gone], "at": at_us}

    def _sync(self) -> None:
        if self._syncer is None:
            self._syncer = Syncer(self._journal.path)
        self._syncer.soon()
