"""An account that the draft does not hold yet: the next of several that were announced, one more line, a share of what
was counted, in place of the one that is there, or only spoken of. Where the words leave it open, that is asked."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from catalog.checks import fold
from catalog.model import Field
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.adding import with_more
from dialogs.asking import answer, numbered
from dialogs.by_text import accounts_anywhere
from dialogs.draft import account_field
from dialogs.field_changes import is_size
from dialogs.filling import fill
from dialogs.ordering import advance, ask_which_line, doubted
from dialogs.places import goes_by_parcel
from dialogs.pointing import longest_name
from dialogs.state import DRAFT_LINES_MAX, Collecting, Confirming, Dialog, DraftLine, Kept, Listed
from dialogs.turn import Said, Scene, Turn
from nlu.frame import Item
from nlu.surnames import KIN
from nlu.words import PIECES

ENTRIES = ("r:", "m:", "k:")
"""The list of the question: in its place, one more, neither."""
_TEXT_MAX = 100
_WORDS_MAX = 20
_NOT_HERE = ("cancel", "human", "confirm", "choose", "batch", "refund", "invoice", "rate")
_SPOKEN_OF = re.compile(
    "(?:打|拨).{0,8}(?:找|给|联系|通知)?我|打(?:我|这个)?电话|[找加联](?:系)?我|联系|微信|短信|通知|提醒|登[录陆着]?|平时|平常|以前|之前|原来|老号|旧号|注销|停机|备用"
    "|(?:你们?|您)(?:家|这|店).{0,4}[充买用]过|[充买用]过|没(?:有)?[填写充打](?![完全好])|里(?:面)?还?有|已经有|还没到期|上周|上个?月|昨天|前天|去年|你们?这[里儿]?[充买]|有(?:问题|事)|到账|到时|别(?:给我)?[充打发填弄]|不是.{0,12}吧|客服|电话是"
)
"""What is told of an account that gets nothing."""
_CORRECTS = re.compile(
    "错|不对|改|换|应该|没[打输发写填][完全好]|[多少漏落]打|漏|搞混|弄混|反了|正确|才[对是]|不要|不[充用]|别|取消|重新|(?:用|充|是)[这那他她它]个?|为准|最后|尾号?|末|开头|[一两几]位"
    "|^(?:等等|等下|等一下|哎|啊|哦|那|就|还是|要不|算了)|(?:不是|是).*?(?:不是|是)"
)
_ADDS = re.compile(
    "也|还有|还要|再|另外|另一|另|一样|同样|一起|一块|外加|加上|^加|顺便|以及|分开|[两三]个都|都[要充]|[两三]个号"
)
_STRONG = re.compile("错|不对|改|换|应该|没[打输发写填][完全好]")
_IN_PLACE = re.compile(
    r"(?:我的?|充值|那|就|给|帮我|请)*(?:手机|qq|扣扣|账|帐|游戏|绑定|联系|电话|会员|卡)?(?:号码?|账号|帐号|卡号|学号|id|uid)(?:是|为|[:：]|就是)?"
    r"|(?:就|请|帮我|给我|直接)*(?:[充冲打发寄]|充值)?(?:到|进|在|给)(?:上|里|去|吧|哈|啊)*|用|(?:我?[要说充]的?(?:号码?)?)?就?是"
)
"""号码是…, 充到…: what stands before an account that the order is for."""
_SHARE = re.compile(
    rf"^(?:分开|那|其中|然后|再|还有|剩下?的?|另外)*(?:[一1]|另一?|剩下?的?|还有|第[一二三四五]|其他|最后一?)(?:一?[{PIECES}])"
)
"""一个…, 另一份…: of several that were counted."""
_SHARES = re.compile(
    rf"(?:那|就|是|要|帮我|给我)*(?:分开[充寄发来]?|(?:[两三四五几]个)?(?:不同|不一样)的?(?:人|号码?|账号)?|分别充?|(?:[两三四五]个号|[一每]人一[{PIECES}]|[一每]个号码?一[{PIECES}]|各[充来要]?[一1][{PIECES}])(?:各?[充来要]?[一1][{PIECES}])?)(?:的|吧|啊|哈|充)*"
)
_NO_MORE = re.compile(
    "(?:就|只|只有|先)*(?:这|那)?(?:[一二两三四五六七八九]|1|2|3)?(?:个)?(?:号码?)?(?:就?没有?了|就这些|就(?:这|[一两三])[一两三]?个(?:号码?)?|够了|就行了?|就好)(?:吧|啊|哈)*|没有?别的了|没(?:有)?其他(?:号|的)?了?|就这[一两三]?个(?:号码?)?(?:吧|了)*|只[有充](?:这)?[一两三1-3]个(?:号码?)?(?:吧|了)*"
)
_SOMEONES = re.compile(rf"{KIN}|他|她|(?<!给)我(?:的|自己)?")
_AROUND = re.compile(rf"我|的|{KIN}|他|她|是|号码?|手机|qq|电话|账号|帐号|给|充|这个|那个|[,，。.!！:：、;；~\s]")
_ASKS = re.compile("[?？吗么]|能不能|可不可以|行不行")
_LONG = re.compile(r"\d{5}")
_ALIKE = 2

_INSTEAD = re.compile(
    "(?:就|是|要|直接|帮我|给我|嗯|对)*(?:[改换](?:成)?|只?[用充](?=这|他|她|新))(?:订单|刚才的?|原来的?|这一?个|那个|他的?|她的?|新的?|一下|号码?|的|吧|了)*[。.!！~]*|第一个吧?"
)
_ALSO = re.compile(
    f"(?:要|是|我|再|又|另外?|还|都|多|新|嗯|对)+(?:来|买|充|要|下|开|加|订|给他|给她|办)*(?:一?[{PIECES}笔]|的|新的|也|同样|一样|上|这个)*(?:的|吧|啊)*[。.!！~]*"
    "|(?:这)?(?:两|2|俩)个?(?:号)?(?:都|一起)[要充买办来开].*|(?:都|也|一起|各)(?:来|要|充|买|办|开|订)(?:一[个份])?[的吧]*|加|加上|加一?[个份](?:吧)?|两个|一人一[个份]|分开充?|.{0,4}给?两个号都?[充要].{0,3}"
)
_EACH = re.compile(r"(?:都|各|每个|每人|一人|两个都)(?:充|来|要|是)?(\d{1,6})(?:元|块钱?|个)?(?:的|吧)*")
_NEITHER = re.compile(r"(?:算|不[用改要换充买加]|没事|照旧|就?这样|都不是|不改了)[了的吧啊]*(?:照刚才的)?[。.!！~]*")


@dataclass(frozen=True, slots=True)
class _Heard:
    """An account of a message that no line holds, and the words around it (folded)."""

    field: Field
    account: str
    item: Item
    """With the product that it is for."""
    around: str
    named: bool = False
    """Whether a product is named beside it: that is a new request."""


def taken(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """What an account that no line holds does to the draft; None where it is no such message."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(said.text) > _TEXT_MAX or "\n" in said.text:
        return None
    without = _without_account(dialog, state, said, scene) or _each_of_size(dialog, said, scene)
    if (given := without or _several_at_once(dialog, state, said, scene)) is not None:
        return given
    if (listed := _before_its_product(dialog, state, said, scene)) is not None:
        return listed
    if (place := _place(state, said, scene.shelf)) is not None:
        return _share(dialog, state, place, scene)
    fitting = _heard(state, said, scene.shelf)
    if (told := _spoken_of(state, fitting)) is not None:
        return answer(dialog, scene, told)
    fitting = [one for one in fitting if not one.named]
    return _placed(dialog, state, fitting[0], said, scene) if len(fitting) == 1 else None


