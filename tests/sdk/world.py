"""Stand-in providers, and the real product with a user who has keys of them."""

from __future__ import annotations

from tests.sdk.setup import Setup
from tests.sdk.standins.anthropic import Anthropic
from tests.sdk.standins.base import Standin
from tests.sdk.standins.github import GitHub
from tests.sdk.standins.openai import OpenAi
from tests.sdk.standins.stripe import Stripe
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.ports import free_port

# APIs that are additional hosts of a provider, with the provider's name.
FURTHER = {"stripe-files": "stripe", "github-uploads": "github"}
SDK_PATHS = {"openai": "/v1"}


class Providers:
    """The stand-ins, and a port of the product for each API."""

    def __init__(self) -> None:
        self.standins: dict[str, Standin] = {
            "openai": OpenAi(),
            "anthropic": Anthropic(),
            "stripe": Stripe(),
            "github": GitHub(),
        }
        self.ports = {name: free_port() for name in (*self.standins, *FURTHER)}

    def of(self, api_name: str) -> Standin:
        """Return the stand-in of an API."""
        return self.standins[FURTHER.get(api_name, api_name)]

    def settings(self) -> dict[str, str]:
        """The product's settings that allow it to call them."""
        hosts = (standin.url.removeprefix("http://") for standin in self.standins.values())
        return {
            "API_DASHBOARD_ALLOWED_UPSTREAMS": ",".join(hosts),
            "API_DASHBOARD_API_PORTS": ",".join(f"{n}:{p}" for n, p in self.ports.items()),
        }

    def close(self) -> None:
        """Stop them."""
        for standin in self.standins.values():
            standin.close()


class World:
    """The product in front of the providers, and one user."""

    def __init__(self, providers: Providers, product: HttpClient) -> None:
        self.providers = providers
        self.product = product
        self.account = Account(product)

    def keys(self) -> None:
        """Replace the keys of every API with new ones, whose quota is unknown."""
        self.account.renew()
        for key in self.account.call("GET", "/api/keys").json["items"]:
            assert self.account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
        for api_name in (*self.providers.standins, *FURTHER):
            standin = self.providers.of(api_name)
            body = {"provider": api_name, "base_url": standin.url, "secret": standin.secret}
            answer = self.account.call("POST", "/api/keys", body)
            assert answer.status == 201, answer.body
            standin.clear()

    def through(self, provider: str, code: str, token: str) -> Setup:
        """Return a client of the product, set up by `code`."""
        proxy = f"{self.product.url}/proxy"
        apis = (*self.providers.standins, *FURTHER)
        return Setup(
            code=code,
            base_url=f"{proxy}/{provider}{SDK_PATHS.get(provider, '')}",
            root=f"http://127.0.0.1:{self.providers.ports[provider]}",
            token=token,
            others={api_name: f"{proxy}/{api_name}" for api_name in apis},
        )

    def direct(self, provider: str, code: str) -> Setup:
        """Return the same client without the product."""
        standin = self.providers.of(provider)
        apis = (*self.providers.standins, *FURTHER)
        return Setup(
            code=code,
            base_url=f"{standin.url}{SDK_PATHS.get(provider, '')}",
            root=standin.url,
            token=standin.secret,
            others={api_name: self.providers.of(api_name).url for api_name in apis},
        )
