// The timeout ladder: laid out from a list, read from configuration, mended; with script and without.
import { accessible, awake, expect, noSidewaysScroll, test, UPSTREAM, watch } from "./fixtures";

const CONFIG = `# configuration file /etc/nginx/nginx.conf:
http {
    upstream app {
        server 10.0.0.1:3000;
        keepalive 32;
        keepalive_timeout 60s;
    }
    server {
        location / { proxy_pass http://app; proxy_read_timeout 90s; }
        # password=Hunter42xyz
    }
}

const server = http.createServer(app);
server.keepAliveTimeout = 5000;
server.listen(3000);
`;

test("configuration of nginx and Node pasted: the inversion is shown, the value calculated", async ({ browser, server }) => {
  test.setTimeout(180_000);
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    // A browser without script does not load the programs that the page names.
    const seen = watch(page, server.url, javaScriptEnabled ? [] : [/^failed: .*\.(js|wasm)$/]);
    const sent: string[] = [];
    page.on("request", (request) => sent.push(request.url(), request.postData() ?? ""));
    await page.goto(`${server.url}/ladder`);
    if (javaScriptEnabled) await awake(page);
    await page.locator("#config").fill(CONFIG);
    if (javaScriptEnabled) await expect(page.locator(".config-found")).toContainText("node");
    await page.getByRole("button", { name: "Read the timers" }).click();
    await expect(page).toHaveURL(/hop=nginx.*hop=node/);
    await expect(page.locator(".inversions")).toContainText("502 race");
    await expect(page.locator(".inversions")).toContainText("closes an idle connection after 5 s");
    await expect(page.locator(".ladder-settings")).toContainText("server.keepAliveTimeout = 65000;");
    await expect(page.locator(".ladder-field", { hasText: "keepAliveTimeout" }).first()).toContainText("line 15");
    if (javaScriptEnabled) {
      // The configuration itself never left.
      expect(sent.join("\n")).not.toContain("Hunter42xyz");
      expect(sent.join("\n")).not.toContain("10.0.0.1");
      await accessible(page);
    }
    const address = page.url();
    await page.getByRole("button", { name: "Use these values" }).click();
    await expect(page.locator("#inversions")).toContainText("No timer is in the wrong order");
    await page.goBack();
    expect(page.url()).toBe(address);
    await expect(page.locator(".inversions")).toContainText("502 race");
    expect(seen).toEqual({ problems: [], foreign: [] });
    await context.close();
  }
});

test("hops from a list, with dated defaults; moved, changed and removed without script", async ({ browser, server }) => {
  const context = await browser.newContext({ javaScriptEnabled: false });
  const page = await context.newPage();
  await page.goto(`${server.url}/ladder`);
  for (const component of ["node", "aws-alb", "nginx"]) {
    await page.locator("#add").selectOption(component);
    await page.getByRole("button", { name: "Add", exact: true }).click();
  }
  await expect(page).toHaveURL(/hop=aws-alb&hop=nginx&hop=node/);
  await expect(page.locator(".ladder-origin").first()).toContainText(/default, read on 20\d\d-/);
  await page.getByRole("button", { name: /Move nginx down/ }).click();
  await expect(page).toHaveURL(/hop=aws-alb&hop=node&hop=nginx/);
  await page.getByRole("button", { name: /Remove Node/ }).click();
  await expect(page).toHaveURL(/hop=aws-alb&hop=nginx$/);
  await page.locator('.ladder-form input[name="set.proxy_read_timeout"]').fill("soon");
  await page.getByRole("button", { name: "Calculate" }).last().click();
  await expect(page.getByRole("alert").first()).toContainText("“soon” is no time");
  await expect(page.locator('.ladder-form input[name="set.proxy_read_timeout"]')).toHaveValue("soon");
  await page.locator('.ladder-form input[name="set.proxy_read_timeout"]').fill("10m");
  await page.locator('.ladder-form input[name="set.proxy_read_timeout"]').press("Enter");
  await expect(page.locator(".inversions")).toContainText("gives up after 60 s");
  await context.close();
});

