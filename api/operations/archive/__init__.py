"""The backup file: header, encryption, records, and the files and S3 objects that hold it.

Knows nothing of tables. docs/backup-format.md describes the format byte by byte.
"""
