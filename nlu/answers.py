"""Reading a message as the answer to what the bot has just asked."""

import re
from dataclasses import replace

from nlu.accounts import Account, accept, spoken_digits
from nlu.amounts import Amount, settle
from nlu.code_labels import code_in, is_code_label
from nlu.dates import asks_when, day_in
from nlu.frame import Expecting, Frame, Item
from nlu.free_text import address_span
from nlu.intent import blank, chosen, is_bare
from nlu.items import Draft, field_for, finish
from nlu.lexicon import FieldWords, Lexicon, ProductIndex
from nlu.no_text import is_no_text, is_other_wish, without_talk_behind
from nlu.option_rows import every_kind
from nlu.reading import drafts
from nlu.seen import Ref, Seen
from nlu.surnames import KIN
from nlu.taking_back import drop_taken_back

_ANSWERS = 0.96


def read_answer(seen: Seen, lexicon: Lexicon, expecting: Expecting) -> Frame | None:
    """Read the message as an answer to `expecting`; None when it says something else."""
    product = lexicon.products.get(expecting.product or "")
    picked = _picked(seen, product, expecting)
    if picked is not None:
        return picked
    if expecting.slot in ("confirm", "product"):
        return None
    each = _of_each(seen, product, expecting, lexicon) if product is not None else None
    if each is not None:
        return each
    if expecting.slot == "value":
        return _value(seen, product, lexicon)
    entry = next((f for f in product.words.fields if f.name == expecting.slot), None) if product else None
    if entry is None:
        return _option(seen, product, expecting, lexicon)
    if entry.kind == "choice":
        return _choice(seen, product, entry, lexicon)
    if entry.kind in ("text", "address"):
        return _free_text(seen, entry, product)
    return _account(seen, entry, product)


def _of_each(seen: Seen, product: ProductIndex, expecting: Expecting, lexicon: Lexicon) -> Frame | None:
    """各来一块, 每种两条, where the kinds were just listed: one of each."""
    asked = expecting.slot == "value" or expecting.slot in product.option_names
    counts = [amount for amount in seen.amounts if amount.kind == "count"]
    if not asked or not counts or _speaks_of_another(seen, product) or len(seen.text) > _SHORT:
        return None
    items = []
    for options, size, quantity in every_kind(product, seen, counts, {}, expecting.slot):
        made = finish(Draft(product, amount=size, options=options, quantity=quantity), lexicon)
        sku = made.sku if size is not None and not product.words.options else None
        said = frozenset({*options, "quantity", *(("value",) if size is not None else ())})
        items.append(Item(sku=sku, value=made.value, quantity=quantity, options=options, said=said))
    return Frame("answer", tuple(items), confidence=_ANSWERS) if len(items) > 1 else None


_SHORT = 12
_FEW = range(1, 10)


def read_number(said: str, lexicon: Lexicon, expecting: Expecting) -> Frame | None:
    """Read a message of digits alone, without looking for anything else in it; None when that needs a closer look."""
    product = lexicon.products.get(expecting.product or "")
    seen = Seen(said, said)
    picked = _picked(seen, product, expecting)
    if picked is not None or product is None:
        return picked
    if expecting.slot == "value" and len(said) <= 6:
        seen.amounts = [Amount(0, len(said), "value", int(said))]
        return _value(seen, product, lexicon)
    entry = next((f for f in product.account_fields if f.name == expecting.slot), None)
    if entry is not None and len(said) >= 5 and accept(entry, said):
        return _frame(Item(fields={entry.name: said}, said=frozenset({entry.name})))
    return None


def _frame(item: Item) -> Frame:
    return Frame("answer", (item,), confidence=_ANSWERS)


def _picked(seen: Seen, product: ProductIndex | None, expecting: Expecting) -> Frame | None:
    """A number up to what was listed is a choice; one that is a denomination on sale and exceeds the list is not."""
    if expecting.listed <= 0:
        return None
    index = chosen(seen.text)
    if index is None and seen.text.isdecimal() and len(seen.text) <= 2:
        index = int(seen.text)
    if index is None:
        return None
    if 0 < index <= expecting.listed:
        return Frame("choose", index=index, confidence=0.97)
    on_sale = product is not None and (index in product.by_value or product.any_sku is not None)
    if on_sale and expecting.slot == "value":
        return None
    return Frame("choose", index=index, confidence=0.9) if index <= 9 else None


