"""Calls with budgets, as processes authorize and record them, without an upstream."""

from __future__ import annotations

import itertools
import random
import secrets
from collections.abc import Sequence
from typing import Any

import msgspec

from api.aws.json_client import AwsError, JsonClient, Operation, ServiceUnavailable
from api.credentials import AuthScheme
from api.pools import PoolKey
from api.proxy.authorization import Authorization, Authorizer
from api.proxy.call_context import CallContext
from api.proxy.identity import Identity
from api.proxy.kept_ids import KeptIds
from api.proxy.key_state_cache import KeyStateCache
from api.proxy.limit_cache import LimitCache
from api.proxy.open_calls import OpenCalls
from api.proxy.recording import call_record
from api.proxy.token_extraction import FoundToken
from api.secret import Secret
from api.services.token_codec import TokenCodec, token_hash
from api.settings import Settings
from api.spend.budgets import ApiPricing, ApiSpend, Budget
from api.spend.periods import period_of
from api.spend.reservations import BudgetState
from api.spend.usage import Bound, Cost
from api.storage.budget_counters import BudgetCounters
from api.storage.pool_item import encoded_key, encoded_spend
from api.storage.requests import LogEntry
from api.storage.tokens import Token, encoded_budgets
from api.wiring import Storage, build_budgets, build_recorder, build_storage
from tests.support.products import Clock

API = "openai"
_CODEC = TokenCodec(Secret("s" * 32))
_request_ids = itertools.count()


class StubCost:
    """A call that costs at most `amount` nano-dollars. Counts how often it is asked."""

    def __init__(self, amount: int, *, is_certain: bool = True, refuses: bool = False) -> None:
        self.value = Bound(amount, is_certain)
        self.refuses = refuses
        self.asked = 0

    def bound(self, _pricing: ApiPricing) -> Bound:
        """Return the bound."""
        self.asked += 1
        return self.value

    def refuses_unbounded(self, _pricing: ApiPricing) -> bool:
        """Return whether a call without a certain bound is refused."""
        return self.refuses


class BudgetedAccount:
    """A user with one API and one token, whose budgets a test sets."""

    def __init__(self, storage: Storage, username: str, now: float) -> None:
        self.storage = storage
        self.username = username
        payload, text = _CODEC.encode(username, now, None, None)
        self.identity = Identity(
            FoundToken(text, "header", "x"), username, payload, None, "127.0.0.1"
        )
        self.token_id = payload.token_id
        table = storage.table
        pk = f"USER#{username}"
        key = PoolKey("k1", "https://api.openai.com", AuthScheme("bearer"), "sealed")
        pool = {"PK": pk, "SK": f"API#{API}", "api_name": API, "key:k1": encoded_key(key)}
        table.run(table.put_op(pool))
        token = Token(payload.token_id, "t", token_hash(text), "", ("*",), (), (), int(now), None)
        item = msgspec.to_builtins(token)
        del item["clients"], item["budgets"]
        table.run(table.put_op({"PK": pk, "SK": f"TOKEN#{token.token_id}", **item}))

    def set_budgets(self, *budgets: Budget) -> None:
        """Replace the budgets: those of the token, and the others."""
        of_token = [budget for budget in budgets if budget.scope.startswith("token:")]
        others = tuple(budget for budget in budgets if budget not in of_token)
        self._set(f"API#{API}", "spend", encoded_spend(ApiSpend(others)))
        self._set(f"TOKEN#{self.token_id}", "budgets", encoded_budgets(of_token))

    def set_policy(self, limit: int, window: int, now: float) -> None:
        """Limit the requests to the API."""
        policy = {"limit": limit, "window": window, "anchor": int(now), "revision": 1}
        self._set(f"API#{API}", "policy", policy)

    def token_budget(self, period: Any, amount: int) -> Budget:
        """Return a budget of the token."""
        return Budget(f"token:{self.token_id}", period, amount)

    def state(self, budget: Budget, now: float) -> BudgetState:
        """Return the stored state of a budget, whose sums must be right."""
        counters = BudgetCounters(self.storage.table)
        (state,) = counters.read(self.username, [(budget, period_of(budget, now))])
        assert state.total == state.spent + sum(item.amount for item in state.reservations)
        assert min(state.total, state.spent, *(item.amount for item in state.reservations), 0) == 0
        return state

    def _set(self, sort_key: str, name: str, value: Any) -> None:
        table = self.storage.table
        table.run(
            table.update_op(
                f"USER#{self.username}", sort_key, "SET #n = :v", {":v": value}, {"#n": name}
            )
        )


