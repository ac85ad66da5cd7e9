"""Several people or things in one message, each with what is their own: 大人的…，小孩的…; 林小雨五级 陈子涵三级.

Whatever takes several values is dealt out by where it stands; what cannot be paired surely is left open, never copied.
"""

import re
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from nlu.accounts import Account, accept
from nlu.amounts import Amount, settle
from nlu.items import ADDRESS, Draft, field_for
from nlu.lexicon import FieldWords, ProductIndex
from nlu.phrases import Mention
from nlu.seen import Seen
from nlu.segments import Segmenter
from nlu.surnames import COMMON, COMPOUND, KIN, SURNAMES

_NAME = re.compile(rf"(?:{COMPOUND})[\u4e00-\u9fff]{{1,2}}|[{''.join(sorted(SURNAMES))}][\u4e00-\u9fff]{{1,2}}")
_COMMON = re.compile(COMMON)
_NO_NAME = re.compile(
    "[写买充要给的了是有用到去来号票卡份件个月年元块天吗呢吧么你我他她们这那哪谁几]|周[一二三四五六日末]"
)
_KIN = rf"{KIN}|老板|本人|自己|大人|老人|一个人?|另一个人?|另外一个人?|第[一二三四五]个人?"
_LEAD = re.compile(
    rf"^(?:我们|咱们|我|你|他|她|它|家|两个?人?|俩|三个?人?|分别|帮|给|为|替|寄到?|送到?|发给?|是|叫做?|名叫|就是|名字|姓名|学员|考生|报名人?|{_KIN}|的|和|跟|与|还有|另外|[一二]位)"
)
_TAIL = re.compile(
    rf"(?:的|收|[报考要选学买订办用穿打充]|先生|女士|同学|小朋友|各|都|一人|每人|一起|两个?人?|三个?人?|他|她|我|{_KIN})$"
)
_OWNS = re.compile(rf"(?:{_NAME.pattern})(?<!的)(?=的?(?:身份证|手机|电话|号码|账号|证件|学号|卡号|地址)|的号)")
_RUN = re.compile(r"[\u4e00-\u9fff]+")
_AND = re.compile("和|跟|与|以及|还有|、")
_INTRODUCES = re.compile("叫|名字|姓名|[人员主]$")
_FETCHES = re.compile("取|收|联系|接")
_ID = re.compile("^(?!.*[取收接]).*(?:身份证|证件|护照|学号|准考证)")
_CORRECTS = re.compile("不对|不是|错|改|换|别|还是|或者?|[?？]")
_EACH = re.compile(r"(?:各|每人|一人|每个人?|人手|都|每样|分别)[来要买充办报订租寄]?\s*$")
_ALL = re.compile(r"(?:都|全|均|一律|统一)(?:是|要|用|走|选|给|为|在|叫)*\s*$")
_TWO_EACH = re.compile(
    rf"(?:我|本人|自己)(?:和|跟|与)(?:我)?(?:的)?(?:{_KIN}|他|她)[^,，。;；\n\d]{{0,8}}?(?:各|每人|一人|人手)[来要买充办报订租寄]?[一1]?[份张个套次支件盒本]"
)
_PLAIN_WORDS = re.compile(
    rf"{_KIN}|手机号?码?|电话|身份证号?|号码|账号|名字|姓名|[我你他她它们的是要用做办给寄送到叫和跟与也就都再来充买订报租为吧了呢啊一二两三个份张台辆位件]"
)
_LATER = re.compile(
    rf"(?:他|她|它|我|另一个|另外一个|第二个|{_KIN}|(?:{_NAME.pattern})(?=的))(?:{_KIN})?的?(?P<what>手机号?码?|电话号?码?|身份证号?码?|qq号?|u?id|账号|号码|号|名字|姓名|地址)?"
    r"(?:我?(?:等会儿?|等一?下|一会儿?|待会儿?|稍后|晚点|晚些|回头|过会儿?|到时候?)(?:再|就)?(?:去?问|发|给|报|说|告诉)|我?还没(?:问|要)到|我?(?:忘了|记不住|不记得|还不知道))"
)
MAY_PROMISE = re.compile("[等会稍晚回时没忘记知]")
"""Without one of these nothing is promised for later."""
_WHAT = {
    **{"q": "qq", "i": "uid", "u": "uid", "手": "phone", "电": "phone"},
    **{"身": "card_no", "名": "text", "姓": "text", "地": "address"},
}
_NATURALLY_SHARED = ("phone", "phone_or_qq", "address", "email")
_CUT = re.compile(r"[,，。;；\n]|\s|和|跟|与|另")
_BOUND = re.compile(r"(?:[\s,，。;；、\n和跟与]|另[一外]?个?|还有|再|一[份张个]|我|他|她|的)$")
Read = Callable[[ProductIndex, Seen], list[Draft]]


