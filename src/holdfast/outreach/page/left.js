// Who left the list: a table that is made when somebody opens it.
const left = document.getElementById("left");
if (left && island.left.length) {
  left.addEventListener("toggle", () => {
    const text = words.left_table;
    const heads = [words.columns.customer, text.why, text.then, text.now];
    left.append(make("table", { class: "plain" },
      make("thead", {}, make("tr", {}, ...heads.map((head) => make("th", { scope: "col" }, head)))),
      make("tbody", {}, ...island.left.map(([id, name, why, then, now]) => make("tr", {},
        make("td", {}, name === null ? null : make("strong", {}, apart(name)), " ", make("span", { class: "id" }, apart(id))),
        make("td", {}, why),
        make("td", { class: "number" }, figure(share(then))),
        make("td", { class: "number" }, now === null ? "" : figure(share(now))))))));
  }, { once: true });
}
