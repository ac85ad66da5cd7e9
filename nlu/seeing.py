"""Finds what is in a message: words, accounts, amounts and free text; nothing is interpreted yet."""

import re
from dataclasses import replace

from nlu.accounts import find_accounts, spoken_digits
from nlu.amounts import find_amounts, mark_places_in_time
from nlu.cues import unexplained
from nlu.free_text import find_texts
from nlu.goods import by_its_size, find_refs, of_service, unless_an_option, with_own_clauses, without_options
from nlu.lexicon import Lexicon
from nlu.numerals import CHINESE
from nlu.phrases import Mention
from nlu.remarks import drop_remarks
from nlu.seen import Seen, slot_names
from nlu.text import as_written, lower, normalise_keeping_case
from nlu.words import GENERIC_TAILS


def look(message: str, lexicon: Lexicon) -> Seen:
    """Find words, accounts and amounts; nothing is interpreted yet."""
    cased = normalise_keeping_case(message)
    return look_at(as_written(message, cased), lower(cased), lexicon)


def look_at(cased: str, text: str, lexicon: Lexicon) -> Seen:
    """Find words, accounts and amounts in a message in plain form, with capitals and without."""
    if "大" in text and "小" in text:
        cased, text = _sized(cased, lexicon), _sized(text, lexicon)
    if "人" in text or "家长" in text:
        cased, text = _family(cased, lexicon), _family(text, lexicon)
    if "一" in text or "两" in text:
        cased, text = _each_kind(cased, lexicon), _each_kind(text, lexicon)
    if _MAY_BE_SHORT.search(text):
        cased, text = _in_full(cased, lexicon), _in_full(text, lexicon)
    seen = Seen(text, cased, segmenter=lexicon.words)
    taken = bytearray(len(text))
    seen.texts = find_texts(seen, lexicon, taken)
    found = lexicon.phrases.find(text)
    ends = {m.end for m in found if m.entry.products and text.startswith("个", m.end)}  # office365个人版
    seen.mentions = [
        m for m in found if not any(taken[m.start : m.end]) and (m.start in ends or not _cut_out(seen, m, lexicon))
    ]
    seen.mentions = _without_labels(seen, lexicon)
    if not any(mention.entry.means_things for mention in seen.mentions):
        seen.mentions += lexicon.near.find(text, seen.mentions, seen.segments)
        seen.mentions.sort(key=lambda mention: mention.start)
    seen.mentions = _of_goods_named(seen.mentions)
    for mention in seen.mentions:
        if mention.entry.means_things or mention.entry.options or mention.entry.choices:
            taken[mention.start : mention.end] = b"\x01" * (mention.end - mention.start)
    mark_places_in_time(text, taken)
    seen.accounts = find_accounts(text, cased, lexicon, taken)
    if seen.accounts:
        seen.mentions = _beside_accounts(seen)
    seen.mentions = [
        m for m in seen.mentions if m.entry.means_things or not _PRAISE.search(text[max(0, m.start - 2) : m.start])
    ]
    seen.amounts = find_amounts(
        text, seen.mentions, lexicon, taken, lambda start, end: inside_longer(seen, lexicon, start, end)
    )
    seen.refs = find_refs(seen, lexicon)
    seen.refs = without_options(seen, lexicon)
    seen.mentions = _without_units(seen)
    seen.refs = of_service(seen, lexicon)
    seen.refs = unless_an_option(seen, lexicon)
    seen.refs = by_its_size(seen, lexicon)
    seen.refs = with_own_clauses(seen, lexicon)
    _mend_tail(seen)
    drop_remarks(seen, lexicon)
    return seen


_OF_MAIL, _OF_PHONE = ("邮箱", "邮件"), ("手机", "手机号", "电话")
_OF_QQ = ("qq", "扣扣")
"""橙子会员季卡 充QQ 582930174: where it goes, and no QQ会员, where something else is named."""
_LEADS_TO = re.compile(r"(?:号码?|地址|账号|账户)?(?:是|为|[:=\s,，])*")
"""What stands between a field's label and what is said for it: 邮箱 a@b.cn chooses no login by mail."""


