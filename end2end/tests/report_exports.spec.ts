// A report handed on: copied for five places, as files, on paper, beside another; and never run.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import type { Page } from "@playwright/test";
import { accessible, awake, expect, noSidewaysScroll, Server, test, UPSTREAM, watch } from "./fixtures";
import { PAYLOADS } from "./payloads";

const CASE = `text=${encodeURIComponent(UPSTREAM)}&target=app.example.com:443&phase=reuse_keepalive&after=60&scope=all&stack=nginx,node&between=aws-alb`;
const REPORT = `/diagnose?${CASE}&report=1`;

async function save(server: Server, body: object): Promise<{ view_token: string; manage_token: string }> {
  const answer = await fetch(`${server.url}/api/v1/diagnoses`, {
    method: "POST",
    headers: { "content-type": "application/json" },
    body: JSON.stringify({ ...body, save: true }),
  });
  expect(answer.status).toBe(200);
  return (await answer.json()).share;
}

const CASE_JSON = {
  text: UPSTREAM,
  target: "app.example.com:443",
  facts: { phase: "reuse_keepalive", after_seconds: 60, scope: "all", stack: ["nginx", "node"], between: ["aws-alb"] },
};

test("the message is copied as chosen, in the writer's own choice of language", async ({ browser, server }) => {
  const context = await browser.newContext({ permissions: ["clipboard-read", "clipboard-write"] });
  const page = await context.newPage();
  const seen = watch(page, server.url);
  await page.goto(`${server.url}${REPORT}&lang=en`);
  await awake(page);
  const card = page.locator("section.message");
  const marks: Record<string, string> = { plain: "- What: ", markdown: "- **What**: ", slack: "• *What*: ", feishu: "- **What**: ", dingtalk: "- **What**: " };
  for (const lang of ["en", "zh-CN"]) {
    await card.locator(`input[name=message-language][value=${lang}]`).check({ force: true });
    for (const [format, mark] of Object.entries(marks)) {
      await card.locator(`input[name=message-format][value=${format}]`).check({ force: true });
      const shown = card.locator("textarea:visible");
      await expect(shown).toHaveCount(1);
      await card.locator(".copy:visible").click();
      await expect(card.locator(".copy:visible")).toHaveText("Copied");
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      expect(copied).toBe(await shown.inputValue());
      expect(copied).toContain("app.example.com:443");
      if (lang === "en") expect(copied).toContain(mark);
      for (const word of lang === "en" ? ["firewall", "pool", "deployed"] : ["防火墙", "连接池", "发布"]) expect(copied).toContain(word);
    }
  }
  expect(seen).toEqual({ problems: [], foreign: [] });
  await context.close();
});

test("without script the message can still be chosen and read", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}${REPORT}`);
  const card = page.locator("section.message");
  await card.locator("input[value=slack]").check({ force: true });
  await card.locator("input[value=zh-CN]").check({ force: true });
  await expect(card.locator("textarea:visible")).toHaveCount(1);
  await expect(card.locator("textarea:visible")).toHaveValue(/\*现象\*: /);
  await context.close();
});

test("a report is had as Markdown, CSV, card and badge, saved or not", async ({ page, server }) => {
  await page.goto(`${server.url}${REPORT}&lang=en`);
  for (const [name, file, begins] of [["As Markdown", "hangup-report.md", "# "], ["Evidence as CSV", "hangup-evidence.csv", "\ufeffcause,"]]) {
    const [download] = await Promise.all([page.waitForEvent("download"), page.getByRole("button", { name }).click()]);
    expect(download.suggestedFilename()).toBe(file);
    expect(readFileSync(await download.path(), "utf8").startsWith(begins)).toBe(true);
  }
  const { view_token } = await save(server, CASE_JSON);
  await page.goto(`${server.url}/d/${view_token}`);
  await expect(page.locator(".exports a")).toHaveCount(6);
  for (const [path, words] of [["report.md?lang=zh-CN", "## "], ["evidence.csv", "cause,name"], ["card.svg?lang=zh-CN", "<svg"], ["badge.svg", "<svg"]]) {
    const answer = await fetch(`${server.url}/d/${view_token}/${path}`);
    expect(answer.status).toBe(200);
    expect(await answer.text()).toContain(words);
  }
  // In somebody else's page, as a picture.
  const other = createServer((_, answer) => {
    answer.setHeader("content-type", "text/html");
    answer.end(`<img id=card src="${server.url}/d/${view_token}/card.svg"><img id=badge src="${server.url}/d/${view_token}/badge.svg">`);
  });
  await new Promise<void>((done) => other.listen(0, "127.0.0.1", done));
  await page.goto(`http://localhost:${(other.address() as AddressInfo).port}/`);
  for (const id of ["card", "badge"]) {
    await expect.poll(() => page.locator(`#${id}`).evaluate((img: HTMLImageElement) => img.naturalWidth)).toBeGreaterThan(100);
  }
  other.close();
});

