"""Hubs in a FastAPI app: negotiate, the upstream endpoint, and their documentation."""
