"""The checks of `api-dashboard doctor`. Each module returns findings."""
