"""What the package promises, compared with Azure, and the tests that prove it."""
