// One way to ask the server. A network failure throws; anything else is { status, reply, retryMs, tripMs }.

const TIMEOUT_MS = 10_000;

export async function post(url, fields, { keepalive = false } = {}) {
  const began = performance.now();
  const giveUp = new AbortController();
  const timer = setTimeout(() => giveUp.abort(), TIMEOUT_MS);
  try {
    const response = await fetch(url, {
      method: "POST",
      body: new URLSearchParams(fields),
      headers: { Accept: "application/json" },
      credentials: "same-origin",
      cache: "no-store",
      redirect: "error",
      keepalive,
      signal: giveUp.signal,
    });
    const json = (response.headers.get("content-type") ?? "").includes("json");
    const reply = json ? await response.json() : {};
    const retryMs = Number(response.headers.get("retry-after") ?? 0) * 1000 || 0;
    return { status: response.status, reply, retryMs, tripMs: performance.now() - began };
  } finally {
    clearTimeout(timer);
  }
}
