// The probes that run only where they are chosen, and the reader's own browser as a vantage, against
// servers on loopback.
import { createHash } from "node:crypto";
import { createServer, type Server as HttpServer } from "node:http";
import type { AddressInfo, Socket } from "node:net";
import { accessible, awake, expect, noSidewaysScroll, test, watch } from "./fixtures";

/** Answers every request, and takes WebSockets of which it closes each with code 1001 after a second. */
const sockets = new Set<Socket>();
let web: HttpServer;
let target: string;

test.beforeAll(async () => {
  web = createServer((_, answer) => answer.end("ok"));
  web.keepAliveTimeout = 2000;
  web.on("connection", (socket) => sockets.add(socket));
  web.on("upgrade", (request, socket) => {
    const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`;
    const accept = createHash("sha1").update(key).digest("base64");
    socket.write(
      `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
    );
    setTimeout(() => {
      // A close frame with code 1001, "going away".
      socket.write(Buffer.from([0x88, 2, 0x03, 0xe9]));
      setTimeout(() => socket.destroy(), 200);
    }, 1000);
    socket.on("error", () => {});
  });
  await new Promise<void>((done) => web.listen(0, "127.0.0.1", done));
  target = `http://127.0.0.1:${(web.address() as AddressInfo).port}`;
});

test.afterAll(() => {
  web.close();
  sockets.forEach((socket) => socket.destroy());
});

const at = (rest: string) =>
  `/diagnose?target=${encodeURIComponent(target)}&phase=idle&skip=after_seconds,notes,scope,stack&${rest}`;

test("the one probe that the planner asks for is ticked alone, and its finding joins the ranking", async ({ page, server }) => {
  const seen = watch(page, server.url);
  await page.goto(server.url + at("at=probe.halfclose"));
  await awake(page);
  await expect(page.getByRole("heading", { level: 1 })).toContainText("One closer look");
  await expect(page.locator("input[name=only]:checked")).toHaveCount(1);
  await expect(page.locator("input[name=only][value=halfclose]")).toBeChecked();
  await accessible(page);
  await noSidewaysScroll(page);
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page).toHaveURL(/seen=[\w-]{27}/, { timeout: 40_000 });
  await expect(page).toHaveURL(/probe\.halfclose/);
  const measured = page.locator("[data-variable='halfclose.result']");
  await expect(measured).toContainText("answered all the same");
  await expect(measured.locator("summary")).toHaveText("Raw finding");
  // The usual look is still there to be had.
  expect(page.url()).not.toMatch(/skip=[^&]*probe(,|&|$)/);
  await accessible(page);
  expect(seen).toEqual({ problems: [], foreign: [] });
});

test("chosen probes are told in words while they run, raw findings folded", async ({ page, server }) => {
  test.setTimeout(120_000);
  await page.goto(server.url + at("at=probe"));
  await awake(page);
  await expect(page.locator("input[name=only]:checked")).toHaveCount(6);
  for (const id of ["dns", "tls", "banner"]) {
    await page.locator(`input[name=only][value=${id}]`).uncheck();
  }
  await page.getByText("Longer and closer looks").click();
  await page.locator("input[name=only][value=websocket]").check();
  await page.locator("input[name=only][value=burst]").check();
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page.getByRole("alert").first()).toContainText("sends more than usual");
  await page.locator("input[name=agree]").check();
  await page.getByRole("button", { name: "Yes, look now" }).click();
  const row = page.locator("[data-probe=websocket]");
  // The page moves on when the run is over; the silence of `idle` leaves time to read.
  await expect(row).toContainText(/closed with a code during the silence.*Raw finding/s);
  await expect(page.locator("[data-probe=dns]")).toHaveCount(0);
  await expect(page).toHaveURL(/seen=[\w-]{27}/, { timeout: 90_000 });
  await expect(page.locator("[data-variable='burst.result']")).toContainText("all are served");
  await expect(page.locator("[data-variable='websocket.result']")).toContainText("closed with a code");
});

