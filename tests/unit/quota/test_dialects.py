"""Each rate-limit dialect is one module, and adding one changes nothing else."""

import json
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path

import pytest

import api
from api.quota import dialects
from api.quota.dialects import dialect_names, get_dialect
from api.quota.headers import read_quota
from api.quota.key_state import KeyState, key_state_after
from api.quota.simulated_limits import simulated_response
from api.services.keys.catalogue import Catalogue
from tests.unit.quota.samples import NOW

RECORD = """
from api.quota.rate_limit_dialect import RateLimitDialect, SimulatedResponse


def simulated_response(now: int) -> SimulatedResponse:
    return SimulatedResponse(418, [("X-RateLimit-Reset", "2000")], b"short and stout")


DIALECT = RateLimitDialect(
    name="tea-pot",
    scope="route",
    reset_in_milliseconds=True,
    simulated_response=simulated_response,
)
"""


@pytest.fixture
def tea_pot(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    """Add a module and return the name of its dialect."""
    (tmp_path / "tea_pot.py").write_text(RECORD)
    monkeypatch.setattr(dialects, "__path__", [*dialects.__path__, str(tmp_path)])
    get_dialect.cache_clear()
    yield "tea-pot"
    get_dialect.cache_clear()


def test_one_module_adds_a_dialect(tea_pot: str, tmp_path: Path) -> None:
    assert tea_pot in dialect_names()

    headers = [("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", "90000")]
    reading = read_quota(headers, 200, NOW, tea_pot)
    assert reading is not None and reading.exhausted_until == NOW + 90
    assert key_state_after(200, reading, tea_pot, NOW) is None
    assert key_state_after(429, reading, tea_pot, NOW) == KeyState("exhausted", NOW + 90, NOW, 429)

    response = simulated_response(tea_pot, "tea.example.com", NOW)
    assert (response.status, response.body) == (418, b"short and stout")

    provider = {
        "slug": "tea",
        "name": "Tea",
        "base_url": "https://tea.example.com",
        "auth": {"scheme": "bearer"},
        "docs": "https://tea.example.com/docs",
        "rate_limit": tea_pot,
    }
    (tmp_path / "own.json").write_text(json.dumps([provider]))
    found = Catalogue.load(str(tmp_path / "own.json")).get("tea")
    assert found is not None and found.rate_limit_dialect == tea_pot


def test_every_dialect_of_a_provider_has_a_record() -> None:
    entries = json.loads((Path(api.__file__).parent / "providers.json").read_text())
    used = {entry["rate_limit"] for entry in entries if "rate_limit" in entry}
    assert len(used) > 5
    assert used <= dialect_names()


@pytest.mark.parametrize("name", sorted(dialect_names()))
def test_a_record_has_the_name_of_its_module(name: str) -> None:
    module = import_module(f"api.quota.dialects.{name.replace('-', '_')}")
    assert module.DIALECT.name == name
    assert get_dialect(name) is module.DIALECT


def test_an_unknown_dialect_is_generic() -> None:
    assert get_dialect("no-such-dialect") is get_dialect("generic")


def test_an_error_inside_a_dialect_is_not_hidden(tea_pot: str, tmp_path: Path) -> None:
    (tmp_path / "broken.py").write_text("import no_such_module_anywhere")
    with pytest.raises(ModuleNotFoundError, match="no_such_module_anywhere"):
        get_dialect("broken")
