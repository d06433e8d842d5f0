#!/usr/bin/env bash
# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
#
# Write the locks that make_venv.sh installs from: every version with the hashes of its files.
#   test.lock     what `make test` needs, except torch and what torch brings of CUDA
#   torch.lock    torch from PyPI, with CUDA
#   runtime.lock  what `make demo` needs, in the versions of test.lock
# Usage: requirements/lock.sh [--upgrade]   (from the repository's root; needs uv: pip install uv)
# Without --upgrade the locked versions stay as long as the ranges allow them.
set -euo pipefail

cd "$(dirname "$0")"
command -v uv >/dev/null || { echo 'error: uv not found: pip install uv' >&2; exit 1; }
export UV_CUSTOM_COMPILE_COMMAND='requirements/lock.sh'

ros=(ros-jazzy-wheels.txt)
# For every Python from 3.10 on, and from PyPI alone, whatever the configuration of this machine is.
compile=(uv pip compile --quiet --no-config --universal --python-version 3.10 --generate-hashes
    --default-index https://pypi.org/simple "$@")

grep "^torch" train.txt | "${compile[@]}" - -c test.txt -o torch.lock
cuda=()
while read -r name; do
    cuda+=(--no-emit-package "$name")
done < <(grep -oE '^(torch|triton|cuda-[a-z0-9-]+|nvidia-[a-z0-9-]+)' torch.lock | sort -u)
"${compile[@]}" "${cuda[@]}" test.txt "${ros[@]}" ros-jazzy-wheels-test.txt -c torch.lock -o test.lock
"${compile[@]}" runtime.txt "${ros[@]}" -c test.lock -o runtime.lock
