"""Which of several orders a message means: by number, place, goods, amount, account, or where it stands."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from kernel.ids import OrderNo
from kernel.orders import Line, Order, OrderState
from nlu.numerals import CHINESE, read_numeral

_ORDER_NO = re.compile(r"k\d{16}")
_ORDER = r"(?:[个单笔条张件项份杯瓶箱盒次回套](?:订单)?|订单)"
_NTH = re.compile(rf"第\s?(\d{{1,2}}|[{CHINESE}]{{1,2}}){_ORDER}?")
_FIRST_OF = re.compile(rf"(前|后)面?的?(\d|[{CHINESE}]){_ORDER}")
_BOUGHT = "[买下付充拍订点要]"
_EARLIER = re.compile(
    rf"(?:先|前面|最早|最先|早先|先前|之前|一开始|开头|头一[次回]|第一[次回])(?:我)?{_BOUGHT}(?:了|的|那|一)*{_ORDER}?"
    rf"|(?:最早|最先|早先|先前|早一点|早点|一开始|头先)(?:的|那|一)+{_ORDER}?"
)
_FIRST_EVER = re.compile("最|第一|头一|一开始|开头")
_LATER = re.compile(
    rf"(?:后|后面|后来|之后|后头|(?<![要想不别用我])再|晚点|第二[次回])(?:我|又)?{_BOUGHT}(?:了|的|那|一)*{_ORDER}?|(?:后来|晚点|晚一点)(?:的|那|一)+{_ORDER}?"
)
"""By when it was bought, wherever it stands in a list."""
_BEFORE = re.compile(rf"(?:前面|先前|之前|早先|上面|前|上)(?:那|的|一)*{_ORDER}")
_BEHIND = re.compile(rf"(?:后面|后头|下面|后|下)(?:那|的|一)+{_ORDER}?")
_NEWEST = re.compile(
    rf"(?:最后|最新|最近|最晚|刚刚?才?|方才|才|新)(?:我)?{_BOUGHT}(?:了|的|那|一)*{_ORDER}?|(?:最后|最新|最近|最晚|刚才|刚刚)(?:的|那|一)*{_ORDER}?"
)
_ALL = re.compile(rf"[都全]部?|(?P<count>[两三四2-4]){_ORDER}|统统|所有")
_UNPAID = re.compile("(?:没有?|未|还没|待)(?:付款?|付钱|支付|给钱)(?:的那?|那)?")
_PAID = re.compile("(?:已经|已)(?:付款?|付钱|支付)(?:了|过)?的|付(?:款|钱)?(?:了|过)的")
_TAIL = re.compile("尾号(?:是|为)?([0-9x]{3,6})")
_HEAD = re.compile(
    r"(?<![\d.])(?:给|充)?(\d{3,5})(?:\*+\d*)?(?:开头)?(?:的号|(?:的|充的?)?(?=[那这个单笔])|的(?=$|[,，\s]))"
)
_MONEY = re.compile(r"(?<![\d.])(\d{1,6}(?:\.\d{1,2})?)(?![\d.])(?:元|块钱?)?")
_AND = re.compile("[和跟与、及]|还有")
_DENIED = re.compile("(?:不是|没说|没问|不关|不算)(?:我|说|问|要|那个|这个|[的是])*$")
"""不是网盘: of another one."""
_COMPLAINS = re.compile(
    "(?:我)?(?:不是|没说?)要?(?:再|重新)?[充买订下]|(?:还|一直|都|就)*(?:没有?|未|不)(?:收到|到账?|充上|充|发货?|来|反应|动静)|用不[了成]|无效|不能用|失效|坏了|错了|不对|有问题"
)
"""Said of what was asked about: 话费那个没到."""
_NOT_ANOTHER = re.compile("不是[^,，。!！是]{0,8}?(?=[,，。!！是]|$)")
_AT_HEAD = re.compile(r"([1-9])(?=[,，.、:：号]?\D)[,，.、:：号]?")
_ACCOUNT_CHARS = 5
_NAME_CHARS = 2
_FILLER = re.compile(
    "(?:确认|好的?|嗯|哦|行|那|就|是|对|应该|可能|呗|嘛|把|给我|帮我|麻烦|请|先|还是|算了|这|吧|啦|了|的|一|个|单|笔|件|张|份|也|我|哈|呢|啊|可以|一下|订单|号码?|充值"
    "|和|跟|与|及|还有|买|要|掉|它|是|说|给|退款?|钱|取消|撤|不|付款?|还没|去|谢谢|您|你|卡|[,，.。!！~～;；、:：\\s])*+"
)


def named(
    orders: Sequence[Order], text: str, shelf: Shelf, shown: Sequence[str] = ()
) -> tuple[tuple[Order, ...], str] | None:
    """The orders (newest first) that a text names, and the text (folded) without the words that did; None when it names
    none. `shown`: the numbers of those that were listed last, in their order. Several: it could be any of them."""
    said = fold(text)
    here = _by_place(orders, said, shown)
    if here is not None:
        return here
    found, rest, hit = {str(order.order_no) for order in orders}, said, False
    for narrow in (_by_number, _by_state, _by_goods, _by_account, _by_amount):
        those, left = narrow([order for order in orders if order.order_no in found], rest, shelf)
        if those is not None:
            found, rest, hit = those, left, True
    return (tuple(order for order in orders if order.order_no in found), rest) if hit else None


def all_of(orders: Sequence[Order], text: str) -> bool:
    """都取消, 两单都不要了: all there are, and as many as he says."""
    said = fold(text)
    counts = [found["count"] for found in _ALL.finditer(said) if found["count"]]
    wanted = [read_numeral(count) for count in counts]
    return _ALL.search(said) is not None and all(count == len(orders) for count in wanted)


def names_each(orders: Sequence[Order], text: str) -> bool:
    """话费和京东的, of two: the text joins them itself."""
    return len(_AND.findall(fold(text))) >= len(orders) - 1


def says_no_more(rest: str) -> bool:
    """Whether what is left of a message, once the orders are taken out of it, says nothing."""
    return _FILLER.fullmatch(_ALL.sub("", rest)) is not None


def _by_place(orders: Sequence[Order], said: str, shown: Sequence[str]) -> tuple[tuple[Order, ...], str] | None:
    """第二个 of the list shown; without a list the first is the one that was placed first."""
    row = [order for no in shown for order in orders if order.order_no == no] or list(reversed(orders))
    several = _FIRST_OF.search(said)
    many = read_numeral(several[2]) if several is not None else None
    if several is not None and many is not None and many > 1:
        those = row[: int(many)] if several[1] == "前" else row[-int(many) :]
        return (tuple(those), _cut(said, several)) if many <= len(row) else None
    nths = [(found, read_numeral(found[1])) for found in _NTH.finditer(said)]
    if nths:
        those = [row[int(nth) - 1] for _, nth in nths if nth is not None and 1 <= nth <= len(row)]
        return tuple(order for order in row if order in those), _NTH.sub("", said)
    newest = _NEWEST.search(said)
    if newest is not None:
        return tuple(orders[:1]), _cut(said, newest)
    by_time = list(reversed(orders))
    for pattern, those, at in ((_EARLIER, by_time, 0), (_LATER, by_time, -1), (_BEFORE, row, 0), (_BEHIND, row, -1)):
        found = pattern.search(said)
        if found is not None and (len(those) == 2 or (pattern is _EARLIER and _FIRST_EVER.match(found[0]))):
            return (those[at],), _cut(said, found)
    return None


def names_by_time(text: str) -> bool:
    """后面买的那张, 刚买的那个: of what was bought, and no wish to buy."""
    said = fold(text)
    found = next((hit for words in (_EARLIER, _LATER, _NEWEST) if (hit := words.search(said))), None)
    return found is not None and says_no_more(_cut(said, found))


def _by_number(orders: Sequence[Order], said: str, _: Shelf) -> tuple[set[str] | None, str]:
    numbers = [found[0].upper() for found in _ORDER_NO.finditer(said)]
    those = {str(order.order_no) for order in orders if order.order_no in numbers}
    return (those, _ORDER_NO.sub("", said)) if those else (None, said)


def _by_state(orders: Sequence[Order], said: str, _: Shelf) -> tuple[set[str] | None, str]:
    found = _UNPAID.search(said)
    if found is not None:
        return {str(o.order_no) for o in orders if o.state is OrderState.UNPAID}, _cut(said, found)
    paid = _PAID.search(said)
    if paid is not None:
        return {str(o.order_no) for o in orders if o.paid_at is not None}, _cut(said, paid)
    return None, said


def _by_goods(orders: Sequence[Order], said: str, shelf: Shelf) -> tuple[set[str] | None, str]:
    """京东的, 年卡那单: the longest name that stands in the text."""
    names = {str(o.order_no): {name for line in o.lines for name in _names(line, shelf)} for o in orders}
    heard = {name for own in names.values() for name in own if name in said}
    heard = {name for name in heard if _DENIED.sub("", said.split(name)[0]) == said.split(name)[0]} or heard
    longest = {name for name in heard if not any(name != other and name in other for other in heard)}
    if not longest:
        return None, said
    telling = {name for name in longest if any(name not in own for own in names.values())} or longest
    best = telling if _AND.search(said) else {max(telling, key=len)}
    rest = said
    for name in sorted(longest, key=len, reverse=True):
        rest = rest.replace(name, "")
    return {no for no, own in names.items() if best & own}, rest


def _names(line: Line, shelf: Shelf) -> set[str]:
    """What a line may be called: its goods, whole or by their beginning, and its size."""
    product = shelf.product(line.product_id)
    goods = [fold(name) for name in ((product.name, *product.aliases) if product is not None else (line.product_name,))]
    sku = next((sku for sku in product.skus if sku.code == line.sku_code), None) if product is not None else None
    sizes = [fold(name) for name in (line.sku_label, *(sku.aliases if sku is not None else ()))]
    found = {name[:end] for name in goods for end in range(_NAME_CHARS, len(name) + 1)}
    named = [size for size in sizes if len(size) >= _NAME_CHARS and not size[0].isdecimal()]
    return found | {size[:end] for size in named for end in range(_NAME_CHARS, len(size) + 1)}


def _by_account(orders: Sequence[Order], said: str, _: Shelf) -> tuple[set[str] | None, str]:
    held = {str(o.order_no): [fold(v) for line in o.lines for v in line.fields.values()] for o in orders}
    given = {v for own in held.values() for v in own if len(v) >= _ACCOUNT_CHARS and v in said}
    if given:
        rest = said
        for value in given:
            rest = rest.replace(value, "")
        return {no for no, own in held.items() if given & set(own)}, rest
    tail = _TAIL.search(said)
    if tail is None:
        return _by_head(held, orders, said)
    those = {no for no, own in held.items() if any(v.endswith(tail[1]) for v in (no, *own))}
    return (those or None), _cut(said, tail)


def _by_head(held: dict[str, list[str]], orders: Sequence[Order], said: str) -> tuple[set[str] | None, str]:
    """139那单, 给139充的那个: how an account begins, where no order comes to that."""
    found = _HEAD.search(said)
    if found is None or any(float(found[1]) in _amounts(order) for order in orders):
        return None, said
    those = {no for no, own in held.items() if any(v.startswith(found[1]) and len(v) > len(found[1]) + 1 for v in own)}
    return (those or None), _cut(said, found) if those else said


def named_line(order: Order, lines: Sequence[Line], text: str, shelf: Shelf) -> Line | None:
    """The one of these lines, as they were listed, that a few words name, by its place, its goods or its size, and
    nothing else: 圣代那个, 第二个 话费那个, 2 话费, 不是网盘 是话费."""
    said = _COMPLAINS.sub("", fold(text))
    parts = [replace(order, order_no=OrderNo(f"{order.order_no}-{line.position}"), lines=(line,)) for line in lines]
    if (at := _AT_HEAD.match(said)) is not None and int(at[1]) <= len(parts):
        meant = _one_named(parts[int(at[1]) - 1 : int(at[1])], said[at.end() :], shelf)
        if meant is not None:
            return meant
    found = named(parts, said, shelf, [str(part.order_no) for part in parts])
    if found is not None and len(found[0]) == 1 and (meant := _one_named(found[0], found[1], shelf)) is not None:
        return meant
    longest = {
        line.position: max((n for n in _names(line, shelf) | _ends(line) if n in said), key=len, default="")
        for line in lines
    }
    most = max(map(len, longest.values()), default=0)
    those = [line for line in lines if most and len(longest[line.position]) == most]
    if len(those) != 1 or not says_no_more(said.replace(longest[those[0].position], "", 1)):
        return None
    return those[0]


def _one_named(those: Sequence[Order], rest: str, shelf: Shelf) -> Line | None:
    """The line of the one that is meant, where the rest says no more than how it is called, or what another is not."""
    own = sorted(_names(those[0].lines[0], shelf), key=len, reverse=True)
    rest = re.sub("|".join(map(re.escape, own)), "", rest)
    return those[0].lines[0] if says_no_more(_NOT_ANOTHER.sub("", rest)) else None


def _ends(line: Line) -> set[str]:
    """圣代 of 雪王大圣代: how the name of a size ends."""
    label = fold(line.sku_label)
    return {label[start:] for start in range(1, len(label) - 1)} if not label[:1].isdecimal() else set()


def _by_amount(orders: Sequence[Order], said: str, _: Shelf) -> tuple[set[str] | None, str]:
    """10块的, 99.5那单: what it comes to, or the size of a line."""
    hit: set[str] = set()
    rest = said
    for found in _MONEY.finditer(said):
        those = {str(order.order_no) for order in orders if float(found[1]) in _amounts(order)}
        if those and (not hit or _AND.search(said)):
            hit, rest = hit | those, rest.replace(found[0], "", 1)
    return (hit or None), rest


def _amounts(order: Order) -> set[float]:
    sizes = {float(line.value) for line in order.lines if line.value is not None}
    labels = {float(found[1]) for line in order.lines for found in _MONEY.finditer(fold(line.sku_label))}
    return {order.total_fen / 100, *sizes, *labels, *(line.total_fen / 100 for line in order.lines)}


def _cut(said: str, found: re.Match[str]) -> str:
    return said[: found.start()] + said[found.end() :]
