"""A yes to the summary in words of his own, perhaps with what the order has already said once more (嗯 是移动的, 25就25
下吧, 对的就充这个号 138…): taken in as 确认, so that nothing behind it reads more into it."""

import re
from collections.abc import Iterator

from catalog.checks import fold
from dialogs.back_and_forth import is_checking
from dialogs.draft import Looked, look
from dialogs.hearing import parts_of
from dialogs.state import Confirming, Dialog
from dialogs.turn import Scene
from nlu.assent import HELD, agrees
from nlu.intent import certain
from nlu.numerals import CHINESE, read_numeral
from nlu.text import lower, normalise
from nlu.words import PIECES, UNIT_ALIASES

_CONFIRMED = "确认"
_CHARS_MAX = 60
_TAILS = "包卡券票装"
_BETWEEN = re.compile(r"[\s,，。.!！~、]+")
_TAIL = re.compile(r"(?:尾号|号码?|手机号?)(?:就?是)?(\d{3,4})(?!\d)(?:[那这]个)?|(?<!\d)(\d{3,4})[那这]个号码?")
TENTHS = re.compile(r"(?<![\d.])(\d{1,5})[块元]([1-9])(?!\d)")
"""99块5 is 99.5."""
_CALLED = re.compile(r"(?:就?是)([^\s,，的是]{2,6})的(?![^\s,，。!！])")
"""是移动的, of 移动流量包: a piece of its name."""
_COUNTED = re.compile(rf"(\d{{1,3}}|[{CHINESE}]{{1,3}}(?=[{PIECES}台])|[俩仨])[{PIECES}台]?")
_SUM = r"(?<![\d.])¥?(\d{1,6}(?:\.\d{1,2})?)"
_STOPS = r"[\s,，。.?？!！~、…]"
_ALTOGETHER = f"(?:一共|总共|合计|就?是|[一每][{PIECES}](?=\\d))*+"
_HOW_MUCH = "(?:一共|总共|合计|这个?|要|得|是)*+(?:多少钱?|几块钱?|多钱|[什啥]么?价|价格?)(?:是|啊|呀)?来着"
_ANSWERED = re.compile(
    rf"{_HOW_MUCH}(?:哦|噢|嗯|啊|{_STOPS})*+{_ALTOGETHER}{_SUM}(?:元|块钱?)?(?![\d.])(?:(?:是|对|没错)?吧)?{_STOPS}++(?=.)"
    rf"|{_ALTOGETHER}{_SUM}(?:元|块钱?)?(?![\d.])(?:是|对|没错)吧{_STOPS}++(?=.)"
)
"""What he asks and answers himself, with something said behind it: 多少钱来着，128是吧，中; 一共99.5对吧 确认."""
_AMOUNT = re.compile(rf"{_SUM}(?:元|块钱?)?(?=$|[\s,，。!！的就吧下Ｗ])")
_TOTAL = re.compile(rf"{_SUM}(?![\d.])(?:元|块钱?)?")


def as_confirmed(text: str, dialog: Dialog, scene: Scene) -> str:
    """确认 where the message is a yes to the summary and nothing else; else the message."""
    state = dialog.state
    if not isinstance(state, Confirming) or len(text) > _CHARS_MAX or "\n" in text or is_checking(fold(text)):
        return text
    plain = TENTHS.sub(r"\1.\2", lower(normalise(text)))
    total = sum(state.totals_fen) / 100
    prices = {total, int(total)}
    if len(state.lines) == 1 and (sku := look(state.lines[0], scene.shelf).sku) is not None:
        prices.add(sku.price_fen / 100)
    plain = _ANSWERED.sub(lambda one: f"{HELD} " if float(one[1] or one[2]) in prices else one[0], plain)
    said = _TOTAL.sub(lambda n: HELD if float(n[1]) == total else n[0], plain)
    if _says_the_word(said) and not _chooses(said, state, scene):
        return _CONFIRMED
    if certain(plain) not in (None, "confirm", "thanks", "greet"):
        return text
    if len(state.lines) == 1:
        plain = without_held(plain, look(state.lines[0], scene.shelf))
    return _CONFIRMED if agrees(plain) and not _chooses(plain, state, scene) else text


