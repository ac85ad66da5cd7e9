"""开发票: title, tax number and address from one message, then a person makes it out."""

import re
from dataclasses import replace
from datetime import timedelta

from dialogs import replies
from dialogs.asking import answer
from dialogs.cases import running_for
from dialogs.state import Collecting, Confirming, Dialog, InvoiceAsked, Lookup
from dialogs.turn import OpenCase, Reply, Said, Scene, Turn
from kernel.cases import Case, CaseKind
from kernel.ids import OrderNo
from kernel.orders import Order, OrderState

ASKED_FOR = timedelta(minutes=10)
"""So long what he writes may be the answer."""
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,100}\.[A-Za-z]{2,24}")
_TAX_NO = re.compile(r"(?<![0-9A-Za-z@.])[0-9A-Za-z]{15,20}(?![0-9A-Za-z@])")
_ORDER_NO = re.compile(r"K\d{16}")
_TITLE = re.compile(r"(?:抬头|名称|单位|公司名?)[是为:： ]*([^\s,，;；。]{2,60})")
_COMPANY = re.compile(
    r"[^\s,，;；:：。]{2,50}(?:公司|集团|厂|店|中心|工作室|事务所|大学|学校|医院|协会|合作社|银行|局|院|部)"
)
_PERSON = re.compile(r"个人|私人")
_LABELS = re.compile(
    r"(?:发票)?(?:抬头|税号|纳税人识别号|统一社会信用代码|邮箱|电子邮箱|邮件|email)[是为:：]*", re.IGNORECASE
)
_ASKS = re.compile(r"[我要想能可以麻烦请帮给你们]*开(?:一?张|个|一下)?(?:电子|普通|增值税)*发票[吗呢吧么。!！?？]*")
_BY_ITSELF = "个人"


def found(
    dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene, running: tuple[Case, ...] = ()
) -> Turn:
    """He wants an invoice: for the order he names, else the latest he paid. What he said along with it counts."""
    paid = [o for o in orders if o.state in (OrderState.PAID, OrderState.DELIVERED)]
    if not paid:
        return answer(dialog, scene, replies.invoice_none())
    asked = _read(InvoiceAsked(paid[0].order_no, scene.now + ASKED_FOR), _ASKS.sub(" ", lookup.text), alone=False)
    if not (asked.title or asked.tax_no or asked.email):
        wanted = running_for(running, paid[0], CaseKind.INVOICE)
        if wanted is not None:
            return answer(dialog, scene, replies.case_running(wanted, scene.now, scene.hours))
        return answer(replace(dialog, invoice=asked), scene, replies.ask_invoice(paid[0]))
    return _go_on(dialog, asked, scene)


def answered(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The details that were asked for; None when he talks of something else."""
    asked = dialog.invoice
    if asked is None or scene.now >= asked.until:
        return None
    ordering = isinstance(dialog.state, Collecting | Confirming)
    if said.text.strip() in replies.CANCEL_WORDS and not ordering:
        return answer(replace(dialog, invoice=None), scene, replies.invoice_dropped())
    read = _read(asked, said.text, alone=said.frame.intent in ("unknown", "answer"))
    if read == asked or (ordering and not _is_for_this_alone(asked, read)):
        return None
    return _go_on(dialog, read, scene)


def _is_for_this_alone(asked: InvoiceAsked, read: InvoiceAsked) -> bool:
    """Beside an open order, an address by itself may be what that asks for: a tax number never is."""
    return read.tax_no != asked.tax_no or (read.title == _BY_ITSELF and read.email != asked.email)


def _go_on(dialog: Dialog, asked: InvoiceAsked, scene: Scene) -> Turn:
    missing = [name for name in ("title", "tax_no", "email") if not getattr(asked, name)]
    if asked.title == _BY_ITSELF:
        missing = [name for name in missing if name != "tax_no"]
    if missing:
        given = [value for value in (asked.title, asked.tax_no, asked.email) if value]
        later = replace(asked, until=scene.now + ASKED_FOR)
        return answer(replace(dialog, invoice=later), scene, replies.ask_invoice_rest(given, missing))
    details = replies.invoice_details(asked.title, asked.tax_no, asked.email)
    effect = OpenCase(CaseKind.INVOICE, OrderNo(asked.order_no), None, details)
    return Turn(replace(dialog, invoice=None, misses=0), Reply(replies.invoice_taken(details)), (effect,))


def _read(asked: InvoiceAsked, text: str, *, alone: bool) -> InvoiceAsked:
    """Take out of a message what it holds of the three. `alone`: a single word may be the title."""
    email = _EMAIL.search(text)
    rest = _EMAIL.sub(" ", _ORDER_NO.sub(" ", text))
    tax_no = next((one[0] for one in _TAX_NO.finditer(rest) if sum(c.isdigit() for c in one[0]) >= 8), "")
    rest = rest.replace(tax_no, " ") if tax_no else rest
    title = _title_in(rest, alone=not asked.title and (alone or bool(email or tax_no)))
    return replace(
        asked,
        title=title or asked.title,
        tax_no=tax_no.upper() or asked.tax_no,
        email=email[0] if email else asked.email,
    )


def _title_in(rest: str, *, alone: bool) -> str:
    """The title a message names. `alone`: a single word that is nothing else may be one."""
    named = _TITLE.search(rest)
    company = _COMPANY.search(_LABELS.sub(" ", rest))
    if named:
        return named[1]
    if company:
        return company[0]
    if _PERSON.search(rest):
        return _BY_ITSELF
    words = [word for word in re.split(r"[\s,，;；。]+", _LABELS.sub(" ", rest)) if len(word) >= 2]
    return words[0][:60] if alone and len(words) == 1 and not any(c.isdigit() for c in words[0]) else ""
