"""From executed notebooks to reports, the site and what leaves the house.

## Check and publish

| `naveval audit` looks at | by |
|---|---|
| disclosure | `lib/naveval/disclosure/scan` |
| accessibility of pages | their mark-up; axe in headless Chromium, two widths, two schemes |
| accessibility of PDF | marks of PDF/UA-1: tags, language, title, outline, alt texts |
| links, references, sizes | every link and anchor; «?@fig-», unfilled fields, «nan» |
| numbers | each carries the key of a released number, or stands in `report/definitions.yml` |

axe needs Chromium on the PATH (or `NAVEVAL_CHROMIUM`; none is ever downloaded) and the extra
`audit`, which `make` installs; without them the audit says so and goes on.

Two people let a folder out. The first asks, and gets every file with pass, review or fail, the
reason and a checksum; the second looks at what no program can judge and signs under another name:

```
naveval request report/_out/site --by Kari
naveval approve report/_out/site --by Ola --reviewed "figures/*.png" --reviewed "*.pdf"
naveval publish report/_out/site --host HOST --id ID
```

`publish` uploads to Nav's data marketplace and refuses a folder that is not approved, or in which a
file was changed, added or taken away since. Names are taken as they are given: the records, hidden
files of the folder, show who said what, and prove no identity. The token comes from
`NAVEVAL_PUBLISH_TOKEN` and is never shown or written. Lost connections and server errors are tried
again; a refusal, a web page or silence stops at once, and the next upload goes on from there.

Whom readers can ask, and reports that were corrected or withdrawn, stand in `report/publisher.yml`;
build and publish the site anew after a change there.
"""
