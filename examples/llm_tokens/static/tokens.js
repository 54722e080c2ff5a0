// Questions go out, words come in: each answer has an id of this page's making, so that they do not get mixed up.

import { $, element, live } from "/shared/live.js";

const IDEAS = ["What is a hub?", "Why one word after the other?", "Who remembers a group?"];
const HOW = { writing: "", complete: "Done", stopped: "Stopped", failed: "It broke off" };
const answers = new Map(); // id -> { item, text, count, stop, words, state }
let isOpen = false;

const hub = live("/tokens", {
  words(id, start, text) {
    const answer = answers.get(id);
    if (!answer || start !== answer.words) return; // each word once, and in its place
    answer.words += 1;
    const isAtEnd = $("scroll").scrollHeight - $("scroll").scrollTop - $("scroll").clientHeight < 80;
    answer.text.append(element("span", "word", `${start ? " " : ""}${text}`));
    render(answer);
    if (isAtEnd) $("scroll").scrollTop = $("scroll").scrollHeight;
  },
  ended: (id, how) => answers.has(id) && become(answers.get(id), how),
}, (state) => {
  isOpen = state === "connected";
  $("send").disabled = !isOpen;
  if (isOpen) return;
  for (const answer of answers.values()) if (answer.state === "writing") become(answer, "failed"); // the hub has stopped them
});

async function ask(question) {
  $("error").textContent = "";
  if (!question || !isOpen) return;
  const id = String(Math.random()).slice(2);
  const answer = show(question, id);
  answers.set(id, answer);
  render(answer);
  $("question").value = "";
  $("scroll").scrollTop = $("scroll").scrollHeight;
  try {
    await hub.call("ask", id, question);
  } catch (error) {
    answers.delete(id);
    answer.item.remove();
    $("error").textContent = error.message;
    $("question").value ||= question;
    render();
  }
}

function show(question, id) {
  const text = element("p", "");
  const count = element("span", "");
  const stop = Object.assign(element("button", "second", "Stop"), { type: "button" });
  stop.dataset.testid = "stop";
  stop.addEventListener("click", () => {
    stop.disabled = true;
    hub.call("stop", id).catch((error) => ($("error").textContent = error.message));
  });
  const card = element("article", "answer card", text, element("div", "foot", count, stop));
  card.dataset.testid = "answer";
  const item = element("li", "", element("p", "asked", question), card);
  $("answers").append(item);
  return { item, text, count, stop, words: 0, state: "writing" };
}

function become(answer, state) {
  answer.state = state;
  render(answer);
}

function render(answer) {
  if (answer) {
    const { item, count, stop, words, state } = answer;
    item.dataset.state = state;
    count.textContent = [HOW[state], words ? `${words} words` : "Thinking…"].filter(Boolean).join(" · ");
    stop.hidden = state !== "writing";
  }
  const writing = [...answers.values()].filter((each) => each.state === "writing").length;
  $("busy").textContent = writing > 1 ? `${writing} answers at once` : "";
  $("empty").hidden = answers.size > 0;
}

$("ask").addEventListener("submit", (event) => {
  event.preventDefault();
  ask($("question").value.trim());
});

for (const idea of IDEAS) {
  const button = Object.assign(element("button", "second", idea), { type: "button" });
  button.addEventListener("click", () => ask(idea));
  $("ideas").append(button);
}

if (!matchMedia("(pointer: coarse)").matches) $("question").focus();
hub?.start();
