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

local function note(div)
  if not typst then return nil end
  local out = pandoc.Blocks({ raw("#figure-note[") })
  out:extend(div.content)
  out:insert(raw("]"))
  return out
end

-- Tables ---------------------------------------------------------------------------------

local FIGURE_SPACE, PUNCTUATION_SPACE = utf8.char(0x2007), utf8.char(0x2008)
-- Least width in characters that fits the page at each size, upright and then landscape.
local FITS = {
  { 104, "9pt", false }, { 117, "8pt", false }, { 125, "7.5pt", false },
  { 156, "9pt", true }, { 176, "8pt", true }, { 201, "7pt", true }, { math.huge, "6pt", true },
}
local CELL_PADDING = 2.4 -- characters

local function each_row(tbl)
  local rows = pandoc.List({})
  for _, row in ipairs(tbl.head.rows) do rows:insert({ row, "head" }) end
  for _, body in ipairs(tbl.bodies) do
    for _, row in ipairs(body.body) do rows:insert({ row, "body" }) end
  end
  return rows
end

-- Splits "−1 234,5 %" into its decimals ("5") and unit (" %"); nil when it is no number.
local function decimals(text)
  local number, unit = text:match("^([%+<]?%s*[^%a,%%]*%d)(.*)$")
  if not number then return nil end
  local after, rest = unit:match("^,(%d+)(.*)$")
  return after or "", after and rest or unit
end

-- Pads numbers of one column with invisible digits so that their decimal commas line up.
local function align_decimals(cells)
  local most, units = 0, {}
  for _, cell in ipairs(cells) do
    local part, unit = decimals(stringify(cell.contents))
    if part then
      most = math.max(most, #part)
      units[#units + 1] = unit
    end
  end
  for _, unit in ipairs(units) do
    if unit ~= "" then return end
  end
  for _, cell in ipairs(cells) do
    local part = decimals(stringify(cell.contents))
    if part and #part < most and #cell.contents == 1 then
      local pad = (#part == 0 and PUNCTUATION_SPACE or "")
        .. FIGURE_SPACE:rep(most - #part)
      cell.contents[1].content:insert(pandoc.Str(pad))
    end
  end
end

local function longest_word(text)
  local longest = 0
  for word in text:gmatch("[^ \n]+") do longest = math.max(longest, utf8.len(word) or #word) end
  return longest
end

-- Least width of a table in characters: whole numbers, longest words.
local function least_width(tbl, rows)
  local widths = {}
  for _, entry in ipairs(rows) do
    for i, cell in ipairs(entry[1].cells) do
      local text = stringify(cell.contents)
      local numeric = tbl.colspecs[i] and tbl.colspecs[i][1] == "AlignRight"
      local width = (numeric and entry[2] == "body") and (utf8.len(text) or #text)
        or longest_word(text)
      widths[i] = math.max(widths[i] or 0, width)
    end
  end
  local total = 0
  for _, width in ipairs(widths) do total = total + width + CELL_PADDING end
  return total
end

local function mark_cells(tbl, rows)
  for _, entry in ipairs(rows) do
    for i, cell in ipairs(entry[1].cells) do
      if entry[2] == "head" then
        cell.attributes.scope = "col"
      elseif i == 1 then
        cell.attributes.scope = "row"
      end
      if tbl.colspecs[i] and tbl.colspecs[i][1] == "AlignRight" then cell.classes:insert("num") end
    end
  end
end

local function size_for(width)
  for _, step in ipairs(FITS) do
    if width <= step[1] then return step[2], step[3] end
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

-- A table becomes a div with its label, the table itself and its caption last: the form that
-- both Quarto and crossref.lua read. Returns blocks, and whether it needs a landscape page.
local function table_blocks(tbl)
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
  tbl.attr = pandoc.Attr("", typst and { "typst:no-figure" } or {})
  local inner
  local size, landscape = size_for(least_width(tbl, rows))
  if typst then
    inner = { raw("#report-table(" .. size .. ")["), tbl, raw("]") }
  else
    inner = { pandoc.Div({ tbl }, pandoc.Attr("", { "table-scroll" }, {
      tabindex = "0", role = "group",
      ["aria-label"] = "Tabell: " .. stringify(caption):gsub("%s+", " "),
    })) }
  end
  if label == "" then return inner, landscape end
  inner[#inner + 1] = pandoc.Para(caption)
  return { pandoc.Div(inner, pandoc.Attr(label)) }, landscape
end

local function is_note(block)
  return block and block.t == "Div" and block.classes:includes("note")
end

local function boxes(blocks)
  local out, i = pandoc.Blocks({}), 1
  while i <= #blocks do
    local block = blocks[i]
    local kind = block.t == "Div" and callout_kind(block)
    if kind then
      local made = callout(block, kind)
      if made.t then out:insert(made) else out:extend(made) end
    elseif is_note(block) then
      local made = note(block)
      if made then out:extend(made) else out:insert(block) end
    elseif block.t == "Table" then
      local made, landscape = table_blocks(block)
      if typst and landscape then out:insert(raw("#landscape[")) end
      out:extend(made)
      if is_note(blocks[i + 1]) and typst then
        out:extend(note(blocks[i + 1]))
        i = i + 1
      end
      if typst and landscape then out:insert(raw("]")) end
    else
      out:insert(block)
    end
    i = i + 1
  end
  return out
end

-- Sections -------------------------------------------------------------------------------

local function number_sections(doc)
  local top, counts, numbers = 9, {}, {}
  doc:walk({ Header = function(header) top = math.min(top, header.level) end })
  local function number(header)
    local depth = header.level - top + 1
    if typst then header.level = depth end
    if header.classes:includes("unnumbered") then return header end
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
    if not numbers[id] then error("unresolved reference @" .. id) end
    return pandoc.Link("avsnitt " .. numbers[id], "#" .. id)
  end })
end

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

-- Colours for code would not meet the contrast wanted in both schemes.
local function plain_code(block)
  block.attr = pandoc.Attr(block.identifier)
  return block
end

function Pandoc(doc)
  doc = doc:walk({ Blocks = boxes })
  doc = doc:walk({ Quoted = quoted, Math = equation, CodeBlock = plain_code })
  return number_sections(doc)
end
