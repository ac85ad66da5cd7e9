// What WeChat puts into every page of its in-app browser: WeixinJSBridge, here with a payment sheet of our own.
"use strict";

(() => {
  if (window.WeixinJSBridge) return;
  const openid = new URL(document.currentScript.src).searchParams.get("openid") || "";

  const STYLE = `
    :host { all: initial; position: fixed; inset: 0; z-index: 2147483647; }
    * { box-sizing: border-box; font-family: -apple-system, BlinkMacSystemFont, "PingFang SC", "Microsoft YaHei", "Noto Sans CJK SC", sans-serif; }
    .veil { position: absolute; inset: 0; background: rgb(0 0 0 / 55%); display: flex; align-items: flex-end; justify-content: center; }
    .sheet { width: 100%; max-width: 460px; background: #fff; color: #191919; border-radius: 14px 14px 0 0; padding: 10px 20px calc(22px + env(safe-area-inset-bottom)); animation: rise .18s ease-out; }
    @keyframes rise { from { transform: translateY(40px); opacity: 0; } }
    @media (prefers-reduced-motion: reduce) { .sheet { animation: none; } }
    header { display: flex; align-items: center; height: 40px; font-size: 15px; color: #555; }
    header b { flex: 1; text-align: center; font-weight: 400; margin-right: 32px; }
    .close { width: 32px; height: 32px; border: 0; background: none; font-size: 20px; color: #555; cursor: pointer; }
    .what { text-align: center; margin: 14px 0 2px; font-size: 16px; overflow-wrap: anywhere; }
    .amount { text-align: center; margin: 0 0 18px; font-size: 42px; font-weight: 600; line-height: 1.3; min-height: 55px; font-variant-numeric: tabular-nums; }
    .amount small { font-size: 26px; margin-right: 2px; }
    .way { display: flex; justify-content: space-between; border-top: 1px solid #ececec; padding: 14px 0; font-size: 15px; color: #737373; margin: 0; }
    .way b { font-weight: 400; color: #191919; }
    .error { min-height: 20px; margin: 0 0 6px; font-size: 14px; color: #d93636; text-align: center; }
    button.pay, button.plain { display: block; width: 100%; border: 0; border-radius: 8px; padding: 12px; font-size: 17px; cursor: pointer; }
    button.pay { background: #07c160; color: #fff; font-weight: 500; }
    button.pay:active { background: #06ad56; }
    button:disabled { opacity: .55; cursor: default; }
    .others { display: flex; gap: 12px; margin-top: 12px; }
    button.plain { background: #f2f2f2; color: #555; font-size: 15px; }
    :focus-visible { outline: 2px solid #10aeff; outline-offset: 2px; }`;

  const SHEET = `
    <div class="veil">
      <div class="sheet" role="dialog" aria-modal="true" aria-label="微信支付">
        <header><button class="close" data-outcome="cancel" aria-label="关闭">✕</button><b>请确认支付</b></header>
        <p class="what"></p>
        <p class="amount" aria-live="polite"></p>
        <p class="way">付款方式<b>零钱（模拟，不会真扣款）</b></p>
        <p class="error" role="alert"></p>
        <button class="pay" data-outcome="ok">立即支付</button>
        <div class="others">
          <button class="plain" data-outcome="cancel">取消</button>
          <button class="plain" data-outcome="fail">模拟失败</button>
        </div>
      </div>
    </div>`;

  async function cashier(params, outcome) {
    const response = await fetch("/sandbox/api/cashier", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ openid, ...params, outcome }),
    });
    const answer = await response.json().catch(() => ({}));
    return answer.err_msg ? answer : { err_msg: "get_brand_wcpay_request:fail", err_desc: answer.error || answer.err_desc || "" };
  }

  // WeChat knows the amount from the prepay, not from the page.
  async function describe(params, root) {
    try {
      const response = await fetch("/sandbox/api/cashier/show", {
        method: "POST",
        headers: { "Content-Type": "application/json" },
        body: JSON.stringify({ openid, ...params }),
      });
      const shown = await response.json();
      if (shown.err_desc) {
        root.querySelector(".error").textContent = shown.err_desc;
        return;
      }
      root.querySelector(".what").textContent = shown.description || "";
      if (!Number.isInteger(shown.total_fen)) return;
      const sign = document.createElement("small");
      sign.textContent = "¥";
      root.querySelector(".amount").replaceChildren(sign, (shown.total_fen / 100).toFixed(2));
    } catch (_) {
      // the sheet works without it
    }
  }

  let open = false;

  function openSheet(params, callback) {
    if (open) return;
    open = true;
    const host = document.createElement("div");
    host.id = "wechat-payment-sheet";
    const root = host.attachShadow({ mode: "open" });
    const style = new CSSStyleSheet();
    style.replaceSync(STYLE);
    root.adoptedStyleSheets = [style];
    root.innerHTML = SHEET;
    const before = document.activeElement;
    const finish = (answer) => {
      if (!open) return;
      open = false;
      host.remove();
      if (before instanceof HTMLElement) before.focus({ preventScroll: true });
      callback(answer);
    };
    const choose = async (outcome) => {
      const buttons = root.querySelectorAll("button");
      for (const button of buttons) button.disabled = true;
      try {
        const answer = await cashier(params, outcome);
        if (outcome === "ok" && !/:ok$/.test(answer.err_msg) && answer.err_desc) {
          // WeChat itself says what is wrong (bad paySign, prepay gone) before it tells the page
          root.querySelector(".error").textContent = answer.err_desc;
          setTimeout(() => finish(answer), 1500);
          return;
        }
        finish(answer);
      } catch (_) {
        finish({ err_msg: "get_brand_wcpay_request:fail", err_desc: "沙盒没有应答" });
      }
    };
    root.addEventListener("click", (event) => {
      const button = event.target.closest("[data-outcome]");
      if (button && !button.disabled) choose(button.dataset.outcome);
    });
    root.addEventListener("keydown", (event) => {
      if (event.key === "Escape" && !root.querySelector("button").disabled) choose("cancel");
    });
    document.body.append(host);
    root.querySelector(".pay").focus({ preventScroll: true });
    describe(params, root);
  }

  function invoke(name, params, callback) {
    const answer = typeof callback === "function" ? callback : () => {};
    if (name === "getBrandWCPayRequest") openSheet(params && typeof params === "object" ? params : {}, answer);
    else if (name === "closeWindow") {
      window.parent.postMessage({ kind: "close-window" }, location.origin);
      answer({ err_msg: "close_window:ok" });
    } else answer({ err_msg: `${name}:fail`, err_desc: "沙盒没有这个能力" });
  }

  // A phone draws its scroll bars over the page; a desktop browser would take 15 pixels of it.
  function hideScrollBars() {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync("::-webkit-scrollbar { width: 0; height: 0; } html { scrollbar-width: none; }");
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }

  function ready() {
    // WeChat defines the bridge after the page, so pages must wait for its event; so does this one.
    window.WeixinJSBridge = { invoke, call: (name) => invoke(name, {}, null), on: () => {} };
    document.dispatchEvent(new CustomEvent("WeixinJSBridgeReady"));
    if (window.parent !== window) {
      window.parent.postMessage({ kind: "page-title", title: document.title }, location.origin);
      const title = document.querySelector("title");
      if (title) {
        new MutationObserver(() => window.parent.postMessage({ kind: "page-title", title: document.title }, location.origin))
          .observe(title, { childList: true });
      }
    }
  }

  if (window.parent !== window) hideScrollBars();
  if (document.readyState === "complete") setTimeout(ready);
  else window.addEventListener("load", () => setTimeout(ready, 30));
})();
