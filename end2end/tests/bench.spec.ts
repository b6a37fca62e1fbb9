// How long one posterior with the next step takes in Chromium's WASM and in the program's own lane.
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
