// The upload page: a file dropped anywhere on the field, and how much of it has gone.

const form = document.querySelector("form[data-upload]");
const drop = form?.querySelector("[data-drop]");
const input = form?.querySelector("input[type=file]");
const bar = form?.querySelector("[data-sending-bar]");

function tell(text, percent) {
  bar.hidden = false;
  const told = bar.querySelector("[data-sending-told]");
  told.textContent = text;
  told.classList.remove("field-error");
  const progress = bar.querySelector("progress");
  progress.hidden = false;
  if (percent === null) progress.removeAttribute("value");
  else progress.value = percent;
}

function refused(text) {
  tell(text, 0);
  bar.querySelector("[data-sending-told]").classList.add("field-error");
  bar.querySelector("progress").hidden = true;
  delete form.dataset.sent;
  form.querySelector("[aria-disabled]")?.removeAttribute("aria-disabled");
}

if (form && drop && input && bar) {
  for (const name of ["dragenter", "dragover"]) {
    addEventListener(name, (event) => {
      if (!event.dataTransfer?.types.includes("Files")) return;
      event.preventDefault();
      drop.classList.add("is-over");
    });
  }
  addEventListener("dragleave", (event) => {
    if (!event.relatedTarget) drop.classList.remove("is-over");
  });
  addEventListener("drop", (event) => {
    if (!event.dataTransfer?.files.length) return;
    event.preventDefault();
    drop.classList.remove("is-over");
    const one = new DataTransfer();
    one.items.add(event.dataTransfer.files[0]);
    input.files = one.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
    input.focus();
  });

  form.addEventListener("submit", (event) => {
    const file = input.files[0];
    if (!file || event.defaultPrevented) return;
    event.preventDefault();
    if (file.size > Number(form.dataset.maxMb) * 1024 * 1024) {
      refused(form.dataset.tooLarge.replace("{n}", form.dataset.maxMb));
      return;
    }
    const request = new XMLHttpRequest();
    request.open("POST", form.action);
    request.upload.addEventListener("progress", ({ loaded, total }) => {
      const percent = total ? Math.floor((100 * loaded) / total) : 0;
      tell(percent < 100 ? `${form.dataset.sending} ${percent}%` : form.dataset.checking, percent < 100 ? percent : null);
    });
    request.addEventListener("load", () => {
      if (request.status === 200 && request.responseURL !== form.action) {
        location.assign(request.responseURL);
        return;
      }
      // what the server had against the file stands in its page; where nothing did, the page's title says what happened
      const page = new DOMParser().parseFromString(request.responseText, "text/html");
      const said = page.querySelector(".alert-danger li") ?? page.querySelector(".alert-danger .alert-title, h1");
      refused(said?.textContent.trim() || form.dataset.failed);
    });
    request.addEventListener("error", () => {
      refused(form.dataset.failed);
    });
    tell(`${form.dataset.sending} 0%`, 0);
    request.send(new FormData(form));
  });
}
