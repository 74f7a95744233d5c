"""`/api/keys` and `/api/providers`."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from api.endpoint import Call, Group, convert
from api.pools import Pool
from api.routes.paging import PageQuery, page_answer, position, slice_page
from api.schemas.fields import listing
from api.schemas.keys import ChangeKey, CheckResult, CreateKey, KeyView
from api.schemas.providers import ProviderView, SdkView
from api.secret import Secret
from api.services.keys.catalogue import Provider
from api.services.keys.vault import NewKey, reason_of, state_of
from api.storage.keys import StoredKey

group = Group("Keys")


@group.endpoint(
    "GET", "/api/keys", "List the keys", query=PageQuery, answer=listing(KeyView),
    problems=("invalid_cursor",),
)  # fmt: skip
def list_keys(call: Call, query: PageQuery) -> dict[str, object]:
    """The stored keys, without their secrets."""
    after = position(call, "keys", query.cursor)
    page = call.services.vault.page(call.username, query.limit, after)
    pools = call.services.vault.pools(call.username)
    due = _next_checks(call, page.items)
    now = call.services.clock()
    views = [key_view(key, pools.get(key.api_name), now, due.get(key.key_id)) for key in page.items]
    return page_answer(call, "keys", views, page.next)


@group.endpoint(
    "POST", "/api/keys", "Store a key", body=CreateKey, status=201, answer=KeyView,
    problems=("upstream_not_allowed", "conflict", "no_schedule_here"),
)  # fmt: skip
def create_key(call: Call, body: CreateKey) -> KeyView:
    """A new key; its secret is never shown again."""
    new = NewKey(
        secret=Secret(body.secret),
        provider=body.provider,
        base_url=body.base_url,
        auth=body.auth,
        api_name=body.api_name,
        description=body.description,
        check_every=body.check_every,
    )
    return _view(call, call.services.vault.create(call.username, [new])[0])


@group.endpoint(
    "GET", "/api/keys/{key_id}", "Read a key", answer=KeyView, problems=("key_not_found",)
)
def read_key(call: Call, key_id: str) -> KeyView:
    """One key, without its secret."""
    return _view(call, call.services.vault.get(call.username, key_id))


@group.endpoint(
    "PATCH", "/api/keys/{key_id}", "Change a key, or replace its secret", body=ChangeKey,
    answer=KeyView,
    problems=("key_not_found", "upstream_not_allowed", "secret_required", "conflict",
              "secret_unreadable", "no_schedule_here"),
)  # fmt: skip
def change_key(call: Call, key_id: str, body: ChangeKey) -> KeyView:
    """The key under the same id."""
    key = call.services.vault.change(
        call.username,
        key_id,
        base_url=None if body.base_url is UNSET else body.base_url,
        auth=None if body.auth is UNSET else body.auth,
        secret=None if body.secret is UNSET else Secret(body.secret),
        description=None if body.description is UNSET else body.description,
        check_every=body.check_every,
    )
    return _view(call, key)


@group.endpoint(
    "DELETE", "/api/keys/{key_id}", "Delete a key", status=204,
    problems=("key_not_found", "conflict"),
)  # fmt: skip
def delete_key(call: Call, key_id: str) -> None:
    """Remove it from the vault and from its pool."""
    call.services.vault.delete(call.username, key_id)


@group.endpoint(
    "POST", "/api/keys/{key_id}/check", "Prove a key by the provider's harmless request",
    answer=CheckResult, problems=("key_not_found", "secret_unreadable"),
)  # fmt: skip
def check_key(call: Call, key_id: str) -> CheckResult:
    """What came back, in plain words."""
    return call.services.checker.check(call.username, key_id)


@group.endpoint(
    "GET", "/api/providers", "List the catalogue", query=PageQuery, answer=listing(ProviderView),
    problems=("invalid_cursor",), signed_in=False,
)  # fmt: skip
def list_providers(call: Call, query: PageQuery) -> dict[str, object]:
    """The providers that are known, by slug."""
    after = position(call, "providers", query.cursor)
    providers = call.services.catalogue.all()
    page = slice_page(providers, lambda provider: provider.slug, query.limit, after)
    views = [_provider_view(provider) for provider in page.items]
    return page_answer(call, "providers", views, page.next)


def key_view(
    key: StoredKey, pool: Pool | None, now: float, next_check_at: int | None = None
) -> KeyView:
    """A key as it may be shown."""
    state = state_of(key, pool, now)
    return KeyView(
        key_id=key.key_id,
        api_name=key.api_name,
        provider=key.provider,
        base_url=key.base_url,
        auth=key.auth,
        hint=key.hint,
        description=key.description,
        created_at=key.created_at,
        updated_at=key.updated_at,
        state="ready" if state is None else "refused" if state.reason == "refused" else "exhausted",
        state_until=None if state is None else state.until,
        state_since=None if state is None else state.since,
        state_reason=None if state is None else reason_of(state),
        check_every=key.check_every,
        next_check_at=next_check_at,
        check=None if key.check is None else convert(key.check, CheckResult),
    )


def _view(call: Call, key: StoredKey) -> KeyView:
    pool = call.services.vault.pool(call.username, key.api_name)
    due = _next_checks(call, [key])
    return key_view(key, pool, call.services.clock(), due.get(key.key_id))


def _next_checks(call: Call, keys: list[StoredKey]) -> dict[str, int]:
    if all(key.check_every is None for key in keys):
        return {}
    return call.services.vault.next_checks(call.username)


def _provider_view(provider: Provider) -> ProviderView:
    env: dict[str, Any] = {
        "key": list(provider.env.key),
        "base_url": list(provider.env.base_url),
    }
    return ProviderView(
        slug=provider.slug,
        name=provider.name,
        base_url=provider.base_url,
        base_url_example=provider.base_url_example,
        auth=provider.auth,
        docs=provider.docs,
        keys_url=provider.keys_url,
        sdk_path=provider.sdk_path,
        env=env,
        sdks=[
            SdkView(language=sdk.language, package=sdk.package, setup=sdk.setup)
            for sdk in provider.sdks
        ],
        checkable=provider.check is not None,
        check_path=_check_path(provider),
        check_headers=provider.check.headers if provider.check is not None else {},
    )


def _check_path(provider: Provider) -> str | None:
    check = provider.check
    if check is None or check.method != "GET":
        return None
    return f"{check.path}?{check.query}" if check.query else check.path
