"""The last order once more, with what is said to be different this time: nothing said beside 再来一单 is dropped."""

import re
import unicodedata
from dataclasses import dataclass, replace

from catalog.checks import Valid, check_field, fold
from catalog.model import FieldKind, Product
from catalog.shelf import Shelf
from dialogs.arrived import praises, says_only_that_it_came
from dialogs.draft import account_field, look
from dialogs.editing import edited
from dialogs.gist.amounts import row_in
from dialogs.gist.more_than import of_one
from dialogs.line_changes import line_with
from dialogs.places import bare, read, wants
from dialogs.pointing import names_of, pointed
from dialogs.state import Collecting, Confirming, Dialog, DraftLine
from dialogs.turn import Said, Scene
from nlu.frame import Frame
from nlu.numerals import CHINESE, read_numeral
from nlu.surnames import KIN

_AGAIN = re.compile(
    r"K\d{16}|(?:付款)?(?:链接|订单)?(?:已经|都)?(?:过期|超时|关闭|失效)(?:关闭)?了?|(?:跟|和|同|按|照)?(?:上上?次|上回|上一[单次]|之前|以前|刚才)(?:那个|那单|那样|买的|充的|的|一样)*"
    r"|(?:再|重新|还)(?:给我|帮我)?(?:来|充|冲|买|交|缴|订|下|续)(?:[一1]?(?:[单份次回遍个]|下)(?![\d元块])|[一1]?[箱盒袋瓶桶包罐提](?:吧|呗)?(?=[\s,，]|$))?(?:一样的)?"
    r"|[给帮替][^\s,，]{1,5}?(?:也|再)[来开充买订弄办搞整下][一1]?[个份单张](?:一样|同样)的|^(?:那|唉|哎)*(?:就?算了|行|好)吧?(?=[\s,，])"
    r"|再?照旧|再?老样子|一样的|同样的|续费|原样",
    re.IGNORECASE,
)
"""What says that it is to be repeated."""
_LEAD = re.compile(
    "^(?:不过|但是?|只是|就是|这[次回个]月?|本月|下个?月|还是|我?要|想|麻烦|请|帮我|给我|那|就|把"
    "|改成?|换成?|变成|给|充|冲|买|交|缴|来|送|寄|到|用|[,，。:：、 ])+"
)
_NOTHING = re.compile(
    "(?:(?:还是|就|同)?(?:[那这一]个?|原来的?|上次的?)(?:地址|号码?|手机号?|账号|收货人)|[那这][个张份单款种些](?!人)|卡|券|票"
    "|不过|但是?|这次|这回|快点|快些|尽快|急用|急|老板|亲|谢谢|多谢|感谢|麻烦|辛苦|了|吧|啊|呀|哈|呢|哦|嗯|好的?|可以|的|一下|就行|就好|我要?|要|给我|帮我|请"
    "|(?:地址|号码?|账号|手机号|qq号?|其[他它]的?|别的|收货人|电话|都|也|还是|和|跟|上次)*(?:不变|一样|照旧|没变|不用改|还是(?:那个|原来的))|[和跟与]|各[充买来]?一?[个份张次单]?|充?[这那]?[两2俩]个号码?"
    "|号码?|都|订单|[本根套只]$|[充买来要下]?[一1][本个份张单次件根条盒袋瓶桶箱套]|[,，.。!！~～;；、:：\\s])*+"
)
_WHOSE = re.compile(
    rf"这[次回个]|今天|[给帮替]|[充交缴打弄办]|[到往]|用|[换改]成?|是|就|还是?|也|都|[那这](?:个|张|户)?|的|我|俺|咱|[他她](?:们|自己)?|自己|家里?|{KIN}|老[爸妈公婆弟哥姐妹]|同[学事]|爸|妈|哥|姐|弟|妹|娃|号码?|手机|电话|账号|卡号"
)
"""充我老婆的: whose the account is that stands beside it."""
_ONE_MORE = re.compile("[来充冲买交缴订续开][一1]?[个份张单次](?!月)")
_WISHES = re.compile("(?:[我俺咱想要就先这次回给打算准备]|一次)+$")
_SAME = re.compile("^(?:还|就)?是?(?:同一?个?|一样的?|同样的?|[照按用]着?)")
_CLAUSES = re.compile(r"[,，。;；!！\s]+")
_SPOKEN_SIZE = re.compile(rf"([{CHINESE}]{{1,3}})(?=[^\d{CHINESE}张份个件条根盒袋瓶桶箱套支枝把次单月天号])")
_ONE_PIECE = re.compile("^[一1][根条个件张份盒袋瓶桶箱套]")
_SMALL = re.compile(r"[的了吧啊呀哈呗来要买拿个份,，。\s]|还是|就行|就好|一样|同样|谢谢")
_TOKEN = re.compile(r"(?<![0-9A-Za-z])[0-9A-Za-z][0-9A-Za-z._%+@-]{4,}(?![0-9A-Za-z])")
_BEFORE_ACCOUNT = (
    r"(?:[给帮替](?:我|他|她)?[^\d,，。\s]{0,4}的?\s*)?(?:[换改](?:一?[个下])?(?:新的?|别的)?)?(?:(?:手机|电话|qq)?号码?|账号|手机|电话|qq)?"
    r"\s*(?:[换改用充][成为到]?|是|为)?[:： ]?"
)
_PLACE_LEAD = re.compile(
    "^(?:这次)?请?[改换]?(?:[寄送发邮]|快递)?[到给去往至]?(?:收货)?(?:地址)?(?:[改换][成为到]|是|[:： ,，])*"
)
_REGION = re.compile("[省市区县]|[路街道巷弄村镇][^,，。]*\\d")


