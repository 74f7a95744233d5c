"""Values of device cookies: bound to the user, signed, and limited in time (S22)."""

from __future__ import annotations

import pytest

from api.secret import Secret
from api.services.accounts.devices import DEVICE_SECONDS, Devices, cookie_suffix
from tests.support.products import Clock

SECRET = Secret("s" * 40)


def test_s22_a_value_is_valid_for_its_user_for_a_year() -> None:
    clock = Clock(1_800_000_000.0)
    devices = Devices(SECRET, clock)
    value = devices.issue("ada").reveal()
    device = devices.device("ada", value)
    assert device is not None and device in value
    assert devices.device("bob", value) is None
    assert Devices(Secret("t" * 40), clock).device("ada", value) is None
    clock.now += DEVICE_SECONDS - 1
    assert devices.device("ada", value) == device
    clock.now += 1
    assert devices.device("ada", value) is None
    clock.now = 1_700_000_000.0
    assert devices.device("ada", value) is None


@pytest.mark.parametrize(
    "change",
    [
        lambda value: None,
        lambda value: "",
        lambda value: value + "0",
        lambda value: value[:-1] + ("0" if value[-1] != "0" else "1"),
        lambda value: "1" + value,
        lambda value: value.upper(),
        lambda value: value.replace(".", ".."),
        lambda value: value + "\n",
        lambda value: "9" * 400 + value[10:],
        lambda value: "\u00e9" * 20,
    ],
)
def test_s22_an_altered_value_is_not_valid(change: object) -> None:
    devices = Devices(SECRET, lambda: 1_800_000_000.0)
    value = change(devices.issue("ada").reveal())  # type: ignore[operator]
    assert devices.device("ada", value) is None


def test_the_name_of_a_cookie_does_not_show_the_username() -> None:
    assert "ada" not in cookie_suffix("ada-lovelace")
    assert cookie_suffix("ada") != cookie_suffix("bob")
