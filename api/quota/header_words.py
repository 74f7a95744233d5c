"""The words in the names of rate-limit header fields, by the role that they play.

A name is read as: the provider's own words, a marker such as `ratelimit`, the words of a window
(what is counted, for whom and how long), and one role, in front of or behind them.
"""

# Quantities. A name with two of these words has the role of its last word, otherwise of its first.
ROLES = {
    **dict.fromkeys(
        ("limit", "limits", "max", "maximum", "total", "quota", "allowed", "allowance",
         "capacity", "ceiling"),
        "limit",
    ),
    **dict.fromkeys(
        ("remaining", "remain", "remains", "left", "available", "avail", "unused"), "remaining"
    ),
    **dict.fromkeys(
        ("used", "usage", "use", "consumed", "observed", "spent", "current", "count", "state"),
        "used",
    ),
    **dict.fromkeys(
        ("reset", "resets", "refresh", "refreshes", "renewal", "renews", "expires", "expiry",
         "expiration", "expire", "next"),
        "reset",
    ),
    **dict.fromkeys(("window", "period", "interval", "duration", "timeframe"), "length"),
}  # fmt: skip

# Words next to a reset or a length: they say how its value is written.
TIME_STYLES = {
    **dict.fromkeys(("after", "in", "delta", "delay", "ttl"), "reset-after"),
    **dict.fromkeys(
        ("at", "on", "date", "datetime", "time", "timestamp", "utc", "epoch", "unix"), "reset-time"
    ),
}

# Seconds in the unit that a name states for its value. The singular, as in `limit-minute`, names a
# window.
SCALES = {
    **dict.fromkeys(("ms", "msec", "msecs", "millis", "millisecond", "milliseconds"), 0.001),
    **dict.fromkeys(("s", "sec", "secs", "seconds"), 1.0),
    **dict.fromkeys(("min", "mins", "minutes"), 60.0),
    **dict.fromkeys(("hrs", "hours"), 3_600.0),
    "days": 86_400.0,
}

# Seconds in a window of that name. A month has no fixed length.
PERIODS: dict[str, int | None] = {
    **dict.fromkeys(("second", "secondly", "sec"), 1),
    **dict.fromkeys(("minute", "minutely", "min"), 60),
    **dict.fromkeys(("hour", "hourly"), 3_600),
    **dict.fromkeys(("day", "daily"), 86_400),
    **dict.fromkeys(("week", "weekly"), 604_800),
    **dict.fromkeys(("month", "monthly", "year", "yearly", "annual"), None),
}

# What a quota counts.
COUNTED = frozenset(
    {"requests", "request", "req", "reqs", "calls", "call", "queries", "tokens", "token",
     "credits", "credit", "points", "complexity", "concurrency", "concurrent", "quota",
     "throttle", "throttling"}
)  # fmt: skip

# For whom a quota is counted, or which of several quotas of one provider it is.
SCOPES = frozenset(
    {"account", "api", "app", "application", "burst", "client", "company", "endpoint", "global",
     "ip", "key", "method", "org", "organization", "plan", "post", "priority", "product",
     "project", "read", "search", "shop", "site", "team", "tenant", "trial", "user", "workspace",
     "write"}
)  # fmt: skip

# Words of fields that report something else: the cost of this request, a type, the next page.
OTHER = frozenset(
    {"action", "bucket", "cost", "currentrequest", "enabled", "fill", "fillrate", "group", "id",
     "link", "message", "multiplier", "near", "over", "path", "problem", "reason", "replenish",
     "requested", "rule", "rules", "scope", "source", "tier", "type", "unit", "url", "version"}
)  # fmt: skip
# Words that no quota has in its name unless `ratelimit` is in it as well.
FOREIGN = frozenset(
    {"age", "body", "bytes", "content", "cursor", "disk", "download", "file", "files", "header",
     "headers", "item", "items", "length", "memory", "offset", "page", "pages", "record",
     "records", "result", "results", "row", "rows", "size", "storage", "upload"}
)  # fmt: skip

# Words without a meaning of their own in the name of a window.
FILLERS = frozenset({"per", "this", "time", "x"})
SYNONYMS = {
    "today": "day",
    "limits": "limit",
    "ratelimits": "ratelimit",
    "ratelimiting": "ratelimit",
    "ratelimited": "ratelimit",
    "throttling": "throttle",
    "bysize": "tokens",  # Mistral's `x-ratelimitbysize-` counts tokens.
}
# Names of windows that are abbreviated in header names.
WINDOW_NAMES = {"min": "minute", "sec": "second"}
# Words that mean a quantity only if `ratelimit` is in the name.
VAGUE = frozenset({"count", "current", "next", "refresh", "state", "total", "use"})
QUERY_TIME = "query-time"
"""A window that counts milliseconds of a database, as Trello's `x-rate-limit-db-query-time-max`."""
MARKER = "ratelimit"
RETRY = "retry"
WAITS = frozenset({"backoff", "wait"})

# Names with a meaning that their words do not show.
STANDALONE = {
    "stripe-rate-limited-reason": "reason",
    "x-shopify-shop-api-call-limit": "call-limit",
    "sforce-limit-info": "call-limits",
    "x-app-usage": "percentages",
    "x-page-usage": "percentages",
    "x-ad-account-usage": "percentages",
    "x-business-use-case-usage": "percentages",
}

# Parameters of values such as `100;w=60` and `total=100; remaining=99; resets=41`.
PARAMETERS = {
    **dict.fromkeys(("q", "quota", "limit", "total", "max"), "limit"),
    **dict.fromkeys(("r", "remaining", "left", "available"), "remaining"),
    **dict.fromkeys(("u", "used", "usage"), "used"),
    **dict.fromkeys(("t", "reset", "resets", "expires"), "reset"),
    **dict.fromkeys(("w", "window", "period", "interval", "duration"), "length"),
    **dict.fromkeys(("b", "name", "bucket"), "name"),
}
