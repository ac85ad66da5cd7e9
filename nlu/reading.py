"""One consistent reading of a whole message: which product, amount, account and count belong together."""

import re
from collections.abc import Container
from dataclasses import replace
from itertools import chain

from nlu.accounts import Account, accept
from nlu.amounts import Amount
from nlu.choices import (
    both_meant,
    by_option,
    choices_apart,
    choose,
    grouped,
    meanings,
    of_sku,
    options_apart,
    paired_with_options,
    with_own_option,
)
from nlu.dealing import deal, lines_of
from nlu.figures import sizes_and_counts
from nlu.headings import without_heading
from nlu.items import Draft
from nlu.lexicon import Lexicon, ProductIndex
from nlu.licence import asked_for, share_out
from nlu.matching import PARTS, amount_of, count_for, counts_of_accounts, said_for_each
from nlu.naming import inferred, named, of_options
from nlu.numerals import read_numeral
from nlu.opposites import wanted_instead
from nlu.option_numbers import name_options_by_number
from nlu.option_rows import every_kind, option_rows
from nlu.own_code import standing_code
from nlu.people import called_here, separate, unshared
from nlu.phrases import Mention
from nlu.seen import Seen


def drafts(seen: Seen, lexicon: Lexicon, wants_topup: bool, infers: bool = True) -> list[Draft]:
    """Group everything into one draft per thing that was said; without `infers` only a name names a product."""
    return without_heading(seen, lambda listed: _drafts(listed, lexicon, wants_topup, infers)) or _drafts(
        seen, lexicon, wants_topup, infers
    )


def _drafts(seen: Seen, lexicon: Lexicon, wants_topup: bool, infers: bool) -> list[Draft]:
    products = named(seen, lexicon, wants_topup)
    lines = lines_of(seen)
    if lines:
        return [draft for line in lines for draft in drafts(line, lexicon, wants_topup, infers)]
    if len(products) > 1:
        parts = deal(products, seen, lexicon)
        for pid, part in parts.items():
            name_options_by_number(lexicon.products[pid], part, lexicon)
        return [draft for pid, part in parts.items() for draft in _one(lexicon.products[pid], (), part)]
    if products:
        return _alone(lexicon.products[products[0]], seen, lexicon)
    owner = of_options(seen, lexicon)
    if owner is not None:
        listed = _one(owner, (), replace(seen, accounts=[*seen.accounts]))
        if len(listed) > 1:
            return listed
    product, candidates = inferred(seen, lexicon, wants_topup) if infers else (None, ())
    sold_by = {unit for pid in candidates for unit in (lexicon.products[pid].unit, lexicon.products[pid].any_unit)}
    if product is not None:
        return _alone(product, seen, lexicon)
    share_out(None, seen)
    return _one(product, candidates, seen, lexicon.counted.keys(), sold_by)


def _alone(product: ProductIndex, seen: Seen, lexicon: Lexicon) -> list[Draft]:
    """Read everything as being about one product that is known: for one, or for several people."""
    share_out(product, seen)
    seen.texts = called_here(product, seen.texts, lexicon.people)
    seen.texts = standing_code(product, seen)
    name_options_by_number(product, seen, lexicon)
    apart = separate(product, seen, lambda own, part: _one(own, (), part))
    return apart or unshared(product, _one(product, (), seen))