test("a report prints to clean pages of A4", async ({ page, server }) => {
  const { view_token } = await save(server, CASE_JSON);
  for (const lang of ["en", "zh-CN"]) {
    await page.goto(`${server.url}/d/${view_token}?lang=${lang}`);
    const pdf = await page.pdf({ preferCSSPageSize: true, printBackground: true });
    mkdirSync("test-results/print", { recursive: true });
    writeFileSync(`test-results/print/report-${lang}.pdf`, pdf);
    const text = pdf.toString("latin1");
    // A4 in points.
    expect(text).toMatch(/MediaBox \[0 0 59[45](\.\d+)? 84[12](\.\d+)?\]/);
    await page.emulateMedia({ media: "print" });
    for (const hidden of [".copy", ".share", ".exports", ".message", ".top nav", "form"]) {
      for (const one of await page.locator(hidden).all()) await expect(one).toBeHidden();
    }
    await expect(page.locator("#verdict")).toBeVisible();
    await page.emulateMedia({ media: null });
    if (existsSync("/usr/bin/pdftoppm")) {
      execFileSync("/usr/bin/pdftoppm", ["-r", "60", "-png", `test-results/print/report-${lang}.pdf`, `test-results/print/report-${lang}`]);
    }
  }
});

test("two reports stand side by side", async ({ page, server }) => {
  const first = await save(server, CASE_JSON);
  const second = await save(server, { ...CASE_JSON, facts: { ...CASE_JSON.facts, after_seconds: 350, scope: "one_client" } });
  for (const [lang, title, only] of [["en", "Two reports compared", "Breaks after 350 s"], ["zh-CN", "对比两份报告", "350 秒后断开"]]) {
    await page.goto(`${server.url}/d/${first.view_token}?lang=${lang}`);
    await page.locator(".compare-form input[name=b]").fill(`${server.url}/d/${second.view_token}`);
    await page.locator(".compare-form button").click();
    await expect(page).toHaveURL(/\/compare\?/);
    await expect(page.getByRole("heading", { level: 1 })).toContainText(title);
    await expect(page.locator("section[aria-labelledby=only-second]")).toContainText(only);
    await expect(page.locator("section[aria-labelledby=only-first]")).not.toContainText(only);
    await expect(page.locator(".moved tbody tr").first()).toContainText(/[▲▼]/);
    await accessible(page);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await noSidewaysScroll(page);
    }
  }
  const gone = await page.goto(`${server.url}/compare?a=${first.view_token}&b=${"A".repeat(27)}`);
  expect(gone?.status()).toBe(404);
});

test("a report that abstains says how to get what would settle it", async ({ page, server }) => {
  for (const lang of ["en", "zh-CN"]) {
    await page.goto(`${server.url}/diagnose?text=it+hangs&skip=phase&report=1&lang=${lang}`);
    const steps = page.locator(".settle-steps > li");
    const count = await steps.count();
    expect(count).toBeGreaterThanOrEqual(2);
    expect(count).toBeLessThanOrEqual(3);
    await expect(page.locator("#learned")).toBeVisible();
    await accessible(page);
    for (const width of [1280, 390]) {
      await page.setViewportSize({ width, height: 900 });
      await noSidewaysScroll(page);
      // Verdict and next step above the fold.
      await expect(page.locator("#verdict")).toBeInViewport({ ratio: 1 });
      await expect(page.locator(".first-step p")).toBeInViewport();
    }
  }
});

test("verdict, confidence, whom it concerns and what to do first stand above the fold", async ({ page, server }) => {
  for (const width of [1280, 390]) {
    for (const lang of ["en", "zh-CN"]) {
      await page.setViewportSize({ width, height: width === 390 ? 844 : 800 });
      await page.goto(`${server.url}${REPORT}&lang=${lang}`);
      for (const part of ["#verdict", ".confidence", ".first-step p", ".owners"]) {
        await expect(page.locator(part).first()).toBeInViewport({ ratio: 1 });
      }
      await noSidewaysScroll(page);
    }
  }
});