test("a failed connect leaves what rests on it not visible, not failed", async ({ page, server }) => {
  const gone = await new Promise<number>((done) => {
    const closed = createServer().listen(0, "127.0.0.1", () => {
      const { port } = closed.address() as AddressInfo;
      closed.close(() => done(port));
    });
  });
  // Held up by the trace, so that the rows can be read before the page moves on.
  await page.goto(
    `${server.url}/diagnose?target=${encodeURIComponent(`http://127.0.0.1:${gone}`)}&only=tcp,http,reuse,mtu,reset&at=probe`,
  );
  await awake(page);
  await page.locator("input[name=agree]").check();
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page.locator("[data-probe=tcp]")).toHaveClass("is-failed");
  await expect(page.locator("[data-probe=tcp]")).toContainText("refused");
  for (const id of ["http", "reuse", "mtu"]) {
    await expect(page.locator(`[data-probe=${id}]`)).toHaveClass("is-unseen");
    await expect(page.locator(`[data-probe=${id}]`)).toContainText("not visible");
    await expect(page.locator(`[data-probe=${id}]`)).toContainText("no TCP connection");
  }
});

test("the same without script", async ({ browser, server }) => {
  test.setTimeout(60_000);
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(server.url + at("only=halfclose,mtu&at=probe"));
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page.locator("main")).toContainText("sends more than usual");
  await page.goBack();
  await page.locator("input[name=agree]").check();
  await page.getByRole("button", { name: "Yes, look now" }).click();
  await expect(page).toHaveURL(/seen=[\w-]{27}/, { timeout: 60_000 });
  await expect(page.locator("[data-variable='mtu.result']")).toBeVisible();
  await expect(page.locator("[data-variable='halfclose.result']")).toContainText("answered all the same");
  await context.close();
});

test("the reader's own browser looks on a click, at that one host, and what it saw joins the case", async ({ page, server }) => {
  test.setTimeout(60_000);
  const asked: string[] = [];
  page.on("request", (request) => {
    if (!request.url().startsWith(server.url)) asked.push(request.url());
  });
  await page.goto(server.url + at("at=probe"));
  await page.getByRole("link", { name: "Look from your own browser instead" }).click();
  await awake(page);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("A look from your own browser");
  await expect(page.locator("main")).toContainText("your own network or machine");
  await accessible(page);
  await noSidewaysScroll(page);
  // Nothing by itself.
  await page.waitForTimeout(500);
  expect(asked).toEqual([]);
  await page.getByRole("button", { name: "Yes, look from my browser" }).click();
  await expect(page.locator(".browser-seen")).toContainText("Request 1: an answer after");
  await expect(page.locator(".browser-seen")).toContainText("with code 1001", { timeout: 20_000 });
  expect([...new Set(asked)]).toEqual([`${target}/`]);
  await accessible(page);
  await page.getByRole("button", { name: "Use these findings" }).click();
  await expect(page).toHaveURL(/seen=[\w-]{27}/);
  const measured = page.locator("[data-variable='browser.result']");
  await expect(measured).toContainText("an answer comes");
  await expect(measured).toContainText("from your browser");
  await expect(page.locator("[data-variable='websocket.result']")).toContainText("closed with a code");
});

test("the page may reach the one host of its address and no other", async ({ page, server }) => {
  await page.goto(`${server.url}/probe/browser?target=${encodeURIComponent(target)}`);
  const reach = (url: string) =>
    page.evaluate((url) => fetch(url, { mode: "no-cors" }).then(() => true, () => false), url);
  expect(await reach(`${target}/x`)).toBe(true);
  expect(await reach(`http://127.0.0.1:${Number(new URL(target).port) + 1}/`)).toBe(false);
  await page.goto(`${server.url}/probe/browser?target=169.254.169.254`);
  await expect(page.getByRole("alert")).toContainText("metadata");
  expect(await reach(`${target}/x`)).toBe(false);
});

test("a redirect of the target to another host is not followed", async ({ page, server }) => {
  const moved = createServer((_, answer) => answer.writeHead(302, { Location: `${target}/` }).end());
  await new Promise<void>((done) => moved.listen(0, "127.0.0.1", done));
  const from = `http://127.0.0.1:${(moved.address() as AddressInfo).port}`;
  await page.goto(`${server.url}/probe/browser?target=${encodeURIComponent(from)}`);
  await awake(page);
  await page.getByRole("button", { name: "Yes, look from my browser" }).click();
  await expect(page.locator(".browser-seen")).toContainText("led to another host");
  moved.close();
});