@dataclass(frozen=True, slots=True)
class Varied:
    """The lines with what is different, and the words that nothing could be made of."""

    lines: tuple[DraftLine, ...]
    unclear: str = ""


def varied(lines: tuple[DraftLine, ...], text: str, scene: Scene) -> Varied:
    """Apply what stands beside 再来一单: accounts, an address, sizes, counts, choices, what goes or stays."""
    rest = _AGAIN.sub(" ", unicodedata.normalize("NFKC", text)).strip(" ,，。!！")
    if not rest or _NOTHING.fullmatch(fold(rest)):
        return Varied(lines)
    clauses = _CLAUSES.split(rest)
    kept = [clause for clause in clauses if not praises(fold(clause))]
    rest = rest if len(kept) == len(clauses) else " ".join(kept)  # 能用了 再来一张
    if not rest:
        return Varied(lines)
    rest = _without_place(lines, rest, scene.shelf)
    rest = re.sub("不用了?$", "不要", re.sub("^再|[也又]|这[次回](?!.{0,2}[充买来要])", "", rest))
    if len(lines) == 1:
        lines, rest = _in_a_row(lines[0], rest, scene.shelf, one_more=_ONE_MORE.search(text) is not None)
        rest = _without_goods(lines[0], rest, scene.shelf)
        placed = with_place(lines[0], rest, scene.shelf)
        if placed is not None:
            return Varied((placed,))
    lines, rest = _with_accounts(lines, rest, scene.shelf)
    given = any(value in text for line in lines for value in line.fields.values())
    rest = " ".join(one for one in _CLAUSES.split(rest) if not _says_nothing(one, lines, scene.shelf, given=given))
    if not rest:
        return Varied(lines)
    whole = _edited(lines, rest, scene)
    if whole is not None:
        return Varied(whole)
    unclear = ""
    for clause in _CLAUSES.split(rest):
        new = _with_clause(lines, clause, scene)
        unclear, lines = (unclear, new) if new is not None else (unclear or clause, lines)
    return Varied(lines, unclear)


