"""Which words point at goods of this shop, at one of several, or at other goods that merely sound like them."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from dataclasses import replace

from nlu.amounts import settle
from nlu.cues import unexplained
from nlu.lexicon import Lexicon, ProductIndex
from nlu.numerals import CHINESE
from nlu.phrases import DEEDS, Entry, Mention
from nlu.seen import Ref, Seen
from nlu.segments import noun_at, noun_before
from nlu.words import DURATIONS, GENERIC_TAILS, MEASURES, TOO_GENERIC


def with_own_clauses(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """采耳一张，再来一张盐搓的: what only one other product offers, counted in a clause of its own, names that product."""
    named: set[str | None] = {ref.product for ref in seen.refs if ref.product}
    more = _counted_by_name(seen, lexicon, named)
    more += _standing_apart(seen, lexicon, named | {ref.product for ref in more})
    named |= {ref.product for ref in more}
    if not named or not (seen.amounts or seen.accounts):
        return seen.refs
    for match in _OWN_CLAUSE.finditer(seen.text):
        start, end = match.span()
        if any(start <= ref.start < end for ref in (*seen.refs, *more)):
            continue
        counted = any(a.kind == "count" and start <= a.start < end for a in seen.amounts)
        counted = counted or any(start <= a.start < end for a in seen.accounts)
        for mention in seen.mentions:
            if start <= mention.start < end and counted:
                owner = _sole_owner(mention, lexicon)
                if owner and owner not in named and not _size_of_named(mention, seen, lexicon, named):
                    more.append(Ref(mention.start, mention.end, mention.word, owner))
                    named.add(owner)
        own = _by_unit(seen, lexicon, start, end)
        if own and own not in named:
            more.append(Ref(start, start, "", own))
            named.add(own)
    return sorted([*seen.refs, *more], key=lambda ref: ref.start) if more else seen.refs


def _sole_owner(mention: Mention, lexicon: Lexicon) -> str:
    """Give the one product of which a word is a SKU's or an option's; "" for names of goods, choices and shared words."""
    entry = mention.entry
    if entry.means_things or entry.choices:
        return ""
    owners = {*entry.owners, *entry.skus}
    return owners.pop() if len(owners) == 1 and owners <= lexicon.products.keys() else ""


def _size_of_named(mention: Mention, seen: Seen, lexicon: Lexicon, named: set[str | None]) -> bool:
    """Tell whether what another product alone calls so is a size of goods named as well: 储物柜，一个月."""
    amounts = [a for a in seen.amounts if a.start < mention.end and mention.start < a.end]
    products = [lexicon.products[pid] for pid in named if pid]
    settled = (settle(product, replace(a, word="")) for product in products for a in amounts)
    return any(one is not None and one.skus for one in settled)


def _counted_by_name(seen: Seen, lexicon: Lexicon, named: set[str | None]) -> list[Ref]:
    """大杯两张 steam50一张: a SKU's own name with a count right beside it is goods, beside other goods."""
    counts = [a for a in seen.amounts if a.kind == "count" and a.unit and a.unit not in lexicon.counted]
    found: list[tuple[Mention, str]] = []
    for mention in seen.mentions if counts else ():
        beside = any(0 <= c.start - mention.end <= 1 or 0 <= mention.start - c.end <= 1 for c in counts)
        owner = _sole_owner(mention, lexicon) if beside else ""
        owner = "" if owner and _size_of_named(mention, seen, lexicon, named) else owner
        if owner and owner not in named and not _told_of(mention, seen):
            found.append((mention, owner))
    owners = {owner for _, owner in found}
    goods = len(owners) + len(named - {None})
    first = min((ref.start for ref in seen.refs), default=0)
    begun = {mention.start for mention, _ in found}
    own = [a for a in seen.amounts if a.kind == "word" and a.unit and a.start not in begun]  # 一捆, a SKU's name
    if all(mention.end <= first for mention, _ in found):  # behind the first a size will do
        counts = [a for a in seen.amounts if a.kind in ("value", "months", "count")]
    if not found or goods < 2 or len(counts) < len(owners) or len(counts) + len(own) < goods:
        return []  # of two kinds of goods, each has its count
    return [Ref(mention.start, mention.end, mention.word, owner) for mention, owner in found]


