"""The snapshot of prices is what `make prices` makes from the locked genai-prices."""

from __future__ import annotations

import datetime
import io
import re
import zipfile
from pathlib import Path

import genai_prices

from api.spend.prices.snapshot import index, models
from tools import prices

ROOT = Path(__file__).parents[4]


def test_the_snapshot_is_what_the_tool_makes() -> None:
    assert prices.read_snapshot() == prices.make_snapshot(prices.written_date()), "run make prices"


def test_the_snapshot_is_made_from_the_locked_version() -> None:
    locked = re.search(r"^genai-prices==(\S+)", (ROOT / "requirements-dev.txt").read_text(), re.M)
    assert locked is not None
    assert index().version == locked[1]


def test_the_snapshot_has_a_date() -> None:
    datetime.date.fromisoformat(index().date)


def test_the_snapshot_has_the_licence_of_its_source() -> None:
    (licence,) = Path(genai_prices.__file__).parents[1].glob("genai_prices-*/licenses/LICENSE")
    assert (prices.FOLDER / "LICENSE").read_text() == licence.read_text()


def test_the_snapshot_is_small_in_the_functions_bundle() -> None:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for path in prices.FOLDER.iterdir():
            archive.write(path, path.name)
    assert len(packed.getvalue()) < 150_000


def test_each_provider_of_the_index_has_models() -> None:
    names = {entry.id for entry in index().providers}
    assert {f"{name}.json" for name in names} | {"index.json"} == prices.read_snapshot().keys()
    assert all(models(name) for name in names)
    assert all(set(entry.fallbacks) <= names for entry in index().providers)
