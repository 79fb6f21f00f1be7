"""The zone that a machine is set to, found in the ways that machines say it."""

from pathlib import Path

import pytest

from bot import machine_zone, provisions
from bot.config import Settings
from bot.config_sections import Summary
from bot.core import zones
from bot.core.periods import PeriodKind


def zone(tmp_path: Path, **environ: str) -> str:
    """What a machine with these files says."""
    localtime, timezone = tmp_path / "localtime", tmp_path / "timezone"
    return machine_zone.name(environ, localtime, timezone)


def linked(tmp_path: Path, name: str) -> None:
    """Let the machine's clock be that of a zone."""
    file = tmp_path / "share" / "zoneinfo" / name
    file.parent.mkdir(parents=True)
    file.write_bytes(b"TZif")
    (tmp_path / "localtime").symlink_to(file)


def test_a_variable_comes_first(tmp_path: Path) -> None:
    linked(tmp_path, "Europe/Riga")
    assert zone(tmp_path, TZ="Europe/Berlin") == "Europe/Berlin"
    assert zone(tmp_path, TZ=":Asia/Tokyo") == "Asia/Tokyo"


@pytest.mark.parametrize("variable", ["", "CET-1CEST", "/etc/localtime", "Europe"])
def test_a_variable_that_names_no_zone_is_passed_over(
    tmp_path: Path, variable: str
) -> None:
    linked(tmp_path, "Europe/Riga")
    assert zone(tmp_path, TZ=variable) == "Europe/Riga"


def test_where_the_link_says_nothing_a_file_may(tmp_path: Path) -> None:
    (tmp_path / "localtime").write_bytes(b"TZif")
    (tmp_path / "timezone").write_text("America/New_York\n")
    assert zone(tmp_path) == "America/New_York"


def test_where_nothing_is_said_it_is_utc(tmp_path: Path) -> None:
    assert zone(tmp_path) == "UTC"
    (tmp_path / "timezone").write_bytes(b"\xff\xfe")
    assert zone(tmp_path) == "UTC"


def test_of_this_machine_it_is_one_that_is_known() -> None:
    assert zones.is_known(machine_zone.name({}))


def test_the_settings_say_when_reports_are_posted() -> None:
    plan = provisions.summary_plan(Settings(), {"TZ": "Europe/Riga"})
    assert plan.zone == "Europe/Riga"
    texts = {kind: each.expression for kind, each in plan.posts.items()}
    assert texts == {PeriodKind.DAY: "0 8 * * *", PeriodKind.WEEK: "0 8 * * 1"}
    summary = Summary.model_validate(
        {
            "daily_at": "07:30",
            "weekdays": ["mon", "sun"],
            "weekly_at": "never",
            "timezone": "Asia/Tokyo",
        }
    )
    plan = provisions.summary_plan(Settings(summary=summary), {"TZ": "Europe/Riga"})
    assert plan.zone == "Asia/Tokyo"
    texts = {kind: each.expression for kind, each in plan.posts.items()}
    assert texts == {PeriodKind.DAY: "30 7 * * 1,7"}
