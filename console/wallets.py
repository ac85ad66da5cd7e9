"""Balances: what buyers keep with the shop, what moved it, and putting one right by hand, the amount confirmed."""

import re
import secrets
from collections.abc import Mapping
from types import MappingProxyType

from sqlalchemy import Connection
from starlette.responses import RedirectResponse, Response

from console import gate, render, wallet_reading
from console.desk import Parts
from console.gate import Asked, whole
from console.showing import record, shown
from console.wallet_reading import Kept
from kernel.ids import OpenId
from kernel.money import parse_yuan
from payments import wallet
from payments.wallet import AMOUNT_FEN_MAX, MoveKind, NotEnoughBalance

PATH = "/console/wallets"
REASON_MAX = 200
WORDS_MAX = 128
_ONCE = re.compile(r"[0-9a-f]{16}")
MOVES: Mapping[str, str] = MappingProxyType(
    {
        MoveKind.TOPUP.value: "充值",
        MoveKind.PAY.value: "付款",
        MoveKind.REFUND.value: "退款",
        MoveKind.COMPENSATION.value: "赔付",
        MoveKind.WITHDRAW.value: "原路退回",
        MoveKind.ADJUST.value: "人工调整",
    }
)


class Wallets:
    """The pages about balances. Addresses name one by its number: an openid belongs into none."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts

    def page(self, asked: Asked) -> Response:
        """GET /console/wallets."""
        return self._page(asked, "", ())

    def _page(self, asked: Asked, words: str, found: tuple[tuple[OpenId, Kept | None], ...]) -> Response:
        fen, _, number = asked.request.query_params.get("before", "").partition("-")
        before = (whole(fen), whole(number))
        with self._parts.engine.connect() as conn:
            all_of = wallet_reading.totals(conn)
            kept = wallet_reading.largest(conn, (before[0], before[1]) if before[0] and before[1] else None)
        last = kept[wallet_reading.PAGE - 1] if len(kept) > wallet_reading.PAGE else None
        return shown(
            self._parts,
            asked,
            "wallets.html",
            totals=all_of,
            kept=kept[: wallet_reading.PAGE],
            more=f"{last.balance_fen}-{last.id}" if last is not None else "",
            words=words,
            words_most=WORDS_MAX,
            found=found,
            kinds=MOVES,
        )

    def search(self, asked: Asked) -> Response:
        """POST /console/wallets/search: a form, since an address would keep who was looked for."""
        words = asked.words("words", WORDS_MAX)
        if not words:
            return gate.said(PATH, "wallet_unknown")
        with self._parts.engine.connect() as conn:
            openids = wallet_reading.buyers(conn, words)
            kept = {one.openid: one for one in wallet_reading.of_buyers(conn, openids)}
        if not openids:
            return gate.said(PATH, "wallet_unknown")
        if len(openids) == 1 and openids[0] in kept:
            return RedirectResponse(f"{PATH}/{kept[openids[0]].id}", status_code=303)
        return self._page(asked, words, tuple((openid, kept.get(openid)) for openid in openids))

    def open(self, asked: Asked) -> Response:
        """POST /console/wallets/open: of a buyer who never had one."""
        openid = asked.words("openid", WORDS_MAX) or ""
        with self._parts.engine.begin() as conn:
            if openid not in wallet_reading.buyers(conn, openid) or openid.startswith("erased-"):
                return gate.said(PATH, "wallet_unknown")
            wallet_id = wallet.opened(conn, OpenId(openid), self._parts.clock.now())
            record(self._parts, asked, "open_wallet", f"wallet:{wallet_id}")(conn)
        return gate.said(f"{PATH}/{wallet_id}", "wallet_opened")

    def moves(self, asked: Asked) -> Response:
        """GET /console/wallets/moves: of one kind, top-ups say."""
        kind = asked.request.query_params.get("kind", "")
        kind = kind if kind in MOVES else MoveKind.TOPUP.value
        with self._parts.engine.connect() as conn:
            found = wallet_reading.moves(conn, kind, asked.query_number("before"))
        page = found[: wallet_reading.PAGE]
        more = page[-1].id if len(found) > wallet_reading.PAGE else None
        return shown(self._parts, asked, "wallet_moves.html", moves=page, more=more, kind=kind, kinds=MOVES)

    def one(self, asked: Asked) -> Response:
        """GET /console/wallets/{id}: its statement."""
        number = asked.number("id")
        with self._parts.engine.connect() as conn:
            kept = wallet_reading.one(conn, number)
            before = asked.query_number("before")
            found = wallet_reading.statement(conn, number, before) if kept is not None else ()
        if kept is None:
            return _nobody()
        page = found[: wallet_reading.PAGE]
        return shown(
            self._parts,
            asked,
            "wallet.html",
            wallet=kept,
            moves=page,
            more=page[-1].n if len(found) > wallet_reading.PAGE else None,
            kinds=MOVES,
            back_fen=self._parts.backroom.withdrawable_fen(kept.openid) if kept.balance_fen else 0,
            reason_max=REASON_MAX,
        )

    def ask(self, asked: Asked) -> Response:
        """POST /console/wallets/{id}/ask: what it would come to, to be confirmed with the amount."""
        number, amount_fen, reason = asked.number("id"), _amount(asked), asked.words("reason", REASON_MAX)
        with self._parts.engine.connect() as conn:
            kept = wallet_reading.one(conn, number)
        if kept is None:
            return _nobody()
        here = f"{PATH}/{number}"
        if not reason:
            return gate.said(here, "too_long" if reason is None else "no_words")
        if amount_fen is None or kept.is_forgotten:
            return gate.said(here, "bad_amount" if amount_fen is None else "not_now")
        if kept.balance_fen + amount_fen < 0:
            return gate.said(here, "not_enough")
        return shown(
            self._parts,
            asked,
            "wallet_ask.html",
            wallet=kept,
            amount_fen=amount_fen,
            reason=reason,
            form=asked.form,
            once=secrets.token_hex(8),
        )

    def correct(self, asked: Asked) -> Response:
        """POST /console/wallets/{id}/correct: once for each confirmation, and only from the balance that was shown."""
        number, amount_fen, reason = asked.number("id"), _amount(asked), asked.words("reason", REASON_MAX)
        before_fen, once = whole(asked.form.get("balance", "")), asked.form.get("once", "")
        here = f"{PATH}/{number}"
        if amount_fen is None or not reason or before_fen is None or not _ONCE.fullmatch(once):
            return gate.said(here, "bad_amount" if amount_fen is None else "not_now")
        with self._parts.engine.begin() as conn:
            kept = wallet_reading.one(conn, number)
            if kept is None or kept.is_forgotten:
                return gate.said(PATH, "not_now")
            code = self._corrected(conn, asked, kept, amount_fen, reason, before_fen, f"console:{once}")
        return gate.said(here, code)

    def _corrected(
        self, conn: Connection, asked: Asked, kept: Kept, amount_fen: int, reason: str, before_fen: int, reference: str
    ) -> str:
        now = self._parts.clock.now()
        stands_fen = wallet.of(conn, kept.openid, lock=True).balance_fen
        if wallet.moved(conn, MoveKind.ADJUST, reference):
            return "corrected"  # the form came twice
        if stands_fen != before_fen:
            return "balance_moved"
        act = wallet.credit if amount_fen > 0 else wallet.debit
        move = act(
            conn,
            kept.openid,
            abs(amount_fen),
            MoveKind.ADJUST,
            reference,
            now=now,
            note=reason,
            actor=asked.actor,
        )
        if isinstance(move, NotEnoughBalance):
            return "not_enough"
        after = {"balance_fen": move.balance_after_fen, "amount_fen": amount_fen, "words": reason}
        record(self._parts, asked, "correct_balance", f"wallet:{kept.id}", {"balance_fen": before_fen}, None, **after)(
            conn
        )
        return "corrected"

    def withdraw(self, asked: Asked) -> Response:
        """POST /console/wallets/{id}/withdraw: by the original route, what was shown or nothing."""
        number, amount_fen = asked.number("id"), whole(asked.form.get("amount_fen", ""))
        with self._parts.engine.connect() as conn:
            kept = wallet_reading.one(conn, number)
        if kept is None or not amount_fen:
            return gate.said(PATH if kept is None else f"{PATH}/{number}", "not_now")
        before = {"balance_fen": kept.balance_fen}
        also = record(self._parts, asked, "withdraw_balance", f"wallet:{number}", before, None, amount_fen=-amount_fen)
        done = self._parts.backroom.withdraw(kept.openid, amount_fen, actor=asked.actor, also=also)
        return gate.said(f"{PATH}/{number}", "withdrawn" if done else "balance_moved")


def _nobody() -> Response:
    return render.problem(404, "没有这个余额", "请从余额页查找。")


def _amount(asked: Asked) -> int | None:
    """What is added, or below zero taken; None for what is no amount."""
    try:
        fen = parse_yuan(asked.form.get("amount", "").strip())
    except ValueError:
        return None
    if not 0 < fen <= AMOUNT_FEN_MAX or asked.form.get("way") not in ("add", "take"):
        return None
    return fen if asked.form["way"] == "add" else -fen
