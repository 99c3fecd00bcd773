# Every target is one line over a Python entry point; `make help` lists them.
#
#   SCALE=full|small|smoke   default: full on an accelerator, else small
#   ARMS="a b"  SEEDS="0 1"  a choice of arms (names, or primary, ablation, all) and seeds
#   SET="batch_size=8 adversary.pixel_weight=10"   a variant of each arm, under a name of its own
#   PRECISION=mixed_bfloat16|float32   DEVICES=N|all   DATA=folder:/path/of/photographs
#   TRACK=wandb|mlflow       show runs in Weights & Biases or MLflow (WANDB_MODE=offline, MLFLOW_TRACKING_URI)
#   TENSORBOARD=1            write what `tensorboard --logdir runs` shows
#   NETWORK=name             a network that comes with the suite, to colour, try or export; RUN=<run> takes your own
#   SATURATION=0..3  STRENGTH=0..1  TEMPERATURE=0..1   of colours; FRAMES=1  of a video; OVERWRITE=1

OPTIONS_TYPED := SCALE ARMS SEEDS SET PRECISION DEVICES DATA TENSORBOARD TRACK REPORTS OUT PIECES IN A B \
                 FORCE TOLERANCE RUN NETWORK COMPARE FRAMES OVERWRITE SATURATION STRENGTH TEMPERATURE \
                 PORT FORMAT MINUTES WORKERS
PLACES_TYPED := PYTHON VENV JAX_PYTHON

# What other programs export under these names does not count, only what stands on make's command
# line; and nothing else may stand there.
is_typed = $(filter command,$(firstword $(origin $(1))))
$(foreach name,$(OPTIONS_TYPED),$(if $(call is_typed,$(name)),,$(eval override $(name) :=)))
unexport $(OPTIONS_TYPED) $(PLACES_TYPED) PYTHONHOME PYTHONPATH PIP_PREFIX PIP_TARGET PIP_USER
unknown := $(foreach name,$(filter-out $(OPTIONS_TYPED) $(PLACES_TYPED) SHELL MAKEFLAGS,$(.VARIABLES)),\
             $(if $(call is_typed,$(name)),$(name)))
nearest = $(shell python3 -c 'import difflib, sys; \
            print(*difflib.get_close_matches(sys.argv[1].upper(), sys.argv[2:], 1))' \
            '$(subst ','\'',$(1))' $(OPTIONS_TYPED) $(PLACES_TYPED) 2>/dev/null)
advice = $(if $(1),did you mean $(1)?,there are: $(OPTIONS_TYPED) $(PLACES_TYPED))
$(foreach name,$(firstword $(unknown)),\
  $(error $(name) is no variable of this Makefile; $(call advice,$(call nearest,$(name)))))

# Names of files reach the command as they were typed, whatever is in them, dashes in front and new
# lines too: neither make nor the shell looks into them.
define NEW_LINE


endef
export NEW_LINE
quoted = '$(subst $(NEW_LINE),'"$$NEW_LINE"',$(subst ','\'',$(value $(1))))'
named = $(if $(value $(2)),--$(1)=$(call quoted,$(2)))

PYTHON = python3
VENV = .venv
JAX_PYTHON = python3.12
$(foreach name,$(PLACES_TYPED),$(if $(strip $($(name))),,$(error $(name) is empty; leave it out)))
$(if $(word 2,$(VENV)),$(error VENV=$(VENV) has a space; name another folder))
PY := $(VENV)/bin/python

RUNS = $(if $(SCALE),--scale $(SCALE)) $(if $(ARMS),--arms $(ARMS)) \
       $(if $(SEEDS),--seeds $(SEEDS)) $(if $(PRECISION),--precision $(PRECISION)) \
       $(foreach setting,$(SET),--set '$(setting)')
OPTIONS = $(RUNS) \
          $(if $(DEVICES),--devices $(DEVICES)) $(call named,data,DATA) \
          $(if $(TENSORBOARD),--tensorboard) $(if $(TRACK),--track $(TRACK))

WHICH = $(call named,run,RUN) $(call named,network,NETWORK)

