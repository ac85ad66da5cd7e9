"""What only the talk itself gives a meaning: back a step, from the start, what was just dropped, bargaining."""

import re
from dataclasses import replace

from catalog.checks import fold
from catalog.shelf import Shelf
from dialogs import (
    after_sale,
    browsing,
    favourites,
    handoff,
    own_order,
    paying,
    replies,
)
from dialogs.asking import answer
from dialogs.editing import edited, restarted, stepped_back
from dialogs.effects import FindOrders
from dialogs.hearing import names_a_part
from dialogs.intents import confirm
from dialogs.ordering import (
    advance,
    doubted,
)
from dialogs.settling import settled_for
from dialogs.state import (
    Collecting,
    Confirming,
    Dialog,
    Idle,
)
from dialogs.turn import Said, Scene, Turn
from nlu.numerals import read_numeral
from nlu.surnames import KIN

_CANCEL_ASKED = re.compile("(?:能|可以|可不可以|怎么|想).{0,4}取消|取消.{0,4}订单")
_GIVE_BACK = re.compile(
    "(?:那|就|还是|给我|帮我|我要|把|这?[两三四]?[个单笔](?:订单)?|全部?|都|统统)*退(?:了|款|掉|钱)?(?:了?吧)?"
)
_BACK = re.compile(r"(?:返回|退回|回到?|回去)?(?:上一步|前一步)|返回|后退")
_AS_IT_WAS = re.compile(
    "(?:算了|那|还是|就)?(?:不改了?|不用改了?|别改了?|按原来的|原来的就行|就这样不改了?)(?:吧|哈|啊)?"
)
_RESTART = re.compile(
    r"(?:我要?)?(?:重新(?:来|选|下单?|填)(?:过|一遍|一下|吧)*|从头(?:再|开始)?来?(?:过|吧)?|重来(?:吧|一遍)?)"
)
_AFTER_ALL = re.compile(
    r"(?:算了|还是|那|就|要不|想了想|我|又|后悔了|反悔了|等等|等下|哎|[,，。~！!])*"
    r"(?:想?(?:买|充|要|来|下单?|恢复)(?:了|吧|上|回|一下)*)?[,，。]?(?:就|按)?(?:刚才|刚刚|之前|原来|上面|取消)的?(?:那个|那单|那笔|的|那)"
    r"(?:单子?|订单)?(?:吧|了|我?还?要|继续|恢复|再来)*"
    r"|(?:(?:想了想|算了|还是|那就|要不|哎|唉|嗯)[,，]?)+(?:还是)?(?:买|充|要|下单?)了?(?:吧|算了)(?:[,，]?重新(?:下|来)(?:一?单)?)?|重新下(?:一?单)?(?:吧|了)?|我?又想(?:买|充|要)了"
    r"|(?:不|别|先别)取消了?(?:吧|了)?|(?:取消|点|按)错了(?:[,，]?(?:还要|要的|恢复(?:一下)?))?|恢复(?:一下)?(?:订单)?(?:吧)?"
)
_WANTS_AFTER_ALL = re.compile("^(?:算了|想了想|要不|我|那|又|[,，])*(?:还是|又想)(?:想|我)?(?:要|买|充|来)")
_DROPS_SOME = re.compile("^(?!.*价).*(?:不[要买充用]|去掉|换成?)")
_CANCELS_IT = re.compile("(?<!别)(?<!不)(?:帮我|给我|我要|请)取消|(?<!别)(?<!不)取消(?:吧|掉)(?!.*[吗?？])")
_UNPAID_ONES = re.compile(
    r"(?:哪|几|多少|什么).{0,4}(?:单|笔).{0,5}(?:没|未|待|等着?)(?:有)?(?:付|支付|给钱|买单)"
    r"|(?:没|未|待|等着?)(?:有)?(?:付|支付)(?:款|钱|过)?的?(?:都|还|订单|单子?|那些|是|有)*(?:哪|几|多少|吗|什么|$)"
    r"|(?:还有|有没有|有).{0,4}(?:没|未|待)(?:付|支付)(?:款|钱)?的?(?:订单|单子?)?[吗么?？]"
)
_BARGAIN = re.compile(
    r"差价|便宜(?:一?点|些)(?!的)|太贵|好贵|真贵|贵了|[能可]?少[点算]|打[个点]?折|优惠[点些吗]|砍价|讲价|抹零|卖不卖|\d卖吗"
    r"|价[格钱]?.{0,2}改[成为到]?|改[个下]?价|有(?:没有?|什么|啥)?(?:优惠|折扣|打折)(?:活动)?[吗么啊呢嘛?？]*$|免费[给送充来]我?"
)
_STOPS = (
    "(?:那|就|还是|我|先|都)*(?:不(?:想)?[要买充订做去办开用洗学玩看吃喝]了?|不需要了?|算了|取消(?:掉|订单)?|撤了?|退了)"
    "[吧啊呀哈呢了谢]*"
)
_DEAR = "(?:这|也|有点|有些|确实|实在|真的?|太|好|这么|价格|我觉得|感觉|还是|嫌)*[贵高]了?[啊呀哦吧呢的点]*"
_TOO_DEAR_TO_BUY = re.compile(f"(?:{_DEAR}[,，。!！~]*{_STOPS}[,，。!！~]*)+|{_STOPS}[,，。!！~]*{_DEAR}[,，。!！~]*")
"""太贵了不要了: no bargaining, he goes."""
_DROPS_IT = re.compile(
    "(?:不是|别)?确认(?:了)?[,，]?(?:我|还是|那)?(?:不要|不买|不充|不下单|取消|不订)(?:了|吧|啊)*|不是确认[,，]?是取消|是取消(?:啊|不是确认)?"
)
_GIVES_UP = re.compile("(?:那|就|我们?|还是|先|都)*(?:算了|拉倒|不(?:想)?[要买弄搞订办]了|都不要了?)[吧啊呀哦了]*")
_DOES_NOT = re.compile("(?:那|就|我们?|还是|先|都|现在|今天)*不(?:想|用|需要)?([\u4e00-\u9fff])了[吧啊呀哦]*")
_WISHES_OTHERWISE = re.compile(r"[换改]|[充买来要](?!不)[一两三几个张份\d]|还是|那个|这个|[^不]行就")
_CANCELS_FIRST = re.compile(r"取消(?:了|掉|吧)?[,，。;；!！\s]+(?:重新?来|重新|从头)[^\d,，\s]{0,5}")
_PARTS = re.compile(r"[\s,，。;；!！?？~]+")
_NOT_YET = re.compile(
    "(?:我|那|就|等等|等下|还是)*(?:先(?:不|别)(?:下单?|买|确认|付款?|着急|急)|还?没(?:有)?(?:想好|确认|决定|说要下单|要下单))(?:了|呢|吧|啊|哦)*"
)
_OF_IT = "手机|QQ|qq|账号|帐号|号码?|信息|订单|单子|金额|数量|内容|地址|名字|规格|价格|资料"
_COUNTS_UP = re.compile(
    r"(?:对|好的?|嗯|行|可以|是|ok)*[,，\s]*(?:一共|总共)?就?(?:是|要)?[这那]?([俩仨]|[一二两三四五六\d](?=[个样件份]))[个样件份]?(?:人|号)?[吧了的啊]*"
)
_LOOKS = re.compile(
    f"(?:等等|等会儿?|等一?下|稍等|别急|慢着|好的?|嗯|哦|那|先|让|等|容|请|我们?|咱|再|重新|来|去|想|要|得|需要|自己|仔细|好好|认真|把|给|发|列|一[遍次份]|刚才的?|{_OF_IT}|[,，。、])*"
    "(?:(?P<says>确认|确定)(?:一?[下遍眼哈次]|确认)|(?:核对|检查|核实|复核|校对|过目|查看|对|看)(?:一?[下遍眼哈次]|看)|瞅瞅|[瞅瞄]一?[眼下]|(?P<twice>核对|检查|核实)(?P=twice))"
    f"(?:{_OF_IT}|都|是不是|对不对|有没有?[填写打弄]?[错问]题?|[填写打弄][对错]了?没?有?|先|再说|再付|再回|吧|啊|哈|呢|了|的|[,，。、~!！])*"
)
"""我确认一下, 再给我看一眼: he is going to look at the summary again, which is no yes."""
_SAY_IT_AGAIN = re.compile(
    f"(?:把|给我|麻烦|{_OF_IT})*(?:再|重新)(?:给我|帮我)?(?:列|发|说|报|念|显示)(?P<says>)(?:一?[遍下次]|出来|给我|看看|{_OF_IT}|吧)*"
)
_SOMEONE = f"(?:我?的?(?:{KIN}|朋友|同学|室友|同事|家人|家里人?|领导|老板|孩子|别人|人家|[他她]们?))"
_ASKS_SOMEONE = re.compile(
    f"(?:等等|等一?下|稍等|好的?|嗯|那|先|让|我|得|要|去|想|再|[,，])*(?:[跟和找向]{_SOMEONE}(?:再)?(?:问|商量|确认|核实|核对|说)一?[下声]?|问(?:一?[下声]|问|清楚)?{_SOMEONE}?|商量(?:一?下|商量)?)"
    "[^,，。?？吗\\d]{0,6}"
)
_ASKS_US = re.compile("多少|什么|怎么|哪|几|能|有没有")
_OF_HIMSELF = re.compile(f"[我让等先再得要去]|{_OF_IT}")
_LITTLE = 20
_HURRIES = re.compile(
    "(?:你们?|能不能|能|可以|麻烦|请|就|搞|弄|给我|帮我|好|嗯|那|[,，])*(?:快(?:一?点儿?|些|快)?|赶紧|赶快|抓紧|速度|速速|催一?下|催催|别磨蹭|急)(?:的|啊|呀|吧|哈|点|用|着用|了|吗|[,，!！。~])*"
)
_LAST = "(?:刚才|刚刚|刚下|上面|最后|这)的?(?:那|这|下)?的?(?:一?个|一)?(?:订单|单子?|笔)?"
_GOES = "(?:给我|帮我|麻烦|就)?(?:取消|撤销|撤)(?:了|掉|一下)?(?:吧|啊|谢谢)?"
_LAST_ONE_GOES = re.compile(f"(?:请|我要|帮我|给我|麻烦|把)*(?:{_GOES}{_LAST}(?:吧|了)?|{_LAST}{_GOES})")
_ALL_GO = re.compile(f"(?:把)?(?:这?[两三几]个|我的)?(?:订单|单子?)?(?:全|都|全都|全部|统统){_GOES}")
_WHERE_TO_PAY = re.compile(
    "(?:付款|支付|缴费)的?链接|链接.{0,4}(?:再?发|呢|在哪)|怎么付|[在去从]?哪里?(?:付|支付|交钱)|付款码"
)
_WORTH = re.compile(r"划算|合算|(?:推荐|建议).{0,2}(?:哪|多少)|(?:一般|通常|大家).{0,4}(?:充|买|选)(?:哪|多少|啥|什么)")
_PAID_TWICE = re.compile(
    "(?:付|扣|支付|收|划|刷)(?:了|过|款|我|钱|费|走|的)*(?:[两二俩双几三23])(?:次|遍|回|笔|份|倍)|重复(?:付|扣|支付|收|划)"
    "|[多重](?:付|扣|收)(?:了|款|钱|我)|[付扣]重了|[两二2](?:次|遍|笔)(?:钱|款|付款|扣款)"
)
_PRIVACY = re.compile(
    "(?:删|注销|清[除空]|抹).{0,8}(?:信息|资料|数据|隐私|记录)|(?:信息|资料|数据|隐私).{0,4}(?:删|清[除空]|抹)"
)
_DELETED_HIMSELF = re.compile("不小心|误|手[滑贱抖]|(?:被我|让我|我给|(?<!帮)我自己)[^,，。]{0,8}[删清]|微信|缓存|手机")
"""What he deleted on his own telephone is no wish that we delete anything."""


