/* Copyright 2026 The dense_hand_pose authors
 * SPDX-License-Identifier: Apache-2.0
 *
 * Every entry point that TensorRT's Python bindings look for when they are imported. None does
 * anything: to ask which operations have a converter, nothing of TensorRT has to run.
 */
#define STUB(name) \
    void *name(void) { return 0; }

STUB(createInferBuilder_INTERNAL)
STUB(createInferRefitter_INTERNAL)
STUB(createInferRuntime_INTERNAL)
STUB(createNvOnnxParserRefitter_INTERNAL)
STUB(createNvOnnxParser_INTERNAL)
STUB(getBuilderPluginRegistry)
STUB(getInferLibVersion)
STUB(getNvOnnxParserVersion)
STUB(getPluginRegistry)
STUB(initLibNvInferPlugins)
