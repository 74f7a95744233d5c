"""API Dashboard: a personal vault, proxy and dashboard for third-party APIs."""

__version__ = "0.1.0"
