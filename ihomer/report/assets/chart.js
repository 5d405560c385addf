// Line charts over the stream, with lanes of marks below; drawn anew at every width. Arrow keys move the cursor.
const DASHES = ["", "7 4", "2 4", "9 3 2 3"];
const paint = (slot) => ({ stroke: `var(--series-${1 + (slot % 8)})`, "stroke-dasharray": DASHES[Math.floor(slot / 8) % DASHES.length] });

function niceStep(room, n) {
  const power = 10 ** Math.floor(Math.log10(room / n));
  return [1, 2, 5, 10].map((digit) => digit * power).find((step) => step * n >= room * (1 - 1e-9));
}
function span(values, floor) {
  const found = values.filter(known);
  let [low, high] = found.length ? [Math.min(...found), Math.max(...found)] : [0, 1];
  if (floor !== undefined) low = Math.min(low, floor);
  const room = Math.max(high - low, Math.abs(high) * 0.02);
  const step = room ? niceStep(room, 5) : 1;
  low = Math.floor(low / step + 1e-9) * step;
  high = Math.max(Math.ceil(high / step - 1e-9) * step, low + step);
  return [low, high, step];
}
const bounds = (lists) => {
  let [low, high] = [Infinity, -Infinity];
  for (const list of lists) for (const value of list) if (known(value)) { low = Math.min(low, value); high = Math.max(high, value); }
  return low <= high ? [low, high] : [];
};

