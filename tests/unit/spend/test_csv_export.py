"""Spend as CSV: RFC 4180, exact amounts, and no formulas."""

from __future__ import annotations

import csv
import io

import pytest

from api.errors import Problem
from api.services.spend import csv_export
from api.services.spend.csv_export import spend_csv
from tests.unit.spend.records import BERLIN, record


def test_one_row_for_each_day_api_token_and_model() -> None:
    records = [
        record("2026-11-28 23:00", 0.000000001, calls=2, estimated=0.000000001),
        record("2026-11-28 10:00", 1, calls=3, unknown=1),
        record("2026-11-29 00:00", 2),
        record("2026-11-28 10:00", 0, calls=4, unknown=4, token_id=None, model=None),
        record("2026-11-28 10:00", 0, api_name="free"),
    ]
    assert spend_csv(records, {"t1": "night job"}, BERLIN) == (
        "date,api,token,model,calls,cost_usd,estimated_usd,unknown_calls\r\n"
        "2026-11-28,free,night job,m,1,0,0,0\r\n"
        "2026-11-28,openai,,,4,,0,4\r\n"
        "2026-11-28,openai,night job,m,5,1.000000001,0.000000001,1\r\n"
        "2026-11-29,openai,night job,m,1,2,0,0\r\n"
    )


@pytest.mark.parametrize(
    "text",
    ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\rx", '=HYPERLINK("https://x")'],
    ids=repr,
)
def test_no_cell_is_a_formula(text: str) -> None:
    exported = spend_csv([record("2026-11-28 10:00", model=text)], {"t1": text}, BERLIN)
    row = list(csv.reader(io.StringIO(exported, newline="")))[1]
    assert row[2:4] == [f"'{text}", f"'{text}"]


def test_commas_quotes_and_line_breaks_are_kept() -> None:
    name = 'a,"b"\nc'
    exported = spend_csv([record("2026-11-28 10:00", token_id="gone")], {"gone": name}, BERLIN)
    assert list(csv.reader(io.StringIO(exported, newline="")))[1][2] == name


def test_a_deleted_token_is_shown_by_its_id() -> None:
    exported = spend_csv([record("2026-11-28 10:00", token_id="t9")], {}, BERLIN)
    assert ",t9," in exported


def test_too_many_rows_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(csv_export, "MAX_ROWS", 1)
    records = [record("2026-11-28 10:00"), record("2026-11-29 10:00")]
    with pytest.raises(Problem, match="2 rows"):
        spend_csv(records, {}, BERLIN)
