"""What the lines of an order are called, held, sized and cost: put together once for a message."""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from catalog.checks import fold
from catalog.model import FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import field_of, look
from dialogs.pointing import accounts, names_of
from dialogs.state import DraftLine

_TOO_PLAIN = re.compile(
    "^(?:充值|手机|号码?|会员|电子|服务|在线|代金?|官方|中国|全国|套餐|普通|标准|上门|生活|购买|专用)$"
)
_KINDS = (
    ("听歌|音乐|听音乐", "音乐|酷狗|酷我|黑胶|绿钻"),
    ("看?视频|看?电视剧?|追剧|看剧|影视|看片", "视频|爱奇艺|优酷|芒果|哔哩|bilibili|影音"),
    ("看?电影", "电影|影城|影院"),
    ("游戏币|打?游戏|点券|皮肤", "q币|点券|星钻|结晶|游戏|蛋币|点卡"),
    ("加油|油钱|油费|汽油|油卡", "加油|石化|石油|汽油"),
    ("上网|流量|网络|wifi|网卡", "流量|wifi|宽带|上网|网费"),
    ("(?:看|读|听)(?:书|小说)|书", "读书|电子书|喜马拉雅|阅读|小说|听书"),
    ("律师|法律|打官司", "律询|法律|律师"),
    ("打车|坐车|叫车", "打车|滴滴|出行|高德"),
    ("寄件|快递|寄东西|发快递|寄快递", "寄件|快递|顺丰|裹裹"),
    ("咖啡", "咖啡|星巴克|瑞幸"),
    ("奶茶", "奶茶|喜茶|蜜雪|奈雪|茶百道"),
    ("喝的|饮料|饮品", "咖啡|星巴克|瑞幸|奶茶|饮品|喜茶|蜜雪"),
    ("吃的|套餐|饭|快餐", "套餐|肯德基|麦当劳|餐券"),
    ("大人|成年人?|家长", "成人|大人"),
    ("孩子|小孩|娃娃?|小朋友|小家伙", "儿童|小孩|亲子"),
    ("老人|老人家|老头|老太太|爷爷|奶奶|姥姥|姥爷|外婆|外公", "长者|老人|敬老|老年"),
    ("大(?:狗|型犬|犬)", "大型"),
    ("中(?:狗|型犬|犬)", "中型"),
    ("小(?:狗|型犬|犬)", "小型"),
    ("电话费|手机费|话费", "话费"),
    ("云盘|网盘", "网盘|云盘"),
    ("充电线|数据线|线", "数据线"),
    ("搓澡|搓背|搓", "搓澡|搓背"),
    ("按摩|按脚|捏脚|洗脚|足疗", "足疗|按摩|推拿"),
    ("游泳|泡水|下水", "游泳|水上"),
    ("打球|羽毛球|球场", "羽毛球|球场"),
    ("花|鲜花|玫瑰", "鲜花|花束"),
    ("蛋糕", "蛋糕"),
    ("保险", "保险|意外险"),
    ("会员|vip", "会员"),
    ("机票|高铁|火车", "机票|车票"),
    ("上面|上铺", "上铺"),
    ("下面|下铺", "下铺"),
    ("下午|白天|日", "下午|日场"),
    ("晚上|夜里?|晚", "晚场|夜场"),
)
"""(what people say, what of such a thing stands in its name): 听歌那个, 加油的."""
_HAN = re.compile(r"[\u4e00-\u9fff]{2,}|[a-z]{2,}")
_KIND_OF = re.compile("(?:会员|充值|卡)$")


_SPOKEN = tuple((re.compile(said), re.compile(of)) for said, of in _KINDS)


@dataclass(frozen=True, slots=True)
class Name:
    """What some lines are called and the others not."""

    text: str
    lines: frozenset[int]
    chosen: bool
    """By a size or a choice, and not by what it is."""


