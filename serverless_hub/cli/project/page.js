// The page's half of the conversation; the other one is class Chat in main.py.
const by = (id) => document.getElementById(id);
const names = { connecting: "connecting…", connected: "live", away: "reconnecting…", missing: "no SignalR client" };

function show(state, online) {
  by("state").dataset.state = state;
  by("state").textContent = state === "connected" && online ? `${online} online` : names[state];
  by("send").disabled = state !== "connected";
}

function add({ name, text, at }) {
  by("empty")?.remove();
  const item = document.createElement("li");
  item.classList.toggle("mine", name === by("name").value.trim());
  const hue = [...name].reduce((sum, letter) => (sum * 31 + letter.codePointAt(0)) % 360, 7);
  item.style.setProperty("--hue", hue);
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  for (const [tag, content] of [["b", name], ["p", text], ["time", time]]) {
    const part = document.createElement(tag);
    part.textContent = content; // never innerHTML: others have written it
    item.append(part);
  }
  by("messages").append(item);
  item.scrollIntoView({ block: "end" });
}

async function main() {
  by("name").value = localStorage.getItem("name") ?? "";
  if (!window.signalR) {
    show("missing");
    by("error").textContent = "The SignalR client could not be loaded. README.md says how to have it here: see Offline.";
    return;
  }

  const connection = new signalR.HubConnectionBuilder()
    .withUrl("/chat")
    .withAutomaticReconnect({ nextRetryDelayInMilliseconds: ({ previousRetryCount }) => Math.min(200 * 2 ** previousRetryCount, 5000) })
    .build();
  connection.on("newMessage", add);
  connection.on("online", (count) => show("connected", count));
  connection.onreconnecting(() => show("away"));
  connection.onreconnected(catchUp);

  async function catchUp() {
    show("connected");
    const said = await connection.invoke("latestMessages");
    by("messages").querySelectorAll("li:not(#empty)").forEach((item) => item.remove());
    said.forEach(add);
  }

  async function start() {
    try {
      await connection.start();
      await catchUp();
    } catch {
      show("away");
      setTimeout(start, 2000);
    }
  }

  by("composer").addEventListener("submit", async (event) => {
    event.preventDefault();
    const name = by("name").value.trim();
    localStorage.setItem("name", name);
    try {
      await connection.invoke("sendMessage", name, by("text").value);
      by("error").textContent = by("text").value = "";
    } catch (error) {
      by("error").textContent = error.message.replace(/^.*HubException: /, "");
    }
    by("text").focus();
  });
  await start();
  by(by("name").value ? "text" : "name").focus();
}

main();