def _standing_apart(seen: Seen, lexicon: Lexicon, named: set[str | None]) -> list[Ref]:
    """储值卡200 花好月圆两盒: what only one SKU is called, parted from other goods by a space or comma, is goods."""
    found = []
    for mention in seen.mentions if named - {None} else ():
        entry = mention.entry
        own = not (entry.options or entry.means_things or entry.choices) and _SPEAKS.fullmatch(mention.word)
        owner = _sole_owner(mention, lexicon) if own else ""
        before = seen.text[: mention.start]
        count = next((a for a in seen.amounts if a.kind == "count" and a.end == mention.start), None)
        before = before[: count.start] if count is not None else before
        if owner and owner not in named and _PARTED.search(before) and _PARTS.match(seen.text, mention.end):
            found.append(Ref(mention.start, mention.end, mention.word, owner))
            named = {*named, owner}
    return found


_SPEAKS = re.compile(rf"(?![{CHINESE}半全整])[\u4e00-\u9fff]{{3,}}")
"""Three characters and no number say what a thing is: 花好月圆, 单人餐, but not 大杯 and not 两小时."""
_PARTED = re.compile(r"(?:^|[\s,，、。;；+和跟与]|再|还要?|另外|还有)(?:[来要买拿加]|给我)*$")
_PARTS = re.compile(rf"$|[\s,，、。;；+和跟与\d{CHINESE}]|各|再|还有")


def _told_of(mention: Mention, seen: Seen) -> bool:
    """老照片黑白的两张: what follows goods with nothing that parts them tells of what kind they are."""
    before = [ref.end for ref in seen.refs if ref.end <= mention.start]
    if not before:
        return False
    place = max(before)
    return not any(place <= a.start and a.end <= mention.start for a in seen.amounts)


def _by_unit(seen: Seen, lexicon: Lexicon, start: int, end: int) -> str:
    """充电40度，顺便…: an amount in a unit that one product alone has, in a clause that says hardly more, names that."""
    amounts = [a for a in seen.amounts if start <= a.start < end]
    if len(amounts) != 1 or amounts[0].kind != "value" or amounts[0].unit in ("", "元"):
        return ""
    sold = lexicon.unit_products.get(amounts[0].unit, ())
    rest = seen.text[start : amounts[0].start] + seen.text[amounts[0].end : end]
    others = [m for m in seen.mentions if start <= m.start < end and sold[:1] != tuple(m.entry.categories)]
    few = len(sold) == 1 and unexplained(rest) <= 2 and not others
    able = few and settle(lexicon.products[sold[0]], amounts[0])
    return sold[0] if able and able.skus else ""


_OWN_CLAUSE = re.compile(r"(?:(?!还有|另外|再来|再要|以及|加(?![油急上微]))[^,，。;；、!！\n+])+")


_FOREIGN_TAIL = re.compile("|".join(sorted(GENERIC_TAILS, key=len, reverse=True)))


_DURATIONS = frozenset(word for word, _ in DURATIONS)
_OTHER_GOODS = re.compile(
    "体育|皮肤|手办|周边|手柄|主机|攻略|加速器|外挂|脚本|课(?!时)|培训|拍(?![照摄个张])|鞋|球衣|泳衣|泳镜|白条|股票|股价|杯子|保温杯|蛋糕|月饼|咖啡豆"
    "|咖啡机|充电器|充电头|插头|耳机|手机壳|电脑|平板|电视(?!上)"
)
"""What makes something else of a product's name that stands before it."""


def _begins_label(mention: Mention, text: str, lexicon: Lexicon) -> bool:
    longer = (label for label in lexicon.asked_labels if len(label) > len(mention.word))
    return any(text.startswith(label, mention.start) for label in longer)


