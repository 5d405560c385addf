// Tables that sort by buttons; long ones begin short, and can be searched.
// columns: { title, value(row), show(value, row), number, head, hint, first: "ascending" | "descending" }
function table({ caption, columns, rows, sort = null, most = 100, search = "", foot = [], kind = "" }) {
  const body = h("tbody");
  const made = new Map();
  let order = rows.slice();
  let all = rows.length <= most;
  let sorted = sort;
  let wanted = "";
  const cell = (column, row) => {
    const value = column.value(row);
    const shown = column.show ? column.show(value, row) : value;
    if (column.head) return h("th", { scope: "row" }, shown);
    return h("td", { class: column.number ? "number" : null }, shown ?? "–");
  };
  const line = (row) => {
    if (!made.has(row)) made.set(row, h("tr", {}, columns.map((column) => cell(column, row))));
    return made.get(row);
  };
  const heads = columns.map((column, i) => h("th", { scope: "col", class: column.number ? "number" : null, title: column.hint },
    h("button", { type: "button", class: "sort", onclick: () => {
      const first = column.first ?? (column.number ? "descending" : "ascending");
      const other = first === "ascending" ? "descending" : "ascending";
      sorted = [i, sorted && sorted[0] === i && sorted[1] === first ? other : first];
      arrange();
    } }, column.title)));
  const more = h("button", { type: "button", class: "button noprint", onclick: () => { all = true; arrange(); } });
  const told = h("p", { class: "muted", "aria-live": "polite" });
  function arrange() {
    heads.forEach((head, i) => (sorted && sorted[0] === i ? head.setAttribute("aria-sort", sorted[1]) : head.removeAttribute("aria-sort")));
    order = rows.slice();
    if (sorted) {
      const { value } = columns[sorted[0]];
      const sign = sorted[1] === "ascending" ? 1 : -1;
      const missing = (v) => v === null || v === undefined || v === "" || Number.isNaN(v);
      order.sort((a, b) => {
        const [x, y] = [value(a), value(b)];
        if (missing(x) || missing(y)) return missing(x) - missing(y);
        return sign * (typeof x === "string" ? x.localeCompare(y, "en", { numeric: true }) : x - y);
      });
    }
    const fits = wanted ? order.filter((row) => String(columns[0].value(row)).toLowerCase().includes(wanted)) : order;
    const shown = all || wanted ? fits.slice(0, Math.max(most, all ? fits.length : 0)) : fits.slice(0, most);
    body.replaceChildren(...shown.map(line));
    more.hidden = all || wanted !== "";
    more.textContent = `Show all ${count(rows.length)} rows`;
    told.textContent = wanted ? `${plural(fits.length, "row")} with “${wanted}”` : "";
  }
  arrange();
  const box = h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { class: kind || null }, h("caption", {}, h("span", {}, caption)), h("thead", {}, h("tr", {}, heads)), body,
      foot.length ? h("tfoot", {}, foot.map((cells) => h("tr", {}, cells.map((text, i) => (i ? h("td", { class: "number" }, text) : h("th", { scope: "row" }, text)))))) : null));
  const finder = search ? h("div", { class: "controls" }, h("label", {}, search,
    h("input", { type: "search", oninput: (event) => { wanted = event.target.value.trim().toLowerCase(); arrange(); } })), told) : null;
  return h("div", {}, finder, sideways(box, $("table", box)), rows.length > most ? more : null);
}
