-- Shared by both engines. Runs before Quarto's own processing.
-- Numbers sections and resolves @sec- references, turns callouts and notes into plain
-- marked-up boxes, and gives every table row headers, aligned decimals and a frame that fits.

local typst = FORMAT:match("typst") ~= nil
local stringify = pandoc.utils.stringify

local CALLOUT_TITLES = {
  note = "Merk", tip = "Tips", important = "Viktig", warning = "Advarsel", caution = "Forsiktig",
}

local function raw(text)
  return pandoc.RawBlock("typst", text)
end

local function typst_string(text)
  return '"' .. text:gsub("\\", "\\\\"):gsub('"', '\\"'):gsub("%s+", " ") .. '"'
end

-- Callouts and notes ---------------------------------------------------------------------

local function callout_kind(div)
  for _, class in ipairs(div.classes) do
    local kind = class:match("^callout%-(%a+)$")
    if kind then return kind end
  end
end

local function callout(div, kind)
  local title, body = div.attributes.title, div.content
  local inlines = title and pandoc.Inlines(title) or nil
  if not inlines and body[1] and body[1].t == "Header" then
    inlines = body[1].content
    body:remove(1)
  end
  inlines = inlines or pandoc.Inlines(CALLOUT_TITLES[kind] or "Merk")
  if typst then
    local out = pandoc.Blocks({ raw("#box-callout(" .. typst_string(kind) .. ")["),
      pandoc.Plain(inlines), raw("][") })
    out:extend(body)
    out:insert(raw("]"))
    return out
  end
  body:insert(1, pandoc.Div({ pandoc.Para({ pandoc.Strong(inlines) }) }, { class = "box-title" }))
  return pandoc.Div(body, pandoc.Attr(div.identifier, { "box", "box-" .. kind }, { role = "note" }))
end

local function note(div, first)
  if not typst then return nil end
  local out = pandoc.Blocks({ raw(first and "#figure-note(first: true)[" or "#figure-note[") })
  out:extend(div.content)
  out:insert(raw("]"))
  return out
end

-- A key figure: what is strong in it is the number, the rest says what it is.
local function key_figures(group)
  if not typst then return pandoc.Div(group, { class = "key-figures" }) end
  local out = pandoc.Blocks({ raw("#key-figures(") })
  for _, div in ipairs(group) do
    out:insert(raw("["))
    out:extend(div.content)
    out:insert(raw("],"))
  end
  out:insert(raw(")"))
  return out
end

-- What an exhibit shows, as a line above its descriptive caption.
local function finding(span)
  if not typst or not span.classes:includes("finding") then return nil end
  local out = pandoc.Inlines({ pandoc.RawInline("typst", "#finding[") })
  out:extend(span.content)
  out:insert(pandoc.RawInline("typst", "]"))
  return out
end

-- Text -----------------------------------------------------------------------------------

local function quoted(element)
  local out = pandoc.Inlines({ pandoc.Str("«") })
  out:extend(element.content)
  out:insert(pandoc.Str("»"))
  return out
end

local function equation(element)
  if not typst then return nil end
  local inline = element.mathtype == "InlineMath"
  local body = pandoc.write(pandoc.Pandoc({ pandoc.Plain({ element }) }), "typst")
  return pandoc.RawInline("typst", "#math.equation(alt: " .. typst_string(element.text)
    .. ", block: " .. tostring(not inline) .. ", " .. body:gsub("%s+$", "") .. ")")
end

-- What Typst reads as a heading or a list where a cell or an item begins is text.
local function plain_start(block)
  local first = block.content[1]
  if typst and first and first.t == "Str"
    and (first.text:match("^[=%-%+/]+$") or first.text:match("^%d+%.$")) then
    block.content[1] = pandoc.RawInline("typst", first.text:gsub("[^%d]", "\\%0"))
  end
  return block
end

-- Colours for code would not meet the contrast wanted in both schemes.
local function plain_code(block)
  block.attr = pandoc.Attr(block.identifier)
  return block
end

-- Words with what they mean: in Typst each in one paragraph, so that a long list takes few pages.
local function word_list(list)
  if not typst then return nil end
  local out = pandoc.Blocks({})
  for _, item in ipairs(list.content) do
    local line = pandoc.Inlines({ pandoc.RawInline("typst", "#word[") })
    line:extend(item[1])
    line:insert(pandoc.RawInline("typst", "]["))
    for _, meaning in ipairs(item[2]) do line:extend(pandoc.utils.blocks_to_inlines(meaning)) end
    line:insert(pandoc.RawInline("typst", "]"))
    out:insert(pandoc.Para(line))
  end
  return out
end

local TEXT = { Span = finding, Quoted = quoted, Math = equation, CodeBlock = plain_code, Plain = plain_start }

