"""A small version of the stack that the product replaces: FastAPI, mangum, boto3 and httpx."""