def _speaks_of_another(seen: Seen, product: ProductIndex) -> bool:
    return any(ref.product != product.id for ref in seen.refs)


def _value(seen: Seen, product: ProductIndex | None, lexicon: Lexicon) -> Frame | None:
    amounts = [a for a in seen.amounts if a.kind != "none"]
    if product is None or _speaks_of_another(seen, product) or not amounts:
        return None
    sizes = _sizes(seen, product)
    if len(sizes) > 1 and _ASKS_WHICH.search(seen.text):
        return Frame("unknown", confidence=0.5)  # 50还是100好
    counted = len(sizes) > 1 and len(seen.text) <= 20 and any(a.kind == "count" for a in amounts)
    if not (counted or is_bare(blank(seen)) or len(seen.text) <= 6):
        return None
    drop_taken_back(seen)
    _drop_remarked(seen)
    sizes = _sizes(seen, product)
    if len(sizes) > 1 and any(a.kind == "count" for a in seen.amounts):
        return _several_sizes(seen, product, lexicon, len(sizes))
    if _SUMMED.search(seen.text) and len({a.number for a in seen.amounts if a.kind == "value"}) > 1:
        return None  # 50加30: one of them is not what was said
    if len(sizes) > 1 and _EITHER.search(seen.text):
        return Frame("unknown", confidence=0.5)  # 50或者100
    for amount in seen.amounts:
        settled = settle(product, amount)
        if settled and (settled.value is not None or settled.skus):
            others = drafts(seen, lexicon, wants_topup=False, infers=False)
            options = dict(others[0].options) if others else {}
            made = finish(Draft(product, amount=amount, options=options), lexicon)
            extra = finish(others[0], lexicon) if others else made
            known = made.product if made.sku and made.value is None else None
            counted = "quantity" in extra.said and amount.kind != "count"
            return _frame(
                Item(
                    product=known,
                    # Options chosen earlier are not known here: with a value the dialog picks the SKU itself.
                    sku=made.sku if made.value is None or not product.words.options else None,
                    value=made.value,
                    quantity=extra.quantity if counted else 1,
                    options={
                        n: c for n, c in {**extra.options, **made.options}.items() if n in made.said or n in extra.said
                    },
                    fields={n: s for n, s in extra.fields.items() if n in extra.said},
                    said=frozenset(made.said | extra.said)
                    - (set() if known else {"product"})
                    - (set() if counted else {"quantity"}),
                )
            )
    return None


def _sizes(seen: Seen, product: ProductIndex) -> set[str]:
    """Tell the sizes of the product asked for that are named, each by something that is its own."""
    found = [settle(product, a) for a in seen.amounts if a.kind not in ("none", "count")]
    named = [s for s in found if s is not None and (s.value is not None or s.skus)]
    return {str(s.value) if s.value is not None else ",".join(sku.code for sku in s.skus or ()) for s in named}


def _several_sizes(seen: Seen, product: ProductIndex, lexicon: Lexicon, sizes: int) -> Frame | None:
    """生椰两张美式一张, 50和100各一张: one item for each."""
    made = _items_of(product, seen, lexicon)
    kept = frozenset({"value", "quantity"})
    each = [
        Item(sku=i.sku if not product.words.options else None, value=i.value, quantity=i.quantity, said=i.said & kept)
        for i in made
        if i.sku or i.value is not None
    ]
    return Frame("answer", tuple(each), confidence=_ANSWERS) if len(each) == sizes else None


def _drop_remarked(seen: Seen) -> None:
    """季卡不划算, 全家桶就算了, 为什么没有100: of the choice something is said, and it is not made."""
    values = [a for a in seen.amounts if a.kind not in ("none", "count")]
    places = sorted({(a.start, a.end) for a in values} | {(m.start, m.end) for m in seen.mentions})
    remarked = set()
    for start, end in places:
        behind = seen.text[end : min((s for s, _ in places if s >= end), default=len(seen.text))]
        before = seen.text[max((e for _, e in places if e <= start), default=0) : start]
        before, behind = _CLAUSE_END.split(before)[-1].removesuffix("有没有"), _CLAUSE_END.split(behind)[0]
        said_of_it = _AFFIRMS.sub("", _IS_THERE.sub("", f"{before},{behind}"))
        if _REMARKS_BEFORE.search(before) or _REMARKS_BEHIND.search(said_of_it):
            remarked.add((start, end))
    if remarked:
        seen.amounts = [a for a in seen.amounts if (a.start, a.end) not in remarked]
        seen.mentions = [m for m in seen.mentions if (m.start, m.end) not in remarked]


