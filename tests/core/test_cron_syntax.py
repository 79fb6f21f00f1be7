"""Cron's texts: what is taken, and what is refused with which words."""

import pytest

from bot.core import cron_syntax


@pytest.mark.parametrize(
    "text",
    [
        "* * * * *",
        "*/5 * * * *",
        "0 9-17 * * mon-fri",
        "0,30 0-23/2 1,15 jan,JUL 0,7",
        "5,*/10 * * * *",
        "0 22-2 * nov-feb fri-mon",
        "0 0 ? * 1",
        "0 0 L * *",
        "0 0 1,L * 5",
        "0 0 15W * *",
        "0 0 w15 * ?",
        "0 0 * * L5",
        "0 0 ? * mon#1,5#3",
        "H H(0-5) * * *",
        "H/15 H(2-8)/3 * * *",
        "  @daily ",
        "@Weekly",
        "0\t0 * *  *",
        "0 0 1 * 0-7",
    ],
)
def test_is_taken(text: str) -> None:
    assert cron_syntax.problems(text) == ()


@pytest.mark.parametrize(
    ("text", "reason", "hint"),
    [
        ("", "it is empty", "for example */5 * * * *"),
        (" \n", "it is empty", "for example */5 * * * *"),
        ("0," * 100 + "0 * * * *", "it has 209 characters; 200 are allowed", "ranges"),
        ("0 0 1 1 12345", "a number of more than 4 digits", "beyond 59"),
        ("0 0 \u00a0* * *", r"the character '\xa0'", "plain letters"),
        ("\u0663 0 * * *", r"the character '\u0663'", "plain letters"),
        # how many fields
        ("* * *", "it has 3 of the five fields", "write minute hour day month weekday"),
        ("* * * * * * * *", "it has 8 fields", "write minute hour day month weekday"),
        ("*/30 * * * * *", "it has 6 fields", 'for seconds every = "30s"'),
        ("0 0 0 * * * 2024", "it has 7 fields", "write five"),
        ("Mon..Fri 03:00", "it looks like OnCalendar", "give it as OnCalendar"),
        ("daily", "`daily` alone is no cron expression", "write @daily"),
        ("@reboot", "@reboot names no time", "ping when the host starts"),
        ("@every 5m", "@every is no cron schedule", 'every = "5m"'),
        ("@noon", "`@noon` is no known alias", "@hourly @daily"),
        # values
        ("60 * * * *", "60 is not within the minute field", "minute: 0 to 59"),
        ("* 24 * * *", "24 is not within the hour field", "hour: 0 to 23"),
        ("0 0 0 * *", "0 is not within the day of month field", "1 to 31"),
        ("0 0 1 0 *", "0 is not within the month field", "1 to 12 or jan to dec"),
        ("0 0 * * 8", "8 is not within the weekday field", "0 to 7 or sun to sat"),
        ("0 0 1 january *", "`january` is not understood in the month", "jan to dec"),
        ("x * * * *", "`x` is not understood in the minute field", "0 to 59"),
        ("1,,2 * * * *", "`` is not understood in the minute field", "0 to 59"),
        ("-5 * * * *", "`-5` is not understood", "0 to 59"),
        ("0 0 1 * mon-xyz", "`xyz` is not understood in the weekday", "sun to sat"),
        ("10-70 * * * *", "70 is not within the minute field", "0 to 59"),
        ("? * * * *", "`?` is not understood in the minute field", "0 to 59"),
        # ranges and steps
        ("*/0 * * * *", "a step of 0 in the minute field", "1 is the smallest"),
        ("0-9/0 * * * *", "a step of 0 in the minute field", "1 is the smallest"),
        ("5/15 * * * *", "`5/15` has no end", "write 5-59/15"),
        ("0 0 * * 1/2", "`1/2` has no end", "write 1-6/2"),
        ("0 0 * feb/3 *", "`feb/3` has no end", "write feb-12/3"),
        ("5-5 * * * *", "`5-5` starts where it ends", "write 5"),
        ("0 0 * jan-1 *", "`jan-1` starts where it ends", "write jan"),
        ("0 0 * * 7-0", "`7-0` starts where it ends", "write 7"),
        ("0 22-4/3 * * *", "`22-4/3` goes round the end with a step", "in a list"),
        ("5,* * * * *", "`*` in a list of the minute field", "write * alone"),
        # what other tools know
        ("R * * * *", "`R` means another time at every start", "write H"),
        ("R(0-9) * * * *", "`R` means another time at every start", "write H"),
        ("H,5 * * * *", "`h,5` in the minute field is no form of H", "write H, H/15"),
        ("H(9-5) * * * *", "the range of `h(9-5)` is empty", "smaller one first"),
        ("H(0-60) * * * *", "60 is not within the minute field", "0 to 59"),
        ("H/0 * * * *", "a step of 0 in the minute field", "1 is the smallest"),
        ("0 0 * * 5L", "`5L` is not understood", "write L5"),
        ("0 0 * * friL", "`FRIL` is not understood", "write L5"),
        ("0 0 * * 7L", "`7L` is not understood", "write L0"),
        ("0 0 * * L8", "8 is not within the weekday field", "0 to 7"),
        ("0 0 * * 5#6", "no month has a `5#6`", "write #1 to #5"),
        ("0 0 * * 5#0", "no month has a `5#0`", "write #1 to #5"),
        ("0 0 * * 9#1", "9 is not within the weekday field", "0 to 7"),
        ("0 0 * * 5#1,1", "`#` or `L` in a list with plain weekdays", "two jobs"),
        ("0 0 LW * *", "`lw` is not understood in the day of month", "1 to 31"),
        ("0 0 32W * *", "32 is not within the day of month field", "1 to 31"),
        ("0 0 1W,15 * *", "`W` in a list", "one day, such as 15W"),
        ("0 0 5#1 * *", "`5#1` is not understood in the day of month", "1 to 31"),
        ("0 15W * * *", "`15w` is not understood in the hour field", "0 to 23"),
        # a form of one day field with the other restricted
        ("0 0 15W * 1", "`W` together with a weekday", "write * as the weekday"),
        ("0 0 15W * */2", "`W` together with a weekday", "write * as the weekday"),
        ("0 0 13 * 5#2", "`#` or `L` together with a day", "write * as the day"),
        ("0 0 */2 * L5", "`#` or `L` together with a day", "write * as the day"),
    ],
)
def test_is_refused(text: str, reason: str, hint: str) -> None:
    (problem,) = cron_syntax.problems(text)
    assert problem.field == "schedule"
    assert reason in problem.reason
    assert hint in problem.hint


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("0  0 * * MON", "0 0 * * mon"),
        ("@DAILY", "0 0 * * *"),
        ("5,*/10 * 1,*/2 * 1,*/2", "5,0-59/10 * 1,1-31/2 * 1,0-7/2"),
        ("*/10,5 * * * *", "*/10,5 * * * *"),
        ("not cron", "not cron"),
    ],
)
def test_the_normal_form_is_for_parsers(text: str, expected: str) -> None:
    assert cron_syntax.normal(text) == expected


@pytest.mark.parametrize(
    ("text", "expected"),
    [("H 3 * * *", True), ("0 3 * * thu", False), ("@hourly", False)],
)
def test_only_h_at_the_start_of_a_field_spreads(text: str, expected: bool) -> None:
    assert cron_syntax.uses_hash(text) is expected
