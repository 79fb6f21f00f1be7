"""Everything that a face (web, CLI, Discord) may call, and the loops behind it."""

import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import storage.incidents
import storage.states
from bot.clock import Clock
from bot.core.silencers import ALWAYS, SoundRules
from bot.engine import deadlines
from bot.engine.cards import CardDeliverer
from bot.engine.context import Context
from bot.engine.effects import Places
from bot.engine.health import Health
from bot.engine.incidents import Incidents
from bot.engine.jobs import Jobs, PingUrls
from bot.engine.ledger import Ledger
from bot.engine.link import Link
from bot.engine.loop import Loop
from bot.engine.maintenance import Maintenance
from bot.engine.mutes import Mutes
from bot.engine.notifications import Deliverer, Notifier
from bot.engine.pings import Pings
from bot.engine.reads import Reads
from bot.engine.silencers import Surroundings
from bot.engine.store import Store, generated
from bot.engine.wakes import Alarm, Wakes
from bot.notifiers.base import CardPlace
from storage.database import Database


@dataclass(frozen=True, slots=True)
class Services:
    """The use-cases by noun, and the loops that must run beside them."""

    jobs: Jobs
    pings: Pings
    incidents: Incidents
    mutes: Mutes
    maintenance: Maintenance
    reads: Reads
    store: Store
    health: Health
    link: Link
    #: what brings cards up to date, by the name of its place
    cards: Mapping[str, CardDeliverer]
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
    sound_rules: SoundRules = ALWAYS,
) -> Services:
    """Put the engine together; `ping_urls` makes a job's URLs.

    `db` must be running; the loops of the result must be run by the caller.
    """
    places = Places(
        channels=tuple(notifier.name for notifier in notifiers),
        cards=tuple(place.name for place in card_places),
    )
    surroundings = Surroundings(sound_rules)
    ledger = Ledger(places, surroundings)
    await db.read(ledger.open)
    context = Context(
        db=db,
        ledger=ledger,
        clock=clock,
        wakes=Wakes(),
        surroundings=surroundings,
    )
    cards = {p.name: await _cards(context, p) for p in card_places}
    loops = (
        *_watchdogs(context),
        *_deliverers(context, notifiers),
        *(_card_loop(context, name, each) for name, each in cards.items()),
    )
    link = Link(clock)
    return Services(
        jobs=Jobs(context, ping_urls),
        pings=Pings(context, rate_limit=rate_limit),
        incidents=Incidents(context),
        mutes=Mutes(context),
        maintenance=Maintenance(context),
        reads=Reads(context, link, ping_urls=ping_urls, version=version),
        store=Store(context, loops),
        health=Health(),
        link=link,
        cards=cards,
        loops=loops,
    )


async def _cards(context: Context, place: CardPlace) -> CardDeliverer:
    """What keeps the cards of a place; `instance` tells ours from another store's."""
    instance = await generated(context.db, "instance", secrets.token_hex(4))
    deliverer = CardDeliverer(context, place, instance)
    await deliverer.open()
    return deliverer


def _card_loop(context: Context, name: str, deliverer: CardDeliverer) -> Loop:
    alarm = context.wakes.channels[name] = deliverer.alarm
    return Loop(
        f"cards in {name}",
        step=deliverer.step,
        next_at=deliverer.next_at,
        alarm=alarm,
        clock=context.clock,
    )


def _watchdogs(context: Context) -> tuple[Loop, Loop]:
    of_deadlines = deadlines.of_deadlines(context)
    of_sounds = deadlines.of_sounds(context)
    return (
        Loop(
            "deadlines",
            step=of_deadlines.step,
            next_at=lambda: context.db.read(storage.states.next_wake),
            alarm=context.wakes.deadlines,
            clock=context.clock,
        ),
        Loop(
            "sounds",
            step=of_sounds.step,
            next_at=lambda: context.db.read(storage.incidents.next_review),
            alarm=context.wakes.reviews,
            clock=context.clock,
        ),
    )


def _deliverers(context: Context, notifiers: Sequence[Notifier]) -> list[Loop]:
    loops = []
    for notifier in notifiers:
        deliverer = Deliverer(context, notifier)
        alarm = context.wakes.channels[notifier.name] = Alarm()
        loops.append(
            Loop(
                f"notifications to {notifier.name}",
                step=deliverer.step,
                next_at=deliverer.next_at,
                alarm=alarm,
                clock=context.clock,
            )
        )
    return loops
