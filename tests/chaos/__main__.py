"""`make chaos`: the storm, the rush and the fuzz, longer and harder than `make test` has time for.

CHAOS_SECONDS (120), CHAOS_ORDERS (300), CHAOS_SEED (from the clock), CHAOS_FUZZ_SECONDS (600) and
CHAOS_PARTS (rush,storm,fuzz) in the environment change it.
"""

import os
import shutil
import sys
import tempfile
import time
import traceback
from collections.abc import Callable
from pathlib import Path


def main() -> int:
    """0: every promise held; 1: one did not; 2: no such part."""
    seed = int(os.environ.get("CHAOS_SEED") or time.time())
    seconds = float(os.environ.get("CHAOS_SECONDS") or 120)
    orders = int(os.environ.get("CHAOS_ORDERS") or 300)
    fuzz_seconds = float(os.environ.get("CHAOS_FUZZ_SECONDS") or 600)
    wanted = (os.environ.get("CHAOS_PARTS") or "rush,storm,fuzz").split(",")
    from tests.chaos import fuzz, rush, storm

    parts: dict[str, Callable[[Path], bool]] = {
        "rush": lambda home: rush.run(home),
        "storm": lambda home: storm.run(home, seed, seconds, orders),
        "fuzz": lambda home: fuzz.run(home, seed, fuzz_seconds),
    }
    if not set(wanted) <= set(parts):
        print(f"CHAOS_PARTS: {', '.join(parts)}", file=sys.stderr)
        return 2
    held = [_in_its_place(part, parts[part]) for part in wanted]  # all of them, whatever comes of the first
    return 0 if all(held) else 1


def _in_its_place(name: str, part: Callable[[Path], bool]) -> bool:
    """Run one part in a directory of its own; where something broke, its logs are kept."""
    home = Path(tempfile.mkdtemp(prefix=f"kabot-{name}-"))
    held = False
    try:
        held = part(home)
    except Exception:  # the parts after it are run all the same
        traceback.print_exc()
    finally:
        if not held:
            kept = Path(tempfile.mkdtemp(prefix=f"kabot-{name}-logs-"))
            for log in [*home.glob("*.log"), *home.glob("servers/*.log")]:
                shutil.copy(log, kept)
            print(f"logs: {kept}", flush=True)
        shutil.rmtree(home, ignore_errors=True)
    return held


if __name__ == "__main__":
    sys.exit(main())
