"""Spend as CSV (RFC 4180), safe to open in a spreadsheet."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from datetime import tzinfo

from api.errors import Problem
from api.services.csv_cells import plain_cell
from api.services.spend.days import local_day
from api.services.spend.totals import grouped
from api.spend.money import usd_text
from api.storage.spend_records import SpendRecord

MAX_ROWS = 40_000
"""The largest number of rows: a response of the function has at most 6 MB."""
_COLUMNS = (
    "date",
    "api",
    "token",
    "model",
    "calls",
    "cost_usd",
    "estimated_usd",
    "unknown_calls",
)


def spend_csv(records: Sequence[SpendRecord], names: Mapping[str, str], zone: tzinfo) -> str:
    """Return one row for each day, API, token and model. A cost that is not known is empty.

    `names` are the names of tokens by id; a token without a name is shown by its id. Raises
    Problem(invalid_field) for too many rows.
    """
    rows = grouped(
        records,
        lambda each: (
            local_day(each.start, zone).isoformat(),
            each.api_name,
            each.token_id or "",
            each.model or "",
        ),
    )
    if len(rows) > MAX_ROWS:
        raise Problem(
            "invalid_field",
            f"The export would have {len(rows):,} rows, more than {MAX_ROWS:,}. Choose fewer days, "
            "or one API or token.",
            field="start",
        )
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(_COLUMNS)
    for (day, api_name, token_id, model), total in sorted(rows.items()):
        cost = total.known_cost
        writer.writerow(
            (
                day,
                api_name,
                plain_cell(names.get(token_id, token_id)),
                plain_cell(model),
                total.calls,
                "" if cost is None else usd_text(cost),
                usd_text(total.estimated),
                total.unknown,
            )
        )
    return text.getvalue()
