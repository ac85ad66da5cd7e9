"""What is in a message before it is read as a whole: words, accounts, amounts, and what the buyer took back."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from dataclasses import dataclass, field, replace

from nlu.accounts import Account, find_accounts, spoken_digits
from nlu.amounts import Amount, find_amounts, mark_places_in_time
from nlu.cues import cues_of, unexplained
from nlu.items import ADDRESS
from nlu.lexicon import Lexicon, ProductIndex
from nlu.phrases import Mention
from nlu.regions import without_lead
from nlu.segments import Segment, Segmenter, noun_at, noun_before
from nlu.telling import Piece, tells_when, told, unwanted
from nlu.text import as_written, lower, normalise_keeping_case
from nlu.words import GENERIC_TAILS, TOO_GENERIC


@dataclass(frozen=True, slots=True)
class Ref:
    """Words that point at a product: settled (`product`), one of several (`candidates`), or something not sold here."""

    start: int
    end: int
    word: str
    product: str | None = None
    candidates: tuple[str, ...] = ()
    foreign: bool = False
    weak: bool = False
    """Only suggested by a short name nearly typed: it stays a candidate, even alone."""

    @property
    def pid(self) -> str:
        """The product's id; "" when none is settled."""
        return self.product or ""


@dataclass(slots=True)
class Seen:
    """Everything found in one message, before it is read as a whole."""

    text: str
    cased: str
    mentions: list[Mention] = field(default_factory=list)
    refs: list[Ref] = field(default_factory=list)
    amounts: list[Amount] = field(default_factory=list)
    accounts: list[Account] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    text_spans: list[tuple[int, int]] = field(default_factory=list)
    """Where addresses and other free text stand."""
    more_places: list[tuple[int, int, str]] = field(default_factory=list)
    """Where further addresses stand, and what they are: one parcel to each of two people."""
    aside: list[Mention] = field(default_factory=list)
    """Choices said by the way, or of one of several people: 大人的4101…，小孩的4102…."""
    unplaced: bool = False
    """Goods are named that the shop does not know: a unit must not stand for one of its own."""
    segmenter: Segmenter | None = None
    _segments: list[Segment] | None = None
    _told: list[Piece] | None = None

    @property
    def told(self) -> list[Piece]:
        """The pieces of the message that tell of something and ask for nothing; free text is no talk."""
        if self._told is None:
            spans = [*self.text_spans]
            pieces = told(self.text)
            chosen = [(m.start, m.end) for m in self.mentions if m.entry.options or m.entry.choices]
            for piece in pieces:
                times = tells_when(
                    self.text[slice(*piece)].strip()
                )  # 周三晚上: a choice of theirs, or all that is said
                if times and (len(pieces) == 1 == len(_CLAUSE.findall(self.text)) or _inside_any(piece, chosen)):
                    spans.append(piece)
            self._told = [p for p in pieces if not any(s < p[1] and p[0] < e for s, e in spans)]
        return self._told

    def tells(self, place: int) -> bool:
        """Tell whether what stands here is only told of."""
        return any(start <= place < end for start, end in self.told)

    @property
    def segments(self) -> list[Segment]:
        """The message's words (jieba), split when first asked for and at most once."""
        if self._segments is None:
            self._segments = self.segmenter.split(self.text) if self.segmenter else []
        return self._segments


_CLAUSE = re.compile(r"[^,，。;；!！?？\n~]+")


def _inside_any(piece: Piece, spans: list[Piece]) -> bool:
    return any(piece[0] <= start and end <= piece[1] for start, end in spans)


def remarks(seen: Seen, told_of: list[Piece]) -> list[Piece]:
    """List the clauses whose numbers say something by the way (我手机是小米14): no goods, and no word of asking, stand there.

    A number among other words asks for something only beside a verb; it is no remark when nothing else is asked for.
    """
    if len(seen.amounts) < 1 or (len(seen.amounts) < 2 and not seen.refs and not seen.accounts):
        return []
    clauses = [m.span() for m in _SPOKEN.finditer(seen.text)]
    if len(clauses) < 2:
        return []
    sold = any(ref.product or ref.candidates for ref in seen.refs)
    placed = (
        [(ref.start, ref.end) for ref in seen.refs if not (sold and ref.foreign)]
        + [(a.start, a.end) for a in seen.accounts]
        + seen.text_spans
    )
    placed += [(m.start, m.end) for m in seen.mentions if m.entry.options or m.entry.choices]
    placed += [(a.start, a.end) for a in seen.amounts if a.word]
    found, asks = [], False
    for start, end in clauses:
        if any(start <= piece[0] < end for piece in told_of):
            continue
        amounts = [a for a in seen.amounts if start <= a.start < end]
        if any(start < e and s < end for s, e in placed):
            asks = True
        elif amounts:
            if (
                start
                and seen.text[start - 1] == " "
                and sum("\u4e00" <= c <= "\u9fff" for c in seen.text[start:end]) < 3
            ):
                continue
            said = _blanked(seen.text, start, end, amounts)
            if _SOME_OTHER_TIME.match(said) or _counts_others(said, amounts):
                found.append((start, end))
            elif unexplained(said) < REMARK or _ASKS_FOR.search(said):
                asks = asks or any(a.kind != "none" for a in amounts)
            else:
                found.append((start, end))
    return found if asks else []


_SOME_OTHER_TIME = re.compile(
    r"(?:行的话|好的话|可以的话|没问题的话|等|晚上|明天|后天|下[次回周]|下个?月|以后|回头|改天|月底)[^ＶＱ]{0,8}(?:再[充冲来买要]|[充冲]Ｖ)"
)
"""先充20，晚上发工资再充100: the rest is for another time."""


def _counts_others(said: str, amounts: list[Amount]) -> bool:
    """Tell whether a clause begins with a thing that this shop does not know, and counts that: 球拍租两把."""
    thing = noun_at(said, 0)
    return bool(thing) and all(a.kind == "count" for a in amounts) and said[len(thing) : len(thing) + 1] not in "的们"


