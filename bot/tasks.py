"""The register of background work. Modules of the edge declare their tasks in it; bot/background.py gathers them."""

from bot.jobs import Tasks

TASKS = Tasks()