def said_between(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """What only the talk itself gives a meaning: back a step, from the start, what was just dropped, bargaining."""
    text = fold(said.text)
    if text in replies.CONFIRM_WORDS and said.frame.intent != "confirm":  # 确 认
        return confirm(dialog, replace(said, frame=replace(said.frame, intent="confirm", items=())), scene)
    if handoff.asks_for_hours(text):
        return answer(dialog, scene, replies.person_hours(scene.hours))
    asks_to_cancel = said.frame.intent in ("help", "unknown") and _CANCEL_ASKED.search(text)
    if isinstance(dialog.state, Idle) and (_GIVE_BACK.fullmatch(text) or asks_to_cancel):
        return after_sale.look_up(dialog, "refund", said)
    if said.frame.intent in ("help", "unknown") and after_sale.says_paid(text):
        return after_sale.look_up(dialog, "status", said)
    if _PAID_TWICE.search(text):
        return after_sale.look_up(dialog, "paid_twice")
    if _PRIVACY.search(text) and said.frame.intent != "keys" and not _DELETED_HIMSELF.search(text):
        return answer(dialog, scene, replies.privacy())
    if text in replies.BACK_TO_BOT_WORDS:
        return answer(dialog, scene, replies.here_i_am())
    if _BACK.fullmatch(text):
        return stepped_back(dialog, scene)
    if isinstance(dialog.state, Idle) and _LAST_ONE_GOES.fullmatch(text):
        return paying.cancel(dialog, scene)
    if isinstance(dialog.state, Idle) and _ALL_GO.fullmatch(text):
        return Turn(replace(dialog, listed=None, misses=0), effects=(FindOrders("cancel"),))
    if isinstance(dialog.state, Idle) and own_order.LINK_GONE.search(text):
        return own_order.asked(dialog, said, scene)
    if isinstance(dialog.state, Idle) and _WHERE_TO_PAY.search(text) and paying.live_unpaid(dialog, scene):
        return own_order.asked(dialog, said, scene) or Turn(dialog, effects=(FindOrders("status"),))
    if isinstance(dialog.state, Collecting) and favourites.declined(text):
        return answer(dialog, scene, replies.another_account(), in_full=True)
    if isinstance(dialog.state, Collecting | Confirming) and (
        _DROPS_IT.fullmatch(text) or _gives_it_up(dialog.state, said, scene)
    ):
        return paying.cancel(dialog, scene)
    if isinstance(dialog.state, Collecting | Confirming) and (waits := _looks_first(dialog, dialog.state, text, scene)):
        return waits
    if _AS_IT_WAS.fullmatch(text) and isinstance(dialog.state, Collecting | Confirming):
        # 不改了: the order that was to be corrected stands, or the summary as it is
        return paying.cancel(dialog, scene) if dialog.mending else advance(dialog, dialog.state.lines, scene)
    if _RESTART.fullmatch(text):
        return restarted(dialog, scene)
    if isinstance(dialog.state, Idle) and _UNPAID_ONES.search(text) and not said.frame.items:
        drops = _CANCELS_IT.search(text) is not None  # 拍错了 帮我取消吧 还没付款
        return paying.cancel(dialog, scene) if drops else after_sale.look_up(dialog, "unpaid")
    if dialog.dropped and isinstance(dialog.state, Idle) and _wants_after_all(dialog, said, text):
        return advance(replace(dialog, dropped=(), misses=0), dialog.dropped, scene)
    if _WORTH.search(text) and not any(item.product or item.value for item in said.frame.items):
        return browsing.best_value(dialog, said.text, scene)
    if _BARGAIN.search(text) and (said.frame.intent == "cancel" or _TOO_DEAR_TO_BUY.fullmatch(text)):
        return paying.cancel(dialog, scene)
    if (settled := settled_for(dialog, said, scene)) is not None:
        return settled
    priced = said.frame.intent == "price" and any(item.options for item in said.frame.items)  # IMAX的多少钱 有优惠吗
    if _BARGAIN.search(text) and not priced and not any(item.product for item in said.frame.items):
        lines = dialog.drafted
        names = re.search(r"\d", text) is not None or names_a_part(lines, text, scene.shelf)
        sized = bool(lines) and names and not re.search("价|卖", text)
        # 太贵了 充300: he settles for less himself
        cheaper = edited(dialog, said, scene) if sized else None
        after = replies.offer_human() if "差价" in text else ""
        told = replies.join(replies.no_bargain(), after)
        return cheaper or answer(doubted(dialog) if sized or _DROPS_SOME.search(text) else dialog, scene, told)
    return None


def _gives_it_up(state: Collecting | Confirming, said: Said, scene: Scene) -> bool:
    """不付钱不行吗 那算了; 取消 重来; 可以续租 不搬了, of a removal: it ends in a stop, and names nothing else."""
    text = said.text.strip()
    if _CANCELS_FIRST.fullmatch(text):
        return True
    clauses = [fold(clause) for clause in _PARTS.split(text) if clause]
    if len(clauses) < 2 or any(item.product or item.value or item.fields for item in said.frame.items):
        return False
    if names_a_part(state.lines, text, scene.shelf) or any(_WISHES_OTHERWISE.search(one) for one in clauses[:-1]):
        return False
    if _GIVES_UP.fullmatch(clauses[-1]):
        return True
    deed, names = _DOES_NOT.fullmatch(clauses[-1]), [scene.shelf.product(line.product or "") for line in state.lines]
    return deed is not None and all(one is not None and deed[1] in one.name for one in names)


def field_labels(state: Collecting | Confirming, shelf: Shelf) -> list[str]:
    """What the fields of his lines are called, as folded text."""
    products = [shelf.product(line.product or "") for line in state.lines]
    return [fold(field.label) for product in products if product is not None for field in product.fields]


def counts_up(state: Confirming, text: str) -> bool:
    """对 就俩, below a summary of two lines: nothing is missing, and nothing is to be twice."""
    found = _COUNTS_UP.fullmatch(text)
    return found is not None and len(state.lines) > 1 and read_numeral(found[1]) == len(state.lines)


def is_checking(text: str) -> bool:
    """Whether he says no more than that he looks at it again; 确认一下 alone is the yes that was asked for."""
    looks = _LOOKS.fullmatch(text) or _SAY_IT_AGAIN.fullmatch(text) if len(text) <= _LITTLE else None
    return looks is not None and (not looks["says"] or _OF_HIMSELF.search(text) is not None)


def _looks_first(dialog: Dialog, state: Collecting | Confirming, text: str, scene: Scene) -> Turn | None:
    """还没想好, 我问下我妈, 我确认一下, 快点: neither yes nor no, and no question about another order."""
    for label in field_labels(state, scene.shelf):
        text = text.replace(label, "号码")  # 我核对一下学号
    if is_checking(text) and isinstance(state, Confirming):
        return advance(replace(dialog, misses=0), state.lines, scene, replies.take_your_time())
    if len(text) <= _LITTLE and _HURRIES.fullmatch(text):
        return answer(dialog, scene, replies.soon_after_paying())
    asks = len(text) <= _LITTLE and _ASKS_SOMEONE.fullmatch(text) and not _ASKS_US.search(text)
    waits = _NOT_YET.fullmatch(text) or is_checking(text) or asks
    return answer(dialog, scene, replies.take_your_time()) if waits else None


def _wants_after_all(dialog: Dialog, said: Said, text: str) -> bool:
    """算了，还是要刚才那个, 还是要话费那个: what 取消 dropped last, and nothing different."""
    if _AFTER_ALL.fullmatch(text):
        return True
    items = said.frame.items
    if len(items) != 1 or not _WANTS_AFTER_ALL.match(text):
        return False
    same = [line for line in dialog.dropped if line.product == items[0].product]
    return len(same) == len(dialog.dropped) and items[0].said <= {"product"}
