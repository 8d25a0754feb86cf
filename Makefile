# Verbs for people and for CI. `make run` and `make test` set up all they need in .venv.

PYTHON ?= python3
ifeq ($(OS),Windows_NT)
BIN := .venv/Scripts
else
BIN := .venv/bin
endif

.PHONY: help run class test test-all faults fuzz planted-faults check format bench bench-gpu demo-table pictures clean

help: ## Show the verbs.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: .venv/app ## Start the app on http://127.0.0.1:8501.
	$(BIN)/streamlit run app/main.py

class: .venv/app ## Open the app to the network for a class; print the address, the code and the teacher's link.
	RESIDUAL_PLAYGROUND_OPEN_CLASS=1 $(BIN)/streamlit run app/main.py

test: .venv/dev ## Run the tests; of the slowest with many cases, a fifth of the cases.
	$(BIN)/python -m pytest -n 2

test-all: .venv/dev ## Run every case of every test.
	$(BIN)/python -m pytest -n 2 --all

faults: .venv/app ## Try every known fault again and again and write docs/reliability.md; hours.
	$(BIN)/python -m benchmarks.faults --write docs/reliability.md

fuzz: .venv/app ## Give every reader 100,000 damaged inputs in all and write docs/fuzzing.md.
	$(BIN)/python -W ignore -m benchmarks.fuzz --inputs 100000 --write docs/fuzzing.md

planted-faults: .venv/dev ## Plant faults in a copy of the product and see the tests catch them.
	$(BIN)/python -m benchmarks.planted_faults --write docs/planted-faults.md

check: .venv/dev ## Lint, types and the direction of imports.
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

format: .venv/dev ## Rewrite the code in the project's style.
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: .venv/app ## Measure training, telemetry and server on this machine and write the tables into docs.
	$(BIN)/python -m benchmarks --write docs/benchmarks.md

bench-gpu: .venv/app ## Measure training on this machine's CUDA GPU, if it has one.
	$(BIN)/python -m benchmarks.gpu

demo-table: .venv/app ## Train the demo on photographs and on shapes with five seeds and write its tables into docs.
	$(BIN)/python -m benchmarks.four_networks --write docs/one-minute.md

pictures: .venv/dev ## Take the README's pictures from the running app.
	$(BIN)/python -m docs.pictures

clean: ## Remove the virtual environment and what the tools left behind. Runs and data stay.
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache

# One stamp a requirements file: pip runs again only when it has changed.
.venv/app: requirements.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements.txt
	@touch $@

.venv/dev: requirements.txt requirements-dev.txt
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -r requirements-dev.txt
	@touch .venv/app $@
