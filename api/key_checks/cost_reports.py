"""Reads the cost report of a provider with the user's admin key."""

from __future__ import annotations

from time import monotonic

from api.http.errors import TransportError
from api.http.timeouts import Timeouts
from api.key_checks.outcome import not_answered, not_resolved
from api.proxy.exchange import UpstreamClient
from api.proxy.upstream_request import build_upstream_request, stored_base_url
from api.services.keys.vault import Vault
from api.services.spend.reconciliation.reports import (
    CostReport,
    CostSource,
    ReportFailed,
    merge_page,
    unfinished_report,
)
from api.storage.keys import StoredKey
from api.upstream.base_url import BaseUrl, InvalidBaseUrl
from api.upstream.paths import InvalidPath
from api.upstream.resolver import BlockedAddress, ResolveFailed, ResolveTimeout

# Seconds for all pages together: a call at AWS's gateway may take 29.
_SECONDS = 15.0
_MAX_PAGES = 40
_MAX_BYTES = 2 << 20
_HEADERS = (
    ("User-Agent", "api-dashboard reconciliation"),
    ("Accept", "application/json"),
    ("Accept-Encoding", "identity"),
)


class CostReporter:
    """Reads cost reports."""

    def __init__(self, vault: Vault, client: UpstreamClient) -> None:
        self._vault = vault
        self._client = client

    def read(self, username: str, key: StoredKey, source: CostSource, start: int) -> CostReport:
        """Return the costs of the days from `start` (epoch seconds) on.

        Raises ReportFailed, and Problem(secret_unreadable).
        """
        timeouts = Timeouts.overall(monotonic() + _SECONDS)
        days: dict[int, int] = {}
        page: str | None = None
        seen: set[str] = set()
        for _ in range(_MAX_PAGES):
            body = self._page(username, key, source, source.page_query(start, page), timeouts)
            read = source.read(body)
            if read.report.total is not None:
                return read.report
            merge_page(days, read)
            page = read.next_page
            if page is None:
                return CostReport(days)
            if page in seen:
                break
            seen.add(page)
        raise unfinished_report()

    def _page(
        self, username: str, key: StoredKey, source: CostSource, query: str, timeouts: Timeouts
    ) -> bytes:
        credential = self._vault.credential(username, key)
        try:
            base = stored_base_url(key.base_url, self._client.allowed)
            request = build_upstream_request(
                base,
                key.auth,
                credential,
                method="GET",
                path=source.path_below(base.prefix),
                query=query,
                headers=[*_HEADERS, *source.headers],
            )
            addresses = self._client.resolve(base, timeouts)
            response = self._client.send(request, addresses, timeouts)
        except (InvalidBaseUrl, InvalidPath, BlockedAddress) as error:
            raise ReportFailed("unreachable", f"The address may not be called: {error}") from error
        except (ResolveFailed, ResolveTimeout) as error:
            raise ReportFailed("unreachable", not_resolved(base.host, error).detail) from error
        except TransportError as error:
            raise ReportFailed("unreachable", not_answered(base.host, error).detail) from error
        connection = response.connection
        try:
            if response.status != 200:
                raise _refusal(response.status, base, source)
            pieces, size = [], 0
            while piece := connection.read_body(timeouts):
                size += len(piece)
                if size > _MAX_BYTES:
                    raise ReportFailed(
                        "bad_answer", f"The cost report of {base.host} is larger than 2 MiB."
                    )
                pieces.append(piece)
        except TransportError as error:
            raise ReportFailed("unreachable", not_answered(base.host, error).detail) from error
        finally:
            connection.close()
        return b"".join(pieces)


def _refusal(status: int, base: BaseUrl, source: CostSource) -> ReportFailed:
    if status in (401, 403):
        return ReportFailed(
            "refused",
            f"{base.host} refused the key with {status}: costs need an admin key. Create one at "
            f"{source.keys_url} and store it under an API name of its own.",
        )
    if status == 429:
        return ReportFailed(
            "rate_limited", f"{base.host} limits the rate (429). The next run tries again."
        )
    if status >= 500:
        return ReportFailed(
            "unreachable",
            f"{base.host} responded with a server error ({status}). The next run tries again.",
        )
    return ReportFailed(
        "bad_answer",
        f"{base.host} has no cost report here ({status}). Check the base URL.",
    )
