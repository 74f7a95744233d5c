"""The endpoints of comparisons with providers' own figures (`/api/spend/reconciliations`)."""

from __future__ import annotations

from api.endpoint import EndpointGroup, RequestContext
from api.routes.paging import PageQuery, page_body, position, slice_page
from api.schemas.fields import listing
from api.schemas.reconciliation import (
    ReconciliationCandidates,
    ReconciliationView,
    SetReconciliation,
)

group = EndpointGroup("Spend")


@group.endpoint(
    "GET", "/api/spend/reconciliations", "List the comparisons with providers", query=PageQuery,
    response=listing(ReconciliationView, candidates=ReconciliationCandidates),
    problems=("invalid_cursor",),
)  # fmt: skip
def list_reconciliations(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """Return the APIs that are compared with their provider's own figures.

    The first page also has the `candidates`: APIs whose provider reports costs, with the APIs that
    may hold its admin key.
    """
    after = position(context, "reconciliations", query.cursor)
    service = context.services.reconciliations
    views = service.all(context.username)
    page = slice_page(views, lambda view: view.api_name, query.limit, after)
    body = page_body(context, "reconciliations", page.items, page.next)
    if query.cursor is None:
        body["candidates"] = service.candidates(context.username)
    return body


@group.endpoint(
    "PUT", "/api/spend/reconciliations/{api_name}", "Compare an API with its provider",
    body=SetReconciliation, response=ReconciliationView, problems=("unknown_api", "conflict"),
    audit="reconciliation.update",
)  # fmt: skip
def set_reconciliation(
    context: RequestContext, api_name: str, body: SetReconciliation
) -> ReconciliationView:
    """Compare what the API cost with the provider's own figures, every day after midnight UTC.

    `admin_api_name` is another API of yours, under which an admin key of the provider is stored.
    Providers: OpenAI, Anthropic and OpenRouter.
    """
    return context.services.reconciliations.set(context.username, api_name, body.admin_api_name)


@group.endpoint(
    "DELETE", "/api/spend/reconciliations/{api_name}", "End the comparison of an API", status=204,
    problems=("reconciliation_not_found",), audit="reconciliation.delete",
)  # fmt: skip
def delete_reconciliation(context: RequestContext, api_name: str) -> None:
    """Delete the comparison and its days. The keys stay."""
    context.services.reconciliations.remove(context.username, api_name)


@group.endpoint(
    "POST", "/api/spend/reconciliations/{api_name}/run", "Run the comparison of an API now",
    response=ReconciliationView,
    problems=("reconciliation_not_found", "conflict"), audit="reconciliation.run",
)  # fmt: skip
def run_reconciliation(context: RequestContext, api_name: str) -> ReconciliationView:
    """Ask the provider for its figures of the last 31 days, and compare them.

    A provider that does not answer as it should is described by `state` and `detail`.
    """
    return context.services.reconciliations.run(context.username, api_name)
