"""Of what he bought some came and some did not: 卡收到了 话费没到. Looked at is what did not."""

import re
from dataclasses import replace

from catalog.checks import fold
from dialogs import after_sale
from dialogs.arrived import says_it_came, says_plainly
from dialogs.state import Dialog, Idle
from dialogs.turn import Said, Turn
from dialogs.wishes import Stance, stance

_CLAUSES = re.compile(r"[\s,，。;；!！、]+|但是?|可是?(?!以)|不过|就是")
_MISSING = re.compile("没|未|不到|不了|用不|不能用|无效|呢$|就差|还差|缺|怎么还|啥时候|什么时候|多久")
_ONLY_ASKS = re.compile("呢$|啥时候|什么时候|多久|怎么还")
_WISHES = re.compile(r"退|帮我|给我|再[来充买]|[充买]\d|[充买]个|人工|客服|发票|改|换")
_THANKS = re.compile("[谢多感辛苦老板了啦您你哈都嗯好快真挺蛮速度的赞ok]*")
_ALONE_MAX = 20


def taken(dialog: Dialog, said: Said) -> Turn | None:
    """What did not come is looked up by what is said of it alone; None where he speaks of something else."""
    if not isinstance(dialog.state, Idle) or after_sale.is_tap(said.text) or any(i.fields for i in said.frame.items):
        return None
    clauses = [clause for clause in _CLAUSES.split(fold(said.text) if " " not in said.text else said.text) if clause]
    came = [clause for clause in clauses if says_it_came(clause)]
    rest = [clause for clause in clauses if clause not in came]
    if not came or any(_WISHES.search(clause) for clause in rest):
        return None
    if not any(_MISSING.search(clause) for clause in rest):
        return _all_came(dialog, said, came, rest)
    text = "，".join(rest)
    alone = replace(said, text=text, frame=replace(said.frame, items=()))
    asks = _ONLY_ASKS.search(text) is not None and stance(text, "problem") is not Stance.WANTED
    return after_sale.look_up(dialog, "status" if asks else "problem", alone)


def _all_came(dialog: Dialog, said: Said, came: list[str], rest: list[str]) -> Turn | None:
    """话费到了, 话费和卡都收到了 谢谢: no order, and nothing that anybody need look at."""
    plain = len(said.text) <= _ALONE_MAX and all(map(says_plainly, came))
    if not plain or not all(_THANKS.fullmatch(clause) for clause in rest) or said.frame.intent in ("confirm", "rate"):
        return None
    one = {item.product for item in said.frame.items}
    items = said.frame.items[:1] if len(one) == 1 else ()  # 话费到了: a case about the card goes on
    return after_sale.look_up(dialog, "withdraw", replace(said, frame=replace(said.frame, items=items)))
