// A report from its data: one section after the other; what there is nothing for is left out with a sentence why.
const data = JSON.parse($("#data").textContent);
const { runs, metrics, statistics, provenance } = data;
for (const run of runs) run.scores = Object.fromEntries(data.measured.map((metric, i) => [metric, run.scores[i]]));
const streams = [...new Set(runs.map((run) => run.stream))];
const learners = [...new Set(runs.map((run) => run.learner))];
const single = runs.length === 1;
const titleOf = (metric) => metrics[metric]?.title ?? metric;
const lower = (metric) => metrics[metric]?.lower ?? false;
const show = (metric) => (value) => (metrics[metric]?.unit ? short(value) : score(value));
const mean = (values) => { const found = values.filter(known); return found.length ? found.reduce((a, b) => a + b, 0) / found.length : null; };
const named = (run) => (run.seed !== null && runs.filter((other) => other.stream === run.stream && other.learner === run.learner).length > 1 ? `${run.learner}, seed ${run.seed}` : run.learner);
const at = (stream, learner) => runs.filter((run) => run.stream === stream && run.learner === learner);
// The best learners get the first colours, so that those shown at first differ.
const ranked = statistics.length ? Object.entries(statistics[0].ranks).sort((a, b) => a[1] - b[1]).map(([name]) => name) : [];
const slotOf = new Map([...new Set([...ranked, ...learners])].map((name, i) => [name, i]));
const measured = Object.keys(metrics).filter((metric) => runs.some((run) => known(run.scores[metric])));
const headline = measured.filter((metric) => metrics[metric].headline);

function section(id, title, lead, ...kids) {
  $("#content").append(h("section", { id, "aria-labelledby": `${id}-title` }, h("h2", { id: `${id}-title` }, title), lead ? h("p", {}, lead) : null, kids));
  $("#parts").append(h("a", { href: `#${id}` }, title));
}
const remarks = (list) => list.map((text) => h("p", { class: "absent" }, text));

// ---------------------------------------------------------------- one learner on one stream
function overview() {
  const [run] = runs;
  const cards = headline.filter((metric) => known(run.scores[metric])).slice(0, 5).map((metric) => {
    const best = bestBaseline(run, metric);
    return [titleOf(metric), show(metric)(run.scores[metric]), best ? `${show(metric)(best[1])} ${best[0]}` : null];
  });
  cards.push(["instances a second", count(run.costs.instances_per_second), `${duration(run.costs.wall_seconds)} in all`]);
  const baselines = Object.entries(run.baselines);
  const kinds = [["", run.scores], ...baselines];
  const beside = measured.filter((metric) => known(run.scores[metric]) && (!baselines.length || baselines.some(([, values]) => known(values[metric]))));
  const alone = measured.filter((metric) => known(run.scores[metric]) && !beside.includes(metric));
  const columns = [
    { title: "metric", value: titleOf, head: true },
    ...kinds.map(([name, values]) => ({ title: name ? data.baselines[name] ?? name : run.learner, number: true, value: (metric) => values[metric], show: (value, metric) => {
      const rivals = kinds.map(([, other]) => other[metric]).filter(known);
      const best = lower(metric) ? Math.min(...rivals) : Math.max(...rivals);
      return h("span", { class: known(value) && value === best && rivals.length > 1 ? "best" : null }, show(metric)(value));
    } })),
  ];
  section("scores", "Scores", baselines.length
    ? "Every instance was predicted, scored, then learned. Beside the learner stand trivial baselines that saw the same stream; the best value of a line is marked."
    : "Every instance was predicted, scored, then learned.",
  cards.length ? figures(cards) : null, remarks([...(run.cut ? [`The run was cut: ${run.cut}.`] : []), ...(run.error ? [`The run failed: ${run.error}`] : []), ...run.remarks]),
  beside.length ? table({ caption: "Over the whole stream", columns, rows: beside, most: 40, kind: "wide" }) : absent("No instance was scored, so there are no metrics."),
  alone.length ? [h("h3", {}, "Further metrics"), h("dl", { class: "list" }, alone.map((metric) => h("div", {}, h("dt", {}, titleOf(metric)), h("dd", {}, show(metric)(run.scores[metric])))))] : null);
}
function bestBaseline(run, metric) {
  const found = Object.entries(run.baselines).map(([name, values]) => [data.baselines[name] ?? name, values[metric]]).filter(([, value]) => known(value));
  return found.sort((a, b) => (lower(metric) ? a[1] - b[1] : b[1] - a[1]))[0];
}

