#!/usr/bin/env bash
# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
#
# Make an environment in which torch_tensorrt can be imported without a GPU and without TensorRT.
# Usage: tools/tensorrt_coverage/make_venv.sh FOLDER     (from the repository's root)
# Environment: PYTHON (default python3), CC (default cc), PIP_ARGS (more arguments for pip).
set -euo pipefail

venv=${1:?usage: tools/tensorrt_coverage/make_venv.sh FOLDER}
cc=${CC:-cc}
command -v "$cc" >/dev/null || {
    echo "error: no C compiler: sudo apt install gcc, or name one in CC" >&2
    exit 1
}

"${PYTHON:-python3}" -m venv --clear "$venv"
pip=("$venv/bin/python" -m pip install --quiet --disable-pip-version-check)
# shellcheck disable=SC2086  # PIP_ARGS holds several words
"${pip[@]}" ${PIP_ARGS:-} torch==2.13.0 'numpy<2.4' dllist filelock opencv-python-headless \
    packaging psutil safetensors
# Without their dependencies: those are the gigabytes of CUDA and TensorRT themselves.
# shellcheck disable=SC2086
"${pip[@]}" ${PIP_ARGS:-} --no-deps torch-tensorrt==2.13.0 tensorrt-cu13==11.0.0.114 \
    tensorrt-cu13-bindings==11.0.0.114

site=$("$venv/bin/python" -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
for name in nvinfer nvinfer_plugin nvonnxparser; do
    "$cc" -shared -fPIC -Wl,-soname,lib$name.so.11 -o "$site/tensorrt_bindings/lib$name.so.11" \
        tools/tensorrt_coverage/stub.c
done
# torch_tensorrt's own libraries want CUDA's; without them it imports all the same.
rm -f "$site"/torch_tensorrt/lib/*.so