def _one(
    product: ProductIndex | None,
    candidates: tuple[str, ...],
    seen: Seen,
    counted: Container[str] = (),
    sold_by: Container[str] = (),
) -> list[Draft]:
    """Read everything as being about one product: several amounts or several accounts make several items."""
    seen.accounts = _meant_for(product, seen.accounts)
    anchors, counts = sizes_and_counts(product, seen, counted, sold_by, repeats=len(seen.accounts) > 1)
    base = Draft(product, candidates)
    choose(base, product, seen)
    if seen.refused:
        base.refused = frozenset(pair for m in seen.refused for pair in chain(*meanings(m, product)))
    if product is not None:
        anchors = _take_opposites(base, anchors, product, seen)
    base.texts = dict(seen.texts)
    if product is not None and len(seen.accounts) < 2 and counts:
        rows = every_kind(product, seen, counts, base.options)
        if rows:
            return [replace(base, options=o, amount=a, quantity=n, accounts=[*seen.accounts]) for o, a, n in rows]
        if all(anchor.kind == "word" and not anchor.number for anchor in anchors):
            counted_out = option_rows(product, seen, counts, anchors)
            if counted_out:
                return [
                    replace(base, options={**base.options, **options}, quantity=n, accounts=[*seen.accounts])
                    for options, n in counted_out
                ]
    if len(seen.accounts) < 2:
        paired = paired_with_options(product, seen, counted, sold_by) if anchors else []
        made = _by_choice(base, paired, anchors, counts, product, seen)
        if made:
            return made
    if len(anchors) > 1:
        anchors = asked_for(anchors, counts, seen, known=product is not None or bool(candidates))
    option_anchors = options_apart(product, seen) if len(anchors) < 2 else []
    words = {m.word for m, _ in option_anchors if product is not None and m.word not in product.option_words}
    if option_anchors and product is not None and anchors and anchors[0].word in words:
        for mention, _ in option_anchors:  # 夜场成人两张儿童一张: at night, both
            base.options = {**dict(of_sku(mention, product)), **base.options}
        anchors = []
    if option_anchors and anchors and anchors[0].word in {m.word for m, _ in option_anchors}:
        anchors = anchors[1:]  # 全家桶一份 蛋挞两份, where the first is a SKU's name as well
    if option_anchors and (not anchors or len(counts) >= len(option_anchors) or both_meant(option_anchors, seen.text)):
        if anchors and counts and counts[0].number == sum(count.number or 0 for count in counts[1:]):
            counts = counts[1:]  # 5次的两张，一张轿车一张越野车
        return by_option(replace(base, amount=anchors[0] if anchors else None), option_anchors, counts, seen)
    if len(seen.accounts) > 1 and not _roles(product, seen.accounts):
        return _by_account(base, anchors, counts, product, seen)
    made = []
    for i, amount in enumerate(anchors or [None]):
        quantity = count_for(i, anchors, counts, seen.text)
        options = with_own_option(base.options, product, amount)
        draft = replace(base) if len(anchors) > 1 else base
        draft.amount, draft.quantity, draft.accounts, draft.options = amount, quantity, list(seen.accounts), options
        made.append(draft)
    return made


def _take_opposites(base: Draft, anchors: list[Amount], product: ProductIndex, seen: Seen) -> list[Amount]:
    """不要太肥的: the choice that is called 瘦的; where another was named (五花三斤) it is left open, and nothing usual
    fills it in."""
    for name, chosen in wanted_instead(product, seen):
        sized = {sku.options.get(name, chosen) for a in anchors for sku in product.by_word.get(a.word, ())}
        if base.options.setdefault(name, chosen) == chosen and sized <= {chosen}:
            continue
        del base.options[name]
        base.refused |= {(option, choice) for option, choice in product.option_words.values() if option == name}
        anchors = [_by_its_number(a, product) for a in anchors]
    return anchors


def _by_its_number(amount: Amount, product: ProductIndex) -> Amount:
    """三斤, of 五花三斤."""
    values = {sku.value for sku in product.by_word.get(amount.word, ())}
    value = values.pop() if len(values) == 1 else None
    return amount if value is None else replace(amount, word="", kind="value", number=value, unit=product.unit)


def _by_choice(
    base: Draft,
    paired: list[tuple[Amount, tuple[str, str]]],
    anchors: list[Amount],
    counts: list[Amount],
    product: ProductIndex | None,
    seen: Seen,
) -> list[Draft]:
    """Make an item of each amount, group of options or choice said with a choice of its own; [] where none is."""
    if paired:
        return [
            replace(
                base,
                amount=amount,
                quantity=count_for(i, [one for one, _ in paired], counts, seen.text),
                options={**base.options, option[0]: option[1]},
                accounts=list(seen.accounts),
            )
            for i, (amount, option) in enumerate(paired)
        ]
    if len(anchors) > 1:
        return []
    groups = grouped(product, seen)
    if groups:
        spans = [span for span, _ in groups]
        return [
            replace(
                base,
                amount=anchors[0] if anchors else None,
                quantity=count_for(i, spans, counts, seen.text),
                options={**base.options, **options},
                accounts=list(seen.accounts),
            )
            for i, (_, options) in enumerate(groups)
        ]
    return [
        replace(
            base,
            amount=anchors[0] if anchors else None,
            quantity=int(count.number or 1),
            accounts=list(seen.accounts),
            choices={**base.choices, name: chosen},
        )
        for (name, chosen), count in choices_apart(product, seen, counts)
    ]


