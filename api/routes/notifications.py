"""The endpoints of notifications and their targets (`/api/notifications`)."""

from __future__ import annotations

from api.endpoint import EndpointGroup, RequestContext
from api.routes.paging import PageQuery, page_body, position
from api.schemas.fields import listing
from api.schemas.notifications import (
    ChangeTarget,
    CreatedTarget,
    CreateTarget,
    NotificationView,
    RotatedSecret,
    TargetView,
    TargetViews,
    TestResult,
)

group = EndpointGroup("Notifications")


@group.endpoint(
    "GET", "/api/notifications", "List the notifications", query=PageQuery,
    response=listing(NotificationView), problems=("invalid_cursor",),
)  # fmt: skip
def list_notifications(context: RequestContext, query: PageQuery) -> dict[str, object]:
    """Return the notifications of the last 30 days with their deliveries, the newest first."""
    after = position(context, "notifications", query.cursor)
    page = context.services.notifications.page(context.username, query.limit, after)
    return page_body(context, "notifications", page.items, page.next)


@group.endpoint(
    "GET", "/api/notifications/targets", "List the targets", response=TargetViews,
    problems=("secret_unreadable",),
)  # fmt: skip
def list_targets(context: RequestContext) -> TargetViews:
    """Return all targets, with their addresses masked."""
    service = context.services.notifications
    return TargetViews(items=service.all(context.username), kinds=service.kinds)


@group.endpoint(
    "POST", "/api/notifications/targets", "Create a target", body=CreateTarget, status=201,
    response=CreatedTarget,
    problems=("upstream_not_allowed", "mail_not_configured", "too_many_targets", "conflict"),
    audit="notification_target.create",
)  # fmt: skip
def create_target(context: RequestContext, body: CreateTarget) -> CreatedTarget:
    """Store where notifications are sent. A webhook's signing secret is shown only here."""
    target = context.services.notifications.create(context.username, body)
    context.audit.subject(target.target_id, target.name)
    return target


@group.endpoint(
    "GET", "/api/notifications/targets/{target_id}", "Read a target", response=TargetView,
    problems=("target_not_found", "secret_unreadable"),
)  # fmt: skip
def read_target(context: RequestContext, target_id: str) -> TargetView:
    """Return one target, with its address masked."""
    service = context.services.notifications
    return service.view(context.username, service.get(context.username, target_id))


@group.endpoint(
    "PATCH", "/api/notifications/targets/{target_id}", "Change a target", body=ChangeTarget,
    response=TargetView,
    problems=(
        "target_not_found", "upstream_not_allowed", "secret_required", "secret_unreadable",
        "conflict",
    ),
    audit="notification_target.update",
)  # fmt: skip
def change_target(context: RequestContext, target_id: str, body: ChangeTarget) -> TargetView:
    """Change the given fields. Deliveries that are waiting go to the new address."""
    target = context.services.notifications.change(context.username, target_id, body)
    context.audit.subject(target_id, target.name)
    return target


@group.endpoint(
    "DELETE", "/api/notifications/targets/{target_id}", "Delete a target", status=204,
    problems=("target_not_found",), audit="notification_target.delete",
)  # fmt: skip
def delete_target(context: RequestContext, target_id: str) -> None:
    """Delete the target. What is waiting for it is not sent."""
    service = context.services.notifications
    context.audit.subject(target_id, service.get(context.username, target_id).name)
    service.delete(context.username, target_id)


@group.endpoint(
    "POST", "/api/notifications/targets/{target_id}/rotate-secret", "Rotate the signing secret",
    response=RotatedSecret,
    problems=("target_not_found", "no_signing_secret", "secret_unreadable", "conflict"),
    audit="notification_target.rotate_secret",
)  # fmt: skip
def rotate_target_secret(context: RequestContext, target_id: str) -> RotatedSecret:
    """Create a new signing secret for a webhook. For a day, both secrets sign."""
    service = context.services.notifications
    context.audit.subject(target_id, service.get(context.username, target_id).name)
    return service.rotate_secret(context.username, target_id)


@group.endpoint(
    "POST", "/api/notifications/targets/{target_id}/test", "Send a test", response=TestResult,
    problems=("target_not_found", "too_many_attempts"), audit="notification_target.test",
)  # fmt: skip
def test_target(context: RequestContext, target_id: str) -> TestResult:
    """Send a test to the target now. The response says what came of it."""
    service = context.services.notifications
    context.audit.subject(target_id, service.get(context.username, target_id).name)
    return service.test(context.username, target_id)