// ---------------------------------------------------------------- many learners on many streams
function ranking() {
  const host = h("div");
  const choose = (metric) => {
    const found = statistics.find((one) => one.metric === metric);
    const pairs = found.pairs;
    host.replaceChildren(
      found.figure ? h("figure", {}, picture(found.figure, `Critical-difference diagram of ${titleOf(metric)}`), h("figcaption", {},
        `Mean ranks by ${titleOf(metric)} over ${plural(found.datasets, "stream")}; 1 is the best. A bar joins learners between which Nemenyi’s test finds no difference (α = ${found.alpha}).`)) : absent("There is no critical-difference diagram: it needs two learners and a stream on which all have a score."),
      ...found.sentences.map((text) => h("p", {}, text)),
      found.left_out.length ? absent(`Left out of the ranks, since a learner has no score there: ${found.left_out.join(", ")}.`) : "",
      pairs.length ? h("details", {}, h("summary", {}, `Every two learners: wins, tests (${plural(pairs.length, "pair")})`), table({ caption: `Pairs by ${titleOf(metric)}`, rows: pairs, most: 30, search: "Find a learner", columns: [
        { title: "first", value: (pair) => pair.first, head: true }, { title: "second", value: (pair) => pair.second },
        { title: "wins", value: (pair) => pair.wins, show: count, number: true }, { title: "ties", value: (pair) => pair.ties, show: count, number: true }, { title: "losses", value: (pair) => pair.losses, show: count, number: true },
        { title: "p", value: (pair) => pair.p_value, show: short, number: true, first: "ascending", hint: "Wilcoxon’s signed-rank test" },
        { title: "p, Holm", value: (pair) => pair.adjusted, show: short, number: true, first: "ascending", hint: "corrected for the number of pairs" },
        { title: "P(better)", value: (pair) => pair.better, show: (v) => fixed(v, 3), number: true, hint: "Bayesian signed-rank test" },
        { title: "P(alike)", value: (pair) => pair.alike, show: (v) => fixed(v, 3), number: true }, { title: "P(worse)", value: (pair) => pair.worse, show: (v) => fixed(v, 3), number: true },
      ] })) : "");
  };
  if (!statistics.length) {
    section("ranks", "Ranks", null, absent("No statistics were asked for, or there are too few learners and streams for any."));
    return;
  }
  const picker = statistics.length > 1 ? h("div", { class: "controls" }, selector("Metric", statistics.map((one) => [one.metric, titleOf(one.metric)]), statistics[0].metric, choose)) : null;
  section("ranks", "Ranks", "Who is better over all streams, and whether the difference could be chance.", picker, host);
  choose(statistics[0].metric);
}

