"""Goods before money, a sample, a gift, a price of his own: one line says how it is here, and what is wanted beside it
is taken as ever (先发我10张 晚点给钱 is an order of ten, paid first)."""

import re
from dataclasses import replace

from catalog.checks import fold
from dialogs import replies
from dialogs.asking import answer
from dialogs.filling import asks_for_words
from dialogs.state import Collecting, Confirming, Dialog, Idle, WithHuman
from dialogs.turn import Said, Scene, Turn

_LATER = "(?:再|后|晚点|晚些|回头|等会儿?|过几天|月底|下个?月|发了?工资|明天|以后|下次)"
_MONEY = "(?:[给付交转打]钱|[付给]款|付(?!好|完|过|了|费)|结账|买单|转账)"
_PAYS_LATER = re.compile(
    f"先(?:发货?|给|充|用|玩|拿|开|送|弄|办|看|打|收)[^?？]{{0,16}}{_LATER}[^,，。?？]{{0,5}}{_MONEY}|用(?:了|完|好|过)[^,，]{{0,3}}{_LATER}[^,，。]{{0,4}}{_MONEY}"
    "|先[发给][^,，。?？]{0,8}(?:看看|试试|验[验货一]|瞧瞧)|赊(?:账|个账|一[下个])|先?欠着|先?记(?:我)?账上?|不付钱(?:行|可以|能)不?|不给钱(?:行|可以)"
    "|先付(?:一半|定金|一点|一部分)|分期付?"
)
_ON_DELIVERY = re.compile(
    r"(?:货|付)到付款?|到付(?!款)|先?到(?:了|账|货)[^\s,，。?？]{0,4}再[^\s,，。?？]{0,3}(?:[给付交转打]钱|[给付]款|付)(?:吧|啊|哈)?"
)
_SAMPLE = re.compile(
    "(?:先|能不能|可不可以|可以|能|给我?)(?:先)?(?:免费)?试(?:用|玩|吃|喝)(?!期)|(?:有没?有?|给个?)试用|免费(?:体验|试)"
)
_GIFT = re.compile(
    "(?:免费|白)[给送充来拿发弄开办整]|免费(?:的|要|领)|(?:能不能|可不可以|能否|能)(?:免费|白)?送[我咱](?!家|到|去|[上过]|这|那|们)|不要钱[给送]我|老(?:顾客|客户)[^,，]{0,6}(?:免费|白|送)"
)
_DISCOUNT = re.compile(r"打(?:个)?[\d一二三四五六七八九半对]{1,2}折")
_OFFERS = re.compile(
    r"\d+(?:元|块钱?)?(?:就)?(?:行|卖|成)(?:就|不)?(?:行|成|要|卖)?[,，\s]*(?:不行|不卖|不成)(?:就)?(?:拉倒|算了)"
)
"""A price of his own: never a size, whatever number it is."""
_NO_PRICE = re.compile(
    r"(?:按|就|才|收|算)?(?:(?<![\d.])0(?:\.0\d?)?(?:元|块钱?)|零元|[0零]元购|(?<![\d.])[1一]分钱(?![一1]分))"
    r"(?:的|给我|就行|卖我|卖给我|拿下|购|买|充|行吗?|[,， ])*+"
    r"|(?:给我|帮我|把)?(?:改(?:个|下|一下)?价格?|价格?改)"
    r"(?:改?[成为到]|改|[,， ])*+(?:0(?:\.\d{1,2})?|[一1]分钱?|零)(?:元|块钱?)?"
)
"""0元给我, 一分钱的, 改价改成0.01: nothing is sold so, and no size is called so."""


def without_terms(text: str) -> str:
    """The message without a price of nothing, which else is read as a size (Steam500 0元给我), and without
    到账了再付钱, which sounds like a question about an order."""
    return _NO_PRICE.sub(" ", _ON_DELIVERY.sub(" ", text)).strip() or text


_OTHERS = (
    "(?:别人家?|其[他它]人|其[他它](?:顾客|客户|买家|用户)|他人|旁人|大家|所有人|顾客们?|客户们?|买家们?|(?<!老)用户们?)的?"
    "(?:那些|全部|所有|购买|下单|充值|消费)*(?:订单|单子|记录|手机号?码?|号码|电话|信息|资料|名字|姓名|地址|卡密|名单|账号)"
)
_TELL_ME = "查|看|发(?:给|过来|来|我|一下|下)|报|告诉|给我|提供|导出|调出|透露|要一份"
_OF_OTHERS = re.compile(
    f"(?:{_TELL_ME})[^,，。?？]{{0,8}}{_OTHERS}|{_OTHERS}[^,，。?？]{{0,4}}(?:{_TELL_ME})"
    f"|(?:{_TELL_ME}|\\d{{11}})[^?？]{{0,12}}(?:都有谁|都?是谁|有谁|谁|哪些人|什么人)(?:在|给|的)?[^,，。?？]{{0,6}}(?:[买充付]的?[了过的]|下的?单)"
)
"""把别人的订单发我看看, 查一下138…上次是谁充的."""


def asks_for_others(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """What others have bought, and who they are, is told to nobody; what stands there stays as it is."""
    if isinstance(dialog.state, Collecting) and asks_for_words(dialog.state, scene.shelf):
        return None
    if isinstance(dialog.state, WithHuman) or _OF_OTHERS.search(fold(said.as_said or said.text)) is None:
        return None
    return answer(dialog, scene, replies.not_of_others())


def met(text: str) -> str:
    """What is said to a trick in a message; "" where there is none."""
    said = fold(text)
    if _PAYS_LATER.search(said) or _ON_DELIVERY.search(said) or _SAMPLE.search(said):
        return replies.pay_first()
    if _GIFT.search(said):
        return replies.no_gifts()
    return replies.no_bargain() if _NO_PRICE.search(text) or _OFFERS.search(said) or _DISCOUNT.search(said) else ""


def answered(said: Said, scene: Scene, before: Turn, turn: Turn) -> Turn:
    """The turn with that line before it, where something was made of the rest; else the line, and what stood there."""
    told = met(said.as_said or said.text)
    was, now = before.dialog.state, turn.dialog.state
    if not told or not isinstance(was, Idle | Collecting | Confirming) or said.frame.intent in ("cancel", "confirm"):
        return turn
    if isinstance(was, Collecting) and asks_for_words(was, scene.shelf):
        return turn  # words of his own, whatever they sound like
    if _OFFERS.search(fold(said.text)) and isinstance(was, Collecting | Confirming):
        return answer(before.dialog, scene, told)
    if getattr(was, "lines", ()) != getattr(now, "lines", ()) and turn.asks_nothing:
        return replace(turn, reply=replace(turn.reply, text=replies.join(told, turn.reply.text)))
    if told in turn.reply.text:
        return turn
    return answer(before.dialog, scene, told)
