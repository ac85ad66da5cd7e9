"""Another product in the place of what is ordered: 王者我卸了 给我充和平的吧, 骏卡骏卡 不是网易哈, 那个换成骏网."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.model import Product
from catalog.shelf import Shelf
from dialogs.draft import look, products_of
from dialogs.filling import fill
from dialogs.gist.adding import MORE
from dialogs.gist.goods import line_of, named_goods, shadowed, touches, with_fields
from dialogs.gist.mentions import Mention, Message, read
from dialogs.state import DraftLine
from dialogs.turn import Said
from nlu.frame import Item

_TEXT_MAX = 60
_NAME_MAX = 8
_SWAP = re.compile("(?<!一)[换改](?!天|日|善|机油|轮胎|弦|标)|[替顶](?=成|作)")
_BECOMES = re.compile(
    f"(?:{_SWAP.pattern})[成为]?|(?:应该|其实|明明|才|[要说买想]的)[是要]"
    "|(?:[错岔混]了?|不对|不是)(?:[个张份件样]|吧|啊|哈)?[,，\\s]*(?:我?[要说买想]的|应该|才|其实)?[是要]"
)
_GONE = re.compile(
    "不[要用想充买去喝吃看玩租需听学办开打订]|别[要用充买去喝吃看玩租听办开订弄搞整拿]|[去删拿划退换撤]掉|[撤删封卸]了?|注销|关服|[打用看去拿喝吃弄]不[成了上着到]|没店|没有?我要|[没未别].{0,3}[要用去看]|没[意啥什]|没用|先[不鸽]|卸|鸽|腻|[买点选下说充弄搞拍][错成岔]|[已经都刚]交|交[了过]|有了|我?还有|关门|取消|退|算了|不了|不能|没法|不行|[弹看用学喝吃玩听]完|太|贵|重|停|不是|不报|踩不|来不"
)
_MISTOOK = re.compile(
    "错|岔|串|瓢|顺嘴|嘴[快秃]|口误|手[滑快抖误]|眼花|[弄搞记看]混|[买充选点弄搞]成|才[对是]|[要说想指买][^,]?(?:的|得)是|(?:^|,)我们?[报玩用看听学开考喝吃弹]的是|(?<!还)(?<!也)(?<!只)(?<!不)是.{1,8}不是|不是.{1,8}是"
)
_STILL = re.compile("那就|还是(?![这那]个|原来|老|同|[我他她]的?号|用|刚|说好|之前|前面|上面|按)|非要|干脆")
_NEXT = re.compile(
    "(?:^|[,，\\s])(?:好[的了]?|行|嗯)?[,，\\s]?(?:现在|接下来|接着|然后|下面)(?:再|就|来|给我|帮我){0,2}[弄来要买充做下订搞]"
)
"""现在弄陪玩: the next order, and nothing in the place of the last."""
_WEIGHS = re.compile("不如|便宜|划算|合适|哪|还是.+好$|[跟和比].{1,8}比|区别")
_REST_SAME = re.compile(
    "(?:其[他它余]|别的|剩下|面[值额]|数量|金额|时长|几个月)的?都?(?:照[旧常]|不变|不动|一样|不用[动改])"
)
_KEEPS = re.compile("不[变动]|照样|还是那|要的|不用[动改]|[是也]?对的|没[错问]|照[旧常]|留着?|保留|还要")
_BESIDES = re.compile(f"{MORE.pattern}|都要|两[样个]都")
_MAY_BE = re.compile(
    "|".join(one.pattern for one in (_SWAP, _BECOMES, _GONE, _MISTOOK, _STILL, _REST_SAME)) + "|有|[不别]"
)


def instead(lines: Sequence[DraftLine], said: Said, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines with one of them replaced by another product; None where he wants nothing in the place of another."""
    if len(said.text) > _TEXT_MAX or not _MAY_BE.search(said.text) or _WEIGHS.search(said.text):
        return None
    if _NEXT.search(said.text) and not _SWAP.search(said.text):
        return None
    looked = [look(line, shelf) for line in lines]
    held = products_of(looked)
    if any(one.sku is None for one in looked):
        return None
    items, own = said.frame.items, {product.id for product in held}
    if len(items) > 1 and any(item.product in own and "value" in item.said for item in items):
        return None  # 我要的是话费100，骏网30: all of it anew
    new = _new_product(said, held, shelf)
    if new is None:
        return _in_its_place(lines, said, shelf)
    message = _with_names(read(said.text, [*held, new], shelf), said, new, shelf)
    at = _leaves(lines, new, message, said, shelf)
    if at is None or not _is_wanted(new, said, message):
        return None
    made = line_of(new, said, message, lines[at] if _keeps_size(said.text, new, looked[at].product) else None, shelf)
    if made is None:
        return None
    counted = any("quantity" in item.said for item in said.frame.items) or any(m.count for m in message.mentions)
    ranged = any(sku.any_value is not None for one in (new, looked[at].product) if one for sku in one.skus)
    if not counted and not ranged:
        made = replace(made, quantity=lines[at].quantity)
    made = with_fields(made, said.text, (lines[at],), shelf)
    return (*lines[:at], made, *lines[at + 1 :])


