// The link: opens for somebody else, survives a restart and a kill, and can be ended.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { accessible, awake, expect, freePort, Server, test, UPSTREAM, watch } from "./fixtures";

const REPORT = `/diagnose?text=${encodeURIComponent(UPSTREAM)}&phase=reuse_keepalive&scope=all&stack=nginx,node&between=aws-alb&report=1`;

test("a saved report opens elsewhere, survives a restart and a kill, and can be deleted", async ({ browser }) => {
  test.setTimeout(180_000);
  const server = new Server(await freePort());
  await server.start();
  const owner = await browser.newContext({ permissions: ["clipboard-write"] });
  const page = await owner.newPage();
  const seen = watch(page, server.url);
  await page.goto(server.url + REPORT);
  const verdict = await page.locator("#verdict").textContent();
  await page.locator('input[name="expiry"][value="3600"]').check({ force: true });
  await page.getByRole("button", { name: "Save and get a link" }).click();
  await expect(page).toHaveURL(/\/d\/[\w-]{27}$/);
  await awake(page);
  const link = await page.locator("#link").inputValue();
  expect(link).toBe(page.url());
  await page.getByRole("button", { name: "Copy: link to this report" }).click();
  await expect(page.locator(".link-row .copy").first()).toHaveText("Copied");
  expect(seen).toEqual({ problems: [], foreign: [] });

  const guest = await browser.newContext();
  const other = await guest.newPage();
  await other.goto(link);
  await expect(other.locator("#verdict")).toHaveText(verdict ?? "");
  await expect(other.getByText("Delete this report")).toHaveCount(0);

  await server.stop("SIGTERM");
  await server.start();
  await other.reload();
  await expect(other.locator("#verdict")).toHaveText(verdict ?? "");
  await server.stop("SIGKILL");
  await server.start();
  await other.reload();
  await expect(other.locator("#verdict")).toHaveText(verdict ?? "");

  await page.reload();
  await page.getByText("Delete this report").click();
  await page.getByRole("button", { name: "Delete now" }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Deleted");
  const gone = await other.goto(link);
  expect(gone?.status()).toBe(404);
  await expect(other.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  await owner.close();
  await guest.close();
  await server.stop();
  server.forget();
});

test("an unknown link is one clear page", async ({ page, server }) => {
  for (const token of ["x", "A".repeat(27), "..%2F..", "%00"]) {
    const answer = await page.goto(`${server.url}/d/${token}`);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("heading", { level: 1 })).toHaveText("There is nothing here");
  }
});

test("a report from a link with a secret shows, saves and shares none", async ({ page, server }) => {
  const secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
  const text = `Connection reset by peer; Authorization: Bearer ${secret}`;
  for (const [lang, save] of [["en", "Save and get a link"], ["zh-CN", "保存并获取链接"]]) {
    await page.goto(`${server.url}/diagnose?text=${encodeURIComponent(text)}&phase=idle&scope=all&stack=nginx&report=1&lang=${lang}`);
    await expect(page.locator("body")).toContainText("<github-token-1>");
    expect(page.url() + (await page.content())).not.toContain(secret);
    await page.getByRole("button", { name: save }).click();
    await expect(page).toHaveURL(/\/d\/[\w-]{27}/);
    expect(await page.content()).not.toContain(secret);
  }
});

test("what a probe found and no page may keep is said to be masked before it is saved", async ({ page, server }) => {
  const secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4a";
  const target = createServer((_, answer) => answer.writeHead(502, { server: `gate ${secret}` }).end());
  await new Promise<void>((ready) => target.listen(0, "127.0.0.1", ready));
  const { port } = target.address() as AddressInfo;
  for (const [lang, look, enough, notice, save] of [
    ["en", "Yes, look now", "Enough, show the report", "Masked before it is saved: 1 × ", "Save and get a link"],
    ["zh-CN", "好，现在就看", "够了，看报告", "保存前会自动打码：1 × ", "保存并获取链接"],
  ]) {
    const asked = `target=${encodeURIComponent(`http://127.0.0.1:${port}`)}&phase=request&scope=all&skip=notes&at=probe.http&lang=${lang}`;
    await page.goto(`${server.url}/diagnose?${asked}`);
    await awake(page);
    await page.getByRole("button", { name: look }).click();
    await expect(page).toHaveURL(/seen=[\w-]{27}/, { timeout: 60_000 });
    await page.getByRole("link", { name: enough }).click();
    await expect(page.locator("main")).toContainText(notice);
    await accessible(page);
    await page.getByRole("button", { name: save }).click();
    await expect(page).toHaveURL(/\/d\/[\w-]{27}/);
    expect(await page.content()).not.toContain(secret);
  }
  target.close();
});

test("a time that fits no named hop, and what would change our mind, stand in the report", async ({ page, server }) => {
  const query = "text=read:+connection+reset+by+peer&phase=idle&after=350&scope=all&stack=nginx,node&report=1";
  for (const [lang, title, names] of [["en", "A hop may be missing", "AWS"], ["zh-CN", "可能漏了一个环节", "AWS"]]) {
    await page.goto(`${server.url}/diagnose?${query}&lang=${lang}`);
    const card = page.locator("section[aria-labelledby=second-thoughts]");
    await expect(card).toContainText(title);
    await expect(card).toContainText("350");
    await expect(card).toContainText(names);
    await accessible(page);
  }
});
