// A real nginx on loopback is probed through the page: its 5 s are measured and named.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, awake, expect, freePort, test, watch } from "./fixtures";

/** Five seconds as measured: nginx counts from its own last write. */
const FIVE = /Silence\s*(4\.[89]\d?|5(\.[0-2]\d?)?) s/;
const NGINX = process.env.NGINX ?? "/usr/sbin/nginx";
let nginx: ChildProcess;
let folder: string;
let target: string;

test.beforeAll(async () => {
  if (!existsSync(NGINX)) throw new Error(`${NGINX} is missing: apt-get install nginx-light`);
  folder = mkdtempSync(join(tmpdir(), "hangup-nginx-"));
  const port = await freePort();
  target = `http://127.0.0.1:${port}`;
  const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
    .map((name) => `${name}_temp_path ${folder}/${name};`)
    .join("\n");
  writeFileSync(
    join(folder, "nginx.conf"),
    `daemon off; worker_processes 1; pid ${folder}/nginx.pid; error_log ${folder}/error.log;
     events {}
     http { access_log off; keepalive_timeout 5s; ${paths}
       server { listen 127.0.0.1:${port}; location / { return 200 "ok"; } } }`,
  );
  nginx = spawn(NGINX, ["-p", folder, "-c", join(folder, "nginx.conf")], { stdio: "inherit" });
  for (let tries = 0; tries < 100; tries++) {
    if ((await fetch(target).catch(() => undefined))?.ok) return;
    await new Promise((tick) => setTimeout(tick, 50));
  }
  throw new Error("nginx did not start");
});

test.afterAll(async () => {
  const ended = new Promise((done) => nginx.once("exit", done));
  nginx.kill("SIGQUIT");
  await ended;
  rmSync(folder, { recursive: true, force: true });
});

const AT_PROBE = () =>
  `/diagnose?target=${encodeURIComponent(target)}&phase=idle&skip=after_seconds,notes,scope,stack&at=probe.idle`;

test("with consent the probes run, their progress is shown, and the 5 s are named", async ({ page, server }) => {
  test.setTimeout(120_000);
  const seen = watch(page, server.url);
  await page.goto(server.url + AT_PROBE());
  await awake(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText(target.slice(7));
  await accessible(page);
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page.locator(".probe-rows")).toContainText("TCP");
  await expect(page).toHaveURL(/probe=[\w-]{27}/);
  await accessible(page);
  await expect(page).toHaveURL(/seen=[\w-]{27}/, { timeout: 90_000 });
  await page.getByRole("link", { name: "Enough, show the report" }).click();
  await expect(page.locator(".timeline")).toContainText(FIVE);
  await expect(page.locator(".constants").first()).toContainText(", 5 s:");
  expect(seen).toEqual({ problems: [], foreign: [] });
});

test("the same without script: the probes run on submit", async ({ browser, server }) => {
  test.setTimeout(120_000);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url + AT_PROBE());
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page).toHaveURL(/seen=[\w-]{27}/, { timeout: 90_000 });
  await page.getByRole("link", { name: "Enough, show the report" }).click();
  await expect(page.locator(".timeline")).toContainText(FIVE);
  await context.close();
});

test("a run can be stopped, and what was seen is kept", async ({ page, server }) => {
  await page.goto(server.url + AT_PROBE());
  await awake(page);
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page.locator(".probe-rows .is-ok").first()).toBeVisible();
  await page.getByRole("button", { name: "Stop" }).click();
  await expect(page).toHaveURL(/seen=[\w-]{27}/);
});

test("a target that the policy refuses is refused in one sentence", async ({ page, server }) => {
  await page.goto(`${server.url}/diagnose?target=169.254.169.254&at=probe.tcp`);
  await awake(page);
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page.getByRole("alert").first()).not.toBeEmpty();
  await expect(page.getByRole("button", { name: "Yes, look now" })).toBeVisible();
});