WITH = $(if $(TENSORBOARD),-r requirements/tensorboard.txt) $(if $(TRACK),-r requirements/$(TRACK).txt)
WITH_WATCHERS = $(if $(TENSORBOARD)$(TRACK),@$(PY) -m pip install --quiet $(WITH))

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help list reproduce train-default data claims status compare calibrate bundle run-bundle collect page tables figures colorize demo export bench test test-all test-jax lint format docs lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z][^ ]*:.*## / {printf "  %-22s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@sed -n 's/^#   /  /p' $(MAKEFILE_LIST)
	@echo "  reports: $$($(PYTHON) -c 'from experiments import REPORTS; print(*REPORTS)') (reproduce-<report>, list-<report>, data-<report>, claims-<report>, tables-<report>, figures-<report>)"

list: $(VENV)/.ready ## list every report's arms
	@$(PY) -m experiments list

list-%: $(VENV)/.ready
	@$(PY) -m experiments list $*

reproduce: $(VENV)/.ready ## train, evaluate and render every report
	$(WITH_WATCHERS)
	$(PY) -m experiments reproduce $(OPTIONS)

reproduce-%: $(VENV)/.ready
	$(WITH_WATCHERS)
	$(PY) -m experiments reproduce $* $(OPTIONS)

train-default: $(VENV)/.ready ## train the network that comes with the suite again: hours on a CPU
	$(PY) -m experiments reproduce general --scale full --arms default

data: $(VENV)/.ready ## download, verify and prepare every report's images
	$(PY) -m experiments data $(if $(SCALE),--scale $(SCALE))

data-%: $(VENV)/.ready
	$(PY) -m experiments data $* $(if $(SCALE),--scale $(SCALE))

tables: $(VENV)/.ready ## render every report's page again from stored results: FORMAT=latex|csv for others
	$(PY) -m experiments tables $(if $(FORMAT),--format $(FORMAT))

figures: $(VENV)/.ready ## draw every report's figures again from stored results
	$(PY) -m experiments figures

page: $(VENV)/.ready ## render results/index.html: every claim, curve and grid on one page
	@$(PY) -m experiments page

claims: $(VENV)/.ready ## print the verdict on every claim, from stored results
	@$(PY) -m experiments claims

claims-%: $(VENV)/.ready
	@$(PY) -m experiments claims $*

bundle: $(VENV)/.ready ## pack runs for a machine without network: REPORTS="a b" SCALE=full OUT=bundle.tar PIECES=45M
	@$(PY) -m experiments bundle $(REPORTS) $(RUNS) $(call named,out,OUT) \
	  $(if $(PIECES),--pieces $(PIECES))

run-bundle: ## in an unpacked bundle: do its runs within a time: MINUTES=N WORKERS=K OUT=results.tar.gz
	$(if $(MINUTES),,$(error name the time that there is: MINUTES=<number>))
	@$(or $(wildcard $(PY)),$(PYTHON)) -m experiments run-bundle --minutes $(MINUTES) \
	  $(if $(WORKERS),--workers $(WORKERS)) $(call named,out,OUT)

collect: $(VENV)/.ready ## merge what `run-bundle` found there into results/: IN=results.tar.gz
	@$(PY) -m experiments collect -- $(call quoted,IN)

status: $(VENV)/.ready ## how far each run is, and what it takes of the disk
	@$(PY) -m experiments status

compare: $(VENV)/.ready ## two sets of results side by side: A=<folder> B=<folder> FORCE=1 TOLERANCE=x
	@$(PY) -m experiments compare $(if $(FORCE),--force) \
	  $(if $(TOLERANCE),--tolerance $(TOLERANCE)) -- $(call quoted,A) $(call quoted,B)

calibrate: $(VENV)/.ready ## does the rule of verdicts see differences where there are none? minutes
	@$(PY) -m experiments calibrate

tables-%: $(VENV)/.ready
	$(PY) -m experiments tables $* $(if $(FORMAT),--format $(FORMAT))

figures-%: $(VENV)/.ready
	$(PY) -m experiments figures $*

