"""Detects what to notify users of, between requests. No proxied call imports this package."""
