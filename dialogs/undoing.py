"""A change taken back (算了不改了, 还是原来的), and what is settled for as it stands (算了就这个)."""

import re
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import paying, replies
from dialogs.asking import line_in_words
from dialogs.ordering import advance
from dialogs.pointing import accounts, names_of
from dialogs.state import Collecting, Confirming, Dialog, DraftLine, Idle, Replacement
from dialogs.turn import Said, Scene, Turn

_LEAD = r"(?:[唉哎啊嗯哦噢好行那]|等等|等下|(?:太|好|真)?贵了?[吧啊]?|\d+(?:\.\d+)?(?:元|块钱?)?[啊呀?？]|[,，。!！~])"
_NOT = "(?:不|别|不用|不要|先不|先别)(?:再)?(?:改|换|加|变|动|升级?)"
_OLD = (
    "(?:按|用|要|是|充|就|买)*(?:原来|原先|之前|刚才|刚刚|一?开始|最初|前面)(?:的|那)*(?:个|样|号码?|规格|数量)*"
    "|(?:给我|帮我)?[改换变]回(?:来|去|原样|原来的?)?|恢复(?:原样|原来的?)?|还原|撤[回销]|当我没[说改]"
)
_TAIL = "(?:就[行好]|就?这样|[了吧啊呀哈的]|[,，。!！~])*+"
_TAKES_BACK = re.compile(
    f"{_LEAD}*+(?:(?:算了|还是)+[,，]?(?:我|还是|就|那)*(?:{_NOT}|{_OLD})|{_OLD}|(?<=贵了){_NOT}|别(?:改|换|加|变|动)){_TAIL}"
)
_NO_MORE = re.compile(f"{_LEAD}*+(?:我|就)*{_NOT}{_TAIL}")
_RATHER = re.compile(rf"{_LEAD}*+(?:算了|还是)+[,，]?(?:就|要|买|来|充|那)*(?P<name>[^,，。\d]{{2,10}}?){_TAIL}")
_SETTLES = re.compile(
    f"{_LEAD}*+算了[,，]?(?:那|就)*(?:(?:要|买|拿|选|充)?(?:这个?|这样|它|这单|这些|这[张份])|下单|买|确认|付款?)(?:得了|[了吧啊呀]|[,，。!！~])*+"
)
_ACCOUNT = re.compile("号")
_TELLS_MAX = 3


def remembering(before: Dialog, turn: Turn) -> Turn:
    """Keep the lines as they stood before they were changed, for as long as something is put together."""
    after = turn.dialog
    if not isinstance(after.state, Collecting | Confirming):
        return turn if not after.earlier else replace(turn, dialog=replace(after, earlier=()))
    old: tuple[DraftLine, ...] = ()
    if isinstance(before.state, Confirming):
        old = before.state.lines
    elif isinstance(before.state, Idle) and isinstance(before.waiting, Replacement) and before.unpaid is not None:
        old = before.unpaid.lines
    if not old or old == after.state.lines or after.earlier is not before.earlier:
        return turn
    return replace(turn, dialog=replace(after, earlier=old))


def taken_back(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """算了不改了: as it stood before; 算了就这个: a yes; None where he says anything else."""
    state, text = dialog.state, fold(said.text)
    if not isinstance(state, Collecting | Confirming):
        return None
    if isinstance(state, Confirming) and _SETTLES.fullmatch(text):
        return paying.confirm(dialog, scene)
    if not dialog.earlier:
        stands = not dialog.mending and (_TAKES_BACK.fullmatch(text) or _NO_MORE.fullmatch(text))
        return advance(replace(dialog, misses=0), state.lines, scene) if stands else None
    plain = replace(dialog, misses=0, replaced=())
    if _takes_back(dialog, state, text, scene.shelf):
        turn = advance(plain, dialog.earlier, scene, replies.changed_back())
        return replace(turn, dialog=replace(turn.dialog, earlier=()))
    if _NO_MORE.fullmatch(text) and isinstance(state, Confirming):
        was = [line_in_words(line, scene.shelf) for line in dialog.earlier[:_TELLS_MAX]]
        return advance(plain, state.lines, scene, replies.or_back_again(was))
    return None


def _takes_back(dialog: Dialog, state: Collecting | Confirming, text: str, shelf: Shelf) -> bool:
    if _TAKES_BACK.fullmatch(text):
        was = [one for line in dialog.earlier for one in accounts(line, shelf)]
        return not _ACCOUNT.search(text) or was != [one for line in state.lines for one in accounts(line, shelf)]
    rather = _RATHER.fullmatch(text)
    held = {line.product for line in state.lines}
    gone = [
        product
        for line in dialog.earlier
        if line.product not in held and (product := shelf.product(line.product or ""))
    ]
    names = {fold(name) for product in gone for name in (product.name, *product.aliases)}
    others = {name for line in state.lines for name in names_of(line, shelf)}
    names |= {name for line in dialog.earlier for name in names_of(line, shelf)} - others
    return rather is not None and rather["name"] in names
