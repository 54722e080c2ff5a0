// The connection of a page to its hub, and the banner that says how it is.
/* global signalR */

const PAUSES = [0, 1000, 2000, 4000, 8000, 15000]; // before tries to reconnect; after them there is a button
const TEXT = { connecting: "Connecting…", reconnecting: "The connection broke. Reconnecting…", disconnected: "You are disconnected." };
const MISSING = "The SignalR client could not be loaded: run “npm ci” in the folder of the examples, or check the network.";

export const $ = (id) => document.getElementById(id);

export function element(name, className, ...content) {
  const made = Object.assign(document.createElement(name), { className });
  made.append(...content);
  return made;
}

// Connect to `url`; `handlers` has a function for everything that the hub may call, and `state` hears how it goes.
export function live(url, handlers, state = () => {}) {
  if (!globalThis.signalR) {
    show("disconnected", MISSING);
    $("retry").hidden = true;
    return undefined;
  }
  const connection = new signalR.HubConnectionBuilder()
    .withUrl(url)
    .withAutomaticReconnect(PAUSES)
    .configureLogging(signalR.LogLevel.Error)
    .build();
  for (const [name, handler] of Object.entries(handlers)) connection.on(name, handler);
  const become = (name, error) => {
    show(name);
    state(name, error);
  };
  connection.onreconnecting(() => become("reconnecting"));
  connection.onreconnected(() => become("connected"));
  connection.onclose((error) => become("disconnected", error));
  const start = async () => {
    become("connecting");
    try {
      await connection.start();
      become("connected");
    } catch (error) {
      become("disconnected", error);
    }
  };
  $("retry").onclick = start;
  return { start, stop: () => connection.stop(), call: (...call) => connection.invoke(...call).catch(fail) };
}

function show(state, text = TEXT[state] ?? "") {
  $("banner").dataset.state = state;
  $("banner-text").textContent = text;
  $("retry").hidden = state !== "disconnected";
}

// The text of a HubException was written for people. Anything else was not, and is put into words here.
function fail(error) {
  const text = error.message;
  if (text.startsWith("An unexpected error")) throw new Error(`Something went wrong on our side (${/Error id: \w+/.exec(text)}).`);
  if (text.startsWith("Cannot send data")) throw new Error("You are disconnected, so this was not sent.");
  if (text.startsWith("Invocation canceled")) throw new Error("The connection broke while this was on its way.");
  throw error;
}
