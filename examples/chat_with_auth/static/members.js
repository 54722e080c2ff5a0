// The page: a form that signs in over plain HTTP, and behind it the hub, which the cookie opens.

import { $, element, live } from "/shared/live.js";

const ROLES = ["member", "moderator", "admin"];
let me; // { name, role } while signed in
let hub;

// --- The door ---

function showDoor(error = "") {
  me = undefined;
  $("app").hidden = true;
  $("door").hidden = false;
  $("login-error").textContent = error;
  $("password").value = "";
  $("name").focus();
}

async function ask(path, options) {
  const response = await fetch(path, options);
  const answer = response.status === 204 ? undefined : await response.json();
  if (response.ok) return answer;
  throw new Error(typeof answer.detail === "string" ? answer.detail : "That did not work. Please try again.");
}

$("login").addEventListener("submit", async (event) => {
  event.preventDefault();
  $("login-error").textContent = "";
  try {
    // A form, as OAuth2's password flow has it; the token comes back as a cookie, which no script can read.
    enter(await ask(event.submitter.value, { method: "POST", body: new URLSearchParams(new FormData($("login"))) }));
  } catch (error) {
    showDoor(error.message);
  }
});

function enter(who) {
  me = who;
  $("me").textContent = me.name;
  $("role").textContent = me.role === "member" ? "" : me.role;
  $("door").hidden = true;
  $("app").hidden = false;
  $("people").replaceChildren();
  $("messages").replaceChildren();
  hub = connect();
  hub?.start();
  $("text").focus();
}

async function leave(reason) {
  const old = hub;
  hub = undefined; // its last events concern nobody
  showDoor(reason);
  await old?.stop();
}

$("leave").addEventListener("click", async () => {
  await ask("/logout", { method: "POST" }).catch(() => {});
  leave();
});

// --- The hub ---

function connect() {
  const made = live("/chat", {
    said: (message) => made === hub && say(message),
    removed: (id) => $(`message-${id}`)?.remove(),
    people: (people) => made === hub && showPeople(people),
    signedOut: (reason) => made === hub && leave(reason),
  }, async (state) => {
    if (made !== hub) return;
    for (const button of $("app").querySelectorAll("aside button, aside select, .composer button")) button.disabled = state !== "connected";
    if (state === "connecting") return;
    // Whatever happened, the session may be over by now, or have another role.
    const now = await ask("/me").catch((error) => (error instanceof TypeError ? me : undefined)); // a TypeError: no network
    if (made !== hub) return;
    if (!now) return leave("Your session is over. Sign in again.");
    if (now.role !== me.role) return location.reload();
    if (state === "connected") {
      $("messages").replaceChildren();
      for (const message of await made.call("history")) say(message);
    }
  });
  return made;
}

const call = (...what) => hub.call(...what).then(() => ($("error").textContent = ""), (error) => ($("error").textContent = error.message));
const may = (role) => ROLES.indexOf(me.role) >= ROLES.indexOf(role);

function button(label, className, action) {
  const made = Object.assign(element("button", `quiet ${className}`, label), { type: "button" });
  made.addEventListener("click", action);
  return made;
}

function say({ id, author, text, at }) {
  if ($(`message-${id}`)) return; // history and news may overlap
  const time = new Date(at).toLocaleTimeString([], { hour: "2-digit", minute: "2-digit" });
  const meta = element("p", "meta", element("strong", "", author === me.name ? "You" : author), element("time", "", time));
  if (may("moderator")) meta.append(button("Remove", "", () => call("remove", id)));
  const line = element("li", author === me.name ? "mine" : "", meta, element("p", "text", text));
  Object.assign(line, { id: `message-${id}` }).dataset.testid = "message";
  $("messages").append(line);
}

function showPeople(people) {
  $("people").replaceChildren(...people.map(showPerson));
}

// What is hidden here would be refused by the hub, too: the buttons are a courtesy, `@requires` is the lock.
function showPerson({ name, role, tabs }) {
  const line = element("p", "", name);
  if (role !== "member") line.append(element("span", "tag", role));
  line.append(element("span", "tabs", name === me.name ? "you" : tabs > 1 ? `${tabs} tabs` : ""));
  const item = element("li", "person", line);
  item.dataset.user = name;
  if (may("admin") && name !== me.name) {
    const choice = element("select", "");
    choice.setAttribute("aria-label", `Role of ${name}`);
    choice.append(...ROLES.map((each) => new Option(each, each, false, each === role)));
    choice.addEventListener("change", () => call("setRole", name, choice.value));
    item.append(element("div", "duties", choice,
      button("Close tabs", "", () => call("close", name)), button("Kick", "kick", () => call("kick", name))));
  }
  return item;
}

$("composer").addEventListener("submit", async (event) => {
  event.preventDefault();
  const text = $("text").value;
  $("text").value = "";
  await call("say", text);
  if ($("error").textContent) $("text").value ||= text; // nothing that was written is lost
});

// --- Begin ---

ask("/me").then(enter, () => showDoor());
