// Makes a text area a field in which one sees what one writes. The area stays what is sent; the server cleans it.

const BLOCK = /^(P|DIV|LI|TR|TABLE|UL|OL|BLOCKQUOTE|PRE)$/;

export function enhance(box, tools) {
  const source = box.querySelector("[data-rich-source]");
  const mode = box.querySelector("[data-rich-mode]");
  const label = box.querySelector("label");
  const text = document.createElement("div");
  text.className = "rich-text";
  text.contentEditable = "true";
  text.spellcheck = false;
  text.id = source.id;
  source.removeAttribute("id");
  source.hidden = true;
  text.dataset.rows = source.rows;
  text.setAttribute("role", "textbox");
  text.setAttribute("aria-multiline", "true");
  text.setAttribute("aria-labelledby", label.id);
  for (const name of ["aria-describedby", "aria-invalid"]) {
    if (source.hasAttribute(name)) text.setAttribute(name, source.getAttribute(name));
  }
  // cleaned by the server, which wrote it there
  if (mode.value === "html") text.innerHTML = source.value;
  else writePlain(text, source.value);
  source.after(text);
  label.addEventListener("click", () => text.focus());

  const sync = () => {
    const plain = plainOf(text);
    mode.value = plain === null ? "html" : "text";
    source.value = plain ?? text.innerHTML;
  };
  text.addEventListener("input", sync);
  text.addEventListener("focus", () => tools.attach(text));
  text.addEventListener("paste", (event) => tools.paste(event, text));
  text.addEventListener("drop", (event) => {
    const file = [...event.dataTransfer.files].find((one) => one.type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    tools.picture(file, text);
  });
  text.addEventListener("click", (event) => {
    if (event.target instanceof HTMLImageElement) tools.describe(event.target, text);
  });
  text.addEventListener("keydown", (event) => {
    // in an option Tab leaves as everywhere; Enter breaks the line
    if (event.key === "Enter" && !event.isComposing && !event.target.closest("li, td")) {
      event.preventDefault();
      document.execCommand("insertLineBreak");
    }
  });
  return text;
}

function writePlain(text, value) {
  text.replaceChildren();
  value.split("\n").forEach((line, index) => {
    if (index) text.append(document.createElement("br"));
    if (line) text.append(line);
  });
}

// The text where nothing but line ends stands in it, else null.
function plainOf(root) {
  let said = "";
  const walk = (node) => {
    for (const child of node.childNodes) {
      if (child.nodeType === Node.TEXT_NODE) said += child.data.replaceAll("\u00a0", " ");
      else if (child.nodeName === "BR") said += "\n";
      else if (child.nodeName === "DIV" || child.nodeName === "P") {
        if (said && !said.endsWith("\n")) said += "\n";
        if (!walk(child)) return false;
        if (child.nextSibling && !said.endsWith("\n")) said += "\n";
      } else if (child.nodeName === "SPAN") {
        if (!walk(child)) return false;
      } else return false;
    }
    return true;
  };
  return walk(root) ? said.replace(/\n+$/, "") : null;
}

const NAMED_PICTURE = /(<img\b[^<>]*?\bsrc=)"file:[^"]*"/gi;
const RTF_PICTURE = /\{\\pict(?:\{[^{}]*(?:\{[^{}]*(?:\{[^{}]*\}[^{}]*)*\}[^{}]*)*\}|\\[a-z]+-?\d*\s?|\s)*?([0-9a-f\s]{64,})\}/gi;

// PNG and JPEG pictures of a text in RTF; what Word draws itself (metafiles) is not among them.
function picturesOf(rtf) {
  const found = [];
  for (const [whole, hex] of (rtf ?? "").matchAll(RTF_PICTURE)) {
    const kind = whole.includes("\\pngblip") ? "png" : whole.includes("\\jpegblip") ? "jpeg" : "";
    const digits = hex.replace(/\s+/g, "");
    if (!kind || digits.length % 2) continue;
    const bytes = Uint8Array.from({ length: digits.length / 2 }, (_, n) => parseInt(digits.substr(2 * n, 2), 16));
    found.push(new File([bytes], `picture.${kind}`, { type: `image/${kind}` }));
  }
  return found;
}