function matrix() {
  const host = h("div");
  const noted = h("p", { class: "muted" });
  const choose = (metric) => {
    const sign = lower(metric) ? -1 : 1;
    const cells = new Map(streams.map((stream) => [stream, new Map(learners.map((learner) => [learner, { runs: at(stream, learner), value: mean(at(stream, learner).map((run) => run.scores[metric])) }]))]));
    const spans = new Map(streams.map((stream) => { const values = learners.map((learner) => cells.get(stream).get(learner).value).filter(known); return [stream, [Math.min(...values), Math.max(...values)]]; }));
    const digits = metrics[metric]?.unit ? short : (value) => (known(value) ? value.toFixed(learners.length > 9 ? 3 : 4).replace(/^0\./, ".") : "–");
    const cell = (value, stream, learner) => {
      const { runs: here } = cells.get(stream).get(learner);
      const [low, high] = spans.get(stream);
      const best = sign > 0 ? high : low;
      const share = high > low ? (sign * (value - (sign > 0 ? low : high))) / (high - low) : 0;
      const cut = here.find((run) => run.cut || run.error);
      const why = cut ? (cut.error ? `failed: ${cut.error}` : `cut after ${plural(cut.instances, "instance")}: ${cut.cut}`) : null;
      return h("span", { class: known(value) && value === best ? "best" : null, style: known(value) ? `--t:${share.toFixed(3)}` : null, title: why },
        known(value) ? digits(value) : here.length && cut ? "failed" : "–", cut && known(value) ? h("abbr", { title: why }, "†") : null);
    };
    const columns = [{ title: "stream", value: (stream) => stream, head: true }, ...learners.map((learner) => ({
      title: learner, number: true, hint: learner, first: sign > 0 ? "descending" : "ascending",
      value: (stream) => cells.get(stream).get(learner).value, show: (value, stream) => cell(value, stream, learner) }))];
    const whole = streams.filter((stream) => learners.every((learner) => known(cells.get(stream).get(learner).value)));
    const foot = whole.length && streams.length > 1 ? [[`mean over ${whole.length}`, ...learners.map((learner) => digits(mean(whole.map((stream) => cells.get(stream).get(learner).value))))]] : [];
    host.replaceChildren(table({ caption: `${titleOf(metric)}${lower(metric) ? " (less is better)" : ""}, ${plural(streams.length, "stream")} × ${plural(learners.length, "learner")}`,
      columns, rows: streams, most: 200, foot, kind: learners.length > 8 ? "matrix upright" : "matrix" }));
    const cuts = runs.filter((run) => run.cut || run.error).length;
    noted.textContent = [cuts ? `† ${plural(cuts, "run")} ended before the end of the stream; the value is over the rows that were seen.` : "",
      runs.some((run) => named(run) !== run.learner) ? "Values are means over seeds." : "", whole.length < streams.length && whole.length ? `The mean is over the ${plural(whole.length, "stream")} on which all have a score.` : ""].filter(Boolean).join(" ");
  };
  section("scores", "Scores", "The best of each stream is marked; the stronger the tint, the nearer to it.",
    h("div", { class: "controls" }, selector("Metric", measured.map((metric) => [metric, titleOf(metric)]), measured[0], choose)), host, noted);
  if (measured.length) choose(measured[0]); else host.append(absent("No run has a score."));
}

// ---------------------------------------------------------------- over the stream
function curves() {
  const some = runs.filter((run) => run.curve.instances?.length > 1);
  if (!some.length) {
    section("curves", "Over the stream", null, absent("There are no curves: no run had two points."));
    return;
  }
  const state = { stream: some[0].stream, metric: "", form: "window_", marks: null };
  const plain = [...new Set(some.flatMap((run) => Object.keys(run.curve)))].filter((name) => metrics[name]);
  const forms = [["window_", "Windowed"], ["", "Cumulative"], ["faded_", "Faded"]].filter(([form]) => plain.some((name) => some.some((run) => run.curve[form + name])));
  if (!forms.some(([form]) => form === state.form)) state.form = forms[0]?.[0] ?? "";
  state.metric = plain.includes("micro_f1") ? "micro_f1" : plain[0];
  const shown = new Set();
  const host = h("div");
  const data_ = h("div");
  const kinds = h("div");
  let chart;
  const here = () => some.filter((run) => run.stream === state.stream);
  const seriesOf = (run) => ({ name: named(run), x: run.curve.instances, y: run.curve[state.form + state.metric] ?? [], slot: slotOf.get(run.learner) + (named(run) === run.learner ? 0 : 8 * (at(run.stream, run.learner).indexOf(run) % 4)) });
  const spec = () => {
    const series = here().map(seriesOf);
    const marked = here().find((run) => named(run) === state.marks);
    return { label: `${titleOf(state.metric)} on ${state.stream}, ${forms.find(([form]) => form === state.form)?.[1].toLowerCase() ?? ""}`, x: "instances", show: show(state.metric),
      series: series.filter((one) => shown.has(one.name)), lanes: marked ? lanesOf(marked.events) : [] };
  };
  const update = () => { chart.update(spec()); data_.replaceChildren(asTable(spec())); };
  const renew = () => {
    const found = here();
    const sign = lower(state.metric) ? 1 : -1;
    const last = (run) => sign * (seriesOf(run).y.findLast(known) ?? -sign * Infinity);
    const best = found.slice().sort((a, b) => last(a) - last(b));
    shown.clear();
    best.slice(0, 6).forEach((run) => shown.add(named(run)));
    const eventful = found.filter((run) => lanesOf(run.events).some((lane) => lane.items.length));
    state.marks = eventful.length ? named(eventful[0]) : null;
    chart = lineChart(spec());
    kinds.replaceChildren(...(eventful.length && found.length > 1 ? [h("div", { class: "controls" }, selector("Marks of", eventful.map((run) => [named(run), named(run)]), state.marks, (value) => { state.marks = value; update(); }))] : []));
    host.replaceChildren(chart.element, found.length > 1 ? legend(found.map(seriesOf), shown, update) : "", found.length > 1 && found.length > shown.size ? h("p", { class: "muted" }, `The best ${shown.size} of ${found.length} are shown; a button above shows another.`) : "");
    data_.replaceChildren(asTable(spec()));
  };
  const first = runs[0];
  const lead = `How the score went on while the stream came in${first.window ? ` (windowed: the last ${count(first.window)} instances)` : ""}. Triangles are drift alarms, diamonds splits, inverted triangles merges of clusters.`;
  section("curves", "Over the stream", lead, h("div", { class: "controls" },
    streams.length > 1 ? selector("Stream", streams.filter((stream) => some.some((run) => run.stream === stream)).map((name) => [name, name]), state.stream, (value) => { state.stream = value; renew(); }) : null,
    selector("Metric", plain.map((name) => [name, titleOf(name)]), state.metric, (value) => { state.metric = value; update(); }),
    forms.length > 1 ? choices("Form", forms, state.form, (value) => { state.form = value; update(); }) : null), host, kinds,
  h("details", {}, h("summary", {}, "As a table"), data_));
  renew();
}
function asTable({ label, series, x, show: shown }) {
  const longest = series.reduce((a, b) => (b.x.length > a.length ? b.x : a), []);
  const step = Math.max(1, Math.ceil(longest.length / 24));
  const places = longest.filter((_, i) => i % step === step - 1 || i === longest.length - 1);
  return table({ caption: label, rows: places, columns: [{ title: x, value: (place) => place, show: count, head: true },
    ...series.map((one) => ({ title: one.name, number: true, value: (place) => one.y[one.x.indexOf(place)], show: shown }))] });
}

