// The worker of the capture page: moves slices of the file into the reader and messages to the page.
// What they mean is decided in Rust (`src/worker/`). Its policy allows it no connection at all: the
// page hands it the compiled program, and nothing that it reads can leave by it.
import init, { CaptureDesk } from "./capture.js";

// Bytes read at once; the next slice is fetched while this one is read.
const SLICE = 4 * 1024 * 1024;
// Milliseconds between two reports of progress.
const TICK = 50;

let desk;
let capture;
// The job that goes on; one at a time.
let job = { stopped: false, replaced: false, done: Promise.resolve() };

// Feeds `file` to `push` until that says that it has enough, or the job is stopped.
async function feed(file, job, push, slot) {
  const slice = (at) => {
    const bytes = file.slice(at, at + SLICE).arrayBuffer();
    bytes.catch(() => {}); // Whoever awaits it hears of it.
    return bytes;
  };
  const begun = performance.now();
  let told = 0;
  let next = slice(0);
  for (let at = 0; at < file.size && !job.stopped; ) {
    const bytes = new Uint8Array(await next);
    if (bytes.length === 0) break;
    at += bytes.length;
    next = slice(at);
    const enough = push(bytes);
    const millis = performance.now() - begun;
    if (slot !== undefined && (millis - told > TICK || at === file.size)) {
      told = millis;
      postMessage({ say: "progress", slot, read: at, total: file.size, packets: desk.packets(), millis });
    }
    if (enough) break;
  }
}

async function read(job, { slot, file }) {
  if (slot === 0) capture = file;
  desk.open(slot);
  await feed(file, job, (bytes) => desk.push(bytes), slot);
  // Of a file that another one took the place of, nobody wants to hear.
  if (!job.replaced) postMessage({ say: "json", json: desk.finish(), stopped: job.stopped });
}

async function trace(job, { id }) {
  if (!capture || !desk.trace(id)) return;
  await feed(capture, job, (bytes) => desk.trace_push(bytes));
  if (!job.stopped) postMessage({ say: "json", json: desk.trace_finish(), stopped: false });
}

// Begins `work` after what goes on, which is stopped first, unless it reads and this only looks.
function begin(work, message) {
  const before = job;
  if (work === read || before.work === trace) before.stopped = before.replaced = true;
  const mine = { work, stopped: false, replaced: false };
  mine.done = before.done
    .then(() => work(mine, message))
    .catch((error) => postMessage({ say: "lost", why: String(error?.name ?? error) }));
  job = mine;
}

onmessage = ({ data }) => {
  switch (data.ask) {
    case "start":
      job.done = init({ module_or_path: data.module })
        .then(() => { desk = new CaptureDesk(data.lang); })
        .catch((error) => postMessage({ say: "lost", why: String(error) }));
      break;
    case "read":
      begin(read, data);
      break;
    case "trace":
      begin(trace, data);
      break;
    case "stop":
      job.stopped = true;
      break;
    case "json":
      // Asked only once there is something to ask about, so that the desk is there.
      if (desk) postMessage({ say: "json", json: desk.ask(data.json), stopped: false });
      break;
  }
};
