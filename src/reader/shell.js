// The worker that reads texts: moves messages between the page and the program. What they mean is
// decided in Rust (`src/reader/`). Its policy allows it no connection at all: the page hands it the
// compiled program and the knowledge, and nothing that it reads can leave by it.
import init, { TextDesk } from "./reader.js";

let desk;
let ready;

onmessage = ({ data }) => {
  if (data.ask === "start") {
    ready = init({ module_or_path: data.module }).then(() => { desk = new TextDesk(data.knowledge); });
  } else {
    ready = ready.then(() => postMessage({ say: "json", id: data.id, json: desk.ask(data.json) }));
  }
  // Whatever broke, the page starts afresh.
  ready.catch((error) => postMessage({ say: "lost", why: String(error?.name ?? error) }));
};
