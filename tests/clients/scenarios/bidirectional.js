// Every method of the hub of examples/bidirectional_chat; the part to play comes after the protocol.
const { build, error, next, run, tell } = require("./support");

const people = {};
const heard = [];

function person(name, { admin = false } = {}) {
  return build(null, { hub: `simplechat?${new URLSearchParams({ name, admin })}` });
}

// Connects as `name` and notes under `label` what arrives.
async function enter(label, { name = label, admin } = {}) {
  const connection = person(name, { admin });
  connection.on("newMessage", ({ text }) => text !== "mark" && heard.push(`${label}: ${text}`));
  await connection.start();
  people[label] = connection;
  return connection;
}

// The administrator ann sends a mark to everybody, so that what was heard before it is all that was sent.
async function tellHeard() {
  const marks = Object.values(people).map(
    (connection) => new Promise((resolve) => connection.on("newMessage", ({ text }) => text === "mark" && resolve())),
  );
  await people.ann.invoke("broadcast", "mark");
  await Promise.all(marks);
  tell(heard.splice(0).sort());
}

const parts = {
  async connecting() {
    Object.assign(people, { ann: person("ann"), ben: person("ben") });
    for (const connection of Object.values(people)) {
      const notice = next(people.ann, "newConnection");
      await connection.start();
      tell([connection.connectionId, ...(await notice)]);
    }
  },

  async broadcast() {
    const [ann, ben] = [await enter("ann", { admin: true }), await enter("ben")];
    const message = next(ben, "newMessage");
    await ann.invoke("broadcast", "good morning");
    tell([ann.connectionId, ...(await message)]);
    await tellHeard();
  },

  async refused() {
    await enter("ann", { admin: true });
    // The last two try to smuggle the claim in: through the list of claims, and through the query.
    for (const name of ["ben", "eve, admin: True", "eve&admin=true"]) {
      tell(await error((await enter(name)).invoke("broadcast", "I am an administrator")));
    }
    await tellHeard();
    tell(await error(person(" ").start()));
  },

  async sending() {
    const [ann, ben] = [await enter("ann", { admin: true }), await enter("ben")];
    const ben2 = await enter("ben2", { name: "ben" });
    await ann.invoke("joinGroup", ann.connectionId, "readers");
    await ann.invoke("joinGroup", ben2.connectionId, "readers");
    await ben.invoke("sendToGroup", "readers", "to a group");
    await tellHeard();
    await ben.invoke("sendToUser", "ben", "to a user");
    await tellHeard();
    await ann.invoke("sendToConnection", ben.connectionId, "to a connection");
    await tellHeard();
    await ann.invoke("sendToGroup", "nobody", "lost");
    await ann.invoke("sendToUser", "nobody", "lost");
    await ann.invoke("sendToConnection", "nobody", "lost");
    await tellHeard();
  },

  async groups() {
    const [ann, ben] = [await enter("ann", { admin: true }), await enter("ben")];
    await enter("ben2", { name: "ben" });
    await ann.invoke("joinGroup", ben.connectionId, "readers");
    await ann.invoke("sendToGroup", "readers", "joined");
    await tellHeard();
    await ann.invoke("leaveGroup", ben.connectionId, "readers");
    await ann.invoke("sendToGroup", "readers", "left");
    await tellHeard();
  },

  async userGroups() {
    const ann = await enter("ann", { admin: true });
    await enter("ben");
    await enter("ben2", { name: "ben" });
    await ann.invoke("joinUserToGroup", "ben", "readers");
    await ann.invoke("joinUserToGroup", "cleo", "readers"); // not here yet
    await ann.invoke("sendToGroup", "readers", "joined");
    await tellHeard();
    await enter("ben3", { name: "ben" });
    await enter("cleo");
    await ann.invoke("sendToGroup", "readers", "later");
    await tellHeard();
    await ann.invoke("leaveUserFromGroup", "ben", "readers");
    await ann.invoke("sendToGroup", "readers", "left");
    await tellHeard();
  },
};

run(async () => {
  await parts[process.argv[4]]();
  await Promise.all(Object.values(people).map((connection) => connection.stop()));
});
