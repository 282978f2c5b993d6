
// Zoom (wheel, + and -), move (drag, arrows), whole picture (double click, 0), attributes (hover or focus), search.
// This text stands in XML and in HTML as it is: it must do without the two characters that begin a tag and an entity.
(function () {
  "use strict";
  const svg = document.querySelector("svg.rejoint-diagram");
  const ns = "http://www.w3.org/2000/svg";
  const all = svg.getAttribute("viewBox").split(" ").map(Number);
  let view = { x: all[0], y: all[1], w: all[2], h: all[3] };
  svg.setAttribute("width", "100%");
  svg.setAttribute("height", "100%");
  svg.style.cursor = "grab";
  // the ground goes on beyond the edges
  const ground = svg.querySelector(".ground");
  ground.setAttribute("x", -50 * all[2]);
  ground.setAttribute("y", -50 * all[3]);
  ground.setAttribute("width", 101 * all[2]);
  ground.setAttribute("height", 101 * all[3]);
  svg.style.touchAction = "none";
  const scale = function () { const m = svg.getScreenCTM(); return m ? m.a : 1; };
  const show = function () { svg.setAttribute("viewBox", [view.x, view.y, view.w, view.h].join(" ")); };
  const point = function (event) {
    const p = svg.createSVGPoint();
    p.x = event.clientX;
    p.y = event.clientY;
    return p.matrixTransform(svg.getScreenCTM().inverse());
  };
  const middle = function () { return { x: view.x + view.w / 2, y: view.y + view.h / 2 }; };
  const zoom = function (factor, at) {
    const w = Math.min(Math.max(view.w * factor, 120), all[2] * 2);
    const f = w / view.w;
    view = { x: at.x - (at.x - view.x) * f, y: at.y - (at.y - view.y) * f, w: w, h: view.h * f };
    hide();
    show();
  };
  const whole = function () { view = { x: all[0], y: all[1], w: all[2], h: all[3] }; hide(); show(); };

  // the shadow of the page: what is near a table stays, the rest fades
  const tables = Array.from(svg.querySelectorAll(".t[data-n]"));
  const lines = Array.from(svg.querySelectorAll(".e[data-p]"));
  const box = function (table) { return table.querySelector("rect").getBBox(); };
  let tip = null;
  let found = [];
  const clear = function () {
    svg.classList.remove("fades");
    svg.querySelectorAll(".near").forEach(function (e) { e.classList.remove("near"); });
  };
  const mark = function (elements) {
    clear();
    svg.classList.add("fades");
    elements.forEach(function (e) { e.classList.add("near"); });
  };
  const hide = function () { if (tip) { tip.remove(); tip = null; } };
  const add = function (parent, name, attributes) {
    const element = document.createElementNS(ns, name);
    Object.keys(attributes).forEach(function (k) { element.setAttribute(k, attributes[k]); });
    parent.appendChild(element);
    return element;
  };
  const explain = function (table) {
    hide();
    tip = add(svg, "g", { "class": "tip" });
    const back = add(tip, "rect", { rx: 4 });
    const rows = [table.getAttribute("data-title")].concat(
      table.getAttribute("data-a").split("\n").filter(function (row) { return row !== ""; }));
    rows.forEach(function (row, i) {
      const text = add(tip, "text", { x: 8, y: 17 + 15 * i, "font-size": 11.5 });
      if (i === 0) { text.setAttribute("font-weight", "bold"); text.textContent = row; return; }
      const cut = row.indexOf(" : ");
      const name = add(text, "tspan", {});
      name.textContent = row.slice(1, cut === -1 ? undefined : cut);
      if (row.charAt(0) === "*") { name.setAttribute("text-decoration", "underline"); }
      if (cut !== -1) { add(text, "tspan", { opacity: 0.75 }).textContent = "  " + row.slice(cut + 3); }
    });
    const size = tip.getBBox();
    const w = size.width + 16;
    const h = 15 * rows.length + 11;
    back.setAttribute("width", w);
    back.setAttribute("height", h);
    const k = 1 / scale();
    const b = box(table);
    const corner = svg.getScreenCTM().inverse();
    const right = corner.e + svg.clientWidth * k;
    const bottom = corner.f + svg.clientHeight * k;
    const x = Math.max(Math.min(b.x + b.width + 6 * k, right - w * k), corner.e);
    const beside = b.x + b.width + (w + 6) * k;
    let y = beside > right ? b.y + b.height + 6 * k : b.y;
    if (y + h * k > bottom) { y = beside > right ? b.y - (h + 6) * k : bottom - h * k; }
    tip.setAttribute("transform", "translate(" + x + " " + y + ") scale(" + k + ")");
  };
  tables.forEach(function (table) {
    const title = table.querySelector("title");
    table.setAttribute("data-title", title.textContent.split("\n")[0]);
    table.setAttribute("aria-label", title.textContent);
    table.setAttribute("tabindex", "0");
    title.remove();
    const number = table.getAttribute("data-n");
    const enter = function () {
      explain(table);
      if (found.length > 0) { return; }
      const near = [table];
      lines.forEach(function (line) {
        const p = line.getAttribute("data-p");
        const c = line.getAttribute("data-c");
        if (p !== number) { if (c !== number) { return; } }
        near.push(line, tables[Number(p)], tables[Number(c)]);
      });
      mark(near);
    };
    const leave = function () { hide(); if (found.length === 0) { clear(); } };
    table.addEventListener("pointerenter", enter);
    table.addEventListener("pointerleave", leave);
    table.addEventListener("focus", enter);
    table.addEventListener("blur", leave);
  });

  let held = null;
  svg.addEventListener("wheel", function (event) {
    event.preventDefault();
    zoom(Math.exp(Math.max(Math.min(event.deltaY, 120), -120) * 0.0022), point(event));
  }, { passive: false });
  svg.addEventListener("pointerdown", function (event) {
    if (event.button !== 0) { return; }
    held = point(event);
    svg.setPointerCapture(event.pointerId);
    svg.style.cursor = "grabbing";
  });
  svg.addEventListener("pointermove", function (event) {
    if (!held) { return; }
    const now = point(event);
    view.x += held.x - now.x;
    view.y += held.y - now.y;
    hide();
    show();
  });
  const drop = function () { held = null; svg.style.cursor = "grab"; };
  svg.addEventListener("pointerup", drop);
  svg.addEventListener("pointercancel", drop);
  svg.addEventListener("dblclick", whole);

  const field = document.getElementById("rejoint-find");
  const count = document.getElementById("rejoint-count");
  let next = 0;
  const search = function () {
    const words = field.value.toLowerCase().split(" ").filter(function (word) { return word !== ""; });
    next = 0;
    found = words.length === 0 ? [] : tables.filter(function (table) {
      const text = table.getAttribute("data-q");
      return words.every(function (word) { return text.includes(word); });
    });
    if (words.length === 0) { clear(); count.textContent = ""; return; }
    mark(found);
    count.textContent = found.length + " of " + tables.length;
  };
  const go = function () {
    if (found.length === 0) { return; }
    const b = box(found[next % found.length]);
    next += 1;
    const w = Math.min(all[2], Math.max(900, b.width * 5));
    const h = w * svg.clientHeight / svg.clientWidth;
    view = { x: b.x + b.width / 2 - w / 2, y: b.y + b.height / 2 - h / 2, w: w, h: h };
    hide();
    show();
  };
  if (field) {
    field.addEventListener("input", search);
    field.addEventListener("keydown", function (event) {
      if (event.key === "Enter") { event.preventDefault(); go(); }
      if (event.key === "Escape") { field.value = ""; search(); whole(); }
    });
  }
  const act = { in: function () { zoom(0.75, middle()); }, out: function () { zoom(1.333, middle()); }, all: whole };
  document.querySelectorAll("button[data-act]").forEach(function (button) {
    button.addEventListener("click", act[button.getAttribute("data-act")]);
  });
  document.addEventListener("keydown", function (event) {
    if (event.target === field) { return; }
    if (event.ctrlKey || event.metaKey || event.altKey) { return; }
    const step = view.w / 12;
    const keys = {
      "+": act.in, "=": act.in, "-": act.out, "0": whole,
      ArrowLeft: function () { view.x -= step; show(); }, ArrowRight: function () { view.x += step; show(); },
      ArrowUp: function () { view.y -= step; show(); }, ArrowDown: function () { view.y += step; show(); },
      "/": function () { if (field) { field.focus(); } }
    };
    const todo = Object.hasOwn(keys, event.key) ? keys[event.key] : null;
    if (todo) { event.preventDefault(); hide(); todo(); }
  });
}());
