// A capture is dropped, read in the browser, understood, and becomes evidence; its packets stay.
// `tests/captures/reset-after-idle.pcap` is real: tcpdump on loopback, a Python server that resets a
// kept-alive connection when the next request comes after 5.5 s, one that closes in order, one refusal.
import { gzipSync } from "node:zlib";
import { readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { accessible, awake, expect, noSidewaysScroll, test, watch } from "./fixtures";

const RESET = readFileSync(resolve("../tests/captures/reset-after-idle.pcap"));
const MARKER = "hangup-payload-marker-23a9f";
// A second payload, in bytes that only the packets hold.
const HTTP = "Connection: keep-alive";

/** Drops a file on the first or second drop zone, as the browser would. */
async function drop(page: Page, name: string, bytes: Buffer, zone = 0): Promise<void> {
  const transfer = await page.evaluateHandle(
    ({ name, base64 }) => {
      const transfer = new DataTransfer();
      const bytes = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
      transfer.items.add(new File([bytes], name));
      return transfer;
    },
    { name, base64: bytes.toString("base64") },
  );
  await page.locator(".drop").nth(zone).dispatchEvent("drop", { dataTransfer: transfer });
}

/** A classic pcap of Ethernet packets: one connection each, a SYN and its refusal. */
function refusals(count: number): Buffer {
  const head = Buffer.alloc(24);
  head.writeUInt32LE(0xa1b2c3d4, 0);
  head.writeUInt16LE(2, 4);
  head.writeUInt16LE(4, 6);
  head.writeUInt32LE(262144, 16);
  head.writeUInt32LE(1, 20);
  const records: Buffer[] = [head];
  const packet = (n: number, from: boolean, flags: number, micros: number) => {
    const bytes = Buffer.alloc(16 + 14 + 40);
    bytes.writeUInt32LE(1_700_000_000, 0);
    bytes.writeUInt32LE(micros % 1_000_000, 4);
    bytes.writeUInt32LE(54, 8);
    bytes.writeUInt32LE(54, 12);
    bytes.writeUInt16BE(0x0800, 28);
    const ip = bytes.subarray(30);
    ip.set([0x45, 0, 0, 40, 0, 1, 0x40, 0, 64, 6]);
    const ends = [[10, 0, n >> 8, n & 255], [192, 0, 2, 80]];
    ip.set(ends[from ? 0 : 1], 12);
    ip.set(ends[from ? 1 : 0], 16);
    ip.writeUInt16BE(from ? 40_000 : 443, 20);
    ip.writeUInt16BE(from ? 443 : 40_000, 22);
    ip.writeUInt32BE(from ? 1000 : 0, 24);
    ip.writeUInt32BE(from ? 0 : 1001, 28);
    ip.set([0x50, flags, 0xff, 0xff], 32);
    records.push(bytes);
  };
  for (let n = 0; n < count; n++) {
    packet(n, true, 0x02, n * 20);
    packet(n, false, 0x14, n * 20 + 10);
  }
  return Buffer.concat(records);
}

const rows = (page: Page) => page.locator(".capture-table tbody tr");

test("who sent the RST is seen, becomes evidence and leads to the cause; no packet leaves", async ({ page, server }) => {
  const seen = watch(page, server.url);
  const sent: { url: string; body: string }[] = [];
  page.on("request", (request) => {
    sent.push({ url: request.url(), body: request.postDataBuffer()?.toString("latin1") ?? "" });
  });
  await page.goto(server.url);
  await page.getByRole("link", { name: "Read a packet capture" }).click();
  await awake(page);
  await accessible(page);
  const before = sent.map((one) => one.url);
  expect(before.filter((url) => /capture(-worker|_bg)/.test(url))).toEqual([]);
  await drop(page, "broken.pcap", RESET);
  await expect(page.locator(".drop-found").first()).toContainText("broken.pcap: 3 TCP conversations, 2 of them with a problem");
  // The program of the worker was loaded only now.
  expect(sent.map((one) => one.url).filter((url) => url.endsWith("/capture_bg.wasm"))).toHaveLength(1);
  await expect(rows(page)).toHaveCount(3);
  await expect(rows(page).first()).toContainText("Refused at once");
  await accessible(page);

  await page.getByRole("button", { name: /:8088$/ }).click();
  await expect(page.locator("#conversation")).toBeFocused();
  const detail = page.locator(".conversation");
  await expect(detail).toContainText("The next data after 5.5 s of silence met a RST");
  await expect(detail).toContainText("RST · server");
  const steps = page.locator(".steps-table tbody tr");
  await expect(steps.first()).toContainText("SYN");
  await expect(steps.last()).toContainText(/Server → Client.*RST \(TTL 64\)/);
  await expect(page.locator(".step-gap").filter({ hasText: "5.5 s of silence" })).toHaveCount(1);
  await expect(page.locator(".picture .arrow-rst")).toHaveCount(1);
  await expect(page.locator(".picture .break")).toHaveCount(2);
  await accessible(page);

  // What is listed is what goes.
  await expect(detail.locator(".evidence-form dl")).toContainText("5.5");
  await page.getByRole("button", { name: "Find the cause" }).click();
  await expect(page).toHaveURL(/\/diagnose\?.*seen=/);
  await expect(page.locator(".wizard-side")).toContainText("What your capture says");
  await accessible(page);
  await page.getByRole("link", { name: "Enough, show the report" }).click();
  await expect(page.locator(".cause .family").first()).toContainText(/keep-alive race|idle timeout/);
  await expect(page.locator(".ledger")).toContainText("from a capture");

  for (const { url, body } of sent) {
    const text = decodeURIComponent(`${url}\n${body}`.replaceAll("+", " ").replaceAll("%", "%25"));
    for (const secret of [MARKER, HTTP, "Host: shop"]) {
      expect(`${url}\n${body}`).not.toContain(secret);
      expect(text).not.toContain(secret);
      expect(body).not.toContain(Buffer.from(secret).toString("base64").slice(0, 20));
    }
  }
  const bodies = sent.filter((one) => one.body !== "");
  expect(bodies.map((one) => new URL(one.url).pathname)).toEqual(["/evidence"]);
  expect(bodies[0].body.length).toBeLessThan(4000);
  expect(seen).toEqual({ problems: [], foreign: [] });
});

test("the worker may not connect to anything", async ({ page, server }) => {
  await page.goto(`${server.url}/capture`);
  await awake(page);
  const script = await page.evaluate(() => {
    const island = document.querySelector<HTMLLinkElement>('link[rel="modulepreload"]')!;
    return island.href.replace(/[^/]*$/, "capture-worker.js");
  });
  const policy = (await page.request.get(script)).headers()["content-security-policy"];
  expect(policy).toContain("default-src 'none'; script-src 'self' 'wasm-unsafe-eval'");
  expect(policy).not.toContain("connect-src");
  await drop(page, "broken.pcap", RESET);
  await expect(rows(page)).toHaveCount(3);
  const out = page.workers()[0].evaluate(() => fetch("/healthz").then(() => "out", () => "blocked"));
  expect(await out).toBe("blocked");
});

test("sort, filter and page through thousands by keyboard", async ({ page, server }) => {
  await page.goto(`${server.url}/capture`);
  await awake(page);
  const [choosing] = await Promise.all([
    page.waitForEvent("filechooser"),
    page.getByRole("button", { name: "Choose a file" }).press("Enter"),
  ]);
  await choosing.setFiles({ name: "many.pcap.gz", mimeType: "application/gzip", buffer: gzipSync(refusals(3000)) });
  await expect(page.locator(".pages p").first()).toHaveText("1–50 of 3000");
  await expect(rows(page)).toHaveCount(50);
  await page.getByRole("button", { name: "Next" }).first().press("Enter");
  await expect(page.locator(".pages p").first()).toHaveText("51–100 of 3000");
  const heading = page.getByRole("columnheader", { name: "Conversation" });
  await heading.getByRole("button").press("Enter");
  await expect(heading).toHaveAttribute("aria-sort", "ascending");
  await expect(rows(page).first()).toContainText("10.0.0.0:40000");
  await heading.getByRole("button").press("Enter");
  await expect(heading).toHaveAttribute("aria-sort", "descending");
  await expect(rows(page).first()).toContainText("10.0.11.183:40000");
  await page.getByRole("textbox", { name: "Host or port" }).fill("10.0.7.9:");
  await expect(rows(page)).toHaveCount(1);
  await page.getByRole("combobox", { name: "Ended with" }).selectOption("fin");
  await expect(page.getByText("No conversation fits")).toBeVisible();
  await accessible(page);
});

test("a reading can be stopped, and what was read is shown", async ({ page, server }) => {
  await page.goto(`${server.url}/capture`);
  await awake(page);
  // A file that has no end in this test: the same packets over and over, made by the browser.
  const seed = refusals(200).toString("base64");
  const transfer = await page.evaluateHandle((base64) => {
    const seed = Uint8Array.from(atob(base64), (c) => c.charCodeAt(0));
    const body = seed.subarray(24);
    const block = new Blob(Array.from({ length: 256 }, () => body));
    const file = new File([seed.subarray(0, 24), ...Array.from({ length: 128 }, () => block)], "endless.pcap");
    const transfer = new DataTransfer();
    transfer.items.add(file);
    return transfer;
  }, seed);
  await page.locator(".drop").first().dispatchEvent("drop", { dataTransfer: transfer });
  await expect(page.locator(".drop-figures").first()).toContainText(/of 9\d\d MB · \d+ MB\/s/);
  await expect(page.getByRole("progressbar").first()).toHaveAttribute("value", /^\d/);
  // Another file takes its place; then the first one again.
  await drop(page, "broken.pcap", RESET);
  await expect(page.locator(".drop-found").first()).toContainText("broken.pcap: 3 TCP");
  await page.locator(".drop").first().dispatchEvent("drop", { dataTransfer: transfer });
  await expect(page.locator(".drop-figures").first()).toContainText(/of 9\d\d MB/);
  await page.getByRole("button", { name: "Stop and show what was read" }).first().click();
  await expect(page.locator(".drop-notes").first()).toContainText("Stopped before the end of the file");
  await expect(rows(page)).toHaveCount(50);
});

test("a damaged file gives what stands before, and a file that is none a sentence", async ({ page, server }) => {
  await page.goto(`${server.url}/capture`);
  await awake(page);
  await drop(page, "cut.pcap", RESET.subarray(0, RESET.length - 30));
  await expect(page.locator(".drop-notes").first()).toContainText(/cut short: the record at byte \d+ is not whole/);
  await expect(rows(page)).toHaveCount(3);
  await drop(page, "notes.txt", Buffer.from("dear diary"));
  await expect(page.getByRole("alert").first()).toContainText("This is no packet capture: byte 0");
  await expect(page.locator(".capture-table")).toBeHidden();
  await drop(page, "empty.pcap", Buffer.alloc(0));
  await expect(page.getByRole("alert").first()).toContainText("the file is empty");
});

test("two ends are compared", async ({ page, server }) => {
  await page.goto(`${server.url}/capture`);
  await awake(page);
  await drop(page, "here.pcap", RESET);
  await expect(rows(page)).toHaveCount(3);
  await drop(page, "there.pcap", RESET, 1);
  await expect(page.locator(".differences .drop-found")).toContainText("both captures agree");
  // The other end never saw the last record, which is a packet of the refused connection or a RST.
  await drop(page, "there.pcap", RESET.subarray(0, 24), 1);
  await expect(page.locator(".drop-found").nth(1)).toContainText("no TCP conversation");
  await drop(page, "there.pcap", refusals(2), 1);
  await expect(page.locator(".differences .drop-found")).toContainText("5 conversations; the captures differ in 5");
  await expect(page.locator(".differences li").first()).toBeVisible();
  await accessible(page);
});

test("forged evidence is refused with a sentence", async ({ page, server }) => {
  const post = (observations: string) =>
    page.request.post(`${server.url}/evidence`, { form: { observations }, headers: { origin: server.url }, maxRedirects: 0 });
  const odd = await post('[{"variable":"scope","value":"all","source":"probe"}]');
  expect(odd.status()).toBe(400);
  expect(await odd.text()).toContain("a capture cannot speak of");
  expect((await post("nonsense")).status()).toBe(400);
});

test("in 简体中文, narrow, without sideways scrolling", async ({ browser, server }) => {
  const context = await browser.newContext({ locale: "zh-CN", viewport: { width: 390, height: 844 } });
  const page = await context.newPage();
  const seen = watch(page, server.url);
  await page.goto(`${server.url}/capture`);
  await awake(page);
  await drop(page, "broken.pcap", RESET);
  await expect(page.locator(".drop-found").first()).toContainText("共 3 条 TCP 会话");
  await page.getByRole("button", { name: /:8088$/ }).click();
  await expect(page.locator(".steps-table")).toContainText("服务端 → 客户端");
  await noSidewaysScroll(page);
  await accessible(page);
  expect(seen).toEqual({ problems: [], foreign: [] });
  await context.close();
});
