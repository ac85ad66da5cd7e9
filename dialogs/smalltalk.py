"""Greetings, thanks, help, and whatever else is not about an order."""

import re
from collections.abc import Sequence
from dataclasses import replace

from catalog.checks import fold
from catalog.model import Product
from catalog.shelf import Shelf
from dialogs import examples, replies
from dialogs.asking import answer, open_question
from dialogs.draft import look
from dialogs.effects import Listen
from dialogs.facts import Unheard
from dialogs.filling import fill
from dialogs.hearing import names_a_part
from dialogs.just_priced import remembered
from dialogs.ordering import advance, denied, miss, start
from dialogs.pointing import longest_name
from dialogs.state import PAGE_SIZE, Collecting, Confirming, Dialog, DraftLine, Idle, standing
from dialogs.turn import Said, Scene, Showed, Turn
from dialogs.window import show_products
from dialogs.wishes import Stance, stance
from nlu.frame import Item

_CLAUSES = re.compile(r"[\s,，。;；!！~]+")
_ONLY_LOOKS = re.compile(
    "(?:我|俺|这|那|现在|都|还|只是|就是|就|先|随便|才|可|暂时|又)*(?:没有?|不)(?:想好|打算|想|要|说要?|决定)?(?:买|下单|付款?|付钱|拍|订|充|定)(?:呢|啊|呀|的|哦|嘛|了)*"
    "|(?:我|俺|就是|就|只是|只|先|随便|随口|来|想|不买)*(?:问问|问一?下|看看|看一?下|了解一?下|打听一?下|逛逛|瞧瞧|问个价)(?:而已|呢|的|价钱?|哈|啊|呀|再说|先)*"
)
"""我还没买呢, 就随便问问."""
_TO_WHAT_WAS_SHOWN = ("confirm", "deny", "cancel", "choose")
_ASKS_WHETHER = re.compile("[吗嘛?？]|是不是|会不会|不会")
"""你们不会是骗子吧 wants to be reassured; 骗子公司 does not."""


def greet(dialog: Dialog, scene: Scene) -> Turn:
    pending = open_question(dialog, scene) is not None
    return answer(
        dialog, scene, replies.greeting_short() if pending else replies.greeting(examples.orders(scene.shelf))
    )


_OF_AN_ORDER = re.compile(
    "订单|[这那上我]一?单|下单|查|[到入]账|没[到收发充给]|未[到发]|到了|还没|[充买订付下拍][的过]|[充买订付](?!什么|点|个)[^,，。]{0,8}了|卡密|卡号|密码|券码|[发收退]货|退|物流|快递|进度|催"
    "|无效|不能用|用不了|错|少[发了]|怎么样了|好了吗|多久|钱|发票|什么时候|慢|快点"
)
_NEGLECTED = re.compile(
    "没人(?:理|回|管|答|应)|不(?:理|回)(?:我|人|消息)|爱答不理|(?:等|问)了?(?:半天|好久|一天|老半天)|做不做生意|干不干了"
)

_COMPLAINS_OF_IT = re.compile(
    "(?:怎么|咋|干嘛|干啥|为什么|为啥|谁让[你您]|[你您])(?:就|又|还|会|给|全|都)*(?:把|给|将)[^,，。?？]{1,10}?(?:写|填|弄|加|改|放|记|算|带|搞|录)"
    "|(?:怎么|咋)(?:就|又|还|会|全|都)*(?:写|填|弄|加|改|放|记|算|带|搞|录|变)(?:[了成错进上到这]|的)|乱(?:写|填|改|加|弄|搞)|乱七八糟|写的(?:什么|啥)"
)
"""账号怎么把我的话也写进去了: of what stands in the summary; which part is wrong is asked."""
_CALLS_ONE = re.compile("人工|客服|真人|投诉|经理|电话")


def neglected(text: str) -> bool:
    """昨天问半天没人理我: he wants an apology and an answer, and names no person to be called."""
    return _NEGLECTED.search(text) is not None and not _CALLS_ONE.search(text)


def regretting(dialog: Dialog, said: Said, turn: Turn) -> Turn:
    """昨天就说了 到现在没人理我！！电信30 快点: what he orders is taken, with one word of regret."""
    begun = isinstance(dialog.state, Idle) and isinstance(turn.dialog.state, Collecting | Confirming)
    if not begun or not neglected(said.as_said or said.text):
        return turn
    return replace(turn, reply=replace(turn.reply, text=replies.join(replies.sorry_first(), turn.reply.text)))


