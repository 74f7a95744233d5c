"""Run the whole product on one machine: embedded database, data folder, secrets and server."""
