"""What is wrong with what was said, and the way out."""

from collections.abc import Iterable, Sequence

from catalog.model import AnyValue, Product, Sku
from dialogs.links import tap
from dialogs.replies.saying import CANCEL_TAP, HUMAN_TAP, entry, join, number, said
from dialogs.wording import Say, line, phrase


@line("第{number}行「{row}」没看懂，没有算进去。")
def unread_row(say: Say, number: int, row: str) -> str:
    return say(number=number, row=said(row))


no_bargain = phrase("no_bargain", "都是实价，已经是最低的了，不讲价哈。")
sorry_to_keep_waiting = phrase("sorry_to_keep_waiting", "抱歉之前让您久等了！现在我在，要买什么直接说就行。")
not_of_others = phrase("not_of_others", "别人的订单和资料我不能给您看，这里只能查您自己买的。")
sorry_first = phrase("sorry_first", "抱歉，让您久等了。")
pay_first = phrase("pay_first", "本店都是先付款后发货，不能赊账，也没有试用哈。")
no_gifts = phrase("no_gifts", "本店没有免费赠送的，都按标价来哈。")


@line("「{clause}」这半句我没看懂，怕弄错，先都没改。请分开说一遍，比如先说第一件怎么改。")
def clause_unclear(say: Say, clause: str) -> str:
    """Of several corrections in one message one was not understood."""
    return say(clause=said(clause))


not_ordered = phrase("not_ordered", "好的，没有下单。想买的时候再跟我说。")


@line("「{goods}」没有再提，已去掉；还要的话直接说。")
def not_named_again(say: Say, goods: Sequence[str]) -> str:
    """What he wants was said anew, and these stood there before."""
    return say(goods="、".join(goods))


@line("您说的「{said}」没有改进去，订单还是下面这样；要改请换个说法再说一遍：")
def not_done(say: Say, wish: str) -> str:
    """Above a summary shown once more: what he said of it and nobody could do."""
    return say(said=said(wish))


@line("改成「{what}」")
def would_become(say: Say, what: str) -> str:
    return say(what=what)


@line("去掉「{what}」")
def would_go(say: Say, what: str) -> str:
    return say(what=what)


@line("{label}改成「{choice}」")
def would_be_chosen(say: Say, label: str, choice: str) -> str:
    return say(label=label, choice=choice)


@line("把「{words}」写进{label}")
def would_be_noted(say: Say, label: str, words: str) -> str:
    return say(label=label, words=said(words))


_one_of_these = phrase("one_of_these", "您是想改成下面哪一样？回复序号：")
_not_so = phrase("not_so", "都不改，照刚才的")


@line("我没太听懂，您是想{what}吗？")
def is_it(say: Say, what: str) -> str:
    return say(what=what)


def supposed(wishes: Sequence[str]) -> str:
    """Which of these he meant, or none of them."""
    head = is_it(wishes[0]) if len(wishes) == 1 else _one_of_these()
    rows = [entry(i, wish, str(i)) for i, wish in enumerate(wishes, 1)]
    return join(head, *rows, entry(len(wishes) + 1, _not_so(), str(len(wishes) + 1)))


please_check = phrase("please_check", "都按下面这样办，请您再看一眼号码和金额：")
_off_sale_some = phrase("off_sale_some", "其中{count}件刚刚下架，不卖了，已经去掉。")


@line("您刚才选的商品刚刚下架，不卖了，没有下单。")
def off_sale_meanwhile(say: Say, count: int = 0) -> str:
    """Taken off sale while it was being ordered; `count`: so many of several."""
    return _off_sale_some(count=count) if count else say()


up_to_you = phrase("up_to_you", "这几种都可以，看您需要哪个。")


soon_after_paying = phrase("soon_after_paying", "好的，下单付款后就给您处理。")
take_your_time = phrase("take_your_time", "好的，您慢慢看，有问题直接问我。")