def _keeps_size(text: str, new: Product, held: Product | None) -> bool:
    """Whether the size that stands there is also meant for the new goods: where they are of its kind, or it is changed
    for them (那个换成骏网); 不要steam了 我要苹果卡 is a wish of its own."""
    kind = held is not None and held.category[:1] == new.category[:1]
    return kind or any(words.search(text) for words in (_SWAP, _MISTOOK, _STILL, _REST_SAME))


def _in_its_place(lines: Sequence[DraftLine], said: Said, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """喜茶那张改成瑞幸美式, 网易那张应该是骏网50, where there are both: what is named before it goes, for what is named
    right behind."""
    (item, *more) = said.frame.items or (Item(),)
    new = shelf.product(item.product or "")
    if new is None or more or item.sku is None or len(lines) < 2:
        return None
    head, *rest = _BECOMES.split(said.text)
    held = [p for line in lines if (p := shelf.product(line.product or "")) is not None]
    own = {sku.code for sku in new.skus}
    if len(rest) != 1 or not any(m.skus and m.skus <= own for m in read(rest[0][:_NAME_MAX], held, shelf).mentions[:1]):
        return None
    named = set(read(head, held, shelf).mentions)
    going = [at for at, p in enumerate(held) if p is not new and any(touches(m, p) for m in named)]
    if len(going) != 1 or any(touches(m, new) for m in named):
        return None
    (at,) = going
    made = replace(
        fill(DraftLine(), item, shelf).line, quantity=item.quantity if "quantity" in item.said else lines[at].quantity
    )
    return (*lines[:at], with_fields(made, said.text, (lines[at],), shelf), *lines[at + 1 :])


def _new_product(said: Said, held: Sequence[Product], shelf: Shelf) -> Product | None:
    """The one product that it names and the order has not."""
    own = {product.id for product in held}
    framed = {item.product for item in said.frame.items if item.product is not None and item.product not in own}
    framed = {code for code in framed if not shadowed(said, code, own)}
    if len(framed) == 1:
        return shelf.product(framed.pop() or "")
    named = named_goods(said, held, shelf) if not framed else ()
    return named[0] if len(named) == 1 else None


def _with_names(message: Message, said: Said, new: Product, shelf: Shelf) -> Message:
    """The message with what of the goods is called in another way than by its own names: 奶茶别买了."""
    more = list(message.mentions)
    for one in said.frame.named:
        clause = next((at for at, clause in enumerate(message.clauses) if one.word in clause), None)
        known = any(one.word in mention.text or mention.text in one.word for mention in message.mentions)
        if clause is None or known or new.id in one.products:
            continue
        sold = [p for code in one.products if (p := shelf.product(code)) is not None]
        more.append(Mention(clause, one.word, skus=frozenset(sku.code for product in sold for sku in product.skus)))
    return replace(message, mentions=tuple(more))


def _is_wanted(new: Product, said: Said, message: Message) -> bool:
    signs = {m.sign for m in message.mentions if touches(m, new)}
    whole = any(i.product == new.id and (i.sku or i.value is not None) for i in said.frame.items)
    if 1 in signs or (whole and -1 not in signs):
        return True
    spoken = [m for m in message.mentions if touches(m, new) and m.sign >= 0]
    clauses = [message.clauses[m.clause] for m in spoken]
    return any(m.alone for m in spoken) or any(
        re.search("[换改是要来拿买充整搞弄开办订报认用去顶]|才对", clause) for clause in clauses
    )


def _leaves(lines: Sequence[DraftLine], new: Product, message: Message, said: Said, shelf: Shelf) -> int | None:
    """The line that goes for it; None where it is not said that one does."""
    held = [p for line in lines if (p := shelf.product(line.product or "")) is not None]
    skus = [sku.code if (sku := look(line, shelf).sku) is not None else "" for line in lines]
    going: set[int] = set()
    staying: set[int] = set()
    for mention in message.mentions:
        clause = message.clauses[mention.clause]
        mine = {at for at, sku in enumerate(skus) if sku in mention.skus and not touches(mention, new)}
        if not mine or len(mine) == len(lines) > 1:
            continue
        before, behind = clause.split(mention.text, 1) if mention.text in clause else ("", clause)
        named = any({*mention.skus} >= {one.code for one in p.skus} for p in held)
        gone = before.endswith("有") or any(_GONE.search(one) for one in (before, behind)) or _SWAP.search(behind)
        if named and mention.sign > 0 and not gone:
            return None  # 我要的是话费100，骏网30: both
        if mention.sign < 0 or gone:
            going |= mine
        elif _KEEPS.search(behind):
            staying |= mine
    swaps = any(_SWAP.search(clause) or _REST_SAME.search(clause) for clause in message.clauses)
    text = ",".join(message.clauses)
    if not going and _BESIDES.search(text):
        return None
    still = _STILL.search(text) is not None
    if not (going or swaps or _MISTOOK.search(text) or still):
        return None
    for left in (going, {*range(len(lines))} - staying, _spoken_of(held, said) - staying, _like(held, new) - staying):
        if len(left) == 1:
            return left.pop()
        if left is going and going:
            return None
    return None


def _spoken_of(held: Sequence[Product], said: Said) -> set[int]:
    """The lines that it names, by what the goods there and others are called: 苹果卡买错区."""
    return {at for one in said.frame.named for at, product in enumerate(held) if product.id in one.products}


def _like(held: Sequence[Product], new: Product) -> set[int]:
    """The lines of the same kind of goods."""
    return {at for at, product in enumerate(held) if product.category == new.category}
