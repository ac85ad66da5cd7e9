"""What a message gives for a field in words that say which: 蛋糕上写 朵朵生日快乐, 从A路1号搬到B路2号, <账号> 只跑纳塔.

Such words are no goods, no count and no other field. They are taken out of the message before it is read (`as_heard`);
what is left is read as if it had come alone, and afterwards."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache

from catalog.checks import Valid, check_field, fold
from catalog.model import Field, FieldKind, Product
from catalog.shelf import Shelf
from dialogs import replies
from dialogs.addresses import tidy
from dialogs.around_places import is_talk
from dialogs.asking import open_question
from dialogs.by_text import accounts_anywhere
from dialogs.draft import asked_field, look
from dialogs.freetext import is_person
from dialogs.gist.chosen import is_question
from dialogs.gist.clauses import clauses_of
from dialogs.gist.parcels import moved
from dialogs.hearing import parts_of
from dialogs.ordering import advance
from dialogs.places import goes_by_parcel
from dialogs.places import read as read_place
from dialogs.state import Collecting, Confirming, Dialog
from dialogs.summing import summary
from dialogs.texts_given import beside_code, by_label, in_one, is_plain_text, note_meant, pointed_back, standing_alone
from dialogs.turn import Given, Reply, Said, Scene, Turn
from dialogs.ways import FROM, TO, way_in
from nlu.intent import certain
from nlu.no_text import is_no_text
from nlu.numerals import CHINESE
from nlu.regions import region_at
from nlu.words import PIECES

_TEXT_MAX = 200
_NOTE = re.compile("备注|要求|说明|嘱咐|交代|补充|注意")
_CARD = re.compile("祝福|贺|寄语|留言|附言|赠言|卡片|牌|字|语|题|刻|印|写|文案|内容|署名|落款")
_LINK = (
    r"(?:[里上]面?|那里|那栏|内容)?(?:就|要|请|帮我|给我|麻烦|再|你|也|都)*"
    r"(?:[写填印刻记标加]一?[上下个句](?:一下|着)?[\s,，:：]*|[写填印刻](?:一下|着|成|的?是)?[\s,，:：]*|改成[:：\s]*|改为[:：\s]*|换成[:：\s]*|就?是[:：\s]*|一下[\s,，:：]*|[:：]\s*)"
)
_MISSED = r"(?:都|还|也|怎么|咋|给我)*(?:没有?|忘了?|漏了?|少了?)[^\s,，。]{0,8}[\s,，。!！]+"
_WRITES = re.compile(
    r"(?:(?:蛋糕|牌子?|卡片?|贺卡|盒子?|杯子?|封面|瓶身|戒指|吊牌|相框|T恤|衣服)?(?:的?[上里]面?|上头|面上)(?:就|要|请|帮我|给我|麻烦|再|能|得|都|想|也)*[写印刻题]"
    r"|(?:^|(?<=[\s,，。;；]))(?:就|要|请|帮我|给我|麻烦|再|得|都|想)*[写印刻题](?=[上个句:：\s]))"
    r"(?:上|着|一句|几个字|个字?|字|一下|成|的是|是)*[:：\s]*"
)
_NOTHING = re.compile(
    r"(?:什么|啥|哪|怎么|几个|多少|吗|不|没|了|好|错|字(?:[吗么不]|$)|上去|的字|谁|在哪|清楚|明白)|[\W_]*$"
)
_WISH = re.compile(
    "(?:(?:请|帮我|给我|麻烦|再)?把|只|就要|要(?!是|求)|别|不要|最好|记得|必须|一定要|尽量|希望|优先|务必|得(?=[会能要]))"
)
_DONE_SO = re.compile(
    r"(?<=[\s,，。;；])((?:请|帮我|给我|麻烦|再)?把[^\s,，。;；]{2,}"
    r"(?:[掉去好点]|一下|干净|清楚|[亮白瘦小大]|成[^\s,，。;；]+)(?:点|一点|些|哈|吧)?)$"
)
_NO_WISH = re.compile(
    "快[点些一]?|急|马上|立刻|尽快|谢|早[点些]|[充写弄搞发]错|多少钱|便宜|不要了|取消|算了|这个|那个|一?[个张份]|付|钱|链接|确认|[?？吗呢]|改|换|退|人工"
)
_AMOUNT = re.compile(rf"\d{{2}}|[\d{CHINESE}俩仨半]+个?(?:小时|钟头|分钟|天|周|月|年|次|回|[{PIECES}元块位期局])")
_QUOTES = " \"'“”「」『』：:，,"
_ENDS = re.compile(r"[,，。;；\s]*(?:谢谢.{0,3}|多谢.{0,2}|麻烦了?|就行了?|就好|就可以了?|可以吗|行吗|好吗)$")
_STOPS = re.compile(
    r"\d{7,}|(?<![打接拨回来])(?:收货|寄送|上门|联系)?(?:地址|电话(?![前后])|手机|收[货件]人)|(?:寄|送)[到给往]|下单|确认"
)
_PIECES = re.compile(r"[\s,，。;；]+")
_CHATTER = re.compile(
    r"(?:那|字|能|可以|不|吗|呢|啊|呀|了|的|写|上面?|里面?|还|要|对|哦|我|帮|给|再|请|麻烦|忘|说|是|搞|错|地址|吧|一下|另外|有|啦|嘛|蛋糕|卡片?|备注|祝福语|[\s,，。!！?？:：])*+"
)
_TO_A_PLACE = re.compile(
    r"(?:寄|送货?|发货?|快递|邮寄?)(?:到|给|往|去|至)?(?:我?们?的?(?:公司|单位|学校|家里?|店里?|老家|宿舍))?[:：\s]*$"
)
_WONDERS = re.compile("(?:不对){2,}|(?:怎么|咋)(?:把|又|还|都|也|会)[^?？吗,，\\s]{1,14}[了去的]")
"""地址里怎么把苹果15也写进去了: a reproach, and no question."""
_OF_ADDRESS = re.compile("地址|楼号|门牌|房号|收[货件]|那堆|写进去|删[了掉]|^(?:等[下等]|不好意思|不对|错了)+$")
_GOODS_FROM = 4


def may_give(text: str, shelf: Shelf) -> bool:
    """Whether it is worth a closer look: words to be written, a note, a way; several things, where texts are wanted."""
    if re.search("[写印刻题到至往]|备注|要求|祝福|说明|留言|[出入]", text) is not None:
        return True
    return _wants_texts(shelf) and re.search(r"\S[\s,，;；:：。]\S", text) is not None


@lru_cache(maxsize=4)
def _wants_texts(shelf: Shelf) -> bool:
    return any(is_plain_text(one) for product in shelf.products for one in product.fields)


def given_in(text: str, dialog: Dialog, products: Sequence[Product], shelf: Shelf) -> Given | None:
    """What a message gives so for the goods that are put together, or that it names; None where it gives nothing."""
    if len(text) > _TEXT_MAX or not products:
        return None
    values: dict[str, dict[str, str]] = {}
    rest = text
    state = dialog.state
    asked = asked_field(state, shelf) if isinstance(state, Collecting) else None
    one_line = len(products) == 1 and (not isinstance(state, Collecting | Confirming) or len(state.lines) == 1)
    for product in products:
        found: dict[str, str] = {}
        if one_line:
            if whole := _all_of_it(product, text, state, asked):
                return Given({product.id: whole}, "")
            found, rest = _texts(product, rest, state, asked)
        placed = _way(product, rest) or _of_the_parcel(product, rest, state, asked)
        if placed is None and len(products) == 1:
            placed = _goods_and_place(product, rest, asked)
        if placed is not None:
            found, rest = found | placed[0], placed[1]
        for one in (f for f in product.fields if _is_words(f) and f is not asked):
            words = _words(one, product, rest) or _wish_beside(one, product, rest, asked)
            words = words or _done_so(one, product, rest)
            if words is not None:
                checked = check_field(one, words[0])
                if isinstance(checked, Valid):
                    found[one.name], rest = checked.canonical, words[1]
        if found:
            values[product.id] = found
    if not values and rest == text:
        return None
    return Given(values, "" if _CHATTER.fullmatch(rest) else " ".join(rest.split(" ")).strip(" ,，。;；"))


def taken(dialog: Dialog, said: Said, scene: Scene, step: Callable[[Dialog, Said, Scene], Turn]) -> Turn:
    """What was given, and then what else the message says; at first the order, where nothing is put together yet."""
    given = said.given
    plain = replace(said, given=None)
    if given is None or not isinstance(dialog.state, Collecting | Confirming):
        turn = step(dialog, plain, scene)
        return with_given(turn, given, scene) if given is not None else turn
    first = put(dialog, given, scene)
    if first.dialog is dialog and given.values:  # it stands there so already
        same = replies.nothing_changed() if isinstance(dialog.state, Confirming) else ""
        first = advance(replace(dialog, misses=0), dialog.state.lines, scene, same)
    if not given.rest:
        return first
    then = step(first.dialog, plain, scene)
    if then.dialog.misses > first.dialog.misses or then.lost:
        return replace(first, reply=Reply(replies.join(replies.not_taken_beside(given.rest), first.reply.text)))
    return _told_besides(dialog, plain, given, first, then, scene)


def _told_besides(dialog: Dialog, said: Said, given: Given, first: Turn, then: Turn, scene: Scene) -> Turn:
    """What came of the rest, and that the other was taken, where no summary shows it."""
    before, after = first.dialog.state, then.dialog.state
    if first.dialog is dialog or not isinstance(after, Collecting | Confirming) or first.dialog is then.dialog:
        return then
    answered = isinstance(before, Collecting | Confirming) and before.lines == after.lines
    if answered and said.frame.intent == "help":
        return first  # 能不能换成衬衫啊 修图要求写：换衬衫: how things are ordered answers none of it
    if isinstance(after, Collecting) or answered:
        return replace(then, reply=replace(then.reply, text=replies.join(*_noted(given, scene.shelf), then.reply.text)))
    return then


def with_given(turn: Turn, given: Given, scene: Scene) -> Turn:
    """An order just begun, with what was given along with it; what was told of the order stays told."""
    after = put(turn.dialog, given, scene, begun=isinstance(turn.dialog.state, Confirming))
    if after.dialog is turn.dialog:
        return turn
    told = turn.reply.text.removesuffix(_asked(turn.dialog, scene)).strip()
    told = told if told != turn.reply.text.strip() else ""
    reply = replace(after.reply, text=replies.join(told, after.reply.text))
    return replace(after, reply=reply, effects=after.effects or turn.effects)


def _asked(dialog: Dialog, scene: Scene) -> str:
    """The question, or the summary, that a reply ends with."""
    state = dialog.state
    if isinstance(state, Confirming):
        return summary([look(line, scene.shelf) for line in state.lines], scene.shelf)
    question = open_question(dialog, scene)
    return question.text if question is not None else ""


def put(dialog: Dialog, given: Given, scene: Scene, *, begun: bool = False) -> Turn:
    """The draft with what was given, and what is asked then; as it is where it has none of these goods. `begun`: by the
    same message, so that nothing is changed."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or not given.values:
        return Turn(dialog)
    lines = []
    for line in state.lines:
        new = dict(given.values.get(line.product or "", {}))
        for name, value in list(new.items()):
            product = scene.shelf.product(line.product or "")
            one = next(f for f in product.fields if f.name == name) if product is not None else None
            if one is not None and product is not None and goes_by_parcel(one, product):
                new[name] = tidy(value, line.fields.get(name, ""))
        lines.append(replace(line, fields={**line.fields, **new}) if new else line)
    if tuple(lines) == state.lines:
        return Turn(dialog)
    noted = _noted(given, scene.shelf)
    turn = advance(replace(dialog, misses=0), lines, scene)
    told = () if begun else (replies.changed(),) if isinstance(state, Confirming) else noted
    told = told if isinstance(turn.dialog.state, Collecting) or isinstance(state, Confirming) else ()
    return replace(turn, reply=Reply(replies.join(*told, turn.reply.text), turn.reply.keys_of))


