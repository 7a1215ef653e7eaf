"""How long the properties search: a little on every run, long with `make soak` (DONGTING_SOAK=1)."""

import os

from hypothesis import HealthCheck, settings

settings.register_profile("dongting", max_examples=100, deadline=None)
settings.register_profile(
    "soak", max_examples=3_000, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.load_profile("soak" if os.environ.get("DONGTING_SOAK") else "dongting")
