"""What he takes instead where it costs too much: 太贵了 打到星耀就行, 不打折拉倒 来一张100的, 148？那算了 月的."""

import re
from dataclasses import replace

from catalog.checks import fold
from dialogs import replies
from dialogs.draft import Looked, look
from dialogs.editing import edited
from dialogs.field_changes import ASKS
from dialogs.line_changes import line_with
from dialogs.ordering import advance
from dialogs.state import QUANTITY_MAX, Collecting, Confirming, Dialog
from dialogs.subjects import NUMERAL, PIECES
from dialogs.turn import Said, Scene, Turn
from nlu.numerals import read_numeral

_HAGGLES = re.compile("打[个点]?\\d?折|优惠|折扣|便宜|少[算]|砍价|讲价|抹零|拉倒")
_DEAR = re.compile(
    "[太好真忒挺很死了点小]贵|贵[了啊死]|^贵|太[多大高]|这么[多贵]|那么[多贵]|[多高]了|没钱|肉[疼痛]|吃不消|少[充买要来](?:一?点|些)"
)
_SIGHS = re.compile("(?:那就?|算了|好吧|行吧|唉|哎|啊|呃|额|嗯|天[哪啊]|妈呀|我去|吧|呀|呢|的|话)*")
_CHEAP = re.compile("(?:能)?便宜(?:一?点|些)?(?:就行|就好|的)?")
_IF_NOT = re.compile(
    "^(?:(?:如果|要是)?(?:不[行能肯可成]|没有|没|不打折|没(?:有)?(?:优惠|折扣)|不优惠|不便宜)(?:的?话)?)(?:那|就|还是)+"
)
_LEAD = re.compile("^(?:那|就|先|还是|算了|给我|帮我|我|得了|要不|不如|[啊呀])+")
_TAIL = re.compile("(?:就?(?:行|好|可以|够)|算了|得了|试试|看看|再说|[吧了啊呗])+$")
_PRICE = re.compile(r"(?:才|要|[¥￥])*(\d+(?:\.\d+)?)(?:元|块钱?)?(\d)?(?:一[张个份])?(?:[啊呀哦噢嘛么]|多)*")
_CLAUSES = re.compile(r"[\s,，。;；!！~～]+|(?<=[?？])")
_COUNTED = re.compile(rf"^[来要买充拿换]*({NUMERAL}){PIECES}的?(?=[^的吧了啊])")
_END_OF_QUESTION = re.compile("[?？]$")


def settled_for(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """太贵了 少充点 充300 · 月卡吧 年卡太贵: the one clause that says what he takes instead, below what is dear."""
    state = dialog.state
    if not isinstance(state, Collecting | Confirming) or len(state.lines) != 1:
        return None
    product, before = scene.shelf.product(state.lines[0].product or ""), look(state.lines[0], scene.shelf)
    clauses = [fold(clause) for clause in _CLAUSES.split(said.text.strip()) if clause]
    about = [clause for clause in clauses if _is_about_price(clause, before)]
    wants = [clause for clause in clauses if clause not in about and not _SIGHS.fullmatch(clause)]
    if product is None or not about or len(wants) != 1 or ASKS.search(wants[0]):
        return None
    wanted = _TAIL.sub("", _LEAD.sub("", _IF_NOT.sub("", _CHEAP.sub("", wants[0]))))
    counted = _COUNTED.match(wanted)
    count = read_numeral(counted[1]) if counted is not None else None
    line = replace(state.lines[0], quantity=int(count)) if count and count <= QUANTITY_MAX else state.lines[0]
    wanted = wanted[counted.end() :] if counted is not None and line.quantity == count else wanted
    filled = line_with(line, wanted, product, scene.shelf) if wanted else None
    if filled is None or filled.problems or not filled.changed or look(filled.line, scene.shelf).trouble:
        return None
    told = replies.changed() if filled.line != state.lines[0] else replies.nothing_changed()
    haggled = replies.no_bargain() if any(_HAGGLES.search(clause) for clause in clauses) else ""
    return advance(replace(dialog, misses=0), (filled.line,), scene, haggled, told)


_NO_CHEAPER = re.compile(
    r"^(?:(?:如果|要是|既然|那)*(?:不能|不可以|没有?|不给?|不行)(?:优惠|便宜|打折|折扣|讲价|少)[^,，;；。]{0,14}|价格?不能[少低][^,，。]{0,8})[,，;；。\s]+"
    r"(?:那?就?[按照][^,，;；。]{1,8}[,，;；。\s]+)?"
)
_SUM_TOLD = re.compile(
    r"[,，;；。\s]*(?:总[额价计共]|合计|一共|共计)(?:应该?|总共)?(?:是|为)?[¥￥]?"
    r"\d+(?:\.\d+)?(?:元|块钱?)?(?:吧|对吧)?[。.!！]?$"
)
_FACE = re.compile("(?<=[\\d元块])(?:面值|面额)的?(?=[\\d一二两三四五六七八九十]{1,3}[张个份])")
_BESIDES = re.compile("^另(?=[加来要买])")
_MORE = re.compile("^(?:再[加来要买]|另外)")


def more_of_it(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """不能优惠就按985执行，另加100面值2张，总额应为3153元: a plain addition, with words about its price around it."""
    if not isinstance(dialog.state, Collecting | Confirming):
        return None
    text = _NO_CHEAPER.sub("", said.text.strip())
    plain = _BESIDES.sub("再", _FACE.sub("的", _SUM_TOLD.sub("", text)))
    if plain == said.text.strip() or not _MORE.match(plain):
        return None
    bare = Said(replace(said.frame, intent="change", items=()), plain)
    turn = edited(dialog, bare, scene)
    if turn is None or turn.dialog.misses > dialog.misses or turn.dialog.state == dialog.state:
        return None
    told = replies.no_bargain() if text != said.text.strip() else ""
    return replace(turn, reply=replace(turn.reply, text=replies.join(told, turn.reply.text)))


def _is_about_price(clause: str, before: Looked) -> bool:
    """太贵了, 不打折拉倒, 有没有便宜点的; 148？, of what costs that much."""
    if _IF_NOT.match(clause):
        return False
    if _HAGGLES.search(clause) or _DEAR.search(clause):
        return True
    heard = _PRICE.fullmatch(_END_OF_QUESTION.sub("", clause))
    total = before.total_fen()
    if heard is None or total is None:
        return False
    yuan = float(heard[1])
    return any(abs(fen / 100 - yuan) < 1 for fen in (total, total / max(before.line.quantity, 1)))