_SPOKEN = re.compile(r"(?:[^,，。;；!！?？\n~ ]| (?![\u4e00-\u9fff]{2})|(?<=[^\u4e00-\u9fff]{2}) )+")
REMARK = 2
"""So many characters that are no words of buying make a clause with a number, and no goods, a remark."""
_ASKS_FOR = re.compile(
    "(?:[充冲来要买拿订租报交缴续开办整搞给加]|改[成为到]|换成?|[各都也]|一样)(?:个|一下|点|你)?[ＶＱ]|[ＶＱ]的?(?:就够|就行|就好|试试|吧$|呗$)|帮我|给我|给.{1,6}Ｖ|Ｖ.{0,2}给|[充冲交](?![了过的])"
)
_LETTERS = {"value": "Ｖ", "months": "Ｖ", "count": "Ｑ"}


def _blanked(text: str, start: int, end: int, amounts: list[Amount]) -> str:
    parts, place = [], start
    for amount in amounts:
        parts += [text[place : amount.start], _LETTERS.get(amount.kind, "Ｎ")]
        place = max(place, amount.end)
    return "".join([*parts, text[place:end]])


def look(message: str, lexicon: Lexicon) -> Seen:
    """Find words, accounts and amounts; nothing is interpreted yet."""
    cased = normalise_keeping_case(message)
    return look_at(as_written(message, cased), lower(cased), lexicon)


def look_at(cased: str, text: str, lexicon: Lexicon) -> Seen:
    """Find words, accounts and amounts in a message in plain form, with capitals and without."""
    if _BIG_SMALL.search(text):
        cased, text = _sized(cased, lexicon), _sized(text, lexicon)
    seen = Seen(text, cased, segmenter=lexicon.words)
    taken = bytearray(len(text))
    seen.texts = _texts(seen, lexicon, taken)
    seen.mentions = [
        m for m in lexicon.phrases.find(text) if not any(taken[m.start : m.end]) and not _cut_out(seen, m, lexicon)
    ]
    if not any(mention.entry.means_things for mention in seen.mentions):
        seen.mentions += lexicon.near.find(text, seen.mentions, seen.segments)
        seen.mentions.sort(key=lambda mention: mention.start)
    for mention in seen.mentions:
        if mention.entry.means_things or mention.entry.options or mention.entry.choices:
            taken[mention.start : mention.end] = b"\x01" * (mention.end - mention.start)
    mark_places_in_time(text, taken)
    seen.accounts = find_accounts(text, cased, lexicon, taken)
    seen.mentions = [m for m in seen.mentions if not any(a.start < m.end and m.start < a.end for a in seen.accounts)]
    seen.mentions = [m for m in seen.mentions if m.entry.means_things or not _PRAISE.search(text[: m.start][-2:])]
    seen.amounts = find_amounts(
        text, seen.mentions, lexicon, taken, lambda start, end: inside_longer(seen, lexicon, start, end)
    )
    seen.refs = _refs(seen, lexicon)
    seen.refs = _without_options(seen, lexicon)
    seen.refs = _with_own_clauses(seen, lexicon)
    _mend_tail(seen)
    for start, end in remarks(seen, seen.told):
        seen.amounts = [replace(a, kind="none") if start <= a.start < end else a for a in seen.amounts]
        said = seen.text[start:end]
        if not _MAY_ASK.search(said) and _SERVED.isdisjoint(cues_of(said)):
            seen.told.append((start, end))
    for start, end in _choices_by_the_way(seen):
        seen.aside += [m for m in seen.mentions if start <= m.start < end and not m.entry.means_things]
        seen.mentions = [m for m in seen.mentions if not start <= m.start < end or m.entry.means_things]
        seen.amounts = [a for a in seen.amounts if not start <= a.start < end]
    return seen


def _choices_by_the_way(seen: Seen) -> list[Piece]:
    """List clauses of other talk whose option is said again beside the goods: 桌子离插座1米5，数据线买2米的."""
    chosen = [m for m in seen.mentions if _chooses(m) and not m.entry.means_things]
    if len(chosen) < 2 or not any(ref.product for ref in seen.refs):
        return []
    found = []
    for start, end in (match.span() for match in _CLAUSE.finditer(seen.text)):
        own = [m for m in chosen if start <= m.start < end]
        names = {name for m in own for name in _slot_names(m)}
        others = [m for m in chosen if not start <= m.start < end]
        again = any(names.intersection(_slot_names(m)) for m in others)
        again |= any(
            set(m.entry.skus).intersection((*one.entry.skus, *one.entry.owners)) for m in own for one in others
        )
        if own and again and not any(start <= ref.start < end and not ref.foreign for ref in seen.refs):
            slots = [Amount(m.start, m.end, "none") for m in own]
            slots += [Amount(r.start, r.end, "none") for r in seen.refs if start <= r.start < end]
            slots += [a for a in seen.amounts if start <= a.start < end]
            said = _blanked(seen.text, start, end, sorted(slots, key=lambda a: a.start))
            elsewhere = any(start <= ref.start < end for ref in seen.refs)  # 电脑是win10家庭版
            if unexplained(said) >= REMARK + (not elsewhere) and not _ASKS_FOR.search(said):
                found.append((start, end))
    return found


_SERVED = frozenset(
    ("invoice", "refund", "keys", "human", "not_arrived", "paid", "wrong", "balance", "batch", "resend")
)
"""What a shop is asked for beside goods: a clause with such a word is no remark."""
_MAY_ASK = re.compile(r"[?？吗么呢没不]|怎么|咋|什么|啥|哪|多少|几|能|可以|想|要|到账|退|查|错|还没")


_TAIL = re.compile(
    r"(?:不对|错了?|不是)[^\d]{0,6}?(?:最后|末尾|尾号|后面)(?:[两三四2-4]位)?(?:数字?)?(?:应该)?(?:是|为)?\s*"
    r"(\d{2,4}|[零〇一二三四五六七八九幺]{2,4})(?![\d零〇一二三四五六七八九幺十百千块元])"
)


def _mend_tail(seen: Seen) -> None:
    """一三七…三三零零，哎不对，最后是三三一一: the account as it ends in truth."""
    match = _TAIL.search(seen.text) if len(seen.accounts) == 1 else None
    if match is None or match.start() < seen.accounts[0].end:
        return
    (tail,) = [match[1]] if match[1].isdigit() else spoken_digits(match[1]) or [""]
    account = seen.accounts[0]
    if tail and len(account.said) > len(tail):
        seen.accounts = [replace(account, said=account.said[: -len(tail)] + tail)]
        seen.amounts = [a for a in seen.amounts if not match.start(1) <= a.start < match.end(1)]


