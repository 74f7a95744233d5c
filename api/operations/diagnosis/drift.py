"""What `pulumi up` would change, because of the program, its settings or a change by hand."""

from __future__ import annotations

import json
from typing import Any

from api.operations.diagnosis.finding import Finding, unchecked
from api.operations.diagnosis.installation import Installation
from api.operations.errors import OperationError
from api.operations.places.stack import StackPlace

_CHECK = "drift"
_SECONDS = 600
_SHOWN = 8
_CHANGES = frozenset({"create", "update", "delete", "replace"})


def drift_findings(installation: Installation) -> list[Finding]:
    """Compare the stack with the program and its settings. Changes nothing.

    `--refresh` compares with what is on AWS, and not only with what the last `pulumi up` made. A
    preview also reports invalid settings.
    """
    place = installation.place
    if not isinstance(place, StackPlace):
        return [
            Finding(
                _CHECK,
                "warning",
                "The resources were not compared with the program.",
                "Name the stack with --stack, or run pulumi preview --refresh --diff.",
            )
        ]
    try:
        printed = place.project.run(
            "preview",
            "--refresh",
            "--json",
            doing="Comparing the stack with the program",
            seconds=_SECONDS,
        )
        return [preview_finding(json.loads(printed))]
    except OperationError as error:
        return [unchecked(_CHECK, error)]
    except ValueError:
        return [
            Finding(
                _CHECK,
                "warning",
                "This could not be checked. pulumi preview printed no JSON.",
                "Run pulumi preview --refresh --diff.",
            )
        ]


def preview_finding(preview: dict[str, Any]) -> Finding:
    """Return what a preview in Pulumi's JSON would change."""
    names = [
        f"{step['op']} {str(step['urn']).rpartition('::')[2]}"
        for step in preview.get("steps", ())
        if step.get("op") in _CHANGES
    ]
    if not names:
        return Finding(_CHECK, "ok", "The resources are as the program describes them.")
    more = f" and {len(names) - _SHOWN} more" if len(names) > _SHOWN else ""
    return Finding(
        _CHECK,
        "warning",
        f"{len(names)} resources differ from the program: {', '.join(names[:_SHOWN])}{more}.",
        "Look at them with pulumi preview --refresh --diff, then run pulumi up --refresh.",
    )
