// The dashboard: the hub calls `reading`, and tiles and chart follow.

import { $, element, live } from "/shared/live.js";
import { SHOWN, drawLarge, drawSmall, readColors } from "./drawing.js";

const isCalm = matchMedia("(prefers-reduced-motion: reduce)");
const shown = new Map(); // name -> { metric, readings, tile, value, canvas, isWatched }
let chosen;
let pause = 500; // ms between two readings
let ahead; // ms that the server's clock is ahead of ours

const hub = live("/dashboard", { reading }, (state) => {
  $("watch").disabled = state !== "connected";
  if (state === "connected") begin().catch((error) => ($("error").textContent = error.message));
});

async function begin() {
  const { metrics, history, pause: seconds } = await hub.call("overview");
  $("error").textContent = "";
  pause = seconds * 1000;
  for (const metric of metrics) {
    if (!shown.has(metric.name)) addTile(metric);
    Object.assign(shown.get(metric.name), { readings: history[metric.name], isWatched: true });
    update(shown.get(metric.name));
  }
  choose(chosen ?? metrics[0].name);
  draw();
}

function addTile(metric) {
  const canvas = element("canvas", "");
  const value = element("span", "", "–");
  const tile = element("button", "tile card",
    element("span", "label", metric.label), element("span", "value", value, element("span", "unit", metric.unit)), canvas);
  tile.type = "button";
  tile.dataset.testid = metric.name;
  tile.addEventListener("click", () => choose(metric.name));
  $("tiles").append(tile);
  shown.set(metric.name, { metric, readings: [], tile, value, canvas });
}

function reading(name, taken) {
  const one = shown.get(name);
  if (!one?.isWatched || taken.at <= one.readings.at(-1)?.at) return; // the overview has it already
  one.readings.push(taken);
  while (one.readings[0].at < taken.at - SHOWN - 2 * pause) one.readings.shift();
  const difference = taken.at - Date.now();
  ahead = Math.max(ahead ?? difference, difference); // the quickest message tells best
  update(one);
  if (isCalm.matches) draw();
}

function update({ metric, readings, tile, value, isWatched }) {
  const last = readings.at(-1)?.value;
  if (last === undefined) return;
  const text = { minimumFractionDigits: metric.digits, maximumFractionDigits: metric.digits };
  value.textContent = last.toLocaleString(undefined, text);
  tile.classList.toggle("high", last > metric.limit);
  tile.classList.toggle("paused", !isWatched);
  const high = [...shown.values()].filter((one) => one.readings.at(-1)?.value > one.metric.limit);
  const said = high.length ? `${high.map((one) => one.metric.label).join(", ")} too high` : "All is well";
  if ($("health").textContent !== said) $("health").textContent = said; // it is read aloud
  $("health").classList.toggle("high", high.length > 0);
}

function choose(name) {
  chosen = name;
  const { metric, isWatched } = shown.get(name);
  for (const [each, { tile }] of shown) tile.setAttribute("aria-pressed", each === name);
  $("title").textContent = [metric.label, metric.unit && `(${metric.unit})`].filter(Boolean).join(" ");
  $("watch").textContent = isWatched ? "Pause" : "Go on";
  if (isCalm.matches) draw();
}

$("watch").addEventListener("click", async () => {
  const one = shown.get(chosen);
  const { name } = one.metric;
  try {
    if (one.isWatched) await hub.call("unwatch", name);
    else one.readings = await hub.call("watch", name);
    one.isWatched = !one.isWatched;
  } catch (error) {
    $("error").textContent = error.message;
  }
  update(one);
  choose(chosen);
});

// The pictures run one reading behind, so that the line grows smoothly instead of in jumps.
function draw() {
  const now = Date.now() + (ahead ?? 0) - (isCalm.matches ? 0 : pause);
  for (const { canvas, readings, metric, isWatched } of shown.values()) {
    drawSmall(canvas, readings, metric.limit, isWatched ? now : (readings.at(-1)?.at ?? now));
  }
  const large = shown.get(chosen);
  if (large) drawLarge($("chart"), large.readings, large.metric, large.isWatched ? now : (large.readings.at(-1)?.at ?? now));
}

function move() {
  if (!isCalm.matches) draw();
  requestAnimationFrame(move);
}

readColors();
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", readColors);
addEventListener("resize", draw);
move();
hub?.start();