def _without_place(lines: tuple[DraftLine, ...], rest: str, shelf: Shelf) -> str:
    """还是5斤小果 寄怀化市…: without the address that the line has from it already."""
    for line in lines:
        product = shelf.product(line.product or "")
        for field in product.fields if product is not None else ():
            place = line.fields.get(field.name, "") if field.kind is FieldKind.ADDRESS else ""
            if place and place in rest:
                rest = re.sub(
                    rf"(?:地址|收货)*(?:[寄送发邮]|快递)?[到给去往至]?\s*{re.escape(place)}", " ", rest
                ).strip()
    return rest


def _in_a_row(line: DraftLine, rest: str, shelf: Shelf, *, one_more: bool) -> tuple[tuple[DraftLine, ...], str]:
    """照旧 连着开两个月: as many of it, and the words without that; beside 再来一个 it says why, with the last one."""
    row = row_in(rest, look(line, shelf).sku, shelf.product(line.product or ""))
    if row is None:
        return (line,), rest
    before, _, behind = rest.partition(row[1])
    line = line if one_more else replace(line, quantity=row[0])
    return (line,), f"{_WISHES.sub('', before)} {behind}"


def _says_nothing(clause: str, lines: tuple[DraftLine, ...], shelf: Shelf, *, given: bool) -> bool:
    """Whether a clause changes nothing: 收到了谢谢; 还是那个户号, by what the account is called; beside an account that
    was given, whose it is."""
    words = fold(clause)
    if _is_nothing(words) or says_only_that_it_came(words) or (given and not _WHOSE.sub("", words)):
        return True
    labels = {label for line in lines for label in _labels(line, shelf)}
    plain = re.sub("|".join(map(re.escape, sorted(labels, key=len, reverse=True))) or "(?!)", "号", words)
    return plain != words and _is_nothing(_SAME.sub("", plain))


def _is_nothing(words: str) -> bool:
    return any(_NOTHING.fullmatch(one) for one in (words, _LEAD.sub("", words)))


def _labels(line: DraftLine, shelf: Shelf) -> set[str]:
    """What the account of a line is called: 用电户号, and 户号 for short."""
    product = shelf.product(line.product or "")
    field = account_field(product) if product is not None else None
    label = fold(field.label) if field is not None and field.name in line.fields else ""
    return {label[at:] for at in range(len(label) - 1)} | ({label} if label else set())


def _without_goods(line: DraftLine, rest: str, shelf: Shelf) -> str:
    """再来一单话费: what it is of anyway, by its longest name."""
    product = shelf.product(line.product or "")
    names = [name for name in (product.name, *product.aliases) if name in rest] if product is not None else []
    return rest.replace(max(names, key=len), "", 1) if names else rest


def _edited(lines: tuple[DraftLine, ...], words: str, scene: Scene) -> tuple[DraftLine, ...] | None:
    """As the same words would change them below a summary."""
    totals = tuple(int(look(line, scene.shelf).total_fen() or 0) for line in lines)
    turn = edited(Dialog(state=Confirming(lines, totals)), Said(Frame("change"), words), scene)
    state = turn.dialog.state if turn is not None else None
    changed = isinstance(state, Collecting | Confirming) and state.lines != lines
    return state.lines if changed and isinstance(state, Collecting | Confirming) else None


def _with_clause(lines: tuple[DraftLine, ...], clause: str, scene: Scene) -> tuple[DraftLine, ...] | None:
    """One clause, about the line that it names or the only one."""
    at, words = 0, fold(clause)
    if len(lines) > 1:
        meant = pointed(lines, words, scene.shelf)
        if meant is None or len(meant.lines) != 1:
            return _edited(lines, clause, scene)
        at, words = meant.lines[0], meant.rest
    line = lines[at]
    product = scene.shelf.product(line.product or "")
    if product is None:
        return None
    plain = _ONE_PIECE.sub("", _LEAD.sub("", words))
    spoken = _SPOKEN_SIZE.sub(lambda found: _digits(found[1]), plain)
    for tried in dict.fromkeys((plain, spoken, words)):
        new = _units(line, tried, product) or of_one(line, tried, scene.shelf)
        if new is None and (filled := line_with(line, tried, product, scene.shelf)) is not None:
            new = filled.line if filled.changed and not filled.problems else None
        if new is not None and (new != line or _is_of_it(line, tried, scene.shelf)):
            return (*lines[:at], new, *lines[at + 1 :])
    whole = _edited(lines, clause, scene)
    return whole if whole is not None else lines if len(lines) > 1 and _NOTHING.fullmatch(words) else None


