"""The endpoints of keys (`/api/keys`) and of the catalogue (`/api/providers`)."""

from __future__ import annotations

from typing import Any

from msgspec import UNSET

from api.endpoint import EndpointGroup, RequestContext
from api.pools import Pool
from api.routes.paging import PageQuery, page_body, position, slice_page
from api.schemas.fields import listing
from api.schemas.keys import ChangeKey, CheckResult, CreateKey, KeyView
from api.schemas.providers import ProviderView, SdkView
from api.secret import Secret
from api.services.keys.key_status import current_state, state_reason
from api.services.keys.provider import Provider
from api.services.keys.vault import NewKey
from api.storage.keys import StoredKey
from api.validation import convert

group = EndpointGroup("Keys")


@group.endpoint(
    "GET", "/api/keys", "List the keys", query=PageQuery, response=listing(KeyView),
    problems=("invalid_cursor",),
)  # fmt: skip
def list_keys(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """Return the stored keys, without their secrets."""
    after = position(context, "keys", query.cursor)
    page = context.services.vault.page(context.username, query.limit, after)
    pools = context.services.vault.pools(context.username)
    due = _next_checks(context, page.items)
    now = context.services.clock()
    views = [key_view(key, pools.get(key.api_name), now, due.get(key.key_id)) for key in page.items]
    return page_body(context, "keys", views, page.next)


@group.endpoint(
    "POST", "/api/keys", "Store a key", body=CreateKey, status=201, response=KeyView,
    problems=("upstream_not_allowed", "conflict", "no_schedule_here"),
)  # fmt: skip
def create_key(context: RequestContext, body: CreateKey) -> KeyView:
    """Store a new key and return it. Its secret is never shown again."""
    new_key = NewKey(
        secret=Secret(body.secret),
        provider=body.provider,
        base_url=body.base_url,
        auth=body.auth,
        api_name=body.api_name,
        description=body.description,
        check_every=body.check_every,
    )
    return _view(context, context.services.vault.create(context.username, [new_key])[0])


@group.endpoint(
    "GET", "/api/keys/{key_id}", "Read a key", response=KeyView, problems=("key_not_found",)
)
def read_key(context: RequestContext, key_id: str) -> KeyView:
    """Return one key, without its secret."""
    return _view(context, context.services.vault.get(context.username, key_id))


@group.endpoint(
    "PATCH", "/api/keys/{key_id}", "Change a key or replace its secret", body=ChangeKey,
    response=KeyView,
    problems=("key_not_found", "upstream_not_allowed", "secret_required", "conflict",
              "secret_unreadable", "no_schedule_here"),
)  # fmt: skip
def change_key(context: RequestContext, key_id: str, body: ChangeKey) -> KeyView:
    """Change the given fields and return the key, whose id stays the same."""
    key = context.services.vault.change(
        context.username,
        key_id,
        base_url=None if body.base_url is UNSET else body.base_url,
        auth=None if body.auth is UNSET else body.auth,
        secret=None if body.secret is UNSET else Secret(body.secret),
        description=None if body.description is UNSET else body.description,
        check_every=body.check_every,
    )
    return _view(context, key)


@group.endpoint(
    "DELETE", "/api/keys/{key_id}", "Delete a key", status=204,
    problems=("key_not_found", "conflict"),
)  # fmt: skip
def delete_key(context: RequestContext, key_id: str) -> None:
    """Delete the key from the vault and from its pool."""
    context.services.vault.delete(context.username, key_id)


@group.endpoint(
    "POST", "/api/keys/{key_id}/check", "Check a key with the provider's harmless request",
    response=CheckResult, problems=("key_not_found", "secret_unreadable"),
)  # fmt: skip
def check_key(context: RequestContext, key_id: str) -> CheckResult:
    """Make the provider's check request and return the outcome."""
    return context.services.checker.check(context.username, key_id)


@group.endpoint(
    "GET", "/api/providers", "List the providers", query=PageQuery, response=listing(ProviderView),
    problems=("invalid_cursor",), signed_in=False,
)  # fmt: skip
def list_providers(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """Return the providers of the catalogue, sorted by slug."""
    after = position(context, "providers", query.cursor)
    providers = context.services.catalogue.all()
    page = slice_page(providers, lambda provider: provider.slug, query.limit, after)
    views = [_provider_view(provider) for provider in page.items]
    return page_body(context, "providers", views, page.next)


def key_view(
    key: StoredKey, pool: Pool | None, now: float, next_check_at: int | None = None
) -> KeyView:
    """Return a key as the API shows it, without its secret."""
    state = current_state(key, pool, now)
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
        state_reason=None if state is None else state_reason(state),
        check_every=key.check_every,
        next_check_at=next_check_at,
        check=None if key.check is None else convert(key.check, CheckResult),
    )


def _view(context: RequestContext, key: StoredKey) -> KeyView:
    pool = context.services.vault.pool(context.username, key.api_name)
    next_checks = _next_checks(context, [key])
    return key_view(key, pool, context.services.clock(), next_checks.get(key.key_id))


def _next_checks(context: RequestContext, keys: list[StoredKey]) -> dict[str, int]:
    if all(key.check_every is None for key in keys):
        return {}
    return context.services.vault.next_checks(context.username)


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
