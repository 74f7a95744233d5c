"""The checks of `api-dashboard doctor --stack`. Each module returns findings, changes nothing."""
