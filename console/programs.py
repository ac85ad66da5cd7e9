"""The owner's other programs: the keys they call with, and the addresses they are told at. A secret is shown once."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from types import MappingProxyType

from starlette.responses import Response

from console import gate, webhook_words
from console.api import access, endpoints
from console.api.endpoints import BadUrlError
from console.api.scopes import Scope
from console.api.tables import EVENT_TYPES
from console.desk import Parts
from console.gate import Asked
from console.showing import record, shown

PATH = "/console/programs"
DAYS_MAX = 3650
NOTE_MAX = 100
_TICK = "on"
SCOPES: Mapping[Scope, str] = MappingProxyType(
    {
        Scope.ORDERS_READ: "看订单和经过（账号隐去）",
        Scope.ORDERS_WRITE: "记为完成、重新发送、取消未付款订单",
        Scope.REFUNDS_WRITE: "退款",
        Scope.ACCOUNTS_READ: "看完整账号，按账号找订单",
        Scope.BUYERS_READ: "看订单的顾客买过什么（身份隐去）",
        Scope.CATALOG_READ: "看商品、价格和成本",
        Scope.CATALOG_WRITE: "替换商品目录、改价",
        Scope.KEYS_READ: "看卡密的数量和状态（看不到卡密）",
        Scope.KEYS_WRITE: "导入、作废卡密",
        Scope.CASES_READ: "看工单",
        Scope.CASES_WRITE: "答复、关闭工单",
        Scope.SHOP_READ: "看供货商余额和运行状况",
        Scope.WEBHOOKS_WRITE: "看和改回调地址",
    }
)
"""What a key may, in the owner's words."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page tells besides the lists: a secret, this once; or what was wrong with a form, and what it held."""

    secret: str = ""
    secret_of: str = ""
    problem: str = ""
    form: Mapping[str, str] = field(default_factory=dict)


class Programs:
    """The page and what is done on it."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/programs."""
        return self._page(asked, Shown())

    def _page(self, asked: Asked, told: Shown, status: int = 200) -> Response:
        with self._parts.engine.connect() as conn:
            keys, hooks = access.all_of(conn), endpoints.all_of(conn)
        return shown(
            self._parts,
            asked,
            "programs.html",
            status,
            keys=keys,
            hooks=hooks,
            now=self._parts.clock.now(),
            told=told,
            scopes=SCOPES,
            events=webhook_words.EVENTS,
            off_words=webhook_words.problem,
            days_max=DAYS_MAX,
            per_minute=access.PER_MINUTE,
            per_minute_max=access.PER_MINUTE_MAX,
            url_max=endpoints.URL_CHARS_MAX,
            note_max=NOTE_MAX,
            hooks_max=endpoints.ENDPOINTS_MAX,
        )

    def _wrong(self, asked: Asked, problem: str) -> Response:
        return self._page(asked, Shown(problem=problem, form=asked.form), 422)

    def add_key(self, asked: Asked) -> Response:
        """POST /console/programs/keys: the key is on this answer alone."""
        name, now = asked.form.get("name", "").strip(), self._parts.clock.now()
        scopes = [scope for scope in Scope if asked.form.get(scope) == _TICK]
        days = _whole(asked.form.get("days", ""), DAYS_MAX)
        per_minute = _whole(asked.form.get("per_minute", ""), access.PER_MINUTE_MAX)
        if not access.NAME.fullmatch(name):
            return self._wrong(asked, "没有生成：名称是 1 到 32 个字母、数字或 . _ -，以字母或数字开头")
        if not scopes:
            return self._wrong(asked, "没有生成：至少选一项权限")
        if days is None or per_minute is None:
            return self._wrong(asked, f"没有生成：有效天数最多 {DAYS_MAX}，每分钟次数最多 {access.PER_MINUTE_MAX}")
        expires_at = now + timedelta(days=days) if days else None
        per_minute = per_minute or access.PER_MINUTE
        with self._parts.engine.begin() as conn:
            token = access.add(conn, name, scopes, now, expires_at=expires_at, per_minute=per_minute)
            if token is not None:
                kept = {"scopes": sorted(scopes), "per_minute": per_minute, "days": days}
                record(self._parts, asked, "add_apikey", f"apikey:{name}", None, None, **kept)(conn)
        if token is None:
            return self._wrong(asked, f"没有生成：{name} 这个名称用过了（停用的也算，记录里还有它）")
        return self._page(asked, Shown(token, f"接口密钥 {name}"))

    def key_off(self, asked: Asked) -> Response:
        """POST /console/programs/keys/{id}/off: for ever."""
        with self._parts.engine.begin() as conn:
            key = next((one for one in access.all_of(conn) if one.id == asked.number("id")), None)
            if key is None or key.off_at is not None:
                return gate.said(PATH, "not_now")
            access.switch_off(conn, key.name, self._parts.clock.now())
            record(self._parts, asked, "off_apikey", f"apikey:{key.name}", {"on": True}, None, on=False)(conn)
        return gate.said(PATH, "apikey_off")

    def add_hook(self, asked: Asked) -> Response:
        """POST /console/programs/webhooks: its secret is on this answer alone."""
        url, note = asked.form.get("url", "").strip(), asked.form.get("note", "").strip()
        events = wanted_events(asked)
        try:
            endpoints.check_url(url, private=self._parts.backroom.private_webhooks)
        except BadUrlError as error:
            return self._wrong(asked, f"没有添加：{error}")
        if not is_note(note):
            return self._wrong(asked, f"没有添加：备注最多 {NOTE_MAX} 个字，写在一行里")
        vault, now = self._parts.backroom.vault, self._parts.clock.now()
        with self._parts.engine.begin() as conn:
            made = endpoints.add(conn, vault, url, events, note, now)
            if made is not None:
                about = f"webhook:{made.id}"
                record(self._parts, asked, "add_webhook", about, None, None, url=url, events=events)(conn)
        if made is None:
            return self._wrong(asked, f"没有添加：最多 {endpoints.ENDPOINTS_MAX} 个，请先删掉一个")
        return self._page(asked, Shown(made.secret, f"回调地址 {made.id} 的签名密钥"))


def wanted_events(asked: Asked) -> list[str]:
    """What was ticked; nothing: it is told of everything."""
    return [kind for kind in EVENT_TYPES if asked.form.get(kind) == _TICK]


def is_note(note: str) -> bool:
    """Whether this may stand beside an address."""
    return len(note) <= NOTE_MAX and all(char >= " " for char in note)


def _whole(given: str, most: int) -> int | None:
    """A number of a form; 0 where nothing is given, None for what is none or is out of bounds."""
    given = given.strip()
    if not given:
        return 0
    number = gate.whole(given, 9)
    return number if number is not None and 1 <= number <= most else None
