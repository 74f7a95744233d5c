"""The endpoints that preview, import and export `.env` files (`/api/env`)."""

from __future__ import annotations

from api.endpoint import EndpointGroup, RequestContext, always
from api.routes.addresses import proxy_origin
from api.routes.keys import key_view
from api.schemas.env_files import (
    EnvContent,
    EnvImported,
    EnvPlan,
    EnvText,
    ExportEnv,
    SecretLineView,
)

group = EndpointGroup("Environment files")

# A text of 1 MiB can be longer as JSON, because of escapes.
_BODY_LIMIT = 2_500_000


@group.endpoint(
    "POST", "/api/env/preview", "Preview the import of a .env file", body=EnvText,
    body_limit=_BODY_LIMIT, response=EnvPlan,
)  # fmt: skip
def preview_env(context: RequestContext, body: EnvText) -> EnvPlan:
    """Return what an import would do with each line. Nothing is stored."""
    return context.services.env_files.plan(context.username, body.content)


@group.endpoint(
    "POST", "/api/env/import", "Import the keys of a .env file", body=EnvText,
    body_limit=_BODY_LIMIT, status=201, response=EnvImported,
    problems=("upstream_not_allowed", "conflict", "too_many_keys"), audit="key.import",
)  # fmt: skip
def import_env(context: RequestContext, body: EnvText) -> EnvImported:
    """Store the keys of all lines with the action `import`, or none."""
    keys, plan = context.services.env_files.import_keys(context.username, body.content)
    context.audit.details(keys=", ".join(key.key_id for key in keys))
    return EnvImported(keys=[key_view(key, None, 0) for key in keys], lines=plan.lines)


@group.endpoint(
    "POST", "/api/env/export", "Export a .env file without keys", body=ExportEnv,
    body_limit=_BODY_LIMIT, response=EnvContent, step_up=always, audit="env.export",
)  # fmt: skip
def export_env(context: RequestContext, body: ExportEnv) -> EnvContent:
    """Return a file with a token and the proxy's base URL for each API instead of its keys.

    Only the APIs that the token may call are exported. Other lines stay as they are.
    """
    exported = context.services.env_files.export(
        context.username, body.token, body.content, body.apis, proxy_origin(context)
    )
    secrets = [
        SecretLineView(line=each.line, original_line=each.original_line, name=each.name)
        for each in exported.secrets
    ]
    return EnvContent(content=exported.content, apis=list(exported.apis), secrets=secrets)
