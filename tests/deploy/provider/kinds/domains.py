"""Certificates, and DNS records in a hosted zone."""

from __future__ import annotations

from typing import Any

from tests.deploy.provider.core import Gone, Kind
from tests.deploy.provider.values import Properties


class Certificate(Kind):
    """A certificate. Its ARN is its id."""

    token = "aws:acm/certificate:Certificate"
    required = frozenset({"domainName", "validationMethod", "region"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Request the certificate."""
        answer = self.aws.client("acm", inputs["region"]).request_certificate(
            DomainName=inputs["domainName"], ValidationMethod=inputs["validationMethod"]
        )
        identity: str = answer["CertificateArn"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the ARN and the record that proves whose the domain is."""
        client = self.aws.client("acm", state["region"])
        found = client.describe_certificate(CertificateArn=identity)["Certificate"]
        return {
            "arn": identity,
            "domainValidationOptions": [
                {
                    "domainName": option["DomainName"],
                    "resourceRecordName": option["ResourceRecord"]["Name"],
                    "resourceRecordType": option["ResourceRecord"]["Type"],
                    "resourceRecordValue": option["ResourceRecord"]["Value"],
                }
                for option in found["DomainValidationOptions"]
            ],
        }

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the certificate. AWS rejects this while a distribution uses it."""
        self.aws.client("acm", state["region"]).delete_certificate(CertificateArn=identity)


class CertificateValidation(Kind):
    """The wait for a certificate. Like AWS, it fails without the record."""

    token = "aws:acm/certificateValidation:CertificateValidation"
    required = frozenset({"certificateArn", "validationRecordFqdns", "region"})
    replaced_by = required

    def make(self, inputs: Properties) -> str:
        """Check the certificate, which the emulator issues at once."""
        client = self.aws.client("acm", inputs["region"])
        found = client.describe_certificate(CertificateArn=inputs["certificateArn"])["Certificate"]
        names = {
            option["ResourceRecord"]["Name"].rstrip(".")
            for option in found["DomainValidationOptions"]
        }
        if names != set(inputs["validationRecordFqdns"]) or found["Status"] != "ISSUED":
            raise ValueError(f"the certificate needs records with the names {sorted(names)}")
        identity: str = inputs["certificateArn"]
        return identity

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return nothing: there are only inputs."""
        return {}

    def remove(self, identity: str, state: Properties) -> None:
        """Do nothing: it exists only in the state."""


class Record(Kind):
    """A set of records with one name and type."""

    token = "aws:route53/record:Record"
    required = frozenset({"zoneId", "name", "type"})
    optional = frozenset({"aliases", "allowOverwrite", "records", "ttl"})
    replaced_by = frozenset({"zoneId", "name", "type"})

    def make(self, inputs: Properties) -> str:
        """Create the records, which must not exist unless they may be overwritten."""
        self._change("UPSERT" if inputs.get("allowOverwrite") else "CREATE", inputs)
        return f"{inputs['zoneId']}_{inputs['name'].rstrip('.')}_{inputs['type']}"

    def describe(self, identity: str, state: Properties) -> Properties:
        """Return the name without the final dot, as the real provider does."""
        name = state["name"].rstrip(".")
        found = self.aws["route53"].list_resource_record_sets(HostedZoneId=state["zoneId"])
        if (name, state["type"]) not in {
            (record["Name"].rstrip("."), record["Type"]) for record in found["ResourceRecordSets"]
        }:
            raise Gone
        return {"fqdn": name}

    def change(self, identity: str, old: Properties, new: Properties) -> None:
        """Write the records."""
        self._change("UPSERT", new)

    def remove(self, identity: str, state: Properties) -> None:
        """Delete the records."""
        self._change("DELETE", state)

    def _change(self, action: str, inputs: Properties) -> None:
        records: dict[str, Any] = {"Name": inputs["name"], "Type": inputs["type"]}
        if "ttl" in inputs:
            records["TTL"] = inputs["ttl"]
            records["ResourceRecords"] = [{"Value": value} for value in inputs["records"]]
        for alias in inputs.get("aliases", []):
            records["AliasTarget"] = {
                "HostedZoneId": alias["zoneId"],
                "DNSName": alias["name"],
                "EvaluateTargetHealth": alias["evaluateTargetHealth"],
            }
        self.aws["route53"].change_resource_record_sets(
            HostedZoneId=inputs["zoneId"],
            ChangeBatch={"Changes": [{"Action": action, "ResourceRecordSet": records}]},
        )
