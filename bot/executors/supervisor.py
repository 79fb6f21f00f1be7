"""The supervisor: one small process that outlives Cronitor and keeps its runs.

One thread, one selector, plain files: no asyncio, so that it is small, starts fast and
has little that can go wrong. What it knows is in its journal; who connects asks for all
of it, and is told from then on what changes.
"""

import os
import selectors
import signal
import socket
import traceback
from collections import deque
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from bot.clock import Clock
from bot.executors import orders, outputs, processes, recovery, spawning, wire
from bot.executors.captures import Captures
from bot.executors.clients import Client, Clients
from bot.executors.killing import Killings
from bot.executors.ledger import Ledger
from bot.executors.neighbourhood import Neighbourhood
from bot.executors.orders import Batch
from bot.executors.spawning import CouldNotStart
from bot.executors.supervised import (
    CANCELLED,
    COULD_NOT_START,
    ENDED,
    LOST,
    RUNNING,
    TIMED_OUT,
    WAITING,
    Run,
)
from bot.executors.timers import Timers
from bot.executors.wire import Message

#: so many are started before it is looked what else there is to do
SLICE = 16
#: how long output is taken after the exit from whoever still holds the pipe
DRAIN_S = 0.5
TICK_S = 1.0
SIGN_OF_LIFE_S = 5.0
#: what runs are given when the supervisor itself is told to stop
STOP_GRACE_S = 10.0
#: why nothing is started any more, for a person
STOPPING = "the supervisor of runs is being stopped"
_AFTER_A_FAULT_S = 0.1
_LOG_LIMIT = 1 << 20
#: it ignores them, and Popen gives them back to a child
_LEFT_TO_PYTHON = {signal.SIGPIPE, signal.SIGXFSZ}


