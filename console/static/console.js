// The operators' pages work without this. It adds: parts of a page that renew themselves, sound and notices for new
// talks, the keyboard, and canned answers that are looked at before they are sent.
"use strict";

const main = document.querySelector("main");
const liveOn = (main?.dataset.liveOn ?? "").split(" ").filter(Boolean);
const kept = (name, value) => {
  try {
    if (value !== undefined) localStorage.setItem(`kabot.${name}`, value);
    return localStorage.getItem(`kabot.${name}`) ?? "";
  } catch {
    return "";
  }
};

// ---- parts of the page that renew themselves ----------------------------------------------------------------------

const GAP_MS = 1500;
let known = null;
let renewing = false;
let wanted = false;

async function renew() {
  wanted = true;
  if (renewing) return;
  renewing = true;
  while (wanted) {
    wanted = false;
    try {
      const answer = await fetch(location.href, { headers: { "X-Kabot-Live": "1" } });
      if (answer.redirected) return moved(answer.url);
      if (answer.ok) replaceParts(new DOMParser().parseFromString(await answer.text(), "text/html"));
    } catch {
      // The stream says it when the server is away.
    }
    await new Promise((resolve) => setTimeout(resolve, GAP_MS));
  }
  renewing = false;
}

// A talk that a person has by now is another page; nobody is taken away from what he is writing.
function moved(url) {
  if (new URL(url).pathname === "/console/login") return offline("登录已过期，请重新登录");
  const isWritten = (one) => one.value !== one.defaultValue;
  if ([...main.querySelectorAll("textarea, input")].some(isWritten)) return offline("这个会话已经由客服处理，写完请刷新");
  location.replace(url);
}

function replaceParts(fresh) {
  for (const old of document.querySelectorAll("[data-live]")) {
    const next = fresh.getElementById(old.id);
    if (!next || next.outerHTML === old.outerHTML) continue;
    const focus = old.contains(document.activeElement) ? document.activeElement : null;
    if (focus && focus.matches("input, textarea, select")) continue;
    const scrolled = old.scrollTop;
    const part = document.importNode(next, true);
    for (const open of old.querySelectorAll("details[open][id]")) part.querySelector(`#${CSS.escape(open.id)}`)?.setAttribute("open", "");
    old.replaceWith(part);
    part.scrollTop = scrolled;
    if (focus?.matches("a[href]")) part.querySelector(`a[href="${CSS.escape(focus.getAttribute("href"))}"]`)?.focus();
  }
  tick();
}

// What no event tells of (talks the bot has alone) is looked at again while somebody looks at it.
const every = Number(main?.dataset.every);
if (every) setInterval(() => document.hidden || renew(), every * 1000);

function offline(words) {
  const sign = document.getElementById("offline");
  if (sign) {
    sign.hidden = !words;
    sign.textContent = words;
  }
}

// ---- what the server tells ----------------------------------------------------------------------------------------

function told(state) {
  for (const badge of document.querySelectorAll("[data-waiting]")) {
    badge.hidden = !state.waiting;
    badge.textContent = state.waiting;
  }
  document.title = document.title.replace(/^\(\d+\) /, "");
  if (state.waiting) document.title = `(${state.waiting}) ${document.title}`;
  if (known === null || liveOn.some((part) => known[part] !== state[part])) {
    if (liveOn.length) renew();
  }
  known = state;
}

// What this browser was told of before does not ring again; the very first time it only takes note ("0": nobody waits).
function alertOnce(state) {
  const last = kept("newest");
  const newest = state.newest || "0";
  if (newest <= last) return;
  kept("newest", newest);
  if (last && kept("alert") === "on") ring();
}

const channel = "BroadcastChannel" in window ? new BroadcastChannel("kabot") : null;
channel?.addEventListener("message", (event) => (event.data === "hello" ? leading && known && channel.postMessage(known) : told(event.data)));
let leading = false;

// A browser has six connections to a server: of all open pages one holds the stream, and tells the others.
function lead() {
  leading = true;
  let stream = null;
  const listen = () => {
    stream = new EventSource("/console/events");
    stream.onopen = () => offline("");
    stream.onmessage = (event) => {
      const state = JSON.parse(event.data);
      told(state);
      alertOnce(state);
      channel?.postMessage(state);
    };
    stream.onerror = () => {
      offline("实时更新已断开，正在重连…");
      if (stream.readyState === EventSource.CLOSED) setTimeout(listen, 15000);
    };
  };
  listen();
  return new Promise((resolve) =>
    addEventListener("pagehide", () => {
      stream.close();
      leading = false;
      resolve();
    }),
  );
}

const begin = () => {
  channel?.postMessage("hello");
  if (channel && navigator.locks) navigator.locks.request("kabot-live", lead);
  else lead();
};
begin();
addEventListener("pageshow", (event) => event.persisted && begin());

