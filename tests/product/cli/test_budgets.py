"""`budgets`: list, set and remove."""

from __future__ import annotations

import pytest

from tests.support.accounts import Account
from tests.support.command_line import CommandLine, failed
from tests.support.upstream import Place


def test_a_budget_is_set_changed_listed_and_removed(
    signed_in: CommandLine, owner: Account, place: Place
) -> None:
    owner.key(place)
    owner.token_details(["test"], name="laptop")
    assert "There is no budget" in signed_in("budgets", "list").err
    for arguments in (
        ("1234.5", "--period", "month", "--time-zone", "Europe/Berlin"),
        ("0.000000001", "--period", "total", "--api", "test"),
        ("5", "--period", "day", "--token", "laptop"),
    ):
        ran = signed_in("budgets", "set", *arguments)
        assert ran.exit_code == 0, ran.err
    ran = signed_in("budgets", "set", "7", "--period", "month")
    assert "The budget account:month is 7.00 USD. 0.00 USD is spent, 7.00 USD is left." in ran.err
    assert "Without a price, calls are not counted or rejected: test. " in ran.err
    ran = signed_in("budgets", "list")
    assert "not counted or rejected: test. " in ran.err
    lines = ran.out.splitlines()
    assert [line.split()[0] for line in lines[1:]] == ["all", "api", "token"]
    assert "0.000000001" in lines[2] and "never" in lines[2]
    assert "laptop" in lines[3] and "5.00" in lines[3]
    items = signed_in("budgets", "list", "--json").json["items"]
    assert items == owner.call("GET", "/api/budgets").json["items"]
    assert items[0]["time_zone"] == "Europe/Berlin"
    ids = [item["budget_id"] for item in items]
    ran = signed_in("budgets", "remove", *ids)
    assert ran.exit_code == 0, ran.err
    assert owner.call("GET", "/api/budgets").json["items"] == []


@pytest.mark.parametrize(
    ("arguments", "exit_code", "texts"),
    [
        (("5",), 2, ("--period",)),
        (("five", "--period", "day"), 2, ("AMOUNT: ", "12.50")),
        (("0", "--period", "day"), 2, ("AMOUNT: ", "more than 0")),
        (("5", "--period", "day", "--time-zone", "Mars"), 2, ("--time-zone: ", "IANA")),
        (("5", "--period", "day", "--api", "none"), 1, ("No key for none",)),
        (("5", "--period", "day", "--token", "none"), 1, ("There is no token none",)),
        (("5", "--period", "day", "--token", "a", "--api", "b"), 2, ("not both",)),
    ],
)
def test_a_wrong_argument_is_named(
    signed_in: CommandLine, arguments: tuple[str, ...], exit_code: int, texts: tuple[str, ...]
) -> None:
    failed(signed_in("budgets", "set", *arguments), exit_code, *texts)


def test_an_unknown_budget_is_named(signed_in: CommandLine) -> None:
    failed(signed_in("budgets", "remove", "account:week"), 1, "There is no budget account:week")
