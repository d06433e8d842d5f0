// Copyright 2026 The dense_hand_pose authors
// SPDX-License-Identifier: Apache-2.0
// The skeleton in 3D on a canvas: perspective, drag to rotate, far parts first.

const EYE_M = 0.75;
const START = { yaw: 0.35, pitch: 0.15, zoom: 1 };
const CAMERA = { yaw: 0, pitch: 0, zoom: 1 };

class HandView {
  /** model: parents and colours of the joints. */
  constructor(canvas, model) {
    this.canvas = canvas;
    this.model = model;
    this.view = { ...START };
    this.shown = null;
    this.listen();
    new ResizeObserver(() => this.resize()).observe(canvas);
    this.resize();
  }

  /** Show poses: [{ title, joints, confidence, plain }] in metres, each in a pane or as one. */
  show(poses, center, together) {
    this.shown = { poses, center, together };
    this.draw();
  }

  resize() {
    const scale = window.devicePixelRatio || 1;
    this.canvas.width = Math.max(1, Math.round(this.canvas.clientWidth * scale));
    this.canvas.height = Math.max(1, Math.round(this.canvas.clientHeight * scale));
    this.draw();
  }

  listen() {
    const { canvas } = this;
    let last = null;
    canvas.addEventListener('pointerdown', (event) => {
      last = [event.clientX, event.clientY];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener('pointermove', (event) => {
      if (!last) return;
      this.turn((event.clientX - last[0]) * 0.01, (event.clientY - last[1]) * -0.01);
      last = [event.clientX, event.clientY];
    });
    for (const end of ['pointerup', 'pointercancel']) {
      canvas.addEventListener(end, () => { last = null; });
    }
    canvas.addEventListener('wheel', (event) => {
      event.preventDefault();
      this.scale(event.deltaY < 0 ? 1.1 : 1 / 1.1);
    }, { passive: false });
    canvas.addEventListener('dblclick', () => this.reset());
    const keys = {
      ArrowLeft: () => this.turn(-0.12, 0), ArrowRight: () => this.turn(0.12, 0),
      ArrowUp: () => this.turn(0, 0.12), ArrowDown: () => this.turn(0, -0.12),
      '+': () => this.scale(1.1), '-': () => this.scale(1 / 1.1), 0: () => this.reset(),
    };
    canvas.addEventListener('keydown', (event) => {
      if (!keys[event.key]) return;
      event.preventDefault();
      keys[event.key]();
    });
  }

  reset() {
    this.view = { ...CAMERA };
    this.draw();
  }

  turn(yaw, pitch) {
    this.view.yaw += yaw;
    this.view.pitch = Math.min(1.57, Math.max(-1.57, this.view.pitch + pitch));
    this.draw();
  }

  scale(factor) {
    this.view.zoom = Math.min(5, Math.max(0.3, this.view.zoom * factor));
    this.draw();
  }

  /** Turn a vector of the camera frame (x right, y down, z forward) into the view. */
  rotate([x, y, z]) {
    const { yaw, pitch } = this.view;
    const [cy, sy, cp, sp] = [Math.cos(yaw), Math.sin(yaw), Math.cos(pitch), Math.sin(pitch)];
    const [turnedX, turnedZ] = [cy * x + sy * z, -sy * x + cy * z];
    return [turnedX, cp * y - sp * turnedZ, sp * y + cp * turnedZ];
  }

  draw() {
    const context = this.canvas.getContext('2d');
    const { width, height } = this.canvas;
    context.clearRect(0, 0, width, height);
    context.lineCap = 'round';
    if (!this.shown) return;
    const style = getComputedStyle(this.canvas);
    this.ink = style.getPropertyValue('--ink').trim();
    this.quiet = style.getPropertyValue('--quiet').trim();
    this.ground = style.getPropertyValue('--ground').trim();
    const { poses, together } = this.shown;
    const panes = together ? 1 : poses.length;
    const stacked = width < height * 1.3;
    poses.forEach((pose, i) => {
      const place = together ? 0 : i;
      const pane = stacked
        ? { x: width / 2, y: (height * (place + 0.5)) / panes, w: width, h: height / panes }
        : { x: (width * (place + 0.5)) / panes, y: height / 2, w: width / panes, h: height };
      this.drawPose(context, pose, pane);
      if (i === 0 || !together) this.drawTitle(context, together ? poses : [pose], pane);
    });
    this.drawAxes(context, 44 * (window.devicePixelRatio || 1), height);
  }

  drawTitle(context, poses, pane) {
    const scale = window.devicePixelRatio || 1;
    context.fillStyle = this.quiet;
    context.font = `${14 * scale}px system-ui, sans-serif`;
    context.textAlign = 'center';
    const text = poses.map((p) => (p.joints ? p.title : `${p.title}: no hand`)).join(' and ');
    context.fillText(text, pane.x, pane.y - pane.h / 2 + 20 * scale);
  }

  drawPose(context, pose, pane) {
    if (!pose.joints) return;
    const focal = Math.min(pane.w, pane.h) * 3.1 * this.view.zoom;
    const places = pose.joints.map((joint) => {
      const [x, y, z] = this.rotate(joint.map((v, k) => v - this.shown.center[k]));
      const near = focal / Math.max(EYE_M + z, 0.05);
      return { x: pane.x + x * near, y: pane.y + y * near, z, near };
    });
    const parts = [];
    this.model.parents.forEach((parent, joint) => {
      parts.push({ z: places[joint].z, joint });
      if (parent >= 0) parts.push({ z: (places[joint].z + places[parent].z) / 2, joint, parent });
    });
    parts.sort((a, b) => b.z - a.z);
    for (const part of parts) this.drawPart(context, pose, places, part);
    context.globalAlpha = 1;
    context.setLineDash([]);
  }

  drawPart(context, pose, places, { joint, parent }) {
    const at = places[joint];
    const colour = pose.plain ? this.quiet : this.model.colours[joint];
    const certainty = pose.confidence ? pose.confidence[joint] : 1;
    context.globalAlpha = pose.plain ? 0.8 : 0.3 + 0.7 * certainty;
    context.strokeStyle = colour;
    if (parent !== undefined) {
      context.setLineDash(pose.plain ? [at.near * 0.006, at.near * 0.006] : []);
      context.lineWidth = at.near * (pose.plain ? 0.002 : 0.0045);
      context.beginPath();
      context.moveTo(places[parent].x, places[parent].y);
      context.lineTo(at.x, at.y);
      context.stroke();
      return;
    }
    context.setLineDash([]);
    context.fillStyle = pose.plain ? this.ground : colour;
    context.lineWidth = at.near * 0.0012;
    context.beginPath();
    context.arc(at.x, at.y, at.near * (pose.plain ? 0.003 : 0.0048), 0, 2 * Math.PI);
    context.fill();
    context.strokeStyle = pose.plain ? this.quiet : this.ground;
    context.stroke();
  }

  /** Draw which way the camera's axes point. */
  drawAxes(context, size, height) {
    const [ox, oy] = [size * 1.1, height - size * 1.1];
    context.font = `${size * 0.3}px system-ui, sans-serif`;
    context.textAlign = 'center';
    context.lineWidth = size * 0.05;
    const axis = { x: [1, 0, 0], y: [0, 1, 0], z: [0, 0, 1] };
    for (const [name, vector] of Object.entries(axis)) {
      const [x, y] = this.rotate(vector);
      context.strokeStyle = this.quiet;
      context.fillStyle = this.quiet;
      context.beginPath();
      context.moveTo(ox, oy);
      context.lineTo(ox + x * size * 0.7, oy + y * size * 0.7);
      context.stroke();
      context.fillText(name, ox + x * size * 0.9, oy + y * size * 0.9 + size * 0.1);
    }
  }
}
