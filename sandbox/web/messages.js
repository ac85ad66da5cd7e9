// One line of a chat as an element: bubbles, cards, and the grey lines of the system.
import { h, icon } from "./dom.js";
import { richText, target } from "./rich_text.js";

const RECOGNITION = { filled: "微信已识别", empty: "识别为空", absent: "没有识别字段" };

/** Draw a line {from, kind, content, …} for `phone`, whose tap() takes tapped links. */
export function messageNode(line, phone) {
  if (line.kind === "payment" || line.kind === "refund") return payment(line);
  if (line.from === "system") {
    const broken = line.kind === "error";
    return h("li", { class: broken ? "grey broken" : "grey", title: line.reason }, line.content);
  }
  if (line.kind === "event") return h("li", { class: "grey" }, eventWords(line));
  const mine = line.from === "buyer";
  const face = mine
    ? h("span", { class: "face", "aria-hidden": "true" }, [...phone.name].at(-1) || "?")
    : h("span", { class: "face shop", "aria-hidden": "true" }, icon("shop"));
  if (mine) face.style.background = phone.color;
  return h("li", { class: `line ${mine ? "mine" : "theirs"}` }, face,
    h("span", { class: "sr-only" }, mine ? "我：" : "公众号："), body(line, phone));
}

function body(line, phone) {
  const tap = (where) => phone.tap(where);
  switch (line.kind) {
    case "voice":
      return voice(line);
    case "image":
      return picture(line);
    case "location":
      return h("div", { class: "card place" }, h("p", {}, line.content), h("span", { class: "map", "aria-hidden": "true" }, icon("place")));
    case "link":
      return h("div", { class: "card" }, h("p", {}, line.content || "链接"), h("small", {}, line.url || ""));
    case "news":
      return h("div", { class: "articles" }, (line.articles || []).map((article) => news(article, phone)));
    case "menu":
      return choices(line, phone);
    case "template":
      return template(line, phone);
    default:
      // only the account's texts hold links; a buyer's are shown as he typed them
      return h("div", { class: "bubble" }, line.from === "bot" ? richText(line.content, tap) : line.content);
  }
}

function voice(line) {
  const seconds = Math.min(60, Math.max(1, Math.ceil([...line.content].length / 4)));
  const bubble = h("div", { class: "bubble voice" }, `${seconds}″ `, icon("waves"));
  bubble.style.minWidth = `${70 + seconds * 4}px`;
  const note = RECOGNITION[line.recognition];
  return h("div", { class: "voice-block" }, bubble, h("small", { class: "voice-words" }, `${line.content}${note ? `（${note}）` : ""}`));
}

function picture(line) {
  const own = typeof line.content === "string" && line.content.includes("/sandbox/media/");
  if (line.from === "buyer" || !own) return h("div", { class: "picture none" }, icon("image"), "[图片]");
  const path = new URL(line.content, location.href).pathname;
  return h("img", { class: "picture", src: path, alt: "图片" });
}

function news(article, phone) {
  const where = target(article.url || "");
  return h("a", {
    class: "card article", href: where && where.open ? where.open.href : "#",
    onclick: (event) => {
      event.preventDefault();
      if (where) phone.tap(where);
    },
  }, h("b", {}, article.title), h("p", {}, article.description));
}

function choices(line, phone) {
  const { head_content: head, list, tail_content: tail } = line.menu;
  return h("div", { class: "bubble" }, head ? h("p", {}, head) : null,
    list.map((entry) => h("p", {}, h("a", {
      href: "#",
      onclick: (event) => {
        event.preventDefault();
        phone.tap({ say: entry.content, id: entry.id });
      },
    }, entry.content))), tail ? h("p", {}, tail) : null);
}

function template(line, phone) {
  const where = target(line.url || "");
  return h("div", { class: "card" }, h("small", {}, "服务通知"), h("p", { class: "pre" }, line.content),
    where ? h("a", { href: "#", onclick: (event) => { event.preventDefault(); phone.tap(where); } }, "查看详情") : null);
}

function payment(line) {
  const amount = /¥\s?[\d.]+/.exec(line.content);
  return h("li", { class: "pay-card" },
    h("p", { class: "pay-head" }, "微信支付"),
    h("p", { class: "pay-what" }, line.kind === "refund" ? "退款到账" : "支付成功"),
    h("p", { class: "pay-amount" }, amount ? amount[0] : line.content),
    line.description ? h("p", { class: "pay-row" }, h("span", {}, "商品"), line.description) : null,
    line.out_trade_no ? h("p", { class: "pay-row" }, h("span", {}, "商户单号"), line.out_trade_no) : null);
}

function eventWords(line) {
  switch (line.event) {
    case "CLICK":
      return `点了菜单“${line.content}”`;
    case "VIEW":
      return "打开了菜单链接";
    case "SCAN":
      return `扫了二维码“${line.event_key || line.content}”`;
    default:
      return line.content;
  }
}
