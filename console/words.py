"""What operators read for the codes in the database."""

import re
from collections.abc import Mapping
from types import MappingProxyType

WORDS: Mapping[str, str] = MappingProxyType(
    {
        # orders and lines
        "unpaid": "待付款",
        "paid": "已付款",
        "delivered": "已交付",
        "refunded": "已退款",
        "cancelled": "已取消",
        "expired": "已超时",
        "waiting": "待处理",
        "delivering": "处理中",
        "refunding": "退款中",
        "attention": "待人工",
        # deliveries
        "topup": "直充",
        "card": "卡密",
        "service": "人工服务",
        "parcel": "实物",
        # purchases at suppliers, refunds, messages
        "created": "已创建",
        "sent": "已发出",
        "processing": "处理中",
        "unknown": "结果不明",
        "success": "成功",
        "failed": "失败",
        "closed": "已关闭",
        "abnormal": "异常",
        "sending": "发送中",
        "kept": "等顾客下次来消息",
        "given_up": "已放弃",
        "creating": "创建中",
        "open": "待答复",
        "answered": "已答复",
        "JSAPI": "微信内支付",
        "NATIVE": "扫码支付",
        "WALLET": "余额支付",
        # messages
        "keys": "卡密",
        "topup_done": "充值成功",
        "balance_filled": "余额到账",
        "service_done": "服务完成",
        "parcel_sent": "已发货",
        "line_refused": "人工退款",
        "keys_ready": "卡密在订单页",
        "topup_partly": "部分充值成功",
        "topup_failed": "充值失败",
        "out_of_stock": "缺货退款",
        "service_accepted": "客服已接单",
        "parcel_accepted": "备货中",
        "late_refund": "超时付款退回",
        "spoken": "语音的答复",
        "person": "客服",
        "case_answered": "工单答复",
        "case_closed": "工单关闭",
        "case_late": "工单超时致歉",
        "reply": "随下次回复",
        "push": "主动推送",
        "system": "系统",
        "placed": "下单",
        "by hand": "人工",
        "opened": "提出",
        "said": "补充",
        "overdue": "已超时",
        # cases and talks
        "missing": "没到账",
        "bad_key": "卡密无效",
        "refund": "退款",
        "invoice": "开发票",
        "buyer": "顾客",
        "bot": "机器人",
        "save_catalog": "保存商品目录",
        "compare_bill": "对账",
        "difference_done": "处理对账差异",
        "release_order": "放行订单",
        "refuse_order": "拒绝订单",
        "list_put": "列入名单",
        "list_off": "移出名单",
        "add_alias": "加别名",
        "settle_misheard": "处理没听懂的话",
        "save_file": "保存文件",
        "undo_file": "退回文件",
        "save_menu": "保存菜单",
        "publish_menu": "发布菜单",
        "add_operator": "添加人员",
        "set_role": "改角色",
        "operator_off": "停用人员",
        "operator_password": "重置密码",
        "operator_factor_off": "关闭他的两步验证",
        "operator_logout": "让他退出登录",
        "change_password": "换自己的密码",
        "factor_on": "开启两步验证",
        "factor_off": "关闭两步验证",
        # the catalog
        "added": "新增",
        "gone": "下架",
        "changed": "改",
        "moved": "换位置",
        "restocked": "到货通知",
        # card keys
        "available": "可售",
        "held": "占用",
        "sold": "已售",
        "void": "回收站",
        "restore": "恢复",
        "move": "移动",
        "imported": "导入",
        "shown": "展示",
        "void_key": "作废卡密",
        "restore_key": "恢复卡密",
        "move_key": "移动卡密",
        "reveal_key": "查看卡密原文",
        "void_keys": "批量作废卡密",
        "restore_keys": "批量恢复卡密",
        "move_keys": "批量移动卡密",
        "import_keys": "导入卡密",
        # what operators did
        "log_in": "登录",
        "log_out": "退出登录",
        "end_session": "退出某台设备",
        "deliver": "记为完成",
        "give_back": "退款",
        "answer_case": "答复工单",
        "close_case": "关闭工单",
        "refund_case": "工单退款",
        "say": "回复顾客",
        "end_talk": "转回机器人",
        "hand_talk": "转交会话",
        "finish_order": "替顾客下单",
        "note": "写备注",
        "drop_note": "删备注",
        "save_canned": "改常用语",
        "drop_canned": "删常用语",
        "resend": "重新发送",
        "give_some": "部分退款",
        "key_replaced": "换了卡密",
        "part_refund": "部分退款",
        "compensated": "赔付",
        "replace_key": "换卡密",
        "with a person": "转人工处理",
        "released": "库存已放回",
        "to the balance": "退到余额",
        "nothing to give back": "无需退款",
        "paid late, stock is gone": "超时付款且无库存",
        "cancel_order": "取消订单",
        "export": "导出订单",
        # what programs did through the REST interface
        "put_catalog": "替换目录",
        "change_prices": "改价",
        "add_webhook": "新增 webhook",
        "change_webhook": "修改 webhook",
        "remove_webhook": "删除 webhook",
        "renew_webhook_secret": "更换 webhook 密钥",
        "test_webhook": "测试 webhook",
        "resend_webhook": "重发 webhook",
    }
)

INTENTS: Mapping[str, str] = MappingProxyType(
    {
        "order": "要买",
        "browse": "看有什么",
        "search": "找商品",
        "price": "问价格",
        "order_status": "问订单",
        "keys": "要卡密",
        "reorder": "再来一单",
        "refund": "要退款",
        "problem": "有问题",
        "invoice": "要发票",
        "balance": "问余额",
        "human": "找人工",
        "help": "求助",
        "greet": "打招呼",
        "thanks": "道谢",
        "confirm": "确认",
        "deny": "否认",
        "cancel": "取消",
        "change": "要改",
        "choose": "选一个",
        "answer": "回答",
        "batch": "批量下单",
        "rate": "评价",
        "unknown": "没听懂",
    }
)
"""What a message was taken for, by the names of nlu/frame.py."""

_CAUSES: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"(\d+) keys"), r"\1 张卡密"),
    (re.compile(r"part refund ([\d.]+): ?(.*)"), r"部分退款 ¥\1：\2"),
    (re.compile(r"refunded ([\d.]+)"), r"已退 ¥\1"),
    (re.compile(r"key (\d+) replaced: ?(.*)"), r"卡密 \1 已换：\2"),
    (re.compile(r"(\d+) at supplier (.*)"), r"\1 件，供货商 \2"),
    (re.compile(r"supplier: success"), "供货商：成功"),
    (re.compile(r"supplier: failed"), "供货商：失败"),
    (re.compile(r"refused: ?(.*)"), r"核对不通过：\1"),
)
"""Causes in the history that carry something with them."""


def in_words(code: str) -> str:
    """What operators read for a code or a cause; a text that is none stays."""
    if code in WORDS:
        return WORDS[code]
    found = next(((cause, words) for cause, words in _CAUSES if cause.fullmatch(code)), None)
    return found[0].sub(found[1], code) if found is not None else code


def understood(line: str) -> str:
    """A frame in a line, its intent in words."""
    intent, _, rest = line.partition(" ")
    return f"{INTENTS.get(intent, intent)} {rest}".rstrip()
