// The main job: paste an error, answer, read the verdict. With script, without, in both languages.
import { spawnSync } from "node:child_process";
import { accessible, answerOpening, awake, binary, expect, noSidewaysScroll, test, UPSTREAM, watch } from "./fixtures";

test("an nginx error behind a balancer leads to the keep-alive race and Node's fix", async ({ page, server }) => {
  const seen = watch(page, server.url);
  await page.goto(server.url);
  await awake(page);
  await accessible(page);
  await page.getByLabel("Paste the error").fill(UPSTREAM);
  await page.getByRole("button", { name: "Find out" }).click();
  // The form is held until the worker has masked it; the first page has a heading as well.
  await expect(page).toHaveURL(/\/diagnose\?/, { timeout: 30_000 });
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  await awake(page);
  await accessible(page);
  await answerOpening(page, { next: "Continue" });
  await expect(page.locator(".said")).toContainText("60 s");
  await page.getByRole("link", { name: "Enough, show the report" }).click();
  await expect(page.locator(".cause-name").first()).toBeVisible();
  await expect(page.locator("#fixes")).toContainText("keepAliveTimeout");
  await expect(page.locator(".verdict")).toContainText("%");
  await expect(page.locator(".cause .family").first()).toContainText("keep-alive race");
  await accessible(page);
  expect(seen).toEqual({ problems: [], foreign: [] });
});

test("every earlier answer can be changed, and back, reload and a pasted address work", async ({ page, server }) => {
  await page.goto(`${server.url}/diagnose?text=Connection+reset+by+peer&phase=idle&after=60&scope=all&skip=stack`);
  const before = page.url();
  await page.getByRole("link", { name: /Change: When it breaks/ }).click();
  await page.locator('button[name="phase"][value="connect"]').click();
  await expect(page).toHaveURL(/phase=connect/);
  await expect(page).not.toHaveURL(/phase=idle/);
  await page.reload();
  await expect(page.locator(".said")).toContainText("while connecting");
  await page.goBack();
  await page.goBack();
  expect(page.url()).toBe(before);
  await expect(page.locator(".said")).toContainText("after a quiet time");
});

test("the whole flow works without script", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url);
  await page.getByLabel("Paste the error").fill(UPSTREAM);
  await page.getByRole("button", { name: "Find out" }).click();
  await answerOpening(page, { next: "Continue" });
  await page.getByRole("link", { name: "Enough, show the report" }).click();
  await expect(page.locator("#fixes")).toContainText("keepAliveTimeout");
  await page.getByRole("button", { name: "Save and get a link" }).click();
  await expect(page).toHaveURL(/\/d\/[\w-]{27}$/);
  await context.close();
});

test("the same in 简体中文, by the browser's wish, and the choice is kept", async ({ browser, server }) => {
  const context = await browser.newContext({ locale: "zh-CN" });
  const page = await context.newPage();
  const seen = watch(page, server.url);
  await page.goto(server.url);
  await expect(page.locator("html")).toHaveAttribute("lang", "zh-CN");
  await awake(page);
  await page.getByLabel("粘贴报错").fill(UPSTREAM);
  await page.getByRole("button", { name: "查一查" }).click();
  await answerOpening(page, { next: "继续" });
  await page.getByRole("link", { name: "够了，看报告" }).click();
  await expect(page.locator("#fixes")).toContainText("keepAliveTimeout");
  await expect(page.getByRole("heading", { name: "修复办法" })).toBeVisible();
  await accessible(page);
  await page.getByRole("link", { name: "English" }).click();
  await expect(page.locator("#fixes")).toContainText("keepAliveTimeout");
  await page.goto(server.url);
  await expect(page.locator("html")).toHaveAttribute("lang", "en");
  expect(seen).toEqual({ problems: [], foreign: [] });
  await context.close();
});

test("the keyboard alone is enough", async ({ page, server }) => {
  await page.goto(server.url);
  await awake(page);
  await page.getByLabel("Paste the error").focus();
  await page.keyboard.type("Connection reset by peer");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/\/diagnose/);
  await awake(page);
  await page.keyboard.press("1");
  await expect(page.locator(".option").first()).toBeFocused();
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/phase=connect/);
  await awake(page);
  await page.keyboard.press("0");
  await page.keyboard.press("Enter");
  await expect(page).toHaveURL(/skip=after_seconds/);
});

test("an option is weighed before it is sent", async ({ page, server }) => {
  await page.goto(`${server.url}/diagnose?text=Connection+reset+by+peer`);
  await awake(page);
  await expect(page.locator(".ranking-caption")).toHaveText("Changes with every answer");
  await page.locator('button[value="idle"]').hover();
  await expect(page.locator(".ranking-caption")).toContainText("after a quiet time", { timeout: 30_000 });
  const previewed = await page.locator(".ranking li").allTextContents();
  await page.locator('button[value="idle"]').click();
  await expect(page).toHaveURL(/phase=idle/);
  expect(await page.locator(".ranking li").allTextContents()).toEqual(previewed);
});

test("the browser's engine writes the same bytes as the program", async ({ browser, server }) => {
  // The policy lets the page load its own program alone; here the worker's is called by hand.
  const page = await browser.newPage({ bypassCSP: true });
  await page.goto(server.url);
  // The whole base: what the pages load leaves out fixes and sources, which no ranking needs.
  const own = (args: string[], input?: string) =>
    spawnSync(binary(), args, { input, maxBuffer: 64 * 1024 * 1024 }).stdout.toString().trimEnd();
  const knowledge = own(["knowledge", "export"]);
  const cases = [
    { text: "Connection reset by peer", facts: { phase: "idle", after_seconds: 60 } },
    { text: UPSTREAM, facts: { stack: ["nginx", "node"], between: ["aws-alb"] }, lang: "zh-CN" },
    { facts: { notes: "网页长连接老是断，每隔 60 秒没数据就断", scope: "one_network" } },
    { text: "MySQL server has gone away", facts: { after_seconds: 28800.5 }, answers: { load: "worse_quiet" } },
    {},
  ];
  const wasm = await page.evaluate(
    async ({ knowledge, cases }) => {
      const island = document.querySelector<HTMLLinkElement>('link[rel="modulepreload"]')!;
      const program = await import(island.href.replace(/[^/]*$/, "reader.js"));
      await program.default({ module_or_path: island.href.replace(/[^/]*$/, "reader_bg.wasm") });
      return cases.map((given) => program.hangup_diagnose(knowledge, JSON.stringify(given), "en") as string);
    },
    { knowledge, cases },
  );
  cases.forEach((given, at) => {
    // A case without any evidence is wrong use on the command line; the API answers it.
    if (at < cases.length - 1) expect(wasm[at]).toBe(own(["diagnose", "--case", "-", "--json"], JSON.stringify(given)));
  });
  expect(JSON.parse(wasm[cases.length - 1]).verdict.state).toBe("not_enough_evidence");
  await page.close();
});

for (const path of ["/", "/diagnose?text=reset&at=stack", `/diagnose?text=${encodeURIComponent(UPSTREAM)}&stack=nginx,node&between=aws-alb&phase=reuse_keepalive&report=1`, "/about-probes", "/nothing"]) {
  test(`${path.slice(0, 30)} fits 390 px in both languages`, async ({ page, server }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const lang of ["en", "zh-CN"]) {
      await page.goto(`${server.url}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
      await noSidewaysScroll(page);
      await accessible(page);
    }
  });
}
