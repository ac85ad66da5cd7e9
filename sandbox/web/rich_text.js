// A bot's text as WeChat shows it: <a href> with http(s) or weixin addresses, bare web addresses; all else is text,
// entities too (WeChat shows &lt; as it stands).
import { h } from "./dom.js";

const ANCHOR = /<a\s([^<>]*)>([\s\S]*?)<\/a>/gi;
const HREF = /(?:^|\s)href\s*=\s*(?:"([^"]*)"|'([^']*)')/i;
const BARE = /https?:\/\/[A-Za-z0-9\-._~:/?#[\]@!$&'()*+,;=%]+/g;

/** What a tap on this address does: {open: url}, {say: text, id}, or null for an address WeChat would not follow. */
export function target(href) {
  let url;
  try {
    url = new URL(href);
  } catch (_) {
    return null;
  }
  if (url.protocol === "http:" || url.protocol === "https:") return { open: url };
  if (url.protocol !== "weixin:" || !/^weixin:\/\/bizmsgmenu\?/i.test(href)) return null;
  const query = new URLSearchParams(href.slice(href.indexOf("?") + 1).replaceAll("+", "%2B"));
  const say = query.get("msgmenucontent");
  return say ? { say, id: query.get("msgmenuid") || "" } : null;
}

function anchor(href, content, onTap) {
  const where = target(href);
  if (!where) return null;
  return h("a", {
    href: where.open ? where.open.href : "#",
    onclick: (event) => {
      event.preventDefault();
      onTap(where);
    },
  }, content);
}

function plain(text, onTap) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(BARE)) {
    const link = match[0].replace(/[.,;:!?)\]]+$/, "");
    const node = anchor(link, link, onTap);
    if (!node) continue;
    nodes.push(text.slice(end, match.index), node);
    end = match.index + link.length;
  }
  nodes.push(text.slice(end));
  return nodes.filter((node) => node !== "");
}

/** Turn a text into nodes; onTap(target) is called for a tapped link. */
export function richText(text, onTap) {
  const nodes = [];
  let end = 0;
  for (const match of text.matchAll(ANCHOR)) {
    const href = HREF.exec(match[1]);
    const node = href && anchor((href[1] ?? href[2] ?? "").replaceAll("&amp;", "&"), match[2], onTap);
    if (!node) continue;
    nodes.push(...plain(text.slice(end, match.index), onTap), node);
    end = match.index + match[0].length;
  }
  nodes.push(...plain(text.slice(end), onTap));
  return nodes;
}
