"""The test provider, a Pulumi plugin with the `aws` and `random` types that the program uses. It
creates them with boto3 on the emulated AWS.
"""