class BegunCall(msgspec.Struct, frozen=True):
    """An authorized call that is in progress."""

    call: CallContext
    authorization: Authorization


class BudgetedProcess:
    """One process, which authorizes and records calls of an account.

    `kept_ids` are shared with other processes. By default there are none.
    """

    def __init__(
        self,
        storage: Storage,
        clock: Clock,
        *,
        is_grouped: bool = False,
        kept_ids: KeptIds | None = None,
    ) -> None:
        unused: Any = None
        self.clock = clock
        self.budgets = build_budgets(
            Settings(stream_timeout=600.0), storage, clock, kept_ids or KeptIds(is_complete=True)
        )
        self.authorizer = Authorizer(
            storage.table,
            storage.limits,
            _CODEC,
            unused,
            LimitCache(),
            clock,
            budgets=self.budgets,
            is_grouped=is_grouped,
        )
        self.open_calls = OpenCalls()
        self.recorder = build_recorder(
            storage, KeyStateCache(clock), clock, self.open_calls, is_grouped=is_grouped
        )

    def begin(self, account: BudgetedAccount, cost: StubCost, method: str = "GET") -> BegunCall:
        """Authorize a call. Raises CallRejected, whose operations the test sends or not."""
        identity = account.identity
        at = self.clock()
        authorization = self.authorizer.authorize(identity, API, method, "/x", cost)
        request_id = f"{next(_request_ids):08x}{secrets.token_hex(4)}"
        call = CallContext(request_id, identity, method, API, "/x", at, 0.0)
        self.open_calls.register(call, authorization.budgets)
        return BegunCall(call, authorization)

    def end(self, begun: BegunCall, cost: int | None) -> None:
        """Record a call that cost so many nano-dollars."""
        call = begun.call
        entry = LogEntry(call.request_id, call.at, API, "GET", "h", "/x", 200, 1, 1)
        settled = None if cost is None else Cost(cost, "price")
        self.recorder.record(call.username, call_record(entry, cost=settled))

    def call(self, account: BudgetedAccount, bound: int, cost: int) -> None:
        """Make a whole call."""
        self.end(self.begin(account, StubCost(bound)), cost)

    def rest(self) -> None:
        """Make no call for a while, so that nothing is kept for the next one."""
        for _ in range(2):  # what was left may be kept when it is settled
            self.clock.now += 10
            for _ in range(20):  # some trips may fail
                self.budgets.run()
        self.clock.now -= 20


class FaultyClient:
    """A client of the database whose trips fail at random: before or after they are carried out."""

    def __init__(self, client: JsonClient, share: float, seed: int) -> None:
        self._client = client
        self._share = share
        self._draw = random.Random(seed)

    def batch(self, calls: Sequence[Operation]) -> list[dict[str, Any] | AwsError]:
        """Send calls, or fail."""
        drawn = self._draw.random()
        if drawn < self._share / 2:
            raise ServiceUnavailable("test")
        answers = self._client.batch(calls)
        if drawn < self._share:
            raise ServiceUnavailable("test")
        return answers

    def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Send one call, or fail."""
        answer = self.batch([(operation, payload)])[0]
        if isinstance(answer, AwsError):
            raise answer
        return answer


def with_faults(storage: Storage, share: float, seed: int) -> Storage:
    """Return the same storage behind a faulty client, for what budgets need."""
    made = build_storage(Settings(table_name=storage.table.name, dynamodb_endpoint="http://x"))
    made.table.client = FaultyClient(storage.table.client, share, seed)  # type: ignore[assignment]
    return made