def _is_of_it(line: DraftLine, words: str, shelf: Shelf) -> bool:
    """Whether words that change nothing of a line name nothing else: 一箱, and not 一箱大果, of the small ones."""
    product = shelf.product(line.product or "")
    left = _SMALL.sub("", _ONE_PIECE.sub("", fold(words)))
    own = {fold(n) for n in (product.name, *product.aliases)} | names_of(line, shelf) if product is not None else set()
    return not left or re.search(r"[\d]", left) is not None or any(left in name or name in left for name in own)


def _digits(spoken: str) -> str:
    value = read_numeral(spoken)
    return str(int(value)) if value is not None else spoken


def _units(line: DraftLine, words: str, product: Product) -> DraftLine | None:
    """500个, 数量200, of what is sold in any number."""
    found = re.fullmatch(
        rf"(?:数量|金额)?(\d{{1,7}}|[{CHINESE}]{{1,6}})(?:元|块钱?|个|枚|{re.escape(_unit(product))})?(?:的|吧)?", words
    )
    value = read_numeral(found[1]) if found is not None else None
    if value is None or not all(sku.any_value is not None for sku in product.skus):
        return None
    return replace(line, value=int(value), quantity=1)


def _unit(product: Product) -> str:
    return (product.skus[0].unit if product.skus else "") or "个"


def with_place(line: DraftLine, rest: str, shelf: Shelf) -> DraftLine | None:
    """A line with another address: 寄到…, or nothing but that; None when there is none."""
    product = shelf.product(line.product or "")
    fields = product.fields if product is not None else ()
    field = next((field for field in fields if field.kind is FieldKind.ADDRESS), None)
    given = _PLACE_LEAD.sub("", rest)
    place = read(given)
    if field is None or not place.street or not _REGION.search(given) or len(wants(place)) > 2:
        return None
    checked = check_field(field, bare(given))
    return replace(line, fields={**line.fields, field.name: checked.canonical}) if isinstance(checked, Valid) else None


def _with_accounts(lines: tuple[DraftLine, ...], rest: str, shelf: Shelf) -> tuple[tuple[DraftLine, ...], str]:
    """One more line for each further account; and the words without them."""
    line = lines[0]
    product = shelf.product(line.product or "")
    field = account_field(product) if product is not None else None
    if len(lines) != 1 or field is None or product is None:
        return lines, rest
    sizes = {str(sku.value) for sku in product.skus}
    tokens = [token for token in _TOKEN.findall(rest) if token not in sizes]
    checked = {token: check_field(field, token) for token in tokens}
    valid = {token: one.canonical for token, one in checked.items() if isinstance(one, Valid)}
    for token in valid:
        rest = re.sub(rf"{_BEFORE_ACCOUNT}{re.escape(token)}", " ", rest, flags=re.IGNORECASE)
    accounts = list(dict.fromkeys(valid.values()))
    out = tuple(replace(line, fields={**line.fields, field.name: account}) for account in accounts)
    return (out or lines), _without_frame(rest) if valid else rest


def _without_frame(rest: str) -> str:
    """给…各充一个, once the numbers are out of it."""
    return re.sub(r"充到|[给到用为](?=[\s,，]|$)|(?:^|\s)[给到用充]+(?=\s)", " ", rest).strip()
