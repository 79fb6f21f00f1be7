"""Schedules against slow and independent readings of the same rules."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from random import Random
from zoneinfo import ZoneInfo

import pytest
from cronsim import CronSim

from bot.core import schedules, zones
from bot.core.kinds import Flavour
from bot.core.models import Schedule
from tests.core import crontabs, debian_cron

#: another seed finds other cases: CRONITOR_ORACLE_SEED=7 pytest -m slow -s
SEED = int(os.environ.get("CRONITOR_ORACLE_SEED", "20240229"))
AROUND = timedelta(days=3)
QUICK_ZONES = [name for name in crontabs.ZONES if name != "UTC"]
EVERYTHING = 10**6

Case = tuple[str, str, debian_cron.Clock]


@cache
def changes(zone: str) -> list[datetime]:
    return debian_cron.changes(zone, 1990, 2045)


def cases(
    random: Random, names: list[str], count: int, around: timedelta = AROUND
) -> Iterator[Case]:
    """Random lines, eight at a time, in the days around a change of a zone's clock."""
    while count > 0:
        zone = random.choice(names)
        if not changes(zone):
            continue
        near = random.choice(changes(zone))
        clock = debian_cron.wall_clock(zone, near - around, near + around)
        for _ in range(min(8, count)):
            yield crontabs.line(random), zone, clock
        count -= 8


def dues(schedule: Schedule, clock: debian_cron.Clock) -> list[datetime]:
    return schedules.due_between(schedule, clock[0][0], clock[-1][0], EVERYTHING)


def wrong_by_debian(case: Case) -> bool:
    text, zone, clock = case
    expected = debian_cron.runs(debian_cron.Entry(text), clock)
    return dues(crontabs.cron(text, zone), clock) != expected


def wrong_by_systemd(case: Case) -> bool:
    text, zone, clock = case
    expected = debian_cron.first_showings(debian_cron.Entry(text), clock)
    return dues(crontabs.cron(text, zone, flavour=Flavour.SYSTEMD), clock) != expected


def is_accepted(case: Case) -> bool:
    return not schedules.check(crontabs.cron(case[0], case[1]))


def few_cases(count: int) -> list[Case]:
    random, around = Random(SEED), timedelta(hours=30)
    return [*filter(is_accepted, cases(random, QUICK_ZONES, count, around))]


def test_dues_around_changes_are_those_of_debian_cron() -> None:
    tried = few_cases(304)
    assert [case[:2] for case in tried if wrong_by_debian(case)] == []
    assert len(tried) > 290


def test_dues_of_the_systemd_flavour_are_first_showings_of_the_clock() -> None:
    tried = few_cases(96)
    assert [case[:2] for case in tried if wrong_by_systemd(case)] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_eight_thousand_cases_in_all_zones_have_no_wrong_due() -> None:
    tried, wrong = 0, []
    for case in cases(Random(SEED), sorted(zones.names()), 8100):
        if tried == 8000:
            break
        if is_accepted(case):
            tried += 1
            wrong += [case[:2]] if wrong_by_debian(case) else []
    print(f"\nDebian's cron: seed {SEED}, {tried} cases, {len(wrong)} wrong")
    assert (tried, wrong) == (8000, [])


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_two_thousand_cases_in_all_zones_follow_the_systemd_rule() -> None:
    names = sorted(zones.names())
    tried = [*filter(is_accepted, cases(Random(SEED), names, 2000))]
    wrong = [case[:2] for case in tried if wrong_by_systemd(case)]
    print(f"\nsystemd's rule: seed {SEED}, {len(tried)} cases, {len(wrong)} wrong")
    assert wrong == []


class NoProgress(Exception):
    """The second opinion goes round in circles."""


class CappedCronSim(CronSim):
    """Gives up where the original loops for ever."""

    steps = 20_000

    def tick(self, seconds: int = 1) -> None:
        self.steps -= 1
        if self.steps < 0:
            raise NoProgress
        super().tick(seconds)


def second_opinion(case: Case) -> list[datetime]:
    text, zone, clock = case
    cronsim = CappedCronSim(text, clock[0][0].astimezone(ZoneInfo(zone)))
    found = [clock[0][0]]
    while True:
        cronsim.steps = CappedCronSim.steps
        due = next(cronsim).astimezone(UTC)
        if due > clock[-1][0]:
            return found[1:]
        if due <= found[-1]:
            raise NoProgress
        found.append(due)