def _noted(given: Given, shelf: Shelf) -> tuple[str, ...]:
    """What is told besides: the same question alone would look deaf."""
    return tuple(
        replies.noted(one.label, values[one.name])
        for code, values in given.values.items()
        if (product := shelf.product(code)) is not None
        for one in product.fields
        if one.name in values
    )


def _checked(product: Product, values: Mapping[str, str]) -> dict[str, str]:
    """Those of them that pass their field's check, as it is to be written."""
    checked = {one.name: check_field(one, values[one.name]) for one in product.fields if one.name in values}
    return {name: value.canonical for name, value in checked.items() if isinstance(value, Valid)}


def _all_of_it(product: Product, text: str, state: object, asked: Field | None) -> dict[str, str]:
    """What the message gives where all of it does: the sentences asked for, a note, a code and one text beside it."""
    if isinstance(state, Confirming):
        return _checked(product, pointed_back(product, text) or note_meant(product, text))
    if not isinstance(state, Collecting):
        return {}
    if (sentences := _in_one(product, text, state)) or asked is None or by_label(product, text)[0]:
        return sentences
    return _checked(product, beside_code(asked, product, text, state.lines[0].fields))


def _texts(product: Product, text: str, state: object, asked: Field | None) -> tuple[dict[str, str], str]:
    """The texts given by their names, and those that stand there plainly; the message without them."""
    named, rest = by_label(product, text)
    found = _checked(product, named)
    if named and (is_no_text(rest) or certain(fold(rest)) == "confirm"):
        return found, ""  # 嗯 账号改成王小明 orders nothing before it is shown
    if isinstance(state, Confirming):
        return found, rest
    held = state.lines[0].fields if isinstance(state, Collecting) else {}
    alone, rest = standing_alone(product, rest, {*held, *found, *([asked.name] if asked else ())})
    return found | _checked(product, alone), rest