def find_refs(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    refs: list[Ref] = []
    for mention in seen.mentions:
        entry = mention.entry
        if seen.text[mention.start - 1 : mention.start] == "比" and _COMPARED.match(seen.text, mention.end):
            continue  # 比京东贵10块: another seller
        if entry.only_shorthand and _begins_label(mention, seen.text, lexicon):
            continue  # 家长手机 asks for a phone; 家长 is no 家长车证
        if entry.foreign:
            tail = _FOREIGN_TAIL.match(seen.text, mention.end)
            refs.append(Ref(mention.start, tail.end() if tail else mention.end, mention.word, foreign=True))
            continue
        until = _of_other_goods(seen, mention, lexicon)
        if until:
            refs.append(Ref(mention.start, until, mention.word, foreign=True))  # 网球课 is no tennis court
            continue
        own = lexicon.products[entry.skus[0]] if len(entry.skus) == 1 and not entry.means_things else None
        if own is not None and any(name in mention.word for name in own.names):
            refs.append(Ref(mention.start, mention.end, mention.word, own.id))  # D证报名 names its product, D证
            continue
        vague = mention.word in TOO_GENERIC and max(len(entry.categories), len(entry.shorthand)) < 2
        if not entry.means_things:
            refs += _by_choice_and_kind(seen, mention, lexicon)
        if not entry.means_things or (vague and not entry.products):
            continue
        pids = entry.products or list(dict.fromkeys([*entry.categories, *entry.shorthand]))
        if entry.skus and not entry.products and not entry.categories and mention.word not in _DURATIONS:
            pids = entry.skus  # 补胎 is what a SKU is called, and merely begins 补胎胶片
        weak = mention.weak or (len(pids) == 1 and _of_other_kind(seen, mention, lexicon.products[pids[0]]))
        weak = weak or (len(pids) > 1 and _named_by_strangers(seen, mention))
        single = pids[0] if len(pids) == 1 and not weak else None
        refs.append(Ref(mention.start, mention.end, mention.word, single, () if single else tuple(pids), weak=weak))
    return _merged(refs, seen.text)


_COMPARED = re.compile(
    r"(?:家|店|上|官方|自营|那边?|那儿|他们)?的?(?:卖|还|都|要|就|也){0,3}得?(?:贵|便宜|高|低|划算|慢|快|好|差|多|少|难)"
)
_RANK = re.compile(r"\d{1,2}(?=[,，。\s]|$)")


def _of_other_kind(seen: Seen, mention: Mention, product: ProductIndex) -> bool:
    """Tell whether another thing's word makes this the end of another name: 声乐体验课 is no 钢琴体验课."""
    if any(m.end == mention.start for m in seen.mentions):
        return False
    if _unknown_name_before(seen, mention) and any(
        n != mention.word and n.endswith(mention.word) for n in product.names
    ):
        return True  # 壳牌加油卡 is none of 中石油加油卡
    if mention.word == product.names[0] or not product.names[0].endswith(mention.word):
        return False
    before = noun_before(seen.text, mention.start)
    return bool(before) and not any(before in word for word in product.all_words)


def _by_choice_and_kind(seen: Seen, mention: Mention, lexicon: Lexicon) -> list[Ref]:
    """日场票: a choice that one product alone offers, run into what that product's name ends in, names it."""
    owners, kind = mention.entry.owners, seen.text[mention.end : mention.end + 1]
    if len(owners) != 1 or kind not in ("票", "卡", "券", "课") or any(m.start == mention.end for m in seen.mentions):
        return []
    ends = any(name.endswith(kind) for name in lexicon.products[owners[0]].names)
    name = lexicon.products[owners[0]].names[0]
    return [Ref(mention.end, mention.end + 1, name, owners[0])] if ends else []


def _unknown_name_before(seen: Seen, mention: Mention) -> bool:
    """Tell whether characters that make no word of the language stand right before: 壳牌, 道达尔."""
    if not _NAME_BEFORE.search(seen.text[max(0, mention.start - 3) : mention.start]):
        return False
    alone = 0
    figures = [(a.start, a.end) for a in seen.amounts]
    for start, end, char in reversed([one for one in seen.segments if one[1] <= mention.start]):
        counted = any(s <= start < e for s, e in figures)
        if end - start > 1 or counted or not unexplained(char) or char in _SAID_OF_ALL or char in CHINESE:
            break
        alone += 1
    return alone > 1


_SAID_OF_ALL = frozenset(
    "的了过个张点你我他她它家咱俺叔姨爸妈哥姐弟妹急需要想也还那这某各每整弄搞虫报约租洗拍"
) | frozenset(MEASURES)


def _named_by_strangers(seen: Seen, mention: Mention) -> bool:
    """迪卡侬礼品卡: a kind of goods right behind a name that nobody here knows."""
    before = seen.text[max(0, mention.start - 3) : mention.start]
    return (
        _NAME_BEFORE.search(before) is not None
        and unexplained(before) >= 2
        and not any(m.end == mention.start for m in seen.mentions)
    )


_NAME_BEFORE = re.compile(r"[\u4e00-\u9fff]{2}(?<![的了过个张点去到在来玩逛看买要订约报进给])$")


_LATIN = re.compile(r"(?!s?vip|pro)[a-z]{3,}(?=会员|卡|券|码|套餐|服务)")


def _of_other_goods(seen: Seen, mention: Mention, lexicon: Lexicon) -> int:
    """Give where the name of other goods ends that begins with a name of ours (王者皮肤, 京东plus会员); 0 when none does."""
    entry, end = mention.entry, mention.end
    pids = entry.products or entry.shorthand
    if not pids or end == len(seen.text) or any(m.start == end for m in seen.mentions):
        return 0
    other = _OTHER_GOODS.match(seen.text, end) if entry.products else None
    latin = _LATIN.match(seen.text, end) if not other and seen.text[end - 1] >= "\u4e00" else None
    said = other[0] if other else latin[0] if latin else noun_at(seen.text, end)
    own = (lexicon.products[pid] for pid in pids)
    if not said or any(said in word for product in own for word in product.all_words):
        return 0
    if _RANK.match(seen.text, end + len(said)):
        return 0  # 王者贵族8, 充680
    return end + len(said)


def _merged(refs: list[Ref], text: str) -> list[Ref]:
    """Drop references that another one explains: a category next to its product, a brand before someone else's goods."""
    kept: list[Ref] = []
    for i, ref in enumerate(refs):
        before = refs[i - 1] if i else None
        if (
            before
            and before.foreign
            and ref.start - before.end <= 1
            and not ref.foreign
            and text[before.end : ref.start] not in tuple("上 ,，、和跟\n;；+")
        ):
            kept[-1] = replace(before, end=ref.end) if kept and kept[-1] is before else kept[-1]
            continue  # 瑞幸咖啡券 is not the coffee voucher on sale here
        if ref.foreign and any(r.product and ref.start == r.end for r in refs):
            continue
        kept.append(ref)
    products = {ref.product for ref in kept if ref.product}
    return [ref for ref in kept if not (ref.candidates and products.intersection(ref.candidates))]


def without_options(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """科目二练车 手动挡: what is an option of the goods named beside it is no product of its own."""
    pids = {ref.pid for ref in seen.refs if ref.product}
    if len(pids) < 2:
        return seen.refs
    kept = []
    for ref in seen.refs:
        option = next((w for pid in pids - {ref.pid} if (w := _as_said(ref.word, lexicon.products[pid]))), "")
        if ref.product and option and not _has_own_size(ref, seen, lexicon):
            entry = lexicon.phrases.get(option)
            seen.mentions += [Mention(ref.start, ref.end, option, entry)] if entry else []
        else:
            kept.append(ref)
    return kept


def _has_own_size(ref: Ref, seen: Seen, lexicon: Lexicon) -> bool:
    """科目三4课时，还有补考科目二: what comes in a size of its own, in a clause of its own, is goods and no option."""
    clause = next((m.span() for m in _OWN_CLAUSE.finditer(seen.text) if m.start() <= ref.start < m.end()), (0, 0))
    product = lexicon.products[ref.pid]
    if any(clause[0] <= other.start < clause[1] for other in seen.refs if other.product not in (None, ref.product)):
        return False
    sizes = (a for a in seen.amounts if clause[0] <= a.start < clause[1] and a.unit not in ("", "元"))
    return any(a.unit in product.pair_units and a.kind != "none" for a in sizes)


def by_its_size(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """移动 100 138…: of the top-up that has 移动 to choose and 100, where 移动流量 comes in no 100."""
    sizes = [a.number for a in seen.amounts if a.kind == "value" and a.number is not None]
    if len(seen.refs) != 1 or seen.refs[0].product is None or not sizes:
        return seen.refs
    (ref,) = seen.refs
    own, entry = lexicon.products[ref.pid], lexicon.phrases.get(ref.word)
    if entry is None or ref.word in own.names or own.any_skus or any(size in own.by_value for size in sizes):
        return seen.refs
    others = [lexicon.products[pid] for pid in entry.owners if pid != ref.product and pid in lexicon.products]
    fit = [one for one in others if ref.word in one.option_words and all(size in one.by_value for size in sizes)]
    if len(fit) != 1:
        return seen.refs
    _choose(ref, entry, seen)
    return [Ref(ref.start, ref.end, ref.word, fit[0].id)]


_BESIDES = re.compile("再[加来要买充开整弄]|另外|还[要有想]|顺便|也[要来想开充]|加[一个]|一起|一并")


def chosen_of(pid: str, seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """移动, while the carrier of a top-up is asked for: its choice, and no beginning of 移动流量; 换成超级会员, of a cloud
    drive that has such a plan: that, and no QQ超级会员, unless it comes besides."""
    held = lexicon.products.get(pid)
    if held is None or any(ref.product == pid for ref in seen.refs):
        return seen.refs
    kept = []
    besides = _BESIDES.search(seen.text) is not None
    for ref in seen.refs:
        own = {ref.pid, *ref.candidates} - {""}
        entry = lexicon.phrases.get(_as_said(ref.word, held))
        called = any(ref.word in lexicon.products[other].names for other in own if other in lexicon.products)
        if entry is None or (called and (besides or ref.word not in held.option_words)):
            kept.append(ref)
        else:
            _choose(ref, entry, seen)
    return kept


def _choose(ref: Ref, entry: Entry, seen: Seen) -> None:
    """Have the words of a name stand for the choice that is called so."""
    if all((m.start, m.word) != (ref.start, ref.word) for m in seen.mentions):
        seen.mentions.append(Mention(ref.start, ref.end, ref.word, entry))


_LITTLE_MORE = re.compile(
    "(?:[\\s,，。.!！~…]|不对|不是|[说打写选]错|错了|改成|改为|换成|应该|还是|哦|啊|呃|嗯|我|要|选|就|是|的|吧|了|呀|那个)*+"
)


def of_service(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """自行车链条断了，修一下: an article, a part that only its repair has, and the deed name the repair, not the article."""
    refs = []
    for ref in seen.refs:
        other = _service_for(ref, seen, lexicon) if ref.product else ""
        refs.append(replace(ref, product=other) if other else ref)
    return refs


def _service_for(ref: Ref, seen: Seen, lexicon: Lexicon) -> str:
    owners: set[str] = set()
    for mention in seen.mentions:
        entry = mention.entry
        having = {*entry.owners, *entry.skus} if not entry.means_things else set()
        if ref.product in having:
            return ""
        owners |= having
    for pid in owners:
        deed = next((n.replace(ref.word, "", 1) for n in lexicon.products[pid].names if ref.word in n), "")
        if any(char in DEEDS and char in seen.text.replace(ref.word, "") for char in deed):
            return pid
    return ""


def unless_an_option(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """不对是科三: what is an option as well as the beginning of a name is the option, where hardly a word stands beside it."""
    if len(seen.refs) != 1 or seen.amounts or seen.accounts:
        return seen.refs
    ref = seen.refs[0]
    entry = lexicon.phrases.get(ref.word)
    named = entry is None or entry.products or entry.categories or not (entry.options or entry.choices)
    if named or not _LITTLE_MORE.fullmatch(seen.text[: ref.start] + seen.text[ref.end :]):
        return seen.refs
    return []


def _as_said(word: str, product: ProductIndex) -> str:
    """Give the word of an option or choice that a product's name is, begins with, or begins."""
    if len(word) < 2 or word in product.names:
        return ""
    words = (*product.option_words, *product.choice_words)
    return next((w for w in words if len(w) > 1 and (w.startswith(word) or word.startswith(w))), "")


def options_of(pid: str, seen: Seen, lexicon: Lexicon) -> list[Mention]:
    """美国的 10刀, while a card of that name is being ordered: of what a word is an option of in several products, that
    of what is pending, where no other goods are named."""
    product = lexicon.products.get(pid)
    if product is None or any(ref.product != pid for ref in seen.refs):
        return seen.mentions
    return [_as_option_of(product, mention) for mention in seen.mentions]


def _as_option_of(product: ProductIndex, mention: Mention) -> Mention:
    pair, entry = product.option_words.get(mention.word), mention.entry
    if pair is None or entry.choices or entry.options == [pair] or pair not in entry.options:
        return mention
    return replace(mention, entry=replace(entry, options=[pair], owners=[product.id]))
