"""Keep and move the data of an installation: backup, restore, move, and what AWS is asked for it.

Used by the command line, by the server of one machine for scheduled backups, and by the function
that backs up a stack. boto3 is imported here and nowhere else in `api`, and only where it is used.
"""
