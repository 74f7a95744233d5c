"""Sends emails by Amazon SES, with the AWS SDK of Lambda's runtime."""

from __future__ import annotations

from typing import Any

from api.notifications.messages import Message, without_links
from api.notifications.results import SECONDS, AttemptResult

_CONNECT_SECONDS = 3


class SesMailer:
    """Sends emails from a verified identity. The bundle has no SDK: Lambda's runtime has it."""

    def __init__(self, sender: str, region: str) -> None:
        self._sender = sender
        self._region = region
        self._client: Any = None

    def send(self, message: Message, recipient: str) -> AttemptResult:
        """Send one email by the API v2, which needs `ses:SendEmail` alone. Never raises."""
        # Imported for the first email only: the SDK takes long to load.
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            self._sdk().send_email(
                FromEmailAddress=self._sender,
                Destination={"ToAddresses": [recipient]},
                # A raw message would need `ses:SendRawEmail` too.
                Content={
                    "Simple": {
                        "Subject": _utf8(without_links(message.title)),
                        "Body": {"Text": _utf8(without_links(message.text))},
                    }
                },
            )
        except ClientError as error:
            code = str(error.response.get("Error", {}).get("Code", "Unknown"))[:60]
            return AttemptResult(False, f"Amazon SES refused the email ({code}).")
        except BotoCoreError as error:
            return AttemptResult(False, f"Amazon SES did not respond ({type(error).__name__}).")
        return AttemptResult(True, "Amazon SES accepted the email.")

    def _sdk(self) -> Any:
        if self._client is None:
            import boto3
            from botocore.config import Config

            config = Config(
                connect_timeout=_CONNECT_SECONDS,
                read_timeout=SECONDS - _CONNECT_SECONDS,
                retries={"total_max_attempts": 1},
            )
            self._client = boto3.client("sesv2", region_name=self._region, config=config)
        return self._client


def _utf8(text: str) -> dict[str, str]:
    return {"Data": text, "Charset": "UTF-8"}
