"""Stand-ins for what the product calls and what it is compared with."""
