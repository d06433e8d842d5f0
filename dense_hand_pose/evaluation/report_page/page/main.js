// Copyright 2026 The dense_hand_pose authors
// SPDX-License-Identifier: Apache-2.0
// What the page holds, its charts and its player.

const data = JSON.parse(document.getElementById('data').textContent);
const get = (id) => document.getElementById(id);
const JOINTS = data.joints.length;

/** Return the numbers of a base64 text. */
function unpack(text, Kind) {
  const bytes = Uint8Array.from(atob(text), (letter) => letter.charCodeAt(0));
  return new Kind(bytes.buffer);
}

const estimated = unpack(data.poses, Float32Array);
const truth = data.truth === null ? null : unpack(data.truth, Float32Array);
const certainty = data.certainty === null ? null : unpack(data.certainty, Uint8Array);
const { times } = data;
const COLOURS = ['#2f9e5b', '#8a93a3', '#8a93a3', '#d64541', '#c77d1e', '#8e5bc4', '#2a86c8',
  '#b0527f'];

/** Return the joints of a frame as [[x, y, z], ...], null where there is no hand. */
function jointsOf(all, i) {
  const at = 3 * JOINTS * i;
  if (Number.isNaN(all[at])) return null;
  return Array.from({ length: JOINTS }, (_, j) => [0, 1, 2].map((k) => all[at + 3 * j + k]));
}

function mean(joints) {
  return [0, 1, 2].map((k) => joints.reduce((sum, joint) => sum + joint[k], 0) / joints.length);
}

function swatch(list, name, colour) {
  const item = document.createElement('li');
  const box = document.createElementNS(SVG, 'svg');
  box.setAttribute('viewBox', '0 0 10 10');
  box.setAttribute('aria-hidden', 'true');
  element(box, 'circle', { cx: 5, cy: 5, r: 5, fill: colour });
  item.append(box, name);
  list.append(item);
}

// The player

const view = new HandView(get('hand'), data);
const slider = get('frame');
const cursors = [];
let current = 0;

/** Return what is known of a frame, as one line. */
function moment(i) {
  const parts = [`Frame ${i + 1} of ${times.length}`, `${times[i].toFixed(3)} s`];
  parts.push(data.outcomes[data.outcome[i]].replaceAll('_', ' '));
  if (data.confidence[i] !== null) parts.push(`confidence ${data.confidence[i].toFixed(2)}`);
  if (data.errors_mm[i] !== null) parts.push(`mean error ${data.errors_mm[i].toFixed(1)} mm`);
  const joints = jointsOf(estimated, i);
  if (joints) parts.push(`at (${mean(joints).map((v) => v.toFixed(3)).join(', ')}) m`);
  return parts.join(' · ');
}

function show(i) {
  current = i;
  slider.value = i;
  const joints = jointsOf(estimated, i);
  const poses = [{ title: 'Estimate', joints, confidence: null, plain: false }];
  if (certainty) {
    const bytes = certainty.subarray(JOINTS * i, JOINTS * (i + 1));
    poses[0].confidence = Array.from(bytes, (c) => c / 255);
  }
  const together = truth !== null && get('overlay').checked;
  let trueJoints = null;
  if (truth !== null) {
    trueJoints = jointsOf(truth, i);
    poses.push({ title: 'Ground truth', joints: trueJoints, plain: together });
  }
  const about = trueJoints ?? joints;
  view.show(poses, about ? mean(about) : [0, 0, 0.5], together);
  const said = moment(i);
  get('moment').textContent = said;
  get('hand').setAttribute('aria-label', `Skeleton of the hand. ${said}`);
  slider.setAttribute('aria-valuetext', said);
  for (const move of cursors) move(i);
}

let playing = null;

function stop() {
  playing = null;
  get('play').textContent = 'Play';
  get('play').setAttribute('aria-pressed', 'false');
}

function play() {
  if (playing) {
    stop();
    return;
  }
  if (current >= times.length - 1) show(0);
  playing = { wall: performance.now(), at: times[current] };
  get('play').textContent = 'Pause';
  get('play').setAttribute('aria-pressed', 'true');
  requestAnimationFrame(advance);
}

function advance(now) {
  if (!playing) return;
  const speed = Number(get('speed').value);
  playing.at += (Math.max(0, now - playing.wall) / 1000) * speed;
  playing.wall = now;
  let next = current;
  while (next < times.length - 1 && times[next + 1] <= playing.at) next += 1;
  if (next !== current) show(next);
  if (next >= times.length - 1) stop();
  else requestAnimationFrame(advance);
}

