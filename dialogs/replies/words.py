"""Words buyers use that the dialogs themselves must know."""

DETAIL_WORDS = frozenset({"全部明细", "明细", "看明细", "看全部", "全部", "详情", "清单", "看清单"})
MORE_WORDS = frozenset({"更多", "下一页", "下页", "还有吗", "还有呢", "还有别的吗", "more", "继续"})
BACK_WORDS = frozenset({"上一页", "上页"})
CONFIRM_WORDS = frozenset({"确认", "确认下单", "确认订单"})
CANCEL_WORDS = frozenset({"取消", "取消订单"})
"""With a person on, only these very words are for the bot."""
BACK_TO_BOT_WORDS = frozenset(
    {
        "转回机器人",
        "结束人工",
        "取消人工",
        "退出人工",
        "回到机器人",
        "机器人",
        "机器人回来",
        "机器人回来吧",
    }
)
SELF_SERVICE_WORDS = frozenset(
    {
        "自助下单",
        "我自己下单",
        "我自己下单吧",
        "我自己来",
        "我自己来吧",
        "不等了我自己来",
        "不等了",
        "算了不等了",
        "那不等了",
    }
)
"""With a person on, these are for the bot, too; without one they are talk like any other."""
ACCOUNT_WORDS = ("号码", "账号", "帐号", "号错", "错号", "换号", "换个号", "改号", "的号", "这个号", "号不对", "号写错")
ETA_WORDS = ("多久", "多长时间", "几分钟", "几天", "什么时候到", "啥时候到", "何时到", "马上到")
STATE_WORDS = ("到", "单", "好了", "好没", "进度", "处理", "成功", "催", "付了", "充上", "快点")
"""What is asked about an order at hand, as opposed to about orders in general (发什么快递)."""
SAFE_WORDS = ("安全", "靠谱", "正规", "可靠", "骗", "正品", "真的假的")
PAY_WORDS = ("怎么付", "如何付", "付款方式", "支付方式", "支付宝", "信用卡", "花呗", "货到付款", "微信支付", "怎么支付")
ROBOT_WORDS = ("是机器人", "是不是机器人", "是人工吗", "是真人", "是不是真人", "是ai", "是人吗")
QUANTITY_WORDS = ("数量", "张数", "份数", "个数", "几张", "几份")
DEAREST_WORDS = ("最贵", "最大的", "最高的", "最多的", "顶配")
CHEAPEST_WORDS = ("最便宜", "最低的", "最少的", "最小的", "便宜的那个")
WAIT_WORDS = (
    "等等",
    "等一下",
    "等下",
    "稍等",
    "我看看",
    "我想想",
    "再想想",
    "考虑",
    "看一下先",
    "先看看",
    "我翻翻",
    "我找找",
    "找一下",
    "找一找",
    "翻一下",
    "我去找",
    "我去拿",
    "等我找",
    "我查一下",
    "我查下",
    "我看下",
    "我瞅瞅",
)
DOUBT_WORDS = ("不太对", "好像不对", "有点不对", "不大对", "有问题吧", "怪怪的")
ANGRY_WORDS = (
    "破玩意",
    "垃圾",
    "慢死",
    "什么玩意",
    "坑人",
    "骗子",
    "傻",
    "妈的",
    "他妈",
    "卧槽",
    "有病",
    "智障",
    "滚",
    "废物",
    "去死",
    "脑残",
    "气死",
    "破店",
    "黑店",
    "骗钱",
    "死光",
    "不得好死",
)
MISTAKE_WORDS = ("错", "不对", "有误")
WRONG_WORDS = ("错", "不对", "有误", "改", "换")
NOT_WORDS = ("不是", "不要", "不用", "别", "没有")
VALUE_WORDS = ("面额", "面值", "金额", "规格", "套餐")
