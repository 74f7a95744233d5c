"""The stack that the product replaces, kept small: FastAPI, mangum, boto3, pydantic and httpx."""
