"""The command `serverless-hub`: the service as a process of its own, and sending from a shell."""
