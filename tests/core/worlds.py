"""Schedules and definitions for generated tests, with days on which clocks change."""

from datetime import timedelta

from hypothesis import strategies as st

from tests.core.factories import (
    HOUR,
    MINUTE,
    SECOND,
    T0,
    UNSCHEDULED,
    calendar,
    cron,
    every,
)

#: schedules, and moments at which their zones change the clock soon
WORLDS = (
    (cron("0 * * * *"), T0),
    (cron("*/5 * * * *"), T0 + 17 * SECOND),
    (cron("30 2 * * *", "Europe/Berlin"), T0.replace(month=3, day=27)),
    (cron("30 1 * * *", "America/New_York"), T0.replace(month=10, day=30)),
    (cron("*/30 * * * *", "Australia/Lord_Howe"), T0.replace(month=4, day=4, hour=12)),
    (cron("0 0,1 * * *"), T0),
    (calendar("*-*-* 02:30", "Europe/Berlin"), T0.replace(month=10, day=24)),
    (every(30 * SECOND), T0),
    (every(HOUR), T0),
    (UNSCHEDULED, T0),
)
#: due once, two hours from now
ONCE = (calendar("2026-11-23 05:00"), T0)
GRACES = (None, timedelta(), 30 * SECOND, 5 * MINUTE, 3 * HOUR)
RUNTIMES = (None, None, 20 * SECOND, 10 * MINUTE, 150 * MINUTE)
definitions = st.fixed_dictionaries(
    {
        "grace": st.sampled_from(GRACES),
        "jitter": st.sampled_from((timedelta(), timedelta(), MINUTE)),
        "max_runtime": st.sampled_from(RUNTIMES),
        "min_runtime": st.sampled_from((None, None, 10 * SECOND)),
        "failure_tolerance": st.sampled_from((1, 1, 2, 3)),
        "recovery_threshold": st.sampled_from((1, 1, 2)),
        "realert_every": st.sampled_from((None, None, HOUR)),
        "strict_start": st.booleans(),
    }
)
