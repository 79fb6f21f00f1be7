"""Everything that a face (web, CLI, Discord) may call, and the loops behind it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, TypedDict

from bot.clock import Clock, SteadyClock
from bot.core import summary_dues
from bot.core.silencers import ALWAYS, SoundRules
from bot.core.summary_dues import SummaryPlan
from bot.engine import loops, reviews
from bot.engine.backups import BackupPlan
from bot.engine.blind_times import BlindTimes
from bot.engine.cards import CardDeliverer
from bot.engine.choices import Choices
from bot.engine.context import Context
from bot.engine.effects import Places
from bot.engine.faults import Faults
from bot.engine.health import Health
from bot.engine.hooks import Hooks
from bot.engine.incidents import Incidents
from bot.engine.isolation import Receiver
from bot.engine.jobs import Jobs, PingUrls
from bot.engine.keys import ApiKeys
from bot.engine.ledger import Ledger
from bot.engine.link import Link
from bot.engine.loop import Loop
from bot.engine.maintenance import Maintenance
from bot.engine.mutes import Mutes
from bot.engine.notifications import Notifier
from bot.engine.outward import HeartbeatPlan
from bot.engine.payloads import Payloads
from bot.engine.ping_keys import PingKeys
from bot.engine.pings import Pings
from bot.engine.pulse import Pulse
from bot.engine.readiness import Readiness
from bot.engine.reads import Reads
from bot.engine.retention import Keep
from bot.engine.runner import Runner, RunPlan
from bot.engine.runs import Runs
from bot.engine.silencers import Surroundings
from bot.engine.store import Store, generated, restored_at, tell_restored
from bot.engine.storm_actions import Storms
from bot.engine.summaries import Summaries
from bot.engine.triggers import Triggers
from bot.engine.wakes import Wakes
from bot.engine.watches import Watches
from bot.notifiers.base import CardPlace
from storage.database import Database


class Causes(NamedTuple):
    """What starts runs beside schedules and people."""

    triggers: Triggers
    watches: Watches
    hooks: Hooks


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases by noun, and the loops that must run beside them."""

    jobs: Jobs
    pings: Pings
    incidents: Incidents
    storms: Storms
    mutes: Mutes
    maintenance: Maintenance
    runs: Runs
    causes: Causes
    reads: Reads
    store: Store
    health: Health
    keys: ApiKeys
    #: None: the ping key is nobody's business here
    ping_keys: PingKeys | None
    readiness: Readiness
    link: Link
    pulse: Pulse
    blind_times: BlindTimes
    summaries: Summaries
    #: what brings cards up to date, by the name of its place
    cards: Mapping[str, CardDeliverer]
    #: channels and roles of Discord
    choices: Choices
    loops: tuple[Loop, ...]


async def build(
    db: Database,
    *,
    clock: Clock,
    notifiers: Sequence[Notifier],
    card_places: Sequence[CardPlace] = (),
    ping_urls: PingUrls,
    rate_limit: float,
    version: str,
    backups: BackupPlan | None = None,
    keep: Keep | None = None,
    ping_keys: PingKeys | None = None,
    heartbeat: HeartbeatPlan | None = None,
    sound_rules: SoundRules = ALWAYS,
    runs: RunPlan | None = None,
    summaries: SummaryPlan = summary_dues.NOTHING,
    choices: Choices | None = None,
) -> Services:
    """Put the engine together; `db` must be running, and the caller runs the loops."""
    health, link, names = Health(), Link(clock), _names(notifiers, card_places)
    pulse, context = await _context(db, clock, names, health, sound_rules)
    faults, readiness, receiver = await _faults(context, health, link)
    blind_times, cards = BlindTimes(context), await _all_cards(context, card_places)
    reports = Summaries(context, summaries)
    runner, causes, of_causes = await _running(context, health, runs, rate_limit)
    started = (
        *loops.of_jobs(context, pulse, blind_times, receiver),
        *(*of_causes, *loops.of_reports(context, reports)),
        *loops.of_store(context, faults, health, backups, keep or Keep()),
        *loops.of_places(context, notifiers, cards),
        *loops.of_watch(context, readiness, health, link, heartbeat),
    )
    return Services(
        jobs=Jobs(context, ping_urls),
        pings=Pings(context, rate_limit=rate_limit, runs=runs is not None),
        **_by_hand(context),
        runs=Runs(context, runs, runner),
        causes=causes,
        reads=Reads(context, link, ping_urls=ping_urls, version=version),
        store=Store(context, readiness),
        health=health,
        readiness=readiness.watching(started),
        keys=await _keys(context),
        ping_keys=ping_keys,
        link=link,
        pulse=pulse,
        blind_times=blind_times,
        **await _shown(reports, cards, choices or Choices(db, clock)),
        loops=started,
    )


