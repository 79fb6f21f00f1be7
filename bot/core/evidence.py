"""What is known of a failed run beside its exit code, in sentences for a person."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from bot.core import durations
from bot.core.executions import Execution

#: less of the disk than this is worth a word whatever the run did
LITTLE_DISK = 0.05
LITTLE_MEMORY = 0.1
_UNITS = ("B", "kB", "MB", "GB", "TB")


@dataclass(frozen=True, slots=True, kw_only=True)
class Scene:
    """All that is known of the newest attempt that ended badly."""

    execution: Execution
    #: what it took and what its machine was like, by the names of `machine` and of the
    #: executor
    measured: Mapping[str, object]
    #: how long its runs usually take
    usual: timedelta | None = None
    #: the last run that ended well
    last_good: Execution | None = None
    #: the last change of the definition, who made it, and which fields
    changed_at: datetime | None = None
    changed_by: str = ""
    changed: tuple[str, ...] = ()


def sentences(scene: Scene) -> tuple[str, ...]:
    """What a person who was called at night wants to know first."""
    return tuple(_sentences(scene))


def _sentences(scene: Scene) -> Iterator[str]:
    yield from _duration(scene)
    yield from _usage(scene.measured)
    yield from _machine(scene.measured)
    error = scene.measured.get("output_error")
    if error:
        yield f"Some of its output is missing: {error}."
    good = scene.last_good
    if good is not None and good.ended_at is not None:
        yield f"It ended well last at {_at(good.ended_at)}."
        if scene.changed_at is not None and scene.changed_at > good.ended_at:
            what = ", ".join(scene.changed) or "something"
            yield (
                f"Since then {what} was changed by {scene.changed_by}"
                f" ({_at(scene.changed_at)})."
            )
    else:
        yield "It has not ended well yet."


def _duration(scene: Scene) -> Iterator[str]:
    begun, ended = scene.execution.started_at, scene.execution.ended_at
    if begun is None or ended is None:
        return
    took = durations.about(ended - begun)
    if scene.usual is None:
        yield f"It ran for {took}."
    else:
        yield f"It ran for {took}; usually {durations.about(scene.usual)}."


def _usage(measured: Mapping[str, object]) -> Iterator[str]:
    rss = _number(measured, "max_rss_bytes")
    user, system = _number(measured, "user_s"), _number(measured, "system_s")
    if rss is not None and user is not None and system is not None:
        cpu = durations.about(timedelta(seconds=user + system))
        yield f"It took {size(rss)} of memory at most, and {cpu} of processor time."


def _machine(measured: Mapping[str, object]) -> Iterator[str]:
    load, cores = _number(measured, "load"), _number(measured, "cores")
    if load is not None and cores is not None:
        yield f"The load of the machine was {load:.1f} on {cores:.0f} cores."
    for what, name, little in (
        ("memory", "memory", LITTLE_MEMORY),
        ("disk", "disk", LITTLE_DISK),
    ):
        free = _number(measured, f"{name}_free_bytes")
        total = _number(measured, f"{name}_bytes")
        if free is None or not total:
            continue
        warning = ": that is little" if free < little * total else ""
        yield f"{size(free)} of {size(total)} of {what} were free{warning}."


def _number(measured: Mapping[str, object], name: str) -> float | None:
    value = measured.get(name)
    return float(value) if isinstance(value, int | float) else None


def _at(moment: datetime) -> str:
    return f"{moment:%Y-%m-%d %H:%M} UTC"


def size(count: float) -> str:
    """Bytes for a person: `3.2 GB`."""
    for unit in _UNITS[:-1]:
        if count < 1000:
            return f"{count:.0f} {unit}" if unit == "B" else f"{count:.1f} {unit}"
        count /= 1000
    return f"{count:.1f} {_UNITS[-1]}"
