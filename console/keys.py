"""Card keys: how many there are, found and listed without being seen, and voided, restored, moved, one or a hundred
thousand; one shown in clear, with a reason and on record."""

from dataclasses import dataclass
from urllib.parse import urlencode

from sqlalchemy import Connection, text
from starlette.responses import RedirectResponse, Response

from catalog import key_looking, stock_care
from catalog.key_looking import STATES, Wanted
from catalog.stock_care import Changed, NotACardSku
from console import gate, render, runs
from console.desk import Parts
from console.gate import Asked
from console.showing import record, shown

PATH = "/console/keys"
PAGE = 50
REASON_MAX = stock_care.REASON_MAX
OPENED_MAX = 100_000
"""A search for a part opens so many keys at most: a second or two."""
_BULK_ROWS = 5_000
_FRAGMENT_MAX = 200
_WORDS_MAX = 60
_SKU_MAX = 100
_LAST = 10**15
_WAITING = text("SELECT count(*) FROM restock_wish WHERE sku_code = :sku AND told_at IS NULL")
# What can be done to many, and the state they have to be in.
ACTS = {"void": "available", "restore": "void", "move": "available"}


@dataclass(frozen=True, slots=True)
class Bulk:
    """What is to be done to which keys, as the confirmation repeats it."""

    act: str
    wanted: Wanted
    to: str


