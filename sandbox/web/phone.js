// One phone: a buyer's chat with the account, the menu bar, and the in-app browser over it.
import { api } from "./api.js";
import { InAppBrowser } from "./in_app_browser.js";
import { clock, h, icon, iconButton } from "./dom.js";
import { messageNode } from "./messages.js";
import { sheets } from "./sheets.js";

const GAP_MS = 5 * 60 * 1000;
const SHOWN_MOST = 400;
const FACES = ["#5b8def", "#e8833a", "#8d6bd1", "#2aa198", "#d1587b", "#7a8b3c"];

const EXAMPLES = [
  ["充100话费 13812345678", { kind: "text", content: "充100话费 13812345678" }],
  ["Steam卡100块来两张", { kind: "text", content: "Steam卡100块来两张" }],
  ["语音：“开一个月腾讯视频会员”", { kind: "voice", content: "开一个月腾讯视频会员", recognition: "filled" }],
];

export class Phone {
  /** `buyer` as the sandbox lists it; `host` tells what all phones share: {shopName, menu, isShops, others, onTouch, onUnread, onHide}. */
  constructor(buyer, host, index) {
    this.openid = buyer.openid;
    this.name = buyer.name;
    this.host = host;
    this.color = FACES[index % FACES.length];
    this.subscribed = buyer.subscribed;
    this.humanTalk = Boolean(buyer.kf_account);
    this.seen = new Set();
    this.lastAt = 0;
    this.unread = 0;
    this.typing = false;
    this.loaded = false;
    this.build();
    this.browser = new InAppBrowser(this.screen, this.openid, () => this.read(), () => sheets.page(this, host.others(this)));
    this.showMenu();
    this.showFollowing();
  }

  // ---- building ----------------------------------------------------------------------------------------------------

  build() {
    this.title = h("h2", { class: "chat-title" }, this.host.shopName());
    this.log = h("ol", { class: "log", role: "log", "aria-live": "polite", "aria-label": `${this.name}的聊天记录`, tabindex: "0" });
    this.newer = h("button", { type: "button", class: "newer", hidden: true, onclick: () => this.toEnd() }, "有新消息 ↓");
    this.bar = h("footer", { class: "bar" });
    this.toast = h("p", { class: "toast", role: "alert", hidden: true });
    this.screen = h("div", { class: "screen" },
      h("header", { class: "chat-bar" },
        h("span", { class: "who", title: "这部手机的主人" }, this.name), this.title,
        iconButton("more", "更多", () => sheets.more(this))),
      h("div", { class: "log-frame" }, this.log, this.newer),
      this.bar, this.toast);
    this.node = h("section", { class: "phone", "aria-label": `${this.name}的手机`, data: { openid: this.openid } }, this.screen);
    const touched = () => {
      this.host.onTouch(this);
      for (const node of this.log.querySelectorAll(".fresh")) node.classList.remove("fresh");
      this.read();
    };
    this.node.addEventListener("pointerdown", touched);
    this.node.addEventListener("focusin", touched);
    this.log.addEventListener("scroll", () => {
      // the log also scrolls by itself, when a line is added to a phone that nobody looks at
      if (this.atEnd()) this.newer.hidden = true;
      if (this.isLookedAt()) this.read();
    }, { passive: true });
    this.buildInput();
    this.buildMenuBar();
  }

  buildInput() {
    this.input = h("textarea", {
      rows: "1", maxlength: "10000", "aria-label": "输入消息", enterkeyhint: "send", autocomplete: "off", spellcheck: "false",
      oninput: () => this.fit(),
      onkeydown: (event) => {
        if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
        event.preventDefault();
        this.sendTyped();
      },
    });
    this.sendButton = h("button", { type: "button", class: "send", hidden: true, onclick: () => this.sendTyped() }, "发送");
    this.plusButton = iconButton("plus-circle", "更多功能", () => this.toggleDrawer());
    this.toMenu = iconButton("menu", "打开菜单", () => this.switchTo(false));
    this.drawer = h("div", { class: "drawer", hidden: true },
      this.drawerButton("voice", "语音", () => sheets.voice(this)),
      this.drawerButton("image", "图片", () => this.say({ kind: "image" })),
      this.drawerButton("place", "位置", () => sheets.place(this)),
      this.drawerButton("link", "链接", () => sheets.link(this)),
      this.drawerButton("scan", "扫一扫", () => sheets.scan(this)));
    this.inputRow = h("div", { class: "input-row" }, this.toMenu,
      iconButton("voice", "语音", () => sheets.voice(this)), this.input, this.plusButton, this.sendButton);
  }

