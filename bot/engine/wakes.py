"""Who must be woken by a write: loops sleep until their next moment or until told."""

import asyncio
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Next:
    """What a write leaves to do, and when; handed to `Wakes.after` once committed."""

    #: the first deadline that it armed
    wake_at: datetime | None = None
    #: the first moment at which an incident asks what may sound
    review_at: datetime | None = None
    #: something is to be said
    tells: bool = False
    #: the first due of a job that Cronitor runs
    due_at: datetime | None = None
    #: runs wait for their turn, or are to be ended
    runs: bool = False
    #: a job watches files, does so no more, or watches others
    watches: bool = False


NOTHING = Next()


def merged(first: Next, second: Next) -> Next:
    """What two writes leave to do."""
    wakes, reviews, dues = (
        [at for at in pair if at is not None]
        for pair in (
            (first.wake_at, second.wake_at),
            (first.review_at, second.review_at),
            (first.due_at, second.due_at),
        )
    )
    return Next(
        wake_at=min(wakes, default=None),
        review_at=min(reviews, default=None),
        tells=first.tells or second.tells,
        due_at=min(dues, default=None),
        runs=first.runs or second.runs,
        watches=first.watches or second.watches,
    )


class Alarm:
    """One loop's next moment; setting an earlier one wakes the loop."""

    def __init__(self) -> None:
        self.event = asyncio.Event()
        #: what the loop sleeps for; None: until told
        self.at: datetime | None = None

    def earlier(self, at: datetime | None) -> None:
        """Wake the loop if it would sleep past `at`."""
        if at is not None and (self.at is None or at < self.at):
            self.at = at
            self.event.set()


class Wakes:
    """The alarms of all loops."""

    def __init__(self) -> None:
        self.deadlines = Alarm()
        self.reviews = Alarm()
        #: dues of jobs that Cronitor runs
        self.dues = Alarm()
        #: runs that wait for their turn, or are to be ended
        self.runs = Alarm()
        #: files that jobs watch
        self.watches = asyncio.Event()
        #: runs that have begun or are over, as far as the executor has said
        self.ends = Alarm()
        #: one for each place that notifications go to, by its name
        self.channels: dict[str, Alarm] = {}
        #: what is kept too long is removed
        self.retention = Alarm()
        #: outputs of runs that are too much together are removed
        self.outputs = Alarm()
        #: there are new ones; a start does not know
        self.outputs_grew = True
        #: the disk is full: do so sooner than usual
        self.room_is_wanted = False

    def output_stored(self) -> None:
        """A run has left output."""
        if not self.outputs_grew:
            self.outputs_grew = True
            self.outputs.event.set()

    def full_disk(self) -> None:
        """There is no room: remove at once what need not be kept."""
        self.room_is_wanted = True
        self.retention.event.set()

    def after(self, following: Next) -> None:
        """A write was committed: wake whom it concerns."""
        self.deadlines.earlier(following.wake_at)
        self.reviews.earlier(following.review_at)
        self.dues.earlier(following.due_at)
        if following.runs:
            self.runs.event.set()
        if following.watches:
            self.watches.set()
        if following.tells:
            for alarm in self.channels.values():
                alarm.event.set()
