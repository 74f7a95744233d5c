"""What the API takes and gives, as typed records. Times are epoch seconds, durations seconds.

The OpenAPI document is made from these; unknown members of a request are refused (S24).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec
from msgspec import UNSET, Meta, UnsetType

from api.credentials import AuthScheme

# `$` alone would let a line feed through at the end.
API_NAME = r"^[a-z0-9][a-z0-9_-]{0,47}$(?!\n)"

# What each pattern below asks for, in words.
FORMS: dict[str, str] = {}


def form(pattern: str, words: str, examples: list[str] | None = None) -> Meta:
    """The metadata of text that has a pattern; whoever sends other text is told the words."""
    FORMS[pattern] = words
    return Meta(pattern=pattern, description=words, examples=examples)


Username = Annotated[str, Meta(min_length=1, max_length=256, examples=["ada"])]
Email = Annotated[str, Meta(min_length=3, max_length=254, examples=["ada@example.com"])]
Password = Annotated[
    str, Meta(min_length=1, max_length=1024, examples=["correct horse battery staple"])
]
NewPassword = Annotated[
    str, Meta(min_length=8, max_length=1024, examples=["correct horse battery staple"])
]
ApiName = Annotated[
    str,
    form(
        API_NAME,
        "An API name has lower-case letters, digits, - and _, begins with a letter or a digit, and "
        "has at most 48 characters.",
        ["openai"],
    ),
]
Description = Annotated[str, Meta(max_length=500)]
SecretText = Annotated[str, Meta(min_length=1, max_length=8192)]
BaseUrlText = Annotated[str, Meta(min_length=8, max_length=2048)]
RefreshToken = Annotated[str, Meta(min_length=1, max_length=4096)]
Limit = Annotated[int, Meta(ge=1, le=1_000_000_000)]
Window = Annotated[int, Meta(ge=1, le=31_536_000)]
SignUp = Literal["open", "invite", "closed"]
Method = Literal["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
# From five minutes to thirty days.
CheckEvery = Annotated[int, Meta(ge=300, le=2_592_000, examples=[86_400])]
TokenName = Annotated[str, Meta(min_length=1, max_length=100)]
ApiChoice = Annotated[
    list[
        Annotated[
            str,
            form(
                r"^(\*|[a-z0-9][a-z0-9_-]{0,47})$(?!\n)",
                "An API is given by its name: lower-case letters, digits, - and _, first a letter "
                "or a digit, and at most 48 characters. * alone is every API.",
            ),
        ]
    ],
    Meta(max_length=100),
]
ExpiresIn = Annotated[int, Meta(ge=1, le=315_360_000)]
Share = Annotated[float, Meta(ge=0.000001, le=1, examples=[0.2])]
PathPrefix = Annotated[
    str,
    form(
        r"^/[!-~]{0,255}$(?!\n)",
        "A path begins with /, has ASCII characters without spaces (others percent-encoded), and "
        "at most 256 of them.",
        ["/v1/chat"],
    ),
]


class Taken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The root of request bodies."""


class Given(msgspec.Struct, frozen=True, kw_only=True):
    """The root of answers."""


# -- accounts ------------------------------------------------------------------------------------


class Register(Taken, frozen=True, kw_only=True):
    """A new account."""

    username: Username
    email: Email
    password: NewPassword
    invite_code: Annotated[str, Meta(max_length=256)] | None = None


class Login(Taken, frozen=True, kw_only=True):
    """A sign-in. With `session` cookie the refresh token is set as a cookie and never in the
    body.
    """

    username: Username
    password: Password
    session: Literal["token", "cookie"] = "token"


class Refresh(Taken, frozen=True, kw_only=True):
    """A refresh token; left out where the cookie carries it."""

    refresh_token: RefreshToken | None = None


class Profile(Given, frozen=True, kw_only=True):
    """An account."""

    username: str
    email: str
    created_at: int


class SessionTokens(Given, frozen=True, kw_only=True):
    """An access token, and the refresh token unless it went into a cookie."""

    access_token: str
    expires_in: int
    token_type: str = "Bearer"
    refresh_token: str | UnsetType = UNSET


class ChangeProfile(Taken, frozen=True, kw_only=True):
    """What can be changed of a profile."""

    email: Email


class ChangePassword(Taken, frozen=True, kw_only=True):
    """A new password; every session ends."""

    current_password: Password
    new_password: NewPassword


