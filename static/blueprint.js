// The matrix of a blueprint: what was typed and not saved is not left without a question.

let changed = document.querySelector("form.blueprint[data-unsaved]") !== null;

function isMatrix(event) {
  return event.target instanceof Element && event.target.closest("form.blueprint");
}

document.addEventListener("input", (event) => {
  if (isMatrix(event)) changed = true;
});
document.addEventListener("htmx:afterRequest", (event) => {
  // rows added, removed or shared out by the server are changes as well
  if (event.detail.elt instanceof HTMLButtonElement && isMatrix(event)) changed = true;
});
document.addEventListener("submit", (event) => {
  if (isMatrix(event)) changed = false;
});
addEventListener("beforeunload", (event) => {
  if (changed) event.preventDefault();
});
