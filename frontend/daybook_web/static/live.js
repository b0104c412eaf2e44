// Pages that listen to what happens: there is one stream for each tab in sight, rows
// that changed stand out for a moment, and a message that was read is closed, by its
// button or the Escape key.
//
//   data-listens   of the listener: its stream is open, or being opened
//   data-ended     it would be let in no more
//   data-notice    a message that goes when it is read; others stay, and are empty
//   data-read      the button of a message that was read

const LISTENER = "listener";
const LIST = "journals-body";
const SHOWN_MS = 1600; // as long as the style sheet's animation
const AGAIN_MS = 15_000; // after an answer that was no stream
const TOLD = "daybook-told"; // what this tab was told last, for its next page
const WROTE = "daybook-wrote"; // when a form was last sent in this tab
const USES_ESCAPE = ":is(input, select, textarea):focus, dialog[open], :popover-open";
const [opened] = performance.getEntriesByType("navigation");
let before = new Map();

const isListener = ({ target }) => target.id === LISTENER;

// The page before this one in its tab tells this one how far it was told, so that nothing
// is missed between the two. A page that the browser has kept is older than that.
document.addEventListener("htmx:config:request", (event) => {
  if (!isListener(event)) return;
  const told = opened.type !== "back_forward" && sessionStorage.getItem(TOLD);
  if (told) event.detail.ctx.request.headers["told-before"] = told;
});

// htmx may have looked through the page before the extension that listens was there.
// This script comes before the extension, so that it sees every request of the listener:
// htmx may look through the page once more before the stream of the first is there.
document.addEventListener("htmx:before:request", (event) => {
  if (!isListener(event)) return;
  const { dataset } = event.target;
  if (document.hidden || "listens" in dataset) event.preventDefault();
  else dataset.listens = "";
});

// A browser has six connections to a site, so that a tab which nobody sees has none. The
// extension ends its stream, and goes on with it later; only while a stream is being
// opened it doesn't look.
document.addEventListener("htmx:sse:before:connection", (event) => {
  if (isListener(event) && document.hidden) event.preventDefault();
});
document.addEventListener("htmx:sse:after:connection", (event) => {
  const { connection } = event.detail;
  if (isListener(event) && document.hidden)
    queueMicrotask(() => connection.reader?.cancel()); // it has one then
});
document.addEventListener("htmx:sse:after:message", (event) => {
  const told = isListener(event) && event.detail.message.id;
  if (told) sessionStorage.setItem(TOLD, told);
});
document.addEventListener("end", (event) => {
  if (isListener(event)) event.target.dataset.ended = "";
});
document.addEventListener("htmx:sse:close", (event) => {
  if (isListener(event)) delete event.target.dataset.listens;
});
for (const failed of ["htmx:after:request", "htmx:error"])
  document.addEventListener(failed, (event) => {
    if (!isListener(event)) return;
    delete event.target.dataset.listens;
    setTimeout(listen, AGAIN_MS);
  });

function listen() {
  const listener = document.getElementById(LISTENER);
  if (!listener || document.hidden) return;
  if (!("listens" in listener.dataset || "ended" in listener.dataset))
    htmx.process(listener);
}
addEventListener("load", listen);
document.addEventListener("visibilitychange", listen);

// Back to a page that the browser has kept: if it is older than what was written since, it
// is loaded again, as a form may stand on it that was sent. Each entry of the history
// knows when it was loaded; the answer to a form isn't asked for by that form again.

document.addEventListener("submit", ({ target, defaultPrevented }) => {
  const isSent = target.method === "post" && !defaultPrevented;
  if (isSent) sessionStorage.setItem(WROTE, Date.now());
});
addEventListener("pageshow", ({ persisted }) => {
  const isKept =
    persisted || (opened.type === "back_forward" && opened.transferSize === 0);
  const loaded = history.state?.loaded ?? 0;
  if (!isKept) history.replaceState({ ...history.state, loaded: Date.now() }, "");
  else if (Number(sessionStorage.getItem(WROTE)) > loaded)
    location.replace(location.pathname + location.search);
});

function rowsOf(list) {
  const rows = [...list.querySelectorAll("[data-row][id]")];
  return new Map(rows.map((row) => [row.id, row.textContent]));
}

document.addEventListener("htmx:before:swap", ({ target }) => {
  if (target.id === LIST) before = rowsOf(target);
});

document.addEventListener("htmx:after:swap", ({ target }) => {
  if (target.id !== LIST) return;
  for (const [id, text] of rowsOf(target)) {
    if (before.get(id) === text) continue;
    const row = document.getElementById(id);
    row.classList.add("changed");
    setTimeout(() => row.classList.remove("changed"), SHOWN_MS);
  }
});

// Messages stand at the window's foot. What else sticks there stands on them, and what
// has the focus comes out from under them.

function makeRoom() {
  const { height, top: foot } = messages.getBoundingClientRect();
  document.documentElement.style.setProperty("--messages", `${height}px`);
  const focused = height && document.querySelector("main :focus");
  if (!focused) return;
  const { top, bottom } = focused.getBoundingClientRect();
  if (top < innerHeight && bottom > foot) focused.scrollIntoView({ block: "nearest" });
}

function closeMessage(message) {
  if (message.matches("[data-notice]")) message.remove();
  else message.querySelector("p").replaceChildren();
}

const messages = document.getElementById("notices");
new ResizeObserver(makeRoom).observe(messages);

document.addEventListener("click", ({ target }) => {
  const message = target.closest("[data-read]")?.closest(".toast");
  if (message) closeMessage(message);
});

document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.defaultPrevented) return;
  if (document.querySelector(USES_ESCAPE)) return;
  const last = [...document.querySelectorAll(".toast:has(p:not(:empty))")].at(-1);
  if (last) closeMessage(last);
});
