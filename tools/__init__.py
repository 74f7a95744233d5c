"""What make tasks run that is neither a test nor a benchmark."""
