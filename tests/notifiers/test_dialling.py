"""Addresses that are never connected to, and those that may be."""

import pytest

from bot.notifiers import dialling


@pytest.mark.parametrize(
    "address",
    [
        "169.254.169.254",
        "169.254.0.1",
        "fe80::1",
        "fe80::1%eth0",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "100.100.100.200",
        "224.0.0.1",
        "ff02::1",
        "0.0.0.0",
        "::",
    ],
)
def test_never(address: str) -> None:
    with pytest.raises(dialling.Refused, match="never made"):
        dialling.check(address)


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "::1", "192.168.1.7", "10.0.0.1", "1.1.1.1", "fd00::7"]
)
def test_a_setting_may_name_any_other(address: str) -> None:
    dialling.check(address)
