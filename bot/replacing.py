"""A card key that does not work is replaced by an operator in one step; the complaint about it ends with that."""

from bot import work
from bot.bootstrap import Services
from bot.work import Also, nothing
from catalog.key_replacing import NoneLeft, NotThatKey
from fulfillment import cases, reading, replacing
from fulfillment.byhand import NotNow
from fulfillment.replacing import KeyReplaced
from kernel.cases import CaseKind
from kernel.ids import OrderNo


def replace_key(
    services: Services, line_id: int, key_id: int | None, reason: str, *, actor: str, also: Also = nothing
) -> KeyReplaced | NotNow | NotThatKey | NoneLeft:
    """Give a delivered line another key in place of `key_id` (None: its only one), push it to the buyer, and close his
    running complaint about that line. `reason` is for the record. See `fulfillment.replacing.replace_key`."""
    now = services.clock.now()
    with services.engine.begin() as conn:
        done = replacing.replace_key(conn, line_id, key_id, now, actor=actor, reason=reason)
        if not isinstance(done, KeyReplaced):
            return done
        for case_id in cases.running_about(conn, line_id, CaseKind.BAD_KEY):
            cases.close(conn, case_id, reason, now, actor=actor, quiet=True)  # the message with the key tells him
        work.enqueue(services, conn, done.work)
        also(conn)
    return done


class NotReplacedError(Exception):
    """Nothing was replaced; the message says why."""


def replace_in_order(
    services: Services, order_no: OrderNo, position: int | None, key_id: int | None, reason: str, *, actor: str
) -> str:
    """Replace a key of an order (`position`: which line, from 1) and say so in a line. Raises NotReplacedError."""
    with services.engine.connect() as conn:
        order = reading.by_no(conn, order_no)
    lines = [
        line
        for line in (order.lines if order is not None else ())
        if line.delivery == "card" and position in (None, line.position + 1)
    ]
    if len(lines) != 1:
        raise NotReplacedError(
            f"{order_no}: there is no such line with card keys" if not lines else f"{order_no}: say which, --line N"
        )
    done = replace_key(services, lines[0].id, key_id, reason, actor=actor)
    match done:
        case KeyReplaced(old_id=old_id, new_id=new_id):
            return f"{order_no}：卡密 {old_id} 作废，换成 {new_id}，会发给顾客"
        case NotThatKey(of_line=has):
            raise NotReplacedError(f"{order_no}: say which key, --key N: {' '.join(map(str, has)) or 'it has none'}")
        case NoneLeft():
            raise NotReplacedError(f"{order_no}: no key of {lines[0].sku_code} is in stock; import some, or refund")
        case NotNow(state=state):
            raise NotReplacedError(f"{order_no}: the line is {state.value}, not delivered")
