"""The register of background work. Modules of the edge declare their tasks in it; bot/background.py gathers them."""

from bot.jobs import Tasks

TASKS = Tasks()


def every_minute(second: int) -> str:
    """Once a minute, at that second. Each sweep has one of its own: all at once took a connection each, and kept it."""
    return f"* * * * * {second}"
