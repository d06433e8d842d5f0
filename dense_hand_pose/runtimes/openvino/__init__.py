# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""OpenVINO: export of a network, the archive of exported graphs, and the runtime."""
