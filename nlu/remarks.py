"""What a message says by the way: figures and choices in clauses that ask for nothing."""
# ruff: noqa: E501 - tables of words; a wide character counts twice

import re
from dataclasses import replace

from nlu.amounts import Amount
from nlu.cues import cues_of, strange_words, unexplained
from nlu.lexicon import Lexicon
from nlu.people import names_somebody
from nlu.seen import CLAUSE, Seen, chooses, slot_names
from nlu.segments import noun_at
from nlu.telling import Piece, tells_when


def drop_remarks(seen: Seen, lexicon: Lexicon) -> None:
    """Leave out the figures and choices of clauses that ask for nothing; what such a clause says is only told."""
    for start, end in _remarks(seen, lexicon):
        seen.amounts = [replace(a, kind="none") if start <= a.start < end else a for a in seen.amounts]
        said = seen.text[start:end]
        if not _MAY_ASK.search(said) and _SERVED.isdisjoint(cues_of(said)):
            seen.told.append((start, end))
    for start, end in _choices_by_the_way(seen):
        seen.aside += [m for m in seen.mentions if start <= m.start < end and not m.entry.means_things]
        seen.mentions = [m for m in seen.mentions if not start <= m.start < end or m.entry.means_things]
        seen.amounts = [a for a in seen.amounts if not start <= a.start < end]


def _remarks(seen: Seen, lexicon: Lexicon) -> list[Piece]:
    """List clauses with a figure (我手机是小米14) where no goods and no word of asking stand, if another clause asks.

    A number among other words asks for something only beside a verb.
    """
    if len(seen.amounts) < 1 or (len(seen.amounts) < 2 and not seen.refs and not seen.accounts):
        return []
    clauses = [match.span() for match in _SPOKEN.finditer(seen.text)] if _BREAK.search(seen.text) else []
    placed = _placed(seen) if len(clauses) > 1 else []
    found, asks = [], False
    for start, end in clauses if len(clauses) > 1 else ():
        amounts = [a for a in seen.amounts if start <= a.start < end]
        if any(start <= piece[0] < end for piece in seen.told):
            continue
        if any(start < e and s < end for s, e in placed):
            asks = True
        elif amounts and not _only_an_amount(seen.text, start, end):
            said = _blanked(seen.text, start, end, amounts)
            when, how_much = said[: said.find("Ｖ")].strip(), said[said.find("Ｖ") :]
            if when and tells_when(when) and unexplained(how_much) < REMARK:
                asks = True  # 陪练 今晚 3个小时
                continue
            if _SOME_OTHER_TIME.match(said) or _counts_others(said, amounts):
                found.append((start, end))
            elif unexplained(said) < REMARK or _ASKS_FOR.search(said) or _names_a_part(said, seen, lexicon):
                asks = asks or any(a.kind != "none" for a in amounts)
            else:
                found.append((start, end))
    return found if asks else []


def _names_a_part(said: str, seen: Seen, lexicon: Lexicon) -> bool:
    """Tell whether all else in a clause is what the catalog says of the goods: 演唱会，看台三百八."""
    runs = strange_words(said)
    pids = {ref.product for ref in seen.refs if ref.product}
    return bool(runs) and all(
        any(run in word for pid in pids for word in lexicon.products[pid].all_words) for run in runs
    )


def _placed(seen: Seen) -> list[Piece]:
    """List where goods, accounts, choices and SKUs' own names stand; other shops' goods only where ours are not named."""
    sold = any(ref.product or ref.candidates for ref in seen.refs)
    placed = [(ref.start, ref.end) for ref in seen.refs if not (sold and ref.foreign)]
    placed += [(a.start, a.end) for a in seen.accounts] + seen.text_spans
    placed += [(start, end) for start, end, _ in seen.more_places]
    placed += [(m.start, m.end) for m in seen.mentions if m.entry.options or m.entry.choices]
    return placed + [(a.start, a.end) for a in seen.amounts if a.word]


def _only_an_amount(text: str, start: int, end: int) -> bool:
    """Tell whether what follows a space is hardly more than a number: 话费 50块 138…"""
    return text[start - 1 : start] == " " and sum("\u4e00" <= char <= "\u9fff" for char in text[start:end]) < 3


