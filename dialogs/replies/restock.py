"""Goods that are sold out, and being told when they are there again."""

from dialogs.links import tap
from dialogs.wording import Say, line, phrase


@line("好的，{what}到货了会告诉您一次。")
def will_tell(say: Say, what: str) -> str:
    """Noted."""
    return say(what=what)


@line("{what}现在有货，直接下单就行。")
def there_already(say: Say, what: str) -> str:
    """Nothing to wait for."""
    return say(what=what)


@line("您想等哪个商品？告诉我商品和面额，例如「{example} 到货通知我」。")
def restock_of_what(say: Say, example: str) -> str:
    """It names nothing, and nothing was just sold out."""
    return say(example=example)


@line("您等的提醒已经很多了，到货的会先告诉您；其他的过几天再来看看。")
def enough_reminders(say: Say) -> str:
    """More than anybody waits for."""
    return say()


@line("您等的{what}到货了，现在可以下单。")
def restocked(say: Say, what: str) -> str:
    """What he waited for is there."""
    return say(what=what)


@line("想等它到货，回复{remind}。")
def can_remind(say: Say) -> str:
    """Below what is sold out."""
    return say(remind=tap("到货通知我", "到货通知我", "remind"))


no_reminders_by_date = phrase(
    "no_reminders_by_date", "定时提醒我还做不到，抱歉。到时候发「再来一单」，照上次的一点就好。"
)
