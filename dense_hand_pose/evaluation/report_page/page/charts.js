// Copyright 2026 The dense_hand_pose authors
// SPDX-License-Identifier: Apache-2.0
// Charts as SVG whose colours are those of the style sheet, so that they follow light and dark.

const SVG = 'http://www.w3.org/2000/svg';
const MARGIN = { left: 52, right: 12, top: 10, bottom: 40 };

function element(parent, name, attributes = {}, text = '') {
  const node = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) node.setAttribute(key, value);
  if (text) node.textContent = text;
  parent.append(node);
  return node;
}

/** Return round numbers from low to high, about `count` of them. */
function ticks(low, high, count) {
  const rough = (high - low) / count || 1;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 5, 10].map((s) => s * power).find((s) => s >= rough);
  const values = [];
  for (let i = Math.ceil(low / step - 1e-9); i * step <= high + 1e-9 * step; i += 1) {
    values.push(Number((i * step).toPrecision(12)));
  }
  return values;
}

/** Draw axes into an SVG; return the inner size and the scales. */
function axes(svg, size, x, y, label) {
  const [width, height] = size;
  svg.replaceChildren();
  svg.setAttribute('viewBox', `0 0 ${width} ${height}`);
  svg.setAttribute('aria-label', label);
  const right = width - MARGIN.right;
  const bottom = height - (x.bottom ?? MARGIN.bottom);
  const atX = (v) => MARGIN.left + ((v - x.low) / (x.high - x.low || 1)) * (right - MARGIN.left);
  const atY = (v) => bottom - ((v - y.low) / (y.high - y.low || 1)) * (bottom - MARGIN.top);
  for (const tick of ticks(y.low, y.high, 5)) {
    const line = { x1: MARGIN.left, x2: right, y1: atY(tick), y2: atY(tick), class: 'grid' };
    element(svg, 'line', line);
    element(svg, 'text', { x: MARGIN.left - 8, y: atY(tick) + 4, 'text-anchor': 'end' }, `${tick}`);
  }
  for (const tick of x.ticks === false ? [] : ticks(x.low, x.high, 8)) {
    element(svg, 'text', { x: atX(tick), y: bottom + 17, 'text-anchor': 'middle' }, `${tick}`);
  }
  const middle = (MARGIN.left + right) / 2;
  if (x.label) {
    element(svg, 'text', { x: middle, y: height - 5, 'text-anchor': 'middle' }, x.label);
  }
  const turn = `rotate(-90 12 ${(MARGIN.top + bottom) / 2})`;
  const side = { x: 12, y: (MARGIN.top + bottom) / 2, 'text-anchor': 'middle', transform: turn };
  element(svg, 'text', side, y.label);
  return { atX, atY, right, bottom };
}

/** Draw a line through the points that are numbers; a gap stays a gap. */
function curve(svg, xs, ys, frame, kind = '') {
  let path = '';
  let open = false;
  for (let i = 0; i < xs.length; i += 1) {
    const known = ys[i] !== null && Number.isFinite(ys[i]);
    if (known) {
      const next = ys[i + 1] !== null && Number.isFinite(ys[i + 1]);
      const place = `${frame.atX(xs[i]).toFixed(1)} ${frame.atY(ys[i]).toFixed(1)}`;
      // A point between two gaps is drawn as a dot.
      path += `${open ? 'L' : 'M'}${place}${open || next ? '' : 'h0.1'}`;
    }
    open = known;
  }
  const line = { d: path || 'M0 0', class: `curve ${kind}`, 'stroke-linecap': 'round' };
  element(svg, 'path', line);
}

/** Draw upright bars with their names below. */
function namedBars(svg, entries, yLabel, label) {
  const high = Math.max(...entries.map((e) => e.value ?? 0), 1e-6) * 1.05;
  const x = { low: 0, high: entries.length, ticks: false, bottom: 118 };
  const frame = axes(svg, [540, 360], x, { low: 0, high, label: yLabel }, label);
  entries.forEach((entry, i) => {
    const left = frame.atX(i + 0.12);
    const width = frame.atX(i + 0.88) - left;
    const top = frame.atY(entry.value ?? 0);
    const height = frame.bottom - top;
    const bar = element(svg, 'rect', { x: left, y: top, width, height, fill: entry.colour });
    const said = entry.value === null ? 'nothing measured' : entry.value.toFixed(2);
    element(bar, 'title', {}, `${entry.name}: ${said}`);
    const [px, py] = [left + width / 2 + 4, frame.bottom + 10];
    const turned = { x: px, y: py, 'text-anchor': 'end', transform: `rotate(-60 ${px} ${py})` };
    element(svg, 'text', turned, entry.name);
  });
}

/** Draw a histogram; edges has one entry more than counts. */
function histogram(svg, edges, counts, xLabel, label) {
  const y = { low: 0, high: Math.max(...counts, 1) * 1.05, label: 'frames' };
  const x = { low: edges[0], high: edges[edges.length - 1], label: xLabel };
  const frame = axes(svg, [540, 300], x, y, label);
  counts.forEach((count, i) => {
    const left = frame.atX(edges[i]);
    const width = Math.max(frame.atX(edges[i + 1]) - left - 1, 1);
    const shape = { x: left, y: frame.atY(count), width, class: 'bar' };
    const bar = element(svg, 'rect', { ...shape, height: frame.bottom - frame.atY(count) });
    const span = `${edges[i].toFixed(1)} to ${edges[i + 1].toFixed(1)}`;
    element(bar, 'title', {}, `${span}: ${count}`);
  });
}

/** Let clicks on a chart over time choose a frame; return what moves its cursor. */
function seekable(svg, frame, times, choose) {
  const line = { y1: MARGIN.top, y2: frame.bottom, class: 'cursor' };
  const cursor = element(svg, 'line', line);
  const area = { x: MARGIN.left, y: MARGIN.top, height: frame.bottom - MARGIN.top, class: 'seek' };
  const hit = element(svg, 'rect', { ...area, width: frame.right - MARGIN.left });
  hit.addEventListener('click', (event) => {
    const box = hit.getBoundingClientRect();
    const share = (event.clientX - box.left) / (box.width || 1);
    const at = times[0] + share * (times[times.length - 1] - times[0]);
    let best = 0;
    times.forEach((t, i) => {
      if (Math.abs(t - at) < Math.abs(times[best] - at)) best = i;
    });
    choose(best);
  });
  return (i) => {
    cursor.setAttribute('x1', frame.atX(times[i]));
    cursor.setAttribute('x2', frame.atX(times[i]));
  };
}
