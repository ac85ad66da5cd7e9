"""What buyers say of an order that they have placed, in many wordings and in the states an order can be in."""

from datetime import timedelta

import pytest

from dialogs.effects import FindOrders, OpenCase, Rate
from dialogs.state import Confirming
from kernel.orders import LineState
from tests.stories.counter import Counter
from tests.stories.shops import counter_in

PHONE, OTHER = "13507749021", "13507749022"
ADDRESS = "江苏省无锡市梁溪区中山路200号 顾宁 13771033928"
_STATES = {
    "charging": LineState.DELIVERING,
    "late": LineState.DELIVERING,
    "done": LineState.DELIVERED,
    "waiting": LineState.WAITING,
    "back": LineState.REFUNDED,
}
_MINUTES = {"charging": 1, "late": 50, "done": 30, "waiting": 1, "back": 5}


def _ordered(*orders: tuple[str, str]) -> Counter:
    """A buyer who ordered these, each with where it stands; the talk itself remembers nothing of it."""
    counter = counter_in("demo")
    for said, state in orders:
        counter.says(said)
        counter.says("确认")
        if state in _STATES:
            counter.settle(_STATES[state])
            counter.passes(timedelta(minutes=_MINUTES[state]))
    counter.dialog = type(counter.dialog)()
    return counter


def _done(counter: Counter) -> list[str]:
    """What the last message asked of the shop, but for looking something up."""
    found = []
    for effect in counter.effects:
        if isinstance(effect, OpenCase):
            found.append(f"case {effect.kind}")
        elif isinstance(effect, Rate):
            found.append(f"rate {effect.stars}")
        elif not isinstance(effect, FindOrders):
            found.append(type(effect).__name__)
    return found


HF, JD, LINE = f"话费50 {PHONE}", "京东卡50", f"Type-C数据线1米 {ADDRESS}"


@pytest.mark.parametrize(
    "said",
    [
        "能开发票吗 抬头无锡青禾贸易有限公司",
        "要开票",
        "能开票不",
        "公司要报销 给开个票",
        "开票 抬头是锡山区人民医院",
        "有发票吗",
        "麻烦开张票 个人的就行",
        "开专票吗",
    ],
)
def test_who_asks_for_an_invoice_reads_that_it_is_about_one(said: str) -> None:
    assert "发票" in _ordered((HF, "done")).says(said).text


@pytest.mark.parametrize(
    ("said", "stars"),
    [
        ("打1分 等太久了", 1),
        ("给2分 太慢", 2),
        ("打三分吧，客服说话不好听", 3),
        ("只能给两星，回消息太慢", 2),
        ("我给4分 就是慢了点", 4),
        ("给五星 秒到", 5),
        ("一星 慢死了", 1),
        ("等了十分钟才到 给3分", 3),
        ("差评 等了半小时才到", 1),
        ("就给1分，不解释", 1),
    ],
)
def test_stars_with_a_reason_are_stars(said: str, stars: int) -> None:
    counter = _ordered((HF, "done"))
    counter.says(said)
    assert _done(counter) == [f"rate {stars}"]


@pytest.mark.parametrize(
    "said", ["再不到账就给你们差评", "再不到我给1分", "不然给你1星", "3分钟到账？", "还要等5分钟？", "等了10分钟还没到"]
)
def test_a_threat_to_rate_and_minutes_are_no_stars(said: str) -> None:
    counter = _ordered((HF, "late"))
    counter.says(said)
    assert not any(one.startswith("rate") for one in _done(counter))


@pytest.mark.parametrize(
    "said",
    [
        "我在你这还有多少钱没用完",
        "在您这还剩多少钱啊",
        "我还有钱在你这吗",
        "上次剩下的钱呢",
        "我以前没用完的钱还在吗",
        "我在店里还有没有钱",
        "我有没有钱存在你们店里",
        "我在你这存了多少钱",
        "账上还有钱吗",
        "我账户里还剩多少钱",
    ],
)
def test_what_is_left_with_the_shop_is_the_balance(said: str) -> None:
    counter = _ordered((HF, "done"))
    assert "余额" in counter.says(said).text
    assert _done(counter) == []


@pytest.mark.parametrize(
    "said", ["我的钱呢", "钱去哪了", "我在你这还有几单没付", "在你这充100要多少钱", "东西没用完能退吗"]
)
def test_other_talk_of_money_is_not(said: str) -> None:
    assert "余额" not in _ordered((HF, "late")).says(said).text


