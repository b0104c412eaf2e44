"""Where things stand on a page: what runs into what, by their boxes in the browser."""

from playwright.sync_api import Page

HEIGHT = 900

_FAULTS = """
(selector) => {
  const found = [];
  const shown = (element) => {
    const style = getComputedStyle(element);
    const box = element.getBoundingClientRect();
    return element.checkVisibility() && style.visibility !== "hidden"
      && style.clipPath === "none"
      && box.width > 0 && box.height > 0;
  };
  const hidden = (element) => {
    for (let one = element; one; one = one.parentElement)
      if (!shown(one)) return true;
    return false;
  };
  // The parts of a text that are seen: those of its lines that no box around clips.
  const boxes = (top) => {
    const texts = document.createTreeWalker(top, NodeFilter.SHOW_TEXT);
    const all = [];
    for (let node = texts.nextNode(); node; node = texts.nextNode()) {
      if (!node.data.trim() || hidden(node.parentElement)) continue;
      if (getComputedStyle(node.parentElement).fontSize === "0px") continue;
      const range = document.createRange();
      range.selectNodeContents(node);
      for (const line of range.getClientRects()) {
        let { left, right, top: up, bottom } = line;
        for (let one = node.parentElement; one !== top.parentElement;
             one = one.parentElement) {
          if (getComputedStyle(one).overflow === "visible") continue;
          const around = one.getBoundingClientRect();
          left = Math.max(left, around.left);
          right = Math.min(right, around.right);
          up = Math.max(up, around.top);
          bottom = Math.min(bottom, around.bottom);
        }
        if (right - left > 1 && bottom - up > 1)
          all.push({ left, right, up, bottom, text: node.data.trim(), node });
      }
    }
    return all;
  };
  const meet = (one, other) =>
    Math.min(one.right, other.right) - Math.max(one.left, other.left) > 1
    && Math.min(one.bottom, other.bottom) - Math.max(one.up, other.up) > 3;
  // A wide report is moved sideways in its frame, under its first column.
  const moves = (element) => {
    for (let one = element; one; one = one.parentElement)
      if (one.scrollWidth > one.clientWidth + 1
          && getComputedStyle(one).overflowX === "auto") return true;
    return false;
  };
  for (const group of document.querySelectorAll(selector)) {
    const stays = !moves(group);
    const all = boxes(group);
    all.forEach((one, place) => all.slice(place + 1).forEach((other) => {
      if (one.node !== other.node && meet(one, other))
        found.push(`“${one.text}” meets “${other.text}”`);
    }));
    for (const one of all)
      if (stays && (one.left < -1 || one.right > innerWidth + 1))
        found.push(`“${one.text}” is outside of the window`);
    for (const cell of group.querySelectorAll("th, td")) {
      const around = cell.getBoundingClientRect();
      for (const one of boxes(cell))
        if (one.left < around.left - 1 || one.right > around.right + 1)
          found.push(`“${one.text}” is outside of its cell`);
    }
  }
  // How many lines of text boxes are on: those beside each other are on one.
  const linesOf = (all) => {
    let bottom = -Infinity, lines = 0;
    for (const one of all.toSorted((one, other) => one.up - other.up)) {
      if (one.up > bottom - 3) lines += 1;
      bottom = Math.max(bottom, one.bottom);
    }
    return lines;
  };
  for (const amount of document.querySelectorAll(".amount")) {
    if (amount.scrollWidth > amount.clientWidth + 1 && !hidden(amount)
        && getComputedStyle(amount).display !== "inline")
      found.push(`“${amount.textContent.trim()}” is cut`);
    if (!amount.querySelector(".second") && linesOf(boxes(amount)) > 1)
      found.push(`“${amount.textContent.trim()}” has several lines`);
  }
  const page = document.documentElement;
  if (page.scrollWidth > innerWidth)
    found.push(`the page is ${page.scrollWidth} wide in a window of ${innerWidth}`);
  return found;
}
"""

_UNREAD = """
(smallest) => {
  const found = new Set();
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = texts.nextNode(); node; node = texts.nextNode()) {
    const element = node.parentElement;
    if (!node.data.trim() || !element.checkVisibility()) continue;
    const size = parseFloat(getComputedStyle(element).fontSize);
    if (size > 0 && size < smallest)
      found.add(`“${node.data.trim()}” is ${size} pixels high`);
  }
  for (const frame of document.querySelectorAll(".table-frame, .rows"))
    if (frame.scrollWidth > frame.clientWidth + 1)
      found.add(`a table of ${frame.scrollWidth} in a frame of ${frame.clientWidth}`);
  return [...found];
}
"""
SMALLEST = 12
"""Pixels of the smallest text, for a reader whose own is of 16."""


def unread(page: Page) -> list[str]:
    """What a reader misses: small text, and what a table has beyond its frame."""
    found: list[str] = page.evaluate(_UNREAD, SMALLEST)
    return found


def faults(page: Page, width: int, groups: str = "tr") -> list[str]:
    """What is wrong with the places of things in a window of a width.

    `groups` selects what is laid out as one: no two texts in it may meet, and none may
    leave its cell. Amounts are whole and on one line, and the page fits its window.
    """
    page.set_viewport_size({"width": width, "height": HEIGHT})
    found: list[str] = page.evaluate(_FAULTS, groups)
    return found


def top_of(page: Page, selector: str) -> float:
    """Where the first such element begins, in CSS pixels from the page's top."""
    box = page.locator(selector).first.bounding_box()
    assert box is not None, f"{selector} is not shown"
    return box["y"]