def without_orders(dialog: Dialog, scene: Scene, text: str) -> Turn:
    """He has no order: said where he asks for one; who only chats before he says what he wants is greeted."""
    pending = open_question(dialog, scene) is not None
    if neglected(text):
        how = "" if pending else replies.unknown_how()
        return answer(dialog, scene, replies.join(replies.sorry_to_keep_waiting(), how))
    if pending and text and not _OF_AN_ORDER.search(text):
        return miss(dialog, scene)
    if not text or _OF_AN_ORDER.search(text):
        return answer(dialog, scene, replies.no_orders(pending=pending))
    said = fold(text)
    names = ((product, fold(name)) for product in scene.shelf.products for name in (product.name, *product.aliases))
    goods = list({product.id: product for product, name in names if len(name) > 1 and name in said}.values())
    if 0 < len(goods) <= PAGE_SIZE:
        return show_products(dialog, goods, scene, replies.found(len(goods)))
    return greet(dialog, scene)


def thanks(dialog: Dialog, scene: Scene) -> Turn:
    return answer(dialog, scene, replies.you_are_welcome())


def help_(dialog: Dialog, scene: Scene, said: Said | None = None) -> Turn:
    """帮助, and the questions everybody asks."""
    told = known_answer(dialog, said, scene) if said is not None else None
    if said is not None and told is not None:
        return _told(dialog, said, told, scene)
    state = dialog.state
    if said is not None and isinstance(state, Confirming) and names_a_part(state.lines, said.text, scene.shelf):
        return advance(dialog, state.lines, scene)  # 是快充吗: the summary says it
    return answer(dialog, scene, told or replies.help_text(examples.orders(scene.shelf)))


def _told(dialog: Dialog, said: Said, told: str, scene: Scene) -> Turn:
    """The answer to a question; what was ordered in the same breath is not thrown away."""
    orders = [item for item in said.frame.items if item.product and item.fields and "value" in item.said]
    if not isinstance(dialog.state, Idle) or not orders or len(orders) < len(said.frame.items):
        return answer(dialog, scene, told)
    turn = start(dialog, said.frame.items, scene, said.text)
    return replace(turn, reply=replace(turn.reply, text=replies.join(told, turn.reply.text)))


_ABOUT_GOODS = ("price", "search", "browse")
_THE_SAME = 80.0
"""So near, it is the same question, and goes before what the bot would say of itself."""
_HARDLY = 0.5
_NEAR_ENOUGH: dict[str, float] = {
    **dict.fromkeys(("unknown", "help"), 56.0),
    **dict.fromkeys((*_ABOUT_GOODS, "batch", "rate"), 66.0),
    **dict.fromkeys(("order_status", "keys", "invoice", "balance", "human"), _THE_SAME),
}
"""How near one of the shop's questions must be, by what the message was understood to be. What moves an order, or looks
at one (problem, refund), is never answered from the file."""


