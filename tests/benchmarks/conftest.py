import sys

collect_ignore_glob = [] if sys.platform == "linux" else ["test_*.py"]
"""The suite pins processes to cores, and reads what Linux says of them."""
