"""What operators have worked on in the background: files of keys, catalogs."""

from bot.bootstrap import Services
from bot.tasks import TASKS
from console import run_work, runs


@TASKS.task("console_run")
def console_run(services: Services, *, number: int) -> None:
    """Do one; done again after a crash it goes on where it stood."""
    run_work.work(services.engine, services.vault, services.clock, number)


@TASKS.cron("forget_console_runs", "*/10 * * * *")
def forget_console_runs(services: Services) -> None:
    """Forget the old ones, and what was looked at and never imported."""
    with services.engine.begin() as conn:
        runs.forget_old(conn, services.clock.now())
