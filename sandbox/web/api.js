// The sandbox's HTTP interface and its event stream.

export class ApiError extends Error {}

async function call(method, path, body) {
  let response;
  try {
    response = await fetch(`/sandbox/api/${path}`, {
      method,
      headers: body === undefined ? {} : { "Content-Type": "application/json" },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (_) {
    throw new ApiError("沙盒没有应答");
  }
  const answer = await response.json().catch(() => null);
  if (!response.ok) throw new ApiError((answer && (answer.error || answer.message)) || `沙盒应答 ${response.status}`);
  return answer;
}

const list = (answer, name) => (Array.isArray(answer) ? answer : (answer && answer[name]) || []);
const chat = (openid) => `chat/${encodeURIComponent(openid)}`;

export const api = {
  about: () => call("GET", "about").catch(() => ({})),
  buyers: async () => list(await call("GET", "buyers"), "buyers"),
  addBuyer: (name) => call("POST", "buyers", { name }),
  chat: (openid) => call("GET", chat(openid)),
  say: async (openid, message) => list(await call("POST", `${chat(openid)}/say`, message), "messages"),
  subscribe: async (openid, scene) => list(await call("POST", `${chat(openid)}/subscribe`, scene ? { scene } : {}), "messages"),
  unsubscribe: async (openid) => list(await call("POST", `${chat(openid)}/unsubscribe`, {}), "messages"),
  menu: async () => {
    const answer = await call("GET", "menu");
    return (answer && (answer.menu || answer).button) || [];
  },
  settleSupplierOrder: (number, state) => call("PUT", `supplier-orders/${encodeURIComponent(number)}`, { state }),
  notices: async () => list(await call("GET", "notices"), "notices"),
  sendNotice: (number, forge) => call("POST", "notices", { out_trade_no: number, forge }),
  native: (openid, codeUrl) => call("POST", "cashier/show", { openid, code_url: codeUrl }),
  payNative: (openid, codeUrl, outcome) => call("POST", "scan", { openid, code_url: codeUrl, outcome }),
  endHumanTalk: (openid) => call("POST", `${chat(openid)}/kf-close`, {}),
  faults: () => call("GET", "faults"),
  setFaults: (change) => call("PUT", "faults", change),
  transactions: async () => list(await call("GET", "transactions"), "transactions"),
  supplierOrders: async () => list(await call("GET", "supplier-orders"), "supplier_orders"),
  pushes: async () => list(await call("GET", "pushes"), "pushes"),
};

/** Follow the event stream; onEvent(event) per event, onState(true|false) as the line comes and goes. */
export function follow(onEvent, onState) {
  const source = new EventSource("/sandbox/api/stream");
  source.onopen = () => onState(true);
  source.onerror = () => onState(false);
  source.onmessage = (message) => {
    try {
      onEvent(JSON.parse(message.data));
    } catch (error) {
      console.error("an event that is none", error);
    }
  };
  window.addEventListener("pagehide", () => source.close());
  return source;
}
