// How long one posterior with the next step takes in Chromium's WASM, how long ten megabytes of log, and
// how fast a capture is read there while the page shows how far it is. Not part of `cargo xtask test`,
// since a timed test fails for no reason; run it by:
// cargo xtask e2e -- --project=bench
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { awake, binary, expect, test } from "./fixtures";

// The policy lets a page load its own program alone; here that of its worker is called by hand.
test.use({ bypassCSP: true });

const CASE = {
  text: "upstream prematurely closed connection while reading response header from upstream",
  facts: { phase: "reuse_keepalive", after_seconds: 60, scope: "all", stack: ["nginx", "node"], between: ["aws-alb"] },
};

test("posterior and next step in WASM", async ({ page, server }) => {
  await page.goto(server.url);
  const knowledge = spawnSync(binary(), ["knowledge", "export"], { maxBuffer: 64 * 1024 * 1024 }).stdout.toString();
  const milliseconds = await page.evaluate(
    async ({ knowledge, given }) => {
      const island = document.querySelector<HTMLLinkElement>('link[rel="modulepreload"]')!;
      const program = await import(island.href.replace(/[^/]*$/, "reader.js"));
      await program.default({ module_or_path: island.href.replace(/[^/]*$/, "reader_bg.wasm") });
      const once = () => program.hangup_weigh_milliseconds(knowledge, given, 500) as number;
      return [once(), once(), once()];
    },
    { knowledge, given: JSON.stringify(CASE) },
  );
  console.log(`posterior and next step in WASM: ${milliseconds.map((ms) => ms.toFixed(3)).join(", ")} ms`);
  expect(Math.min(...milliseconds)).toBeGreaterThan(0);
});

/** Bytes of the capture that is made where `BIG_CAPTURE` names none. */
const SIZE = 512 * 1024 * 1024;
const PAYLOAD = 1460;

/** Connections of 300 segments of 1,460 bytes, one after the other, as a classic pcap. */
function writeCapture(path: string): void {
  const file = openSync(path, "w");
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262144, 16);
  head.writeUInt32LE(1, 20);
  writeSync(file, head);
  let written = 0;
  for (let flow = 0; written < SIZE; flow++) {
    const packets: Buffer[] = [];
    const send = (from: boolean, flags: number, seq: number, ack: number, length: number) => {
      const bytes = Buffer.alloc(16 + 54 + length, 0xaa);
      const micros = flow * 10_000 + packets.length * 10;
      bytes.fill(0, 0, 70);
      bytes.writeUInt32LE(1_700_000_000 + Math.floor(micros / 1e6), 0);
      bytes.writeUInt32LE(micros % 1_000_000, 4);
      bytes.writeUInt32LE(54 + length, 8);
      bytes.writeUInt32LE(54 + length, 12);
      bytes.writeUInt16BE(0x0800, 28);
      bytes.set([0x45, 0, (40 + length) >> 8, (40 + length) & 255, 0, 1, 0x40, 0, 64, 6], 30);
      const ends = [[10, 0, flow >> 8, flow & 255], [192, 0, 2, 80]];
      bytes.set(ends[from ? 0 : 1], 42);
      bytes.set(ends[from ? 1 : 0], 46);
      bytes.writeUInt16BE(from ? 40_000 : 443, 50);
      bytes.writeUInt16BE(from ? 443 : 40_000, 52);
      bytes.writeUInt32BE(seq, 54);
      bytes.writeUInt32BE(ack, 58);
      bytes.set([0x50, flags, 0xff, 0xff], 62);
      packets.push(bytes);
    };
    send(true, 0x02, 1000, 0, 0);
    send(false, 0x12, 5000, 1001, 0);
    for (let n = 0; n < 300; n++) {
      send(false, 0x18, 5001 + n * PAYLOAD, 1001, PAYLOAD);
      if (n % 2 === 1) send(true, 0x10, 1001, 5001 + (n + 1) * PAYLOAD, 0);
    }
    send(false, 0x11, 5001 + 300 * PAYLOAD, 1001, 0);
    send(true, 0x11, 1001, 5002 + 300 * PAYLOAD, 0);
    const all = Buffer.concat(packets);
    writeSync(file, all);
    written += all.length;
  }
  closeSync(file);
}