@pytest.mark.parametrize(
    "said",
    [
        "京东卡绑不上 说已被使用",
        "卡绑定不了",
        "绑不上啊 老板",
        "绑卡失败",
        "京东那个兑换失败",
        "一直绑定不成功",
        "提示已使用",
        "显示被别人绑定了",
        "激活不了，说是已经激活过了",
        "系统说已经使用了 怎么回事",
    ],
)
def test_a_key_that_cannot_be_bound_does_not_work(said: str) -> None:
    counter = _ordered((JD, "done"))
    assert "帮您查了订单" in counter.says(said).text
    assert _done(counter) == ["case bad_key"]


@pytest.mark.parametrize(
    "said", ["怎么绑卡", "绑定好了 谢谢", "绑定了吗", "能绑几个号", "已经用了 挺好", "号码写错了怎么办"]
)
def test_and_other_words_about_binding_open_no_case_of_a_key(said: str) -> None:
    counter = _ordered((JD, "done"))
    counter.says(said)
    assert "case bad_key" not in _done(counter)


@pytest.mark.parametrize(
    "said",
    [
        "四十多分钟了不到账 不退钱我打12315",
        "再不到账我投诉了",
        "不给我充上我就去12315举报",
        "再不处理我打消协电话",
        "不退钱就曝光你们",
        "骗子 报警了",
        "钱收了不办事 投诉你们",
        "不给退款我就去消协告你们",
        "12315见",
        "我打110了",
    ],
)
def test_who_threatens_hears_the_facts_and_is_offered_a_person(said: str) -> None:
    counter = _ordered((HF, "late"))
    told = counter.says(said).text
    assert "帮您查了订单" in told
    assert "人工" in told
    assert ("申请退款" in told) == ("退" in said)
    assert _done(counter) == ["case missing"]


def test_who_goes_on_threatening_is_given_to_a_person() -> None:
    counter = _ordered((HF, "late"))
    counter.says("不退钱就曝光你们")
    counter.says("说话啊 不退我就举报")
    assert _done(counter) == ["OpenHandoff"]


@pytest.mark.parametrize(
    "said", ["投诉电话是多少", "你们不会被人举报过吧", "会不会被骗啊", "我不是要投诉 就问问到没到", "我要投诉"]
)
def test_no_threat_opens_no_case(said: str) -> None:
    counter = _ordered((HF, "late"))
    counter.says(said)
    assert "case missing" not in _done(counter)


@pytest.mark.parametrize(
    ("said", "value", "account"),
    [
        ("刚那个没付 改成100", 100, PHONE),
        ("没付的那个改成100", 100, PHONE),
        ("我还没付款 改成30元的", 30, PHONE),
        ("改成200", 200, PHONE),
        ("刚才下的单还没付呢 给我换成200的", 200, PHONE),
        ("能不能改成100", 100, PHONE),
        (f"号码错了 是{OTHER}", 50, OTHER),
        (f"那个号不对 应该是{OTHER}", 50, OTHER),
        (f"还没付，手机号改{OTHER}", 50, OTHER),
        ("先别付 我要改成30的", 30, PHONE),
        ("最后一位写错了 是2", 50, OTHER),
    ],
)
def test_an_order_that_waits_is_corrected_though_the_talk_does_not_hold_it(said: str, value: int, account: str) -> None:
    counter = _ordered((HF, "unpaid"))
    counter.says(said)
    assert _done(counter) == ["CancelOrder"]
    assert isinstance(counter.dialog.state, Confirming)
    assert [(line.value, line.fields["account"]) for line in counter.dialog.state.lines] == [(value, account)]


def test_of_several_that_wait_he_is_asked_which_one_to_correct() -> None:
    counter = _ordered((HF, "unpaid"), (JD, "unpaid"))
    assert "要改的是哪一笔" in counter.says("刚那个没付 改成100").text
    assert _done(counter) == []
    counter.says("话费的")
    assert isinstance(counter.dialog.state, Confirming)
    assert [(line.product, line.value) for line in counter.dialog.state.lines] == [("huafei", 100)]


@pytest.mark.parametrize("said", ["号码写错了", "手机号填错了怎么办"])
def test_what_was_wrong_with_it_is_asked_for(said: str) -> None:
    assert "手机号" in _ordered((HF, "unpaid")).says(said).text