def _beside_accounts(seen: Seen) -> list[Mention]:
    """Leave out the words that are a part of an account, or merely lead to one."""
    mentions = [m for m in seen.mentions if not any(a.start < m.end and m.start < a.end for a in seen.accounts)]
    of_qq = _OF_QQ if any(m.entry.products and m.word not in _OF_QQ for m in mentions) else ()
    labels = {
        m.start
        for m in mentions
        for a in seen.accounts
        if m.word in (*(_OF_MAIL if "@" in a.said else _OF_PHONE), *of_qq)
        and _LEADS_TO.fullmatch(seen.text, m.end, a.start)
    }
    return [m for m in mentions if m.start not in labels]


def _without_labels(seen: Seen, lexicon: Lexicon) -> list[Mention]:
    """Leave out what is a part of a field's label, beside what is said for it: 微信号zhang88 chooses no 微信区."""
    if not any(m.entry.choices or m.entry.options for m in seen.mentions):
        return seen.mentions
    labels = [
        (match.start(), match.end(), pids)
        for label, pids in lexicon.code_labels.items()
        if label in seen.text
        for match in re.finditer(rf"{re.escape(label)}(?=[是为:=\s]*[a-z\d])", seen.text)
    ]
    named = {pid for m in seen.mentions for pid in m.entry.products if len(m.entry.products) == 1}

    def only_a_label(m: Mention) -> bool:
        meant = named.intersection(m.entry.owners)
        return any(
            s <= m.start and m.end <= e and (pids.intersection(m.entry.owners) or (pids & named and not meant))
            for s, e, pids in labels
        )

    return [m for m in seen.mentions if m.entry.means_things or not only_a_label(m)]


def _of_goods_named(mentions: list[Mention]) -> list[Mention]:
    """Leave out 10斤 as a choice of apples where rice is named, which comes in 10斤, too: it is an amount there."""
    named = {pid for m in mentions for pid in m.entry.products}
    return [
        m
        for m in mentions
        if not named
        or m.entry.means_things
        or not (m.word[0].isdecimal() or m.word[0] in CHINESE)
        or not m.entry.owners
        or named.intersection(m.entry.owners)
    ]


def _without_units(seen: Seen) -> list[Mention]:
    """Leave out the currency of an amount where it is no choice: 土区10美元 is not of the 美区, called 美元, too."""
    spans = [(a.start, a.end) for a in seen.amounts]
    inside = [m for m in seen.mentions if m.entry.options and any(s < m.start and m.end <= e for s, e in spans)]
    named = {ref.product for ref in seen.refs if ref.product}
    chosen = {pair for m in seen.mentions if m not in inside for pair in _slots(m)}
    units = [
        m
        for m in inside
        if not m.entry.means_things and ((named and named.isdisjoint(m.entry.owners)) or chosen.intersection(_slots(m)))
    ]
    return [m for m in seen.mentions if m not in units]


def _slots(mention: Mention) -> list[tuple[str, str]]:
    """Give the slots that a word is for, each with the product that has it."""
    return [(pid, name) for name in slot_names(mention) for pid in mention.entry.owners]


_TAIL_DIGITS = r"(\d{2,4}|[零〇一二三四五六七八九幺]{2,4})(?![\d零〇一二三四五六七八九幺十百千块元])"
_TAIL = re.compile(
    r"(?:不对|错了?|不是)[^\d]{0,6}?(?:最后|末尾|尾号|后面)(?:[两三四2-4]位)?(?:数字?)?(?:应该)?(?:是|为)?\s*"
    + _TAIL_DIGITS
)
_TAIL_FIRST = re.compile(
    r"(?:(?:末尾|尾号|尾数|最?后[两三四2-4]位)(?:数字?)?(?P<must>应该)?(?:是|为)?|(?:最后|后面)(?:应该)?(?:是|为))\s*"
    + _TAIL_DIGITS
    + r"(?(must)|[,，。;；!！\s]*(?:我|刚才?|刚刚|上面|前面|号码?)*(?:不对|[打写说输发按]错|错了))"
)
"""尾号是12，打错了; 尾号应该是12: what corrects may stand behind, too."""


