"use strict";

// A slider of 0..2 uncovers the predictions over the gray images, then the originals over them.
for (const strips of document.querySelectorAll(".strips")) {
  const slider = strips.querySelector("input");
  const output = strips.querySelector("output");
  slider.addEventListener("input", () => {
    const value = slider.valueAsNumber;
    strips.style.setProperty("--predicted", Math.min(value, 1));
    strips.style.setProperty("--revealed", Math.max(value - 1, 0));
    const shown = ["gray", "prediction", "original"][Math.round(value)];
    output.textContent = shown;
    slider.setAttribute("aria-valuetext", shown);
  });
}

// The number that a cell starts with; what has none comes last.
function number(cell) {
  const found = cell.textContent.replaceAll(",", "").match(/^[+-]?\d+(\.\d+)?/);
  return found ? Number(found[0]) : null;
}

function compare(a, b, direction) {
  const [x, y] = [number(a), number(b)];
  if (x === null && y === null) return direction * a.textContent.localeCompare(b.textContent);
  if (x === null || y === null) return x === null ? 1 : -1;
  return direction * (x - y);
}

for (const heading of document.querySelectorAll(".sortable th[scope=col]")) {
  heading.querySelector("button").addEventListener("click", () => {
    const ascending = heading.getAttribute("aria-sort") !== "ascending";
    for (const other of heading.parentElement.children) other.removeAttribute("aria-sort");
    heading.setAttribute("aria-sort", ascending ? "ascending" : "descending");
    const body = heading.closest("table").tBodies[0];
    const place = heading.cellIndex;
    const rows = [...body.rows].sort((a, b) => compare(a.cells[place], b.cells[place], ascending ? 1 : -1));
    body.append(...rows);
  });
}

// The part of the page that is being read, in the navigation.
const links = [...document.querySelectorAll("nav a")];
const parts = links.map((link) => document.querySelector(link.hash)).filter((part) => part.matches("section"));
addEventListener("scroll", () => {
  const read = parts.filter((part) => part.getBoundingClientRect().top < innerHeight / 3).at(-1);
  for (const link of links) link.toggleAttribute("aria-current", link.hash === `#${read?.id}`);
}, { passive: true });
