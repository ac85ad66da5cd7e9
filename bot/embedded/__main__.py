"""``python -S -m bot.embedded HOME`` is the keeper (see keeper.py)."""

import sys
from pathlib import Path

from bot.embedded.keeper import keep

keep(Path(sys.argv[1]))
