// The list: sorting and filtering work on the data. Of the rows, what fills a screen is made at once, what a
// usual list holds a moment later, and the rest when it is asked for.
const SCREEN = 40;
const USUAL = 250;
const MORE = 1000;
const MOMENT = 300; // milliseconds, longer than between two letters
const FILTERS = ["risk_tier", "owner", "recommended_action", "channel", "status_vs_last"];
const UNKNOWN = "-1";

// How a text is searched: without accents, with one form of each letter, so that "zemaitis" finds "Žemaitis".
const SAME = { "ς": "σ", "ي": "ی", "ى": "ی", "ك": "ک" };
const plain = (text) => text.normalize("NFKD").replace(/[\p{M}\u200c\u200d]/gu, "").toLowerCase()
  .replace(/[ςيىك]/g, (letter) => SAME[letter])
  .replace(/[٠-٩۰-۹]/g, (digit) => String(digit.charCodeAt(0) % 16));

let searched = null; // made when the first search, or a quiet moment, asks for it
function texts() {
  if (searched) return searched;
  const repeated = ["owner", "recommended_action", "channel", "segment", "country", "language"].filter((name) => columns[name])
    .map((name) => ({ places: columns[name].places, levels: columns[name].levels.map(plain) }));
  const told = reasons.texts.map(plain);
  searched = columns.customer_id.map((id, customer) => [
    plain(`${get("name", customer) ?? ""} ${id}`),
    ...repeated.map(({ places, levels }) => levels[places[customer]] ?? ""),
    ...reasons.of[customer][0].map((text) => told[text] ?? ""),
  ].join(" "));
  return searched;
}

// The address holds the state of both views, that of win-back with its name in front.
const WIN_BACK = "win_back.";
const addressed = (wanted) =>
  new URLSearchParams([...new URLSearchParams(location.hash.slice(1))].filter(([name]) => wanted(name)));
function address(state) {
  const [text, page] = [state.toString(), location.href.split("#")[0]];
  if (text !== location.hash.slice(1)) window.history.replaceState(null, "", text ? `${page}#${text}` : page);
}

const searchWords = (search) => plain(search.value).split(/\s+/).filter(Boolean);
function announce(shown, matching, all) {
  const counted = fill(words.shown, { shown: number(matching), count: number(all) });
  shown.textContent = matching ? counted : `${counted}. ${words.nothing_found}`;
}

