"""CloudFront as the stack sets it up, as a function on header fields."""

from __future__ import annotations

import secrets
from dataclasses import dataclass

from tests.support.function_url import DOMAIN, HOP_BY_HOP, Fields


@dataclass(frozen=True)
class Cdn:
    """CloudFront with the dashboard's function for viewer requests: its secret."""

    secret: str
    viewer: str = "203.0.113.9"
    edge: str = "64.252.64.1"

    def forwarded(self, fields: Fields) -> list[tuple[str, str]]:
        """Return the header fields that the origin receives.

        The origin request policy is AllViewerExceptHostHeader. What the viewer sent in the
        dashboard's own fields is replaced.
        """
        own = {
            "x-dashboard-viewer": self.viewer,
            "x-dashboard-host": next((v for name, v in fields if name.lower() == "host"), ""),
            "x-dashboard-cdn": self.secret,
        }
        kept = [
            (name, value)
            for name, value in fields
            if name.lower() not in own and name.lower() not in HOP_BY_HOP | {"host"}
        ]
        return [
            ("Host", DOMAIN),
            *kept,
            ("X-Forwarded-For", self.viewer),
            ("Via", "2.0 0123456789abcdef.cloudfront.net (CloudFront)"),
            ("X-Amz-Cf-Id", secrets.token_urlsafe(40)),
            *own.items(),
        ]