class ConfirmPassword(Taken, frozen=True, kw_only=True):
    """The password, to confirm the end of the account."""

    password: Password


class SessionView(Given, frozen=True, kw_only=True):
    """A login."""

    session_id: str
    kind: str
    created_at: int
    refreshed_at: int
    expires_at: int
    source: str
    user_agent: str
    current: bool


# -- keys ----------------------------------------------------------------------------------------


class CreateKey(Taken, frozen=True, kw_only=True):
    """A key: `provider`, or `base_url` and `auth`. `api_name` is the provider's slug by default."""

    secret: SecretText
    provider: Annotated[str, Meta(max_length=48, examples=["openai"])] | None = None
    base_url: BaseUrlText | None = None
    auth: AuthScheme | None = None
    api_name: ApiName | None = None
    description: Description = ""
    check_every: CheckEvery | None = None


class ChangeKey(Taken, frozen=True, kw_only=True):
    """Changes to a key; when the host of `base_url` changes, `secret` must come with it."""

    base_url: BaseUrlText | UnsetType = UNSET
    auth: AuthScheme | UnsetType = UNSET
    secret: SecretText | UnsetType = UNSET
    description: Description | UnsetType = UNSET
    check_every: CheckEvery | UnsetType | None = UNSET


class CheckResult(Given, frozen=True, kw_only=True):
    """What the provider's harmless request said, in plain words.

    `outcome`: valid; revoked (or wrong, or expired); out_of_quota; wrong_host (it is not where this
    provider's API answers); unreachable; unexpected (it says nothing of the key); or unknown where
    the provider has no such request.
    """

    outcome: Literal[
        "valid", "revoked", "out_of_quota", "wrong_host", "unreachable", "unexpected", "unknown"
    ]
    detail: str
    checked_at: int
    status: int | None = None


class KeyView(Given, frozen=True, kw_only=True):
    """A stored key. The secret is write-only: `hint` is all that is ever shown of it.

    `state` is ready, exhausted or refused: then it is passed over from `state_since` to
    `state_until`, and `state_reason` says why. It is checked every `check_every` seconds, next at
    `next_check_at`; `check` is what the last check said.
    """

    key_id: str
    api_name: str
    provider: str | None
    base_url: str
    auth: AuthScheme
    hint: str
    description: str
    created_at: int
    updated_at: int
    state: Literal["ready", "exhausted", "refused"] = "ready"
    state_until: int | None = None
    state_since: int | None = None
    state_reason: str | None = None
    check_every: int | None = None
    next_check_at: int | None = None
    check: CheckResult | None = None


class SdkView(Given, frozen=True, kw_only=True):
    """How an official SDK is set up. In `setup` put the values for the placeholders: `{token}`;
    `{base_url}`, which is where the API is called, with the provider's `sdk_path`; and for an SDK
    that takes no path `{root_host}` and `{root_port}`, of the API's own address.
    """

    language: Literal["python", "javascript"]
    package: str
    setup: str


class Addresses(Given, frozen=True, kw_only=True):
    """Where APIs are called: at `{proxy}/{api_name}`, and some at an address of their own too, for
    SDKs that take no path. `roots` has those by API name.
    """

    proxy: str
    roots: dict[str, str]


class ProviderView(Given, frozen=True, kw_only=True):
    """An entry of the catalogue."""

    slug: str
    name: str
    base_url: str | None
    base_url_example: str | None
    auth: AuthScheme
    docs: str
    keys_url: str | None
    sdk_path: str
    env: dict[str, list[str]]
    sdks: list[SdkView]
    checkable: bool
    check_path: str | None
    check_headers: dict[str, str]


# -- tokens --------------------------------------------------------------------------------------


class RehearsalSetting(Taken, frozen=True, kw_only=True):
    """The `share` of calls that get the API's own kind of 429, without the API being asked."""

    share: Share


class CreateToken(Taken, frozen=True, kw_only=True):
    """A token: it may do what is said here; without `apis` nothing, with ["*"] every API.

    No `methods` or `path_prefixes` means all of them. `expires_in` null is a token without an end.
    `limit` and `window` go together.
    """

    name: TokenName
    apis: ApiChoice = []
    methods: Annotated[list[Method], Meta(max_length=7)] = []
    path_prefixes: Annotated[list[PathPrefix], Meta(max_length=20)] = []
    expires_in: ExpiresIn | None = None
    limit: Limit | None = None
    window: Window | None = None
    rehearsal: RehearsalSetting | None = None


