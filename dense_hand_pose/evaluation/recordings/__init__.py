# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""The evaluation of recorded streams: records, figures, tables and files."""