test("a capture of big packets in Chromium", async ({ page, server }) => {
  test.setTimeout(600_000);
  const folder = mkdtempSync(join(tmpdir(), "hangup-bench-"));
  try {
    const path = process.env.BIG_CAPTURE ?? join(folder, "big.pcap");
    if (!process.env.BIG_CAPTURE) writeCapture(path);
    const size = statSync(path).size;
    await page.goto(`${server.url}/capture`);
    await awake(page);
    for (let round = 0; round < 3; round++) {
      const watched = page.evaluate(
        () =>
          new Promise<{ shown: string[]; millis: number }>((done) => {
            const zone = document.querySelector(".drop")!;
            const shown: string[] = [];
            let begun = 0;
            const look = () => {
              const figures = zone.querySelector(".drop-figures")!.textContent ?? "";
              if (figures && !begun) begun = performance.now();
              if (figures && figures !== shown.at(-1)) shown.push(figures);
              if (begun && !figures && zone.querySelector(".drop-found")) {
                observer.disconnect();
                done({ shown, millis: performance.now() - begun });
              }
            };
            const observer = new MutationObserver(look);
            observer.observe(zone, { subtree: true, childList: true, characterData: true, attributes: true });
          }),
      );
      await page.locator("#capture-file").setInputFiles(path);
      const { shown, millis } = await watched;
      const speed = size / 1e6 / (millis / 1e3);
      console.log(`${(size / 1e6).toFixed(0)} MB in ${millis.toFixed(0)} ms: ${speed.toFixed(0)} MB/s, ${shown.length} times shown; last: ${shown.at(-1)}`);
      expect(shown.length).toBeGreaterThan(3);
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

// A log of many programs in both languages, every line another; one in twenty tells of trouble.
// `benches/diagnosis.rs` makes the same kind for the program's own lane.
function mixedLog(bytes: number): string {
  const lines: string[] = [];
  const pad = (number: number) => String(number % 60).padStart(2, "0");
  for (let n = 0, size = 0; size < bytes; n++) {
    const time = `10:${pad(Math.floor(n / 600))}:${pad(Math.floor(n / 10))}`;
    const kind = n % 20;
    let line: string;
    if (kind < 10) {
      line = `203.0.113.${n % 250} - - [22/Nov/2026:${time} +0000] "GET /api/v1/items/${n}?page=${n % 7} HTTP/1.1" 200 ${n % 90000} "https://shop.example.com/" "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36"`;
    } else if (kind < 15) {
      line = `2026-11-22T${time}.${n % 1000}Z INFO  [pool-${n % 9}-thread-${n % 32}] com.example.shop.OrderService - order ${n} stored in ${n % 300} ms`;
    } else if (kind < 17) {
      line = `2026-11-22 ${time} [信息] 订单 ${n} 已写入，用时 ${n % 300} 毫秒，连接池空闲 ${n % 10}`;
    } else if (kind < 19) {
      line = `${time}.${100000 + (n % 900000)} IP 10.0.0.${n % 250}.443 > 10.0.0.9.${1024 + (n % 60000)}: Flags [.], ack ${n}, win 501, length 0`;
    } else {
      line = `2026/11/22 ${time} [error] 7#7: *${n} recv() failed (104: Connection reset by peer) while reading response header from upstream, client: 203.0.113.${n % 250}`;
    }
    lines.push(line);
    size += line.length + 1;
  }
  return lines.join("\n");
}

test("ten megabytes of log in WASM", async ({ page, server }) => {
  test.setTimeout(120_000);
  await page.goto(server.url);
  const knowledge = spawnSync(binary(), ["knowledge", "export"], { maxBuffer: 64 * 1024 * 1024 }).stdout.toString();
  const seconds = await page.evaluate(
    async ({ knowledge, text }) => {
      const island = document.querySelector<HTMLLinkElement>('link[rel="modulepreload"]')!;
      const program = await import(island.href.replace(/[^/]*$/, "reader.js"));
      await program.default({ module_or_path: island.href.replace(/[^/]*$/, "reader_bg.wasm") });
      // A diagnosis makes its patterns ready each time; what it takes beyond that is the text.
      const once = (text: string) => {
        const start = performance.now();
        program.hangup_diagnose(knowledge, JSON.stringify({ text }), "en");
        return (performance.now() - start) / 1000;
      };
      once("warm");
      return [0, 1, 2].map(() => once(text) - once(""));
    },
    { knowledge, text: mixedLog(10_000_000) },
  );
  console.log(`ten megabytes of log in WASM: ${seconds.map((own) => own.toFixed(2)).join(", ")} s`);
  expect(Math.min(...seconds)).toBeGreaterThan(0);
});

test("how long the page stands still while the longest text is read", async ({ page, server }) => {
  test.setTimeout(120_000);
  await page.goto(server.url);
  await awake(page);
  const { longest, millis } = await page.evaluate(async (text) => {
    const box = document.querySelector<HTMLTextAreaElement>("#text")!;
    box.value = text;
    const shown = new Promise<void>((done) => {
      const look = () => document.querySelector(".read-panel .hits") && (observer.disconnect(), done());
      const observer = new MutationObserver(look);
      observer.observe(document.body, { subtree: true, childList: true });
    });
    // What nothing else could run in: the longest pause between two turns of the page.
    let longest = 0;
    let last = performance.now();
    const begun = last;
    const tick = setInterval(() => {
      const now = performance.now();
      longest = Math.max(longest, now - last);
      last = now;
    }, 4);
    box.dispatchEvent(new Event("input", { bubbles: true }));
    await shown;
    clearInterval(tick);
    return { longest, millis: performance.now() - begun };
  }, mixedLog(1_000_000));
  console.log(`1 MB read in ${millis.toFixed(0)} ms after the last key, the page stood still for ${longest.toFixed(0)} ms at most`);
  expect(millis).toBeGreaterThan(0);
});