def only_spoken_of(state: Confirming, said: Said, shelf: Shelf) -> bool:
    """加我微信139…: nothing of the order is meant, and what it holds is told."""
    return _spoken_of(state, _heard(state, said, shelf)) is not None


def _spoken_of(state: Collecting | Confirming, fitting: Sequence[_Heard]) -> str | None:
    for heard in fitting:
        held = _held(state.lines, heard)
        if held and _SPOKEN_OF.search(heard.around) and not _STRONG.search(heard.around):
            return replies.account_left_out(heard.account, heard.field.label, held[0])
    return None


def _placed(dialog: Dialog, state: Collecting | Confirming, heard: _Heard, said: Said, scene: Scene) -> Turn | None:
    given = _next_announced(dialog, state, heard, scene) or _share(dialog, state, heard, scene)
    held = _held(state.lines, heard)
    answers = isinstance(state, Collecting) and state.slot == heard.field.name
    if given is not None or not held or answers:
        return given
    if _CORRECTS.search(heard.around) or _in_place(heard) or _alike(heard, held):
        return None
    whole = "value" in heard.item.said or "quantity" in heard.item.said
    if _ADDS.search(heard.around) or (whole and (_SOMEONES.search(heard.around) or len(held) > 1)):
        return _one_more(dialog, heard.item, said.text, scene)
    if is_open(dialog):
        with_last = chosen(dialog, ENTRIES[1], scene)  # number after number: none of them in place of another
        return _one_more(with_last.dialog, heard.item, said.text, scene) if with_last is not None else None
    return _asked(dialog, heard, said, scene)


