/* Menu, links, choice of county, filters and sorting, and curves. Everything works from a folder. */
(function () {
  "use strict";
  var each = function (list, act) { Array.prototype.forEach.call(list, act); };
  var plain = function (text) { return text.toLocaleLowerCase("nb"); };

  /* The address a reader sees completes how the page is cited. */
  each(document.querySelectorAll("[data-address]"), function (place) {
    if (/^http/.test(window.location.protocol)) place.textContent = window.location.href.split("#")[0];
  });

  each(document.querySelectorAll("form.chooser"), function (form) {
    form.hidden = false;
    form.addEventListener("submit", function (event) {
      event.preventDefault();
      window.location.href = form.querySelector("select").value;
    });
  });

  /* What is closed is printed too. */
  window.addEventListener("beforeprint", function () {
    each(document.querySelectorAll("details.rest"), function (part) { part.open = true; });
  });

  /* Menu that folds on a narrow screen */
  var menu = document.getElementById("meny"), fold = document.querySelector(".menu-button");
  if (menu && fold) {
    var narrow = window.matchMedia("(max-width: 48rem)");
    var set = function (open) {
      fold.setAttribute("aria-expanded", open ? "true" : "false");
      menu.hidden = !open;
    };
    var fit = function () { fold.hidden = !narrow.matches; set(!narrow.matches); };
    fold.addEventListener("click", function () { set(menu.hidden); });
    menu.addEventListener("keydown", function (event) {
      if (event.key === "Escape" && narrow.matches) { set(false); fold.focus(); }
    });
    narrow.addEventListener("change", fit);
    fit();
  }

  /* Of several charts the one that is chosen */
  each(document.querySelectorAll("[data-choices]"), function (area) {
    var figures = area.querySelectorAll("figure"), menu = document.createElement("select");
    var label = document.createElement("label");
    label.textContent = area.dataset.choices + " ";
    label.appendChild(menu);
    each(figures, function (figure) {
      var option = document.createElement("option");
      option.textContent = figure.querySelector("figcaption").textContent;
      menu.appendChild(option);
    });
    function pick() { each(figures, function (figure, place) { figure.hidden = place !== menu.selectedIndex; }); }
    menu.addEventListener("change", pick);
    area.insertBefore(label, area.firstChild);
    pick();
  });

  /* Links to headings, figures and tables, and the section shown marked in the contents */
  each(document.querySelectorAll("main h2, main h3, main figure[id], main .quarto-float[id], main table[id]:not([role])"), function (part) {
    var section = part.closest("section[id]");
    var id = part.id || (/^H/.test(part.tagName) && section && section.querySelector("h2, h3") === part ? section.id : "");
    var at = /^H/.test(part.tagName) ? part : part.querySelector("figcaption, caption");
    if (!id || !at || at.querySelector(".anchor")) return;
    var link = document.createElement("a");
    link.className = "anchor";
    link.href = "#" + id;
    link.textContent = "#";
    link.setAttribute("aria-label", "Lenke til «" + at.textContent.trim() + "»");
    link.addEventListener("click", function () {
      if (navigator.clipboard) navigator.clipboard.writeText(location.href.split("#")[0] + "#" + id);
    });
    at.appendChild(document.createTextNode(" "));
    at.appendChild(link);
  });
  var entries = {};
  each(document.querySelectorAll("#TOC a[href^='#']"), function (link) {
    entries[decodeURIComponent(link.getAttribute("href").slice(1))] = link;
  });
  var parts = Object.keys(entries).map(function (id) { return document.getElementById(id); })
    .filter(function (part) { return part; });
  function mark() {
    var here = parts[0];
    parts.forEach(function (part) { if (part.getBoundingClientRect().top < window.innerHeight * 0.3) here = part; });
    parts.forEach(function (part) {
      if (part === here) entries[part.id].setAttribute("aria-current", "location");
      else entries[part.id].removeAttribute("aria-current");
    });
  }
  if (parts.length) {
    var waiting = false;
    window.addEventListener("scroll", function () {
      if (waiting) return;
      waiting = true;
      window.requestAnimationFrame(function () { waiting = false; mark(); });
    }, { passive: true });
    mark();
  }

  /* Filters and sorting of a table */
  each(document.querySelectorAll("form.filters"), function (form) {
    var table = document.getElementById(form.dataset.table);
    var rows = Array.prototype.slice.call(table.tBodies[0].rows);
    var status = document.querySelector(".count");
    function filter() {
      var text = plain(form.elements.text.value.trim()), shown = 0;
      rows.forEach(function (row) {
        var fits = !text || plain(row.textContent).indexOf(text) >= 0;
        each(form.querySelectorAll("select"), function (select) {
          if (select.value && row.getAttribute("data-" + select.name) !== select.value) fits = false;
        });
        row.hidden = !fits;
        if (fits) shown += 1;
      });
      status.textContent = status.dataset.words.replace("{shown}", shown).replace("{all}", rows.length);
    }
    form.hidden = false;
    form.addEventListener("input", filter);
    form.addEventListener("submit", function (event) { event.preventDefault(); });
    form.addEventListener("reset", function () { setTimeout(filter, 0); });
    filter();
  });
  each(document.querySelectorAll("table.sortable"), function (table) {
    var heads = table.tHead.rows[0].cells, collator = new Intl.Collator("nb", { numeric: true });
    each(heads, function (head, place) {
      var button = document.createElement("button");
      button.type = "button";
      button.textContent = head.textContent;
      head.textContent = "";
      head.appendChild(button);
      button.addEventListener("click", function () {
        var down = head.getAttribute("aria-sort") === "ascending";
        each(heads, function (other) { other.removeAttribute("aria-sort"); });
        head.setAttribute("aria-sort", down ? "descending" : "ascending");
        var rows = Array.prototype.slice.call(table.tBodies[0].rows);
        rows.sort(function (a, b) {
          var order = collator.compare(a.cells[place].textContent, b.cells[place].textContent);
          return down ? -order : order;
        });
        rows.forEach(function (row) { table.tBodies[0].appendChild(row); });
      });
    });
  });

  /* County curves: a line per county in an SVG, switched by check boxes */
  var NS = "http://www.w3.org/2000/svg";
  function make(name, attributes, parent, text) {
    var element = document.createElementNS(NS, name);
    Object.keys(attributes).forEach(function (key) { element.setAttribute(key, attributes[key]); });
    if (text !== undefined) element.textContent = text;
    if (parent) parent.appendChild(element);
    return element;
  }
  function number(value, decimals) {
    return value.toFixed(decimals).replace("-", "\u2212").replace(".", ",");
  }
  var DASHES = ["", "7 4", "2 3"];
  function style(line, place) {
    line.setAttribute("style", "--c: var(--c" + (place % 6 + 1) + ")");
    var dash = DASHES[Math.floor(place / 6) % 3];
    if (dash) line.setAttribute("stroke-dasharray", dash);
  }
  each(document.querySelectorAll(".curves[data-source]"), function (area) {
    var data = JSON.parse(document.getElementById(area.dataset.source).textContent);
    /* Drawn as wide as the page shows it, so that text keeps its size on a phone. */
    var W = Math.max(320, Math.min(920, area.clientWidth)), narrow = W < 600;
    var H = narrow ? 380 : 440, L = narrow ? 34 : 52, R = narrow ? 118 : 150, T = 34, B = 34;
    var values = [].concat.apply([], data.curves.map(function (c) { return c.values; }))
      .filter(function (v) { return v !== null; });
    var low = Math.min.apply(null, values.concat(0)), high = Math.max.apply(null, values.concat(0));
    var pad = (high - low) * 0.05 || 1; low -= pad; high += pad;
    var x = function (i) { return L + (W - L - R) * i / Math.max(1, data.months.length - 1); };
    var y = function (v) { return T + (H - T - B) * (high - v) / (high - low); };
    var svg = make("svg", { viewBox: "0 0 " + W + " " + H, role: "img" });
    var step = Math.pow(10, Math.floor(Math.log10((high - low) / 4)));
    if ((high - low) / step > 10) step *= 2;
    if ((high - low) / step > 10) step *= 2.5;
    var decimals = Math.max(0, -Math.floor(Math.log10(step) + 1e-9));
    for (var v = Math.ceil(low / step) * step; v <= high; v += step) {
      make("line", { x1: L, x2: W - R, y1: y(v), y2: y(v), "class": Math.abs(v) < step / 9 ? "zero" : "grid" }, svg);
      make("text", { x: L - 8, y: y(v) + 4, "text-anchor": "end" }, svg, number(Math.abs(v) < step / 9 ? 0 : v, decimals));
    }
    data.months.forEach(function (month, i) {
      if (month.slice(5) !== "01" || (narrow && month.slice(0, 4) % 2)) return;
      make("line", { x1: x(i), x2: x(i), y1: H - B, y2: H - B + 5, "class": "axis" }, svg);
      make("text", { x: x(i), y: H - B + 20, "text-anchor": "middle" }, svg, month.slice(0, 4));
    });
    make("line", { x1: L, x2: W - R, y1: H - B, y2: H - B, "class": "axis" }, svg);
    make("text", { x: 0, y: 16 }, svg, area.dataset.unit);
    var layer = make("g", {}, svg);
    area.querySelector(".picture").appendChild(svg);
    var boxes = area.querySelector(".boxes");
    data.curves.forEach(function (curve, place) {
      var label = document.createElement("label"), input = document.createElement("input");
      input.type = "checkbox";
      input.checked = curve.shown;
      input.value = place;
      var key = make("svg", { viewBox: "0 0 32 12", "aria-hidden": "true" });
      style(make("line", { x1: 0, x2: 32, y1: 6, y2: 6, "class": "curve" }, key), place);
      label.appendChild(input);
      label.appendChild(key);
      label.appendChild(document.createTextNode(curve.name));
      boxes.appendChild(label);
    });
    function draw() {
      layer.textContent = "";
      var ends = [];
      each(boxes.querySelectorAll("input:checked"), function (input) {
        var place = +input.value, curve = data.curves[place], path = "", pen = "M", last = null;
        curve.values.forEach(function (v, i) {
          if (v === null) { pen = "M"; return; }
          path += pen + x(i).toFixed(1) + " " + y(v).toFixed(1);
          pen = "L";
          last = v;
        });
        style(make("path", { d: path, "class": "curve" }, layer), place);
        if (last !== null) ends.push({ name: curve.name, place: place, value: last, y: y(last) });
      });
      ends.sort(function (a, b) { return a.y - b.y; });
      ends.forEach(function (end, i) {
        if (i && end.y < ends[i - 1].y + 14) end.y = ends[i - 1].y + 14;
        var text = make("text", { x: W - R + 8, y: end.y + 4, "class": "end" }, layer, end.name);
        text.setAttribute("style", "--c: var(--c" + (end.place % 6 + 1) + "); fill: var(--c)");
      });
      var top = ends.slice().sort(function (a, b) { return b.value - a.value; })[0];
      svg.setAttribute("aria-label", area.dataset.label.replace("{count}", ends.length)
        .replace("{first}", data.first).replace("{last}", data.last)
        .replace("{top}", top ? top.name : "–").replace("{value}", top ? number(top.value, 2) : "–"));
    }
    boxes.addEventListener("change", draw);
    each(area.querySelectorAll("button[data-all]"), function (button) {
      button.addEventListener("click", function () {
        each(boxes.querySelectorAll("input"), function (input) { input.checked = button.dataset.all === "1"; });
        draw();
      });
    });
    each(area.querySelectorAll("[data-script]"), function (part) { part.hidden = false; });
    each(area.querySelectorAll("[data-static]"), function (part) { part.hidden = true; });
    draw();
  });
})();
