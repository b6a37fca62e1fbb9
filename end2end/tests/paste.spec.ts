// The paste box: what it understands, what it masks, and that no secret leaves the browser.
import { readFileSync, readdirSync } from "node:fs";
import { join, resolve } from "node:path";
import { accessible, awake, expect, noSidewaysScroll, test, UPSTREAM, watch } from "./fixtures";
import type { Page } from "@playwright/test";

// The engine of a debug build takes its time to wake on a busy machine.
test.describe.configure({ timeout: 180_000 });

const MIXED = [
  "Nov 28 10:15:00 web-1 systemd[1]: Started Daily apt upgrade and clean activities.",
  `2026/11/28 10:15:01 [error] 31#31: *8 ${UPSTREAM}, client: 203.0.113.9, server: app.example.com`,
  "java.net.SocketException: Connection reset",
  "连接被拒绝",
  "net.netfilter.nf_conntrack_count = 262140",
  "net.netfilter.nf_conntrack_max = 262144",
  "DB_PASSWORD=Hunter42xyz",
].join("\n");
const RHYTHM = [0, 61, 122, 183, 244]
  .map((t) => `2026-11-28 10:0${Math.floor(t / 60)}:${String(t % 60).padStart(2, "0")} ERROR conn reset by peer`)
  .join("\n");

/** Kind, secret, text of each seeded secret; the file holds them backwards. */
const SEEDED: [string, string, string][] = readFileSync(resolve("../tests/data/seeded-secrets.jsonl"), "utf8")
  .trim()
  .split("\n")
  .map((line) => JSON.parse(line))
  .map(([kind, secret, text]) => [kind, [...secret].reverse().join(""), [...text].reverse().join("")]);

/** Everything that leaves the browser, as text: addresses, headers, bodies, plain and unescaped. */
function record(page: Page): string[] {
  const sent: string[] = [];
  page.on("request", (request) => {
    const raw = [request.url(), request.postData() ?? "", JSON.stringify(request.headers())].join("\n");
    let plain = raw;
    try {
      plain = decodeURIComponent(raw.replaceAll("+", " "));
    } catch {
      // A broken escape stays as it is; the raw form is looked at all the same.
    }
    sent.push(raw, plain);
  });
  page.on("websocket", (socket) => socket.on("framesent", (frame) => sent.push(String(frame.payload))));
  return sent;
}

function leaked(sent: string[]): string[] {
  const all = sent.join("\n");
  return SEEDED.filter(([, secret]) =>
    secret.split("\n").some((part) => part.length > 3 && (all.includes(part) || all.includes(encodeURIComponent(part)))),
  ).map(([kind, secret]) => `${kind}: ${secret}`);
}

test("mixed text is read line by line, with side, moment and dialect, in both languages", async ({ page, server }) => {
  const seen = watch(page, server.url);
  for (const [lang, words] of [
    ["en", ["Line 2", "Side: Proxy", "Moment:", "Line 4", "What the command output adds up to"]],
    ["zh-CN", ["第 2 行", "哪一侧：代理", "哪一步：", "第 4 行", "命令输出说明"]],
  ] as const) {
    await page.goto(`${server.url}/read?lang=${lang}`);
    await awake(page);
    await page.locator("#text").fill(MIXED);
    for (const word of words) await expect(page.locator(".read-panel")).toContainText(word, { timeout: 30_000 });
    await expect(page.locator(".read-panel")).not.toContainText("Daily apt");
    await accessible(page);
  }
  await page.locator("#text").fill(RHYTHM);
  await expect(page.locator(".read-panel")).toContainText("5 × 61 s", { timeout: 30_000 });
  expect(seen).toEqual({ problems: [], foreign: [] });
});

test("what is read leads on into the diagnosis, and the wizard shows it again", async ({ page, server }) => {
  await page.goto(`${server.url}/read`);
  await awake(page);
  await page.locator("#text").fill(MIXED);
  await expect(page.locator(".read-panel .hits")).toContainText("upstream", { timeout: 30_000 });
  await page.getByRole("button", { name: "Use as evidence" }).click();
  await expect(page).toHaveURL(/\/diagnose\?/);
  await expect(page.locator(".wizard-side .hits")).toContainText("Line 2");
  await expect(page.locator(".wizard-side .hits")).toContainText("Side: Proxy");
  await expect(page.locator(".wizard-side")).toContainText("Masked in your text");
  await expect(page.locator(".wizard-side .hits")).not.toContainText("203.0.113.9");
  await accessible(page);
});

