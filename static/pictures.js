// A picture opens large in the page itself: another tab would count as leaving an exam.

let dialog = null;

function built(closeText) {
  const made = document.createElement("dialog");
  made.className = "enlarged";
  const box = document.createElement("div");
  box.className = "enlarged-box";
  box.tabIndex = 0;
  const form = document.createElement("form");
  form.method = "dialog";
  const button = document.createElement("button");
  button.className = "button";
  button.textContent = closeText;
  form.append(button);
  made.append(box, form);
  // a tap beside the picture closes as well
  made.addEventListener("click", (event) => {
    if (event.target === made) made.close();
  });
  document.body.append(made);
  return made;
}

addEventListener("click", (event) => {
  const link = event.target instanceof Element ? event.target.closest("a[data-enlarge]") : null;
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || !window.HTMLDialogElement) return;
  event.preventDefault();
  const small = link.parentElement.querySelector("img");
  dialog ??= built(link.dataset.enlarge);
  const large = document.createElement("img");
  large.src = small.src;
  large.alt = small.alt;
  dialog.setAttribute("aria-label", small.alt || link.textContent);
  dialog.firstElementChild.replaceChildren(large);
  dialog.showModal();
});
