// From the state to the page. Everything that people wrote goes in as text, never as HTML.

import { LOBBY, conversation, current, directs, everyone, state, unreadInAll } from "./conversations.js";

export const $ = (id) => document.getElementById(id);

function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const calendar = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const plural = (count, one, many) => `${count} ${count === 1 ? one : many}`;

// --- People ---

function hue(name) {
  let hash = 7;
  for (const letter of name) hash = (hash * 31 + letter.codePointAt(0)) % 9973;
  return (hash * 137.508) % 360; // the golden angle keeps similar names apart
}

function avatar(name) {
  const words = name.split(" ");
  const letters = words.length > 1 ? [words[0], words.at(-1)].map((word) => [...word][0]) : [...name].slice(0, 1);
  const made = element("span", { class: "avatar", "aria-hidden": "true" }, letters.join("").toUpperCase());
  made.style.setProperty("--hue", hue(name));
  return made;
}

// --- The lists at the side ---

// Keeps the elements of what stays, so that neither the focus nor a click under way is lost.
function sync(list, keys, make, update) {
  const items = new Map([...list.children].map((item) => [item.dataset.key, item]));
  for (const [key, item] of items) if (!keys.includes(key)) item.remove();
  keys.forEach((key, index) => {
    const item = items.get(key) ?? element("li", { "data-key": key }, make(key));
    if (list.children[index] !== item) list.insertBefore(item, list.children[index] ?? null);
    update(item.firstChild, key);
  });
}

function makeEntry(key, attributes, face) {
  const label = element("span", { class: "label" }, key.slice(1));
  const count = element("span", { class: "count" });
  const badge = element("span", { class: "badge", "data-testid": "unread", hidden: "" });
  return element("button", { type: "button", "data-key": key, ...attributes }, face, label, count, badge);
}

function updateEntry(button, key, count) {
  const { unread } = state.conversations.get(key) ?? { unread: 0 };
  button.setAttribute("aria-current", key === state.current);
  button.querySelector(".count").textContent = unread ? "" : count;
  const badge = button.querySelector(".badge");
  badge.hidden = !unread;
  badge.textContent = unread > 99 ? "99+" : unread;
  badge.setAttribute("aria-label", `${unread} unread`);
}

function renderRooms() {
  const known = [...state.conversations.values()].filter((each) => each.isRoom && each.joined).map((each) => each.name);
  const names = [...new Set([...Object.keys(state.people), ...known])]; // in the server's order
  sync(
    $("rooms"),
    names.map((name) => `#${name}`),
    (key) => makeEntry(key, { "data-testid": "room", "data-room": key.slice(1) }, element("span", { class: "hash", "aria-hidden": "true" }, "#")),
    (button, key) => {
      const count = state.people[key.slice(1)]?.length ?? 0;
      updateEntry(button, key, count || "");
      button.classList.toggle("joined", state.conversations.get(key)?.joined ?? false);
      button.title = count ? `${plural(count, "person", "people")} here` : "Nobody here yet";
    },
  );
}

function renderDirects() {
  $("directs-part").hidden = directs().length === 0;
  sync(
    $("directs"),
    directs().map((each) => each.key),
    (key) => makeEntry(key, { "data-testid": "direct", "data-user": key.slice(1), class: "joined" }, avatar(key.slice(1))),
    (button, key) => {
      updateEntry(button, key, "");
      button.classList.toggle("away", !everyone().includes(key.slice(1)));
    },
  );
}

function renderPeople() {
  const { isRoom, name } = current();
  const people = isRoom ? (state.people[name] ?? []) : everyone();
  $("people-title").textContent = isRoom ? `People in #${name}` : "Everyone here";
  $("alone").hidden = people.some((each) => each !== state.me);
  $("alone").textContent =
    everyone().length > 1 ? "Only you in here so far." : "Only you so far. Open this page in a private window to be two.";
  sync(
    $("people"),
    people.map((each) => `@${each}`),
    (key) => {
      const attributes = { type: "button", "data-testid": "person", "data-user": key.slice(1), "data-key": key };
      return element("button", attributes, avatar(key.slice(1)), element("span", { class: "label" }, key.slice(1)), element("span", { class: "count" }));
    },
    (button, key) => {
      const isMe = key.slice(1) === state.me;
      button.disabled = isMe;
      button.title = isMe ? "" : `Write to ${key.slice(1)}`;
      button.querySelector(".count").textContent = isMe ? "you" : "";
    },
  );
}

export function renderMe() {
  const button = element("button", { id: "sign-out", class: "quiet", type: "button", "data-testid": "sign-out" }, "Sign out");
  $("me").replaceChildren(avatar(state.me), element("span", { class: "label" }, state.me), button);
}

export function renderSides() {
  renderRooms();
  renderDirects();
  renderPeople();
  renderHead();
  const unread = unreadInAll();
  $("elsewhere").hidden = unread === 0;
  document.title = unread ? `(${unread}) Hubbub` : "Hubbub";
}

// --- The conversation ---