test("without script the server reads, and says beforehand where the text goes", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/read`);
  await expect(page.getByText("the server masks secrets before it stores or logs anything")).toBeVisible();
  await page.locator("#text").fill(MIXED);
  await page.getByRole("button", { name: "Read it" }).click();
  await expect(page.locator(".read-panel")).toContainText("Line 2");
  await expect(page.locator("#text")).toHaveValue(MIXED);
  await page.getByRole("button", { name: "Use as evidence" }).click();
  await expect(page.locator(".wizard-side")).toContainText("Masked in your text");
  expect(page.url()).not.toContain("Hunter42xyz");
  expect(await page.content()).not.toContain("Hunter42xyz");
  await context.close();
});

test("who presses at once waits for the worker, and what goes is masked all the same", async ({ page, server }) => {
  const sent = record(page);
  let asked = 0;
  await page.route("**/reader_bg.wasm", async (route) => {
    asked++;
    await new Promise((tick) => setTimeout(tick, 3000));
    await route.continue();
  });
  await page.goto(server.url);
  await awake(page);
  await page.waitForTimeout(500);
  // Nothing to read, nothing loaded.
  expect(asked).toBe(0);
  await page.locator("#text").fill(`${UPSTREAM} host 203.0.113.9 password=Hunter42xyz`);
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page.locator("form[aria-busy]")).toHaveCount(1);
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page).toHaveURL(/\/diagnose\?/, { timeout: 60_000 });
  expect(asked).toBe(1);
  await expect(page.locator(".wizard-side")).toContainText("<password-1>");
  // The boxes of a step are masked in the same way, and go on with the numbers of the text.
  await awake(page);
  await page.getByText("Add a log line or more detail").click();
  await page.locator("#more").fill("then: reset by peer, password=Hunter43xyz");
  await page.getByRole("button", { name: "Add", exact: true }).click();
  await expect(page.locator(".wizard-side")).toContainText("2 × passwords", { timeout: 60_000 });
  expect(sent.filter((entry) => entry.includes("/start")).length).toBeGreaterThan(0);
  expect(sent.join("\n")).not.toContain("Hunter42xyz");
  expect(sent.join("\n")).not.toContain("Hunter43xyz");
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("where the worker cannot be loaded nothing is sent, and the page says what another press does", async ({ page, server }) => {
  const sent = record(page);
  await page.route("**/reader_bg.wasm", (route) => route.abort());
  await page.goto(server.url);
  await awake(page);
  await page.locator("#text").fill(`${UPSTREAM} password=Hunter42xyz`);
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page.locator(".only-unmasked")).toBeVisible();
  await expect(page.locator("form[aria-busy]")).toHaveCount(0);
  await accessible(page);
  expect(page.url()).toBe(`${server.url}/`);
  expect(sent.join("\n")).not.toContain("Hunter42xyz");
  // Who presses again has read that; the server masks what no browser has.
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page).toHaveURL(/\/diagnose\?/);
  expect(page.url()).not.toContain("Hunter42xyz");
  expect(await page.content()).not.toContain("Hunter42xyz");

  await page.goto(`${server.url}/ladder`);
  await awake(page);
  const before = sent.length;
  const config = "server { location / { proxy_pass http://app; proxy_read_timeout 90s; } } # Hunter44xyz";
  await page.locator("#config").fill(config);
  await page.getByRole("button", { name: "Read the timers" }).click();
  await expect(page.locator("#config-error")).toContainText("Press again");
  expect(sent.slice(before).join("\n")).not.toContain("Hunter44xyz");
  await page.getByRole("button", { name: "Read the timers" }).click();
  await expect(page).toHaveURL(/hop=nginx/);
});

test("the worker that reads may reach nothing, whatever it reads", async ({ page, server }) => {
  await page.goto(server.url);
  const file = await page.evaluate(() =>
    document.querySelector<HTMLLinkElement>('link[rel="modulepreload"]')!.href.replace(/[^/]*$/, "reader-worker.js"),
  );
  const policy = (await page.request.get(file)).headers()["content-security-policy"];
  expect(policy).toContain("default-src 'none'");
  expect(policy).not.toContain("connect-src");
});

test("a false find is left open, a missed word is hidden, and both hold", async ({ page, server }) => {
  const sent = record(page);
  await page.goto(server.url);
  await awake(page);
  await page.locator("#text").fill("project Moonshine: connection reset by peer from 203.0.113.9, password=Hunter42xyz");
  await expect(page.locator(".masks")).toContainText("1 × passwords");
  await page.locator(".mask-kinds label", { hasText: "IPv4" }).click();
  await page.getByLabel("Hide another word").fill("Moonshine");
  await page.getByRole("button", { name: "Hide it" }).click();
  await expect(page.locator(".masks")).toContainText("1 × words you chose to hide");
  await page.getByText("See each change").click();
  await accessible(page);
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page).toHaveURL(/\/diagnose\?/);
  await expect(page.locator(".wizard-side .hits")).toContainText("project <hidden-1>: connection reset by peer from 203.0.113.9, password=<password-1>");
  expect(sent.join("\n")).not.toContain("Moonshine");
  expect(sent.join("\n")).not.toContain("Hunter42xyz");
  await page.goto(`${page.url()}&phase=idle&scope=all&skip=stack&report=1`);
  await page.getByRole("button", { name: "Save and get a link" }).click();
  await expect(page).toHaveURL(/\/d\/[\w-]{27}/);
  await expect(page.locator("body")).toContainText("203.0.113.9");
});

test("what was typed survives: in the box of this browser, unmasked", async ({ page, server }) => {
  await page.goto(server.url);
  await awake(page);
  await page.locator("#text").fill("reset by peer, password=Hunter42xyz");
  await page.locator("#target").fill("my host example");
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page).toHaveURL(/\/start$/);
  await expect(page.locator("#text-error")).not.toBeEmpty();
  await awake(page);
  await expect(page.locator("#text")).toHaveValue("reset by peer, password=Hunter42xyz");
});

test("the server refuses what a browser should have masked, and names the line", async ({ page, server }) => {
  const key = `AKIA${"ABCDEFGH01234567"}`;
  const text = `one\ntwo\nkey ${key}`;
  for (const [path, form] of [["/start", { text, checked: "text" }], ["/add", { more: text, checked: "more" }]] as const) {
    const answer = await page.request.post(server.url + path, { form });
    expect(answer.status()).toBe(422);
    const body = await answer.text();
    expect(body).toContain("Line 3 still holds");
    expect(body).toContain("AWS access key ids");
  }
});

test("no seeded secret leaves the browser: pasted, read, asked, added, saved and shared", async ({ browser, server }) => {
  test.setTimeout(240_000);
  expect(new Set(SEEDED.map(([kind]) => kind)).size).toBeGreaterThanOrEqual(30);
  const context = await browser.newContext();
  const page = await context.newPage();
  const sent = record(page);
  const text = `${UPSTREAM}\n${SEEDED.map(([, , line]) => line).join("\n")}`;
  await page.goto(server.url);
  await awake(page);
  await page.locator("#text").fill(text);
  await expect(page.locator(".read-panel .hits")).toContainText("upstream", { timeout: 60_000 });
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page).toHaveURL(/draft=/, { timeout: 60_000 });
  await awake(page);
  await page.locator('button[name="phase"]').first().hover();
  await page.waitForTimeout(1500);
  await page.locator('button[name="phase"][value="idle"]').click();
  await page.getByText("Add a log line or more detail").click();
  await page.locator("#more").fill(SEEDED.slice(0, 20).map(([, , line]) => line).join("\n"));
  const before = page.url();
  await page.getByRole("button", { name: "Add", exact: true }).click();
  // The form is kept back until the worker has masked it.
  await expect(page).not.toHaveURL(before, { timeout: 60_000 });
  await awake(page);
  await page.getByRole("link", { name: "Enough, show the report" }).click();
  await page.getByRole("button", { name: "Save and get a link" }).click();
  await expect(page).toHaveURL(/\/d\/[\w-]{27}$/);
  await page.goto(page.url());
  expect(sent.filter((entry) => entry.includes("/start")).length).toBeGreaterThan(0);
  expect(leaked(sent)).toEqual([]);
  // Nor does the server hold one, on the page or on its disk.
  expect(leaked([await page.content()])).toEqual([]);
  for (const file of readdirSync(server.data)) {
    expect(leaked([readFileSync(join(server.data, file), "latin1")])).toEqual([]);
  }
  await context.close();
});

test("no seeded secret leaves by the fields for parts, and boxes that share their name keep their ticks", async ({ page, server }) => {
  const sent = record(page);
  // What people may type there in one line: the kinds of one line, without a comma, which parts a list.
  const lines = SEEDED.map(([, , line]) => line).filter((line) => !/[\n,]/.test(line) && line.length < 300).slice(0, 40);
  expect(lines.length).toBeGreaterThan(20);
  for (let at = 0; at < lines.length; at += 4) {
    await page.goto(`${server.url}/diagnose?text=Connection+reset+by+peer&phase=idle&at=stack`);
    await awake(page);
    await page.locator("label.pill", { hasText: "nginx" }).first().click();
    await page.locator('input[type="text"][name="stack"]').fill(lines.slice(at, at + 2).join(" ; ").slice(0, 390));
    await page.locator('input[type="text"][name="between"]').fill(lines.slice(at + 2, at + 4).join(" ; ").slice(0, 390));
    await page.getByRole("button", { name: "Continue" }).click();
    await expect(page).toHaveURL(/stack=/);
    expect(new URL(page.url()).searchParams.get("stack")).toContain("nginx");
  }
  expect(sent.filter((entry) => entry.includes("stack=")).length).toBeGreaterThan(0);
  expect(leaked(sent)).toEqual([]);
});

test("a text in the fragment of a link is read here and sent nowhere unmasked", async ({ page, server }) => {
  const sent = record(page);
  const text = `${UPSTREAM}\nDB_PASSWORD=Hunter42xyz`;
  for (const path of ["/read", "/"]) {
    await page.goto("about:blank");
    await page.goto(`${server.url}${path}#text=${encodeURIComponent(text)}`);
    await awake(page);
    await expect(page.locator("#text")).toHaveValue(text);
    await expect(page.locator(".read-panel .hits")).toContainText("upstream", { timeout: 60_000 });
    expect(page.url()).not.toContain("#text");
  }
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page).toHaveURL(/\/diagnose\?/);
  expect(sent.join("\n")).not.toContain("Hunter42xyz");
});

