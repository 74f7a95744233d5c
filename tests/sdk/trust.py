"""Let clients in this process trust the certificate authority of a test."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator, Mapping
from pathlib import Path

import stripe


@contextlib.contextmanager
def trusting(authority: Path | None) -> Iterator[None]:
    """Let httpx, requests, stripe-python and curl trust a certificate authority."""
    if authority is None:
        yield
        return
    before, stripe.ca_bundle_path = stripe.ca_bundle_path, str(authority)
    variables = ("SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE")
    try:
        with environment_of(dict.fromkeys(variables, str(authority))):
            yield
    finally:
        stripe.ca_bundle_path = before


@contextlib.contextmanager
def environment_of(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables of this process, for SDKs that read them."""
    before = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
