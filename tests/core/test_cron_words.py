"""Cron expressions in words: right, or none at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.core.cron_words import in_words


@pytest.mark.parametrize(
    ("expression", "words"),
    [
        ("* * * * *", "every minute"),
        ("*/5 * * * *", "every 5 minutes"),
        ("*/5 * * * 1-5", "every 5 minutes, Monday to Friday"),
        ("0 * * * *", "every hour"),
        ("17 * * * *", "every hour at minute 17"),
        ("0 */6 * * *", "every 6 hours"),
        ("30 */6 * * *", "every 6 hours at minute 30"),
        ("0 3 * * *", "at 03:00 every day"),
        ("0,30 3,15 * * *", "at 03:00, 03:30, 15:00 and 15:30 every day"),
        ("0 3 * * 0", "at 03:00, Sunday"),
        ("0 3 * * 7", "at 03:00, Sunday"),
        ("0 3 * * mon,THU", "at 03:00, Monday and Thursday"),
        ("0 3 * * fri-mon", "at 03:00, Friday to Monday"),
        ("0 3 1 * *", "at 03:00 on day 1 of every month"),
        ("0 3 15,1 * *", "at 03:00 on days 1 and 15 of every month"),
        ("0 3 1 1 *", "at 03:00 on 1 January"),
        ("0 3 1 jan,7 *", "at 03:00 on 1 January and July"),
        ("0 3 * 6-8 *", "at 03:00, in June to August"),
        ("@daily", "at 00:00 every day"),
        ("@hourly", "every hour"),
        (" @Weekly ", "at 00:00, Sunday"),
    ],
)
def test_a_common_expression_in_words(expression: str, words: str) -> None:
    assert in_words(expression) == words


@pytest.mark.parametrize(
    "expression",
    [
        "*/7 * * * *",
        "*/0 * * * *",
        "0 */5 * * *",
        "0,30 */6 * * *",
        "*/5 3 * * *",
        "0-30 3 * * *",
        "0,10,20 3,4 * * *",
        "60 3 * * *",
        "0 24 * * *",
        "0 3 0 * *",
        "0 3 1-7 * *",
        "0 3 1 13 *",
        "0 3 1 foo *",
        "0 3 * 13 *",
        "0 3 * 0 *",
        "0 3 1 * 1",
        "0 3 * 1 1",
        "0 3 * * 8",
        "0 3 * * mon#1",
        "0 3 * * */2",
        "H 3 * * *",
        "0 3 * *",
        "0 3 * * * *",
        "",
    ],
)
def test_a_riddle_stays_as_it_is_written(expression: str) -> None:
    assert in_words(expression) is None


@given(st.text("0123456789*/,-# @mondailyjanH", max_size=30))
def test_nothing_makes_it_fail(expression: str) -> None:
    assert in_words(expression) != ""
