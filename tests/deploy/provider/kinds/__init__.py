"""The resource types by AWS service."""
