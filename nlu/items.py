"""One item of a frame: what was said about one product becomes value, SKU, options, fields and what is missing."""

import re
from dataclasses import dataclass, field, replace

from nlu.accounts import Account, accept, matches
from nlu.amounts import Amount, Settled, settle
from nlu.frame import Item
from nlu.lexicon import FieldWords, Lexicon, Number, ProductIndex, SkuWords
from nlu.regions import without_lead

ADDRESS = "=address"
"""Stands for whatever the product calls its address field, until the product is known."""


@dataclass(slots=True)
class Draft:
    """What the words gave for one item, before the catalog's defaults and checks."""

    product: ProductIndex | None = None
    candidates: tuple[str, ...] = ()
    amount: Amount | None = None
    quantity: int | None = None
    accounts: list[Account] = field(default_factory=list)
    options: dict[str, str] = field(default_factory=dict)
    choices: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    refused: frozenset[tuple[str, str]] = frozenset()
    """Options and choices that he does not want: no default brings them back."""


def finish(draft: Draft, lexicon: Lexicon) -> Item:
    """Turn a draft into an item: settle the amount, pick the SKU, check accounts, list what is missing."""
    product = draft.product
    if product is None:
        return _without_product(draft, lexicon)
    settled = (settle(product, draft.amount) if draft.amount else None) or Settled()
    quantity = draft.quantity if draft.quantity is not None else settled.count
    said_options = {name: chosen for name, chosen in draft.options.items() if name in product.option_names}
    options = dict(said_options)
    if settled.skus and settled.value is not None and not any(_has(sku, said_options) for sku in settled.skus):
        alike = tuple(sku for sku in product.by_value.get(settled.value, ()) if _has(sku, said_options))
        settled = replace(
            settled, skus=alike or settled.skus
        )  # 包月 is the open roof's; 顶棚的 comes by the month, too
    if draft.amount and draft.amount.word and settled.skus:
        for name, chosen in _shared_options(settled.skus).items():
            said_options.setdefault(name, chosen)
            options.setdefault(name, chosen)
    for name, default in product.option_defaults.items():
        if (name, default) not in draft.refused:
            options.setdefault(name, default)
    sku = _pick(product, settled, options)
    alike = settled.skus if sku is None and settled.value is None and settled.skus and draft.amount else ()
    fields, invalid = _fields(product, draft)
    said = {"product"} | set(said_options) | set(fields) | set(invalid)
    said |= {"value"} if settled.value is not None or settled.skus else set()
    said |= {"quantity"} if quantity is not None else set()
    for name, default in product.defaults.items():
        if name not in invalid and (name, default) not in draft.refused:
            fields.setdefault(name, default)
    return Item(
        product=product.id,
        sku=sku.code if sku else None,
        value=settled.value,
        quantity=quantity or 1,
        options=options,
        fields=fields,
        invalid=invalid,
        missing=_missing(product, sku, settled.value, options, fields, named=bool(alike)),
        alike=tuple(sku.code for sku in alike),
        said=frozenset(said),
    )


def _has(sku: SkuWords, options: dict[str, str]) -> bool:
    return all(sku.options.get(name, chosen) == chosen for name, chosen in options.items())


def _without_product(draft: Draft, lexicon: Lexicon) -> Item:
    value: Number | None = None
    quantity = draft.quantity
    sold_by = {unit for pid in draft.candidates if (p := lexicon.products.get(pid)) for unit in (p.unit, p.any_unit)}
    if draft.amount and (
        draft.amount.kind in ("value", "months") or draft.amount.unit in lexicon.counted or draft.amount.unit in sold_by
    ):
        value = _for_any(draft, lexicon)
    elif draft.amount and draft.amount.kind == "count" and quantity is None:
        quantity = int(draft.amount.number or 1)
    place = lexicon.field_names.get("address", ("address",))[0]
    fields = dict(draft.choices) | {place if name == ADDRESS else name: said for name, said in draft.texts.items()}
    invalid: dict[str, str] = {}
    for account in draft.accounts:
        name, fits = name_for(account, lexicon)
        (fields if fits else invalid).setdefault(name, account.said)
    said = {"value"} if value is not None else set()
    said |= {"quantity"} if quantity is not None else set()
    return Item(
        candidates=draft.candidates,
        value=value,
        quantity=quantity or 1,
        options=dict(draft.options),
        fields=fields,
        invalid=invalid,
        missing=("product",),
        said=frozenset(said | set(draft.options) | set(fields) | set(invalid)),
    )


def _for_any(draft: Draft, lexicon: Lexicon) -> Number | None:
    """Give what an amount says whichever candidate is meant; 一年 of two that count it differently is open."""
    amount = draft.amount
    if amount is None or amount.kind != "months":
        return amount.number if amount else None
    if not draft.candidates:
        return amount.number if amount.number and amount.number <= _LONGEST else None
    sold = (lexicon.products[pid] for pid in draft.candidates)
    settled = (settle(product, amount) for product in sold if product.unit != "天")
    values = {one.value for one in settled if one is not None and one.value is not None}
    return amount.number if not values else values.pop() if len(values) == 1 else None


_LONGEST = 36
"""Months: 车龄8年 is nobody's subscription."""


