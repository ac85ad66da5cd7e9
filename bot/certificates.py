"""Keeps WeChat Pay's platform certificates fresh (wechat.md, D): all there is where no public key is configured, and
what notices may still be signed with while a merchant is moved from certificates to the public key, or back."""

import logging
import threading

from bot.bootstrap import Services
from payments.wechatpay import WechatPay

log = logging.getLogger(__name__)

REFRESH_S = 11 * 3600.0
"""WeChat Pay asks for a refresh within 12 hours."""
TRY_AGAIN_S = 30.0


def keep_fresh(services: Services) -> None:
    """Fetch the certificates now and every 11 hours, in a thread of its own."""
    gateway = services.gateway
    if isinstance(gateway, WechatPay):
        alone = services.config.pay.public_key_file is None
        threading.Thread(target=_refresh_for_ever, args=(gateway, alone), name="certificates", daemon=True).start()


def _refresh_for_ever(gateway: WechatPay, alone: bool) -> None:
    pause = threading.Event()
    while True:
        pause.wait(refresh(gateway, alone=alone))


def refresh(gateway: WechatPay, *, alone: bool) -> float:
    """Fetch the certificates; in how many seconds to do it again. `alone`: there is no public key beside them, and
    without them every notice is refused. A merchant who has the key, and never had certificates, is told 404."""
    if gateway.refresh_certificates() or not alone:
        return REFRESH_S
    log.warning("no platform certificates could be had; trying again in %d s", TRY_AGAIN_S)
    return TRY_AGAIN_S
