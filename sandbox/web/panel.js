// The panel beside the phones: faults to switch on, and what WeChat, WeChat Pay and the supplier have on record.
import { api } from "./api.js";
import { clock, h } from "./dom.js";

const OPEN = "sandbox.panel-open";
const SOON_MS = 250;

const FAULTS = [
  {
    part: "notice", title: "支付与退款通知",
    kinds: { lose: "丢失", delay: "延迟", repeat: "重复", forge: "伪造" },
    more: {
      delay: [{ name: "seconds", label: "秒", value: 10, min: 0, max: 3600 }],
      repeat: [{ name: "n", label: "共几次", value: 3, min: 2, max: 50 }],
      forge: [{ name: "forge", label: "哪里不对", choices: { signature: "签名", amount: "金额", mchid: "商户号", serial: "证书序列号", signtest: "探测签名" } }],
    },
  },
  {
    part: "push", title: "客服消息推送",
    kinds: { 45015: "45015 超48小时", 45047: "45047 条数用完", "5xx": "微信出错（5xx）", slow: "很慢", drop: "断开连接" },
    more: { slow: [{ name: "seconds", label: "秒", value: 10, min: 0, max: 3600 }] },
  },
  {
    part: "supplier", title: "供应商（福禄）",
    kinds: { failed: "充值失败", processing: "一直处理中", timeout: "超时", unknown: "应答 5xx", garbage: "应答乱码", refused: "拒绝下单", success: "成功" },
    more: {},
  },
  {
    part: "juhe", title: "备用供应商（聚合）",
    kinds: { failed: "充值失败", processing: "一直处理中", timeout: "超时", unknown: "系统异常（10014）", garbage: "应答乱码", refused: "拒绝下单", success: "成功" },
    more: {},
  },
  {
    part: "pay", title: "微信支付接口",
    kinds: { "5xx": "出错（5xx）", slow: "很慢", 429: "限流（429）", not_enough: "退款余额不足" },
    more: { slow: [{ name: "seconds", label: "秒", value: 10, min: 0, max: 3600 }] },
  },
  {
    part: "media", title: "下载语音",
    kinds: { gone: "已过期（40007）", "5xx": "出错（5xx）", slow: "没有应答", huge: "太大", garbage: "不是声音", speex: "坏的 speex" },
    more: { slow: [{ name: "seconds", label: "秒", value: 10, min: 0, max: 3600 }] },
  },
  {
    part: "speech", title: "语音识别",
    kinds: { "5xx": "出错（5xx）", slow: "很慢", 401: "密钥不对（401）", garbage: "应答乱码", huge: "应答太长", empty: "没听到字" },
    more: { slow: [{ name: "seconds", label: "秒", value: 10, min: 0, max: 3600 }] },
  },
  { part: "refund", title: "退款结果", kinds: { closed: "关闭", abnormal: "异常", processing: "一直处理中" }, more: {} },
];
const TIMES = { 1: "1 次", 3: "3 次", "-1": "一直" };

const TRADE = { NOTPAY: "待支付", SUCCESS: "已支付", REFUND: "已退款", CLOSED: "已关闭" };
const REFUND = { PROCESSING: "退款中", SUCCESS: "已退款", CLOSED: "已关闭", ABNORMAL: "异常" };
const SUPPLY = { untreated: "未处理", processing: "充值中", success: "成功", failed: "失败" };
const TABS = { faults: "故障", transactions: "交易", orders: "供应商", pushes: "推送" };
const WAKES = { payment: "transactions", notice: "transactions", supplier: "orders", push: "pushes", faults: "faults" };

export class Panel {
  /** Lives in `node`, shown by `toggle`; `nameOf(openid)` names a buyer; `scan(codeUrl)` has one scan it. */
  constructor(node, toggle, nameOf, scan) {
    this.scan = scan;
    this.node = node;
    this.toggle = toggle;
    this.nameOf = nameOf;
    this.tab = "faults";
    this.timer = 0;
    this.chosen = new Map(); // fault → what stands in its fields: drawing anew must not undo what somebody is choosing
    this.body = h("div", { class: "panel-body", role: "tabpanel", tabindex: "0" });
    this.tabs = h("div", { class: "panel-tabs", role: "tablist" }, Object.entries(TABS).map(([name, label]) =>
      h("button", { type: "button", role: "tab", data: { tab: name }, onclick: () => this.select(name) }, label)));
    node.append(h("header", {}, this.tabs, h("button", {
      type: "button", class: "panel-close", "aria-label": "收起控制台", onclick: () => this.show(false),
    }, "✕")), this.body);
    toggle.addEventListener("click", () => this.show(this.node.hidden));
    let open = false;
    try {
      open = localStorage.getItem(OPEN) === "1" && window.innerWidth >= 1100;
    } catch (_) {
      open = false;
    }
    this.show(open, false);
    api.faults().then((faults) => this.mark(faults)).catch(() => {});
  }

