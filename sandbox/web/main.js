// The chat page: which phones are on the table, the live stream, and the panel beside them.
import { api, follow } from "./api.js";
import { h } from "./dom.js";
import { Panel } from "./panel.js";
import { Phone } from "./phone.js";
import { sheets } from "./sheets.js";

const NAMES = ["小明", "小红", "老王", "阿芳", "大刘", "小林", "思思", "阿强", "晓晓", "老陈"];
const HIDDEN = "sandbox.hidden-phones";
const ACTIVE = "sandbox.active-phone";

const part = (name) => document.querySelector(`[data-part="${name}"]`);
const TABS_MOST = 40;
const phones = new Map();
const waiting = new Map(); // pushes to phones that are put away
let buyers = [];
let menu = [];
let about = {};

const host = {
  shopName: () => about.shop_name || "卡宝小店",
  menu: () => menu,
  onUnread: () => showTabs(),
  onTouch: (phone) => {
    // What a finger is on must not move away under it: a click that ends elsewhere is no click.
    if (!phone.node.classList.contains("active")) activate(phone.openid, { inPlace: true });
  },
  onHide: (phone) => hide(phone),
  others: (phone) => [...phones.values()].filter((other) => other !== phone),
  // In the demo the shop and this page share an origin; it may be reached by more than one name of this machine.
  isShops: (url) => {
    const own = new URL(about.public_url || location.origin);
    const local = (name) => name === "localhost" || name === "127.0.0.1" || name === "[::1]";
    return url.origin === own.origin || url.origin === location.origin
      || (local(url.hostname) && local(location.hostname) && url.port === location.port);
  },
};

function remembered(key, fallback) {
  try {
    return JSON.parse(localStorage.getItem(key)) ?? fallback;
  } catch (_) {
    return fallback;
  }
}

function remember(key, value) {
  try {
    localStorage.setItem(key, JSON.stringify(value));
  } catch (_) {
    // a browser without storage forgets, that is all
  }
}

// ---- phones --------------------------------------------------------------------------------------------------------

async function show(buyer) {
  if (phones.has(buyer.openid)) return phones.get(buyer.openid);
  const phone = new Phone(buyer, host, Math.max(0, buyers.findIndex((one) => one.openid === buyer.openid)));
  phones.set(buyer.openid, phone);
  waiting.delete(buyer.openid);
  part("stage").append(phone.node);
  remember(HIDDEN, remembered(HIDDEN, []).filter((openid) => openid !== buyer.openid));
  showTabs();
  await phone.load().catch((error) => phone.tell(error.message));
  return phone;
}

function hide(phone) {
  phone.browser.close();
  phone.node.remove();
  phones.delete(phone.openid);
  remember(HIDDEN, [...new Set([...remembered(HIDDEN, []), phone.openid])].slice(-500));
  activate([...phones.keys()][0] || "");
}

function activate(openid, { inPlace = false } = {}) {
  for (const phone of phones.values()) phone.node.classList.toggle("active", phone.openid === openid);
  remember(ACTIVE, openid);
  const phone = phones.get(openid);
  if (phone && !inPlace) {
    phone.node.scrollIntoView({ block: "nearest", inline: "nearest" });
    phone.toEnd();
  }
  if (phone) phone.read();
  showTabs();
}

function showTabs() {
  const active = remembered(ACTIVE, "");
  const shown = buyers.filter((buyer, place) => phones.has(buyer.openid) || place >= buyers.length - TABS_MOST);
  part("tabs").replaceChildren(...shown.map((buyer) => {
    const phone = phones.get(buyer.openid);
    const unread = phone ? phone.unread : waiting.get(buyer.openid) || 0;
    return h("button", {
      type: "button", class: phone ? "tab" : "tab hidden-phone", "aria-current": buyer.openid === active ? "true" : undefined,
      title: phone ? buyer.name : `${buyer.name}（已收起，点开）`,
      onclick: async () => {
        if (!phone) await show(buyer);
        activate(buyer.openid);
      },
    }, buyer.name, unread ? h("span", { class: "dot", "aria-label": `${unread}条新消息` }, String(Math.min(99, unread))) : null);
  }));
}

function keep(buyer) {
  const known = buyers.find((one) => one.openid === buyer.openid);
  if (known) Object.assign(known, buyer);
  else buyers.push(buyer);
}

async function addBuyer() {
  const button = part("add");
  button.disabled = true;
  try {
    const taken = new Set(buyers.map((buyer) => buyer.name));
    const buyer = await api.addBuyer(NAMES.find((name) => !taken.has(name)) || `顾客${buyers.length + 1}`);
    keep(buyer);
    await show(buyer);
    activate(buyer.openid);
  } finally {
    button.disabled = false;
  }
}

// ---- live ----------------------------------------------------------------------------------------------------------

async function catchUp() {
  const [listed, published, told] = await Promise.all([api.buyers(), api.menu().catch(() => []), api.about()]);
  listed.forEach(keep);
  menu = published;
  about = told;
  for (const phone of phones.values()) {
    phone.showShopName();
    phone.showMenu();
  }
  await Promise.all([...phones.values()].map((phone) => phone.load().catch(() => {})));
}

function hear(event, panel) {
  const phone = phones.get(event.openid);
  if (event.type === "message" && phone) phone.add(event.message);
  else if (event.type === "message" && event.message.via === "push") {
    waiting.set(event.openid, (waiting.get(event.openid) || 0) + 1);
    showTabs();
  } else if (event.type === "buyer" && event.buyer) {
    keep(event.buyer);
    if (phone) phone.update(event.buyer);
    showTabs();
  } else if (event.type === "menu") {
    menu = event.menu?.button || [];
    for (const one of phones.values()) one.showMenu();
  }
  panel.hear(event);
}

function showLink(alive) {
  const node = part("link-state");
  node.textContent = alive ? "" : "与沙盒的连接断了，正在重连…";
  node.classList.toggle("broken", !alive);
}

async function start() {
  const panel = new Panel(part("panel"), part("toggle-panel"), (openid) => buyers.find((buyer) => buyer.openid === openid)?.name, (codeUrl) => {
    const phone = phones.get(remembered(ACTIVE, "")) || [...phones.values()][0];
    if (phone) sheets.payNative(phone, codeUrl);
  });
  part("add").addEventListener("click", () => addBuyer().catch((error) => showError(error)));
  await catchUp();
  const hidden = new Set(remembered(HIDDEN, []));
  const open = buyers.filter((buyer) => !hidden.has(buyer.openid)).slice(-4);
  if (buyers.length === 0) await addBuyer();
  for (const buyer of open) await show(buyer);
  const active = remembered(ACTIVE, "");
  activate(phones.has(active) ? active : [...phones.keys()][0] || "");
  follow((event) => hear(event, panel), (alive) => {
    showLink(alive);
    if (alive) catchUp().catch(() => {}); // what was said before the line was up
  });
}

function showError(error) {
  part("link-state").textContent = error.message;
  part("link-state").classList.add("broken");
}

start().catch(showError);