export function makeTools(root, changed) {
  const bar = root.querySelector("[data-tools]");
  const told = bar.querySelector("[data-told]");
  const file = bar.querySelector("[data-picture-file]");
  const words = root.dataset;
  const bank = words.bank;
  const pictureDialog = document.getElementById("picture-dialog");
  const formulaDialog = document.getElementById("formula-dialog");
  let current = null;
  let range = null;
  bar.hidden = false;
  document.execCommand("defaultParagraphSeparator", false, "p");
  document.execCommand("styleWithCSS", false, false);

  const say = (text) => { told.textContent = text; };
  const keep = () => {
    const selection = getSelection();
    if (current && selection.rangeCount && current.contains(selection.anchorNode)) range = selection.getRangeAt(0).cloneRange();
  };
  document.addEventListener("selectionchange", keep);
  const back = () => {
    if (!current?.isConnected) return false;
    current.focus();
    if (range && current.contains(range.startContainer)) {
      const selection = getSelection();
      selection.removeAllRanges();
      selection.addRange(range);
    } else {
      getSelection().selectAllChildren(current);
      getSelection().collapseToEnd();
    }
    return true;
  };
  const insert = (html) => {
    if (!back()) return;
    if (!/<(?:img|table|math)\b/.test(html)) {
      document.execCommand("insertHTML", false, html);
      return;
    }
    // Chromium writes the style of a picture or a table into its attributes, which the page does not allow
    const shell = document.createElement("template");
    shell.innerHTML = html;
    const last = shell.content.lastChild;
    const place = getSelection().getRangeAt(0);
    place.deleteContents();
    place.insertNode(shell.content);
    place.setStartAfter(last);
    place.collapse(true);
    getSelection().removeAllRanges();
    getSelection().addRange(place);
    current.dispatchEvent(new InputEvent("input", { bubbles: true }));
  };
  const insertText = (text) => {
    if (back()) document.execCommand("insertText", false, text);
  };

  async function post(address, body) {
    const response = await fetch(bank + address, { method: "POST", body, headers: { Accept: "application/json" } });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Error(answer.error ?? words.wordFailed);
    return answer;
  }

  async function upload(chosen) {
    const body = new FormData();
    body.append("file", chosen, chosen.name || "picture.png");
    return post("/items/pictures/upload", body);
  }

  // Word's HTML only names its pictures; the same clipboard holds them, in the same order, as RTF.
  async function withPictures(html, rtf) {
    const places = [...html.matchAll(NAMED_PICTURE)];
    const found = places.length ? picturesOf(rtf) : [];
    // one too few or too many, and a picture would stand in the wrong question
    if (found.length !== places.length) return html;
    const kept = [];
    for (const one of found) kept.push(await upload(one));
    let next = 0;
    return html.replace(NAMED_PICTURE, (_whole, before) => `${before}"${kept[next++].address}"`);
  }

  async function picture(chosen, text) {
    current = text ?? current;
    keep();
    say(words.wordWait);
    try {
      const kept = await upload(chosen);
      say("");
      const image = document.createElement("img");
      image.src = kept.address;
      image.alt = "";
      image.width = kept.width;
      image.height = kept.height;
      insert(image.outerHTML);
      const placed = [...current.querySelectorAll("img")].find((one) => one.getAttribute("src") === kept.address && !one.alt);
      if (placed) describe(placed, current);
    } catch (error) {
      say(error instanceof TypeError ? words.wordFailed : error.message);
    }
  }

  function describe(image, text) {
    const alt = pictureDialog.querySelector("#picture-alt");
    const width = pictureDialog.querySelector("#picture-width");
    alt.value = image.alt;
    width.value = image.getAttribute("width") ?? "";
    image.classList.add("is-picked");
    pictureDialog.returnValue = "";
    pictureDialog.onclose = () => {
      image.removeAttribute("class");
      if (pictureDialog.returnValue === "drop") image.remove();
      if (pictureDialog.returnValue === "ok") {
        image.alt = alt.value.trim();
        const before = Number(image.getAttribute("width"));
        const wanted = Math.round(Number(width.value));
        if (wanted > 0 && before > 0 && wanted !== before) {
          image.setAttribute("height", Math.max(1, Math.round((Number(image.getAttribute("height")) * wanted) / before)));
          image.setAttribute("width", wanted);
        }
      }
      text.dispatchEvent(new InputEvent("input", { bubbles: true }));
      text.focus();
    };
    pictureDialog.showModal();
    alt.focus();
  }

  async function paste(event, text) {
    current = text;
    const data = event.clipboardData;
    const html = data.getData("text/html");
    const plain = data.getData("text/plain");
    const image = [...data.files].find((one) => one.type.startsWith("image/"));
    event.preventDefault();
    if (image && !plain.trim()) return picture(image, text);
    if (!html || html.length > 1_400_000) {
      if (html) say(words.wordLarge);
      return insertText(plain);
    }
    keep();
    say(words.wordWait);
    const rtf = data.getData("text/rtf");
    try {
      const whole = await withPictures(html, rtf);
      const clean = await post("/items/paste", new URLSearchParams({ html: whole }));
      say(clean.lost ? words.wordLost.replace("{n}", clean.lost) : "");
      if (clean.html) insert(clean.html);
      else insertText(clean.text);
    } catch {
      say("");
      insertText(plain);
    }
  }

  function formula() {
    const latex = formulaDialog.querySelector("#formula-latex");
    keep();
    latex.value = range && current ? range.toString().replace(/^\\\(\s*|\s*\\\)$/g, "") : "";
    formulaDialog.returnValue = "";
    formulaDialog.onclose = () => {
      const written = latex.value.trim();
      if (formulaDialog.returnValue === "ok" && written) insertText(`\\( ${written} \\)`);
      else back();
    };
    formulaDialog.showModal();
    latex.focus();
  }
  formulaDialog.addEventListener("click", (event) => {
    const key = event.target.closest("[data-latex]");
    if (!key) return;
    const latex = formulaDialog.querySelector("#formula-latex");
    latex.setRangeText(key.dataset.latex, latex.selectionStart, latex.selectionEnd, "end");
    latex.focus();
  });

  const TABLE = `<table><tbody>${"<tr><td><br></td><td><br></td><td><br></td></tr>".repeat(3)}</tbody></table><br>`;
  // the selection stays where it is while a button is pressed
  bar.addEventListener("mousedown", (event) => { if (event.target.closest("button")) event.preventDefault(); });
  bar.addEventListener("click", (event) => {
    const tool = event.target.closest("[data-tool]")?.dataset.tool;
    if (!tool) return;
    current ??= root.querySelector(".rich-text");
    say("");
    if (tool === "formula") formula();
    else if (tool === "picture") file.click();
    else if (tool === "table") insert(TABLE);
    else if (back()) document.execCommand(tool);
    changed();
  });
  file.addEventListener("change", () => {
    if (file.files[0]) picture(file.files[0]);
    file.value = "";
  });

  return { attach: (text) => { current = text; }, paste, picture, describe };
}
