"""What comes besides what is ordered: 10块的也捎一张, 绿钻包月也续上 同号, 再给15847732这个号也来30个."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.model import Delivery, FieldKind, Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import field_of, look, products_of
from dialogs.gist.deciding import gist
from dialogs.gist.goods import line_of, named_goods, new_accounts, touches, with_fields
from dialogs.gist.mentions import BARE, Message, read
from dialogs.gist.sharing import heads_in
from dialogs.gist.telling import only_tells
from dialogs.recount_basket import as_sku
from dialogs.state import DRAFT_LINES_MAX, QUANTITY_MAX, DraftLine
from dialogs.turn import Said
from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN
from nlu.text import normalise
from nlu.words import PIECES

_TEXT_MAX = 60
_ASIDE_MAX = 5
_DO = "来要买充冲加给带捎搭拿配整搞弄添开办续饶补租订打放上印选交缴下点报安算备刷冲塞凑换弄寄送留"
_NOT_ALSO = (
    "行|可以|好|中(?!杯)|成(?!人)|够|不|是|许|太|就|罢|挺|很|真|觉|知|没(?:事|关|意|啥|问)|无|贵|便宜|差不多"
    "|一样|对(?!象)|懂|难|别|能|从|怪|用(?!完|光)|喜|爱|买过|充过|玩过"
)
MORE = re.compile(
    rf"再(?:帮我|给[^,，]{{0,14}}|去)?[{_DO}按泡洗喝吃看玩做](?!过)|另外(?!不|别)|另[{_DO}]|还(?:想|得|需要?|要)?[{_DO}差缺少](?![有是])|还[得要](?=[\u4e00-\u9fff]{{1,4}}(?:[,，\s]|$))|还有(?!.*[呢部])|顺[便带手路道]|[捎搭配](?:[上个带着张份]|[一两三]?[{{张个份}}])|带上?[个张份一]"
    rf"|加(?:上|个|进|入|[一两三四五二]?[张个份盒瓶袋本条杯套])|外加|也(?!{_NOT_ALSO})|[补添](?:[上个一两三俩张份进]|$|[,，])|追加|多[来要拿买点]|一[起块并同道](?![钱玩住吃看打去来的])儿?"
    r"|除了.{1,12}[还再]|(?:忘|忘了|忘记)[买拿点加带算要说](?!成|明|清)|(?<!泄)漏(?:了|掉|买|点|拿|拍|算|说|一|个)|落[下了](?!来)"
)
"""Words with which something comes besides: once more, also, along, forgotten."""
_RUNS_OUT = re.compile(
    "[没无][了啥多剩钱]|没(?:钱|话费|流量|油|电)|见底|到期|过期|欠费|用[完光]|[用剩]?不[够多]|该[交续充缴]|停机|断"
)
"""话费也快没了: what is wanted, and no refusal."""
_ELSE = re.compile("把[^,，\\d]{2,7}(?:也|一[起块并])")
"""顺带把寄件券也买了: of goods, even where nobody knows them."""
_EACH = re.compile("[都各]再?[来要买拿添加]")
_THEY = re.compile("[他她]们|[他她]?[俩仨]|都|每人|一人|各")
_COUNTED = rf"(?P<count>[1-9]\d?(?=[{PIECES}])|[{CHINESE}](?=[{PIECES}])|[俩仨]|(?=[{PIECES}]))[{PIECES}]?"
_ALIKE = re.compile(
    f"(?:再(?![来要买下弄订])|也|[补添加])(?:给[^,，]{{1,5}})?也?[加添补拿带捎整搭来要买弄下订]?(?:{_COUNTED})?(?:跟[我这]?[个张份]?(?:这个)?)?(?:一模)?(?:[一同]样|照样|同款|相同)的?"
)
_ALONE = re.compile(f"^(?:[^,，]{{0,4}}[,，])?再[加添补]{_COUNTED}(?:吧|呗)?(?=[,，]|$)")
"""再加一份一样的, 给我妈也来份同款; and 再加1张 in a clause of its own."""
_SUM = re.compile("凑(?!个?整)|[一总]共|合计|加起来")
_TOGETHER = re.compile("一[起块并]儿?(?:付|结|算|买|下|$)|凑(?:个|成)?整|[算同成]一?个?单|合起?来")
_CORRECTS = re.compile(
    "[改换](?!天|日|机油|轮胎|弦|标)|错|不对|不是|不要|去掉|取消|减|少[要来买]|加到|第[一二三四五1-5][个件]"
)
_WEIGHS = re.compile(
    "(?:等|过).{1,8}[再才]|(?:月[底初末]|工资|明[天年早]|周末|晚点|回头|节).{0,3}再|下[次回]|改天|以后|回头|不如|便宜|划算|合适|哪|还是.+好$|[跟和比].{1,8}比|区别|倍"
)
_SAME = re.compile(
    "同(?:一?[个张])?(?:样的?)?(?:手机|qq|uid|id|账|帐|邮箱|地址|号|上)|[这那]个号|号(?:码|不变|都?一样)|跟(?:这个|我)?.{0,3}一样|(?:也|还)是?(?:用|写)?(?:这个|我)|寄?一起|一个地[方址]|照旧",
    re.IGNORECASE,
)
_TOLD = re.compile(f"[老旧]号|原来|以前|联系|[找给]我(?!们?(?:{KIN}))|打我|通知|备用|停机|注销|登[录陆]|没到期|已经")
"""Of an account that nothing is to go to."""
_SOMEONE = re.compile(f"{KIN}|他|她|朋友|同学|同事|室友|闺蜜|队友|表[弟哥妹姐]|对象|别人")


@dataclass(frozen=True, slots=True)
class Besides:
    """The lines that come, and all lines with them."""

    new: tuple[DraftLine, ...]
    every: tuple[DraftLine, ...]
    together: bool
    """Whether they go into the order that waits: he says so, or a line of it grows."""
    alike: bool
    """Whether they are of products that it has."""


def besides(lines: Sequence[DraftLine], said: Said, shelf: Shelf) -> Besides | None:
    """What is to come besides these lines; None where nothing is, or it is left open what."""
    plain = normalise(said.text)
    if (otherwise := _otherwise(lines, said, plain, shelf)) is not None:
        return otherwise
    if len(plain) > _TEXT_MAX or not MORE.search(plain) or _CORRECTS.search(plain) or _WEIGHS.search(plain):
        return None
    looked = [look(line, shelf) for line in lines]
    if any(one.sku is None for one in looked):
        return None
    held = products_of(looked)
    own = {product.id for product in held}
    framed = [shelf.product(code) for code in _others(lines, held, said)]
    goods = [one for one in framed if one is not None] or list(named_goods(said, held, shelf))
    products = [*held, *goods]
    message = read(said.text, products, shelf)
    if message.likewise or only_tells(said.text, products, shelf) or (not goods and _ELSE.search(plain)):
        return None
    mine = {one.sku.code for one in looked if one.sku is not None}
    if not goods and len(lines) == 1 and any(m.sign < 0 and m.skus and m.skus & mine for m in message.mentions):
        return None  # 还有要豪华的 标准的太寒碜了: in its place
    text = ",".join(message.clauses)
    if goods:
        made = _foreign(lines, goods, said, message, shelf)
    else:
        made = (
            _for_another(lines, said, message, shelf)
            or _alike(lines, text, said, message, shelf)
            or _sizes(lines, held, said, message, shelf)
        )
    if not made:
        return None
    every = _joined(lines, made)
    if len(every) > DRAFT_LINES_MAX or any(line.quantity > QUANTITY_MAX for line in every):
        return None
    grows = len(every) < len(lines) + len(made)
    together = grows or _TOGETHER.search(text) is not None
    return Besides(tuple(made), tuple(every), together, all(line.product in own for line in made))


def _others(lines: Sequence[DraftLine], held: Sequence[Product], said: Said) -> list[str]:
    """What it was read as that the order has not; 再给我儿子1720035864充20个, of q币, is no phone's number."""
    own = {product.id for product in held}
    mine = bool(new_accounts(lines, said, held)) and not said.frame.named
    items = [item for item in said.frame.items if not (mine and (item.invalid or item.value is None))]
    return [item.product for item in items if item.product is not None and item.product not in own]