def name_for(account: Account, lexicon: Lexicon) -> tuple[str, bool]:
    """Name the field that an account with no product goes to, and tell whether it passes that field's check."""
    if account.cue.startswith("="):
        known = lexicon.account_fields.get(account.cue[1:], ())
        return account.cue[1:], not known or any(accept(entry, account.said) for entry in known)
    phone = FieldWords("", "", "phone")
    wanted = {
        "phone": ("phone", "phone_or_qq"), "qq": ("qq", "phone_or_qq"), "uid": ("uid", "card_no"),
        "card": ("card_no", "uid"), "email": ("email",),
    }.get(account.cue)  # fmt: skip
    if wanted is None:
        numeric = account.said.isdecimal()
        if accept(phone, account.said):
            wanted = ("phone", "phone_or_qq", "qq")
        else:
            wanted = (
                ("qq", "phone_or_qq", "uid", "card_no") if numeric and len(account.said) < 11 else ("uid", "card_no")
            )
        coded = next(
            (f.name for fs in lexicon.account_fields.values() for f in fs if f.coded and accept(f, account.said)), ""
        )
        if coded:
            return coded, True
        shaped = [
            f.name
            for fs in lexicon.account_fields.values()
            for f in fs
            if f.pattern and matches(f.pattern, account.said)
        ]
        if len(set(shaped)) == 1:
            return shaped[0], True
        kinds = (kind for pattern, kind in lexicon.pattern_kinds if matches(pattern, account.said))
        wanted = (*kinds, *wanted)
    for kind in (*wanted, "phone", "qq", "uid", "card_no", "email"):
        names = lexicon.field_names.get(kind)
        if names:
            fits = kind not in ("phone", "email") or accept(FieldWords("", "", kind), account.said)
            return names[0], fits
    return "account", True


def _shared_options(skus: tuple[SkuWords, ...]) -> dict[str, str]:
    first, *rest = skus
    return {
        name: chosen for name, chosen in first.options.items() if all(sku.options.get(name) == chosen for sku in rest)
    }


def _pick(product: ProductIndex, settled: Settled, options: dict[str, str]) -> SkuWords | None:
    skus = product.words.skus if settled.skus is None else settled.skus
    if settled.skus is None and settled.value is not None:
        return None
    fitting = [sku for sku in skus if _has(sku, options)]
    if len(fitting) != 1 or (fitting[0].any_value and settled.value is None):
        return None
    return fitting[0]


_PHONE_IN = re.compile(
    r"[\s,，、;；]*(?:[\u4e00-\u9fff]{0,4}(?:电话|手机号?|联系方式)|收[\u4e00-\u9fff]{1,2}人)?(?:是|为|[:：\s])*(?<!\d)(1[3-9]\d{9})(?!\d)"
)
_CUE_KINDS = {
    "phone": ("phone", "phone_or_qq"),
    "qq": ("qq", "phone_or_qq"),
    "uid": ("uid",),
    "card": ("card_no", "uid"),
    "email": ("email",),
}


def _fields(product: ProductIndex, draft: Draft) -> tuple[dict[str, str], dict[str, str]]:
    """Give each account the field it fits best; what fits none goes to `invalid` of the field it was meant for."""
    fields = {
        name: chosen for name, chosen in draft.choices.items() if any(f.name == name for f in product.words.fields)
    }
    for entry in product.words.fields if draft.texts else ():
        said = draft.texts.get(entry.name) or (draft.texts.get(ADDRESS) if entry.kind == "address" else None)
        phone = next((f for f in product.account_fields if f.kind == "phone"), None)
        if said and entry.kind == "address" and phone is not None:
            beside = _PHONE_IN.search(said)
            if beside and not any(accept(phone, account.said) for account in draft.accounts):
                fields.setdefault(phone.name, beside[1])  # the product asks for both: the phone is none of the address
                said = f"{said[: beside.start()]} {said[beside.end() :]}"
                said = said[without_lead(said) :].strip(" ,，、;；")
        if said and entry.kind in ("text", "address"):
            fields.setdefault(entry.name, said)
    invalid: dict[str, str] = {}
    for account in draft.accounts:
        free = [entry for entry in product.account_fields if entry.name not in fields and entry.name not in invalid]
        if not free:
            break
        entry = field_for(account, free)
        if accept(entry, account.said) and not (account.cue == "phone" and entry.kind == "qq"):
            fields[entry.name] = account.said
        elif _meant(entry, account):
            invalid[entry.name] = account.said
    return fields, invalid


def field_for(account: Account, free: list[FieldWords]) -> FieldWords:
    """Choose among a product's open account fields: by the name it was called, by kind, by what accepts it."""

    def fitness(entry: FieldWords) -> tuple[bool, bool, bool, bool]:
        return (
            account.cue != f"={entry.name}",
            not accept(entry, account.said),
            entry.kind not in _CUE_KINDS.get(account.cue, ()),
            entry.pattern is None,
        )

    return min(free, key=fitness)


def _meant(entry: FieldWords, account: Account) -> bool:
    """Tell whether a value that fails the check was still said for this field: a 10-digit number for a phone is."""
    kinds = _CUE_KINDS.get(account.cue)
    if kinds is not None and entry.kind not in kinds and account.cue in ("email", "phone", "qq"):
        return entry.kind in ("phone", "phone_or_qq", "uid", "card_no", "qq") and account.cue != "email"
    return True


def _missing(
    product: ProductIndex,
    sku: SkuWords | None,
    value: Number | None,
    options: dict[str, str],
    fields: dict[str, str],
    named: bool = False,
) -> tuple[str, ...]:
    missing = []
    if sku is None:
        open_skus = [s for s in product.words.skus if all(s.options.get(n, c) == c for n, c in options.items())]
        for option in product.words.options:
            if option.name not in options and len({s.options.get(option.name) for s in open_skus}) > 1:
                missing.append(option.name)
        if not missing or (product.valued and not named and (value is None or not _on_sale(product, value))):
            missing.append("value")
    missing += [entry.name for entry in product.words.fields if not entry.optional and entry.name not in fields]
    return tuple(missing)


def _on_sale(product: ProductIndex, value: Number) -> bool:
    if product.any_sku and product.any_sku.any_value:
        low, high = product.any_sku.any_value
        return low <= value <= high
    return value in product.by_value