@dataclass(frozen=True, slots=True)
class Bead:
    """One value of one kind, where it stands. `kind` is a field's or choice's name, or `=0`, `=1` … for sizes."""

    start: int
    end: int
    kind: str
    value: object
    thing: Account | Amount | Mention | None = None


_WHO = "who"
_RELATIVE = re.compile(
    "大宝|二宝|三宝|老大|老二|老三|[哥姐弟妹][哥姐弟妹]|儿子|女儿|闺女|老公|老婆|爸爸|妈妈|老爸|老妈|爷爷|奶奶|外公|外婆"
)
_OPEN = "=later"
"""The value of what he will give later."""


@dataclass(slots=True)
class _Set:
    """What belongs to one person, and from where to where it stands (nowhere, when it was paired by order alone)."""

    beads: dict[str, Bead] = field(default_factory=dict)
    span: tuple[int, int] | None = None


def separate(product: ProductIndex, seen: Seen, read: Read) -> list[Draft]:
    """Give one draft for each of several sets of values; empty when there is one, or no telling what stands with what.

    `read` gives the drafts of a part of the message.
    """
    if _CORRECTS.search(seen.text) or not _may_be_several(product, seen):
        return []
    seen = replace(seen, mentions=sorted([*seen.mentions, *seen.aside], key=lambda mention: mention.start))
    beads = sorted(_beads(product, seen), key=lambda bead: (bead.start, bead.end))
    drafts = _apart(product, seen, beads, read)
    kin = _kin(seen.text) if not drafts else []
    return _apart(product, seen, sorted([*beads, *kin], key=lambda bead: bead.start), read) if kin else drafts


def _may_be_several(product: ProductIndex, seen: Seen) -> bool:
    """Tell cheaply whether two sizes, two values of a field, or several people can be there at all."""
    mentions = [*seen.mentions, *seen.aside]
    choices = sum(m.word in product.choice_words for m in mentions) + len(seen.texts)
    told = len(seen.accounts) + len(seen.texts) + len(seen.more_places)
    return (
        choices > 1
        or told > 1
        or any(entry.names_person for entry in product.words.fields)
        or _TWO_EACH.search(seen.text) is not None
        or (MAY_PROMISE.search(seen.text) is not None and _LATER.search(seen.text) is not None)
        or _several_sizes(product, seen)
    )


def _several_sizes(product: ProductIndex, seen: Seen) -> bool:
    mentions = [m for m in (*seen.mentions, *seen.aside) if m.word in product.option_words]
    amounts = [a for a in seen.amounts if a.kind != "count" or product.any_sku or a.unit == product.unit]
    sizes = [bead.kind for bead in _sizes(product, mentions, amounts)] if len(mentions) + len(amounts) > 1 else []
    return len(set(sizes)) < len(sizes)


def _apart(product: ProductIndex, seen: Seen, beads: list[Bead], read: Read) -> list[Draft]:
    kinds = dict.fromkeys(bead.kind for bead in beads)
    several = {kind: n for kind in kinds if (n := len({b.value for b in beads if b.kind == kind})) > 1}
    if not several and _TWO_EACH.search(seen.text) and _for_somebody(product):
        return _drafts(product, seen, beads, [_Set(), _Set()], {}, read)
    if not _worth_it(several, beads, product):
        return []
    many = [bead for bead in beads if bead.kind in several]
    sets = _rows(many, several, seen.text) or _columns(many, several) or _led(many, several)
    sets = sets or _counted_out(many, several, seen)
    return _drafts(product, seen, beads, sets, several, read) if sets else []


