"""Greetings, help, and answers to what is asked in between."""

from collections.abc import Sequence

from catalog.model import Delivery, Product
from dialogs.links import tap
from dialogs.replies.saying import CANCEL_TAP, HUMAN_TAP, join, said
from dialogs.wording import Say, line, phrase
from kernel.promises import begins_as_time

_for_example_line = phrase("for_example", "，例如{examples}")


@line("您好，在的！想买什么直接说{examples}。")
def greeting(say: Say, examples: Sequence[str]) -> str:
    return say(examples=_for_example(examples[:1]))


greeting_short = phrase("greeting_short", "您好，在的！")


you_are_welcome = phrase("you_are_welcome", "不客气，随时叫我。")


_sent_topup = phrase("sent_topup", "到账")
_sent_parcel = phrase("sent_parcel", "发货")
_sent_service = phrase("sent_service", "安排")
_eta_as_told = phrase("eta_as_told", "{product}：付款后{sent}，{when}。")
_eta_soon = phrase("eta_soon", "{product}付款后会尽快{sent}。")


@line("{product}一般{when}（付款后{sent}）。")
def eta(say: Say, product: Product, when: str) -> str:
    sent = {Delivery.PARCEL: _sent_parcel, Delivery.SERVICE: _sent_service}.get(product.delivery, _sent_topup)()
    if not when:
        return _eta_soon(product=product.name, sent=sent)
    if not begins_as_time(when):
        return _eta_as_told(product=product.name, when=when, sent=sent)
    return say(product=product.name, when=when, sent=sent)


@line("这一点店里没有写明，我不敢乱说；想问准可以找客服，回复「{human}」。")
def not_stated(say: Say) -> str:
    """A question about the goods that neither the catalog nor the owner's answers settle."""
    return say(human=HUMAN_TAP)


safe = phrase("safe", "放心：走微信支付官方渠道，没成功会按原路退款，有问题随时找客服。")


how_to_pay = phrase("how_to_pay", "用微信支付：确认订单后点链接付款，零钱、银行卡、信用卡都行，以微信付款页为准。")


@line("可以的：还没下单，不会扣钱，回复「{cancel}」就不买了。")
def cancel_any_time(say: Say) -> str:
    return say(cancel=CANCEL_TAP)


@line("我是店里的智能小助手，下单、查单都能办；想找真人请回复「{human}」。")
def robot(say: Say) -> str:
    return say(human=HUMAN_TAP)


_help_head = phrase("help_head", "直接说要什么就行{examples}")
_help_example = phrase("help_example", "，例如：")


@line(
    "核对后回复「确认」，点链接用微信支付，付款后自动发货。\n查订单回复「{orders}」，取卡密回复「{keys_again}」，找客服回复「{human}」。"
)
def help_text(say: Say, examples: Sequence[str]) -> str:
    return join(
        _help_head(examples=_help_example() if examples else "。"),
        *(f"· {example}" for example in examples),
        say(
            orders=tap("我的订单", "我的订单", "orders"),
            keys_again=tap("卡密", "卡密", "keys"),
            human=HUMAN_TAP,
        ),
    )


unknown = phrase("unknown", "抱歉，这个我不太懂。我能帮您下单、查订单、找客服。")


@line("看商品回复「{shop}」，怎么用回复「{help}」，找客服回复「{human}」。")
def unknown_how(say: Say) -> str:
    return say(shop=tap("自助下单", "自助下单", "shop"), help=tap("帮助", "帮助", "help"), human=HUMAN_TAP)


_welcome_second = phrase("welcome_second", "也可以「{example}」；")


@line(
    "欢迎！想买什么，一句话发给我就行{examples}。\n{second}说不全没关系，我会接着问。\n"
    "核对无误回复「确认」，微信付款后马上处理；回复「帮助」看更多。"
)
def welcome(say: Say, examples: Sequence[str]) -> str:
    """Three lines that teach by example."""
    second = _welcome_second(example=examples[1]) if len(examples) > 1 else ""
    return say(examples=_for_example(examples[:1]), second=second)


link_unknown = phrase("link_unknown", "这个链接里没看到本店的商品，想买什么直接说，或看看这些：")


def _for_example(examples: Sequence[str]) -> str:
    return _for_example_line(examples="".join(f"「{one}」" for one in examples)) if examples else ""


welcome_back = phrase("welcome_back", "欢迎回来！想买什么直接说。")


_kinds = {
    "image": phrase("kind_image", "图片"),
    "voice": phrase("kind_voice", "语音"),
    "video": phrase("kind_video", "视频"),
    "location": phrase("kind_location", "位置"),
    "link": phrase("kind_link", "链接"),
    "file": phrase("kind_file", "文件"),
}
_kind_other = phrase("kind_other", "这类消息")
_cannot_hear = phrase("cannot_hear", "这条语音没听清，麻烦打字告诉我。")
_voice_troubles = {
    "silent": phrase("voice_silent", "这条语音里没听到说话，请再说一次，或者打字告诉我。"),
    "long": phrase("voice_long", "语音太长了，请分成一分钟以内的几条，或者打字告诉我。"),
    "many": phrase("voice_many", "您的语音有点多，我一时听不过来，麻烦打字告诉我。"),
}
listening = phrase("listening", "正在听您的语音，请稍等…")
spoken_late = phrase("spoken_late", "这条语音听完时，您已经又说了别的，所以没有照办，请再说一次。")
person_by_message = phrase("person_by_message", "马上为您转人工客服，请随便再发一条消息，就能接通。")


def cannot_hear(why: str) -> str:
    """A voice that could not be taken: see `Unheard`."""
    return _voice_troubles.get(why, _cannot_hear)()


@line("我还看不懂{kind}，麻烦打字告诉我。")
def cannot_read(say: Say, kind: str) -> str:
    if kind == "voice":
        return _cannot_hear()
    return say(kind=_kinds.get(kind, _kind_other)())


@line("听到：「{text}」")
def heard_voice(say: Say, text: str) -> str:
    return say(text=said(text))
