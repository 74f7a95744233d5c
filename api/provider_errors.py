"""The error shape of each provider whose SDK reads more than a status and a message.

The comments name what an SDK reads; the rest is from the providers' documentation.
"""

from __future__ import annotations

from api.error_shapes import (
    CODE,
    MESSAGE,
    NULL,
    REQUEST_ID,
    RESET,
    RETRY_AFTER,
    RETRY_SECONDS,
    STATUS,
    WORD,
    ErrorShape,
)

_GOOGLE = {400: "INVALID_ARGUMENT", 401: "UNAUTHENTICATED", 402: "RESOURCE_EXHAUSTED",
           403: "PERMISSION_DENIED", 404: "NOT_FOUND", 429: "RESOURCE_EXHAUSTED", 500: "INTERNAL",
           502: "UNAVAILABLE", 503: "UNAVAILABLE", 504: "DEADLINE_EXCEEDED"}  # fmt: skip
_MESSAGES = [{"message": MESSAGE}]

ERROR_SHAPES = (
    ErrorShape(
        slugs=("airtable",),
        hosts=("api.airtable.com",),
        members={"error": {"type": WORD, "message": MESSAGE}},
        words={400: "INVALID_REQUEST_UNKNOWN", 401: "AUTHENTICATION_REQUIRED",
               403: "INVALID_PERMISSIONS", 404: "NOT_FOUND", 429: "RATE_LIMIT_REACHED",
               500: "SERVER_ERROR"},
    ),
    ErrorShape(
        # Claude's SDKs and agents compare `error.type`. A 402 raises PaymentRequiredError. The AI
        # SDK (Vercel) shows the message only of a document whose type is `error`.
        slugs=("anthropic",),
        hosts=("api.anthropic.com",),
        members={"type": "error", "error": {"type": WORD, "message": MESSAGE}},
        words={400: "invalid_request_error", 401: "authentication_error", 402: "billing_error",
               403: "permission_error", 404: "not_found_error", 413: "request_too_large",
               429: "rate_limit_error", 500: "api_error", 504: "timeout_error"},
        spend_members={"type": "error"},
    ),
    ErrorShape(
        slugs=("asana",),
        hosts=("app.asana.com",),
        members={"errors": _MESSAGES},
    ),
    ErrorShape(
        # The SDKs show `error` as a text.
        slugs=("assemblyai",),
        hosts=("api.assemblyai.com", "api.eu.assemblyai.com"),
        members={"error": MESSAGE},
        replaces=frozenset({"error"}),
    ),
    ErrorShape(
        # botocore reads the error's name from the header field, or from `__type`.
        slugs=("aws-bedrock",),
        hosts=(".amazonaws.com",),
        members={"__type": WORD, "message": MESSAGE},
        words={400: "ValidationException", 401: "UnrecognizedClientException",
               402: "ServiceQuotaExceededException", 403: "AccessDeniedException",
               404: "ResourceNotFoundException",
               429: "ThrottlingException", 500: "InternalServerException",
               503: "ServiceUnavailableException"},
        headers=(("X-Amzn-ErrorType", WORD),),
    ),
    ErrorShape(
        # The SDK parses `errors`, whose codes are numbers.
        slugs=("cloudflare",),
        hosts=("api.cloudflare.com",),
        members={"success": False, "errors": [{"code": WORD, "message": MESSAGE}], "messages": []},
        words={400: 1003, 401: 10000, 403: 10000, 404: 7003, 429: 10429, 500: 10500},
    ),
    ErrorShape(
        slugs=("clickup",),
        hosts=("api.clickup.com",),
        members={"err": MESSAGE, "ECODE": WORD},
        words={400: "INPUT_001", 401: "OAUTH_025", 403: "OAUTH_023", 429: "APP_002",
               500: "APP_001"},
    ),
    ErrorShape(
        slugs=("databricks",),
        hosts=(".cloud.databricks.com", ".azuredatabricks.net"),
        members={"error_code": WORD, "message": MESSAGE},
        words={400: "INVALID_PARAMETER_VALUE", 401: "UNAUTHENTICATED", 403: "PERMISSION_DENIED",
               404: "RESOURCE_DOES_NOT_EXIST", 429: "REQUEST_LIMIT_EXCEEDED",
               500: "INTERNAL_ERROR", 503: "TEMPORARILY_UNAVAILABLE", 504: "DEADLINE_EXCEEDED"},
    ),
    ErrorShape(
        # datadog-api-client waits for X-Ratelimit-Reset, in seconds.
        slugs=("datadog",),
        hosts=("api.datadoghq.com", "api.datadoghq.eu", ".datadoghq.com", "api.ddog-gov.com"),
        members={"errors": [MESSAGE]},
        limit_headers=(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", RETRY_AFTER)),
    ),
    ErrorShape(
        slugs=("deepgram",),
        hosts=("api.deepgram.com",),
        members={"err_code": WORD, "err_msg": MESSAGE},
        words={400: "Bad Request", 401: "INVALID_AUTH", 402: "ASR_PAYMENT_REQUIRED",
               403: "INSUFFICIENT_PERMISSIONS",
               429: "TOO_MANY_REQUESTS", 500: "INTERNAL_SERVER_ERROR"},
    ),
    ErrorShape(
        # discord.py reads only `application/json`, a 429 only with `Via`, and an integer `code`.
        slugs=("discord",),
        hosts=("discord.com", "discordapp.com"),
        members={"message": MESSAGE, "code": 0, "retry_after": RETRY_AFTER, "global": False},
        replaces=frozenset({"code"}),
        headers=(("Via", "1.1 api-dashboard"),),
        json_only=True,
    ),
    ErrorShape(
        slugs=("figma",),
        hosts=("api.figma.com",),
        members={"status": STATUS, "err": MESSAGE},
    ),
    ErrorShape(
        # octokit's plugin for throttling reads these fields.
        slugs=("github", "github-uploads"),
        hosts=("api.github.com", "uploads.github.com"),
        members={"message": MESSAGE, "documentation_url": "https://docs.github.com/rest"},
        limit_headers=(("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", RESET)),
    ),
    ErrorShape(
        # python-gitlab shows `error` in place of `message` if there is one.
        slugs=("gitlab",),
        hosts=("gitlab.com",),
        members={"message": MESSAGE, "error": MESSAGE},
        replaces=frozenset({"error"}),
        limit_headers=(("RateLimit-Reset", RESET),),
    ),
    ErrorShape(
        # google-genai takes the status's name from the top of the body, then from `error`.
        slugs=("google-gemini", "vertex-ai", "google-vertex"),
        hosts=("generativelanguage.googleapis.com", ".aiplatform.googleapis.com",
               "aiplatform.googleapis.com"),
        members={
            "error": {
                "code": STATUS,
                "message": MESSAGE,
                "status": WORD,
                "details": [
                    {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": CODE,
                     "domain": "api-dashboard"},
                    {"@type": "type.googleapis.com/google.rpc.RetryInfo",
                     "retryDelay": RETRY_SECONDS},
                ],
            },
        },
        problem_members={"status": WORD},
        words=_GOOGLE,
        replaces=frozenset({"status"}),
        json_only=True,
    ),
    ErrorShape(
        slugs=("google-maps",),
        hosts=("maps.googleapis.com", "places.googleapis.com", "routes.googleapis.com"),
        members={"status": WORD, "error_message": MESSAGE},
        words={400: "INVALID_REQUEST", 401: "REQUEST_DENIED", 403: "REQUEST_DENIED",
               429: "OVER_QUERY_LIMIT", 500: "UNKNOWN_ERROR"},
    ),
    ErrorShape(
        # `status` is a word at HubSpot, but its SDKs do not read it.
        slugs=("hubspot",),
        hosts=("api.hubapi.com",),
        members={"status": "error", "message": MESSAGE, "category": WORD,
                 "correlationId": REQUEST_ID},
        words={400: "VALIDATION_ERROR", 401: "INVALID_AUTHENTICATION", 403: "MISSING_SCOPES",
               404: "OBJECT_NOT_FOUND", 429: "RATE_LIMITS", 500: "INTERNAL_ERROR"},
    ),
    ErrorShape(
        # huggingface_hub joins `error` with other texts.
        slugs=("huggingface",),
        hosts=("huggingface.co",),
        members={"error": MESSAGE},
        replaces=frozenset({"error"}),
    ),
    ErrorShape(
        slugs=("intercom",),
        hosts=("api.intercom.io", "api.eu.intercom.io", "api.au.intercom.io"),
        members={"type": "error.list", "request_id": REQUEST_ID,
                 "errors": [{"code": WORD, "message": MESSAGE}]},
        words={400: "parameter_invalid", 401: "unauthorized", 403: "api_plan_restricted",
               404: "not_found", 429: "rate_limit_exceeded", 500: "server_error"},
    ),
    ErrorShape(
        slugs=("jira", "confluence"),
        hosts=(".atlassian.net",),
        members={"errorMessages": [MESSAGE], "errors": {}, "statusCode": STATUS},
    ),
    ErrorShape(
        slugs=("klaviyo",),
        hosts=("a.klaviyo.com",),
        members={"errors": [{"id": REQUEST_ID, "status": STATUS, "code": CODE, "title": MESSAGE,
                             "detail": MESSAGE}]},
    ),
    ErrorShape(
        # @linear/sdk and other GraphQL clients read `errors`.
        slugs=("linear",),
        hosts=("api.linear.app",),
        members={"errors": [{"message": MESSAGE,
                             "extensions": {"type": WORD, "code": WORD,
                                            "userPresentableMessage": MESSAGE}}]},
        words={400: "invalid input", 401: "authentication error", 403: "forbidden",
               429: "ratelimited", 500: "internal error"},
    ),
    ErrorShape(
        slugs=("minimax",),
        hosts=("api.minimax.io", "api.minimaxi.com"),
        members={"base_resp": {"status_code": WORD, "status_msg": MESSAGE}},
        words={400: 2013, 401: 1004, 403: 1004, 429: 1002, 500: 1000},
    ),
    ErrorShape(
        slugs=("monday",),
        hosts=("api.monday.com",),
        members={"errors": [{"message": MESSAGE, "extensions": {"code": CODE}}],
                 "error_message": MESSAGE, "error_code": WORD},
        words={400: "InvalidArgumentException", 401: "NotAuthenticated",
               403: "UserUnauthorizedException", 429: "RateLimitExceeded",
               500: "InternalServerError"},
    ),
    ErrorShape(
        # Both SDKs know only Notion's codes, and wait only for `rate_limited`.
        slugs=("notion",),
        hosts=("api.notion.com",),
        members={"object": "error", "status": STATUS, "code": WORD, "message": MESSAGE,
                 "request_id": REQUEST_ID},
        words={400: "validation_error", 401: "unauthorized", 403: "restricted_resource",
               404: "object_not_found", 429: "rate_limited", 500: "internal_server_error",
               502: "service_unavailable", 503: "service_unavailable", 504: "gateway_timeout"},
        replaces=frozenset({"code"}),
    ),
    ErrorShape(
        # okta's SDK requires the three members, and waits until X-Rate-Limit-Reset.
        slugs=("okta",),
        hosts=(".okta.com", ".oktapreview.com"),
        members={"errorCode": WORD, "errorSummary": MESSAGE, "errorLink": WORD,
                 "errorId": REQUEST_ID, "errorCauses": []},
        words={400: "E0000001", 401: "E0000011", 403: "E0000006", 404: "E0000007",
               429: "E0000047", 500: "E0000009"},
        limit_headers=(("X-Rate-Limit-Limit", "1"), ("X-Rate-Limit-Remaining", "0"),
                       ("X-Rate-Limit-Reset", RESET)),
    ),
    ErrorShape(
        # The AI SDK (Vercel) shows the message only of a document with these members.
        slugs=("mistral", "mistral-eu"),
        hosts=("api.mistral.ai", "api.eu.mistral.ai"),
        members={},
        spend_members={"object": "error", "param": NULL},
    ),
    ErrorShape(
        # These SDKs have an exception for 429, but none for 402. OpenAI sends this word, with 429,
        # to an account without money, and frameworks compare it.
        slugs=("openai", "azure-openai", "groq", "perplexity", "xai"),
        hosts=("api.openai.com", ".openai.azure.com", "api.groq.com", "api.perplexity.ai",
               "api.x.ai"),
        members={},
        spend_status=429,
        spend_members={"error": {"type": "insufficient_quota", "code": "insufficient_quota"}},
    ),
    ErrorShape(
        # The SDK raises PaymentRequiredResponseError only for JSON with an integer code.
        slugs=("openrouter",),
        hosts=("openrouter.ai",),
        members={},
        json_only=True,
        spend_members={"error": {"code": STATUS}},
    ),
    ErrorShape(
        slugs=("openweather",),
        hosts=("api.openweathermap.org",),
        members={"cod": STATUS, "message": MESSAGE},
    ),
    ErrorShape(
        # The SDKs read these members of `error` without a check.
        slugs=("paddle",),
        hosts=("api.paddle.com", "sandbox-api.paddle.com"),
        members={"error": {"code": CODE, "detail": MESSAGE,
                           "documentation_url": "https://developer.paddle.com/errors/overview"},
                 "meta": {"request_id": REQUEST_ID}},
    ),
    ErrorShape(
        slugs=("pagerduty",),
        hosts=("api.pagerduty.com", "api.eu.pagerduty.com"),
        members={"error": {"code": WORD, "errors": [MESSAGE]}},
        words={400: 2001, 401: 2006, 403: 2010, 404: 2100, 429: 2020, 500: 2000},
    ),
    ErrorShape(
        # The SDKs read these two names.
        slugs=("postmark",),
        hosts=("api.postmarkapp.com",),
        members={"ErrorCode": WORD, "Message": MESSAGE},
        words={400: 402, 401: 10, 403: 10, 429: 429, 500: 500},
    ),
    ErrorShape(
        # resend raises its own exception for `name`; that of `missing_api_key` hides the message.
        slugs=("resend",),
        hosts=("api.resend.com",),
        members={"statusCode": STATUS, "name": WORD, "message": MESSAGE},
        words={400: "validation_error", 401: "invalid_api_key", 403: "restricted_api_key",
               404: "not_found", 429: "rate_limit_exceeded", 500: "application_error"},
    ),
    ErrorShape(
        slugs=("sendgrid",),
        hosts=("api.sendgrid.com", "api.eu.sendgrid.com"),
        members={"errors": _MESSAGES},
    ),
    ErrorShape(
        slugs=("shopify",),
        hosts=(".myshopify.com",),
        members={"errors": MESSAGE},
    ),
    ErrorShape(
        # `error` is a word that callers compare. @slack/web-api repeats a call ten times in half an
        # hour unless the status is 200 or 429.
        slugs=("slack",),
        hosts=("slack.com", "www.slack.com"),
        members={"ok": False, "error": WORD},
        words={400: "invalid_arguments", 401: "invalid_auth", 403: "no_permission",
               404: "unknown_method", 429: "ratelimited", 500: "internal_error",
               502: "service_unavailable", 503: "service_unavailable", 504: "request_timeout"},
        replaces=frozenset({"error"}),
        ok_clients=".*@slack:web-api/",
    ),
    ErrorShape(
        # A 402 of Stripe is a declined card, and its SDKs raise CardError.
        slugs=("stripe",),
        hosts=("api.stripe.com", "files.stripe.com"),
        members={},
        spend_status=429,
    ),
    ErrorShape(
        # storage3 reads `statusCode`; postgrest reads `message`, `code`, `details` and `hint`.
        slugs=("supabase",),
        hosts=(".supabase.co",),
        members={"message": MESSAGE, "code": CODE, "details": MESSAGE, "statusCode": STATUS,
                 "msg": MESSAGE, "error_code": CODE},
    ),
    ErrorShape(
        # tavily-python reads `detail.error`.
        slugs=("tavily",),
        hosts=("api.tavily.com",),
        members={"detail": {"error": MESSAGE}},
        replaces=frozenset({"detail"}),
    ),
    ErrorShape(
        # Without `parameters.retry_after`, python-telegram-bot takes a 429 for a network error.
        slugs=("telegram", "telegram-files"),
        hosts=("api.telegram.org",),
        members={"ok": False, "error_code": STATUS, "description": MESSAGE,
                 "parameters": {"retry_after": RETRY_AFTER}},
    ),
    ErrorShape(
        slugs=("tmdb",),
        hosts=("api.themoviedb.org",),
        members={"success": False, "status_code": WORD, "status_message": MESSAGE},
        words={400: 5, 401: 7, 403: 3, 404: 34, 429: 25, 500: 11, 504: 24},
    ),
    ErrorShape(
        # With `title`, `type`, `status` and `code` the SDK raises TwilioServiceException, but the
        # calls of api.twilio.com raise TwilioRestException, whose code is a number.
        slugs=("twilio",),
        hosts=("api.twilio.com",),
        members={"code": WORD, "message": MESSAGE, "status": STATUS, "more_info": "https://www.twilio.com/docs/errors"},
        words={400: 20001, 401: 20003, 403: 20403, 404: 20404, 429: 20429, 500: 20500,
               503: 20503},
        replaces=frozenset({"code"}),
        omits=frozenset({"title"}),
    ),
    ErrorShape(
        slugs=("typeform",),
        hosts=("api.typeform.com",),
        members={"code": CODE, "description": MESSAGE},
    ),
    ErrorShape(
        slugs=("woocommerce",),
        hosts=(),
        members={"code": CODE, "message": MESSAGE, "data": {"status": STATUS}},
    ),
    ErrorShape(
        # tweepy waits until x-rate-limit-reset.
        slugs=("x",),
        hosts=("api.x.com", "api.twitter.com"),
        members={"errors": [{"code": WORD, "message": MESSAGE}]},
        words={400: 214, 401: 89, 403: 220, 404: 34, 429: 88, 500: 131},
        limit_headers=(("x-rate-limit-remaining", "0"), ("x-rate-limit-reset", RESET)),
    ),
    ErrorShape(
        slugs=("zendesk", "freshdesk"),
        hosts=(".zendesk.com", ".freshdesk.com"),
        members={"description": MESSAGE},
    ),
)  # fmt: skip
