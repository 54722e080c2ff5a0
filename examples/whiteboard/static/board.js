// The board: what is drawn here goes out in pieces, what others draw comes in, and everything can be drawn anew.

import { $, element, live } from "/shared/live.js";

const PAUSE = 50; // ms between two pieces of a stroke: smooth to look at, and at most 20 messages a second
const MOST_POINTS = 200; // in a piece
const SIZE = { width: 1200, height: 1000 };

// --- Who is here: a name for this tab, as nobody asks for one ---

const pick = (words) => words[Math.floor(Math.random() * words.length)];
const name = new URLSearchParams(location.search).get("name") ?? sessionStorage.getItem("name") ??
  `${pick(["Quick", "Calm", "Bold", "Merry", "Kind", "Wise"])} ${pick(["Otter", "Heron", "Fox", "Lynx", "Wren", "Newt"])} ${Math.ceil(Math.random() * 99)}`;
sessionStorage.setItem("name", name);

function showPeople(names) {
  const others = [...names];
  others.splice(others.indexOf(name), 1);
  const shown = matchMedia("(max-width: 760px)").matches ? 1 : 5;
  const chips = others.slice(0, shown).map((other) => element("span", "person", other));
  if (others.length > shown) chips.push(element("span", "person", `+${others.length - shown}`));
  $("people").replaceChildren(element("span", "person me", name), ...chips);
}

// --- The picture ---

const strokes = new Map(); // stroke id -> { color, width, points }
const paper = $("board").getContext("2d");
let colors = [];

function resize() {
  const scale = ($("board").clientWidth * devicePixelRatio) / SIZE.width;
  $("board").width = SIZE.width * scale;
  $("board").height = SIZE.height * scale;
  paper.scale(scale, scale);
  paper.lineCap = paper.lineJoin = "round";
  colors = [...$("colors").children].map((swatch) => getComputedStyle(swatch).color); // of light or dark
  redraw();
}

function redraw() {
  paper.clearRect(0, 0, SIZE.width, SIZE.height);
  for (const stroke of strokes.values()) trace(stroke, stroke.points);
  $("hint").hidden = strokes.size > 0;
}

function trace({ color, width }, points) {
  paper.strokeStyle = colors[color];
  paper.lineWidth = width;
  paper.beginPath();
  paper.moveTo(...points[0]);
  for (const point of points) paper.lineTo(...point); // a single point becomes a dot
  paper.stroke();
}

function add({ stroke, color, width, points }) {
  const known = strokes.get(stroke);
  if (known) known.points.push(...points);
  else strokes.set(stroke, { color, width, points: [...points] });
  trace({ color, width }, points);
  $("hint").hidden = true;
}

// --- Others ---

const pens = new Map(); // author -> { label, timer }

function showPen(author, [x, y]) {
  const pen = pens.get(author) ?? { label: element("span", "pen", author) };
  pens.set(author, pen);
  clearTimeout(pen.timer);
  pen.timer = setTimeout(() => {
    pen.label.remove();
    pens.delete(author);
  }, 1500);
  Object.assign(pen.label.style, { left: `${(x / SIZE.width) * 100}%`, top: `${(y / SIZE.height) * 100}%` });
  $("pens").append(pen.label);
}

const board = live(`/board?${new URLSearchParams({ name })}`, {
  people: showPeople,
  cleared() {
    strokes.clear();
    pen = undefined;
    redraw();
  },
  erased(stroke) {
    strokes.delete(stroke);
    redraw();
  },
  drew(author, pieces) {
    for (const piece of pieces) add(piece);
    if (author) showPen(author, pieces.at(-1).points.at(-1));
  },
}, (state) => {
  isOpen = state === "connected";
  for (const button of [$("undo"), $("clear")]) button.disabled = !isOpen;
});

// --- Our pen: one piece on its way at a time, and what was drawn meanwhile goes with the next ---

let isOpen = false;
let chosen = { color: 0, width: 10 };
let pen; // while it is down: { stroke, color, width, last }
let waiting = []; // pieces
let isSending = false;

function at(event) {
  const box = $("board").getBoundingClientRect();
  const within = (value, most) => Math.round(Math.min(Math.max(value, 0), 1) * most);
  return [within((event.clientX - box.left) / box.width, SIZE.width), within((event.clientY - box.top) / box.height, SIZE.height)];
}

function draw(points) {
  const { stroke, color, width, last } = pen;
  add({ stroke, color, width, points: last ? [last, ...points] : points });
  const piece = waiting.at(-1);
  if (piece?.stroke === stroke && piece.points.length + points.length < MOST_POINTS) piece.points.push(...points);
  else waiting.push({ stroke, color, width, points: last ? [last, ...points] : [...points] });
  pen.last = points.at(-1);
  send();
}

async function send() {
  if (isSending) return;
  isSending = true;
  $("error").textContent = "";
  while (waiting.length && isOpen) {
    const piece = waiting.shift();
    try {
      await Promise.all([board.call("draw", piece), new Promise((done) => setTimeout(done, PAUSE))]);
    } catch (error) {
      refuse(piece, error);
    }
  }
  isSending = false;
}

function refuse({ stroke }, error) {
  $("error").textContent = error.message;
  waiting = waiting.filter((piece) => piece.stroke !== stroke);
  if (pen?.stroke === stroke) pen = undefined;
  strokes.delete(stroke);
  redraw();
}

$("board").addEventListener("pointerdown", (event) => {
  if (!isOpen || event.button) return;
  $("board").setPointerCapture(event.pointerId);
  pen = { stroke: newId(), ...chosen };
  draw([at(event)]);
});

$("board").addEventListener("pointermove", (event) => {
  if (!pen) return;
  const moves = event.getCoalescedEvents?.() ?? [];
  draw((moves.length ? moves : [event]).map(at).slice(-MOST_POINTS + 1));
});

for (const end of ["pointerup", "pointercancel"]) $("board").addEventListener(end, () => (pen = undefined));

// `crypto.randomUUID` exists on secure pages only.
function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  const text = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return text.replace(/(.{8})(.{4})(.{4})(.{4})(.{12})/, "$1-$2-$3-$4-$5");
}

// --- The tools ---

const COLORS = ["Ink", "Red", "Orange", "Yellow", "Green", "Blue", "Violet", "Pink"];
const WIDTHS = { Thin: 4, Medium: 10, Thick: 28 };

function choice(list, kind, value, label, className) {
  const button = element("button", className);
  Object.assign(button, { type: "button", title: label });
  button.dataset[kind] = value;
  button.setAttribute("role", "radio");
  button.setAttribute("aria-label", label);
  button.addEventListener("click", () => choose({ [kind]: value }));
  $(list).append(button);
}

function choose(change) {
  chosen = { ...chosen, ...change };
  for (const kind of ["color", "width"]) {
    for (const button of document.querySelectorAll(`[data-${kind}]`)) {
      button.setAttribute("aria-checked", Number(button.dataset[kind]) === chosen[kind]);
    }
  }
}

COLORS.forEach((label, color) => choice("colors", "color", color, label, `swatch color${color}`));
for (const [label, width] of Object.entries(WIDTHS)) choice("widths", "width", width, label, "nib");
choose({});

const call = (method) => board.call(method).then(() => ($("error").textContent = ""), (error) => ($("error").textContent = error.message));
$("undo").addEventListener("click", () => call("undo"));
$("clear").addEventListener("click", () => confirm("Clear the board for everybody?") && call("clear"));

new ResizeObserver(resize).observe($("board"));
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", resize);
board?.start();