@line("抱歉让您不满意了。着急的话回复「{human}」，客服马上来。")
def sorry_for_that(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line("按单价算，{what}最划算；看您需要多少。")
def best_value(say: Say, label: str) -> str:
    return say(what=label)


no_more = phrase("no_more", "没有更多了，就这些：")


@line("（另有{choices}，要的话直接说）")
def also_options(say: Say, labels: Sequence[str]) -> str:
    return say(choices="、".join(labels))


@line("数量要在1到{most}之间。")
def quantity_out_of_range(say: Say, most: int) -> str:
    return say(most=most)


@line("这里要的是{label}，{given}像是手机号，请发一下{label}")
def qq_not_phone(say: Say, label: str, raw: str) -> str:
    return say(label=label, given=said(raw))


@line("要换成{what}请回复「{change}」。")
def change_size_instead(say: Say, label: str) -> str:
    change = f"改成{label}"
    return say(what=label, change=tap(change, change, "change"))


@line("要用上次的号码请回复「{last}」，要用别的就发新号码。")
def last_account_how(say: Say) -> str:
    return say(last=tap("上次的号", "上次的号", "last"))


@line("（前{count}位已记下，可以接着发后面的，或重发完整的）")
def rest_of_number(say: Say, got: int) -> str:
    return say(count=got)


@line("没查到您上次用的{label}。")
def no_last_account(say: Say, label: str) -> str:
    return say(label=label)


@line("{label}「{given}」好像不对，请再核对一下")
def check_again(say: Say, label: str, raw: str) -> str:
    return say(label=label, given=said(raw))


_nearest = phrase("nearest", "最接近的是{choices}。")


@line("抱歉，{product}没有{wanted}。{nearest}")
def off_sale(say: Say, product: Product, wanted: str, nearest: Sequence[str]) -> str:
    return say(product=product.name, wanted=wanted, nearest=_nearest(choices="、".join(nearest)) if nearest else "")


@line("抱歉，{product}暂时没有可买的，看看别的吧；不买了回复「{cancel}」。")
def nothing_on_sale(say: Say, product: Product) -> str:
    return say(product=product.name, cancel=CANCEL_TAP)


@line("抱歉，{product}没有{wanted}的组合，请重新选。")
def not_together(say: Say, product: Product, wanted: str) -> str:
    return say(product=product.name, wanted=wanted)


@line("{product}一次可买{least}–{most}{unit}的整数，{given}{unit}不行。")
def out_of_range(say: Say, product: Product, sku: Sku, limits: AnyValue, value: float) -> str:
    return say(product=product.name, least=limits.min, most=limits.max, unit=sku.unit or "个", given=number(value))


not_found = phrase("not_found", "没找到您说的商品，我们现在卖这些，回复序号或名称：")


_choose_the_one = phrase("choose_the_one", "请回复1，或者直接说名称。")


@line("请回复1到{most}之间的序号。")
def choose_between(say: Say, shown: int) -> str:
    return say(most=shown) if shown > 1 else _choose_the_one()


@line("好的，不要{choice}。")
def passed_over(say: Say, choice: str) -> str:
    return say(choice=choice)


what_else = phrase("what_else", "想买别的直接说名称就行。")


@line("要「{choice}」的话直接回复它就行。")
def say_to_choose(say: Say, choice: str) -> str:
    """Of one that was listed something was asked or said that was not understood."""
    return say(choice=choice)


@line("没看准要用哪个{label}，请只发要用的那一个。")
def only_the_one(say: Say, label: str) -> str:
    """Of several numbers in one message it was not clear which is meant."""
    return say(label=label)


nothing_listed = phrase("nothing_listed", "现在没有可选的列表。")


not_understood = phrase("not_understood", "抱歉，没太明白您的意思。")


not_an_answer = phrase("not_an_answer", "抱歉，这句我没看懂。")


@line("需要的话可以找客服帮您，回复「{human}」即可。")
def offer_human(say: Say) -> str:
    return say(human=HUMAN_TAP)


@line("一单最多{most}件，先帮您记下前{most}件，其余的请下一单再买。")
def too_many_lines(say: Say, most: int) -> str:
    return say(most=most)


_no_product = phrase("no_product", "商品未定")
_no_size = phrase("no_size", "面额未定")


def draft_words(parts: Iterable[tuple[str, str, int, Iterable[str]]]) -> str:
    """A draft in one line for the person who takes over: (product, SKU label, quantity, masked fields) of each line."""
    return "；".join(
        " ".join(
            [product or _no_product(), label or _no_size(), f"×{quantity}" if quantity > 1 else "", *fields]
        ).strip()
        for product, label, quantity, fields in parts
    )


_batch_example = phrase("batch_example", "例如：")


@line("可以一次买多件：一条消息里写清商品、规格和号码即可，一行一件（一单最多{most}件）。")
def batch_how(say: Say, most: int, examples: Sequence[str]) -> str:
    if len(examples) < 2:
        return say(most=most)
    return join(say(most=most) + _batch_example(), *examples)


@line("您说的「{words}」我拿不准是不是要的数量。")
def how_many_of_it(say: Say, words: str) -> str:
    """Something was counted, and perhaps it is what is ordered: how many is asked below."""
    return say(words=said(words))


@line("您说的「{words}」，要几份、哪一种？一起回复，如「{example}」；都要现在这种就直接回复数字。")
def how_many_of_which(say: Say, words: str, labels: Sequence[str]) -> str:
    """People were counted, and there are kinds for each kind of people."""
    return say(words=said(words), example=f"{labels[0]}1份，{labels[1]}2份")


@line("「{words}」没算进去：下面是几份就按几份来，不对请直接说。")
def not_counted(say: Say, words: str) -> str:
    """Beside several lines something else was counted."""
    return say(words=said(words))


@line("「{words}」小店没有，没算进去。")
def not_sold_here(say: Say, words: str) -> str:
    """Named beside what is sold here."""
    return say(words=said(words))


@line("「{words}」没看懂，还没改。要改请单独再说一次。")
def not_taken_beside(say: Say, words: str) -> str:
    """Beside the answer that was asked for he wished something that could not be used."""
    return say(words=said(words))


@line("「{words}」这半句还没改进去，要改请单独再说一遍；其他的改好了。")
def half_not_done(say: Say, words: str) -> str:
    """Of a correction this clause was not used, the rest was."""
    return say(words=said(words))


@line("{product}没有「{words}」的。")
def no_such_choice(say: Say, product: str, words: str) -> str:
    """A size, a taste or a kind that it does not come in."""
    return say(product=product, words=said(words))


@line("「{word}」的话，每个号各要多少？")
def how_shared_out(say: Say, word: str) -> str:
    """One amount is to be shared by several accounts."""
    return say(word=word)


@line("您说尾号{tail}，可是前面的号码不是这个尾号，请把整个号码再发一遍。")
def tail_differs(say: Say, tail: str) -> str:
    return say(tail=tail)


@line("您发了不止一个号码（还有 {number}），我怕弄混，请一个人一个人地说，例如先说第一位要哪一种、号码多少。")
def whose_number(say: Say, number: str) -> str:
    """Two people's ID numbers, and only one line."""
    return say(number=said(number))


@line("这单有{count}件，请说明是哪一件，例如：第1件多要一份、第2件少一份。")
def which_line_counts(say: Say, total: int) -> str:
    return say(count=total)


@line("「{what}」是一共要{count}，还是再加{count}？请回复「{what}改成{count}个」或「{what}再加{count}个」。")
def more_or_in_all(say: Say, what: str, count: int) -> str:
    return say(what=what, count=count)
