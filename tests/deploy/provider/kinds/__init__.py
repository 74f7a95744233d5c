"""The resource types, by the AWS service."""
