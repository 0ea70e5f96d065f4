// The columns of the list: what is sorted by, which direction is the most telling first, and what is shown.
const nameOf = (customer) => get("name", customer) ?? get("customer_id", customer);
const tierOf = (customer) => get("risk_tier", customer);

function reasonsOf(customer) {
  const [texts, codes] = reasons.of[customer];
  return texts
    .map((text, place) => ({ text: reasons.texts[text], code: reasons.codes[codes[place]] }))
    .filter((reason) => reason.text !== undefined);
}

function customerCell(customer) {
  const [name, id] = [get("name", customer), get("customer_id", customer)];
  const profile = ["segment", "country", "language"].map((part) => get(part, customer)).filter(Boolean).join(" · ");
  const button = make("button", { type: "button", class: "open", "aria-expanded": "false" }, words.details);
  button.setAttribute("aria-label", fill(words.details_of, { customer: name ?? id }));
  return [
    name === null ? null : make("strong", {}, apart(name)),
    make("span", { class: "id" }, apart(id)),
    profile ? make("span", { class: "profile" }, apart(profile)) : null,
    button,
  ];
}

function statusCell(customer) {
  const before = get("previous_probability", customer);
  const reason = moved?.levels[moved.places[customer]];
  return [
    make("span", { class: "status" }, words.statuses[get("status_vs_last", customer)]),
    before === null ? null : make("span", { class: "was" }, fill(words.was, { percent: share(before) })),
    reason === undefined ? null : make("span", { class: "moved" }, fill(words.moved, { reason })),
  ];
}

const whyCell = (customer) =>
  [make("ol", {}, ...reasonsOf(customer).map((reason) => make("li", {}, apart(reason.text))))];

const actionCell = (customer) => [
  make("span", { dir: "auto" }, get("recommended_action", customer) ?? ""),
  make("span", { class: "channel" }, apart(get("channel", customer) ?? "")),
];

const riskCell = (customer) => [
  figure(money(get("value_at_risk", customer))),
  make("span", { class: `tier ${tierOf(customer)}` }, words.tiers[tierOf(customer)]),
];

const ofNumber = (name, write) => (customer) => {
  const value = get(name, customer);
  return value === null ? [] : [figure(write(value))];
};
const ofText = (name) => (customer) => (get(name, customer) === null ? [] : [apart(get(name, customer))]);

const COLUMNS = [
  { key: "rank", value: (customer) => customer, cells: (customer) => [figure(number(customer + 1))], type: "number rank" },
  { key: "customer", value: nameOf, cells: customerCell, type: "customer" },
  { key: "owner", value: (customer) => get("owner", customer), cells: ofText("owner") },
  { key: "churn", from: "churn_probability", cells: ofNumber("churn_probability", share), falling: true },
  { key: "value_at_risk", from: "value_at_risk", cells: riskCell, falling: true },
  { key: "net_value", from: "expected_net_value", cells: ofNumber("expected_net_value", money), falling: true },
  { key: "why", value: (customer) => reasonsOf(customer)[0]?.text ?? null, cells: whyCell, type: "wide" },
  { key: "action", value: (customer) => get("recommended_action", customer), cells: actionCell, type: "wide" },
  { key: "status", value: (customer) => words.statuses[get("status_vs_last", customer)], cells: statusCell },
  { key: "last_purchase", from: "days_since_last_purchase", cells: ofNumber("days_since_last_purchase", number), falling: true },
  { key: "open_tickets", from: "open_tickets", cells: ofNumber("open_tickets", number), falling: true },
  { key: "renewal", value: (customer) => get("renewal_date", customer), cells: ofText("renewal_date"), type: "date", needs: "renewal_date" },
].map((column) => ({
  type: column.from ? "number" : "",
  needs: column.from ?? (column.key === "owner" ? "owner" : undefined),
  value: (customer) => get(column.from, customer),
  heading: words.columns[column.key],
  ...column,
})).filter((column) => !column.needs || columns[column.needs]);
