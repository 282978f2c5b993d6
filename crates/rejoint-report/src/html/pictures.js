// The pictures before and after: zoom, move, search. Both show the same place, so that one can go to and fro.
(function () {
  "use strict";
  const viewer = document.querySelector("[data-viewer]");
  if (!viewer) { return; }
  const changed = new Set(viewer.dataset.changed.split("\n").filter((name) => name !== ""));
  const pictures = Array.from(viewer.querySelectorAll("[data-picture]"), (box) => {
    const svg = box.querySelector("svg");
    const all = svg.getAttribute("viewBox").split(" ").map(Number);
    svg.setAttribute("preserveAspectRatio", "xMidYMid meet");
    // the ground goes on beyond the edges
    const ground = svg.querySelector(".ground");
    if (ground) {
      Object.entries({ x: -50 * all[2], y: -50 * all[3], width: 101 * all[2], height: 101 * all[3] })
        .forEach(([name, value]) => ground.setAttribute(name, value));
    }
    const tables = Array.from(svg.querySelectorAll(".t[data-q]"));
    tables.forEach((table) => {
      const rest = table.dataset.q;
      for (const name of changed) { if (rest.startsWith(name + " ")) { table.dataset.changes = ""; } }
    });
    return { name: box.dataset.picture, box, svg, all, tables, view: all.slice() };
  });
  let current = pictures[pictures.length - 1];
  let drawing = false;
  const draw = () => {
    if (drawing) { return; }
    drawing = true;
    requestAnimationFrame(() => { drawing = false; current.svg.setAttribute("viewBox", current.view.join(" ")); });
  };
  const scale = () => Math.min(current.svg.clientWidth / current.view[2], current.svg.clientHeight / current.view[3]);
  const point = (event) => {
    const r = current.svg.getBoundingClientRect();
    const k = scale();
    const [x, y, w, h] = current.view;
    return [x + w / 2 + (event.clientX - r.left - r.width / 2) / k, y + h / 2 + (event.clientY - r.top - r.height / 2) / k];
  };
  const middle = () => [current.view[0] + current.view[2] / 2, current.view[1] + current.view[3] / 2];
  const zoom = (factor, [px, py]) => {
    const [x, y, w, h] = current.view;
    const wide = Math.min(Math.max(w * factor, 160), current.all[2] * 3);
    const f = wide / w;
    current.view = [px - (px - x) * f, py - (py - y) * f, wide, h * f];
    draw();
  };
  const fit = () => { current.view = current.all.slice(); draw(); };
  // a picture that would be too small to read as a whole begins at its top, at a size that reads
  const begin = () => {
    fit();
    const k = scale();
    if (k >= 0.7) { return; }
    const [x, y, w] = current.all;
    const wide = Math.max(Math.min(w, current.svg.clientWidth / 0.7), current.svg.clientWidth / 0.95);
    const high = wide * current.svg.clientHeight / current.svg.clientWidth;
    const first = current.tables.length > 0 ? current.tables.map((table) => table.querySelector("rect").getBBox()).sort((a, b) => a.y - b.y)[0] : null;
    const left = first ? Math.max(x - 10, Math.min(first.x + first.width / 2 - wide / 2, x + w - wide + 10)) : x;
    current.view = [wide >= w ? x + (w - wide) / 2 : left, y, wide, high];
    draw();
  };
  const move = (dx, dy) => { current.view[0] += dx * current.view[2]; current.view[1] += dy * current.view[2]; draw(); };

  // which picture
  const sides = Array.from(viewer.querySelectorAll("[data-side]"));
  const show = (name) => {
    const before = current;
    current = pictures.find((picture) => picture.name === name) || current;
    // the same place, as a share of the picture, which may have another size
    current.view = before.view.map((value, i) => value * current.all[2 + (i % 2)] / before.all[2 + (i % 2)]);
    pictures.forEach((picture) => { picture.box.hidden = picture !== current; });
    sides.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.side === current.name)));
    search();
    draw();
  };

  // search
  const field = viewer.querySelector("[data-find]");
  const status = viewer.querySelector("[data-found]");
  let found = [];
  let next = 0;
  const search = () => {
    const words = field.value.toLowerCase().split(/\s+/).filter((word) => word !== "");
    next = 0;
    found = words.length === 0 ? [] : current.tables.filter((table) => words.every((word) => table.dataset.q.includes(word)));
    current.svg.classList.toggle("fades", words.length > 0);
    current.svg.querySelectorAll(".near").forEach((table) => table.classList.remove("near"));
    found.forEach((table) => table.classList.add("near"));
    status.textContent = words.length === 0 ? current.tables.length + " tables" : found.length + " of " + current.tables.length + " tables";
  };
  const go = () => {
    if (found.length === 0) { return; }
    const b = found[next % found.length].querySelector("rect").getBBox();
    next += 1;
    const wide = Math.min(current.all[2], Math.max(900, b.width * 5));
    const high = wide * current.svg.clientHeight / current.svg.clientWidth;
    current.view = [b.x + b.width / 2 - wide / 2, b.y + b.height / 2 - high / 2, wide, high];
    draw();
  };
  field.addEventListener("input", search);
  field.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); go(); }
    if (event.key === "Escape") { field.value = ""; search(); fit(); }
  });

  const mark = viewer.querySelector("[data-mark]");
  mark.hidden = changed.size === 0;
  mark.addEventListener("click", () => {
    const on = mark.getAttribute("aria-pressed") !== "true";
    mark.setAttribute("aria-pressed", String(on));
    viewer.querySelectorAll("[data-changes]").forEach((table) => table.classList.toggle("changes", on));
  });
  sides.forEach((button) => button.addEventListener("click", () => show(button.dataset.side)));
  const acts = { in: () => zoom(0.75, middle()), out: () => zoom(1 / 0.75, middle()), fit };
  viewer.querySelectorAll("[data-act]").forEach((button) => button.addEventListener("click", acts[button.dataset.act]));

  pictures.forEach(({ box, svg }) => {
    let held = null;
    // the wheel scrolls the page until somebody turns to the picture
    svg.addEventListener("wheel", (event) => {
      if (!event.ctrlKey && !box.contains(document.activeElement)) { return; }
      event.preventDefault();
      zoom(Math.exp(Math.max(Math.min(event.deltaY, 120), -120) * 0.0022), point(event));
    }, { passive: false });
    svg.addEventListener("pointerdown", (event) => {
      if (event.button !== 0) { return; }
      box.focus({ preventScroll: true });
      held = [event.clientX, event.clientY];
      svg.setPointerCapture(event.pointerId);
    });
    svg.addEventListener("pointermove", (event) => {
      if (!held) { return; }
      const k = scale();
      current.view[0] -= (event.clientX - held[0]) / k;
      current.view[1] -= (event.clientY - held[1]) / k;
      held = [event.clientX, event.clientY];
      draw();
    });
    const drop = () => { held = null; };
    svg.addEventListener("pointerup", drop);
    svg.addEventListener("pointercancel", drop);
    svg.addEventListener("dblclick", fit);
    box.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) { return; }
      const keys = {
        "+": acts.in, "=": acts.in, "-": acts.out, "0": fit,
        ArrowLeft: () => move(-0.08, 0), ArrowRight: () => move(0.08, 0), ArrowUp: () => move(0, -0.08), ArrowDown: () => move(0, 0.08),
      };
      if (Object.hasOwn(keys, event.key)) { event.preventDefault(); keys[event.key](); }
    });
  });
  // a print shows every picture as a whole
  window.addEventListener("beforeprint", () => pictures.forEach((p) => { p.box.hidden = false; p.svg.setAttribute("viewBox", p.all.join(" ")); }));
  window.addEventListener("afterprint", () => show(current.name));
  show(current.name);
  begin();
}());
