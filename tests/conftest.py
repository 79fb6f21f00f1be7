"""What holds for every test."""

from hypothesis import HealthCheck, settings

# how fast a machine is decides nothing: a slow one would fail at random
settings.register_profile(
    "cronitor",
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow],
    print_blob=True,
)
settings.load_profile("cronitor")
