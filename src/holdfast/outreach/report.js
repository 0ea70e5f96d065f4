"use strict";
(() => {
  const table = document.getElementById("list");
  if (!table) return;
  const body = table.tBodies[0];
  const headings = Array.from(table.tHead.rows[0].cells);
  const [search, tier, sort, shown] = ["search", "tier", "sort", "shown"].map((id) => document.getElementById(id));
  const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });

  // Accents are dropped on both sides: "zemaitis" finds "Žemaitis".
  const plain = (text) => text.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const entries = Array.from(body.rows, (row) => ({
    row,
    text: plain(Array.from(row.cells, (cell) => cell.textContent).join(" ")),
    values: headings.map((heading, i) => {
      const value = row.cells[i].dataset.value ?? row.cells[i].textContent.trim();
      return heading.dataset.kind === "number" && value !== "" ? Number(value) : value;
    }),
  }));

  function filter() {
    const words = plain(search.value).split(/\s+/).filter(Boolean);
    let count = 0;
    for (const { row, text } of entries) {
      const fits = (!tier.value || row.dataset.tier === tier.value) && words.every((word) => text.includes(word));
      row.hidden = !fits;
      if (fits) count += 1;
    }
    shown.textContent = `${count} of ${entries.length} shown`;
  }

  function order(column, direction) {
    const sign = direction === "descending" ? -1 : 1;
    entries.sort((a, b) => {
      const [x, y] = [a.values[column], b.values[column]];
      if (x === "" || y === "") return (x === "") - (y === ""); // nothing known: always last
      return sign * (typeof x === "number" ? x - y : collator.compare(x, y));
    });
    body.append(...entries.map((entry) => entry.row));
    headings.forEach((heading, i) => {
      if (i === column) heading.setAttribute("aria-sort", direction);
      else heading.removeAttribute("aria-sort");
    });
    sort.value = `${column} ${direction}`;
  }

  headings.forEach((heading, i) => {
    // Numbers are most telling from the top, the rank and words from the first.
    const first = heading.dataset.kind === "number" && i > 0 ? "descending" : "ascending";
    const second = first === "ascending" ? "descending" : "ascending";
    sort.add(new Option(heading.textContent, `${i} ${first}`));
    sort.add(new Option(`${heading.textContent}, reversed`, `${i} ${second}`));
    heading.firstElementChild.addEventListener("click", () =>
      order(i, heading.getAttribute("aria-sort") === first ? second : first));
  });
  sort.addEventListener("change", () => {
    const [column, direction] = sort.value.split(" ");
    order(Number(column), direction);
  });
  search.addEventListener("input", filter);
  tier.addEventListener("change", filter);
  const controls = document.getElementById("controls");
  controls.addEventListener("submit", (event) => event.preventDefault());
  controls.hidden = false;
  order(0, "ascending");
  filter();
})();
