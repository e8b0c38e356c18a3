/* Search in the index, from a folder: folding, stems, compounds, synonyms, one letter wrong. */
(function () {
  "use strict";
  var ENDINGS = ["hetene", "heten", "elser", "elsen", "ingene", "ingen", "inger", "erne", "else", "ere", "ene", "ane",
    "ers", "ens", "ets", "ing", "het", "er", "en", "et", "ar", "te", "de", "e", "a", "s"];
  var LEAST = 4;
  /* Weight of an entry by kind, and of a match by how it was found. */
  var KIND = { p: 1, f: 1.15, d: 0.3 };
  var EXACT = 1, STEM = 0.85, START = 0.6, INSIDE = 0.4, SYNONYM = 0.55, NEAR = 0.35;

  function fold(text) {
    return text.toLocaleLowerCase("nb").replace(/æ/g, "ae").replace(/ø/g, "o").replace(/å/g, "a")
      .normalize("NFD").replace(/[\u0300-\u036f\u00ad]/g, "").replace(/oe/g, "o").replace(/aa/g, "a");
  }
  /* Words of a question that say nothing of what is asked for. */
  var ASKING = {};
  ("how what who where when many to is are do i "
    + "hva hvem hvor hvordan hvilke hvilken hvilket hvorfor mye mange lenge er var blir gar kan skal vil jeg vi du man en et ei den det de "
    + "og i pa av for til med som om ved har folk noen seg the of does").split(" ").forEach(function (word) { ASKING[word] = true; });
  /* A hit is left out below this share of the best. */
  var WEAK = 0.1;
  function words(text) { return fold(text).split(/[^a-z0-9]+/).filter(Boolean); }
  function stem(word) {
    for (var i = 0; i < ENDINGS.length; i += 1) {
      var end = ENDINGS[i];
      if (word.length - end.length >= LEAST && word.slice(-end.length) === end) return word.slice(0, -end.length);
    }
    return word;
  }
  /* Whether two words differ by one letter: changed, missing, added, or two that changed places. */
  function near(a, b) {
    if (a === b) return true;
    if (Math.abs(a.length - b.length) > 1) return false;
    var i = 0;
    while (i < a.length && a[i] === b[i]) i += 1;
    if (a.length === b.length) {
      return a.slice(i + 1) === b.slice(i + 1) ||
        (a[i] === b[i + 1] && a[i + 1] === b[i] && a.slice(i + 2) === b.slice(i + 2));
    }
    return a.length > b.length ? a.slice(i + 1) === b.slice(i) : a.slice(i) === b.slice(i + 1);
  }

  var prepared = null;
  function prepare() {
    var all = {};
    var entries = window.SOKEREGISTER.map(function (entry) {
      var fields = [[entry.s || "", 16], [entry.h, 10], [entry.h ? "" : entry.t, 10], [entry.h ? entry.t : "", 3], [entry.x, 1]];
      var counts = {};
      fields.forEach(function (field) {
        words(field[0]).forEach(function (word) {
          all[word] = true;
          var at = counts[word] || (counts[word] = { head: 0, text: 0 });
          if (field[1] > 1) at.head = Math.max(at.head, field[1]);
          else at.text = Math.min(at.text + 1, 3);
        });
      });
      /* What a title says of its numbers makes it no longer. */
      var heading = words(entry.h || entry.t.replace(/ \([^)]*\)$/, ""));
      return { entry: entry, counts: counts, heading: heading, length: heading.length };
    });
    var stems = Object.create(null);
    Object.keys(all).forEach(function (word) { (stems[stem(word)] = stems[stem(word)] || []).push(word); });
    return { entries: entries, all: Object.keys(all), stems: stems };
  }
  /* Words of the index that a word of the query means, each with its weight. */
  function meant(term, index, weight, far) {
    var found = {}, root = stem(term);
    function add(word, value) { found[word] = Math.max(found[word] || 0, value * weight); }
    index.all.forEach(function (word) {
      if (word === term) add(word, EXACT);
      else if (stem(word) === root) add(word, STEM);
      else if (root.length >= LEAST && word.indexOf(root) === 0) add(word, START);
      else if (root.length >= (far ? LEAST : LEAST + 1) && word.indexOf(root) > 0) add(word, INSIDE);
    });
    if (far && !Object.keys(found).length && term.length > LEAST) {
      index.all.forEach(function (word) {
        if (near(term, word) || (root.length > LEAST && near(root, stem(word)))) add(word, NEAR);
      });
    }
    /* A compound that the pages do not have, by the two words it is made of. */
    for (var i = LEAST; far && !Object.keys(found).length && i <= term.length - LEAST; i += 1) {
      var first = index.stems[stem(term.slice(0, i))], last = index.stems[stem(term.slice(i))];
      if (first && last) first.concat(last).forEach(function (word) { add(word, NEAR); });
    }
    return found;
  }
  /* Groups of synonyms that hold the term itself, or else one like it; of phrases only the whole counts. */
  function others(term) {
    var root = stem(term), found = [], every = window.SYNONYMER || [];
    function holding(alike) {
      return every.filter(function (group) {
        return group.some(function (phrase) {
          var parts = words(phrase);
          return parts.length === 1 && alike(parts[0]);
        });
      });
    }
    var groups = holding(function (word) { return word === term; });
    if (!groups.length) groups = holding(function (word) {
      return stem(word) === root || (term.length > LEAST + 2 && near(term, word));
    });
    groups.forEach(function (group) {
      found = found.concat(group.map(words).filter(function (parts) { return parts.join(" ") !== term; }));
    });
    return found;
  }
  function points(item, found) {
    var best = 0;
    Object.keys(found).forEach(function (word) {
      var at = item.counts[word];
      if (at) best = Math.max(best, found[word] * (at.head ? at.head + at.text / 3 : at.text));
    });
    return best;
  }
  function search(query) {
    prepared = prepared || prepare();
    var terms = words(query).filter(function (term) { return term.length > 1; });
    var telling = terms.filter(function (term) { return !ASKING[term]; });
    if (telling.length) terms = telling;
    if (!terms.length) return [];
    var asked = terms.map(function (term) {
      var own = meant(term, prepared, 1, true);
      var same = others(term).map(function (parts) {
        return parts.map(function (part) { return meant(part, prepared, SYNONYM, false); });
      });
      return { own: own, same: same };
    });
    var scored = prepared.entries.map(function (item) {
      var score = 0, hits = 0;
      asked.forEach(function (one) {
        var best = points(item, one.own);
        one.same.forEach(function (parts) {
          var each = parts.map(function (found) { return points(item, found); });
          best = Math.max(best, Math.min.apply(null, each));
        });
        if (best > 0) hits += 1;
        score += best;
      });
      var shape = 1 + 1 / (3 + item.length);
      return { entry: item.entry, hits: hits, score: score * KIND[item.entry.k] * shape };
    }).filter(function (hit) { return hit.hits > 0; });
    var most = Math.max.apply(null, scored.map(function (hit) { return hit.hits; }).concat(0));
    scored = scored.filter(function (hit) { return hit.hits === most; });
    scored.sort(function (a, b) { return b.score - a.score; });
    scored = scored.filter(function (hit) { return hit.score >= WEAK * scored[0].score; });
    return scored.map(function (hit) { return hit.entry; });
  }
  window.SOK = { search: search, fold: fold, stem: stem, near: near };

  var hits = document.getElementById("treff");
  if (!hits || !window.SOKEREGISTER) return;
  var box = document.getElementById("sok-felt"), told = document.getElementById("sok-status");
  function show() {
    var query = box.value.trim(), found = search(query);
    hits.textContent = "";
    told.textContent = query ? (found.length ? told.dataset.some : told.dataset.none)
      .replace("{count}", found.length).replace("{query}", query) : told.dataset.empty;
    found.slice(0, 40).forEach(function (entry) { hits.appendChild(shown(entry, words(query))); });
  }
  function shown(entry, terms) {
    var item = document.createElement("li"), link = document.createElement("a");
    link.href = entry.u;
    link.textContent = entry.h ? entry.h : entry.t;
    item.appendChild(link);
    if (entry.h) {
      var where = document.createElement("span");
      where.className = "where";
      where.textContent = " " + entry.t;
      item.appendChild(where);
    }
    var part = document.createElement("p"), parts = entry.x.split(/(?<=[.!?])\s+/);
    var at = parts.findIndex(function (text) {
      return terms.some(function (term) { return fold(text).indexOf(stem(term)) >= 0; });
    });
    var cut = parts.slice(Math.max(at, 0)).join(" ");
    part.textContent = cut.length > 240 ? cut.slice(0, 240).replace(/\s\S*$/, "") + " …" : cut;
    item.appendChild(part);
    return item;
  }
  box.value = new URLSearchParams(window.location.search).get("q") || "";
  box.addEventListener("input", show);
  document.getElementById("sok-skjema").addEventListener("submit", function (event) {
    event.preventDefault();
    show();
  });
  show();
})();
