// The editor: fields that show what is written, rows that move, a live preview, and nothing lost on a reload.

import { enhance, makeTools } from "./rich.js";

const root = document.getElementById("editor-root");
const form = document.getElementById("editor");
const PREFIX = "examengine:draft:";
const KEPT_MS = 14 * 24 * 3600 * 1000;
const storage = (() => {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
})();

// ---- fields

const tools = makeTools(root, () => {});
const dress = (within) => {
  for (const box of within.querySelectorAll("[data-rich]:not([data-dressed])")) {
    if (box.closest("template")) continue;
    box.dataset.dressed = "1";
    enhance(box, tools);
  }
};
dress(root);
const touched = () => form.dispatchEvent(new Event("live"));

// ---- rows

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

function renumber(rows) {
  [...rows.children].forEach((row, index) => {
    for (const node of row.querySelectorAll("[data-letter]")) node.textContent = LETTERS[index] ?? "?";
    for (const button of row.querySelectorAll("[data-move]")) button.value = `${button.dataset.move}-${index}`;
  });
}

function changed() {
  form.dispatchEvent(new InputEvent("input", { bubbles: true }));
}

form.addEventListener("click", (event) => {
  const button = event.target.closest("[data-move], [data-add]");
  if (!button) return;
  event.preventDefault();
  const rows = button.closest("fieldset").querySelector("[data-rows]");
  if (button.matches("[data-add]")) add(rows, button.closest("fieldset").querySelector("[data-fresh]"));
  else move(button.closest("[data-row]"), button.dataset.move, rows);
});

function move(row, how, rows) {
  const other = how === "up" ? row.previousElementSibling : row.nextElementSibling;
  if (how === "drop") {
    (row.nextElementSibling ?? row.previousElementSibling)?.querySelector('[data-move="drop"]')?.focus();
    row.remove();
  } else if (other) {
    if (how === "up") other.before(row);
    else other.after(row);
    row.querySelector(`[data-move="${how}"]`).focus();
  }
  renumber(rows);
  changed();
}

function add(rows, fresh) {
  if (rows.children.length >= Number(rows.dataset.most)) return;
  const row = fresh.content.firstElementChild.cloneNode(true);
  if (rows.dataset.letters !== undefined) {
    const taken = new Set([...rows.querySelectorAll('[name="option_id"]')].map((one) => one.value));
    const letter = [...rows.dataset.letters].find((one) => !taken.has(one));
    if (!letter) return;
    for (const node of row.querySelectorAll("[value='_']")) node.value = letter;
    for (const node of row.querySelectorAll("[id]")) node.id = node.id.replace(/_$/, letter);
    for (const node of row.querySelectorAll("[for]")) node.htmlFor = node.htmlFor.replace(/_$/, letter);
  }
  if (rows.dataset.marks !== undefined) {
    const taken = new Set([...rows.querySelectorAll('[name="gap_mark"]')].map((one) => one.value));
    let n = 1;
    while (taken.has(`{${n}}`)) n += 1;
    row.querySelector('[name="gap_mark"]').value = `{${n}}`;
    row.querySelector("[data-mark]").textContent = `{${n}}`;
  }
  rows.append(row);
  dress(row);
  renumber(rows);
  row.querySelector(".rich-text, input[type=text], select, textarea").focus();
  changed();
}

let dragged = null;
form.addEventListener("pointerdown", (event) => {
  const handle = event.target.closest("[data-drag]");
  if (!handle) return;
  event.preventDefault();
  dragged = handle.closest("[data-row]");
  dragged.classList.add("is-dragged");
  handle.setPointerCapture(event.pointerId);
});
form.addEventListener("pointermove", (event) => {
  if (!dragged) return;
  for (const row of dragged.parentElement.children) {
    if (row === dragged) continue;
    const box = row.getBoundingClientRect();
    if (event.clientY > box.top && event.clientY < box.bottom) {
      if (event.clientY < box.top + box.height / 2) row.before(dragged);
      else row.after(dragged);
      break;
    }
  }
});
const dropped = () => {
  if (!dragged) return;
  dragged.classList.remove("is-dragged");
  renumber(dragged.parentElement);
  dragged = null;
  changed();
};
form.addEventListener("pointerup", dropped);
form.addEventListener("pointercancel", dropped);

// ---- preview: the frames stay, what stands in them is exchanged

function show() {
  const paper = document.querySelector("[data-live-paper]");
  for (const frame of document.querySelectorAll("[data-preview]")) {
    const place = frame.contentDocument?.querySelector("[data-paper]");
    if (!place || !paper) continue;
    if (place.dataset.shown !== paper.innerHTML) {
      place.innerHTML = paper.innerHTML;
      place.dataset.shown = paper.innerHTML;
    }
    fit(frame);
  }
}