def _kin(text: str) -> list[Bead]:
    """List for whom things are, where several are named without a name: 大宝进阶级，二宝启蒙级."""
    found = [Bead(m.start(), m.end(), _WHO, m[0]) for m in _RELATIVE.finditer(text)]
    return found if len({bead.value for bead in found}) == len(found) > 1 else []


def called_here(product: ProductIndex, texts: dict[str, str], people: Container[str]) -> dict[str, str]:
    """Give a name the field in which this product asks for one: 我叫许文 was taken for another product's 取票人."""
    own = [entry.name for entry in product.words.fields if entry.names_person]
    other = [name for name in texts if name in people and all(entry.name != name for entry in product.words.fields)]
    if len(own) != 1 or own[0] in texts or len(other) != 1:
        return texts
    return {own[0] if name == other[0] else name: said for name, said in texts.items()}


def unshared(product: ProductIndex, drafts: list[Draft]) -> list[Draft]:
    """Leave open what several drafts would have to take turns at: of two ID numbers neither is copied to both."""
    if len(drafts) < 2:
        return drafts
    return [replace(draft, accounts=_without_rivals(product, draft.accounts)) for draft in drafts]


def _without_rivals(product: ProductIndex, accounts: list[Account]) -> list[Account]:
    entries = [_field_of(product, account) for account in accounts]
    said = {(entry.name, account.said) for entry, account in zip(entries, accounts, strict=True) if entry}
    names = [name for name, _ in said]
    return [a for e, a in zip(entries, accounts, strict=True) if e is None or names.count(e.name) == 1]


def texts_of(product: ProductIndex, seen: Seen, whose: Callable[[int, int], str]) -> dict[str, str]:
    """Give one of several products the names and addresses that stand with it, where the message has several."""
    texts = dict(seen.texts)
    spans = dict(zip(seen.texts, seen.text_spans, strict=False))
    said: dict[str, list[tuple[int, int, str]]] = {ADDRESS: [*seen.more_places]}
    if ADDRESS in spans:
        said[ADDRESS].insert(0, (*spans[ADDRESS], texts[ADDRESS]))
    for bead in names_in(product, seen):
        said.setdefault(bead.kind, []).append((bead.start, bead.end, str(bead.value)))
    for kind, values in said.items():
        if len({value for _, _, value in values}) > 1:
            own = [value for start, end, value in values if whose(start, end) == product.id]
            texts = {name: value for name, value in texts.items() if name != kind}
            texts |= dict(zip([kind], own, strict=False))
    return texts


def names_in(product: ProductIndex, seen: Seen) -> list[Bead]:
    """List the people named, where the product asks for a person: 林小雨五级, 我老婆叫高洁, 马超和李军."""
    fields = [f for f in product.words.fields if f.names_person]
    if len(fields) != 1:
        return []
    masked = list(seen.text)
    spans = [(a.start, a.end) for a in seen.amounts if a.kind != "none"]
    spans += [(a.start, a.end) for a in seen.accounts]
    spans += [(m.start, m.end) for m in seen.mentions]
    spans += [span for span, (name, _) in zip(seen.text_spans, seen.texts.items(), strict=False) if name == ADDRESS]
    spans += [(start, end) for start, end, _ in seen.more_places]
    for start, end in spans:
        masked[start:end] = " " * (end - start)
    found: list[Bead] = []
    doubtful: list[Bead] = []
    for run in _RUN.finditer("".join(masked)):
        place = run.start()
        for part in _AND.split(run[0]):
            at = seen.text.index(part, place) if part else place
            named = _name_of(part, fields[0])
            if named is not None:
                start, end = at + named[0], at + named[1]
                bead = Bead(start, end, fields[0].name, seen.cased[start:end])
                plain = seen.text[start:end]
                word = seen.segmenter is not None and seen.segmenter.knows(plain)
                sure = named[0] > 0 or _INTRODUCES.search(seen.text[max(0, at - 2) : at]) is not None
                (found if sure or (not word and _COMMON.match(plain)) else doubtful).append(bead)
            place = at + len(part)
    beside = [bead for bead in doubtful if any(bead.end <= a.start <= bead.end + 1 for a in seen.accounts)]
    return sorted(found + (beside if found else []), key=lambda bead: bead.start)  # 张伟 138…，李娜 139…


