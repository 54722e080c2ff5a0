// Who gets what: everyone, others, a group, a user with two connections, one connection.
const { next, run, start, tell } = require("./support");

run(async () => {
  const [ann, ann2, ben] = [await start("ann"), await start("ann"), await start("ben")];
  const all = { ann, ann2, ben };
  const heard = [];
  for (const [name, connection] of Object.entries(all)) connection.on("heard", (text) => heard.push(`${name}: ${text}`));
  await ann.invoke("join", "room");
  await ben.invoke("join", "room");

  // Each send is followed by a mark to all, so that what was heard before the mark is what was sent.
  for (const send of [
    ["tellAll", "all"],
    ["tellOthers", "others"],
    ["tellGroup", "room", "group"],
    ["tellOthersInGroup", "room", "others in group"],
    ["tellUser", "ann", "user"],
    ["tellConnection", ben.connectionId, "connection"],
  ]) {
    const marks = Object.values(all).map((connection) => next(connection, "mark"));
    await ann.send(...send);
    await ann.invoke("mark");
    await Promise.all(marks);
    tell(heard.splice(0).sort());
  }
  await ann.invoke("leave", "room");
  const mark = next(ben, "mark");
  await ben.send("tellGroup", "room", "after leaving");
  await ben.invoke("mark");
  await mark;
  tell(heard.splice(0).sort());
  await Promise.all(Object.values(all).map((connection) => connection.stop()));
});
