"""`/api/env`: a real `.env` in, after a preview, and a safe one out."""

from __future__ import annotations

from api.endpoint import Call, Group
from api.routes.keys import key_view
from api.schemas.env_files import EnvContent, EnvImported, EnvPlan, EnvText, ExportEnv

group = Group("Environment files")

# JSON may escape what a text of 1 MiB holds.
_BODY_LIMIT = 2_500_000


@group.endpoint(
    "POST", "/api/env/preview", "See what an import of a .env file would do", body=EnvText,
    body_limit=_BODY_LIMIT, answer=EnvPlan,
)  # fmt: skip
def preview_env(call: Call, body: EnvText) -> EnvPlan:
    """Line by line, what would become of it; nothing is stored."""
    return call.services.env_files.plan(call.username, body.content)


@group.endpoint(
    "POST", "/api/env/import", "Store the keys of a .env file", body=EnvText,
    body_limit=_BODY_LIMIT, status=201, answer=EnvImported,
    problems=("upstream_not_allowed", "conflict"),
)  # fmt: skip
def import_env(call: Call, body: EnvText) -> EnvImported:
    """Every line that the preview calls `import` is stored, or none is."""
    keys, plan = call.services.env_files.import_keys(call.username, body.content)
    return EnvImported(keys=[key_view(key, None, 0) for key in keys], lines=plan.lines)


@group.endpoint(
    "POST", "/api/env/export", "Make a .env file without keys", body=ExportEnv,
    body_limit=_BODY_LIMIT, answer=EnvContent,
)  # fmt: skip
def export_env(call: Call, body: ExportEnv) -> EnvContent:
    """A token and a base URL of the proxy per API, in the place of keys."""
    address = call.services.public_url or f"{call.wire.scheme}://{call.wire.host}"
    content = call.services.env_files.export(
        call.username, body.token, body.content, body.apis, address
    )
    return EnvContent(content=content)