def _in_one(product: Product, text: str, state: Collecting) -> dict[str, str]:
    """The sentences that are asked for, and the accounts in them that are still wanted."""
    fields = state.lines[0].fields
    wanted = [one for one in product.fields if one.name not in fields and not one.optional]
    texts = [one for one in wanted if is_plain_text(one)]
    asked = next((one for one in wanted if one.name == state.slot), None)
    if asked is None or asked.kind in (FieldKind.CHOICE, FieldKind.ADDRESS) or len(texts) != 1:
        return {}
    if by_label(product, text)[0] or any(_words(one, product, text) for one in product.fields if _is_words(one)):
        return {}  # 备注：…, of a product that asks for other words
    accounts = [one for one in wanted if one is not texts[0] and one.kind not in (FieldKind.CHOICE, FieldKind.ADDRESS)]
    values = _checked(product, in_one(texts[0], text, accounts))
    return values if texts[0].name in values and (asked is texts[0] or asked.name in values) else {}


def _is_words(one: Field) -> bool:
    """Whether a field takes what words he likes, and may stay empty."""
    return one.kind is FieldKind.TEXT and one.optional and one.pattern is None and not is_person(one)


def _way(product: Product, text: str) -> tuple[dict[str, str], str] | None:
    """The two ends of a way, and the message without them; of a question about it only that they are no addresses."""
    places = [one for one in product.fields if one.kind is FieldKind.ADDRESS]
    start = [one for one in places if FROM.search(one.label)]
    end = [one for one in places if TO.search(one.label) and one not in start]
    if len(places) < 2 or len(start) != 1 or len(end) != 1:
        return None
    way = way_in(text, start[0].label, end[0].label, product)
    if way is None:
        return None
    if is_question(text) and not (re.search(r"\d", way.start) and re.search(r"\d", way.end)):
        return {}, way.rest
    checked = [
        (one.name, check_field(one, value)) for one, value in ((start[0], way.start), (end[0], way.end)) if value
    ]
    return {name: value.canonical for name, value in checked if isinstance(value, Valid)}, way.rest