// ---------------------------------------------------------------- one run from inside
function inside() {
  const host = h("div");
  const state = { stream: runs[0].stream, run: 0 };
  const pick = h("div", { class: "controls" });
  const detailed = (run) => run.figures.hierarchy || run.label_scores.name?.length || run.figures.reliability;
  const renew = () => {
    const here = runs.filter((run) => run.stream === state.stream);
    const index = Math.max(0, here.findIndex((run) => named(run) === state.name));
    state.name = named(here[index]);
    if (!single) {
      pick.replaceChildren(...[streams.length > 1 ? selector("Stream", streams.map((name) => [name, name]), state.stream, (value) => { state.stream = value; renew(); }) : null,
        selector("Learner", here.map((run) => [named(run), named(run)]), state.name, (value) => { state.name = value; renew(); })].filter(Boolean));
    }
    host.replaceChildren(...details(here[index]));
  };
  const begin = runs.find((run) => run.figures.hierarchy) ?? runs.find(detailed) ?? runs[0];
  state.stream = begin.stream;
  state.name = named(begin);
  section("inside", single ? "Labels" : "One run from inside", "How labels were grouped, how that changed, how each label fared, and how far scores can be trusted.", single ? null : pick, host);
  renew();
}
function details(run) {
  const { figures: pictures } = run;
  const parts = [];
  if (!single) {
    parts.push(figures([["instances", count(run.instances)], ["labels", count(run.labels)], ...headline.slice(0, 2).map((metric) => [titleOf(metric), show(metric)(run.scores[metric])]), ["wall time", duration(run.costs.wall_seconds)]]),
      ...remarks([...(run.cut ? [`This run was cut after ${plural(run.instances, "instance")}: ${run.cut}.`] : []), ...(run.error ? [`This run failed: ${run.error}`] : []), ...run.remarks]));
  }
  parts.push(h("h3", {}, "The hierarchy of labels"));
  if (pictures.hierarchy) {
    parts.push(h("figure", {}, picture(pictures.hierarchy, "Hierarchy of labels"), h("figcaption", {}, "Clusters as the stream left them; the bar is how similar the labels of a cluster are.")));
    parts.push(h("h3", {}, "How it changed"));
    parts.push(pictures.river ? h("figure", {}, picture(pictures.river, "Clusters over the stream"), h("figcaption", {}, "From left to right the stream; an arm is a cluster, as high as it has labels. Where an arm parts, the cluster was split.")) : absent("It never changed: the labels stayed in one cluster."));
  } else parts.push(absent(run.omitted.figures ? "There was no room for the pictures of all runs; a report of fewer runs has them." : "This learner does not group labels, so there is no hierarchy to draw."));
  const changes = run.events.filter((event) => ["alarm", "split", "merge", "expert"].includes(event.kind));
  parts.push(changes.length ? h("details", {}, h("summary", {}, `What happened, in words (${plural(changes.length, "event")}${run.omitted?.events ? `, the latest of ${count(run.omitted.events)}` : ""})`), eventTable(changes)) : "");
  const pair = h("div", { class: "two" },
    h("div", {}, h("h3", {}, "Which labels hold together"), pictures.similarity ? h("figure", {}, picture(pictures.similarity, "Similarity of labels"), h("figcaption", {}, "Jaccard similarity of the most frequent labels; a frame is a cluster."))
      : absent("There is no map of similarity: this learner does not count which labels hold together.")),
    h("div", {}, h("h3", {}, "How far scores can be trusted"), pictures.reliability ? h("figure", {}, picture(pictures.reliability, "Reliability diagram"), h("figcaption", {}, "Of the best five labels of each instance: on the dashed line scores are honest probabilities; below it they are too sure. Grey bars count cells (logarithmic)."))
      : absent("There is no calibration plot: no score of a label was kept.")));
  parts.push(run.omitted.figures ? "" : pair, h("h3", {}, "Label by label"));
  const columns = run.label_scores;
  const rows = (columns.name ?? []).map((name, i) => Object.fromEntries(Object.entries(columns).map(([key, values]) => [key, values[i]])));
  if (!rows.length) parts.push(absent("Nothing was kept of single labels."));
  else {
    const all = [
      { title: "label", value: (row) => row.name, head: true },
      { title: "held in", value: (row) => row.rows, show: count, number: true, hint: "scored instances in which the label held" },
      { title: "share", value: (row) => (run.instances ? row.rows / run.instances : null), show: percent, number: true },
      { title: "F1", value: (row) => row.f1, show: (value) => h("span", { class: "meter", style: `--t:${value ?? 0}` }, fixed(value, 3)), number: true },
      { title: "precision", value: (row) => row.precision, show: (value) => fixed(value, 3), number: true },
      { title: "recall", value: (row) => row.recall, show: (value) => fixed(value, 3), number: true },
      rows.some((row) => known(row.threshold)) ? { title: "threshold", value: (row) => row.threshold, show: (value) => fixed(value, 3), number: true } : null,
      { title: "drift alarms", value: (row) => row.alarms, show: count, number: true },
    ].filter(Boolean);
    const more = run.labels > rows.length ? `the ${count(rows.length)} most frequent of ${count(run.labels)} labels` : plural(rows.length, "label");
    parts.push(table({ caption: `${more} of ${run.learner} on ${run.stream}`, rows, columns: all, sort: [1, "descending"], most: 20, kind: "wide", search: rows.length > 20 ? "Find a label" : "" }));
  }
  return parts;
}
function eventTable(events) {
  return table({ caption: "Alarms and changes", rows: events, most: 30, columns: [
    { title: "place", value: (event) => event.place, head: true }, { title: "instance", value: (event) => event.instance, show: count, number: true, first: "ascending" },
    { title: "kind", value: (event) => event.kind }, { title: "why", value: (event) => event.cause },
    { title: "labels", value: (event) => (event.labels ?? []).slice(0, 4).join(", ") + (event.n_labels > 4 ? ` … ${count(event.n_labels)} in all` : "") }] });
}

