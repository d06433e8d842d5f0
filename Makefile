# make demo    the whole path over ROS 2, with synthetic hands: results in demo_output/
# make test    lint, types, tests, colcon build and colcon test
# make tensorrt-coverage   whether TensorRT can convert all operations (needs no GPU)
# make gpu-check         everything on this machine's GPU in minutes: gpu_check_output/report.md (no venv)
# make endurance  FRAMES=100000 frames through one node: neither memory nor time may grow
# make soak    two nodes among faults for SOAK_S=600 seconds, every image accounted for
# make venv    only the virtual environment .venv that both share
# make clean   remove what the targets made
#
# Variables: PYTHON=python3.12 (another interpreter), PIP_ARGS='...' (more arguments for pip),
# LOCKED=0 (newest versions instead of requirements/*.lock), TEST_WORKERS=4 (test processes).

PYTHON ?= python3
SOAK_S ?= 600
FRAMES ?= 100000
TEST_WORKERS ?= 2
PIP_ARGS ?=
LOCKED ?= 1
export PYTHON PIP_ARGS LOCKED

BIN := .venv/bin
SOURCES := setup.py $(wildcard dense_hand_pose launch ros_standins test tools)
ROS_FILES := $(wildcard requirements/ros-*.txt requirements/make_venv.sh requirements/*.lock) \
	$(shell find ros_standins -type f -not -name '*.pyc' 2>/dev/null)

.PHONY: demo test soak endurance tensorrt-coverage gpu-check venv lint types pytest colcon clean

demo: .venv/stamp-runtime
	@$(BIN)/python -m dense_hand_pose demo --out demo_output

test: lint types pytest colcon

venv: .venv/stamp-runtime

.venv/stamp-runtime: requirements/runtime.txt $(ROS_FILES)
	@requirements/make_venv.sh runtime
	@touch $@

.venv/stamp-test: requirements/runtime.txt requirements/train.txt requirements/test.txt $(ROS_FILES)
	@requirements/make_venv.sh test
	@touch .venv/stamp-runtime $@

lint: .venv/stamp-test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/python -m ament_flake8.main $(SOURCES)
	$(BIN)/python -m ament_pep257.main $(SOURCES) >/dev/null  # problems go to stderr

types: .venv/stamp-test
	$(BIN)/mypy

# Tests that need the machine for themselves come last. Lines are counted in all processes that
# the tests start, too; what is left out and why is in pyproject.toml.
COVERED_PYTEST := $(BIN)/python -m coverage run -m pytest --ignore=test/packaging

pytest: .venv/stamp-test
	rm -rf .coverage && mkdir .coverage
	$(COVERED_PYTEST) -m 'not alone' -n $(TEST_WORKERS) --dist loadfile --no-loadscope-reorder
	$(COVERED_PYTEST) -m alone
	$(BIN)/python -m coverage combine --quiet
	$(BIN)/python -m coverage report --omit='dense_hand_pose/ros/*' --fail-under=90
	$(BIN)/python -m coverage report --include='dense_hand_pose/ros/*' --fail-under=80

# The installed tree is tested by test/packaging, which runs here alone: no test runs twice.
colcon: .venv/stamp-test
	$(BIN)/colcon build --event-handlers console_cohesion+
	$(BIN)/colcon test --event-handlers console_cohesion+ --return-code-on-test-failure \
		--pytest-args test/packaging

# `make test` runs a minute of it (test/soak).
soak: .venv/stamp-runtime
	PYTHONPATH=. $(BIN)/python tools/soak/soak.py --seconds $(SOAK_S)

# Its table goes to the terminal; SIGINT ends it early, with what was measured.
endurance: .venv/stamp-runtime
	PYTHONPATH=. $(BIN)/python tools/soak/endurance.py --frames $(FRAMES)

# With the packages of PYTHON as they are: the machines that have a GPU rarely have an index.
gpu-check:
	PYTHONPATH=. $(PYTHON) -m dense_hand_pose gpu-check --out gpu_check_output

# Which operations TensorRT can convert; needs no GPU (tools/tensorrt_coverage). Not in `make test`.
tensorrt-coverage: .venv-tensorrt/stamp
	PYTHONPATH=. .venv-tensorrt/bin/python tools/tensorrt_coverage/coverage.py

.venv-tensorrt/stamp: tools/tensorrt_coverage/make_venv.sh tools/tensorrt_coverage/stub.c
	tools/tensorrt_coverage/make_venv.sh .venv-tensorrt
	touch $@

clean:
	rm -rf .venv .venv-tensorrt build install log demo_output .pytest_cache .mypy_cache .ruff_cache .hypothesis .coverage
