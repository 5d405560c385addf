// The live page: asks every two seconds, and only while somebody looks.
const PERIOD = 2000;
const NAMES = { micro_f1: "micro-F1", macro_f1: "macro-F1", example_f1: "example-F1", subset_accuracy: "subset accuracy", p_at_1: "P@1", p_at_3: "P@3", p_at_5: "P@5" };
const state = { form: "window_", shown: new Set(["micro-F1", "macro-F1", "example-F1", "P@1"]), latest: null, misses: 0 };
const spots = Object.fromEntries(["figures", "curves", "rates", "lag", "clusters", "events"].map((name) => [name, h("div")]));
const seconds = (value) => (value < 120 ? `${Number(value.toFixed(1))} s` : duration(value));
const charts = {};

function section(id, title, lead, ...kids) {
  $("#content").append(h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), lead ? h("p", {}, lead) : null, kids));
  $("#parts").append(h("a", { href: `#${id}` }, title));
}
function chart(name, spec) {
  if (!charts[name]) { charts[name] = lineChart(spec); spots[name].replaceChildren(charts[name].element); } else charts[name].update(spec);
}
function curveSpec({ curve, events }) {
  const xs = curve.instances ?? [];
  const series = Object.entries(NAMES).map(([metric, name], slot) => ({ name, slot, x: xs, y: curve[state.form + metric] ?? [] })).filter((one) => state.shown.has(one.name) && one.y.some(known));
  return { label: state.form ? "Scores of the window" : "Scores over all instances", x: "instances", series, lanes: lanesOf(events ?? []) };
}
function show(found) {
  $("#content").hidden = $("#parts").hidden = false;
  $("#title").textContent = found.title;
  document.title = `${found.title}, live`;
  $("#state").textContent = found.problem ? `${found.state}: ${found.problem}` : found.state;
  $("#state").dataset.well = String(!["failed", "waiting for the broker"].includes(found.state));
  $("#lead").textContent = known(found.share) ? `${percent(found.share)} of the stream.` : `${count(found.figures.instances)} instances so far.`;
  spots.figures.replaceChildren(figures(Object.entries(found.figures).map(([name, value]) => [name, Number.isInteger(value) ? count(value) : name.includes("F1") ? score(value) : short(value)])));
  if ((found.curve.instances ?? []).length) chart("curves", curveSpec(found)); else spots.curves.replaceChildren(absent("No score yet: the first comes after as many instances as lie between two points."));
  const { history } = found;
  const over = (name, column, text) => ({ label: text, x: "seconds", ticks: seconds, floor: 0, low: true, show: short, series: [{ name, slot: 0, x: history.seconds ?? [], y: history[column] ?? [] }] });
  chart("rates", over("instances a second", "rows_per_second", "Instances a second"));
  if (history.lag) chart("lag", over("records", "lag", "Records that wait")); else spots.lag.replaceChildren(absent("No lag: nothing waits to be read but the file itself."));
  const clusters = found.clusters ?? [];
  const most = Math.max(1, ...clusters.map((cluster) => cluster.labels));
  spots.clusters.replaceChildren(clusters.length ? tracks(clusters.map((cluster) => [cluster.number < 0 ? `${count(cluster.clusters)} more clusters` : `${cluster.number}: ${cluster.names.join(", ")}`, cluster.labels / most, plural(cluster.labels, "label")]))
    : absent(found.clusters ? "There are no labels yet." : "This learner does not group labels."));
  spots.events.replaceChildren(found.events?.length ? h("ul", { class: "events" }, found.events.map((event) => h("li", {}, h("span", { class: "at" }, count(event.instance)), h("span", {}, event.kind),
    h("div", {}, `${event.place}: ${event.cause}`, event.labels.length ? h("div", { class: "muted" }, event.labels.join(", ") + (event.n_labels > event.labels.length ? ` … ${count(event.n_labels)} in all` : "")) : null)))) : absent("Nothing happened so far."));
}
async function ask() {
  if (!document.hidden) {
    try {
      const answer = await fetch("live.json", { cache: "no-store" });
      const found = await answer.json();
      state.misses = 0;
      if (found.title) { state.latest = found; show(found); }
    } catch {
      state.misses += 1;
      if (state.misses > 1) { $("#state").textContent = "no answer: it ended, or cannot be reached"; $("#state").dataset.well = "false"; }
    }
  }
  setTimeout(ask, state.latest ? PERIOD : 500);
}
document.addEventListener("visibilitychange", () => { if (!document.hidden && state.latest) show(state.latest); });
themed($("#theme"));
const again = () => { if (state.latest) show(state.latest); };
$("#content").append(spots.figures);
section("curves", "Scores", null, h("div", { class: "controls" }, choices("Form", [["window_", "Windowed"], ["", "Cumulative"]], state.form, (form) => { state.form = form; again(); })), spots.curves,
  legend(Object.values(NAMES).map((name, slot) => ({ name, slot })), state.shown, again));
section("speed", "Speed", null, h("h3", {}, "Instances a second"), spots.rates, h("h3", {}, "Lag, records"), spots.lag);
section("clusters", "Clusters", null, spots.clusters);
section("events", "Events", null, spots.events);
$("#content").hidden = $("#parts").hidden = true; // until there is something to show
ask();
