"""`make chaos`: the storm, the rush and the fuzz, longer and harder than `make test` has time for.

CHAOS_SECONDS (120), CHAOS_ORDERS (300), CHAOS_SEED (from the clock), CHAOS_FUZZ_SECONDS (600) and
CHAOS_PARTS (rush,storm,fuzz) in the environment change it.
"""

import os
import sys
import tempfile
import time
from pathlib import Path


def main() -> int:
    """0: every promise held; 1: one did not."""
    seed = int(os.environ.get("CHAOS_SEED") or time.time())
    seconds = float(os.environ.get("CHAOS_SECONDS") or 120)
    orders = int(os.environ.get("CHAOS_ORDERS") or 300)
    parts = (os.environ.get("CHAOS_PARTS") or "storm").split(",")
    held = True
    with tempfile.TemporaryDirectory(prefix="kabot-chaos-", ignore_cleanup_errors=True) as folder:
        if "storm" in parts:
            from tests.chaos import storm

            held &= storm.run(Path(folder), seed, seconds, orders)
        if not held:
            kept = Path(folder).with_name(Path(folder).name + "-logs")
            kept.mkdir()
            for log in [*Path(folder).glob("*.log"), *Path(folder).glob("servers/*.log")]:
                log.rename(kept / log.name)
            print(f"logs: {kept}")
    return 0 if held else 1


if __name__ == "__main__":
    sys.exit(main())
