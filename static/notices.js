// Announcements that were read here: their numbers are kept, so that a reload does not bring them back.

const KEY = "examengine:notices";
const KEPT = 100;

export function readSeen(storage) {
  try {
    const made = JSON.parse(storage?.getItem(KEY) ?? "[]");
    return new Set(Array.isArray(made) ? made.filter(Number.isSafeInteger) : []);
  } catch {
    return new Set();
  }
}

export function see(storage, id) {
  const seen = [...readSeen(storage), id].slice(-KEPT);
  try {
    storage?.setItem(KEY, JSON.stringify(seen));
  } catch {
    // it is shown once more, which does no harm
  }
  return new Set(seen);
}

function storageOrNull() {
  try {
    return window.localStorage;
  } catch {
    return null;
  }
}

// On other pages they stand in a list, each with its button.
for (const list of document.querySelectorAll("[data-notice-list]")) {
  const storage = storageOrNull();
  const seen = readSeen(storage);
  const tidy = () => {
    list.hidden = !list.querySelector("[data-notice]");
  };
  for (const one of list.querySelectorAll("[data-notice]")) {
    const id = Number(one.dataset.notice);
    if (seen.has(id)) one.remove();
    else {
      const seenButton = one.querySelector("[data-notice-seen]");
      seenButton.hidden = false;
      seenButton.addEventListener("click", () => {
        see(storage, id);
        const next = one.nextElementSibling ?? one.previousElementSibling;
        one.remove();
        tidy();
        (next?.querySelector("[data-notice-seen]") ?? document.getElementById("main"))?.focus();
      });
    }
  }
  tidy();
}
