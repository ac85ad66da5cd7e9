"""Goods named beside what is sold here, and that the shop has not: what nothing explains, counted, priced or in a list.

Where that is not plain nothing is said to be absent: half of what people write beside goods is talk.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from nlu.amounts import Amount
from nlu.cues import unexplained
from nlu.frame import Absent
from nlu.lexicon import Lexicon
from nlu.seen import CLAUSE, Ref, Seen
from nlu.segments import is_word, noun_at
from nlu.surnames import KIN, SURNAMES
from nlu.taking_back import declined, negated
from nlu.telling import Piece, told
from nlu.words import DURATION_WORDS, GENERIC_TAILS, PIECES


@dataclass(frozen=True, slots=True)
class _Stretch:
    """Where goods that are not sold here stand together with their amount, and what they are called."""

    start: int
    end: int
    words: str


@dataclass(frozen=True, slots=True)
class Found:
    """What was found in a message before anything of it was taken back."""

    refs: tuple[Ref, ...]
    amounts: tuple[Amount, ...]
    covered: tuple[Piece, ...]
    sold: bool
    """Whether anything of it names goods of this shop."""


_BREAKS = r"\s,，、。;；:：!！+&/\n和跟与及"
_MORE = "再[来要加买拿带给]|还[有要]|另外|顺便"
_BEGINS = rf"(?:^|(?<=[{_BREAKS}ＱＶ来要买拿加订带]))"
_ENDS = rf"(?=$|[{_BREAKS}Ｑ吧]|{_MORE}|各|都要)"
_THING = r"(?P<thing>[a-z\u4e00-\u9fff][a-z0-9\u4e00-\u9fff]{1,5}?)"
_NAMED = tuple(
    re.compile(pattern)
    for pattern in (
        rf"(?:^|(?<=[{_BREAKS}来要买拿加订带给个]))(?P<many>Ｑ+)的?{_THING}{_ENDS}",
        rf"{_BEGINS}{_THING}[也来要买拿]*(?P<many>Ｑ+){_ENDS}",
        rf"有没有{_THING}[\s,，]*来(?P<many>Ｑ+){_ENDS}",
        rf"{_BEGINS}{_THING}(?P<many>Ｖ+)的?Ｑ*{_ENDS}",
    )
)
"""两个泡芙; 泡芙两个; 有没有泡芙，来两个; 迅盘月卡"""
_NO_THING = re.compile(
    rf"^(?:{KIN})|[男女]|^(?:采购|购[买入置]|选购|申购)|^(?:客厅|餐厅|饭厅|卧室|主卧|次卧|房间|书房|厨房|阳台|卫生间|厕所|洗手间|车库|院子|楼[上下]|办公室|教室|宿舍|前台|大堂|门口|店里|家里|公司|单位|学校|班里|全家|北京|上海)|^(?:一共|一起|条目|才|卖|多|少|再|还|先|就|都|各|也|共|总|急|快|慢|要|想|能|会|在|用|从|按|帮|把|为|换|改|交|充|冲|缴|续|存|取|加|拿|来|去|走|直|同|一样|原|新|旧|老|好|全|正|其|分|平|混|随|手机|号码|账|卡号|今|明|后天|昨|早|晚|中午|下午|周|星|礼拜|月|年|日|每|大家|自|本|人|辛苦|麻烦|尽)"
    r"|[谢请了吧吗呢啊呀哦嘛么哪怎是有没不别我你您他她它们咱给寄送到的得着过什谁够行可以帮对错唔系]|(?:一下|就好|起|样|点|些|次|天|号|时|分|元|块|钱|年|月|人|位|装|版|区|码|色|味|款|型|种|类|个|份|张|单|件|用|过来|过去)$"
)
"""Words of talk, of people and of time: who uses them names no thing."""
_TAIL = re.compile(f"(?:{'|'.join(sorted(GENERIC_TAILS, key=len, reverse=True))})$")
_ASKS = re.compile(
    r"[?？]|吗|(?<!^)有没有|多少|怎么|能不能|可不可以|如果|要是|比|还是|或者?|什么|为了|以前|之前|上次|昨天|(?<!有)没|别|不"
)
_RUN = re.compile(r"(?:[\u4e00-\u9fff]{1,4}(?=$|[\s,，、。;；!！+&/ＱＶ和跟与]))?")
_NO_NAME = re.compile("^(?:才|都|也|就|还|只|卖|来|要|买|的话|能|可|给|送|上|里|那|这|用|以)|[吗有没是不了吧谢请]|用$")
"""What stands behind 天猫 and is no part of a name: 天猫才卖98."""
_MEASURED = re.compile(rf"[{PIECES}]$")
_LISTED = re.compile(rf"[{_BREAKS}ＱＶＳＦ]$|^$|(?:[来要买订]|再加)[个张份条]?$")
_AMOUNT_AFTER, _COUNT_BEFORE = re.compile(r"(?:的|也|再|来|要|买|充|\s)*[ＶＱ]+(?:的?Ｑ+)?"), re.compile("Ｑ+的?$")
_TOGETHER = re.compile("各|都|分别|和|跟|与|、|[来要买订]|再加")
_OWN = re.compile(r"[\s,，、。;；!！\n]")
_MOST = 4


def found_in(seen: Seen) -> Found:
    """What is there to explain a message by; kept before what is taken back is dropped."""
    covered = [(m.start, m.end) for m in (*seen.mentions, *seen.aside) if not m.entry.foreign]
    covered += [(a.start, a.end) for a in seen.accounts] + seen.text_spans
    covered += [(start, end) for start, end, _ in seen.more_places]
    covered += [(ref.start, ref.end) for ref in seen.refs if not ref.foreign]
    said = [m for m in seen.mentions if m.word not in DURATION_WORDS and m.word not in GENERIC_TAILS]
    own = any(len({*m.entry.owners, *m.entry.skus}) == 1 for m in said)  # 大床房
    sold = own or any(ref.product for ref in seen.refs)
    return Found(tuple(seen.refs), tuple(seen.amounts), tuple(covered), sold)


def drop_absent(seen: Seen, lexicon: Lexicon, found: Found) -> tuple[Absent, ...]:
    """Name what is wanted and not sold here, and leave out the amounts that are its own."""
    if not found.sold:
        return ()
    absent = _absent(seen, lexicon, found)
    for one in absent:
        seen.amounts = [a for a in seen.amounts if not one.start <= a.start < one.end]
    named = {one.words: Absent(one.words, seen.text[one.start : one.end]) for one in absent}
    return tuple(named.values())[:_MOST]


def _absent(seen: Seen, lexicon: Lexicon, found: Found) -> list[_Stretch]:
    text, left = seen.text, blanked(seen.text, found)
    absent = _foreign(text, left, found)
    for pattern in _NAMED:
        for match in pattern.finditer(left):
            words = match["thing"]
            if _is_somebodys(match, left) or not _is_thing(words, match, lexicon):
                continue
            if not any(one.start <= match.start("thing") < one.end for one in absent):
                absent.append(_Stretch(min(match.start("many"), match.start("thing")), match.end(), words))
    pieces = told(text) if absent else ()
    return sorted(
        (one for one in absent if _is_wanted(one, text, pieces)),
        key=lambda one: one.start,
    )


def blanked(text: str, found: Found) -> str:
    """The text with a letter for each character that is explained: Ｓ sold here, Ｆ not, Ｑ counted, Ｖ how much."""
    chars = list(text)
    letters = [(start, end, "Ｓ") for start, end in found.covered]
    letters += [(ref.start, ref.end, "Ｆ") for ref in found.refs if ref.foreign]
    for amount in found.amounts:
        letter = {"count": "Ｑ", "word": "Ｓ"}.get(amount.kind, "Ｖ")
        letter = "Ｑ" if amount.kind == "none" and _MEASURED.search(text[amount.start : amount.end]) else letter
        letters.append((amount.start, amount.end, letter))
    for start, end, letter in letters:
        chars[start:end] = letter * (end - start)
    return "".join(chars)


def _foreign(text: str, left: str, found: Found) -> list[_Stretch]:
    """Goods that other shops sell, with an amount of their own or among the goods of a list."""
    absent = []
    for ref in (ref for ref in found.refs if ref.foreign):
        run = _RUN.match(left, ref.end)
        end = ref.end if run is None or _NO_NAME.search(run[0]) else run.end()
        after = _AMOUNT_AFTER.match(left, end)
        before = _COUNT_BEFORE.search(left[: ref.start])
        alone = end == ref.end and (end == len(text) or _OWN.match(left, end) is not None)
        listed = alone and _LISTED.search(left[: ref.start]) and _TOGETHER.search(text)
        if after or before or listed:
            own = before and (not after or left[before.start() - 1 : before.start()] not in tuple("ＳＶ"))
            start = before.start() if before and own else ref.start
            absent.append(_Stretch(start, after.end() if after else end, text[ref.start : end]))
    return absent


def is_a_name(words: str) -> bool:
    """Tell whether a stretch that nothing explains can be what some thing is called."""
    plain = not is_word(words) and words[0] not in SURNAMES and unexplained(words) == len(words)
    return plain and not _NO_THING.search(words)


def _is_thing(words: str, match: re.Match[str], lexicon: Lexicon) -> bool:
    if _NO_THING.search(words) or words[-2:] in lexicon.name_pairs:
        return False
    if noun_at(words, 0) == words:
        return True
    tail = _TAIL.search(words)
    bare = words[: tail.start()] if tail else words
    if len(bare) < 2 or unexplained(bare) < (len(bare) if bare >= "\u4e00" else 1):
        return False
    if tail:
        return True
    counts_before = match.start("many") < match.start("thing")
    return (match.re is not _NAMED[-1] or not is_word(words)) and (counts_before or words[0] not in SURNAMES)


def _is_somebodys(match: re.Match[str], left: str) -> bool:
    """我两个箱子一个包: a thing right behind a count that counts no goods."""
    before = left[: match.start("thing")]
    return (
        before.endswith("Ｑ")
        and match.start("many") > match.start("thing")
        and before.rstrip("Ｑ")[-1:] not in tuple("ＳＶＦ的")
    )


def _is_wanted(one: _Stretch, text: str, pieces: Sequence[Piece]) -> bool:
    return is_asked_for(one.start, one.end, text, pieces)


def is_asked_for(begin: int, end: int, text: str, pieces: Sequence[Piece] | None = None) -> bool:
    """Tell whether what stands here is asked for: not told of, refused, or asked about."""
    pieces = told(text) if pieces is None else pieces
    if any(start <= begin < stop for start, stop in pieces) or negated(text, begin) or declined(text, end):
        return False
    clause = next((m[0] for m in CLAUSE.finditer(text) if m.start() <= begin < m.end()), "")
    return not _ASKS.search(clause)