def _foreign(
    lines: Sequence[DraftLine], goods: Sequence[Product], said: Said, message: Message, shelf: Shelf
) -> list[DraftLine]:
    """Other products, each wanted and each in one size."""
    made: list[DraftLine] = []
    framed = {item.product for item in said.frame.items}
    for product in {one.id: one for one in goods}.values():
        within = [m for m in message.mentions if touches(m, product)]
        signs = [1 if m.sign < 0 and _RUNS_OUT.search(message.clauses[m.clause]) else m.sign for m in within]
        if -1 in signs or not (1 in signs or product.id in framed):
            return []
        line = line_of(product, said, message, None, shelf)
        if line is None:
            return []
        made.append(with_fields(line, said.text, lines, shelf, accounts=_same_person(said.text)))
    return made


def _same_person(text: str) -> bool:
    return _SAME.search(text) is not None or _SOMEONE.search(text) is None


def _alike(lines: Sequence[DraftLine], text: str, said: Said, message: Message, shelf: Shelf) -> list[DraftLine]:
    """再加一份一样的; 再加1张 老二也要去, where there is one line: as many more of that."""
    found = _ALIKE.search(text) or (_ALONE.search(text) if len(said.frame.items) < 2 else None)
    count = _number(found) if found is not None else None
    if len(lines) != 1 or count is None or not 1 <= count <= QUANTITY_MAX:
        return []
    product, sku = shelf.product(lines[0].product or ""), look(lines[0], shelf).sku
    sized = [m for m in message.mentions if m.skus and not _SUM.search(message.clauses[m.clause])]
    if product is None or any(sku is None or sku.code not in m.skus for m in sized):
        return []
    anothers = product.delivery is Delivery.TOPUP and not _same_person(said.text)
    return [] if anothers else [replace(lines[0], quantity=count)]


