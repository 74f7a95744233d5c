"""Reads what is stored of an account, as far as its targets want to know of it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping

from api.detection.backups import BackupOutcome, backup_findings
from api.detection.budgets import budget_findings
from api.detection.keys import broken_keys
from api.detection.observation import Observation
from api.detection.quota import quota_findings
from api.detection.tokens import token_findings
from api.pools import Pool
from api.spend.periods import period_of
from api.storage.budget_counters import BudgetCounters
from api.storage.budgets import Budgets
from api.storage.keys import Keys, StoredKey
from api.storage.pools import Pools
from api.storage.tokens import Token, Tokens
from api.storage.usage import Usage

_PAGE = 200


class AccountFindings:
    """Finds what there is to know about an account.

    `backups` returns how the backups of this server ended, and is None if it can make none. `clock`
    returns epoch seconds.
    """

    def __init__(
        self,
        pools: Pools,
        keys: Keys,
        usage: Usage,
        tokens: Tokens,
        budgets: Budgets,
        counters: BudgetCounters,
        backups: Callable[[], BackupOutcome | None] | None,
        clock: Callable[[], float],
    ) -> None:
        self._pools = pools
        self._keys = keys
        self._usage = usage
        self._tokens = tokens
        self._budgets = budgets
        self._counters = counters
        self._backups = backups
        self._clock = clock

    @property
    def events(self) -> frozenset[str]:
        """The events that are looked for. Sign-ins are notified as they happen."""
        backup = {"backup"} if self._backups is not None else set()
        return frozenset({"quota", "budget", "key", "token"} | backup)

    def of(self, username: str, events: Collection[str]) -> Iterator[Observation]:
        """Find what there is to know now about some events. Reads nothing that they do not need."""
        now = self._clock()
        if "quota" in events or "key" in events:
            pools = {pool.api_name: pool for pool in self._pools.all(username)}
            keys = self._all_keys(username)
            if "quota" in events:
                yield from self._quotas(username, pools, keys, now)
            if "key" in events:
                yield from broken_keys(keys, pools)
        tokens = self._all_tokens(username) if "token" in events else None
        if tokens is not None:
            yield from token_findings(tokens, now)
        if "budget" in events:
            yield from self._of_budgets(username, tokens, now)
        if "backup" in events and self._backups is not None:
            yield from backup_findings(self._backups())

    def _quotas(
        self, username: str, pools: Mapping[str, Pool], keys: list[StoredKey], now: float
    ) -> Iterator[Observation]:
        items = {item.api_name: item for item in self._usage.rate_limits(username, now)}
        descriptions = {key.key_id: key.description for key in keys}
        yield from quota_findings(pools, items, descriptions, now)

    def _of_budgets(
        self, username: str, tokens: list[Token] | None, now: float
    ) -> Iterator[Observation]:
        budgets = self._budgets.get(username).budgets
        if not budgets:
            return
        spans = [(budget, period_of(budget, now)) for budget in budgets]
        states = self._counters.read(username, spans)
        names = {token.token_id: token.name for token in tokens or ()}
        scopes = [budget.scope.partition(":") for budget in budgets]
        unread = {name for kind, _, name in scopes if kind == "token"} - names.keys()
        if unread and tokens is None:
            found = self._tokens.get_many(username, sorted(unread))
            names |= {token.token_id: token.name for token in found.values()}
        rows = [(budget, span, state) for (budget, span), state in zip(spans, states, strict=True)]
        yield from budget_findings(rows, names)

    def _all_keys(self, username: str) -> list[StoredKey]:
        page = self._keys.page(username, _PAGE, None)
        keys = page.items
        while page.next is not None:
            page = self._keys.page(username, _PAGE, page.next)
            keys += page.items
        return keys

    def _all_tokens(self, username: str) -> list[Token]:
        page = self._tokens.page(username, _PAGE, None)
        tokens = page.items
        while page.next is not None:
            page = self._tokens.page(username, _PAGE, page.next)
            tokens += page.items
        return tokens
