import { test, watch } from "./fixtures";
for (const p of ["/", "/capture"]) test(p, async ({ page, server }) => {
  const seen = watch(page, server.url);
  await page.goto(`${server.url}${p}`);
  const t = Date.now();
  await page.locator("html.js").waitFor({ timeout: 40000, state: "attached" }).catch((e) => console.log("none"));
  console.log(p, Date.now() - t, JSON.stringify(seen));
});
