// What the script says stands in the page, so that it is translated like everything else.

const texts = new Map();

export function readWording(root = document) {
  for (const node of root.querySelectorAll("template[data-say]")) {
    texts.set(node.dataset.say, node.content.textContent);
  }
}

export function say(name, values = {}) {
  const text = texts.get(name);
  if (text === undefined) throw new Error(`no wording for ${name}`);
  return text.replace(/\{(\w+)\}/g, (whole, key) => (key in values ? String(values[key]) : whole));
}