def _heard(state: Collecting | Confirming, said: Said, shelf: Shelf) -> list[_Heard]:
    """The one account in a message that no line of the draft holds, for each product of it that takes such."""
    if said.frame.intent in _NOT_HERE or len(said.frame.items) > 1:
        return []
    item = replace(said.frame.items[0] if said.frame.items else Item(), candidates=(), invalid={})
    text = fold(said.text)
    found: list[_Heard] = []
    for product in filter(None, map(shelf.product, dict.fromkeys(line.product or "" for line in state.lines))):
        field = account_field(product)
        if field is None:
            continue
        accounts = [one for one in accounts_anywhere(field, said.text) if not is_size(one, product)]
        if len(accounts) != 1 or any(accounts[0] in line.fields.values() for line in state.lines):
            continue
        said_of = (item.said - {"product"}) | {field.name}
        own = replace(item, product=product.id, fields={**item.fields, field.name: accounts[0]}, said=said_of)
        named = item.product not in (None, product.id) or longest_name((product.name, *product.aliases), text) != ""
        found.append(_Heard(field, accounts[0], own, _words(text, fold(accounts[0])), named))
    return found


def _place(state: Collecting | Confirming, said: Said, shelf: Shelf) -> _Heard | None:
    """另一根寄给我妈 李梅 139… 湖南省…: an address, where it is said to be for a share of them."""
    items, text = said.frame.items, fold(said.text)
    product = shelf.product(state.lines[0].product or "")
    field = next((one for one in product.fields if goes_by_parcel(one, product)), None) if product is not None else None
    given = items[0].fields.get(field.name) if field is not None and len(items) == 1 else None
    if product is None or field is None or given is None or not _SHARE.match(text):
        return None
    return _Heard(field, given, replace(items[0], product=product.id), text)


def _words(text: str, account: str) -> str:
    """What stands around an account, without the signs between."""
    spaced = r"[ \-]?".join(map(re.escape, account))
    return re.sub(r"[\s,，。.!！~、;；]+", "", re.sub(spaced, "", text, count=1))


def _held(lines: Sequence[DraftLine], heard: _Heard) -> list[str]:
    """The accounts that lines of the product have already."""
    name = heard.field.name
    return [line.fields[name] for line in lines if line.product == heard.item.product and name in line.fields]


def _alike(heard: _Heard, held: Sequence[str]) -> bool:
    """Whether it is nothing but a number that comes next to one which is there: that was mistyped."""
    if _AROUND.sub("", heard.around):
        return False
    return any(_few_apart(one, heard.account) for one in held)


def _few_apart(one: str, other: str) -> bool:
    if len(one) == len(other):
        return sum(a != b for a, b in zip(one, other, strict=True)) <= _ALIKE
    short, long = sorted((one, other), key=len)
    return len(long) - len(short) == 1 and any(long[:i] + long[i + 1 :] == short for i in range(len(long)))


def _next_announced(dialog: Dialog, state: Collecting | Confirming, heard: _Heard, scene: Scene) -> Turn | None:
    """139…, where another line of the product has still none: two were announced."""
    name = heard.field.name
    same = [i for i, line in enumerate(state.lines) if line.product == heard.item.product]
    lacking = [i for i in same if name not in state.lines[i].fields]
    if len(same) < 2 or not lacking or _CORRECTS.search(heard.around):
        return None
    asked = isinstance(state, Collecting) and state.slot == name and state.line in lacking
    if asked and (not heard.around or _LONG.search(heard.around)):
        return None  # no more than the answer, or an ID number along with it
    at = state.line if isinstance(state, Collecting) and asked else lacking[0]
    filled = fill(state.lines[at], heard.item, scene.shelf)
    lines = (*state.lines[:at], filled.line, *state.lines[at + 1 :])
    told = replies.noted(heard.field.label, heard.account) if not asked else ""
    return advance(replace(dialog, misses=0), lines, scene, told, *filled.problems)


def _in_place(heard: _Heard) -> bool:
    """号码是…, or by what the shop calls it: 应用ID是…, 车牌是…."""
    return _IN_PLACE.fullmatch(heard.around.replace(fold(heard.field.label), "号码")) is not None