def _says_the_word(plain: str) -> bool:
    """Whether the word that was asked for stands there by itself (这么啰嗦 确认了 快充; 一共99.5是吧 确认), and nothing
    beside it wants, asks or doubts anything."""
    if not any(_WORD.fullmatch(clause) for clause in _BETWEEN.split(plain)):
        return False
    return _OPEN.search(_SAID_SO.sub("", plain)) is None


_WORD = re.compile("(?:我|就|好的?|嗯|对的?|快|都|那)*+(?:确认|确定)++(?:了|下单|购买|订单|吧|啦|哈|啊|呀)*+")
_SAID_SO = re.compile(
    "(?:没看[到见])?(?:我)?(?:都|已经|早就|不是)*说(?:了|过)*(?:要)?(?:确认|好)了?(?:吗|么|嘛|啊)?|(?:没|不)(?:用|要|需要)?[改变错](?:了|的)?"
)
_OPEN = re.compile(
    r"[不没别先等改换错慢\d?？]|[吗么呢](?=$|[\s,，。!！])|再|[加减少多退]|取消|要|怎|啥|什么|谁|哪|几|如果|要是|万一|除非|但|不过|只|另|还有|也"
)
"""What leaves more open than a yes does."""


def _chooses(plain: str, state: Confirming, scene: Scene) -> bool:
    """Whether something in it is called like a size or choice of what is ordered: 快充吧, where it is slow now."""
    products = [scene.shelf.product(line.product or "") for line in state.lines]
    alone = {clause.strip("的吧") for clause in _BETWEEN.split(plain)}
    return any(
        name in plain if len(name) > 1 else name in alone
        for product in products
        if product is not None
        for name in parts_of(product)
    )


def without_held(plain: str, looked: Looked) -> str:
    """The message with a blank for what it says again of the only line: its size, count, price, account, choices."""
    for name in sorted(set(_names(looked)), key=len, reverse=True):
        plain = plain.replace(name, HELD)
    called = fold(looked.product.name) + " " + fold(looked.sku.label) if looked.product and looked.sku else ""
    plain = _CALLED.sub(lambda part: HELD if part[1] in called else part[0], plain)
    given = [re.sub(r"\D", "", value) for value in looked.fields.values()]
    plain = _TAIL.sub(
        lambda tail: HELD if any(one.endswith(tail[1] or tail[2]) for one in given if one) else tail[0], plain
    )
    plain = _COUNTED.sub(lambda n: HELD if read_numeral(n[1]) == looked.line.quantity else n[0], plain)
    numbers = set(_numbers(looked))
    return _AMOUNT.sub(lambda n: HELD if float(n[1]) in numbers else n[0], plain)


def _names(looked: Looked) -> Iterator[str]:
    """What the line and its parts are called; of a part only what no other choice of that part is called."""
    product, sku = looked.product, looked.sku
    if product is None or sku is None:
        return
    yield from (fold(name) for name in (product.name, *product.aliases) if len(name) > 1)
    others = {fold(name) for one in product.skus if one.code != sku.code for name in (one.label, *one.aliases)}
    mine = [fold(name) for name in (sku.label, *sku.aliases)]
    mine += [name.rstrip(_TAILS) for name in mine]
    yield from (name for name in mine if len(name) > 1 and name not in others)
    if sku.unit and sku.unit != "元" and sku.any_value is None and sku.value is not None:
        for unit in (sku.unit, *UNIT_ALIASES.get(sku.unit.lower(), ())):
            yield fold(f"{sku.value:g}{unit}")
    chosen = {**looked.options, **looked.fields, **sku.options}
    parts = [(one.name, one.values) for one in product.options] + [(one.name, one.values) for one in product.fields]
    for part, values in parts:
        for choice in values:
            if choice.id == chosen.get(part):
                yield from (fold(name) for name in (choice.label, *choice.aliases) if len(name) > 1)
    texts = {field.name for field in product.fields if not field.values}
    yield from (fold(value) for name, value in looked.fields.items() if name in texts and len(value) > 1)


def _numbers(looked: Looked) -> Iterator[float]:
    """The size in its unit, the price of one, and of all."""
    sku, total = looked.sku, looked.total_fen()
    size = looked.line.value if looked.line.value is not None else sku.value if sku is not None else None
    if size is not None and sku is not None and sku.unit == "元":
        yield float(size)
    if total is not None:
        yield total / 100
    if sku is not None:
        yield sku.price_fen / 100