def cronsim_is_right(case: Case) -> bool:
    """False where cronsim is known to leave Debian's rule.

    At fixed times it makes up for a jump of three hours or more, which Debian's cron
    takes for a clock that was set. With a wildcard it loses dues, invents some or goes
    round for ever where a change is no whole hour, is not made on the hour, or takes
    the clock across midnight.
    """
    text, _, clock = case
    wildcard = debian_cron.Entry(text).wildcard
    hour = timedelta(hours=1)
    for before, after in pairwise(wall for _, wall in clock):
        jump = after - before - debian_cron.MINUTE
        if not wildcard and jump >= 3 * hour:
            return False
        whole = not jump % hour and after.minute == 0 and before.date() == after.date()
        if wildcard and jump and not whole:
            return False
    return True


def agrees(case: Case) -> bool:
    try:
        return second_opinion(case) == dues(crontabs.cron(*case[:2]), case[2])
    except NoProgress:
        return False


def test_cronsim_agrees() -> None:
    asked = [*filter(cronsim_is_right, few_cases(96))]
    assert [case[:2] for case in asked if not agrees(case)] == []


@pytest.mark.slow
@pytest.mark.timeout(1800)
def test_cronsim_agrees_in_all_zones() -> None:
    around = timedelta(hours=36)
    tried = cases(Random(SEED), sorted(zones.names()), 2000, around)
    asked = [*filter(cronsim_is_right, filter(is_accepted, tried))]
    found = [case[:2] for case in asked if not agrees(case)]
    print(f"\ncronsim: seed {SEED}, {len(asked)} cases, {len(found)} differ")
    assert found == []


def test_cronsim_loops_where_it_is_known_to() -> None:
    zone, near = "Pacific/Chatham", crontabs.utc("2024-04-06T14:00")
    clock = debian_cron.wall_clock(zone, near - AROUND, near + AROUND)
    case = ("*/10 3 * * *", zone, clock)
    with pytest.raises(NoProgress):
        second_opinion(case)
    assert not wrong_by_debian(case)


SYSTEMD_CASES = [
    ("02:30", "Europe/Berlin", "2024-03-30 12:00:00"),
    ("02:30", "Europe/Berlin", "2024-10-26 12:00:00"),
    ("*:0/15", "Europe/Berlin", "2024-10-26 23:50:00"),
    ("*:0/30", "Europe/Berlin", "2024-03-31 00:10:00"),
    ("*:0/20", "America/New_York", "2024-11-03 05:10:00"),
    ("*:0/20", "Australia/Lord_Howe", "2024-04-06 14:10:00"),
    ("*-*-* 00/6:00 Africa/Cairo", "UTC", "2024-10-31 12:00:00"),
    ("Mon..Fri 08..18:00", "America/Havana", "2024-03-08 12:00:00"),
    ("Sat,Sun *-*-* 12:00 America/Sao_Paulo", "UTC", "2018-10-30 12:00:00"),
    ("*-*~07/1 23:59:30", "Asia/Tokyo", "2025-01-01 00:00:00"),
    ("*-*~1,3 04:00", "Europe/Riga", "2025-01-01 00:00:00"),
    ("*-02-29 00:00", "Asia/Kathmandu", "2025-01-01 00:00:00"),
    ("Mon *-*-1..7 03:00", "Europe/Paris", "2025-01-01 00:00:00"),
    ("12..14:10,20,30", "Asia/Kolkata", "2025-01-01 00:00:00"),
    ("*-1/3-5 5/2:0", "UTC", "2025-01-01 00:00:00"),
    ("*:*:0/7", "UTC", "2025-01-01 00:00:00"),
    ("weekly Pacific/Chatham", "UTC", "2024-09-20 00:00:00"),
    ("semi-annually", "Africa/Casablanca", "2024-09-20 00:00:00"),
    ("2027-*-01 00:00 utc", "Europe/Berlin", "2026-06-01 00:00:00"),
]


@pytest.mark.skipif(
    shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed"
)
@pytest.mark.parametrize(("text", "zone", "start"), SYSTEMD_CASES)
def test_on_calendar_is_due_when_systemd_says(text: str, zone: str, start: str) -> None:
    expected = systemd_dues(text, zone, start)
    until = datetime(2199, 1, 1, tzinfo=UTC)
    schedule = crontabs.on_calendar(text, zone)
    found = schedules.due_between(schedule, crontabs.utc(start), until, 30)
    assert expected
    assert found == expected


def systemd_dues(text: str, zone: str, start: str) -> list[datetime]:
    """What `systemd-analyze calendar` prints for thirty iterations."""
    base = f"--base-time={start} UTC"
    answer = subprocess.run(
        ["systemd-analyze", "calendar", base, "--iterations=30", text],
        capture_output=True,
        check=True,
        text=True,
        env={**os.environ, "TZ": zone},
    )
    found = re.findall(r"\w{3} (\d{4}-\d\d-\d\d \d\d:\d\d:\d\d) UTC", answer.stdout)
    return [crontabs.utc(moment) for moment in found]
