"""Views → HTML for operators' browsers, and the headers that go with it. All is escaped; nothing is inline."""

import hashlib
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from starlette.responses import Response

from console.words import in_words, understood
from kernel.money import format_yuan

_HERE = Path(__file__).parent
STYLE = (_HERE / "static" / "console.css").read_bytes()
SCRIPT = (_HERE / "static" / "console.js").read_bytes()
_STYLE_URL = f"/console/static/console.css?v={hashlib.sha256(STYLE).hexdigest()[:12]}"
_SCRIPT_URL = f"/console/static/console.js?v={hashlib.sha256(SCRIPT).hexdigest()[:12]}"

HEADERS: Mapping[str, str] = MappingProxyType(
    {
        "Content-Security-Policy": (
            "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self' data:; "
            "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        ),
    }
)
"""No script but our one file: what a buyer wrote could not run even if it were not escaped. What every answer carries
besides, the edge adds (bot/safe_headers.py)."""

STYLE_HEADERS: Mapping[str, str] = MappingProxyType({"Cache-Control": "public, max-age=31536000, immutable"})

SAID: Mapping[str, str] = MappingProxyType(
    {
        "refunded": "已开始退款，会通知顾客",
        "delivered": "已记为完成，会通知顾客",
        "answered": "已答复，会发给顾客",
        "closed": "工单已关闭，会通知顾客",
        "sent": "已发出；若微信暂时不能推送，会在顾客下次来消息时送达",
        "ended": "已转回机器人",
        "handed": "已转给同事",
        "taken": "已接管，会告诉顾客；机器人不再回答，直到转回",
        "taken_before": "没有改动：这位顾客已经在和客服说话",
        "finished": "已替顾客下单，付款链接已发给他",
        "nothing_pending": "没有改动：没有等顾客确认的订单",
        "not_placed": "没有下成：缺货、价格变了或未付款订单太多，请看对话",
        "noted": "备注已记下",
        "note_dropped": "备注已删除",
        "canned_saved": "常用语已保存",
        "canned_dropped": "常用语已删除",
        "too_many": "没有改动：已经太多了，请先删掉一些",
        "unfilled": "没有发出：还有没填上的 {字段}",
        "replaced": "已换一张新的卡密，会发给顾客",
        "too_many_rows": "没有导出：超过 100000 行，请缩小日期范围",
        "resent": "已重新发送给顾客",
        "cancelled": "订单已取消",
        "busy": "没有改动：对话服务暂时不可用，请稍后再试",
        "logged_out": "已退出登录",
        "session_ended": "该设备已退出登录",
        "corrected": "余额已调整",
        "balance_moved": "没有改动：余额刚才变了，请核对后再确认",
        "not_enough": "没有改动：余额不够扣",
        "bad_amount": "没有改动：金额要大于 0、最多两位小数，一次最多 1000000 元",
        "withdrawn": "已开始原路退回，到账会告诉顾客",
        "wallet_opened": "已开立，余额从 0 开始",
        "wallet_unknown": "没有找到这位顾客：填 OpenID、订单号或充值过的完整账号",
        "apikey_off": "接口密钥已停用，立即失效",
        "hook_changed": "回调地址已修改",
        "hook_paused": "已暂停，不再告诉它",
        "hook_resumed": "已恢复，等着的会发出去",
        "hook_tested": "测试几秒内发出，结果出现在下面",
        "hook_resent": "几秒内再发一次，结果出现在下面",
        "hook_removed": "回调地址已删除",
        "asked_balances": "已向供货商查过余额",
        "supplier_paused": "已暂停：不再向它下单，已下的单继续查结果",
        "supplier_resumed": "已恢复：等着的采购先发",
        "comparing": "已开始对账，结果稍后出现在下面",
        "difference_done": "已记为处理好",
        "released": "已放行，马上发货",
        "refused": "已退款，会告诉顾客原因",
        "listed": "已列入名单",
        "unlisted": "已从名单移除",
        "bad_value": "没有改动：顾客填 OpenID，账号填完整的号码",
        "alias_added": "已成为别名，几秒内生效",
        "settled": "已处理，不再列出",
        "faq_saved": "问答已保存，几秒内生效；之前的还留着，可以退回",
        "wording_saved": "话术已保存，几秒后生效；之前的还留着，可以退回",
        "menu_saved": "菜单已保存，发布后顾客才看到",
        "menu_published": "菜单已发布到微信，顾客重新进入公众号后看到",
        "password_changed": "密码已换，其他设备已退出登录",
        "wrong_password": "没有改动：当前密码不对，或尝试次数太多",
        "bad_password": "没有改动：新密码要 10 到 200 个字符",
        "factor_off": "两步验证已关闭",
        "role_set": "角色已改，立即生效",
        "person_off": "已停用，并从所有设备退出",
        "person_logged_out": "已从所有设备退出",
        "last_owner": "没有改动：至少要留一位能登录的店主，也不能改自己的角色或停用自己",
        "bad_name": "没有改动：用户名是 1 到 32 个字母、汉字、数字或 . _ - @，不能重复",
        "drafted": "已记入草稿，保存后才生效",
        "saved_catalog": "已保存，几秒内生效；需要时可以从历史退回",
        "unreadable_catalog": "没有改动：那时的目录里有现在不能用的内容，请用目录文件改回",
        "catalog_moved": "没有保存：目录刚被别人改过，请对照最新的改动再保存一次",
        "discarded": "草稿已放弃",
        "imported": "导入完成",
        "begun": "已收到，正在后台处理；可以离开这个页面，回来还看得到",
        "looked_at": "预检完成，还没有导入",
        "dropped": "已放弃，没有导入",
        "fragment": "查找内容至少 4 个字符",
        "key_void": "已转入回收站",
        "key_restore": "已恢复，可以出售",
        "key_move": "已移动",
        "no_such_sku": "没有改动：目标规格不是卡密商品",
        "count_moved": "没有改动：数量刚才变了，请核对后再确认",
        "not_now": "没有改动：它的状态已经变了，请看最新情况",
        "no_words": "没有改动：请填写内容",
        "too_long": "没有改动：内容太长了",
    }
)
"""What a page can say was done. The address names only the key."""


def page(name: str, status: int = 200, **view: Any) -> Response:
    """Render a template. `status` is the HTTP status."""
    html = _environment().get_template(name).render(view)
    return Response(html, status_code=status, media_type="text/html", headers=dict(HEADERS))


def problem(status: int, title: str, message: str) -> Response:
    """A page that says what went wrong."""
    return page("problem.html", status, title=title, message=message)


@lru_cache(maxsize=1)
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_HERE / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        auto_reload=False,
    )
    environment.filters["yuan"] = format_yuan
    environment.filters["moment"] = lambda iso: datetime.fromisoformat(iso) if iso else None
    environment.filters["word"] = in_words
    environment.filters["read"] = understood
    environment.globals["style_url"] = _STYLE_URL
    environment.globals["script_url"] = _SCRIPT_URL
    return environment