function choose(i) {
  stop();
  show(i);
}

// The charts

/** Return a size for a chart across the page, in its pixels: text stays legible. */
function across(height) {
  return [Math.min(1080, Math.max(340, get('timeline').getBoundingClientRect().width)), height];
}

function drawTimeline() {
  const x = { low: times[0], high: times[times.length - 1], label: 'seconds', bottom: 62 };
  const svg = get('timeline');
  const label = 'Mean confidence over time, and below it what became of each frame';
  const y = { low: 0, high: 1, label: 'confidence' };
  const frame = axes(svg, across(240), x, y, label);
  curve(svg, times, data.confidence, frame);
  const step = Math.max(2, (frame.right - MARGIN.left) / times.length);
  const strip = { x: MARGIN.left, y: frame.bottom + 24, height: 14, class: 'track' };
  element(svg, 'rect', { ...strip, width: frame.right - MARGIN.left });
  times.forEach((t, i) => {
    // Frames without a hand stand out by their height as well, not by colour alone.
    const height = data.outcome[i] === 0 ? 6 : 14;
    const place = { x: frame.atX(t) - step / 2, y: frame.bottom + 38 - height, width: step, height };
    element(svg, 'rect', { ...place, fill: COLOURS[data.outcome[i] % COLOURS.length] });
  });
  cursors.push(seekable(svg, frame, times, choose));
  data.outcomes.forEach((name, i) => {
    const count = data.outcome_counts[i];
    if (count) {
      const said = `${name.replaceAll('_', ' ')}: ${count}`;
      swatch(get('outcomes'), said, COLOURS[i % COLOURS.length]);
    }
  });
}

function drawErrors() {
  const known = [...data.errors_mm, ...data.worst_mm].filter((e) => e !== null);
  get('errors-section').hidden = known.length === 0;
  get('success-section').hidden = known.length === 0;
  if (!known.length) return;
  const high = known.reduce((a, b) => Math.max(a, b)) * 1.05;
  const x = { low: times[0], high: times[times.length - 1], label: 'seconds' };
  const svg = get('errors');
  const y = { low: 0, high, label: 'error, mm' };
  const label = 'Error over time: the mean of the joints, and the worst joint above it';
  const frame = axes(svg, across(280), x, y, label);
  curve(svg, times, data.worst_mm, frame, 'second');
  curve(svg, times, data.errors_mm, frame);
  const key = { y: MARGIN.top + 12, 'text-anchor': 'end' };
  const said = 'blue: mean of the joints, orange: worst joint';
  element(svg, 'text', { ...key, x: frame.right - 4 }, said);
  cursors.push(seekable(svg, frame, times, choose));
  const share = get('success');
  const thresholds = data.success.map((_, i) => i);
  const xs = { low: 0, high: thresholds.length - 1, label: 'threshold, mm' };
  const up = { low: 0, high: 100, label: 'frames, %' };
  const inside = axes(share, [540, 300], xs, up, data.success_label);
  curve(share, thresholds, data.success.map((s) => 100 * s), inside);
}

function start() {
  slider.max = times.length - 1;
  get('overlay-label').hidden = truth === null;
  data.fingers.forEach(([name, colour]) => swatch(get('legend'), name, colour));
  drawTimeline();
  drawErrors();
  if (data.latency.counts.length) {
    const { edges, counts } = data.latency;
    histogram(get('latency'), edges, counts, 'ms', 'Latencies of the answers');
  } else {
    get('latency').replaceWith('No latency was measured.');
  }
  namedBars(get('parts'), data.parts, 'mm', data.parts_label);
  get('play').addEventListener('click', play);
  slider.addEventListener('input', () => choose(Number(slider.value)));
  get('overlay').addEventListener('change', () => show(current));
  for (const button of document.querySelectorAll('#worst button')) {
    button.addEventListener('click', () => {
      choose(Number(button.dataset.frame));
      get('hand').scrollIntoView({ block: 'center' });
      get('hand').focus({ preventScroll: true });
    });
  }
  const theme = window.matchMedia('(prefers-color-scheme: dark)');
  theme.addEventListener('change', () => view.draw());
  const first = Array.from(times.keys()).find((i) => jointsOf(estimated, i));
  show(first ?? 0);
}

start();
