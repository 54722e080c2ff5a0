"""`python -m serverless_hub.cli`: the same as `serverless-hub`."""

from serverless_hub.cli.main import main

__all__ = ["main"]

if __name__ == "__main__":
    main()
