// The keyboard. All that is done here can be done by links, buttons and the Tab key, too.
//
//   data-group       a group of links that is one tab stop: arrow keys go on within it,
//                    up and down where it is a "column"
//   data-key="f"     what a key activates, or two that follow one another: "g j"
//   data-row         what j and k go through: the row, or what its link is in
//   data-opens       a button that opens the list of keys; hidden without a script
//
// Keys without Ctrl or Alt may stand in the way of speech input, so that they can be
// switched off for a browser.

const OFF = "daybook-keys";
const LEFT = "daybook-row"; // the row whose page was opened, and the page it stands on
const STOPS = "a[href], button, summary";
const CLOSED = "details:not([open])"; // what is in it is there, but hidden
const AXES = { row: ["ArrowLeft", "ArrowRight"], column: ["ArrowUp", "ArrowDown"] };
const FIELDS = "input:not([type=hidden]), select, textarea, [contenteditable]";
const FORMER = { "g c": "g o" }; // keys that some have learnt, and those of today
const dialog = () => document.getElementById("keyboard"); // a swap may replace the page
let first = ""; // the first of two keys

const isShown = (element) => element.checkVisibility({ visibilityProperty: true });

// Groups: the current item, or the first, is the one that Tab leads to.

function itemsOf(group) {
  return [...group.querySelectorAll(STOPS)].filter(
    (item) => isShown(item) && !item.disabled && !item.closest(".menu-panel"),
  );
}

function makeStop(items, stop) {
  for (const item of items) item.tabIndex = item === stop ? 0 : -1;
}

function makeStops() {
  // All groups are read before any is changed: each look at a changed page styles it anew.
  const groups = [...document.querySelectorAll("[data-group]")].map(itemsOf);
  for (const items of groups) {
    const present = items.find((item) => item === document.activeElement);
    const current = items.find((item) => item.getAttribute("aria-current"));
    if (items.length) makeStop(items, present ?? current ?? items[0]);
  }
}

function goWithin(group, event) {
  const items = itemsOf(group);
  const at = items.indexOf(event.target.closest(STOPS));
  const last = items.length - 1;
  const [back, on] = AXES[group.dataset.group] ?? AXES.row;
  const to = {
    [back]: at === 0 ? last : at - 1,
    [on]: at === last ? 0 : at + 1,
    Home: 0,
    End: last,
  }[event.key];
  if (at < 0 || to === undefined) return false;
  makeStop(items, items[to]);
  items[to].focus();
  return true;
}

// Rows: j and k move the focus to the next one's link.

function focusRow(row) {
  const link = row.matches("a") ? row : row.querySelector("a[href]");
  link?.focus({ preventScroll: true });
  row.scrollIntoView({ block: "nearest" });
}

function goToRow(step) {
  const rows = [...document.querySelectorAll("[data-row]")].filter(isShown);
  const here = rows.findIndex((row) => row.contains(document.activeElement));
  const known = here < 0 ? rows.findIndex((row) => row.matches(".at")) : here;
  const to = known < 0 ? 0 : known + step;
  if (rows[to]) focusRow(rows[to]);
}

// A reader who comes back to a list, by a link or the browser's button, goes on at the
// row that was opened.

document.addEventListener("click", (event) => {
  const row = event.target.closest("a[href]")?.closest("[data-row][id]");
  if (!row || event.ctrlKey || event.metaKey || event.shiftKey) return;
  sessionStorage.setItem(LEFT, JSON.stringify([location.href, row.id]));
});

function comeBack() {
  const [url, id] = JSON.parse(sessionStorage.getItem(LEFT) ?? "[]");
  const isBack = performance.getEntriesByType("navigation")[0].type === "back_forward";
  if (url !== location.href || !(isBack || document.referrer)) return;
  sessionStorage.removeItem(LEFT);
  const row = document.getElementById(id);
  if (row && document.activeElement === document.body) focusRow(row);
}

document.addEventListener("focusin", (event) => {
  const group = event.target.closest("[data-group]");
  const items = group ? itemsOf(group) : [];
  if (items.includes(event.target)) makeStop(items, event.target);
  const row = event.target.closest("[data-row]");
  if (!row) return;
  for (const other of document.querySelectorAll("[data-row].at")) {
    other.classList.remove("at");
  }
  row.classList.add("at");
});

// Keys of elements: a field gets the focus, a menu opens, a link is followed.

