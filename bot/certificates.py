"""Keeps WeChat Pay's platform certificates fresh, for merchants that are not in public-key mode (wechat.md, D)."""

import logging
import threading

from bot.bootstrap import Services
from payments.wechatpay import WechatPay

log = logging.getLogger(__name__)

REFRESH_S = 11 * 3600.0
"""WeChat Pay asks for a refresh within 12 hours."""
TRY_AGAIN_S = 30.0


def keep_fresh(services: Services) -> None:
    """Fetch the certificates now and every 11 hours, in a thread of its own; without them every notice is refused."""
    gateway = services.gateway
    if isinstance(gateway, WechatPay) and services.config.pay.public_key_file is None:
        threading.Thread(target=_refresh_for_ever, args=(gateway,), name="certificates", daemon=True).start()


def _refresh_for_ever(gateway: WechatPay) -> None:
    pause = threading.Event()
    while True:
        fetched = gateway.refresh_certificates()
        if not fetched:
            log.warning("no platform certificates could be had; trying again in %d s", TRY_AGAIN_S)
        pause.wait(REFRESH_S if fetched else TRY_AGAIN_S)