def names_somebody(said: str, segmenter: Segmenter | None) -> bool:
    """Tell whether a few words are somebody's name and what introduces it: 老二叫陈子涵, 马小雨."""
    named = _name_of(said.strip(), FieldWords("", "", "text"))
    name = said.strip()[slice(*named)] if named is not None else ""
    return bool(name) and _COMMON.match(name) is not None and not (segmenter is not None and segmenter.knows(name))


def _name_of(part: str, entry: FieldWords) -> tuple[int, int] | None:
    """Tell where a name stands in a stretch of words that holds nothing but one and what introduces it."""
    start, end = 0, len(part)
    label = re.sub("(?:姓名|名字)$", "", entry.label)
    while start < end:
        said = part[start:end]
        lead = next((len(w) for w in (entry.label, label) if w and said.startswith(w)), 0)
        whole = _NAME.fullmatch(said)
        led = _LEAD.match(said)
        step = lead or (led.end() if led and not (whole and start and part[start - 1] in "叫是名给") else 0)
        if not step:
            break
        start += step
    owns = _OWNS.match(part, start)
    if owns is not None and end > owns.end():
        return start, owns.end()
    tail = _TAIL.search(part[start:end])
    end = start + tail.start() if tail and not _NAME.fullmatch(part[start:end]) else end
    return (start, end) if _NAME.fullmatch(part[start:end]) and not _NO_NAME.search(part[start:end]) else None


def _for_somebody(product: ProductIndex) -> bool:
    return bool(product.account_fields) or any(entry.names_person for entry in product.words.fields)


def _worth_it(several: dict[str, int], beads: Sequence[Bead], product: ProductIndex) -> bool:
    """Tell whether two kinds of things have to be paired, or names: accounts or amounts alone are read well without."""
    if any(bead.value == _OPEN for bead in beads):
        return True
    numbered = {bead.kind for bead in beads if isinstance(bead.thing, Amount) and bead.thing.kind != "word"}
    told = [kind for kind in several if kind not in numbered]
    free = {entry.name for entry in product.words.fields if entry.kind in ("text", "address")}
    own = {entry.name for entry in product.words.fields if _is_own(entry)}
    sized = any(kind.startswith("=") for kind in told) and any(bead.kind in own for bead in beads)
    return len(told) > 1 or any(kind in free or kind in own for kind in told) or sized


def _is_own(entry: FieldWords) -> bool:
    """Tell whether a field says who somebody is, so that no two people share it."""
    return (entry.names_person and not _FETCHES.search(entry.label)) or _ID.search(entry.label) is not None


def _beads(product: ProductIndex, seen: Seen) -> Iterator[Bead]:
    """List every value that belongs to somebody: accounts, choices, sizes, names, addresses."""
    free = {entry.name: entry for entry in product.words.fields}
    for account in seen.accounts:
        entry = _field_of(product, account)
        if entry is not None:
            yield Bead(account.start, account.end, entry.name, account.said, account)
    yield from _sizes(product, seen.mentions, seen.amounts)
    for mention in seen.mentions:
        choices = product.choice_words.get(mention.word, [])
        if len(choices) == 1 and mention.word not in product.option_words:
            yield Bead(mention.start, mention.end, choices[0][0], choices[0][1], mention)
    names = names_in(product, seen)
    yield from names
    place = next((entry.name for entry in product.words.fields if entry.kind == "address"), None)
    for (name, said), (start, end) in zip(seen.texts.items(), seen.text_spans, strict=False):
        named = any(start <= bead.start < end for bead in names)
        if not named and name in free and not (names and free[name].names_person):
            yield Bead(start, end, name, said)
        elif name == ADDRESS and place:
            yield Bead(start, end, place, said)
    for start, end, said in seen.more_places if place else ():
        yield Bead(start, end, place or "", said)
    for later in _LATER.finditer(seen.text):
        kind = _WHAT.get((later["what"] or "号")[0])
        taking = [e for e in product.words.fields if e.kind == kind or (kind == "text" and e.names_person)]
        entry = taking[0] if taking else next(iter(product.account_fields), None)
        if entry is not None and not any(later.start() <= account.start < later.end() + 3 for account in seen.accounts):
            yield Bead(later.start(), later.end(), entry.name, _OPEN)


