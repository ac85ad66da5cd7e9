"""Running the worker process. A file of its own: the web server's libraries are not loaded here."""

import logging
import os
import signal
from typing import Any

from bot import certificates, logs
from bot.background import TASKS
from bot.bootstrap import Services
from bot.jobs import JobWorker

log = logging.getLogger(__name__)


def work(services: Services) -> None:
    """Do background jobs until SIGTERM or SIGINT; those being done are finished. A second signal ends it at once."""
    config = services.config
    logs.set_up(config.app.log_level, config.app.log_format)
    certificates.keep_fresh(services)
    worker = JobWorker(services.engine, TASKS, services, threads=config.worker.threads)
    told = False

    def stop(_number: int, _frame: Any) -> None:
        nonlocal told
        if told:
            os._exit(1)
        told = True
        worker.stop()

    signal.signal(signal.SIGTERM, stop)
    signal.signal(signal.SIGINT, stop)
    log.warning("kabot worker begins")
    try:
        worker.run()
    finally:
        services.engine.dispose()