function fit(frame) {
  const box = frame.parentElement;
  const width = Number(frame.dataset.preview);
  const scale = Math.min(1, (box.parentElement.clientWidth - 2) / width);
  const tall = Math.max(320, frame.contentDocument?.querySelector("[data-paper]")?.offsetHeight ?? 0);
  // what is longer scrolls within the frame, as it would on the phone
  const height = Math.min(tall + 8, Math.round((innerHeight * 0.75) / scale));
  frame.style.height = `${height}px`;
  frame.style.transform = scale < 1 ? `scale(${scale})` : "";
  box.style.width = `${Math.round(width * scale) + 2}px`;
  box.style.height = `${Math.round(height * scale) + 2}px`;
}

for (const frame of document.querySelectorAll("[data-preview]")) {
  frame.addEventListener("load", show);
  // a picture that arrives makes the question taller
  frame.addEventListener("load", () => frame.contentDocument.addEventListener("load", () => fit(frame), true));
}
for (const tab of document.querySelectorAll(".preview-box input")) tab.addEventListener("change", show);
addEventListener("resize", show);
document.addEventListener("htmx:afterSwap", (event) => {
  if (event.detail.target.id === "answers") {
    const answers = document.getElementById("answers");
    dress(answers);
    touched();
  }
  show();
});
show();

// ---- nothing is lost: kept in this browser until the server has it

const key = `${PREFIX}${root.dataset.who}:${location.pathname}`;
const state = form.querySelector("[data-state]");
let dirty = false;
let sending = false;
let timer = 0;

function forget(name) {
  try {
    storage?.removeItem(name);
  } catch {
    // nothing is kept then
  }
}

function entries() {
  return [...new FormData(form)].filter(([name, value]) => name !== "t" && typeof value === "string");
}

function keep() {
  try {
    storage?.setItem(key, JSON.stringify({ at: Date.now(), fields: entries() }));
  } catch {
    // a full or forbidden store: the page itself still warns before it is left
  }
}

form.addEventListener("input", () => {
  dirty = true;
  clearTimeout(timer);
  timer = setTimeout(keep, 600);
});
form.addEventListener("submit", () => {
  sending = true;
  clearTimeout(timer);
  keep();
  sessionStorage.setItem(`${PREFIX}sent`, key);
});
addEventListener("beforeunload", (event) => {
  if (dirty && !sending) event.preventDefault();
});
addEventListener("pageshow", () => { sending = false; });

if (root.hasAttribute("data-saved")) {
  const sent = sessionStorage.getItem(`${PREFIX}sent`);
  if (sent) forget(sent);
  forget(key);
  // a reload would tell once more what was done before
  history.replaceState(null, "", location.pathname);
}
sessionStorage.removeItem(`${PREFIX}sent`);

try {
  for (const name of Object.keys(storage ?? {})) {
    if (name.startsWith(PREFIX) && Date.now() - (JSON.parse(storage.getItem(name)).at ?? 0) > KEPT_MS) forget(name);
  }
} catch {
  // somebody else's entry
}

const offered = document.querySelector("[data-kept]");
const posted = document.querySelector(".alert-danger, .meanwhile");
let kept = null;
try {
  kept = JSON.parse(storage?.getItem(key) ?? "null");
} catch {
  forget(key);
}
if (posted) dirty = true;
else if (kept && JSON.stringify(kept.fields) !== JSON.stringify(entries())) {
  // dates are written as on all pages: 2026-11-22 18:41:45, which is how this locale writes them
  const text = offered.querySelector("[data-kept-text]");
  text.textContent = text.dataset.told.replace("{at}", new Date(kept.at).toLocaleString("sv-SE"));
  offered.hidden = false;
}
offered.querySelector("[data-kept-drop]").addEventListener("click", () => {
  forget(key);
  offered.hidden = true;
});
offered.querySelector("[data-kept-restore]").addEventListener("click", async () => {
  const body = new URLSearchParams(kept.fields);
  body.set("do", "preview");
  const response = await fetch(form.action, { method: "POST", body });
  if (!response.ok) return;
  const page = new DOMParser().parseFromString(await response.text(), "text/html");
  const fresh = page.getElementById("editor");
  for (const name of ["answers", "live"]) document.getElementById(name).replaceWith(fresh.querySelector(`#${name}`));
  // the other fields one by one, so that what listens to the form stays
  for (const field of fresh.elements) {
    if (!field.name || field.closest("#answers") || field.name === "t" || field.type === "submit") continue;
    const own = form.elements[field.name];
    if (own && !(own instanceof RadioNodeList)) own.value = field.value;
  }
  for (const box of form.querySelectorAll(":scope > [data-rich]")) {
    box.querySelector(".rich-text").remove();
    box.querySelector("[data-rich-source]").id = `f-${box.querySelector("[data-rich-source]").name}`;
    box.querySelector("[data-rich-source]").hidden = false;
    delete box.dataset.dressed;
  }
  dress(form);
  window.htmx?.process(form);
  dirty = true;
  offered.hidden = true;
  show();
});

// what is written is kept here whatever became of the line or the session
for (const trouble of ["htmx:sendError", "htmx:responseError"]) {
  document.addEventListener(trouble, () => { state.textContent = root.dataset.wordOffline; });
}
document.addEventListener("htmx:afterRequest", (event) => { if (event.detail.successful) state.textContent = ""; });