class Keys:
    """The pages about keys in stock."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/keys."""
        query = asked.request.query_params
        words = query.get("q", "").replace("\0", "").strip()[:_WORDS_MAX]
        offset = _number(query.get("from", ""), 1_000_000)
        with self._parts.engine.connect() as conn:
            found = key_looking.shelf(conn, words, PAGE + 1, offset)
            batches = key_looking.batches(conn)
            going_on = runs.going_on(conn, runs.KEYS)
        more = urlencode({"q": words, "from": offset + PAGE}) if len(found) > PAGE else ""
        return shown(
            self._parts,
            asked,
            "keys.html",
            found=found[:PAGE],
            more=more,
            q=words,
            batches=batches,
            runs=going_on,
            busy={one.batch_id for one in going_on},
            most=key_looking.COUNTED_MAX,
            low=self._parts.stock_alert_below,
        )

    def listed(self, asked: Asked) -> Response:
        """GET /console/keys/list: the keys of one SKU."""
        wanted = _wanted(asked)
        before = _number(asked.request.query_params.get("before", ""), _LAST) or _LAST
        with self._parts.engine.connect() as conn:
            found = key_looking.listed(conn, self._parts.backroom.vault, wanted, before, PAGE + 1)
            count = key_looking.count(conn, wanted, most=key_looking.COUNTED_MAX)
            skus = key_looking.card_skus(conn)
            waiting = conn.execute(_WAITING, {"sku": wanted.sku}).scalar_one()
        more = urlencode({**_query(wanted), "before": found[PAGE - 1].id}) if len(found) > PAGE else ""
        query = asked.request.query_params
        return shown(
            self._parts,
            asked,
            "keys_list.html",
            found=found[:PAGE],
            more=more,
            wanted=wanted,
            count=count,
            most=key_looking.COUNTED_MAX,
            skus=skus,
            title=dict(skus).get(wanted.sku, wanted.sku),
            states=STATES,
            done=_number(query.get("done", ""), _LAST) if "done" in query else None,
            left=_number(query.get("left", ""), _LAST),
            reason_max=REASON_MAX,
            waiting=waiting,
        )

    def search(self, asked: Asked) -> Response:
        """POST /console/keys/search. A form, not an address: what is looked for may be a key."""
        words = asked.words("words", _FRAGMENT_MAX)
        if words is None or len(words) < stock_care.FRAGMENT_MIN:
            return gate.said(PATH, "fragment")
        sku = (asked.words("sku", _SKU_MAX) or "") or None
        with self._parts.engine.connect() as conn:
            found = stock_care.search(conn, self._parts.backroom.vault, words, sku=sku, most=OPENED_MAX)
        return shown(
            self._parts, asked, "keys_found.html", found=found, most=stock_care.FOUND_MAX, opened_max=OPENED_MAX
        )

    def detail(self, asked: Asked) -> Response:
        """GET /console/keys/key/{id}."""
        return self._detail(asked, asked.number("id"))

    def _detail(self, asked: Asked, number: int, card: object = None) -> Response:
        with self._parts.engine.connect() as conn:
            found = key_looking.one(conn, self._parts.backroom.vault, number)
            skus = key_looking.card_skus(conn) if found is not None else ()
        if found is None:
            return render.problem(404, "没有这张卡密", "请从卡密页查找。")
        return shown(
            self._parts,
            asked,
            "key.html",
            key=found.row,
            story=found.story,
            was_shown=found.shown,
            card=card,
            skus=skus,
            reason_max=REASON_MAX,
        )

    def change(self, asked: Asked) -> Response:
        """POST /console/keys/key/{id}/{act}: void, restore or move one."""
        number, act = asked.number("id"), asked.request.path_params["act"]
        page = f"{PATH}/key/{number}"
        reason = asked.words("reason", REASON_MAX)
        if act not in ACTS or reason is None or (not reason and act == "void"):
            return gate.said(page, "too_long" if reason is None else "no_words")
        to = asked.words("to", _SKU_MAX) or ""
        with self._parts.engine.begin() as conn:
            done = self._do(conn, asked, act, [number], to, reason)
            if isinstance(done, Changed) and done.ids:
                record(self._parts, asked, f"{act}_key", f"key:{number}", words=reason, to=to)(conn)
        if isinstance(done, NotACardSku):
            return gate.said(page, "no_such_sku")
        return gate.said(page, f"key_{act}" if done.ids else "not_now")

    def _do(
        self, conn: Connection, asked: Asked, act: str, ids: list[int], to: str, reason: str
    ) -> Changed | NotACardSku:
        now, vault = self._parts.clock.now(), self._parts.backroom.vault
        if act == "void":
            return stock_care.void(conn, ids, now, reason=reason, actor=asked.actor)
        if act == "restore":
            return stock_care.restore(conn, vault, ids, now, reason=reason, actor=asked.actor)
        return stock_care.move(conn, vault, ids, to, now, reason=reason, actor=asked.actor)

    def reveal(self, asked: Asked) -> Response:
        """POST /console/keys/key/{id}/reveal: one key in clear, on this answer alone."""
        number = asked.number("id")
        reason = asked.words("reason", REASON_MAX)
        if not reason:
            return gate.said(f"{PATH}/key/{number}", "too_long" if reason is None else "no_words")
        with self._parts.engine.begin() as conn:
            card = stock_care.reveal(
                conn, self._parts.backroom.vault, number, self._parts.clock.now(), reason=reason, actor=asked.actor
            )
            if card is not None:
                record(self._parts, asked, "reveal_key", f"key:{number}", words=reason)(conn)
        return self._detail(asked, number, card) if card is not None else gate.said(f"{PATH}/key/{number}", "not_now")

    def ask_bulk(self, asked: Asked) -> Response:
        """GET /console/keys/bulk: how many it would be."""
        query = asked.request.query_params
        bulk = _bulk(query.get("act", ""), query.get("sku", ""), query.get("batch", ""), query.get("to", ""))
        if bulk is None:
            return gate.said(PATH, "not_now")
        with self._parts.engine.connect() as conn:
            count = key_looking.count(conn, bulk.wanted)
            names = dict(key_looking.card_skus(conn))
        return shown(self._parts, asked, "keys_bulk.html", bulk=bulk, count=count, names=names, reason_max=REASON_MAX)

    def bulk(self, asked: Asked) -> Response:
        """POST /console/keys/bulk: all of them, in the number that was confirmed."""
        form = asked.form
        bulk = _bulk(form.get("act", ""), form.get("sku", ""), form.get("batch", ""), form.get("to", ""))
        reason = asked.words("reason", REASON_MAX)
        if bulk is None or not reason:
            return gate.said(PATH, "too_long" if reason is None else "no_words")
        with self._parts.engine.connect() as conn:
            count, until = key_looking.count(conn, bulk.wanted), key_looking.last_id(conn, bulk.wanted)
        if count != _number(form.get("count", ""), _LAST):
            return RedirectResponse(f"{PATH}/bulk?{_repeated(bulk)}&said=count_moved", status_code=303)
        done = left = after = 0
        while True:  # in pieces: one transaction over all would hold every key of the SKU from buyers meanwhile
            with self._parts.engine.begin() as conn:
                ids = list(key_looking.next_ids(conn, bulk.wanted, after, until, _BULK_ROWS))
                if not ids:
                    break
                changed = self._do(conn, asked, bulk.act, ids, bulk.to, reason)
                if isinstance(changed, NotACardSku):
                    return gate.said(PATH, "no_such_sku")
                record(
                    self._parts,
                    asked,
                    f"{bulk.act}_keys",
                    f"sku:{bulk.wanted.sku}",
                    words=reason,
                    to=bulk.to,
                    keys=len(changed.ids),
                    of=count,
                )(conn)
            done, left, after = done + len(changed.ids), left + len(changed.refused), ids[-1]
        query = urlencode({**_query(bulk.wanted), "state": "", "done": done, "left": left})
        return RedirectResponse(f"{PATH}/list?{query}", status_code=303)


def _number(given: str, most: int) -> int:
    return min(gate.whole(given) or 0, most)


def _wanted(asked: Asked) -> Wanted:
    query = asked.request.query_params
    state = query.get("state", "")
    batch = _number(query.get("batch", ""), 2**31 - 1)
    return Wanted(query.get("sku", "").replace("\0", "")[:_SKU_MAX], state if state in STATES else "", batch or None)


def _query(wanted: Wanted) -> dict[str, object]:
    return {"sku": wanted.sku, "state": wanted.state, "batch": wanted.batch or ""}


def _bulk(act: str, sku: str, batch: str, to: str) -> Bulk | None:
    if act not in ACTS or not sku or (act == "move" and (not to or to == sku)):
        return None
    wanted = Wanted(sku.replace("\0", "")[:_SKU_MAX], ACTS[act], _number(batch, 2**31 - 1) or None)
    return Bulk(act, wanted, to.replace("\0", "")[:_SKU_MAX] if act == "move" else "")


def _repeated(bulk: Bulk) -> str:
    return urlencode({**_query(bulk.wanted), "act": bulk.act, "to": bulk.to})
