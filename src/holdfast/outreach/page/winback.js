// Win-back: its rows stand on the page; search and filters hide those that do not match.
function startWinBack(view) {
  const part = (name) => document.getElementById(`win-back-${name}`);
  const rows = [...view.querySelectorAll("tbody tr")];
  const hay = rows.map((row) => plain(row.textContent));
  const [search, shown] = [part("search"), part("shown")];
  const collator = new Intl.Collator(island.language, { numeric: true, sensitivity: "base" });
  const selects = ["owner", "recommended_action", "channel"].map((name) => [name, part(name)])
    .filter(([name]) => rows.some((row) => row.dataset[name]));

  function filter() {
    const wanted = searchWords(search);
    const chosen = selects.filter(([, select]) => select.selectedIndex > 0);
    rows.forEach((row, place) => {
      row.hidden = !(chosen.every(([name, select]) => row.dataset[name] === select.value)
        && wanted.every((word) => hay[place].includes(word)));
    });
    announce(shown, rows.filter((row) => !row.hidden).length, rows.length);
    const state = addressed((name) => !name.startsWith(WIN_BACK));
    if (search.value) state.set(`${WIN_BACK}q`, search.value);
    for (const [name, select] of chosen) state.set(WIN_BACK + name, select.value);
    address(state);
  }

  for (const [name, select] of selects) {
    const levels = [...new Set(rows.map((row) => row.dataset[name]))].sort(collator.compare);
    select.add(new Option(words.all, "all"));
    for (const level of levels) select.add(new Option(level || words.unknown, level));
    select.parentElement.hidden = false;
    select.addEventListener("change", filter);
  }
  search.addEventListener("input", filter);
  part("controls").addEventListener("submit", (event) => event.preventDefault());
  part("controls").hidden = false;
  const state = addressed((name) => name.startsWith(WIN_BACK));
  search.value = state.get(`${WIN_BACK}q`) ?? "";
  for (const [name, select] of selects) {
    const place = [...select.options].findIndex((option, at) => at && option.value === state.get(WIN_BACK + name));
    select.selectedIndex = Math.max(place, 0);
  }
  if ([...state].length) view.open = true;
  filter();
}

const winBack = document.getElementById("win-back");
if (winBack) startWinBack(winBack);
