"""How the tests are shared out among the workers of one run: whole files, the longest first."""

from typing import Any

from xdist.scheduler import LoadFileScheduling

TOGETHER = ("tests/contracts/",)
"""Folders whose files share what takes long to start: one worker runs all of it."""
LONGEST = (
    "tests/browser/test_demo_walk.py",
    "tests/contracts/",
    "tests/bot/test_part_refunds.py",
    "tests/e2e/test_sale.py",
    "tests/browser/test_chat_page.py",
    "tests/console/test_programs.py",
    "tests/console/test_data_walk.py",
    "tests/browser/test_pay_page.py",
    "tests/console/test_goods_walk.py",
    "tests/bot/test_jobs.py",
    "tests/bot/test_push_connection.py",
    "tests/console/test_bot_talks.py",
    "tests/console/test_rights.py",
    "tests/console/test_inbox_walk.py",
    "tests/bot/test_visitors.py",
    "tests/bot/test_suppliers.py",
    "tests/e2e/test_voice.py",
    "tests/bot/test_wallet.py",
    "tests/fulfillment/test_suppliers.py",
    "tests/console/test_wallets.py",
    "tests/catalog/test_key_import.py",
    "tests/bot/test_embedded.py",
    "tests/dialogs/test_simulated_buyers.py",
    "tests/dialogs/test_step.py",
    "tests/console/test_orders_walk.py",
    "tests/api/test_killed.py",
    "tests/e2e/test_risk.py",
    "tests/console/test_walk.py",
    "tests/console/test_alert_walk.py",
    "tests/fulfillment/test_promise.py",
    "tests/e2e/test_simulated_buyers.py",
)
"""What takes more than five seconds: begun late, it would be waited for in the end. The others go by their number."""


class WholeFiles(LoadFileScheduling):  # type: ignore[misc]
    """Each file to one worker, so that what a module starts (a shop, a demo, a browser) is started once."""

    def _split_scope(self, nodeid: str) -> str:
        return next((folder for folder in TOGETHER if nodeid.startswith(folder)), super()._split_scope(nodeid))

    def _assign_work_unit(self, node: Any) -> None:
        longest = next((scope for scope in LONGEST if scope in self.workqueue), None)
        if longest is not None:
            self.workqueue.move_to_end(longest, last=False)
        super()._assign_work_unit(node)