function startList(table) {
  const [head, body] = [table.tHead, table.tBodies[0]];
  const [search, sort, shown, more] = ["search", "sort", "shown", "more"].map((id) => document.getElementById(id));
  const selects = FILTERS.map((name) => [name, document.getElementById(name)]).filter(([name]) => columns[name]);
  const collator = new Intl.Collator(island.language, { numeric: true, sensitivity: "base" });
  const opened = new Set();
  let order = Array.from({ length: size }, (_, customer) => customer);
  let found = order;
  let made = 0;
  let waiting = 0;
  let noting = 0;

  function makeRow(customer, place) {
    const row = make("tr", { role: "row", "data-customer": customer, "aria-rowindex": place + 2 });
    for (const column of COLUMNS) {
      const cells = column.cells(customer);
      row.append(make("td", { role: "cell", class: column.type, "data-label": column.heading }, ...cells));
    }
    return row;
  }

  function toggle(row, wanted) {
    const customer = Number(row.dataset.customer);
    const button = row.querySelector(".open");
    button.setAttribute("aria-expanded", String(wanted));
    if (!wanted) {
      opened.delete(customer);
      row.nextElementSibling.remove();
      return button.removeAttribute("aria-controls");
    }
    opened.add(customer);
    button.setAttribute("aria-controls", `details-${customer}`);
    row.after(make("tr", { role: "row", class: "details", id: `details-${customer}` },
      make("td", { role: "cell", colspan: COLUMNS.length }, drawDetails(customer))));
  }

  function show(count) {
    clearTimeout(waiting);
    const rows = document.createDocumentFragment();
    const added = found.slice(made, count).map((customer, place) => makeRow(customer, made + place));
    rows.append(...added);
    body.append(rows);
    for (const row of added) if (opened.has(Number(row.dataset.customer))) toggle(row, true);
    made = Math.min(count, found.length);
    announce(shown, found.length, size);
    more.hidden = made === found.length || made < USUAL;
    more.textContent = fill(words.more, { count: number(Math.min(MORE, found.length - made)) });
    return added[0];
  }

  function restart() {
    body.replaceChildren();
    made = 0;
    table.setAttribute("aria-rowcount", found.length + 1);
    show(SCREEN);
    if (made < found.length) waiting = setTimeout(show, MOMENT, USUAL);
  }

  // What is searched, chosen and sorted stands in the address: it survives a reload and can be sent.
  function remember() {
    const state = addressed((name) => name.startsWith(WIN_BACK));
    if (search.value) state.set("q", search.value);
    for (const [name, select] of selects) {
      if (select.value === UNKNOWN) state.set(`${name}.unknown`, "1");
      else if (select.value !== "") state.set(name, columns[name].levels[Number(select.value)]);
    }
    if (sort.value !== "0 ascending") {
      const [place, direction] = sort.value.split(" ");
      state.set("sort", `${COLUMNS[Number(place)].key} ${direction}`);
    }
    address(state);
  }

  // What the address names and this list does not have is passed over.
  function recall() {
    const state = new URLSearchParams(location.hash.slice(1));
    search.value = state.get("q") ?? "";
    for (const [name, select] of selects) {
      const place = columns[name].levels.indexOf(state.get(name));
      const wanted = state.has(`${name}.unknown`) ? UNKNOWN : String(place);
      const offered = wanted !== "-1" || state.has(`${name}.unknown`);
      select.value = offered && [...select.options].some((option) => option.value === wanted) ? wanted : "";
    }
    const [key, direction] = (state.get("sort") ?? "").split(" ");
    const place = COLUMNS.findIndex((column) => column.key === key);
    arrange(Math.max(place, 0), place >= 0 && direction === "descending" ? direction : "ascending");
  }

  function filter() {
    clearTimeout(noting);
    noting = setTimeout(remember, MOMENT);
    const wanted = searchWords(search);
    const chosen = selects.filter(([, select]) => select.value !== "")
      .map(([name, select]) => [columns[name].places, Number(select.value)]);
    const hay = wanted.length ? texts() : [];
    found = order.filter((customer) => chosen.every(([places, place]) => places[customer] === place)
      && wanted.every((word) => hay[customer].includes(word)));
    restart();
  }

  function arrange(place, direction) {
    const sign = direction === "descending" ? -1 : 1;
    const values = Array.from({ length: size }, (_, customer) => COLUMNS[place].value(customer));
    const both = (a, b) => (typeof a === "number" ? a - b : collator.compare(a, b));
    // Nothing known comes last, whichever way; what is equal stays in the order of the ranks.
    order = Array.from(values.keys()).sort((a, b) => {
      const [x, y] = [values[a], values[b]];
      if (x === null || y === null) return (x === null) - (y === null) || a - b;
      return sign * both(x, y) || a - b;
    });
    head.querySelectorAll("th").forEach((heading, at) => {
      if (at === place) heading.setAttribute("aria-sort", direction);
      else heading.removeAttribute("aria-sort");
    });
    sort.value = `${place} ${direction}`;
    filter();
  }

  const ways = (column) => (column.falling ? ["descending", "ascending"] : ["ascending", "descending"]);
  const heads = make("tr", { role: "row", "aria-rowindex": 1 }, ...COLUMNS.map((column, place) => {
    const [first, second] = ways(column);
    sort.add(new Option(column.heading, `${place} ${first}`));
    sort.add(new Option(fill(words.reversed, { column: column.heading }), `${place} ${second}`));
    const button = make("button", { type: "button" }, column.heading);
    const heading = make("th", { scope: "col", role: "columnheader", class: column.type, "data-label": column.heading }, button);
    button.addEventListener("click", () => arrange(place, heading.getAttribute("aria-sort") === first ? second : first));
    return heading;
  }));
  head.append(heads);

  for (const [name, select] of selects) {
    const { levels, places } = columns[name];
    const names = { risk_tier: words.tiers, status_vs_last: words.statuses }[name] ?? {};
    const named = levels.map((level, place) => [names[level] ?? level, place]);
    // tiers and statuses have an order of their own, that of their words
    const rank = ([, place]) => Object.keys(names).indexOf(levels[place]);
    named.sort((a, b) => rank(a) - rank(b) || collator.compare(a[0], b[0]));
    select.add(new Option(words.all, ""));
    for (const [text, place] of named) select.add(new Option(text, place));
    if (places.includes(-1)) select.add(new Option(words.unknown, UNKNOWN));
    select.parentElement.hidden = false;
    select.addEventListener("change", filter);
  }
  search.addEventListener("input", filter);
  sort.addEventListener("change", () => {
    const [place, direction] = sort.value.split(" ");
    arrange(Number(place), direction);
  });
  body.addEventListener("click", (event) => {
    const button = event.target.closest(".open");
    if (button) toggle(button.closest("tr"), button.getAttribute("aria-expanded") === "false");
  });
  // Who came by keyboard goes on at the first new row.
  more.addEventListener("click", () => show(made + MORE).querySelector(".open").focus({ preventScroll: true }));
  window.addEventListener("beforeprint", () => show(found.length));
  const controls = document.getElementById("controls");
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = table.hidden = false;
  recall();
  window.addEventListener("hashchange", recall);
  setTimeout(texts, MOMENT);
}

const list = document.getElementById("list");
if (list) startList(list);