_CLAUSE_END = re.compile(r"[,，。;；!！\n]")
_IS_THERE = re.compile(r"(?:(?<![没只])有,的?|,的?(?:现在|还)?有)货?[吗么没](?=[?？]?$)")
"""有50的吗, 季卡还有吗: whoever asks for one of those that were just shown wants it."""
_AFFIRMS = re.compile(
    r"不变|不换了?|不用[改换找]|不错|差不多|没[错事]|没问题|没毛病|要不|不如|(?:好|行|成|可以|中)(?:吗|么|不|不[好行])|太好了|算了(?=就)"
)
_REMARKS_BEHIND = re.compile(
    r"不|没|别|免了|算了|跳过|退了|太|贵|有点|有货|有吗|[有过]了|刚买|过期|用完|坏了|便宜|打折|[之以]外|除外|[少差]了?点"
    r"|[吗?？]|什么|啥|[怎咋]|哪|干嘛|多少|为何|区别"
)
_REMARKS_BEFORE = re.compile(
    r"(?:(?<![要差])不(?!好意思|如|然|过|管|急)|没(?![错事问关])|(?<!特)别(?!的)|除|拒绝|为[什啥何]|[怎咋]|只有"
    r"|(?:上[次回]|[以之]前|昨天|刚刚?|室友|同事|朋友|人家|别人)[^一照]*[买充用拍订]的?)[^,，]*$"
)


_EITHER = re.compile("或|还是|要么|要不")
_ASKS_WHICH = re.compile(r"(?:还是|或者?).{1,8}(?:好|划算|合适|便宜|[?？吗呢])")
_SUMMED = re.compile(r"[\d一二两三四五六七八九十百千万块元]\s*(?:加|\+|和|跟)\s*[\d一二两三四五六七八九十百千万]")


def _option(seen: Seen, product: ProductIndex | None, expecting: Expecting, lexicon: Lexicon) -> Frame | None:
    if product is not None and len(seen.text) <= 8:  # 王者, 打到王者: the end of 最强王者
        tail = next(
            (t for t, (name, _) in product.option_tails.items() if name == expecting.slot and t in seen.text), ""
        )
        if tail and re.search(rf"^(?:要|就|选|打到|打|到|上|升到|目标)*{re.escape(tail)}(?:吧|的)?$", seen.text):
            pair = product.option_tails[tail]
            return _frame(Item(options={pair[0]: pair[1]}, said=frozenset({pair[0]})))
    if product is None or any(ref.product not in (None, product.id) for ref in seen.refs):
        return None
    drop_taken_back(seen)
    _drop_remarked(seen)
    said = seen.text.strip(" ,，。.!！~、").removesuffix("吧").removesuffix("的").replace(" ", "")
    found = [product.option_words[m.word] for m in seen.mentions if m.word in product.option_words]
    found += [product.option_words[said]] if said in product.option_words and not found else []
    if not found:  # an id typed as it is: 1m
        found = [(o.name, c.id) for o in product.words.options for c in o.choices if c.id.lower() == said]
    chosen_ids = [chosen_id for name, chosen_id in found if name == expecting.slot]
    if not chosen_ids or len(seen.text) > 20:
        return None
    ends = {mention.end for mention in seen.mentions if mention.word in product.option_words}
    seen.amounts = [  # 草莓2
        replace(a, kind="count") if a.start in ends and not a.unit and a.kind == "value" and a.number in _FEW else a
        for a in seen.amounts
    ]
    if len(set(chosen_ids)) > 1 and any(a.kind == "count" for a in seen.amounts):  # 两张成人一张小孩
        made = _items_of(product, seen, lexicon)
        kept = frozenset({*product.option_names, "quantity"})
        each = (
            Item(options={n: c for n, c in i.options.items() if n in i.said}, quantity=i.quantity, said=i.said & kept)
            for i in made
            if expecting.slot in i.options
        )
        return Frame("answer", tuple(each), confidence=_ANSWERS)
    item = Item(options={expecting.slot: chosen_ids[-1]}, said=frozenset({expecting.slot}))
    return _frame(_with_the_rest(item, seen, product, lexicon) or _counted(item, seen))


