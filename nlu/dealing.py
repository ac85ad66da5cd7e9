"""Several products in one message: which amounts, accounts and choices go to which."""

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

from nlu.accounts import Account, accept
from nlu.amounts import Amount, settle
from nlu.lexicon import Lexicon
from nlu.people import texts_of
from nlu.phrases import Mention
from nlu.seen import Ref, Seen
from nlu.whose_counts import Thing, whose_counts

_EACH_BEFORE = re.compile(r"(?:各|分别|每样|每种|一样|都)[来要买充洗租印拍订报做打弄整搞]?\s*$")
BREAK = re.compile(r"[,，。;；、!！\n+]|还有|另外|再来|再要|以及|和|跟|再|加(?!油|急|上|微)")


def deal(products: list[str], seen: Seen, lexicon: Lexicon) -> dict[str, Seen]:
    """Deal out amounts, accounts and choices to several products, clause by clause; gives each product its own."""
    refs = sorted((ref for ref in seen.refs if ref.product in products), key=lambda ref: ref.start)
    firsts = [next(ref for ref in refs if ref.product == pid) for pid in products]
    firsts.sort(key=lambda ref: ref.start)
    breaks = [match.start() for match in BREAK.finditer(seen.text)]
    spaces = [place for place, char in enumerate(seen.text) if char == " "]
    parts = {ref.pid: Seen(seen.text, seen.cased, refs=refs, refused=seen.refused) for ref in firsts}
    by_turns = _in_turns(firsts, seen.accounts)
    mentions = _of_goods(seen, refs, breaks, lexicon)
    owners = {a: _owner(a.start, a.end, refs, breaks, lexicon, a, spaces) for a in seen.amounts}
    each = {a for a in seen.amounts if a.kind == "count" and _EACH_BEFORE.search(seen.text[: a.start])}
    things = [Thing(ref.start, ref.end, ref.pid) for ref in refs]
    things += [Thing(mention.start, mention.end, pid) for mention, pid in mentions]
    things += [Thing(a.start, a.end, owners[a]) for a in seen.amounts if a.kind not in ("count", "none")]
    counts = [a for a in seen.amounts if a.kind == "count" and a not in each]
    owners |= whose_counts(things, counts, seen.text)
    sizes = [a for a in counts if (s := settle(lexicon.products[owners[a]], a)) is not None and s.skus]
    if sizes:  # 蛋挞6只装 两盒, of what is sold by 4 and 6只
        things += [Thing(a.start, a.end, owners[a]) for a in sizes]
        owners |= whose_counts(things, [a for a in counts if a not in sizes], seen.text)
    for amount in seen.amounts:
        for pid in parts if amount in each else [owners[amount]]:
            parts[pid].amounts.append(amount)
    for account in seen.accounts:
        turn = by_turns.get(account.start)
        if turn and _takes(lexicon, turn, account):
            parts[turn.pid].accounts.append(account)
            continue
        for pid in _account_owners(account, firsts, refs, breaks, lexicon, len(seen.accounts)):
            parts[pid].accounts.append(account)
    for mention, pid in mentions:
        parts[pid].mentions.append(mention)
    _share_amount(parts, firsts)
    for pid, part in parts.items():
        part.texts = texts_of(
            lexicon.products[pid], seen, lambda start, end: _owner(start, end, refs, breaks, lexicon, None, spaces)
        )
    return parts


def _of_goods(seen: Seen, refs: list[Ref], breaks: list[int], lexicon: Lexicon) -> list[tuple[Mention, str]]:
    """Tell of which goods each option and choice is said."""
    pointing = {ref.start: ref.product for ref in refs}
    found = []
    for mention in seen.mentions:
        if pointing.get(mention.start, mention.entry.owners[:1]) not in (
            mention.entry.owners[:1],
            *mention.entry.owners,
        ):
            continue  # 科目三4课时 names its own goods, and no subject of another's
        if mention.entry.options or mention.entry.choices:
            able = [ref for ref in refs if ref.product in mention.entry.owners] or refs
            found.append((mention, _owner(mention.start, mention.end, able, breaks, lexicon, None)))
    return found


_LINE = re.compile(r"[^\n；;。]+")