def _mend_tail(seen: Seen) -> None:
    """一三七…三三零零，哎不对，最后是三三一一: the account as it ends in truth."""
    if len(seen.accounts) != 1:
        return
    match = _TAIL.search(seen.text) or _TAIL_FIRST.search(seen.text)
    if match is None or match.start() < seen.accounts[0].end:
        return
    said = match[match.lastindex or 1]
    (tail,) = [said] if said.isdecimal() else spoken_digits(said) or [""]
    account = seen.accounts[0]
    if tail and len(account.said) > len(tail):
        seen.accounts = [replace(account, said=account.said[: -len(tail)] + tail)]
        seen.amounts = [a for a in seen.amounts if not match.start() <= a.start < match.end()]


_BIG_SMALL = re.compile(r"([一二两三四五六\d])大\s*([一二两三四五六\d])小(?![时号区])")


def _sized(text: str, lexicon: Lexicon) -> str:
    """Write 两大一小 as the tickets it means, where the catalog has them for grown-ups and for children."""
    match = _BIG_SMALL.search(text)
    if match is None or lexicon.phrases.get(match[0]):
        return text
    made = f"{lexicon.grown}{match[1]}张{lexicon.child}{match[2]}张"
    return text[: match.start()] + made + text[match.end() :] if lexicon.grown and lexicon.child else text


_GROWN = re.compile(r"(?P<n>[一二两三四五六\d]|[俩仨])(?P<u>[个位名]?)(?P<who>成年人|家长)(?!票)")
_CHILDREN = re.compile(
    r"(?P<n>[一二两三四五六\d]|[俩仨])(?P<u>[个位名]?)(?P<who>娃娃?|小?孩子?|小朋友|小?宝宝|小娃|小家伙|崽)(?!票|班|[的房])"
)


def _family(text: str, lexicon: Lexicon) -> str:
    """Write 两个大人俩孩子 with the catalog's word for a child, where grown-ups are counted beside them."""
    if not (lexicon.child and lexicon.grown) or not _GROWN_UPS.search(text):
        return text
    text = _UNCOUNTED.sub("个", text)
    text = _GROWN.sub(lambda match: _of(match, lexicon.grown), text)
    return _CHILDREN.sub(lambda match: _of(match, lexicon.child), text)


def _of(match: re.Match[str], word: str) -> str:
    number = {"俩": "两", "仨": "三"}.get(match["n"], match["n"])
    return f"{number}{match['u'] or '个'}{word}"


_TURN_ABOUT = re.compile(
    r"(?<![一二两三四五六\d])([一二两三四五六\d])([\u4e00-\u9fff])([一二两三四五六\d])([\u4e00-\u9fff])(?=$|[\s,，。;；!！的吧])"
)


def _each_kind(text: str, lexicon: Lexicon) -> str:
    """Write 一甜一咸 as the two options that it counts, where 甜的 and 咸的 are such."""
    match = _TURN_ABOUT.search(text)
    if match is None or match[2] == match[4]:
        return text
    kinds = [lexicon.phrases.get(f"{match[at]}的") for at in (2, 4)]
    names = [{name for name, _ in kind.options} for kind in kinds if kind is not None]
    if len(names) < 2 or not names[0] & names[1]:
        return text
    made = f"{match[1]}个{match[2]}的{match[3]}个{match[4]}的"
    return text[: match.start()] + made + text[match.end() :]


_COLOURS = "黑白红蓝绿灰粉紫黄青棕橙金银"
_EACH_OF_THEM = r"(?=(?:各|都|分别|一样)[来要]?[一两二三四五六七八九十\d])"
_PAIRED_KINDS = tuple(
    re.compile(rf"(?<!第)([\u4e00-\u9fff])([\u4e00-\u9fff])({tail}){_EACH_OF_THEM}") for tail in ("", "[\u4e00-\u9fff]")
)
_COLOUR = re.compile(
    rf"(?:^|(?<=[\s,，、个件只张条双套盒来要买和]))[{_COLOURS}](?=[a-z\u4e00-\u9fff])|[{_COLOURS}](?=[a-z])"
)
_MAY_BE_SHORT = re.compile(rf"[{_COLOURS}]|[各都分一]")


