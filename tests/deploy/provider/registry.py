"""The resource types of each package."""

from __future__ import annotations

from tests.deploy.provider.core import Kind
from tests.deploy.provider.kinds import (
    alerts,
    buckets,
    distributions,
    edge,
    functions,
    http_api,
    logs,
    objects,
    parameters,
    randomness,
    roles,
    schedules,
    tables,
)

PACKAGES: dict[str, tuple[type[Kind], ...]] = {
    "aws": (
        alerts.Budget,
        alerts.MetricAlarm,
        alerts.Subscription,
        alerts.Topic,
        buckets.Bucket,
        buckets.BucketPolicy,
        buckets.Encryption,
        buckets.OwnershipControls,
        buckets.PublicAccessBlock,
        buckets.Website,
        distributions.Distribution,
        edge.EdgeFunction,
        edge.OriginAccessControl,
        edge.ResponseHeadersPolicy,
        functions.Function,
        functions.Permission,
        http_api.Api,
        http_api.Integration,
        http_api.Route,
        http_api.Stage,
        logs.LogGroup,
        objects.BucketObject,
        parameters.Parameter,
        roles.Role,
        roles.RolePolicy,
        schedules.EventRule,
        schedules.EventTarget,
        tables.Table,
    ),
    "random": (randomness.RandomBytes, randomness.RandomPassword),
}
