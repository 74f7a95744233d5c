"""Stand-ins for the services that the product calls, and the programs it is compared with."""
