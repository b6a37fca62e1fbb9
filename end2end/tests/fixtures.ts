// What every spec needs: a server of its own, and a watch over the page's errors and requests.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import { test as base, expect, type Page } from "@playwright/test";
import { AxeBuilder } from "@axe-core/playwright";

export { expect };

/** Seconds until a freshly started server must answer. */
const START_SECONDS = 30;

export function freePort(): Promise<number> {
  return new Promise((done, failed) => {
    const server = createServer();
    server.on("error", failed);
    server.listen(0, "127.0.0.1", () => {
      const address = server.address();
      server.close(() => done(typeof address === "object" && address ? address.port : 0));
    });
  });
}

export function binary(): string {
  const wanted = [
    process.env.SERVER_BIN ?? "",
    resolve("../target/release/hangup"),
    resolve("../target/debug/hangup"),
  ];
  const found = wanted.find((path) => path && existsSync(path));
  if (!found) throw new Error("no server binary: build one with `cargo xtask build`");
  return found;
}

/** A server with a data directory that outlives a restart. */
export class Server {
  readonly data = mkdtempSync(join(tmpdir(), "hangup-e2e-"));
  /** Everything that the server has said. */
  log = "";
  private child: ChildProcess | undefined;
  constructor(readonly port: number, private readonly env: Record<string, string> = {}) {}

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  async start(): Promise<void> {
    const child = spawn(binary(), ["serve"], {
      env: {
        ...process.env,
        HANGUP_LISTEN: `127.0.0.1:${this.port}`,
        HANGUP_DATA_DIR: this.data,
        HANGUP_PROBE_ALLOW_LOOPBACK: "true",
        ...this.env,
      },
      stdio: ["ignore", "ignore", "pipe"],
    });
    child.stderr?.on("data", (said: Buffer) => {
      this.log += said;
      if (process.env.SERVER_LOG) process.stderr.write(said);
    });
    this.child = child;
    const until = Date.now() + START_SECONDS * 1000;
    while (Date.now() < until) {
      if (child.exitCode !== null) throw new Error(`the server ended with ${child.exitCode}`);
      const answer = await fetch(`${this.url}/healthz`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((tick) => setTimeout(tick, 100));
    }
    throw new Error("the server did not answer in time");
  }

  async stop(signal: NodeJS.Signals = "SIGTERM"): Promise<void> {
    const child = this.child;
    if (!child || child.exitCode !== null) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill(signal);
    await ended;
  }

  forget(): void {
    rmSync(this.data, { recursive: true, force: true });
  }
}

/** What must stay empty while a page is used. */
export interface Watch {
  /** Console errors, page errors, failed requests. */
  problems: string[];
  /** Requests that left for another machine. */
  foreign: string[];
}

export function watch(page: Page, url: string, allowed: RegExp[] = []): Watch {
  const seen: Watch = { problems: [], foreign: [] };
  // On a busy machine the program may be fetched seconds before the page gets round to it.
  allowed = [...allowed, /was preloaded using link preload but not used within a few seconds/];
  const note = (text: string) => {
    if (!allowed.some((pattern) => pattern.test(text))) seen.problems.push(text);
  };
  page.on("pageerror", (error) => note(`page error: ${error}`));
  page.on("console", (message) => {
    if (["error", "warning"].includes(message.type())) note(`console: ${message.text()}`);
  });
  page.on("requestfailed", (request) => {
    // Leaving a page ends what it was still loading; that is no failure.
    if (request.failure()?.errorText !== "net::ERR_ABORTED") note(`failed: ${request.url()}`);
  });
  page.on("request", (request) => {
    const to = request.url();
    if (!to.startsWith(url) && !to.startsWith("data:")) seen.foreign.push(to);
  });
  return seen;
}

export async function accessible(page: Page): Promise<void> {
  const result = await new AxeBuilder({ page }).analyze();
  const said = result.violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.html).join(" | ")}`);
  expect(said).toEqual([]);
}

export async function noSidewaysScroll(page: Page): Promise<void> {
  const wide = await page.evaluate(() => ({
    content: document.documentElement.scrollWidth,
    window: document.documentElement.clientWidth,
  }));
  expect(wide.content).toBeLessThanOrEqual(wide.window);
}

/** The islands are awake: their scripts have run. */
export async function awake(page: Page): Promise<void> {
  await expect(page.locator("html.js")).toHaveCount(1, { timeout: 30_000 });
}

export const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = new Server(await freePort());
      await server.start();
      await use(server);
      await server.stop();
      server.forget();
    },
    { scope: "worker" },
  ],
});

export const UPSTREAM =
  "upstream prematurely closed connection while reading response header from upstream";

/** Answers the opening questions for nginx and Node behind an AWS balancer. */
export async function answerOpening(page: Page, words: { next: string }): Promise<void> {
  await page.locator('button[name="phase"][value="reuse_keepalive"]').click();
  await page.locator('button[name="after"][value="60"]').click();
  await page.locator('button[name="scope"][value="all"]').click();
  for (const box of ["stack:nginx", "stack:node", "between:aws-alb"]) {
    const [name, value] = box.split(":");
    await page.locator(`input[name="${name}"][value="${value}"]`).check({ force: true });
  }
  await page.getByRole("button", { name: words.next, exact: true }).click();
}
