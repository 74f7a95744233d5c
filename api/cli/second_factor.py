"""Questions for a second factor: at a sign-in, and before what needs a fresh proof (step-up)."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from api.cli.errors import FAILED, SIGNED_OUT, CliError, ProblemError
from api.cli.prompts import ask_secret, is_interactive

_CODES = {"totp", "recovery_code"}


def takes_code(methods: object) -> bool:
    """Return whether a code is one of the methods in a response."""
    return isinstance(methods, Collection) and bool(_CODES & set(map(str, methods)))


def code_question(methods: object) -> str:
    """Return the question for a code that one of the methods has."""
    if isinstance(methods, Collection) and "totp" in methods:
        return "Code of your authenticator app, or a recovery code"
    return "Recovery code"


def needs_browser(url: str, doing: str) -> CliError:
    """Return the error for an account whose only second factor is a passkey."""
    return CliError(
        f"The second factor of your account is a passkey, which only a browser can use: {doing} at "
        f"{url}, or set up an authenticator app or recovery codes there for the command line.",
        SIGNED_OUT,
    )


def ask_for_proof(methods: object, url: str) -> dict[str, Any]:
    """Ask for what proves that it is still the user. Returns the body of a step-up.

    Raises CliError without a terminal, and if only a browser can prove it.
    """
    if not takes_code(methods) and methods != ["password"]:
        raise needs_browser(url, "do this")
    if not is_interactive():
        raise CliError(
            "The server asks who you are before this, and there is no terminal for your answer: "
            f"run `api-dashboard login {url}`, then repeat the command within 5 minutes.",
            SIGNED_OUT,
        )
    instead = "run the command at a terminal"
    if methods == ["password"]:
        return {"password": ask_secret("Password", instead=instead).reveal()}
    return {"code": ask_secret(code_question(methods), instead=instead).reveal()}


def refused_proof(error: ProblemError) -> CliError:
    """Return the error for a proof that the server refused."""
    if error.code == "invalid_second_factor":
        return CliError(
            "The code is wrong, or was used before: wait for the next one, and repeat the command.",
            FAILED,
        )
    if error.code == "wrong_password":
        return CliError("The password is wrong: repeat the command.", FAILED)
    return error
