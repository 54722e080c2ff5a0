// A bench for the hub: every form calls one of its methods, and the log shows what arrives.

const $ = (id) => document.getElementById(id);
const PAUSES = [0, 1000, 2000, 4000, 8000, 15000]; // before tries to reconnect; after them there is a button
const MOST_LINES = 200; // in the log
let connection; // while signed in

// --- The connection ---

function open(name, admin) {
  const made = new signalR.HubConnectionBuilder()
    .withUrl(`/simplechat?${new URLSearchParams({ name, admin })}`)
    .withAutomaticReconnect(PAUSES)
    .configureLogging(signalR.LogLevel.Warning)
    .build();
  const ifCurrent = (handler) => (...args) => made === connection && handler(...args);
  made.on("newConnection", ifCurrent(({ connectionId, user }) => {
    suggest("connections", connectionId, user);
    suggest("users", user);
    write("system", [`${user ?? "Somebody"} connected as `, chip(connectionId)]);
  }));
  made.on("newMessage", ifCurrent(receive));
  made.onreconnecting(ifCurrent(() => show("reconnecting")));
  made.onreconnected(ifCurrent(() => {
    show("connected");
    write("system", ["Back as a new connection: in no group, but for those of its user"]);
  }));
  made.onclose(ifCurrent(() => show("disconnected")));
  return made;
}

const BANNER = { connecting: "Connecting…", reconnecting: "The connection broke. Reconnecting…", disconnected: "You are disconnected." };

function show(state) {
  $("banner").dataset.state = state;
  $("banner-text").textContent = BANNER[state] ?? "";
  $("retry").hidden = state !== "disconnected";
  $("id").textContent = connection.connectionId ?? "";
  for (const button of $("bench").querySelectorAll("button")) button.disabled = state !== "connected";
}

async function start() {
  show("connecting");
  await connection.start();
  show("connected");
}

// --- Coming and going ---

function welcome(error = "") {
  $("welcome").hidden = false;
  $("app").hidden = true;
  $("sign-in-error").textContent = error;
  $("name").focus();
}

$("sign-in").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("connect").disabled = true;
  connection = open($("name").value.trim(), $("admin").checked);
  try {
    await start();
    $("me").textContent = $("name").value.trim();
    $("role").hidden = !$("admin").checked;
    $("welcome").hidden = true;
    $("app").hidden = false;
    document.querySelector("[data-testid=broadcast] input").focus();
  } catch (error) {
    connection = undefined;
    welcome(/"detail":"(.*?)"/.exec(error.message)?.[1] ?? "The server cannot be reached. Please try again.");
  } finally {
    $("connect").disabled = false;
  }
});

$("leave").addEventListener("click", async () => {
  const old = connection;
  connection = undefined; // its last events concern nobody
  await old.stop();
  $("log").replaceChildren();
  welcome();
});

$("retry").addEventListener("click", () => start().catch(() => show("disconnected")));

// --- Calling the hub ---

$("bench").addEventListener("submit", async (event) => {
  event.preventDefault();
  const { target: form, submitter: button } = event;
  const fields = [...form.querySelectorAll("input")];
  const values = fields.map((field) => field.value.trim());
  form.querySelector(".error").textContent = "";
  try {
    await connection.invoke(button.value, ...values);
  } catch (error) {
    form.querySelector(".error").textContent = explain(error, button);
    return write("error", [explain(error, button)]);
  }
  const shown = fields.map((field, index) => (field.name === "connection" ? short(values[index]) : values[index]));
  write("system", [button.dataset.done.replace(/{(\d)}/g, (_, index) => shown[index])]);
  for (const { name, value } of fields) if (name !== "message") suggest(`${name}s`, value.trim());
  const { message } = form.elements;
  if (message?.value.trim() === values.at(-1)) message.value = ""; // unless the next one is being written
});

// What a hub refuses with was written for people. Anything else was not, and is put into words here.
function explain(error, button) {
  const text = error.message;
  if (text.startsWith("You are not allowed")) return button.dataset.refused ?? text;
  if (text.startsWith("Cannot send data")) return "You are disconnected, so this was not sent.";
  if (text.startsWith("Invocation canceled")) return "The connection broke while this was on its way. Did it arrive?";
  if (text.startsWith("An unexpected error")) return `Something went wrong on our side (${/Error id: \w+/.exec(text)}).`;
  return text;
}

function suggest(list, value, label = value) {
  const isKnown = [...$(list).options].some((option) => option.value === value);
  if (value && !isKnown) $(list).append(new Option(label, value));
}

// --- What arrives ---

function receive({ sender, connectionId, text }) {
  suggest("connections", connectionId, sender);
  suggest("users", sender);
  const isMine = connectionId === connection.connectionId;
  const time = new Date().toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const author = element("strong", "author", isMine ? "You" : (sender ?? "Somebody"));
  const meta = element("p", "meta", author, chip(connectionId), element("time", "", time));
  write(isMine ? "message mine" : "message", [meta, element("p", "text", text)]);
}

function write(kind, content) {
  const line = element("li", kind, ...content);
  line.dataset.testid = kind.split(" ")[0];
  $("log").append(line);
  if ($("log").children.length > MOST_LINES) $("log").firstChild.remove();
}

function element(name, className, ...content) {
  const made = Object.assign(document.createElement(name), { className });
  made.append(...content);
  return made;
}

// --- Connection ids: short to read, whole to copy ---

const short = (id) => (id.length > 10 ? `${id.slice(0, 8)}…` : id);

function chip(id) {
  const button = element("button", "chip", short(id));
  button.title = `Copy ${id}`;
  button.addEventListener("click", () => copy(id, button, short(id)));
  return button;
}

async function copy(id, button, label) {
  try {
    await navigator.clipboard.writeText(id);
  } catch {
    return prompt("The connection id:", id); // only secure pages may use the clipboard
  }
  button.textContent = "Copied";
  setTimeout(() => (button.textContent = label), 1200);
}

$("copy").addEventListener("click", () => copy($("id").textContent, $("copy"), "Copy"));

// --- Begin ---

const FIELD = { required: true, pattern: ".*\\S.*", title: "Write something here.", maxLength: 1000, autocomplete: "off", spellcheck: false };
for (const field of $("bench").querySelectorAll("input")) Object.assign(field, FIELD);
for (const form of $("bench").querySelectorAll("form")) form.append(Object.assign(element("p", "error"), { role: "alert" }));
welcome(globalThis.signalR ? "" : "The SignalR client could not be loaded: run “npm ci” in the folder of the examples, or check the network.");
