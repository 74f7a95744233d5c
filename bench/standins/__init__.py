"""Servers that a measurement needs around the product: upstream, DynamoDB, other proxies."""