def _by_account(
    base: Draft, anchors: list[Amount], counts: list[Amount], product: ProductIndex | None, seen: Seen
) -> list[Draft]:
    """Make an item for each account: with the amount, count and choices that were said with it, or for all."""
    made, accounts = [], seen.accounts
    local = _said_with_one(seen, accounts)
    own_counts = counts_of_accounts(accounts, counts, seen.text)
    in_all = [c for c in counts if not any(_leads_to(c, account, seen.text) for account in accounts)]
    for i, account in enumerate(accounts):
        amount = amount_of(i, accounts, anchors, seen.text)
        quantity = count_for(anchors.index(amount) if amount else 0, anchors, counts, seen.text)
        if own_counts:
            quantity = own_counts[i]
        elif quantity == len(accounts) > len(in_all) and not said_for_each(quantity, counts, seen.text):
            quantity = None  # 俩月卡 138…和131…: one for each
        options, choices = dict(base.options), dict(base.choices)
        for chosen, meant in ((options, 0), (choices, 1)):
            pairs = [(pair, own) for m, own in local for pair in meanings(m, product)[meant]]
            for pair, own in pairs:
                if own is not account and chosen.get(pair[0]) == pair[1]:
                    del chosen[pair[0]]
            chosen.update(pair for pair, own in pairs if own is account)
        made.append(
            replace(base, amount=amount, quantity=quantity, accounts=[account], options=options, choices=choices)
        )
    return made


def _leads_to(count: Amount, account: Account, text: str) -> bool:
    """月卡要两个 一个138… 一个139…: the one that an account is for counts nothing besides."""
    return (
        count.number == 1 and count.end <= account.start and not text[count.end : account.start].strip("号是给用充 的")
    )


def _said_with_one(seen: Seen, accounts: list[Account]) -> list[tuple[Mention, Account]]:
    """List the options said in the line (or the piece between spaces) of one account: they are that account's alone."""
    placed = [
        (mention, at) for mention in seen.mentions if (at := _whose(seen.text, mention, len(accounts))) is not None
    ]
    if placed:
        return [(mention, accounts[at]) for mention, at in placed]
    for parts in PARTS:
        spans = [match.span() for match in parts.finditer(seen.text)]
        homes = [next((i for i, (s, e) in enumerate(spans) if s <= a.start < e), -1) for a in accounts]
        if len(set(homes)) == len(accounts):
            by_span = dict(zip(homes, accounts, strict=True))
            found = ((m, next((i for i, (s, e) in enumerate(spans) if s <= m.start < e), -1)) for m in seen.mentions)
            return [(m, by_span[i]) for m, i in found if i in by_span and (m.entry.options or m.entry.choices)]
    return []


_WHOSE = re.compile(
    r"(?:第(?P<nth>[一二三四五1-5])个|(?P<first>前面?那?一?个)|(?P<last>后面?那?一?个|最后那?一?个))(?:号码?|人)?的?(?:要|用|是|走|选|给)*\s*$"
)


def _whose(text: str, mention: Mention, accounts: int) -> int | None:
    """Tell whose an option is when it says so: 第二个号要慢充."""
    match = _WHOSE.search(text[max(0, mention.start - 10) : mention.start])
    if match is None or not (mention.entry.options or mention.entry.choices):
        return None
    at = accounts - 1 if match["last"] else 0 if match["first"] else int(read_numeral(match["nth"]) or 0) - 1
    return at if 0 <= at < accounts else None


def _meant_for(product: ProductIndex | None, accounts: list[Account]) -> list[Account]:
    """Leave out accounts of another kind when one that fits was said: a QQ number beside the phone to top up."""
    if product is None or len(accounts) < 2:
        return accounts
    fitting = [
        a
        for a in accounts
        if any(
            accept(entry, a.said) and not (a.cue == "phone" and entry.kind == "qq") for entry in product.account_fields
        )
    ]
    return [a for a in accounts if a in fitting or not a.cue or a.cue == "any"] if fitting else accounts


def _roles(product: ProductIndex | None, accounts: list[Account]) -> bool:
    """Tell whether several accounts fill several fields of one item (a phone and a UID), not one item each."""
    if product is None:  # 浙AD12345，135…: a plate and the phone beside it
        cues = {account.cue for account in accounts}
        return len(accounts) == len(cues) == 2 and any(cue.startswith("=") for cue in cues)
    if len(accounts) < 2 or len(product.account_fields) < 2:
        return False
    fitting = [{f.name for f in product.account_fields if accept(f, a.said)} for a in accounts]
    if len(accounts) == 2 and all(fitting) and fitting[0] != fitting[1]:
        return True  # an identity card's number and a phone, both bare
    return len(accounts) <= len(product.account_fields) and len({a.cue for a in accounts}) == len(accounts)
