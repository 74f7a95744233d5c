"""The problem codes of accounts, sign-in and second factors: a part of api/problem_codes.py."""

from __future__ import annotations

from api.problem_code import ProblemCode

ACCOUNT_PROBLEM_CODES = (
    ProblemCode(
        "invalid_credentials",
        401,
        "Wrong username or password",
        "Check both. The response does not say which one is wrong.",
    ),
    ProblemCode(
        "invalid_refresh_token",
        401,
        "Invalid refresh token",
        "Sign in again. A refresh token can be used once.",
    ),
    ProblemCode(
        "second_factor_required",
        401,
        "The account has a second factor",
        "Send `code` with the sign-in, or `pending` and a factor of `methods` to "
        "`POST /api/auth/second-factor`.",
    ),
    ProblemCode(
        "invalid_second_factor",
        401,
        "Wrong second factor",
        "Wait for the next code of the authenticator app, or use another factor. Each code works "
        "once.",
    ),
    ProblemCode(
        "invalid_passkey",
        401,
        "The passkey was not accepted",
        "Use another passkey, or sign in with the password.",
    ),
    ProblemCode(
        "wrong_password",
        403,
        "Wrong current password",
        "Enter the current password again.",
    ),
    ProblemCode(
        "step_up_required",
        403,
        "Confirm that it is you",
        "Send one of `methods` to `POST /api/auth/step-up`, then repeat the request. It is valid "
        "for 5 minutes.",
    ),
    ProblemCode(
        "second_factor_setup_required",
        403,
        "This dashboard requires a second factor",
        "Set up a passkey or an authenticator app on the page “Account”. Personal access tokens "
        "keep working.",
        "The session's user has no second factor, which this dashboard requires. The API was not "
        "called.",
    ),
    ProblemCode(
        "cross_origin_refused",
        403,
        "The session cookie was sent from another site",
        "Use the dashboard's own pages, or send the refresh token in the body.",
    ),
    ProblemCode(
        "sign_up_closed",
        403,
        "Sign-up is closed",
        "Ask the operator of the dashboard for an account.",
    ),
    ProblemCode(
        "invite_required",
        403,
        "Sign-up requires an invite code",
        "Send the `invite_code` that the operator of the dashboard gave you.",
    ),
    ProblemCode(
        "session_not_found",
        404,
        "No such session",
        "List the sessions. This session may have ended.",
    ),
    ProblemCode(
        "passkey_not_found",
        404,
        "No such passkey",
        "Read the factors (`GET /api/me/factors`). This passkey may have been removed.",
    ),
    ProblemCode(
        "totp_not_found",
        404,
        "No authenticator app is set up",
        "Read the factors (`GET /api/me/factors`).",
    ),
    ProblemCode(
        "username_taken",
        409,
        "The username is taken",
        "Choose another username. A name that looks like an existing one is also taken.",
    ),
    ProblemCode(
        "challenge_expired",
        409,
        "The step has expired or was completed before",
        "Start the sign-in or the set-up again. A step is valid for 5 minutes and is used once.",
    ),
    ProblemCode(
        "passkeys_unavailable",
        409,
        "Passkeys do not work at this address",
        "Open the dashboard at the `address` in the response if it has one, or use an "
        "authenticator app. Passkeys need a host name: HTTPS, or `localhost`.",
    ),
    ProblemCode(
        "too_many_passkeys",
        409,
        "Too many passkeys for this account",
        "Remove a passkey. An account has at most 20.",
    ),
    ProblemCode(
        "second_factor_missing",
        409,
        "The account has no second factor",
        "Add a passkey or an authenticator app first.",
    ),
    ProblemCode(
        "second_factor_required_by_server",
        409,
        "The last factor cannot be removed here",
        "Add another passkey or an authenticator app first.",
    ),
    ProblemCode(
        "too_many_attempts",
        429,
        "Too many attempts",
        "Wait for the time in `Retry-After`.",
    ),
    ProblemCode(
        "too_many_accounts",
        429,
        "Too many accounts from one address today",
        "Wait for the time in `Retry-After`. `API_DASHBOARD_MAX_ACCOUNTS_PER_DAY` sets the cap.",
    ),
)
