// The link as a two-way ticket: two people, one report, a real nginx.
import { spawn, type ChildProcess } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { accessible, awake, expect, freePort, noSidewaysScroll, Server, test, UPSTREAM, watch } from "./fixtures";

const NGINX = process.env.NGINX ?? "/usr/sbin/nginx";

/** A real nginx whose idle timeout can be changed while it runs, as ops would do it. */
class Nginx {
  private readonly folder = mkdtempSync(join(tmpdir(), "hangup-nginx-"));
  private child: ChildProcess | undefined;
  constructor(private readonly port: number) {}

  get target(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  private configure(seconds: number): void {
    const paths = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"]
      .map((name) => `${name}_temp_path ${this.folder}/${name};`)
      .join("\n");
    writeFileSync(
      join(this.folder, "nginx.conf"),
      `daemon off; worker_processes 1; pid ${this.folder}/nginx.pid; error_log ${this.folder}/error.log;
       events {}
       http { access_log off; keepalive_timeout ${seconds}s; ${paths}
         server { listen 127.0.0.1:${this.port}; location / { return 200 "ok"; } } }`,
    );
  }

  async start(seconds: number): Promise<void> {
    if (!existsSync(NGINX)) throw new Error(`${NGINX} is missing: apt-get install nginx-light`);
    this.configure(seconds);
    this.child = spawn(NGINX, ["-p", this.folder, "-c", join(this.folder, "nginx.conf")], { stdio: "inherit" });
    for (let tries = 0; tries < 100; tries++) {
      if ((await fetch(this.target).catch(() => undefined))?.ok) return;
      await new Promise((tick) => setTimeout(tick, 50));
    }
    throw new Error("nginx did not start");
  }

  /** The fix: another timeout, and a reload. */
  async change(seconds: number): Promise<void> {
    this.configure(seconds);
    this.child?.kill("SIGHUP");
    await new Promise((tick) => setTimeout(tick, 1000));
  }

  async stop(): Promise<void> {
    const child = this.child;
    if (!child) return;
    const ended = new Promise((done) => child.once("exit", done));
    child.kill("SIGQUIT");
    await ended;
    rmSync(this.folder, { recursive: true, force: true });
  }
}

test("ops answer, the open page moves, a fix of a real nginx is verified, the link is revoked", async ({ browser }) => {
  test.setTimeout(240_000);
  const nginx = new Nginx(await freePort());
  await nginx.start(5);
  // A silence of 12 s shows that 5 s are over, and keeps the test short.
  const server = new Server(await freePort(), { HANGUP_PROBE_MAX_IDLE: "12s" });
  await server.start();
  const user = await (await browser.newContext()).newPage();
  const ops = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  // The revoked page is asked for at the end, on purpose.
  const seen = [watch(user, server.url, [/404/]), watch(ops, server.url, [/404/])];

  // The user diagnoses, the server looks for itself, and the report is shared.
  await user.goto(`${server.url}/diagnose?target=${encodeURIComponent(nginx.target)}&phase=idle&after=5&scope=all&stack=nginx&skip=notes&at=probe.idle`);
  await awake(user);
  await user.getByRole("button", { name: "Yes, look now" }).click();
  await expect(user).toHaveURL(/seen=[\w-]{27}/, { timeout: 90_000 });
  await user.getByRole("link", { name: "Enough, show the report" }).click();
  await user.getByRole("button", { name: "Save and get a link" }).click();
  await expect(user).toHaveURL(/\/d\/[\w-]{27}$/);
  await awake(user);
  const forOps = await user.locator("#ops-link").inputValue();
  expect(forOps).not.toBe(user.url());
  await accessible(user);

  // Ops open their link and answer two questions; the user's page moves without a reload.
  await user.evaluate(() => Object.assign(window, { neverReloaded: true }));
  await ops.goto(forOps);
  await awake(ops);
  await accessible(ops);
  await noSidewaysScroll(ops);
  // The report and the means to answer are a touch apart, at the end of each long part.
  const jump = ops.locator(".jump").last();
  for (const part of ["check-fixes", "answer", "fixes-title", "verdict"]) {
    const name = { "check-fixes": "Check", answer: "Questions", "fixes-title": "Fixes", verdict: "Report" }[part] ?? "";
    await jump.getByRole("link", { name, exact: true }).click();
    await expect(ops.locator(`#${part}`)).toBeInViewport();
  }
  await expect(ops.locator(".means .jump")).toHaveText("Go to:ReportFixesCheck");
  const before = await user.locator(".ticket-live .rank-percent").allTextContents();
  const questions = ops.locator(".means .say > .asked-all > .asked");
  for (const at of [0, 1]) {
    await questions.nth(at).locator("input[type=radio]").first().check({ force: true });
  }
  await ops.locator(".say textarea[name=comment]").fill("<img src=x onerror=alert(1)> we looked");
  await ops.locator(".say .who input").first().fill("王工 <script>alert(1)</script>");
  await ops.getByRole("button", { name: "Send", exact: true }).click();
  await expect(user.locator(".history > li")).toHaveCount(2);
  await expect(user.locator(".history > li").first()).toContainText("王工 <script>alert(1)</script>");
  await expect(user.locator(".history > li").last()).toContainText("<img src=x onerror=alert(1)> we looked");
  await expect(user.locator(".live-notice")).toBeVisible();
  expect(await user.locator(".ticket-live .rank-percent").allTextContents()).not.toEqual(before);
  expect(await user.evaluate(() => "neverReloaded" in window)).toBe(true);
  // What the open page says above the fold is what it says when it is loaded anew.
  const head = async () => (await user.locator(".verdict").innerText()).replace(/\s+/g, " ");
  const told = await head();
  await user.reload();
  await awake(user);
  expect(told).toBe(await head());

  // The report as it was stays readable.
  await user.locator(".history .version").first().click();
  await expect(user.getByText("This is the report as it was after entry 1.")).toBeVisible();
  await user.getByRole("link", { name: "Show the newest" }).click();
  await awake(user);

  // The fix: nginx keeps idle connections for longer than anybody waits. Then: check again.
  await nginx.change(75);
  const check = ops.locator(".check-fix").filter({ has: ops.locator("button:not([name])") }).first();
  await check.locator("summary").click();
  await check.locator(".who input").fill("王工");
  await check.getByRole("button", { name: "I did this, check again" }).click();
  await expect(user.locator(".history > li.tone-busy")).toHaveCount(1);
  await expect(user.locator(".history > li.tone-good")).toHaveCount(1, { timeout: 90_000 });
  await expect(user.locator(".verdict .fix-state.tone-good")).toContainText("Verified");
  await expect(user.locator(".verdict .first-step")).toBeHidden();
  const sides = user.locator(".history .sides");
  await expect(sides).toContainText("Before");
  await expect(sides).toContainText("closed in order (FIN)");
  await expect(sides).toContainText("still open at the end of the test");
  await expect(ops.locator(".fix-state.tone-good")).toBeVisible();
  await user.reload();
  await awake(user);
  await accessible(user);
  await expect(user.locator(".history > li")).toHaveCount(4);

  // Revoked: within a second nobody can open it, and open pages are told.
  const link = user.url();
  await user.getByText("Delete this report").click();
  await user.getByRole("button", { name: "Delete now" }).click();
  await expect(user.getByRole("heading", { level: 1 })).toHaveText("Deleted");
  for (const gone of [link, forOps]) {
    const answer = await fetch(gone, { headers: { accept: "text/html" } });
    expect(answer.status).toBe(404);
  }
  await expect(ops.locator(".live-notice")).toContainText("deleted or has expired");
  for (const { problems, foreign } of seen) expect({ problems, foreign }).toEqual({ problems: [], foreign: [] });
  await server.stop();
  server.forget();
  await nginx.stop();
});

const REPORT = `/diagnose?text=${encodeURIComponent(UPSTREAM)}&phase=reuse_keepalive&scope=all&stack=nginx,node&between=aws-alb&report=1`;

test("without script everything is answered by plain forms, in both languages", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url + REPORT}&lang=zh-CN`);
  await page.getByRole("button", { name: "保存并获取链接" }).click();
  await page.goto(await page.locator("#ops-link").inputValue());
  await page.locator(".asked input[type=radio]").first().check({ force: true });
  await page.getByRole("button", { name: "提交", exact: true }).click();
  await expect(page.locator(".history > li")).toHaveCount(1);
  await expect(page.locator(".history > li")).toContainText("匿名");
  await page.locator(".check-fix").last().locator("summary").click();
  const last = page.locator(".check-fix").last();
  await last.getByRole("button", { name: "我已修改，没有变化" }).click();
  await expect(page.locator(".fix-state.tone-bad")).toContainText("上一个修复不是原因所在");
  await context.close();
});

test("a password and a press stand before a report, and neither page says what is behind", async ({ page, server }) => {
  const seen = watch(page, server.url, [/403|404/]);
  await page.goto(server.url + REPORT);
  await page.getByText("Password, or read once").click();
  await page.locator("input[name=password]").fill("三只猫");
  await page.getByRole("button", { name: "Save and get a link" }).click();
  await expect(page.locator("#ops-link")).toBeVisible();
  const [link, forOps] = [page.url(), await page.locator("#ops-link").inputValue()];
  await page.context().clearCookies();
  for (const address of [link, forOps]) {
    await page.goto(address);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("This report has a password");
    expect(await page.content()).not.toContain("prematurely");
    await accessible(page);
    await page.locator("input[name=password]").fill("三只猫");
    await page.getByRole("button", { name: "Open" }).click();
    await expect(page.locator("#verdict")).toBeVisible();
  }

  await page.goto(server.url + REPORT);
  await page.getByText("Password, or read once").click();
  await page.locator("input[name=burn]").check();
  await page.getByRole("button", { name: "Save and get a link" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("This report can be read once");
  await accessible(page);
  await page.reload();
  await page.getByRole("button", { name: "Show it and delete it" }).click();
  await expect(page.locator("#verdict")).toBeVisible();
  await expect(page.getByText("was deleted when you opened it")).toBeVisible();
  await page.goto(page.url().replace(/\/open$/, ""));
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  expect(seen).toEqual({ problems: [], foreign: [] });
});

test("sealed: the browser encrypts, the server's files and logs hold no word of it", async ({ browser }) => {
  test.setTimeout(180_000);
  const server = new Server(await freePort());
  await server.start();
  const page = await (await browser.newContext()).newPage();
  const seen = watch(page, server.url);
  // Long enough to be kept as a draft, which sealing has to delete.
  const words = "zebrastripes";
  const text = Array.from({ length: 80 }, (_, line) => `${words} ${line}: ${UPSTREAM}`).join("\n");
  await page.goto(server.url);
  await page.locator("textarea").first().fill(text);
  await page.getByRole("button", { name: "Find out" }).click();
  // The form is held until the program that masks it is awake.
  await expect(page).toHaveURL(/\/diagnose\?/, { timeout: 30_000 });
  await page.goto(`${page.url()}&phase=reuse_keepalive&scope=all&stack=nginx&report=1`);
  await awake(page);
  const verdict = await page.locator("#verdict").textContent();
  await page.getByText("Seal it: encrypt it in this browser").click();
  await expect(page.getByText("What sealing does not protect against").first()).toBeVisible();
  await page.locator("details.seal input[value='3600']").check({ force: true });
  const posted = page.waitForRequest((request) => request.url().endsWith("/api/v1/sealed"));
  await page.getByRole("button", { name: "Encrypt and get a link" }).click();
  expect((await posted).postDataJSON().expires_in_seconds).toBe(3600);
  await expect(page).toHaveURL(/\/d\/[\w-]{27}#[\w-]{43}$/);
  await expect(page.locator(".unsealed #verdict")).toHaveText(verdict ?? "");
  await expect(page.locator(".unsealed")).toContainText(words);
  await accessible(page);
  const link = page.url();
  // The other language is the same report: the key goes along, and still not to the server.
  for (const language of ["zh-CN", "en"]) {
    await page.locator("header a.language").click();
    await expect(page).toHaveURL(new RegExp(`\\?lang=${language}#[\\w-]{43}$`));
    await expect(page.locator(".unsealed")).toContainText(words);
  }
  await page.goto(link.replace(/#.*/, ""));
  await expect(page.getByText("The key is missing")).toBeVisible();
  const raw = await fetch(link.replace(/#.*/, ""), { headers: { accept: "text/html" } });
  expect(await raw.text()).not.toContain(words);
  expect(seen).toEqual({ problems: [], foreign: [] });
  await server.stop();
  for (const file of readdirSync(server.data)) {
    const bytes = readFileSync(join(server.data, file));
    expect(bytes.includes(words), `${file} holds the text`).toBe(false);
    expect(bytes.includes(link.split("#")[1]), `${file} holds the key`).toBe(false);
  }
  expect(server.log).not.toContain(words);
  expect(server.log).not.toContain(link.split("#")[1]);
  server.forget();
});

test("a capture is dropped on the page of an answer link and moves the report; no packet leaves the browser", async ({ browser }) => {
  const server = new Server(await freePort());
  await server.start();
  const order = { save: true, text: "connection reset by peer", facts: { phase: "idle" } };
  const saved = await fetch(`${server.url}/api/v1/diagnoses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify(order),
  });
  const { share } = await saved.json();
  const page = await (await browser.newContext({ viewport: { width: 390, height: 844 } })).newPage();
  const seen = watch(page, server.url);
  const sent: string[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.postData() ?? "");
  });
  await page.goto(share.answer);
  await awake(page);
  const box = page.locator(".answer-capture");
  await box.locator("summary").click();
  const choosing = page.waitForEvent("filechooser");
  await box.getByRole("button", { name: "Choose a file" }).click();
  const capture = readFileSync("../tests/captures/reset-after-idle.pcap");
  await (await choosing).setFiles({ name: "<b>own.pcap", mimeType: "application/octet-stream", buffer: capture });
  await expect(box.locator(".drop-result")).toContainText("<b>own.pcap: 3 TCP conversations");
  await expect(box.locator(".answer-row")).toHaveCount(3);
  await expect(box.locator(".said dt").first()).toBeVisible();
  // Another conversation, other facts.
  await box.locator(".answer-row input").nth(1).check();
  await box.locator(".answer-row input").nth(0).check();
  await accessible(page);
  await noSidewaysScroll(page);
  expect(sent).toEqual([]);
  await box.locator(".who input").fill("王工");
  await box.getByRole("button", { name: "Add to the report" }).click();
  await expect(page.locator(".history > li")).toHaveCount(1);
  await expect(page.locator(".history > li")).toContainText("王工");
  expect(sent).toHaveLength(1);
  expect(sent[0].length).toBeLessThan(8000);
  const report = await (await fetch(`${server.url}/api/v1/diagnoses/${share.view_token}`)).json();
  expect(report.observations.some((one: { source: string }) => one.source === "capture")).toBe(true);
  expect(seen).toEqual({ problems: [], foreign: [] });
  await server.stop();
});
