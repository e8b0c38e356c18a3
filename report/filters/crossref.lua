-- Numbering, captions, alt texts and references of figures and tables for the builtin engine,
-- worded as Quarto words them in Norwegian bokmål. Runs after report.lua.

local typst = FORMAT:match("typst") ~= nil
local NAMES = { fig = "Figur", tbl = "Tabell" }
local NBSP = utf8.char(0xA0)

local counts, numbers, prefix = { fig = 0, tbl = 0 }, {}, ""

local function raw(text)
  return pandoc.RawBlock(typst and "typst" or "html", text)
end

local function escape(text)
  return (text:gsub("&", "&amp;"):gsub('"', "&quot;"):gsub("<", "&lt;"))
end

local function kind_of(label)
  local kind = label:match("^(%a+)%-")
  return NAMES[kind] and kind or nil
end

local function number(label)
  local kind = kind_of(label)
  if numbers[label] then error("label used twice: " .. label) end
  counts[kind] = counts[kind] + 1
  numbers[label] = NAMES[kind] .. NBSP .. prefix .. counts[kind]
  return numbers[label]
end

-- The caption stands above the content, as in print.
local function float(label, content, caption)
  local name, kind = number(label), kind_of(label)
  local out = pandoc.Blocks({})
  if typst then
    out:insert(raw("#figure(["))
    out:extend(content)
    out:insert(raw("], caption: figure.caption(position: top, ["))
    out:insert(pandoc.Plain(caption))
    out:insert(raw('], ), kind: "quarto-float-' .. kind .. '", supplement: "' .. NAMES[kind]
      .. '", ) <' .. label .. ">"))
  else
    out:insert(raw('<figure id="' .. escape(label) .. '" class="float float-' .. kind
      .. '"><figcaption>'))
    caption:insert(1, pandoc.Str(name .. ": "))
    out:insert(pandoc.Plain(caption))
    out:insert(raw("</figcaption>"))
    out:extend(content)
    out:insert(raw("</figure>"))
  end
  return out
end

local function figure(element)
  if kind_of(element.identifier) ~= "fig" then return nil end
  local images = pandoc.Blocks({})
  element.content:walk({ Image = function(image)
    local alt = image.attributes["fig-alt"]
    if not alt or alt == "" then error(element.identifier .. ": no alt text") end
    if typst then
      local quoted = alt:gsub("\\", "\\\\"):gsub('"', '\\"')
      images:insert(raw('#image("' .. image.src .. '", alt: "' .. quoted .. '")'))
    else
      image.attributes["fig-alt"] = nil
      image.caption = pandoc.Inlines({ pandoc.Str(alt) })
      images:insert(pandoc.Div({ pandoc.Plain({ image }) }, { class = "figure-scroll" }))
    end
  end })
  return float(element.identifier, images,
    pandoc.utils.blocks_to_inlines(element.caption.long))
end

local function tbl(element)
  if kind_of(element.identifier) ~= "tbl" then return nil end
  local caption = element.content:remove(#element.content)
  return float(element.identifier, element.content, caption.content)
end

local function reference(cite)
  if not kind_of(cite.citations[1].id) then return nil end
  local out = pandoc.Inlines({})
  for i, citation in ipairs(cite.citations) do
    local label = citation.id
    if not numbers[label] then error("unresolved reference @" .. label) end
    if i > 1 then out:insert(pandoc.Str(", ")) end
    if typst then
      out:insert(pandoc.RawInline("typst", "#ref(<" .. label .. ">, supplement: ["
        .. NAMES[kind_of(label)] .. "])"))
    else
      out:insert(pandoc.Link(numbers[label], "#" .. label))
    end
  end
  return out
end

function Pandoc(doc)
  prefix = doc.meta["number-prefix"] and pandoc.utils.stringify(doc.meta["number-prefix"]) or ""
  doc = doc:walk({ traverse = "topdown", Figure = figure, Div = tbl })
  return doc:walk({ Cite = reference })
end
