// Tables that can be filtered and sorted; the choice between light and dark.
// This text stands inside a script element: it must not hold the tag that ends one.
(function () {
  "use strict";
  const root = document.documentElement;
  root.classList.add("scripted");

  const dark = window.matchMedia("(prefers-color-scheme: dark)");
  const theme = document.querySelector("[data-theme-button]");
  const isDark = () => (root.dataset.theme ? root.dataset.theme === "dark" : dark.matches);
  const named = () => { theme.textContent = isDark() ? "Light" : "Dark"; };
  theme.addEventListener("click", () => { root.dataset.theme = isDark() ? "light" : "dark"; named(); });
  dark.addEventListener("change", named);
  named();

  document.querySelectorAll("table[data-list]").forEach((table) => {
    const name = table.dataset.list;
    const find = (what) => document.querySelector("[data-" + what + "=\"" + name + "\"]");
    const [field, only, count] = [find("filter"), find("only"), find("count")];
    const body = table.tBodies[0];
    const rows = Array.from(body.rows, (row) => ({ row, text: row.textContent.toLowerCase(), differs: "differs" in row.dataset }));

    const filter = () => {
      const words = (field ? field.value : "").toLowerCase().split(/\s+/).filter((word) => word !== "");
      let shown = 0;
      rows.forEach(({ row, text, differs }) => {
        const fits = words.every((word) => text.includes(word)) && (differs || !(only && only.checked));
        row.hidden = !fits;
        if (fits) { shown += 1; }
      });
      if (count) { count.textContent = shown === rows.length ? rows.length + " rows" : shown + " of " + rows.length + " rows"; }
    };
    if (field) { field.addEventListener("input", filter); }
    if (only) { only.addEventListener("change", filter); }
    filter();

    const key = (row, column, kind) => {
      const cell = row.cells[column];
      return kind === "number" ? Number(cell.dataset.v) : cell.textContent.trim().toLowerCase();
    };
    table.querySelectorAll("th[data-sort]").forEach((head) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const down = head.getAttribute("aria-sort") === "ascending";
        table.querySelectorAll("th[aria-sort]").forEach((other) => other.removeAttribute("aria-sort"));
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        const column = head.cellIndex;
        const keyed = Array.from(body.rows, (row) => [key(row, column, head.dataset.sort), row]);
        keyed.sort(([a], [b]) => (typeof a === "number" ? a - b : a.localeCompare(b)) * (down ? -1 : 1));
        body.append(...keyed.map(([, row]) => row));
      });
    });
  });
}());
