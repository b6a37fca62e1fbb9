// The link: opens for somebody else, survives a restart and a kill, and can be ended.
import { awake, expect, freePort, Server, test, UPSTREAM, watch } from "./fixtures";

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
  await expect(page.locator(".link-row .copy")).toHaveText("Copied");
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
