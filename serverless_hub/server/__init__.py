"""Protocol classes for uvicorn, which `serverless-hub run` and `serverless-hub service` give it."""

__all__: list[str] = []