colorize: $(VENV)/.ready ## colour photographs: IN=<file or folder> OUT=<folder> RUN=<run> COMPARE=1
	@$(PY) -m colorization colorize $(call named,out,OUT) $(WHICH) \
	  $(if $(COMPARE),--compare) $(if $(FRAMES),--frames) $(if $(OVERWRITE),--overwrite) \
	  $(call named,saturation,SATURATION) $(call named,strength,STRENGTH) \
	  $(call named,temperature,TEMPERATURE) -- $(call quoted,IN)

demo: $(VENV)/.ready ## a local page to colour photographs on: RUN=<run> PORT=<port>
	@$(PY) -m pip install --quiet -r requirements/demo.txt
	@$(PY) -m colorization demo $(WHICH) $(if $(PORT),--port $(PORT))

export: $(VENV)/.ready ## a run's network for other programs: RUN=<run> FORMAT=keras|saved_model|onnx|litert
	@$(PY) -m colorization export $(WHICH) $(call named,out,OUT) \
	  $(if $(FORMAT),--format $(FORMAT))

bench: $(VENV)/.ready ## speed of the pipeline, of each training step beside PyTorch's, and of colouring
	@$(PY) -m pip install --quiet -r requirements/bench.txt
	$(PY) -m benchmarks.training
	$(PY) -m benchmarks.peer
	$(PY) -m benchmarks.colorize

TESTS = $(PY) -m pytest --numprocesses auto --maxprocesses 4 --dist loadfile

test: $(VENV)/.ready-dev ## run the tests that a change can break, in about five minutes
	$(TESTS) -m "not slow"

test-all: $(VENV)/.ready-dev ## run them and the long ones: kill loops, every arm, browsers, other formats
	$(TESTS)

JAX := $(VENV)-jax

test-jax: $(JAX)/.ready ## run the JAX path without TensorFlow, on newer packages than pinned: JAX_PYTHON=python3.12
	KERAS_BACKEND=jax $(JAX)/bin/python -m pytest -n 2 tests/colour tests/models tests/training/test_objectives.py tests/reproduction/test_bundle.py tests/reproduction/test_away.py
	KERAS_BACKEND=jax $(JAX)/bin/python -m experiments reproduce flower-gan flower-cgan rgb-mse-gan imagenet-cgan general --scale smoke --runs $(JAX)/runs --results $(JAX)/results

lint: $(VENV)/.ready-dev ## check style and types
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy

format: $(VENV)/.ready-dev ## rewrite the code in style
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

docs: $(VENV)/.ready-dev ## pages of the API from its docstrings: site/index.html
	$(VENV)/bin/mkdocs build --quiet

lock: $(VENV)/.ready-dev ## choose versions anew: the newest that pyproject.toml allows, with hashes
	$(VENV)/bin/uv lock --upgrade
	$(PY) requirements/derive.py

clean: ## remove caches and the virtual environment; runs, data and results stay
	rm -rf $(VENV) $(JAX) .pytest_cache .ruff_cache .mypy_cache .cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# The newest Python that TensorFlow 2.21 has packages for is 3.13. A driver that fails says so on
# standard output: what counts is that it lists a GPU.
HAS_GPU = $(shell nvidia-smi -L 2>/dev/null | grep '^GPU ')

$(VENV)/.ready: $(wildcard requirements/*.txt)
	@$(PYTHON) -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' || \
	  { echo "error: $(PYTHON) is not Python 3.11, 3.12 or 3.13; try: make PYTHON=python3.13 ..." >&2; exit 2; }
	@echo "setting up $(VENV), once: downloads $(if $(HAS_GPU),CUDA and )TensorFlow, which takes minutes and 2 GB of disk and more" >&2
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet -r requirements/$(if $(HAS_GPU),cuda,cpu).txt
	@touch $@

$(VENV)/.ready-dev: $(VENV)/.ready
	$(PY) -m pip install --quiet -r requirements/dev.txt
	@touch $@

$(JAX)/.ready: requirements/jax-newest.txt
	$(JAX_PYTHON) -m venv $(JAX)
	$(JAX)/bin/python -m pip install --quiet -r $<
	@touch $@
