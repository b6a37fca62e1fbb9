// Prepared links, webhooks, the operator's page and the chart of causes.
import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { accessible, awake, expect, freePort, noSidewaysScroll, Server, test, watch } from "./fixtures";

const TOKEN = "a-token-of-twenty-four-ch";

interface Delivery {
  service: string;
  status: number;
  body: string;
}

/** The receiver of webhooks that the server's tests use, too. */
class Receiver {
  readonly heard: Delivery[] = [];
  private child: ChildProcess | undefined;

  async start(): Promise<number> {
    const child = spawn("node", ["../tests/data/receiver.mjs"], { stdio: ["ignore", "pipe", "inherit"] });
    this.child = child;
    const lines = createInterface({ input: child.stdout });
    return new Promise((done) => {
      lines.once("line", (port) => {
        lines.on("line", (line) => this.heard.push(JSON.parse(line) as Delivery));
        done(Number(port));
      });
    });
  }

  stop(): void {
    this.child?.kill();
  }
}

const receiver = new Receiver();
test.afterEach(() => receiver.stop());

test("a prepared link leads to a saved report that the team's chat hears of", async ({ browser }) => {
  test.setTimeout(180_000);
  const port = await receiver.start();
  const hook = (name: string, kind: string, rest = "") =>
    `{ name = "${name}", kind = "${kind}", url = "http://127.0.0.1:${port}/${kind}", lang = "zh-CN"${rest} }`;
  const server = new Server(await freePort(), {
    HANGUP_WEBHOOKS: `[${hook("ops", "slack")}, ${hook("program", "generic", ', secret = "s3cret"')}]`,
    HANGUP_ADMIN_TOKEN: TOKEN,
    HANGUP_LEARNING_STRENGTH: "50",
  });
  await server.start();
  const page = await (await browser.newContext()).newPage();
  const seen = watch(page, server.url);

  const text = "upstream prematurely closed connection while reading response header from upstream";
  await page.goto(`${server.url}/diagnose?target=app.example.com:443&text=${encodeURIComponent(text)}&phase=reuse_keepalive&between=aws-alb&report=1`);
  await page.getByRole("button", { name: "Save and get a link" }).click();
  await expect(page).toHaveURL(/\/d\/[\w-]{27}$/);
  await awake(page);
  await expect.poll(() => receiver.heard.map((one) => [one.service, one.status]).sort()).toEqual([
    ["generic", 204],
    ["slack", 200],
  ]);
  for (const { body } of receiver.heard) expect(body).toContain(page.url());

  // Strangers see neither the operator's page nor the chart.
  expect((await page.goto(`${server.url}/reports`))?.status()).toBe(404);
  await page.goto(`${server.url}/admin`);
  await page.getByLabel("Token").fill("not the token of this server");
  await page.getByRole("button", { name: "Enter" }).click();
  await expect(page.getByRole("alert")).toContainText("not the token");
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Enter" }).click();
  await expect(page.getByRole("heading", { name: "Deliveries" })).toBeVisible();
  await expect(page.getByRole("cell", { name: "delivered" })).toHaveCount(2);
  await accessible(page);
  await page.setViewportSize({ width: 390, height: 800 });
  await noSidewaysScroll(page);
  await page.getByRole("button", { name: "Send a test to ops" }).click();
  await expect.poll(() => receiver.heard.length).toBe(3);
  await expect(page).toHaveURL(/#deliveries$/);
  await page.goto(`${server.url}/admin`);
  await expect(page.getByRole("cell", { name: "delivered" })).toHaveCount(3);

  await page.getByRole("link", { name: "Most frequent causes" }).click();
  await expect(page.locator(".chart tbody tr")).toHaveCount(1);
  await expect(page.locator(".chart tbody tr td").nth(1)).toHaveText("1");
  await accessible(page);
  await page.goto(`${server.url}/admin`);
  await page.getByRole("button", { name: "Leave" }).click();
  await expect(page.getByLabel("Token")).toBeVisible();
  expect((await page.goto(`${server.url}/reports`))?.status()).toBe(404);
  expect(seen.foreign).toEqual([]);
  await page.context().close();
  await server.stop();
  server.forget();
});
