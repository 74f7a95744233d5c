"""Example bodies of requests, by operation: valid, and the ones that the documentation shows."""

from __future__ import annotations

from typing import Any

BODIES: dict[str, dict[str, Any]] = {
    "register": {
        "username": "ada",
        "email": "ada@example.com",
        "password": "correct horse battery staple",
    },
    "login": {"username": "ada", "password": "correct horse battery staple"},
    "refresh": {"refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"},
    "logout": {"refresh_token": "eyJhbGciOiJIUzI1NiJ9.e30.c2lnbmF0dXJl"},
    "change_profile": {"email": "ada@example.org"},
    "delete_account": {"password": "correct horse battery staple"},
    "change_password": {
        "current_password": "correct horse battery staple",
        "new_password": "purple monkey dishwasher 9",
    },
    "create_key": {"provider": "openai", "secret": "sk-proj-0123456789abcdef"},
    "change_key": {"secret": "sk-proj-fedcba9876543210", "description": "rotated"},
    "preview_env": {"content": "OPENAI_API_KEY=sk-proj-0123456789abcdef\n"},
    "import_env": {"content": "OPENAI_API_KEY=sk-proj-0123456789abcdef\n"},
    "export_env": {"content": "# production\nOPENAI_API_KEY=sk-proj-0123456789abcdef\n"},
    "create_token": {
        "name": "laptop",
        "apis": ["openai"],
        "methods": ["POST"],
        "path_prefixes": ["/v1/chat"],
        "expires_in": 2592000,
        "limit": 100,
        "window": 60,
    },
    "change_token": {"rehearsal": {"share": 0.2}},
    "set_reservation": {"share": 0.3},
    "set_rate_limit": {"limit": 100, "window": 60},
}

PATH_PARAMETERS = {
    "api_name": "openai",
    "key_id": "openai.k3v9x2m8q4w7z1ab",
    "token_id": "0k3v9x2m8q4wz",
    "session_id": "5f2b8c1d9e3a4f607182a3b4c5d6e7f8",
    "path": "v1/models",
}
