"""What operations ask of AWS, with boto3."""
