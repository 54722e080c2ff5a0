// The page: what happens when people click and type, and when the hub calls.

import { Refused, OFFLINE, createConnection, explain, isConnected, session, signIn, signOut } from "./connection.js";
import { LOBBY, add, conversation, current, forget, joinedRooms, keyOf, state } from "./conversations.js";
import { $, renderAll, renderComposer, renderConnection, renderLastMessage, renderMe, renderMessages, renderSides, scrollToEnd } from "./render.js";

let connection; // while signed in

// --- Signing in and out ---

function showWelcome(error = "") {
  $("app").hidden = true;
  $("welcome").hidden = false;
  $("sign-in-error").textContent = error;
  $("name").setAttribute("aria-invalid", Boolean(error));
  $("name").value ||= state.me;
  $("name").focus();
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  const button = $("sign-in").querySelector("button");
  button.disabled = true;
  try {
    await enter((await signIn($("name").value)).name);
  } catch (error) {
    showWelcome(error instanceof Refused ? error.message : "The server cannot be reached. Please try again.");
  } finally {
    button.disabled = false;
  }
});

async function enter(name) {
  state.me = name;
  connection = openConnection();
  await connect();
  if (!connection) return; // the name was gone
  $("welcome").hidden = true;
  $("app").hidden = false;
  renderMe();
  renderAll();
  focusComposer();
}

$("me").addEventListener("click", async (event) => {
  if (event.target.id !== "sign-out") return;
  const old = connection;
  connection = undefined; // its last events concern nobody
  await old.stop();
  await signOut().catch(() => {}); // offline: the session ends with the server's memory
  rememberRooms([]);
  forget();
  $("name").value = "";
  showWelcome();
});

// --- The connection ---

function openConnection() {
  const made = createConnection();
  const ifCurrent = (handler) => (...args) => made === connection && handler(...args);

  made.on("receiveMessage", ifCurrent(receive));
  made.on("presence", ifCurrent((people) => {
    state.people = people;
    renderSides();
  }));
  made.onreconnecting(ifCurrent(() => renderConnection("reconnecting")));
  made.onreconnected(ifCurrent(() => connect())); // as a new connection, in no group yet
  made.onclose(ifCurrent(() => lost()));
  return made;
}

async function connect(again = true) {
  try {
    if (!isConnected(connection)) await connection.start();
    await rejoin();
  } catch {
    await lost(again);
  }
}

// The service closed the connection, or it could not be made. If only our session is over, a new one will do.
async function lost(again = true) {
  renderConnection("disconnected");
  try {
    if (!again || (await session()) !== null) return;
    state.me = (await signIn(state.me)).name;
  } catch (error) {
    if (!(error instanceof Refused)) return; // no network: the button stays
    connection = undefined;
    return showWelcome(error.message);
  }
  await connect(false);
}

async function rejoin() {
  if ((await session()) !== state.me) return location.reload(); // another tab signed in as someone else
  const rooms = new Set([LOBBY.slice(1), ...joinedRooms().map((each) => each.name), ...rememberedRooms()]);
  await Promise.all([...rooms].map(join));
  current().error = "";
  renderConnection("connected");
  renderAll();
}

async function join(name) {
  const { room, messages } = await connection.invoke("join", name);
  const target = conversation(`#${room}`);
  const isBack = target.joined;
  target.joined = true;
  const missed = add(target.key, messages).length;
  if (isBack && target.key !== state.current) target.unread += missed;
  rememberRooms(joinedRooms().map((each) => each.name));
  return target.key;
}

function retry() {
  if (connection && $("banner").dataset.state === "disconnected") {
    renderConnection("reconnecting");
    connect();
  }
}

$("retry").addEventListener("click", retry);
window.addEventListener("online", retry);

// For this tab, so that a reload comes back to the same rooms.
const rememberedRooms = () => JSON.parse(sessionStorage.getItem("rooms") ?? "[]");
const rememberRooms = (names) => sessionStorage.setItem("rooms", JSON.stringify(names));

// --- Conversations ---