class ChangeToken(Taken, frozen=True, kw_only=True):
    """Changes to a token, which hold from the next call on. `expires_in` counts from now; `limit`
    and `window` go together, null for no limit; `rehearsal` null switches it off.
    """

    name: TokenName | UnsetType = UNSET
    apis: ApiChoice | UnsetType = UNSET
    methods: Annotated[list[Method], Meta(max_length=7)] | UnsetType = UNSET
    path_prefixes: Annotated[list[PathPrefix], Meta(max_length=20)] | UnsetType = UNSET
    expires_in: ExpiresIn | UnsetType | None = UNSET
    limit: Limit | UnsetType | None = UNSET
    window: Window | UnsetType | None = UNSET
    rehearsal: RehearsalSetting | UnsetType | None = UNSET


class RehearsalView(Given, frozen=True, kw_only=True):
    """The share of calls that are refused in rehearsal."""

    share: float


class ReservationView(Given, frozen=True, kw_only=True):
    """What a token is sure to get of an API's policy in each window: `amount` requests; where
    `share` is given, that part of the limit. It ends with the token, at `expires_at`.
    """

    api_name: str
    token_id: str
    amount: int
    share: float | None
    expires_at: int | None


class TokenView(Given, frozen=True, kw_only=True):
    """A token, without the token itself."""

    token_id: str
    name: str
    hint: str
    apis: list[str]
    methods: list[str]
    path_prefixes: list[str]
    created_at: int
    expires_at: int | None
    expires_in: int | None
    limit: int | None
    window: int | None
    last_used_at: int | None
    expired: bool
    rehearsal: RehearsalView | None
    reservations: list[ReservationView]


class CreatedToken(TokenView, frozen=True, kw_only=True):
    """A new token: `token` is shown this once."""

    token: str


# -- rate limits ---------------------------------------------------------------------------------


class SetRateLimit(Taken, frozen=True, kw_only=True):
    """The user's own policy: `limit` requests in `window` seconds."""

    limit: Limit
    window: Window


class SetReservation(Taken, frozen=True, kw_only=True):
    """What is reserved for a token in each window of the policy: `amount` requests, or a `share` of
    the limit, which follows it when the limit changes. Give one of them.
    """

    amount: Limit | None = None
    share: Share | None = None


class QuotaWindow(Given, frozen=True, kw_only=True):
    """One limit as the upstream last described it; null where it did not say."""

    name: str
    limit: int | None
    remaining: int | None
    reset_at: int | None
    window: int | None


class ObservedQuota(Given, frozen=True, kw_only=True):
    """What the upstream last said of its limits, and when."""

    limit: int | None
    remaining: int | None
    reset_at: int | None
    updated_at: int
    windows: list[QuotaWindow]


class LimitView(Given, frozen=True, kw_only=True):
    """One limit of the quota board; null where it is not known.

    `unit` is requests, tokens, complexity, bytes … . `key_id` is the key of the pool whose answer
    said so at `seen_at`; that key is passed over until `exhausted_until`. `pace` is how many units
    a second are used at present, null after ten minutes without a call; `exhausts_at` is when the
    rest is gone at that pace, null where it lasts until `reset_at`.
    """

    name: str
    unit: str
    source: Literal["policy", "observed"]
    key_id: str | None
    limit: int | None
    remaining: int | None
    reset_at: int | None
    window: int | None
    seen_at: int | None
    exhausted_until: int | None
    pace: float | None
    exhausts_at: int | None


class RefusedKey(Given, frozen=True, kw_only=True):
    """A key that the upstream refused with 401 at `since`; it is passed over until `until`, unless
    no other is left to try.
    """

    key_id: str
    since: int
    until: int


class UsedReservation(ReservationView, frozen=True, kw_only=True):
    """A reservation, and what of it is used in the present window. Once its token has expired it
    holds nothing: `remaining` is 0, and it is not in `reserved`.
    """

    used: int
    remaining: int


class RateLimitView(Given, frozen=True, kw_only=True):
    """The limit of an API: the user's own policy where one is set, else what was observed.

    `limits` are all that are known, the policy first, then those of each key. `exhausted_until` is
    when the first key comes back where every key is exhausted; `refused_keys` are those to replace.
    `reserved` of the policy's limit is kept for tokens; `unreserved_remaining` is what a token
    without a reservation may still use.
    """

    api_name: str
    limit: int | None
    window: int | None
    remaining: int | None
    reset_at: int | None
    observed: ObservedQuota | None
    source: Literal["policy", "observed"]
    limits: list[LimitView]
    exhausted_until: int | None
    refused_keys: list[RefusedKey]
    reserved: int
    unreserved_remaining: int | None
    reservations: list[UsedReservation]