_SOME_OTHER_TIME = re.compile(
    r"(?:行的话|好的话|可以的话|没问题的话|等(?!等|一下|下[,，])|晚上|明天|后天|下[次回周]|下个?月|以后|回头|改天|月底)[^ＶＱ]{0,8}(?:再[充冲来买要]|[充冲]Ｖ)"
)
"""先充20，晚上发工资再充100: the rest is for another time."""


def _counts_others(said: str, amounts: list[Amount]) -> bool:
    """Tell whether a clause begins with a thing that this shop does not know, and counts that: 球拍租两把."""
    thing = noun_at(said, 0)
    return bool(thing) and all(a.kind == "count" for a in amounts) and said[len(thing) : len(thing) + 1] not in "的们"


_BREAK = re.compile(r"[,，。;；!！?？\n~ ](?=.)")
_SPOKEN = re.compile(r"(?:[^,，。;；!！?？\n~ ]| (?![\u4e00-\u9fff]{2})|(?<=[^\u4e00-\u9fff]{2}) )+")


REMARK = 2
"""So many characters that are no words of buying make a clause with a number, and no goods, a remark."""


_ASKS_FOR = re.compile(
    "(?:[充冲来要买拿订租报交缴续开办整搞给加购]|购[置入]|改[成为到]|换成?|[各都也]|一样|一式)(?:个|一下|点|你)?[ＶＱ]|[ＶＱ]的?(?:就够|就行|就好|试试|吧$|呗$)|[ＶＱ](?:的|一?[张个份次])?(?:要)?(?:多少|什么价|啥价|怎么卖|咋卖|几块|几多|贵不贵|价格|好多钱)|帮我|给我|给.{1,6}Ｖ|Ｖ.{0,2}给|[充冲交](?![了过的])"
)


_LETTERS = {"value": "Ｖ", "months": "Ｖ", "count": "Ｑ"}


def _blanked(text: str, start: int, end: int, amounts: list[Amount]) -> str:
    parts, place = [], start
    for amount in amounts:
        parts += [text[place : amount.start], _LETTERS.get(amount.kind, "Ｎ")]
        place = max(place, amount.end)
    return "".join([*parts, text[place:end]])


def _choices_by_the_way(seen: Seen) -> list[Piece]:
    """List clauses of other talk whose option is said again beside the goods: 桌子离插座1米5，数据线买2米的."""
    chosen = [m for m in seen.mentions if chooses(m) and not m.entry.means_things]
    if len(chosen) < 2 or not any(ref.product for ref in seen.refs):
        return []
    found = []
    for start, end in (match.span() for match in CLAUSE.finditer(seen.text)):
        own = [m for m in chosen if start <= m.start < end]
        names = {name for m in own for name in slot_names(m)}
        others = [m for m in chosen if not start <= m.start < end]
        again = any(names.intersection(slot_names(m)) for m in others)
        again |= any(
            set(m.entry.skus).intersection((*one.entry.skus, *one.entry.owners)) for m in own for one in others
        )
        his = own and _is_somebodys(seen, start, end, own[0].start)
        if own and again and not his and not any(start <= r.start < end and not r.foreign for r in seen.refs):
            slots = [Amount(m.start, m.end, "none") for m in own]
            slots += [Amount(r.start, r.end, "none") for r in seen.refs if start <= r.start < end]
            slots += [a for a in seen.amounts if start <= a.start < end]
            said = _blanked(seen.text, start, end, sorted(slots, key=lambda a: a.start))
            elsewhere = any(start <= ref.start < end for ref in seen.refs)  # 电脑是win10家庭版
            if unexplained(said) >= REMARK + (not elsewhere) and not _ASKS_FOR.search(said):
                found.append((start, end))
    return found


def _is_somebodys(seen: Seen, start: int, end: int, choice: int) -> bool:
    """Tell whether a clause gives one of several people his own: 小孩的4101…, 马小雨清真餐, L号寄给何静 139…"""
    places = [*(a.start for a in seen.accounts), *(s for s, _ in seen.text_spans), *(s for s, _, _ in seen.more_places)]
    return any(start <= place < end for place in places) or names_somebody(seen.text[start:choice], seen.segmenter)


_SERVED = frozenset(
    ("invoice", "refund", "keys", "human", "not_arrived", "paid", "wrong", "balance", "batch", "resend")
)
"""What a shop is asked for beside goods: a clause with such a word is no remark."""


_MAY_ASK = re.compile(r"[?？吗么呢没不]|怎么|咋|什么|啥|哪|多少|几|能|可以|想|要|到账|退|查|错|还没")