-- Tables ---------------------------------------------------------------------------------

local FIGURE_SPACE, PUNCTUATION_SPACE = utf8.char(0x2007), utf8.char(0x2008)
local SOFT_HYPHEN = utf8.char(0xAD) -- shows only where a word breaks
-- Widths are in half ems. Room of a line at each size, upright and then landscape.
local FITS = {
  { 101, "9pt", false }, { 114, "8pt", false }, { 121, "7.5pt", false },
  { 166, "9pt", true }, { 187, "8pt", true }, { 213, "7pt", true }, { math.huge, "6pt", true },
}
local CELL_PADDING = 2.3
local PHONE = 44 -- room of a line on a phone
local COMFORTABLE = { 26, 16 } -- room for text in the first column and in the others
local WHOLE_LINES = 28 -- tables up to this many lines stay on one page; taller have their note first
local NARROW = { [" "] = 0.5, [","] = 0.45, ["."] = 0.45, [":"] = 0.45, ["i"] = 0.55, ["l"] = 0.55,
  ["j"] = 0.55, ["f"] = 0.65, ["t"] = 0.65, ["r"] = 0.75, ["-"] = 0.65, ["("] = 0.65, [")"] = 0.65,
  ["m"] = 1.6, ["w"] = 1.45, ["%"] = 1.5,
  [SOFT_HYPHEN] = 0, [utf8.char(0x202F)] = 0.35, [utf8.char(0xA0)] = 0.5, [FIGURE_SPACE] = 0.95, [PUNCTUATION_SPACE] = 0.45 }

local function width_of(text)
  local total = 0
  for _, code in utf8.codes(text) do
    local char = utf8.char(code)
    total = total + (NARROW[char] or char:match("%u") and 1.35 or 1)
  end
  return total
end

local function each_row(tbl)
  local rows = pandoc.List({})
  for _, row in ipairs(tbl.head.rows) do rows:insert({ row, "head" }) end
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do rows:insert({ row, "body" }) end
  end
  return rows
end

-- Splits "−1 234,5 %" into its decimals ("5"), unit (" %") and number of stars; nil when it is no
-- number.
local function decimals(text)
  local plain, stars = text:match("^(.-)(%**)$")
  local number, unit = plain:match("^([%+<]?%s*[^%a,%%]*%d)(.*)$")
  if not number then return nil end
  local after, rest = unit:match("^,(%d+)(.*)$")
  return after or "", after and rest or unit, #stars
end

