"""Each kind of target gets what its service expects: webhooks, ntfy, Slack, Discord."""

from __future__ import annotations

import base64
import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from api.notifications.outbox import MAX_IN_HOUR
from api.notifications.run import PAUSES
from api.notifications.signing import signed_headers
from api.secret import Secret
from api.services.notifications.service import MAX_TARGETS
from tests.product.notifications.notifying import EXAMPLE, TARGETS, NotifyingProduct
from tests.support.upstream import Answer, Received

ROOT = Path(__file__).resolve().parents[3]


def verified(secret: str, received: Received) -> object:
    """Return the payload if the verifier of Standard Webhooks accepts it."""
    return Webhook(secret).verify(received.body, dict(received.headers))


def test_a_webhook_is_signed_as_standard_webhooks_says(product: NotifyingProduct) -> None:
    target = product.target()
    assert target["secret"].startswith("whsec_")
    assert len(base64.b64decode(target["secret"].removeprefix("whsec_"))) == 32
    product.notify()
    assert product.deliver() == 1
    received = product.place.last
    payload = verified(target["secret"], received)
    assert isinstance(payload, dict)
    assert list(payload) == ["type", "timestamp", "data"]
    assert payload["type"] == "quota"
    assert payload["data"]["title"] == EXAMPLE.title
    assert payload["data"]["facts"] == EXAMPLE.facts
    assert received.method == "POST" and received.get("content-type") == "application/json"
    (listed,) = product.listed()
    assert received.get("webhook-id") == listed["notification_id"]
    with pytest.raises(WebhookVerificationError):
        received.body += b" "
        verified(target["secret"], received)


def test_after_a_rotation_both_secrets_verify_for_a_day(product: NotifyingProduct) -> None:
    target = product.target()
    path = f"{TARGETS}/{target['target_id']}/rotate-secret"
    rotated = product.call("POST", path).json
    assert rotated["previous_until"] == int(product.clock.now) + 86_400
    assert rotated["secret"] != target["secret"]
    product.test(target)
    for secret in (target["secret"], rotated["secret"]):
        assert verified(secret, product.place.last)
    product.clock.now += 86_400
    product.test(target)
    received = product.place.last
    at = datetime.fromtimestamp(int(product.clock.now), UTC)
    assert received.get("webhook-signature") == Webhook(rotated["secret"]).sign(
        received.get("webhook-id") or "", at, received.body.decode()
    )


def test_a_signature_is_that_of_the_standard_s_own_library() -> None:
    secret = "whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD"
    body = b'{"test": 2432232314}'
    at = datetime.fromtimestamp(1_614_265_330, UTC)
    expected = Webhook(secret).sign("msg_p5jXN8AQM9LWM0D4loKWxJek", at, body.decode())
    headers = signed_headers([Secret(secret)], "msg_p5jXN8AQM9LWM0D4loKWxJek", 1_614_265_330, body)
    assert dict(headers)["webhook-signature"] == expected


def test_other_kinds_have_no_signing_secret(product: NotifyingProduct) -> None:
    target = product.target("slack")
    assert target["secret"] is None
    answer = product.call("POST", f"{TARGETS}/{target['target_id']}/rotate-secret")
    assert (answer.status, answer.json["code"]) == (409, "no_signing_secret")


def test_ntfy_gets_json_at_the_server_and_the_access_token(product: NotifyingProduct) -> None:
    product.target("ntfy", f"{product.place.url}/alerts-of-mine", access_token="tk_0123456789")
    product.notify()
    assert product.deliver() == 1
    received = product.place.last
    assert product.place.path() == "/"
    assert received.get("authorization") == "Bearer tk_0123456789"
    assert json.loads(received.body) == {
        "topic": "alerts-of-mine",
        "title": EXAMPLE.title,
        "message": EXAMPLE.text,
    }


def test_slack_gets_text_without_formatting(product: NotifyingProduct) -> None:
    product.target("slack", f"{product.place.url}/services/T000/B000/XXXX")
    product.notify(title="<!channel> & @here")
    assert product.deliver() == 1
    body = json.loads(product.place.last.body)
    assert body["text"].startswith("&lt;!channel&gt; &amp; @\u200bhere\n")
    assert body["mrkdwn"] is False


def test_discord_gets_content_that_mentions_nobody(product: NotifyingProduct) -> None:
    product.target("discord", f"{product.place.url}/api/webhooks/1/token?thread_id=5")
    product.place.answer(Answer(204))
    product.notify(title="@everyone **now**")
    assert product.deliver() == 1
    body = json.loads(product.place.last.body)
    assert body["content"].startswith("**\\@everyone \\*\\*now\\*\\***\n")
    assert body["allowed_mentions"] == {"parse": []}
    assert product.place.path() == "/api/webhooks/1/token?thread_id=5"


@pytest.mark.parametrize("kind", ["webhook", "ntfy", "slack", "discord"])
def test_a_test_says_what_happened(product: NotifyingProduct, kind: str) -> None:
    target = product.target(kind)
    assert product.test(target) == {
        "delivered": True,
        "status": 200,
        "detail": "The server responded 200 (OK).",
    }
    product.place.answer(Answer(403))
    refused = {
        "delivered": False,
        "status": 403,
        "detail": "The server responded 403 (Forbidden).",
    }
    assert product.test(target) == refused
    last = product.read(target)["last_delivery"]
    assert (last["delivered"], last["detail"]) == (False, refused["detail"])
    assert product.listed() == []


def test_a_test_of_an_unreachable_server_says_why(
    product: NotifyingProduct, closed_port: int
) -> None:
    target = product.target(address=f"http://127.0.0.1:{closed_port}/x")
    result = product.test(target)
    assert result == {
        "delivered": False,
        "status": None,
        "detail": "No connection to the server could be opened.",
    }


def test_an_account_can_send_twenty_tests_in_an_hour(product: NotifyingProduct) -> None:
    product.clock.now -= product.clock.now % 3600
    target = product.target()
    for _ in range(20):
        product.test(target)
    answer = product.call("POST", f"{TARGETS}/{target['target_id']}/test")
    assert (answer.status, answer.json["code"]) == (429, "too_many_attempts")
    assert answer.get("retry-after") == "3600"
    product.clock.now += 3600
    assert product.test(target)["delivered"]


def test_the_documented_code_verifies_a_webhook(product: NotifyingProduct) -> None:
    document = (ROOT / "docs" / "notifications.md").read_text()
    (code,) = re.findall(r"```python\n(.*?)```", document, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    target = product.target()
    product.test(target)
    received = product.place.last
    headers = dict(received.headers)
    names["verify"](target["secret"], headers, received.body)
    with pytest.raises(ValueError, match="signature"):
        names["verify"](target["secret"], headers, received.body + b" ")
    with pytest.raises(ValueError, match="signature"):
        names["verify"](product.target()["secret"], headers, received.body)
    product.clock.now -= 301
    product.test(target)
    with pytest.raises(ValueError, match="timestamp"):
        names["verify"](target["secret"], dict(product.place.last.headers), product.place.last.body)


def test_the_documented_limits_are_those_of_the_code() -> None:
    document = (ROOT / "docs" / "notifications.md").read_text()
    assert f"At most {MAX_IN_HOUR} in an hour" in document
    assert f"at most {MAX_TARGETS} targets" in document
    minutes = [str(seconds // 60) for seconds in PAUSES[:-1]]
    assert f"after {', '.join(minutes[:-1])} and {minutes[-1]} minutes" in document