test("the file of the command line is understood as well, with what it says of the whole", async ({ browser, server }) => {
  const file = `slowest_answer = "90s"
cut_off = 350

[[hop]]
component = "okhttp"
name = "mobile app"
timers = { pool_idle = "5m" }

[[hop]]
component = "nginx"
config = """
server { keepalive_timeout 61s; location / { proxy_pass http://app; proxy_read_timeout 59s; } }
"""

[[hop]]
component = "node"
`;
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(`${server.url}/ladder`);
    if (javaScriptEnabled) await awake(page);
    await page.locator("#config").fill(file);
    if (javaScriptEnabled) await expect(page.locator(".config-found")).toContainText("nginx");
    await page.getByRole("button", { name: "Read the timers" }).click();
    await expect(page).toHaveURL(/hop=okhttp/);
    const query = new URL(page.url()).searchParams;
    expect(query.getAll("hop")).toEqual(["okhttp", "nginx", "node"]);
    expect(query.getAll("name")).toContain("mobile app");
    expect([query.get("slowest"), query.get("cut")]).toEqual(["90s", "350s"]);
    expect(page.url()).toContain("set.proxy_read_timeout=59s");
    await context.close();
  }
});

test("who presses at once waits until the configuration is read, and only timers go", async ({ page, server }) => {
  const sent: string[] = [];
  page.on("request", (request) => sent.push(request.url(), request.postData() ?? ""));
  await page.route("**/reader_bg.wasm", async (route) => {
    await new Promise((tick) => setTimeout(tick, 2000));
    await route.continue();
  });
  await page.goto(`${server.url}/ladder`);
  await awake(page);
  await page.locator("#config").fill(CONFIG);
  await page.getByRole("button", { name: "Read the timers" }).click();
  await expect(page).toHaveURL(/hop=nginx.*hop=node/, { timeout: 60_000 });
  expect(sent.join("\n")).not.toContain("Hunter42xyz");
  expect(sent.join("\n")).not.toContain("10.0.0.1");
  await page.unrouteAll({ behavior: "ignoreErrors" });
});

test("a text without a timer is refused with one sentence, and stays", async ({ browser, server }) => {
  for (const javaScriptEnabled of [true, false]) {
    const context = await browser.newContext({ javaScriptEnabled });
    const page = await context.newPage();
    await page.goto(`${server.url}/ladder?hop=nginx`);
    if (javaScriptEnabled) await awake(page);
    await page.locator("#config").fill("hello there");
    await page.getByRole("button", { name: "Read the timers" }).click();
    await expect(page.locator("#config-error")).toContainText("No timer was found");
    await expect(page.locator("#config")).toHaveValue("hello there");
    await expect(page.locator(".ladder-hops")).toContainText("nginx");
    await context.close();
  }
});

test("the report leads to the ladder of what was named", async ({ page, server }) => {
  await page.goto(`${server.url}/diagnose?text=${encodeURIComponent(UPSTREAM)}&phase=reuse_keepalive&after=60&scope=all&stack=nginx,node&between=aws-alb&report=1`);
  await page.getByRole("link", { name: "Change these timers and see what follows" }).click();
  await expect(page).toHaveURL(/\/ladder\?cut=60&hop=aws-alb&hop=nginx&hop=node/);
  await expect(page.locator(".ladder-verdict")).toContainText("60 s");
});

test("a silent drop and a 504 are told with their seconds, in both languages", async ({ page, server }) => {
  const address = "/ladder?slowest=90&hop=hikari&hop=firewall&set.path_idle=600&hop=mysql";
  for (const [lang, drop, cut] of [["en", "silent drop after 600 s", "504 at exactly 60 s"], ["zh-CN", "600 秒后悄悄断开", "恰好 60 秒时 504"]]) {
    await page.goto(`${server.url}${address}&lang=${lang}`);
    await expect(page.locator(".inversions")).toContainText(drop);
    await page.goto(`${server.url}/ladder?slowest=90&hop=nginx&hop=node&lang=${lang}`);
    await expect(page.locator(".inversions")).toContainText(cut);
  }
});

for (const query of ["", "?hop=aws-alb&hop=nginx&hop=node&slowest=90", "?hop=hikari&hop=firewall&hop=mysql&cut=350"]) {
  test(`/ladder${query} fits 390 px in both languages`, async ({ page, server }) => {
    await page.setViewportSize({ width: 390, height: 844 });
    for (const lang of ["en", "zh-CN"]) {
      await page.goto(`${server.url}/ladder${query}${query ? "&" : "?"}lang=${lang}`);
      await noSidewaysScroll(page);
      await accessible(page);
    }
  });
}
