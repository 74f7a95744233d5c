"""The test provider rejects what it does not know."""

from __future__ import annotations

import pytest

from tests.deploy.provider.aws import Aws
from tests.deploy.provider.core import Provider, UnknownType
from tests.deploy.provider.registry import PACKAGES
from tests.deploy.provider.values import from_struct, same, to_struct

SIGNATURE = "4dabf18193072939515e22adb298388d"


@pytest.fixture
def provider(monkeypatch: pytest.MonkeyPatch) -> Provider:
    """The `aws` package, without an emulator."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    return Provider(PACKAGES["aws"], Aws("us-east-2"))


def test_an_unknown_type_and_an_unknown_function_are_refused(provider: Provider) -> None:
    with pytest.raises(UnknownType, match="aws:sqs/queue:Queue"):
        provider.check("aws:sqs/queue:Queue", {})
    with pytest.raises(UnknownType, match="aws:ec2/getAmi:getAmi"):
        provider.look_up("aws:ec2/getAmi:getAmi", {})


def test_an_unknown_property_and_a_missing_one_are_refused(provider: Provider) -> None:
    token = "aws:cloudwatch/logGroup:LogGroup"
    assert provider.check(token, {"name": "a", "retentionInDays": 1}) == []
    assert provider.check(token, {"name": "a", "skipDestroy": True}) == [
        f"{token} has no property skipDestroy in the rehearsal",
        f"{token} needs the property retentionInDays",
    ]


def test_a_difference_names_what_requires_a_new_resource(provider: Provider) -> None:
    old = {"name": "a", "retentionInDays": 1}
    token = "aws:cloudwatch/logGroup:LogGroup"
    assert provider.diff(token, old, old) == ([], [])
    assert provider.diff(token, old, {**old, "retentionInDays": 3}) == (["retentionInDays"], [])
    assert provider.diff(token, old, {**old, "name": "b"}) == (["name"], ["name"])


def test_archives_are_compared_by_their_hash_alone() -> None:
    kind = "0def7320c3a5731c473e5ecbe6d01bc7"
    here = {SIGNATURE: kind, "hash": "1", "path": "a.zip"}
    assert same({"code": {SIGNATURE: kind, "hash": "1"}}, {"code": here})
    assert not same({"code": {SIGNATURE: kind, "hash": "2"}}, {"code": here})


def test_values_survive_serialisation_and_secrets_arrive_decrypted() -> None:
    secret = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "value": "x"}
    struct = to_struct({"whole": 3, "part": 0.5, "nested": [{"yes": True}], "secret": secret})
    assert from_struct(struct) == {
        "whole": 3,
        "part": 0.5,
        "nested": [{"yes": True}],
        "secret": "x",
    }