def lines_of(seen: Seen) -> list[Seen]:
    """Take a message apart where every line names goods and an account of its own; empty when it is no such list."""
    if len(seen.accounts) < 2:
        return []
    spans = [line.span() for line in _LINE.finditer(seen.text)]
    goods = [_inside(spans, ref.start) for ref in seen.refs if ref.product]
    accounts = [_inside(spans, account.start) for account in seen.accounts]
    if len(set(accounts)) < 2 or set(goods) != set(accounts):
        return []
    lines = []
    for i in sorted(set(accounts)):
        start, end = spans[i]
        line = replace(seen, refs=[ref for ref in seen.refs if start <= ref.start < end])
        line.amounts = [amount for amount in seen.amounts if start <= amount.start < end]
        line.accounts = [account for account in seen.accounts if start <= account.start < end]
        line.mentions = [mention for mention in seen.mentions if start <= mention.start < end]
        lines.append(line)
    return lines


def _inside(spans: list[tuple[int, int]], place: int) -> int:
    return next((i for i, (start, end) in enumerate(spans) if start <= place < end), -1)


def _in_turns(firsts: list[Ref], accounts: list[Account]) -> dict[int, Ref]:
    """话费50 138… Q币30 123…: products and accounts that take turns belong together pair by pair."""
    turns = sorted([(ref.start, "goods") for ref in firsts] + [(account.start, "account") for account in accounts])
    if len(firsts) != len(accounts) or any(one[1] == other[1] for one, other in pairwise(turns)):
        return {}
    return {account.start: ref for account, ref in zip(accounts, firsts, strict=True)}


_AND = re.compile(r"\s*(?:的)?\s*(?:和|跟|与|及|以及|、|还有)\s*")


def _share_amount(parts: dict[str, Seen], firsts: list[Ref]) -> None:
    """腾讯和爱奇艺都要月卡: an amount said once after the last product counts for those before that have none."""
    last = parts[firsts[-1].pid]
    shared = [amount for amount in last.amounts if amount.kind != "count"]
    if not shared or any(a.kind != "count" for ref in firsts[:-1] for a in parts[ref.pid].amounts):
        return
    joined = all(_AND.fullmatch(last.text[one.end : other.start]) for one, other in pairwise(firsts))
    if not joined and not re.search("都|各|分别|一样", last.text):
        return
    for ref in firsts[:-1]:
        parts[ref.pid].amounts += shared


def _owner(
    start: int,
    end: int,
    refs: list[Ref],
    breaks: list[int],
    lexicon: Lexicon,
    amount: Amount | None,
    spaces: Sequence[int] = (),
) -> str:
    """Find the product that something at [start, end) belongs to: the nearest in its clause, else the one before."""

    def distance(ref: Ref) -> tuple[bool, int, int, int]:
        between = (end, ref.start) if ref.start >= end else (ref.end, start)
        crossed = sum(between[0] <= place < between[1] for place in breaks)
        fits = amount is None or ref.product is None or settle(lexicon.products[ref.product], amount) is not None
        apart = sum(between[0] <= place < between[1] for place in spaces)
        steps = crossed * 2 + (1 if ref.start >= end and crossed else 0)
        return (not fits, steps, apart, abs(between[1] - between[0]))

    return min(refs, key=distance).pid


def _account_owners(
    account: Account, firsts: list[Ref], refs: list[Ref], breaks: list[int], lexicon: Lexicon, total: int
) -> list[str]:
    """An account goes to the product it stands with; a single one goes to every product that takes it."""
    able = [ref for ref in firsts if _takes(lexicon, ref, account)]
    if not able:
        able = [ref for ref in firsts if ref.product and lexicon.products[ref.product].account_fields]
    if total == 1 and len(able) > 1:
        return [ref.pid for ref in able]
    names = {ref.product for ref in able}
    near = [ref for ref in refs if ref.product in names] or refs
    return [_owner(account.start, account.end, near, breaks, lexicon, None)]


def _takes(lexicon: Lexicon, ref: Ref, account: Account) -> bool:
    fields = lexicon.products[ref.product].account_fields if ref.product else ()
    kinds = {"phone": ("phone", "phone_or_qq"), "qq": ("qq", "phone_or_qq")}.get(account.cue)
    return any(accept(entry, account.said) and (kinds is None or entry.kind in kinds) for entry in fields)