// ---------------------------------------------------------------- time and memory
function costs() {
  const kinds = [["wall_seconds", "wall time", duration], ["cpu_seconds", "CPU time", duration], ["model_cpu_seconds", "CPU time, learner alone", duration], ["instances_per_second", "instances a second", short], ["peak_rss_mb", "peak memory, MB", count], ["model_ram_hours", "RAM-hours", short]]
    .filter(([name]) => runs.some((run) => known(run.costs[name])));
  if (!kinds.length) {
    section("costs", "Time and memory", null, absent("What the runs cost was not measured."));
    return;
  }
  if (single) {
    const [run] = runs;
    const parts = Object.entries(run.seconds_by_part);
    const whole = parts.reduce((sum, [, seconds]) => sum + seconds, 0);
    section("costs", "Time and memory", "The whole evaluation in this process: reading, the learner, the baselines, scoring.", figures(kinds.map(([name, title, told]) => [title, told(run.costs[name])])),
      parts.length ? [h("h3", {}, "Where the time went"), tracks(parts.map(([name, seconds]) => [name, whole ? seconds / whole : 0, duration(seconds)]))] : absent("Where the time went was not measured."),
      run.curve.rss_mb?.length > 1 ? [h("h3", {}, "Resident memory over the stream, MB"), lineChart({ label: "Resident memory, MB", x: "instances", low: true, show: count, floor: 0, series: [{ name: "MB", x: run.curve.instances, y: run.curve.rss_mb, slot: 0 }] }).element] : null);
    return;
  }
  const metric = headline[0];
  const rows = learners.map((learner) => {
    const own = runs.filter((run) => run.learner === learner);
    const sum = (name) => { const found = own.map((run) => run.costs[name]).filter(known); return found.length ? found.reduce((a, b) => a + b, 0) : null; };
    const instances = own.reduce((total, run) => total + run.instances, 0);
    const wall = sum("wall_seconds");
    return { learner, n: own.length, cut: own.filter((run) => run.cut || run.error).length, instances, wall_seconds: wall, cpu_seconds: sum("cpu_seconds"), model_cpu_seconds: sum("model_cpu_seconds"), model_ram_hours: sum("model_ram_hours"),
      instances_per_second: wall ? instances / wall : null, micros: wall && instances ? (1e6 * wall) / instances : null,
      peak_rss_mb: Math.max(...own.map((run) => run.costs.peak_rss_mb).filter(known), -Infinity), score: mean(own.map((run) => run.scores[metric])) };
  });
  rows.forEach((row) => { if (!known(row.peak_rss_mb)) row.peak_rss_mb = null; });
  const dots = rows.filter((row) => known(row.micros) && known(row.score));
  section("costs", "Time and memory", "All streams together; memory is the largest of any run.",
    dots.length > 1 ? h("figure", {}, scatter(dots.map((row) => ({ name: row.learner, x: row.micros, y: row.score })), "microseconds an instance (logarithmic)", `mean ${titleOf(metric)}`), h("figcaption", {}, `Up is better, left is cheaper: mean ${titleOf(metric)} over its streams against the mean wall time of an instance.`)) : null,
    table({ caption: "What each learner cost", rows, kind: "wide", sort: [rows.some((row) => row.cut) ? 3 : 2, "ascending"], columns: [{ title: "learner", value: (row) => row.learner, head: true }, { title: "runs", value: (row) => row.n, show: count, number: true },
      ...(rows.some((row) => row.cut) ? [{ title: "cut", value: (row) => row.cut, show: count, number: true }] : []),
      { title: "µs an instance", value: (row) => row.micros, show: short, number: true, first: "ascending" }, ...kinds.map(([name, title, told]) => ({ title, value: (row) => row[name], show: told, number: true, first: name === "instances_per_second" ? "descending" : "ascending" }))] }));
}
function scatter(points, across, up) {
  const host = h("div", { class: "chart" });
  const draw = (width) => {
    const [left, right, top, foot] = [50, 16, 12, 44];
    const plot = Math.max(230, Math.min(380, width * 0.42));
    const logs = points.map((point) => Math.log10(point.x));
    const [from, to] = [Math.floor(Math.min(...logs)), Math.max(Math.ceil(Math.max(...logs)), Math.floor(Math.min(...logs)) + 1)];
    const [low, high, step] = span(points.map((point) => point.y));
    const px = (value) => left + ((width - left - right) * (Math.log10(value) - from)) / (to - from);
    const py = (value) => top + (plot * (high - value)) / (high - low);
    const made = [];
    for (let value = low; value <= high + step / 2; value += step) made.push(g("path", { class: "grid", d: `M${left} ${py(value).toFixed(1)}H${width - right}` }), g("text", { x: left - 8, y: py(value) + 4, "text-anchor": "end" }, value.toFixed(2)));
    for (let power = from; power <= to; power += 1) made.push(g("path", { class: "grid", d: `M${px(10 ** power).toFixed(1)} ${top}v${plot}` }), g("text", { x: px(10 ** power), y: top + plot + 18, "text-anchor": power === to ? "end" : "middle" }, count(10 ** power)));
    made.push(g("text", { x: (left + width - right) / 2, y: top + plot + 38, "text-anchor": "middle" }, across), g("text", { transform: `translate(11 ${top + plot / 2}) rotate(-90)`, "text-anchor": "middle" }, up));
    const taken = points.map((point) => [px(point.x) - 5, py(point.y) - 5, px(point.x) + 5, py(point.y) + 5]);
    const free = ([a, b, c, d]) => a > left && c < width && b > 0 && d < top + plot && taken.every(([w, x, y, z]) => c < w || a > y || d < x || b > z);
    for (const point of points.slice().sort((a, b) => b.y - a.y)) {
      const [x, y, slot] = [px(point.x), py(point.y), slotOf.get(point.name)];
      made.push(g("circle", { cx: x.toFixed(1), cy: y.toFixed(1), r: 5, fill: paint(slot).stroke }, g("title", {}, `${point.name}: ${short(point.x)} µs, ${score(point.y)}`)));
      const length = 6.6 * point.name.length;
      const place = [[x + 9, y + 4, "start"], [x - 9, y + 4, "end"], [x, y - 10, "middle"], [x, y + 19, "middle"], [x + 7, y - 8, "start"], [x - 7, y + 16, "end"]]
        .map(([a, b, anchor]) => ({ a, b, anchor, box: [anchor === "start" ? a : anchor === "end" ? a - length : a - length / 2, b - 11, anchor === "start" ? a + length : anchor === "end" ? a : a + length / 2, b + 2] }))
        .find(({ box }) => free(box));
      if (place) { taken.push(place.box); made.push(g("text", { class: "label", x: place.a.toFixed(1), y: place.b.toFixed(1), "text-anchor": place.anchor }, point.name)); }
    }
    const said = points.map((point) => `${point.name} ${short(point.x)} µs, ${score(point.y)}`).join("; ");
    host.replaceChildren(g("svg", { viewBox: `0 0 ${width} ${top + plot + foot}`, height: top + plot + foot, role: "img", "aria-label": `${up} against ${across}: ${said}` }, made));
  };
  let last = 0;
  new ResizeObserver(([entry]) => requestAnimationFrame(() => { const width = Math.floor(entry.contentRect.width); if (width && width !== last) { last = width; draw(width); } })).observe(host);
  return host;
}