def _of_the_parcel(
    product: Product, text: str, state: object, asked: Field | None
) -> tuple[dict[str, str], str] | None:
    """What a message says of an address that is there, while something else is asked for (楼号忘了 是3幢2单元501), and
    the message without it."""
    field = next((one for one in product.fields if goes_by_parcel(one, product)), None)
    if field is None or field is asked or not isinstance(state, Collecting):
        return None
    if is_question(_WONDERS.sub("", text)):
        return None
    held = {line.fields.get(field.name, "") for line in state.lines if line.product == product.id}
    clauses = clauses_of(text)
    old = held.pop() if len(held) == 1 else ""
    phones = any(one.kind is FieldKind.PHONE for one in product.fields)
    new = moved(old, clauses, other_phone=phones) if old else None
    if new is None:
        return None
    rest = [part for part in clauses.parts if part not in new[1] and not _OF_ADDRESS.search(part)]
    return {field.name: new[0]}, " ".join(rest)


def _goods_and_place(product: Product, text: str, asked: Field | None) -> tuple[dict[str, str], str] | None:
    """我说的是粉 不是豆 寄公司：苏州市…: what stands before the place that was asked for is about the goods."""
    if asked is None or asked not in product.fields or not goes_by_parcel(asked, product):
        return None
    at = region_at(text)
    head = text[:at] if at else ""
    lead = _TO_A_PLACE.search(head)
    if at is None or lead is None or len(head[: lead.start()].strip()) < _GOODS_FROM:
        return None
    before = head[: lead.start()].strip(" ,，。;；")
    said = fold(before)
    names = {n for s in product.skus for n in (s.label, *s.aliases)}
    names |= {n for o in product.options for c in o.values for n in (c.label, *c.aliases)}
    if not read_place(text[at:]).street or not any(fold(name) in said for name in names):
        return None
    return {asked.name: text[at:].strip()}, before


