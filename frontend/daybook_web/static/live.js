// Pages that listen to their ledger: the listener is found however the scripts arrive,
// rows that changed stand out for a moment, and a message that was read is closed.

const LISTENER = "journals-listener";
const LIST = "journals-body";
const SHOWN_MS = 1600; // as long as the style sheet's animation
let before = new Map();

// htmx may have looked through the page before the extension that listens was there.
// This script comes before the extension, so that it sees every request of the listener:
// htmx may look through the page once more before the stream of the first is there.
document.addEventListener("htmx:before:request", (event) => {
  const { id, dataset } = event.target;
  if (id !== LISTENER) return;
  if ("listens" in dataset) event.preventDefault();
  dataset.listens = "";
});
document.addEventListener("htmx:sse:close", ({ target }) => {
  delete target.dataset.listens;
});
addEventListener("load", () => {
  const listener = document.getElementById(LISTENER);
  if (listener && !("listens" in listener.dataset)) htmx.process(listener);
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

document.addEventListener("click", ({ target }) => {
  if (target.closest("#journals-news-read"))
    document.getElementById("journals-news").textContent = "";
});
