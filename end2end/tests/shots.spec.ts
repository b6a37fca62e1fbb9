// Pictures of the three pages, wide and narrow, light and dark, in both languages.
import { resolve } from "node:path";
import { awake, test, UPSTREAM } from "./fixtures";

const CASE = `text=${encodeURIComponent(UPSTREAM)}&target=app.example.com&phase=reuse_keepalive&after=60&scope=all&stack=nginx,node&between=aws-alb`;
const PAGES: Record<string, string> = {
  home: "/?",
  wizard: `/diagnose?text=${encodeURIComponent(UPSTREAM)}&phase=reuse_keepalive&after=60`,
  parts: `/diagnose?text=${encodeURIComponent(UPSTREAM)}&phase=reuse_keepalive&after=60&scope=all`,
  probe: `/diagnose?${CASE}&at=probe.idle`,
  report: `/diagnose?${CASE}&report=1`,
  unsure: "/diagnose?text=it+hangs&skip=phase&report=1",
  ladder: "/ladder?slowest=90&hop=aws-alb&hop=nginx&set.upstream.keepalive_timeout=60s@6&set.proxy_read_timeout=90s@9&hop=node",
  "ladder-empty": "/ladder?",
};

for (const width of [1280, 390]) {
  for (const colorScheme of ["light", "dark"] as const) {
    for (const lang of ["en", "zh-CN"]) {
      test(`${width} ${colorScheme} ${lang}`, async ({ browser, server }) => {
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
        const page = await context.newPage();
        for (const [name, path] of Object.entries(PAGES)) {
          await page.goto(`${server.url}${path}&lang=${lang}`);
          await page.waitForTimeout(300);
          await page.screenshot({ path: `test-results/shots/${name}-${lang}-${colorScheme}-${width}.png`, fullPage: true });
        }
        await context.close();
      });
      test(`capture ${width} ${colorScheme} ${lang}`, async ({ browser, server }) => {
        const context = await browser.newContext({ viewport: { width, height: 900 }, colorScheme });
        const page = await context.newPage();
        await page.goto(`${server.url}/capture?lang=${lang}`);
        await awake(page);
        const shot = (name: string) =>
          page.screenshot({ path: `test-results/shots/${name}-${lang}-${colorScheme}-${width}.png`, fullPage: true });
        await shot("capture-empty");
        await page.locator("#capture-file").setInputFiles(resolve("../tests/captures/reset-after-idle.pcap"));
        await page.getByRole("button", { name: /:8088$/ }).click();
        await page.locator(".picture").waitFor();
        await shot("capture");
        await context.close();
      });
    }
  }
}

// The pictures of the README: what fits one screen.
const README = [
  { name: "home-en", path: "/?", lang: "en", width: 1280, height: 940 },
  { name: "report-en", path: PAGES.report, lang: "en", width: 1280, height: 1080 },
  { name: "report-zh-CN-390", path: PAGES.report, lang: "zh-CN", width: 390, height: 1000 },
];

for (const { name, path, lang, width, height } of README) {
  test(`readme ${name}`, async ({ browser, server }) => {
    const context = await browser.newContext({ viewport: { width, height } });
    const page = await context.newPage();
    await page.goto(`${server.url}${path}&lang=${lang}`);
    await page.waitForTimeout(300);
    await page.screenshot({ path: `test-results/shots/readme-${name}.png` });
    await context.close();
  });
}
