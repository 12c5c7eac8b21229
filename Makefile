# lab: open the course.  test: prove it.  run: all pages to build/html.  notebooks: refresh outputs in place.
# claims: every assertion on ten seeds.  bench: measure.  shipped: make helpers/shipped anew (encoders, races).
PYTHON ?= python3
PORT ?= 8888
export PORT BROWSER

.PHONY: lab test run notebooks claims bench shipped

lab:
	@$(PYTHON) tools/bootstrap.py
	@.venv/bin/python tools/lab.py

test:
	@$(PYTHON) tools/bootstrap.py test
	@.venv/bin/python tools/check.py $(PAGES)

run:
	@$(PYTHON) tools/bootstrap.py test
	@.venv/bin/python tools/pages.py run $(PAGES)

notebooks:
	@$(PYTHON) tools/bootstrap.py test
	@.venv/bin/python tools/pages.py refresh $(PAGES)

bench:
	@$(PYTHON) tools/bootstrap.py test bench
	@.venv/bin/python tools/bench.py

shipped:
	@$(PYTHON) tools/bootstrap.py
	@.venv/bin/python tools/ship.py
	@.venv/bin/python tools/worth_of_imagenet.py
	@.venv/bin/python tools/worth_of_scenes.py
	@.venv/bin/python tools/worth_of_text.py
	@.venv/bin/python tools/worth_of_speech.py
	@.venv/bin/python tools/worth_of_compression.py
	@.venv/bin/python tools/worth_of_pressed_imagenet.py
	@.venv/bin/python tools/worth_of_self_supervision.py
	@.venv/bin/python tools/worth_of_names.py
	@.venv/bin/python tools/worth_of_maps.py
	@.venv/bin/python tools/worth_of_scale.py

claims:
	@$(PYTHON) tools/bootstrap.py test
	@.venv/bin/python tools/claims.py $(PAGES)
