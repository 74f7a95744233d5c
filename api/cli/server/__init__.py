"""The commands that run the server or open its data: they are for one machine only."""
