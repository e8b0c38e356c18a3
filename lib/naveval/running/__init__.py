r"""One run, many runs, and schedulers that start them.

## Drive it from Make, Snakemake or Airflow

Every step is a command that can be run again, says on its last lines what went wrong, and ends
with an exit code. A run is left alone by `--resume` when its parameters, data, code and texts are
the same, so a scheduler may start everything every night.

Make, one target per study and county (`make -j2 -k`):

```make
.RECIPEPREFIX = >
OUT := report/_out
COUNTIES := 03-oslo 34-innlandet
REPORTS := $(COUNTIES:%=$(OUT)/followup/%/report.pdf)

$(OUT)/site/index.html: $(REPORTS)
> .venv/bin/naveval site && .venv/bin/naveval audit $(OUT)/site

$(OUT)/followup/%/report.pdf: FORCE
> .venv/bin/naveval run followup --resume --set county=$(firstword $(subst -, ,$*))
> .venv/bin/naveval render $(@D) --resume

FORCE:
```

Snakemake, the same:

```python
PLACES = {"03": "03-oslo", "34": "34-innlandet"}

rule site:
    input: expand("report/_out/followup/{place}/report.pdf", place=PLACES.values())
    output: "report/_out/site/index.html"
    shell: ".venv/bin/naveval site && .venv/bin/naveval audit report/_out/site"

rule report:
    output: "report/_out/followup/{county}-{name}/report.pdf"
    wildcard_constraints: county=r"\d\d"
    shell: ".venv/bin/naveval run followup --set county={wildcards.county} && "
           ".venv/bin/naveval render report/_out/followup/{wildcards.county}-{wildcards.name}"
```

Airflow, whole studies:

```python
with DAG("naveval", schedule="@quarterly", start_date=datetime(2026, 1, 1)):
    batches = [
        BashOperator(task_id=study, bash_command=f"naveval batch {study} --resume --jobs 2")
        for study in ("followup", "hedmark", "programs", "indicator")
    ]
    site = BashOperator(task_id="site", bash_command="naveval site")
    batches >> site >> BashOperator(
        task_id="audit", bash_command="naveval audit report/_out/site"
    )
```

More machines: start a Dask scheduler and workers (extra `dask`) that see the project folder under
the same path, and give the batch its address. `--jobs` is then the number of runs at the same time
on all of them together:

```
dask scheduler
dask worker tcp://HOST:8786 --nthreads 2          # on every machine
naveval batch --counties all --resume --jobs 16 --scheduler tcp://HOST:8786
```
"""
