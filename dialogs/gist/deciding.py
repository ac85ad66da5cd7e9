"""From what a message speaks of to what the order becomes."""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from itertools import groupby
from typing import Literal

from catalog.model import Product, Sku
from catalog.shelf import Shelf
from dialogs.draft import account_field, look, products_of
from dialogs.gist.amounts import in_a_row
from dialogs.gist.clauses import clauses_in, is_of_people
from dialogs.gist.fields import exchanged, fields_in
from dialogs.gist.going import fewer
from dialogs.gist.lines import NAMED, parts
from dialogs.gist.mentions import EVEN_SO, Mention, Message, read
from dialogs.gist.names import compared
from dialogs.gist.several import Lines, by_line
from dialogs.gist.sharing import each_account_gets_one, each_gets_one, heads_in, newcomers, one_more_for_them, shares_in
from dialogs.recount_basket import Basket, as_sku
from dialogs.recount_words import Word
from dialogs.state import QUANTITY_MAX, DraftLine

_TEXT_MAX = 60
_ACCOUNT = re.compile(r"\d{5,}|[a-z0-9._]+@[a-z0-9]", re.IGNORECASE)
"""Nothing is done by halves: a number that nobody knows stands in the way."""
_BIG = re.compile("^[超特加]?[大中小][杯号码份瓶桶盒袋碗]?$")
_ALSO_ONE = re.compile("也(?:要|来|想要|去)[一1][张个份]")
"""小舅子也要一张: why it is to be one more."""
_BESIDES = re.compile(
    "也(?:要(?![喝吃用看去玩])|来|想|捎|拿|搞|整|充|买|带|给|弄|开|续|冲|打)|再给|再来[个张份]|还要(?!\\d+[呢块元多])|另外(?!那|一[个台]|不|别)"
    "|(?:同|一)样的|一起[付充冲买]|顺便(?![坐改换把])|顺手|捎"
)

_OTHERS_IS = re.compile("^[他她](?:的|用的|要的|手机)?是[^,]{1,6}的$")
"""给我妹也弄一个 她是华为的: which that is nobody knows."""
_HALF = re.compile(
    r"(?:^|[,，\s要充来买减砍留])一半(?:就|吧|够|行|好|得|成|$)|[减砍对折]半(?!价)|(?:对半|一半)[砍减退]|[砍减去退撤拿](?:[掉去了])?(?:个|一)?半(?!年|个|天|小时|价)"
)
_DOUBLE = re.compile(
    "(?<!价格)(?<!价钱)翻(?:一|个|它?一?个)?[倍番](?!了)|加倍(?!了)|(?<!首)(?:要|来|买|充|搞|整|弄)(?:个|成)?(?:双倍|两倍|double)"
)
"""首充双倍 is of no order."""
_NOUGHT = re.compile("(多|[少漏])[打写按输敲填点加]?了?一?[个位]?[零0〇](?!\\d)")
_NEAR = re.compile("(?:我|咱|俺|住|上班|单位|公司|学校|家)[^,]{0,6}?[在离]|[离近][^,]{0,4}近|顺路|楼下|旁边")
_ANOTHER_ONE = re.compile("换(?:另外?)?一?个(?:版本?|款|种|别的)?[吧呗]?$|换另|换别的")
_TOO_MUCH = re.compile("太[久长多大]|[用看喝吃听玩打]不[完掉]|浪费")
_TOO_LITTLE = re.compile("太[短少小]|不够")
_OF_MONEY = re.compile("金额|面[值额]|充[成了]|钱")
_NOUGHTS = (0.1, 10.0)
_OF_PIECES = re.compile("数量|[张份件个]数")
_MORE = re.compile("再|加|添|饶|多|补|另")
_OF_ALL = re.compile(
    "(?:那就?|干脆|直接)(?:全|都)部?[换要做洗补修按充装买]了?$|(?:全|都)部?[换要做洗补修按充装买](?:了?(?:得了|算了|吧|呗)|$)|(?:只|才|就)[算写点下拍选订买弄勾]了"
)
"""四条都老化了 那全换了得了, 有俩件 刚只算了一个: what was counted is how many it is to be."""
_TOTAL = re.compile("一人一|人手一|[一总拢]共|凑|加我|加上|算上|直接|就来|弄[两俩三仨]")
"""也要 with how many it is in all: nothing besides."""


