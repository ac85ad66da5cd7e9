// The order page: copy buttons, and a look for news while the order is still moving.
"use strict";

const copied = document.querySelector("[data-part=copied]");

async function copy(text) {
  if (navigator.clipboard && window.isSecureContext) {
    try {
      await navigator.clipboard.writeText(text);
      return true;
    } catch (_) {
      // WeChat's browser may refuse; the old way below still works there
    }
  }
  const source = document.createElement("textarea");
  source.className = "copy-source";
  source.readOnly = true;
  source.value = text;
  document.body.append(source);
  source.select();
  source.setSelectionRange(0, text.length);
  let done = false;
  try {
    done = document.execCommand("copy");
  } catch (_) {
    done = false;
  }
  source.remove();
  return done;
}

for (const button of document.querySelectorAll("[data-copy]")) {
  button.addEventListener("click", async () => {
    const done = await copy(button.dataset.copy);
    button.textContent = done ? "已复制" : "请长按复制";
    button.classList.toggle("copied", done);
    copied.textContent = done ? "已复制到剪贴板" : "复制失败，请长按文字复制";
    setTimeout(() => {
      button.textContent = "复制";
      button.classList.remove("copied");
    }, 2000);
  });
}

// Reloading is enough here: the page is read far less often than the pay page, and only while it is looked at.
if (["paid", "refunding"].includes(document.body.dataset.state)) {
  const look = () => {
    if (document.visibilityState === "visible") location.reload();
    else document.addEventListener("visibilitychange", look, { once: true });
  };
  setTimeout(look, 15000);
}
