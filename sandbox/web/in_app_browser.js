// WeChat's in-app browser: a page over the chat, with a title bar and ✕.
import { h, iconButton } from "./dom.js";

export class InAppBrowser {
  /** Lives over `screen`; `onClose` is called when the chat is seen again, `onMore` for what can be done with the page. */
  constructor(screen, openid, onClose, onMore) {
    this.screen = screen;
    this.openid = openid;
    this.onClose = onClose;
    this.onMore = onMore;
    this.isOpen = false;
  }

  open(path) {
    this.close();
    this.isOpen = true;
    this.title = h("h2", {}, "正在打开…");
    this.dot = h("span", { class: "dot", hidden: true });
    this.frame = h("iframe", { title: "内置浏览器", src: path, referrerpolicy: "no-referrer", allow: "clipboard-write" });
    this.frame.addEventListener("load", () => this.showTitle());
    const closeButton = iconButton("close", "关闭页面", () => this.close());
    closeButton.append(this.dot);
    this.node = h("div", { class: "in-app", role: "dialog", "aria-label": "内置浏览器" },
      h("header", { class: "chat-bar" }, closeButton, this.title, iconButton("more", "页面操作", () => this.onMore())),
      this.frame);
    this.listen = (event) => {
      if (event.source !== this.frame.contentWindow || event.origin !== location.origin) return;
      if (event.data?.kind === "close-window") this.close();
      if (event.data?.kind === "page-title") this.showTitle();
    };
    window.addEventListener("message", this.listen);
    this.screen.append(this.node);
    closeButton.focus({ preventScroll: true });
  }

  showTitle() {
    let title = "";
    try {
      title = this.frame.contentDocument?.title || "";
    } catch (_) {
      title = ""; // the page went to another origin; its title is its own
    }
    this.title.textContent = title.slice(0, 40) || "网页";
  }

  reload() {
    this.frame?.contentWindow?.location.reload();
  }

  /** The address of the page without the phone it is open on: "/pay/…"; empty for a page that is not the shop's. */
  place() {
    try {
      const { pathname, search } = this.frame.contentWindow.location;
      const own = `/wx/${this.openid}/`;
      return pathname.startsWith(own) ? `/${pathname.slice(own.length)}${search}` : "";
    } catch (_) {
      return "";
    }
  }

  showUnread(count) {
    if (this.isOpen) this.dot.hidden = count === 0;
  }

  close() {
    if (!this.isOpen) return;
    this.isOpen = false;
    window.removeEventListener("message", this.listen);
    this.node.remove();
    this.node = null;
    this.onClose();
  }
}
