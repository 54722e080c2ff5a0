"""How thorough the tests are: `HYPOTHESIS_PROFILE=thorough` tries ten times as many examples."""

import os

from hypothesis import settings

settings.register_profile("thorough", max_examples=1000)
settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "default"))
