/* Net benefit by assumption, as naveval.estimators.cost_benefit.net_benefit computes it. */
(function () {
  "use strict";
  /* Sum of factor^m for m = first … last − 1, also between whole months; 0 when last ≤ first. */
  function sum(first, last, factor) {
    var length = Math.max(last - first, 0);
    if (Math.abs(factor - 1) < 1e-12) return length;
    return Math.pow(factor, first) * (1 - Math.pow(factor, length)) / (1 - factor);
  }
  /* Kroner per programme spell; `duration` is a factor on how long the wage effects last. */
  function net(program, rates, rate, duration, displacement) {
    var factor = Math.pow((1 + rates.wage_growth) / (1 + rate), 1 / 12);
    var edges = [0, 12, 24, 36, Infinity], wages = 0, months = program.months * duration;
    program.effects.forEach(function (effect, year) {
      wages += effect * sum(edges[year], Math.min(edges[year + 1], months), factor);
    });
    var saved = rates.saved_benefit_share * (1 - rates.benefit_tax) * rates.tax_cost;
    return (1 - displacement) * (rates.labour_cost_factor + saved) * wages - program.cost;
  }
  window.KOSTNAD = { net: net };

  var form = document.querySelector("form.sliders");
  if (!form) return;
  var data = JSON.parse(document.getElementById(form.dataset.source).textContent);
  var area = document.querySelector("[data-costs]"), status = document.querySelector("[data-sliders]");
  var pictures = area.querySelectorAll("svg"), body = area.querySelector("tbody");
  var each = function (list, act) { Array.prototype.forEach.call(list, act); };
  function number(value) {
    var text = Math.abs(Math.round(value)).toString().replace(/\B(?=(\d{3})+$)/g, "\u202f");
    return (Math.round(value) < 0 ? "\u2212" : "") + text;
  }
  var told = { rows: body.innerHTML, label: pictures[0].getAttribute("aria-label"), bars: [] };
  each(pictures, function (svg) { told.bars.push(svg.innerHTML); });
  /* The report's own bars have intervals and tests; those of other assumptions have neither. */
  function restore() {
    body.innerHTML = told.rows;
    each(pictures, function (svg, place) {
      svg.innerHTML = told.bars[place];
      svg.setAttribute("aria-label", told.label);
    });
  }
  function changed() {
    return Array.prototype.some.call(form.querySelectorAll("input"), function (input) {
      return input.value !== input.defaultValue;
    });
  }
  function draw() {
    var rate = form.elements.discount_rate.value / 100, duration = form.elements.duration.value / 100;
    var displacement = form.elements.displacement.value / 100;
    each(form.querySelectorAll("input"), function (input) {
      var shown = String(Math.round(input.value * 10) / 10).replace(".", ",") + " prosent";
      input.parentNode.querySelector("output").textContent = shown;
      input.setAttribute("aria-valuetext", shown);
    });
    var found = data.programs.map(function (program) {
      return { name: program.name, value: net(program, data.rates, rate, duration, displacement) / 1000 };
    }).sort(function (a, b) { return b.value - a.value; });
    var plus = found.filter(function (f) { return f.value > 0; }).length;
    status.textContent = status.dataset.words.replace("{plus}", plus).replace("{all}", found.length);
    restore();
    if (!changed()) return;
    each(pictures, function (svg) { redraw(svg, found); });
    var columns = area.querySelectorAll("thead th").length;
    body.textContent = "";
    found.forEach(function (one) {
      var row = body.insertRow(), head = document.createElement("th");
      head.scope = "row";
      head.textContent = one.name;
      row.appendChild(head);
      var cell = row.insertCell();
      cell.className = "num";
      cell.textContent = number(one.value);
      for (var empty = 2; empty < columns; empty += 1) {
        cell = row.insertCell();
        cell.className = "num";
        cell.textContent = "..";
      }
    });
  }
  function redraw(svg, found) {
    each(svg.querySelectorAll(".range"), function (range) { range.remove(); });
    var low = Math.min.apply(null, found.map(function (f) { return f.value; }).concat(0));
    var high = Math.max.apply(null, found.map(function (f) { return f.value; }).concat(0));
    var from = +svg.dataset.from, scale = (+svg.dataset.to - from) / (high - low || 1), zero = from - scale * low;
    var bars = svg.querySelectorAll("rect"), texts = svg.querySelectorAll("text"), line = svg.querySelector("line");
    line.setAttribute("x1", zero); line.setAttribute("x2", zero);
    found.forEach(function (one, place) {
      var end = zero + scale * one.value, up = one.value >= 0;
      bars[place].setAttribute("x", Math.min(zero, end));
      bars[place].setAttribute("width", Math.abs(end - zero));
      bars[place].setAttribute("class", "bar open c" + (up ? 1 : 3));
      texts[2 * place].textContent = one.name;
      texts[2 * place + 1].textContent = number(one.value);
      texts[2 * place + 1].setAttribute("x", end + (up ? 5 : -5));
      texts[2 * place + 1].setAttribute("text-anchor", up ? "start" : "end");
    });
    svg.setAttribute("aria-label", found.map(function (f) { return f.name + " " + number(f.value); }).join(", "));
  }
  form.hidden = false;
  form.addEventListener("input", draw);
  form.addEventListener("submit", function (event) { event.preventDefault(); });
  form.addEventListener("reset", function () { setTimeout(draw, 0); });
  draw();
})();