def _choice(seen: Seen, product: ProductIndex | None, entry: FieldWords, lexicon: Lexicon) -> Frame | None:
    if product is None or len(seen.text) > 20:
        return None
    drop_taken_back(seen)
    _drop_remarked(seen)
    said = seen.text.strip(" ,，。.!！~、").removesuffix("吧").removesuffix("的").replace(" ", "")
    words = [m.word for m in seen.mentions] or [said]
    ids = [chosen_id for word in words for name, chosen_id in product.choice_words.get(word, ()) if name == entry.name]
    if not ids:
        return None
    item = Item(fields={entry.name: ids[-1]}, said=frozenset({entry.name}))
    return _frame(_with_the_rest(item, seen, product, lexicon) or _counted(item, seen))


def _items_of(product: ProductIndex, seen: Seen, lexicon: Lexicon) -> list[Item]:
    """Read everything that is said as being about this product."""
    seen.refs = [Ref(0, 0, "", product.id)]
    return [finish(draft, lexicon) for draft in drafts(seen, lexicon, wants_topup=False)]


def _with_the_rest(item: Item, seen: Seen, product: ProductIndex, lexicon: Lexicon) -> Item | None:
    """移动 100, 移动的 13776018829: with what else is said of it; None where there is nothing."""
    if not seen.accounts and not any(a.kind in ("value", "months", "word") for a in seen.amounts):
        return None
    made = _items_of(product, seen, lexicon)
    if len(made) != 1 or made[0].invalid or made[0].product != product.id:
        return None
    (whole,) = made
    if not (item.options.items() <= whole.options.items() and item.fields.items() <= whole.fields.items()):
        return None
    said = whole.said - {"product"}
    options = {name: chosen for name, chosen in whole.options.items() if name in said}
    return replace(whole, product=None, sku=None, options=options, missing=(), said=said)


def _counted(item: Item, seen: Seen) -> Item:
    """奶搓两张: how many, said along with the choice."""
    counts = {a.number for a in seen.amounts if a.kind == "count" and a.number is not None}
    if len(counts) != 1 or (count := int(counts.pop())) < 1:
        return item
    return replace(item, quantity=count, said=item.said | {"quantity"})


_PLACE_WORD = re.compile(r"[省市区县镇乡村路街道巷弄号栋幢楼室苑园]|小区|学校|大学|大厦|广场|公司")
_LEAD = re.compile(r"^(?:收货地址|地址|寄到|寄给|寄|送到|改成|改为|换成|是|为|我的|我在|[:：,，\s])+")


def _free_text(seen: Seen, entry: FieldWords, product: ProductIndex | None) -> Frame | None:
    """Take free text as it stands, unless it is plainly a question or another wish."""
    said = seen.cased.strip()
    if is_other_wish(seen.text) or not said or len(said) > 200 or is_no_text(said):
        return None
    if _begins_with_another(said, entry, product):
        return None
    if entry.kind == "address":
        span = address_span(seen.text)
        if span is None and not (len(said) >= 6 and _PLACE_WORD.search(said)):
            return None
        said = _LEAD.sub("", said)
    if asks_when(entry.label) and (day := day_in(said, lambda one: accept(entry, one))):
        fields = {entry.name: day}
        for account in seen.accounts:
            own = next((one for one in product.account_fields if accept(one, account.said)), None) if product else None
            if own is not None:
                fields.setdefault(own.name, account.said)
        return _frame(Item(fields=fields, said=frozenset(fields)))
    if entry.pattern is None and (code := code_in(entry.label, said)):
        return _frame(_beside_code(Item(fields={entry.name: code}, said=frozenset({entry.name})), seen, product))
    said = _without_label(without_talk_behind(said) if entry.kind == "text" else said, entry.label)
    coded = [a.said for a in seen.accounts if entry.coded and accept(entry, a.said)]
    if len(coded) == 1:
        return _frame(Item(fields={entry.name: coded[0]}, said=frozenset({entry.name})))  # 粤b·7k920
    if entry.pattern and not accept(entry, said):
        return _frame(Item(invalid={entry.name: said}, said=frozenset({entry.name})))
    if not said or is_no_text(said) or (entry.pattern is None and is_code_label(entry.label) and _TELLS.search(said)):
        return None
    return _frame(Item(fields={entry.name: said}, said=frozenset({entry.name})))