  show(open, keep = true) {
    this.node.hidden = !open;
    this.toggle.setAttribute("aria-expanded", String(open));
    document.body.classList.toggle("with-panel", open);
    if (keep) {
      try {
        localStorage.setItem(OPEN, open ? "1" : "0");
      } catch (_) {
        // forgotten with the page
      }
    }
    if (open) this.select(this.tab);
  }

  select(name) {
    this.tab = name;
    for (const tab of this.tabs.children) tab.setAttribute("aria-selected", String(tab.dataset.tab === name));
    this.body.replaceChildren(h("p", { class: "empty" }, "…"));
    this.refresh();
  }

  /** An event of the stream: look again, once for a burst of them, and only at what is shown. */
  hear(event) {
    if (event.type === "faults") this.mark(event.faults);
    else if (event.type in WAKES && this.toggle.classList.contains("faulty")) {
      clearTimeout(this.faultTimer); // a fault may have struck for the last time
      this.faultTimer = setTimeout(() => this.recount(), SOON_MS);
    }
    if (this.node.hidden || WAKES[event.type] !== this.tab) return;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.refresh(), SOON_MS);
  }

  async refresh() {
    const name = this.tab;
    try {
      const content = await this[name]();
      if (name === this.tab) this.draw(content);
    } catch (error) {
      if (name === this.tab) this.body.replaceChildren(h("p", { class: "empty", role: "alert" }, error.message));
    }
  }

  draw(content) {
    const at = document.activeElement;
    const part = this.body.contains(at) ? at.closest("[data-fault]")?.dataset.fault : null;
    this.body.replaceChildren(...content);
    if (part && at.name) this.body.querySelector(`[data-fault="${part}"] [name="${at.name}"]`)?.focus({ preventScroll: true });
  }

  async recount() {
    if (!this.node.hidden && this.tab === "faults") await this.refresh();
    else await api.faults().then((faults) => this.mark(faults)).catch(() => {});
  }

  mark(faults) {
    const active = FAULTS.some((fault) => faults[fault.part]);
    this.toggle.classList.toggle("faulty", active);
    this.toggle.title = active ? "有故障正在生效" : "故障与记录";
  }

  // ---- faults ------------------------------------------------------------------------------------------------------

  async faults() {
    const state = await api.faults();
    this.mark(state);
    return [...FAULTS.map((fault) => this.faultForm(fault, state[fault.part])), this.figures(state)];
  }

  async change(change) {
    await api.setFaults(change).catch((error) => this.body.prepend(h("p", { class: "empty", role: "alert" }, error.message)));
    if (this.tab === "faults") this.refresh();
  }

  faultForm(fault, active) {
    const kind = h("select", { name: "kind", "aria-label": `${fault.title}的故障` }, Object.entries(fault.kinds).map(([value, label]) => h("option", { value }, label)));
    const more = h("span", { class: "fault-more" });
    const showMore = () => more.replaceChildren(...(fault.more[kind.value] || []).map(control));
    kind.addEventListener("change", showMore);
    const times = h("select", { name: "times", "aria-label": "几次" }, Object.entries(TIMES).sort(([one]) => (one === "1" ? -1 : 1)).map(([value, label]) => h("option", { value }, label)));
    const read = () => {
      const wanted = { kind: kind.value, times: Number(times.value) };
      for (const input of more.querySelectorAll("[name]")) wanted[input.name] = input.type === "number" ? Number(input.value) : input.value;
      return wanted;
    };
    const before = this.chosen.get(fault.part) || active;
    if (before) kind.value = before.kind;
    if (before && String(before.times) in TIMES) times.value = String(before.times);
    showMore();
    for (const input of more.querySelectorAll("[name]")) if (before && input.name in before) input.value = String(before[input.name]);
    const set = (event) => {
      event.preventDefault();
      this.change({ [fault.part]: read() });
    };
    const keep = () => this.chosen.set(fault.part, read());
    return h("form", { class: active ? "fault active" : "fault", onsubmit: set, onchange: keep, oninput: keep, data: { fault: fault.part } },
      h("h3", {}, fault.title),
      h("p", { class: "fault-state", role: "status" }, active ? stateWords(fault, active) : "正常"),
      h("div", { class: "fault-row" }, kind, more, times, h("button", { type: "submit" }, active ? "更改" : "生效"),
        active ? h("button", { type: "button", onclick: () => this.change({ [fault.part]: null }) }, "清除") : null));
  }

  figures(state) {
    const number = (name, label, note) => h("label", { class: "figure" }, h("span", {}, label), h("input", {
      type: "number", step: "any", min: "0", value: String(state[name]), name,
      onchange: (event) => this.change({ [name]: Number(event.target.value) }),
    }), h("small", {}, note));
    return h("form", { class: "fault", onsubmit: (event) => event.preventDefault() }, h("h3", {}, "快慢"),
      number("notice_speed", "通知重发加速", "倍（1：15秒、30秒、3分…）"),
      number("supplier_seconds", "供应商到账", "秒后出结果"),
      h("label", { class: "figure" }, h("span", {}, "账单立刻可取"), h("input", {
        type: "checkbox", checked: state.bills_at_once === true, onchange: (event) => this.change({ bills_at_once: event.target.checked }),
      })));
  }

  // ---- records -----------------------------------------------------------------------------------------------------

  async transactions() {
    const [trades, notices] = await Promise.all([api.transactions(), api.notices().catch(() => [])]);
    return table("还没有交易", trades, (trade) => {
      const refunds = (trade.refunds || []).map((refund) =>
        `${REFUND[refund.status] || refund.status} ${yuan(refund.amount?.refund)}`);
      const own = notices.filter((notice) => notice.out_trade_no === trade.out_trade_no);
      return [
        row(trade.description, h("b", {}, yuan(trade.amount?.total)), TRADE[trade.trade_state] || trade.trade_state, trade.trade_state),
        small(trade.out_trade_no, trade.trade_type, this.nameOf(trade.payer?.openid), clock(trade.created_at)),
        refunds.length ? small(refunds.join("，")) : null,
        trade.code_url ? actions(["用当前手机扫码付款", () => this.scan(trade.code_url)]) : null,
        trade.transaction_id ? actions(
          ["再发一次支付通知", () => this.notify(trade.out_trade_no, "")],
          ["发一条伪造的", () => this.notify(trade.out_trade_no, "signature")]) : null,
        ...own.map((notice) => small(`通知 ${notice.event_type === "TRANSACTION.SUCCESS" ? "支付" : "退款"}：${noticeWords(notice)}`)),
      ];
    });
  }

  async orders() {
    return table("还没有供应商订单", await api.supplierOrders(), (order) => {
      const state = order.order_state || order.state;
      const number = order.customer_order_no;
      const open = state === "untreated" || state === "processing";
      return [
        row(`${order.product_id || order.product_name || order.kind} ×${order.buy_num}`, order.charge_account || "", SUPPLY[state] || state, state),
        small(number, clock(order.create_time || order.created_at)),
        open ? actions(["判成功", () => this.settle(number, "success")], ["判失败", () => this.settle(number, "failed")]) : null,
      ];
    });
  }

  async settle(number, state) {
    await api.settleSupplierOrder(number, state).catch(() => {});
    this.refresh();
  }

  async notify(number, forge) {
    await api.sendNotice(number, forge).catch(() => {});
    this.refresh();
  }

  async pushes() {
    return table("还没有推送", await api.pushes(), (push) => {
      const message = push.message || {};
      const code = push.answer ? push.answer.errcode : null;
      const text = message.text?.content || message.news?.articles?.[0]?.title || message.msgmenu?.head_content || message.msgtype || "";
      const word = code === 0 ? "已送达" : code === null ? "没有应答" : String(code);
      return [
        row(this.nameOf(message.touser) || "？", "", word, code === 0 ? "success" : "failed"),
        h("p", { class: "record-text" }, text),
        small(clock(push.at), push.answer && code !== 0 ? push.answer.errmsg : "", push.fault ? `故障：${push.fault}` : ""),
      ];
    });
  }
}

