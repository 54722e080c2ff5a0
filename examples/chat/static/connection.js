// The connection to the hub: how it is made, when it is tried again, and what its errors mean to a person.
/* global signalR */

// Half a minute of growing pauses, then a "Try again" button.
const PAUSES = [0, 1000, 2000, 4000, 8000, 15000];

export function createConnection() {
  return new signalR.HubConnectionBuilder()
    .withUrl("/chat")
    .withAutomaticReconnect({
      nextRetryDelayInMilliseconds: ({ previousRetryCount, retryReason }) =>
        isSignedOut(retryReason) ? null : (PAUSES[previousRetryCount] ?? null),
    })
    .configureLogging(signalR.LogLevel.Warning)
    .build();
}

export const isConnected = (connection) => connection?.state === signalR.HubConnectionState.Connected;

// The application refused to negotiate: the session is over, so trying again is no use.
export const isSignedOut = (error) => /Status code '40[13]'/.test(error?.message ?? "");

export const OFFLINE = "You are offline. This stays here until you are back.";

// The text of a HubException was written for people. Anything else was not, and is put into words here.
export function explain(connection, error) {
  if (!isConnected(connection)) return OFFLINE;
  const text = error?.message ?? "";
  if (text.startsWith("An unexpected error occurred")) {
    const id = /Error id: (\w+)/.exec(text)?.[1];
    return `Something went wrong on our side, and this was not sent. Please try again${id ? ` (error ${id})` : ""}.`;
  }
  if (text.startsWith("Invocation canceled")) return "The connection broke while this was on its way. Did it arrive?";
  return text || "That did not work. Please try again.";
}

// --- The session, over plain HTTP ---

export const session = async () => (await request("GET")).name;
export const signIn = (name) => request("POST", { name });
export const signOut = () => request("DELETE");

export class Refused extends Error {}

async function request(method, body) {
  const response = await fetch("/session", {
    method,
    headers: body ? { "Content-Type": "application/json" } : {},
    body: body && JSON.stringify(body),
  });
  const answer = await response.json();
  if (response.ok) return answer;
  throw new Refused(typeof answer.detail === "string" ? answer.detail : "That did not work. Please try again.");
}