def _words(one: Field, product: Product, text: str) -> tuple[str, str] | None:
    """(what is to stand there, the message without it), where he names the field or says that it is to be written."""
    short = re.sub("(?:内容|信息|文字)$", "", one.label)
    names = "|".join(map(re.escape, sorted({one.label, short, one.label[:2]}, key=len, reverse=True)))
    patterns = [rf"(?:{names})(?:{_MISSED}|{_LINK}|\s+|(?={_WISH.pattern}))"]
    if _NOTE.search(one.label):
        patterns.append(rf"(?:备注|嘱咐)(?:{_LINK}|\s+|(?={_WISH.pattern}))")
    elif _CARD.search(one.label) and sum(_is_words(f) and bool(_CARD.search(f.label)) for f in product.fields) == 1:
        patterns += [_WRITES.pattern, rf"(?:祝福语?|贺词|寄语)(?:{_MISSED}|{_LINK})"]
    for pattern in patterns:
        found = re.search(pattern, text)
        if found is None:
            continue
        tail = text[found.end() :]
        stop = _stop(tail, one, product)
        said = _ENDS.sub("", tail[:stop]).strip(_QUOTES)
        if not said or _NOTHING.match(said) or re.search(r"[?？]|[吗么]$", said):
            continue
        return said, f"{text[: found.start()].strip(' ,，。;；')} {tail[stop:]}".strip()
    return None


def _stop(tail: str, one: Field, product: Product) -> int:
    """Where the words end: at an account, an address or another field; those of a card at the end of the sentence."""
    found = _STOPS.search(tail)
    stop = found.start() if found is not None else len(tail)
    at = region_at(tail)
    if at is not None and re.search(r"\d", tail[at:]):
        stop = min(stop, at)
    for other in product.fields:
        if other is not one and (where := tail.find(other.label)) > 0:
            stop = min(stop, where)
    if not _NOTE.search(one.label) and (
        end := re.search(r"[。;；\n]|[,，](?=\s*(?:再|还|也|另外|换|改|一共|要))", tail)
    ):
        stop = min(stop, end.start())
    return stop


def _done_so(one: Field, product: Product, text: str) -> tuple[str, str] | None:
    """老照片 上色 <邮箱> 把脸修清楚: how it is to be done, at the end of an order."""
    found = _DONE_SO.search(text)
    if found is None or not _NOTE.search(one.label) or not is_wish(found[1], product):
        return None
    return found[1].strip(_QUOTES), text[: found.start()].strip(" ,，。;；")


def _wish_beside(one: Field, product: Product, text: str, asked: Field | None) -> tuple[str, str] | None:
    """<账号> 只跑纳塔哦: what he wishes behind the account that was asked for, and no other field takes."""
    if asked is None or not _NOTE.search(one.label) or asked not in product.fields:
        return None
    spans = [(m.start(), m.end()) for m in re.finditer(r"[^\s,，。;；]+", text)]
    for i, (start, end) in enumerate(spans):
        piece = text[start:end]
        before = text[:start].strip(" ,，。;；")
        if i and _WISH.match(piece) and is_wish(text[start:], product) and accounts_anywhere(asked, before):
            return text[start:].strip(_QUOTES), before
    return None


def is_wish(words: str, product: Product) -> bool:
    """Whether words are a wish of how it is to be done, and name nothing that the product is sold by."""
    if not _WISH.match(words) or _NO_WISH.search(words) or is_talk(words) or _AMOUNT.search(words):
        return False
    said = fold(words)
    return not any(name in said for name in parts_of(product) if len(name) > 1)
