// Lines on canvases, without a library: the newest value on the right, a minute of them to the left.

export const SHOWN = 60_000; // ms

const LEFT = 46; // for the numbers of the scale
const BOTTOM = 24; // for the times

let style;

export function readColors() {
  const of = getComputedStyle(document.documentElement);
  style = Object.fromEntries(["accent", "alert", "line", "soft"].map((name) => [name, resolve(of.getPropertyValue(`--${name}`))]));
}

// `light-dark(a, b)` is only decided where it is used as a colour.
function resolve(color) {
  const probe = document.createElement("i");
  probe.style.color = color;
  document.body.append(probe);
  const decided = getComputedStyle(probe).color;
  probe.remove();
  return decided;
}

function prepare(canvas) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const [w, h] = [Math.round(width * devicePixelRatio), Math.round(height * devicePixelRatio)];
  if (canvas.width !== w || canvas.height !== h) Object.assign(canvas, { width: w, height: h });
  const to = canvas.getContext("2d");
  to.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
  to.clearRect(0, 0, width, height);
  return { to, width, height };
}

// Round numbers for a scale that holds all values: some four of them.
function scaleOf(readings, limit) {
  const most = Math.max(limit * 1.1, ...readings.map(({ value }) => value));
  const rough = most / 4;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = [1, 2, 2.5, 5, 10].map((each) => each * power).find((each) => each >= rough);
  return { step, top: Math.ceil(most / step) * step };
}

function line(to, readings, x, y, bottom, color, width) {
  if (readings.length < 2) return;
  const path = new Path2D();
  readings.forEach(({ at, value }, index) => (index ? path.lineTo(x(at), y(value)) : path.moveTo(x(at), y(value))));
  const area = new Path2D(path);
  area.lineTo(x(readings.at(-1).at), bottom);
  area.lineTo(x(readings[0].at), bottom);
  to.globalAlpha = 0.13;
  to.fillStyle = color;
  to.fill(area);
  to.globalAlpha = 1;
  Object.assign(to, { strokeStyle: color, lineWidth: width, lineJoin: "round", lineCap: "round" });
  to.stroke(path);
}

export function drawSmall(canvas, readings, limit, now) {
  const { to, width, height } = prepare(canvas);
  const { top } = scaleOf(readings, limit);
  const isHigh = readings.at(-1)?.value > limit;
  line(to, readings, (at) => width - ((now - at) / SHOWN) * width, (value) => height - 2 - (value / top) * (height - 6), height, isHigh ? style.alert : style.accent, 2);
}

export function drawLarge(canvas, readings, { limit }, now) {
  const { to, width, height } = prepare(canvas);
  const { step, top } = scaleOf(readings, limit);
  const bottom = height - BOTTOM;
  const x = (at) => width - 8 - ((now - at) / SHOWN) * (width - 8 - LEFT);
  const y = (value) => bottom - (value / top) * (bottom - 8);
  Object.assign(to, { font: "12px system-ui, sans-serif", textBaseline: "middle", lineWidth: 1, fillStyle: style.soft, strokeStyle: style.line });
  to.textAlign = "right";
  for (let value = 0; value <= top + step / 2; value += step) {
    to.strokeRect(LEFT, Math.round(y(value)) + 0.5, width - LEFT, 0);
    to.fillText(Number(value.toPrecision(6)).toLocaleString(), LEFT - 10, y(value));
  }
  to.textAlign = "center";
  for (let ago = 15_000; ago < SHOWN; ago += 15_000) to.fillText(`${ago / 1000} s ago`, x(now - ago), height - 8);
  to.save();
  to.beginPath();
  to.rect(LEFT, 0, width - LEFT, height);
  to.clip(); // the oldest leave below the scale
  line(to, readings, x, y, bottom, style.accent, 2.5);
  to.restore();
  to.setLineDash([5, 5]);
  Object.assign(to, { strokeStyle: style.alert, fillStyle: style.alert, lineWidth: 1.5, textAlign: "left" });
  to.strokeRect(LEFT, y(limit), width - LEFT, 0);
  to.setLineDash([]);
  to.fillText("too high", LEFT + 8, y(limit) - 10);
  const last = readings.at(-1);
  if (!last) return;
  to.beginPath();
  to.arc(x(last.at), y(last.value), 5, 0, 7);
  to.fillStyle = last.value > limit ? style.alert : style.accent;
  to.fill();
}