def _begins_with_another(said: str, entry: FieldWords, product: ProductIndex | None) -> bool:
    """昵称随便, where a time is asked for: whatever it is, it is about the other text."""
    texts = [f.label.lower() for f in product.words.fields if f.kind == "text" and f is not entry] if product else []
    own = (entry.label.lower(), entry.label.lower()[-2:])
    others = {name for label in texts for name in (label, label[-2:]) if len(name) > 1} - set(own)
    return said.lower().startswith(tuple(others)) and not said.lower().startswith(own)


_TELLS = re.compile(r"^[^A-Za-z0-9]*(?:[了过吗呢]|[在就是][^A-Za-z0-9]|发你|给你)[^A-Za-z0-9]*$")
"""编号发你了, 就是手机号: a sentence, and no code."""


def _beside_code(item: Item, seen: Seen, product: ProductIndex | None) -> Item:
    """双线的 刚才不是发了吗 fengxue_88: the code, and the choices that are named beside it."""
    options, fields = dict[str, str](), dict(item.fields)
    for word in (mention.word for mention in seen.mentions):
        if product is not None:
            options |= dict([product.option_words[word]]) if word in product.option_words else {}
            fields |= dict(product.choice_words.get(word, ()))
    return replace(item, options=options, fields=fields, said=item.said | options.keys() | fields.keys())


_TAIL = re.compile("(?:姓名|名字|名称|号码|账号|帐号|号|名|内容|文字)$")


def _without_label(said: str, label: str) -> str:
    """考生王梓涵, 账号是stu2023, 贺卡写一生一世: what it is called, in whole or in part, is no part of it."""
    whole, core, tail = label.lower(), _TAIL.sub("", label.lower()), _TAIL.search(label.lower())
    calls = r"(?:上面?)?(?:(?:的?名字|姓名|名|字)?"
    calls += r"(?:叫做?|[就只]?是|[就只]要(?!求)|[就只]?是?[一二两三四五六七八1-8]个字|为|写着?|印|填)|[:：=\s])"
    parts = [rf"{re.escape(whole)}{calls}*", rf"(?:我的?)?{re.escape(core)}{calls}+"] if core else [re.escape(whole)]
    parts += [rf"(?:我的?)?{re.escape(tail[0])}{calls}+"] if tail else []
    parts += [rf"{re.escape(core)}(?=[\u4e00-\u9fff]{{2,4}}$)"] if tail and tail[0] == "姓名" and core else []
    parts += [rf"{re.escape(tail[0])}(?=[a-z0-9])"] if tail and len(tail[0]) > 1 else []
    for part in parts:
        match = re.match(part, said.lower())
        if match and match.end() < len(said):
            return said[match.end() :]
    return said


_NOT_THIS = re.compile(r"(?:不是|除了?|(?:别|不[要用想]?)[充冲打交用发]?[到给]?)\s*$")
_NOT_THAT = re.compile(
    r"\s*(?:的|[这那]个(?:号码?)?)?(?:我|他|她|就|已经|现在)*"
    r"(?:不是[我他她这]|不用(?![急谢改换找])|不要(?!.错)|不[充对行]|注销|换了|充过|[充打写说输]错|是谁|是客服)"
)
_OWN = re.compile(
    r"(?:^|[,，。;；\s(（])(?:(?:我|本人)(?:自己)?的?(?:手机|电话|号码?|手机号码?)?(?:是|:|：)?"
    r"|.{0,6}(?:联系(?:电话|方式|人|我)?|[打拨]|通知)(?:到|给)?我?(?:是|:|：)?|(?:原来|之前|以前)的?(?:号码?|手机号?)?(?:是)?)\s*$"
)
_IS_OWN = re.compile(r"\s*(?:这个)?是我(?:自己|本人)?的?(?=[,，。;；\s]|$)")
_HIS = (
    rf"(?:我|[他她]|(?:我|咱)?(?:们|家)?的?(?:{KIN}|朋友|同学|同事|室友|对象))(?:自己|本人)?"
    "的?(?:手机|电话|邮箱)?号?码?(?:是|:|：)?"
)
_EACH_HIS = re.compile(rf"(?:{_HIS}\s*[a-zA-Z0-9@._+-]{{5,}}[\s,，、;；。和跟]*){{2,}}")
"""我的136… 她的187…: one for each."""
_ALL_OF_THEM = re.compile(r"[各都也]|分别|一起|两个号")