def shop_answer(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """The shop's own answer to what he asks, where nothing better is known."""
    frame, least = said.frame, _NEAR_ENOUGH.get(said.frame.intent)
    if least is None and not frame.items and frame.confidence < _HARDLY:
        least = _THE_SAME  # hardly understood: to the very question the shop's answer is better
    if least is None or not scene.faq:
        return None
    pending = isinstance(dialog.state, Collecting | Confirming)
    if frame.items and frame.intent != "help":
        if pending or frame.intent == "price":
            return None
        least = _THE_SAME
    text = fold(said.text)
    if frame.intent == "order_status" and any(word in text for word in replies.STATE_WORDS):
        return None  # the order's own state
    if any(word in text for word in replies.ETA_WORDS) and eta_of(dialog, said, scene) is not None:
        return None  # the product's own time
    lines = dialog.drafted
    named = {one for item in frame.items for one in (item.product, *item.candidates) if one}
    about = named or {line.product for line in lines if line.product}
    found = scene.faq.find(said.text, about, scene.shelf)
    if found is None or found.nearness < least:
        return None
    if found.nearness < _THE_SAME and known_answer(dialog, said, scene) is not None:
        return None
    return _told(dialog, said, found.answer, scene)


_WHETHER_SO_SOON = re.compile(
    "(?:今[天晚]|现在|马上|立刻|明[天早晚]|当[天晚]|几点)(?:就|能|可以|会|来得及|给|帮我)*(?:开始|到|收|发货|送|上门|打|做|弄|办|完成|开工|充上|来).{0,3}(?:[吗么嘛不没?？呢]|$)"
)
_MAY_BE_OF_TIME = ("help", "search", "unknown", "order_status")
"""今晚就能开始打吗: of the time that it takes."""
_WHETHER_IT_CAN = re.compile(
    "^(?!.*(?:你们?(?:能|可以|会)|帮我|给我|下单|怎么|如何|什么|哪|多少|几|为什么|便宜|优惠|改|换|退|取消|发票|人工|客服))"
    ".{0,12}(?:(?:能不能|可不可以|是否|会不会).{1,10}|(?:能|可以|支持|适用|兼容)(?!的).{0,10}(?:[吗么嘛不?？]|没有))[?？]?$"
)
_CAN = re.compile("能不能|可不可以|是否|会不会|能|可以|支持|适用|兼容|会")
_SOLD = re.compile("充值?|买到?|下单|订到?|来|办|开通?|拿到?|有货?|现在|今天|这里|你们?这?|在|[吗么嘛不啊呀呢了?？\\s]")
_POLITE = re.compile("^(?:请问|问一?下|那|你们?家?的?|这个?|我想问|老板|[,， ])+")
_ITSELF = re.compile("(?:能|可以|能不能|可不可以)(?:充|用|绑|使用|充值)?[吗么嘛不]?[?？]?$")
"""虚拟号能充吗, 平板上能用吗: of what he buys, and no question about the shop or the order."""


def not_stated(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """A question about the goods that nobody has answered: what the catalog says of them, and who knows more."""
    frame, state = said.frame, dialog.state
    named = [item.product for item in frame.items if item.product]
    if frame.intent in _MAY_BE_OF_TIME and "没" not in said.text and _WHETHER_SO_SOON.search(fold(said.text)):
        when = eta_of(dialog, said, scene)
        if when is not None:
            return answer(dialog, scene, when)
    if frame.intent not in ("help", "search", "unknown") or not _WHETHER_IT_CAN.search(fold(said.text)):
        return None
    if known_answer(dialog, said, scene) is not None:
        return None
    itself = _of_itself(frame.items, said.text, scene) if frame.items else _ITSELF.search(fold(said.text))
    if frame.intent == "search" and not itself:
        return None  # 能充电费吗: whether it is sold
    if any("value" in item.said for item in frame.items):
        return None
    if isinstance(state, Collecting | Confirming):
        if names_a_part(state.lines, said.text, scene.shelf) and not named:
            return None
        named = named or [line.product for line in state.lines if line.product]
    told = as_noted(dialog, said, scene)
    if isinstance(state, Idle) and frame.items:
        dialog = remembered(
            dialog, [fill(DraftLine(), item, scene.shelf).line for item in frame.items[:1]], scene.shelf
        )
    return answer(dialog, scene, told)


def _of_itself(items: Sequence[Item], text: str, scene: Scene) -> bool:
    """芒果千层能不能送南京: what it can do or where it goes, and not whether it is sold (能充电费吗, 话费能充吗)."""
    found, product = _CAN.search(fold(text)), scene.shelf.product(items[0].product or "")
    if found is None or product is None:
        return False
    tail = fold(text)[found.end() :]
    return not longest_name((fold(n) for n in (product.name, *product.aliases)), tail) and bool(_SOLD.sub("", tail))


def as_noted(dialog: Dialog, said: Said, scene: Scene) -> str:
    """What the catalog notes of the goods that a question is about, and that a person knows more."""
    products = [product for product in (about_goods(dialog, said, scene),) if product is not None]
    notes = [replies.product_note(product) for product in products if fold(product.note)]
    return replies.join(*notes, replies.not_stated())


def about_goods(dialog: Dialog, said: Said, scene: Scene) -> Product | None:
    """The goods that a question is about: those it names, those being put together, those priced last, else what a
    word at its beginning is short for (票能用多久, where one product alone is called so)."""
    state = dialog.state
    ids = [item.product for item in said.frame.items if item.product]
    lines = state.lines if isinstance(state, Collecting | Confirming) else dialog.priced
    ids = ids or [line.product for line in lines if line.product]
    if ids:
        return scene.shelf.product(ids[0])
    text = _POLITE.sub("", fold(said.text))
    called = [product for product in scene.shelf.products if product.skus and _begins(text, product)]
    return called[0] if len(called) == 1 else None


def _begins(text: str, product: Product) -> bool:
    names = [fold(name) for name in (product.name, *product.aliases)]
    return any(text.startswith(name[-end:]) for name in names for end in (3, 2, 1))


def known_answer(dialog: Dialog, said: Said, scene: Scene) -> str | None:
    """A short answer to one of the usual questions: how long, how safe, how to pay, whom he talks to."""
    text = fold(said.text)
    if any(word in text for word in replies.ROBOT_WORDS):
        return replies.robot()
    if any(word in text for word in replies.PAY_WORDS):
        return replies.how_to_pay()
    if any(word in text for word in replies.ANGRY_WORDS) and not _ASKS_WHETHER.search(text):
        return replies.sorry_for_that()
    if any(word in text for word in replies.SAFE_WORDS):
        return replies.safe()
    if any(word in text for word in replies.ETA_WORDS):
        return eta_of(dialog, said, scene)
    if any(word in text for word in replies.ANGRY_WORDS):
        return replies.sorry_for_that()
    if not isinstance(dialog.state, Collecting | Confirming):
        return None
    if stance(said.text, "cancel") is Stance.ASKED:
        return replies.cancel_any_time()
    return replies.take_your_time() if any(word in text for word in replies.WAIT_WORDS) else None


def eta_of(dialog: Dialog, said: Said, scene: Scene) -> str | None:
    """How long what he names takes, or what is being put together."""
    items, state = said.frame.items, dialog.state
    if items and items[0].product:
        line = fill(DraftLine(), items[0], scene.shelf).line
    elif isinstance(state, Collecting | Confirming):
        line = state.lines[0]
    else:
        return None
    return line_eta(line, scene.shelf) or None


def line_eta(line: DraftLine, shelf: Shelf) -> str:
    """How long a line of a draft takes; "" where it is of no product yet."""
    looked = look(line, shelf)
    if looked.product is None:
        return ""
    return replies.eta(looked.product, (looked.sku.eta if looked.sku else None) or looked.product.eta)


def not_understood(dialog: Dialog, said: Said, scene: Scene) -> Turn:
    """Abuse, advertisements, orders to the bot: answered shortly, never obeyed."""
    doubts = any(word in said.text for word in replies.DOUBT_WORDS) or _COMPLAINS_OF_IT.search(fold(said.text))
    if isinstance(dialog.state, Confirming) and doubts:
        return denied(dialog, scene, said.text)
    told = known_answer(dialog, said, scene)
    if told is None and all(_ONLY_LOOKS.fullmatch(fold(one)) for one in _CLAUSES.split(said.text) if one):
        told = replies.take_your_time()
    return answer(dialog, scene, told) if told else miss(dialog, scene)


def spoke(dialog: Dialog) -> Turn:
    """A voice that WeChat did not write down: somebody else has to."""
    return Turn(dialog, effects=(Listen(standing(dialog)),))


def unheard(dialog: Dialog, fact: Unheard, scene: Scene) -> Turn:
    """A voice that nobody could make out: ask to type, and show the way."""
    told = replies.cannot_hear(fact.why)
    if open_question(dialog, scene) is None:
        told = replies.join(told, replies.unknown_how())
    return answer(dialog, scene, told)


def spoken_late(dialog: Dialog, said: Said, scene: Scene) -> Turn | None:
    """确认, spoken to what has been replaced by something else since: it must not confirm that."""
    if not said.late or said.frame.intent not in _TO_WHAT_WAS_SHOWN:
        return None
    return answer(dialog, scene, replies.spoken_late())


def showed(dialog: Dialog, heard: Showed, scene: Scene) -> Turn:
    """A picture, a voice nobody could read…: ask to type, and show the way."""
    told = replies.cannot_read(heard.kind)
    if open_question(dialog, scene) is None:
        told = replies.join(told, replies.unknown_how())
    return answer(dialog, scene, told)
