"""``python -m bot`` is the console script ``kabot``."""

from bot.cli import main

if __name__ == "__main__":
    raise SystemExit(main())