function renderHead() {
  const { isRoom, name, key } = current();
  $("title").textContent = isRoom ? `#${name}` : name;
  const count = state.people[name]?.length ?? 0;
  const direct = everyone().includes(name) ? "Only the two of you see this" : "Not here at the moment";
  $("subtitle").textContent = isRoom ? plural(count, "person", "people") + " here" : direct;
  $("leave").hidden = key === LOBBY;
  $("leave").textContent = isRoom ? "Leave" : "Close";
}

function emptyState({ isRoom, name, key }) {
  const title = isRoom ? (key === LOBBY ? "Welcome to the lobby" : `It is quiet in #${name}`) : name;
  const text = isRoom
    ? "Nothing has been said here lately. Say hello, somebody may be listening."
    : "Only the two of you see what you write here, and the server keeps none of it.";
  const face = isRoom ? element("span", { class: "avatar plain", "aria-hidden": "true" }, "#") : avatar(name);
  return [face, element("h2", {}, title), element("p", {}, text)];
}

const isSameGroup = (message, previous) =>
  previous?.kind === message.kind &&
  previous.author === message.author &&
  Date.parse(message.at) - Date.parse(previous.at) < 5 * 60_000;

function messageItem(message, previous) {
  const hooks = { "data-testid": "message", "data-author": message.author, "data-kind": message.kind };
  const time = element("time", { datetime: message.at }, clock.format(new Date(message.at)));
  if (message.kind === "system") {
    return element("li", { class: "system", ...hooks }, element("span", {}, `${message.author} ${message.text} `), time);
  }
  const mine = message.author === state.me;
  const goesOn = isSameGroup(message, previous);
  const author = element("span", { class: "author" }, mine ? "You" : message.author);
  author.style.setProperty("--hue", hue(message.author));
  return element(
    "li",
    { class: `message ${mine ? "mine" : "theirs"} ${goesOn ? "goes-on" : "first"}`, ...hooks },
    avatar(message.author),
    element("p", { class: "meta" }, author, " ", time),
    element("p", { class: "text", "data-testid": "message-text", title: clock.format(new Date(message.at)) }, message.text),
  );
}

function withDay(message, previous) {
  const day = calendar.format(new Date(message.at));
  if (previous && calendar.format(new Date(previous.at)) === day) return [messageItem(message, previous)];
  const label = day === calendar.format(new Date()) ? "Today" : day;
  return [element("li", { class: "day" }, element("span", {}, label)), messageItem(message, undefined)];
}

let isAtEnd = true; // then it stays there, whatever comes in or changes size

$("log").addEventListener("scroll", () => {
  isAtEnd = $("log").scrollHeight - $("log").scrollTop - $("log").clientHeight < 80;
  if (isAtEnd) $("newer").hidden = true;
}, { passive: true });

new ResizeObserver(() => isAtEnd && scrollToEnd()).observe($("log"));

export function scrollToEnd() {
  $("log").scrollTop = $("log").scrollHeight;
  $("newer").hidden = true;
  isAtEnd = true;
}

// The whole conversation anew; quietly, so that a screen reader does not read it all out.
export function renderMessages() {
  const { messages } = current();
  $("log").setAttribute("aria-busy", "true");
  $("messages").replaceChildren(...messages.flatMap((message, index) => withDay(message, messages[index - 1])));
  renderEmpty();
  scrollToEnd();
  requestAnimationFrame(() => $("log").removeAttribute("aria-busy"));
}

export function renderLastMessage() {
  const [previous, message] = [undefined, ...current().messages].slice(-2);
  const follow = isAtEnd || message.author === state.me;
  $("messages").append(...withDay(message, previous));
  renderEmpty();
  if (follow) scrollToEnd();
  else $("newer").hidden = false;
}

function renderEmpty() {
  const isEmpty = !current().messages.some((message) => message.kind !== "system");
  $("empty").hidden = !isEmpty;
  if (isEmpty) $("empty").replaceChildren(...emptyState(current()));
}

// --- The composer and the banner ---

const LONGEST_TEXT = 1000; // the server decides; this is for the counter

export function renderComposer() {
  const { isRoom, name, draft, error } = current();
  const label = isRoom ? `Message #${name}` : `Message ${name}`;
  $("composer-label").textContent = label;
  $("text").placeholder = label;
  if ($("text").value !== draft) $("text").value = draft;
  $("text").setAttribute("aria-invalid", Boolean(error));
  $("composer-error").textContent = error;
  const left = LONGEST_TEXT - [...draft.trim()].length;
  $("left").textContent = left <= 100 ? String(left).replace("-", "−") : "";
  $("left").classList.toggle("over", left < 0);
}

const BANNERS = {
  connected: "",
  reconnecting: "Reconnecting… What you write is kept.",
  disconnected: "You are disconnected. What you write is kept.",
};

export function renderConnection(name) {
  $("banner").dataset.state = name;
  $("banner-text").textContent = BANNERS[name];
  $("retry").hidden = name !== "disconnected";
  $("send").disabled = name !== "connected";
}

export function renderAll() {
  conversation(state.current);
  renderSides();
  renderMessages();
  renderComposer();
}
