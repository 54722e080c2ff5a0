"""`python -m serverless_hub.cli`: the same as `serverless-hub`."""

from serverless_hub.cli.main import main

__all__: list[str] = []

if __name__ == "__main__":
    main()