def _number(found: re.Match[str]) -> int:
    """How many of the same: 再加仨一样的."""
    said = found["count"] or "1"
    return {"俩": 2, "仨": 3}.get(said) or int(read_numeral(said) or 0)


def _otherwise(lines: Sequence[DraftLine], said: Said, plain: str, shelf: Shelf) -> Besides | None:
    """要黑色 给我妈也带一个同样的: the one line changed, and as many more of it."""
    found = _ALIKE.search(plain) if len(lines) == 1 else None
    start = max((plain.rfind(mark, 0, found.start()) for mark in ",， "), default=-1) if found is not None else -1
    if found is None or start < 1:
        return None
    new, count = gist(lines, plain[:start], shelf), _number(found)
    product = shelf.product(lines[0].product or "")
    if new is None or len(new) != 1 or not count or product is None:
        return None
    if product.delivery is Delivery.TOPUP and not _same_person(said.text):
        return None
    grown = replace(new[0], quantity=new[0].quantity + count)
    return Besides((grown,), (grown,), together=True, alike=True) if grown.quantity <= QUANTITY_MAX else None


def _sizes(
    lines: Sequence[DraftLine], held: Sequence[Product], said: Said, message: Message, shelf: Shelf
) -> list[DraftLine]:
    """Other sizes of what is ordered: 200的和500的也各来一张, 日场的儿童票一张."""
    every = {sku.code for product in held for sku in product.skus}
    wanted: list[tuple[int, frozenset[str]]] = []
    for mention in message.mentions:
        whole = any({sku.code for sku in product.skus} <= mention.skus for product in held if len(product.skus) > 1)
        if not mention.skus or whole or not mention.skus <= every or _SUM.search(message.clauses[mention.clause]):
            continue
        if mention.sign < 0:
            return []
        if wanted and wanted[-1][1] & mention.skus:
            wanted[-1] = (mention.clause, wanted[-1][1] & mention.skus)
        else:
            wanted.append((mention.clause, mention.skus))
    made: list[DraftLine] = []
    mine = {sku.code for one in lines if (sku := look(one, shelf).sku) is not None}
    told = {at for at, codes in wanted if codes <= mine and _is_told(message, at)}
    wanted = [(at, codes) for at, codes in wanted if at not in told]
    if len(lines) > 1 and any(len(m.skus & mine) == 1 and m.clause not in told for m in message.mentions):
        return []  # 藏青的也要350: that line, changed
    for clause, codes in wanted:
        if codes & mine or not _is_more(message, clause):
            return []
        line = _size(lines, clause, codes, said, message, shelf)
        if line is None:
            return []
        made.append(line)
    return made


def _is_told(message: Message, clause: int) -> bool:
    """Whether a clause only says what becomes of something: 单盒那个拆着玩, 单人那份我给室友."""
    within = [m for m in message.mentions if m.clause == clause]
    return not any(m.count or m.way != "set" for m in within) and not MORE.search(message.clauses[clause])


