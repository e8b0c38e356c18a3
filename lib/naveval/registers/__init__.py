"""The door in: where register tables lie, how they are read, and what they must look like.

## From extract to first report

1. `naveval contract hedmark --format xlsx --out DOCUMENT` writes what to deliver, in Norwegian:
   tables, columns, codes, units, the months that must be there, a Frictionless data package and
   empty templates. Nothing beside these columns is read, so nothing beside them need leave. The
   document follows the parameters (`--set window_first=2012-01`).
2. Put one file or folder per table into a folder: Parquet, CSV (plain, as Norwegian Excel writes
   it, or gzipped), SAS or Stata. Every file in a table's folder is read or refused by name; passed
   over are only `_SUCCESS`, `_metadata`, `_common_metadata`, `_started_*`, `_committed_*`,
   `Thumbs.db`, `desktop.ini`, names that begin with `._`, and others that begin with a point and
   end in nothing that is read; a part in a folder of such a name, or in `_temporary`, is refused.
   Folders such as `county=03/` tell a column. Numbers and dates are read exactly or refused:
   `131.193` could be two numbers, and is none. Dates with a time are days in Norway, whatever the
   machine's time zone.
3. Other names, codes, units, places of another year, or ids of text?
   `naveval map hedmark --data THEIRS` drafts a mapping; complete it (`params/registers/README.md`
   has an example) and make the tables with
   `naveval map hedmark --data THEIRS --with params/registers/owner.yml --out FOLDER`.
4. `naveval check hedmark --data FOLDER` lists every breach with file, column and row numbers,
   never a person id, and shows how each column was read, its ends, and rows by place and month
   beside their neighbours (`--json` for programs). It takes `--set` and `--params` and refuses what
   a run refuses. Exit code 1 until there is no breach. Warnings, such as a level that changes at
   once, stop nothing and are told at the top of the report. Its last part names what has too few
   rows to be judged. A code that the contract does not have is shown only where it can be nobody's
   name or id.
5. Counts get noise that follows from a secret of yours; without it a run is refused. Make it once,
   keep it as you keep the register, and keep the ids the same from one edition to the next: the
   noise follows from both. Another secret for the next edition is refused;
   `lib/naveval/disclosure/design.md` tells how to start a new series.

       (umask 077; python -c "import secrets; print(secrets.token_hex(32))" > ~/naveval.key)
       export NAVEVAL_KEY_FILE=~/naveval.key

   Reports that will be made again from a later delivery need the name of their edition too. A
   number is then kept until at least five persons have come or gone: two editions beside each
   other would tell more than either. Set it before every run of that edition, also in a notebook's
   terminal, and keep `report/_out/_editions` as you keep the registers: without it nothing is kept.

       export NAVEVAL_EDITION=2024K3

6. The first report is `report/_out/hedmark/04-hedmark/report.html`; `naveval batch hedmark` makes
   those of all counties. They say «registerdata» instead of «simulerte registre», and that they are
   not official statistics.

       naveval run hedmark --data FOLDER --set county=Hedmark
       naveval render report/_out/hedmark/04-hedmark

7. Look through `disclosure.csv` of each result folder: what was suppressed, and by which rule of
   `params/disclosure.yml`. Make the rules stricter there if you have to.
8. `naveval audit FOLDER` looks for identity numbers, ids of the extracts while they are here, small
   cells, raw data and vector pictures of persons, also inside pages, notebooks, workbooks and
   pictures. Let a person look as well.

Analysts outside can work on registers like yours: let out the file that
`naveval profile hedmark --data FOLDER --out profile.json` writes (how many persons by code, month
and county, protected and rounded), and they type `naveval data hedmark --profile profile.json`.

`truth.json` in a folder of extracts marks them as simulated. Never copy one into real extracts.
"""