// ---------------------------------------------------------------- what was run
function facts() {
  const pairs = [["command", provenance.command ? h("code", {}, provenance.command) : null], ["begun", provenance.started], ["seed", known(provenance.seed) ? String(provenance.seed) : null],
    ["machine", Object.entries(provenance.machine).map(([what, value]) => `${what} ${value}`).join(", ")], ["versions", Object.entries(provenance.versions).map(([what, value]) => `${what} ${value}`).join(", ")],
    ...Object.entries(provenance.options)].filter(([, value]) => value);
  section("run", "What was run", null, pairs.length ? h("dl", { class: "facts" }, pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, value)])) : absent("Nothing is known of how this was run."),
    provenance.sources.length ? table({ caption: "Data, with the digests of the files as they lie on the disk", rows: provenance.sources, most: 8, columns: [{ title: "stream", value: (one) => one.stream, head: true }, { title: "source", value: (one) => one.path },
      { title: "bytes", value: (one) => one.bytes, show: count, number: true }, { title: "SHA-256", value: (one) => one.sha256, show: (value) => (value ? h("code", {}, value) : "no file") }] }) : absent("The data were no files, so there are no digests of them."),
    ...data.omitted.map(absent), h("p", { class: "muted" }, "The pictures of this page lie beside it as files; the numbers are in this file as JSON, in the element “data”."));
}

themed($("#theme"));
if (single) overview(); else { ranking(); matrix(); }
curves();
inside();
costs();
facts();
const links = new Map([...document.querySelectorAll("#parts a")].map((link) => [link.hash.slice(1), link]));
const watcher = new IntersectionObserver((entries) => {
  for (const { isIntersecting, target } of entries) {
    if (isIntersecting) links.forEach((link, id) => (id === target.id ? link.setAttribute("aria-current", "true") : link.removeAttribute("aria-current")));
  }
}, { rootMargin: "-20% 0px -70% 0px" });
links.forEach((_, id) => watcher.observe(document.getElementById(id)));
