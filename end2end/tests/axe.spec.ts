// Every page and the states of it that look different, against WCAG 2.2 AA and axe's best practice:
// wide and narrow, light and dark, in both languages. Nothing scrolls sideways, folded parts open or not.
import { resolve } from "node:path";
import type { Page } from "@playwright/test";
import { AxeBuilder } from "@axe-core/playwright";
import { awake, expect, freePort, noSidewaysScroll, Server, test as base, UPSTREAM } from "./fixtures";

const TOKEN = "a-token-of-twenty-four-ch";
const RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

const test = base.extend<object, { server: Server }>({
  server: [
    async ({}, use) => {
      const server = new Server(await freePort(), { HANGUP_ADMIN_TOKEN: TOKEN, HANGUP_LEARNING_STRENGTH: "50" });
      await server.start();
      await use(server);
      await server.stop();
      server.forget();
    },
    { scope: "worker" },
  ],
});

// A page of a debug build is long, and axe looks at each of its elements.
test.describe.configure({ timeout: 600_000 });

const UP = encodeURIComponent(UPSTREAM);
const CASE = `text=${UP}&target=app.example.com&phase=reuse_keepalive&after=60&scope=all&stack=nginx,node&between=aws-alb`;
const GONE = `text=${encodeURIComponent("SQLSTATE[HY000]: 2006 MySQL server has gone away")}&phase=idle`;
const LOG = `2026/11/28 10:15:01 [error] 31#31: *8 ${UPSTREAM}, client: 203.0.113.9\nDB_PASSWORD=Hunter42xyz\nproxy_read_timeout 60s;`;

/** What is done on a page before it is looked at. */
type Act = (page: Page) => Promise<unknown>;

const unfold: Act = (page) =>
  page.evaluate(() => document.querySelectorAll("details").forEach((one) => Object.assign(one, { open: true })));
const look: Act = (page) => page.locator("#probe-form button.primary").click();

/** Every page that is there without having been made first: name, address, what is done there. */
const PAGES: [string, string, Act?][] = [
  ["home", "/"],
  ["home, typed", "/", (page) => type(page, "textarea")],
  ["first question", `/diagnose?text=${UP}`, unfold],
  ["seconds", `/diagnose?${GONE}`, unfold],
  ["scope", `/diagnose?${GONE}&after=28800`],
  ["parts", `/diagnose?${GONE}&after=28800&scope=all`],
  ["a later question", `/diagnose?${CASE}`, unfold],
  ["probes without a host", `/diagnose?${GONE}&at=probe.idle`],
  ["probes", "/diagnose?target=127.0.0.1:9&phase=idle&at=probe.idle", unfold],
  ["probes refused", "/diagnose?target=169.254.169.254&at=probe.tcp", look],
  ["report", `/diagnose?${CASE}&report=1`],
  ["report, unfolded", `/diagnose?${CASE}&report=1`, unfold],
  ["report that abstains", "/diagnose?text=it+hangs&skip=phase&report=1", unfold],
  ["compare nothing", "/compare?a=x&b=y"],
  ["read", "/read"],
  ["read, a log", "/read", (page) => type(page, "#text")],
  ["ladder", "/ladder"],
  ["ladder, wrong", "/ladder?slowest=90&hop=aws-alb&hop=nginx&set.upstream.keepalive_timeout=60s@6&set.proxy_read_timeout=90s@9&hop=node"],
  ["ladder, no time", "/ladder?slowest=abc&hop=nginx&set.proxy_read_timeout=soon"],
  ["capture", "/capture"],
  ["capture, a file", "/capture", async (page) => {
    await awake(page);
    await page.locator("#capture-file").setInputFiles(resolve("../tests/captures/reset-after-idle.pcap"));
    await page.locator(".look").first().click();
    await page.locator(".picture").waitFor();
  }],
  ["about the probes", "/about-probes"],
  ["probe from the browser", "/probe/browser?target=127.0.0.1:9"],
  ["deleted", "/deleted"],
  ["unknown link", `/d/${"A".repeat(27)}`],
  ["no page", "/nothing/here"],
  ["operator, wrong token", "/admin", (page) => enter(page, "not the token of this server")],
  ["operator", "/admin", (page) => enter(page, TOKEN)],
  ["causes", "/reports"],
];

async function type(page: Page, box: string): Promise<void> {
  await awake(page);
  await page.locator(box).first().fill(LOG);
  await page.locator(".read-panel").first().waitFor();
}

async function enter(page: Page, token: string): Promise<void> {
  await page.locator("main input[name=token]").fill(token);
  await page.locator("main button[type=submit]").first().click();
}

/** Saves a report in a browser of its own, and gives back the addresses of what that makes. */
async function saved(page: Page, server: Server, terms: Act = async () => {}): Promise<[string, Act?][]> {
  await page.goto(`${server.url}/diagnose?${CASE}&report=1`);
  await terms(page);
  await page.locator(".share form button.primary").first().click();
  await page.waitForURL(/\/d\/[\w-]{27}/);
  const own = new URL(page.url()).pathname;
  if ((await page.locator("#ops-link").count()) === 0) return [[own]];
  const ops = new URL(await page.locator("#ops-link").inputValue()).pathname;
  const manage = (await page.locator(".manage a").getAttribute("href")) ?? "";
  await page.goto(server.url + ops);
  await page.locator(".asked input[type=radio]").first().check({ force: true });
  await page.locator(".say textarea[name=comment]").fill("We looked at the balancer. 我们看过了。");
  await page.locator(".say button.primary").first().click();
  await page.locator(".history > li").first().waitFor();
  return [[own], [ops, unfold], [manage], [`/compare?a=${own.slice(3)}&b=${own.slice(3)}`]];
}

const withTerms = (fill: Act): Act => async (page) => {
  await page.locator(".share-more summary").click();
  await fill(page);
};

for (const [width, colorScheme, lang] of [
  [1280, "light", "en"],
  [390, "light", "zh-CN"],
  [1280, "dark", "zh-CN"],
  [390, "dark", "en"],
] as const) {
  test(`every page at ${width} px, ${colorScheme}, ${lang}`, async ({ browser, server }) => {
    const owner = await (await browser.newContext()).newPage();
    const links = [
      ...(await saved(owner, server)),
      ...(await saved(owner, server, withTerms((page) => page.locator("input[name=password]").fill("三只猫")))).slice(0, 1),
      ...(await saved(owner, server, withTerms((page) => page.locator("input[name=burn]").check()))),
    ];
    await owner.context().close();
    const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
    const said: string[] = [];
    const all = [...PAGES, ...links.map(([path, act]): [string, string, Act?] => [`saved: ${path.slice(0, 8)}`, path, act])];
    for (const [name, path, act] of all) {
      const page = await context.newPage();
      await page.goto(`${server.url}${path}${path.includes("?") ? "&" : "?"}lang=${lang}`);
      await act?.(page);
      const { violations } = await new AxeBuilder({ page }).withTags(RULES).analyze();
      for (const { id, nodes } of violations) said.push(`${name}: ${id}: ${nodes.map((node) => node.html).join(" | ")}`);
      await noSidewaysScroll(page).catch(() => said.push(`${name}: scrolls sideways`));
      await page.close();
    }
    await context.close();
    expect(said).toEqual([]);
  });
}
