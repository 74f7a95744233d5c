"""What the commands that keep and move an installation share."""