_LATE_CHANGES = [
    (HF, "charging", f"完了完了号码输错了 应该是{OTHER} 还能改吗", "停不下来"),
    (HF, "charging", f"号码填错了，能改成{OTHER}吗", "停不下来"),
    (HF, "charging", f"充错号了 是{OTHER}", "停不下来"),
    (HF, "charging", "手机号打错一位 最后是2", "停不下来"),
    (HF, "charging", "改成100行不行", "停不下来"),
    (HF, "charging", "付完才发现买错了 想要100的", "停不下来"),
    (HF, "charging", "能换成慢充吗", "停不下来"),
    (HF, "charging", "还能改吗", "停不下来"),
    (HF, "waiting", "我要改号码", "改不了"),
    (HF, "done", f"号码输错了 应该是{OTHER}", "收不回来"),
    (HF, "done", "充错了咋整", "收不回来"),
    (LINE, "waiting", "还没发货吧 地址能换成江苏省无锡市滨湖区太湖大道1000号吗 顾宁 13771033928", "客服可以帮您改"),
    (LINE, "waiting", "地址填错了", "客服可以帮您改"),
    (LINE, "waiting", "收件人写错了 是顾宁宁", "客服可以帮您改"),
    (LINE, "waiting", "我搬家了 可以寄到滨湖区太湖大道1000号吗", "客服可以帮您改"),
    (LINE, "done", "地址写错了能改不", "已经寄出"),
    (JD, "done", "京东的卡我还没用 能给我换成steam不", "换不了"),
    (JD, "done", "买错了 想要steam 换不了吗", "换不了"),
    (JD, "done", "面值买错了 能换成100的吗", "换不了"),
    (JD, "done", "卡没用过 可以换别的吗", "换不了"),
]


@pytest.mark.parametrize(("first", "state", "said", "told"), _LATE_CHANGES)
def test_what_is_paid_cannot_be_changed_here_and_there_are_ways(first: str, state: str, said: str, told: str) -> None:
    counter = _ordered((first, state))
    answer = counter.says(said).text
    assert told in answer
    assert "退款" in answer
    assert "人工" in answer or state == "waiting"
    assert _done(counter) == (["case amend"] if (first, state) == (LINE, "waiting") else [])


@pytest.mark.parametrize(
    ("said", "must"),
    [
        ("换个号再充50 13955017729", "请核对订单"),
        ("话费100 13955017729", "请核对订单"),
        ("再充50 13955017729", "请核对订单"),
        ("换成京东卡100", "请核对订单"),
        ("想换个会员 有啥推荐", "会员"),
        ("你们是不是给我充错号了", "已登记给客服"),
        ("充错号码了 能退吗", "申请退款"),
        ("号码错了 退款", "退款"),
        ("没到账", "帮您查了订单"),
        ("你们能改价吗", "不讲价"),
        ("这个号以后不用了 换13955017728充50", "请核对订单"),
        ("说错了 不好意思", "那就好"),
        ("发错人了 抱歉", "那就好"),
        ("谢谢", "不客气"),
    ],
)
def test_what_changes_nothing_of_a_paid_order_goes_its_way(said: str, must: str) -> None:
    counter = _ordered((HF, "done"))
    told = counter.says(said).text
    assert must in told
    assert "收不回来" not in told


def test_an_account_is_none_of_the_card_that_waits() -> None:
    counter = _ordered((HF, "charging"), (JD, "unpaid"))
    assert "停不下来" in counter.says(f"号码错了 是{OTHER}").text
    assert _done(counter) == []


def test_what_expired_is_said_to_be_closed() -> None:
    counter = _ordered((HF, "unpaid"))
    counter.passes(timedelta(hours=1))
    assert "超时未付款" in counter.says("刚那个改成100").text


@pytest.mark.parametrize(
    ("orders", "said", "about"),
    [
        ([(HF, "late"), ("黑胶月卡", "done")], "黑胶收到了 话费没到啊", "话费充值"),
        ([(HF, "late"), (JD, "done")], "京东卡拿到了，话费还没到", "话费充值"),
        ([(HF, "late"), (JD, "done")], "话费没到 京东的到了", "话费充值"),
        ([(HF, "late"), (JD, "done")], "卡有了，就差话费没到", "话费充值"),
        ([(HF, "done"), (LINE, "waiting")], "话费到了 数据线没收到", "Type-C数据线"),
        ([(HF, "late"), ("王者60点券 QQ 10086123 安卓", "done")], "王者到了 话费怎么还没到", "话费充值"),
        ([("王者60点券 QQ 10086123 安卓", "done"), (HF, "late")], "点券到账了，话费没动静", "话费充值"),
        ([(JD, "done"), (HF, "done")], "话费到了 京东卡没收到", "京东E卡"),
        ([(JD, "done"), ("100的steam卡", "done")], "steam能用 京东的用不了", "京东E卡"),
        ([(f"{JD}，{HF}", "late")], "卡收到了但是话费没到", "话费充值"),
    ],
)
def test_of_several_things_the_one_is_looked_at_that_did_not_come(
    orders: list[tuple[str, str]], said: str, about: str
) -> None:
    told = _ordered(*orders).says(said).text
    assert about in told
    assert all(
        other not in told
        for other in ("话费充值", "Type-C数据线", "京东E卡", "网易云", "王者", "Steam")
        if other != about
    )


