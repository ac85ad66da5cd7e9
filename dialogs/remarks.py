"""What is only told below a summary: what he has, what others use, what it costs elsewhere, how old she gets. Numbers
and names in it are none of the order's, which stays as it is; that is said, and 确认 shows it once more."""

import re

from catalog.checks import fold
from dialogs.asking import answer
from dialogs.hearing import names_a_part
from dialogs.ordering import doubted
from dialogs.state import Confirming, Dialog
from dialogs.turn import Said, Scene, Turn
from nlu.numerals import CHINESE
from nlu.surnames import KIN

_TEXT_MAX = 40
_N = rf"(?:\d+(?:\.\d+)?|[{CHINESE}俩仨]+)"
_SOMEONE = rf"(?:我?的?(?:{KIN}|公司|单位|学校|宿舍|领导|老板|邻居|别人|人家|大家|身边|有的?人))"
_OWN = (
    "(?:我们?|咱们?|俺|自己|手里|手上|身上|兜里|卡里|卡上|手机里|账[户上]?里?|余额|微信|支付宝|钱包|家里?|里面|公司"
    "|号里|号上)"
)
_ELSEWHERE = (
    "(?:淘宝|天猫|拼多多|pdd|京东(?:上|那边|商城)|美团|抖音|闲鱼|别家|别人家|别的(?:店|地方)|隔壁|官网|外面|网上"
    "|官方(?=店|旗舰|价|卖|才)|超市|线下|实体店|人家那)"
)
_THINGS = "(?:手机|电视|电脑|平板|ipad|车|房子?|儿子|女儿|孩子|娃|猫|狗|卡|qq|号|账号|微信|笔记本|台式机|设备|店|群)"
_TOLD = re.compile(
    "听说|据说|听人说|朋友圈|广告|宣传|活动|(?:看[到见]|不是)(?:你们?|人家|网上|别人).{0,4}说|说.{1,8}(?:不错|划算|好[用喝看玩])"
    f"|{_ELSEWHERE}.{{0,6}}(?:才|卖|只要|只|便宜|要|是|{_N})"
    f"|{_OWN}.{{0,4}}(?:还?有|还?剩|存了?|带了?|只有|一共就?|总共就?|才|就)(?:个|着)?{_N}多?(?:块|元|毛|钱|百|千|万|w|k|$)"
    f"|(?:我们?|我?家|家里|我们家|公司)(?:里|还|也)*有?{_N}[个台部辆只]{_THINGS}(?!要|都要)|(?:我|家|服|区).{{0,3}}还有[个辆台部只]|{_N}[台部辆]{_THINGS}(?:要装|要用)"
    "|平[时常]|一般都?|经常|上个?赛季|[打充]到过|太[大小甜苦多].{0,2}[喝吃用]不[完了惯]|以前|之前|原来|上一?[次回]|上个?月|上周|去年|前[天年]|昨天|每个?[天月年周]|每次|从来|向来"
    f"|{_SOMEONE}(?:都|也|就|一直|他们|一次)*(?:喝|看|滑|玩|吃|喜欢|爱|买|充|用)|(?:公司|单位|学校|宿舍)(?:都|那边)?(?:是|用|装)"
    f"|{_N}(?:岁|大寿|周年|周岁|年级)|[满过]{_N}(?:岁|大寿|生日)?$|过生日|生日(?:礼物|那天|是)|第{_N}名"
    f"|欠费?了?{_N}|[用花]了{_N}|还?剩{_N}"
)
"""A clause that tells, and wants nothing."""
_DONE = re.compile(
    rf"[买充订用喝看吃滑玩送](?:了|过|的是)|买{_N}[个张份]?(?:送|减|赠|打)|要(?:是|装|用$)|加油|来自|来着|想起|说是"
)
_WANTS = re.compile(
    "要|不用|想|来|改|换|加|减|少|多|给我|帮我|还是|不对|不是|错|不要|取消|确认|下单|就[买充要来拿]|[买充](?:个|上|吧|\\d|[一两二三四五六七八九十])|算了|那就?|干脆|直接|凑|吧$"
)
_HABITS = re.compile(f"平[时常]|一般|经常|每|{_SOMEONE}")
_ASKS = re.compile("[?？吗呢么]|多少|什么|怎么|哪|几[个张]|能不能|可以")
_CLAUSES = re.compile(r"[\s,，。.;；!！~～、]+")
_IDIOM = re.compile("一[把下点些直定样起般切会]")
_FIGURE = re.compile(_N)


def only_told(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The order as it is, below a message that only tells something; None for any other."""
    state, text = dialog.state, fold(said.text)
    if not isinstance(state, Confirming) or len(text) > _TEXT_MAX or _ASKS.search(text):
        return None
    if not is_remark(said.text):
        return None
    held = {line.product for line in state.lines}
    if any(item.product not in held and item.product is not None and item.fields for item in said.frame.items):
        return None
    if not (_FIGURE.search(text) or names_a_part(state.lines, text, scene.shelf)):
        return None
    return answer(doubted(dialog), scene, "")


def is_remark(text: str) -> bool:
    """Whether no clause of a message wants anything, and each that could be a wish tells something."""
    clauses = [fold(clause) for clause in _CLAUSES.split(text) if clause]
    for clause in clauses:
        wants = _WANTS.search(_DONE.sub("", clause))
        habit = (
            _HABITS.search(clause)
            and _TOLD.search(clause)
            and not re.search("要|改|换|给我|帮我|还是|不对|错|就|吧$", clause)
        )
        if wants and not habit:
            return False
        if not _TOLD.search(clause) and _FIGURE.search(_IDIOM.sub("", clause)) and clause is not clauses[0]:
            return False
    return any(_TOLD.search(clause) for clause in clauses)
