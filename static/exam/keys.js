// Single keys, off while someone types and when switched off (WCAG 2.1.4). Up and down stay the radio buttons' own.

const STORED = "examengine:keys-off";

export function listenToKeys({ form, paper, card, clock, handIn, storage }) {
  const box = document.querySelector("[data-keys-on]");
  const help = document.getElementById("help-dialog");
  const openHelp = () => help.showModal?.();
  form.querySelector("[data-help]").addEventListener("click", openHelp);
  box.checked = storage?.getItem(STORED) !== "1";
  box.addEventListener("change", () => storage?.setItem(STORED, box.checked ? "" : "1"));

  const choose = (index) => {
    const option = paper.questions.get(card.current).options[index];
    if (!option || option.disabled) return false;
    option.focus({ preventScroll: true });
    if (option.type === "checkbox" || !option.checked) option.click();
    return true;
  };

  addEventListener("keydown", (event) => {
    if (!box.checked || event.ctrlKey || event.metaKey || event.altKey || event.isComposing) return;
    if (document.querySelector("dialog[open]")) return;
    const target = event.target;
    if (target instanceof Element && target.closest("textarea, select, input:not([type=radio], [type=checkbox])")) return;
    const key = event.key.length === 1 ? event.key.toUpperCase() : event.key;
    if (!pressed(key)) return;
    event.preventDefault();
  });

  function pressed(key) {
    if (/^[A-H]$/.test(key) && choose(key.charCodeAt(0) - 65)) return true;
    if (/^[1-8]$/.test(key)) return choose(Number(key) - 1);
    switch (key) {
      case "ArrowLeft":
      case "P":
        card.step(-1);
        return true;
      case "ArrowRight":
      case "N":
        card.step(1);
        return true;
      case "M":
        card.toggleFlag();
        return true;
      case "G":
        card.open();
        return true;
      case "S":
        handIn.open();
        return true;
      case "T":
        clock.speak();
        return true;
      case "?":
        openHelp();
        return true;
      default:
        return false;
    }
  }
}
