# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""TensorRT through torch_tensorrt: engines built once in a child process, cached and checked."""
