// What the page was given, and how it writes numbers and texts. Everything from the data becomes text, never markup.
const island = JSON.parse(document.getElementById("island").textContent);
const { words, columns, reasons, moved, history, waterfall, briefs, passed } = island;
const size = columns.customer_id.length;

// What is filled into a sentence that runs from right to left is kept apart from it, or dates would be turned round.
const isolated = (text) => (words.direction === "rtl" ? `\u2068${text}\u2069` : text);
const fill = (sentence, blanks) => sentence.replace(/\{(\w+)\}/g, (_, name) => isolated(blanks[name]));

function number(value, digits = 0) {
  const [whole, decimals] = Math.abs(value).toFixed(digits).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, words.thousands);
  return (value < 0 ? "−" : "") + grouped + (decimals ? words.decimal + decimals : "");
}

// Never rounded to a certainty.
function share(probability) {
  const whole = probability > 0.99 ? "> 99" : (100 * probability).toFixed(0);
  return words.percent.replace("{number}", probability < 0.01 ? "< 1" : whole);
}

const money = (amount) => number(amount, island.money_digits) + (island.currency ? `\u00a0${island.currency}` : "");

// The value of a column for one customer; null: nothing known.
function get(name, customer) {
  const column = columns[name];
  if (!column) return null;
  return column.levels ? (column.levels[column.places[customer]] ?? null) : column[customer];
}

// An element with attributes and children; texts among the children stay texts.
function make(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children.filter((child) => child !== null));
  return element;
}

// Of unknown direction, so kept apart from what stands around it.
const apart = (text, attributes = {}) => make("bdi", attributes, text);
const figure = (text, attributes = {}) => make("span", { dir: "ltr", ...attributes }, text);

// The page lies a folder deeper where it is opened by its run and not by its date.
if (location.pathname.includes("/.runs/")) document.getElementById("front").href = "../../../index.html";
