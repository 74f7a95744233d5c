"""A provider plugin for the tests alone: the `aws` and `random` types that the program uses, made
by boto3 on the emulated AWS.
"""
