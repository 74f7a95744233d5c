"""Messages about generated data have no secrets, paths and queries (S51)."""

from __future__ import annotations

import random
import string
from collections.abc import Iterator

from api.credentials import AuthScheme
from api.detection.backups import BackupOutcome, backup_findings
from api.detection.budgets import budget_findings
from api.detection.keys import broken_keys
from api.detection.observation import Observation
from api.detection.quota import quota_findings
from api.detection.tokens import token_findings
from api.pools import Pool
from api.quota.key_state import KeyState
from api.quota.windows import QuotaWindow
from api.spend.budgets import Budget
from api.spend.periods import period_of
from api.spend.reservations import BudgetState
from api.storage.keys import StoredKey, pool_key
from api.storage.quota_codec import KeyQuota, short_id
from api.storage.tokens import Token
from api.storage.usage import RateLimit

NOW = 1_790_000_000
DAY = 86_400
_FORMS = ("sk-proj-{}", "apd_{}", "ghp_{}", "Bearer {}", "AKIA{}", "gAAAAA{}=", "{}", "key={}")


class Account:
    """A generated account in which much is wrong. Its `secrets` are also in names and labels."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)
        self.secrets: list[str] = []
        self.api_name = f"api-{self._text(8)}"

    def _text(self, length: int) -> str:
        return "".join(self._random.choices(string.ascii_lowercase + string.digits, k=length))

    def _secret(self) -> str:
        secret = f"{self._random.randrange(10)}{self._text(self._random.randrange(23, 60))}"
        self.secrets.append(secret)
        return self._random.choice(_FORMS).format(secret)

    def _label(self) -> str:
        return f"{self._text(5)} {self._secret()} \u202e<b>@everyone</b>\n"

    def findings(self) -> Iterator[Observation]:
        key = StoredKey(
            f"{self.api_name}.{self._text(16)}",
            self.api_name,
            f"https://host.example/private/path?query={self._secret()}",
            AuthScheme("bearer"),
            self._secret(),
            "…",
            0,
            0,
            description=self._label(),
            check={"outcome": self._random.choice(["revoked", "unreachable"]), "status": 401,
                   "detail": f"/private/path?query={self._secret()}", "checked_at": NOW},
            check_every=300,
        )  # fmt: skip
        state = KeyState(self._random.choice(["refused", "exhausted"]), NOW + 900, NOW, 401)
        pool = Pool(self.api_name, (pool_key(key),), {key.key_id: state}, None, False)
        quota = QuotaWindow(
            f"requests-{self._secret()}", 100, self._random.randrange(2), NOW + 900,
            consumption_rate=1.0,
        )  # fmt: skip
        quotas = (KeyQuota(short_id(key.key_id), NOW, (quota,)),)
        item = RateLimit(self.api_name, NOW, None, None, None, quotas, NOW, {}, {})
        pools = {self.api_name: pool}
        yield from quota_findings(pools, {self.api_name: item}, {key.key_id: key.description}, NOW)
        yield from broken_keys([key], pools)
        token = Token(
            "t1", self._label(), self._secret(), "…", ("*",), (), ("/private/path",),
            NOW - 30 * DAY, NOW + DAY, networks={"198.51.100.1": NOW - DAY, "203.0.113.0": NOW},
        )  # fmt: skip
        yield from token_findings([token], NOW)
        budget = Budget("token:t1", "day", 10**9)
        spent = BudgetState(spent=self._random.randrange(5 * 10**8, 2 * 10**9))
        yield from budget_findings([(budget, period_of(budget, NOW), spent)], {"t1": token.name})
        yield from backup_findings(BackupOutcome(NOW - DAY, NOW))


def test_s51_a_thousand_messages_have_no_secret_path_or_query() -> None:
    number = 0
    for seed in range(200):
        account = Account(seed)
        for finding in account.findings():
            number += 1
            texts = [finding.title, finding.text, *map(str, finding.facts.values())]
            said = "\n".join(texts)
            leaked = [secret for secret in account.secrets if secret in said]
            assert not leaked, said
            assert "/private" not in said and "query=" not in said
            assert all(character.isprintable() for text in texts for character in text)
            assert len(finding.title) <= 200 and len(finding.text) <= 600
    assert number >= 1000