def _field_of(product: ProductIndex, account: Account) -> FieldWords | None:
    entries = [entry for entry in product.account_fields if accept(entry, account.said)]
    return field_for(account, entries) if entries else None


def _sizes(product: ProductIndex, mentions: Iterable[Mention], amounts: Iterable[Amount]) -> Iterator[Bead]:
    """List options and amounts by the SKUs they leave; what excludes each other is of one kind (大人, 小孩)."""
    found: list[tuple[Amount | Mention, frozenset[str]]] = []
    for mention in mentions:
        pair = product.option_words.get(mention.word)
        if pair is not None and mention.word not in product.choice_words:
            skus = (sku for sku in product.words.skus if sku.options.get(pair[0], pair[1]) == pair[1])
            found.append((mention, frozenset(sku.code for sku in skus)))
    for amount in amounts:
        settled = settle(product, amount) if amount.kind != "none" else None
        if (
            settled is not None
            and settled.skus
            and settled.count is None
            and not any(thing.start == amount.start for thing, _ in found)
        ):
            units = f"/{settled.value}" if product.any_sku and settled.value is not None else ""
            found.append((amount, frozenset(f"{sku.code}{units}" for sku in settled.skus)))
    dimensions: list[list[frozenset[str]]] = []
    for thing, codes in sorted(found, key=lambda pair: pair[0].start):
        at = next((i for i, d in enumerate(dimensions) if all(o == codes or not o & codes for o in d)), None)
        if at is None:
            dimensions.append([])
            at = len(dimensions) - 1
        dimensions[at].append(codes)
        yield Bead(thing.start, thing.end, f"={at}", codes, thing)


def _rows(many: Sequence[Bead], several: dict[str, int], text: str) -> list[_Set]:
    """Sets that stand one after the other; none when two ways of cutting are as good."""
    best: list[tuple[tuple[int, int], list[_Set]]] = []
    for kind, count in several.items():
        own = _last_distinct([bead for bead in many if bead.kind == kind], count)
        for forward in (True, False) if len(own) == count else ():
            sets = _cut(many, own, kind, forward=forward)
            if sets is None:
                continue
            filled = sum(len(one.beads) for one in sets)
            starts = [one.span[0] for one in sets[1:] if one.span]
            bounded = sum(_BOUND.search(text[max(0, start - 3) : start]) is not None for start in starts)
            best.append(((filled, bounded), sets))
    best.sort(key=lambda scored: scored[0], reverse=True)
    if not best or (best[0][0][0] <= len(best[0][1]) and len(several) > 1):
        return []
    rivals = [sets for score, sets in best[1:] if score == best[0][0]]
    same = [[bead.value for bead in one.beads.values()] for one in _sorted(best[0][1])]
    if any([[b.value for b in one.beads.values()] for one in _sorted(sets)] != same for sets in rivals):
        return []
    return best[0][1]


def _sorted(sets: Sequence[_Set]) -> list[_Set]:
    return [_Set(dict(sorted(one.beads.items())), one.span) for one in sets]


def _last_distinct(own: Sequence[Bead], count: int) -> list[Bead]:
    """The last so many different values: 一个大人一个小孩，大人的…，小孩的… names them twice."""
    kept: list[Bead] = []
    for bead in reversed(own):
        if any(other.value == bead.value for other in kept):
            break
        kept.append(bead)
    return kept[::-1][-count:]