def _share(dialog: Dialog, state: Collecting | Confirming, heard: _Heard, scene: Scene) -> Turn | None:
    """话费100两份: 一个138…, 另一个139…; or only the one number after the other."""
    name = heard.field.name
    several = [i for i, line in enumerate(state.lines) if line.product == heard.item.product and line.quantity > 1]
    if len(several) != 1:
        return None
    at, item = several[0], replace(heard.item, quantity=1, said=heard.item.said - {"quantity"})
    line = state.lines[at]
    one_of_them = _SHARE.match(heard.around) is not None
    if name in line.fields:
        corrects = _CORRECTS.search(heard.around) or _in_place(heard) or _alike(heard, [line.fields[name]])
        if corrects and not one_of_them:
            return None
    elif not one_of_them:
        return None
    single = fill(replace(line, quantity=1, fields=_without(line, name)), item, scene.shelf)
    rest = replace(line, quantity=line.quantity - 1)
    before, behind = state.lines[:at], state.lines[at + 1 :]
    lines = (*before, rest, *behind, single.line) if name in line.fields else (*before, single.line, rest, *behind)
    return advance(replace(dialog, misses=0), lines, scene, *single.problems)


def _without(line: DraftLine, name: str) -> dict[str, str]:
    return {slot: value for slot, value in line.fields.items() if slot != name}