-- Pads numbers of one column with invisible digits so that their decimal commas line up.
local function align_decimals(cells)
  local most, most_stars = 0, 0
  for _, cell in ipairs(cells) do
    local part, unit, stars = decimals(stringify(cell.contents))
    if part then
      if unit ~= "" then return end
      most, most_stars = math.max(most, #part), math.max(most_stars, stars)
    end
  end
  for _, cell in ipairs(cells) do
    local part, _, stars = decimals(stringify(cell.contents))
    if part and #cell.contents == 1 and (#part < most or stars < most_stars) then
      local pad = (#part == 0 and most > 0 and PUNCTUATION_SPACE or "")
        .. FIGURE_SPACE:rep(most - #part + most_stars - stars)
      cell.contents[1].content:insert(pandoc.Str(pad))
    end
  end
end

local function longest_word(text)
  local longest = 0
  for word in text:gsub(SOFT_HYPHEN, "- "):gmatch("[^ \n]+") do longest = math.max(longest, width_of(word)) end
  return longest
end

-- Widths of the columns: the least (whole numbers, longest words, some room for text) and
-- the natural one (longest cell on one line).
local function widths_of(tbl, rows)
  local least, natural = {}, {}
  for _, entry in ipairs(rows) do
    for i, cell in ipairs(entry[1].cells) do
      local text = stringify(cell.contents)
      local length, word = width_of(text), longest_word(text)
      if entry[2] == "body" then
        local numeric = tbl.colspecs[i] and tbl.colspecs[i][1] == "AlignRight"
        word = numeric and length or math.max(word, math.min(length, COMFORTABLE[math.min(i, 2)]))
      end
      least[i] = math.max(least[i] or 0, word)
      natural[i] = math.max(natural[i] or 0, length)
    end
  end
  return least, natural
end

local function sum(widths)
  local total = 0
  for _, width in ipairs(widths) do total = total + width + CELL_PADDING end
  return total
end

-- Lines that the rows take with columns of these widths.
local function lines_of(rows, widths)
  local total = 0
  for _, entry in ipairs(rows) do
    local most = 1
    for i, cell in ipairs(entry[1].cells) do
      most = math.max(most, math.ceil(width_of(stringify(cell.contents)) / widths[i]))
    end
    total = total + most
  end
  return total
end

-- Widths of the columns of a table whose text has to wrap: every column gets its least width, and what is
-- left goes to columns by how much they lack, or to those first that lack the least where that takes fewer lines.
local function wrapped(rows, least, natural, room)
  local left, lacking = room - sum(least), sum(natural) - sum(least)
  local alike, filled, order = {}, {}, {}
  for i = 1, #least do
    alike[i], order[i] = least[i] + left * (natural[i] - least[i]) / lacking, i
  end
  table.sort(order, function(a, b)
    local first, second = natural[a] - least[a], natural[b] - least[b]
    return first < second or (first == second and a < b)
  end)
  for _, i in ipairs(order) do
    filled[i] = least[i] + math.min(natural[i] - least[i], left)
    left = left - (filled[i] - least[i])
  end
  return lines_of(rows, filled) < lines_of(rows, alike) and filled or alike
end

-- Cells of the body say which column they are of: on a phone wide tables become lists. Roles keep
-- rows and headers what they are when they are shown so.
local function mark_cells(tbl, rows)
  local titles = {}
  for _, entry in ipairs(rows) do
    if not typst then entry[1].attr.attributes.role = "row" end
    for i, cell in ipairs(entry[1].cells) do
      if entry[2] == "head" then
        cell.attributes.scope = "col"
        titles[i] = stringify(cell.contents)
      elseif i == 1 then
        cell.attributes.scope = "row"
      elseif not typst then
        cell.attributes["data-label"] = titles[i]
      end
      if not typst then
        cell.attributes.role = entry[2] == "head" and "columnheader" or i == 1 and "rowheader" or "cell"
      end
      local length = utf8.len(stringify(cell.contents)) or 0
      if tbl.colspecs[i] and tbl.colspecs[i][1] == "AlignRight" then
        cell.classes:insert("num")
      elseif length > 60 then
        cell.classes:insert("long")
      elseif length > 14 then
        cell.classes:insert("label")
      end
    end
  end
end

local function fit_for(width)
  for _, step in ipairs(FITS) do
    if width <= step[1] then return table.unpack(step) end
  end
end

-- Quarto's reader leaves the label {#tbl-…} in the caption; take it out.
local function label_in(caption)
  local last = caption[#caption]
  local label = last and last.t == "Str" and last.text:match("^{#(tbl%-[%w_%-]+)}$")
  if not label then return "" end
  caption:remove()
  if #caption > 0 and caption[#caption].t == "Space" then caption:remove() end
  return label
end

-- Quarto walks through every cell some hundred times and needs none of them: for it a table that
-- holds no reference is written here, in the language of the output.
local function written(tbl)
  local whole = quarto ~= nil
  local function keep() whole = false end
  tbl:walk({ Cite = keep, Image = keep, Math = keep, Note = keep })
  if not whole then return tbl end
  local language = typst and "typst" or "html"
  local unwrapped = pandoc.WriterOptions({ wrap_text = "none" })
  return pandoc.RawBlock(language, pandoc.write(pandoc.Pandoc({ tbl:walk(TEXT) }), language, unwrapped))
end

-- A table becomes a div with its label, the table itself and its caption last: the form that
-- both Quarto and crossref.lua read. Returns blocks, whether it needs a landscape page, and whether it
-- may run over pages: then its note stands above, where it is seen with the first rows.
local function table_blocks(tbl, own)
  local rows = each_row(tbl)
  for i, spec in ipairs(tbl.colspecs) do
    tbl.colspecs[i] = { spec[1] == "AlignDefault" and "AlignLeft" or spec[1], nil }
    if spec[1] == "AlignRight" then
      local column = pandoc.List({})
      for _, entry in ipairs(rows) do
        if entry[2] == "body" and entry[1].cells[i] then column:insert(entry[1].cells[i]) end
      end
      align_decimals(column)
    end
  end
  mark_cells(tbl, rows)
  for _, body in ipairs(tbl.bodies) do body.row_head_columns = 1 end
  local caption = pandoc.utils.blocks_to_inlines(tbl.caption.long)
  local label = tbl.identifier ~= "" and tbl.identifier or label_in(caption)
  tbl.caption = pandoc.Caption({})
  tbl.attr = pandoc.Attr("", typst and { "typst:no-figure" } or {}, typst and {} or { role = "table" })
  local inner, tall
  local least, natural = widths_of(tbl, rows)
  local room, size, landscape = fit_for(sum(least))
  if typst then
    if room < math.huge and sum(natural) > room then
      natural = wrapped(rows, least, natural, room)
      for i, width in ipairs(natural) do
        if tbl.colspecs[i] then tbl.colspecs[i] = { tbl.colspecs[i][1], (width + CELL_PADDING) / room } end
      end
    end
    tall = not landscape and lines_of(rows, natural) > WHOLE_LINES
    inner = tall and own and note(own, true) or pandoc.Blocks({})
    inner:extend({ raw("#report-table(" .. size .. ")["), written(tbl), raw("]") })
  else
    local name = "Tabell: " .. stringify(caption):gsub("%s+", " ")
    local classes = sum(least) > PHONE and { "table-scroll", "stack" } or { "table-scroll" }
    -- Always within reach of the keyboard: its width changes when typefaces come and windows turn.
    inner = { pandoc.Div({ written(tbl) }, pandoc.Attr("", classes,
      { { "tabindex", "0" }, { "role", "group" }, { "aria-label", name } })) }
  end
  if label == "" then return inner, landscape, tall end
  inner[#inner + 1] = pandoc.Para(caption)
  return { pandoc.Div(inner, pandoc.Attr(label)) }, landscape, tall
end

local function is_note(block)
  return block and block.t == "Div" and block.classes:includes("note")
end

local function is_key_figure(block)
  return block and block.t == "Div" and block.classes:includes("key-figure")
end

local function boxes(blocks)
  local out, i = pandoc.Blocks({}), 1
  while i <= #blocks do
    local block = blocks[i]
    local kind = block.t == "Div" and callout_kind(block)
    if is_key_figure(block) then
      local group = pandoc.Blocks({ block })
      while is_key_figure(blocks[i + 1]) do
        i = i + 1
        group:insert(blocks[i])
      end
      local made = key_figures(group)
      if made.t then out:insert(made) else out:extend(made) end
    elseif kind then
      local made = callout(block, kind)
      if made.t then out:insert(made) else out:extend(made) end
    elseif typst and block.t == "Figure" and block.identifier:match("^fig%-") then
      out:insert(raw("#whole-figure["))
      out:insert(block)
      if is_note(blocks[i + 1]) then
        out:extend(note(blocks[i + 1]))
        i = i + 1
      end
      out:insert(raw("]"))
    elseif is_note(block) then
      local made = note(block)
      if made then out:extend(made) else out:insert(block) end
    elseif block.t == "Table" then
      local own = typst and is_note(blocks[i + 1]) and blocks[i + 1]
      local made, landscape, tall = table_blocks(block, own)
      local frame = landscape and "#landscape[" or not tall and "#whole-table["
      if typst then out:insert(raw(frame or "#room")) end
      out:extend(made)
      if own and not tall then out:extend(note(own)) end
      if own then i = i + 1 end
      if typst and frame then out:insert(raw("]")) end
    else
      out:insert(block)
    end
    i = i + 1
  end
  return out
end

-- Sections -------------------------------------------------------------------------------

-- A page with `plain-headings: true` has no numbers.
local function number_sections(doc)
  local top, counts, numbers = 9, {}, {}
  local plain = doc.meta["plain-headings"]
  doc:walk({ Header = function(header) top = math.min(top, header.level) end })
  local function number(header)
    local depth = header.level - top + 1
    if typst then header.level = depth end
    if plain or header.classes:includes("unnumbered") then return header end
    counts[depth] = (counts[depth] or 0) + 1
    for deeper = depth + 1, 9 do counts[deeper] = nil end
    for above = 1, depth do counts[above] = counts[above] or 1 end
    local text = table.concat(counts, ".", 1, depth)
    numbers[header.identifier] = text
    header.content:insert(1, pandoc.Space())
    header.content:insert(1, pandoc.Span(text, { class = "header-section-number" }))
    header.classes:insert("unnumbered")
    return header
  end
  doc = doc:walk({ Header = number })
  return doc:walk({ Cite = function(cite)
    local id = cite.citations[1].id
    if not id:match("^sec%-") then return nil end
    if plain then return nil end
    if not numbers[id] then error("unresolved reference @" .. id) end
    return pandoc.Link("avsnitt " .. numbers[id], "#" .. id)
  end })
end

-- The contents follow the first section, which answers on the first page.
local function contents_after_first(doc)
  if not typst or not doc.meta["answer-first"] then return doc end
  local seen = 0
  for i, block in ipairs(doc.blocks) do
    if block.t == "Header" and block.level <= 2 then seen = seen + 1 end
    if seen == 2 then
      doc.blocks:insert(i, raw("#contents"))
      return doc
    end
  end
  return doc
end

function Pandoc(doc)
  doc = contents_after_first(doc)
  doc = doc:walk({ Blocks = boxes })
  doc = doc:walk(TEXT)
  doc = doc:walk({ DefinitionList = word_list })
  return number_sections(doc)
end