def _cut(many: Sequence[Bead], own: Sequence[Bead], kind: str, *, forward: bool) -> list[_Set] | None:
    """Cut before (or behind) each value of one kind; None when a part holds two values of another."""
    sets = [_Set() for _ in own]
    edges = [bead.start for bead in own] if forward else [bead.end for bead in own]
    for bead in many:
        at = sum(edge <= bead.start for edge in edges) - 1 if forward else sum(edge < bead.end for edge in edges)
        outside = not 0 <= at < len(own)
        if bead.kind == kind and bead not in own:
            if outside or bead.value == own[at].value:
                continue
            if all(other.kind == kind for other in many if other.start < own[0].start):
                continue  # the list in front
            return None
        if outside:
            return None
        held = sets[at].beads.get(bead.kind)
        if held is not None and held.value != bead.value:
            return None
        sets[at].beads[bead.kind] = bead
    for one in sets:
        one.span = min(b.start for b in one.beads.values()), max(b.end for b in one.beads.values())
    return sets


def _columns(many: Sequence[Bead], several: dict[str, int]) -> list[_Set]:
    """张伟和李娜 4101… 4102…: as many of each, list after list, in the same order."""
    if len(set(several.values())) != 1 or len(several) < 2:
        return []
    lists: dict[str, list[Bead]] = {}
    last = ""
    for bead in many:
        if bead.kind != last and bead.kind in lists:
            return []
        last = bead.kind
        if all(other.value != bead.value for other in lists.setdefault(bead.kind, [])):
            lists[bead.kind].append(bead)
    return [_Set({bead.kind: bead for bead in row}) for row in zip(*lists.values(), strict=True)]


def _led(many: Sequence[Bead], several: dict[str, int]) -> list[_Set]:
    """大人的4101…和4102…，小孩的4103…: each account is that of the last one named before it."""
    if len(several) != 2 or len(set(several.values())) != 2:
        return []
    head, told = sorted(several, key=lambda kind: several[kind])
    leads = _last_distinct([bead for bead in many if bead.kind == head], several[head])
    sets = []
    for bead in (bead for bead in many if bead.kind == told):
        lead = next((one for one in reversed(leads) if one.start < bead.start), None)
        if lead is None:
            return []
        sets.append(_Set({told: bead, head: lead}))
    return sets if len({id(one.beads[head]) for one in sets}) == len(leads) else []


def _counted_out(many: Sequence[Bead], several: dict[str, int], seen: Seen) -> list[_Set]:
    """成人两张儿童一张 4101… 4102… 4103…: as many numbers as were counted, in the order they were counted in."""
    if len(several) != 2 or len(set(several.values())) != 2:
        return []
    head, told = sorted(several, key=lambda kind: several[kind])
    leads = [bead for bead in many if bead.kind == head]
    values = [bead for bead in many if bead.kind == told]
    if len(leads) != several[head] or len(values) != several[told] or leads[-1].end > values[0].start:
        return []
    first, last = leads[0].start - 3, leads[-1].end + 3
    counts = [int(a.number or 1) for a in seen.amounts if a.kind == "count" and first <= a.start and a.end <= last]
    if len(counts) != len(leads) or sum(counts) != len(values):
        return []
    order = [lead for lead, count in zip(leads, counts, strict=True) for _ in range(count)]
    return [_Set({head: lead, told: value}) for lead, value in zip(order, values, strict=True)]


def _drafts(
    product: ProductIndex, seen: Seen, beads: Sequence[Bead], sets: Sequence[_Set], several: dict[str, int], read: Read
) -> list[Draft]:
    """Read each set by itself, with what is said for all of them."""
    counts = _counts(seen, beads, sets)
    if counts is None:
        return []
    shared = [(bead, _owners(product, bead, sets, seen.text)) for bead in beads if bead.kind not in several]
    made = []
    for i, one in enumerate(sets):
        own = [bead for bead in one.beads.values() if bead.value != _OPEN]
        own += [bead for bead, owners in shared if i in owners]
        part = replace(
            seen,
            amounts=[bead.thing for bead in own if isinstance(bead.thing, Amount)],
            mentions=[bead.thing for bead in own if isinstance(bead.thing, Mention)],
            accounts=[],
            texts={},
        )
        drafts = read(product, part)
        if len(drafts) != 1:
            return []
        accounts = [bead.thing for bead in own if isinstance(bead.thing, Account)]
        texts = {bead.kind: str(bead.value) for bead in own if bead.thing is None and bead.kind != _WHO}
        made.append(replace(drafts[0], accounts=accounts, texts=texts, quantity=counts[i]))
    return made


