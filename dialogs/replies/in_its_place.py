"""What a new request took the place of, and which of several things is meant."""

from collections.abc import Sequence

from dialogs.links import tap
from dialogs.replies.summaries import and_others
from dialogs.wording import Say, line, phrase


@line("「{goods}」已换成下面这个；两样都要的话回复「{both}」。")
def replaced_by_this(say: Say, goods: Sequence[str], count: int) -> str:
    """A new request took the place of these (`count` of them in all)."""
    named = "、".join(goods)
    named = named if count <= len(goods) else and_others(what=named, count=count)
    return say(goods=named, both=tap("都要", "都要", "both"))


@line("您要的是哪一个：{goods}？")
def which_of_priced(say: Say, goods: Sequence[str]) -> str:
    """Prices of several things were told, and he takes one."""
    return say(goods="、".join(goods))


@line("「{name}」是{slots}？请带上说，例如「{example}」。")
def which_of_two(say: Say, name: str, labels: Sequence[str]) -> str:
    """A word names both what is bought and what he has."""
    return say(name=name, slots=_or_which(what="、".join(labels)), example=_set_to(label=labels[0], value=name))


_or_which = phrase("or_which", "{what}里的哪一个")
_set_to = phrase("set_to", "{label}改成{value}")


changed_back = phrase("changed_back", "好的，改回来了。")


@line("好的，就按下面这样；要改回「{goods}」请回复「{back}」。")
def or_back_again(say: Say, goods: Sequence[str]) -> str:
    """不改了, right after a change: no further one, or that one taken back."""
    return say(goods="、".join(goods), back=tap("改回去", "改回去", "back"))
