"""The endpoints that preview, import and export `.env` files (`/api/env`)."""

from __future__ import annotations

from api.endpoint import Call, Group
from api.routes.keys import key_view
from api.schemas.env_files import EnvContent, EnvImported, EnvPlan, EnvText, ExportEnv

group = Group("Environment files")

# A text of 1 MiB can be longer as JSON, because of escapes.
_BODY_LIMIT = 2_500_000


@group.endpoint(
    "POST", "/api/env/preview", "Preview the import of a .env file", body=EnvText,
    body_limit=_BODY_LIMIT, answer=EnvPlan,
)  # fmt: skip
def preview_env(call: Call, body: EnvText) -> EnvPlan:
    """Return what an import would do with each line. Nothing is stored."""
    return call.services.env_files.plan(call.username, body.content)


@group.endpoint(
    "POST", "/api/env/import", "Import the keys of a .env file", body=EnvText,
    body_limit=_BODY_LIMIT, status=201, answer=EnvImported,
    problems=("upstream_not_allowed", "conflict"),
)  # fmt: skip
def import_env(call: Call, body: EnvText) -> EnvImported:
    """Store the keys of all lines with the action `import`, or none."""
    keys, plan = call.services.env_files.import_keys(call.username, body.content)
    return EnvImported(keys=[key_view(key, None, 0) for key in keys], lines=plan.lines)


@group.endpoint(
    "POST", "/api/env/export", "Export a .env file without keys", body=ExportEnv,
    body_limit=_BODY_LIMIT, answer=EnvContent,
)  # fmt: skip
def export_env(call: Call, body: ExportEnv) -> EnvContent:
    """Return a file with a token and the proxy's base URL for each API instead of keys."""
    url = call.services.public_url or f"{call.wire.scheme}://{call.wire.host}"
    content = call.services.env_files.export(
        call.username, body.token, body.content, body.apis, url
    )
    return EnvContent(content=content)