// spec: { label, x, series: [{ name, x, y, slot }], lanes: [{ name, kind, items: [{ at, text }] }], show, floor, ticks, low }
function lineChart(spec) {
  const host = h("div", { class: "chart" });
  const said = h("div", { class: "hidden", "aria-live": "polite" });
  const tip = h("div", { class: "tip", hidden: true });
  let now = spec;
  let width = 0;
  let move = () => {};
  const show = () => now.show ?? score;
  function draw() {
    const { series, lanes = [] } = now;
    const used = lanes.filter((lane) => lane.items.length);
    const beside = width > 760 && series.length > 1 && series.length <= 12;
    const left = used.length ? 62 : 46;
    const right = beside ? 150 : 14;
    const plot = now.low ? 140 : Math.max(190, Math.min(360, width * 0.4));
    const [top, foot, lane] = [10, 28, 24];
    const height = top + plot + foot + used.length * lane;
    const [low, high, step] = span(bounds(series.map((one) => one.y)), now.floor);
    const ends = bounds([...series.map((one) => one.x), ...used.map((one) => one.items.map((item) => item.at))]);
    const [begin, end] = [Math.min(now.ticks ? ends[0] ?? 0 : 0, ends[0] ?? 0), Math.max(ends[1] ?? 1, 1e-9)];
    const px = (value) => left + ((width - left - right) * (value - begin)) / (end - begin || 1);
    const py = (value) => top + (plot * (high - value)) / (high - low);
    const inside = [];
    const digits = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (let value = low; value <= high + step / 2; value += step) {
      const y = py(value).toFixed(1);
      inside.push(g("path", { class: "grid", d: `M${left} ${y}H${width - right}` }),
        g("text", { x: left - 8, y: Number(y) + 4, "text-anchor": "end" }, high >= 1000 ? count(value) : value.toFixed(digits)));
    }
    const tick = niceStep(end - begin, Math.max(2, Math.floor(width / 130)));
    for (let value = Math.ceil(begin / tick) * tick; value <= end + tick * 1e-6; value += tick) {
      const x = px(value);
      inside.push(g("path", { class: "axis", d: `M${x.toFixed(1)} ${top + plot}v5`, stroke: "currentColor" }),
        g("text", { x: x.toFixed(1), y: top + plot + 19, "text-anchor": x > width - 34 ? "end" : "middle" }, now.ticks ? now.ticks(value) : count(value)));
    }
    for (const one of used.filter((lane) => lane.kind === "alarm")) {
      for (const item of one.items) inside.push(g("path", { class: "drop", d: `M${px(item.at).toFixed(1)} ${top}v${plot}` }));
    }
    for (const one of series) {
      let [d, pen] = ["", "M"];
      let dots = 0;
      one.y.forEach((y, i) => {
        if (!known(y)) { pen = "M"; return; }
        d += `${pen}${px(one.x[i]).toFixed(1)} ${py(y).toFixed(1)}${pen === "M" ? "h.01" : ""}`; // a point alone is a dot
        pen = "L";
        dots += 1;
      });
      inside.push(g("path", { class: dots === 1 ? "line dot" : series.length > 8 ? "line faint" : "line", ...paint(one.slot), d }));
    }
    if (beside) inside.push(...labels(series, py, width - right, top, plot));
    used.forEach((one, i) => {
      const y = top + plot + foot + lane * i + 10;
      inside.push(g("rect", { class: "lane", x: left, y: y - 8, width: width - left - right, height: 16, rx: 4 }),
        g("text", { x: left - 8, y: y + 4, "text-anchor": "end" }, one.name));
      for (const item of grouped(one.items, px)) inside.push(mark(one.kind, item.x, y, item));
    });
    const cursor = g("path", { class: "cursor", d: "" });
    const chart = g("svg", { viewBox: `0 0 ${width} ${height.toFixed(0)}`, height: height.toFixed(0), role: "img", tabindex: "0", "aria-label": described() }, inside, cursor);
    const xs = [...new Set(series.flatMap((one) => Array.from(one.x)))].sort((a, b) => a - b);
    let at = -1;
    move = (i) => {
      at = Math.max(-1, Math.min(xs.length - 1, i));
      tip.hidden = at < 0;
      cursor.setAttribute("d", at < 0 ? "" : `M${px(xs[at]).toFixed(1)} ${top}V${top + plot}`);
      if (at < 0) return;
      const rows = series.map((one) => [one.name, one.y[one.x.indexOf(xs[at])]]).filter(([, y]) => known(y)).sort((a, b) => b[1] - a[1]);
      tip.replaceChildren(h("p", { class: "muted" }, now.ticks ? now.ticks(xs[at]) : `${count(xs[at])} ${now.x}`),
        ...rows.slice(0, 12).map(([name, y]) => h("div", {}, h("span", {}, name), h("b", {}, show()(y)))));
      const x = px(xs[at]);
      tip.style.top = "12px";
      tip.style.left = x < width / 2 ? `${x + 12}px` : "auto";
      tip.style.right = x < width / 2 ? "auto" : `${width - x + 12}px`;
    };
    const nearest = (value) => {
      let [low, high] = [0, xs.length - 1];
      while (high - low > 1) { const mid = (low + high) >> 1; if (xs[mid] < value) low = mid; else high = mid; }
      return high < 0 ? -1 : value - xs[low] < xs[high] - value ? low : high;
    };
    chart.addEventListener("pointermove", (event) => {
      const box = chart.getBoundingClientRect();
      const x = event.clientX - box.left;
      const over = event.clientY - box.top < top + plot + 4 && x >= left - 6 && x <= width - right + 6;
      move(over ? nearest(begin + ((x - left) / (width - left - right)) * (end - begin)) : -1);
    });
    chart.addEventListener("pointerleave", () => move(-1));
    chart.addEventListener("blur", () => move(-1));
    chart.addEventListener("keydown", (event) => {
      const to = { ArrowRight: at + 1, ArrowLeft: at < 0 ? xs.length - 1 : Math.max(0, at - 1), Home: 0, End: xs.length - 1, Escape: -1 }[event.key];
      if (to === undefined) return;
      event.preventDefault();
      move(to);
      said.textContent = tip.hidden ? "" : Array.from(tip.children, (line) => line.textContent).join("; ");
    });
    host.replaceChildren(chart, tip, said);
  }
  function described() {
    const last = now.series.map((one) => `${one.name} ${show()(one.y.findLast(known))}`).join(", ");
    const marks = (now.lanes ?? []).filter((lane) => lane.items.length).map((lane) => `${lane.items.length} ${lane.name}`).join(", ");
    return `${now.label}. Last values: ${last || "none"}.${marks ? ` Marks: ${marks}.` : ""} Arrow keys move along the stream.`;
  }
  // Later: drawing changes what is watched.
  new ResizeObserver(([entry]) => requestAnimationFrame(() => {
    const next = Math.floor(entry.contentRect.width);
    if (next && next !== width) { width = next; draw(); }
  })).observe(host);
  return { element: host, update: (next) => { now = next; if (width) draw(); } };
}

