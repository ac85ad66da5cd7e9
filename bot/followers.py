"""Who follows the account, and since when."""

from sqlalchemy import text

from bot import privacy, voices
from bot.bootstrap import Services
from kernel.ids import OpenId

_CHANGED = text("""
    INSERT INTO buyer (openid, subscribed, first_seen_at, changed_at) VALUES (:openid, :subscribed, :now, :now)
    ON CONFLICT (openid) DO UPDATE SET subscribed = excluded.subscribed, changed_at = excluded.changed_at
""")


def joined(services: Services, openid: OpenId) -> None:
    """Note that a buyer follows the account."""
    _note(services, openid, subscribed=True)


def left(services: Services, openid: OpenId) -> None:
    """Note that a buyer follows no longer, and forget what he talked about and whatever need not be kept of him
    (wechat.md, A: Unsubscribe)."""
    _note(services, openid, subscribed=False)
    privacy.on_leaving(services, openid)
    services.store.forget(openid)
    voices.forget(services, openid)


def _note(services: Services, openid: OpenId, *, subscribed: bool) -> None:
    with services.engine.begin() as conn:
        conn.execute(_CHANGED, {"openid": openid, "subscribed": subscribed, "now": services.clock.now()})