def _with_own_clauses(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """采耳一张，再来一张盐搓的: what only one other product offers, counted in a clause of its own, names that product."""
    named = {ref.product for ref in seen.refs if ref.product}
    if not named or not any(amount.kind == "count" for amount in seen.amounts):
        return seen.refs
    more = []
    for match in _OWN_CLAUSE.finditer(seen.text):
        start, end = match.span()
        if any(start <= ref.start < end for ref in seen.refs):
            continue
        counted = any(a.kind == "count" and start <= a.start < end for a in seen.amounts)
        for mention in seen.mentions:
            if start <= mention.start < end and counted and not mention.entry.means_things:
                owners = () if mention.entry.choices else mention.entry.owners or tuple(mention.entry.skus)
                if len(set(owners)) == 1 and owners[0] not in named and owners[0] in lexicon.products:
                    more.append(Ref(mention.start, mention.end, mention.word, owners[0]))
                    named.add(owners[0])
    return sorted([*seen.refs, *more], key=lambda ref: ref.start)


_OWN_CLAUSE = re.compile(r"(?:(?!还有|另外|再来|再要|以及|加(?![油急上微]))[^,，。;；、!！\n+])+")


_BIG_SMALL = re.compile(r"([一二两三四五六\d])大\s*([一二两三四五六\d])小(?![时号区])")


def _sized(text: str, lexicon: Lexicon) -> str:
    """Write 两大一小 as the tickets it means, where the catalog has them for grown-ups and for children."""
    match = _BIG_SMALL.search(text)
    if match is None or lexicon.phrases.get(match[0]):
        return text
    grown, child = (
        next((w for w in words if (entry := lexicon.phrases.get(w)) and (entry.options or entry.skus)), "")
        for words in (("成人", "大人", "成人票"), ("儿童", "小孩", "儿童票"))
    )
    made = f"{grown}{match[1]}张{child}{match[2]}张"
    return text[: match.start()] + made + text[match.end() :] if grown and child else text


def inside_longer(seen: Seen, lexicon: Lexicon, start: int, end: int) -> str:
    """Give the longer word of the language that [start, end) is cut out of: 和平 of 和平路, 三 of 三国. Else ""."""
    if not lexicon.words.may_be_inside(seen.text, start, end):
        return ""
    for begin, stop, word in seen.segments:
        if begin <= start and end <= stop and stop - begin > end - start and lexicon.words.knows(word):
            return word
    return ""


_HAN_BOTH = re.compile(r"[\u4e00-\u9fff]{2}")
_DONE = ("了", "掉", "过", "在", "着")
_PLACE_TAIL = re.compile("路|街|巷|镇|村|大道|小区|花园|公园|广场|地铁站|车站")


def _cut_out(seen: Seen, mention: Mention, lexicon: Lexicon) -> bool:
    """Tell whether a short catalog word is merely the head of another word: 京东 of 京东方, 和平 of 和平路."""
    start, end = mention.start, mention.end
    if not mention.exact and len(mention.word) == 2 and mention.word[1] == "的":
        return True  # 一百块的 asks for no 快的
    if mention.word in lexicon.tails and mention.exact and not mention.entry.products:
        before = seen.text[max(0, start - 2) : start]
        if _HAN_BOTH.fullmatch(before) and unexplained(before) == 2:
            return True  # 乒乓球场地, where 球场地 is the end of 羽毛球场地
        return any(stop == start and stop - begin > 1 for begin, stop, _ in seen.segments)  # 东方航空券 of 南方航空券
    if (
        seen.text[start] == "个"
        and start
        and (seen.text[start - 1].isdigit() or seen.text[start - 1] in "一二两三四五六七八九十几俩")
    ):
        return True  # 个人 of 4个人
    if end - start > 3 or not "\u4e00" <= seen.text[start] <= "\u9fff":
        return False
    if mention.entry.products and end - start == 2 and _PLACE_TAIL.match(seen.text, end):
        return True
    if not mention.exact and seen.text[end : end + 1] in _DONE:
        return True  # 花费了300: spends, and tops up nothing
    longer = inside_longer(seen, lexicon, start, end)
    if not longer or lexicon.phrases.get(longer) is not None:
        return False
    head, _, tail = longer.partition(seen.text[start:end])
    head = head.strip("一")  # 一整套 is 整套
    # A head before it leaves the same thing (鲜牛奶 is 牛奶), and so does a generic tail (电影票 is about 电影).
    return bool(tail and tail not in GENERIC_TAILS) or (bool(head) and not mention.entry.means_things)


_PRAISE = re.compile("(?:很|太|挺|真|非常|不够)$")
"""很专业 praises; it does not choose the 专业版."""
_PLACE = re.compile(
    r"[\u4e00-\u9fff\da-z]{1,12}?(?:省|市|自治区|区|县|镇|乡|村|街道|大道|路|街|巷|弄|小区|花园|苑|大厦|广场|栋|幢|号楼|单元|室|号院|学校|大学|宿舍|公寓)"
)
_PLACE_HINT = re.compile("[省市区县镇乡村路街巷弄栋幢苑]|小区|花园|大厦|广场|单元|学校|大学|公寓|宿舍|地址|寄到|送到")
_ADDRESS_CUE = re.compile(
    r"(?:收货地址|地址|寄到|寄给|送到|邮寄到|发到|快递到|发货到|寄(?=[:\s]|[\u4e00-\u9fff]{2,3}[省市区县]))(?:改成|改为|改到|换成|换到|应该是|错了|是|为|写|[:,，\s])*"
)
_RECIPIENT = (
    r"(?:(?:收件人|收货人|联系人|姓名|名字|联系电话|联系方式|手机号码?|手机|电话|tel)(?:是|为|[:=\s])*"
    r"(?:1[3-9]\d(?:[ -]?\d{4}){2}|[\u4e00-\u9fff]{2,4}(?![\u4e00-\u9fff]))|1[3-9]\d(?:[ -]?\d{4}){2}(?!\d)"
    r"|(?:(?<![\u4e00-\u9fff])|(?<=[寄送发]给))[\u4e00-\u9fff]{2,3}(?:收|先生|女士)?(?=[\s,，、]*1[3-9]\d)|(?<=[\d\s,，][\s,，、])[\u4e00-\u9fff]{2,3}收?(?=$|[\s,，。]))"
)
_RECIPIENT_AFTER = re.compile(rf"(?:[\s,，、;；]{{0,4}}{_RECIPIENT}){{1,6}}")
_RECIPIENT_BEFORE = re.compile(
    rf"(?:{_RECIPIENT}[\s,，、;；]{{0,4}}){{1,6}}(?:(?:收货)?地址(?:是|为|[:\s])*|寄到|送到)?$"
)
"""Name and phone beside an address belong to it: a parcel needs them as much as the street."""


def _texts(seen: Seen, lexicon: Lexicon, taken: bytearray) -> dict[str, str]:
    """Read addresses and other free text that the catalog asks for, when the message says which it is."""
    texts: dict[str, str] = {}
    names = lexicon.field_names.get("address")
    if names:
        span = address_span(seen.text)
        if span and not (lexicon.names_goods(seen.text[slice(*span)]) and not _ADDRESS_CUE.search(seen.text)):
            texts[ADDRESS] = seen.cased[span[0] : span[1]]
            taken[span[0] : span[1]] = b"\x01" * (span[1] - span[0])
            seen.text_spans.append(span)
            while (further := address_span(seen.text[span[1] :])) is not None and further[1]:
                span = span[1] + further[0], span[1] + further[1]
                seen.more_places.append((*span, seen.cased[span[0] : span[1]]))
                taken[span[0] : span[1]] = b"\x01" * (span[1] - span[0])
    for label, name in lexicon.text_cues:
        place = seen.text.find(label)
        while place >= 0 and name not in texts:
            match = _TEXT_SAID.match(seen.text, place + len(label))
            if match is None and label in lexicon.person_cues:
                match = _NAME_BESIDE.match(seen.text, place + len(label))
                match = None if match and lexicon.words.knows(match[1]) and not re.match(_SURNAME, match[1]) else match
            elif match is None and len(label) >= 3:  # 常用英雄李白
                match = _TEXT_BESIDE.match(seen.text, place + len(label))
                match = None if match and _NO_TEXT.search(match[1]) else match
            if match and not any(taken[match.start(1) : match.end(1)]):
                texts[name] = seen.cased[match.start(1) : match.end(1)].strip(_QUOTES)
                taken[match.start(1) : match.end(1)] = b"\x01" * (match.end(1) - match.start(1))
                seen.text_spans.append(match.span(1))
            place = seen.text.find(label, place + 1)
    for head, name in lexicon.written_on:
        match = re.search(
            rf"{re.escape(head)}(?:上面?|要|就|请|帮我|给我|的字)*(?:写|印|刻|题)(?:上|着|个|一句|成|:|是)*([^,，。;；!！?？\n]{{1,40}})",
            seen.text,
        )
        asks = match is not None and _NO_TEXT.match(match[1])
        if match and not asks and name not in texts and not any(taken[match.start(1) : match.end(1)]):
            texts[name] = seen.cased[match.start(1) : match.end(1)].strip(_QUOTES)
            taken[match.start(1) : match.end(1)] = b"\x01" * (match.end(1) - match.start(1))
            seen.text_spans.append(match.span(1))
    if lexicon.person_field and lexicon.person_field not in texts:
        for match in (*_CALLED.finditer(seen.text), *_STANDING_NAME.finditer(seen.text)):
            if (
                not any(taken[match.start() : match.end()])
                and not lexicon.words.knows(match[0])
                and not lexicon.phrases.find(match[0])
            ):
                texts[lexicon.person_field] = seen.cased[match.start() : match.end()]  # 普通话报名 王小丽 东校区
                taken[match.start() : match.end()] = b"\x01" * len(match[0])
                seen.text_spans.append(match.span())
                break
    return texts


_TEXT_SAID = re.compile(
    r"(?:号码?)?(?:(?:写|填)?错了|不对)?[,，\s]*(?:应该是|是|为|换成|改成|改为|叫|写着?|印|刻|[:=])\s*"
    r"((?:(?!\s+(?:\d{6}|身份证|电话|手机|qq|邮箱|地址|账号|卡号))[^,，。;；!！?？\n]){1,40})"
)
_QUOTES = " \"'“”‘’「」『』《》"
_NAME_BESIDE = re.compile(r"\s*([\u4e00-\u9fff]{2,4})(?=$|[,，。;；!！\s\d])")
_SURNAME = r"(?:欧阳|司马|上官|诸葛|夏侯|皇甫|尉迟|令狐|[王李张刘陈杨黄赵吴周徐孙马朱胡郭何高林罗郑梁谢宋唐许韩冯邓曹彭曾肖田董袁潘于蒋蔡余杜叶程苏魏吕丁任沈姚卢姜崔钟谭陆汪范金石廖贾夏韦付方白邹孟熊秦邱江尹薛闫段雷侯龙史陶黎贺顾毛郝龚邵万钱严武戴莫孔向汤])"
_STANDING_NAME = re.compile(rf"(?<=[\s,，])(?!杨柳|高高|何时|马上|钱包){_SURNAME}[\u4e00-\u9fff]{{1,2}}(?=[\s,，]|$)")
"""A name between spaces: a common surname and one or two characters."""
_CALLED = re.compile(
    rf"(?:(?<=叫)|(?<=叫做)|(?<=叫:)|(?<=叫,)|(?<=叫,[嗯呃额哦],)|(?<=叫[嗯呃额]))(?!车|人|我|你|他){_SURNAME}[\u4e00-\u9fff]{{1,2}}(?=$|[,，。;；!！\s\d的])"
)
"""孩子叫赵一诺; 名字叫，嗯，白鹿"""
_TEXT_BESIDE = re.compile(r"\s*([^,，。;；!！?？\s]{1,16})(?=$|[,，。;；!！\s])")
_NO_TEXT = re.compile("怎么|什么|哪|吗|填|咋|多少|要|写|不|错")


_NO_DISTRICT = re.compile(r"(?:^|[^\u4e00-\u9fff])[\u4e00-\u9fff\da-z]区$")
"""美区, A区: no place of an address."""
_BESIDE = re.compile(
    r"(?:\s?(?:[\u4e00-\u9fffa-z]{0,8}?(?:专卖店|驿站|便利店|超市|酒店|饭店|店(?!长)|博物馆|图书馆|体育馆|馆|中心|医院|银行|写字楼|公司|前台|收发室|门卫室?|物业|门口)"
    r"(?:的?(?:旁边?|对面|附近|门口|楼[上下]|隔壁))?|[\u4e00-\u9fffa-z]{2,8}?(?:旁边?|对面|附近|隔壁)|[一二三四五六七八九十\d]{1,2}期|[a-z\d]{1,3}(?:座|层|楼|室|号))){1,3}"
)
"""What stands beside the street's number tells where: 92号 佳能专卖店, 夫子庙博物馆旁."""


def _together(places: list[re.Match[str]], text: str, cued: bool) -> list[re.Match[str]]:
    """Give the first stretch of places that nothing but words of one clause lies between: two of them, unless `cued`."""
    stretch: list[re.Match[str]] = []
    for place in places:
        if stretch and (
            _STOPS.search(text[stretch[-1].end() : place.start()] + place[0][:1])
            or place.start() - stretch[-1].end() > 14
        ):
            if cued or len(stretch) > 1:
                return stretch
            stretch = []
        stretch.append(place)
    return stretch


_STOPS = re.compile("[,，。;；!！?？\n]")


def address_span(text: str) -> tuple[int, int] | None:
    """Find a postal address: what follows a cue, or a stretch with at least two kinds of place words."""
    if not _PLACE_HINT.search(text):
        return None
    cue = _ADDRESS_CUE.search(text)
    start = cue.end() if cue else 0
    places = _together([p for p in _PLACE.finditer(text, start) if not _NO_DISTRICT.search(p[0])], text, bool(cue))
    if not places or (len(places) < 2 and not (cue and places[0].start() == start)):
        return None
    first = places[0].start()
    verb = re.search(r"(?:寄到|送到|寄|送|到|在|给)(?=[\u4e00-\u9fff]{2})", text[first : places[0].end()])
    if verb and not cue:
        first += verb.end()
    end = places[-1].end()
    tail = re.match(
        r"(?:[\u4e00-\u9fff\da-z-]*?(?:\d+(?:号楼|号|栋|室|单元|楼|层|幢|座)*|[a-z]座|[一二三四五六七八九十百零]+(?:号楼|号|栋|室|单元|楼|层|幢|座)+)(?![\d]))+",
        text[end:],
    )
    if tail and len(tail[0]) <= 14 and not re.search(r"1[3-9]\d{9}", tail[0]):
        end += tail.end()
    beside = _BESIDE.match(text, end)
    end = beside.end() if beside else end
    around = _RECIPIENT_AFTER.match(text, end)
    if around:
        end = around.end()
    whom = _RECIPIENT_BEFORE.search(text[:first])
    if whom and re.search(r"1[3-9]\d|收[件货]人|联系人|姓名", whom[0]):
        first = whom.start()
    return first + without_lead(text[first:end]), end


_FOREIGN_TAIL = re.compile("|".join(sorted(GENERIC_TAILS, key=len, reverse=True)))


_OTHER_GOODS = re.compile(
    "体育|皮肤|手办|周边|手柄|主机|攻略|加速器|外挂|脚本|课(?!时)|培训|拍(?![照摄个张])|鞋|球衣|泳衣|泳镜|白条|股票|股价|杯子|保温杯|蛋糕|月饼|咖啡豆"
    "|咖啡机|充电器|充电头|插头|耳机|手机壳|电脑|平板|电视(?!上)"
)
"""What makes something else of a product's name that stands before it."""


def _refs(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    refs: list[Ref] = []
    for mention in seen.mentions:
        entry = mention.entry
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
        if not entry.means_things or (mention.word in TOO_GENERIC and not entry.products and len(entry.categories) < 2):
            continue
        pids = entry.products or list(dict.fromkeys([*entry.categories, *entry.shorthand]))
        weak = mention.weak or (len(pids) == 1 and _of_other_kind(seen, mention, lexicon.products[pids[0]]))
        weak = weak or (len(pids) > 1 and _named_by_strangers(seen, mention))
        single = pids[0] if len(pids) == 1 and not weak else None
        refs.append(Ref(mention.start, mention.end, mention.word, single, () if single else tuple(pids), weak=weak))
    return _merged(refs, seen.text)


_RANK = re.compile(r"\d{1,2}(?=[,，。\s]|$)")


def _of_other_kind(seen: Seen, mention: Mention, product: ProductIndex) -> bool:
    """Tell whether another thing's word makes this the end of another name: 声乐体验课 is no 钢琴体验课."""
    if mention.word == product.names[0] or not product.names[0].endswith(mention.word):
        return False
    if any(m.end == mention.start for m in seen.mentions):
        return False
    before = noun_before(seen.text, mention.start)
    return bool(before) and not any(before in word for word in product.all_words)


def _named_by_strangers(seen: Seen, mention: Mention) -> bool:
    """迪卡侬礼品卡: a kind of goods right behind a name that nobody here knows."""
    before = seen.text[max(0, mention.start - 3) : mention.start]
    return (
        _NAME_BEFORE.search(before) is not None
        and unexplained(before) >= 2
        and not any(m.end == mention.start for m in seen.mentions)
    )


_NAME_BEFORE = re.compile(r"[\u4e00-\u9fff]{2}(?<![的了过个张点])$")
_LATIN = re.compile(r"(?!s?vip|pro)[a-z]{3,}(?=会员|卡|券|码|套餐|服务)")


def _of_other_goods(seen: Seen, mention: Mention, lexicon: Lexicon) -> int:
    """Give where the name of other goods ends that begins with a name of ours (王者皮肤, 京东plus会员); 0 when none does."""
    entry, end = mention.entry, mention.end
    pids = entry.products or entry.shorthand
    if not pids or any(m.start == end for m in seen.mentions):
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
            and text[before.end : ref.start] != "上"
        ):
            kept[-1] = replace(before, end=ref.end) if kept and kept[-1] is before else kept[-1]
            continue  # 瑞幸咖啡券 is not the coffee voucher on sale here
        if ref.foreign and any(r.product and ref.start == r.end for r in refs):
            continue
        kept.append(ref)
    products = {ref.product for ref in kept if ref.product}
    return [ref for ref in kept if not (ref.candidates and products.intersection(ref.candidates))]


def _without_options(seen: Seen, lexicon: Lexicon) -> list[Ref]:
    """科目二练车 手动挡: what is an option of the goods named beside it is no product of its own."""
    pids = {ref.pid for ref in seen.refs if ref.product}
    kept = []
    for ref in seen.refs:
        option = next((w for pid in pids - {ref.pid} if (w := _as_said(ref.word, lexicon.products[pid]))), "")
        if ref.product and option:
            entry = lexicon.phrases.get(option)
            seen.mentions += [Mention(ref.start, ref.end, option, entry)] if entry else []
        else:
            kept.append(ref)
    return kept


def _as_said(word: str, product: ProductIndex) -> str:
    """Give the word of an option or choice that a product's name is, begins with, or begins."""
    if len(word) < 2 or word in product.names:
        return ""
    words = (*product.option_words, *product.choice_words)
    return next((w for w in words if len(w) > 1 and (w.startswith(word) or word.startswith(w))), "")


_NEGATED = re.compile(
    r"(?<![要是])(?:not|不要|莫[充买要搞弄]|唔好|唔系(?!\s)|不是|不用|(?<![分区特个级])别(?:给我|帮我)?(?:弄|搞|充|冲|整|买|要|发|报|租|订|拍|选|拿|来|换|开|办|洗|做|用|寄|送)?(?:成|错)?|用不着|犯不着|没必要|取消|去掉|删掉?|不想要|不买|别给我|除了|而不是|不[来充选冲租订报约拍办考学换看发寄送做洗]|唔要|不需要)(?:(?:那个|这个|充|买|来|给|冲|选|整|要|到|我的?)*|了)\s*$"
)
_DECLINED = re.compile(
    r"\s*(?:的|那[个张份])?(?:就|都|我|先)?(?:不要(?:了|(?=$|[\s,，。;；!！]))|不用了|别[要买充]了|不[买充冲租订报约拍考学]了|算了)"
)
_TAKEN_BACK = re.compile(
    r"\s*(?:块|元|的|那个|卡)?[,，]?\s*(?:我)?(?:不要(?:了|(?=$|[\s,，。;；!！要换改充来给]))|说错|错了|不对|太[多贵]|不够|就不|算了)"
)
_CORRECTION = re.compile(
    r"不对|唔系|唔啱|(?<=[,，。 ])不(?=[,，。 ])|不是(?!这|那|吗|说)|说错|打错|写错|搞错|弄错|错了|算了|哦不|啊不|噢不|不不|改成?|换成|换(?=大|小|年|月|季|专|家|快|慢|苹|安)|改为|改到|还是(?!有|没|那)|等等|等一下|等下|应该是|更正|口误|不好意思"
)


def drop_taken_back(seen: Seen) -> None:
    """Apply negation (不要年卡) and correction (充50…不对充100): what was taken back is no longer there."""
    among = seen.text.find("其中")
    if among > 0:  # 3张，其中1张学生票: speaks of a part, and a part is not asked for by itself
        seen.amounts = [amount for amount in seen.amounts if amount.start < among]
        seen.mentions = [m for m in seen.mentions if m.start < among or m.entry.means_things]
    _drop_what_is_told(seen)
    refused_options = {m.end for m in seen.mentions if m.entry.owners and negated(seen.text, m.start)}
    refused = [ref for ref in seen.refs if negated(seen.text, ref.start) or ref.start in refused_options]
    seen.refs = [ref for ref in seen.refs if ref not in refused]
    seen.amounts = [a for a in seen.amounts if not any(0 <= a.start - ref.end <= 1 for ref in refused)]  # 不是steam50
    declined = {a.said for a in seen.accounts if _NOT_FOR.match(seen.text, a.end)}
    if not declined.issuperset(a.said for a in seen.accounts):  # 138…的不要了: that number and all that was for it
        seen.accounts = [a for a in seen.accounts if a.said not in declined]
    mixed = {a.said for a in seen.accounts if _NOT_MIXED.match(seen.text, a.end)}
    if not mixed.issuperset(a.said for a in seen.accounts):  # 我媳妇那个号是139…，别充错了
        seen.accounts = [a for a in seen.accounts if a.said not in mixed]
    _drop_by_place(seen)
    _drop_own_number(seen)
    gone = {a.said for a in seen.accounts if negated(seen.text, a.start)}
    seen.refs = [
        ref
        for ref in seen.refs
        if not any(
            _EXCHANGED.fullmatch(seen.text[ref.end : other.start]) for other in seen.refs if other.start > ref.end
        )
    ]
    meant = [a for a in seen.accounts if a.said not in gone]  # 除了138…都充50: wherever it was said
    seen.accounts = meant or seen.accounts  # 是139…不是138…
    _drop_declined_goods(seen)
    seen.amounts = [a for a in seen.amounts if not negated(seen.text, a.start) and not _taken_back(seen, a)]
    lacking = [a for a in seen.amounts if _LACKING.search(seen.text[: a.start]) and _INSTEAD.match(seen.text, a.end)]
    seen.amounts = [a for a in seen.amounts if a not in lacking]  # 要是没有50的就来100的
    gone_options = [
        m
        for m in seen.mentions
        if (m.entry.options or m.entry.choices)
        and (negated(seen.text, m.start) or (_DECLINED.match(seen.text, m.end) and len(seen.mentions) > 1))
    ]
    seen.mentions = [m for m in seen.mentions if m not in gone_options]
    _drop_counted_before(seen)
    _drop_weighed(seen)
    _drop_by_owner(seen)
    for match in _CORRECTION.finditer(seen.text):
        _correct(seen, match.start(), match.end())


_LACKING, _INSTEAD = re.compile(r"没有?\s*$"), re.compile(r"\s*的?(?:的话|了|货)?[,，\s]*(?:那|我)?就")
_EXCHANGED = re.compile(r"\s*的?(?:那个)?(?:换|改|换成|改成|改为)\s*(?:个|了)?")


def _drop_what_is_told(seen: Seen) -> None:
    """Leave out what is only told of (优酷还没到期，续爱奇艺), where the rest of the message asks for something itself."""
    if not seen.told:
        return
    asked = [ref for ref in seen.refs if not seen.tells(ref.start)]
    amounts = [a for a in seen.amounts if not seen.tells(a.start) and a.kind != "none"]
    mentions = [m for m in seen.mentions if not seen.tells(m.start)]
    for_whom = [account for account in seen.accounts if not seen.tells(account.start)]
    seen.accounts = for_whom or seen.accounts  # 我自己138…不用充，给139…充50
    if any(ref.product or ref.candidates for ref in asked):
        slots = {name for mention in mentions for name in _slot_names(mention)}
        standing = [m for m in seen.mentions if m.entry.choices and slots.isdisjoint(_slot_names(m))]  # 我现在是钻石
        seen.refs, seen.amounts = asked, amounts
        seen.mentions = [m for m in seen.mentions if m in mentions or m in standing]
        return
    if mentions or amounts or seen.accounts:
        more = _MORE_OF_IT.search(seen.text) if not any(ref.product for ref in asked) else None  # 有30个了，再来70个
        pieces = [
            p for p in seen.told if unwanted(seen.text[slice(*p)].strip()) and not (more and p[1] <= more.start())
        ]
        seen.refs = [ref for ref in seen.refs if not any(start <= ref.start < end for start, end in pieces)]
    chosen = any(_chooses(m) for m in mentions)
    if any(amount.kind != "count" for amount in amounts) or (chosen and for_whom):  # 昨天买了2张80的，再来1张180的
        seen.amounts = amounts
    if chosen:
        seen.mentions = [m for m in seen.mentions if m in mentions or m.entry.means_things]


_MORE_OF_IT = re.compile(r"(?:再|还[想要差])[来补买要加充冲报续]?(?:个|点|上)?(?=[\d一二两三四五六七八九十百])")
_PLACES = re.compile(
    r"(?:第(?P<nth>[一二两三四五1-5])个|(?P<last>后面?那?个|最后那?一?个)|(?P<first>前面?那?个|头一个))(?:号码?|人|手机)?的?(?:就|先|也|我|都)*"
    r"(?:不用|不要|不|别|甭)(?:用|要|再|给)?[充冲买弄交搞]?(?:了|$|[,，。])"
)


def _drop_by_place(seen: Seen) -> None:
    """138…和139…，第二个不用充了: one of several accounts, taken back by its place."""
    match = _PLACES.search(seen.text)
    before = sorted((a for a in seen.accounts if match and a.end <= match.start()), key=lambda a: a.start)
    if match is None or len(before) < 2:
        return
    nth = "一二三四五".find(match["nth"].translate(str.maketrans("两12345", "二一二三四五"))) if match["nth"] else 0
    at = len(before) - 1 if match["last"] else nth
    if 0 <= at < len(before):
        seen.accounts = [account for account in seen.accounts if account is not before[at]]


_OWN_NUMBER = re.compile(
    r"(?:^|[,，。;；\s])(?:我是|用|我(?:自己)?的?(?:联系)?(?:电话|手机|号码?|qq|微信)(?:号码?|号)?(?:是|:)?|联系(?:电话|方式|人)(?:是|:)?)\s*$"
)
_FOR_THIS = re.compile(r"(?:充到|充给|充进|冲到|冲给|给|帮|为|替)(?:我|他|她)?[\u4e00-\u9fff]{0,3}?\s*$")


def _drop_own_number(seen: Seen) -> None:
    """我是138…，帮139…充100: who speaks is told, and is not whom it is for."""
    if len(seen.accounts) != 2:
        return
    own = [a for a in seen.accounts if _OWN_NUMBER.search(seen.text[max(0, a.start - 12) : a.start])]
    wanted = [a for a in seen.accounts if a not in own and _FOR_THIS.search(seen.text[max(0, a.start - 8) : a.start])]
    if len(own) == len(wanted) == 1:
        seen.accounts = wanted


def _drop_declined_goods(seen: Seen) -> None:
    """京东卡100和steam50各一张，哦京东的不要了: those goods go wherever they were named, and their amounts with them."""
    declined = [ref for ref in seen.refs if _DECLINED.match(seen.text, ref.end)]
    if not any(ref.product for ref in seen.refs if ref not in declined):
        return
    gone = {ref.product for ref in declined if ref.product}
    others = {ref.product for ref in seen.refs if ref.product} - gone
    twice = [ref for ref in seen.refs if ref.product in gone and ref not in declined]
    if twice and others and declined[-1].start > seen.refs[-1].start - 1:
        for ref in twice:
            following = [other.start for other in seen.refs if other.start > ref.start]
            until = min(following, default=len(seen.text))
            seen.amounts = [a for a in seen.amounts if not ref.start <= a.start < until]
        declined += twice
    seen.refs = [ref for ref in seen.refs if ref not in declined]


_AFTERTHOUGHT = re.compile(r"[,，。 ](?:啊|哦|噢|诶|哎|不对|算了|还是|要不)[,，\s]*")


def _drop_counted_before(seen: Seen) -> None:
    """2小时的三张5小时的两张，啊5小时的一张就行: the same size said again with another count."""
    match = _AFTERTHOUGHT.search(seen.text)
    if match is None:
        return
    later = [a for a in seen.amounts if a.start >= match.end()]
    for again in (a for a in later if a.kind in ("value", "months", "word")):
        earlier = [a for a in seen.amounts if a.end <= match.start() and _same_size(a, again)]
        counted = any(a.kind == "count" and a.start >= again.end for a in later)
        if len(earlier) != 1 or not counted:
            continue
        sizes = [a.start for a in seen.amounts if a.kind != "count" and a.start > earlier[0].start]
        until = min(sizes, default=match.start())
        seen.amounts = [a for a in seen.amounts if not earlier[0].start <= a.start < until]


def _same_size(one: Amount, other: Amount) -> bool:
    return (one.kind, one.number, one.unit, one.word) == (other.kind, other.number, other.unit, other.word)


_ASKED_FIRST = re.compile("(?:[吗没么?？]|没有了?|没货|卖完了?|[不没]够)[,，。?？!！\\s]*$")
_THEN = re.compile(r"\s*那(?:就|还是|来|要|充|给我|我)*")
"""油卡100的不卖吗？那200吧"""
_SETTLES = re.compile(r"\s*(?:嗯|呃|那|我|老板|\s)*(?:那就|就|还是|要)(?:要|来|买|充|选|拿|办|开|订|报|给我)*")


def _drop_weighed(seen: Seen) -> None:
    """月卡21块5，年卡199，那就年卡吧: what was only weighed before the last clause said again which it shall be."""
    for match in reversed(list(_CLAUSE.finditer(seen.text))):
        start, end = match.span()
        sizes = [a for a in seen.amounts if start <= a.start < end and a.kind in ("value", "months", "word")]
        chosen = [m for m in seen.mentions if start <= m.start < end and (m.entry.options or m.entry.choices)]
        if not sizes and not chosen:
            continue
        if not start or len(sizes) > 1 or not (_SETTLES.match(match[0]) or _THEN.match(match[0])):
            return
        before = [a for a in seen.amounts if a.end <= start and a.kind != "count"]
        pairs = {pair for m in chosen for pair in (*m.entry.options, *m.entry.choices)}
        names = {name for name, _ in pairs}
        rivals = [m for m in seen.mentions if m.end <= start and names.intersection(_slot_names(m))]
        again = bool(_ASKED_FIRST.search(seen.text[:start]) and _THEN.match(match[0]))
        again |= any(_same_size(a, one) or a.word == one.word != "" for a in before for one in sizes)
        again |= any(pairs.intersection((*m.entry.options, *m.entry.choices)) for m in rivals)
        if again and (len(before) > 1 or len(rivals) > 1 or _THEN.match(match[0])):
            seen.amounts = [a for a in seen.amounts if a not in before]
            seen.mentions = [m for m in seen.mentions if m not in rivals]
        return


_FOR_WHOM = re.compile(
    r"(?:给|帮|替)(我?(?:妹|姐|哥|弟|妈|爸|爷爷|奶奶|老公|老婆|媳妇|儿子|女儿|闺女|室友|朋友|同学|同事)|我自己)[\u4e00-\u9fff]{0,2}[充冲买打续交开办]"
)
_WHOSE = re.compile(
    r"(?:我?(妹|姐|哥|弟|妈|爸|爷爷|奶奶|老公|老婆|媳妇|儿子|女儿|闺女|室友|朋友|同学|同事)|我自?己?)[\u4e00-\u9fff]{0,4}的?[\u4e00-\u9fffa-z]{0,6}(?:是|:)?\s*$"
)


def _drop_by_owner(seen: Seen) -> None:
    """我妹的编号是A，我的是B，给我妹充: of accounts told with their owners, those of whom it is for."""
    match = _FOR_WHOM.search(seen.text) if len(seen.accounts) > 1 else None
    if match is None:
        return
    wanted = match[1].removeprefix("我").removesuffix("自己")
    whose = [_WHOSE.search(seen.text[max(0, a.start - 14) : a.start].rpartition(",")[2]) for a in seen.accounts]
    if all(whose) and match.start() >= max(a.end for a in seen.accounts):
        kept = [a for a, owner in zip(seen.accounts, whose, strict=True) if owner and (owner[1] or "") == wanted]
        seen.accounts = kept or seen.accounts


_NOT_MIXED = re.compile(r"[,，\s]*(?:可|千万|你)*别[充冲弄搞打发]错")
_NOT_FOR = re.compile(r"\s*的?(?:那个|这个|号)?(?:就|都|我|先)?不(?:用|要|充|冲|买|弄|交)了")


def negated(text: str, start: int) -> bool:
    """Tell whether what begins here was just refused: 不要…, 不是…"""
    if start and text[start - 1] == "不" and text[start : start + 1] in _VERBS:
        return True  # 不租R5, where 租R5 is a name
    return bool(_NEGATED.search(text[max(0, start - 9) : start]))


def _correct_one(seen: Seen, first: Ref, after: int) -> None:
    """One of several goods is corrected: of its amounts, those of the kinds said again are no longer there."""
    until = min((ref.start for ref in seen.refs if ref.start > first.start), default=len(seen.text))
    kinds = {a.kind == "count" for a in seen.amounts if a.start >= after}
    seen.amounts = [a for a in seen.amounts if not (first.start <= a.start < until and (a.kind == "count") in kinds)]


_VERBS = tuple("租买订充拍照穿洗冲报学修打换做考")


def _taken_back(seen: Seen, amount: Amount) -> bool:
    match = _TAKEN_BACK.match(seen.text, amount.end)
    is_count = amount.kind == "count"
    return bool(match) and any(o.start >= amount.end and (o.kind == "count") == is_count for o in seen.amounts)


def _correct(seen: Seen, place: int, after: int) -> None:
    if any(ref.product for ref in seen.refs if ref.start >= after) and any(
        ref.product for ref in seen.refs if ref.end <= place
    ):
        later = {ref.product for ref in seen.refs if ref.start >= after}
        earlier = [ref for ref in seen.refs if ref.end <= place and ref.product]
        first = next((ref for ref in earlier if ref.product in later), None)
        if first is not None and {ref.product for ref in earlier} - later:  # 不对京东的要三张: the steam card stays
            _correct_one(seen, first, after)
            return
        gone = next((ref for ref in earlier if ref.product in later), earlier[-1])
        seen.refs = [ref for ref in seen.refs if ref is not gone]
    previous = [ref.start for ref in seen.refs if ref.end <= place and ref.product]
    since = previous[-1] if len({ref.product for ref in seen.refs if ref.product}) > 1 and previous else 0
    if re.search(
        r"第[一二三四五\d]个(?:号|人)?(?:改成?|换成?|要|应该)?(?:是|充)*$",
        seen.text[place:][:14].rstrip("0123456789一二三四五六七八九十百千两元块 "),
    ):
        return  # 错了第一个是100: the others stay
    for is_count in (False, True):
        kinds = [a for a in seen.amounts if (a.kind == "count") == is_count and a.kind != "none"]
        if any(a.start >= after for a in kinds):
            seen.amounts = [a for a in seen.amounts if a not in kinds or not (since <= a.start and a.end <= place)]
    since_then = [a for a in seen.amounts if a.start >= after]
    if any(a.kind == "value" and a.unit not in ("", "元") for a in since_then):  # 要两个，啊不，要四个课时
        seen.amounts = [a for a in seen.amounts if a.kind != "count" or a.unit != "个" or not 0 <= place - a.end <= 2]
    if any(a.start >= after for a in seen.accounts):
        gone_accounts = [a for a in seen.accounts if a.end <= place]
        seen.accounts = [a for a in seen.accounts if a not in gone_accounts[-1:]]
    pairs = {pair for m in seen.mentions if m.start >= after for pair in _slot_names(m)}
    if any(m.entry.options for m in seen.mentions if m.start >= after):  # 科目一补考，哦不对，科目四
        seen.amounts = [a for a in seen.amounts if not a.word or a.end > place]
        seen.mentions = [m for m in seen.mentions if m.end > place or m.entry.means_things or not m.entry.skus]
    seen.mentions = [m for m in seen.mentions if m.end > place or not pairs.intersection(_slot_names(m))]


def _chooses(mention: Mention) -> bool:
    return bool(mention.entry.options or mention.entry.choices or mention.entry.skus)


def _slot_names(mention: Mention) -> list[str]:
    return [name for name, _ in (*mention.entry.options, *mention.entry.choices)]
