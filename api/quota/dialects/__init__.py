"""The rate-limit dialects: one module and one `DIALECT` record each.

To add a dialect, add a module: its name is the dialect's name with underscores for hyphens. A
module is imported when its dialect is first used, so that no dialect slows down a cold start.
"""

from functools import lru_cache
from importlib import import_module

from api.quota.rate_limit_dialect import RateLimitDialect


@lru_cache(maxsize=64)
def get_dialect(name: str) -> RateLimitDialect:
    """Return a dialect's record, or the record of `generic` if there is no such dialect."""
    module_name = f"{__name__}.{name.replace('-', '_')}"
    try:
        dialect: RateLimitDialect = import_module(module_name).DIALECT
    except ModuleNotFoundError as error:
        if error.name != module_name or name == "generic":
            raise
        return get_dialect("generic")
    return dialect


def dialect_names() -> frozenset[str]:
    """Return the names of all dialects."""
    from pkgutil import iter_modules

    return frozenset(module.name.replace("_", "-") for module in iter_modules(__path__))