function receive(message) {
  const key = keyOf(message);
  if (!add(key, [message]).length) return;
  const isSeen = key === state.current && !document.hidden;
  if (!isSeen && message.kind !== "system" && message.author !== state.me) conversation(key).unread += 1;
  if (key === state.current) current().messages.at(-1) === message ? renderLastMessage() : renderMessages();
  renderSides();
}

function show(key) {
  state.current = key;
  conversation(key).unread = 0;
  closeDrawer();
  renderAll();
  focusComposer();
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) return;
  current().unread = 0;
  renderSides();
});

$("drawer").addEventListener("click", async (event) => {
  const key = event.target.closest("[data-key]")?.dataset.key;
  if (!key || event.target.closest(":disabled")) return;
  $("new-room-error").textContent = "";
  if (key[0] === "@" || state.conversations.get(key)?.joined) return show(key);
  await openRoom(key);
});

async function openRoom(name) {
  try {
    show(await join(name));
  } catch (error) {
    $("new-room-error").textContent = explain(connection, error);
    return false;
  }
  return true;
}

$("new-room").addEventListener("submit", async (event) => {
  event.preventDefault();
  const input = event.target.elements.room;
  if (await openRoom(input.value)) input.value = "";
});

$("new-room").addEventListener("input", () => ($("new-room-error").textContent = ""));

$("leave").addEventListener("click", async () => {
  const left = current();
  try {
    if (left.isRoom) await connection.invoke("leave", left.name);
  } catch (error) {
    left.error = explain(connection, error);
    return renderComposer();
  }
  state.conversations.delete(left.key);
  rememberRooms(joinedRooms().map((each) => each.name));
  show(LOBBY);
});

// --- The composer ---

const isTouch = matchMedia("(pointer: coarse)");

function focusComposer() {
  if (!isTouch.matches) $("text").focus(); // on a phone the keyboard would cover the conversation
}

async function send() {
  const target = current();
  const text = $("text").value;
  if (!isConnected(connection)) {
    target.error = OFFLINE;
    return renderComposer();
  }
  target.draft = target.error = "";
  renderComposer();
  try {
    await connection.invoke(target.isRoom ? "sendMessage" : "sendDirect", target.name, text);
  } catch (error) {
    target.error = explain(connection, error);
    target.draft = target.draft ? `${text}\n${target.draft}` : text; // nothing that was written is lost
    if (target === current()) renderComposer();
  }
}

$("composer").addEventListener("submit", (event) => {
  event.preventDefault();
  send();
  $("text").focus();
});

$("text").addEventListener("keydown", (event) => {
  if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
  event.preventDefault();
  send();
});

$("text").addEventListener("input", () => {
  Object.assign(current(), { draft: $("text").value, error: "" });
  renderComposer();
});

$("newer").addEventListener("click", scrollToEnd);

// --- The drawer, on narrow screens ---

const isNarrow = matchMedia("(max-width: 760px)");

function setDrawer(open) {
  $("drawer").classList.toggle("open", open);
  $("drawer").inert = isNarrow.matches && !open;
  $("conversation").inert = isNarrow.matches && open;
  $("drawer-toggle").setAttribute("aria-expanded", open);
}

function closeDrawer() {
  const wasOpen = $("drawer").classList.contains("open");
  setDrawer(false);
  if (wasOpen) $("drawer-toggle").focus();
}

$("drawer-toggle").addEventListener("click", () => {
  setDrawer(true);
  $("drawer-close").focus();
});
$("drawer-close").addEventListener("click", closeDrawer);
$("scrim").addEventListener("click", closeDrawer);
document.addEventListener("keydown", (event) => event.key === "Escape" && closeDrawer());
isNarrow.addEventListener("change", () => setDrawer(false));
setDrawer(false);

// --- Begin ---

if (globalThis.signalR) {
  session().then((name) => (name ? enter(name) : showWelcome()), () => showWelcome("The server cannot be reached."));
} else {
  showWelcome("The SignalR client could not be loaded: run “npm ci” in the folder of the examples, or check the network.");
}