def _is_more(message: Message, clause: int) -> bool:
    """Whether that clause, or one before it, says that something comes besides; 还有20块 alone is only told."""
    each = any(_EACH.search(one) for one in message.clauses)
    said = "".join(one for at, one in enumerate(message.clauses) if each or at <= clause)
    certain = any(m.clause == clause and (m.sign > 0 or m.count) for m in message.mentions)
    sized = {m.clause for m in message.mentions if m.skus}
    for at in range(clause + 1, len(message.clauses)):
        if at in sized or len(message.clauses[at]) > _ASIDE_MAX:
            break
        said += "," + message.clauses[at]  # 要专业版 也拿一个; 她要美式 一起下了
    return MORE.search(said if certain else said.replace("还有", "")) is not None


def _size(
    lines: Sequence[DraftLine], clause: int, codes: frozenset[str], said: Said, message: Message, shelf: Shelf
) -> DraftLine | None:
    owners = {line.product: line for line in lines if any(shelf.sku(code) in _skus(line, shelf) for code in codes)}
    like = owners.popitem()[1] if len(owners) == 1 else None
    product, mine = (shelf.product(like.product or ""), look(like, shelf).sku) if like is not None else (None, None)
    if like is None or product is None or mine is None:
        return None
    skus = [sku for sku in product.skus if sku.code in codes]
    shared = [len(set(sku.options.items()) & set(mine.options.items())) for sku in skus]
    nearest = [sku for sku, same in zip(skus, shared, strict=True) if same == max(shared)]
    counts = _counts(message, clause)
    if len(nearest) != 1 or len(counts) > 1:
        return None
    kept = _kept(like, product, same=_same_person(said.text))
    fresh = as_sku(replace(like, quantity=counts.pop() if counts else 1, fields=kept), nearest[0], shelf)
    return with_fields(fresh, said.text, lines, shelf, accounts=_same_person(said.text))


def _skus(line: DraftLine, shelf: Shelf) -> Sequence[Sku]:
    product = shelf.product(line.product or "")
    return product.skus if product is not None else ()


def _counts(message: Message, clause: int) -> set[int]:
    """How many: in that clause, else in the next where it says nothing else."""
    told = [m for m in message.mentions if m.count and m.sign >= 0 and m.piece != BARE]
    sized = {m.clause for m in message.mentions if m.skus}
    near = [m.count for m in told if m.clause == clause]
    before = message.clauses[max(0, clause - 1) : clause + 1]
    if not told and _THEY.search(message.clauses[clause]):
        return heads_in(",".join(before))  # 还有俩同事 他们喝大杯
    return set(near or [m.count for m in told if m.clause == clause + 1 and m.clause not in sized])


def _kept(line: DraftLine, product: Product, *, same: bool) -> dict[str, str]:
    """What of a line is not for whom it is; all of it, where that is the same."""
    if product.delivery is not Delivery.TOPUP or same:
        return dict(line.fields)
    free = (FieldKind.TEXT, FieldKind.ADDRESS, FieldKind.CHOICE)
    return {n: v for n, v in line.fields.items() if (f := field_of(product, n)) is not None and f.kind in free}


def _for_another(lines: Sequence[DraftLine], said: Said, message: Message, shelf: Shelf) -> list[DraftLine]:
    """The same product for one more account, in the size that is said or in the same."""
    products = [p for line in lines if (p := shelf.product(line.product or "")) is not None]
    found = new_accounts(lines, said, products)
    if len(found) != 1 or _TOLD.search(said.text):
        return []
    product, name, account = found[0]
    like = next(line for line in reversed(lines) if line.product == product.id)
    framed = [replace(item, product=product.id, candidates=(), fields={}) for item in said.frame.items[:1]]
    about = replace(said, frame=replace(said.frame, items=tuple(framed)))
    line = line_of(product, about, message, like, shelf)
    if line is None:
        return []
    fields = {n: v for n, v in like.fields.items() if n != name}
    return [replace(line, fields={**fields, **line.fields, name: account}, options={**like.options, **line.options})]


def _joined(lines: Sequence[DraftLine], made: Sequence[DraftLine]) -> list[DraftLine]:
    """All lines; more of what is there already makes its line grow."""
    every = list(lines)
    for line in made:
        at = next((i for i, one in enumerate(every) if _what(one) == _what(line)), None)
        if at is None:
            every.append(line)
        else:
            every[at] = replace(every[at], quantity=every[at].quantity + line.quantity)
    return every


def _what(line: DraftLine) -> DraftLine:
    return replace(line, quantity=1, row=0, said="")