function control(more) {
  if (more.choices) {
    return h("select", { name: more.name, "aria-label": more.label }, Object.entries(more.choices).map(([value, label]) => h("option", { value }, label)));
  }
  return h("label", {}, h("input", { type: "number", name: more.name, value: String(more.value), min: String(more.min), max: String(more.max) }), more.label);
}

function stateWords(fault, active) {
  const left = active.times < 0 ? "一直" : `还剩 ${active.times} 次`;
  const kind = (fault.kinds[active.kind] || active.kind).replace(/（.*）/, "");
  return `生效中：${kind} · ${left}`;
}

function noticeWords(notice) {
  const words = (notice.attempts || []).slice(-6).map((attempt) => 
    `${attempt.forge ? "伪造 " : ""}${attempt.status || (attempt.body === "lost" ? "丢失" : "没有应答")}`);
  return `${words.join(" → ") || "未发"}${notice.done ? " ✓" : " …"}`;
}

function yuan(fen) {
  return Number.isInteger(fen) ? `¥${(fen / 100).toFixed(2)}` : "";
}

function row(what, middle, state, kind) {
  return h("p", { class: "record-row" }, h("span", {}, what || ""), middle, h("em", { class: `is-${String(kind).toLowerCase()}` }, state || ""));
}

function actions(...buttons) {
  return h("p", { class: "record-actions" }, buttons.map(([label, onclick]) => h("button", { type: "button", onclick }, label)));
}

function small(...parts) {
  return h("p", { class: "record-small" }, parts.filter(Boolean).join(" · "));
}

function table(empty, records, draw) {
  if (records.length === 0) return [h("p", { class: "empty" }, empty)];
  return [h("ul", { class: "records" }, records.slice(0, 100).map((record) => h("li", {}, draw(record))))];
}
