"use strict";
(() => {
  const source = document.getElementById("points");
  const tip = document.getElementById("tip");
  const CELLS = 48; // of the grid in which points are looked up, along each side
  const REACH = { mouse: 24, touch: 40 }; // CSS pixels

  // Numbers ------------------------------------------------------------------------------------------------------
  let tables = null;
  function decoded(text, Kind) {
    return new Kind(Uint8Array.from(atob(text), (character) => character.charCodeAt(0)).buffer);
  }
  function read() {
    if (tables) return tables;
    tables = JSON.parse(source.textContent);
    tables.row = decoded(tables.row, Uint32Array);
    for (const target of tables.targets) {
      target.at = decoded(target.at, target.wide ? Uint32Array : Uint16Array);
      target.inside = decoded(target.inside, Uint8Array);
      for (const name of ["y", "p", "low", "high", "d"]) target[name] = decoded(target[name], Float32Array);
      if (!target.classes) continue;
      for (const name of ["has", "says"]) target[name] = decoded(target[name], Uint16Array);
      target.sure = decoded(target.sure, Float32Array);
      target.refused = decoded(target.refused, Uint8Array);
    }
    return tables;
  }
  function value(target, what, i) {
    const y = target.y[target.at[i]];
    switch (what) {
      case "y": return y;
      case "p": return target.p[i];
      case "e": return target.p[i] - y;
      case "a": return Math.abs(target.p[i] - y);
      default: return target.d[i];
    }
  }
  function part(number, limits, from, to) {
    const share = (number - limits[0]) / (limits[1] - limits[0]);
    return from + Math.min(1, Math.max(0, share)) * (to - from);
  }
  function place(target, panel, i) {
    const [left, top, right, bottom] = panel.box;
    return [part(value(target, panel.x, i), panel.xlim, left, right), part(value(target, panel.y, i), panel.ylim, bottom, top)];
  }
  function words(number) {
    if (Number.isNaN(number)) return "unknown";
    return Number.isFinite(number) ? String(Number(number.toPrecision(3))) : "unbounded";
  }

  // Plots: where their points lie, and a grid to find the nearest -----------------------------------------------
  const plots = source ? [...document.querySelectorAll("[data-plot]")].map((node) => ({ node, rings: [] })) : [];
  function built(plot) {
    if (plot.x) return plot;
    const all = read();
    const spec = all.plots[Number(plot.node.dataset.plot)];
    plot.target = all.targets[spec.target];
    plot.panels = spec.panels;
    const x = [], y = [], panelOf = [], index = [];
    spec.panels.forEach((panel, k) => {
      if (panel.texts) {
        const places = decoded(panel.places, Uint16Array);
        panel.texts.forEach((_, i) => { x.push(places[2 * i] / 65535); y.push(places[2 * i + 1] / 65535); panelOf.push(k); index.push(i); });
        return;
      }
      const [, first, last] = plot.target.splits[panel.split];
      for (let i = first; i < last; i++) {
        const [px, py] = place(plot.target, panel, i);
        x.push(px); y.push(py); panelOf.push(k); index.push(i);
      }
    });
    Object.assign(plot, { x: Float32Array.from(x), y: Float32Array.from(y), panelOf, index });
    const cell = (i) => clip(Math.floor(plot.y[i] * CELLS)) * CELLS + clip(Math.floor(plot.x[i] * CELLS));
    plot.start = new Uint32Array(CELLS * CELLS + 1);
    for (let i = 0; i < x.length; i++) plot.start[cell(i) + 1]++;
    for (let c = 0; c < CELLS * CELLS; c++) plot.start[c + 1] += plot.start[c];
    const next = plot.start.slice();
    plot.inCell = new Uint32Array(x.length);
    for (let i = 0; i < x.length; i++) plot.inCell[next[cell(i)]++] = i;
    return plot;
  }
  function clip(number) { return Math.min(CELLS - 1, Math.max(0, number)); }
  function nearest(plot, px, py, box, reach) {
    const dx = reach / box.width, dy = reach / box.height;
    let best = -1, shortest = reach * reach;
    for (let row = clip(Math.floor((py - dy) * CELLS)); row <= clip(Math.floor((py + dy) * CELLS)); row++) {
      for (let column = clip(Math.floor((px - dx) * CELLS)); column <= clip(Math.floor((px + dx) * CELLS)); column++) {
        const c = row * CELLS + column;
        for (let k = plot.start[c]; k < plot.start[c + 1]; k++) {
          const i = plot.inCell[k];
          const across = (plot.x[i] - px) * box.width, down = (plot.y[i] - py) * box.height;
          const distance = across * across + down * down;
          if (distance < shortest) { shortest = distance; best = i; }
        }
      }
    }
    return best;
  }

  function bit(bytes, k) { return (bytes[k >> 3] >> (k & 7)) & 1; }

  // Answers -----------------------------------------------------------------------------------------------------
  let shown = null;
  function lines(plot, i) {
    const panel = plot.panels[plot.panelOf[i]], k = plot.index[i];
    if (panel.texts) return panel.texts[k].split("\n");
    const target = plot.target, at = target.at[k];
    const unit = target.unit ? " " + target.unit : "";
    const y = target.y[at], low = target.low[k], high = target.high[k];
    const held = low <= y && y <= high;
    const found = [
      tables.label[at] || `row ${tables.row[at]}`,
      `row ${tables.row[at]}, ${target.splits[panel.split][0]}`,
    ];
    if (target.classes) {
      const has = target.has[k], says = target.says[k];
      found.push(`is ${target.classes[has]}, to which the model gives ${words(100 * target.p[k])} %`);
      if (has !== says) found.push(`decided for ${target.classes[says]}, ${words(100 * target.sure[k])} %`);
      if (bit(target.refused, k)) found.push("refused");
    } else {
      found.push(`actual ${words(y)}, predicted ${words(target.p[k])}${unit}`);
    }
    if (!Number.isNaN(low)) {
      const level = words(100 * target.level);
      found.push(`${level} % interval ${words(low)} to ${words(high)}${held ? "" : ": does not hold it"}`);
    }
    if (!bit(target.inside, k)) found.push("outside the domain");
    return found;
  }
  function hide() {
    if (!shown) return;
    shown = null;
    tip.replaceChildren();
    for (const plot of plots) mark(plot, []);
  }
  function show(plot, i) {
    if (shown && shown.plot === plot && shown.i === i) return;
    shown = { plot, i };
    const [name, ...rest] = lines(plot, i);
    const bold = document.createElement("b");
    bold.textContent = name;
    tip.replaceChildren(bold, rest.join("\n"));
    settle();
    const panel = plot.panels[plot.panelOf[i]];
    const row = panel.texts ? -1 : plot.target.at[plot.index[i]];
    for (const other of plots) {
      if (other === plot) mark(plot, [[plot.x[i], plot.y[i]]]);
      else mark(other, row < 0 ? [] : same(other, plot.target, row));
    }
  }
  // Beside its point, wherever the page was scrolled.
  function settle() {
    if (!shown) return;
    const { plot, i } = shown;
    const box = plot.node.getBoundingClientRect();
    const x = box.left + plot.x[i] * box.width, y = box.top + plot.y[i] * box.height;
    const width = tip.offsetWidth, height = tip.offsetHeight, room = document.documentElement.clientWidth;
    tip.style.left = `${Math.max(4, Math.min(room - width - 4, x - width / 2))}px`;
    tip.style.top = `${y - height - 16 > 4 ? y - height - 16 : y + 18}px`;
  }
  // The same row in the other figures.
  function same(plot, target, row) {
    const spec = tables.plots[Number(plot.node.dataset.plot)];
    const found = [];
    if (tables.targets[spec.target] !== target) return found;
    for (const panel of spec.panels) {
      if (panel.texts) continue;
      const [, first, last] = target.splits[panel.split];
      for (let i = target.at.indexOf(row, first); i >= 0 && i < last && found.length < 4; i = target.at.indexOf(row, i + 1)) {
        found.push(place(target, panel, i));
      }
    }
    return found;
  }
  function mark(plot, places) {
    while (plot.rings.length < places.length) {
      const ring = document.createElement("i");
      ring.className = "ring";
      plot.node.append(ring);
      plot.rings.push(ring);
    }
    plot.rings.forEach((ring, k) => {
      ring.hidden = k >= places.length;
      if (ring.hidden) return;
      ring.style.left = `${100 * places[k][0]}%`;
      ring.style.top = `${100 * places[k][1]}%`;
    });
  }

  // Pointer and keys --------------------------------------------------------------------------------------------
  function answer(plot, event) {
    built(plot);
    const box = plot.node.getBoundingClientRect();
    const reach = event.pointerType === "touch" ? REACH.touch : REACH.mouse;
    const i = nearest(plot, (event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height, box, reach);
    if (i >= 0) show(plot, i); else hide();
  }
  function ordered(plot) {
    if (!plot.order) {
      plot.order = Array.from(plot.x.keys()).sort((a, b) => plot.x[a] - plot.x[b] || plot.y[a] - plot.y[b]);
      plot.at = plot.order.indexOf(worst(plot));
    }
    return plot.order;
  }
  function worst(plot) {
    let best = 0, largest = -1;
    plot.panelOf.forEach((k, i) => {
      if (plot.panels[k].texts) return;
      const error = value(plot.target, "a", plot.index[i]);
      if (error > largest) { largest = error; best = i; }
    });
    return best;
  }
  const STEPS = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 50, PageDown: -50, Home: -Infinity, End: Infinity };
  for (const plot of plots) {
    plot.node.addEventListener("pointermove", (event) => answer(plot, event));
    plot.node.addEventListener("pointerdown", (event) => answer(plot, event));
    plot.node.addEventListener("pointerleave", (event) => { if (event.pointerType !== "touch") hide(); });
    plot.node.addEventListener("focus", () => {
      if (!plot.node.matches(":focus-visible")) return;
      built(plot);
      const order = ordered(plot);
      if (order.length) show(plot, order[plot.at]);
    });
    plot.node.addEventListener("blur", hide);
    plot.node.addEventListener("keydown", (event) => {
      if (event.key === "Escape") { hide(); return; }
      if (!(event.key in STEPS)) return;
      event.preventDefault();
      const order = ordered(built(plot));
      plot.at = Math.min(order.length - 1, Math.max(0, plot.at + STEPS[event.key]));
      if (order.length) show(plot, order[plot.at]);
    });
  }
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest("[data-plot]")) hide(); });
  document.addEventListener("scroll", settle, { passive: true });
  window.addEventListener("resize", settle);

  // Tables that can be sorted -----------------------------------------------------------------------------------
  for (const table of document.querySelectorAll("table.sortable")) {
    const body = table.tBodies[0];
    [...table.tHead.rows[0].cells].forEach((head, column) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      head.append(button);
      button.addEventListener("click", () => {
        const up = head.getAttribute("aria-sort") === "descending" || (column === 0 && !head.hasAttribute("aria-sort"));
        for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
        head.setAttribute("aria-sort", up ? "ascending" : "descending");
        const key = (row) => { const text = row.cells[column].textContent.trim(); const n = parseFloat(text); return Number.isNaN(n) ? text : n; };
        const rows = [...body.rows].map((row) => [key(row), row]);
        rows.sort(([a], [b]) => {
          const both = typeof a === typeof b;
          if (!both) return typeof a === "number" ? -1 : 1; // what is empty comes last
          return (typeof a === "number" ? a - b : a.localeCompare(b)) * (up ? 1 : -1);
        });
        body.append(...rows.map(([, row]) => row));
      });
    });
  }
})();
