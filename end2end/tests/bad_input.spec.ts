// Bad input: one clear sentence each, and nothing that was typed is lost.
import { awake, expect, test, UPSTREAM, watch } from "./fixtures";

test("an empty start says what is missing and puts the cursor there", async ({ browser, server }) => {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(server.url);
    if (javaScriptEnabled) await awake(page);
    await page.getByRole("button", { name: "Find out" }).click();
    await expect(page.locator("#text-error")).toContainText("Tell us something");
    await expect(page.getByLabel("Paste the error")).toBeFocused();
    await context.close();
  }
});

test("a paste beyond the limit is refused with size and limit, and stays", async ({ browser, server }) => {
  test.setTimeout(180_000);
  // Long lines: Chromium itself takes minutes to lay out hundreds of thousands of short ones.
  const long = `${"x".repeat(4000)}\n`.repeat(400);
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(server.url);
    if (javaScriptEnabled) await awake(page);
    await page.locator("#text").fill(long);
    await page.getByRole("button", { name: "Find out" }).click();
    await expect(page.locator("#text-error")).toContainText(/156[34] KiB; up to 1024 KiB/, { timeout: 60_000 });
    expect((await page.locator("#text").inputValue()).length).toBe(long.length);
    await context.close();
  }
});

test("10 MB sent without script come back whole, with the sentence", async ({ page, server }) => {
  test.setTimeout(180_000);
  const long = "connection reset by peer\n".repeat(420_000);
  const answer = await page.request.post(`${server.url}/start`, { form: { text: long, target: "app.example.com" }, timeout: 120_000 });
  expect(answer.status()).toBe(413);
  const html = await answer.text();
  expect(html).toContain("10254 KiB; up to 1024 KiB");
  expect(html.split("connection reset by peer").length).toBeGreaterThan(420_000);
  expect(html).toContain('value="app.example.com"');
});

test("binary data is refused and stays", async ({ browser, server }) => {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(server.url);
    if (javaScriptEnabled) await awake(page);
    const binary = "\u0001\u0002\u0003ELF\u0004\u0005\u0006".repeat(50);
    await page.locator("#text").fill(binary);
    await page.getByRole("button", { name: "Find out" }).click();
    await expect(page.locator("#text-error")).toContainText("not readable text");
    expect((await page.locator("#text").inputValue()).length).toBe(binary.length);
    await context.close();
  }
});

test("a target with spaces is refused with its reason, and both fields stay", async ({ page, server }) => {
  await page.goto(server.url);
  await awake(page);
  await page.locator("#text").fill("it breaks");
  await page.locator("#target").fill("my host example");
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page.locator("#text-error")).not.toBeEmpty();
  await expect(page.locator("#text")).toHaveValue("it breaks");
  await expect(page.locator("#target")).toHaveValue("my host example");
});

test("what was typed survives a reload", async ({ page, server }) => {
  const seen = watch(page, server.url);
  await page.goto(server.url);
  await awake(page);
  await page.locator("#text").pressSequentially("ECONNRESET again");
  await page.locator("#target").pressSequentially("app.example.com");
  await page.goto(`${server.url}/about-probes`);
  await page.goto(server.url);
  await expect(page.locator("#text")).toHaveValue("ECONNRESET again");
  await expect(page.locator("#target")).toHaveValue("app.example.com");
  await page.getByRole("button", { name: "Clear it" }).click();
  await expect(page.locator("#text")).toHaveValue("");
  expect(seen).toEqual({ problems: [], foreign: [] });
});

test("a long text keeps the address short and survives a reload", async ({ page, server }) => {
  const long = `${"a line of log\n".repeat(400)}${UPSTREAM}`;
  await page.goto(server.url);
  await awake(page);
  await page.locator("#text").fill(long);
  await page.getByRole("button", { name: "Find out" }).click();
  await expect(page).toHaveURL(/draft=[\w-]{27}/);
  expect(page.url().length).toBeLessThan(200);
  await page.reload();
  await expect(page.locator(".hits")).toContainText("upstream prematurely closed connection");
});

test("markup in pasted text stays text", async ({ page, server }) => {
  const seen = watch(page, server.url);
  const text = `<script>document.title="owned"</script><img src=x onerror=alert(1)> Connection reset by peer`;
  await page.goto(`${server.url}/diagnose?text=${encodeURIComponent(text)}&stack=${encodeURIComponent("<b>x</b>")}&report=1`);
  await expect(page.locator(".hits")).toContainText("<script>");
  await expect(page).not.toHaveTitle("owned");
  expect(seen).toEqual({ problems: [], foreign: [] });
});