def gist(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines with that changed which the message wants otherwise; None where it wants nothing, or leaves it open."""
    if len(lines) == 2 and exchanged(lines, text, shelf):
        return of_these(lines, text, shelf)
    several = of_several(lines, text, shelf)
    if several is not None:
        return several if several != tuple(lines) else _of_the_one(lines, text, shelf)
    return of_these(lines, text, shelf) or _with_fewer(lines, text, shelf)


def _of_the_one(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines with the one changed whose sizes alone are spoken of, the one it has among them (六寸不够 上十寸)."""
    products = [look(line, shelf).product for line in lines]
    message = read(text, [one for one in products if one is not None], shelf)
    spoken = {
        at
        for at, product in enumerate(products)
        for mention in message.mentions
        if product is not None and mention.skus & {sku.code for sku in product.skus}
    }
    if len(spoken) != 1 or any(mention.count for mention in message.mentions):
        return None
    (at,) = spoken
    sku = look(lines[at], shelf).sku
    if sku is None or not any(sku.code in mention.skus and mention.sign <= 0 for mention in message.mentions):
        return None
    new = of_these((lines[at],), text, shelf)
    return (*lines[:at], *new, *lines[at + 1 :]) if new is not None else None


def _with_fewer(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The one line with as many pieces as are left where somebody's go."""
    if len(lines) != 1 or len(text) > _TEXT_MAX or fields_in(lines, text, shelf) is None:
        return None
    left = fewer(text, lines[0].quantity)
    return (replace(lines[0], quantity=left),) if left is not None else None


def of_several(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The lines as a message leaves them that says which of several it is about; None where it does not say so."""
    if len(lines) < 2 or len(text) > _TEXT_MAX or any(look(line, shelf).sku is None for line in lines):
        return None
    new = _by_line(tuple((line, line.whose) for line in lines), text, shelf)
    return tuple(lines) if isinstance(new, str) else new


def unclear(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> str:
    """What a message says of one of several that nobody can do (steam那个要快点), where it names more than one."""
    if of_several(lines, text, shelf) != tuple(lines):
        return ""
    words = _by_line(tuple((line, line.whose) for line in lines), text, shelf)
    named = [part for part in parts(lines, text, shelf) or () if part.named]
    if not isinstance(words, str) or len({part.lines for part in named}) < 2:
        return ""
    said = words.split(NAMED)[-1]
    return next((clause for clause in clauses_in(text) if said and clause.endswith(said)), said)


@lru_cache(maxsize=16)  # a turn asks up to three times; two lines are equal, whosever they are
def _by_line(lines: tuple[tuple[DraftLine, str], ...], text: str, shelf: Shelf) -> Lines | str | None:
    return by_line(tuple(line for line, _ in lines), text, shelf, of_these)


def of_these(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The same, of lines of which none is named by itself."""
    looked = [look(line, shelf) for line in lines]
    if len(text) > _TEXT_MAX or any(one.sku is None for one in looked):
        return None
    given = fields_in(lines, text, shelf)
    if given is None or _ACCOUNT.search(given.rest):
        return None
    products = products_of(looked)
    message = read(given.rest, products, shelf)
    if any(_OTHERS_IS.search(clause) and _unread(at, message) for at, clause in enumerate(message.clauses)):
        return None
    basket = Basket(list(lines), shelf)
    if (each := _each_counted(basket, message)) is not None:
        return each
    if _BESIDES.search(EVEN_SO.sub("", given.rest if given.sure else text)) and not _is_of_the_one(
        basket, message, text, bool(given.values)
    ):
        return None
    subjects = _subjects(basket, message)
    size, count = _size(basket, message), _count(basket, subjects, message, given.rest)
    if size is None:
        size = _compared(basket, subjects, message) or _scaled(basket, subjects, message, given.rest)
    if size == "open" or count == "open":
        return None
    if size is not None:
        at, word = size
        sku = basket.like(word, at)
        if sku is None:
            return None
        basket.become(at, sku)
        subjects = {at}
    if count is not None:
        if len(subjects) != 1:
            return None
        (at,) = subjects
        now = basket.amount(at)
        to = {"more": now + count.count, "less": now - count.count}.get(count.way, count.count)
        if to < 1 or not basket.set(at, to, count.piece):
            return None
    values = [one for one in given.values if one[0] in subjects] or list(given.values)
    olds: dict[int, set[str | None]] = {}
    for at, name, _ in values:
        olds.setdefault(at, set()).add(basket.lines[at].fields.get(name))
    if not given.by_line and any(one != next(iter(olds.values())) for one in olds.values()):
        return None
    for at, name, value in values:
        basket.lines[at] = replace(basket.lines[at], fields={**basket.lines[at].fields, name: value})
    return tuple(basket.lines) if tuple(basket.lines) != tuple(lines) else None


def _unread(clause: int, message: Message) -> bool:
    return all(mention.clause != clause for mention in message.mentions)


def _is_of_the_one(basket: Basket, message: Message, text: str, for_others: bool) -> bool:
    """Whether what sounds like something besides says how many it is in all, or how many more of what there is."""
    if message.likewise or len(basket.lines) > 1:
        return message.likewise
    if _TOTAL.search(text) or _ALSO_ONE.search(text) or each_gets_one(text) or one_more_for_them(text):
        return True
    return not for_others and _settled(basket, message, text) is not None


def _settled(basket: Basket, message: Message, text: str) -> Mention | None:
    """How many it is in all where two things said come to the same (再多一个吧 两个; 我对象也来 四张, of three), or
    how many more where one count alone asks for more of it."""
    now = basket.amount(0)
    counts = [m for m in message.mentions if m.count]
    totals = [m for m in counts if m.way == "set" and m.count > now]
    more = [m for m in counts if m.way == "more" and m.sign >= 0]
    by = {now + m.count for m in more} or {now + newcomers(text)}
    same = [m for m in totals if m.count in by]
    if same:
        return replace(same[-1], sign=1)
    more = [m for m in more if _MORE.search(message.clauses[m.clause])]
    alone = len(counts) == 1 and not any(m.skus and not basket.named(_word(m)) for m in message.mentions)
    return more[0] if alone and more and (more[0].sign > 0 or more[0].ends) else None


def surely(lines: Sequence[DraftLine], text: str, shelf: Shelf) -> tuple[DraftLine, ...] | None:
    """The same, where it puts right what an account, a choice, a name or an address is, and can mean nothing else."""
    given = fields_in(lines, text, shelf) if len(text) <= _TEXT_MAX else None
    return gist(lines, text, shelf) if given is not None and given.sure else None


def _each_counted(basket: Basket, message: Message) -> tuple[DraftLine, ...] | None:
    """所以就是100的12张 50的2张, of one line: so many of each."""
    if (
        len(basket.lines) != 1
        or len(message.mentions) < 4
        or any(m.sign < 0 or m.way != "set" for m in message.mentions)
    ):
        return None
    made: dict[str, DraftLine] = {}
    for here in _pairs([m for m in message.mentions if not _names_product(basket, m)]):
        sizes, counts = [m for m in here if m.skus], [m for m in here if m.count]
        sku = basket.like(_word(sizes[0]), 0) if len(sizes) == len(counts) == 1 else None
        if sku is None or sku.any_value is not None or counts[0].count > QUANTITY_MAX:
            return None
        made[sku.code] = replace(as_sku(basket.lines[0], sku, basket.shelf), quantity=counts[0].count)
    lines = tuple(made.values())
    return lines if len(lines) > 1 and lines != tuple(basket.lines) else None


def _pairs(mentions: Sequence[Mention]) -> Iterator[list[Mention]]:
    """A size and a count each, as they stand in their clause: 一张两百的一张一百的."""
    for _, clause in groupby(mentions, key=lambda mention: mention.clause):
        here = list(clause)
        even = len(here) % 2 == 0 and all(bool(m.count) == bool(here[at % 2].count) for at, m in enumerate(here))
        yield from ([here[at], here[at + 1]] for at in range(0, len(here), 2)) if even else (here,)


def _word(mention: Mention) -> Word:
    return Word("N", mention.text, skus=mention.skus)


def _names_product(basket: Basket, mention: Mention) -> bool:
    """Whether it is the name of a product and no size."""
    products = [basket.shelf.product_of(code) for code in mention.skus]
    return any(p is not None and len(p.skus) > 1 and {s.code for s in p.skus} <= mention.skus for p in products)


def _subjects(basket: Basket, message: Message) -> set[int]:
    every = set(range(len(basket.lines)))
    held = [set(basket.named(_word(m))) for m in message.mentions if m.skus]
    named = [one for one in held if one and one != every]
    return named[0] if named and all(one == named[0] for one in named) else every


def _size(basket: Basket, message: Message) -> tuple[int, Word] | Literal["open"] | None:
    """(line, the size it is to be); None: no word of it."""
    sizes = [m for m in message.mentions if m.skus and not _names_product(basket, m)]
    new = [m for m in sizes if not basket.named(_word(m))]
    held = [m for m in sizes if basket.named(_word(m))]
    if not new:
        return None
    more = {m.clause for m in message.mentions if m.way == "more"}  # 再来2张30的
    if any(m.way == "more" for m in message.mentions if m.skus) or any(m.clause in more for m in new):
        return "open"
    counted = {m.clause for m in message.mentions if m.count and (m.sign > 0 or (m.beside and m.ends))}
    wanted = [m for m in new if m.sign > 0 or (m.sign == 0 and m.clause in counted)]
    if not wanted and len(new) == 1 and new[0].sign == 0 and any(_OF_ALL.search(one) for one in message.clauses):
        wanted = new  # 转了两百 那就全充了
    alone = [m for m in new if m.sign == 0 and m.alone]
    if not wanted:
        wanted = alone or _behind_the_old(new, held) or _nearer(new, held, message)
    else:  # 藏青的吧 大号
        wanted += [m for m in alone if m not in wanted and all(m.skus & other.skus for other in wanted)]
    if not wanted:
        return None if all(m.sign == 0 for m in new) else "open"
    last = wanted[-1]
    for other in reversed(wanted[:-1]):  # 改200的 慢点到没事 选慢充
        both = last.skus & other.skus
        if not both and other.clause == last.clause:
            return "open"
        last = replace(last, skus=both or last.skus)
    if any(m.sign > 0 and m.clause >= last.clause for m in held):
        return "open"
    subjects = _subjects(basket, message)
    named = [set(basket.named(_word(m))) for m in message.mentions if m.skus]
    fits = [at for at in range(len(basket.lines)) if basket.like(_word(last), at) is not None]
    fits = [at for at in fits if at in subjects] if len(fits) > 1 else fits
    if len(fits) != 1 or any(one and fits[0] not in one for one in named):
        return "open"  # 网易的不要 是骏网50: of two lines
    return fits[0], _word(last)


def _behind_the_old(new: Sequence[Mention], held: Sequence[Mention]) -> list[Mention]:
    """五桶两天就见底 20桶的: named last, where what he has was spoken of and not praised."""
    told = [m for m in new if m.sign == 0]
    if not held or not told or any(m.sign > 0 for m in held):
        return []
    last = told[-1]
    return [last] if last.ends and last.clause > max(m.clause for m in held) else []


def _nearer(new: Sequence[Mention], held: Sequence[Mention], message: Message) -> list[Mention]:
    """我单位在南湖那边 北城过去都关门了: where he is, in the place of what is out of the way."""
    clauses = message.clauses
    told = [m for m in new if m.sign == 0 and _NEAR.search(clauses[m.clause]) and not is_of_people(clauses[m.clause])]
    return told if len(told) == len(new) == 1 and held and all(m.sign < 0 for m in held) else []


def _compared(basket: Basket, subjects: set[int], message: Message) -> tuple[int, Word] | None:
    """大一号的, 换那个最大的: of the one line spoken of."""
    if len(subjects) != 1:
        return None
    (at,) = subjects
    mine, product = basket.sku(at), basket.product(at)
    if mine is None or product is None:
        return None
    like = _in_other_sizes(mine, product) or [sku for sku in product.skus if sku.options == mine.options]
    if len(like) < 2 and (len(product.options) == 1 or len(product.skus) == 2):
        like = list(product.skus)
    found = [sku for clause in message.clauses if (sku := compared(clause, mine, like)) is not None]
    if not found and (other := _the_other(basket.named, mine, like, message)) is not None:
        found = [other]
    codes = {sku.code for sku in found}
    return (at, Word("N", "", skus=frozenset(codes))) if len(codes) == 1 else None


def _in_other_sizes(mine: Sku, product: Product) -> list[Sku]:
    """The same in each size, where an option says how big it is: 美式 in three cups."""
    sized = [option for option in product.options if any(_BIG.search(choice.label) for choice in option.values)]
    if len(sized) != 1 or all(sku.label == mine.label for sku in product.skus):
        return []
    rest = {name: chosen for name, chosen in mine.options.items() if name != sized[0].name}
    like = [s for s in product.skus if s.label == mine.label and rest.items() <= s.options.items()]
    return like if len(like) > 1 else []


def _the_other(named: Callable[[Word], Sequence[int]], mine: Sku, like: Sequence[Sku], message: Message) -> Sku | None:
    """The only size besides the one there, where that is too much or too little: 一年太久了吧, of 月卡 and 年卡."""
    about = [m for m in message.mentions if m.skus and {s.code for s in like} - m.skus]
    if len(like) != 2 or not about or any(m.sign > 0 or not named(_word(m)) for m in about):
        return None
    (other,) = (sku for sku in like if sku.code != mine.code)
    if _ANOTHER_ONE.search(message.clauses[-1]) and any(m.sign < 0 for m in about):
        return other
    said = " ".join(message.clauses[m.clause] for m in about)
    return other if (_TOO_MUCH if other.price_fen < mine.price_fen else _TOO_LITTLE).search(said) else None


def _scale(text: str) -> float:
    """What 翻一倍, 减半, 多打了个零 multiply by; 1 where nothing of the kind is said."""
    if (nought := _NOUGHT.search(text)) is not None:
        return 0.1 if nought[1] == "多" else 10.0
    return 0.5 if _HALF.search(text) else 2.0 if _DOUBLE.search(text) else 1.0


def _has_digits(basket: Basket, at: int) -> bool:
    """Whether a nought too many may be one of an account."""
    return any(sum(map(str.isdecimal, value)) > 4 for value in basket.lines[at].fields.values())


def _scaled(basket: Basket, subjects: set[int], message: Message, text: str) -> tuple[int, Word] | None:
    """翻一倍吧, 一半就行: of one piece the size, where there is one of that much."""
    scale = _scale(text)
    if scale == 1 or len(subjects) != 1 or any(m.count for m in message.mentions) or _OF_PIECES.search(text):
        return None
    (at,) = subjects
    mine, product = basket.sku(at), basket.product(at)
    if mine is None or product is None or not mine.value or basket.lines[at].quantity != 1:
        return None
    if scale in _NOUGHTS and _has_digits(basket, at) and not _OF_MONEY.search(text):
        return None
    like = [
        sku.code for sku in product.skus if sku.options == mine.options and sku.value == round(mine.value * scale, 3)
    ]
    return (at, Word("N", "", skus=frozenset(like))) if len(like) == 1 else None


def _count(basket: Basket, subjects: set[int], message: Message, text: str) -> Mention | Literal["open"] | None:
    counts = [m for m in message.mentions if m.count]
    if len(subjects) == 1:
        (at,) = subjects
        now = basket.amount(at)
        if (many := each_gets_one(text)) is not None and all(
            m.count in (1, many, now, *shares_in(text)) for m in counts
        ):
            return Mention(0, text, count=many)
        product = basket.product(at)
        if (many := each_account_gets_one(text)) and product is not None and account_field(product) is None:
            return Mention(0, text, count=many)
        if (row := in_a_row(text, basket.sku(at), basket.product(at))) is not None:
            return Mention(0, text, count=row)
        if len(basket.lines) == 1 and (settled := _settled(basket, message, text)) is not None:
            return settled
        if (besides := one_more_for_them(text)) and all(m.count == besides for m in counts):
            return Mention(0, text, count=besides, way="more")
        of_all = _OF_ALL.search(text) is not None
        counts = [m for m in counts if not (m.way == "set" and (m.sign <= 0 or of_all) and m.count == now)]
        if len(counts) == 1 and of_all:
            return replace(counts[0], sign=1, way="set")
        scale = _scale(text)
        if scale != 1 and not counts and _scaled(basket, subjects, message, text) is None:
            scaled = round(now * scale, 3)
            if scale in _NOUGHTS and not _OF_PIECES.search(text) and (now == 1 or _has_digits(basket, at)):
                return None
            return Mention(0, text, count=int(scaled)) if scaled >= 1 and scaled.is_integer() else None
    wanted = [m for m in counts if m.sign > 0]
    if not wanted:
        wanted = [m for m in counts if m.sign == 0 and m.alone][-1:]
    if not wanted:
        wanted = [m for m in counts if m.sign == 0 and m.ends and (m.beside or m.count in heads_in(text))][-1:]
    if not wanted:
        return None
    if len({(m.count, m.way) for m in wanted}) == 1:
        return wanted[-1]
    clause = wanted[-1].clause
    there = [m for m in wanted if m.clause == clause]
    return there[-1] if len(there) == 1 and wanted[-1].way == "set" else "open"