def _without_account(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """分开充, 一个号一份, of several pieces of one thing; 就这两个, where three numbers were announced."""
    text = fold(said.text)
    if len(text) > _WORDS_MAX or any(map(str.isdigit, text)):
        return None
    several = [line for line in state.lines if 1 < line.quantity <= DRAFT_LINES_MAX]
    if len(several) == len(state.lines) == 1 and _SHARES.fullmatch(text):
        (line,) = several
        product = scene.shelf.product(line.product or "")
        field = account_field(product) if product is not None else None
        if field is None:
            return None
        single = replace(line, quantity=1)
        bare = replace(single, fields=_without(line, field.name))
        return advance(replace(dialog, misses=0), (single, *(bare,) * (line.quantity - 1)), scene)
    if isinstance(state, Collecting) and len(state.lines) > 1 and _NO_MORE.fullmatch(text):
        asked = state.lines[state.line]
        left = tuple(line for line in state.lines if state.slot in line.fields or line.product != asked.product)
        product = scene.shelf.product(asked.product or "")
        field = account_field(product) if product is not None else None
        if field is not None and field.name == state.slot and left:
            return advance(replace(dialog, misses=0), left, scene)
    return None


def _before_its_product(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """138… and then 139…, before it is said what they are to get: both."""
    items = said.frame.items
    if not isinstance(state, Collecting) or state.slot != "product" or len(items) != 1 or not items[0].fields:
        return None
    item, last = items[0], state.lines[-1]
    if last.product is not None or not last.fields.keys() & item.fields.keys():
        return None
    held = [value for line in state.lines for value in line.fields.values()]
    new = next(iter(item.fields.values()))
    corrects = new in held or any(_few_apart(one, new) for one in held)
    if corrects or fold(said.text) != fold(new) or len(state.lines) >= DRAFT_LINES_MAX:
        return None
    return advance(replace(dialog, misses=0), (*state.lines, replace(last, fields=dict(item.fields))), scene)


def _several_at_once(dialog: Dialog, state: Collecting | Confirming, said: Said, scene: Scene) -> Turn | None:
    """138… 139…, of three that were announced."""
    if not isinstance(state, Collecting):
        return None
    asked = state.lines[state.line]
    product = scene.shelf.product(asked.product or "")
    field = account_field(product) if product is not None else None
    accounts = accounts_anywhere(field, said.text) if field is not None else ()
    lacking = [i for i, one in enumerate(state.lines) if field and one == replace(asked, fields=one.fields)]
    lacking = [i for i in lacking if field and field.name not in state.lines[i].fields]
    if field is None or not 1 < len(accounts) < len(lacking) or _AROUND.sub("", _bare(said.text, accounts)):
        return None
    lines = list(state.lines)
    for i, account in zip(lacking, accounts, strict=False):
        lines[i] = replace(lines[i], fields={**lines[i].fields, field.name: account})
    return advance(replace(dialog, misses=0), lines, scene)


def _bare(text: str, accounts: Sequence[str]) -> str:
    text = fold(text)
    for account in accounts:
        text = text.replace(fold(account), "")
    return re.sub("[和跟、还有]", "", text)


# ---- asked ---------------------------------------------------------------------------------------------------------


def _asked(dialog: Dialog, heard: _Heard, said: Said, scene: Scene) -> Turn:
    """Whether it takes the place of the one that is there, or is for one more."""
    kept = Kept(said.text[:200], replace(said.frame, intent="change", items=(heard.item,)))
    listed = Listed(tuple(f"{kind}{heard.account}" for kind in ENTRIES))
    entries = [(replies.instead_of_it(), "1"), (replies.also_for_it(), "2"), (replies.neither_of_them(), "3")]
    told = replies.this_or_also(heard.account, heard.field.label)
    asking = replace(doubted(dialog), kept=kept, misses=0)
    return answer(asking, scene, replies.join(told, numbered(listed, entries)), listed)


def answered(dialog: Dialog, text: str) -> int | None:
    """换成这个, 都要: the number of the entry that is meant, where that was asked."""
    if not is_open(dialog):
        return None
    plain = fold(text)
    return next((i for i, words in enumerate((_INSTEAD, _ALSO, _NEITHER), 1) if words.fullmatch(plain)), None)


def is_open(dialog: Dialog) -> bool:
    """Whether it was asked if an account takes the place of the one that is there."""
    return dialog.kept is not None and dialog.listed is not None and dialog.listed.entries[0][:2] == ENTRIES[0]


def _each_of_size(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """各50: the answer that both are wanted, and of what size."""
    found = _EACH.fullmatch(fold(said.text)) if is_open(dialog) else None
    turn = chosen(dialog, ENTRIES[1], scene) if found is not None else None
    if found is None or turn is None or not isinstance(turn.dialog.state, Collecting | Confirming):
        return None
    item = Item(value=int(found[1]), said=frozenset({"value"}))
    filled = [fill(line, item, scene.shelf) for line in turn.dialog.state.lines]
    problems = tuple(dict.fromkeys(problem for one in filled for problem in one.problems))
    return advance(turn.dialog, [one.line for one in filled], scene, replies.added(), *problems)


def still_open(before: Dialog, turn: Turn) -> Turn:
    """What was said instead of an answer: the account that was asked about has come into nothing, and that is told."""
    after = turn.dialog.state
    if not is_open(before) or is_open(turn.dialog) or turn.dialog.kept is None:
        return turn
    dialog = replace(turn.dialog, kept=None)
    (item,) = turn.dialog.kept.frame.items or (Item(),)
    if not isinstance(after, Collecting | Confirming) or turn.effects:
        return replace(turn, dialog=dialog)
    new = {
        name: value for name, value in item.fields.items() if before.listed and before.listed.entries[0][2:] == value
    }
    held = next((line.fields[n] for line in after.lines for n in new if n in line.fields), "")
    if not new or not held or any(value in line.fields.values() for value in new.values() for line in after.lines):
        return replace(turn, dialog=dialog)
    told = replies.account_not_taken(next(iter(new.values())))
    return replace(turn, dialog=dialog, reply=replace(turn.reply, text=replies.join(told, turn.reply.text)))


def chosen(dialog: Dialog, kind: str, scene: Scene) -> Turn | None:
    """Do what was meant."""
    state = dialog.state
    if dialog.kept is None or not isinstance(state, Collecting | Confirming) or not dialog.kept.frame.items:
        return None
    (item,), text = dialog.kept.frame.items, dialog.kept.text
    dialog = replace(dialog, kept=None, listed=None, misses=0)
    if kind == "k:":
        return advance(dialog, state.lines, scene)
    if kind == "m:":
        return _one_more(dialog, item, text, scene)
    fits = [i for i, line in enumerate(state.lines) if line.product == item.product]
    if len(fits) != 1:
        return ask_which_line(dialog, scene, text)
    filled = fill(state.lines[fits[0]], item, scene.shelf)
    lines = (*state.lines[: fits[0]], filled.line, *state.lines[fits[0] + 1 :])
    return advance(dialog, lines, scene, replies.changed(), *filled.problems)


def _one_more(dialog: Dialog, item: Item, text: str, scene: Scene) -> Turn | None:
    """One more line, for that account."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming):
        return None
    more = with_more(list(state.lines), item, text, scene.shelf)
    if more is None:
        return None
    lines, problems = more
    full = (replies.too_many_lines(DRAFT_LINES_MAX),) if len(lines) > DRAFT_LINES_MAX else ()
    told = replies.added() if not full else ""
    return advance(replace(dialog, misses=0), lines[:DRAFT_LINES_MAX], scene, told, *problems, *full)