def _owners(product: ProductIndex, bead: Bead, sets: Sequence[_Set], text: str) -> Sequence[int]:
    """Tell whose a value is that was said once: a size, a phone are everybody's; who somebody is, is only his."""
    entry = next((f for f in product.words.fields if f.name == bead.kind), None)
    everybody = range(len(sets))
    at = _home(bead.start, bead.end, sets, text)
    if entry is None and at is not None and not _ALL.search(text[: bead.start]):
        span = sets[at].span or (0, 0)
        heads = at == 0 and bead.start < span[0]  # 成人票4101…和4102…
        if isinstance(bead.thing, Mention) and not heads:
            return (at,)  # 妈妈139…充50慢充
        return [i for i in everybody if i == at or not _says_more(i, sets, text)]
    if entry is None or (entry.kind in _NATURALLY_SHARED and any(one.beads for one in sets)):
        return everybody
    if _ALL.search(text[: bead.start]):
        return everybody
    if at is not None:
        return (at,)
    if not any(one.beads for one in sets):
        return (0,)  # 我和我老婆一人一份，我叫许文
    return () if _is_own(entry) else everybody


def _says_more(i: int, sets: Sequence[_Set], text: str) -> bool:
    """Tell whether words stand with somebody that nothing was made of: they may be a size of his own."""
    spans = sorted(one.span for one in sets if one.span is not None)
    span = sets[i].span
    if span is None:
        return False
    until = min((start for start, _ in spans if start >= span[1]), default=len(text))
    said = text[span[0] : until]
    for bead in sets[i].beads.values():
        said = said.replace(text[bead.start : bead.end], " ")
    return len("".join(re.findall("[\u4e00-\u9fff]+", _PLAIN_WORDS.sub(" ", said)))) > 1


def _home(start: int, end: int, sets: Sequence[_Set], text: str, apart: str = " ") -> int | None:
    """Find the set that something stands in, or right beside: nothing but `apart` may part them."""
    spans = [one.span for one in sets if one.span is not None]
    for i, (first, last) in enumerate(spans):
        if first <= start < last:
            return i
        if start >= last and (i + 1 == len(spans) or end <= spans[i + 1][0]) and _beside(text[last:start], apart):
            return i
        if end <= first and (i == 0 or start >= spans[i - 1][1]) and _beside(text[end:first], apart):
            return i
    return None


def _beside(between: str, apart: str) -> bool:
    return between == apart or not _CUT.search(between)


def _counts(seen: Seen, beads: Sequence[Bead], sets: Sequence[_Set]) -> list[int | None] | None:
    """How many of each; None when the message counts something that the sets do not come to."""
    found: list[int | None] = [None] * len(sets)
    rest: list[int] = []
    used = {bead.start for bead in beads if isinstance(bead.thing, Amount)}
    for amount in seen.amounts:
        if amount.kind != "count" or amount.start in used:
            continue
        number = int(amount.number or 1)
        at = _home(amount.start, amount.end, sets, seen.text, apart="")
        if _EACH.search(seen.text[max(0, amount.start - 5) : amount.start]):
            found = [number] * len(sets)
        elif at is not None and found[at] is None:
            found[at] = number
        else:
            rest.append(number)
    whole = sum(number or 1 for number in found)
    if sum(rest) in (0, whole, len(sets)) or all(number in (1, whole) for number in rest):
        return [number or 1 for number in found] if rest else found  # 考级两个 林小雨五级 陈子涵三级: one for each
    return None
