// The pay page: countdown, WeChat's payment sheet, and following the order until it is settled.
"use strict";

(() => {
  const { page, token, expiresIn, keepUntil } = document.body.dataset;
  const part = (name) => document.querySelector(`[data-part="${name}"]`);
  const pay = part("pay");
  const balance = part("balance"); // there for the owner alone, where it is enough
  const ICONS = { delivered: "done", expired: "stop", cancelled: "stop", refunded: "back", refunding: "back", paid: "wait", confirming: "wait" };
  const FINAL = ["delivered", "refunded", "expired", "cancelled"];
  const REQUEST_MS = 15000;
  const FOLLOW_MS = 15 * 60 * 1000;

  let state = document.body.dataset.state;
  let confirming = false; // WeChat said ok, which proves nothing: the shop's own word is awaited
  let confirmingSince = 0;
  let deadline = performance.now() + Number(expiresIn) * 1000; // the shop's clock, not the phone's
  let timer = 0;
  let asked = 0;
  let since = performance.now();
  let asking = false;

  function setText(node, text) {
    if (node && node.textContent !== text) node.textContent = text;
  }

  function alert(text) {
    const node = part("alert");
    if (!node) return;
    setText(node, text);
    node.hidden = !text;
  }

  function busy(label) {
    pay.disabled = label !== null;
    if (balance) balance.disabled = label !== null; // one way at a time
    pay.setAttribute("aria-busy", String(label !== null));
    if (label !== null) setText(pay, label);
  }

  async function request(path, options) {
    const abort = new AbortController();
    const limit = setTimeout(() => abort.abort(), REQUEST_MS);
    try {
      const response = await fetch(path, { cache: "no-store", signal: abort.signal, ...options });
      const body = await response.json().catch(() => ({}));
      return { ok: response.ok, body: body && typeof body === "object" ? body : {} };
    } catch (_) {
      return { ok: false, body: {} };
    } finally {
      clearTimeout(limit);
    }
  }

  // ---- what the order is -------------------------------------------------------------------------------------------

  function showResult(name, title, message, lines) {
    part("amount").hidden = true;
    part("result").hidden = false;
    if (part("qr")) part("qr").hidden = true;
    if (pay) pay.hidden = true;
    if (balance) balance.hidden = true;
    alert("");
    for (const icon of document.querySelectorAll("[data-icon]")) icon.hidden = icon.dataset.icon !== ICONS[name];
    setText(part("title"), title);
    setText(part("message"), message);
    if (document.title !== title) document.title = title;
    const shown = lines.filter((line) => line.state_text);
    const wanted = JSON.stringify(shown);
    const list = part("states");
    if (list.dataset.shown === wanted) return;
    list.dataset.shown = wanted;
    list.replaceChildren(...shown.map((line) => {
      const item = document.createElement("li");
      const label = document.createElement("span");
      const word = document.createElement("b");
      label.textContent = line.name;
      word.textContent = line.state_text;
      word.className = `state-${line.state}`;
      item.append(label, word);
      if (line.note) {
        const note = document.createElement("small");
        note.textContent = line.note;
        item.append(note);
      }
      return item;
    }));
  }

  function showConfirming() {
    const long = performance.now() - confirmingSince > 60000;
    showResult("confirming", "支付结果确认中",
      long ? "还没有收到支付结果。若已扣款请放心，结果会在公众号聊天里通知您。" : "请稍候，不要重复支付", []);
  }

  function take(answer) {
    const { body } = answer;
    if (!answer.ok || typeof body.state !== "string") return;
    state = body.state;
    document.body.dataset.state = state;
    if (Number.isFinite(body.expires_in)) deadline = performance.now() + body.expires_in * 1000;
    if (state === "unpaid") {
      if (confirming) showConfirming();
      return;
    }
    confirming = false;
    const lines = ["expired", "cancelled"].includes(state) ? [] : body.lines || [];
    showResult(state, body.title || "", body.message || "", lines);
    const friend = part("friend");
    if (friend) friend.hidden = true;
    const link = part("order-link");
    if (link && body.order_url) link.hidden = false;
  }

  async function ask() {
    if (asking) return;
    asking = true;
    asked += 1;
    take(await request(`${token}/state`));
    asking = false;
    plan();
  }

  // Quick once paid, because most orders are delivered in seconds; then slower; nothing while nobody looks.
  function plan() {
    clearTimeout(timer);
    if (FINAL.includes(state) || performance.now() - since > FOLLOW_MS + Number(expiresIn) * 1000) return;
    if (document.visibilityState !== "visible") return;
    let delay;
    if (state === "unpaid" && !confirming) {
      // somebody else may pay, or the order be cancelled in the chat; who scans the code is waiting for an answer
      delay = page === "scan" && asked < 30 ? 2000 : 5000;
    } else {
      delay = Math.min(10000, 700 * 1.25 ** asked);
    }
    timer = setTimeout(ask, delay);
  }

  function follow() {
    asked = 0;
    plan();
  }

  document.addEventListener("visibilitychange", () => {
    if (document.visibilityState === "visible" && !FINAL.includes(state)) ask();
  });

  // ---- countdown ---------------------------------------------------------------------------------------------------

  function tick() {
    if (state !== "unpaid") return;
    const left = Math.max(0, Math.ceil((deadline - performance.now()) / 1000));
    setText(part("left"), `${String(Math.floor(left / 60)).padStart(2, "0")}:${String(left % 60).padStart(2, "0")}`);
    if (left === 0) {
      if (pay) pay.disabled = true;
      if (balance) balance.disabled = true;
      setTimeout(async () => {
        if (document.visibilityState === "visible") await ask();
        if (state === "unpaid" && !confirming) setTimeout(tick, 5000); // the shop's expiry may be a moment behind
      }, 1000);
      return;
    }
    setTimeout(tick, deadline - performance.now() - (left - 1) * 1000 + 5); // when the shown second changes
  }

  // ---- paying ------------------------------------------------------------------------------------------------------

  function bridge() {
    return new Promise((resolve) => {
      if (window.WeixinJSBridge) return resolve(window.WeixinJSBridge);
      const limit = setTimeout(() => resolve(null), 6000);
      document.addEventListener("WeixinJSBridgeReady", () => {
        clearTimeout(limit);
        resolve(window.WeixinJSBridge || null);
      }, { once: true });
    });
  }

  function invoke(wechat, params) {
    return new Promise((resolve) => {
      wechat.invoke("getBrandWCPayRequest", params, (result) => resolve(String((result && result.err_msg) || "")));
    });
  }

  async function payFromBalance() {
    alert("");
    balance.disabled = true;
    if (pay) pay.disabled = true;
    balance.setAttribute("aria-busy", "true");
    const answer = await request(`${token}/balance`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    balance.setAttribute("aria-busy", "false");
    await ask(); // what the order is now, whatever the answer was
    if (state !== "unpaid") return;
    balance.disabled = false;
    if (pay) pay.disabled = false;
    alert(typeof answer.body.error === "string" ? answer.body.error : "网络不太顺畅，请稍后再试");
  }

  async function press() {
    alert("");
    busy("正在打开微信支付…");
    const answer = await request(`${token}/jsapi`, { method: "POST", headers: { "Content-Type": "application/json" }, body: "{}" });
    if (!answer.ok || !answer.body.package) {
      retry(typeof answer.body.error === "string" ? answer.body.error : "网络不太顺畅，请稍后再试");
      await ask();
      return;
    }
    const wechat = await bridge();
    if (!wechat) {
      retry("没有连上微信支付，请在微信里打开本页后再试");
      return;
    }
    const outcome = await invoke(wechat, answer.body);
    if (outcome === "get_brand_wcpay_request:ok") {
      confirming = true;
      confirmingSince = performance.now();
      showConfirming();
      since = performance.now();
      asked = 0;
      await ask();
    } else if (outcome === "get_brand_wcpay_request:cancel") {
      retry(`您取消了支付，订单为您保留到 ${keepUntil}`);
      await ask();
    } else {
      retry("支付没有成功，没有扣款的话请再试一次");
      await ask();
    }
  }

  function retry(text) {
    busy(null);
    setText(pay, "重新支付");
    alert(text);
  }

  if (pay) {
    pay.addEventListener("click", press);
    pay.disabled = false; // it waits greyed for this script: a tap before would be lost without a word
  }
  if (balance) {
    balance.addEventListener("click", payFromBalance);
    balance.disabled = false;
  }
  const image = part("qr-image");
  if (image) {
    const failed = () => alert("二维码没有取到，请刷新本页再试");
    if (image.complete && image.naturalWidth === 0) failed();
    image.addEventListener("error", failed);
  }
  if (state === "unpaid") tick();
  follow();
})();