test("what the probes measured stands as a line of time", async ({ page, server }) => {
  test.setTimeout(120_000);
  const target = createServer((_, answer) => setTimeout(() => answer.end("ok"), 80));
  // Newer Node waits a second more than it says.
  target.keepAliveTimeout = 2_000;
  await new Promise<void>((done) => target.listen(0, "127.0.0.1", done));
  const port = (target.address() as AddressInfo).port;
  await page.goto(`${server.url}/diagnose?target=http://127.0.0.1:${port}/&phase=idle&scope=all&at=probe.idle&lang=en`);
  await awake(page);
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page).toHaveURL(/seen=[\w-]{27}/, { timeout: 90_000 });
  await page.getByRole("link", { name: "Enough, show the report" }).click();
  const figures = page.locator("figure.scale");
  await expect(figures).toHaveCount(2);
  await expect(figures.first()).toContainText("until the first byte");
  await expect(figures.last()).toContainText("FIN from the other side");
  await expect(figures.last()).toContainText(/[23](\.\d+)? s/);
  await expect(figures.last()).toContainText("not to scale");
  await accessible(page);
  await page.setViewportSize({ width: 390, height: 844 });
  await noSidewaysScroll(page);
  await page.screenshot({ path: "test-results/shots/scale-390.png", fullPage: true });
  target.closeAllConnections();
  target.close();
});

/** Counts calls of `hit` and violations of the policy. */
async function armed(page: Page): Promise<string[]> {
  const said: string[] = [];
  await page.exposeFunction("tell", (text: string) => said.push(text));
  await page.addInitScript(() => {
    const tell = (text: string) => (window as unknown as { tell: (text: string) => void }).tell(text);
    Object.assign(window, { hit: (...what: unknown[]) => tell(`hit ${what}`) });
    document.addEventListener("securitypolicyviolation", (event) => tell(`${event.violatedDirective}: ${event.blockedURI}`));
  });
  page.on("dialog", (dialog) => { said.push(`dialog ${dialog.message()}`); void dialog.dismiss(); });
  page.on("pageerror", (error) => said.push(`${error}`));
  page.on("console", (message) => { if (message.type() === "error") said.push(message.text()); });
  return said;
}

test("three hundred payloads in every field run nothing and violate no policy", async ({ page, server }) => {
  test.setTimeout(420_000);
  expect(new Set(PAYLOADS).size).toBe(300);
  const said = await armed(page);
  const tokens: string[] = [];
  // Ten payloads a report: in the pasted text, the notes, names, the host, the findings of probes.
  for (let at = 0; at < PAYLOADS.length; at += 10) {
    const some = PAYLOADS.slice(at, at + 10);
    // Names have a length, and no line breaks.
    const name = (payload: string) => payload.replace(/\s/g, " ").slice(0, 80);
    const observation = (variable: string, value: string, raw: string) => ({ variable, value, source: "probe", vantage: name(raw), raw });
    const share = await save(server, {
      text: `Connection reset by peer ${some.join("\n")}`,
      target: some[0],
      facts: { phase: "idle", after_seconds: 60, notes: `every 60 s it drops ${some.join(" ")}`, stack: ["nginx", ...some], between: some },
      observations: [
        ...some.map((raw) => observation("banner.result", raw, raw)),
        observation("http.result", "ok", some[1]),
        observation("tcp.result", "connected", `${some[2]}: connected in 0.01 s`),
        observation("idle.end", "fin", `FIN after 60 s of silence (server: ${some[3]})`),
        observation("reset.origin", some[5], some[6]),
      ],
    });
    tokens.push(share.view_token);
    await page.goto(`${server.url}/d/${share.view_token}?lang=${at % 20 ? "en" : "zh-CN"}`);
    await expect(page.locator("#verdict")).toBeVisible();
    for (const file of ["card.svg", "badge.svg"]) await page.goto(`${server.url}/d/${share.view_token}/${file}`);
  }
  await page.goto(`${server.url}/compare?a=${tokens[0]}&b=${tokens[1]}`);
  await expect(page.getByRole("heading", { level: 1 })).toBeVisible();
  // Not saved, and awake: the islands get the same strings.
  for (const payload of PAYLOADS.filter((_, at) => at % 25 === 0)) {
    await page.goto(`${server.url}/diagnose?text=${encodeURIComponent(`reset by peer ${payload}`)}&notes=${encodeURIComponent(payload)}&stack=${encodeURIComponent(payload)}&phase=idle&report=1`);
    await awake(page);
  }
  expect(said).toEqual([]);
});