class Supervisor:
    """All runs of one folder."""

    def __init__(
        self, folder: str, name: str, *, release: str, clock: Clock, idle_s: float
    ) -> None:
        path = os.path.join(folder, name)
        self._outputs = os.path.join(folder, wire.OUTPUTS)
        self._socket = f"{path}.sock"
        self._clock = clock
        self._idle_s = idle_s
        self._busy_at = self._told_at = clock.monotonic()
        self._is_over = self._is_stopping = False
        self._selector = selectors.DefaultSelector()
        self._timers = Timers()
        self._spawner = spawning.Spawner()
        self._killings = Killings(self._timers, clock.monotonic, self._swept)
        self._captures = Captures(
            self._selector, self._timers, clock, grew=self._grew, closed=self._settle
        )
        greeting = {"hello": wire.PROTOCOL, "release": release, "pid": os.getpid()}
        self._clients = Clients(self._selector, greeting, self._handle)
        self._ledger = Ledger(f"{path}.journal", clock.boot_id())
        self._neighbours = Neighbourhood(folder, name)
        self._runs: dict[str, Run] = {}
        self._by_pid: dict[int, Run] = {}
        self._queue: deque[tuple[Run, Message, Batch, int]] = deque()
        self._answers: list[Batch] = []
        self._news: list[Message] = []

    def open(self) -> None:
        """Find again what earlier ones have left, and take connections."""
        os.makedirs(self._outputs, mode=0o700, exist_ok=True)
        self._catch_signals()
        self._recall(self._neighbours.own())
        self._neighbours.look()
        self._inherit()
        self._ledger.commit(self._clock.monotonic())
        self._clients.listen(self._socket)
        self._timers.at(self._clock.monotonic() + TICK_S, self._tick)

    def run(self) -> None:
        """Until there is nothing to keep and nobody has asked for a while."""
        while not self._is_over:
            try:
                self.step()
            except Exception:  # a fault in one run must not cost the others
                if os.fstat(2).st_size < _LOG_LIMIT:
                    traceback.print_exc()
                self._selector.select(_AFTER_A_FAULT_S)
        self._clients.close()
        with suppress(FileNotFoundError):
            os.unlink(self._socket)

    def step(self) -> None:
        """Wait for something, and do what follows from it."""
        wait_s = 0.0 if self._queue else self._timers.wait_s(self._clock.monotonic())
        for key, mask in self._selector.select(wait_s):
            key.data(mask)
        self._timers.run(self._clock.monotonic())
        for _ in range(min(SLICE, len(self._queue))):
            self._start_one(*self._queue.popleft())
        self._ledger.commit(self._clock.monotonic())
        self._tell()

    # commands

    def _handle(self, client: Client, message: Message) -> None:
        number = message["n"]
        match message["do"]:
            case "start":
                self._start(client, number, message["orders"])
            case "cancel":
                known = self._cancel(message["ids"], message["grace_s"])
                self._clients.send(client, {"re": number, "known": known})
            case "list":
                runs = list(self._reports(message.get("ids")))
                self._clients.send(client, {"re": number, "runs": runs})
            case "forget":
                self._forget(message["ids"])
                self._clients.send(client, {"re": number})
            case "quit":
                self._is_over = self._is_over or not self._has_work()
                self._clients.send(client, {"re": number, "quits": self._is_over})
            case unknown:
                self._clients.send(client, {"re": number, "unknown": str(unknown)})

    def _start(self, client: Client, number: int, asked: list[Any]) -> None:
        batch = Batch(client, number, len(asked))
        fresh: dict[str, tuple[int, Message]] = {}
        for place, order in enumerate(asked):
            problem = orders.problem(order)
            if problem:
                batch.refuse(place, orders.INVALID, problem)
            elif self._is_stopping:
                batch.refuse(place, orders.NOT_RECORDED, STOPPING)
            elif order["id"] in fresh or self._knows(order["id"]):
                batch.refuse(place, orders.SEEN)
            else:
                fresh[order["id"]] = (place, order)
        try:
            self._ledger.see((x for _, x in fresh.values()), self._captures.now_us())
        except OSError as exc:
            for place, _ in fresh.values():
                batch.refuse(place, orders.NOT_RECORDED, exc.strerror or str(exc))
            fresh = {}
        for place, order in fresh.values():
            run = Run(
                order["id"],
                self._outputs,
                limit=order["limit"],
                masked=bool(order["masks"]),
            )
            self._runs[run.id] = run
            self._queue.append((run, order, batch, place))
        self._answer(batch)

    def _cancel(self, ids: list[str], grace_s: float) -> list[str]:
        known = [self._runs[each] for each in ids if each in self._runs]
        theirs = [
            run
            for each in ids
            if (run := self._killings.of(each) or self._neighbours.run(each))
            and each not in self._runs
        ]
        for run in known:
            if run.state == WAITING:
                run.why_ending = CANCELLED
        going = [x for x in known if x.pid and (x.why_ending or not x.is_over)]
        self._killings.begin([*going, *theirs], CANCELLED, grace_s)
        return [run.id for run in (*known, *theirs)]

    def _forget(self, ids: list[str]) -> None:
        at_us = self._captures.now_us()
        theirs = self._neighbours.forget(ids, at_us)
        for report in self._ledger.forget(ids, at_us) + theirs:
            if report["output"]:
                outputs.remove(os.path.join(self._outputs, report["id"]))

    def _reports(self, ids: list[str] | None) -> Iterator[Message]:
        wanted = None if ids is None else set(ids)
        for report in self._all_reports():
            if wanted is None or report["id"] in wanted:
                yield report

    def _all_reports(self) -> Iterator[Message]:
        yield from (run.report() for run in self._runs.values())
        yield from self._ledger.ended.values()
        for report in self._neighbours.reports():
            run = self._killings.of(report["id"])
            yield report if run is None else report | {"stopping": run.why_ending}

    def _knows(self, run_id: str) -> bool:
        here = run_id in self._runs or self._ledger.knows(run_id)
        return here or self._neighbours.knows(run_id)

    # from the order to the end

    def _start_one(self, run: Run, order: Message, batch: Batch, place: int) -> None:
        # before it can do anything: what it writes is not to look older
        at_us = self._captures.now_us()
        try:
            if run.why_ending:
                raise CouldNotStart("cancelled before it was started")
            child = self._spawner.spawn(order, run.mark)
        except CouldNotStart as exc:
            batch.refuse(place, COULD_NOT_START, str(exc))
            run.ended_us = self._captures.now_us()
            self._end(run, run.why_ending or COULD_NOT_START, str(exc))
        else:
            run.state, run.pid, run.reader = RUNNING, child.pid, child.reader
            run.born = processes.born(child.pid)
            run.started_us = at_us
            run.output = orders.output(order, self._outputs)
            self._by_pid[run.pid] = run
            self._captures.listen(run)
            if order["timeout"] is not None:
                run.ends_at = self._clock.monotonic() + order["timeout"]
            self._ledger.start(run, child.pipe)
            self._mind_timeout(run)
            batch.started(place, run.pid, run.started_us)
            self._news.append({"started": run.report()})
        self._answer(batch)

    def _mind_timeout(self, run: Run) -> None:
        if run.ends_at is not None:
            run.timer = self._timers.at(run.ends_at, lambda: self._time_out(run))

    def _time_out(self, run: Run) -> None:
        if not run.is_over:
            self._killings.begin([run], TIMED_OUT, STOP_GRACE_S)

    def _reap(self) -> None:
        while self._by_pid:
            try:
                pid, status, usage = os.wait4(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            run = self._by_pid.pop(pid, None)
            if run is not None:
                run.status, run.usage = status, usage
                self._over(run)

    def _over(self, run: Run) -> None:
        """Its process is gone."""
        run.ended_us = self._captures.now_us()
        if run.timer is not None:
            run.timer.cancel()
        self._captures.read_rest(run)
        if run.reader >= 0:
            run.drain_until = self._clock.monotonic() + DRAIN_S
            self._timers.at(run.drain_until, lambda: self._settle(run))
        self._killings.main_ended(run)
        self._settle(run)

    def _swept(self, run: Run) -> None:
        if run.state == LOST and run.id in self._runs:
            self._lose(run)
        self._settle(run)

    def _settle(self, run: Run) -> None:
        """It is over when its process is, nothing is left, and its output is in."""
        is_swept = run.swept or not run.why_ending
        is_read = run.reader < 0 or self._clock.monotonic() >= run.drain_until
        if run.id in self._runs and run.is_over and is_swept and is_read:
            self._end(run, run.why_ending or run.usual_ending())

    def _end(self, run: Run, ending: str, reason: str = "") -> None:
        if run.state != ENDED:
            self._captures.end(run)
            report = run.end(ending, reason)
            run.output = None
            del self._runs[run.id]
            self._ledger.end(report)
            self._news.append({"ended": report})

    # what others have left

    def _recall(self, recalled: recovery.Recalled) -> None:
        """Their runs are ours now."""
        self._ledger.open(recalled, self._captures.now_us())
        boot = self._clock.boot_id()
        there, gone = recovery.judge(recalled.begun, self._outputs, boot)
        for run in (*there, *gone):
            self._runs[run.id] = run
            if run.reader >= 0:
                self._captures.listen(run)
        for run in there:
            self._mind_timeout(run)
        for run in gone:
            self._lose(run)

    def _lose(self, run: Run) -> None:
        run.is_gone = True
        self._over(run)

    def _inherit(self) -> None:
        with self._neighbours.gone() as left:
            for neighbour in left:
                self._recall(neighbour.inherit())
                neighbour.remove()

    # now and then

    def _tick(self) -> None:
        now = self._clock.monotonic()
        self._timers.at(now + TICK_S, self._tick)
        for run in [run for run in self._runs.values() if run.state == LOST]:
            if not run.is_over and not run.why_ending and not recovery.is_there(run):
                self._lose(run)
        # somebody may have removed the folder under us
        if os.path.isdir(self._outputs):
            self._news += [{"ended": report} for report in self._neighbours.look()]
            self._inherit()
        if now >= self._told_at + SIGN_OF_LIFE_S:
            self._told_at = now
            self._news.append({"alive": True})
        if self._clients or self._has_work():
            self._busy_at = now
        idle = now >= self._busy_at + self._idle_s
        self._is_over |= idle or (self._is_stopping and not self._runs)

    def _has_work(self) -> bool:
        return bool(self._runs or self._captures.holds_any or self._ledger.is_behind)

    def _grew(self, sizes: dict[str, int]) -> None:
        self._news.append({"grew": sizes})

    def _answer(self, batch: Batch) -> None:
        if batch.is_complete:
            self._answers.append(batch)

    def _tell(self) -> None:
        """After it stands in the journal."""
        news, self._news = self._news, []
        if news:
            self._clients.tell_all({"news": news})
        answers, self._answers = self._answers, []
        for batch in answers:
            self._clients.send(batch.client, batch.message())

    def _catch_signals(self) -> None:
        """None is ignored, since children would inherit that."""
        reading, writing = socket.socketpair()
        for end in (reading, writing):
            end.setblocking(False)
        signal.set_wakeup_fd(writing.fileno(), warn_on_full_buffer=False)
        self._wakeup = reading, writing
        self._selector.register(
            reading, selectors.EVENT_READ, lambda _: self._signalled()
        )
        signal.pthread_sigmask(signal.SIG_SETMASK, [])
        for number in signal.valid_signals() - _LEFT_TO_PYTHON:
            if signal.getsignal(number) is signal.SIG_IGN:
                signal.signal(number, signal.SIG_DFL)
        for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, lambda *_: None)

    def _signalled(self) -> None:
        numbers = self._wakeup[0].recv(4096)
        self._reap()
        if signal.SIGTERM in numbers and not self._is_stopping:
            self._stop()

    def _stop(self) -> None:
        """End all runs; what is no process yet is for the next supervisor."""
        self._is_stopping = True
        queue, self._queue = self._queue, deque()
        self._ledger.unsee([run.id for run, *_ in queue])
        for run, _, batch, place in queue:
            del self._runs[run.id]
            batch.refuse(place, orders.NOT_RECORDED, STOPPING)
            self._answer(batch)
        for run in self._runs.values():
            run.reason = run.reason or "the supervisor of runs was told to stop"
        self._cancel(list(self._runs), STOP_GRACE_S)
