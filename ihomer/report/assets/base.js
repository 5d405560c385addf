// Elements, numbers, and the few parts that every page has. Text is only ever set as text.
const LEAST = 0.72; // of the width of a picture
const SVG = "http://www.w3.org/2000/svg";
const $ = (selector, root = document) => root.querySelector(selector);

function filled(element, props, kids) {
  for (const [key, value] of Object.entries(props ?? {})) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : value);
  }
  element.append(...kids.flat(3).filter((kid) => kid !== null && kid !== undefined && kid !== false));
  return element;
}
const h = (tag, props, ...kids) => filled(document.createElement(tag), props, kids);
const g = (tag, props, ...kids) => filled(document.createElementNS(SVG, tag), props, kids);

const known = (value) => value !== null && value !== undefined && Number.isFinite(value);
const count = (value) => (known(value) ? Math.round(value).toLocaleString("en") : "–");
const fixed = (value, digits) => (known(value) ? value.toFixed(digits) : "–");
const score = (value) => fixed(value, 4);
const percent = (value) => (known(value) ? `${(100 * value).toFixed(1)}%` : "–");
function short(value) { // three digits that count
  if (!known(value)) return "–";
  const size = Math.abs(value);
  if (size >= 100) return count(value);
  if (size === 0) return "0";
  return size >= 0.001 ? value.toFixed(size >= 10 ? 1 : size >= 1 ? 2 : size >= 0.1 ? 3 : 4) : value.toExponential(1);
}
function duration(seconds) {
  if (!known(seconds)) return "–";
  if (seconds < 1) return `${short(1000 * seconds)} ms`;
  if (seconds < 120) return `${short(seconds)} s`;
  return seconds < 7200 ? `${(seconds / 60).toFixed(1)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
const plural = (n, one, many = `${one}s`) => `${count(n)} ${n === 1 ? one : many}`;

function themed(button) {
  const root = document.documentElement;
  const kinds = ["auto", "light", "dark"];
  let kind = "auto";
  try { kind = localStorage.getItem("ihomer-theme") ?? "auto"; } catch { /* a file may have no store */ }
  const show = () => {
    if (kind === "auto") root.removeAttribute("data-theme"); else root.setAttribute("data-theme", kind);
    button.textContent = `Theme: ${kind}`;
  };
  button.addEventListener("click", () => {
    kind = kinds[(kinds.indexOf(kind) + 1) % kinds.length];
    try { localStorage.setItem("ihomer-theme", kind); } catch { /* as above */ }
    show();
  });
  show();
}

// A box that may be wider than the page scrolls by itself, and says so: in words, and by fading where there is more.
function sideways(box, inner) {
  const hint = h("p", { class: "sideways noprint", hidden: true }, "Wider than the page: scroll it sideways →");
  const look = () => {
    const more = box.scrollWidth - box.clientWidth;
    hint.hidden = more < 2;
    box.toggleAttribute("data-more", more - box.scrollLeft > 1);
  };
  const watcher = new ResizeObserver(() => requestAnimationFrame(look)); // later: looking may change what is watched
  watcher.observe(box);
  watcher.observe(inner);
  box.addEventListener("scroll", look, { passive: true });
  return [box, hint];
}

// A picture that came as SVG text. Its styles stay its own: it stands in a shadow tree.
function picture(text, label) {
  const parsed = new DOMParser().parseFromString(text, "image/svg+xml").documentElement;
  if (parsed.nodeName !== "svg") return h("p", { class: "absent" }, "This picture could not be drawn.");
  const host = h("div", { class: "picture", tabindex: "0", role: "group", "aria-label": label });
  const drawn = document.importNode(parsed, true);
  // It shrinks to the page as long as its words can be read; beyond that it scrolls.
  drawn.style.cssText = `max-width: 100%; height: auto; min-width: ${Math.round(LEAST * parseFloat(drawn.getAttribute("width")))}px`;
  host.attachShadow({ mode: "open" }).append(drawn);
  return sideways(host, drawn);
}

function choices(label, options, chosen, act) {
  const group = h("span", { class: "choices", role: "group", "aria-label": label });
  for (const [value, text] of options) {
    group.append(h("button", { type: "button", "aria-pressed": String(value === chosen), onclick: (event) => {
      for (const other of group.children) other.setAttribute("aria-pressed", String(other === event.currentTarget));
      act(value);
    } }, text));
  }
  return h("fieldset", {}, h("legend", {}, label), group);
}
function selector(label, options, chosen, act) {
  const select = h("select", { onchange: (event) => act(event.target.value) },
    options.map(([value, text]) => h("option", { value, selected: value === chosen }, text)));
  return h("label", {}, label, select);
}
const figures = (pairs) => h("dl", { class: "figures" }, pairs.map(([name, value, note]) =>
  h("div", {}, h("dt", {}, name), h("dd", {}, value, note ? h("small", {}, note) : null))));
const absent = (why) => h("p", { class: "absent" }, why);
function tracks(rows) { // [name, share, text]
  return h("div", { class: "track" }, rows.map(([name, share, text]) =>
    [h("span", {}, name), h("i", { style: `--t:${Math.max(0, Math.min(1, share)).toFixed(4)}`, "aria-hidden": "true" }), h("b", {}, text)]));
}
