"""The endpoints of keys (`/api/keys`) and of the catalogue (`/api/providers`)."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import UNSET, Meta

from api.endpoint import EndpointGroup, RequestContext
from api.errors import Problem
from api.pools import Pool
from api.routes.paging import PageQuery, page_body, position, slice_page
from api.schemas.fields import listing
from api.schemas.keys import ChangeKey, CheckResult, CreateKey, HeaderView, KeyView
from api.schemas.providers import ExtraHeaderView, ProviderView, SdkView
from api.secret import Secret
from api.services.keys.extra_headers import NewExtraHeader
from api.services.keys.key_status import current_state, state_reason
from api.services.keys.pasted_secret import PastedSecret, clean_pasted_secret
from api.services.keys.provider import Provider
from api.services.keys.vault import NewKey
from api.storage.keys import StoredKey
from api.storage.users import User
from api.validation import convert

group = EndpointGroup("Keys")


class ProviderQuery(PageQuery, frozen=True, forbid_unknown_fields=True):
    """A page of the providers."""

    sdks: Annotated[
        bool,
        Meta(description="`false` leaves `sdks` empty, which makes the response half as large."),
    ] = True


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
    problems=("upstream_not_allowed", "conflict", "no_schedule_here", "too_many_keys"),
    audit="key.create",
)  # fmt: skip
def create_key(context: RequestContext, body: CreateKey) -> KeyView:
    """Store a new key and return it. Its secret is never shown again."""
    provider = context.services.vault.provider(body.provider)
    auth = body.auth or (provider.auth if provider is not None else None)
    pasted = clean_pasted_secret(body.secret, auth, provider)
    new_key = NewKey(
        secret=pasted.secret,
        provider=body.provider,
        base_url=body.base_url,
        auth=body.auth,
        api_name=body.api_name,
        description=body.description,
        check_every=body.check_every,
        extra_headers=tuple(
            NewExtraHeader(header.name, Secret(header.secret)) for header in body.extra_headers
        ),
    )
    stored = context.services.vault.create(context.username, [new_key])[0]
    context.audit.subject(stored.key_id, stored.api_name)
    return _view(context, stored, pasted.notices)


@group.endpoint(
    "GET", "/api/keys/{key_id}", "Read a key", response=KeyView, problems=("key_not_found",)
)
def read_key(context: RequestContext, key_id: str) -> KeyView:
    """Return one key, without its secret."""
    return _view(context, context.services.vault.get(context.username, key_id))


def _replaces_secret(user: User, body: ChangeKey) -> bool:
    headers = () if body.extra_headers is UNSET else body.extra_headers
    return body.secret is not UNSET or any(header.secret is not UNSET for header in headers)


@group.endpoint(
    "PATCH", "/api/keys/{key_id}", "Change a key or replace its secret", body=ChangeKey,
    response=KeyView,
    problems=("key_not_found", "upstream_not_allowed", "secret_required", "conflict",
              "secret_unreadable", "no_schedule_here"),
    step_up=_replaces_secret, audit="key.update",
)  # fmt: skip
def change_key(context: RequestContext, key_id: str, body: ChangeKey) -> KeyView:
    """Change the given fields and return the key, whose id stays the same.

    With a new `api_name`, the key leaves its pool and joins the pool of that API. Policies,
    reservations, statistics and the APIs that tokens name stay as they are.
    """
    pasted = _pasted(context, key_id, body)
    key = context.services.vault.change(
        context.username,
        key_id,
        base_url=None if body.base_url is UNSET else body.base_url,
        auth=None if body.auth is UNSET else body.auth,
        secret=pasted.secret if pasted is not None else None,
        description=None if body.description is UNSET else body.description,
        check_every=body.check_every,
        api_name=None if body.api_name is UNSET else body.api_name,
        extra_headers=None
        if body.extra_headers is UNSET
        else tuple(
            NewExtraHeader(header.name, None if header.secret is UNSET else Secret(header.secret))
            for header in body.extra_headers
        ),
        audit=context.audit,
    )
    return _view(context, key, pasted.notices if pasted is not None else ())


@group.endpoint(
    "DELETE", "/api/keys/{key_id}", "Delete a key", status=204,
    problems=("key_not_found", "conflict"), audit="key.delete",
)  # fmt: skip
def delete_key(context: RequestContext, key_id: str) -> None:
    """Delete the key from the vault and from its pool."""
    context.services.vault.delete(context.username, key_id, context.audit)


@group.endpoint(
    "POST", "/api/keys/{key_id}/check", "Check a key with the provider's harmless request",
    response=CheckResult, problems=("key_not_found", "secret_unreadable"), audit="key.check",
)  # fmt: skip
def check_key(context: RequestContext, key_id: str) -> CheckResult:
    """Make the provider's check request and return the outcome."""
    return context.services.checker.check(context.username, key_id)


@group.endpoint(
    "GET", "/api/providers", "List the providers", query=ProviderQuery,
    response=listing(ProviderView), problems=("invalid_cursor",), signed_in=False,
)  # fmt: skip
def list_providers(context: RequestContext, query: ProviderQuery) -> dict[str, object]:
    """Return the providers of the catalogue, sorted by slug."""
    after = position(context, "providers", query.cursor)
    providers = context.services.catalogue.all()
    page = slice_page(providers, lambda provider: provider.slug, query.limit, after)
    views = [_provider_view(provider, with_sdks=query.sdks) for provider in page.items]
    return page_body(context, "providers", views, page.next)


@group.endpoint(
    "GET", "/api/providers/{slug}", "Read a provider", response=ProviderView,
    problems=("not_found",), signed_in=False,
)  # fmt: skip
def read_provider(context: RequestContext, slug: str) -> ProviderView:
    """Return one provider of the catalogue."""
    provider = context.services.catalogue.get(slug)
    if provider is None:
        raise Problem("not_found", "There is no such provider.")
    return _provider_view(provider)


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
        extra_headers=[
            HeaderView(name=header.name, hint=header.hint) for header in key.extra_headers
        ],
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


def _pasted(context: RequestContext, key_id: str, body: ChangeKey) -> PastedSecret | None:
    """Return the new secret of a changed key, cleaned, or None without one."""
    if body.secret is UNSET:
        return None
    key = context.services.vault.get(context.username, key_id)
    auth = key.auth if body.auth is UNSET else body.auth
    return clean_pasted_secret(body.secret, auth, context.services.vault.provider(key.provider))


def _view(context: RequestContext, key: StoredKey, notices: tuple[str, ...] = ()) -> KeyView:
    pool = context.services.vault.pool(context.username, key.api_name)
    next_checks = _next_checks(context, [key])
    view = key_view(key, pool, context.services.clock(), next_checks.get(key.key_id))
    return msgspec.structs.replace(view, notices=list(notices)) if notices else view


def _next_checks(context: RequestContext, keys: list[StoredKey]) -> dict[str, int]:
    if all(key.check_every is None for key in keys):
        return {}
    return context.services.vault.next_checks(context.username)


def _provider_view(provider: Provider, with_sdks: bool = True) -> ProviderView:
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
        extra_headers=[
            ExtraHeaderView(name=header.name, env=list(header.env), required=header.required)
            for header in provider.extra_headers
        ],
        token_prefix=provider.token_prefix,
        docs=provider.docs,
        keys_url=provider.keys_url,
        sdk_path=provider.sdk_path,
        openai_path=provider.openai_path,
        env=env,
        sdks=[
            SdkView(**msgspec.structs.asdict(sdk)) for sdk in (provider.sdks if with_sdks else ())
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
