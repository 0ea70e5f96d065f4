// What opens below a customer: the probabilities so far, and the steps that make the present one.
const append = (box, ...children) => {
  box.append(...children);
  return box;
};

const bar = (type, start, length, vertical = false) => {
  const element = make("span", { class: `bar ${type}`, "aria-hidden": "true" });
  element.style.setProperty(vertical ? "block-size" : "inline-size", `${100 * length}%`);
  if (!vertical) element.style.setProperty("inset-inline-start", `${100 * start}%`);
  return element;
};

function drawHistory(customer) {
  const now = get("churn_probability", customer);
  const before = (history?.dates ?? []).map((date, place) => ({
    date, probability: history.probabilities[place][customer], type: history.same_model[place] ? "" : "pale",
  }));
  const box = make("section", {}, make("h3", {}, words.history.heading));
  const first = before.findIndex((one) => one.probability !== null);
  if (first < 0) return append(box, make("p", {}, words.history.nothing));
  const shown = [...before.slice(first), { date: island.as_of, probability: now, type: "last" }];
  const top = Math.max(...shown.map((one) => one.probability ?? 0));
  const items = shown.map(({ date, probability, type }, place) => {
    const [year, day] = [date.slice(0, 4), date.slice(5)];
    const known = probability !== null;
    const plainYear = type !== "last" && shown[place - 1]?.date.startsWith(year);
    return make("li", {},
      make("time", { datetime: date, dir: "ltr" }, day, make("span", { class: plainYear ? "unseen" : "year" }, year)),
      make("span", { class: "column" },
        known ? figure(share(probability)) : make("span", { class: "unseen" }, words.history.not_scored),
        known ? bar(type, 0, 0.8 * probability / top, true) : null));
  });
  const hints = [words.history.this_list, shown.some((one) => one.type === "pale") ? words.history.other_model : ""];
  return append(box, make("ol", { class: "history" }, ...items), make("p", { class: "hint" }, hints.join(" ")));
}

// The steps as told by the data, with the last one from all others to the churn probability.
function stepsOf(customer) {
  const [start, ...parts] = waterfall.steps[customer];
  const end = get("churn_probability", customer);
  const said = new Map(reasonsOf(customer).map((reason) => [reason.code, reason.text]));
  const steps = [];
  let before = start;
  for (let place = 0; place < parts.length; place += 2) {
    const [code, after] = [parts[place], parts[place + 1]];
    steps.push({
      label: waterfall.labels[code], background: waterfall.background[code], before, after,
      text: after > before ? said.get(waterfall.codes[code]) : undefined,
    });
    before = after;
  }
  steps.push({ label: words.waterfall.rest, rest: true, before, after: end });
  return { start, end, steps };
}

function drawWaterfall(customer) {
  const { start, end, steps } = stepsOf(customer);
  const text = words.waterfall;
  const top = Math.max(start, ...steps.map((step) => step.after));
  const cell = (type, ...children) => make("td", { role: "cell", class: type }, ...children);
  const row = (type, label, track, adds, then) => make("tr", { role: "row", class: type },
    make("th", { scope: "row", role: "rowheader" }, ...label), cell("track", make("span", { class: "rail" }, track)),
    cell("number", adds), cell("number", figure(share(then))));
  const rows = steps.map((step) => {
    const points = 100 * (step.after - step.before);
    const kind = step.rest ? "rest" : step.background ? "background" : points > 0 ? "up" : "down";
    return row(step.background ? "background" : "", [
      make("span", { class: "label" }, step.label),
      step.background ? make("span", { class: "mark" }, text.background) : null,
      step.text ? make("span", { class: "hint" }, apart(step.text)) : null,
    ], bar(kind, Math.min(step.before, step.after) / top, Math.abs(step.after - step.before) / top),
    fill(words.points, { number: (points > 0 ? "+" : "") + number(points, 1) }), step.after);
  });
  const heads = [text.what, "", text.adds, text.then].map((head) =>
    (head ? make("th", { scope: "col", role: "columnheader" }, head) : cell("")));
  const table = make("table", { class: "waterfall", role: "table" },
    make("thead", { role: "rowgroup" }, make("tr", { role: "row" }, ...heads)),
    make("tbody", { role: "rowgroup" },
      row("", [text.start], bar("plain", 0, start / top), "", start), ...rows,
      row("result", [text.result], bar("last", 0, end / top), "", end)));
  return make("section", { class: "makes" }, make("h3", {}, text.heading), table,
    steps.some((step) => step.background) ? make("p", { class: "hint" }, text.note) : null);
}

// Six lines for the caller, in the order of outreach/briefs.py.
function drawBrief(customer) {
  const names = ["who", "changed", "open", "wrote", "tried", "do"];
  const lines = briefs[customer].flatMap((line, place) =>
    [make("dt", {}, words.brief[names[place]]), make("dd", {}, apart(line))]);
  return make("section", { class: "brief" }, make("h3", {}, words.brief.heading), make("dl", {}, ...lines));
}

// Passthrough columns: e-mail, phone, a link into the CRM. Anything else, such as javascript:, stays text.
const EMAIL = /^[\w.+-]+@[\w-]+(\.[\w-]+)+$/;
const PHONE = /^\+?\d[\d ()/.-]{5,20}$/;
function addressOf(text) {
  if (/^https:\/\//.test(text)) return text;
  if (EMAIL.test(text)) return `mailto:${text}`;
  return PHONE.test(text) && !/^\d{4}-\d\d-\d\d$/.test(text) ? `tel:${text.replace(/[^\d+]/g, "")}` : null;
}

function drawPassed(customer) {
  const lines = passed.rows[customer].flatMap((text, place) => (text ? [make("dt", {}, passed.names[place]),
    make("dd", {}, addressOf(text) ? make("a", { href: addressOf(text), rel: "noreferrer" }, apart(text)) : apart(text))] : []));
  return lines.length ? make("section", { class: "brief" }, make("dl", {}, ...lines)) : null;
}

// Everything that a row has no room for on a wide screen.
function drawDrivers(customer) {
  const profile = ["segment", "country", "language"].map((part) => get(part, customer)).filter(Boolean).join(" · ");
  const reason = moved?.levels[moved.places[customer]];
  return make("section", { class: "drivers" }, make("h3", {}, words.columns.why),
    make("ol", {}, ...reasonsOf(customer).map(({ text }) => make("li", {}, apart(text)))),
    reason === undefined ? null : make("p", { class: "hint" }, fill(words.moved, { reason })),
    make("p", {}, make("strong", {}, words.columns.action), " ", apart(get("recommended_action", customer) ?? ""),
      " ", make("span", { class: "hint" }, apart(get("channel", customer) ?? ""))),
    profile ? make("p", { class: "hint" }, apart(profile)) : null);
}

const drawDetails = (customer) =>
  make("div", { class: "inside" }, drawDrivers(customer), passed ? drawPassed(customer) : null, briefs ? drawBrief(customer) : null, waterfall ? drawWaterfall(customer) : null, drawHistory(customer));