function labels(series, py, x, top, plot) {
  const ends = series.map((one) => ({ one, y: py(one.y.findLast(known) ?? NaN) })).filter((end) => known(end.y)).sort((a, b) => a.y - b.y);
  const gap = 15;
  ends.forEach((end, i) => { end.at = Math.max(end.y, i ? ends[i - 1].at + gap : top); });
  for (let i = ends.length - 1, floor = top + plot + 4; i >= 0; i -= 1, floor -= gap) ends[i].at = Math.min(ends[i].at, floor);
  return ends.map(({ one, y, at }) => [
    g("path", { class: "line faint", ...paint(one.slot), "stroke-dasharray": "", opacity: 0.7, d: `M${x + 2} ${y.toFixed(1)}L${x + 12} ${at.toFixed(1)}` }),
    g("text", { class: "label", x: x + 16, y: at + 4 }, one.name.length > 19 ? `${one.name.slice(0, 18)}…` : one.name),
  ]).flat();
}

function grouped(items, px) {
  const groups = [];
  for (const item of items.slice().sort((a, b) => a.at - b.at)) {
    const x = px(item.at);
    const last = groups.at(-1);
    if (last && x - last.x < 9) { last.n += 1; if (last.texts.length < 8) last.texts.push(item.text); } else groups.push({ x, n: 1, texts: [item.text] });
  }
  return groups;
}
function mark(kind, x, y, { n, texts }) {
  const size = 4 + Math.min(2.5, Math.log2(n) / 2);
  const hint = g("title", {}, texts.join("\n") + (n > texts.length ? `\n… ${count(n - texts.length)} more` : ""));
  const around = (points) => g("polygon", { class: kind, points: points.map(([a, b]) => `${(x + size * a).toFixed(1)},${(y + size * b).toFixed(1)}`).join(" ") }, hint);
  if (kind === "alarm") return around([[0, -1.2], [1, 0.9], [-1, 0.9]]);
  if (kind === "split") return around([[0, -1.2], [1.2, 0], [0, 1.2], [-1.2, 0]]);
  if (kind === "merge") return around([[-1, -0.9], [1, -0.9], [0, 1.2]]);
  if (kind === "expert") return around([[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]]);
  return g("circle", { class: kind, cx: x.toFixed(1), cy: y, r: size * 0.9 }, hint);
}

const LANES = [["alarms", "alarm", ["alarm"]], ["splits", "split", ["split"]], ["merges", "merge", ["merge"]], ["experts", "expert", ["expert", "learner", "space"]],
  ["labels", "other", ["birth", "retired", "returned", "expired"]]];
function lanesOf(events) {
  return LANES.map(([name, kind, kinds]) => ({ name, kind, items: events.filter((event) => kinds.includes(event.kind)).map((event) =>
    ({ at: event.instance, text: `${count(event.instance)}: ${event.kind}, ${event.place}: ${event.cause}` })) }));
}
function legend(series, shown, act) {
  return h("ul", { class: "legend", "aria-label": "Curves" }, series.map(({ name, slot }) => h("li", {}, h("button", { type: "button", "aria-pressed": String(shown.has(name)), onclick: (event) => {
    if (shown.has(name)) shown.delete(name); else shown.add(name);
    event.currentTarget.setAttribute("aria-pressed", String(shown.has(name)));
    act();
  } }, g("svg", { viewBox: "0 0 22 10", "aria-hidden": "true" }, g("path", { d: "M1 5h20", fill: "none", "stroke-width": 2.5, ...paint(slot) })), name))));
}
