"""开发票: title, tax number and address from one message, then a person makes it out."""

import re
from dataclasses import replace
from datetime import timedelta

from dialogs import replies, which
from dialogs.asking import answer
from dialogs.cases import running_for
from dialogs.effects import FindOrders, OpenCase
from dialogs.state import Collecting, Confirming, Dialog, Idle, InvoiceAsked, Lookup
from dialogs.turn import Reply, Said, Scene, Turn
from kernel.cases import Case, CaseKind
from kernel.ids import OrderNo
from kernel.orders import Order, OrderState

ASKED_FOR = timedelta(minutes=10)
"""So long what he writes may be the answer."""
_EMAIL = re.compile(r"[A-Za-z0-9._%+-]{1,64}@[A-Za-z0-9.-]{1,100}\.[A-Za-z]{2,24}")
_TAX_NO = re.compile(r"(?<![0-9A-Za-z@.])[0-9A-Za-z]{15,20}(?![0-9A-Za-z@])")
_ORDER_NO = re.compile(r"K\d{16}")
_TAX_LABEL = re.compile(r"(?:税号|纳税人识别号|统一社会信用代码|信用代码)\s*(?:[是为:：]\s*)?([0-9A-Za-z]+)")
_SHORT_TAX_NO = re.compile(r"(?<![0-9A-Za-z@.])(?=[0-9A-Za-z]*\d)[0-9A-Za-z]{4,30}(?![0-9A-Za-z@.])")
_TITLE = re.compile(
    r"(?:抬头|名称|单位|公司名称?|公司(?=[叫是为:：]))(?:是|为|叫做?|写|用|开|[:：\s])*([^\s,，;；。:：]{2,60})"
)
_COMPANY = re.compile(
    r"[^\s,，;；:：。]{2,50}(?:公司|集团|厂|店|中心|工作室|事务所|大学|学校|医院|协会|合作社|银行|局|院|部)"
)
_PERSON = re.compile(r"个人|私人")
_LABELS = re.compile(
    r"(?:(?:发票)?抬头|(?:公司|单位|企业)?名称|公司名(?!称)|单位(?=[是为:：])|公司(?=[叫是为:：])|税号|纳税人识别号|统一社会信用代码|信用代码"
    r"|(?:电子)?邮箱|电子邮件|邮件|email|发到|发给|发至|发)\s*(?:是|为|叫做?|[:：])*",
    re.IGNORECASE,
)
_LEAD = re.compile(r"^(?:我们?|咱们?)?(?:的)?(?:公司)?(?:叫做?|是|为|写|开|用|给|就)+(?=.{4})")
_ASKS = re.compile(r"[我要想能可以麻烦请帮给你们]*开(?:一?张|个|一下)?(?:电子|普通|增值税)*发票[吗呢吧么。!！?？]*")
_BY_ITSELF = "个人"
_AMENDS = re.compile("(?:邮箱|抬头|税号|发票).{0,10}(?:错|改|换|不对|不是)|[改换]个?(?:邮箱|抬头|税号)")
_OFF = re.compile(
    r"(?:算了|哦|嗯|那|先|还是|就|我|[,，。\s])*(?:算了|不报销了?|不用了?|不要了?|不需要了?|不开了?|先不开|别开了?|不用开|不弄了|取消)"
    r"(?:发票|开|了|吧|啊|[,，。!！\s]|取消|算了|不用|不要|不开|不报销)*"
)
"""What ends the talk about the invoice, and nothing but that."""


def found(
    dialog: Dialog, orders: tuple[Order, ...], lookup: Lookup, scene: Scene, running: tuple[Case, ...] = ()
) -> Turn:
    """He wants an invoice: for the order he names, else the latest he paid. What he said along with it counts."""
    paid = [o for o in orders if o.state in (OrderState.PAID, OrderState.DELIVERED)]
    if not paid:
        return answer(dialog, scene, replies.invoice_none())
    amends = _amending(dialog, paid, lookup, running, scene)
    if amends is not None:
        return amends
    paid = meant = _of_which(paid, lookup.text, scene)
    asked = _read(InvoiceAsked(paid[0].order_no, scene.now + ASKED_FOR), _ASKS.sub(" ", lookup.text), alone=False)
    if not (asked.title or asked.tax_no or asked.email):
        wanted = running_for(running, paid[0], CaseKind.INVOICE)
        if wanted is not None:
            return answer(dialog, scene, replies.case_running(wanted, scene.now, scene.hours))
        several = replies.invoice_for(meant) if len(meant) > 1 else ""
        told = replies.join(several, replies.ask_invoice(paid[0]))
        return answer(replace(dialog, invoice=replace(asked, orders=several)), scene, told)
    turn = _go_on(dialog, asked, scene)
    opens = next((effect for effect in turn.effects if isinstance(effect, OpenCase)), None)
    if opens is None:
        return turn
    which_ones = replies.invoice_for(meant)
    opens = replace(opens, said=replies.join(opens.said, which_ones))
    return replace(turn, reply=Reply(replies.join(which_ones, turn.reply.text)), effects=(opens,))


def _of_which(orders: list[Order], text: str, scene: Scene) -> list[Order]:
    """The orders an invoice is for: those he names, both where he says both, else the latest."""
    if which.all_of(orders, text):
        return orders
    named = which.named(orders, text, scene.shelf)
    return list(named[0]) if named is not None and len(named[0]) == 1 else orders[:1]


