"""Stand-in providers, and the real product with a user who has keys of them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from tests.sdk.sdk_client import provider_of
from tests.sdk.setup import Setup
from tests.sdk.standins.base import Standin
from tests.sdk.standins.registry import FURTHER, STANDINS
from tests.support.accounts import Account
from tests.support.clients import HttpClient
from tests.support.function_url_server import FunctionUrl
from tests.support.ports import free_port

APIS = (*STANDINS, *FURTHER)
CATALOGUE = Path(__file__).parents[2] / "api" / "providers.json"


class Providers:
    """The stand-ins, and a port of the product for each API whose SDKs need one."""

    def __init__(self) -> None:
        self.standins: dict[str, Standin] = {slug: made() for slug, made in STANDINS.items()}
        self.ports = {api: free_port() for api in APIS if _needs_port(api)}

    def of(self, api_name: str) -> Standin:
        """Return the stand-in of an API."""
        return self.standins[FURTHER.get(api_name, api_name)]

    def settings(self, folder: Path) -> dict[str, str]:
        """The product's settings that allow it to call them. `folder` is for the catalogue."""
        standins = self.standins.values()
        urls = [url for standin in standins for url in (standin.url, standin.further_url)]
        hosts = [url.removeprefix("http://") for url in urls if url]
        catalogue = folder / "providers.json"
        catalogue.write_text(json.dumps(self.catalogue()))
        return {
            "API_DASHBOARD_ALLOWED_UPSTREAMS": ",".join(hosts),
            "API_DASHBOARD_PROVIDERS": str(catalogue),
        }

    def port_settings(self) -> dict[str, str]:
        """The product's settings for a port of each API, which only one machine has."""
        return {"API_DASHBOARD_API_PORTS": ",".join(f"{n}:{p}" for n, p in self.ports.items())}

    def catalogue(self) -> list[dict[str, Any]]:
        """The catalogue's entries of APIs whose stand-ins have their further hosts too."""
        entries = json.loads(CATALOGUE.read_text())
        further = {standin.slug for standin in self.standins.values() if standin.further_url}
        chosen = [entry for entry in entries if entry["slug"] in further]
        for entry in chosen:
            entry["base_url"] = self.of(entry["slug"]).url
            for hosts in entry["further_hosts"]:
                hosts["hosts"] = [self.of(entry["slug"]).further_url]
        return chosen

    def close(self) -> None:
        """Stop them."""
        for standin in self.standins.values():
            standin.close()


class World:
    """The product in front of the providers, and one user.

    With `front`, clients call the function behind it, whose certificate is of `authority`.
    """

    def __init__(
        self,
        providers: Providers,
        product: HttpClient,
        front: FunctionUrl | None = None,
        authority: Path | None = None,
    ) -> None:
        self.providers = providers
        self.product = product
        self.account = Account(product)
        self.authority = authority
        self.is_event = front is not None
        self._url = product.url if front is None else front.url

    def keys(self, *apis: str) -> None:
        """Replace all keys with new ones of these APIs, whose quota is unknown."""
        self.account.renew()
        for key in self.account.call("GET", "/api/keys").json["items"]:
            assert self.account.call("DELETE", f"/api/keys/{key['key_id']}").status == 204
        mains = {FURTHER.get(api, api) for api in apis}
        for api in (*mains, *(name for name, main in FURTHER.items() if main in mains)):
            standin = self.providers.of(api)
            body: dict[str, Any] = {
                "provider": api,
                "base_url": standin.url + _path_of_base_url(api),
                "secret": standin.secret,
            }
            if provider_of(api).needs_username:
                body["auth"] = {"scheme": "basic", "username": standin.username}
            answer = self.account.call("POST", "/api/keys", body)
            assert answer.status == 201, answer.body
            standin.clear()

    def through(self, api: str, code: str, token: str) -> Setup:
        """Return a client of the product, set up by `code`."""
        provider = provider_of(api)
        proxy = f"{self._url}/proxy"
        return Setup(
            code=code,
            base_url=f"{proxy}/{api}{provider.sdk_path}",
            root=f"http://127.0.0.1:{self.providers.ports.get(api, 0)}",
            token=provider.token_prefix + token,
            others={name: f"{proxy}/{name}" for name in APIS},
            api_url=f"{proxy}/{api}",
        )

    def direct(self, api: str, code: str) -> Setup:
        """Return the same client without the product."""
        standin = self.providers.of(api)
        path = _path_of_base_url(api)
        api_url = standin.url + ("" if "{token}" in path else path)
        return Setup(
            code=code,
            base_url=api_url + provider_of(api).sdk_path,
            root=standin.url,
            token=standin.secret,
            others={name: self.providers.of(name).url for name in APIS},
            api_url=api_url,
        )


def _path_of_base_url(api: str) -> str:
    """Return the path of an API's base URL in the catalogue."""
    provider = provider_of(api)
    return urlsplit(provider.base_url or provider.base_url_example or "").path.rstrip("/")


def _needs_port(api: str) -> bool:
    main = provider_of(FURTHER.get(api, api))
    return any("{root_host}" in sdk.setup for sdk in main.sdks)