// ---- sound and notices --------------------------------------------------------------------------------------------

let audio = null;

function ring() {
  main.dataset.rung = Number(main.dataset.rung ?? 0) + 1;
  try {
    if (!audio) {
      audio = new AudioContext();
      audio.onstatechange = () => (main.dataset.sound = audio.state);
    }
    audio.resume();
    main.dataset.sound = audio.state;
    for (const [at, pitch] of [[0, 880], [0.18, 1175]]) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.frequency.value = pitch;
      volume.gain.setValueAtTime(0.15, audio.currentTime + at);
      volume.gain.exponentialRampToValueAtTime(0.001, audio.currentTime + at + 0.3);
      tone.connect(volume).connect(audio.destination);
      tone.start(audio.currentTime + at);
      tone.stop(audio.currentTime + at + 0.3);
    }
  } catch {
    // Without sound there is still the notice.
  }
  const away = document.hidden || !document.hasFocus(); // another tab, another window
  if ("Notification" in window && Notification.permission === "granted" && away) {
    const notice = new Notification("有顾客在等客服", { tag: "kabot-talk", renotify: true });
    notice.onshow = () => (main.dataset.noticed = Number(main.dataset.noticed ?? 0) + 1);
    notice.onclick = () => {
      window.focus();
      location.href = "/console/talks";
    };
  }
}

for (const button of document.querySelectorAll("[data-alert]")) {
  const show = () => (button.textContent = kept("alert") === "on" ? "提醒：开" : "提醒：关");
  button.hidden = false;
  show();
  button.addEventListener("click", async () => {
    kept("alert", kept("alert") === "on" ? "off" : "on");
    show();
    if (kept("alert") !== "on") return;
    if ("Notification" in window && Notification.permission === "default") await Notification.requestPermission();
    ring();
  });
}

// ---- deadlines ----------------------------------------------------------------------------------------------------

const ahead = main?.dataset.now ? new Date(main.dataset.now) - Date.now() : 0; // the server's clock counts

function tick() {
  for (const one of document.querySelectorAll("[data-due]")) {
    const minutes = Math.round((new Date(one.dataset.due) - Date.now() - ahead) / 60000);
    const size = Math.abs(minutes) < 120 ? `${Math.abs(minutes)} 分钟` : `${Math.round(Math.abs(minutes) / 60)} 小时`;
    one.textContent = minutes < 0 ? `超时 ${size}` : `还剩 ${size}`;
    one.classList.toggle("bad", minutes < 0);
  }
}
tick();
setInterval(tick, 20000);

// ---- forms --------------------------------------------------------------------------------------------------------

document.addEventListener("click", (event) => {
  const fill = event.target.closest("[data-fill]");
  if (!fill) return;
  const words = fill.form?.elements.namedItem("words");
  if (!words) return;
  event.preventDefault();
  words.value = words.value ? `${words.value.trimEnd()}\n${fill.dataset.fill}` : fill.dataset.fill;
  words.focus();
});

document.addEventListener("input", (event) => {
  if (!event.target.matches("[data-amount]")) return;
  const button = event.target.form.querySelector("[data-amount-label]");
  const yuan = /^\d{1,9}(\.\d{1,2})?$/.test(event.target.value) ? Number(event.target.value).toFixed(2) : "…";
  button.textContent = button.dataset.amountLabel + yuan;
});

document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.hasAttribute("data-stay")) return; // a file comes: the page stays
  // Pressed twice it is sent once; after the values are read, or the button's own would be missing.
  setTimeout(() => event.target.querySelectorAll("button").forEach((one) => (one.disabled = true)));
});
addEventListener("pageshow", () => document.querySelectorAll("form button").forEach((one) => (one.disabled = false)));

// ---- keyboard -----------------------------------------------------------------------------------------------------

document.addEventListener("keydown", (event) => {
  if ((event.ctrlKey || event.metaKey) && event.key === "Enter" && event.target.matches("textarea")) {
    event.target.form?.requestSubmit();
    return;
  }
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
  if (event.target.matches("input, textarea, select")) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const go = { "/": find, j: () => move(1), k: () => move(-1), r: () => focusOn("[data-reply]") }[event.key];
  if (go) {
    event.preventDefault();
    go();
  }
});

function find() {
  if (!focusOn("[data-search]")) location.href = "/console/orders";
}

function focusOn(what) {
  const field = document.querySelector(what);
  field?.focus();
  field?.select?.();
  return field;
}

function move(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter((row) => row.offsetParent);
  if (!rows.length) return;
  const at = rows.indexOf(document.activeElement);
  const next = rows[at < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, at + step))];
  next.focus();
  next.scrollIntoView({ block: "nearest" });
}