def _in_full(text: str, lexicon: Lexicon) -> str:
    """Write 黑白各两个 as 黑的白的各两个, and 白T恤 as 白色T恤, where these are options."""
    for match in filter(None, (pattern.search(text) for pattern in _PAIRED_KINDS)):
        for tail in dict.fromkeys((match[3], f"{match[3]}的", f"{match[3]}色", "的", "色")):
            kinds = [lexicon.phrases.get(f"{match[at]}{tail}") for at in (1, 2)] if tail else [None]
            names = [{*entry.owners, *entry.skus} for entry in kinds if entry is not None]
            if len(names) == 2 and names[0] & names[1]:
                return f"{text[: match.start()]}{match[1]}{tail}{match[2]}{tail}{text[match.end() :]}"
    for match in reversed([*_COLOUR.finditer(text)]):
        entry = lexicon.phrases.get(f"{match[0]}色")
        if entry is None or not entry.options or lexicon.phrases.get(f"{match[0]}{text[match.end()]}"):
            continue
        follows = [m for m in lexicon.phrases.find(text[match.end() : match.end() + 8]) if m.start == 0]
        if any(m.entry.means_things or m.entry.options for m in follows):
            text = f"{text[: match.end()]}色{text[match.end() :]}"
    return text


_UNCOUNTED = re.compile(r"(?<=[一二两三四五六\d])(?=(?:大人|小孩|老人|成人)(?!票))")
_GROWN_UPS = re.compile(r"[一二两三四五六\d俩仨][个位名]?(?:大人|成人|成年人|家长|老人)")


def inside_longer(seen: Seen, lexicon: Lexicon, start: int, end: int) -> str:
    """Give the longer word of the language that [start, end) is cut out of: 和平 of 和平路, 三 of 三国. Else ""."""
    if not lexicon.words.may_be_inside(seen.text, start, end):
        return ""
    for begin, stop, word in seen.segments:
        if begin <= start and end <= stop and stop - begin > end - start and lexicon.words.knows(word):
            return word
    return ""


_FIGURE = re.compile(r"\d+")
_COUNTED = re.compile(r"[\d一二两三四五六七八九十百半几]个?\Z")
_HAN_BOTH = re.compile(r"[\u4e00-\u9fff]{2}")


_DONE = ("了", "掉", "过", "在", "着")


_PLACE_TAIL = re.compile("路|街|巷|镇|村|大道|小区|花园|公园|广场|地铁站|车站")


def _cut_out(seen: Seen, mention: Mention, lexicon: Lexicon) -> bool:
    """Tell whether a short catalog word is merely the head of another word: 京东 of 京东方, 和平 of 和平路."""
    start, end = mention.start, mention.end
    if not mention.exact and len(mention.word) == 2 and mention.word[1] == "的":
        return True  # 一百块的 asks for no 快的
    figure = _FIGURE.match(seen.text, start, end)
    if figure is not None and figure.end() == end and not mention.entry.means_things:
        return any(seen.text.startswith(unit, end) for unit in lexicon.units)  # 10枚 chooses no tenth level
    if figure is not None and any(
        len(unit) > end - figure.end() > 0 and seen.text.startswith(unit, figure.end()) for unit in lexicon.units
    ):
        return True  # 4人 of 4人份
    if not mention.exact and seen.text[start:end] in lexicon.units and _COUNTED.search(seen.text, 0, start):
        return True  # 3小时 asks for no 小食
    if mention.word in lexicon.tails and mention.exact and not mention.entry.products:
        before = seen.text[max(0, start - 2) : start]
        if _HAN_BOTH.fullmatch(before) and unexplained(before) == 2 and not _COUNTED.search(before[:1]):
            return True  # 乒乓球场地, where 球场地 is the end of 羽毛球场地
        return any(
            stop == start and stop - begin > 1 and unexplained(word) for begin, stop, word in seen.segments
        )  # 东方航空券 of 南方航空券, but 只要题库会员
    if (
        seen.text[start] == "个"
        and start
        and (seen.text[start - 1].isdecimal() or seen.text[start - 1] in "一二两三四五六七八九十几俩")
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