  drawerButton(drawing, label, action) {
    return h("button", { type: "button", class: "drawer-button", onclick: () => { this.toggleDrawer(false); action(); } },
      h("span", { class: "drawer-icon" }, icon(drawing)), label);
  }

  buildMenuBar() {
    this.menuRow = h("div", { class: "menu-row" });
    this.bar.append(this.inputRow, this.menuRow, this.drawer);
  }

  // ---- menu --------------------------------------------------------------------------------------------------------

  showMenu() {
    const buttons = this.host.menu();
    const drawn = JSON.stringify(buttons);
    if (drawn === this.drawnMenu) return; // an open entry of it stays open
    this.drawnMenu = drawn;
    this.menuRow.replaceChildren(
      iconButton("keyboard", "打开键盘", () => { this.switchTo(true); this.input.focus(); }),
      ...buttons.map((button) => this.menuButton(button)));
    this.toMenu.hidden = buttons.length === 0;
    this.switchTo(this.typing || buttons.length === 0);
  }

  menuButton(button) {
    const below = button.sub_button || [];
    const holder = h("div", { class: "menu-holder" });
    const top = h("button", {
      type: "button", class: "menu-button", "aria-haspopup": below.length ? "menu" : undefined,
      "aria-expanded": below.length ? "false" : undefined,
      onclick: () => (below.length ? this.togglePopup(holder) : this.tapMenu(button)),
    }, below.length ? h("i", { class: "menu-mark", "aria-hidden": "true" }) : null, button.name);
    holder.append(top);
    if (below.length) {
      holder.append(h("div", { class: "popup", role: "menu", hidden: true }, below.map((entry) =>
        h("button", { type: "button", role: "menuitem", onclick: () => { this.closePopups(); this.tapMenu(entry); } }, entry.name))));
    }
    return holder;
  }

  togglePopup(holder) {
    const popup = holder.querySelector(".popup");
    const open = popup.hidden;
    this.closePopups();
    popup.hidden = !open;
    holder.querySelector(".menu-button").setAttribute("aria-expanded", String(open));
    if (!open) return;
    const away = (event) => {
      if (event.type === "keydown" ? event.key !== "Escape" : holder.contains(event.target)) return;
      this.closePopups();
      document.removeEventListener("pointerdown", away, true);
      document.removeEventListener("keydown", away, true);
    };
    document.addEventListener("pointerdown", away, true);
    document.addEventListener("keydown", away, true);
  }

  closePopups() {
    for (const popup of this.menuRow.querySelectorAll(".popup")) popup.hidden = true;
    for (const top of this.menuRow.querySelectorAll("[aria-expanded]")) top.setAttribute("aria-expanded", "false");
  }

  tapMenu(entry) {
    if (entry.type === "click") this.say({ kind: "event", event: "CLICK", event_key: entry.key, content: entry.name });
    else if (entry.type === "view") {
      this.say({ kind: "event", event: "VIEW", event_key: entry.url, content: entry.name });
      this.open(entry.url);
    } else this.tell("沙盒里没有这种菜单");
  }

  switchTo(typing) {
    this.typing = typing;
    this.inputRow.hidden = !typing;
    this.menuRow.hidden = typing;
    if (!typing) this.toggleDrawer(false);
  }

  toggleDrawer(open = this.drawer.hidden) {
    this.drawer.hidden = !open;
    if (open) this.toEnd();
  }

  // ---- speaking ----------------------------------------------------------------------------------------------------

  fit() {
    this.input.style.height = "auto";
    this.input.style.height = `${Math.min(this.input.scrollHeight, 96)}px`;
    const empty = this.input.value.trim() === "";
    this.sendButton.hidden = empty;
    this.plusButton.hidden = !empty;
  }

  sendTyped() {
    const content = this.input.value;
    if (content.trim() === "") return;
    this.input.value = "";
    this.fit();
    this.toggleDrawer(false);
    this.say({ kind: "text", content });
  }

  async say(message) {
    this.read();
    try {
      for (const line of await api.say(this.openid, message)) this.add(line);
      this.toEnd();
    } catch (error) {
      this.tell(error.message);
    }
  }

  async act(action) {
    try {
      for (const line of (await action()) || []) this.add(line);
    } catch (error) {
      this.tell(error.message);
    }
  }

  tap(where) {
    if (where.say) this.say({ kind: "text", content: where.say, ...(where.id ? { bizmsgmenuid: where.id } : {}) });
    else this.open(where.open.href);
  }

  /** Open an address as this phone would: the shop's pages in the in-app browser, others in a tab of their own. */
  open(href) {
    const url = new URL(href, location.href);
    if (this.host.isShops(url)) this.browser.open(`/wx/${this.openid}${url.pathname}${url.search}`);
    else if (url.protocol === "http:" || url.protocol === "https:") window.open(url.href, "_blank", "noopener,noreferrer");
  }

