// Every page: forms are sent once, the first error gets the focus, spans left count down.

import "./pictures.js";

document.documentElement.classList.add("js");

for (const form of document.querySelectorAll("form[data-once]")) {
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "1";
    // a disabled button's name and value would not be sent, so it is only marked
    const button = event.submitter ?? form.querySelector("button");
    button?.setAttribute("aria-disabled", "true");
  });
}

// a page from the back-forward cache may be sent again
addEventListener("pageshow", (event) => {
  if (!event.persisted) return;
  for (const form of document.querySelectorAll("form[data-sent]")) {
    delete form.dataset.sent;
    form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
  }
});

// a file that is too large is said before it is sent: the server would hang up in the middle of it
for (const form of document.querySelectorAll("form[data-max-mb]:not([data-upload])")) {
  const input = form.querySelector("input[type=file]");
  input?.addEventListener("change", () => {
    const isTooLarge = (input.files[0]?.size ?? 0) > Number(form.dataset.maxMb) * 1024 * 1024;
    input.setCustomValidity(isTooLarge ? form.dataset.tooLarge : "");
    input.reportValidity();
  });
}

document.querySelector("[data-focus]")?.focus();

// what scrolls must be reachable without a mouse
function reachable() {
  for (const node of document.querySelectorAll(".scroll, .q-stem, .formula-block, .wide")) {
    if (node.scrollWidth > node.clientWidth || node.scrollHeight > node.clientHeight) node.tabIndex = 0;
    else node.removeAttribute("tabindex");
  }
}
reachable();
addEventListener("resize", reachable);
document.addEventListener("htmx:afterSettle", reachable);

// the address is asked again by a reading request, never by repeating a form
const asking = document.querySelector("[data-ask-again]");
if (asking) setTimeout(() => location.replace(location.href), Number(asking.dataset.askAgain) * 1000);

function clockText(leftMs) {
  const seconds = Math.max(0, Math.ceil(leftMs / 1000));
  const two = (n) => String(n).padStart(2, "0");
  return `${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}`;
}

const counting = [...document.querySelectorAll("[data-countdown]")];
if (counting.length) {
  const show = () => {
    for (const node of counting) node.textContent = clockText(Number(node.dataset.countdown) - performance.now());
  };
  show();
  setInterval(show, 1000);
}

// the end of a sitting: what the browser kept for it goes
const finished = document.querySelector("[data-finished]");
if (finished) {
  import("./exam/store.js").then(({ forgetAttempt, storageOrNull }) => {
    const storage = storageOrNull();
    if (storage) forgetAttempt(storage, finished.dataset.finished);
  }, () => {
    // the script did not come: the next page of this browser forgets it
  });
}

// the sign-out leaves nothing of this person on a computer that others use; what was never sent is named before
for (const form of document.querySelectorAll("form[data-sign-out]")) {
  form.addEventListener("submit", async (event) => {
    if (form.dataset.cleared) return;
    event.preventDefault();
    try {
      const { forgetPerson, storageOrNull, unsentOf } = await import("./exam/store.js");
      const [storage, { signOut: who, unsent, anyway }] = [storageOrNull(), form.dataset];
      const count = storage ? unsentOf(storage, who) : 0;
      const told = form.querySelector("[role=alert]");
      if (count && told.hidden) {
        told.hidden = false;
        told.textContent = unsent.replace("{n}", count);
        form.querySelector("button").textContent = anyway;
        return;
      }
      if (storage) {
        forgetPerson(storage, who);
        // what an author has not saved holds keys of questions
        for (const name of Object.keys(storage)) if (name.startsWith(`examengine:draft:${who}:`)) storage.removeItem(name);
      }
    } catch {
      // a sign-out is never held up by what a browser cannot do
    }
    form.dataset.cleared = "1";
    form.submit();
  });
}

// a search field can be reached with /
addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target instanceof Element && event.target.closest("input, textarea, select")) return;
  const search = document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});