@dataclass(frozen=True, slots=True)
class Held:
    """What tells the lines of an order apart."""

    lines: tuple[DraftLine, ...]
    skus: tuple[Sku | None, ...]
    products: tuple[Product, ...]
    names: dict[str, list[Name]]
    """By their first two characters, the longest first."""
    accounts: dict[str, frozenset[int]]
    """Accounts and the like that some lines have and the others have not."""
    whole_names: tuple[str, ...]
    """Of each line all that its product is called."""
    kinds: tuple[tuple[re.Pattern[str], frozenset[int]], ...]
    """What kind of thing some are and the others are not, in other words than their names."""

    def is_size(self, number: str) -> bool:
        """Whether a number is one of the sizes there are."""
        return number.isdecimal() and any(s.value == int(number) for p in self.products for s in p.skus)

    def of(self, codes: frozenset[str]) -> frozenset[int]:
        """The lines of these SKUs."""
        return frozenset(at for at, sku in enumerate(self.skus) if sku is not None and sku.code in codes)


@lru_cache(maxsize=64)  # a turn asks for the same lines at every clause
def held_by(lines: tuple[DraftLine, ...], shelf: Shelf) -> Held:
    """What these lines are called, and what tells them apart; not whose they are: two are equal whosever they are."""
    products = dict.fromkeys(line.product for line in lines if line.product)
    return Held(
        lines,
        tuple(look(line, shelf).sku for line in lines),
        tuple(product for product in map(shelf.product, products) if product is not None),
        _by_start(_names(lines, shelf)),
        _accounts(lines, shelf),
        tuple("".join(_called(line, shelf)) for line in lines),
        tuple(_kinds(lines, shelf)),
    )


def _kinds(lines: Sequence[DraftLine], shelf: Shelf) -> Iterator[tuple[re.Pattern[str], frozenset[int]]]:
    named = [fold(" ".join((*_called(line, shelf), *names_of(line, shelf)))) for line in lines]
    for said, of in _SPOKEN:
        own = frozenset(at for at, name in enumerate(named) if of.search(name))
        if 0 < len(own) < len(lines):
            yield said, own


def _accounts(lines: Sequence[DraftLine], shelf: Shelf) -> dict[str, frozenset[int]]:
    found: dict[str, frozenset[int]] = {}
    for at, line in enumerate(lines):
        for value in accounts(line, shelf):
            found[value] = found.get(value, frozenset()) | {at}
    return {value: own for value, own in found.items() if len(own) < len(lines)}


def _called(line: DraftLine, shelf: Shelf) -> tuple[str, ...]:
    product = shelf.product(line.product or "")
    return (product.name, *product.aliases) if product is not None else ()


def _names(lines: Sequence[DraftLine], shelf: Shelf) -> list[Name]:
    found: dict[str, frozenset[int]] = {}
    choices: set[str] = set()
    for at, line in enumerate(lines):
        product = shelf.product(line.product or "")
        if product is None:
            continue
        own = _pieces_of(product.id, shelf)
        chosen = {name for name in names_of(line, shelf) if not name[0].isdecimal()}
        chosen |= {fold(value) for name, value in line.fields.items() if _is_text(product, name) and 1 < len(value) < 8}
        choices |= chosen - own
        for name in own | chosen:
            found[name] = found.get(name, frozenset()) | {at}
    apart = {name: own for name, own in found.items() if len(own) < len(lines) and not _TOO_PLAIN.match(name)}
    return [Name(name, own, name in choices) for name, own in apart.items()]


def _by_start(names: Sequence[Name]) -> dict[str, list[Name]]:
    by_start: dict[str, list[Name]] = {}
    for name in sorted(names, key=lambda one: len(one.text), reverse=True):
        by_start.setdefault(name.text[:2], []).append(name)
    return by_start


@lru_cache(maxsize=256)
def _pieces_of(product_id: str, shelf: Shelf) -> frozenset[str]:
    """数据, 数据线 of Type-C数据线, and what kind of thing it is."""
    product = shelf.product(product_id)
    if product is None:
        return frozenset()
    kinds = [name for kind in product.category for name in (kind, _KIND_OF.sub("", kind))]
    called = (product.name, *product.aliases, *kinds)
    return frozenset(part for name in called for part in _pieces(fold(name)))


def _pieces(name: str) -> Iterator[str]:
    yield name
    for run in _HAN.findall(name):
        if run[0].isascii():
            yield run
            continue
        for start in range(len(run)):
            for end in range(start + 2, len(run) + 1):
                yield run[start:end]


def _is_text(product: Product, name: str) -> bool:
    own = field_of(product, name)
    return own is not None and own.kind is FieldKind.TEXT