  /** Send the open page to another phone, as one sends a link to a friend: it opens there, as that buyer. */
  forward(friend) {
    const place = this.browser.place();
    if (!place) {
      this.tell("这个页面不能转发");
      return;
    }
    friend.browser.open(`/wx/${friend.openid}${place}`);
    this.tell(`已转发给${friend.name}`);
  }

  // ---- listening ---------------------------------------------------------------------------------------------------

  async load() {
    const chat = await api.chat(this.openid);
    this.update(chat);
    const first = !this.loaded; // later loads bring what was missed while the line was down
    this.loaded = true;
    for (const line of chat.messages) this.add(line, first);
    if (!chat.messages.some((line) => line.from === "buyer")) this.showHint();
    if (first) this.toEnd();
  }

  /** Add one line of the chat unless it is there; `old` lines count as read. */
  add(line, old = false) {
    if (this.seen.has(line.id)) return;
    this.seen.add(line.id);
    const stay = this.atEnd() || line.from === "buyer";
    const at = new Date(line.at).getTime();
    if (at - this.lastAt > GAP_MS) this.log.append(h("li", { class: "moment" }, h("time", { datetime: line.at }, clock(line.at))));
    this.lastAt = Math.max(at, this.lastAt);
    const node = messageNode(line, this);
    node.dataset.id = line.id;
    const fresh = !old && line.via === "push";
    node.classList.toggle("fresh", fresh);
    this.place(node);
    if (line.from === "buyer" && this.hint) { this.hint.remove(); this.hint = null; }
    else if (this.hint) this.log.append(this.hint);
    while (this.log.children.length > SHOWN_MOST) this.log.firstElementChild.remove();
    if (stay) this.toEnd();
    else if (!old) this.newer.hidden = false;
    if (fresh && !this.isLookedAt()) this.count();
  }

  // The stream may bring a line before the answer that holds an earlier one.
  place(node) {
    let next = null;
    for (let last = this.log.lastElementChild; last; last = last.previousElementSibling) {
      if (!last.dataset.id) continue;
      if (Number(last.dataset.id) < Number(node.dataset.id)) break;
      next = last;
    }
    this.log.insertBefore(node, next);
  }

  /** Take what the sandbox says about the buyer: {subscribed, kf_account, name}. */
  update(buyer) {
    this.subscribed = buyer.subscribed;
    this.humanTalk = Boolean(buyer.kf_account);
    this.showFollowing();
  }

  showFollowing() {
    this.node.classList.toggle("not-following", !this.subscribed);
    if (this.subscribed) {
      this.profile?.remove();
      this.profile = null;
      return;
    }
    if (this.profile) return;
    this.profile = h("div", { class: "profile" },
      h("span", { class: "face shop large" }, icon("shop")), h("p", { class: "profile-name" }, this.host.shopName()),
      h("p", { class: "profile-note" }, "关注后可以发消息、下单和查看订单"),
      h("button", { type: "button", class: "primary", onclick: () => this.act(() => api.subscribe(this.openid)) }, "关注公众号"));
    this.screen.append(this.profile);
  }

  showHint() {
    if (this.hint || !this.subscribed) return;
    this.hint = h("li", { class: "hint-card" },
      h("p", {}, "第一次来？点一句试试："),
      h("div", { class: "examples" }, EXAMPLES.map(([label, message]) =>
        h("button", { type: "button", onclick: () => this.say(message) }, label))));
    this.log.append(this.hint);
  }

  showShopName() {
    this.title.textContent = this.host.shopName();
    const name = this.profile?.querySelector(".profile-name");
    if (name) name.textContent = this.host.shopName();
  }

  // ---- being looked at ---------------------------------------------------------------------------------------------

  atEnd() {
    return this.log.scrollHeight - this.log.scrollTop - this.log.clientHeight < 60;
  }

  toEnd() {
    this.log.scrollTop = this.log.scrollHeight;
    this.newer.hidden = true;
  }

  isLookedAt() {
    return document.visibilityState === "visible" && this.node.classList.contains("active") && !this.browser.isOpen && this.newer.hidden;
  }

  count() {
    this.unread += 1;
    this.browser.showUnread(this.unread);
    this.host.onUnread(this);
  }

  read() {
    if (this.atEnd()) this.newer.hidden = true;
    if (this.unread === 0 || this.browser.isOpen) return;
    this.unread = 0;
    this.browser.showUnread(0);
    this.host.onUnread(this);
  }

  tell(text) {
    this.toast.textContent = text;
    this.toast.hidden = false;
    clearTimeout(this.toastTimer);
    this.toastTimer = setTimeout(() => { this.toast.hidden = true; }, 2500);
  }
}
