"""The AWS stack: one Pulumi component a file, its settings, and what it builds on this machine."""
