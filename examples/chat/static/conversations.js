// What this page knows: the conversations, who is where, and who we are. No DOM and no network here.

export const LOBBY = "#lobby";

export const state = {
  me: "",
  current: LOBBY,
  people: {}, // room -> names, as the server last told us
  conversations: new Map(), // "#lobby" or "@Grace" -> conversation
};

export function conversation(key) {
  let found = state.conversations.get(key);
  if (!found) {
    found = { key, name: key.slice(1), isRoom: key[0] === "#", joined: false, messages: [], unread: 0, draft: "", error: "" };
    state.conversations.set(key, found);
  }
  return found;
}

export const current = () => conversation(state.current);
export const joinedRooms = () => [...state.conversations.values()].filter((each) => each.isRoom && each.joined);
export const directs = () => [...state.conversations.values()].filter((each) => !each.isRoom);
export const everyone = () => state.people[LOBBY.slice(1)] ?? [];
export const unreadInAll = () => [...state.conversations.values()].reduce((sum, each) => sum + each.unread, 0);

export function keyOf(message) {
  if (message.kind !== "direct") return `#${message.room}`;
  return `@${message.author === state.me ? message.to : message.author}`;
}

// Adds what is not there yet; after a reconnect the server repeats what we may have missed. Returns what was new.
export function add(key, messages) {
  const target = conversation(key);
  const known = new Set(target.messages.map((each) => each.id));
  const fresh = messages.filter((each) => !known.has(each.id));
  target.messages.push(...fresh);
  target.messages.sort((a, b) => Date.parse(a.at) - Date.parse(b.at));
  return fresh;
}

export function forget() {
  state.current = LOBBY;
  state.people = {};
  state.conversations.clear();
}
