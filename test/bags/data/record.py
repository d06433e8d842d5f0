# Copyright 2026 The dense_hand_pose authors
# SPDX-License-Identifier: Apache-2.0
"""Have the recorder of pyrealsense2 write three depth images: `python record.py FILE`."""

import gc
import sys
import time

import numpy as np
import pyrealsense2 as rs  # pip install pyrealsense2; 2.57 and later write .db3, before .bag

WIDTH, HEIGHT, UNIT_M = 64, 48, 0.0001


def main() -> None:
    """Record what is named on the command line."""
    device = rs.software_device()
    sensor = device.add_sensor('Depth')
    lens = rs.intrinsics()
    lens.width, lens.height, lens.model = WIDTH, HEIGHT, rs.distortion.brown_conrady
    lens.fx, lens.fy, lens.ppx, lens.ppy, lens.coeffs = 47.5, 47.5, 31.5, 23.5, [0.0] * 5
    stream = rs.video_stream()
    stream.type, stream.fmt, stream.intrinsics = rs.stream.depth, rs.format.z16, lens
    stream.width, stream.height, stream.fps, stream.bpp = WIDTH, HEIGHT, 30, 2
    profile = sensor.add_video_stream(stream)
    sensor.add_read_only_option(rs.option.depth_units, UNIT_M)
    recorder = rs.recorder(sys.argv[1], device)
    recording = recorder.query_sensors()[0]
    recording.open(profile)
    recording.start(lambda _: None)
    for place in range(3):
        depth = np.full((HEIGHT, WIDTH), 6000 + place, np.uint16)
        depth[10:20, 10:30] = 4000 + place
        frame = rs.software_video_frame()
        frame.pixels, frame.stride, frame.bpp = depth, 2 * WIDTH, 2
        frame.timestamp, frame.domain = 1e12 + 33.3 * place, rs.timestamp_domain.system_time
        frame.frame_number, frame.profile = place, profile.as_video_stream_profile()
        frame.depth_units = UNIT_M
        sensor.on_video_frame(frame)
        time.sleep(0.05)
    recording.stop()
    recording.close()


if __name__ == '__main__':
    main()
    gc.collect()  # the recorder writes its index when it goes
    time.sleep(1.0)