@pytest.mark.parametrize(
    "said", ["话费到了", "话费和卡都收到了 谢谢", "收到短信了", "卡密收到了，谢谢老板", "话费到账了 谢谢", "到了 谢谢"]
)
def test_what_came_is_no_order_and_no_complaint(said: str) -> None:
    counter = _ordered((HF, "done"), (JD, "done"))
    assert "那就好" in counter.says(said).text
    assert _done(counter) == []


def test_what_came_leaves_the_case_about_the_other_thing() -> None:
    counter = _ordered((HF, "late"), (JD, "done"))
    counter.says("话费没到账")
    assert _done(counter) == ["case missing"]
    counter.says("京东卡收到了")
    assert _done(counter) == []
    counter.says("话费到了")
    assert _done(counter) == ["DropCase"]


@pytest.mark.parametrize(
    "said", ["除了话费都到了", "都没到", "到了吗", "到了就行", "等工资到了再付", "话费到了没", "到时候再说"]
)
def test_and_other_words_about_coming_are_not_taken_so(said: str) -> None:
    counter = _ordered((HF, "late"), (JD, "done"))
    assert "那就好" not in counter.says(said).text


@pytest.mark.parametrize(
    ("first", "state", "said", "told"),
    [
        (HF, "done", "充到哪个号了", PHONE),
        (HF, "done", "充了多少", "50元"),
        (HF, "done", "我查了没到", "没到账"),
        (HF, "done", "有小票吗", "发票"),
        (HF, "done", "我总共在你这花了多少", "¥49.80"),
        (HF, "late", "别充了 我自己充了", "停不下来"),
        (HF, "late", "不想要了", "已付款"),
        (JD, "done", "不想要了", "退款"),
        (JD, "done", "能退吗没用过", "申请退款"),
        (JD, "done", "卡里没钱", "已登记给客服"),
        (LINE, "waiting", "先别发货", "客服可以帮您改"),
        (LINE, "waiting", "不想要了能退不", "申请退款"),
        (LINE, "done", "发错了 我要的2米", "已登记给客服"),
        (HF, "unpaid", "不想要了", "已取消"),
        (HF, "unpaid", "多少钱来着", "¥49.80"),
        (HF, "done", "少了20块", "已登记给客服"),
        (HF, "done", "只到了30", "已登记给客服"),
        (JD, "done", "面值不对 我买的100", "已登记给客服"),
        (JD, "done", "输了三次都说不对", "已登记给客服"),
        (JD, "done", "已绑定 没问题", "那就好"),
        (LINE, "waiting", "麻烦备注放门口", "客服可以帮您改"),
        (LINE, "waiting", f"电话写的我妈的 打我的{OTHER}", "客服可以帮您改"),
        (LINE, "done", "物流停了三天不动", "已登记给客服"),
    ],
)
def test_ordinary_words_after_the_sale(first: str, state: str, said: str, told: str) -> None:
    assert told in _ordered((first, state)).says(said).text


def test_asking_whether_it_goes_back_moves_no_money() -> None:
    counter = _ordered((LINE, "waiting"))
    counter.says("不想要了能退不")
    assert _done(counter) == []


def test_the_keys_are_shown_to_who_asks_for_their_number() -> None:
    assert _ordered((JD, "done")).says("卡号是多少来着").keys_of


@pytest.mark.parametrize("said", ["急急急", "？", "不是说1到5分钟吗", "你们行不行啊", "给个说法", "我都等得花儿都谢了"])
def test_impatience_hears_of_what_is_under_way_and_of_nothing_else(said: str) -> None:
    assert "比预计" in _ordered((JD, "done"), (HF, "late")).says(said).text
    assert "帮您查了订单" not in _ordered((HF, "done")).says(said).text


def test_below_a_list_of_goods_another_of_them_is_no_change_of_what_is_paid() -> None:
    counter = _ordered((HF, "done"))
    counter.says("有什么会员")
    assert "京东E卡，请选面额" in counter.says("换成京东卡").text


def test_what_was_given_wrong_below_the_link_is_asked_for() -> None:
    counter = counter_in("demo")
    for said in (HF, "确认"):
        counter.says(said)
    assert "手机号" in counter.says("手机号填错了怎么办").text