function activate(element) {
  if (!isShown(element)) element.closest(CLOSED).open = true;
  if (element.matches(FIELDS)) {
    element.focus();
    element.select?.();
  } else if (element.matches("summary")) {
    element.click();
    element.focus();
    const panel = element.parentElement.open && element.nextElementSibling;
    if (panel) panel.querySelector(`${FIELDS}, ${STOPS}`)?.focus();
  } else {
    element.click();
  }
}

function ofKey(keys) {
  const all = document.querySelectorAll(`[data-key="${CSS.escape(keys)}"]`);
  return [...all].find(isShown) ?? [...all].find((one) => one.closest(CLOSED));
}

function pressed(key) {
  const typed = first ? `${first} ${key}` : key;
  const keys = FORMER[typed] ?? typed;
  first = "";
  const element = ofKey(keys);
  if (element) activate(element);
  else if (keys === "j" || keys === "k") goToRow(keys === "j" ? 1 : -1);
  else if (keys === "?") showKeys();
  else if (document.querySelector(`[data-key^="${CSS.escape(keys)} "]`)) first = key;
  else return false;
  return true;
}

// The list of keys has those that the page has.

function areOn() {
  return localStorage.getItem(OFF) !== "off";
}

function showKeys() {
  const rows = document.querySelector("[data-row]");
  for (const line of dialog().querySelectorAll("[data-of]")) {
    const keys = line.dataset.of;
    line.hidden = !ofKey(keys) && !(rows && "jk".includes(keys));
  }
  dialog().querySelector("input").checked = areOn();
  dialog().showModal();
}

document.addEventListener("change", (event) => {
  if (event.target.parentElement?.closest("#keyboard")) {
    if (event.target.checked) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "off");
  }
});

// An entry of a menu that is opened leads to its field.

document.addEventListener(
  "toggle",
  ({ target }) => {
    const isByHand = target.firstElementChild === document.activeElement;
    if (isByHand && target.matches(".filter-entry[open]")) {
      target.querySelector(FIELDS)?.focus();
    }
  },
  true,
);

// Menus: Escape and a click elsewhere close them.

function closeMenus(but) {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(but)) menu.open = false;
  }
}

function leaveMenu() {
  const menu =
    document.activeElement.closest("details.menu[open]") ??
    document.querySelector("details.menu[open]");
  if (!menu) return false;
  menu.open = false;
  menu.querySelector("summary").focus();
  return true;
}

document.addEventListener("click", (event) => {
  const opens = event.target.closest("[data-opens]");
  closeMenus(opens ? document.body : event.target);
  if (opens) showKeys();
});

document.addEventListener("keydown", (event) => {
  const isHeld = event.ctrlKey || event.metaKey || event.altKey;
  if (isHeld && !event.getModifierState("AltGraph")) return;
  if (event.defaultPrevented || event.isComposing || dialog()?.open) return;
  const isTyping = event.target.closest(FIELDS);
  const group = event.target.closest("[data-group]");
  let isDone = false;
  if (event.key === "Escape") isDone = leaveMenu();
  else if (isTyping) return;
  else if (group && goWithin(group, event)) isDone = true;
  else if (event.key.length === 1 && event.key !== " ") {
    if (areOn()) isDone = pressed(event.key);
  }
  if (isDone) event.preventDefault();
});

// A swap keeps the focus where an element of that id is. If it has gone, the focus is
// at its menu's button or at its group.

let ids = [];

function noteFocus() {
  const { activeElement: here } = document;
  const menu = here.closest("details.menu");
  const group = here.closest("[data-group]");
  ids = [here.id, menu?.querySelector("summary").id, group?.id].filter(Boolean);
}

function restoreFocus() {
  if (document.activeElement !== document.body) return;
  for (const id of ids) {
    const element = document.getElementById(id);
    const stop = element?.matches("[data-group]")
      ? itemsOf(element).find((item) => item.tabIndex === 0)
      : element;
    if (!stop || !isShown(stop)) continue;
    stop.focus({ preventScroll: true });
    return;
  }
}

function prepare() {
  for (const button of document.querySelectorAll("[data-opens]")) button.hidden = false;
  makeStops();
}

document.addEventListener("htmx:before:swap", noteFocus);
document.addEventListener("htmx:after:swap", () => {
  prepare();
  restoreFocus();
});
addEventListener("resize", makeStops);
prepare();
comeBack();