def _amending(
    dialog: Dialog, paid: list[Order], lookup: Lookup, running: tuple[Case, ...], scene: Scene
) -> Turn | None:
    """What is corrected goes to the person who is making the invoice out."""
    order = next((o for o in paid if running_for(running, o, CaseKind.INVOICE) is not None), None)
    if order is None or not _AMENDS.search(lookup.text):
        return None
    text = _AMENDS.sub(lambda found: found[0][-1] if found[0][-1] in "是" else " ", lookup.text)
    new = _read(InvoiceAsked(order.order_no, scene.now), text, alone=False)
    details = replies.invoice_details(new.title, new.tax_no, new.email)
    if not details:
        return None
    effect = OpenCase(CaseKind.INVOICE, order.order_no, None, details)
    return Turn(replace(dialog, misses=0), Reply(replies.invoice_amended(details)), (effect,))


def answered(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The details that were asked for; None when he talks of something else."""
    asked = dialog.invoice
    if asked is None or scene.now >= asked.until:
        return None
    ordering = isinstance(dialog.state, Collecting | Confirming)
    if not ordering and (said.text.strip() in replies.CANCEL_WORDS or _OFF.fullmatch(said.text.strip())):
        return answer(replace(dialog, invoice=None), scene, replies.invoice_dropped())
    read = _read(asked, said.text, alone=said.frame.intent in ("unknown", "answer"))
    wrong = _wrong_tax_no(said.text) if not read.tax_no and not ordering else ""
    if (read == asked and not wrong) or (ordering and not _is_for_this_alone(asked, read)):
        return None
    return _go_on(dialog, read, scene, wrong)


def amended(dialog: Dialog, said: Said) -> Turn | None:
    """邮箱写错了 是 a@b.cn, once the invoice is with a person: None when nothing of it is corrected."""
    if not isinstance(dialog.state, Idle) or dialog.invoice is not None or not _AMENDS.search(said.text):
        return None
    if not (_EMAIL.search(said.text) or _TAX_NO.search(said.text) or _TITLE.search(said.text)):
        return None
    if said.frame.intent == "order" and any(item.product for item in said.frame.items):
        return None  # 作文批改3篇 邮箱写错了也没事吧 x@y.cn: of what he buys
    asks = replace(dialog, waiting=Lookup(text=said.text[:200]), misses=0)
    return Turn(asks, effects=(FindOrders("invoice"),))


def _is_for_this_alone(asked: InvoiceAsked, read: InvoiceAsked) -> bool:
    """Beside an open order, an address by itself may be what that asks for: a tax number never is."""
    return read.tax_no != asked.tax_no or (read.title == _BY_ITSELF and read.email != asked.email)


def _go_on(dialog: Dialog, asked: InvoiceAsked, scene: Scene, wrong: str = "") -> Turn:
    missing = [name for name in ("title", "tax_no", "email") if not getattr(asked, name)]
    if asked.title == _BY_ITSELF:
        missing = [name for name in missing if name != "tax_no"]
    if missing:
        given = [value for value in (asked.title, asked.tax_no, asked.email) if value]
        later = replace(asked, until=scene.now + ASKED_FOR)
        told = replies.join(
            replies.invoice_given(given) if given else "",
            replies.wrong_tax_no(wrong) if wrong and "tax_no" in missing else "",
            replies.ask_invoice_rest(missing),
        )
        return answer(replace(dialog, invoice=later), scene, told)
    details = replies.invoice_details(asked.title, asked.tax_no, asked.email)
    effect = OpenCase(CaseKind.INVOICE, OrderNo(asked.order_no), None, replies.join(details, asked.orders))
    told = replies.join(asked.orders, replies.invoice_taken(details))
    return Turn(replace(dialog, invoice=None, misses=0), Reply(told), (effect,))


def _read(asked: InvoiceAsked, text: str, *, alone: bool) -> InvoiceAsked:
    """Take out of a message what it holds of the three. `alone`: a single word may be the title."""
    email = _EMAIL.search(text)
    rest = _EMAIL.sub(" ", _ORDER_NO.sub(" ", text))
    tax_no = next((one[0] for one in _TAX_NO.finditer(rest) if sum(c.isdecimal() for c in one[0]) >= 8), "")
    rest = rest.replace(tax_no, " ") if tax_no else _SHORT_TAX_NO.sub(" ", rest)
    title = _title_in(rest, alone=not asked.title and (alone or bool(email or tax_no)))
    return replace(
        asked,
        title=title or asked.title,
        tax_no=tax_no.upper() or asked.tax_no,
        email=email[0] if email else asked.email,
    )


def _wrong_tax_no(text: str) -> str:
    """A tax number that cannot be one, as he wrote it: told, never kept."""
    rest = _EMAIL.sub(" ", _ORDER_NO.sub(" ", text))
    labelled = _TAX_LABEL.search(rest)
    if labelled is not None:
        return "" if _TAX_NO.fullmatch(labelled[1]) else labelled[1]
    if any(sum(c.isdecimal() for c in one[0]) >= 8 for one in _TAX_NO.finditer(rest)) or not _COMPANY.search(rest):
        return ""
    found = _SHORT_TAX_NO.search(rest)
    return found[0] if found is not None else ""


def _title_in(rest: str, *, alone: bool) -> str:
    """The title a message names. `alone`: a single word that is nothing else may be one."""
    named = _TITLE.search(rest)
    if named and not _LABELS.match(named[1]):
        return _LEAD.sub("", named[1])
    plain = _LABELS.sub(" ", rest)
    company = _COMPANY.search(plain)
    if company:
        return _LEAD.sub("", company[0])
    if _PERSON.search(rest):
        return _BY_ITSELF
    words = [word for word in re.split(r"[\s,，;；。:：]+", plain) if len(word) >= 2]
    return words[0][:60] if alone and len(words) == 1 and not any(c.isdecimal() for c in words[0]) else ""
