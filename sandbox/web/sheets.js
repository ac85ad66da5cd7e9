// What comes up from a phone's lower edge: say by voice, a place, a link, scan a code, follow and unfollow.
import { api } from "./api.js";
import { h } from "./dom.js";

function open(phone, title, ...content) {
  phone.screen.querySelector(".veil")?.remove();
  const before = document.activeElement;
  const close = () => {
    veil.remove();
    if (before instanceof HTMLElement && before.isConnected) before.focus({ preventScroll: true });
  };
  const veil = h("div", {
    class: "veil",
    onclick: (event) => event.target === veil && close(),
    onkeydown: (event) => event.key === "Escape" && close(),
  }, h("form", {
    class: "sheet", role: "dialog", "aria-modal": "true", "aria-label": title, novalidate: true,
    onsubmit: (event) => event.preventDefault(),
  }, h("h3", {}, title), content.flat()));
  phone.screen.append(veil);
  veil.querySelector("input, button")?.focus({ preventScroll: true });
  return close;
}

function ask(phone, title, { label, value = "", placeholder = "", button, extra = [], required = true }, done) {
  const input = h("input", { type: "text", maxlength: "500", autocomplete: "off", placeholder, value, "aria-label": label });
  const close = open(phone, title, h("label", { class: "field" }, h("span", {}, label), input), extra,
    h("div", { class: "sheet-buttons" },
      h("button", { type: "button", class: "plain", onclick: () => close() }, "取消"),
      h("button", { type: "submit", class: "primary" }, button)));
  const form = input.form;
  form.addEventListener("submit", () => {
    const text = input.value.trim();
    if (required && !text) {
      input.focus();
      return;
    }
    close();
    done(text, new FormData(form));
  });
}

function radios(name, legend, choices) {
  return h("fieldset", { class: "segments" }, h("legend", {}, legend), choices.map(([value, label], place) =>
    h("label", {}, h("input", { type: "radio", name, value, checked: place === 0 }), h("span", {}, label))));
}

export const sheets = {
  voice(phone) {
    ask(phone, "语音消息", {
      label: "说了什么", placeholder: "例如：开一个月腾讯视频会员", button: "发送语音",
      extra: [radios("recognition", "微信的语音识别", [["filled", "微信已识别"], ["empty", "识别为空"], ["absent", "没有识别字段"]])],
    }, (content, form) => phone.say({ kind: "voice", content, recognition: form.get("recognition") }));
  },

  place(phone) {
    ask(phone, "发送位置", { label: "地点", value: "北京市东城区长安街", button: "发送" },
      (content) => phone.say({ kind: "location", content }));
  },

  link(phone) {
    ask(phone, "分享链接", { label: "标题", value: "一篇文章", button: "发送" },
      (content) => phone.say({ kind: "link", content, url: "https://example.com/" }));
  },

  scan(phone) {
    ask(phone, "扫一扫", { label: "二维码场景值（scene）或付款码地址", placeholder: "例如：steam", button: "扫描" }, (scene) => {
      if (scene.startsWith("weixin://wxpay/")) sheets.payNative(phone, scene);
      else if (phone.subscribed) phone.say({ kind: "event", event: "SCAN", event_key: scene });
      else phone.act(() => api.subscribe(phone.openid, scene));
    });
  },

  /** Scan a native payment code: what it costs, then pay. */
  async payNative(phone, codeUrl) {
    const shown = await api.native(phone.openid, codeUrl).catch((error) => ({ err_desc: error.message }));
    if (shown.err_desc) {
      phone.tell(shown.err_desc);
      return;
    }
    const pay = async (outcome) => {
      close();
      const answer = await api.payNative(phone.openid, codeUrl, outcome).catch((error) => ({ err_desc: error.message }));
      if (answer.err_desc) phone.tell(answer.err_desc);
    };
    const close = open(phone, "扫码付款",
      h("p", { class: "pay-what" }, shown.description), h("p", { class: "pay-amount" }, `¥${(shown.total_fen / 100).toFixed(2)}`),
      h("div", { class: "sheet-buttons" },
        h("button", { type: "button", class: "plain", onclick: () => pay("cancel") }, "取消"),
        h("button", { type: "button", class: "primary", onclick: () => pay("ok") }, "立即支付")));
  },

  /** What can be done with the page open in the phone's browser: send it to another phone, load it again. */
  page(phone, others) {
    const choose = (label, action) => h("button", {
      type: "button", class: "plain wide",
      onclick: () => {
        close();
        action();
      },
    }, label);
    const close = open(phone, "页面操作",
      others.length === 0 ? h("p", { class: "sheet-note" }, "添加一位买家后，可以把这个页面转发给他") : null,
      others.map((friend) => choose(`转发给${friend.name}`, () => phone.forward(friend))),
      choose("刷新页面", () => phone.browser.reload()),
      choose("取消", () => {}));
  },

  more(phone) {
    const choose = (label, action, className = "plain wide") => h("button", {
      type: "button", class: className,
      onclick: () => {
        close();
        action();
      },
    }, label);
    const close = open(phone, phone.name,
      choose("扫一扫", () => sheets.scan(phone)),
      phone.humanTalk ? choose("客服结束会话", () => phone.act(async () => void (await api.endHumanTalk(phone.openid)))) : null,
      phone.subscribed
        ? choose("取消关注", () => phone.act(() => api.unsubscribe(phone.openid)), "plain wide danger")
        : choose("关注公众号", () => phone.act(() => api.subscribe(phone.openid))),
      choose("收起这部手机", () => phone.host.onHide(phone)),
      choose("取消", () => {}));
  },
};