class _ByHand(TypedDict):
    """The use-cases of people who look after incidents."""

    incidents: Incidents
    storms: Storms
    mutes: Mutes
    maintenance: Maintenance


def _by_hand(context: Context) -> _ByHand:
    return {
        "incidents": Incidents(context),
        "storms": Storms(context),
        "mutes": Mutes(context),
        "maintenance": Maintenance(context),
    }


def _names(notifiers: Sequence[Notifier], places: Sequence[CardPlace]) -> Places:
    return Places(
        channels=tuple(notifier.name for notifier in notifiers),
        cards=tuple(place.name for place in places if place.channels),
        reports=tuple(
            place.name
            for place in places
            if place.summaries is not None and not place.channels
        ),
    )


class _Shown(TypedDict):
    """What is shown in places, and what people have chosen of these."""

    summaries: Summaries
    cards: Mapping[str, CardDeliverer]
    choices: Choices


async def _shown(
    reports: Summaries, cards: Mapping[str, CardDeliverer], choices: Choices
) -> _Shown:
    """Choices are known, and cards follow them."""
    await choices.open()
    for deliverer in cards.values():
        choices.feeds(deliverer)
    return {"summaries": reports, "cards": cards, "choices": choices}


async def _receiver(context: Context, health: Health, link: Link) -> Receiver:
    """What notices that nothing arrives, and knows what it had noticed before."""
    receiver = Receiver(context, health, link)
    await context.db.read(receiver.open)
    return receiver


async def _keys(context: Context) -> ApiKeys:
    """The keys of the API, known from the start."""
    keys = ApiKeys(context)
    await context.db.read(keys.open)
    return keys


async def _running(
    context: Context, health: Health, plan: RunPlan | None, rate: float
) -> tuple[Runner | None, Causes, list[Loop]]:
    """What runs things, and what starts them."""
    since = await context.db.read(restored_at)
    runner = None if plan is None else Runner(context, plan, health, since)
    triggers = Triggers(context, runner)
    folder = None if plan is None else plan.payloads
    payloads = None if folder is None else Payloads(context, folder)
    hooks = Hooks(context, triggers, payloads, rate_limit=rate)
    watches = Watches(context, triggers)
    looping = loops.of_runs(context, runner, plan)
    looping += loops.of_causes(context, triggers, watches, payloads)
    return runner, Causes(triggers, watches, hooks), looping


async def _context(
    db: Database, clock: Clock, places: Places, health: Health, rules: SoundRules
) -> tuple[Pulse, Context]:
    """What all use-cases share, and what notices when time was lost."""
    steady, surroundings = SteadyClock(clock), Surroundings(rules)
    pulse = Pulse(db, steady, health)
    await pulse.open()
    ledger = Ledger(places, pulse, surroundings)
    await db.read(ledger.open)
    db.when_undone(ledger.memory.forget)
    context = Context(
        db=db,
        ledger=ledger,
        clock=steady,
        wakes=Wakes(),
        surroundings=surroundings,
    )
    await reviews.note_rules(context, rules)
    return pulse, context


async def _faults(
    context: Context, health: Health, link: Link
) -> tuple[Faults, Readiness, Receiver]:
    """What watches the store and the receiver; what a start has found out is told."""
    faults = Faults(context, health)
    await context.db.read(faults.open)
    await tell_restored(context)
    receiver = await _receiver(context, health, link)
    return faults, Readiness(context, faults, health), receiver


async def _all_cards(
    context: Context, places: Sequence[CardPlace]
) -> dict[str, CardDeliverer]:
    """What keeps the cards, by the name of the place."""
    return {place.name: await _cards(context, place) for place in places}


async def _cards(context: Context, place: CardPlace) -> CardDeliverer:
    """What keeps the cards of a place; `instance` tells ours from another store's."""
    instance = await generated(context.db, "instance", secrets.token_hex(4))
    deliverer = CardDeliverer(context, place, instance)
    await deliverer.open()
    return deliverer