test("a prepared link with a secret goes on without it: no later request, address or page has it", async ({ page, server }) => {
  const text = `${UPSTREAM} password=Hunter42xyz`;
  const query = `text=${encodeURIComponent(text)}&notes=${encodeURIComponent("the token is ghp_16C7e42F292c6912E7710c838347Ae178B4a")}&stack=${encodeURIComponent("nginx,pwd=Hunter43xyz")}&phase=idle&scope=all&lang=zh-CN`;
  const sent = record(page);
  await page.goto(`${server.url}/diagnose?${query}`);
  await awake(page);
  expect(page.url()).toMatch(/lang=zh-CN/);
  const first = sent.filter((entry) => entry.includes("Hunter42xyz")).length;
  for (const secret of ["Hunter42xyz", "Hunter43xyz", "ghp_16C7e42F"]) {
    expect(page.url()).not.toContain(secret);
    expect(await page.content()).not.toContain(secret);
  }
  await page.goto(`${page.url()}&report=1`);
  await page.getByRole("button", { name: "保存并获取链接" }).click();
  await expect(page).toHaveURL(/\/d\/[\w-]{27}/);
  expect(sent.filter((entry) => entry.includes("Hunter42xyz")).length).toBe(first);
});

test("the page shows how to get facts from a machine, and the line can be copied", async ({ page, server, context }) => {
  await context.grantPermissions(["clipboard-read", "clipboard-write"]);
  await page.goto(`${server.url}/read`);
  await awake(page);
  const line = page.locator(".collect .command").first();
  await expect(line).toContainText("nf_conntrack_count");
  await line.getByRole("button").click();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  expect(copied.trim().startsWith("{ echo")).toBe(true);
  expect(copied.trim()).not.toContain("\n");
});

for (const path of ["/read", "/"]) {
  test(`${path} with a paste fits 390 px in both languages`, async ({ page, server }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const lang of ["en", "zh-CN"]) {
      await page.goto(`${server.url}${path}?lang=${lang}`);
      await awake(page);
      await page.locator("#text").fill(MIXED);
      await expect(page.locator(".read-panel .hits").first()).toBeVisible({ timeout: 30_000 });
      await noSidewaysScroll(page);
      await accessible(page);
    }
  });
}