def _ruled_out(text: str, account: Account) -> bool:
    """别充138…, 138…不用了: it is said not to be the one."""
    before = _CLAUSE_END.split(text[max(0, account.start - 8) : account.start])[-1]
    return bool(_NOT_THIS.search(before) or _NOT_THAT.match(text, account.end))


def _whom_it_is_for(text: str, accounts: list[Account]) -> list[Account]:
    """给139…充，我的是138…: of several, those that are not merely his own, or where he can be reached."""
    if _ALL_OF_THEM.search(text) or _EACH_HIS.fullmatch(text):
        return accounts
    others = [a for a in accounts if not (_OWN.search(text[: a.start]) or _IS_OWN.match(text, a.end))]
    return others or accounts


_CODE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_@.+-]{2,63}")


def _account(seen: Seen, entry: FieldWords, product: ProductIndex | None) -> Frame | None:
    """Check what stands where an account was asked for; a near miss is `invalid`, so that the bot can explain it."""
    if any(ref.product or ref.candidates for ref in seen.refs) or is_other_wish(seen.text):
        return None
    accounts = [a for a in seen.accounts if a.cue == f"={entry.name}" or not a.cue.startswith("=")]
    named = accounts
    if accounts and all(_ruled_out(seen.text, a) for a in accounts):
        return Frame("unknown", confidence=0.5)
    if len(accounts) > 1:
        seen.accounts = [a for a in seen.accounts if not _ruled_out(seen.text, a)]
        drop_taken_back(seen)
        seen.accounts = _whom_it_is_for(seen.text, seen.accounts)
        accounts = [a for a in seen.accounts if accept(entry, a.said)] or seen.accounts
        if len(accounts) > 1 and _EITHER.search(seen.text):
            return Frame("unknown", confidence=0.5)  # 138…或者139…
    if not accounts:
        bare = re.sub(r"(?<=[0-9a-zA-Z])[\s-]+(?=[0-9a-zA-Z])", "", seen.cased)
        codes = _CODE.findall(bare)
        codes = [seen.text] if seen.text.isdecimal() else codes or spoken_digits(seen.text)
        if len(codes) != 1 or not any(char.isdecimal() or char == "@" for char in codes[0]) or len(seen.text) > 40:
            return None
        accounts = [Account(0, len(seen.text), codes[0])]
    numbers = sum(a.end - a.start for a in named) or len(accounts[-1].said)
    if not is_bare(blank(seen)) and len(seen.text) > numbers + 14:
        return None
    fitting = list(dict.fromkeys(a.said for a in accounts if accept(entry, a.said)))
    if len(fitting) > 1 and len(accounts) == len(seen.accounts):  # nothing was taken back: one item for each
        each = (Item(fields={entry.name: said}, said=frozenset({entry.name})) for said in fitting)
        return Frame("answer", tuple(each), confidence=_ANSWERS)
    said = accounts[-1].said
    called_phone = accounts[-1].cue == "phone" and entry.kind == "qq"
    for form in (said, said.upper(), said.lower()):
        if accept(entry, form) and not called_phone:
            return _frame(Item(fields={entry.name: form}, said=frozenset({entry.name})))
    if product and len(product.account_fields) > 1:
        other = field_for(accounts[-1], list(product.account_fields))
        if accept(other, said):
            return _frame(Item(fields={other.name: said}, said=frozenset({other.name})))
    return _frame(Item(invalid={entry.name: said}, said=frozenset({entry.name})))
