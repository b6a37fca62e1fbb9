// How long one posterior with the next step takes in Chromium's WASM, and ten megabytes of log.
// Not part of `cargo xtask test`, since a timed test fails for no reason; run it by:
// cargo xtask e2e -- --project=bench
import { spawnSync } from "node:child_process";
import { binary, expect, test } from "./fixtures";

const CASE = {
  text: "upstream prematurely closed connection while reading response header from upstream",
  facts: { phase: "reuse_keepalive", after_seconds: 60, scope: "all", stack: ["nginx", "node"], between: ["aws-alb"] },
};

test("posterior and next step in WASM", async ({ page, server }) => {
  await page.goto(server.url);
  const knowledge = spawnSync(binary(), ["knowledge", "export"], { maxBuffer: 64 * 1024 * 1024 }).stdout.toString();
  const milliseconds = await page.evaluate(
    async ({ knowledge, given }) => {
      const program = await import(document.querySelector<HTMLLinkElement>('link[rel="modulepreload"]')!.href);
      await program.default();
      const once = () => program.hangup_weigh_milliseconds(knowledge, given, 500) as number;
      return [once(), once(), once()];
    },
    { knowledge, given: JSON.stringify(CASE) },
  );
  console.log(`posterior and next step in WASM: ${milliseconds.map((ms) => ms.toFixed(3)).join(", ")} ms`);
  expect(Math.min(...milliseconds)).toBeGreaterThan(0);
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
      const program = await import(document.querySelector<HTMLLinkElement>('link[rel="modulepreload"]')!.href);
      await program.default();
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
