"""Which tokens and models an hour's item lists with their spend."""

from __future__ import annotations

from api.proxy.listed_costs import LISTED_BYTES, MAX_FURTHER, ListedCosts
from api.storage.listed_spend import SpendKey, spend_bytes


def keys(count: int) -> list[SpendKey]:
    return [SpendKey("t" * 13, f"gpt-4.1-mini-{number}") for number in range(count)]


def test_a_few_are_listed_for_the_whole_hour() -> None:
    listed = ListedCosts(0)
    found = [listed.add(key) for key in keys(6)]
    assert [is_listed for _, is_listed in found] == [True] * 3 + [False] * 3
    assert [listed.add(key) for key in keys(6)] == found
    assert sum(map(spend_bytes, keys(3))) <= LISTED_BYTES


def test_models_beyond_a_number_count_as_other() -> None:
    listed = ListedCosts(0)
    for key in keys(3 + MAX_FURTHER):
        assert listed.add(key)[0] == key
    later = [SpendKey(token, f"model-{number}") for token in ("a", "b") for number in range(50)]
    assert {listed.add(key) for key in later} == {
        (SpendKey("a", "other"), False),
        (SpendKey("b", "other"), False),
    }
    assert listed.add(keys(9)[8]) == (keys(9)[8], False)


def test_a_model_is_kept_for_each_of_many_tokens() -> None:
    listed = ListedCosts(0)
    many = [SpendKey(f"{token:013}", f"m{n}") for n in range(3) for token in range(200)]
    assert [listed.add(key)[0] for key in many] == many