# -- statistics ----------------------------------------------------------------------------------


class Latency(Given, frozen=True, kw_only=True):
    """Percentiles of the whole duration in milliseconds, estimated from a histogram; null if
    none.
    """

    p50: float | None
    p90: float | None
    p95: float | None
    p99: float | None


class Counts(Given, frozen=True, kw_only=True):
    """Counters of proxied requests. `errors` are answers of 400 and above, from whomever.

    `failures` are our own (502, 504 …), `refused` those that a limit refused, and `rehearsed` those
    that a rehearsal refused; all are errors too.
    """

    requests: int
    errors: int
    failures: int
    refused: int
    rehearsed: int
    status_2xx: int
    status_3xx: int
    status_4xx: int
    status_5xx: int
    bytes_in: int
    bytes_out: int
    latency: Latency


class ApiCounts(Given, frozen=True, kw_only=True):
    """The counts of one API."""

    api_name: str
    counts: Counts


class SeriesPoint(Given, frozen=True, kw_only=True):
    """The counts of one hour or day of one API."""

    start: int
    api_name: str
    counts: Counts


class Statistics(Given, frozen=True, kw_only=True):
    """Usage between two times, in whole hours or days (UTC)."""

    start: int
    end: int
    granularity: Literal["hour", "day"]
    totals: Counts
    apis: list[ApiCounts]
    series: list[SeriesPoint]


class RequestView(Given, frozen=True, kw_only=True):
    """An entry of the request log. Durations in milliseconds, sizes in bytes. Of a `rehearsed`
    call the API was not asked: the refusal is ours.
    """

    request_id: str
    at: float
    api_name: str
    method: str
    host: str
    path: str
    status: int
    duration_ms: int
    upstream_ms: int | None
    bytes_in: int
    bytes_out: int
    token_id: str | None
    key_id: str | None
    problem: str | None
    rehearsed: bool


# -- the rest ------------------------------------------------------------------------------------


class Status(Given, frozen=True, kw_only=True):
    """Whether the service and its database answer. With `scheduled_checks` keys can be checked on
    a schedule here.
    """

    status: Literal["ok"]
    version: str
    sign_up: SignUp
    time: int
    scheduled_checks: bool


class EnvText(Taken, frozen=True, kw_only=True):
    """The text of a `.env` file."""

    content: Annotated[str, Meta(max_length=1_048_576)]


class EnvLine(Given, frozen=True, kw_only=True):
    """What would become of one line. `value` is never given, only a hint of a recognised key."""

    line: int
    name: str | None
    action: Literal["import", "keep", "duplicate", "refuse"]
    reason: str
    provider: str | None
    api_name: str | None
    base_url: str | None
    hint: str | None


class EnvPlan(Given, frozen=True, kw_only=True):
    """What an import would do, line by line; nothing is stored by it."""

    lines: list[EnvLine]
    keys: int


class EnvImported(Given, frozen=True, kw_only=True):
    """What an import stored."""

    keys: list[KeyView]
    lines: list[EnvLine]


class ExportEnv(Taken, frozen=True, kw_only=True):
    """A safe `.env`: `token` (as it was shown once) stands in for every key.

    `content` is the original, whose comments, order and other variables are kept.
    """

    token: Annotated[str, Meta(max_length=512)] | None = None
    content: Annotated[str, Meta(max_length=1_048_576)] = ""
    apis: Annotated[list[ApiName], Meta(max_length=100)] | None = None


class EnvContent(Given, frozen=True, kw_only=True):
    """The text of a `.env` file."""

    content: str


class Problem(Given, frozen=True, kw_only=True):
    """RFC 9457 problem document. `code` is stable; `field` names the wrong member, where one is."""

    type: str
    title: str
    status: int
    code: str
    detail: str
    request_id: str
    field: str | UnsetType = UNSET


def listing(item: type) -> Any:
    """The type of a page of `item`s: items, and the cursor of the next page (null at the end)."""
    return msgspec.defstruct(
        f"{item.__name__}List",
        [("items", list[item]), ("next_cursor", str | None)],  # type: ignore[valid-type]
        bases=(Given,),
        frozen=True,
        kw_only=True,
    )
